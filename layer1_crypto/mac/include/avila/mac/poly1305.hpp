// Poly1305 (RFC 8439 §2.5): a one-time authenticator.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <avila/mac/detail/poly1305_blocks.hpp>

namespace avila::mac {

/// Incremental. The key serves ONE message: two tags under it let anyone forge a third, which is
/// why there is no way to start again. The destructor wipes. CT: but for lengths.
class Poly1305 {
 public:
  static constexpr std::size_t kSize = 16;
  static constexpr std::size_t kKeySize = 32;
  using Tag = std::array<std::byte, kSize>;

  explicit Poly1305(std::span<const std::byte, kKeySize> one_time_key) noexcept;
  Poly1305(const Poly1305&) = delete;
  Poly1305& operator=(const Poly1305&) = delete;
  ~Poly1305();

  void update(ByteSpan bytes) noexcept;
  /// Zeros up to a multiple of 16 bytes, as RFC 8439 §2.8 has them.
  void pad16() noexcept;
  /// The object is spent then: only to be destroyed.
  Tag finish() noexcept;
  bool verify(ByteSpan tag) noexcept;

 private:
  detail::Poly1305State state_;
  std::byte last_[16];
  std::size_t held_ = 0;
};

}  // namespace avila::mac

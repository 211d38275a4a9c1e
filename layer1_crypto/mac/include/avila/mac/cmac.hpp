// AES-CMAC (SP 800-38B, RFC 4493).
#pragma once
#include <array>
#include <avila/cipher/aes.hpp>

namespace avila::mac {

/// Incremental, under one key, which outlives it. After finish() and verify() the object is as new.
/// The destructor wipes. CT: but for lengths.
class Cmac {
 public:
  static constexpr std::size_t kSize = 16;
  using Tag = std::array<std::byte, kSize>;

  explicit Cmac(const cipher::Aes& key) noexcept;
  Cmac(const Cmac&) = delete;
  Cmac& operator=(const Cmac&) = delete;
  ~Cmac();

  void update(ByteSpan bytes) noexcept;
  Tag finish() noexcept;
  /// Whether `tag` is the whole tag. A protocol that cuts tags (SP 800-38B: to 8 bytes or more)
  /// compares the first bytes of finish() by equal_tags().
  bool verify(ByteSpan tag) noexcept;

 private:
  const cipher::Aes& key_;
  std::byte whole_[16], padded_[16];  // K1 and K2
  std::byte chain_[16] = {}, last_[16];
  std::size_t held_ = 0;  // bytes in last_: the end of the message is not known until finish()
};

Cmac::Tag cmac(const cipher::Aes& key, ByteSpan message) noexcept;

}  // namespace avila::mac

// SHA-1 of FIPS 180-4. Broken: collisions are made to order. For old formats only.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

/// Incremental. After finish() the object is as new. Up to 2^61 - 1 bytes.
class Sha1 {
 public:
  static constexpr std::size_t kSize = 20;
  static constexpr std::size_t kBlockSize = 64;
  using Digest = std::array<std::byte, kSize>;
  Sha1() noexcept;
  void reset() noexcept { *this = Sha1(); }
  void update(ByteSpan bytes) noexcept;
  Digest finish() noexcept;

 private:
  std::array<std::uint32_t, 5> state_;
  std::array<std::byte, 64> buffer_;
  std::uint64_t total_ = 0;
};

Sha1::Digest sha1(ByteSpan bytes) noexcept;

}  // namespace avila::hash

// MD5 of RFC 1321. Broken: collisions cost nothing. For ETags and old formats only.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

/// Incremental. After finish() the object is as new. Up to 2^61 - 1 bytes.
class Md5 {
 public:
  static constexpr std::size_t kSize = 16;
  static constexpr std::size_t kBlockSize = 64;
  using Digest = std::array<std::byte, kSize>;
  Md5() noexcept;
  void reset() noexcept { *this = Md5(); }
  void update(ByteSpan bytes) noexcept;
  Digest finish() noexcept;

 private:
  std::array<std::uint32_t, 4> state_;
  std::array<std::byte, 64> buffer_;
  std::uint64_t total_ = 0;
};

Md5::Digest md5(ByteSpan bytes) noexcept;

}  // namespace avila::hash

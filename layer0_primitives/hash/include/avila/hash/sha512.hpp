// SHA-512, SHA-384, SHA-512/256 and SHA-512/224 of FIPS 180-4.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

namespace detail {
/// What the functions of the family share. Size is that of the digest, in bytes: 64, 48, 32 or 28.
class Sha512Core {
 public:
  static constexpr std::size_t kBlockSize = 128;
  explicit Sha512Core(const std::array<std::uint64_t, 8>& initial) noexcept : state_(initial) {}
  void update(ByteSpan bytes) noexcept;
  std::array<std::byte, 64> finish() noexcept;

 private:
  std::array<std::uint64_t, 8> state_;
  std::array<std::byte, 128> buffer_;
  std::uint64_t total_ = 0;
};
}  // namespace detail

/// Incremental. After finish() the object is as new. Up to 2^61 - 1 bytes.
template <std::size_t Size>
class BasicSha512 {
 public:
  static constexpr std::size_t kSize = Size;
  static constexpr std::size_t kBlockSize = 128;
  using Digest = std::array<std::byte, kSize>;
  BasicSha512() noexcept;
  void reset() noexcept { *this = BasicSha512(); }
  void update(ByteSpan bytes) noexcept { core_.update(bytes); }
  Digest finish() noexcept;

 private:
  detail::Sha512Core core_;
};
extern template class BasicSha512<64>;
extern template class BasicSha512<48>;
extern template class BasicSha512<32>;
extern template class BasicSha512<28>;
using Sha512 = BasicSha512<64>;
using Sha384 = BasicSha512<48>;
using Sha512_256 = BasicSha512<32>;
using Sha512_224 = BasicSha512<28>;

Sha512::Digest sha512(ByteSpan bytes) noexcept;
Sha384::Digest sha384(ByteSpan bytes) noexcept;

}  // namespace avila::hash

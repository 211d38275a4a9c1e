// SipHash (Aumasson and Bernstein 2012): a short keyed function for tables that strangers can fill.
// 2-4 is the conservative choice, 1-3 the fast one that is common inside tables.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>
#include <type_traits>

namespace avila::hash {

/// A secret key, chosen at random once a process or table.
using SipKey = std::span<const std::byte, 16>;

/// 64-bit results are the 8 output bytes read as little endian.
std::uint64_t siphash_2_4(SipKey key, ByteSpan bytes) noexcept;
std::uint64_t siphash_1_3(SipKey key, ByteSpan bytes) noexcept;
/// The 128-bit variants, output bytes in order.
std::array<std::byte, 16> siphash_2_4_128(SipKey key, ByteSpan bytes) noexcept;
std::array<std::byte, 16> siphash_1_3_128(SipKey key, ByteSpan bytes) noexcept;

/// SipHash-C-D of Bits (64 or 128) over pieces: the value of their concatenation. digest() may be
/// asked at any time. Wiped on destruction.
template <int C, int D, int Bits = 64>
class BasicSipHash {
 public:
  using Digest = std::conditional_t<Bits == 64, std::uint64_t, std::array<std::byte, 16>>;
  explicit BasicSipHash(SipKey key) noexcept;
  BasicSipHash(const BasicSipHash&) noexcept = default;
  BasicSipHash& operator=(const BasicSipHash&) noexcept = default;
  ~BasicSipHash();
  void update(ByteSpan bytes) noexcept;
  Digest digest() const noexcept;

 private:
  std::array<std::uint64_t, 4> v_;
  std::array<std::byte, 8> buffer_;
  std::uint64_t total_ = 0;
};
extern template class BasicSipHash<2, 4>;
extern template class BasicSipHash<1, 3>;
extern template class BasicSipHash<2, 4, 128>;
extern template class BasicSipHash<1, 3, 128>;
using SipHash24 = BasicSipHash<2, 4>;
using SipHash13 = BasicSipHash<1, 3>;
using SipHash24x128 = BasicSipHash<2, 4, 128>;
using SipHash13x128 = BasicSipHash<1, 3, 128>;

}  // namespace avila::hash

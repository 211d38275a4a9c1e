// SipHash (Aumasson and Bernstein 2012): a short keyed function for tables that strangers can fill.
// 2-4 is the conservative choice, 1-3 the fast one that is common inside tables.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

/// A secret key, chosen at random once a process or table.
using SipKey = std::span<const std::byte, 16>;

/// 64-bit results are the 8 output bytes read as little endian.
std::uint64_t siphash_2_4(SipKey key, ByteSpan bytes) noexcept;
std::uint64_t siphash_1_3(SipKey key, ByteSpan bytes) noexcept;
/// The 128-bit variants, output bytes in order.
std::array<std::byte, 16> siphash_2_4_128(SipKey key, ByteSpan bytes) noexcept;
std::array<std::byte, 16> siphash_1_3_128(SipKey key, ByteSpan bytes) noexcept;

/// SipHash-C-D over pieces: the value of their concatenation. digest() may be asked at any time.
template <int C, int D>
class BasicSipHash {
 public:
  explicit BasicSipHash(SipKey key) noexcept;
  void update(ByteSpan bytes) noexcept;
  std::uint64_t digest() const noexcept;

 private:
  std::array<std::uint64_t, 4> v_;
  std::array<std::byte, 8> buffer_;
  std::uint64_t total_ = 0;
};
extern template class BasicSipHash<2, 4>;
extern template class BasicSipHash<1, 3>;
using SipHash24 = BasicSipHash<2, 4>;
using SipHash13 = BasicSipHash<1, 3>;

}  // namespace avila::hash

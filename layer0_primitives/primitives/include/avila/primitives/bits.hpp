// Bit tricks beside those of <bit>.
#pragma once
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace avila {

/// Rounds up (down) to a multiple of `alignment`, a power of two. The caller knows that it fits.
template <std::unsigned_integral T>
constexpr T align_up(T value, T alignment) noexcept {
  return static_cast<T>((value + (alignment - 1)) & ~(alignment - 1));
}
template <std::unsigned_integral T>
constexpr T align_down(T value, T alignment) noexcept {
  return static_cast<T>(value & ~(alignment - 1));
}
template <std::unsigned_integral T>
constexpr bool is_aligned(T value, T alignment) noexcept {
  return (value & (alignment - 1)) == 0;
}
template <std::unsigned_integral T>
constexpr T divide_ceil(T value, T divisor) noexcept {
  return static_cast<T>(value / divisor + (value % divisor != 0 ? 1 : 0));
}

/// The low `count` bits set; all of them from the width on.
template <std::unsigned_integral T = std::uint64_t>
constexpr T low_mask(unsigned count) noexcept {
  return count >= sizeof(T) * 8 ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << count) - 1);
}
/// Bits [from, from + count).
template <std::unsigned_integral T>
constexpr T extract_bits(T value, unsigned from, unsigned count) noexcept {
  return from >= sizeof(T) * 8 ? T{0} : static_cast<T>((value >> from) & low_mask<T>(count));
}
template <std::unsigned_integral T>
constexpr T clear_lowest_bit(T value) noexcept {
  return static_cast<T>(value & (value - 1));
}
template <std::unsigned_integral T>
constexpr T isolate_lowest_bit(T value) noexcept {
  return static_cast<T>(value & (T{0} - value));
}
/// floor(log2(value)); value > 0.
template <std::unsigned_integral T>
constexpr unsigned log2_floor(T value) noexcept {
  return static_cast<unsigned>(std::bit_width(value)) - 1;
}
template <std::unsigned_integral T>
constexpr unsigned log2_ceil(T value) noexcept {
  return value <= 1 ? 0 : static_cast<unsigned>(std::bit_width(static_cast<T>(value - 1)));
}
template <std::unsigned_integral T>
constexpr T reverse_bits(T value) noexcept {
  T out = 0;
  for (unsigned i = 0; i < sizeof(T) * 8; ++i, value = static_cast<T>(value >> 1))
    out = static_cast<T>(out << 1 | (value & 1));
  return out;
}
/// Two 32-bit numbers as one, bits alternating (Z order), and back.
constexpr std::uint64_t spread_bits(std::uint32_t value) noexcept {
  std::uint64_t x = value;
  x = (x | x << 16) & 0x0000FFFF0000FFFFU;
  x = (x | x << 8) & 0x00FF00FF00FF00FFU;
  x = (x | x << 4) & 0x0F0F0F0F0F0F0F0FU;
  x = (x | x << 2) & 0x3333333333333333U;
  return (x | x << 1) & 0x5555555555555555U;
}
constexpr std::uint32_t gather_bits(std::uint64_t x) noexcept {
  x &= 0x5555555555555555U;
  x = (x | x >> 1) & 0x3333333333333333U;
  x = (x | x >> 2) & 0x0F0F0F0F0F0F0F0FU;
  x = (x | x >> 4) & 0x00FF00FF00FF00FFU;
  x = (x | x >> 8) & 0x0000FFFF0000FFFFU;
  return static_cast<std::uint32_t>(x | x >> 16);
}
constexpr std::uint64_t interleave_bits(std::uint32_t even, std::uint32_t odd) noexcept {
  return spread_bits(even) | spread_bits(odd) << 1;
}

}  // namespace avila

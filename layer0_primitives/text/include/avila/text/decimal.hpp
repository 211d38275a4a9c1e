// The core under number.hpp, for parsers that scan digits themselves: whole × 10^exponent to the
// nearest double without a second look at the text.
#pragma once
#include <avila/simd/target.hpp>

#include <array>
#include <bit>
#include <cstdint>

namespace avila::text {

namespace detail {

inline constexpr int kMinPower = -342, kMaxPower = 324;

/// 5^q × 2^s as 128 bits with the top one set: cut off for q >= 0, rounded up for q < 0.
struct Power {
  std::uint64_t high, low;
};
inline constexpr std::size_t kPowerCount = kMaxPower - kMinPower + 1;
extern const std::array<Power, kPowerCount> kPowers;

__extension__ using U128 = unsigned __int128;

/// floor(log2(10^e)), for |e| <= 1233.
constexpr int floor_log2_pow10(int e) noexcept { return (e * 1741647) >> 19; }

template <class T>
struct Format;
template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int kMantissa = 52, kMinExponent = -1023, kInfinite = 2047;
  static constexpr int kSmallestTen = -342, kLargestTen = 308;
  static constexpr int kTieFrom = -4, kTieTo = 23;  // powers of ten where a tie can be exact
};
template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int kMantissa = 23, kMinExponent = -127, kInfinite = 255;
  static constexpr int kSmallestTen = -65, kLargestTen = 38;
  static constexpr int kTieFrom = -17, kTieTo = 10;
};

/// The bits (without sign) of w × 10^q, rounded to nearest even. The method of Lemire, "Number
/// Parsing at a Gigabyte per Second" (2021), without fallback after Mushtak and Lemire (2023).
template <class T>
AVILA_ALWAYS_INLINE typename Format<T>::Bits nearest_bits(std::uint64_t w,
                                                          std::int64_t q) noexcept {
  using F = Format<T>;
  using Bits = typename F::Bits;
  constexpr Bits kInfinity = Bits{F::kInfinite} << F::kMantissa;
  if (w == 0 || q < F::kSmallestTen) return 0;
  if (q > F::kLargestTen) return kInfinity;
  const int zeros = std::countl_zero(w);
  w <<= zeros;
  const Power& power = kPowers[static_cast<std::size_t>(q - kMinPower)];
  U128 product = U128{w} * power.high;
  constexpr std::uint64_t kMask = ~std::uint64_t{0} >> (F::kMantissa + 3);
  if ((static_cast<std::uint64_t>(product >> 64) & kMask) == kMask)
    product += static_cast<std::uint64_t>((U128{w} * power.low) >> 64);  // cannot overflow
  const auto high = static_cast<std::uint64_t>(product >> 64);
  const auto low = static_cast<std::uint64_t>(product);
  const int upper = static_cast<int>(high >> 63);
  const int shift = upper + 64 - F::kMantissa - 3;
  std::uint64_t mantissa = high >> shift;
  int exponent = floor_log2_pow10(static_cast<int>(q)) + 63 + upper - zeros - F::kMinExponent;
  if (exponent <= 0) {  // subnormal
    if (-exponent + 1 >= 64) return 0;
    mantissa >>= -exponent + 1;
    mantissa += mantissa & 1;
    return static_cast<Bits>(mantissa >> 1);  // 2^52 here is the smallest normal number
  }
  // Exactly half way, which only short powers of five allow: to even, not up.
  if (low <= 1 && q >= F::kTieFrom && q <= F::kTieTo && (mantissa & 3) == 1 &&
      (mantissa << shift) == high)
    mantissa &= ~std::uint64_t{1};
  mantissa += mantissa & 1;
  mantissa >>= 1;
  if (mantissa >= std::uint64_t{2} << F::kMantissa) {
    mantissa = std::uint64_t{1} << F::kMantissa;
    ++exponent;
  }
  if (exponent >= F::kInfinite) return kInfinity;
  mantissa &= ~(std::uint64_t{1} << F::kMantissa);
  return static_cast<Bits>(mantissa | static_cast<std::uint64_t>(exponent) << F::kMantissa);
}

inline constexpr double kExactTens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

}  // namespace detail

/// The double nearest to whole × 10^exponent, exactly rounded.
AVILA_ALWAYS_INLINE double decimal_to_double(std::uint64_t whole, std::int64_t exponent) noexcept {
  // Both factors exact, so one rounding (Clinger 1990).
  if (whole <= std::uint64_t{1} << 53 && exponent >= -22 && exponent <= 22) {
    const auto w = static_cast<double>(static_cast<std::int64_t>(whole));
    return exponent < 0 ? w / detail::kExactTens[-exponent] : w * detail::kExactTens[exponent];
  }
  return std::bit_cast<double>(detail::nearest_bits<double>(whole, exponent));
}

/// The double nearest to whole × 10^-digits, for 0 <= digits <= 19: what a number with a point and
/// no exponent says, in fewer steps.
AVILA_ALWAYS_INLINE double fraction_to_double(std::uint64_t whole, unsigned digits) noexcept {
  if (whole <= std::uint64_t{1} << 53)
    return static_cast<double>(static_cast<std::int64_t>(whole)) / detail::kExactTens[digits];
  return std::bit_cast<double>(
      detail::nearest_bits<double>(whole, -static_cast<std::int64_t>(digits)));
}

}  // namespace avila::text

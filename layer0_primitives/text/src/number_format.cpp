// Shortest round-trip printing: R. Giulietti, "The Schubfach way to render doubles" (2020).
#include <avila/text/decimal.hpp>
#include <avila/text/number.hpp>
#include <cstring>

namespace avila::text {
namespace {

using detail::U128;

constexpr int floor_log10_pow2(int e) noexcept { return (e * 1262611) >> 22; }
constexpr int floor_log10_three_quarters_pow2(int e) noexcept {
  return (e * 1262611 - 524031) >> 22;
}

/// 10^k × 2^s rounded up to 128 bits; exact where it fits.
detail::Power power_up(int k) noexcept {
  detail::Power p = detail::kPowers[static_cast<std::size_t>(k - detail::kMinPower)];
  if (k > 55) {  // the table cuts off there
    p.low += 1;
    p.high += p.low == 0;
  }
  return p;
}

/// floor(g × c / 2^128), its lowest bit set when anything was cut off ("round to odd").
std::uint64_t round_to_odd(detail::Power g, std::uint64_t c) noexcept {
  const U128 x = U128{g.low} * c;
  const U128 y = U128{g.high} * c + static_cast<std::uint64_t>(x >> 64);
  return static_cast<std::uint64_t>(y >> 64) | (static_cast<std::uint64_t>(y) > 1 ? 1U : 0U);
}

struct Decimal {
  std::uint64_t digits;
  int exponent;
};

/// The shortest decimal in the rounding interval of a finite number other than zero.
template <class T>
Decimal shortest(typename detail::Format<T>::Bits bits) noexcept {
  using F = detail::Format<T>;
  constexpr int kBias = -F::kMinExponent + F::kMantissa;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << F::kMantissa) - 1);
  const int biased = static_cast<int>(bits >> F::kMantissa) & F::kInfinite;
  std::uint64_t c = fraction;
  int q = 1 - kBias;
  if (biased != 0) {
    c |= std::uint64_t{1} << F::kMantissa;
    q = biased - kBias;
    if (q <= 0 && q > -F::kMantissa - 1 && (c & ((std::uint64_t{1} << -q) - 1)) == 0)
      return {c >> -q, 0};  // a whole number, exact
  }
  const bool even = (c & 1) == 0;
  const bool lower_is_closer = fraction == 0 && biased > 1;
  const std::uint64_t left = 4 * c - 2 + (lower_is_closer ? 1 : 0), middle = 4 * c,
                      right = 4 * c + 2;
  const int k = lower_is_closer ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
  const int h = q + detail::floor_log2_pow10(-k) + 1;
  const detail::Power g = power_up(-k);
  const std::uint64_t v_left = round_to_odd(g, left << h);
  const std::uint64_t v = round_to_odd(g, middle << h);
  const std::uint64_t v_right = round_to_odd(g, right << h);
  const std::uint64_t lower = v_left + (even ? 0 : 1), upper = v_right - (even ? 0 : 1);

  const std::uint64_t s = v / 4;
  if (s >= 10) {  // one digit fewer, if exactly one such number lies inside
    const std::uint64_t ten = s / 10;
    const bool down = lower <= 40 * ten, up = 40 * ten + 40 <= upper;
    if (down != up) return {ten + (up ? 1 : 0), k + 1};
  }
  const bool down = lower <= 4 * s, up = 4 * s + 4 <= upper;
  if (down != up) return {s + (up ? 1 : 0), k};
  const std::uint64_t half = 4 * s + 2;  // both or none: the nearest, ties to even
  return {s + (v > half || (v == half && (s & 1) != 0) ? 1 : 0), k};
}

/// The 8 digits of x < 10^8, as characters in memory order.
std::uint64_t eight_chars(std::uint32_t x) noexcept {
  std::uint64_t v = std::uint64_t{x / 10000} | std::uint64_t{x % 10000} << 32;
  std::uint64_t t = (v * 5243 >> 19) & 0x0000'007F'0000'007FU;  // each half: / 100
  v = t + ((v - 100 * t) << 16);
  t = (v * 103 >> 10) & 0x000F'000F'000F'000FU;  // each quarter: / 10
  v = t + ((v - 10 * t) << 8);
  v |= 0x3030'3030'3030'3030U;
  if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap64(v);
  return v;
}

constexpr std::uint64_t kTens[] = {1,
                                   10,
                                   100,
                                   1000,
                                   10000,
                                   100000,
                                   1000000,
                                   10000000,
                                   100000000,
                                   1000000000,
                                   10000000000,
                                   100000000000,
                                   1000000000000,
                                   10000000000000,
                                   100000000000000,
                                   1000000000000000,
                                   10000000000000000,
                                   100000000000000000,
                                   1000000000000000000,
                                   10000000000000000000U};

int count_digits(std::uint64_t x) noexcept {
  const int guess = (64 - std::countl_zero(x | 1)) * 1233 >> 12;  // log10(2) ≈ 1233 / 4096
  return guess + (x >= kTens[guess] ? 1 : 0) + (x == 0 ? 1 : 0);
}

/// Writes exactly 24 bytes: x with leading zeros.
void put_24(char* to, std::uint64_t x) noexcept {
  const std::uint64_t high = x / 10'000'000'000'000'000U, rest = x % 10'000'000'000'000'000U;
  const std::uint64_t words[3] = {eight_chars(static_cast<std::uint32_t>(high)),
                                  eight_chars(static_cast<std::uint32_t>(rest / 100'000'000)),
                                  eight_chars(static_cast<std::uint32_t>(rest % 100'000'000))};
  std::memcpy(to, words, 24);
}

char* put_small(char* to, std::uint64_t x) noexcept {  // x < 10^8
  const int n = count_digits(x);
  std::uint64_t chars = eight_chars(static_cast<std::uint32_t>(x));
  if constexpr (std::endian::native == std::endian::little) {
    chars >>= 64 - 8 * n;
  } else {
    chars <<= 64 - 8 * n;
  }
  std::memcpy(to, &chars, 8);
  return to + n;
}

template <class T>
char* format(char* to, T value) noexcept {
  using F = detail::Format<T>;
  using Bits = typename F::Bits;
  auto bits = std::bit_cast<Bits>(value);
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  constexpr Bits kInfinity = Bits{F::kInfinite} << F::kMantissa;
  const bool negative = (bits & kSign) != 0;
  bits &= ~kSign;
  if (bits > kInfinity) return std::memcpy(to, "nan", 3), to + 3;
  *to = '-';
  to += negative ? 1 : 0;
  if (bits == kInfinity) return std::memcpy(to, "inf", 3), to + 3;
  if (bits == 0) return std::memcpy(to, "0.0", 3), to + 3;

  auto [digits, exponent] = shortest<T>(bits);
  if (digits % 100'000'000 == 0) digits /= 100'000'000, exponent += 8;
  while (digits % 10 == 0) digits /= 10, ++exponent;
  const int n = count_digits(digits);
  char buffer[48];
  put_24(buffer, digits);
  const char* text = buffer + 24 - n;
  const int point = n + exponent;  // value = 0.TEXT × 10^point
  if (point > 0 && point <= 21) {
    if (exponent >= 0) {  // 1200.0
      std::memcpy(to, text, 24);
      std::memset(to + n, '0', 22);
      to += point;
      return std::memcpy(to, ".0", 2), to + 2;
    }
    std::memcpy(to, text, 24);  // 12.5
    std::memcpy(to + point + 1, text + point, 20);
    to[point] = '.';
    return to + n + 1;
  }
  if (point <= 0 && point > -6) {  // 0.00125
    std::memcpy(to, "0.000000", 8);
    std::memcpy(to + 2 - point, text, 24);
    return to + 2 - point + n;
  }
  *to++ = text[0];  // 1.25e-7
  if (n > 1) {
    *to++ = '.';
    std::memcpy(to, text + 1, 20);
    to += n - 1;
  }
  *to++ = 'e';
  const int e = point - 1;
  if (e < 0) *to++ = '-';
  return put_small(to, static_cast<std::uint64_t>(e < 0 ? -e : e));
}

}  // namespace

char* format_double(char* to, double value) noexcept {
  char buffer[64];
  const auto n = static_cast<std::size_t>(format(buffer, value) - buffer);
  std::memcpy(to, buffer, kMaxNumberChars);
  return to + n;
}

char* format_float(char* to, float value) noexcept {
  char buffer[64];
  const auto n = static_cast<std::size_t>(format(buffer, value) - buffer);
  std::memcpy(to, buffer, kMaxNumberChars);
  return to + n;
}

char* format_uint(char* to, std::uint64_t value) noexcept {
  if (value < 100'000'000) {
    char buffer[8];
    const auto n = static_cast<std::size_t>(put_small(buffer, value) - buffer);
    std::memcpy(to, buffer, 8);
    return to + n;
  }
  char buffer[48];
  put_24(buffer, value);
  const int n = count_digits(value);
  std::memcpy(to, buffer + 24 - n, 24);
  return to + n;
}

char* format_int(char* to, std::int64_t value) noexcept {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *to++ = '-';
    magnitude = 0 - magnitude;
  }
  return format_uint(to, magnitude);
}

std::string to_string(double value) {
  char buffer[kMaxNumberChars];
  return {buffer, format_double(buffer, value)};
}

std::string to_string(float value) {
  char buffer[kMaxNumberChars];
  return {buffer, format_float(buffer, value)};
}

}  // namespace avila::text

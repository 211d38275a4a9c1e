// 128-bit integers, and what the standard library leaves out of them: text, parsing, hashing.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila {

__extension__ using u128 = unsigned __int128;
__extension__ using i128 = __int128;

constexpr u128 kU128Max = ~u128{0};
constexpr i128 kI128Max = static_cast<i128>(kU128Max >> 1);
constexpr i128 kI128Min = -kI128Max - 1;

constexpr u128 make_u128(std::uint64_t high, std::uint64_t low) noexcept {
  return u128{high} << 64 | low;
}
constexpr std::uint64_t high64(u128 value) noexcept {
  return static_cast<std::uint64_t>(value >> 64);
}
constexpr std::uint64_t low64(u128 value) noexcept { return static_cast<std::uint64_t>(value); }

/// The whole product of two 64-bit numbers.
constexpr u128 multiply_wide(std::uint64_t a, std::uint64_t b) noexcept { return u128{a} * b; }

constexpr int countl_zero(u128 value) noexcept {
  return high64(value) != 0 ? std::countl_zero(high64(value)) : 64 + std::countl_zero(low64(value));
}
constexpr int countr_zero(u128 value) noexcept {
  return low64(value) != 0 ? std::countr_zero(low64(value)) : 64 + std::countr_zero(high64(value));
}
constexpr int popcount(u128 value) noexcept {
  return std::popcount(high64(value)) + std::popcount(low64(value));
}
constexpr int bit_width(u128 value) noexcept { return 128 - countl_zero(value); }

inline std::string to_string(u128 value) {
  std::string text;
  do {
    text += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  std::reverse(text.begin(), text.end());
  return text;
}
inline std::string to_string(i128 value) {
  if (value >= 0) return to_string(static_cast<u128>(value));
  return '-' + to_string(u128{0} - static_cast<u128>(value));
}
/// Decimal digits alone; none where the text is empty, holds others, or is above 2^128 - 1.
constexpr std::optional<u128> parse_u128(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  u128 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<u128>(c - '0');
    if (value > (kU128Max - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}
constexpr std::optional<i128> parse_i128(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  const auto magnitude = parse_u128(negative ? text.substr(1) : text);
  const u128 limit = static_cast<u128>(kI128Max) + (negative ? 1U : 0U);
  if (!magnitude.has_value() || *magnitude > limit) return std::nullopt;
  return static_cast<i128>(negative ? u128{0} - *magnitude : *magnitude);
}

}  // namespace avila

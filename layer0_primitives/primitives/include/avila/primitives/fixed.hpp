// Fixed point: Q16.16 and Q32.32, the same on every machine (no floating point in between).
#pragma once
#include <avila/primitives/wide.hpp>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila {

/// A signed number of `Raw` divided by 2^kFraction. Sums wrap never: every operation saturates, and
/// division by zero gives the limit of the numerator's sign. Products and quotients are rounded to
/// the nearest, halves away from zero.
template <class Raw, class Wide, unsigned kFraction>
class Fixed {
 public:
  static constexpr unsigned kFractionBits = kFraction;
  static constexpr Raw kOne = Raw{1} << kFraction;

  constexpr Fixed() noexcept = default;
  static constexpr Fixed from_raw(Raw raw) noexcept {
    Fixed out;
    out.raw_ = raw;
    return out;
  }
  static constexpr Fixed from_int(std::int64_t value) noexcept {
    return clamp(static_cast<i128>(value) << kFraction);
  }
  /// The nearest; not-a-number gives zero.
  static constexpr Fixed from_double(double value) noexcept {
    const double scaled = value * static_cast<double>(kOne);
    if (!(scaled == scaled)) return {};
    if (scaled >= static_cast<double>(max().raw_)) return max();
    if (scaled <= static_cast<double>(min().raw_)) return min();
    return from_raw(static_cast<Raw>(scaled < 0 ? scaled - 0.5 : scaled + 0.5));
  }
  static constexpr Fixed max() noexcept {
    return from_raw(static_cast<Raw>(~(Raw{1} << (sizeof(Raw) * 8 - 1))));
  }
  static constexpr Fixed min() noexcept {
    return from_raw(static_cast<Raw>(Raw{1} << (sizeof(Raw) * 8 - 1)));
  }

  constexpr Raw raw() const noexcept { return raw_; }
  constexpr double to_double() const noexcept {
    return static_cast<double>(raw_) / static_cast<double>(kOne);
  }
  /// Toward minus infinity, plus infinity, and to the nearest (halves up).
  constexpr std::int64_t floor() const noexcept { return std::int64_t{raw_} >> kFraction; }
  constexpr std::int64_t ceil() const noexcept {
    return floor() + ((raw_ & (kOne - 1)) != 0 ? 1 : 0);
  }
  constexpr std::int64_t round() const noexcept {
    return static_cast<std::int64_t>((Wide{raw_} + (Wide{1} << (kFraction - 1))) >> kFraction);
  }
  /// All digits: a binary fraction has a finite decimal form.
  std::string to_string() const {
    Wide magnitude = raw_ < 0 ? -Wide{raw_} : Wide{raw_};
    std::string text = raw_ < 0 ? "-" : "";
    text += avila::to_string(static_cast<u128>(magnitude >> kFraction));
    Wide fraction = magnitude & (Wide{kOne} - 1);
    if (fraction != 0) text += '.';
    for (; fraction != 0; fraction &= Wide{kOne} - 1) {
      fraction *= 10;
      text += static_cast<char>('0' + static_cast<int>(fraction >> kFraction));
    }
    return text;
  }

  friend constexpr Fixed operator+(Fixed a, Fixed b) noexcept {
    return clamp(i128{a.raw_} + b.raw_);
  }
  friend constexpr Fixed operator-(Fixed a, Fixed b) noexcept {
    return clamp(i128{a.raw_} - b.raw_);
  }
  constexpr Fixed operator-() const noexcept { return clamp(-i128{raw_}); }
  friend constexpr Fixed operator*(Fixed a, Fixed b) noexcept {
    const i128 product = i128{a.raw_} * b.raw_;
    const i128 half = i128{1} << (kFraction - 1);
    return clamp(product < 0 ? -((-product + half) >> kFraction) : (product + half) >> kFraction);
  }
  friend constexpr Fixed operator/(Fixed a, Fixed b) noexcept {
    if (b.raw_ == 0) return a.raw_ < 0 ? min() : max();
    const bool negative = (a.raw_ < 0) != (b.raw_ < 0);
    const u128 numerator = magnitude(a.raw_) << kFraction, divisor = magnitude(b.raw_);
    const auto quotient = static_cast<i128>((numerator + divisor / 2) / divisor);
    return clamp(negative ? -quotient : quotient);
  }
  constexpr Fixed& operator+=(Fixed b) noexcept { return *this = *this + b; }
  constexpr Fixed& operator-=(Fixed b) noexcept { return *this = *this - b; }
  constexpr Fixed& operator*=(Fixed b) noexcept { return *this = *this * b; }
  constexpr Fixed& operator/=(Fixed b) noexcept { return *this = *this / b; }
  friend constexpr auto operator<=>(Fixed, Fixed) noexcept = default;

 private:
  static constexpr u128 magnitude(Raw raw) noexcept {
    return raw < 0 ? u128{0} - static_cast<u128>(raw) : static_cast<u128>(raw);
  }
  static constexpr Fixed clamp(i128 raw) noexcept {
    if (raw > max().raw_) return max();
    if (raw < min().raw_) return min();
    return from_raw(static_cast<Raw>(raw));
  }
  Raw raw_ = 0;
};

using Q16_16 = Fixed<std::int32_t, std::int64_t, 16>;  ///< ±32,768 in steps of 1.5e-5
using Q32_32 = Fixed<std::int64_t, i128, 32>;          ///< ±2.1e9 in steps of 2.3e-10

}  // namespace avila

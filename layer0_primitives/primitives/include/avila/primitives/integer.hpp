// Integers that say what happens at their limits: Checked stops being a value, Saturating stays at
// the limit, Wrapping goes round, NonZero is never zero.
#pragma once
#include <avila/error/assert.hpp>
#include <avila/primitives/wide.hpp>
#include <compare>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>

namespace avila {

template <class T>
concept AnyInteger =
    (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, u128> || std::same_as<T, i128>;

namespace detail {
template <class T>
struct IntegerTraits {
  static constexpr T kMin = std::numeric_limits<T>::min(), kMax = std::numeric_limits<T>::max();
  using Unsigned = std::make_unsigned_t<T>;
};
template <>
struct IntegerTraits<u128> {
  static constexpr u128 kMin = 0, kMax = kU128Max;
  using Unsigned = u128;
};
template <>
struct IntegerTraits<i128> {
  static constexpr i128 kMin = kI128Min, kMax = kI128Max;
  using Unsigned = u128;
};
template <class T>
constexpr bool kSigned = IntegerTraits<T>::kMin < T{0} && IntegerTraits<T>::kMin != T{0};
}  // namespace detail

/// Arithmetic that ends in "no value" on overflow, division by zero or a lossy conversion, and
/// stays there: check once, at the end.
///   const auto bytes = Checked<std::size_t>(count) * width + header;
///   if (!bytes.has_value()) return Error(…);
template <AnyInteger T>
class Checked {
 public:
  constexpr Checked() noexcept = default;
  /// From any integer; no value where it does not fit.
  template <AnyInteger From>
  constexpr Checked(From from) noexcept : valid_(!__builtin_add_overflow(from, T{0}, &value_)) {}
  template <AnyInteger From>
    requires(!std::same_as<From, T>)
  explicit constexpr Checked(Checked<From> from) noexcept {
    if (from.has_value())
      *this = Checked(*from);
    else
      valid_ = false;
  }
  static constexpr Checked none() noexcept { return Checked(T{0}, false); }

  constexpr bool has_value() const noexcept { return valid_; }
  constexpr explicit operator bool() const noexcept { return valid_; }
  /// Asserted.
  constexpr T value() const noexcept { return AVILA_ASSERT(valid_), value_; }
  constexpr T operator*() const noexcept { return value(); }
  constexpr T value_or(T other) const noexcept { return valid_ ? value_ : other; }
  constexpr std::optional<T> optional() const noexcept {
    return valid_ ? std::optional<T>(value_) : std::nullopt;
  }

  friend constexpr Checked operator+(Checked a, Checked b) noexcept {
    T out{};
    const bool over = __builtin_add_overflow(a.value_, b.value_, &out);
    return {out, a.valid_ && b.valid_ && !over};
  }
  friend constexpr Checked operator-(Checked a, Checked b) noexcept {
    T out{};
    const bool over = __builtin_sub_overflow(a.value_, b.value_, &out);
    return {out, a.valid_ && b.valid_ && !over};
  }
  friend constexpr Checked operator*(Checked a, Checked b) noexcept {
    T out{};
    const bool over = __builtin_mul_overflow(a.value_, b.value_, &out);
    return {out, a.valid_ && b.valid_ && !over};
  }
  friend constexpr Checked operator/(Checked a, Checked b) noexcept {
    if (!a.can_divide(b)) return none();
    return {static_cast<T>(a.value_ / b.value_), true};
  }
  friend constexpr Checked operator%(Checked a, Checked b) noexcept {
    if (!a.can_divide(b)) return none();
    return {static_cast<T>(a.value_ % b.value_), true};
  }
  /// No value where bits are lost or the count is not below the width.
  friend constexpr Checked operator<<(Checked a, unsigned count) noexcept {
    if (!a.valid_ || count >= sizeof(T) * 8) return none();
    const auto moved =
        static_cast<T>(static_cast<typename detail::IntegerTraits<T>::Unsigned>(a.value_) << count);
    return {moved, static_cast<T>(moved >> count) == a.value_};
  }
  constexpr Checked& operator+=(Checked b) noexcept { return *this = *this + b; }
  constexpr Checked& operator-=(Checked b) noexcept { return *this = *this - b; }
  constexpr Checked& operator*=(Checked b) noexcept { return *this = *this * b; }
  constexpr Checked& operator/=(Checked b) noexcept { return *this = *this / b; }

 private:
  constexpr Checked(T value, bool valid) noexcept : value_(value), valid_(valid) {}
  constexpr bool can_divide(Checked b) const noexcept {
    if (!valid_ || !b.valid_ || b.value_ == T{0}) return false;
    if constexpr (detail::kSigned<T>)
      return value_ != detail::IntegerTraits<T>::kMin || b.value_ != T{-1};
    return true;
  }
  T value_{};
  bool valid_ = true;
};
template <AnyInteger T>
Checked(T) -> Checked<T>;

/// Arithmetic modulo 2^width; signed too, without undefined behaviour.
template <AnyInteger T>
struct Wrapping {
  T value{};
  using Unsigned = typename detail::IntegerTraits<T>::Unsigned;
  // At least 64 bits wide: small types would be promoted to int, whose product may overflow.
  using Work = std::conditional_t<(sizeof(T) < 8), std::uint64_t, Unsigned>;

  constexpr Wrapping() noexcept = default;
  explicit constexpr Wrapping(T from) noexcept : value(from) {}
  friend constexpr Wrapping operator+(Wrapping a, Wrapping b) noexcept {
    return Wrapping(static_cast<T>(static_cast<Work>(a.value) + static_cast<Work>(b.value)));
  }
  friend constexpr Wrapping operator-(Wrapping a, Wrapping b) noexcept {
    return Wrapping(static_cast<T>(static_cast<Work>(a.value) - static_cast<Work>(b.value)));
  }
  friend constexpr Wrapping operator*(Wrapping a, Wrapping b) noexcept {
    return Wrapping(static_cast<T>(static_cast<Work>(a.value) * static_cast<Work>(b.value)));
  }
  constexpr Wrapping operator-() const noexcept { return Wrapping() - *this; }
  constexpr Wrapping& operator+=(Wrapping b) noexcept { return *this = *this + b; }
  constexpr Wrapping& operator-=(Wrapping b) noexcept { return *this = *this - b; }
  constexpr Wrapping& operator*=(Wrapping b) noexcept { return *this = *this * b; }
  constexpr Wrapping& operator++() noexcept { return *this += Wrapping(T{1}); }
  friend constexpr auto operator<=>(Wrapping, Wrapping) noexcept = default;
  /// RFC 1982 serial numbers: is `this` before `other` on the circle?
  constexpr bool before(Wrapping other) const noexcept {
    const auto ahead = static_cast<Unsigned>((other - *this).value);
    return ahead != 0 && ahead < static_cast<Unsigned>(Unsigned{1} << (sizeof(T) * 8 - 1));
  }
};

/// Arithmetic that stays at the smallest or largest value.
template <AnyInteger T>
struct Saturating {
  T value{};
  static constexpr T kMin = detail::IntegerTraits<T>::kMin, kMax = detail::IntegerTraits<T>::kMax;

  constexpr Saturating() noexcept = default;
  explicit constexpr Saturating(T from) noexcept : value(from) {}
  friend constexpr Saturating operator+(Saturating a, Saturating b) noexcept {
    T out{};
    if (__builtin_add_overflow(a.value, b.value, &out)) out = b.value < T{0} ? kMin : kMax;
    return Saturating(out);
  }
  friend constexpr Saturating operator-(Saturating a, Saturating b) noexcept {
    T out{};
    if (__builtin_sub_overflow(a.value, b.value, &out)) {
      if constexpr (detail::kSigned<T>)
        out = b.value < T{0} ? kMax : kMin;
      else
        out = kMin;
    }
    return Saturating(out);
  }
  friend constexpr Saturating operator*(Saturating a, Saturating b) noexcept {
    T out{};
    if (__builtin_mul_overflow(a.value, b.value, &out))
      out = (a.value < T{0}) != (b.value < T{0}) ? kMin : kMax;
    return Saturating(out);
  }
  constexpr Saturating& operator+=(Saturating b) noexcept { return *this = *this + b; }
  constexpr Saturating& operator-=(Saturating b) noexcept { return *this = *this - b; }
  constexpr Saturating& operator*=(Saturating b) noexcept { return *this = *this * b; }
  friend constexpr auto operator<=>(Saturating, Saturating) noexcept = default;
};

/// An integer that is not zero: a divisor, an id.
template <AnyInteger T>
class NonZero {
 public:
  /// None for zero.
  static constexpr std::optional<NonZero> create(T value) noexcept {
    if (value == T{0}) return std::nullopt;
    return NonZero(value);
  }
  /// For constants; zero does not compile.
  template <T kValue>
    requires(kValue != T{0})
  static constexpr NonZero of() noexcept {
    return NonZero(kValue);
  }
  constexpr T get() const noexcept { return value_; }
  constexpr operator T() const noexcept { return value_; }

 private:
  explicit constexpr NonZero(T value) noexcept : value_(value) {}
  T value_;
};

}  // namespace avila

// Exact fractions, always in lowest terms with a positive denominator.
#pragma once
#include <avila/numeric/big_int.hpp>
#include <vector>

namespace avila::numeric {

class Rational {
 public:
  Rational() noexcept : denominator_(1) {}
  template <std::integral T>
  Rational(T value) noexcept : numerator_(value), denominator_(1) {}
  Rational(BigInt value) noexcept : numerator_(std::move(value)), denominator_(1) {}
  /// numerator / denominator, reduced. InvalidArgument where the denominator is zero.
  static Result<Rational> from(BigInt numerator, BigInt denominator);
  /// The exact value of a finite double; InvalidArgument otherwise.
  static Result<Rational> from_double(double value);
  /// "-12", "12.5", "1.25e-3", "22/7" (each side an integer). Errors: Malformed with the offset,
  /// InvalidArgument (zero denominator), LimitExceeded (exponents beyond kMaxDecimalExponent).
  static Result<Rational> parse(std::string_view text);
  static constexpr std::int64_t kMaxDecimalExponent = 1'000'000;

  const BigInt& numerator() const noexcept { return numerator_; }
  const BigUint& denominator() const noexcept { return denominator_; }
  bool is_integer() const noexcept { return denominator_.is_one(); }
  bool is_zero() const noexcept { return numerator_.is_zero(); }
  int sign() const noexcept { return numerator_.sign(); }

  BigInt floor() const;
  BigInt ceil() const;
  BigInt truncate() const { return numerator_ / BigInt(denominator_); }
  BigInt round() const;  ///< ties to even
  /// Correctly rounded, ties to even; infinity beyond the largest double.
  double to_double() const;
  /// "22/7", or "5" where the denominator is one.
  std::string to_string() const;
  /// Rounded, ties to even, to `places` digits behind the point: "3.143".
  std::string to_decimal(std::size_t places) const;
  /// Digits behind the point that write the value exactly; nothing where no number of digits does.
  std::optional<std::uint64_t> exact_decimal_places() const;

  Rational operator-() const;
  /// InvalidArgument where it is zero.
  Result<Rational> reciprocal() const;
  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  /// b is not zero (asserted): checked_divide returns an error instead.
  friend Rational operator/(const Rational& a, const Rational& b);
  Rational& operator+=(const Rational& b) { return *this = *this + b; }
  Rational& operator-=(const Rational& b) { return *this = *this - b; }
  Rational& operator*=(const Rational& b) { return *this = *this * b; }
  Rational& operator/=(const Rational& b) { return *this = *this / b; }
  friend std::strong_ordering operator<=>(const Rational& a, const Rational& b);
  friend bool operator==(const Rational& a, const Rational& b) noexcept {
    return a.numerator_ == b.numerator_ && a.denominator_ == b.denominator_;
  }

  /// The terms a0; a1, a2, … of the continued fraction, at most `max_terms`.
  std::vector<BigInt> continued_fraction(std::size_t max_terms = ~std::size_t{0}) const;
  static Rational from_continued_fraction(std::span<const BigInt> terms);
  /// The closest fraction with a denominator of at most `max_denominator` >= 1 (asserted); of two
  /// as close, the one with the smaller denominator.
  Rational best_approximation(const BigUint& max_denominator) const;

 private:
  Rational(BigInt numerator, BigUint denominator) noexcept
      : numerator_(std::move(numerator)), denominator_(std::move(denominator)) {}
  static Rational reduced(BigInt numerator, BigUint denominator);
  static Rational sum(const Rational& a, const Rational& b, bool subtract);

  BigInt numerator_;
  BigUint denominator_;
};

Result<Rational> checked_divide(const Rational& a, const Rational& b);
/// base^exponent, also negative. InvalidArgument (0 to a negative power), LimitExceeded.
Result<Rational> pow(const Rational& base, std::int64_t exponent,
                     std::uint64_t max_bits = kMaxBits);

}  // namespace avila::numeric

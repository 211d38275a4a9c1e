// Decimal floating point of any precision, by the General Decimal Arithmetic Specification 1.70
// (Cowlishaw), which IEEE 754-2008's decimal arithmetic follows: every operation takes a Context,
// rounds to its precision, and adds to its flags; nothing traps. Values are immutable.
#pragma once
#include <avila/numeric/rational.hpp>

namespace avila::numeric {

enum class Rounding : std::uint8_t {
  HalfEven,
  HalfUp,
  HalfDown,
  Up,       ///< away from zero
  Down,     ///< towards zero
  Ceiling,  ///< towards plus infinity
  Floor,    ///< towards minus infinity
  Up05,     ///< away from zero where the last digit would be 0 or 5, else towards it
};

/// Bits of Context::flags. InvalidOperation covers the specification's conversion syntax, division
/// impossible, division undefined and invalid context.
namespace flag {
constexpr std::uint32_t kClamped = 1, kInexact = 2, kRounded = 4, kSubnormal = 8, kOverflow = 16,
                        kUnderflow = 32, kDivisionByZero = 64, kInvalidOperation = 128;
}

struct Context {
  std::int64_t precision = 34;  ///< significant digits: 1 to kMaxPrecision
  Rounding rounding = Rounding::HalfEven;
  std::int64_t e_max = 6144;   ///< largest adjusted exponent: 0 to kMaxExponent
  std::int64_t e_min = -6143;  ///< smallest one of a normal number
  bool clamp = false;          ///< exponents up to e_max - precision + 1 only, as in IEEE formats
  std::uint32_t flags = 0;     ///< sticky; the caller clears them

  static constexpr std::int64_t kMaxPrecision = 10'000'000;
  static constexpr std::int64_t kMaxExponent = 999'999'999'999'999'999;

  static Context decimal32() { return {7, Rounding::HalfEven, 96, -95, true}; }
  static Context decimal64() { return {16, Rounding::HalfEven, 384, -383, true}; }
  static Context decimal128() { return {34, Rounding::HalfEven, 6144, -6143, true}; }
  /// The widest exponents.
  static Context with_precision(std::int64_t digits) {
    return {digits, Rounding::HalfEven, kMaxExponent, -kMaxExponent};
  }

  std::int64_t e_tiny() const noexcept { return e_min - precision + 1; }
  std::int64_t e_top() const noexcept { return e_max - precision + 1; }
  void raise(std::uint32_t bits) noexcept { flags |= bits; }
};

class BigDecimal {
 public:
  enum class Kind : std::uint8_t { Finite, Infinity, QuietNan, SignalingNan };

  BigDecimal() noexcept = default;  ///< 0
  template <std::integral T>
  BigDecimal(T value) : BigDecimal(BigInt(value)) {}
  BigDecimal(const BigInt& value, std::int64_t exponent = 0)
      : coefficient_(value.magnitude()), exponent_(exponent), negative_(value.is_negative()) {}
  /// (-1)^negative * coefficient * 10^exponent.
  static BigDecimal finite(bool negative, BigUint coefficient, std::int64_t exponent);
  static BigDecimal infinity(bool negative = false);
  static BigDecimal nan(bool negative = false, BigUint payload = {}, bool signaling = false);

  /// The specification's numeric strings ("-1.20E+5", "Infinity", "sNaN12"), unrounded. Errors:
  /// Malformed with the offset, LimitExceeded (an exponent beyond kMaxExponent).
  static Result<BigDecimal> parse(std::string_view text);
  /// The same rounded to the context; what is malformed gives a NaN and InvalidOperation.
  static BigDecimal from_string(std::string_view text, Context& context);
  /// The exact value; infinities and NaNs too.
  static BigDecimal from_double(double value);
  /// Rounded to the context.
  static BigDecimal from_rational(const Rational& value, Context& context);

  Kind kind() const noexcept { return kind_; }
  bool is_finite() const noexcept { return kind_ == Kind::Finite; }
  bool is_infinite() const noexcept { return kind_ == Kind::Infinity; }
  bool is_nan() const noexcept { return kind_ >= Kind::QuietNan; }
  bool is_signaling() const noexcept { return kind_ == Kind::SignalingNan; }
  bool is_zero() const noexcept { return is_finite() && coefficient_.is_zero(); }
  bool is_negative() const noexcept { return negative_; }  ///< the sign bit, also of zero
  const BigUint& coefficient() const noexcept { return coefficient_; }
  std::int64_t exponent() const noexcept { return exponent_; }
  std::int64_t digits() const;    ///< of the coefficient; 1 for zero
  std::int64_t adjusted() const;  ///< the exponent of the leading digit
  /// An integer, whatever its exponent.
  bool is_integral() const;

  /// "1.20E+6": to-scientific-string; it reads back the same, digits and exponent.
  std::string to_string() const;
  /// Exponents that are multiples of three: "1.20E+6", "12E-9".
  std::string to_engineering_string() const;
  /// InvalidArgument where it is not finite, LimitExceeded where the integer is above kMaxBits.
  Result<Rational> to_rational() const;
  /// To nearest, ties to even.
  double to_double() const;

  BigDecimal negated() const;  ///< the sign bit alone, no rounding ("copy-negate")
  BigDecimal absolute() const;
  /// Bit for bit: kind, sign, coefficient and exponent. 1.0 and 1.00 differ.
  friend bool identical(const BigDecimal& a, const BigDecimal& b) noexcept;

 private:
  BigUint coefficient_;
  std::int64_t exponent_ = 0;
  bool negative_ = false;
  Kind kind_ = Kind::Finite;
};

// The arithmetic of the specification; each result is rounded to the context.
BigDecimal add(const BigDecimal& a, const BigDecimal& b, Context& context);
BigDecimal subtract(const BigDecimal& a, const BigDecimal& b, Context& context);
BigDecimal multiply(const BigDecimal& a, const BigDecimal& b, Context& context);
BigDecimal divide(const BigDecimal& a, const BigDecimal& b, Context& context);
/// The integral part of the quotient; InvalidOperation where it needs more than `precision` digits.
BigDecimal divide_integer(const BigDecimal& a, const BigDecimal& b, Context& context);
/// a - b * divide_integer(a, b); the sign of a.
BigDecimal remainder(const BigDecimal& a, const BigDecimal& b, Context& context);
/// a - b n, n the integer nearest to a / b, ties to even: IEEE 754's remainder.
BigDecimal remainder_near(const BigDecimal& a, const BigDecimal& b, Context& context);
/// a b + c with one rounding.
BigDecimal fma(const BigDecimal& a, const BigDecimal& b, const BigDecimal& c, Context& context);
BigDecimal plus(const BigDecimal& a, Context& context);  ///< rounds
BigDecimal minus(const BigDecimal& a, Context& context);
BigDecimal abs(const BigDecimal& a, Context& context);

/// Correctly rounded, half even, whatever the context's rounding: sqrt, exp, ln, log10.
BigDecimal sqrt(const BigDecimal& a, Context& context);
BigDecimal exp(const BigDecimal& a, Context& context);
BigDecimal ln(const BigDecimal& a, Context& context);
BigDecimal log10(const BigDecimal& a, Context& context);
/// a^b, correctly rounded by the context's rounding; integral powers that fit are exact.
BigDecimal power(const BigDecimal& a, const BigDecimal& b, Context& context);

/// a with the exponent of b; InvalidOperation where that needs more than `precision` digits.
BigDecimal quantize(const BigDecimal& a, const BigDecimal& b, Context& context);
/// Without zeros at the end: 1.200 becomes 1.2, 100 becomes 1E+2.
BigDecimal reduce(const BigDecimal& a, Context& context);
/// To an integer by the context's rounding; "exact" raises Inexact and Rounded, "value" does not.
BigDecimal round_to_integral_exact(const BigDecimal& a, Context& context);
BigDecimal round_to_integral_value(const BigDecimal& a, Context& context);
/// -1, 0 or 1, or NaN.
BigDecimal compare(const BigDecimal& a, const BigDecimal& b, Context& context);
/// By value, -0 = 0; unordered where one is a NaN. No context, no flags.
std::partial_ordering compare_values(const BigDecimal& a, const BigDecimal& b);

}  // namespace avila::numeric

// What the operations on decimals share: powers of ten, rounding, NaNs.
#pragma once
#include <avila/numeric/decimal.hpp>
#include <avila/numeric/number_theory.hpp>

namespace avila::numeric::detail {

/// 10^n.
BigUint power_of_ten(std::int64_t n);
/// Decimal digits; 1 for zero.
std::int64_t count_digits(const BigUint& a);
/// Digits that `rounding` makes of kept digits and what was cut off below them.
enum class CutOff : std::uint8_t { Nothing, BelowHalf, Half, AboveHalf };
bool rounds_away(Rounding rounding, bool negative, const BigUint& kept, CutOff cut);
/// a / 10^n (n > 0) rounded; whether it was inexact.
BigUint shift_right_decimal(const BigUint& a, std::int64_t n, Rounding rounding, bool negative,
                            bool& inexact);
/// a's value with another exponent, any number of digits: "rescale". a is finite.
BigDecimal rescale(const BigDecimal& a, std::int64_t exponent, Rounding rounding);
/// Rounds to the context and raises what that raises: the specification's "finalize".
BigDecimal finalize(BigDecimal a, Context& context);
BigDecimal finalize_half_even(BigDecimal a, Context& context);
BigDecimal invalid(Context& context);
/// Whether an operand is a NaN; then `result` is the answer.
bool propagate_nan(const BigDecimal& a, const BigDecimal& b, Context& context, BigDecimal& result);
inline BigDecimal zero(bool negative, std::int64_t exponent) {
  return BigDecimal::finite(negative, {}, exponent);
}

}  // namespace avila::numeric::detail

#include <array>
#include <cmath>

#include "decimal_core.hpp"

namespace avila::numeric {
namespace detail {

BigUint power_of_ten(std::int64_t n) {
  static const std::array<BigUint, 128> small = [] {
    std::array<BigUint, 128> powers;
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * BigUint(10);
    return powers;
  }();
  if (n < 128) return small[static_cast<std::size_t>(n)];
  auto power = pow(BigUint(10), static_cast<std::uint64_t>(n));
  AVILA_ASSERT(power.has_value());  // kMaxPrecision bounds what operations ask for
  return std::move(*power);
}

std::int64_t count_digits(const BigUint& a) {
  if (a.is_zero()) return 1;
  // floor((bits - 1) log10 2) + 1 is right or one too few.
  const double bits = static_cast<double>(a.bit_length() - 1);
  const auto least = static_cast<std::int64_t>(bits * 0.30102999566398119521 * (1 - 1e-15)) + 1;
  return least + (a >= power_of_ten(least) ? 1 : 0);
}

bool rounds_away(Rounding rounding, bool negative, const BigUint& kept, CutOff cut) {
  if (cut == CutOff::Nothing) return false;
  switch (rounding) {
    case Rounding::HalfEven:
      return cut == CutOff::AboveHalf || (cut == CutOff::Half && kept.is_odd());
    case Rounding::HalfUp: return cut >= CutOff::Half;
    case Rounding::HalfDown: return cut == CutOff::AboveHalf;
    case Rounding::Up: return true;
    case Rounding::Down: return false;
    case Rounding::Ceiling: return !negative;
    case Rounding::Floor: return negative;
    case Rounding::Up05: return kept.modulo(5) == 0;
  }
  return false;
}

BigUint shift_right_decimal(const BigUint& a, std::int64_t n, Rounding rounding, bool negative,
                            bool& inexact) {
  CutOff cut = CutOff::Nothing;
  BigUint kept;
  if (n > count_digits(a) + 1) {  // all of it, and below a tenth
    cut = a.is_zero() ? CutOff::Nothing : CutOff::BelowHalf;
  } else {
    const BigUint unit = power_of_ten(n);
    BigUint rest;
    divide(kept, rest, a, unit);
    const auto order = (rest << 1) <=> unit;
    if (!rest.is_zero())
      cut = order < 0 ? CutOff::BelowHalf : order == 0 ? CutOff::Half : CutOff::AboveHalf;
  }
  inexact = cut != CutOff::Nothing;
  if (rounds_away(rounding, negative, kept, cut)) kept += 1;
  return kept;
}

BigDecimal rescale(const BigDecimal& a, std::int64_t exponent, Rounding rounding) {
  if (a.is_zero()) return zero(a.is_negative(), exponent);
  if (exponent <= a.exponent())
    return BigDecimal::finite(a.is_negative(),
                              a.coefficient() * power_of_ten(a.exponent() - exponent), exponent);
  bool inexact;
  return BigDecimal::finite(a.is_negative(),
                            shift_right_decimal(a.coefficient(), exponent - a.exponent(), rounding,
                                                a.is_negative(), inexact),
                            exponent);
}

namespace {

BigDecimal overflow(bool negative, Context& context) {
  context.raise(flag::kOverflow | flag::kInexact | flag::kRounded);
  const Rounding r = context.rounding;
  const bool to_infinity = r == Rounding::HalfEven || r == Rounding::HalfUp ||
                           r == Rounding::HalfDown || r == Rounding::Up ||
                           (r == Rounding::Ceiling && !negative) ||
                           (r == Rounding::Floor && negative);
  if (to_infinity) return BigDecimal::infinity(negative);
  return BigDecimal::finite(negative, power_of_ten(context.precision) - 1, context.e_top());
}

BigDecimal finalize_nan(const BigDecimal& a, const Context& context) {
  // The payload keeps its last digits, as many as fit.
  const std::int64_t room = context.precision - (context.clamp ? 1 : 0);
  if (count_digits(a.coefficient()) <= room) return a;
  return BigDecimal::nan(a.is_negative(), a.coefficient() % power_of_ten(room), a.is_signaling());
}

}  // namespace

BigDecimal finalize(BigDecimal a, Context& context) {
  if (a.is_nan()) return finalize_nan(a, context);
  if (a.is_infinite()) return a;
  AVILA_ASSERT(context.precision >= 1 && context.precision <= Context::kMaxPrecision);
  AVILA_ASSERT(context.e_max >= 0 && context.e_max <= Context::kMaxExponent);
  AVILA_ASSERT(context.e_min <= 0 && context.e_min >= -Context::kMaxExponent);
  const std::int64_t e_tiny = context.e_tiny(), e_top = context.e_top();
  const bool negative = a.is_negative();
  if (a.is_zero()) {
    const std::int64_t most = context.clamp ? e_top : context.e_max;
    const std::int64_t e = a.exponent() < e_tiny ? e_tiny
                           : a.exponent() > most ? most
                                                 : a.exponent();
    if (e == a.exponent()) return a;
    context.raise(flag::kClamped);
    return zero(negative, e);
  }
  const std::int64_t length = count_digits(a.coefficient());
  std::int64_t least = length + a.exponent() - context.precision;  // exponent that holds them
  if (least > e_top) return overflow(negative, context);
  const bool subnormal = least < e_tiny;
  if (subnormal) least = e_tiny;
  if (a.exponent() < least) {
    bool inexact;
    BigUint kept = shift_right_decimal(a.coefficient(), least - a.exponent(), context.rounding,
                                       negative, inexact);
    if (count_digits(kept) > context.precision) {  // 99…9 went up to 100…0
      kept.divide_by(10);
      ++least;
    }
    if (inexact && subnormal) context.raise(flag::kUnderflow);
    if (subnormal) context.raise(flag::kSubnormal);
    if (inexact) context.raise(flag::kInexact);
    context.raise(flag::kRounded);
    if (kept.is_zero()) context.raise(flag::kClamped);
    if (least > e_top) return overflow(negative, context);
    return BigDecimal::finite(negative, std::move(kept), least);
  }
  if (subnormal) context.raise(flag::kSubnormal);
  if (context.clamp && a.exponent() > e_top) {
    context.raise(flag::kClamped);
    return BigDecimal::finite(negative, a.coefficient() * power_of_ten(a.exponent() - e_top),
                              e_top);
  }
  return a;
}

BigDecimal finalize_half_even(BigDecimal a, Context& context) {
  Context half_even = context;
  half_even.rounding = Rounding::HalfEven;
  BigDecimal r = finalize(std::move(a), half_even);
  context.flags |= half_even.flags;
  return r;
}

BigDecimal invalid(Context& context) {
  context.raise(flag::kInvalidOperation);
  return BigDecimal::nan();
}

bool propagate_nan(const BigDecimal& a, const BigDecimal& b, Context& context, BigDecimal& result) {
  if (!a.is_nan() && !b.is_nan()) return false;
  if (a.is_signaling() || b.is_signaling()) context.raise(flag::kInvalidOperation);
  // The first signaling one, else the first; made quiet.
  const BigDecimal& chosen = a.is_signaling() ? a : b.is_signaling() ? b : a.is_nan() ? a : b;
  result = finalize_nan(BigDecimal::nan(chosen.is_negative(), chosen.coefficient()), context);
  return true;
}

}  // namespace detail

BigDecimal BigDecimal::finite(bool negative, BigUint coefficient, std::int64_t exponent) {
  BigDecimal r;
  r.coefficient_ = std::move(coefficient);
  r.exponent_ = exponent;
  r.negative_ = negative;
  return r;
}
BigDecimal BigDecimal::infinity(bool negative) {
  BigDecimal r = finite(negative, {}, 0);
  r.kind_ = Kind::Infinity;
  return r;
}
BigDecimal BigDecimal::nan(bool negative, BigUint payload, bool signaling) {
  BigDecimal r = finite(negative, std::move(payload), 0);
  r.kind_ = signaling ? Kind::SignalingNan : Kind::QuietNan;
  return r;
}

BigDecimal BigDecimal::from_double(double value) {
  const bool negative = std::signbit(value);
  if (std::isnan(value)) return nan(negative);
  if (std::isinf(value)) return infinity(negative);
  int e;
  const auto bits = static_cast<std::uint64_t>(std::ldexp(std::frexp(std::fabs(value), &e), 53));
  e -= 53;
  BigUint coefficient = bits;
  if (bits == 0) return finite(negative, {}, 0);
  const int zeros = std::countr_zero(bits) < -e ? std::countr_zero(bits) : (e < 0 ? -e : 0);
  coefficient >>= static_cast<unsigned>(zeros);
  e += zeros;
  if (e >= 0) return finite(negative, coefficient << static_cast<unsigned>(e), 0);
  // c / 2^k = c 5^k / 10^k
  return finite(negative, coefficient * *pow(BigUint(5), static_cast<unsigned>(-e)), e);
}

BigDecimal BigDecimal::from_rational(const Rational& value, Context& context) {
  return divide(BigDecimal(value.numerator()), BigDecimal(BigInt(value.denominator())), context);
}

std::int64_t BigDecimal::digits() const { return detail::count_digits(coefficient_); }
std::int64_t BigDecimal::adjusted() const { return exponent_ + digits() - 1; }

bool BigDecimal::is_integral() const {
  if (!is_finite()) return false;
  if (exponent_ >= 0 || coefficient_.is_zero()) return true;
  if (-exponent_ >= digits()) return false;
  return (coefficient_ % detail::power_of_ten(-exponent_)).is_zero();
}

BigDecimal BigDecimal::negated() const {
  BigDecimal r = *this;
  r.negative_ = !negative_;
  return r;
}
BigDecimal BigDecimal::absolute() const {
  BigDecimal r = *this;
  r.negative_ = false;
  return r;
}

bool identical(const BigDecimal& a, const BigDecimal& b) noexcept {
  return a.kind_ == b.kind_ && a.negative_ == b.negative_ && a.exponent_ == b.exponent_ &&
         a.coefficient_ == b.coefficient_;
}

Result<Rational> BigDecimal::to_rational() const {
  if (!is_finite()) return Error(Errc::InvalidArgument, "not a finite number");
  if (is_zero()) return Rational();
  const std::uint64_t size = static_cast<std::uint64_t>(exponent_ < 0 ? -exponent_ : exponent_);
  AVILA_TRY(BigUint power, pow(BigUint(10), size));
  if (exponent_ < 0)
    return Rational::from(BigInt(coefficient_, negative_), BigInt(std::move(power)));
  AVILA_TRY(BigUint whole, checked_multiply(coefficient_, power));
  return Rational(BigInt(std::move(whole), negative_));
}

double BigDecimal::to_double() const {
  const double sign = negative_ ? -1 : 1;
  if (is_nan()) return std::nan("");
  if (is_infinite()) return sign * HUGE_VAL;
  if (is_zero()) return sign * 0.0;
  const std::int64_t top = adjusted();
  if (top > 310) return sign * HUGE_VAL;
  if (top < -330) return sign * 0.0;
  // The value lies within doubles, so the exponent is at most the digits away from it.
  return to_rational()->to_double();
}

}  // namespace avila::numeric

#include "decimal_core.hpp"

namespace avila::numeric {

using namespace detail;

namespace {

struct Aligned {
  BigUint a, b;
  std::int64_t exponent;
};

// Brings two finite numbers that are not zero to one exponent. One that lies far below the other's
// last digit that counts becomes a 1 there: it decides the rounding, not the digits.
Aligned align(const BigDecimal& a, const BigDecimal& b, std::int64_t precision) {
  if (a.exponent() < b.exponent()) {
    Aligned r = align(b, a, precision);
    std::swap(r.a, r.b);
    return r;
  }
  std::int64_t low = b.exponent();
  BigUint small = b.coefficient();
  if (precision > 0) {
    const std::int64_t room = a.digits() - precision - 2;
    const std::int64_t floor = a.exponent() + (room < -1 ? room : -1);
    if (b.adjusted() < floor) {
      small = 1;
      low = floor;
    }
  }
  return {a.coefficient() * power_of_ten(a.exponent() - low), std::move(small), low};
}

BigDecimal add_exactly_signed(const BigDecimal& a, const BigDecimal& b, Context& context) {
  const bool zero_negative = context.rounding == Rounding::Floor;
  const std::int64_t least = a.exponent() < b.exponent() ? a.exponent() : b.exponent();
  if (a.is_zero() && b.is_zero()) {
    const bool negative = a.is_negative() == b.is_negative() ? a.is_negative() : zero_negative;
    return finalize(zero(negative, least), context);
  }
  if (a.is_zero() || b.is_zero()) {
    const BigDecimal& x = a.is_zero() ? b : a;
    const std::int64_t floor = x.exponent() - context.precision - 1;
    return finalize(rescale(x, least > floor ? least : floor, context.rounding), context);
  }
  const Aligned x = align(a, b, context.precision);
  if (a.is_negative() == b.is_negative())
    return finalize(BigDecimal::finite(a.is_negative(), x.a + x.b, x.exponent), context);
  const auto order = x.a <=> x.b;
  if (order == 0) return finalize(zero(zero_negative, least), context);
  return finalize(BigDecimal::finite(order > 0 ? a.is_negative() : b.is_negative(),
                                     order > 0 ? x.a - x.b : x.b - x.a, x.exponent),
                  context);
}

// The integral quotient and the remainder; false where the quotient is too long.
bool divide_with_remainder(const BigDecimal& a, const BigDecimal& b, const Context& context,
                           BigDecimal& quotient, BigDecimal& rest) {
  const bool negative = a.is_negative() != b.is_negative();
  const std::int64_t ideal =
      b.is_infinite() || a.exponent() < b.exponent() ? a.exponent() : b.exponent();
  if (a.is_zero() || b.is_infinite() || a.adjusted() - b.adjusted() <= -2) {
    quotient = zero(negative, 0);
    // Where b's exponent is far below, nothing a context can hold needs so many zeros.
    const std::int64_t floor = a.exponent() - context.precision - 1;
    rest = a.is_zero() ? zero(a.is_negative(), ideal)
                       : rescale(a, ideal > floor ? ideal : floor, context.rounding);
    return true;
  }
  if (a.adjusted() - b.adjusted() > context.precision) return false;
  const Aligned x = align(a, b, 0);
  BigUint q, r;
  divide(q, r, x.a, x.b);
  if (count_digits(q) > context.precision) return false;
  quotient = BigDecimal::finite(negative, std::move(q), 0);
  rest = BigDecimal::finite(a.is_negative(), std::move(r), ideal);
  return true;
}

}  // namespace

BigDecimal add(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  if (a.is_infinite() || b.is_infinite()) {
    if (a.is_infinite() && b.is_infinite() && a.is_negative() != b.is_negative())
      return invalid(context);
    return a.is_infinite() ? a : b;
  }
  return add_exactly_signed(a, b, context);
}

BigDecimal subtract(const BigDecimal& a, const BigDecimal& b, Context& context) {
  return b.is_nan() ? add(a, b, context) : add(a, b.negated(), context);
}

BigDecimal multiply(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  const bool negative = a.is_negative() != b.is_negative();
  if (a.is_infinite() || b.is_infinite()) {
    if (a.is_zero() || b.is_zero()) return invalid(context);
    return BigDecimal::infinity(negative);
  }
  return finalize(
      BigDecimal::finite(negative, a.coefficient() * b.coefficient(), a.exponent() + b.exponent()),
      context);
}

BigDecimal divide(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  const bool negative = a.is_negative() != b.is_negative();
  if (a.is_infinite()) return b.is_infinite() ? invalid(context) : BigDecimal::infinity(negative);
  if (b.is_infinite()) {
    context.raise(flag::kClamped);
    return zero(negative, context.e_tiny());
  }
  if (b.is_zero()) {
    if (a.is_zero()) return invalid(context);
    context.raise(flag::kDivisionByZero);
    return BigDecimal::infinity(negative);
  }
  const std::int64_t ideal = a.exponent() - b.exponent();
  if (a.is_zero()) return finalize(zero(negative, ideal), context);
  const std::int64_t shift = b.digits() - a.digits() + context.precision + 1;
  BigUint q, r;
  if (shift >= 0)
    divide(q, r, a.coefficient() * power_of_ten(shift), b.coefficient());
  else
    divide(q, r, a.coefficient(), b.coefficient() * power_of_ten(-shift));
  std::int64_t exponent = ideal - shift;
  if (!r.is_zero()) {
    if (q.modulo(5) == 0) q += 1;  // a sticky digit: no tie that is none
  } else {
    while (exponent < ideal) {
      BigUint tenth = q;
      if (tenth.divide_by(10) != 0) break;
      q = std::move(tenth);
      ++exponent;
    }
  }
  return finalize(BigDecimal::finite(negative, std::move(q), exponent), context);
}

BigDecimal divide_integer(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  const bool negative = a.is_negative() != b.is_negative();
  if (a.is_infinite()) return b.is_infinite() ? invalid(context) : BigDecimal::infinity(negative);
  if (b.is_zero()) {
    if (a.is_zero()) return invalid(context);
    context.raise(flag::kDivisionByZero);
    return BigDecimal::infinity(negative);
  }
  BigDecimal quotient, rest;
  if (!divide_with_remainder(a, b, context, quotient, rest)) return invalid(context);
  return finalize(std::move(quotient), context);
}

BigDecimal remainder(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  if (a.is_infinite() || b.is_zero()) return invalid(context);
  BigDecimal quotient, rest;
  if (!divide_with_remainder(a, b, context, quotient, rest)) return invalid(context);
  return finalize(std::move(rest), context);
}

BigDecimal remainder_near(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  if (a.is_infinite() || b.is_zero()) return invalid(context);
  if (b.is_infinite()) return finalize(a, context);
  const std::int64_t ideal = a.exponent() < b.exponent() ? a.exponent() : b.exponent();
  if (a.is_zero()) return finalize(zero(a.is_negative(), ideal), context);
  const std::int64_t difference = a.adjusted() - b.adjusted();
  if (difference >= context.precision + 1) return invalid(context);
  if (difference <= -2) {
    const std::int64_t floor = a.exponent() - context.precision - 1;
    return finalize(rescale(a, ideal > floor ? ideal : floor, context.rounding), context);
  }
  const Aligned x = align(a, b, 0);
  BigUint q, r;
  divide(q, r, x.a, x.b);
  bool negative = a.is_negative();
  const auto order = (r << 1) <=> x.b;
  if (order > 0 || (order == 0 && q.is_odd())) {
    r = x.b - r;
    negative = !negative;
    q += 1;
  }
  if (count_digits(q) > context.precision) return invalid(context);
  return finalize(BigDecimal::finite(negative, std::move(r), ideal), context);
}

BigDecimal fma(const BigDecimal& a, const BigDecimal& b, const BigDecimal& c, Context& context) {
  BigDecimal product;
  if (a.is_nan() || b.is_nan()) {
    // A signaling c counts before a quiet a or b.
    if (c.is_signaling() && !a.is_signaling() && !b.is_signaling()) return add(c, c, context);
    propagate_nan(a, b, context, product);
    return product;
  }
  const bool negative = a.is_negative() != b.is_negative();
  if (c.is_signaling()) return add(c, c, context);
  if (a.is_infinite() || b.is_infinite()) {
    if (a.is_zero() || b.is_zero()) return invalid(context);
    product = BigDecimal::infinity(negative);
  } else {
    product = BigDecimal::finite(negative, a.coefficient() * b.coefficient(),
                                 a.exponent() + b.exponent());
  }
  return add(product, c, context);
}

BigDecimal plus(const BigDecimal& a, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, a, context, nan)) return nan;
  // 0 + a: a zero becomes positive, but for the rounding to floor.
  if (a.is_zero() && context.rounding != Rounding::Floor) return finalize(a.absolute(), context);
  return finalize(a, context);
}
BigDecimal minus(const BigDecimal& a, Context& context) {
  return a.is_nan() ? plus(a, context) : plus(a.negated(), context);
}
BigDecimal abs(const BigDecimal& a, Context& context) {
  return a.is_negative() ? minus(a, context) : plus(a, context);
}

BigDecimal quantize(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  if (a.is_infinite() || b.is_infinite())
    return a.is_infinite() && b.is_infinite() ? a : invalid(context);
  const std::int64_t e = b.exponent();
  if (e < context.e_tiny() || e > context.e_max) return invalid(context);
  if (a.is_zero()) return finalize(zero(a.is_negative(), e), context);
  if (a.adjusted() > context.e_max || a.adjusted() - e + 1 > context.precision)
    return invalid(context);
  BigDecimal r = rescale(a, e, context.rounding);
  if (r.adjusted() > context.e_max || r.digits() > context.precision) return invalid(context);
  if (!r.is_zero() && r.adjusted() < context.e_min) context.raise(flag::kSubnormal);
  if (e > a.exponent()) {
    if (compare_values(r, a) != 0) context.raise(flag::kInexact);
    context.raise(flag::kRounded);
  }
  return finalize(std::move(r), context);
}

BigDecimal reduce(const BigDecimal& a, Context& context) {
  BigDecimal r = plus(a, context);
  if (!r.is_finite()) return r;
  // plus() makes -0 positive; reduce keeps the sign.
  if (r.is_zero()) return zero(a.is_negative(), 0);
  const std::int64_t most = context.clamp ? context.e_top() : context.e_max;
  BigUint c = r.coefficient();
  std::int64_t e = r.exponent();
  while (e < most) {
    BigUint tenth = c;
    if (tenth.divide_by(10) != 0) break;
    c = std::move(tenth);
    ++e;
  }
  return BigDecimal::finite(r.is_negative(), std::move(c), e);
}

BigDecimal round_to_integral_value(const BigDecimal& a, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, a, context, nan)) return nan;
  if (a.is_infinite() || a.exponent() >= 0) return a;
  return rescale(a, 0, context.rounding);
}

BigDecimal round_to_integral_exact(const BigDecimal& a, Context& context) {
  BigDecimal r = round_to_integral_value(a, context);
  if (a.is_finite() && a.exponent() < 0 && !a.is_zero()) {
    if (compare_values(r, a) != 0) context.raise(flag::kInexact);
    context.raise(flag::kRounded);
  }
  return r;
}

BigDecimal compare(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  const auto order = compare_values(a, b);
  return BigDecimal(order < 0 ? -1 : order > 0 ? 1 : 0);
}

std::partial_ordering compare_values(const BigDecimal& a, const BigDecimal& b) {
  if (a.is_nan() || b.is_nan()) return std::partial_ordering::unordered;
  const int x = a.is_zero() ? 0 : a.is_negative() ? -1 : 1;
  const int y = b.is_zero() ? 0 : b.is_negative() ? -1 : 1;
  if (x != y || x == 0) return x <=> y;
  std::strong_ordering order = std::strong_ordering::equal;
  if (a.is_infinite() || b.is_infinite()) {
    order = a.is_infinite() <=> b.is_infinite();
  } else if (a.adjusted() != b.adjusted()) {
    order = a.adjusted() <=> b.adjusted();
  } else {  // then the exponents differ by no more than the digits
    const Aligned z = align(a, b, 0);
    order = z.a <=> z.b;
  }
  return x > 0 ? order : 0 <=> order;
}

}  // namespace avila::numeric

// sqrt, exp, ln, log10 and power. The transcendental ones work on integers scaled by a power of
// two with digits to spare, and look again with more where the digits do not settle the rounding
// (Ziv, 1991).
#include <cmath>

#include "decimal_core.hpp"

namespace avila::numeric {

using namespace detail;

namespace {

// ---- fixed point: an integer x stands for x / 2^bits
constexpr double kBitsPerDigit = 3.3219280948873626;

std::uint64_t bits_for(std::int64_t digits) {
  return static_cast<std::uint64_t>(static_cast<double>(digits) * kBitsPerDigit) + 1;
}

// atanh(1 / n) 2^bits, within a few units a term.
BigUint atanh_inverse(std::uint64_t n, std::uint64_t bits) {
  BigUint power = BigUint(1) << bits;
  power.divide_by(n);
  BigUint sum = power;
  for (std::uint64_t k = 3; !power.is_zero(); k += 2) {
    power.divide_by(n * n);
    BigUint term = power;
    term.divide_by(k);
    sum += term;
  }
  return sum;
}
// Machin-like: ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749).
BigUint ln2(std::uint64_t bits) {
  const std::uint64_t work = bits + 32;
  return (atanh_inverse(26, work) * BigUint(18) - atanh_inverse(4801, work) * BigUint(2) +
          atanh_inverse(8749, work) * BigUint(8)) >>
         32;
}
// ln 10 = 46 atanh(1/31) + 34 atanh(1/49) + 20 atanh(1/161).
BigUint ln10(std::uint64_t bits) {
  const std::uint64_t work = bits + 32;
  return (atanh_inverse(31, work) * BigUint(46) + atanh_inverse(49, work) * BigUint(34) +
          atanh_inverse(161, work) * BigUint(20)) >>
         32;
}

// e^x 2^bits, |x| < 4: Taylor's series of x / 2^k, squared k times. Within 2^4 units.
BigInt exp_fixed(const BigInt& x, std::uint64_t bits) {
  const auto k = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(bits))) + 4;
  const std::uint64_t work = bits + 2 * k + 16;
  const BigInt r = work - bits > k ? x << (work - bits - k) : x >> (k - (work - bits));
  BigInt term = BigInt(1) << work;
  BigInt sum = term;
  for (std::uint64_t n = 1; !term.is_zero(); ++n) {
    BigUint magnitude = (term.magnitude() * r.magnitude()) >> work;
    magnitude.divide_by(n);
    term = BigInt(std::move(magnitude), term.is_negative() != r.is_negative());
    sum += term;
  }
  for (std::uint64_t i = 0; i < k; ++i) sum = (sum * sum) >> work;
  return sum >> (work - bits);
}

// ln(x / 2^bits) 2^bits for x / 2^bits in [1/2, 2): y += 2 (x - e^y) / (x + e^y) triples the
// digits.
BigInt ln_fixed(const BigUint& x, std::uint64_t bits) {
  if (bits <= 52) {
    const double value = std::ldexp(x.to_double(), -static_cast<int>(bits));
    return *BigInt::from_double(std::ldexp(std::log(value), static_cast<int>(bits)));
  }
  const std::uint64_t fewer = bits / 3 + 10 < bits ? bits / 3 + 10 : bits - 1;
  const BigInt y = ln_fixed(x >> (bits - fewer), fewer) << (bits - fewer);
  const BigInt e = exp_fixed(y, bits);
  const BigInt X(x);
  return y + ((X - e) << (bits + 1)) / (X + e);
}

// c 10^e 2^bits, rounded down.
BigUint to_fixed(const BigUint& c, std::int64_t e, std::uint64_t bits) {
  if (e >= 0) return (c * power_of_ten(e)) << bits;
  return (c << bits) / power_of_ten(-e);
}

// ln(a) 2^bits within 2^8 units, a > 0 finite.
BigInt ln_of(const BigDecimal& a, std::uint64_t bits) {
  // c 10^e = m 2^s 10^e, m in [1/2, 1); e below 2^63 multiplies the error of ln 10.
  const std::uint64_t work = bits + 72;
  const BigUint& c = a.coefficient();
  const std::uint64_t s = c.bit_length();
  const BigUint m = work >= s ? c << (work - s) : c >> (s - work);
  const BigInt sum =
      ln_fixed(m, work) + BigInt(ln2(work)) * BigInt(s) + BigInt(ln10(work)) * BigInt(a.exponent());
  return sum >> (work - bits);
}

// A value near coefficient 10^exponent, wrong by at most `error` units.
struct Approximation {
  bool negative;
  BigUint coefficient;
  std::int64_t exponent;
};
constexpr std::uint64_t kError = 1000;

// x 2^-bits with about `digits` digits.
Approximation to_decimal(const BigInt& x, std::uint64_t bits, std::int64_t digits) {
  const double size =
      (static_cast<double>(x.bit_length()) - static_cast<double>(bits)) / kBitsPerDigit;
  const std::int64_t places = digits - static_cast<std::int64_t>(std::floor(size));
  BigUint c = x.magnitude();
  if (places >= 0)
    c = (c * power_of_ten(places)) >> bits;
  else
    c = (c >> bits) / power_of_ten(-places);
  return {x.is_negative(), std::move(c), -places};
}

// `approximate(digits)` gives about that many, the last three unsure; asked again until they
// settle how the value rounds to the context. The value is known not to be a tie or exact.
template <class F>
BigDecimal settle(Context& context, F&& approximate) {
  for (std::int64_t extra = 12;; extra += extra / 2) {
    Approximation x = approximate(context.precision + extra);
    const std::int64_t spare = count_digits(x.coefficient) - context.precision;
    if (spare > 4) {
      // Ties and exact values, and their neighbourhoods: around multiples of half a unit.
      const BigUint half = power_of_ten(spare - 1) * BigUint(5);
      const BigUint rest = x.coefficient % half;
      if (rest > BigUint(kError) && half - rest > BigUint(kError)) {
        if (x.coefficient.modulo(5) == 0) x.coefficient += 1;
        return finalize(BigDecimal::finite(x.negative, std::move(x.coefficient), x.exponent),
                        context);
      }
    }
  }
}

template <class F>
BigDecimal settle_half_even(Context& context, F&& approximate) {
  const Rounding saved = context.rounding;
  context.rounding = Rounding::HalfEven;
  BigDecimal r = settle(context, approximate);
  context.rounding = saved;
  return r;
}

// 1 plus or minus something below every digit that counts.
BigDecimal next_to_one(bool below, Context& context) {
  const std::int64_t p = context.precision;
  return below ? BigDecimal::finite(false, power_of_ten(p + 1) - 1, -p - 1)
               : BigDecimal::finite(false, power_of_ten(p + 1) + 1, -p - 1);
}

// e^t for t = c 10^e given by `fixed(bits)` = t 2^bits, |t| < 10^20.
template <class F>
BigDecimal exp_settled(Context& context, F&& fixed) {
  return settle(context, [&](std::int64_t digits) {
    const std::uint64_t bits = bits_for(digits) + 80;
    const BigInt t = fixed(bits);
    const BigInt unit(ln10(bits));
    const BigInt k = divide_floor(t, unit)->quotient;  // e^t = 10^k e^r, 0 <= r < ln 10
    const BigInt r = t - k * unit;
    Approximation x = to_decimal(exp_fixed(r, bits), bits, digits);
    // Past 64 bits it is past every exponent too.
    constexpr std::int64_t kFar = 4 * Context::kMaxExponent;
    x.exponent += k.to_int64().value_or(k.is_negative() ? -kFar : kFar);
    return x;
  });
}

}  // namespace

BigDecimal sqrt(const BigDecimal& a, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, a, context, nan)) return nan;
  const std::int64_t ideal = a.exponent() >> 1;  // floor
  if (a.is_zero()) return finalize(zero(a.is_negative(), ideal), context);
  if (a.is_negative()) return invalid(context);
  if (a.is_infinite()) return a;
  const bool odd = (a.exponent() & 1) != 0;
  BigUint c = odd ? a.coefficient() * BigUint(10) : a.coefficient();
  const std::int64_t length = (count_digits(c) + 1) / 2;
  const std::int64_t shift = context.precision + 1 - length;
  bool exact = true;
  if (shift >= 0) {
    c *= power_of_ten(2 * shift);
  } else {
    BigUint q, r;
    divide(q, r, c, power_of_ten(-2 * shift));
    exact = r.is_zero();
    c = std::move(q);
  }
  const RootUint root = sqrt(c);
  BigUint n = root.root;
  exact = exact && root.remainder.is_zero();
  std::int64_t e = ideal - shift;
  if (exact) {
    if (shift >= 0)
      n /= power_of_ten(shift);
    else
      n *= power_of_ten(-shift);
    e = ideal;
  } else if (n.modulo(5) == 0) {
    n += 1;
  }
  return finalize_half_even(BigDecimal::finite(false, std::move(n), e), context);
}

BigDecimal exp(const BigDecimal& a, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, a, context, nan)) return nan;
  if (a.is_infinite()) return a.is_negative() ? BigDecimal() : a;
  if (a.is_zero()) return BigDecimal(1);
  const std::int64_t adjusted = a.adjusted();
  if (adjusted > 19)  // beyond every exponent
    return finalize_half_even(a.is_negative() ? BigDecimal::finite(false, 1, context.e_tiny() - 2)
                                              : BigDecimal::finite(false, 1, context.e_max + 1),
                              context);
  if (adjusted < -context.precision - 1)
    return finalize_half_even(next_to_one(a.is_negative(), context), context);
  const Rounding saved = context.rounding;
  context.rounding = Rounding::HalfEven;
  BigDecimal r = exp_settled(context, [&](std::uint64_t bits) {
    return BigInt(to_fixed(a.coefficient(), a.exponent(), bits), a.is_negative());
  });
  context.rounding = saved;
  return r;
}

namespace {

// The k of a = 10^k, if it is one.
std::optional<std::int64_t> exact_log10(const BigDecimal& a) {
  if (a.coefficient() != power_of_ten(a.digits() - 1)) return std::nullopt;
  return a.adjusted();
}

// Digits lost to cancellation in ln(a), a near 1.
std::int64_t digits_near_one(const BigDecimal& a) {
  if (a.adjusted() > 0 || a.adjusted() < -1) return 0;
  Context wide = Context::with_precision(a.digits() + 2 + (a.exponent() < 0 ? -a.exponent() : 0));
  const BigDecimal difference = subtract(a, BigDecimal(1), wide);
  return difference.adjusted() < 0 ? -difference.adjusted() : 0;
}

}  // namespace

BigDecimal ln(const BigDecimal& a, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, a, context, nan)) return nan;
  if (a.is_zero()) return BigDecimal::infinity(true);
  if (a.is_negative()) return invalid(context);
  if (a.is_infinite()) return a;
  if (compare_values(a, BigDecimal(1)) == 0) return BigDecimal();
  const std::int64_t lost = digits_near_one(a);
  return settle_half_even(context, [&](std::int64_t digits) {
    const std::uint64_t bits = bits_for(digits + lost) + 20;
    return to_decimal(ln_of(a, bits), bits, digits);
  });
}

BigDecimal log10(const BigDecimal& a, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, a, context, nan)) return nan;
  if (a.is_zero()) return BigDecimal::infinity(true);
  if (a.is_negative()) return invalid(context);
  if (a.is_infinite()) return a;
  if (const auto k = exact_log10(a)) return finalize_half_even(BigDecimal(*k), context);
  const std::int64_t lost = digits_near_one(a);
  return settle_half_even(context, [&](std::int64_t digits) {
    const std::uint64_t bits = bits_for(digits + lost) + 20;
    return to_decimal((ln_of(a, bits) << bits) / BigInt(ln10(bits)), bits, digits);
  });
}

namespace {

// a^n exactly where n is an integer and the digits fit a bound, or 10^m to any power.
std::optional<BigDecimal> exact_integral_power(const BigUint& c, std::int64_t e, const BigInt& n,
                                               std::int64_t precision, bool negative) {
  const auto exponent = n.to_int64();
  if (!exponent) return std::nullopt;
  const std::uint64_t size = n.magnitude().low64();
  const double digits = static_cast<double>(count_digits(c)) * static_cast<double>(size);
  // Beyond this a product cannot be exact in the precision unless zeros end it; those are gone.
  if (!c.is_one() && digits > 4 * static_cast<double>(precision) + 200) return std::nullopt;
  const i128 scaled = static_cast<i128>(e) * *exponent;
  constexpr std::int64_t kFar = 4 * Context::kMaxExponent;
  if (scaled > kFar || scaled < -kFar) return std::nullopt;
  if (*exponent >= 0 || c.is_one()) {
    const BigUint power = c.is_one() ? c : *pow(c, size);
    return BigDecimal::finite(negative, power, static_cast<std::int64_t>(scaled));
  }
  // 1 / c^n ends only where c has no prime but 2 and 5 (zeros at its end are gone: one of them).
  const auto rational = Rational::from(1, BigInt(*pow(c, size)));
  const auto places = rational->exact_decimal_places();
  if (!places || *places > static_cast<std::uint64_t>(8 * precision + 1000)) return std::nullopt;
  const auto k = static_cast<std::int64_t>(*places);
  const BigUint numerator = power_of_ten(k) / rational->denominator();
  return BigDecimal::finite(negative, numerator, static_cast<std::int64_t>(scaled) - k);
}

}  // namespace

BigDecimal power(const BigDecimal& a, const BigDecimal& b, Context& context) {
  BigDecimal nan;
  if (propagate_nan(a, b, context, nan)) return nan;
  if (b.is_zero()) return a.is_zero() ? invalid(context) : BigDecimal(1);
  const bool integral = b.is_integral();
  bool negative = false;
  if (a.is_negative()) {
    if (integral && b.exponent() <= 0)
      negative =
          (b.exponent() == 0 ? b.coefficient() : b.coefficient() / power_of_ten(-b.exponent()))
              .is_odd();
    if (!integral && !b.is_infinite() && !a.is_zero()) return invalid(context);
    if (b.is_infinite() && !a.is_zero()) return invalid(context);
  }
  if (a.is_zero()) return b.is_negative() ? BigDecimal::infinity(negative) : zero(negative, 0);
  if (a.is_infinite()) return b.is_negative() ? zero(negative, 0) : BigDecimal::infinity(negative);
  const BigDecimal size = a.absolute();
  const auto order = compare_values(size, BigDecimal(1));
  if (order == 0) {
    if (!integral || a.exponent() != 0) {
      // A long, broken or infinite power of one: 1.000…, rounded.
      context.raise(flag::kInexact | flag::kRounded);
      return BigDecimal::finite(negative, power_of_ten(context.precision - 1),
                                1 - context.precision);
    }
    return BigDecimal::finite(negative, 1, 0);
  }
  if (b.is_infinite())
    return (order > 0) != b.is_negative() ? BigDecimal::infinity(negative) : zero(negative, 0);

  // |log10 a| >= 10^-(digits) at least; where b log10 a is past every exponent, say so at once.
  Context rough = Context::with_precision(20);
  const BigDecimal estimate = multiply(b, log10(size, rough), rough);
  if (estimate.adjusted() > 19) {
    const bool up = !estimate.is_negative();
    return finalize(up ? BigDecimal::finite(negative, 1, context.e_max + 1)
                       : BigDecimal::finite(negative, 1, context.e_tiny() - 2),
                    context);
  }
  // Zeros at the end move to the exponent: what is left decides whether powers end.
  BigUint c = a.coefficient();
  std::int64_t e = a.exponent();
  for (BigUint tenth = c; tenth.divide_by(10) == 0; c = tenth) ++e;
  if (integral) {
    const BigInt n(rescale(b, 0, Rounding::Down).coefficient(), b.is_negative());
    if (!b.is_negative()) {  // the exponent that repeated multiplication gives
      if (auto exact =
              exact_integral_power(a.coefficient(), a.exponent(), n, context.precision, negative))
        return finalize(std::move(*exact), context);
    }
    if (auto exact = exact_integral_power(c, e, n, context.precision, negative))
      return finalize(std::move(*exact), context);
  } else if (b.adjusted() < 20) {
    // a^(n/d) ends where a is a perfect power of degree d. Beyond 64 digits d is past all
    // exponents.
    BigUint n = b.coefficient();
    std::int64_t scale = b.exponent();
    for (BigUint tenth = n; tenth.divide_by(10) == 0; n = tenth) ++scale;
    const Rational ratio =
        scale < -64 ? Rational() : *BigDecimal::finite(b.is_negative(), n, scale).to_rational();
    const auto degree = ratio.denominator().to_uint64();
    const bool usable = !ratio.is_zero() && degree && *degree < (std::uint64_t{1} << 62);
    if (usable && e % static_cast<std::int64_t>(*degree) == 0 &&
        (c.is_one() || *degree < c.bit_length())) {
      const auto r = root(c, *degree);
      if (r.has_value() && r->remainder.is_zero())
        if (auto exact = exact_integral_power(r->root, e / static_cast<std::int64_t>(*degree),
                                              ratio.numerator(), context.precision, negative))
          return finalize(std::move(*exact), context);
    }
  }
  // Far below or above: 1 plus or minus what no digit shows.
  const std::int64_t lost = digits_near_one(size);
  if (estimate.is_zero() || estimate.adjusted() < -context.precision - 2)
    return finalize(next_to_one(estimate.is_negative(), context), context);
  BigDecimal r = exp_settled(context, [&](std::uint64_t bits) {
    // b ln a: the logarithm with as many more bits as b has before its point.
    const std::int64_t before = b.adjusted() > 0 ? b.adjusted() : 0;
    const std::uint64_t work = bits + bits_for(before + lost + 4) + 8;
    const BigInt log = ln_of(size, work);
    BigInt t = log * BigInt(b.coefficient(), b.is_negative());
    if (b.exponent() >= 0)
      t *= BigInt(power_of_ten(b.exponent()));
    else
      t /= BigInt(power_of_ten(-b.exponent()));
    return t >> (work - bits);
  });
  return negative ? r.negated() : r;
}

}  // namespace avila::numeric

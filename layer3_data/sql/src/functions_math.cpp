// Functions on numbers. Whole results stay integers where every digit is known.
#include <cmath>
#include <numbers>

#include "functions.hpp"

namespace avila::sql {

namespace {

template <double (*f)(double)>
Datum real(Context&, Args a) {
  return a[0].is_number() ? Datum::number(f(a[0].as_double())) : Datum();
}

/// A double that is whole and fits becomes an integer again.
Datum whole_result(double value) {
  if (value >= -9223372036854775808.0 && value < 9223372036854775808.0)
    return Datum::integer(static_cast<std::int64_t>(value));
  return Datum::number(value);
}
template <double (*f)(double)>
Datum rounding(Context&, Args a) {
  if (!a[0].is_number()) return {};
  if (a[0].type() != Type::Double) return a[0];
  return whole_result(f(a[0].as_raw_double()));
}

Datum round_function(Context&, Args a) {
  if (!a[0].is_number()) return {};
  std::int64_t digits = 0;
  if (a.size() > 1 && (!a[1].is_number() || !a[1].whole(digits) || digits < -15 || digits > 15))
    return {};
  if (digits == 0) {
    if (a[0].type() != Type::Double) return a[0];
    return whole_result(std::round(a[0].as_raw_double()));
  }
  const double scale = std::pow(10.0, static_cast<double>(digits < 0 ? -digits : digits));
  const double x = a[0].as_double();
  if (digits < 0) return whole_result(std::round(x / scale) * scale);
  if (std::fabs(x) > 9007199254740992.0 / scale) return a[0];
  return Datum::number(std::round(x * scale) / scale);
}

Datum absolute(Context&, Args a) {
  if (a[0].is_int() && a[0].as_int() < 0) return arithmetic(Op::Subtract, Datum::integer(0), a[0]);
  if (a[0].type() == Type::Double) return Datum::number(std::fabs(a[0].as_raw_double()));
  return a[0].is_number() ? a[0] : Datum();
}
Datum sign(Context&, Args a) {
  if (!a[0].is_number()) return {};
  const double x = a[0].as_double();
  return Datum::integer(x > 0 ? 1 : x < 0 ? -1 : 0);
}
Datum square(Context&, Args a) { return arithmetic(Op::Multiply, a[0], a[0]); }
Datum power(Context&, Args a) {
  if (!a[0].is_number() || !a[1].is_number()) return {};
  std::int64_t exponent = 0;
  if (a[0].is_int() && a[1].is_int() && (exponent = a[1].as_int()) >= 0 && exponent <= 64) {
    Datum result = Datum::integer(1);
    for (; exponent > 0 && result.is_int(); --exponent)
      result = arithmetic(Op::Multiply, result, a[0]);
    if (exponent == 0) return result;
  }
  return Datum::number(std::pow(a[0].as_double(), a[1].as_double()));
}
Datum logarithm(Context&, Args a) {
  if (!a[0].is_number()) return {};
  if (a.size() == 1) return Datum::number(std::log(a[0].as_double()));
  if (!a[1].is_number()) return {};
  return Datum::number(std::log(a[0].as_double()) / std::log(a[1].as_double()));
}
Datum atan2_function(Context&, Args a) {
  if (!a[0].is_number() || !a[1].is_number()) return {};
  return Datum::number(std::atan2(a[0].as_double(), a[1].as_double()));
}
Datum pi(Context&, Args) { return Datum::number(std::numbers::pi); }
double cotangent(double x) { return 1.0 / std::tan(x); }
double to_degrees(double x) { return x * (180.0 / std::numbers::pi); }
double to_radians(double x) { return x * (std::numbers::pi / 180.0); }

Datum mod(Context&, Args a) { return arithmetic(Op::Modulo, a[0], a[1]); }
Datum int_div(Context&, Args a) {
  std::int64_t x = 0, y = 0;
  if (!a[0].is_number() || !a[1].is_number() || !a[0].whole(x) || !a[1].whole(y) || y == 0)
    return {};
  if (y == -1) return arithmetic(Op::Subtract, Datum::integer(0), Datum::integer(x));
  return Datum::integer(x / y);
}

enum class Bits { And, Or, Xor, Left, Right };
template <Bits op>
Datum bits(Context&, Args a) {
  std::int64_t x = 0, y = 0;
  if (!a[0].is_number() || !a[1].is_number() || !a[0].whole(x) || !a[1].whole(y)) return {};
  switch (op) {
    case Bits::And: return Datum::integer(x & y);
    case Bits::Or: return Datum::integer(x | y);
    case Bits::Xor: return Datum::integer(x ^ y);
    case Bits::Left:
      if (y < 0 || y > 63) return {};
      return Datum::integer(static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << y));
    case Bits::Right:
      if (y < 0 || y > 63) return {};
      return Datum::integer(x >> y);
  }
  return {};
}
Datum bit_not(Context&, Args a) {
  std::int64_t x = 0;
  return a[0].is_number() && a[0].whole(x) ? Datum::integer(~x) : Datum();
}
Datum number_bin(Context&, Args a) {
  if (!a[0].is_number() || (a.size() > 1 && !a[1].is_number())) return {};
  const double width = a.size() > 1 ? a[1].as_double() : 1.0;
  if (!(width > 0)) return {};
  const double low = std::floor(a[0].as_double() / width) * width;
  return low == std::trunc(low) ? whole_result(low) : Datum::number(low);
}

constexpr Function kFunctions[] = {
    {"ABS", 1, 1, absolute, "ABS(x)"},
    {"CEILING", 1, 1, rounding<std::ceil>, "CEILING(x)"},
    {"CEIL", 1, 1, rounding<std::ceil>, "CEIL(x)"},
    {"FLOOR", 1, 1, rounding<std::floor>, "FLOOR(x)"},
    {"TRUNC", 1, 1, rounding<std::trunc>, "TRUNC(x)"},
    {"ROUND", 1, 2, round_function, "ROUND(x [, digits])"},
    {"SIGN", 1, 1, sign, "SIGN(x)"},
    {"SQRT", 1, 1, real<std::sqrt>, "SQRT(x)"},
    {"SQUARE", 1, 1, square, "SQUARE(x)"},
    {"POWER", 2, 2, power, "POWER(x, y)"},
    {"POW", 2, 2, power, "POW(x, y)"},
    {"EXP", 1, 1, real<std::exp>, "EXP(x)"},
    {"LOG", 1, 2, logarithm, "LOG(x [, base])"},
    {"LN", 1, 1, real<std::log>, "LN(x)"},
    {"LOG10", 1, 1, real<std::log10>, "LOG10(x)"},
    {"SIN", 1, 1, real<std::sin>, "SIN(x)"},
    {"COS", 1, 1, real<std::cos>, "COS(x)"},
    {"TAN", 1, 1, real<std::tan>, "TAN(x)"},
    {"COT", 1, 1, real<cotangent>, "COT(x)"},
    {"ASIN", 1, 1, real<std::asin>, "ASIN(x)"},
    {"ACOS", 1, 1, real<std::acos>, "ACOS(x)"},
    {"ATAN", 1, 1, real<std::atan>, "ATAN(x)"},
    {"ATAN2", 2, 2, atan2_function, "ATAN2(y, x)"},
    {"ATN2", 2, 2, atan2_function, "ATN2(y, x)"},
    {"DEGREES", 1, 1, real<to_degrees>, "DEGREES(x)"},
    {"RADIANS", 1, 1, real<to_radians>, "RADIANS(x)"},
    {"PI", 0, 0, pi, "PI()"},
    {"MOD", 2, 2, mod, "MOD(x, y)"},
    {"INTDIV", 2, 2, int_div, "INTDIV(x, y)"},
    {"INTMOD", 2, 2, mod, "INTMOD(x, y)"},
    {"INTBITAND", 2, 2, bits<Bits::And>, "INTBITAND(x, y)"},
    {"INTBITOR", 2, 2, bits<Bits::Or>, "INTBITOR(x, y)"},
    {"INTBITXOR", 2, 2, bits<Bits::Xor>, "INTBITXOR(x, y)"},
    {"INTBITLEFTSHIFT", 2, 2, bits<Bits::Left>, "INTBITLEFTSHIFT(x, y)"},
    {"INTBITRIGHTSHIFT", 2, 2, bits<Bits::Right>, "INTBITRIGHTSHIFT(x, y)"},
    {"INTBITNOT", 1, 1, bit_not, "INTBITNOT(x)"},
    {"NUMBERBIN", 1, 2, number_bin, "NUMBERBIN(x [, width])"},
};

}  // namespace

std::span<const Function> math_functions() noexcept { return kFunctions; }

}  // namespace avila::sql

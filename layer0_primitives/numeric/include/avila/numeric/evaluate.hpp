// Arithmetic expressions over exact numbers: the engine of `avl tool calc`.
//
//   expression := term (("+" | "-") term)*         term := unary (("*" | "/" | "%") unary)*
//   unary := ("-" | "+") unary | power             power := postfix (("^" | "**") unary)?
//   postfix := primary "!"*                        primary := number | "(" expression ")" | call
//
// So -2^2 is -4 and 2^3^2 is 2^9. Numbers: 12, 1_000, 12.5, 1e-3, 0xff, 0o17, 0b101.
// Everything is exact, fractions too: 1/3*3 is 1 and 7/2 is 3.5. Only what no fraction can hold
// (sqrt(2), 2^0.5) is rounded when it is made. `%` takes integers or fractions and has the sign of
// the dividend. Functions: abs min max floor ceil round trunc gcd lcm sqrt root(x, n) pow modpow(b,
// e, m) modinv(a, m) fact binomial fib isprime nextprime; gcd, lcm, min, max take any number of
// arguments.
#pragma once
#include <avila/numeric/rational.hpp>

namespace avila::numeric {

struct EvaluateLimits {
  std::size_t max_text = 1U << 20;             ///< characters of the expression
  std::size_t max_depth = 200;                 ///< of parentheses, calls, signs and powers
  std::uint64_t max_bits = 1U << 24;           ///< of any integer: 5,050,445 decimal digits
  std::uint64_t max_fraction_bits = 1U << 20;  ///< of numerator and denominator of a fraction
  std::uint64_t max_work = 1ULL << 34;         ///< limb products of modpow, isprime, nextprime
  std::size_t precision = 34;                  ///< significant digits of what is not exact
};

struct Evaluation {
  Rational value;
  bool exact = true;  ///< no operation rounded `value`
  /// An integer in full; a fraction whose decimal form ends within `precision` digits (or behind
  /// an integral part however long) in full; else rounded to `precision` significant digits, ties
  /// to even, zeros at the end dropped.
  std::string text;
};

/// Errors: Malformed with the offset (syntax), InvalidArgument (division by zero, sqrt(-1), gcd of
/// fractions), LimitExceeded (9^9^9^9), OutOfMemory; their messages say what and how much.
Result<Evaluation> evaluate(std::string_view text, const EvaluateLimits& limits = {});

}  // namespace avila::numeric

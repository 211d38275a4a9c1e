#include <avila/numeric/number_theory.hpp>
#include <cmath>

#include "memory_guard.hpp"

namespace avila::numeric {
namespace {

RootUint small_sqrt(u128 a) {
  // From a double, right to 52 bits; one step of Newton, then exact corrections.
  u128 x = static_cast<u128>(std::sqrt(static_cast<double>(a)));
  if (x != 0) x = (x + a / x) / 2;
  constexpr u128 kMost = u128{1} << 64;
  if (x >= kMost) x = kMost - 1;
  while (x * x > a) --x;
  while (x + 1 < kMost && (x + 1) * (x + 1) <= a) ++x;
  return {BigUint(x), BigUint(a - x * x)};
}

Error too_large(const char* what) {
  return Error(Errc::LimitExceeded, std::string(what) + " has more bits than the limit allows");
}

}  // namespace

RootUint sqrt(const BigUint& a) {
  if (const auto small = a.to_uint128()) return small_sqrt(*small);
  // a = (a3 2^l + a2) 2^2l + a1 2^l + a0: the root of the upper half, then one division.
  const std::uint64_t l = (a.bit_length() - 1) / 4;
  const BigUint upper = a >> (2 * l);
  const BigUint lower = a - (upper << (2 * l));
  const BigUint a1 = lower >> l;
  const BigUint a0 = lower - (a1 << l);
  const RootUint half = sqrt(upper);
  BigUint q, u;
  divide(q, u, (half.remainder << l) + a1, half.root << 1);
  BigUint s = (half.root << l) + q;
  BigInt r = BigInt((u << l) + a0) - BigInt(q * q);
  while (r.is_negative()) {  // once at most; r + s² = a stays
    r += BigInt((s << 1) - BigUint(1));
    s -= 1;
  }
  return {std::move(s), r.magnitude()};
}

bool is_square(const BigUint& a) {
  // Squares modulo 64: twelve residues.
  constexpr std::uint64_t kResidues = 0x0202021202030213;
  if ((kResidues >> (a.low64() % 64) & 1) == 0) return false;
  return sqrt(a).remainder.is_zero();
}

Result<RootUint> root(const BigUint& a, std::uint64_t n) {
  if (n == 0) return Error(Errc::InvalidArgument, "root of degree zero");
  if (n == 1) return RootUint{a, {}};
  if (n == 2) return sqrt(a);
  const std::uint64_t bits = a.bit_length();
  if (bits <= n) return RootUint{a.is_zero() ? BigUint() : BigUint(1), a.is_zero() ? a : a - 1};
  return detail::catch_bad_alloc([&]() -> Result<RootUint> {
    // A first estimate from above: a < (top + 1) 2^drop, drop a multiple of n.
    const std::uint64_t drop = bits > 1000 ? (bits - 1000) / n * n : 0;
    const std::uint64_t cut = bits - (bits < 60 ? bits : 60);
    const double log2 = std::log2((a >> cut).to_double() + 1) + static_cast<double>(cut - drop);
    const double estimate = log2 / static_cast<double>(n);
    const double whole = std::floor(estimate);
    const auto shift = static_cast<std::uint64_t>(whole);
    // 2^fraction with 40 bits, rounded up.
    const auto mantissa =
        static_cast<std::uint64_t>(std::ldexp(std::exp2(estimate - whole), 40) * (1 + 1e-9)) + 1;
    BigUint x = (BigUint(mantissa) << (shift + drop / n) >> 40) + BigUint(1);
    for (;;) {  // decreases until it is the root
      const auto power = pow(x, n - 1);
      BigUint next = x * BigUint(n - 1);
      if (power.has_value()) next += a / *power;
      next /= BigUint(n);
      if (next >= x) break;
      x = std::move(next);
    }
    AVILA_TRY(const BigUint power, pow(x, n));
    return RootUint{x, a - power};
  });
}

Result<BigUint> pow(const BigUint& base, std::uint64_t exponent, std::uint64_t max_bits) {
  if (exponent == 0) return BigUint(1);
  if (base.is_zero() || base.is_one()) return base;
  const std::uint64_t limit = max_bits < kMaxBits ? max_bits : kMaxBits;
  // (2^(b-1))^e has (b - 1) e + 1 bits.
  const u128 least = multiply_wide(base.bit_length() - 1, exponent) + 1;
  if (least > limit) return too_large("the power");
  return detail::catch_bad_alloc([&]() -> Result<BigUint> {
    const std::uint64_t twos = base.trailing_zeros();
    const BigUint odd = base >> twos;
    BigUint r = odd;
    for (int i = static_cast<int>(std::bit_width(exponent)) - 2; i >= 0; --i) {
      if (2 * r.bit_length() > limit + 1) return too_large("the power");
      r.assign_square(BigUint(r));
      if ((exponent >> i & 1) != 0) {
        if (r.bit_length() + odd.bit_length() > limit + 1) return too_large("the power");
        r *= odd;
      }
    }
    if (r.bit_length() + twos * exponent > limit) return too_large("the power");
    return r << (twos * exponent);
  });
}

Result<BigInt> pow(const BigInt& base, std::uint64_t exponent, std::uint64_t max_bits) {
  auto r = pow(base.magnitude(), exponent, max_bits);
  if (!r.has_value()) return std::move(r).error();
  return BigInt(std::move(*r), base.is_negative() && exponent % 2 != 0);
}

}  // namespace avila::numeric

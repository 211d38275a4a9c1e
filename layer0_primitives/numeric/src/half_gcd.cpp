#include "half_gcd.hpp"

#include "limbs.hpp"

namespace avila::numeric::detail {
namespace {

// As Matrix, of big entries.
struct BigMatrix {
  BigUint u0 = 1, v0 = 0, u1 = 0, v1 = 1;
  bool odd = false;
  bool is_identity() const noexcept { return v0.is_zero() && u1.is_zero() && !odd; }
};

// The first 128 bits of a, a of two limbs at least, and b's in the same place.
void leading_bits(const BigUint& a, const BigUint& b, u128& x, u128& y) noexcept {
  const std::span<const Limb> al = a.limbs(), bl = b.limbs();
  const std::size_t n = al.size();
  const auto limb = [n](std::span<const Limb> l, std::size_t back) {
    return back <= n && n - back < l.size() ? l[n - back] : Limb{0};
  };
  const auto shift = static_cast<unsigned>(std::countl_zero(al[n - 1]));
  x = make_u128(limb(al, 1), limb(al, 2));
  y = make_u128(limb(bl, 1), limb(bl, 2));
  if (shift == 0) return;
  x = x << shift | limb(al, 3) >> (64 - shift);
  y = y << shift | limb(bl, 3) >> (64 - shift);
}

// r = u a - v b where it is not negative.
bool weighted_difference(BigUint& r, const BigUint& a, const BigUint& u, const BigUint& b,
                         const BigUint& v) {
  const BigUint t = b * v;
  r = a * u;
  if (r < t) return false;
  r -= t;
  return true;
}

// One row of quotient q: (a, b) = (b, a - q b) in terms of the matrix.
void push_quotient(BigMatrix& m, const BigUint& q) {
  BigUint u = m.u0 + q * m.u1, v = m.v0 + q * m.v1;
  m.u0 = std::move(m.u1);
  m.v0 = std::move(m.v1);
  m.u1 = std::move(u);
  m.v1 = std::move(v);
  m.odd = !m.odd;
}

BigMatrix product(const BigMatrix& later, const BigMatrix& first) {
  return {later.u0 * first.u0 + later.v0 * first.u1, later.u0 * first.v0 + later.v0 * first.v1,
          later.u1 * first.u0 + later.v1 * first.u1, later.u1 * first.v0 + later.v1 * first.v1,
          later.odd != first.odd};
}

// A division, unless it would leave fewer than `least` bits.
bool division_step(BigUint& a, BigUint& b, BigMatrix& m, std::uint64_t least) {
  BigUint q, r;
  divide(q, r, a, b);
  if (r.bit_length() < least) return false;
  a = std::move(b);
  b = std::move(r);
  push_quotient(m, q);
  return true;
}

// By Lehmer's steps, until the next remainder would have fewer than `least` bits.
void reduce_small(BigUint& a, BigUint& b, BigMatrix& m, std::uint64_t least) {
  BigUint x, y;
  while (b.bit_length() >= least) {
    bool stepped = false;
    if (a.limbs().size() > 2 && b.bit_length() > least + 64) {
      u128 ax, by;
      leading_bits(a, b, ax, by);
      const Matrix s = common_quotients(ax, by);
      if (s.u1 != 0 || s.v0 != 0) {
        // Not negative: Jebelean's condition.
        if (s.odd) {
          x.assign_weighted_difference(b, s.v0, a, s.u0);
          y.assign_weighted_difference(a, s.u1, b, s.v1);
        } else {
          x.assign_weighted_difference(a, s.u0, b, s.v0);
          y.assign_weighted_difference(b, s.v1, a, s.u1);
        }
        std::swap(a, x);
        std::swap(b, y);
        x.assign_weighted_sum(m.u0, s.u0, m.u1, s.v0);
        y.assign_weighted_sum(m.u0, s.u1, m.u1, s.v1);
        std::swap(m.u0, x);
        std::swap(m.u1, y);
        x.assign_weighted_sum(m.v0, s.u0, m.v1, s.v0);
        y.assign_weighted_sum(m.v0, s.u1, m.v1, s.v1);
        std::swap(m.v0, x);
        std::swap(m.v1, y);
        m.odd = m.odd != s.odd;
        stepped = true;
      }
    }
    if (!stepped && !division_step(a, b, m, least)) return;
  }
}

BigMatrix half_gcd(BigUint& a, BigUint& b);

// Runs half_gcd on what is above 2^p and applies the matrix below: a' 2^p + u0 a_low - v0 b_low.
void reduce_upper(BigUint& a, BigUint& b, BigMatrix& m, std::uint64_t p) {
  BigUint x = a >> p, y = b >> p;
  const BigUint low_a = a - (x << p), low_b = b - (y << p);
  const BigMatrix s = half_gcd(x, y);
  if (s.is_identity()) return;
  x <<= p;
  y <<= p;
  BigUint plus_x = s.u0 * low_a, minus_x = s.v0 * low_b;
  BigUint plus_y = s.v1 * low_b, minus_y = s.u1 * low_a;
  if (s.odd) {
    std::swap(plus_x, minus_x);
    std::swap(plus_y, minus_y);
  }
  x += plus_x;
  y += plus_y;
  // The quotients come from cut numbers: should they not hold for the whole ones, nothing is lost.
  if (x < minus_x || y < minus_y) return;
  x -= minus_x;
  y -= minus_y;
  if (x < y) return;
  a = std::move(x);
  b = std::move(y);
  m = m.is_identity() ? s : product(s, m);
}

// Reduces a >= b in place to about half the bits of a, b staying above 2^(n/2); the matrix.
BigMatrix half_gcd(BigUint& a, BigUint& b) {
  BigMatrix m;
  const std::uint64_t n = a.bit_length(), least = n / 2 + 2;
  if (b.bit_length() < least) return m;
  if (a.limbs().size() < thresholds().half_gcd) {
    reduce_small(a, b, m, least);
    return m;
  }
  reduce_upper(a, b, m, n / 2);  // to three quarters
  if (b.bit_length() < least || !division_step(a, b, m, least)) return m;
  const std::uint64_t now = a.bit_length();
  if (now + 64 < n && 2 * least > now + 64) reduce_upper(a, b, m, 2 * least - now);
  reduce_small(a, b, m, least);  // what is left, usually nothing or little
  return m;
}

// One quotient: small ones by subtraction, as most are.
inline u128 quotient(u128 x, u128 y, u128& r) noexcept {
  r = x - y;
  if (r < y) return 1;
  r -= y;
  if (r < y) return 2;
  if (high64(y) >> 32 != 0) {
    // The upper halves give the quotient or one more, as it is below high64(y).
    Limb q = high64(x) / high64(y);
    const u128 product = multiply_wide(q, low64(y)) + (u128{q * high64(y)} << 64);
    r = x - product;
    if (r >= y) {  // below zero: it went around
      --q;
      r += y;
    }
    return q;
  }
  const u128 q = x / y;
  r = x - q * y;
  return q;
}

}  // namespace

// Quotients that x, y and all longer numbers beginning so have in common. Jebelean (1995): the
// remainder must be at least the new cofactor, and its distance from y at least the sum of the
// last two; v >= u, so v alone is looked at.
Matrix common_quotients(u128 x, u128 y) noexcept {
  Matrix m;
  while (y != 0) {
    u128 r;
    const u128 q = quotient(x, y, r);
    if (high64(q) != 0) break;
    const u128 v2 = multiply_wide(low64(q), m.v1) + m.v0;
    if (high64(v2) != 0 || r < v2 || y - r < v2 + m.v1) break;
    const Limb u2 = m.u0 + low64(q) * m.u1;
    m = {m.u1, m.v1, u2, low64(v2), !m.odd};
    x = y;
    y = r;
    if (high64(y) == 0) break;
  }
  return m;
}

bool half_gcd_step(BigUint& a, BigUint& b) {
  const std::uint64_t n = a.bit_length();
  BigMatrix unused;
  BigUint x = a >> (n / 3), y = b >> (n / 3);
  const BigMatrix s = half_gcd(x, y);
  if (s.is_identity()) return false;
  BigUint next_a, next_b;
  const bool fits = s.odd ? weighted_difference(next_a, b, s.v0, a, s.u0) &&
                                weighted_difference(next_b, a, s.u1, b, s.v1)
                          : weighted_difference(next_a, a, s.u0, b, s.v0) &&
                                weighted_difference(next_b, b, s.v1, a, s.u1);
  if (!fits || next_a < next_b) return false;
  a = std::move(next_a);
  b = std::move(next_b);
  return true;
}

}  // namespace avila::numeric::detail

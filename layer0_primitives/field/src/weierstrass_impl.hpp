// Jacobian arithmetic on curves of prime order n with a = -3 or a = 0, for one kernel.
//
// The addition formulas fail for P + P, and for the identity. Where a secret decides what meets:
//   * the identity (Z = 0) is chosen away by masks in every addition;
//   * P + (-P) comes out with Z = 0 by itself; P has no order 2, so doubling never fails;
//   * P + P does not happen in mul() and mul_base() before their last addition. mul(): the sum is
//     32 m P with 32 m < n - 16, the addend d P with |d| <= 16, and 32 m = d mod n only for
//     m = 0, d = 0. mul_base(): the sum so far is below 2^(W i) in absolute value, the addend
//     d 2^(W i) with d != 0 is not, and both are below n / 2 before the top digit.
//     The last addition is the complete one, which also doubles, and chooses.
//   * in mul_glv(), sum and addend are m1 P + m2 lambda P with small m1, m2. They meet only where
//     (m1, m2) differ by a vector with m1 + m2 lambda = 0 mod n; the shortest of those is above
//     2^127 in one of its numbers (the norm m1^2 - m1 m2 + m2^2 is a multiple of n), and only the
//     two additions of the last digit come near. These are complete.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "glv.hpp"
#include "kernel.hpp"
#include "recode.hpp"
#include "weierstrass_ops.hpp"

namespace avila::field::detail {

template <class K, class C>
struct Weierstrass {
  static constexpr std::size_t kN = C::Field::kLimbs;
  static constexpr const Modulus<kN>& kP = C::Field::Params::kModulus;
  static constexpr bool kIsP256 = std::is_same_v<C, CurveP256>;
  static constexpr bool kIsP521 = std::is_same_v<C, CurveP521>;
  static constexpr bool kIsSecp256k1 = std::is_same_v<C, CurveSecp256k1>;
  using Fe = Limbs<kN>;
  using Point = JacobianPoint<kN>;
  struct AffinePoint {
    Fe x, y;
  };

  static constexpr unsigned kWindow = 5;  // of secret scalars: 16 multiples
  static constexpr std::size_t kMultiples = std::size_t{1} << (kWindow - 1);
  static constexpr std::size_t kDigits = kBoothDigits<C::Scalar::kBits, kWindow>;
  static constexpr unsigned kBaseWindow = kN == 4 ? 6 : 5;
  static constexpr std::size_t kBaseMultiples = std::size_t{1} << (kBaseWindow - 1);
  static constexpr std::size_t kBaseDigits = kBoothDigits<C::Scalar::kBits, kBaseWindow>;
  static constexpr unsigned kWnafPoint = 5, kWnafBase = 8;
  static constexpr std::size_t kOddMultiples = std::size_t{1} << (kWnafPoint - 2);

  // ---- the field
  static void mul(Fe& r, const Fe& a, const Fe& b) noexcept {
    if constexpr (kIsP256) {
      K::p256_mul(r, a, b, kP);
    } else if constexpr (kIsSecp256k1) {
      K::k256_mul(r, a, b, kP);
    } else if constexpr (kIsP521) {
      K::p521_mul(r, a, b);
    } else {
      K::mont_mul(r, a, b, kP);
    }
  }
  static void sqr(Fe& r, const Fe& a) noexcept {
    if constexpr (kIsP256) {
      K::p256_sqr(r, a, kP);
    } else if constexpr (kIsSecp256k1) {
      K::k256_sqr(r, a, kP);
    } else if constexpr (kIsP521) {
      K::p521_mul(r, a, a);
    } else {
      K::mont_sqr(r, a, kP);
    }
  }
  static void add(Fe& r, const Fe& a, const Fe& b) noexcept {
    if constexpr (kIsP521) {
      K::p521_add(r, a, b);
    } else {
      K::add_mod(r, a, b, kP);
    }
  }
  static void sub(Fe& r, const Fe& a, const Fe& b) noexcept {
    if constexpr (kIsP521) {
      K::p521_sub(r, a, b);
    } else {
      K::sub_mod(r, a, b, kP);
    }
  }
  static void half(Fe& r, const Fe& a) noexcept {
    if constexpr (kIsP521) {
      p521_half(r, a);
    } else {
      K::half_mod(r, a, kP);
    }
  }
  static ct::Mask is_zero(const Fe& a) noexcept {
    std::uint64_t any = 0;
    for (const std::uint64_t limb : a) any |= limb;
    return ct::is_zero(any);
  }
  static Fe to_montgomery(const Fe& a) noexcept {
    Fe r;
    K::mont_mul(r, a, kP.r2, kP);
    return r;
  }

  // ---- the group
  static Point identity() noexcept { return {kP.one, kP.one, {}}; }
  static Point base() noexcept {
    return {to_montgomery(C::kBaseX), to_montgomery(C::kBaseY), kP.one};
  }
  static void assign_if(ct::Mask mask, Point& to, const Point& from) noexcept {
    ct::assign_if(mask, to.x.data(), from.x.data(), 3 * kN);
  }
  static void negate_if(ct::Mask mask, Fe& y) noexcept {
    Fe negated;
    sub(negated, {}, y);
    ct::assign_if(mask, y.data(), negated.data(), kN);
  }

  static void twice(Point& r, const Point& p) noexcept {
    // In this order, neighbouring products do not wait for each other.
    Fe m, s, y2, t;
    add(y2, p.y, p.y);
    if constexpr (C::kA == -3) {
      sqr(t, p.z);
      mul(r.z, y2, p.z);
      sub(m, p.x, t);
      add(t, p.x, t);
      sqr(y2, y2);   // 4 y^2
      mul(m, m, t);  // x^2 - z^4
    } else {
      sqr(m, p.x);
      mul(r.z, y2, p.z);
      sqr(y2, y2);
    }
    mul(s, p.x, y2);  // 4 x y^2
    add(t, m, m);
    add(m, m, t);  // 3 x^2 + a z^4
    sqr(y2, y2);   // 16 y^4
    sqr(t, m);
    half(y2, y2);
    sub(t, t, s);
    sub(r.x, t, s);
    sub(s, s, r.x);
    mul(s, s, m);
    sub(r.y, s, y2);
  }

  /// p + q where both are finite and differ; the mask says where they did not (or one is the
  /// identity: then it says nothing). 12 multiplications, 4 squarings.
  static ct::Mask add_core(Point& r, const Point& p, const Point& q) noexcept {
    Fe z1z1, z2z2, u1, u2, s1, s2, h, slope, hh, hhh, z;
    sqr(z1z1, p.z);
    sqr(z2z2, q.z);
    mul(u2, q.x, z1z1);
    mul(u1, p.x, z2z2);
    mul(s2, p.z, z1z1);
    mul(s1, q.z, z2z2);
    sub(h, u2, u1);
    mul(s2, s2, q.y);
    mul(s1, s1, p.y);
    sqr(hh, h);
    mul(z, p.z, q.z);
    sub(slope, s2, s1);
    mul(hhh, hh, h);
    mul(u1, u1, hh);
    mul(r.z, z, h);
    sqr(z1z1, slope);
    mul(s1, s1, hhh);
    finish(r, slope, z1z1, hhh, u1, s1);
    return is_zero(h) & is_zero(slope);
  }
  /// The same with q affine: 8 multiplications, 3 squarings.
  static ct::Mask add_core(Point& r, const Point& p, const AffinePoint& q) noexcept {
    Fe z1z1, u1, u2, s1, s2, h, slope, hh, hhh;
    sqr(z1z1, p.z);
    mul(u2, q.x, z1z1);
    mul(s2, p.z, z1z1);
    sub(h, u2, p.x);
    mul(s2, s2, q.y);
    sqr(hh, h);
    mul(r.z, p.z, h);
    sub(slope, s2, p.y);
    mul(hhh, hh, h);
    mul(u1, p.x, hh);
    sqr(z1z1, slope);
    mul(s1, p.y, hhh);
    finish(r, slope, z1z1, hhh, u1, s1);
    return is_zero(h) & is_zero(slope);
  }
  static void finish(Point& r, const Fe& slope, const Fe& slope2, const Fe& hhh, const Fe& u1,
                     const Fe& s1) noexcept {
    Fe t;
    sub(t, slope2, hhh);
    sub(t, t, u1);
    sub(r.x, t, u1);
    sub(t, u1, r.x);
    mul(t, t, slope);
    sub(r.y, t, s1);
  }

  static Point lift(const AffinePoint& q) noexcept { return {q.x, q.y, kP.one}; }
  static const Point& lift(const Point& q) noexcept { return q; }

  /// CT: sum = sum + q, where `skip` marks q as the identity. With kComplete even for q = sum.
  template <bool kComplete, class Q>
  static void accumulate(Point& sum, const Q& q, ct::Mask skip) noexcept {
    Point r;
    const ct::Mask sum_is_identity = is_zero(sum.z);
    const ct::Mask same = add_core(r, sum, q);
    if constexpr (kComplete) {
      Point doubled;
      twice(doubled, sum);
      assign_if(same, r, doubled);
    }
    assign_if(sum_is_identity, r, lift(q));
    assign_if(skip, r, sum);
    sum = r;
  }
  static void add_points(Point& r, const Point& p, const Point& q) noexcept {
    Point sum = p;
    accumulate<true>(sum, q, is_zero(q.z));
    r = sum;
  }
  static void add_points_vartime(Point& r, const Point& p, const Point& q) noexcept {
    Point sum = p;
    accumulate_vartime(sum, q);
    r = sum;
  }
  template <class Q>
  static void accumulate_vartime(Point& sum, const Q& q) noexcept {
    if constexpr (std::is_same_v<Q, Point>)
      if (is_zero(q.z) != 0) return;
    if (is_zero(sum.z) != 0) {
      sum = lift(q);
      return;
    }
    Point r;
    if (add_core(r, sum, q) != 0) twice(r, sum);
    sum = r;
  }

  // ---- tables of the base point, made at first use
  static void normalize(AffinePoint* out, const Point* points, std::size_t count) noexcept {
    std::vector<Fe> before(count);  // products of the z before each point: one inversion for all
    Fe product = kP.one;
    for (std::size_t i = 0; i < count; ++i) {
      before[i] = product;
      mul(product, product, points[i].z);
    }
    mont_inverse(product, product, kP);
    for (std::size_t i = count; i-- > 0;) {
      Fe z_inverse, z2;
      mul(z_inverse, product, before[i]);
      mul(product, product, points[i].z);
      sqr(z2, z_inverse);
      mul(out[i].x, points[i].x, z2);
      mul(z2, z2, z_inverse);
      mul(out[i].y, points[i].y, z2);
    }
  }
  struct BaseTable {
    AffinePoint windows[kBaseDigits][kBaseMultiples];  // (j + 1) 2^(W i) G
    AffinePoint odd[1U << (kWnafBase - 2)];            // (2 j + 1) G
    BaseTable() {
      std::vector<Point> points(kBaseDigits * kBaseMultiples);
      Point step = base();
      for (std::size_t i = 0; i < kBaseDigits; ++i) {
        Point* const row = &points[i * kBaseMultiples];
        row[0] = step;
        twice(row[1], step);
        for (std::size_t j = 2; j < kBaseMultiples; ++j) add_core(row[j], row[j - 1], step);
        twice(step, row[kBaseMultiples - 1]);
      }
      normalize(&windows[0][0], points.data(), points.size());
      Point two;
      twice(two, base());
      points[0] = base();
      for (std::size_t j = 1; j < std::size(odd); ++j) add_core(points[j], points[j - 1], two);
      normalize(odd, points.data(), std::size(odd));
    }
  };
  static const BaseTable& base_table() noexcept {
    static const BaseTable* const table = new BaseTable;  // for as long as any thread may run
    return *table;
  }

  // ---- scalar multiplication
  static void mul_base(Point& r, const Fe& scalar) noexcept {
    const BaseTable& table = base_table();
    Point sum = identity();
    AffinePoint entry;
    const ct::Wiper wipe_sum(sum);
    const ct::Wiper wipe_entry(entry);
    for (std::size_t i = 0; i < kBaseDigits; ++i) {
      const SignedDigit digit = booth_digit<kBaseWindow>(scalar, i);
      K::template lookup<2 * kN>(entry.x.data(), table.windows[i][0].x.data(), kBaseMultiples,
                                 digit.magnitude - 1);
      negate_if(digit.negative, entry.y);
      const ct::Mask skip = ct::is_zero(digit.magnitude);
      if (i + 1 < kBaseDigits) {
        accumulate<false>(sum, entry, skip);
      } else {
        accumulate<true>(sum, entry, skip);
      }
    }
    r = sum;
  }

  /// (j + 1) point
  static void fill_multiples(Point (&table)[kMultiples], const Point& point) noexcept {
    table[0] = point;
    for (std::size_t j = 1; j < kMultiples; ++j) {
      if (j % 2 == 1) {
        twice(table[j], table[j / 2]);
      } else {
        add_core(table[j], table[j - 1], point);
      }
    }
  }
  static void mul_point(Point& r, const Fe& scalar, const Point& point) noexcept {
    if constexpr (kIsSecp256k1) return mul_glv(r, scalar, point);
    Point table[kMultiples];
    Point sum = identity();
    Point entry;
    const ct::Wiper wipe_table(table);
    const ct::Wiper wipe_sum(sum);
    const ct::Wiper wipe_entry(entry);
    fill_multiples(table, point);
    for (std::size_t i = kDigits; i-- > 0;) {
      if (i != kDigits - 1)
        for (unsigned s = 0; s < kWindow; ++s) twice(sum, sum);
      const SignedDigit digit = booth_digit<kWindow>(scalar, i);
      K::template lookup<3 * kN>(entry.x.data(), table[0].x.data(), kMultiples,
                                 digit.magnitude - 1);
      negate_if(digit.negative, entry.y);
      const ct::Mask skip = is_zero(entry.z);  // no digit, or the point is the identity
      if (i != 0) {
        accumulate<false>(sum, entry, skip);
      } else {
        accumulate<true>(sum, entry, skip);
      }
    }
    r = sum;
  }

  static void mul_glv(Point& r, const Fe& scalar, const Point& point) noexcept
    requires kIsSecp256k1
  {
    constexpr std::size_t kHalfDigits = kBoothDigits<128, kWindow>;
    Point table[kMultiples];
    Point sum = identity();
    Point entry;
    GlvHalves halves = glv_split(scalar);
    const ct::Wiper wipe_table(table);
    const ct::Wiper wipe_sum(sum);
    const ct::Wiper wipe_entry(entry);
    const ct::Wiper wipe_halves(halves);
    const Fe beta = to_montgomery(kGlvBeta);
    fill_multiples(table, point);
    for (std::size_t i = kHalfDigits; i-- > 0;) {
      if (i != kHalfDigits - 1)
        for (unsigned s = 0; s < kWindow; ++s) twice(sum, sum);
      for (const GlvHalf* half : {&halves.first, &halves.second}) {
        const SignedDigit digit = booth_digit<kWindow>(half->magnitude, i);
        K::template lookup<3 * kN>(entry.x.data(), table[0].x.data(), kMultiples,
                                   digit.magnitude - 1);
        if (half == &halves.second) mul(entry.x, entry.x, beta);
        negate_if(digit.negative ^ half->negative, entry.y);
        const ct::Mask skip = is_zero(entry.z);
        if (i != 0) {
          accumulate<false>(sum, entry, skip);
        } else {
          accumulate<true>(sum, entry, skip);
        }
      }
    }
    r = sum;
  }

  struct PublicTerm {
    Point odd[kOddMultiples];
    signed char digits[64 * kN + 1];
  };
  static std::size_t prepare(PublicTerm& term, const Fe& scalar, const Point& point) noexcept {
    Point two;
    twice(two, point);
    term.odd[0] = point;
    for (std::size_t j = 1; j < kOddMultiples; ++j) add_core(term.odd[j], term.odd[j - 1], two);
    const std::size_t used = wnaf_vartime<kWnafPoint>(term.digits, scalar);
    std::fill(term.digits + used, std::end(term.digits), static_cast<signed char>(0));
    return used;
  }
  /// `factor`: of x.
  template <class Q>
  static void add_digit_vartime(Point& sum, const Q* odd, int digit,
                                const Fe* factor = nullptr) noexcept {
    if (digit == 0) return;
    Q entry = odd[std::abs(digit) / 2];
    if (factor != nullptr) mul(entry.x, entry.x, *factor);
    if (digit < 0) sub(entry.y, {}, entry.y);
    accumulate_vartime(sum, entry);
  }
  /// Straus' interleaving: one chain of doublings for all terms (and one for the base point).
  static void interleave(Point& r, const PublicTerm* terms, std::size_t count,
                         const signed char* base_digits, std::size_t length) noexcept {
    Point sum = identity();
    for (std::size_t i = length; i-- > 0;) {
      twice(sum, sum);
      for (std::size_t n = 0; n < count; ++n)
        add_digit_vartime(sum, terms[n].odd, terms[n].digits[i]);
      if (base_digits != nullptr && base_digits[i] != 0)
        add_digit_vartime(sum, base_table().odd, base_digits[i]);
    }
    r = sum;
  }
  /// The non-adjacent form of a half; returns how many digits there are.
  template <unsigned W>
  static std::size_t half_digits_vartime(signed char (&out)[130], const GlvHalf& half) noexcept {
    std::fill(std::begin(out), std::end(out), static_cast<signed char>(0));
    const std::size_t used = wnaf_vartime<W>(out, half.magnitude);
    if (half.negative != 0)
      for (signed char& digit : out) digit = static_cast<signed char>(-digit);
    return used;
  }
  static void double_mul_glv_vartime(Point& r, const Fe& a, const Point& point,
                                     const Fe& b) noexcept
    requires kIsSecp256k1
  {
    PublicTerm term;
    prepare(term, {}, point);
    const GlvHalves of_a = glv_split(a), of_b = glv_split(b);
    signed char digits[4][130];
    const std::size_t length = std::max({half_digits_vartime<kWnafPoint>(digits[0], of_a.first),
                                         half_digits_vartime<kWnafPoint>(digits[1], of_a.second),
                                         half_digits_vartime<kWnafBase>(digits[2], of_b.first),
                                         half_digits_vartime<kWnafBase>(digits[3], of_b.second)});
    const Fe beta = to_montgomery(kGlvBeta);
    Point sum = identity();
    for (std::size_t i = length; i-- > 0;) {
      twice(sum, sum);
      add_digit_vartime(sum, term.odd, digits[0][i]);
      add_digit_vartime(sum, base_table().odd, digits[2][i]);
      add_digit_vartime(sum, term.odd, digits[1][i], &beta);
      add_digit_vartime(sum, base_table().odd, digits[3][i], &beta);
    }
    r = sum;
  }
  static void double_mul_vartime(Point& r, const Fe& a, const Point& point, const Fe& b) noexcept {
    if constexpr (kIsSecp256k1) return double_mul_glv_vartime(r, a, point, b);
    PublicTerm term;
    signed char base_digits[64 * kN + 1];
    const std::size_t length_a = prepare(term, a, point);
    const std::size_t length_b = wnaf_vartime<kWnafBase>(base_digits, b);
    for (std::size_t i = length_b; i < length_a; ++i) base_digits[i] = 0;
    interleave(r, &term, 1, base_digits, std::max(length_a, length_b));
  }
  static void straus_vartime(Point& r, const Fe* scalars, const Point* points,
                             std::size_t count) noexcept {
    std::vector<PublicTerm> terms(count);
    std::size_t length = 0;
    for (std::size_t n = 0; n < count; ++n)
      length = std::max(length, prepare(terms[n], scalars[n], points[n]));
    interleave(r, terms.data(), count, nullptr, length);
  }
};

template <class C>
struct TableOf {
  template <class K>
  struct Make {
    using W = Weierstrass<K, C>;
    static constexpr OpsOf<C> value = {
        W::add_points,         W::twice,          W::mul_point, W::mul_base, W::double_mul_vartime,
        W::add_points_vartime, W::straus_vartime,
    };
  };
};

template <class C>
const OpsOf<C>& choose_weierstrass_ops() noexcept {
  static const OpsOf<C>* const chosen = choose_kernel<TableOf<C>::template Make>();
  return *chosen;
}
template <class C>
std::size_t list_weierstrass_ops(const OpsOf<C>* out[2]) noexcept {
  std::size_t count = 0;
#if AVILA_FIELD_ADX
  if (has_adx_avx2()) out[count++] = &TableOf<C>::template Make<AdxKernel>::value;
#endif
  out[count++] = &TableOf<C>::template Make<PortableKernel>::value;
  return count;
}

}  // namespace avila::field::detail

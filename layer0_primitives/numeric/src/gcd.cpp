// Greatest common divisors by Lehmer's method: the first 128 bits of both numbers give the next
// quotients (Collins' and Jebelean's condition says for how long), a 2x2 matrix of limbs applies
// them at once.
#include <avila/numeric/number_theory.hpp>

#include "half_gcd.hpp"
#include "limbs.hpp"
#include "scratch.hpp"

namespace avila::numeric {
namespace {

using detail::copy;
using detail::kernels;
using detail::normalized;
using detail::Scratch;
using detail::zero;

using detail::common_quotients;
using detail::Matrix;

// Euclid to the end on single limbs, x >= y > 0: then a is the gcd.
Matrix all_quotients(Limb& x, Limb& y) noexcept {
  Matrix m;
  while (y != 0) {
    const Limb q = x / y;
    const Limb r = x - q * y;
    m = {m.u1, m.v1, m.u0 + q * m.u1, m.v0 + q * m.v1, !m.odd};
    x = y;
    y = r;
  }
  return m;
}

// r = u a - v b or its negative, which is not negative. r has n limbs.
void combine(Limb* r, const Limb* a, Limb u, const Limb* b, Limb v, std::size_t n) noexcept {
  const Limb high = kernels().mul_1(r, a, n, u);
  const Limb low = kernels().submul_1(r, b, n, v);
  AVILA_DEBUG_ASSERT(high == low);
  (void)high;
  (void)low;
}

// The two numbers of Euclid's algorithm, a >= b, and on demand the cofactor of one of the first
// two: magnitudes, of opposite signs.
class Euclid {
 public:
  Euclid(const BigUint& a, const BigUint& b, bool with_cofactors)
      : n_(a.limbs().size()), memory_(4 * n_ + 4 + (with_cofactors ? 4 * n_ + 16 : 0)) {
    a_ = memory_;
    b_ = a_ + n_ + 1;
    t0_ = b_ + n_ + 1;
    t1_ = t0_ + n_ + 1;
    copy(a_, a.limbs().data(), n_);
    copy(b_, b.limbs().data(), b.limbs().size());
    zero(b_ + b.limbs().size(), n_ - b.limbs().size());
    if (with_cofactors) {  // of b: 0 for a, 1 for b
      s0_ = t1_ + n_ + 1;
      s1_ = s0_ + n_ + 4;
      s2_ = s1_ + n_ + 4;
      s3_ = s2_ + n_ + 4;
      zero(s0_, 4 * n_ + 16);
      s1_[0] = 1;
      sn_ = 1;
    }
  }

  /// Runs to the end.
  void run() {
    for (;;) {
      n_ = normalized(a_, n_);
      const std::size_t bn = normalized(b_, n_);
      if (bn == 0) return;
      if (n_ == 1) {
        const Matrix m = all_quotients(a_[0], b_[0]);
        apply_to_cofactors(m);
        return;
      }
      if (n_ - bn >= 2 || !lehmer_step()) division_step(bn);
    }
  }

  BigUint gcd() const { return BigUint::from_limbs({a_, n_}); }
  /// The cofactor of b: gcd = b x mod a.
  BigInt cofactor() const { return {BigUint::from_limbs({s0_, sn_}), negative_}; }

 private:
  bool lehmer_step() noexcept {
    // The first 128 bits of a, and those of b in the same place.
    const auto shift = static_cast<unsigned>(std::countl_zero(a_[n_ - 1]));
    u128 x = make_u128(a_[n_ - 1], a_[n_ - 2]);
    u128 y = make_u128(b_[n_ - 1], b_[n_ - 2]);
    if (shift != 0) {
      const Limb ax = n_ > 2 ? a_[n_ - 3] : 0, bx = n_ > 2 ? b_[n_ - 3] : 0;
      x = x << shift | ax >> (64 - shift);
      y = y << shift | bx >> (64 - shift);
    }
    const Matrix m = common_quotients(x, y);
    if (m.u1 == 0 && m.v0 == 0) return false;
    if (m.odd) {
      combine(t0_, b_, m.v0, a_, m.u0, n_);
      combine(t1_, a_, m.u1, b_, m.v1, n_);
    } else {
      combine(t0_, a_, m.u0, b_, m.v0, n_);
      combine(t1_, b_, m.v1, a_, m.u1, n_);
    }
    std::swap(a_, t0_);
    std::swap(b_, t1_);
    apply_to_cofactors(m);
    return true;
  }

  void division_step(std::size_t bn) {
    Limb* const remainder = t0_;
    if (s0_ == nullptr) {
      detail::divide(nullptr, remainder, a_, n_, b_, bn);
    } else {
      const std::size_t qn = n_ - bn + 1;
      Limb* const q = t1_;
      detail::divide(q, remainder, a_, n_, b_, bn);
      const std::size_t size = normalized(q, qn);
      // s2 = s0 + q s1
      const std::size_t sn = normalized(s1_, sn_);
      zero(s2_, n_cofactor());
      if (sn != 0) {
        Scratch<Limb> product(size + sn);
        if (size >= sn)
          detail::multiply(product, q, size, s1_, sn);
        else
          detail::multiply(product, s1_, sn, q, size);
        const std::size_t pn = normalized(product, size + sn);
        copy(s2_, product, pn);
        sn_ = sn_ > pn ? sn_ : pn;
      }
      sn_ += detail::add_n(s2_, s2_, s0_, sn_) != 0 ? (s2_[sn_] = 1, 1) : 0;
      Limb* const old = s0_;
      s0_ = s1_;
      s1_ = s2_;
      s2_ = old;
      zero(s2_, n_cofactor());
      negative_ = !negative_;
    }
    // a = b, b = remainder
    std::swap(a_, b_);
    std::swap(b_, t0_);
    n_ = bn;
  }

  void apply_to_cofactors(const Matrix& m) noexcept {
    if (s0_ == nullptr) return;
    const auto step = [&](Limb* r, Limb u, Limb v) {
      const Limb first = kernels().mul_1(r, s0_, sn_, u);
      const u128 top = u128{first} + kernels().addmul_1(r, s1_, sn_, v);
      r[sn_] = low64(top);
      r[sn_ + 1] = high64(top);
    };
    step(s2_, m.u0, m.v0);
    step(s3_, m.u1, m.v1);
    std::swap(s0_, s2_);
    std::swap(s1_, s3_);
    std::size_t n = sn_ + 2;
    while (n > 1 && s0_[n - 1] == 0 && s1_[n - 1] == 0) --n;
    // What lies above sn_ in s0 and s1 must read as zero when sn_ grows.
    sn_ = n;
    if (m.odd) negative_ = !negative_;
  }
  std::size_t n_cofactor() const noexcept { return static_cast<std::size_t>(capacity_); }

  std::size_t n_;
  std::size_t capacity_ = n_ + 4;
  Scratch<Limb> memory_;
  Limb *a_, *b_, *t0_, *t1_;
  Limb *s0_ = nullptr, *s1_ = nullptr, *s2_ = nullptr, *s3_ = nullptr;
  std::size_t sn_ = 0;
  bool negative_ = true;  // the sign of s0
};

}  // namespace

BigUint gcd(const BigUint& a, const BigUint& b) {
  if (a < b) return gcd(b, a);
  if (b.is_zero()) return a;
  if (b.limbs().size() == 1) {  // one division, then single limbs
    Limb y = a.modulo(b.low64());
    Limb x = b.low64();
    all_quotients(x, y);
    return x;
  }
  if (b.limbs().size() >= detail::thresholds().gcd) {
    BigUint x = a, y = b;
    while (y.limbs().size() >= detail::thresholds().gcd) {
      // The step wants numbers of about one size; a division brings them there.
      if (x.bit_length() - y.bit_length() > 64 || !detail::half_gcd_step(x, y)) x %= y;
      if (x < y) std::swap(x, y);
    }
    return gcd(x, y);
  }
  Euclid euclid(a, b, false);
  euclid.run();
  return euclid.gcd();
}

BigUint lcm(const BigUint& a, const BigUint& b) {
  if (a.is_zero() || b.is_zero()) return {};
  return a / gcd(a, b) * b;
}

ExtendedGcd extended_gcd(const BigInt& a, const BigInt& b) {
  const BigUint& x = a.magnitude();
  const BigUint& y = b.magnitude();
  if (x < y) {
    ExtendedGcd r = extended_gcd(b, a);
    std::swap(r.x, r.y);
    return r;
  }
  ExtendedGcd r;
  if (y.is_zero()) return {x, BigInt(a.sign()), {}};
  Euclid euclid(x, y, true);
  euclid.run();
  r.gcd = euclid.gcd();
  r.y = euclid.cofactor();
  // gcd = |a| x + |b| y, exactly.
  r.x = (BigInt(r.gcd) - r.y * BigInt(y)) / BigInt(x);
  if (a.is_negative()) r.x = -std::move(r.x);
  if (b.is_negative()) r.y = -std::move(r.y);
  return r;
}

Result<BigUint> mod_inverse(const BigUint& a, const BigUint& m) {
  if (m.is_zero()) return Error(Errc::InvalidArgument, "inverse modulo zero");
  if (m.is_one()) return BigUint();
  const BigUint reduced = a < m ? a : a % m;
  if (reduced.is_zero()) return Error(Errc::InvalidArgument, "zero has no inverse");
  Euclid euclid(m, reduced, true);
  euclid.run();
  if (!euclid.gcd().is_one())
    return Error(Errc::InvalidArgument, "no inverse: the number and the modulus share a factor");
  const BigInt x = euclid.cofactor();
  return x.is_negative() ? m - x.magnitude() : x.magnitude();
}

}  // namespace avila::numeric

// Division: by a limb, schoolbook with a reciprocal of two limbs (Knuth D; Möller and Granlund,
// "Improved division by invariant integers", 2011), recursive (Burnikel and Ziegler, 1998), and by
// a Newton reciprocal for huge divisors.
#include <avila/error/assert.hpp>
#include <optional>

#include "limbs.hpp"
#include "scratch.hpp"

namespace avila::numeric::detail {

Limb divide_1(Limb* q, const Limb* a, std::size_t n, Limb d) noexcept {
  if (n == 0) return 0;
  const auto shift = static_cast<unsigned>(std::countl_zero(d));
  const Limb normal = d << shift;
  const Limb v = reciprocal(normal);
  if (shift == 0) {
    Limb r = 0;
    for (std::size_t i = n; i-- != 0;) q[i] = divide_2by1(r, a[i], normal, v, r);
    return r;
  }
  Limb above = a[n - 1];
  Limb r = above >> (64 - shift);
  for (std::size_t i = n; i-- != 0;) {
    const Limb below = i == 0 ? 0 : a[i - 1];
    q[i] = divide_2by1(r, above << shift | below >> (64 - shift), normal, v, r);
    above = below;
  }
  return r >> shift;
}

Limb modulo_1(const Limb* a, std::size_t n, Limb d) noexcept {
  const auto shift = static_cast<unsigned>(std::countl_zero(d));
  const Limb normal = d << shift;
  const Limb v = reciprocal(normal);
  Limb r = 0;
  // a 2^shift mod d 2^shift, without shifting a: bring r into range of the normalized divisor.
  for (std::size_t i = n; i-- != 0;) {
    if (shift == 0) {
      (void)divide_2by1(r, a[i], normal, v, r);
    } else {
      const Limb high = r << shift | a[i] >> (64 - shift);
      (void)divide_2by1(high, a[i] << shift, normal, v, r);
      r >>= shift;
    }
  }
  return r;
}

void divide_exact_3(Limb* q, const Limb* a, std::size_t n) noexcept {
  constexpr Limb kInverse = 0xAAAAAAAAAAAAAAAB;
  Limb borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Limb value = a[i] - borrow;
    borrow = a[i] < borrow ? 1 : 0;
    const Limb quotient = value * kInverse;
    q[i] = quotient;
    borrow += (quotient > ~Limb{0} / 3 ? 1 : 0) + (quotient > ~Limb{0} / 3 * 2 ? 1 : 0);
  }
}

namespace {

// floor((2^192 - 1) / (d1, d0)) - 2^64, d1 >= 2^63 (Möller and Granlund, algorithm 6).
Limb reciprocal_3by2(Limb d1, Limb d0) noexcept {
  Limb v = reciprocal(d1);
  Limb p = d1 * v + d0;
  if (p < d0) {
    --v;
    if (p >= d1) {
      --v;
      p -= d1;
    }
    p -= d1;
  }
  const u128 t = multiply_wide(v, d0);
  p += high64(t);
  if (p < high64(t)) {
    --v;
    if (make_u128(p, low64(t)) >= make_u128(d1, d0)) --v;
  }
  return v;
}

// (n2, n1, n0) / (d1, d0), (n2, n1) < (d1, d0): the quotient; the remainder in r.
inline Limb divide_3by2(Limb n2, Limb n1, Limb n0, Limb d1, Limb d0, Limb v, u128& r) noexcept {
  const u128 q = multiply_wide(v, n2) + make_u128(n2, n1);
  Limb q1 = high64(q);
  const u128 d = make_u128(d1, d0);
  r = make_u128(n1 - q1 * d1, n0) - multiply_wide(d0, q1) - d;
  ++q1;
  if (high64(r) >= low64(q)) {
    --q1;
    r += d;
  }
  if (r >= d) [[unlikely]] {
    ++q1;
    r -= d;
  }
  return q1;
}

// Divides in place: q[an - bn], remainder in a[0, bn); the quotient's limb above is returned (0 or
// 1). b normalized, bn >= 2.
Limb schoolbook(Limb* q, Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept {
  const Limb d1 = b[bn - 1], d0 = b[bn - 2];
  const Limb v = reciprocal_3by2(d1, d0);
  const auto submul = kernels().submul_1;
  Limb* top = a + (an - bn);
  Limb above = 0;
  if (compare(top, b, bn) >= 0) {
    sub_n(top, top, b, bn);
    above = 1;
  }
  for (std::size_t i = an - bn; i-- != 0;) {
    Limb* const part = a + i;  // bn + 1 limbs, the top bn below b
    Limb digit;
    const Limb n2 = part[bn], n1 = part[bn - 1];
    if (n2 == d1 && n1 == d0) [[unlikely]] {
      digit = ~Limb{0};
      const Limb borrow = submul(part, b, bn, digit);
      part[bn] -= borrow;
      if (part[bn] != 0) {  // too large by one
        --digit;
        part[bn] += add_n(part, part, b, bn);
      }
    } else {
      u128 r;
      digit = divide_3by2(n2, n1, part[bn - 2], d1, d0, v, r);
      const Limb borrow = bn > 2 ? submul(part, b, bn - 2, digit) : 0;
      const u128 rest = r - borrow;
      part[bn - 2] = low64(rest);
      part[bn - 1] = high64(rest);
      if (r < borrow) [[unlikely]] {
        --digit;
        add_n(part, part, b, bn);
      }
      part[bn] = 0;
    }
    q[i] = digit;
  }
  return above;
}

void any_multiply(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) {
  if (an >= bn)
    multiply(r, a, an, b, bn);
  else
    multiply(r, b, bn, a, an);
}

// Burnikel-Ziegler: a[2n] / b[n], in place as schoolbook(); scratch[n].
Limb divide_2n_by_n(Limb* q, Limb* a, const Limb* b, std::size_t n, Limb* scratch) {
  if (n < thresholds().divide_and_conquer || n < 4) return schoolbook(q, a, 2 * n, b, n);
  const std::size_t low = n / 2;
  const std::size_t high = n - low;
  Limb above = divide_2n_by_n(q + low, a + 2 * low, b + low, high, scratch);
  any_multiply(scratch, q + low, high, b, low);
  Limb borrow = sub_n(a + low, a + low, scratch, n);
  if (above != 0) borrow += sub_n(a + n, a + n, b, low);
  while (borrow != 0) {
    above -= sub_1(q + low, q + low, high, 1);
    borrow -= add_n(a + low, a + low, b, n);
  }
  const Limb below = divide_2n_by_n(q, a + high, b + high, low, scratch);
  any_multiply(scratch, b, high, q, low);
  borrow = sub_n(a, a, scratch, n);
  if (below != 0) borrow += sub_n(a + low, a + low, b, high);
  while (borrow != 0) {
    sub_1(q, q, low, 1);
    borrow -= add_n(a, a, b, n);
  }
  return above;
}

// A block of the quotient of any size qn <= bn: a[bn + qn] / b[bn], in place; scratch[bn].
Limb divide_block(Limb* q, Limb* a, std::size_t qn, const Limb* b, std::size_t bn, Limb* scratch) {
  if (qn < thresholds().divide_and_conquer || qn < 4) return schoolbook(q, a, bn + qn, b, bn);
  if (qn == bn) return divide_2n_by_n(q, a, b, bn, scratch);
  // By the top qn limbs of b first, then take off what the rest of b contributes.
  const std::size_t rest = bn - qn;
  Limb above = divide_2n_by_n(q, a + rest, b + rest, qn, scratch);
  any_multiply(scratch, q, qn, b, rest);
  Limb borrow = sub_n(a, a, scratch, bn);
  if (above != 0) borrow += sub_n(a + qn, a + qn, b, rest);
  while (borrow != 0) {
    above -= sub_1(q, q, qn, 1);
    borrow -= add_n(a, a, b, bn);
  }
  return above;
}

// inverse[n] with 2^(64 * 2n) / b - 2^(64 n) - inverse in [0, 4): Newton's iteration from the
// reciprocal of the upper half, x += x (2^(64 n) - b x).
void newton_reciprocal(Limb* inverse, const Limb* b, std::size_t n) {
  if (n < thresholds().newton || n < 8) {
    Scratch<Limb> a(2 * n), scratch(n);
    std::memset(a, 0xFF, 2 * n * sizeof(Limb));
    sub_n(a + n, a + n, b, n);  // (2^(128 n) - 1) - b 2^(64 n): the quotient fits n limbs
    divide_2n_by_n(inverse, a, b, n, scratch);
    return;
  }
  const std::size_t half = n / 2 + 1;
  const std::size_t low = n - half;
  Scratch<Limb> memory(3 * n + 4 * half + 16);
  Limb* const x = memory;              // half + 1: the reciprocal of the upper half
  Limb* const product = x + half + 1;  // n + half + 1
  Limb* const error = product + n + half + 1;
  newton_reciprocal(x, b + low, half);
  x[half] = 1;
  // product = b x ~ 2^(64 (n + half)); the error e = 2^(64 (n + half)) - product, in n + 1 limbs.
  any_multiply(product, b, n, x, half + 1);
  const bool over = product[n + half] != 0;  // x is at most a few units too large
  if (over) {
    while (product[n + half] != 0) {
      sub_1(x, x, half + 1, 1);
      product[n + half] -= sub(product, product, n + half, b, n);
    }
  }
  const std::size_t size = n + half;
  Limb carry = 1;
  for (std::size_t i = 0; i < size; ++i) {  // negate
    const Limb value = ~product[i] + carry;
    carry = carry != 0 && value == 0 ? 1 : 0;
    product[i] = value;
  }
  // e < 2^(64 (n + 1)) or so; the correction is x e / 2^(64 * 2 half), at scale 2^(64 low).
  const std::size_t en = normalized(product, size);
  // Of e only the upper part matters: drop `low - 1` limbs.
  const std::size_t drop = low > 1 ? low - 1 : 0;
  std::memset(inverse, 0, n * sizeof(Limb));
  copy(inverse + low, x, half);
  if (en > drop) {
    const std::size_t kept = en - drop;
    any_multiply(error, x, half + 1, product + drop, kept);
    // x e 2^(64 low) / 2^(64 (n + half)) = x e / 2^(64 * 2 half), less what was dropped.
    const std::size_t cut = 2 * half - drop;
    const std::size_t total = half + 1 + kept;
    if (total > cut) add(inverse, inverse, n, error + cut, normalized(error + cut, total - cut));
  }
}

// Barrett: blocks of bn limbs by the reciprocal; exact after corrections. a[bn + qn], qn <= bn.
Limb barrett_block(Limb* q, Limb* a, std::size_t qn, const Limb* b, std::size_t bn,
                   const Limb* inverse, Limb* scratch) {
  Limb above = 0;
  if (compare(a + qn, b, bn) >= 0) {
    sub_n(a + qn, a + qn, b, bn);
    above = 1;
  }
  // q ~ the top qn limbs of high * (2^(64 qn) + the top qn limbs of inverse) / 2^(64 qn).
  Limb* const product = scratch;  // bn + qn
  const Limb* const high = a + bn;
  any_multiply(product, high, qn, inverse + (bn - qn), qn);
  Limb carry = add_n(q, product + qn, high, qn);
  AVILA_ASSERT(carry == 0);
  any_multiply(product, q, qn, b, bn);
  // The estimate is at most a few units low: what is left fits bn limbs and a little.
  Limb left = 0;
  const Limb borrow = sub_n(a, a, product, bn);
  left = a[bn] - product[bn] - borrow;
  while (left != 0 || compare(a, b, bn) >= 0) {
    left -= sub_n(a, a, b, bn);
    carry += add_1(q, q, qn, 1);
  }
  return above + carry;
}

}  // namespace

void divide(Limb* q, Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) {
  if (bn == 1) {
    if (q != nullptr)
      r[0] = divide_1(q, a, an, b[0]);
    else
      r[0] = modulo_1(a, an, b[0]);
    return;
  }
  const std::size_t qn = an - bn + 1;
  const auto shift = static_cast<unsigned>(std::countl_zero(b[bn - 1]));
  const bool small = an <= 64;
  Limb local[64 + 1 + 64 + 65];
  std::optional<Scratch<Limb>> memory;
  if (!small) memory.emplace(an + 1 + bn + (q == nullptr ? qn : 0));
  Limb* const dividend = small ? local : memory->get();  // an + 1
  Limb* divisor = dividend + an + 1;                     // bn
  if (q == nullptr) q = divisor + bn;
  if (shift != 0) {
    dividend[an] = shift_left(dividend, a, an, shift);
    shift_left(divisor, b, bn, shift);
    b = divisor;
  } else {
    copy(dividend, a, an);
    dividend[an] = 0;
  }
  const bool by_newton = bn >= thresholds().newton && qn >= bn / 2 && bn >= 8;
  if (by_newton || (qn >= thresholds().divide_and_conquer &&
                    bn >= thresholds().divide_and_conquer && qn >= 4 && bn >= 4)) {
    // From the top, blocks of at most bn quotient limbs; the first may be short.
    Scratch<Limb> scratch(2 * bn);
    Scratch<Limb> inverse(by_newton ? bn : 1);
    if (by_newton) newton_reciprocal(inverse, b, bn);
    for (std::size_t left = qn; left != 0;) {
      const std::size_t size = left % bn != 0 ? left % bn : bn;
      left -= size;
      const Limb above =
          by_newton ? barrett_block(q + left, dividend + left, size, b, bn, inverse, scratch)
                    : divide_block(q + left, dividend + left, size, b, bn, scratch);
      AVILA_DEBUG_ASSERT(above == 0);
      (void)above;
    }
  } else {
    const Limb above = schoolbook(q, dividend, an + 1, b, bn);
    AVILA_DEBUG_ASSERT(above == 0);
    (void)above;
  }
  if (shift != 0)
    shift_right(r, dividend, bn, shift);
  else
    copy(r, dividend, bn);
}

}  // namespace avila::numeric::detail

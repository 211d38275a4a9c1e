// Multiplication by size: schoolbook, Karatsuba (1962), Toom-3 with Bodrato's sequence (2007),
// number-theoretic transforms. The recursive ones take equal sizes; multiply() cuts the rest.
#include <avila/error/assert.hpp>

#include "limbs.hpp"
#include "ntt.hpp"
#include "scratch.hpp"

namespace avila::numeric::detail {
namespace {

void multiply_n(Limb* r, const Limb* a, const Limb* b, std::size_t n, Limb* scratch);

// Enough for multiply_n of n limbs: karatsuba takes 4 (n / 2 + 1) + 2, toom3 6 (n / 3 + 4), each
// beside what their halves and thirds take.
std::size_t scratch_size(std::size_t n) { return 6 * n + 512; }

// r = |a - b| with an - bn in {0, 1}; whether a < b.
bool absolute_difference(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) {
  if (compare(a, an, b, bn) >= 0) {
    sub(r, a, an, b, bn);
    return false;
  }
  sub_n(r, b, a, bn);  // then a's extra limb is zero
  if (an > bn) r[bn] = 0;
  return true;
}

// a = a1 x + a0, x = 2^(64 low): the middle is a0 b0 + a1 b1 - (a0 - a1) (b0 - b1).
void karatsuba(Limb* r, const Limb* a, const Limb* b, std::size_t n, Limb* scratch) {
  const std::size_t high = n / 2;
  const std::size_t low = n - high;
  Limb* const product = scratch;         // 2 low
  Limb* const rest = scratch + 2 * low;  // the recursion's, then the middle's
  bool negative = absolute_difference(r, a, low, a + low, high);
  if (a == b) {
    negative = false;
    multiply_n(product, r, r, low, rest);
  } else {
    negative ^= absolute_difference(r + low, b, low, b + low, high);
    multiply_n(product, r, r + low, low, rest);
  }
  multiply_n(r, a, b, low, rest);
  multiply_n(r + 2 * low, a + low, b + low, high, rest);
  Limb* const middle = rest;  // 2 low + 1
  middle[2 * low] = add(middle, r, 2 * low, r + 2 * low, 2 * high);
  if (negative)
    middle[2 * low] += add_n(middle, middle, product, 2 * low);
  else
    middle[2 * low] -= sub_n(middle, middle, product, 2 * low);
  // The middle's top limb can lie past the end only when it is zero.
  const std::size_t room = 2 * n - low;
  const std::size_t size = 2 * low + 1 < room ? 2 * low + 1 : room;
  add(r + low, r + low, room, middle, size);
}

// e[k + 1] = a(x) at x = 1, -1 and 2, for a = a2 x² + a1 x + a0; whether a(-1) < 0.
struct Toom3Points {
  Limb* one;
  Limb* minus;
  Limb* two;
  bool negative;
};
void toom3_evaluate(Toom3Points& e, const Limb* a, std::size_t k, std::size_t top) {
  const Limb *a0 = a, *a1 = a + k, *a2 = a + 2 * k;
  e.one[k] = add(e.one, a0, k, a2, top);
  const int order = e.one[k] != 0 ? 1 : compare(e.one, a1, k);
  e.negative = order < 0;
  if (e.negative) {
    sub_n(e.minus, a1, e.one, k);
    e.minus[k] = 0;
  } else {
    e.minus[k] = e.one[k] - sub_n(e.minus, e.one, a1, k);
  }
  e.one[k] += add_n(e.one, e.one, a1, k);
  // 2 (2 a2 + a1) + a0
  e.two[top] = shift_left(e.two, a2, top, 1);
  zero(e.two + top + 1, k - top);
  e.two[k] += add_n(e.two, e.two, a1, k);
  shift_left(e.two, e.two, k + 1, 1);
  e.two[k] += add_n(e.two, e.two, a0, k);
}

void toom3(Limb* r, const Limb* a, const Limb* b, std::size_t n, Limb* scratch) {
  const std::size_t k = (n + 2) / 3;
  const std::size_t top = n - 2 * k;  // limbs of a2 and b2
  const std::size_t m = 2 * k + 2;    // limbs of the products
  Limb* const v1 = scratch;
  Limb* const vm = v1 + m;
  Limb* const v2 = vm + m;
  Limb* const rest = v2 + m;
  Scratch<Limb> values(6 * (k + 1));
  Toom3Points x{values, values + (k + 1), values + 2 * (k + 1), false};
  toom3_evaluate(x, a, k, top);
  Toom3Points y = x;
  if (a != b) {
    y = {values + 3 * (k + 1), values + 4 * (k + 1), values + 5 * (k + 1), false};
    toom3_evaluate(y, b, k, top);
  }
  const bool negative = x.negative != y.negative;
  multiply_n(v1, x.one, y.one, k + 1, rest);
  multiply_n(vm, x.minus, y.minus, k + 1, rest);
  multiply_n(v2, x.two, y.two, k + 1, rest);
  Limb* const v0 = r;
  Limb* const vi = r + 4 * k;  // 2 top limbs
  multiply_n(v0, a, b, k, rest);
  multiply_n(vi, a + 2 * k, b + 2 * k, top, rest);

  // Bodrato: from the values of c4 x⁴ + … + c0 to c1, c2, c3; everything stays nonnegative.
  if (negative) {
    add_n(v2, v2, vm, m);
    divide_exact_3(v2, v2, m);  // c1 + c2 + 3 c3 + 5 c4
    add_n(vm, v1, vm, m);
  } else {
    sub_n(v2, v2, vm, m);
    divide_exact_3(v2, v2, m);
    sub_n(vm, v1, vm, m);
  }
  shift_right(vm, vm, m, 1);  // c1 + c3
  sub(v1, v1, m, v0, 2 * k);  // c1 + c2 + c3 + c4
  sub_n(v2, v2, v1, m);
  shift_right(v2, v2, m, 1);  // c3 + 2 c4
  sub_n(v1, v1, vm, m);
  sub(v1, v1, m, vi, 2 * top);  // c2
  sub(v2, v2, m, vi, 2 * top);
  sub(v2, v2, m, vi, 2 * top);  // c3
  sub_n(vm, vm, v2, m);         // c1
  copy(r + 2 * k, v1, 2 * k);
  add(r + 4 * k, r + 4 * k, 2 * top, v1 + 2 * k, normalized(v1 + 2 * k, 2));
  const auto add_at = [&](std::size_t at, const Limb* c) {
    add(r + at, r + at, 2 * n - at, c, normalized(c, m));
  };
  add_at(k, vm);
  add_at(3 * k, v2);
}

void multiply_n(Limb* r, const Limb* a, const Limb* b, std::size_t n, Limb* scratch) {
  const Thresholds& limit = thresholds();
  if (a == b) {
    if (n < limit.karatsuba_square)
      kernels().sqr_basecase(r, a, n);
    else if (n < limit.toom3_square)
      karatsuba(r, a, a, n, scratch);
    else if (n < limit.ntt_square || n > kNttMaxOperand)
      toom3(r, a, a, n, scratch);
    else
      ntt_kernel().multiply(r, a, n, a, n);
  } else {
    if (n < limit.karatsuba)
      kernels().mul_basecase(r, a, n, b, n);
    else if (n < limit.toom3)
      karatsuba(r, a, b, n, scratch);
    else if (n < limit.ntt || n > kNttMaxOperand)
      toom3(r, a, b, n, scratch);
    else
      ntt_kernel().multiply(r, a, n, b, n);
  }
}

// Pieces of a, of `piece` limbs, times b; the products overlap by bn limbs.
void multiply_pieces(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn,
                     std::size_t piece) {
  Scratch<Limb> product(piece + bn);
  multiply(r, a, piece, b, bn);
  for (std::size_t at = piece; at < an; at += piece) {
    const std::size_t size = an - at < piece ? an - at : piece;
    if (size >= bn)
      multiply(product, a + at, size, b, bn);
    else
      multiply(product, b, bn, a + at, size);
    const Limb carry = add_n(r + at, r + at, product, bn);
    add_1(r + at + bn, product + bn, size, carry);
  }
}

}  // namespace

void multiply(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) {
  if (an == bn && a == b) return square(r, a, an);
  const Thresholds& limit = thresholds();
  constexpr std::size_t kRowMax = 1024;  // longer rows fall out of the first cache
  if (bn < limit.karatsuba) {
    if (an <= kRowMax || bn < 4) return kernels().mul_basecase(r, a, an, b, bn);
    return multiply_pieces(r, a, an, b, bn, kRowMax);
  }
  if (bn >= limit.ntt && bn <= kNttMaxOperand) {
    if (an + bn <= kNttMaxPoints) return ntt_kernel().multiply(r, a, an, b, bn);
    return multiply_pieces(r, a, an, b, bn, kNttMaxPoints - bn);
  }
  if (an != bn) return multiply_pieces(r, a, an, b, bn, bn);
  if (bn < 64) {
    Limb scratch[6 * 64 + 512];
    return multiply_n(r, a, b, bn, scratch);
  }
  Scratch<Limb> scratch(scratch_size(bn));
  multiply_n(r, a, b, bn, scratch);
}

void square(Limb* r, const Limb* a, std::size_t n) {
  if (n < thresholds().karatsuba_square) return kernels().sqr_basecase(r, a, n);
  if (n < 64) {
    Limb scratch[6 * 64 + 512];
    return multiply_n(r, a, a, n, scratch);
  }
  Scratch<Limb> scratch(scratch_size(n));
  multiply_n(r, a, a, n, scratch);
}

}  // namespace avila::numeric::detail

// Multiplication by number-theoretic transforms modulo three primes just below 2^49.5: a limb is a
// coefficient, the product's coefficients (< 2^148) come back by the Chinese remainder theorem.
// The primes fit a double with room to spare, so the fast version reduces with fused
// multiply-adds (an exact product in two doubles; van der Hoeven, Lecerf and Quintin, "Modular
// SIMD arithmetic in Mathemagix", 2016); the portable one uses 64-bit integers and Shoup's
// multiplication by a constant. Both give the same limbs.
//
// A transform of 2^k points divides x^(2m) - s² into x^m - s and x^m + s until m = 1, so a block
// has one twiddle, and the twiddles of all sizes are prefixes of one table: w[0] = 1,
// w[2j]² = w[j], w[2j+1] = i w[2j]. Points come out in bit-reversed order, which the pointwise
// product does not mind. Lengths 3 * 2^k split into x^m - c, c³ = 1; the square roots of such c
// alternate between the other two, so two more tables, c w and c² w, serve all levels.
#pragma once
#include "limbs.hpp"

namespace avila::numeric::detail {

/// min(an, bn) * 2^128 stays below the product of the primes, 2^148.46.
constexpr std::size_t kNttMaxOperand = std::size_t{1} << 20;
/// Limbs of a product, at most.
constexpr std::size_t kNttMaxPoints = std::size_t{1} << 22;

struct NttKernel {
  const char* name;
  /// r[an + bn] = a * b; r overlaps neither; sizes as above.
  void (*multiply)(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn);
};
extern const NttKernel kNttPortable;
#if defined(__x86_64__)
extern const NttKernel kNttFma;  // AVX2 and FMA
#endif
const NttKernel& ntt_kernel() noexcept;

constexpr int kNttPrimes = 3;
struct NttPrime {
  Limb p;
  Limb root;  ///< of order 3 * 2^26
};
/// 2^k divides p - 1 for k = 26, and so does 3.
constexpr NttPrime kNttPrimeTable[kNttPrimes] = {{790631270055937, 158865553028252},
                                                 {790630666076161, 686098362440298},
                                                 {790627847503873, 236679909168144}};

/// A transform length: 2^log or 3 * 2^log.
struct NttShape {
  bool three;
  unsigned log;
  std::size_t points() const noexcept { return (three ? std::size_t{3} : 1) << log; }
};
/// The shortest one of at least n points.
NttShape ntt_shape(std::size_t n) noexcept;

constexpr Limb mod_mul(Limb a, Limb b, Limb p) noexcept {
  return static_cast<Limb>(multiply_wide(a, b) % p);
}
constexpr Limb mod_pow(Limb a, Limb e, Limb p) noexcept {
  Limb result = 1;
  for (; e != 0; e >>= 1, a = mod_mul(a, a, p))
    if ((e & 1) != 0) result = mod_mul(result, a, p);
  return result;
}
constexpr Limb mod_inverse(Limb a, Limb p) noexcept { return mod_pow(a, p - 2, p); }
/// A cube root of one.
constexpr Limb ntt_omega(int prime) noexcept {
  return mod_pow(kNttPrimeTable[prime].root, Limb{1} << 26, kNttPrimeTable[prime].p);
}

/// b and floor(b * 2^64 / p): Shoup's multiplication gives a * b mod p in [0, 2p), for any a.
struct ShoupFactor {
  Limb value, quotient;
};
constexpr ShoupFactor shoup(Limb b, Limb p) noexcept {
  return {b, static_cast<Limb>((u128{b} << 64) / p)};
}
inline Limb shoup_multiply(Limb a, ShoupFactor b, Limb p) noexcept {
  return a * b.value - high64(multiply_wide(a, b.quotient)) * p;
}

/// The first 2^log twiddles times c^which: w, c w, c² w.
void ntt_twiddles(Limb* out, int prime, unsigned log, int which);
/// Their inverses: `out` from `twiddles`, 2^log of each.
void ntt_inverse_twiddles(Limb* out, const Limb* twiddles, int prime, unsigned log);

/// Constants of Garner's mixed radix form x1 + p1 (x2 + p2 x3).
struct NttGarner {
  Limb inverse_p1_mod_p2, inverse_p1_mod_p3, inverse_p2_mod_p3;
};
constexpr NttGarner kNttGarner = {
    mod_inverse(kNttPrimeTable[0].p % kNttPrimeTable[1].p, kNttPrimeTable[1].p),
    mod_inverse(kNttPrimeTable[0].p % kNttPrimeTable[2].p, kNttPrimeTable[2].p),
    mod_inverse(kNttPrimeTable[1].p % kNttPrimeTable[2].p, kNttPrimeTable[2].p)};

/// Adds up coefficients given as mixed radix digits, one limb further each.
class NttAccumulator {
 public:
  Limb next(Limb x1, Limb x2, Limb x3) noexcept {
    constexpr u128 kP12 = u128{kNttPrimeTable[0].p} * kNttPrimeTable[1].p;
    const u128 low = multiply_wide(x2, kNttPrimeTable[0].p) + x1;  // < 2^99
    const u128 first = multiply_wide(x3, low64(kP12));
    const u128 second = multiply_wide(x3, high64(kP12));  // < 2^85
    const u128 sum0 = u128{low64(low)} + low64(first) + low64(carry_);
    const u128 upper = second + high64(low) + high64(first) + high64(carry_) + high64(sum0);
    carry_ = upper;  // < 2^86
    return low64(sum0);
  }

 private:
  u128 carry_ = 0;
};

}  // namespace avila::numeric::detail

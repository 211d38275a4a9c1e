// Shared by the tests of numeric: seeded numbers with long runs of zeros and ones, an independent
// reference, and thresholds lowered for one test.
#pragma once
#include <gtest/gtest.h>
#include <avila/numeric/number_theory.hpp>

#include "limbs.hpp"

namespace numeric_test {

using namespace avila::numeric;
using avila::Errc;
using avila::u128;

struct Random {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

  /// Exactly n limbs; a third of them are all ones or zero limbs here and there.
  std::vector<Limb> limbs(std::size_t n) {
    const auto mode = next() % 3;
    std::vector<Limb> out(n);
    for (Limb& x : out) {
      x = next();
      if (mode == 1) x = ~Limb{0};
      if (mode == 2 && next() % 4 != 0) x = next() % 2 == 0 ? 0 : ~Limb{0};
    }
    if (n != 0 && out.back() == 0) out.back() = 1;
    return out;
  }
  BigUint number(std::size_t n) { return BigUint::from_limbs(limbs(n)); }
  BigInt integer(std::size_t n) { return {number(n), next() % 2 == 0}; }
};

/// a mod p by Horner on the limbs.
inline Limb residue(const BigUint& a, Limb p) {
  u128 r = 0;
  const auto limbs = a.limbs();
  for (std::size_t i = limbs.size(); i-- != 0;) r = (r << 64 | limbs[i]) % p;
  return static_cast<Limb>(r);
}

/// Primes just below 2^61.
constexpr Limb kPrimes61[] = {2305843009213693951, 2305843009213693921, 2305843009213693907,
                              2305843009213693723, 2305843009213693693, 2305843009213693669,
                              2305843009213693613, 2305843009213693561};

inline Limb mul_mod(Limb a, Limb b, Limb p) { return static_cast<Limb>(u128{a} * b % p); }

/// product = a b, shown by residues: a wrong product passes one prime with probability 2^-60.
inline void expect_product(const BigUint& product, const BigUint& a, const BigUint& b) {
  for (const Limb p : kPrimes61)
    ASSERT_EQ(residue(product, p), mul_mod(residue(a, p), residue(b, p), p));
  ASSERT_LE(product.bit_length(), a.bit_length() + b.bit_length());
}

class LowerThresholds {
 public:
  explicit LowerThresholds(const detail::Thresholds& values) : saved_(detail::thresholds()) {
    detail::thresholds() = values;
  }
  ~LowerThresholds() { detail::thresholds() = saved_; }

 private:
  detail::Thresholds saved_;
};

}  // namespace numeric_test

// The endomorphism of secp256k1 (Gallant, Lambert, Vanstone, "Faster point multiplication on
// elliptic curves with efficient endomorphisms", 2001): lambda (x, y) = (beta x, y), so that a
// scalar becomes two of half its length. CT.
#pragma once
#include <avila/field/scalar.hpp>
#include <avila/primitives/wide.hpp>

#include "kernel_portable.hpp"

namespace avila::field::detail {

// beta^3 = 1 mod p, lambda^3 = 1 mod n, of the pair that belongs together. (a1, b1) and (a2, b2)
// are short vectors with a + b lambda = 0 mod n, found by Euclid's algorithm on n and lambda.
constexpr Limbs<4> kGlvBeta = {0xC1396C28719501EE, 0x9CF0497512F58995, 0x6E64479EAC3434E9,
                               0x7AE96A2B657C0710};
constexpr Limbs<4> kGlvLambda = {0xDF02967C1B23BD72, 0x122E22EA20816678, 0xA5261C028812645A,
                                 0x5363AD4CC05C30E0};
constexpr Limbs<4> kGlvMinusB1 = {0x6F547FA90ABFE4C3, 0xE4437ED6010E8828, 0, 0};
constexpr Limbs<4> kGlvMinusB2 = {0xD765CDA83DB1562C, 0x8A280AC50774346D, 0xFFFFFFFFFFFFFFFE,
                                  0xFFFFFFFFFFFFFFFF};
// Rounded: 2^384 b2 / n, and 2^384 (-b1) / n.
constexpr Limbs<4> kGlvG1 = {0xE893209A45DBB031, 0x3DAA8A1471E8CA7F, 0xE86C90E49284EB15,
                             0x3086D221A7D46BCD};
constexpr Limbs<4> kGlvG2 = {0x1571B4AE8AC47F71, 0x221208AC9DF506C6, 0x6F547FA90ABFE4C4,
                             0xE4437ED6010E8828};

/// A number below 2^128 in absolute value.
struct GlvHalf {
  Limbs<2> magnitude;
  ct::Mask negative;
};
/// first + second lambda = the scalar, modulo the order.
struct GlvHalves {
  GlvHalf first, second;
};

/// a g / 2^384, rounded.
inline Limbs<4> glv_quotient(const Limbs<4>& a, const Limbs<4>& g) noexcept {
  std::uint64_t t[8] = {};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 4; ++j) t[i + j] = multiply_add(t[i + j], a[i], g[j], carry);
    t[i + 4] = carry;
  }
  std::uint64_t carry = t[5] >> 63;
  Limbs<4> r{};
  r[0] = add_carry(t[6], 0, carry);
  r[1] = add_carry(t[7], 0, carry);
  ct::wipe(t, sizeof t);
  return r;
}

inline GlvHalf glv_half(const ScalarSecp256k1& value) noexcept {
  Limbs<4> plain = value.to_limbs(), negated = (-value).to_limbs();
  const ct::Wiper wipe_plain(plain);
  const ct::Wiper wipe_negated(negated);
  GlvHalf half;
  half.negative = ~ct::is_zero(plain[2] | plain[3]);
  for (std::size_t i = 0; i < 2; ++i)
    half.magnitude[i] = ct::select(half.negative, negated[i], plain[i]);
  return half;
}

/// Of a scalar below the order. With c1 = b2 k / n and c2 = -b1 k / n, rounded, the second half is
/// -c1 b1 - c2 b2, and the first is k less lambda times that; both are below 2^127.4.
inline GlvHalves glv_split(const Limbs<4>& scalar) noexcept {
  using Scalar = ScalarSecp256k1;
  Limbs<4> c1 = glv_quotient(scalar, kGlvG1), c2 = glv_quotient(scalar, kGlvG2);
  const ct::Wiper wipe_c1(c1);
  const ct::Wiper wipe_c2(c2);
  const Scalar second = Scalar::from_limbs(c1) * Scalar::from_limbs(kGlvMinusB1) +
                        Scalar::from_limbs(c2) * Scalar::from_limbs(kGlvMinusB2);
  const Scalar first = Scalar::from_limbs(scalar) - second * Scalar::from_limbs(kGlvLambda);
  return {glv_half(first), glv_half(second)};
}

}  // namespace avila::field::detail

// Multi-scalar multiplication: s[0] P[0] + s[1] P[1] + … Variable time: everything is public.
#pragma once
#include <avila/field/ristretto255.hpp>
#include <avila/field/weierstrass.hpp>
#include <span>

namespace avila::field {

/// Straus' method up to this many terms (about 50 additions a term), Pippenger's above (about
/// 256 / log2(n) additions a term).
constexpr std::size_t kStrausMaxTerms = 450;

// As many scalars as points (an assertion); no terms give the identity.
EdwardsPoint multi_scalar_mul_vartime(std::span<const Scalar25519> scalars,
                                      std::span<const EdwardsPoint> points);
RistrettoPoint multi_scalar_mul_vartime(std::span<const Scalar25519> scalars,
                                        std::span<const RistrettoPoint> points);
P256Point multi_scalar_mul_vartime(std::span<const ScalarP256> scalars,
                                   std::span<const P256Point> points);
P384Point multi_scalar_mul_vartime(std::span<const ScalarP384> scalars,
                                   std::span<const P384Point> points);
P521Point multi_scalar_mul_vartime(std::span<const ScalarP521> scalars,
                                   std::span<const P521Point> points);
Secp256k1Point multi_scalar_mul_vartime(std::span<const ScalarSecp256k1> scalars,
                                        std::span<const Secp256k1Point> points);

}  // namespace avila::field

// Hashing to curves (RFC 9380): points whose logarithm nobody knows.
//
// hash_to_… are the suites …_RO_ (indistinguishable from a random oracle), encode_to_… the suites
// …_NU_ (one evaluation of the map, not uniform). The tag names the protocol that asks (section
// 3.1). CT in the message, whose length is public. Errc::InvalidArgument: an empty tag.
#pragma once
#include <avila/field/ristretto255.hpp>
#include <avila/field/weierstrass.hpp>

namespace avila::field {

/// P256_XMD:SHA-256_SSWU_RO_ and _NU_ (section 8.2).
Result<P256Point> hash_to_p256(ByteSpan message, ByteSpan tag);
Result<P256Point> encode_to_p256(ByteSpan message, ByteSpan tag);
/// P384_XMD:SHA-384_SSWU_RO_ and _NU_ (section 8.3).
Result<P384Point> hash_to_p384(ByteSpan message, ByteSpan tag);
Result<P384Point> encode_to_p384(ByteSpan message, ByteSpan tag);
/// P521_XMD:SHA-512_SSWU_RO_ and _NU_ (section 8.4).
Result<P521Point> hash_to_p521(ByteSpan message, ByteSpan tag);
Result<P521Point> encode_to_p521(ByteSpan message, ByteSpan tag);
/// secp256k1_XMD:SHA-256_SSWU_RO_ and _NU_ (section 8.7).
Result<Secp256k1Point> hash_to_secp256k1(ByteSpan message, ByteSpan tag);
Result<Secp256k1Point> encode_to_secp256k1(ByteSpan message, ByteSpan tag);
/// edwards25519_XMD:SHA-512_ELL2_RO_ and _NU_ (section 8.5); of the subgroup of order L.
Result<EdwardsPoint> hash_to_edwards25519(ByteSpan message, ByteSpan tag);
Result<EdwardsPoint> encode_to_edwards25519(ByteSpan message, ByteSpan tag);

/// A point of Curve25519; (0, 0) stands for the identity.
struct MontgomeryPoint {
  Fe25519 u, v;
};
/// curve25519_XMD:SHA-512_ELL2_RO_ and _NU_ (section 8.5).
Result<MontgomeryPoint> hash_to_curve25519(ByteSpan message, ByteSpan tag);
Result<MontgomeryPoint> encode_to_curve25519(ByteSpan message, ByteSpan tag);

/// ristretto255_XMD:SHA-512_R255MAP_RO_ (appendix B).
Result<RistrettoPoint> hash_to_ristretto255(ByteSpan message, ByteSpan tag);

}  // namespace avila::field

// AlgorithmIdentifier of keys (RFC 5280 section 4.1.1.2): the type, read and written.
#pragma once
#include <avila/asn1/reader.hpp>
#include <avila/asn1/writer.hpp>
#include <avila/crypto/key.hpp>

namespace avila::crypto::detail {

/// Errors: Malformed, Unsupported.
Result<KeyType> read_key_algorithm(asn1::Reader& from);
void write_key_algorithm(asn1::Writer& to, KeyType type);
/// The curve's name alone, for ECPrivateKey.
Result<KeyType> read_named_curve(asn1::Reader& from);
const asn1::Oid& curve_oid(KeyType type) noexcept;

/// The key of that type from the content of its BIT STRING.
Result<PublicKey> read_public_key(KeyType type, ByteSpan bytes);
/// RSAPublicKey (RFC 8017 appendix A.1.1).
Result<PublicKey> read_rsa_public_key(ByteSpan der);

}  // namespace avila::crypto::detail

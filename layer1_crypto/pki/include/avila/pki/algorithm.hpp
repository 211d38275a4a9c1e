// Algorithm identifiers of signatures (RFC 3279, RFC 4055, RFC 5758, RFC 8410, RFC 9881, RFC 9909).
#pragma once
#include <avila/asn1/reader.hpp>
#include <avila/asn1/writer.hpp>
#include <avila/crypto/key.hpp>

namespace avila::pki {

/// AlgorithmIdentifier. Views into what it was parsed from.
struct AlgorithmIdentifier {
  asn1::Oid oid;
  ByteSpan parameters;  ///< the whole element; empty where there is none
  ByteSpan encoded;
};

Result<AlgorithmIdentifier> parse_algorithm(asn1::Reader& reader);
/// The signature that it names. Errors: Unsupported (unknown, or parameters that this library does
/// not verify: PSS with a salt that is not as long as the digest, or two digests), Malformed (it
/// has parameters that its standard does not allow).
Result<crypto::SignatureAlgorithm> signature_algorithm_of(const AlgorithmIdentifier& identifier);
void write_algorithm(asn1::Writer& writer, crypto::SignatureAlgorithm algorithm);

/// MD2, MD5 and SHA-1: collisions can be made.
bool is_weak(crypto::SignatureAlgorithm algorithm) noexcept;

/// The two halves of what is signed: bytes, and by whom it can be checked.
struct SignedData {
  ByteSpan signed_bytes;          ///< the "to be signed" part
  AlgorithmIdentifier algorithm;  ///< outside of it
  ByteSpan signature;
};
/// Errors: Unauthenticated, Unsupported, Malformed.
Result<void> verify_signed(const SignedData& data, const crypto::PublicKey& key);

/// {to-be-signed, algorithm, signature}, as certificates, CRLs and requests are. Errors: those of
/// PrivateKey::sign.
Result<std::vector<std::byte>> sign_der(ByteSpan to_be_signed, const crypto::PrivateKey& key,
                                        crypto::SignatureAlgorithm algorithm, os::Entropy& entropy);

}  // namespace avila::pki

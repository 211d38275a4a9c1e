// Signature schemes of TLS over the keys of crypto.
#pragma once
#include <avila/crypto/key.hpp>
#include <avila/error/result.hpp>
#include <avila/tls/types.hpp>
#include <optional>
#include <span>
#include <vector>

namespace avila::tls {

bool is_nist_curve(crypto::KeyType type) noexcept;  ///< P-256, P-384, P-521

/// Whether a key of this type signs handshakes of this version so (RFC 8446 section 4.2.3: no
/// PKCS#1 v1.5 there, and each ECDSA scheme is of one curve; TLS 1.2 has any curve with any hash).
bool usable(SignatureScheme scheme, crypto::KeyType key, ProtocolVersion version) noexcept;
/// The first of ours that the peer takes and the key can make.
std::optional<SignatureScheme> choose_scheme(std::span<const SignatureScheme> ours,
                                             std::span<const std::uint16_t> peers,
                                             const crypto::PrivateKey& key,
                                             ProtocolVersion version) noexcept;
crypto::SignatureAlgorithm algorithm_of(SignatureScheme scheme) noexcept;

/// What CertificateVerify of TLS 1.3 is over (RFC 8446 section 4.4.3).
std::vector<std::byte> signed_content13(Role signer, ByteSpan transcript_hash);

/// Checks that the scheme is one of ours, fits the key, and that the signature is right. Errors:
/// Alert::IllegalParameter, DecryptError.
Result<void> verify_signature(std::uint16_t scheme, std::span<const SignatureScheme> ours,
                              const crypto::PublicKey& key, ProtocolVersion version,
                              ByteSpan message, ByteSpan signature);

}  // namespace avila::tls

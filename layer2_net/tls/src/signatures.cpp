#include "signatures.hpp"

#include <algorithm>
#include <avila/error/span.hpp>

namespace avila::tls {

bool is_nist_curve(crypto::KeyType type) noexcept {
  return type == crypto::KeyType::P256 || type == crypto::KeyType::P384 ||
         type == crypto::KeyType::P521;
}

bool usable(SignatureScheme scheme, crypto::KeyType key, ProtocolVersion version) noexcept {
  const bool is12 = version == ProtocolVersion::Tls12;
  switch (scheme) {
    case SignatureScheme::RsaPkcs1Sha256:
    case SignatureScheme::RsaPkcs1Sha384:
    case SignatureScheme::RsaPkcs1Sha512: return is12 && key == crypto::KeyType::Rsa;
    case SignatureScheme::RsaPssSha256:
    case SignatureScheme::RsaPssSha384:
    case SignatureScheme::RsaPssSha512: return key == crypto::KeyType::Rsa;
    case SignatureScheme::EcdsaP256Sha256:
      return key == crypto::KeyType::P256 || (is12 && is_nist_curve(key));
    case SignatureScheme::EcdsaP384Sha384:
      return key == crypto::KeyType::P384 || (is12 && is_nist_curve(key));
    case SignatureScheme::EcdsaP521Sha512:
      return key == crypto::KeyType::P521 || (is12 && is_nist_curve(key));
    case SignatureScheme::Ed25519: return key == crypto::KeyType::Ed25519;
  }
  return false;
}

crypto::SignatureAlgorithm algorithm_of(SignatureScheme scheme) noexcept {
  using A = crypto::SignatureAlgorithm;
  switch (scheme) {
    case SignatureScheme::RsaPkcs1Sha256: return A::RsaPkcs1Sha256;
    case SignatureScheme::RsaPkcs1Sha384: return A::RsaPkcs1Sha384;
    case SignatureScheme::RsaPkcs1Sha512: return A::RsaPkcs1Sha512;
    case SignatureScheme::RsaPssSha256: return A::RsaPssSha256;
    case SignatureScheme::RsaPssSha384: return A::RsaPssSha384;
    case SignatureScheme::RsaPssSha512: return A::RsaPssSha512;
    case SignatureScheme::EcdsaP256Sha256: return A::EcdsaSha256;
    case SignatureScheme::EcdsaP384Sha384: return A::EcdsaSha384;
    case SignatureScheme::EcdsaP521Sha512: return A::EcdsaSha512;
    case SignatureScheme::Ed25519: break;
  }
  return A::Ed25519;
}

std::optional<SignatureScheme> choose_scheme(std::span<const SignatureScheme> ours,
                                             std::span<const std::uint16_t> peers,
                                             const crypto::PrivateKey& key,
                                             ProtocolVersion version) noexcept {
  const auto* const rsa = key.as<crypto::RsaPrivateKey>();
  const bool short_rsa = rsa != nullptr && rsa->public_key().bits() < 1536;
  for (const SignatureScheme scheme : ours) {
    // PSS with SHA-512 does not fit into 1024 bits.
    if (short_rsa && scheme == SignatureScheme::RsaPssSha512) continue;
    if (usable(scheme, key.type(), version) &&
        std::ranges::find(peers, static_cast<std::uint16_t>(scheme)) != peers.end())
      return scheme;
  }
  return std::nullopt;
}

std::vector<std::byte> signed_content13(Role signer, ByteSpan transcript_hash) {
  std::vector<std::byte> content(64, std::byte{0x20});
  const ByteSpan label =
      as_bytes(signer == Role::Server ? std::string_view("TLS 1.3, server CertificateVerify")
                                      : std::string_view("TLS 1.3, client CertificateVerify"));
  content.insert(content.end(), label.begin(), label.end());
  content.push_back(std::byte{0});
  content.insert(content.end(), transcript_hash.begin(), transcript_hash.end());
  return content;
}

Result<void> verify_signature(std::uint16_t scheme, std::span<const SignatureScheme> ours,
                              const crypto::PublicKey& key, ProtocolVersion version,
                              ByteSpan message, ByteSpan signature) {
  const auto known = static_cast<SignatureScheme>(scheme);
  if (std::ranges::find(ours, known) == ours.end())
    return Error(Alert::IllegalParameter, "a signature scheme that was not offered");
  if (!usable(known, key.type(), version))
    return Error(Alert::IllegalParameter, "a signature scheme that does not fit the certificate");
  if (!key.verify(algorithm_of(known), message, signature).has_value())
    return Error(Alert::DecryptError, "the signature of the handshake is wrong");
  return {};
}

}  // namespace avila::tls

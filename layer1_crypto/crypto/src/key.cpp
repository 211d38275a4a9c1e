#include <avila/crypto/key.hpp>
#include <avila/error/assert.hpp>

#include "overload.hpp"

namespace avila::crypto {

namespace {

struct AlgorithmEntry {
  std::string_view name;
  DigestAlgorithm digest;
  enum class Scheme : std::uint8_t { Pkcs1, Pss, Ecdsa, Ed25519 } scheme;
};
using Scheme = AlgorithmEntry::Scheme;

constexpr AlgorithmEntry kAlgorithms[] = {
    // in the order of SignatureAlgorithm
    {"rsa-pkcs1-sha1", DigestAlgorithm::Sha1, Scheme::Pkcs1},
    {"rsa-pkcs1-sha256", DigestAlgorithm::Sha256, Scheme::Pkcs1},
    {"rsa-pkcs1-sha384", DigestAlgorithm::Sha384, Scheme::Pkcs1},
    {"rsa-pkcs1-sha512", DigestAlgorithm::Sha512, Scheme::Pkcs1},
    {"rsa-pss-sha256", DigestAlgorithm::Sha256, Scheme::Pss},
    {"rsa-pss-sha384", DigestAlgorithm::Sha384, Scheme::Pss},
    {"rsa-pss-sha512", DigestAlgorithm::Sha512, Scheme::Pss},
    {"ecdsa-sha1", DigestAlgorithm::Sha1, Scheme::Ecdsa},
    {"ecdsa-sha256", DigestAlgorithm::Sha256, Scheme::Ecdsa},
    {"ecdsa-sha384", DigestAlgorithm::Sha384, Scheme::Ecdsa},
    {"ecdsa-sha512", DigestAlgorithm::Sha512, Scheme::Ecdsa},
    {"ed25519", DigestAlgorithm::Sha512, Scheme::Ed25519},
};

const AlgorithmEntry& entry(SignatureAlgorithm algorithm) noexcept {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

PssOptions pss_options(DigestAlgorithm digest) noexcept {
  return {.digest = digest, .mgf_digest = digest, .salt_bytes = digest_size(digest)};
}

Error unfit() {
  return Error(Errc::InvalidArgument, "the signature algorithm does not fit the key");
}

std::vector<std::byte> copy(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

std::string_view name(KeyType type) noexcept {
  constexpr std::string_view kNames[] = {"rsa", "p256", "p384", "secp256k1", "ed25519", "x25519"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view name(SignatureAlgorithm algorithm) noexcept { return entry(algorithm).name; }

bool fits(SignatureAlgorithm algorithm, KeyType type) noexcept {
  switch (entry(algorithm).scheme) {
    case Scheme::Pkcs1:
    case Scheme::Pss: return type == KeyType::Rsa;
    case Scheme::Ecdsa:
      return type == KeyType::P256 || type == KeyType::P384 || type == KeyType::Secp256k1;
    case Scheme::Ed25519: return type == KeyType::Ed25519;
  }
  return false;
}

SignatureAlgorithm default_algorithm(KeyType type) noexcept {
  AVILA_ASSERT(type != KeyType::X25519);
  switch (type) {
    case KeyType::Rsa: return SignatureAlgorithm::RsaPkcs1Sha256;
    case KeyType::P384: return SignatureAlgorithm::EcdsaSha384;
    case KeyType::Ed25519: return SignatureAlgorithm::Ed25519;
    default: return SignatureAlgorithm::EcdsaSha256;
  }
}

Result<void> PublicKey::verify(SignatureAlgorithm algorithm, ByteSpan message,
                               ByteSpan signature) const {
  if (!fits(algorithm, type())) return unfit();
  const AlgorithmEntry& how = entry(algorithm);
  return std::visit(detail::Overload{
                        [&](const RsaPublicKey& key) {
                          return how.scheme == Scheme::Pkcs1
                                     ? key.verify_pkcs1(how.digest, message, signature)
                                     : key.verify_pss(pss_options(how.digest), message, signature);
                        },
                        [&]<class C>(const EcPublicKey<C>& key) -> Result<void> {
                          const auto decoded = EcdsaSignature<C>::decode_der(signature);
                          if (!decoded.has_value())
                            return Error(Errc::Unauthenticated,
                                         "ECDSA: the signature is no DER of two numbers");
                          return key.verify(how.digest, message, *decoded);
                        },
                        [&](const Ed25519PublicKey& key) { return key.verify(message, signature); },
                        [&](const X25519PublicKey&) -> Result<void> { return unfit(); },
                    },
                    key_);
}

Result<PrivateKey> PrivateKey::generate(KeyType type, os::Entropy& entropy,
                                        const GenerateOptions& options) {
  const auto made = [](auto key) -> Result<PrivateKey> {
    if (!key.has_value()) return std::move(key).error();
    return PrivateKey(std::move(key).value());
  };
  switch (type) {
    case KeyType::Rsa: return made(RsaPrivateKey::generate(options.rsa_bits, entropy));
    case KeyType::P256: return made(P256PrivateKey::generate(entropy));
    case KeyType::P384: return made(P384PrivateKey::generate(entropy));
    case KeyType::Secp256k1: return made(Secp256k1PrivateKey::generate(entropy));
    case KeyType::Ed25519: return made(Ed25519PrivateKey::generate(entropy));
    case KeyType::X25519: return made(X25519PrivateKey::generate(entropy));
  }
  return Error(Errc::InvalidArgument, "no such type of key");
}

PublicKey PrivateKey::public_key() const {
  return std::visit([](const auto& key) { return PublicKey(key.public_key()); }, key_);
}

Result<std::vector<std::byte>> PrivateKey::sign(SignatureAlgorithm algorithm, ByteSpan message,
                                                os::Entropy& entropy) const {
  if (!fits(algorithm, type())) return unfit();
  const AlgorithmEntry& how = entry(algorithm);
  if (how.digest == DigestAlgorithm::Sha1)
    return Error(Errc::InvalidArgument, "SHA-1 is for verifying only");
  return std::visit(
      detail::Overload{
          [&](const RsaPrivateKey& key) {
            return how.scheme == Scheme::Pkcs1
                       ? key.sign_pkcs1(how.digest, message, entropy)
                       : key.sign_pss(pss_options(how.digest), message, entropy);
          },
          [&]<class C>(const EcPrivateKey<C>& key) -> Result<std::vector<std::byte>> {
            AVILA_TRY(const auto signature, key.sign(how.digest, message, &entropy));
            return signature.to_der();
          },
          [&](const Ed25519PrivateKey& key) -> Result<std::vector<std::byte>> {
            return copy(key.sign(message));
          },
          [&](const X25519PrivateKey&) -> Result<std::vector<std::byte>> { return unfit(); },
      },
      key_);
}

}  // namespace avila::crypto

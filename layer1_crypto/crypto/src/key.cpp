#include <algorithm>
#include <avila/crypto/key.hpp>
#include <avila/error/assert.hpp>

#include "key_algorithm.hpp"
#include "overload.hpp"

namespace avila::crypto {

namespace {

struct AlgorithmEntry {
  std::string_view name;
  DigestAlgorithm digest;
  enum class Scheme : std::uint8_t { Pkcs1, Pss, Ecdsa, Own } scheme;
  KeyType own = KeyType::Rsa;  // the only type of Scheme::Own
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
    {"ed25519", DigestAlgorithm::Sha512, Scheme::Own, KeyType::Ed25519},
    {"ml-dsa-44", DigestAlgorithm::Sha512, Scheme::Own, KeyType::MlDsa44},
    {"ml-dsa-65", DigestAlgorithm::Sha512, Scheme::Own, KeyType::MlDsa65},
    {"ml-dsa-87", DigestAlgorithm::Sha512, Scheme::Own, KeyType::MlDsa87},
    {"slh-dsa-sha2-128s", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaSha2_128s},
    {"slh-dsa-sha2-128f", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaSha2_128f},
    {"slh-dsa-sha2-192s", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaSha2_192s},
    {"slh-dsa-sha2-192f", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaSha2_192f},
    {"slh-dsa-sha2-256s", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaSha2_256s},
    {"slh-dsa-sha2-256f", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaSha2_256f},
    {"slh-dsa-shake-128s", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaShake_128s},
    {"slh-dsa-shake-128f", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaShake_128f},
    {"slh-dsa-shake-192s", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaShake_192s},
    {"slh-dsa-shake-192f", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaShake_192f},
    {"slh-dsa-shake-256s", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaShake_256s},
    {"slh-dsa-shake-256f", DigestAlgorithm::Sha512, Scheme::Own, KeyType::SlhDsaShake_256f},
};

static_assert(std::size(kAlgorithms) == kSignatureAlgorithms);

const AlgorithmEntry& entry(SignatureAlgorithm algorithm) noexcept {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

PssOptions pss_options(DigestAlgorithm digest) noexcept {
  return {.digest = digest, .mgf_digest = digest, .salt_bytes = digest_size(digest)};
}

Error unfit() {
  return Error(Errc::InvalidArgument, "the signature algorithm does not fit the key");
}

/// A signature of the wrong length is one more that does not verify.
Result<void> without_length(Result<void> verified) {
  if (!verified.has_value() && verified.error().is(Errc::Malformed))
    return Error(Errc::Unauthenticated, "the signature has another length");
  return verified;
}

std::vector<std::byte> copy(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

PublicKey::PublicKey(Variant key) : key_(std::move(key)) {}
PublicKey::PublicKey(const PublicKey& other) = default;
PublicKey& PublicKey::operator=(const PublicKey& other) = default;
PublicKey::PublicKey(PublicKey&& other) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&& other) noexcept = default;
PublicKey::~PublicKey() = default;

PrivateKey::PrivateKey(Variant key) : key_(std::move(key)) {}
PrivateKey::PrivateKey(PrivateKey&& other) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&& other) noexcept = default;
PrivateKey::~PrivateKey() = default;

std::string_view name(KeyType type) noexcept {
  constexpr std::string_view kNames[] = {"rsa",
                                         "p256",
                                         "p384",
                                         "p521",
                                         "secp256k1",
                                         "ed25519",
                                         "x25519",
                                         "ml-kem-512",
                                         "ml-kem-768",
                                         "ml-kem-1024",
                                         "ml-dsa-44",
                                         "ml-dsa-65",
                                         "ml-dsa-87",
                                         "slh-dsa-sha2-128s",
                                         "slh-dsa-sha2-128f",
                                         "slh-dsa-sha2-192s",
                                         "slh-dsa-sha2-192f",
                                         "slh-dsa-sha2-256s",
                                         "slh-dsa-sha2-256f",
                                         "slh-dsa-shake-128s",
                                         "slh-dsa-shake-128f",
                                         "slh-dsa-shake-192s",
                                         "slh-dsa-shake-192f",
                                         "slh-dsa-shake-256s",
                                         "slh-dsa-shake-256f"};
  static_assert(std::size(kNames) == kKeyTypes);
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view name(SignatureAlgorithm algorithm) noexcept { return entry(algorithm).name; }

bool fits(SignatureAlgorithm algorithm, KeyType type) noexcept {
  switch (entry(algorithm).scheme) {
    case Scheme::Pkcs1:
    case Scheme::Pss: return type == KeyType::Rsa;
    case Scheme::Ecdsa: return is_ec(type);
    case Scheme::Own: return type == entry(algorithm).own;
  }
  return false;
}

bool is_ec(KeyType type) noexcept { return type >= KeyType::P256 && type <= KeyType::Secp256k1; }

bool can_sign(KeyType type) noexcept {
  return type != KeyType::X25519 && type != KeyType::MlKem512 && type != KeyType::MlKem768 &&
         type != KeyType::MlKem1024;
}

SignatureAlgorithm default_algorithm(KeyType type) noexcept {
  AVILA_ASSERT(can_sign(type));
  if (type == KeyType::Rsa) return SignatureAlgorithm::RsaPkcs1Sha256;
  if (type == KeyType::P384) return SignatureAlgorithm::EcdsaSha384;
  if (type == KeyType::P521) return SignatureAlgorithm::EcdsaSha512;
  if (type == KeyType::P256 || type == KeyType::Secp256k1) return SignatureAlgorithm::EcdsaSha256;
  std::size_t algorithm = 0;
  while (kAlgorithms[algorithm].scheme != Scheme::Own || kAlgorithms[algorithm].own != type)
    ++algorithm;
  return static_cast<SignatureAlgorithm>(algorithm);
}

KeyType PublicKey::type() const noexcept {
  const auto* slh_dsa = as<SlhDsaPublicKey>();
  return static_cast<KeyType>(key_.index() +
                              (slh_dsa != nullptr ? static_cast<std::size_t>(slh_dsa->set()) : 0));
}

KeyType PrivateKey::type() const noexcept {
  const auto* slh_dsa = as<SlhDsaPrivateKey>();
  return static_cast<KeyType>(
      key_.index() +
      (slh_dsa != nullptr ? static_cast<std::size_t>(slh_dsa->public_key().set()) : 0));
}

bool operator==(const PublicKey& a, const PublicKey& b) noexcept {
  if (a.type() != b.type()) return false;
  return std::visit(
      [&]<class K>(const K& key) {
        const K& other = *b.as<K>();
        if constexpr (std::is_same_v<K, SlhDsaPublicKey>)
          return std::ranges::equal(key.bytes(), other.bytes());
        else
          return key == other;
      },
      a.key_);
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
                        [&]<class S>(const LatticePublicKey<S>& key) -> Result<void> {
                          if constexpr (requires { key->verify(message, signature); })
                            return without_length(key->verify(message, signature));
                          else
                            return unfit();
                        },
                        [&](const SlhDsaPublicKey& key) {
                          return without_length(key.verify(message, signature));
                        },
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
    case KeyType::P521: return made(P521PrivateKey::generate(entropy));
    case KeyType::Secp256k1: return made(Secp256k1PrivateKey::generate(entropy));
    case KeyType::Ed25519: return made(Ed25519PrivateKey::generate(entropy));
    case KeyType::X25519: return made(X25519PrivateKey::generate(entropy));
    default: break;
  }
  if (detail::is_slh_dsa(type))
    return made(SlhDsaPrivateKey::generate(detail::slh_dsa_set(type), entropy));
  return detail::with_lattice(
      type, [&]<class S>() { return made(LatticePrivateKey<S>::generate(entropy)); },
      Error(Errc::InvalidArgument, "no such type of key"));
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
          [&]<class S>(const LatticePrivateKey<S>& key) -> Result<std::vector<std::byte>> {
            if constexpr (requires { key->sign(message, entropy); }) {
              AVILA_TRY(const auto signature, key->sign(message, entropy));
              return copy(signature);
            } else {
              return unfit();
            }
          },
          [&](const SlhDsaPrivateKey& key) { return key.sign(message, entropy); },
      },
      key_);
}

}  // namespace avila::crypto

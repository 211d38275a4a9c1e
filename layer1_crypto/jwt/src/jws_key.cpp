#include <algorithm>
#include <array>
#include <avila/hash/secret.hpp>
#include <avila/jwt/error.hpp>
#include <avila/jwt/key.hpp>
#include <avila/jwt/limits.hpp>
#include <avila/mac/hmac.hpp>

#include "key_checks.hpp"

namespace avila::jwt {
namespace {

using crypto::DigestAlgorithm;
using crypto::KeyType;

DigestAlgorithm digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::Hs384:
    case Algorithm::Rs384:
    case Algorithm::Ps384:
    case Algorithm::Es384: return DigestAlgorithm::Sha384;
    case Algorithm::Hs512:
    case Algorithm::Rs512:
    case Algorithm::Ps512:
    case Algorithm::Es512: return DigestAlgorithm::Sha512;
    default: return DigestAlgorithm::Sha256;
  }
}

// RFC 7518 section 3.5: MGF1 with the same digest, a salt as long.
crypto::PssOptions pss_options(Algorithm algorithm) {
  const DigestAlgorithm digest = digest_of(algorithm);
  return {.digest = digest, .mgf_digest = digest, .salt_bytes = detail::digest_bytes(algorithm)};
}

std::vector<std::byte> mac(Algorithm algorithm, ByteSpan secret, ByteSpan input) {
  const auto made = [&]<class Hash>(Hash) {
    const auto tag = hash::hmac<Hash>(secret, input);
    return std::vector<std::byte>(tag.begin(), tag.end());
  };
  switch (algorithm) {
    case Algorithm::Hs384: return made(hash::Sha384());
    case Algorithm::Hs512: return made(hash::Sha512());
    default: return made(hash::Sha256());
  }
}

bool fits_type(Algorithm algorithm, KeyType type) {
  switch (algorithm) {
    case Algorithm::Rs256:
    case Algorithm::Rs384:
    case Algorithm::Rs512:
    case Algorithm::Ps256:
    case Algorithm::Ps384:
    case Algorithm::Ps512: return type == KeyType::Rsa;
    case Algorithm::Es256:  // RFC 7518 section 3.4: a curve each
      return type == KeyType::P256;
    case Algorithm::Es384: return type == KeyType::P384;
    case Algorithm::Es512: return type == KeyType::P521;
    case Algorithm::Es256k: return type == KeyType::Secp256k1;
    case Algorithm::EdDsa: return type == KeyType::Ed25519;
    default: return false;
  }
}

Result<void> check_public(const crypto::PublicKey& key) {
  constexpr Algorithm kOfEachType[] = {Algorithm::Rs256, Algorithm::Es256,  Algorithm::Es384,
                                       Algorithm::Es512, Algorithm::Es256k, Algorithm::EdDsa};
  if (std::none_of(std::begin(kOfEachType), std::end(kOfEachType),
                   [&](Algorithm algorithm) { return fits_type(algorithm, key.type()); }))
    return Error(Errc::InvalidArgument, "JWS has no algorithm for keys of this type");
  if (const auto* rsa = key.as<crypto::RsaPublicKey>()) return detail::check_rsa(*rsa);
  return {};
}

Result<void> check_secret(ByteSpan secret) {
  if (secret.size() < 32)
    return Error(Errc::InvalidArgument, "HMAC secret below 32 bytes (RFC 7518 section 3.2)");
  if (as_text(secret).starts_with("-----BEGIN"))
    return Error(Errc::InvalidArgument, "a PEM text is no HMAC secret");
  return {};
}

template <class C>
Result<void> verify_ec(const crypto::PublicKey& key, Algorithm algorithm, ByteSpan input,
                       ByteSpan signature) {
  AVILA_TRY(const auto decoded, crypto::EcdsaSignature<C>::decode(signature));
  return key.as<crypto::EcPublicKey<C>>()->verify(digest_of(algorithm), input, decoded);
}

Result<void> verify_public(const crypto::PublicKey& key, Algorithm algorithm, ByteSpan input,
                           ByteSpan signature) {
  switch (algorithm) {
    case Algorithm::Rs256:
    case Algorithm::Rs384:
    case Algorithm::Rs512:
      return key.as<crypto::RsaPublicKey>()->verify_pkcs1(digest_of(algorithm), input, signature);
    case Algorithm::Ps256:
    case Algorithm::Ps384:
    case Algorithm::Ps512:
      return key.as<crypto::RsaPublicKey>()->verify_pss(pss_options(algorithm), input, signature);
    case Algorithm::Es256: return verify_ec<field::CurveP256>(key, algorithm, input, signature);
    case Algorithm::Es384: return verify_ec<field::CurveP384>(key, algorithm, input, signature);
    case Algorithm::Es512: return verify_ec<field::CurveP521>(key, algorithm, input, signature);
    case Algorithm::Es256k:
      return verify_ec<field::CurveSecp256k1>(key, algorithm, input, signature);
    default: return key.as<crypto::Ed25519PublicKey>()->verify(input, signature);
  }
}

template <class C>
Result<std::vector<std::byte>> sign_ec(const crypto::PrivateKey& key, Algorithm algorithm,
                                       ByteSpan input, os::Entropy& entropy) {
  AVILA_TRY(const auto signature,
            key.as<crypto::EcPrivateKey<C>>()->sign(digest_of(algorithm), input, &entropy));
  return std::vector<std::byte>(signature.bytes.begin(), signature.bytes.end());
}

}  // namespace

namespace detail {

std::size_t digest_bytes(Algorithm algorithm) {
  switch (digest_of(algorithm)) {
    case DigestAlgorithm::Sha384: return 48;
    case DigestAlgorithm::Sha512: return 64;
    default: return 32;
  }
}

namespace {

// Moduli made by the broken generator of Infineon (Nemec and others, "The Return of Coppersmith's
// Attack", CCS 2017) are powers of 65537 modulo every small prime. Another modulus passes for one
// with a chance below 2^-25.
bool is_roca(ByteSpan modulus) {
  constexpr std::array<std::uint32_t, 38> kPrimes = {
      3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
      73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  for (const std::uint32_t prime : kPrimes) {
    std::uint32_t rest = 0;
    for (const std::byte b : modulus)
      rest = (rest * 256 + std::to_integer<std::uint32_t>(b)) % prime;
    std::uint32_t power = 1;
    do power = power * (65537 % prime) % prime;
    while (power != rest && power != 1);
    if (power != rest) return false;
  }
  return true;
}

}  // namespace

Result<void> check_rsa(const crypto::RsaPublicKey& key) {
  if (key.bits() < kRsaBitsMin) return Error(Errc::InvalidArgument, "RSA key below 2048 bits");
  if (is_roca(key.modulus()))
    return Error(Errc::InvalidArgument, "RSA key of the weak generator of CVE-2017-15361");
  return {};
}

Result<void> check_use(const crypto::JwkMetadata& metadata, std::string_view use,
                       std::initializer_list<std::string_view> operations) {
  if (!metadata.use.empty() && metadata.use != use)
    return Error(Errc::InvalidArgument, "JWK: \"use\" is another");
  if (metadata.operations.empty()) return {};
  for (const std::string& operation : metadata.operations)
    if (std::find(operations.begin(), operations.end(), operation) != operations.end()) return {};
  return Error(Errc::InvalidArgument, "JWK: \"key_ops\" are others");
}

}  // namespace detail

VerifyingKey::VerifyingKey(Variant key, KeyInfo info)
    : key_(std::move(key)),
      key_id_(std::move(info.key_id)),
      algorithm_(info.algorithm ? name(*info.algorithm) : "") {}

Result<VerifyingKey> VerifyingKey::create(crypto::PublicKey key, KeyInfo info) {
  AVILA_TRY_VOID(check_public(key));
  if (info.algorithm && !fits_type(*info.algorithm, key.type()))
    return Error(Errc::InvalidArgument, "the algorithm is not for keys of this type");
  return VerifyingKey(Variant(std::move(key)), std::move(info));
}

Result<VerifyingKey> VerifyingKey::hmac(ByteSpan secret, KeyInfo info) {
  AVILA_TRY_VOID(check_secret(secret));
  if (info.algorithm &&
      (*info.algorithm > Algorithm::Hs512 || secret.size() < detail::digest_bytes(*info.algorithm)))
    return Error(Errc::InvalidArgument, "the algorithm is not for secrets of this size");
  return VerifyingKey(Variant(SecretBytes::copy_of(secret)), std::move(info));
}

Result<VerifyingKey> VerifyingKey::from_jwk(crypto::Jwk jwk) {
  AVILA_TRY_VOID(detail::check_use(jwk.metadata, "sig", {"verify", "sign"}));
  KeyInfo info{.key_id = std::move(jwk.metadata.key_id), .algorithm = std::nullopt};
  const auto with_algorithm = [&](Result<VerifyingKey> made) {
    if (made.has_value()) made->algorithm_ = std::move(jwk.metadata.algorithm);
    return made;
  };
  if (auto* secret = std::get_if<crypto::SymmetricKey>(&jwk.key))
    return with_algorithm(hmac(secret->span(), std::move(info)));
  if (auto* key = std::get_if<crypto::PrivateKey>(&jwk.key))
    return with_algorithm(create(key->public_key(), std::move(info)));
  return with_algorithm(create(std::get<crypto::PublicKey>(std::move(jwk.key)), std::move(info)));
}

bool VerifyingKey::fits(Algorithm algorithm) const noexcept {
  if (!algorithm_.empty() && algorithm_ != name(algorithm)) return false;
  if (const auto* secret = std::get_if<SecretBytes>(&key_))
    return algorithm <= Algorithm::Hs512 && secret->size() >= detail::digest_bytes(algorithm);
  return fits_type(algorithm, std::get<crypto::PublicKey>(key_).type());
}

Result<void> VerifyingKey::verify(Algorithm algorithm, ByteSpan input, ByteSpan signature) const {
  if (!fits(algorithm)) return Error(Errc::InvalidArgument, "the algorithm is not for this key");
  bool valid = false;
  if (const auto* secret = std::get_if<SecretBytes>(&key_)) {
    valid = hash::equal_tags(mac(algorithm, secret->span(), input), signature);
  } else {
    valid =
        verify_public(std::get<crypto::PublicKey>(key_), algorithm, input, signature).has_value();
  }
  if (!valid) return Error(TokenError::Invalid, "the signature is not right");
  return {};
}

SigningKey::SigningKey(Algorithm algorithm, Variant key, std::string key_id)
    : algorithm_(algorithm), key_(std::move(key)), key_id_(std::move(key_id)) {}

Result<SigningKey> SigningKey::create(Algorithm algorithm, crypto::PrivateKey key,
                                      std::string key_id) {
  AVILA_TRY_VOID(check_public(key.public_key()));
  if (!fits_type(algorithm, key.type()))
    return Error(Errc::InvalidArgument, "the algorithm is not for keys of this type");
  return SigningKey(algorithm, Variant(std::move(key)), std::move(key_id));
}

Result<SigningKey> SigningKey::hmac(Algorithm algorithm, ByteSpan secret, std::string key_id) {
  AVILA_TRY_VOID(check_secret(secret));
  if (algorithm > Algorithm::Hs512 || secret.size() < detail::digest_bytes(algorithm))
    return Error(Errc::InvalidArgument, "the algorithm is not for secrets of this size");
  return SigningKey(algorithm, Variant(SecretBytes::copy_of(secret)), std::move(key_id));
}

Result<SigningKey> SigningKey::from_jwk(crypto::Jwk jwk, std::optional<Algorithm> algorithm) {
  AVILA_TRY_VOID(detail::check_use(jwk.metadata, "sig", {"sign"}));
  if (!jwk.metadata.algorithm.empty()) {
    const auto own = find_algorithm(jwk.metadata.algorithm);
    if (!own || (algorithm && *algorithm != *own))
      return Error(Errc::InvalidArgument, "JWK: \"alg\" is another");
    algorithm = own;
  }
  if (!algorithm) return Error(Errc::InvalidArgument, "JWK without \"alg\": say which algorithm");
  std::string key_id = std::move(jwk.metadata.key_id);
  if (const auto* secret = std::get_if<crypto::SymmetricKey>(&jwk.key))
    return hmac(*algorithm, secret->span(), std::move(key_id));
  auto* key = std::get_if<crypto::PrivateKey>(&jwk.key);
  if (key == nullptr) return Error(Errc::InvalidArgument, "a public key does not sign");
  return create(*algorithm, std::move(*key), std::move(key_id));
}

Result<std::vector<std::byte>> SigningKey::sign(ByteSpan input, os::Entropy& entropy) const {
  if (const auto* secret = std::get_if<SecretBytes>(&key_))
    return mac(algorithm_, secret->span(), input);
  const auto& key = std::get<crypto::PrivateKey>(key_);
  switch (algorithm_) {
    case Algorithm::Rs256:
    case Algorithm::Rs384:
    case Algorithm::Rs512:
      return key.as<crypto::RsaPrivateKey>()->sign_pkcs1(digest_of(algorithm_), input, entropy);
    case Algorithm::Ps256:
    case Algorithm::Ps384:
    case Algorithm::Ps512:
      return key.as<crypto::RsaPrivateKey>()->sign_pss(pss_options(algorithm_), input, entropy);
    case Algorithm::Es256: return sign_ec<field::CurveP256>(key, algorithm_, input, entropy);
    case Algorithm::Es384: return sign_ec<field::CurveP384>(key, algorithm_, input, entropy);
    case Algorithm::Es512: return sign_ec<field::CurveP521>(key, algorithm_, input, entropy);
    case Algorithm::Es256k: return sign_ec<field::CurveSecp256k1>(key, algorithm_, input, entropy);
    default: {
      const auto signature = key.as<crypto::Ed25519PrivateKey>()->sign(input);
      return std::vector<std::byte>(signature.begin(), signature.end());
    }
  }
}

}  // namespace avila::jwt

#include <avila/jwt/detail/steps.hpp>

#include "key_checks.hpp"

namespace avila::jwt {
namespace {

using crypto::KeyType;

bool is_direct(KeyManagement algorithm) { return algorithm == KeyManagement::Dir; }
bool is_wrap(KeyManagement algorithm) {
  return algorithm >= KeyManagement::A128Kw && algorithm <= KeyManagement::A256GcmKw;
}
bool is_rsa(KeyManagement algorithm) {
  return algorithm == KeyManagement::RsaOaep || algorithm == KeyManagement::RsaOaep256;
}
bool is_password(KeyManagement algorithm) { return algorithm >= KeyManagement::Pbes2Hs256A128Kw; }

bool fits_pair(KeyManagement algorithm, KeyType type) {
  if (is_rsa(algorithm)) return type == KeyType::Rsa;
  return detail::is_ecdh(algorithm) && (type == KeyType::P256 || type == KeyType::P384 ||
                                        type == KeyType::P521 || type == KeyType::X25519);
}
bool fits_shared(KeyManagement algorithm, std::size_t bytes) {
  return is_direct(algorithm) || (is_wrap(algorithm) && bytes == detail::kek_bytes(algorithm));
}

Result<void> check_pair(const crypto::PublicKey& key) {
  if (const auto* rsa = key.as<crypto::RsaPublicKey>()) return detail::check_rsa(*rsa);
  if (!fits_pair(KeyManagement::EcdhEs, key.type()))
    return Error(Errc::InvalidArgument, "keys of this type do not encrypt");
  return {};
}
Result<void> check_shared(ByteSpan key) {
  if (key.size() < 16 || key.size() > 64)
    return Error(Errc::InvalidArgument, "a symmetric key of JWE has 16 to 64 bytes");
  return {};
}
Result<void> check_password(ByteSpan password) {
  if (password.empty()) return Error(Errc::InvalidArgument, "an empty password");
  return {};
}

Error unfit() { return Error(Errc::InvalidArgument, "the algorithm is not for this key"); }

}  // namespace

DecryptionKey::DecryptionKey(Variant key, JweKeyInfo info)
    : key_(std::move(key)),
      key_id_(std::move(info.key_id)),
      algorithm_(info.algorithm ? name(*info.algorithm) : "") {}

Result<DecryptionKey> DecryptionKey::create(crypto::PrivateKey key, JweKeyInfo info) {
  AVILA_TRY_VOID(check_pair(key.public_key()));
  if (info.algorithm && !fits_pair(*info.algorithm, key.type())) return unfit();
  return DecryptionKey(Variant(std::move(key)), std::move(info));
}

Result<DecryptionKey> DecryptionKey::symmetric(ByteSpan key, JweKeyInfo info) {
  AVILA_TRY_VOID(check_shared(key));
  if (info.algorithm && !fits_shared(*info.algorithm, key.size())) return unfit();
  return DecryptionKey(Variant(detail::SharedKey{SecretBytes::copy_of(key)}), std::move(info));
}

Result<DecryptionKey> DecryptionKey::password(ByteSpan password, JweKeyInfo info) {
  AVILA_TRY_VOID(check_password(password));
  if (info.algorithm && !is_password(*info.algorithm)) return unfit();
  return DecryptionKey(Variant(detail::Password{SecretBytes::copy_of(password)}), std::move(info));
}

Result<DecryptionKey> DecryptionKey::from_jwk(crypto::Jwk jwk) {
  AVILA_TRY_VOID(
      detail::check_use(jwk.metadata, "enc", {"decrypt", "unwrapKey", "deriveKey", "deriveBits"}));
  const auto with_algorithm = [&](Result<DecryptionKey> made) {
    if (made.has_value()) made->algorithm_ = std::move(jwk.metadata.algorithm);
    return made;
  };
  JweKeyInfo info{.key_id = std::move(jwk.metadata.key_id), .algorithm = std::nullopt};
  if (const auto* secret = std::get_if<crypto::SymmetricKey>(&jwk.key))
    return with_algorithm(jwk.metadata.algorithm.starts_with("PBES2")
                              ? password(secret->span(), std::move(info))
                              : symmetric(secret->span(), std::move(info)));
  auto* key = std::get_if<crypto::PrivateKey>(&jwk.key);
  if (key == nullptr) return Error(Errc::InvalidArgument, "a public key does not decrypt");
  return with_algorithm(create(std::move(*key), std::move(info)));
}

bool DecryptionKey::fits(KeyManagement algorithm, ContentEncryption content) const noexcept {
  // RFC 7517 section 4.4: of a dir key, "alg" is mostly the content's.
  if (!algorithm_.empty() && algorithm_ != name(algorithm) &&
      !(is_direct(algorithm) && algorithm_ == name(content)))
    return false;
  if (const auto* pair = std::get_if<crypto::PrivateKey>(&key_))
    return fits_pair(algorithm, pair->type());
  if (std::holds_alternative<detail::Password>(key_)) return is_password(algorithm);
  const std::size_t bytes = std::get<detail::SharedKey>(key_).bytes.size();
  return fits_shared(algorithm, bytes) &&
         (!is_direct(algorithm) || bytes == detail::cek_bytes(content));
}

EncryptionKey::EncryptionKey(KeyManagement algorithm, Variant key, std::string key_id)
    : algorithm_(algorithm), key_(std::move(key)), key_id_(std::move(key_id)) {}

Result<EncryptionKey> EncryptionKey::create(KeyManagement algorithm, crypto::PublicKey key,
                                            std::string key_id) {
  AVILA_TRY_VOID(check_pair(key));
  if (!fits_pair(algorithm, key.type())) return unfit();
  return EncryptionKey(algorithm, Variant(std::move(key)), std::move(key_id));
}

Result<EncryptionKey> EncryptionKey::symmetric(KeyManagement algorithm, ByteSpan key,
                                               std::string key_id) {
  AVILA_TRY_VOID(check_shared(key));
  if (!fits_shared(algorithm, key.size())) return unfit();
  return EncryptionKey(algorithm, Variant(detail::SharedKey{SecretBytes::copy_of(key)}),
                       std::move(key_id));
}

Result<EncryptionKey> EncryptionKey::password(KeyManagement algorithm, ByteSpan password,
                                              std::string key_id) {
  AVILA_TRY_VOID(check_password(password));
  if (!is_password(algorithm)) return unfit();
  return EncryptionKey(algorithm, Variant(detail::Password{SecretBytes::copy_of(password)}),
                       std::move(key_id));
}

Result<EncryptionKey> EncryptionKey::from_jwk(crypto::Jwk jwk, KeyManagement algorithm) {
  AVILA_TRY_VOID(
      detail::check_use(jwk.metadata, "enc", {"encrypt", "wrapKey", "deriveKey", "deriveBits"}));
  const std::string& own = jwk.metadata.algorithm;
  if (!own.empty() && own != name(algorithm) &&
      !(is_direct(algorithm) && find_content_encryption(own)))
    return Error(Errc::InvalidArgument, "JWK: \"alg\" is another");
  std::string key_id = std::move(jwk.metadata.key_id);
  if (const auto* secret = std::get_if<crypto::SymmetricKey>(&jwk.key))
    return is_password(algorithm) ? password(algorithm, secret->span(), std::move(key_id))
                                  : symmetric(algorithm, secret->span(), std::move(key_id));
  if (const auto* key = std::get_if<crypto::PrivateKey>(&jwk.key))
    return create(algorithm, key->public_key(), std::move(key_id));
  return create(algorithm, std::get<crypto::PublicKey>(std::move(jwk.key)), std::move(key_id));
}

}  // namespace avila::jwt

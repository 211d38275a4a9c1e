#include <avila/keystore/keystore.hpp>

namespace avila::keystore {
namespace {

KeyKind kind_of(ProviderKeyKind kind) {
  switch (kind) {
    case ProviderKeyKind::Aes256: return KeyKind::Aes256Gcm;
    case ProviderKeyKind::P256: return KeyKind::P256;
    case ProviderKeyKind::P384: return KeyKind::P384;
    case ProviderKeyKind::P521: return KeyKind::P521;
    case ProviderKeyKind::Rsa2048: return KeyKind::Rsa2048;
    case ProviderKeyKind::Rsa3072: return KeyKind::Rsa3072;
    case ProviderKeyKind::Rsa4096: return KeyKind::Rsa4096;
  }
  return KeyKind::Aes256Gcm;
}

}  // namespace

Result<void> KeystoreProvider::generate(std::string_view label, ProviderKeyKind kind) {
  AVILA_TRY_VOID(store_.create_key({caller_}, label, kind_of(kind)));
  return {};
}

Result<void> KeystoreProvider::destroy(std::string_view label) {
  AVILA_TRY(const KeyHandle key, store_.find_key(label));
  return store_.schedule_key_destruction({caller_}, key, kDestroyWaitMin);
}

Result<std::vector<std::byte>> KeystoreProvider::wrap(std::string_view label, ByteSpan secret,
                                                      ByteSpan aad) {
  AVILA_TRY(const KeyHandle key, store_.find_key(label));
  return store_.wrap({caller_}, key, secret, Context::of(aad));
}

Result<SecretBytes> KeystoreProvider::unwrap(std::string_view label, ByteSpan wrapped,
                                             ByteSpan aad) {
  AVILA_TRY(const KeyHandle key, store_.find_key(label));
  return store_.unwrap({caller_}, key, wrapped, Context::of(aad));
}

Result<std::vector<std::byte>> KeystoreProvider::sign(std::string_view label,
                                                      crypto::SignatureAlgorithm algorithm,
                                                      ByteSpan message) {
  AVILA_TRY(const KeyHandle key, store_.find_key(label));
  AVILA_TRY(auto signature, store_.sign({caller_}, key, message, algorithm));
  return std::move(signature.bytes);
}

Result<crypto::PublicKey> KeystoreProvider::public_key(std::string_view label) {
  AVILA_TRY(const KeyHandle key, store_.find_key(label));
  AVILA_TRY(const KeyInfo info, store_.describe(key));
  return store_.public_key(key, info.current_version);
}

}  // namespace avila::keystore

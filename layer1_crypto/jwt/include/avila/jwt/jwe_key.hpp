// Keys of JWE. Symmetric keys, passwords and key pairs are made by different functions, so that
// none is taken for another.
#pragma once
#include <avila/crypto/jwk.hpp>
#include <avila/crypto/key.hpp>
#include <avila/jwt/algorithm.hpp>
#include <string>
#include <variant>

namespace avila::jwt {

namespace detail {

struct SharedKey {
  SecretBytes bytes;
};
struct Password {
  SecretBytes bytes;
};

}  // namespace detail

struct JweKeyInfo {
  std::string key_id;  ///< "kid"; empty: any token may be tried on it
  /// The one algorithm that it is for; absent: all that fit its type and size.
  std::optional<KeyManagement> algorithm;
};

/// Decrypts. Move-only, wiped. Threads may share a const one.
class DecryptionKey {
 public:
  using Variant = std::variant<crypto::PrivateKey, detail::SharedKey, detail::Password>;

  /// RSA, P-256, P-384, P-521 or X25519. Errors: InvalidArgument (another type, RSA as
  /// VerifyingKey::create(), an algorithm that does not fit).
  static Result<DecryptionKey> create(crypto::PrivateKey key, JweKeyInfo info = {});
  /// For dir, A*KW and A*GCMKW: 16 to 64 bytes. Errors: InvalidArgument.
  static Result<DecryptionKey> symmetric(ByteSpan key, JweKeyInfo info = {});
  /// For PBES2: 1 byte or more. Errors: InvalidArgument.
  static Result<DecryptionKey> password(ByteSpan password, JweKeyInfo info = {});
  /// Takes "kid", "alg", "use" and "key_ops" along. "alg" may be that of the content where the key
  /// is for dir. Errors: InvalidArgument (a public key, not for encryption), as above.
  static Result<DecryptionKey> from_jwk(crypto::Jwk jwk);

  const std::string& key_id() const noexcept { return key_id_; }
  bool fits(KeyManagement algorithm, ContentEncryption content) const noexcept;
  const Variant& key() const noexcept { return key_; }

 private:
  DecryptionKey(Variant key, JweKeyInfo info);
  Variant key_;
  std::string key_id_;
  std::string algorithm_;  // as in VerifyingKey
};

/// Encrypts to a recipient by one algorithm. Move-only, wiped. Threads may share a const one.
class EncryptionKey {
 public:
  using Variant = std::variant<crypto::PublicKey, detail::SharedKey, detail::Password>;

  /// Errors: InvalidArgument, as DecryptionKey; here a key whose size does not fit the algorithm
  /// too.
  static Result<EncryptionKey> create(KeyManagement algorithm, crypto::PublicKey key,
                                      std::string key_id = {});
  static Result<EncryptionKey> symmetric(KeyManagement algorithm, ByteSpan key,
                                         std::string key_id = {});
  static Result<EncryptionKey> password(KeyManagement algorithm, ByteSpan password,
                                        std::string key_id = {});
  /// The JWK's "alg", where it has one, is `algorithm` (or the content's for dir). Of a private key
  /// the public half. Errors: InvalidArgument.
  static Result<EncryptionKey> from_jwk(crypto::Jwk jwk, KeyManagement algorithm);

  KeyManagement algorithm() const noexcept { return algorithm_; }
  const std::string& key_id() const noexcept { return key_id_; }
  const Variant& key() const noexcept { return key_; }

 private:
  EncryptionKey(KeyManagement algorithm, Variant key, std::string key_id);
  KeyManagement algorithm_;
  Variant key_;
  std::string key_id_;
};

}  // namespace avila::jwt

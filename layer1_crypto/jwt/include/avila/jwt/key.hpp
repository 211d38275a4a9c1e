// Keys of JWS. What verifies by a secret and what verifies by a public key are different things, so
// that no public key can ever serve as an HMAC secret.
#pragma once
#include <avila/crypto/jwk.hpp>
#include <avila/crypto/key.hpp>
#include <avila/jwt/algorithm.hpp>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace avila::jwt {

/// What is known of a key beside itself.
struct KeyInfo {
  std::string key_id;  ///< "kid"; empty: any token may be tried on it
  /// The one algorithm that it is for; absent: all that fit its type.
  std::optional<Algorithm> algorithm;
};

/// Verifies signatures: a public key, or the secret of HMAC. Move-only; a secret is wiped. Threads
/// may share a const one.
class VerifyingKey {
 public:
  /// Errors: InvalidArgument (RSA below kRsaBitsMin or of the weak form of ROCA, X25519, an
  /// algorithm that does not fit).
  static Result<VerifyingKey> create(crypto::PublicKey key, KeyInfo info = {});
  /// A secret of at least 32 bytes, and of the size of the digest (RFC 7518 section 3.2). Errors:
  /// InvalidArgument (too short; a PEM text, which is no secret).
  static Result<VerifyingKey> hmac(ByteSpan secret, KeyInfo info = {});
  /// Takes "kid", "alg", "use" and "key_ops" along; of a private key the public half. Errors: as
  /// above, also where the JWK is not for signatures.
  static Result<VerifyingKey> from_jwk(crypto::Jwk jwk);

  const std::string& key_id() const noexcept { return key_id_; }
  bool is_symmetric() const noexcept { return std::holds_alternative<SecretBytes>(key_); }
  /// Whether tokens of this algorithm may be verified with it.
  bool fits(Algorithm algorithm) const noexcept;
  /// Errors: TokenError::Invalid, also of a length that such signatures do not have;
  /// InvalidArgument (an algorithm that does not fit).
  Result<void> verify(Algorithm algorithm, ByteSpan input, ByteSpan signature) const;

 private:
  friend class KeySet;
  using Variant = std::variant<crypto::PublicKey, SecretBytes>;
  VerifyingKey(Variant key, KeyInfo info);
  Variant key_;
  std::string key_id_;
  std::string algorithm_;  // "alg" of the JWK, which may be a name that nothing has; or empty
};

/// Signs by one algorithm. Move-only, wiped. Threads may share a const one.
class SigningKey {
 public:
  /// Errors: InvalidArgument, as VerifyingKey::create().
  static Result<SigningKey> create(Algorithm algorithm, crypto::PrivateKey key,
                                   std::string key_id = {});
  static Result<SigningKey> hmac(Algorithm algorithm, ByteSpan secret, std::string key_id = {});
  /// The algorithm is the JWK's "alg", or `algorithm` where it has none. Errors: InvalidArgument
  /// (neither says one; both do, and differ; a public key; not for signing), as above.
  static Result<SigningKey> from_jwk(crypto::Jwk jwk,
                                     std::optional<Algorithm> algorithm = std::nullopt);

  Algorithm algorithm() const noexcept { return algorithm_; }
  const std::string& key_id() const noexcept { return key_id_; }
  /// The signature of the bytes as they are. Errors: those of the entropy.
  Result<std::vector<std::byte>> sign(ByteSpan input, os::Entropy& entropy) const;

 private:
  using Variant = std::variant<crypto::PrivateKey, SecretBytes>;
  SigningKey(Algorithm algorithm, Variant key, std::string key_id);
  Algorithm algorithm_;
  Variant key_;
  std::string key_id_;
};

/// The keys of an issuer (RFC 7517 section 5).
class KeySet {
 public:
  /// Keys that are not for signatures, of an unknown type, or that their JWK spells wrong are left
  /// out and counted. Errors: Malformed (no set; public keys and secrets in one set; two keys of
  /// one type and one name), LimitExceeded (kKeySetSizeMax, kKeySetKeysMax).
  static Result<KeySet> parse(std::string_view json);
  /// Errors: Malformed, LimitExceeded, as above.
  static Result<KeySet> create(std::vector<VerifyingKey> keys);

  std::span<const VerifyingKey> keys() const noexcept { return keys_; }
  std::size_t ignored() const noexcept { return ignored_; }

 private:
  explicit KeySet(std::vector<VerifyingKey> keys) : keys_(std::move(keys)) {}
  std::vector<VerifyingKey> keys_;
  std::size_t ignored_ = 0;
};

}  // namespace avila::jwt

// JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037, RFC 8812, draft-ietf-cose-dilithium).
#pragma once
#include <avila/crypto/key.hpp>
#include <avila/json/value.hpp>
#include <optional>

namespace avila::crypto {

/// The members that are not the key.
struct JwkMetadata {
  std::string key_id;                   ///< "kid"
  std::string algorithm;                ///< "alg"
  std::string use;                      ///< "sig", "enc"
  std::vector<std::string> operations;  ///< "key_ops"
};

/// kty "oct": a symmetric key.
using SymmetricKey = SecretBytes;

/// One JWK: a public key, a private one, or a symmetric one, and what goes with it.
struct Jwk {
  std::variant<PublicKey, PrivateKey, SymmetricKey> key;
  JwkMetadata metadata;

  /// Errors: Malformed (a member missing or of the wrong length or type; parts that do not belong
  /// to each other), Unsupported ("kty" or "crv").
  static Result<Jwk> parse(const json::Value& object);
  static Result<Jwk> parse(std::string_view text);
  static Result<Jwk> parse(const std::string& text) { return parse(std::string_view(text)); }
  static Result<Jwk> parse(const char* text) { return parse(std::string_view(text)); }
};

/// The public members only.
json::Value to_jwk(const PublicKey& key, const JwkMetadata& metadata = {});
/// With the private ones. The value is not wiped by itself: it is for key files. Null for a key of
/// ML-KEM or ML-DSA whose seed is not known: JWKs hold nothing else of it.
json::Value to_jwk(const PrivateKey& key, const JwkMetadata& metadata = {});
/// RFC 7638, SHA-256, base64url.
std::string thumbprint(const PublicKey& key);

}  // namespace avila::crypto

// JSON Web Signatures (RFC 7515): compact and JSON serialisation, detached and unencoded payloads
// (RFC 7797).
#pragma once
#include <avila/jwt/header.hpp>
#include <avila/jwt/key.hpp>

namespace avila::jwt {

struct SignOptions {
  /// Members for the protected header beside "alg", "kid" and, where needed, "b64" and "crit".
  json::Object header = {};
  bool detached = false;   ///< the payload is left out: the reader has it from elsewhere
  bool unencoded = false;  ///< RFC 7797: the payload is signed as it is
};

struct JwsVerifyOptions {
  /// The payload of a JWS that comes without. Errors where it comes with one.
  std::optional<ByteSpan> detached = std::nullopt;
  /// Take RFC 7797's "b64": false. Never for JWTs.
  bool allow_unencoded = false;
  /// Names in "crit" that the caller handles.
  std::vector<std::string> understood = {};
};

/// What was signed, after it was verified.
struct Jws {
  Header header;
  std::string payload;  ///< bytes; those of the caller where it was detached
  Algorithm algorithm{};
};

/// Errors: InvalidArgument (a header member that this library sets; an unencoded payload that a
/// compact one cannot hold), LimitExceeded, those of the entropy.
Result<std::string> sign_compact(ByteSpan payload, const SigningKey& key, os::Entropy& entropy,
                                 const SignOptions& options = {});

/// `allowed` lists what the caller takes; of the keys, one that the token names (or all that fit,
/// kKeyTriesMax at most, where it names none) must verify it. Errors: TokenError; Malformed;
/// LimitExceeded.
Result<Jws> verify_compact(std::string_view token, std::span<const VerifyingKey> keys,
                           const Algorithms& allowed, const JwsVerifyOptions& options = {});
inline Result<Jws> verify_compact(std::string_view token, const KeySet& keys,
                                  const Algorithms& allowed, const JwsVerifyOptions& options = {}) {
  return verify_compact(token, keys.keys(), allowed, options);
}
inline Result<Jws> verify_compact(std::string_view token, const VerifyingKey& key,
                                  const Algorithms& allowed, const JwsVerifyOptions& options = {}) {
  return verify_compact(token, std::span(&key, 1), allowed, options);
}

/// One signature of a JWS in JSON.
struct JwsSigner {
  const SigningKey& key;
  json::Object header = {};       ///< protected, beside "alg" (and "b64", "crit")
  json::Object unprotected = {};  ///< as they are; "kid" of the key goes here if kid_unprotected
  bool kid_unprotected = false;
};

/// RFC 7515 section 7.2: general, or flattened where there is one signer and `flattened`. Errors:
/// as sign_compact().
struct JwsJsonOptions {
  bool flattened = false;
  bool detached = false;
  bool unencoded = false;
};
Result<std::string> sign_json(ByteSpan payload, std::span<const JwsSigner> signers,
                              os::Entropy& entropy, const JwsJsonOptions& options = {});

/// What was signed, and by whom: at least one signature is right. The headers of those that are
/// not right, or that no key is for, are not told.
struct JwsJson {
  std::string payload;
  struct Signature {
    std::size_t index;  ///< in the JWS
    Header header;
    Algorithm algorithm;
  };
  std::vector<Signature> signatures;  ///< one at least
};
/// General or flattened. Where more than one signature matters, look at how many came back.
/// Errors: as verify_compact(), of the last signature that did not verify.
Result<JwsJson> verify_json(std::string_view text, std::span<const VerifyingKey> keys,
                            const Algorithms& allowed, const JwsVerifyOptions& options = {});

}  // namespace avila::jwt

// JSON Web Tokens (RFC 7519): claims that are signed, and what a reader demands of them.
#pragma once
#include <avila/jwt/claims.hpp>
#include <avila/jwt/jwe.hpp>
#include <avila/jwt/jws.hpp>

namespace avila::os {
class Clock;
}

namespace avila::jwt {

/// What a token must be, beside signed. All that is named must be there and right.
struct Validation {
  std::vector<std::string> issuers = {};    ///< "iss" is one of these; empty: not looked at
  std::vector<std::string> audiences = {};  ///< "aud" holds one of these
  /// A token with "aud" is refused where `audiences` is empty (RFC 7519 section 4.1.3): it is for
  /// somebody else. True takes it.
  bool any_audience = false;
  std::optional<std::string> subject = std::nullopt;
  /// "typ" of the header, as "at+jwt" or "JWT"; "application/" before it and case are the same
  /// (RFC 7515 section 4.1.9). It keeps kinds of tokens of one issuer apart (RFC 8725
  /// section 3.11).
  std::optional<std::string> type = std::nullopt;
  bool require_expiration = true;
  /// Oldest by "iat", which must be there then.
  std::optional<Duration> age_max = std::nullopt;
  /// For clocks that differ: given to "exp", "nbf" and "iat"; 0 to kLeewaySecondsMax (asserted).
  Duration leeway = {};
  std::vector<std::string> required = {};  ///< claims that must be there
};

struct Token {
  Header header;
  Claims claims;
  Algorithm algorithm{};
};

/// Signs claims, with "typ" in the header. Errors: those of sign_compact().
Result<std::string> sign(const Claims& claims, const SigningKey& key, os::Entropy& entropy,
                         std::string_view type = "JWT");

/// The signature first, then the claims, at the time of the clock. Errors: TokenError, Malformed,
/// LimitExceeded; ClaimError of the first claim that does not stand.
Result<Token> verify(std::string_view token, std::span<const VerifyingKey> keys,
                     const Algorithms& allowed, const Validation& validation, os::Clock& clock);
Result<Token> verify(std::string_view token, const KeySet& keys, const Algorithms& allowed,
                     const Validation& validation, os::Clock& clock);
Result<Token> verify(std::string_view token, const VerifyingKey& key, const Algorithms& allowed,
                     const Validation& validation, os::Clock& clock);

/// A signed token inside of an encrypted one ("cty": "JWT"; RFC 7519 section 5.2): one level, never
/// more. Errors: as verify() and decrypt_compact().
struct NestedKeys {
  std::span<const DecryptionKey> decrypt;
  const JweAllowed& jwe;
  std::span<const VerifyingKey> verify;
  const Algorithms& jws;
};
Result<Token> verify_nested(std::string_view token, const NestedKeys& keys,
                            const Validation& validation, os::Clock& clock, os::Entropy& entropy);
/// Signs, then encrypts. Errors: those of both.
Result<std::string> sign_nested(const Claims& claims, const SigningKey& key,
                                const EncryptionKey& recipient, ContentEncryption content,
                                os::Entropy& entropy);

/// The claims alone, of claims that are authenticated otherwise. Errors: ClaimError.
Result<void> validate(const Claims& claims, const Validation& validation, WallTime now);

}  // namespace avila::jwt

#include <algorithm>
#include <avila/jwt/limits.hpp>
#include <avila/jwt/token.hpp>
#include <avila/os/clock.hpp>

#include "header.hpp"

namespace avila::jwt {
namespace {

// RFC 7515 section 4.1.9: a media type without "application/"; names of those have no case.
bool same_type(std::string_view a, std::string_view b) {
  const auto lower = [](std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (out.starts_with("application/") && out.find('/', 12) == std::string::npos) out.erase(0, 12);
    return out;
  };
  return lower(a) == lower(b);
}

// a + by, within what WallTime holds.
WallTime shifted(WallTime a, Duration by) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.ns, by.ns, &sum)) sum = by.ns > 0 ? INT64_MAX : INT64_MIN;
  return {sum};
}

Result<void> check_times(const Claims& claims, const Validation& validation, WallTime now) {
  const WallTime early = shifted(now, validation.leeway);
  const auto expires = claims.expires_at();
  if (!expires && validation.require_expiration) return detail::missing_claim("exp");
  // RFC 7519 section 4.1.4: on or after "exp" it is not accepted.
  if (expires && shifted(*expires, validation.leeway) <= now)
    return Error(ClaimError::Expired, "the token has expired");
  const auto start = claims.not_before();
  if (start && early < *start) return Error(ClaimError::NotYetValid, "the token is not valid yet");
  const auto issued = claims.issued_at();
  if (issued && early < *issued)
    return Error(ClaimError::IssuedInFuture, "the token was issued in the future");
  if (!validation.age_max) return {};
  if (!issued) return detail::missing_claim("iat");
  if (shifted(shifted(*issued, *validation.age_max), validation.leeway) < now)
    return Error(ClaimError::TooOld, "the token is too old");
  return {};
}

Result<Token> check(Jws jws, const Validation& validation, WallTime now) {
  if (validation.type && !same_type(jws.header.type(), *validation.type))
    return Error(ClaimError::WrongTokenType, "the token is of another type");
  AVILA_TRY(Claims claims, Claims::parse(jws.payload));
  AVILA_TRY_VOID(validate(claims, validation, now));
  return Token{std::move(jws.header), std::move(claims), jws.algorithm};
}

}  // namespace

Result<void> validate(const Claims& claims, const Validation& validation, WallTime now) {
  AVILA_ASSERT(validation.leeway.ns >= 0);
  AVILA_ASSERT(validation.leeway <= seconds(kLeewaySecondsMax));
  AVILA_TRY_VOID(check_times(claims, validation, now));
  if (!validation.issuers.empty()) {
    if (!claims.has("iss")) return detail::missing_claim("iss");
    if (std::find(validation.issuers.begin(), validation.issuers.end(), claims.issuer()) ==
        validation.issuers.end())
      return Error(ClaimError::WrongIssuer, "the token is of another issuer");
  }
  if (!validation.audiences.empty()) {
    if (!claims.has("aud")) return detail::missing_claim("aud");
    bool ours = false;
    for (const std::string& name : validation.audiences) ours |= claims.has_audience(name);
    if (!ours) return Error(ClaimError::WrongAudience, "the token is for somebody else");
  } else if (claims.has("aud") && !validation.any_audience) {
    return Error(ClaimError::WrongAudience, "the token names an audience, the reader none");
  }
  if (validation.subject) {
    if (!claims.has("sub")) return detail::missing_claim("sub");
    if (claims.subject() != *validation.subject)
      return Error(ClaimError::WrongSubject, "the token is about somebody else");
  }
  for (const std::string& name : validation.required)
    if (!claims.has(name)) return detail::missing_claim(name);
  return {};
}

Result<std::string> sign(const Claims& claims, const SigningKey& key, os::Entropy& entropy,
                         std::string_view type) {
  SignOptions options;
  if (!type.empty()) options.header.set("typ", type);
  return sign_compact(as_bytes(claims.to_string()), key, entropy, options);
}

Result<Token> verify(std::string_view token, std::span<const VerifyingKey> keys,
                     const Algorithms& allowed, const Validation& validation, os::Clock& clock) {
  AVILA_TRY(Jws jws, verify_compact(token, keys, allowed));
  return check(std::move(jws), validation, clock.wall());
}

Result<Token> verify(std::string_view token, const KeySet& keys, const Algorithms& allowed,
                     const Validation& validation, os::Clock& clock) {
  return verify(token, keys.keys(), allowed, validation, clock);
}

Result<Token> verify(std::string_view token, const VerifyingKey& key, const Algorithms& allowed,
                     const Validation& validation, os::Clock& clock) {
  return verify(token, std::span(&key, 1), allowed, validation, clock);
}

Result<Token> verify_nested(std::string_view token, const NestedKeys& keys,
                            const Validation& validation, os::Clock& clock, os::Entropy& entropy) {
  AVILA_TRY(const Jwe outer, decrypt_compact(token, keys.decrypt, keys.jwe, entropy));
  // RFC 7519 section 5.2: "cty" must say so.
  if (!same_type(outer.header.content_type(), "JWT"))
    return Error(ClaimError::WrongTokenType, "the encrypted content is no token");
  return verify(as_text(outer.plaintext.span()), keys.verify, keys.jws, validation, clock);
}

Result<std::string> sign_nested(const Claims& claims, const SigningKey& key,
                                const EncryptionKey& recipient, ContentEncryption content,
                                os::Entropy& entropy) {
  AVILA_TRY(const std::string inner, sign(claims, key, entropy));
  EncryptOptions options;
  options.header.set("cty", "JWT");
  return encrypt_compact(as_bytes(inner), recipient, content, entropy, options);
}

}  // namespace avila::jwt

// The header of a JWS or JWE (RFC 7515 section 4, RFC 7516 section 4).
#pragma once
#include <avila/json/value.hpp>

namespace avila::jwt {

/// All members: in JSON serialisations those of the protected and of the unprotected ones together.
/// "jku", "jwk", "x5u" and "x5c" are members like others: nothing is fetched, and no key comes from
/// a token.
struct Header {
  json::Value members = json::Value::make_object();

  /// A member that is a string; empty where it is absent.
  std::string_view text(std::string_view name) const noexcept;
  std::string_view algorithm() const noexcept { return text("alg"); }
  std::string_view key_id() const noexcept { return text("kid"); }
  std::string_view type() const noexcept { return text("typ"); }
  std::string_view content_type() const noexcept { return text("cty"); }
};

/// The protected header of a compact JWS or JWE, nothing of which is authenticated yet: to choose
/// among issuers by hand, to look. Errors: Malformed, LimitExceeded.
Result<Header> peek_header(std::string_view token);

}  // namespace avila::jwt

// Flattened JWS (RFC 7515 section 7.2.2) as RFC 8555 section 6.2 wants it.
#pragma once
#include <avila/crypto/jwk.hpp>
#include <avila/json/value.hpp>
#include <avila/pki/acme.hpp>

namespace avila::pki::detail {

/// "ES256", …; empty for a key that signs no JWS.
std::string_view jws_algorithm(crypto::KeyType type) noexcept;
/// `header` is without "alg". Errors: InvalidArgument (key), those of the entropy.
Result<std::string> sign_jws(const crypto::PrivateKey& key, json::Value header,
                             std::string_view payload, os::Entropy& entropy);
/// By HMAC-SHA-256, as external account binding has it.
std::string mac_jws(ByteSpan key, json::Value header, std::string_view payload);

struct Jws {
  json::Value header;  // the protected one
  std::string payload;
  std::string signing_input;
  std::string signature;
};
/// Errors: Malformed, LimitExceeded.
Result<Jws> parse_jws(std::string_view body);
/// Errors: Unauthenticated.
Result<void> verify_jws(const Jws& jws, const crypto::PublicKey& key);
/// Errors: Unauthenticated.
Result<void> verify_mac_jws(const Jws& jws, ByteSpan key);

// JSON members.
std::string text_member(const json::Value& object, std::string_view name);  // empty: absent
/// Errors: Malformed.
Result<json::Value> parse_object(std::string_view text);

}  // namespace avila::pki::detail

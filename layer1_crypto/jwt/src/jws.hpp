// Private: what both serialisations of JWS share.
#pragma once
#include <avila/jwt/jws.hpp>

namespace avila::jwt::detail {

/// One signature as it came.
struct SignatureParts {
  Header header;                    // all of it
  json::Value protected_members;    // an object
  std::string_view protected_text;  // base64url, as it was signed
  std::string_view signature;       // base64url
};

/// Finds key and algorithm, and verifies. `payload` is the text that came (encoded or not).
Result<Algorithm> verify_signature(const SignatureParts& parts, std::string_view payload,
                                   std::span<const VerifyingKey> keys, const Algorithms& allowed,
                                   const JwsVerifyOptions& options);
/// Whether the payload is base64url: "b64" of the protected header. Errors: Malformed.
Result<bool> payload_encoded(const json::Value& protected_members);
/// The payload as text that is signed: what came, or made of the detached one. `storage` holds it
/// then. Errors: Malformed (both or neither).
Result<std::string_view> signed_payload(std::optional<std::string_view> came, bool encoded,
                                        const JwsVerifyOptions& options, std::string& storage);
/// The protected header's JSON. Errors: InvalidArgument.
Result<json::Value> make_header(Algorithm algorithm, std::string_view key_id, bool unencoded,
                                const json::Object& more);
Result<std::string> sign_part(const SigningKey& key, std::string_view protected_text,
                              std::string_view payload, os::Entropy& entropy);

}  // namespace avila::jwt::detail

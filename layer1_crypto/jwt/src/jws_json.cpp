#include <avila/jwt/error.hpp>
#include <avila/jwt/limits.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/utf8.hpp>

#include "header.hpp"
#include "jws.hpp"

namespace avila::jwt {
namespace {

using detail::SignatureParts;

// RFC 7515 section 7.2.1. `object` is an element of "signatures", or the flattened JWS.
Result<SignatureParts> parse_signature(const json::Value& object) {
  SignatureParts parts;
  parts.protected_members = json::Value::make_object();
  AVILA_TRY(parts.protected_text, detail::string_member(object, "protected"));
  AVILA_TRY(parts.signature, detail::string_member(object, "signature"));
  if (object.find("signature") == nullptr) return Error(Errc::Malformed, "no \"signature\"");
  if (object.find("protected") != nullptr) {
    AVILA_TRY(parts.header, detail::decode_header(parts.protected_text));
    parts.protected_members = parts.header.members;
  }
  AVILA_TRY_VOID(detail::merge_header(parts.header, object.find("header")));
  return parts;
}

Result<std::vector<SignatureParts>> parse_signatures(const json::Value& object) {
  std::vector<SignatureParts> signatures;
  const json::Value* list = object.find("signatures");
  if (list == nullptr) {
    AVILA_TRY(SignatureParts one, parse_signature(object));
    signatures.push_back(std::move(one));
    return signatures;
  }
  if (!list->is_array() || list->empty())
    return Error(Errc::Malformed, "\"signatures\" is no list of some");
  if (list->size() > kSignaturesMax)
    return Error(Errc::LimitExceeded, "signatures above kSignaturesMax");
  for (const char* name : {"signature", "protected", "header"})  // section 7.2.2
    if (object.find(name) != nullptr)
      return Error(Errc::Malformed, "both general and flattened serialisation");
  for (const json::Value& element : list->array()) {
    if (!element.is_object()) return Error(Errc::Malformed, "\"signatures\": no object");
    AVILA_TRY(SignatureParts one, parse_signature(element));
    signatures.push_back(std::move(one));
  }
  return signatures;
}

}  // namespace

Result<JwsJson> verify_json(std::string_view text, std::span<const VerifyingKey> keys,
                            const Algorithms& allowed, const JwsVerifyOptions& options) {
  AVILA_TRY(const json::Value object, detail::parse_object(text, kTokenSizeMax, "JWS"));
  AVILA_TRY(const auto signatures, parse_signatures(object));
  std::optional<std::string_view> came;
  if (object.find("payload") != nullptr) {
    AVILA_TRY(came, detail::string_member(object, "payload"));
  }
  AVILA_TRY(const bool encoded, detail::payload_encoded(signatures[0].protected_members));
  for (const SignatureParts& signature : signatures) {
    AVILA_TRY(const bool same, detail::payload_encoded(signature.protected_members));
    // RFC 7797 section 3: one payload, and so one way for all.
    if (same != encoded) return Error(Errc::Malformed, "signatures differ in \"b64\"");
  }
  std::string storage;
  AVILA_TRY(const std::string_view payload,
            detail::signed_payload(came, encoded, options, storage));

  JwsJson result;
  std::optional<Error> last;
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    auto verified = detail::verify_signature(signatures[i], payload, keys, allowed, options);
    if (verified.has_value()) {
      result.signatures.push_back({i, signatures[i].header, *verified});
    } else {
      last.emplace(std::move(verified).error());
    }
  }
  if (result.signatures.empty()) return std::move(*last);
  if (!encoded) {
    result.payload = payload;
    return result;
  }
  AVILA_TRY(result.payload, detail::decode(payload, "payload"));
  return result;
}

Result<std::string> sign_json(ByteSpan payload, std::span<const JwsSigner> signers,
                              os::Entropy& entropy, const JwsJsonOptions& options) {
  if (signers.empty() || signers.size() > kSignaturesMax ||
      (options.flattened && signers.size() != 1))
    return Error(Errc::InvalidArgument, "JWS: number of signers");
  if (options.unencoded && !options.detached && !text::validate_utf8(as_text(payload)))
    return Error(Errc::InvalidArgument, "JSON cannot hold this payload unencoded");
  const std::string text =
      options.unencoded ? std::string(as_text(payload)) : text::base64url_encode(payload);
  json::Value list = json::Value::make_array();
  for (const JwsSigner& signer : signers) {
    const std::string_view key_id = signer.key.key_id();
    AVILA_TRY(const json::Value header,
              detail::make_header(signer.key.algorithm(), signer.kid_unprotected ? "" : key_id,
                                  options.unencoded, signer.header));
    json::Value unprotected(signer.unprotected);
    if (signer.kid_unprotected && !key_id.empty()) unprotected.set("kid", key_id);
    for (const json::Member& member : unprotected.object())
      if (header.find(member.key) != nullptr)
        return Error(Errc::InvalidArgument, "header member both protected and unprotected");
    const std::string protected_text = text::base64url_encode(json::to_string(header));
    AVILA_TRY(const std::string signature,
              detail::sign_part(signer.key, protected_text, text, entropy));
    json::Value one = json::Value::make_object();
    one.set("protected", protected_text);
    if (!unprotected.empty()) one.set("header", std::move(unprotected));
    one.set("signature", signature);
    list.push_back(std::move(one));
  }
  json::Value jws = json::Value::make_object();
  if (!options.detached) jws.set("payload", text);
  if (options.flattened) {
    for (const json::Member& member : list[0].object()) jws.set(member.key, member.value);
  } else {
    jws.set("signatures", std::move(list));
  }
  std::string made = json::to_string(jws);
  if (made.size() > kTokenSizeMax) return Error(Errc::LimitExceeded, "token above kTokenSizeMax");
  return made;
}

}  // namespace avila::jwt

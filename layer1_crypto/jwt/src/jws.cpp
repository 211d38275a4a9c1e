#include "jws.hpp"

#include <avila/jwt/error.hpp>
#include <avila/jwt/limits.hpp>
#include <avila/text/encoding.hpp>

#include "header.hpp"

namespace avila::jwt {
namespace detail {

Result<bool> payload_encoded(const json::Value& protected_members) {
  const json::Value* b64 = protected_members.find("b64");
  if (b64 == nullptr) return true;
  const auto flag = b64->get_bool();
  if (!flag) return Error(Errc::Malformed, "\"b64\" is no truth value");
  return *flag;
}

Result<std::string_view> signed_payload(std::optional<std::string_view> came, bool encoded,
                                        const JwsVerifyOptions& options, std::string& storage) {
  if (options.detached) {
    if (came && !came->empty()) return Error(Errc::Malformed, "the payload should be detached");
    storage = encoded ? text::base64url_encode(*options.detached)
                      : std::string(as_text(*options.detached));
    return std::string_view(storage);
  }
  if (!came) return Error(Errc::Malformed, "no payload");
  return *came;
}

Result<Algorithm> verify_signature(const SignatureParts& parts, std::string_view payload,
                                   std::span<const VerifyingKey> keys, const Algorithms& allowed,
                                   const JwsVerifyOptions& options) {
  AVILA_TRY(const std::string_view algorithm_name, string_member(parts.header.members, "alg"));
  AVILA_TRY(const std::string_view key_id, string_member(parts.header.members, "kid"));
  if (algorithm_name.empty()) return Error(Errc::Malformed, "header without \"alg\"");
  const auto algorithm = find_algorithm(algorithm_name);
  if (!algorithm || !allowed.contains(*algorithm))
    return Error(TokenError::NotAllowed, "the algorithm of the token is not allowed");
  AVILA_TRY_VOID(check_critical(parts.protected_members, parts.header, options.understood,
                                options.allow_unencoded));
  AVILA_TRY(const std::string signature, decode(parts.signature, "signature"));

  std::string input;
  input.reserve(parts.protected_text.size() + 1 + payload.size());
  input.append(parts.protected_text).append(1, '.').append(payload);
  std::size_t tries = 0;
  for (const VerifyingKey& key : keys) {
    if (!key.fits(*algorithm)) continue;
    if (!key_id.empty() && !key.key_id().empty() && key.key_id() != key_id) continue;
    if (++tries > kKeyTriesMax)
      return Error(Errc::LimitExceeded, "more keys fit the token than kKeyTriesMax");
    if (key.verify(*algorithm, as_bytes(input), as_bytes(signature)).has_value()) return *algorithm;
  }
  if (tries == 0) return Error(TokenError::NoKey, "no key is for this token");
  return Error(TokenError::Invalid, "the signature is not right");
}

Result<json::Value> make_header(Algorithm algorithm, std::string_view key_id, bool unencoded,
                                const json::Object& more) {
  json::Value header = json::Value::make_object();
  header.set("alg", name(algorithm));
  if (!key_id.empty()) header.set("kid", key_id);
  for (const json::Member& member : more) {
    if (member.key == "alg" || member.key == "kid" || member.key == "b64" || member.key == "crit")
      return Error(Errc::InvalidArgument, "\"" + member.key + "\" is set by the library");
    header.set(member.key, member.value);
  }
  if (unencoded) {
    header.set("b64", false);
    header.set("crit", json::Value::make_array({"b64"}));
  }
  return header;
}

Result<std::string> sign_part(const SigningKey& key, std::string_view protected_text,
                              std::string_view payload, os::Entropy& entropy) {
  std::string input;
  input.append(protected_text).append(1, '.').append(payload);
  AVILA_TRY(const auto signature, key.sign(as_bytes(input), entropy));
  return text::base64url_encode(signature);
}

}  // namespace detail

Result<std::string> sign_compact(ByteSpan payload, const SigningKey& key, os::Entropy& entropy,
                                 const SignOptions& options) {
  AVILA_TRY(const json::Value header,
            detail::make_header(key.algorithm(), key.key_id(), options.unencoded, options.header));
  const std::string protected_text = text::base64url_encode(json::to_string(header));
  const std::string text =
      options.unencoded ? std::string(as_text(payload)) : text::base64url_encode(payload);
  if (options.unencoded && !options.detached)  // RFC 7797 section 5.2
    for (const char c : text)
      if (c < ' ' || c > '~' || c == '.')
        return Error(Errc::InvalidArgument, "a compact JWS cannot hold this payload unencoded");
  AVILA_TRY(const std::string signature, detail::sign_part(key, protected_text, text, entropy));
  std::string token = protected_text + '.' + (options.detached ? std::string() : text) + '.';
  token += signature;
  if (token.size() > kTokenSizeMax) return Error(Errc::LimitExceeded, "token above kTokenSizeMax");
  return token;
}

Result<Jws> verify_compact(std::string_view token, std::span<const VerifyingKey> keys,
                           const Algorithms& allowed, const JwsVerifyOptions& options) {
  AVILA_TRY(const auto parts, detail::split_compact(token, 3));
  AVILA_TRY(Header header, detail::decode_header(parts[0]));
  detail::SignatureParts signature{header, header.members, parts[0], parts[2]};
  AVILA_TRY(const bool encoded, detail::payload_encoded(header.members));
  std::string storage;
  AVILA_TRY(const std::string_view payload,
            detail::signed_payload(parts[1], encoded, options, storage));
  AVILA_TRY(const Algorithm algorithm,
            detail::verify_signature(signature, payload, keys, allowed, options));
  if (!encoded) return Jws{std::move(header), std::string(payload), algorithm};
  AVILA_TRY(std::string decoded, detail::decode(payload, "payload"));
  return Jws{std::move(header), std::move(decoded), algorithm};
}

}  // namespace avila::jwt

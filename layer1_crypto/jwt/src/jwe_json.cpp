#include <avila/jwt/detail/steps.hpp>
#include <avila/jwt/error.hpp>
#include <avila/text/encoding.hpp>

#include "header.hpp"
#include "jwe.hpp"

namespace avila::jwt {
namespace {

using detail::JweParts;

// RFC 7516 section 7.2: one JweParts for each recipient.
Result<std::vector<JweParts>> parse_recipients(const json::Value& object) {
  JweParts common;
  common.protected_members = json::Value::make_object();
  AVILA_TRY(const std::string_view protected_text, detail::string_member(object, "protected"));
  if (object.find("protected") != nullptr) {
    AVILA_TRY(common.header, detail::decode_header(protected_text));
    common.protected_members = common.header.members;
  }
  AVILA_TRY_VOID(detail::merge_header(common.header, object.find("unprotected")));
  common.aad = protected_text;
  AVILA_TRY(const std::string_view aad, detail::string_member(object, "aad"));
  if (object.find("aad") != nullptr) common.aad.append(1, '.').append(aad);
  if (object.find("ciphertext") == nullptr) return Error(Errc::Malformed, "no \"ciphertext\"");
  AVILA_TRY(common.iv, detail::string_member(object, "iv"));
  AVILA_TRY(common.ciphertext, detail::string_member(object, "ciphertext"));
  AVILA_TRY(common.tag, detail::string_member(object, "tag"));

  std::vector<JweParts> out;
  const auto add = [&](const json::Value& recipient) -> Result<void> {
    JweParts one = common;
    AVILA_TRY(one.encrypted_key, detail::string_member(recipient, "encrypted_key"));
    AVILA_TRY_VOID(detail::merge_header(one.header, recipient.find("header")));
    out.push_back(std::move(one));
    return {};
  };
  const json::Value* list = object.find("recipients");
  if (list == nullptr) {
    AVILA_TRY_VOID(add(object));
    return out;
  }
  if (!list->is_array() || list->empty())
    return Error(Errc::Malformed, "\"recipients\" is no list of some");
  if (list->size() > kRecipientsMax)
    return Error(Errc::LimitExceeded, "recipients above kRecipientsMax");
  for (const char* name : {"encrypted_key", "header"})  // section 7.2.2
    if (object.find(name) != nullptr)
      return Error(Errc::Malformed, "both general and flattened serialisation");
  for (const json::Value& recipient : list->array()) {
    if (!recipient.is_object()) return Error(Errc::Malformed, "\"recipients\": no object");
    AVILA_TRY_VOID(add(recipient));
  }
  return out;
}

}  // namespace

Result<JweJson> decrypt_json(std::string_view text, std::span<const DecryptionKey> keys,
                             const JweAllowed& allowed, os::Entropy& entropy,
                             const DecryptOptions& options) {
  AVILA_TRY(const json::Value object, detail::parse_object(text, kTokenSizeMax, "JWE"));
  AVILA_TRY(const auto recipients, parse_recipients(object));
  AVILA_TRY(const std::string_view aad_text, detail::string_member(object, "aad"));
  AVILA_TRY(std::string aad, detail::decode(aad_text, "aad"));
  std::optional<Error> last;
  std::uint64_t pbes2_left = options.pbes2_count_max;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    auto jwe = detail::decrypt(recipients[i], keys, allowed, entropy, options, pbes2_left);
    if (jwe.has_value()) return JweJson{std::move(*jwe), i, std::move(aad)};
    // "No key" of one recipient says less than what was wrong with another.
    if (!last || !jwe.error().is(TokenError::NoKey)) last.emplace(std::move(jwe).error());
  }
  return std::move(*last);
}

Result<std::string> encrypt_json(ByteSpan plaintext,
                                 std::span<const EncryptionKey* const> recipients,
                                 ContentEncryption content, os::Entropy& entropy,
                                 std::optional<ByteSpan> aad, const EncryptOptions& options) {
  if (recipients.empty() || recipients.size() > kRecipientsMax)
    return Error(Errc::InvalidArgument, "JWE: number of recipients");
  const bool several = recipients.size() > 1;
  json::Value header = json::Value::make_object();
  json::Value list = json::Value::make_array();
  AVILA_TRY(SecretBytes cek, detail::draw_cek(recipients[0]->algorithm(), content, entropy));
  for (const EncryptionKey* recipient : recipients) {
    const KeyManagement algorithm = recipient->algorithm();
    if (several && (algorithm == KeyManagement::Dir || algorithm == KeyManagement::EcdhEs))
      return Error(Errc::InvalidArgument, "dir and ECDH-ES are for one recipient");
    AVILA_TRY(const auto wrapped, detail::wrap_key(*recipient, content, cek, entropy, options));
    json::Value own = json::Value::make_object();
    json::Value& members = several ? own : header;  // one recipient: all of it protected
    members.set("alg", name(algorithm));
    if (!recipient->key_id().empty()) members.set("kid", recipient->key_id());
    for (const json::Member& member : wrapped.parameters) members.set(member.key, member.value);
    json::Value entry = json::Value::make_object();
    if (several) entry.set("header", std::move(own));
    if (!wrapped.encrypted_key.empty())
      entry.set("encrypted_key", text::base64url_encode(wrapped.encrypted_key));
    list.push_back(std::move(entry));
  }
  AVILA_TRY_VOID(detail::add_members(header, options.header));
  header.set("enc", name(content));
  const std::string protected_text = text::base64url_encode(json::to_string(header));
  std::string authenticated = protected_text;
  if (aad) authenticated += '.' + text::base64url_encode(*aad);
  AVILA_TRY(const auto sealed, detail::seal(content, cek, authenticated, plaintext, entropy));

  json::Value jwe = json::Value::make_object();
  jwe.set("protected", protected_text);
  if (several) {
    jwe.set("recipients", std::move(list));
  } else if (const json::Value* key = list[0].find("encrypted_key")) {
    jwe.set("encrypted_key", *key);
  }
  if (aad) jwe.set("aad", text::base64url_encode(*aad));
  jwe.set("iv", sealed.iv);
  jwe.set("ciphertext", sealed.ciphertext);
  jwe.set("tag", sealed.tag);
  std::string made = json::to_string(jwe);
  if (made.size() > kTokenSizeMax) return Error(Errc::LimitExceeded, "token above kTokenSizeMax");
  return made;
}

}  // namespace avila::jwt

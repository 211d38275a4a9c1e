#include <avila/jwt/key.hpp>
#include <avila/jwt/limits.hpp>

#include "header.hpp"

namespace avila::jwt {
namespace {

// Whether two JWKs of the set have one name, although one of them may be left out below: which of
// the two was meant nobody can tell. Of different types they are alternatives (RFC 7517 section
// 4.5).
bool has_ambiguous_name(const json::Array& keys) {
  const auto text = [](const json::Value& jwk, const char* name) {
    const json::Value* found = jwk.find(name);
    return found != nullptr ? found->get_string().value_or("") : std::string_view();
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (text(keys[i], "kid").empty() || text(keys[i], "use") == "enc") continue;
    for (std::size_t j = 0; j < i; ++j)
      if (text(keys[i], "kid") == text(keys[j], "kid") &&
          text(keys[i], "kty") == text(keys[j], "kty") && text(keys[j], "use") != "enc")
        return true;
  }
  return false;
}

}  // namespace

Result<KeySet> KeySet::create(std::vector<VerifyingKey> keys) {
  if (keys.size() > kKeySetKeysMax) return Error(Errc::LimitExceeded, "keys above kKeySetKeysMax");
  const auto kind = [](const VerifyingKey& key) {
    const auto* made = std::get_if<crypto::PublicKey>(&key.key_);
    return made != nullptr ? static_cast<int>(made->type()) : -1;
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].is_symmetric() != keys[0].is_symmetric())
      return Error(Errc::Malformed, "key set: public keys and secrets together");
    for (std::size_t j = 0; j < i && !keys[i].key_id().empty(); ++j)
      if (keys[i].key_id() == keys[j].key_id() && kind(keys[i]) == kind(keys[j]))
        return Error(Errc::Malformed, "key set: two keys of one type and one \"kid\"");
  }
  return KeySet(std::move(keys));
}

Result<KeySet> KeySet::parse(std::string_view json) {
  AVILA_TRY(const json::Value object, detail::parse_object(json, kKeySetSizeMax, "key set"));
  const json::Value* list = object.find("keys");
  if (list == nullptr || !list->is_array())
    return Error(Errc::Malformed, "key set: no array \"keys\"");
  if (list->size() > kKeySetKeysMax) return Error(Errc::LimitExceeded, "keys above kKeySetKeysMax");
  if (has_ambiguous_name(list->array()))
    return Error(Errc::Malformed, "key set: two keys of one type and one \"kid\"");
  std::vector<VerifyingKey> keys;
  std::size_t ignored = 0;
  for (const json::Value& element : list->array()) {
    auto jwk = crypto::Jwk::parse(element);
    // RFC 7517 section 5: what is not understood or out of range is passed over.
    if (!jwk.has_value()) {
      ++ignored;
      continue;
    }
    auto key = VerifyingKey::from_jwk(std::move(*jwk));
    if (key.has_value()) {
      keys.push_back(std::move(*key));
    } else {
      ++ignored;
    }
  }
  AVILA_TRY(KeySet made, create(std::move(keys)));
  made.ignored_ = ignored;
  return made;
}

}  // namespace avila::jwt

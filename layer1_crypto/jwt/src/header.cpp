#include "header.hpp"

#include <algorithm>
#include <array>
#include <avila/jwt/error.hpp>
#include <avila/jwt/limits.hpp>
#include <avila/text/encoding.hpp>

namespace avila::jwt {

std::string_view Header::text(std::string_view name) const noexcept {
  const json::Value* found = members.find(name);
  return found != nullptr ? found->get_string().value_or("") : std::string_view();
}

Result<Header> peek_header(std::string_view token) {
  if (token.size() > kTokenSizeMax) return Error(Errc::LimitExceeded, "token above kTokenSizeMax");
  const std::size_t dot = token.find('.');
  if (dot == std::string_view::npos) return Error(Errc::Malformed, "token: no '.'");
  return detail::decode_header(token.substr(0, dot));
}

namespace detail {
namespace {

// Registered by RFC 7515 section 4.1, RFC 7516 section 4.1 and RFC 7518 section 4: always
// understood, and so not to be named in "crit".
constexpr std::array<std::string_view, 20> kRegistered = {
    "alg",  "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty",
    "crit", "enc", "zip", "epk", "apu", "apv", "iv",  "tag",      "p2s", "p2c"};

}  // namespace

Result<json::Value> parse_object(std::string_view text, std::size_t size_max, const char* what) {
  if (text.size() > size_max) return Error(Errc::LimitExceeded, "JSON too large").context(what);
  json::ParseOptions options;
  options.max_depth = kJsonDepthMax;
  options.max_size = size_max;
  options.duplicates = json::Duplicates::Refuse;
  AVILA_TRY(json::Value value, json::parse(text, options).context(what));
  if (!value.is_object()) return Error(Errc::Malformed, "no JSON object").context(what);
  return value;
}

Result<std::string> decode(std::string_view text, const char* what) {
  return text::base64url_decode(text, text::Padding::Forbidden).context(what);
}

Result<Header> decode_header(std::string_view text) {
  if (text.size() > text::base64_size(kHeaderSizeMax))
    return Error(Errc::LimitExceeded, "header above kHeaderSizeMax");
  AVILA_TRY(const std::string decoded, decode(text, "header"));
  AVILA_TRY(json::Value members, parse_object(decoded, kHeaderSizeMax, "header"));
  return Header{std::move(members)};
}

Result<void> merge_header(Header& header, const json::Value* unprotected) {
  if (unprotected == nullptr) return {};
  if (!unprotected->is_object()) return Error(Errc::Malformed, "unprotected header: no object");
  for (const json::Member& member : unprotected->object()) {
    // RFC 7515 section 7.2.1: the names of the headers are disjoint.
    if (header.members.find(member.key) != nullptr)
      return Error(Errc::Malformed, "header member both protected and unprotected, or twice");
    header.members.set(member.key, member.value);
  }
  return {};
}

Result<std::string_view> string_member(const json::Value& object, std::string_view name) {
  const json::Value* found = object.find(name);
  if (found == nullptr) return std::string_view();
  const auto text = found->get_string();
  if (!text) return Error(Errc::Malformed, "\"" + std::string(name) + "\" is no string");
  return *text;
}

Result<void> check_critical(const json::Value& protected_members, const Header& all,
                            const std::vector<std::string>& understood, bool unencoded_allowed) {
  const json::Value* list = protected_members.find("crit");
  const bool has_b64 = all.members.find("b64") != nullptr;
  if (list == nullptr) {
    if (all.members.find("crit") != nullptr)
      return Error(Errc::Malformed, "\"crit\" outside of the protected header");
    // RFC 7797 section 6: it only counts where it is critical; elsewhere others would ignore it.
    if (has_b64) return Error(Errc::Malformed, "\"b64\" that is not critical");
    return {};
  }
  const json::Array* names = list->get_array();
  if (names == nullptr || names->empty())
    return Error(Errc::Malformed, "\"crit\" is no list of names");
  if (names->size() > kCriticalMax)
    return Error(Errc::LimitExceeded, "\"crit\" above kCriticalMax");
  bool b64_critical = false;
  for (std::size_t i = 0; i < names->size(); ++i) {
    const auto name = (*names)[i].get_string();
    if (!name) return Error(Errc::Malformed, "\"crit\" is no list of names");
    for (std::size_t j = 0; j < i; ++j)
      if ((*names)[j].get_string() == name)
        return Error(Errc::Malformed, "\"crit\" names it twice");
    if (std::find(kRegistered.begin(), kRegistered.end(), *name) != kRegistered.end())
      return Error(Errc::Malformed, "\"crit\" names a registered member");
    if (protected_members.find(*name) == nullptr)
      return Error(Errc::Malformed, "\"crit\" names what the protected header does not hold");
    const bool b64 = *name == "b64";
    b64_critical |= b64;
    if (b64 ? !unencoded_allowed
            : std::find(understood.begin(), understood.end(), *name) == understood.end())
      return Error(TokenError::Critical, "a critical header member is not understood");
  }
  if (has_b64 && !b64_critical) return Error(Errc::Malformed, "\"b64\" that is not critical");
  return {};
}

Result<std::vector<std::string_view>> split_compact(std::string_view token, std::size_t parts) {
  if (token.size() > kTokenSizeMax) return Error(Errc::LimitExceeded, "token above kTokenSizeMax");
  std::vector<std::string_view> found;
  for (std::size_t start = 0;;) {
    const std::size_t dot = token.find('.', start);
    if (found.size() == parts || (dot == std::string_view::npos && found.size() + 1 != parts))
      return Error(Errc::Malformed, "token: wrong number of parts");
    found.push_back(token.substr(start, dot - start));
    if (dot == std::string_view::npos) return found;
    start = dot + 1;
  }
}

}  // namespace detail
}  // namespace avila::jwt

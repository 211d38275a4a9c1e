#include <avila/jwt/claims.hpp>
#include <avila/jwt/limits.hpp>

#include "header.hpp"

namespace avila::jwt {
namespace detail {

Error missing_claim(std::string_view name) {
  return Error(ClaimError::Missing, "claim \"" + std::string(name) + "\" is missing");
}
Error wrong_type(std::string_view name, std::string_view must) {
  return Error(ClaimError::WrongType, "claim \"" + std::string(name) + "\" " + std::string(must));
}
Error to_error(const json::Misfit& misfit) {
  if (misfit.what == json::kMissing) return missing_claim(misfit.path);
  return wrong_type(misfit.path, misfit.what);
}

}  // namespace detail

namespace {

bool is_list_of_text(const json::Value& value) {
  const json::Array* list = value.get_array();
  if (list == nullptr) return false;
  for (const json::Value& element : *list)
    if (!element.is_string()) return false;
  return true;
}

}  // namespace

Result<Claims> Claims::parse(std::string_view json) {
  Claims claims;
  AVILA_TRY(claims.members_, detail::parse_object(json, kClaimsSizeMax, "claims"));
  for (const char* name : {"iss", "sub", "jti"}) {
    const json::Value* found = claims.members_.find(name);
    if (found != nullptr && !found->is_string())
      return detail::wrong_type(name, "must be a string");
  }
  for (const char* name : {"exp", "nbf", "iat"}) {
    const json::Value* found = claims.members_.find(name);
    if (found != nullptr && !found->is_number())
      return detail::wrong_type(name, "must be a number");
  }
  const json::Value* audience = claims.members_.find("aud");
  if (audience != nullptr && !audience->is_string() && !is_list_of_text(*audience))
    return detail::wrong_type("aud", "must be a string or a list of strings");
  return claims;
}

std::string_view Claims::text(std::string_view name) const noexcept {
  const json::Value* found = members_.find(name);
  return found != nullptr ? found->get_string().value_or("") : std::string_view();
}

std::optional<WallTime> Claims::time(std::string_view name) const noexcept {
  const json::Value* found = members_.find(name);
  const auto seconds = found != nullptr ? found->get_double() : std::nullopt;
  if (!seconds) return std::nullopt;
  constexpr std::int64_t kBillion = 1'000'000'000;
  constexpr std::int64_t kSecondsMax = INT64_MAX / kBillion;  // the year 2262
  if (*seconds >= static_cast<double>(kSecondsMax)) return WallTime{INT64_MAX};
  if (*seconds <= -static_cast<double>(kSecondsMax)) return WallTime{INT64_MIN};
  if (const auto whole = found->get_int64()) return WallTime{*whole * kBillion};
  return WallTime{static_cast<std::int64_t>(*seconds * 1e9)};
}

std::vector<std::string_view> Claims::audience() const {
  std::vector<std::string_view> names;
  const json::Value* found = members_.find("aud");
  if (found == nullptr) return names;
  if (const auto one = found->get_string()) names.push_back(*one);
  if (const json::Array* list = found->get_array())
    for (const json::Value& element : *list) names.push_back(element.get_string().value_or(""));
  return names;
}

bool Claims::has_audience(std::string_view name) const noexcept {
  const json::Value* found = members_.find("aud");
  if (found == nullptr) return false;
  if (found->get_string() == name) return true;
  if (const json::Array* list = found->get_array())
    for (const json::Value& element : *list)
      if (element.get_string() == name) return true;
  return false;
}

Claims& Claims::set_audience(std::span<const std::string> names) {
  json::Value list = json::Value::make_array();
  for (const std::string& name : names) list.push_back(name);
  return set("aud", std::move(list));
}

Claims& Claims::set_time(std::string_view name, WallTime at) {
  const std::int64_t down = at.ns % 1'000'000'000 < 0 ? 1 : 0;
  return set(name, at.ns / 1'000'000'000 - down);
}

Claims& Claims::set(std::string_view name, json::Value value) {
  members_.set(name, std::move(value));
  return *this;
}

}  // namespace avila::jwt

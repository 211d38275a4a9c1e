// JSON values as C++ types. Named by claims.hpp only.
#pragma once
#include <avila/json/value.hpp>
#include <avila/jwt/error.hpp>
#include <avila/meta/fields.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace avila::jwt::detail {

Error missing_claim(std::string_view name);
Error wrong_type(std::string_view name, const char* expected);

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
Result<T> read_member(const json::Value& object, std::string_view name);

template <class T>
Result<T> read_integer(const json::Value& value, std::string_view name) {
  if constexpr (std::is_signed_v<T>) {
    const auto whole = value.get_int64();
    if (whole && std::in_range<T>(*whole)) return static_cast<T>(*whole);
  } else {
    const auto whole = value.get_uint64();
    if (whole && std::in_range<T>(*whole)) return static_cast<T>(*whole);
  }
  return wrong_type(name, "a whole number of its size");
}

template <class T>
Result<T> read_value(const json::Value& value, std::string_view name) {
  if constexpr (std::is_same_v<T, json::Value>) {
    return json::Value(value);
  } else if constexpr (is_optional<T>) {
    if (value.is_null()) return T();
    AVILA_TRY(auto held, read_value<typename T::value_type>(value, name));
    return T(std::move(held));
  } else if constexpr (std::is_same_v<T, bool>) {
    const auto flag = value.get_bool();
    if (!flag) return wrong_type(name, "a truth value");
    return *flag;
  } else if constexpr (std::is_integral_v<T>) {
    return read_integer<T>(value, name);
  } else if constexpr (std::is_floating_point_v<T>) {
    const auto number = value.get_double();
    if (!number) return wrong_type(name, "a number");
    return static_cast<T>(*number);
  } else if constexpr (std::is_same_v<T, std::string>) {
    const auto text = value.get_string();
    if (!text) return wrong_type(name, "a string");
    return std::string(*text);
  } else if constexpr (is_vector<T>) {
    const json::Array* list = value.get_array();
    if (list == nullptr) return wrong_type(name, "an array");
    T out;
    for (const json::Value& element : *list) {
      AVILA_TRY(auto one, read_value<typename T::value_type>(element, name));
      out.push_back(std::move(one));
    }
    return out;
  } else {
    static_assert(std::is_aggregate_v<T>, "a claim is a simple type or an aggregate of such");
    if (!value.is_object()) return wrong_type(name, "an object");
    T out{};
    std::optional<Error> failed;
    meta::for_each_field(out, [&](std::string_view field, auto& member) {
      if (failed) return;
      auto read = read_member<std::remove_cvref_t<decltype(member)>>(value, field);
      if (read.has_value()) {
        member = std::move(*read);
      } else {
        failed.emplace(std::move(read).error());
      }
    });
    if (failed) return std::move(*failed);
    return out;
  }
}

template <class T>
Result<T> read_member(const json::Value& object, std::string_view name) {
  const json::Value* found = object.find(name);
  if (found != nullptr) return read_value<T>(*found, name);
  if constexpr (is_optional<T>) return T();
  return missing_claim(name);
}

}  // namespace avila::jwt::detail

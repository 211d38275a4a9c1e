// Typed input: JSON bodies, forms, queries and path parameters into values and structs. An error
// names each field that is wrong.
//
//   struct NewItem { std::string name; std::int64_t price; std::optional<std::string> note; };
//   AVILA_WEB_FIELDS(NewItem, name, price, note)
//   …
//   AVILA_CO_TRY(const NewItem item, web::from_json<NewItem>(request));
#pragma once
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <avila/json/value.hpp>
#include <avila/url/query.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace avila::web {

/// The JSON of a body: UnsupportedMedia (InvalidArgument) where Content-Type is no JSON, Malformed
/// where the text is none.
Result<json::Value> json_body(const http::Request& request);
/// The fields of an application/x-www-form-urlencoded body.
Result<url::QueryParams> form_body(const http::Request& request);
Result<url::QueryParams> query_of(const http::Request& request);

namespace detail {

/// What a field is read from: a JSON value, or texts.
struct Input {
  const json::Value* value = nullptr;
  std::vector<std::string_view> texts;
  bool present() const noexcept { return value != nullptr || !texts.empty(); }
};

/// Collects "name: what is wrong".
class Problems {
 public:
  void add(std::string_view field, std::string_view what);
  bool empty() const noexcept { return text_.empty(); }
  Error to_error() const;

 private:
  std::string text_;
};

bool read_bool(const Input& input, bool& out);
bool read_int(const Input& input, std::int64_t low, std::int64_t high, std::int64_t& out);
bool read_uint(const Input& input, std::uint64_t high, std::uint64_t& out);
bool read_double(const Input& input, double& out);
bool read_string(const Input& input, std::string& out);

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
concept HasFields = requires(T& value) { avila_web_fields(value, [](const char*, auto&) {}); };

template <class T>
void bind_json(const json::Value& value, const std::string& prefix, T& out, Problems& problems);

template <class T>
void read(const Input& input, const std::string& name, T& out, Problems& problems) {
  if constexpr (kIsOptional<T>) {
    if (!input.present() || (input.value != nullptr && input.value->is_null())) return out.reset();
    read(input, name, out.emplace(), problems);
  } else if (!input.present()) {
    // A list of texts without elements is not there at all.
    if constexpr (!kIsVector<T>) problems.add(name, "is missing");
  } else if constexpr (std::is_same_v<T, json::Value>) {
    out = input.value != nullptr ? *input.value : json::Value(input.texts.front());
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!read_bool(input, out)) problems.add(name, "must be true or false");
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    std::int64_t wide = 0;
    if (!read_int(input, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), wide))
      return problems.add(name, "must be an integer in range");
    out = static_cast<T>(wide);
  } else if constexpr (std::is_integral_v<T>) {
    std::uint64_t wide = 0;
    if (!read_uint(input, std::numeric_limits<T>::max(), wide))
      return problems.add(name, "must be a non-negative integer in range");
    out = static_cast<T>(wide);
  } else if constexpr (std::is_floating_point_v<T>) {
    double wide = 0;
    if (!read_double(input, wide)) return problems.add(name, "must be a number");
    out = static_cast<T>(wide);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!read_string(input, out)) problems.add(name, "must be a string");
  } else if constexpr (kIsVector<T>) {
    out.clear();
    if (input.value == nullptr) {
      for (const std::string_view text : input.texts)
        read(Input{nullptr, {text}}, name, out.emplace_back(), problems);
    } else if (const json::Array* elements = input.value->get_array()) {
      for (std::size_t i = 0; i < elements->size(); ++i)
        read(Input{&(*elements)[i], {}}, name + "[" + std::to_string(i) + "]", out.emplace_back(),
             problems);
    } else {
      problems.add(name, "must be an array");
    }
  } else {
    static_assert(HasFields<T>, "describe the struct with AVILA_WEB_FIELDS");
    if (input.value == nullptr || !input.value->is_object())
      return problems.add(name, "must be an object");
    bind_json(*input.value, name + ".", out, problems);
  }
}

template <class T>
void bind_json(const json::Value& value, const std::string& prefix, T& out, Problems& problems) {
  avila_web_fields(out, [&](const char* name, auto& field) {
    read(Input{value.find(name), {}}, prefix + name, field, problems);
  });
}

template <class T>
Result<T> bind_params(const url::QueryParams& params) {
  T out{};
  Problems problems;
  avila_web_fields(out, [&](const char* name, auto& field) {
    read(Input{nullptr, params.get_all(name)}, name, field, problems);
  });
  if (!problems.empty()) return problems.to_error();
  return out;
}

}  // namespace detail

/// A struct from a JSON value; members that it does not have are ignored.
template <class T>
Result<T> from_value(const json::Value& value) {
  T out{};
  detail::Problems problems;
  if (!value.is_object()) return Error(Errc::InvalidArgument, "the body must be a JSON object");
  detail::bind_json(value, "", out, problems);
  if (!problems.empty()) return problems.to_error();
  return out;
}
template <class T>
Result<T> from_json(const http::Request& request) {
  AVILA_TRY(const json::Value value, json_body(request));
  return from_value<T>(value);
}
template <class T>
Result<T> from_form(const http::Request& request) {
  AVILA_TRY(const url::QueryParams params, form_body(request));
  return detail::bind_params<T>(params);
}
template <class T>
Result<T> from_query(const http::Request& request) {
  AVILA_TRY(const url::QueryParams params, query_of(request));
  return detail::bind_params<T>(params);
}
/// One path parameter: `AVILA_TRY(const auto id, web::path_value<std::uint64_t>(request, "id"));`
template <class T>
Result<T> path_value(const http::Request& request, std::string_view name) {
  T out{};
  detail::Problems problems;
  detail::read(detail::Input{nullptr, {request.parameter(name)}}, std::string(name), out, problems);
  if (!problems.empty()) return problems.to_error();
  return out;
}

}  // namespace avila::web

/// Lists the members of an aggregate that come from outside, at the namespace of the aggregate.
#define AVILA_WEB_FIELDS(Type, ...)                   \
  template <class Visit>                              \
  void avila_web_fields(Type& value, Visit&& visit) { \
    AVILA_WEB_EACH_(__VA_ARGS__)                      \
  }
#define AVILA_WEB_ONE_(name) visit(#name, value.name);
#define AVILA_WEB_PARENS_ ()
#define AVILA_WEB_EXPAND_(...) \
  AVILA_WEB_EXPAND3_(AVILA_WEB_EXPAND3_(AVILA_WEB_EXPAND3_(AVILA_WEB_EXPAND3_(__VA_ARGS__))))
#define AVILA_WEB_EXPAND3_(...) \
  AVILA_WEB_EXPAND2_(AVILA_WEB_EXPAND2_(AVILA_WEB_EXPAND2_(AVILA_WEB_EXPAND2_(__VA_ARGS__))))
#define AVILA_WEB_EXPAND2_(...) \
  AVILA_WEB_EXPAND1_(AVILA_WEB_EXPAND1_(AVILA_WEB_EXPAND1_(AVILA_WEB_EXPAND1_(__VA_ARGS__))))
#define AVILA_WEB_EXPAND1_(...) __VA_ARGS__
#define AVILA_WEB_EACH_(...) __VA_OPT__(AVILA_WEB_EXPAND_(AVILA_WEB_STEP_(__VA_ARGS__)))
#define AVILA_WEB_STEP_(first, ...) \
  AVILA_WEB_ONE_(first) __VA_OPT__(AVILA_WEB_AGAIN_ AVILA_WEB_PARENS_(__VA_ARGS__))
#define AVILA_WEB_AGAIN_() AVILA_WEB_STEP_

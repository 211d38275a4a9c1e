// Typed input: JSON bodies, forms, queries and path parameters into values and structs. An error
// names each field that is wrong.
//
//   struct NewItem { std::string name; std::int64_t price; std::optional<std::string> note; };
//   AVILA_CO_TRY(const NewItem item, web::from_json<NewItem>(request));
#pragma once
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <avila/json/bind.hpp>
#include <avila/url/query.hpp>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace avila::web {

/// The JSON of a body: UnsupportedMedia (InvalidArgument) where Content-Type is no JSON, Malformed
/// where the text is none.
Result<json::Value> json_body(const http::Request& request);
/// The fields of an application/x-www-form-urlencoded body.
Result<url::QueryParams> form_body(const http::Request& request);
Result<url::QueryParams> query_of(const http::Request& request);

/// A struct from a JSON value; members that it does not have are passed over.
using json::from_value;

namespace detail {

bool read_text(std::string_view text, bool& out);
bool read_text(std::string_view text, std::int64_t& out);
bool read_text(std::string_view text, std::uint64_t& out);
bool read_text(std::string_view text, double& out);
template <class Wide, class T>
bool read_narrow(std::string_view text, T& out) {
  Wide wide{};
  if (!read_text(text, wide)) return false;
  if constexpr (std::is_integral_v<T>)
    if (!std::in_range<T>(wide)) return false;
  out = static_cast<T>(wide);
  return true;
}

/// json::bind() for what came as texts: one, or several for a std::vector.
template <class T>
void bind_texts(std::span<const std::string_view> texts, T& out, json::Misfits& misfits) {
  if constexpr (json::detail::kIsOptional<T>) {
    if (texts.empty()) return out.reset();
    bind_texts(texts, out.emplace(), misfits);
  } else if constexpr (json::detail::kIsVector<T>) {  // without elements it is not there at all
    out.clear();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::size_t before = misfits.size();
      typename T::value_type one{};
      bind_texts(texts.subspan(i, 1), one, misfits);
      misfits.place(before, i);
      out.push_back(std::move(one));
    }
  } else if (texts.empty()) {
    misfits.add(json::kMissing);
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, json::Value>) {
    out = T(texts.front());
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!read_text(texts.front(), out)) misfits.add("must be true or false");
  } else if constexpr (std::is_integral_v<T>) {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    if (!read_narrow<Wide>(texts.front(), out)) misfits.add(json::detail::integer_asked<T>());
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!read_narrow<double>(texts.front(), out)) misfits.add("must be a number");
  } else {
    static_assert(std::is_enum_v<T>, "a text holds no structure");
    const auto value = meta::enum_from_string<T>(texts.front());
    if (!value) return misfits.add(json::detail::enum_asked<T>());
    out = *value;
  }
}

template <class T>
Result<T> bind_params(const url::QueryParams& params) {
  T out{};
  json::Misfits misfits;
  meta::for_each_field(out, [&](std::string_view name, auto& field) {
    const std::size_t before = misfits.size();
    bind_texts(params.get_all(name), field, misfits);
    misfits.place(before, name);
  });
  if (!misfits.empty()) return Error(Errc::InvalidArgument, misfits.to_string());
  return out;
}

}  // namespace detail

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
  json::Misfits misfits;
  const std::string_view text = request.parameter(name);
  detail::bind_texts({&text, 1}, out, misfits);
  misfits.place(0, name);
  if (!misfits.empty()) return Error(Errc::InvalidArgument, misfits.to_string());
  return out;
}

}  // namespace avila::web

#include <avila/text/number.hpp>
#include <avila/web/extract.hpp>

namespace avila::web {

Result<json::Value> json_body(const http::Request& request) {
  const std::string_view type = request.media_type();
  const bool is_json =
      http::equal_ignoring_case(type, "application/json") ||
      (type.size() > 5 && http::equal_ignoring_case(type.substr(type.size() - 5), "+json"));
  if (!is_json && !type.empty())
    return Error(Errc::InvalidArgument, "the body must be application/json");
  auto parsed = json::parse(request.body);
  if (!parsed.has_value()) return std::move(parsed).error().context("body");
  return std::move(*parsed);
}

Result<url::QueryParams> form_body(const http::Request& request) {
  if (!http::equal_ignoring_case(request.media_type(), "application/x-www-form-urlencoded"))
    return Error(Errc::InvalidArgument, "the body must be application/x-www-form-urlencoded");
  url::QueryLimits limits;
  limits.bytes = SIZE_MAX;  // the body's own limit holds already
  return url::QueryParams::parse_limited(request.body, limits).context("body");
}

Result<url::QueryParams> query_of(const http::Request& request) {
  return url::QueryParams::parse_limited(request.query).context("query");
}

namespace detail {
namespace {

template <class T>
bool keep(const Result<T>& read, T& out) {
  if (read.has_value()) out = *read;
  return read.has_value();
}

}  // namespace

bool read_text(std::string_view text, bool& out) {
  out = text == "true" || text == "1" || text == "on";
  return out || text == "false" || text == "0" || text == "off";
}

bool read_text(std::string_view text, std::int64_t& out) {
  return keep(text::parse_int(text), out);
}

bool read_text(std::string_view text, std::uint64_t& out) {
  return keep(text::parse_uint(text), out);
}

bool read_text(std::string_view text, double& out) { return keep(text::parse_double(text), out); }

}  // namespace detail
}  // namespace avila::web

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

void Problems::add(std::string_view field, std::string_view what) {
  constexpr std::size_t kMaxBytes = 4096;
  if (text_.size() > kMaxBytes) return;
  if (!text_.empty()) text_ += "; ";
  text_.append(field).append(": ").append(what);
}

Error Problems::to_error() const { return Error(Errc::InvalidArgument, text_); }

bool read_bool(const Input& input, bool& out) {
  if (input.value != nullptr) {
    const auto value = input.value->get_bool();
    out = value.value_or(false);
    return value.has_value();
  }
  const std::string_view text = input.texts.front();
  out = text == "true" || text == "1" || text == "on";
  return out || text == "false" || text == "0" || text == "off";
}

bool read_int(const Input& input, std::int64_t low, std::int64_t high, std::int64_t& out) {
  if (input.value != nullptr) {
    const auto value = input.value->get_int64();
    if (!value) return false;
    out = *value;
  } else {
    const auto value = text::parse_int(input.texts.front());
    if (!value.has_value()) return false;
    out = *value;
  }
  return out >= low && out <= high;
}

bool read_uint(const Input& input, std::uint64_t high, std::uint64_t& out) {
  if (input.value != nullptr) {
    const auto value = input.value->get_uint64();
    if (!value) return false;
    out = *value;
    return out <= high;
  }
  const std::string_view text = input.texts.front();
  if (text.empty() || text.size() > 20) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (out > (UINT64_MAX - digit) / 10) return false;
    out = out * 10 + digit;
  }
  return out <= high;
}

bool read_double(const Input& input, double& out) {
  if (input.value != nullptr) {
    const auto value = input.value->get_double();
    out = value.value_or(0);
    return value.has_value();
  }
  const auto value = text::parse_double(input.texts.front());
  if (!value.has_value()) return false;
  out = *value;
  return true;
}

bool read_string(const Input& input, std::string& out) {
  if (input.value == nullptr) {
    out = input.texts.front();
    return true;
  }
  const auto value = input.value->get_string();
  out = value.value_or("");
  return value.has_value();
}

}  // namespace detail
}  // namespace avila::web

#include <avila/http/cookies.hpp>
#include <avila/url/percent.hpp>

namespace avila::http {

std::optional<std::string_view> cookie(const Request& request, std::string_view name) noexcept {
  for (const Field& field : request.fields) {
    if (!equal_ignoring_case(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      const std::string_view pair = trim_ows(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      std::string_view value = pair.substr(equals + 1);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      return value;
    }
  }
  return std::nullopt;
}

std::string format_set_cookie(const SetCookie& cookie) {
  // RFC 6265 §4.1.1, cookie-octet: no controls, space, '"', ',', ';' or '\'.
  static constexpr url::PercentSet kNotCookieOctet =
      url::detail::with(url::kC0ControlSet, " \",;\\%");
  std::string out = cookie.name;
  for (char& c : out)
    if (!is_token({&c, 1})) c = '_';
  out += '=';
  url::append_percent_encoded(out, cookie.value, kNotCookieOctet);
  const auto attribute = [&](std::string_view name, std::string_view value) {
    out.append("; ").append(name);
    if (!value.empty()) out += '=';
    for (const char c : value) out += c == ';' || !is_field_value({&c, 1}) ? '_' : c;
  };
  if (!cookie.path.empty()) attribute("Path", cookie.path);
  if (!cookie.domain.empty()) attribute("Domain", cookie.domain);
  if (cookie.max_age) attribute("Max-Age", std::to_string(cookie.max_age->ns / 1'000'000'000));
  if (cookie.secure) attribute("Secure", "");
  if (cookie.http_only) attribute("HttpOnly", "");
  const char* site = cookie.same_site == SameSite::Lax      ? "Lax"
                     : cookie.same_site == SameSite::Strict ? "Strict"
                                                            : "None";
  attribute("SameSite", site);
  return out;
}

}  // namespace avila::http

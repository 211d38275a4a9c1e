#include <algorithm>
#include <avila/http/cookies.hpp>
#include <avila/time/format.hpp>
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

namespace {

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool is_address(std::string_view host) noexcept {
  return host.find(':') != std::string_view::npos ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// §5.1.3.
bool domain_matches(std::string_view host, std::string_view domain) noexcept {
  if (host == domain) return true;
  return host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
         !is_address(host);
}

/// §5.1.4.
bool path_matches(std::string_view path, std::string_view cookie_path) noexcept {
  if (!path.starts_with(cookie_path)) return false;
  return path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
         path[cookie_path.size()] == '/';
}

}  // namespace

bool CookieJar::store(std::string_view text, std::string_view host_text, std::string_view path,
                      bool over_tls, WallTime now) {
  const std::string host = to_lower(host_text);
  const std::size_t end = text.find(';');
  const std::string_view pair = text.substr(0, end);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return false;
  Stored stored{std::string(trim_ows(pair.substr(0, equals))),
                std::string(trim_ows(pair.substr(equals + 1))),
                host,
                {},
                true,
                false,
                {INT64_MAX},
                now};
  if (stored.name.empty() || stored.name.size() + stored.value.size() > limits_.bytes) return false;
  if (!is_field_value(stored.name) || !is_field_value(stored.value)) return false;
  bool has_max_age = false;
  std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  while (!rest.empty()) {
    const std::size_t stop = rest.find(';');
    const std::string_view attribute = trim_ows(rest.substr(0, stop));
    rest.remove_prefix(stop == std::string_view::npos ? rest.size() : stop + 1);
    const std::size_t mark = attribute.find('=');
    const std::string name = to_lower(trim_ows(attribute.substr(0, mark)));
    const std::string_view value =
        mark == std::string_view::npos ? std::string_view() : trim_ows(attribute.substr(mark + 1));
    if (name == "secure") stored.secure = true;
    if (name == "path" && value.starts_with('/')) stored.path = value;
    if (name == "domain" && !value.empty()) {
      std::string domain = to_lower(value.starts_with('.') ? value.substr(1) : value);
      if (!domain_matches(host, domain)) return false;
      if (domain != host && domain.find('.') == std::string::npos) return false;
      stored.host_only = domain == host && is_address(host);
      stored.domain = std::move(domain);
    }
    if (name == "max-age" && !value.empty()) {
      const bool negative = value[0] == '-';
      std::int64_t seconds_left = 0;
      for (const char c : negative ? value.substr(1) : value) {
        if (c < '0' || c > '9') return false;
        seconds_left = std::min<std::int64_t>(seconds_left * 10 + (c - '0'), 4'000'000'000);
      }
      has_max_age = true;
      stored.expires = negative || seconds_left == 0
                           ? WallTime{0}
                           : WallTime{now.ns + seconds_left * 1'000'000'000};
    }
    if (name == "expires" && !has_max_age) {
      const auto date = time::parse_http_date(value, now);
      if (date.has_value()) stored.expires = *date;
    }
  }
  if (stored.secure && !over_tls) return false;
  if (stored.path.empty()) {  // §5.1.4, the default path
    const std::size_t slash = path.rfind('/');
    stored.path =
        slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
  }
  const auto same = [&](const Stored& other) {
    return other.name == stored.name && other.domain == stored.domain && other.path == stored.path;
  };
  const auto old = std::find_if(cookies_.begin(), cookies_.end(), same);
  if (old != cookies_.end()) {
    stored.created = old->created;
    cookies_.erase(old);
  }
  if (stored.expires.ns <= now.ns) return true;  // that was a removal
  const auto of_host = std::count_if(cookies_.begin(), cookies_.end(), [&](const Stored& other) {
    return other.domain == stored.domain;
  });
  const bool host_full = static_cast<std::size_t>(of_host) >= limits_.cookies_per_host;
  if (host_full || cookies_.size() >= limits_.cookies) {  // the oldest goes
    const auto oldest = std::find_if(cookies_.begin(), cookies_.end(), [&](const Stored& other) {
      return !host_full || other.domain == stored.domain;
    });
    cookies_.erase(oldest);
  }
  cookies_.push_back(std::move(stored));
  return true;
}

std::string CookieJar::header(std::string_view host_text, std::string_view path, bool over_tls,
                              WallTime now) {
  const std::string host = to_lower(host_text);
  std::erase_if(cookies_, [&](const Stored& each) { return each.expires.ns <= now.ns; });
  std::vector<const Stored*> fitting;
  for (const Stored& each : cookies_) {
    const bool at_home = each.host_only && each.domain == host
                             ? true
                             : !each.host_only && domain_matches(host, each.domain);
    if (at_home && path_matches(path, each.path) && (over_tls || !each.secure))
      fitting.push_back(&each);
  }
  // §5.4: longer paths first, then the older.
  std::stable_sort(fitting.begin(), fitting.end(), [](const Stored* a, const Stored* b) {
    if (a->path.size() != b->path.size()) return a->path.size() > b->path.size();
    return a->created.ns < b->created.ns;
  });
  std::string out;
  for (const Stored* each : fitting) {
    if (!out.empty()) out += "; ";
    out.append(each->name).append("=").append(each->value);
  }
  return out;
}

}  // namespace avila::http

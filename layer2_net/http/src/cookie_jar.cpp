#include <algorithm>
#include <avila/http/cookies.hpp>
#include <avila/time/civil.hpp>

namespace avila::http {

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

/// §5.1.1: the dates that servers really send, in whatever order and with whatever between.
std::optional<WallTime> cookie_date(std::string_view text) noexcept {
  const auto is_delimiter = [](char c) {
    return c == '\t' || (c >= ' ' && c <= '/') || (c >= ';' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  };
  // The number that a token begins with, if it has so many digits; they are taken off.
  const auto number = [](std::string_view& token, std::size_t least, std::size_t most) {
    int value = 0;
    std::size_t digits = 0;
    for (; digits < token.size() && token[digits] >= '0' && token[digits] <= '9'; ++digits)
      if (digits < most) value = value * 10 + (token[digits] - '0');
    if (digits < least || digits > most) return -1;
    token.remove_prefix(digits);
    return value;
  };
  static constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  int hour = -1, minute = 0, second = 0, day = -1, month = -1, year = -1;
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), is_delimiter);
    const std::string_view token = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(std::min(token.size() + 1, text.size()));
    std::string_view rest = token;
    if (hour < 0 && token.find(':') != std::string_view::npos) {
      const int h = number(rest, 1, 2);
      const bool colon = rest.starts_with(':');
      if (colon) rest.remove_prefix(1);
      const int m = number(rest, 1, 2);
      const bool second_colon = rest.starts_with(':');
      if (second_colon) rest.remove_prefix(1);
      const int s = number(rest, 1, 2);
      if (h >= 0 && colon && m >= 0 && second_colon && s >= 0) {
        hour = h, minute = m, second = s;
        continue;
      }
      rest = token;
    }
    if (day < 0) {
      day = number(rest, 1, 2);
      if (day >= 0) continue;
    }
    if (month < 0 && token.size() >= 3) {
      const std::size_t at = kMonths.find(to_lower(token.substr(0, 3)));
      if (at != std::string_view::npos && at % 3 == 0) {
        month = static_cast<int>(at / 3) + 1;
        continue;
      }
    }
    if (year < 0) year = number(rest, 2, 4);
  }
  if (year >= 70 && year <= 99) year += 1900;
  if (year >= 0 && year <= 69) year += 2000;
  const time::Date date{year, static_cast<std::uint8_t>(std::max(month, 0)),
                        static_cast<std::uint8_t>(std::max(day, 0))};
  if (year < 1601 || !time::is_valid(date) || hour < 0 || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const std::int64_t seconds_of_day = hour * 3600 + minute * 60 + second;
  const std::int64_t total = time::days_from_civil(date) * 86'400 + seconds_of_day;
  constexpr std::int64_t kMost = INT64_MAX / 1'000'000'000;
  return WallTime{std::clamp(total, -kMost, kMost) * 1'000'000'000};
}

/// §5.2.2; nothing where it is no number, and is ignored.
std::optional<WallTime> max_age_from(std::string_view text, WallTime now) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t left = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    left = std::min<std::int64_t>(left * 10 + (c - '0'), 4'000'000'000);
  }
  if (negative || left == 0) return WallTime{0};
  return WallTime{now.ns + left * 1'000'000'000};
}

/// §5.1.4.
std::string default_path(std::string_view request_path) {
  const std::size_t slash = request_path.rfind('/');
  if (slash == 0 || slash == std::string_view::npos || !request_path.starts_with('/')) return "/";
  return std::string(request_path.substr(0, slash));
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
                default_path(path),
                true,
                false,
                {INT64_MAX},
                now};
  if (stored.name.empty() || stored.name.size() + stored.value.size() > limits_.bytes) return false;
  if (!is_field_value(stored.name) || !is_field_value(stored.value)) return false;
  std::optional<WallTime> max_age, expires;
  std::string_view domain_text;
  std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  while (!rest.empty()) {  // §5.3: of each attribute the last counts
    const std::size_t stop = rest.find(';');
    const std::string_view attribute = trim_ows(rest.substr(0, stop));
    rest.remove_prefix(stop == std::string_view::npos ? rest.size() : stop + 1);
    const std::size_t mark = attribute.find('=');
    const std::string name = to_lower(trim_ows(attribute.substr(0, mark)));
    const std::string_view value =
        mark == std::string_view::npos ? std::string_view() : trim_ows(attribute.substr(mark + 1));
    if (value.size() > limits_.attribute_bytes) continue;  // RFC 6265bis §5.6
    if (name == "secure") stored.secure = true;
    if (name == "path")
      stored.path = value.starts_with('/') ? std::string(value) : default_path(path);
    if (name == "domain") domain_text = value;
    if (name == "max-age")
      if (const auto when = max_age_from(value, now)) max_age = when;
    if (name == "expires")
      if (const auto when = cookie_date(value)) expires = when;
  }
  if (max_age || expires) stored.expires = max_age ? *max_age : *expires;
  if (!domain_text.empty()) {
    std::string domain =
        to_lower(domain_text.starts_with('.') ? domain_text.substr(1) : domain_text);
    if (!domain_matches(host, domain)) return false;
    if (domain != host && domain.find('.') == std::string::npos) return false;
    stored.host_only = domain == host && is_address(host);
    stored.domain = std::move(domain);
  }
  if (!is_field_value(stored.path) || stored.path.size() > limits_.attribute_bytes) return false;
  if (stored.secure && !over_tls) return false;
  // The prefixes of RFC 6265bis §4.1.3: what they promise must hold.
  const std::string prefix = to_lower(std::string_view(stored.name).substr(0, 9));
  if (prefix == "__secure-" && !stored.secure) return false;
  if (prefix.starts_with("__host-") &&
      (!stored.secure || !domain_text.empty() || stored.path != "/"))
    return false;
  // RFC 6265bis §5.7: nor does it stand before one that is secure, where both are sent.
  const auto hidden = [&](const Stored& other) {
    return other.secure && other.name == stored.name && path_matches(stored.path, other.path) &&
           (domain_matches(stored.domain, other.domain) ||
            domain_matches(other.domain, stored.domain));
  };
  if (!over_tls && std::any_of(cookies_.begin(), cookies_.end(), hidden)) return false;
  const auto same = [&](const Stored& other) {
    return other.name == stored.name && other.domain == stored.domain && other.path == stored.path;
  };
  const auto old = std::find_if(cookies_.begin(), cookies_.end(), same);
  if (old != cookies_.end()) {
    stored.created = old->created;
    cookies_.erase(old);
  }
  if (stored.expires.ns <= now.ns) return true;  // that was a removal
  std::erase_if(cookies_, [&](const Stored& each) { return each.expires.ns <= now.ns; });
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

#include <algorithm>
#include <avila/proxy/cache_control.hpp>
#include <avila/time/format.hpp>

namespace avila::proxy {

namespace {

constexpr std::uint32_t kMaxSeconds = 1U << 31;  // RFC 9111 §1.2.2
constexpr std::size_t kFieldNamesMax = 32;

std::string_view unquoted(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  return text;
}

std::uint32_t seconds_of(std::string_view text) noexcept {
  text = unquoted(text);
  if (text.empty()) return 0;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(c - '0'), kMaxSeconds);
  }
  return static_cast<std::uint32_t>(value);
}

void set_once(std::optional<std::uint32_t>& to, std::string_view text) noexcept {
  if (!to.has_value()) to = seconds_of(text);
}

void add_field_names(std::vector<std::string>& to, std::string_view list) {
  while (const auto name = http::next_list_element(list)) {
    if (to.size() == kFieldNamesMax) return;
    std::string lower(*name);
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    to.push_back(std::move(lower));
  }
}

std::optional<WallTime> date_field(const http::Headers& headers, std::string_view name) {
  const auto text = headers.find(name);
  if (!text.has_value()) return std::nullopt;
  auto parsed = time::parse_http_date(*text);
  if (!parsed.has_value()) return std::nullopt;
  return *parsed;
}

}  // namespace

CacheControl parse_cache_control(std::string_view list) {
  CacheControl out;
  while (const auto element = http::next_list_element(list)) {
    const std::size_t equals = element->find('=');
    const std::string_view name = http::trim_ows(element->substr(0, equals));
    const bool has_value = equals != std::string_view::npos;
    const std::string_view value =
        has_value ? http::trim_ows(element->substr(equals + 1)) : std::string_view();
    const auto is = [&](std::string_view text) { return http::equal_ignoring_case(name, text); };
    if (is("max-age")) {
      set_once(out.max_age, value);
    } else if (is("s-maxage")) {
      set_once(out.s_maxage, value);
    } else if (is("no-store")) {
      out.no_store = true;
    } else if (is("no-cache") || is("private")) {
      if (!unquoted(value).empty()) {
        add_field_names(out.not_shared_fields, unquoted(value));
      } else {
        (is("private") ? out.is_private : out.no_cache) = true;
      }
    } else if (is("public")) {
      out.is_public = true;
    } else if (is("must-revalidate")) {
      out.must_revalidate = true;
    } else if (is("proxy-revalidate")) {
      out.proxy_revalidate = true;
    } else if (is("no-transform")) {
      out.no_transform = true;
    } else if (is("must-understand")) {
      out.must_understand = true;
    } else if (is("immutable")) {
      out.immutable = true;
    } else if (is("only-if-cached")) {
      out.only_if_cached = true;
    } else if (is("max-stale")) {
      if (!out.has_max_stale && has_value) out.max_stale = seconds_of(value);
      out.has_max_stale = true;
    } else if (is("min-fresh")) {
      set_once(out.min_fresh, value);
    } else if (is("stale-while-revalidate")) {
      set_once(out.stale_while_revalidate, value);
    } else if (is("stale-if-error")) {
      set_once(out.stale_if_error, value);
    }
  }
  return out;
}

std::int64_t current_age(const ResponseTimes& times, WallTime now) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto positive = [](Duration d) { return std::max<std::int64_t>(0, d.ns / kSecond); };
  const std::int64_t apparent = positive(times.response_time - times.date);
  const std::int64_t delay = positive(times.response_time - times.request_time);
  const std::int64_t corrected = std::int64_t{times.age_value} + delay;
  return std::max(apparent, corrected) + positive(now - times.response_time);
}

bool is_heuristically_cacheable(int status) noexcept {
  switch (status) {
    case 200:
    case 203:
    case 204:
    case 300:
    case 301:
    case 308:
    case 404:
    case 405:
    case 410:
    case 414:
    case 501: return true;
    default: return false;  // 206 too, which we do not store
  }
}

std::int64_t freshness_lifetime(int status, const CacheControl& control,
                                const http::Headers& headers, WallTime date,
                                const FreshnessOptions& options) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (control.s_maxage.has_value()) return *control.s_maxage;
  if (control.max_age.has_value()) return *control.max_age;
  if (headers.contains("expires")) {
    // §5.3: what is no date, "0" above all, is in the past.
    const auto expires = date_field(headers, "expires");
    if (!expires.has_value()) return 0;
    return std::max<std::int64_t>(0, (*expires - date).ns / kSecond);
  }
  if (!is_heuristically_cacheable(status) && !control.is_public) return 0;
  if (const auto modified = date_field(headers, "last-modified"); modified.has_value()) {
    const auto since = static_cast<double>((date - *modified).ns / kSecond);
    const auto fresh = static_cast<std::int64_t>(std::max(0.0, since * options.heuristic_fraction));
    return std::min(fresh, options.heuristic_max_s);
  }
  return options.default_s;
}

bool may_store(const RequestFacts& request, int status, const http::Headers& headers,
               const CacheControl& control) {
  if (!request.get || request.control.no_store) return false;
  if (status < 200 || status == 206 || status == 304) return false;
  // §5.2.2.3: who does not know the status keeps to no-store.
  const bool understood = is_heuristically_cacheable(status) || status == 302 || status == 307;
  if (control.must_understand ? !understood : control.no_store) return false;
  if (control.is_private) return false;
  // §3.5
  if (request.has_authorization && !control.must_revalidate && !control.is_public &&
      !control.s_maxage.has_value())
    return false;
  for (const http::Field& field : headers) {
    if (http::equal_ignoring_case(field.name, "vary") && http::list_contains(field.value, "*"))
      return false;
  }
  const auto& without = control.not_shared_fields;
  if (headers.contains("set-cookie") &&
      std::find(without.begin(), without.end(), "set-cookie") == without.end())
    return false;
  return control.is_public || control.max_age.has_value() || control.s_maxage.has_value() ||
         headers.contains("expires") || is_heuristically_cacheable(status);
}

}  // namespace avila::proxy

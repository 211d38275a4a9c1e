#include "client_proxy.hpp"

#include <avila/os/process.hpp>
#include <avila/text/number.hpp>

namespace avila::http {
namespace detail {

namespace {

bool ends_with_ignoring_case(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() &&
         equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// "example.com" and ".example.com" stand for the host and what is below it.
bool names_host(std::string_view entry, std::string_view host) noexcept {
  if (entry == "*") return true;
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty()) return false;
  if (equal_ignoring_case(entry, host)) return true;
  return ends_with_ignoring_case(host, entry) && host[host.size() - entry.size() - 1] == '.';
}

bool bypasses(std::string_view list, const url::Url& target) {
  const std::string_view host = target.peer_host();
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", "), list.size());
    std::string_view entry = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (const std::size_t colon = entry.rfind(':');
        colon != std::string_view::npos && entry.find(':') == colon) {  // not an IPv6 address
      const auto port = text::parse_uint(entry.substr(colon + 1));
      if (!port.has_value() || *port != target.effective_port()) continue;
      entry = entry.substr(0, colon);
    }
    if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
    if (names_host(entry, host)) return true;
  }
  return false;
}

}  // namespace

Result<std::optional<url::Url>> choose_proxy(const ClientOptions& options, const url::Url& target) {
  const bool secure = target.scheme() == "https";
  std::string proxy = secure && !options.https_proxy.empty() ? options.https_proxy : options.proxy;
  if (proxy.empty() || bypasses(options.no_proxy, target)) return std::optional<url::Url>();
  if (proxy.find("://") == std::string::npos) proxy.insert(0, "http://");
  AVILA_TRY(url::Url parsed, url::Url::parse(proxy).context("proxy URL"));
  if (parsed.scheme() != "http")
    return Error(Errc::Unsupported, "a proxy is reached by plain HTTP only");
  return std::optional<url::Url>(std::move(parsed));
}

}  // namespace detail

void use_environment_proxies(ClientOptions& options) {
  const auto first_of = [](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (auto value = os::environment(name); value.has_value() && !value->empty()) return *value;
    return std::string();
  };
  options.proxy = first_of({"http_proxy", "all_proxy", "ALL_PROXY"});
  options.https_proxy = first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  options.no_proxy = first_of({"no_proxy", "NO_PROXY"});
}

}  // namespace avila::http

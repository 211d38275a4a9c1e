// Cookies (RFC 6265).
#pragma once
#include <avila/http/message.hpp>
#include <avila/primitives/duration.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::http {

/// A cookie of a request by its name; the first where there are several.
std::optional<std::string_view> cookie(const Request& request, std::string_view name) noexcept;

enum class SameSite : std::uint8_t { Lax, Strict, None };

/// What a server sets. Secure by default.
struct SetCookie {
  std::string name;
  std::string value;  ///< characters that no cookie may hold are percent-encoded
  std::string path = "/";
  std::string domain;               ///< empty: this host only
  std::optional<Duration> max_age;  ///< none: until the browser ends; zero removes it
  bool secure = true;
  bool http_only = true;
  SameSite same_site = SameSite::Lax;
};
/// The value of Set-Cookie. What neither a name nor an attribute may hold becomes '_'.
std::string format_set_cookie(const SetCookie& cookie);

struct CookieJarLimits {
  std::size_t cookies = 3000;
  std::size_t cookies_per_host = 180;
  std::size_t bytes = 4096;            ///< of a name with its value
  std::size_t attribute_bytes = 1024;  ///< of an attribute's value: longer ones are ignored
};

/// The cookies of a client (RFC 6265 §5). Domains that are public suffixes cannot be told from
/// others without a list of them, so a Domain attribute must have a dot and match the host. The
/// prefixes __Secure- and __Host- are held to their promise, and what came over TLS is neither
/// replaced nor hidden by what did not (RFC 6265bis).
class CookieJar {
 public:
  explicit CookieJar(CookieJarLimits limits = {}) : limits_(limits) {}
  /// Takes a Set-Cookie that came from `host` for `path`; false where it is refused.
  bool store(std::string_view set_cookie, std::string_view host, std::string_view path,
             bool over_tls, WallTime now);
  /// The value of Cookie for a request; "" for none.
  std::string header(std::string_view host, std::string_view path, bool over_tls, WallTime now);
  std::size_t size() const noexcept { return cookies_.size(); }

 private:
  struct Stored {
    std::string name, value, domain, path;
    bool host_only, secure;
    WallTime expires, created;
  };
  CookieJarLimits limits_;
  std::vector<Stored> cookies_;
};

}  // namespace avila::http

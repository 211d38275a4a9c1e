// URLs of the WHATWG URL Standard: parse, read, change, serialise.
#pragma once
#include <avila/error/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::url {

inline constexpr std::size_t kMaxUrlBytes = 1 << 20;

/// A parsed URL. What is read is serialised: percent-encoded, the host in ASCII.
class Url {
 public:
  /// As a browser reads it: leading and trailing space, tabs and newlines are dropped, backslashes
  /// of special schemes are slashes. Relative references need a base. Malformed says why.
  static Result<Url> parse(std::string_view input, const Url* base = nullptr);
  static Result<Url> parse(std::string_view input, std::string_view base);

  std::string href() const { return serialize(true); }
  std::string serialize(bool with_fragment) const;
  /// "https://example.com", or "null" for schemes without one.
  std::string origin() const;

  std::string_view scheme() const noexcept { return scheme_; }  ///< "https"
  bool is_special() const noexcept;                             ///< http, https, ws, wss, ftp, file
  std::string_view username() const noexcept { return username_; }
  std::string_view password() const noexcept { return password_; }
  bool has_host() const noexcept { return host_.has_value(); }
  std::string_view hostname() const noexcept { return host_ ? *host_ : std::string_view(); }
  /// hostname() without the brackets of an IPv6 address: what is connected to.
  std::string_view peer_host() const noexcept {
    const std::string_view host = hostname();
    return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  }
  /// Only where it is not the scheme's own.
  std::optional<std::uint16_t> port() const noexcept { return port_; }
  /// port(), or the scheme's own; 0 where there is none.
  std::uint16_t effective_port() const noexcept;
  std::string pathname() const;
  bool has_opaque_path() const noexcept { return opaque_; }
  std::optional<std::string_view> query() const noexcept { return query_; }        ///< without '?'
  std::optional<std::string_view> fragment() const noexcept { return fragment_; }  ///< without '#'

  // As the properties of JavaScript's URL: with ':', '?', '#'.
  std::string protocol() const { return scheme_ + ":"; }
  std::string host() const;  ///< "example.com:8080"
  std::string port_text() const;
  std::string search() const;
  std::string hash() const;
  /// Path and query, as a request line has them.
  std::string request_target() const;

  // Each does nothing where the value does not fit, as the Standard says.
  bool set_href(std::string_view value);
  void set_protocol(std::string_view value);
  void set_username(std::string_view value);
  void set_password(std::string_view value);
  void set_host(std::string_view value);
  void set_hostname(std::string_view value);
  void set_port(std::string_view value);
  void set_pathname(std::string_view value);
  void set_search(std::string_view value);
  void set_hash(std::string_view value);

  friend bool operator==(const Url& a, const Url& b) { return a.href() == b.href(); }

 private:
  friend class Parser;
  std::string scheme_, username_, password_;
  std::optional<std::string> host_;
  std::optional<std::uint16_t> port_;
  std::vector<std::string> path_;  // segments
  std::string opaque_path_;
  bool opaque_ = false;
  std::optional<std::string> query_, fragment_;

  bool cannot_have_credentials_or_port() const noexcept;
  void strip_trailing_spaces_of_opaque_path();
};

/// The scheme's own port; 0 for schemes without one and for "file".
std::uint16_t default_port(std::string_view scheme) noexcept;
bool is_special_scheme(std::string_view scheme) noexcept;

/// RFC 3986 §5.2: resolves a reference against an absolute URI by the strict generic rules, without
/// the corrections browsers make.
Result<std::string> resolve_reference(std::string_view base, std::string_view reference);
/// RFC 3986 §5.2.4.
std::string remove_dot_segments(std::string_view path);

}  // namespace avila::url

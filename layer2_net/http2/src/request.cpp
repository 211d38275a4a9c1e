#include "request.hpp"

#include <algorithm>

namespace avila::http2::detail {

namespace {

struct Pseudo {
  std::string_view method, scheme, authority, path, protocol;
  bool has_method = false, has_scheme = false, has_authority = false, has_path = false,
       has_protocol = false;

  bool take(std::string_view name, std::string_view value) noexcept {
    const auto set = [&](std::string_view& to, bool& has) {
      if (has) return false;  // twice
      to = value;
      return has = true;
    };
    if (name == ":method") return set(method, has_method);
    if (name == ":scheme") return set(scheme, has_scheme);
    if (name == ":authority") return set(authority, has_authority);
    if (name == ":path") return set(path, has_path);
    if (name == ":protocol") return set(protocol, has_protocol);
    return false;
  }
};

/// RFC 3986 section 3.1. Anything else could be read as a URL of its own.
bool is_scheme(std::string_view text) noexcept {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
         });
}

bool is_path(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '#' && c != 0x7f;
  });
}

}  // namespace

bool parse_content_length(std::string_view text, std::uint64_t& length) noexcept {
  if (text.empty() || text.size() > 19) return false;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (length != Engine::kUnknownLength && length != value) return false;
  length = value;
  return true;
}

bool is_connection_field(std::string_view name) noexcept {
  switch (name.size()) {
    case 7: return name == "upgrade";
    case 10: return name == "connection" || name == "keep-alive";
    case 16: return name == "proxy-connection";
    case 17: return name == "transfer-encoding";
    default: return false;
  }
}

bool is_well_formed(const HeaderField& field) noexcept {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!http::is_token(field.name) || std::any_of(field.name.begin(), field.name.end(), capital))
    return false;
  const std::string_view value = field.value;
  return http::trim_ows(value).size() == value.size() &&
         std::none_of(value.begin(), value.end(),
                      [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
}

bool read_request(const HeaderList& list, bool end_stream, http::Request& request,
                  std::string& cookie, std::uint64_t& content_length) {
  Pseudo pseudo;
  std::size_t i = 0;
  for (; i < list.size() && list[i].name.starts_with(':'); ++i)
    if (!pseudo.take(list[i].name, list[i].value)) return false;
  content_length = Engine::kUnknownLength;
  std::size_t crumbs = 0;
  std::string_view host;
  bool has_host = false;
  for (; i < list.size(); ++i) {
    const HeaderField field = list[i];
    if (!is_well_formed(field) || is_connection_field(field.name)) return false;
    if (field.name == "te" && field.value != "trailers") return false;
    if (field.name == "host") {
      if (has_host) return false;
      host = field.value;
      has_host = true;
      continue;  // added below
    }
    if (field.name == "content-length") {
      const bool again = content_length != Engine::kUnknownLength;
      if (!parse_content_length(field.value, content_length)) return false;
      if (again) continue;
    }
    if (field.name == "cookie") {
      if (crumbs++ > 0) cookie += "; ";
      cookie += field.value;
      continue;
    }
    request.fields.add(field.name, field.value);
  }
  if (crumbs > 0) request.fields.add("cookie", cookie);
  if (!pseudo.has_method || !http::is_token(pseudo.method)) return false;
  request.method_text = pseudo.method;
  request.method = http::parse_method(pseudo.method);
  const bool connect = request.method == http::Method::Connect;
  if (pseudo.has_protocol && (!connect || !http::is_token(pseudo.protocol))) return false;
  if (connect && !pseudo.has_protocol) {  // section 8.5: authority only
    if (pseudo.has_scheme || pseudo.has_path || pseudo.authority.empty() ||
        !http::is_host(pseudo.authority))
      return false;
    request.target = pseudo.authority;
  } else {
    if (!is_scheme(pseudo.scheme) || !pseudo.has_path || !is_path(pseudo.path)) return false;
    const bool asterisk = request.method == http::Method::Options && pseudo.path == "*";
    if (!asterisk && !pseudo.path.starts_with('/')) return false;
    request.target = pseudo.path;
    request.scheme = pseudo.scheme;
  }
  // Two names for one place are what smuggling is made of.
  if (pseudo.has_authority && has_host && pseudo.authority != host) return false;
  const std::string_view authority = pseudo.has_authority ? pseudo.authority : host;
  if (authority.empty() || !http::is_host(authority)) return false;
  request.fields.add("host", authority);
  if (pseudo.has_protocol) {
    request.method = http::Method::Get;
    request.method_text = "GET";
    request.protocol = pseudo.protocol;
  }
  request.split_target();
  request.host = authority;
  request.major_version = 2;
  request.facts.minor_version = 0;
  request.facts.expect_continue = false;
  if (content_length != Engine::kUnknownLength) {
    request.facts.framing = {http::Framing::Kind::Length, content_length};
  } else {
    request.facts.framing = {end_stream ? http::Framing::Kind::None : http::Framing::Kind::Chunked,
                             0};
  }
  return true;
}

void write_status(Engine& engine, int status) {
  char text[3] = {static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
                  static_cast<char>('0' + status % 10)};
  engine.field(":status", std::string_view(text, 3));
}

void write_fields(Engine& engine, const http::Headers& headers, bool skip_length) {
  char lower[64];
  std::string longer;
  for (const http::Field& field : headers) {
    std::string_view name = field.name;
    char* to = lower;
    if (name.size() > sizeof lower) {
      longer.resize(name.size());
      to = longer.data();
    }
    std::transform(name.begin(), name.end(), to, [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    name = {to, name.size()};
    if (is_connection_field(name) || (skip_length && name == "content-length")) continue;
    engine.field(name, field.value);
  }
}

}  // namespace avila::http2::detail

#include "fields.hpp"

#include <algorithm>
#include <avila/hash/sha1.hpp>
#include <avila/text/encoding.hpp>
#include <vector>

namespace avila::proxy::detail {

std::string_view host_of(std::string_view authority) noexcept {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return authority.substr(1, end == std::string_view::npos ? end : end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

std::string_view find_cookie(const http::FieldViews& fields, std::string_view name) noexcept {
  for (const http::Field& field : fields) {
    if (field.name.size() != 6 || !http::equal_ignoring_case(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      const std::string_view pair = http::trim_ows(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name))
        return pair.substr(name.size() + 1);
    }
  }
  return {};
}

namespace {

bool is_unreserved(unsigned char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// What a path is made of (RFC 3986 §3.3); other bytes are percent-encoded.
bool is_of_path(unsigned char c) noexcept {
  return is_unreserved(c) ||
         std::string_view("/!$&'()*+,;=:@").find(static_cast<char>(c)) != std::string_view::npos;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// RFC 3986 §6.2.2.1 and §6.2.2.2. False: an encoding that is none, or of a NUL.
bool normalize_percent(std::string_view path, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (std::size_t i = 0; i < path.size(); ++i) {
    auto c = static_cast<unsigned char>(path[i]);
    bool plain = is_of_path(c);
    if (c == '%') {
      if (path.size() - i < 3) return false;
      const int high = hex_value(path[i + 1]), low = hex_value(path[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<unsigned char>(high * 16 + low);
      plain = is_unreserved(c);
      i += 2;
    }
    if (c == 0) return false;
    if (plain) {
      out += static_cast<char>(c);
    } else {
      out += {'%', kHex[c >> 4], kHex[c & 15]};
    }
  }
  return true;
}

/// RFC 3986 §5.2.4, in place. False: above the root.
bool remove_dot_segments(std::string& path) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t slash = path.find('/', at + 1);
    const bool last = slash == std::string::npos;
    const std::size_t end = last ? path.size() : slash;
    const std::string_view segment = std::string_view(path).substr(at + 1, end - at - 1);
    const bool up = segment == "..";
    if (!up && segment != ".") {
      const auto from = path.begin();
      std::copy(from + static_cast<std::ptrdiff_t>(at), from + static_cast<std::ptrdiff_t>(end),
                from + static_cast<std::ptrdiff_t>(out));
      out += end - at;
    } else {
      if (up) {
        if (out == 0) return false;
        out = path.rfind('/', out - 1);
      }
      if (last) path[out++] = '/';
    }
    at = end;
  }
  path.resize(out);
  return true;
}

}  // namespace

bool normalize_path(std::string_view& path, std::string& storage) {
  if (!path.starts_with('/')) return true;
  const auto odd = [](char c) { return !is_of_path(static_cast<unsigned char>(c)); };
  if (path.find("/.") == std::string_view::npos && std::none_of(path.begin(), path.end(), odd))
    return true;
  storage.clear();
  storage.reserve(path.size());
  if (!normalize_percent(path, storage) || !remove_dot_segments(storage)) return false;
  path = storage;
  return true;
}

bool has_path_prefix(std::string_view path, std::string_view prefix) noexcept {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.empty() || prefix.ends_with('/') ||
         path[prefix.size()] == '/';
}

bool host_matches(std::string_view pattern, std::string_view host) noexcept {
  if (!pattern.starts_with("*.")) return http::equal_ignoring_case(pattern, host);
  const std::string_view tail = pattern.substr(1);
  return host.size() > tail.size() &&
         http::equal_ignoring_case(tail, host.substr(host.size() - tail.size()));
}

std::string_view client_address(const http::Request& request, const AddressSet& trusted) {
  std::string_view client = host_of(request.peer);
  if (trusted.empty()) return client;
  constexpr std::size_t kSaidMax = 64;
  // From the nearest on: each is believed as far as who said so is.
  std::vector<std::string_view> said;
  for (const http::Field& field : request.fields) {
    if (!http::equal_ignoring_case(field.name, "x-forwarded-for")) continue;
    std::string_view list = field.value;
    while (const auto each = http::next_list_element(list)) {
      if (said.size() == kSaidMax) said.erase(said.begin());  // the nearest are the last
      said.push_back(*each);
    }
  }
  while (!said.empty()) {
    const auto address = address_of_peer(client);
    if (!address.has_value() || !trusted.contains(*address)) return client;
    if (!address_of_peer(said.back()).has_value()) return client;
    client = said.back();
    said.pop_back();
  }
  return client;
}

std::string websocket_accept(std::string_view key) {
  hash::Sha1 sha1;
  sha1.update(as_bytes(key));
  sha1.update(as_bytes("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));  // RFC 6455 §1.3
  return text::base64_encode(sha1.finish());
}

}  // namespace avila::proxy::detail

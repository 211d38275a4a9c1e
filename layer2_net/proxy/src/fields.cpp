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

/// How many dots a segment is made of, if of dots only: 1 or 2, else 0.
int dots_of(std::string_view segment) noexcept {
  int dots = 0;
  while (!segment.empty()) {
    if (segment.front() == '.') {
      segment.remove_prefix(1);
    } else if (segment.size() >= 3 && segment.starts_with("%2") && (segment[2] | 0x20) == 'e') {
      segment.remove_prefix(3);
    } else {
      return 0;
    }
    if (++dots > 2) return 0;
  }
  return dots;
}

}  // namespace

std::optional<std::string> without_dot_segments(std::string_view path) {
  const bool suspicious =
      path.find("/.") != std::string_view::npos || path.find("/%2") != std::string_view::npos;
  if (!suspicious || !path.starts_with('/')) return std::nullopt;
  std::string out;
  std::vector<std::size_t> starts;  // where each segment of `out` begins
  bool changed = false;
  while (!path.empty()) {
    const std::size_t end = path.find('/', 1);
    const std::string_view segment = path.substr(0, end);  // with its slash
    const bool last = end == std::string_view::npos;
    path = last ? std::string_view() : path.substr(end);
    const int dots = dots_of(segment.substr(1));
    if (dots == 0) {
      starts.push_back(out.size());
      out.append(segment);
      continue;
    }
    changed = true;
    if (dots == 2 && !starts.empty()) {
      out.resize(starts.back());
      starts.pop_back();
    }
    if (last) out += '/';
  }
  if (!changed) return std::nullopt;
  if (out.empty()) out = "/";
  return out;
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

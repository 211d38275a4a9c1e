#include <avila/validate/formats.hpp>

#include <algorithm>

#include "digits.hpp"

namespace avila::validate {
namespace {

using Address = std::array<std::uint8_t, 16>;

std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) noexcept {
  std::array<std::uint8_t, 4> out{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::size_t size = 0;
    unsigned value = 0;
    while (size < text.size() && size < 3 && detail::is_digit(text[size]))
      value = value * 10 + static_cast<unsigned>(text[size++] - '0');
    if (size == 0 || value > 255 || (size > 1 && text[0] == '0')) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(value);
    text.remove_prefix(size);
    if (i == 3) break;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

// Digits of a number up to `limit`, without leading zeros; -1 where it is none.
int number(std::string_view text, int limit) noexcept {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return -1;
  int out = 0;
  for (const char c : text) {
    if (!detail::is_digit(c)) return -1;
    out = out * 10 + (c - '0');
  }
  return out <= limit ? out : -1;
}

}  // namespace

bool is_ipv4(std::string_view text) noexcept { return parse_ipv4(text).has_value(); }
bool is_ipv6(std::string_view text) noexcept { return parse_ipv6(text).has_value(); }

std::optional<Address> parse_ipv6(std::string_view text) noexcept {
  Address out{};
  std::size_t filled = 0;            // bytes
  std::size_t gap = out.size() + 1;  // where "::" stood
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (filled == out.size()) return std::nullopt;
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto tail = parse_ipv4(group);
      if (!tail || filled > 12) return std::nullopt;
      std::copy(tail->begin(), tail->end(), out.begin() + static_cast<std::ptrdiff_t>(filled));
      filled += 4;
      break;
    }
    if (group.empty() || group.size() > 4) return std::nullopt;
    unsigned value = 0;
    for (const char c : group) {
      if (detail::hex_value(c) < 0) return std::nullopt;
      value = value * 16 + static_cast<unsigned>(detail::hex_value(c));
    }
    out[filled++] = static_cast<std::uint8_t>(value >> 8);
    out[filled++] = static_cast<std::uint8_t>(value);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.starts_with(':')) {
      if (gap <= out.size()) return std::nullopt;  // a second "::"
      gap = filled;
      text.remove_prefix(1);
    } else if (text.empty()) {
      return std::nullopt;  // a single colon at the end
    }
  }
  if (gap > out.size()) return filled == out.size() ? std::optional(out) : std::nullopt;
  if (filled > 14) return std::nullopt;  // "::" stands for one group at least
  std::rotate(out.begin() + static_cast<std::ptrdiff_t>(gap),
              out.begin() + static_cast<std::ptrdiff_t>(filled), out.end());
  return out;
}

std::string format_ipv6(const Address& address) {
  const auto group = [&address](std::size_t i) {
    return static_cast<unsigned>(address[2 * i] << 8 | address[2 * i + 1]);
  };
  std::size_t best = 8;
  std::size_t best_size = 1;  // a single group of zeros is not shortened (RFC 5952 §4.2.2)
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && group(end) == 0) ++end;
    if (end - i > best_size) {
      best = i;
      best_size = end - i;
    }
    i = std::max(end, i + 1);
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_size - 1;
      continue;
    }
    if (i > 0 && !out.ends_with(':')) out += ':';
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const unsigned digit = group(i) >> shift & 15U;
      started = started || digit != 0 || shift == 0;
      if (started) out += "0123456789abcdef"[digit];
    }
  }
  return out;
}

bool is_cidr(std::string_view text, bool strict) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view host = text.substr(0, slash);
  const std::string_view prefix = text.substr(slash + 1);
  Address bytes{};
  int bits = 128;
  if (const auto v4 = parse_ipv4(host)) {
    std::copy(v4->begin(), v4->end(), bytes.begin());
    bits = 32;
  } else if (const auto v6 = parse_ipv6(host)) {
    bytes = *v6;
  } else {
    return false;
  }
  const int length = number(prefix, bits);
  if (length < 0 || !strict) return length >= 0;
  for (int i = length; i < bits; ++i)
    if ((bytes[static_cast<std::size_t>(i / 8)] >> (7 - i % 8) & 1) != 0) return false;
  return true;
}

bool is_hostname(std::string_view text) noexcept {
  constexpr std::size_t kMaxName = 253;
  constexpr std::size_t kMaxLabel = 63;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxName) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-')
      return false;
    bool digits_only = true;
    for (const char c : label) {
      if (!detail::is_alnum(c) && c != '-') return false;
      digits_only = digits_only && detail::is_digit(c);
    }
    if (dot == std::string_view::npos) return !digits_only;
    text.remove_prefix(dot + 1);
  }
}

bool is_url(std::string_view text, std::span<const std::string_view> schemes) noexcept {
  constexpr std::size_t kMaxUrl = 2'048;
  constexpr std::string_view kWeb[] = {"http", "https"};
  if (text.size() > kMaxUrl) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c <= 0x20 || c >= 0x7F || std::string_view("\"<>\\^`{|}").find(text[i]) != text.npos)
      return false;
    if (c == '%' && (i + 2 >= text.size() || detail::hex_value(text[i + 1]) < 0 ||
                     detail::hex_value(text[i + 2]) < 0))
      return false;
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, colon);
  const auto same = [scheme](std::string_view known) {
    return std::equal(scheme.begin(), scheme.end(), known.begin(), known.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
    });
  };
  if (schemes.empty()) schemes = kWeb;
  if (std::none_of(schemes.begin(), schemes.end(), same)) return false;
  std::string_view authority = text.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos || !is_ipv6(authority.substr(1, close - 1))) return false;
    port = authority.substr(close + 1);
  } else {
    const std::size_t at = authority.find(':');
    const std::string_view host = authority.substr(0, at);
    if (!is_hostname(host) && !is_ipv4(host)) return false;
    port = at == std::string_view::npos ? std::string_view() : authority.substr(at);
  }
  return port.empty() || (port[0] == ':' && number(port.substr(1), 65'535) > 0);
}

}  // namespace avila::validate

#include <algorithm>
#include <avila/url/host.hpp>
#include <avila/url/percent.hpp>
#include <vector>

#include "ascii.hpp"

namespace avila::url {

using detail::hex_value;
using detail::is_digit;

namespace {

Error fail(std::string_view what) { return Error(Errc::Malformed, what); }

/// URL Standard §3.1.
bool is_forbidden_host_byte(char c) noexcept {
  switch (c) {
    case '\0':
    case '\t':
    case '\n':
    case '\r':
    case ' ':
    case '#':
    case '/':
    case ':':
    case '<':
    case '>':
    case '?':
    case '@':
    case '[':
    case '\\':
    case ']':
    case '^':
    case '|': return true;
    default: return false;
  }
}
bool is_forbidden_domain_byte(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return is_forbidden_host_byte(c) || u <= 0x1f || c == '%' || u == 0x7f;
}

/// URL Standard §3.5, IPv4 number parser: decimal, 0octal, 0xhex. Nothing: no number. Values
/// beyond 2^33 stay there: they are too large anyway.
std::optional<std::uint64_t> ipv4_number(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  unsigned radix = 10;
  if (text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    radix = 16;
  } else if (text.size() >= 2 && text[0] == '0') {
    text.remove_prefix(1);
    radix = 8;
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= radix) return std::nullopt;
    value = std::min(value * radix + static_cast<unsigned>(digit), std::uint64_t{1} << 33);
  }
  return value;
}

std::vector<std::string_view> split_dots(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

/// URL Standard §3.5, ends in a number checker.
bool ends_in_number(std::string_view host) {
  std::vector<std::string_view> parts = split_dots(host);
  if (parts.back().empty()) {
    if (parts.size() == 1) return false;
    parts.pop_back();
  }
  const std::string_view last = parts.back();
  bool digits = !last.empty();
  for (const char c : last) digits &= is_digit(c);
  if (digits) return true;
  return last.size() >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X') &&
         ipv4_number(last).has_value();
}

Result<std::uint32_t> parse_ipv4(std::string_view host) {
  std::vector<std::string_view> parts = split_dots(host);
  if (parts.back().empty() && parts.size() > 1) parts.pop_back();
  if (parts.size() > 4) return fail("an IPv4 address has at most four parts");
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = ipv4_number(parts[i]);
    if (!number) return fail("a part of an IPv4 address is no number");
    const bool last = i + 1 == parts.size();
    // The last part fills what is left: "127.1".
    const std::uint64_t limit = last ? std::uint64_t{1} << (8 * (5 - parts.size())) : 256;
    if (*number >= limit) return fail("a part of an IPv4 address is too large");
    address += last ? *number : *number << (8 * (3 - i));
  }
  return static_cast<std::uint32_t>(address);
}

}  // namespace

std::optional<std::array<std::uint16_t, 8>> parse_ipv6(std::string_view text) noexcept {
  // URL Standard §3.5, IPv6 parser.
  std::array<std::uint16_t, 8> address{};
  std::size_t piece = 0, at = 0;
  std::optional<std::size_t> compress;
  const auto c = [&](std::size_t ahead = 0) {
    return at + ahead < text.size() ? text[at + ahead] : '\0';
  };
  if (c() == ':') {
    if (c(1) != ':') return std::nullopt;
    at += 2;
    compress = ++piece;
  }
  while (at < text.size()) {
    if (piece == 8) return std::nullopt;
    if (c() == ':') {
      if (compress) return std::nullopt;
      ++at;
      compress = ++piece;
      continue;
    }
    unsigned value = 0, length = 0;
    while (length < 4 && at < text.size() && hex_value(c()) >= 0) {
      value = value * 16 + static_cast<unsigned>(hex_value(c()));
      ++at, ++length;
    }
    if (c() == '.' && at < text.size()) {  // the last 32 bits as IPv4
      if (length == 0) return std::nullopt;
      at -= length;
      if (piece > 6) return std::nullopt;
      unsigned numbers = 0;
      while (at < text.size()) {
        int part = -1;
        if (numbers > 0) {
          if (c() != '.' || numbers >= 4) return std::nullopt;
          ++at;
        }
        if (at >= text.size() || !is_digit(c())) return std::nullopt;
        while (at < text.size() && is_digit(c())) {
          const int digit = c() - '0';
          if (part == 0) return std::nullopt;  // no leading zeros
          part = part < 0 ? digit : part * 10 + digit;
          if (part > 255) return std::nullopt;
          ++at;
        }
        address[piece] = static_cast<std::uint16_t>(address[piece] * 256 + part);
        ++numbers;
        if (numbers == 2 || numbers == 4) ++piece;
      }
      if (numbers != 4) return std::nullopt;
      break;
    }
    if (c() == ':' && at < text.size()) {
      ++at;
      if (at >= text.size()) return std::nullopt;
    } else if (at < text.size()) {
      return std::nullopt;
    }
    address[piece++] = static_cast<std::uint16_t>(value);
  }
  if (compress) {
    std::size_t swaps = piece - *compress;
    piece = 7;
    while (piece != 0 && swaps > 0) {
      std::swap(address[piece], address[*compress + swaps - 1]);
      --piece, --swaps;
    }
  } else if (piece != 8) {
    return std::nullopt;
  }
  return address;
}

std::string serialize_ipv6(const std::array<std::uint16_t, 8>& pieces) {
  std::size_t best = 8, best_length = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && pieces[end] == 0) ++end;
    if (end - i > best_length) best = i, best_length = end - i;
    i = std::max(end, i + 1);
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += i == 0 ? "::" : ":";
      i += best_length - 1;
      continue;
    }
    bool begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const unsigned digit = pieces[i] >> shift & 15U;
      begun |= digit != 0 || shift == 0;
      if (begun) out += "0123456789abcdef"[digit];
    }
    if (i != 7) out += ':';
  }
  return out;
}

std::string serialize_ipv4(std::uint32_t address) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += std::to_string(address >> shift & 255U);
    if (shift > 0) out += '.';
  }
  return out;
}

Result<std::string> parse_host(std::string_view text, bool special) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return fail("an IPv6 address without its closing bracket");
    const auto address = parse_ipv6(text.substr(1, text.size() - 2));
    if (!address) return fail("malformed IPv6 address");
    return "[" + serialize_ipv6(*address) + "]";
  }
  if (!special) {  // opaque-host parser
    for (const char c : text) {
      if (is_forbidden_host_byte(c)) return fail("a byte that no host may hold");
    }
    return percent_encode(text, kC0ControlSet);
  }
  const std::string domain = detail::to_valid_utf8(percent_decode(text));
  AVILA_TRY(std::string ascii, domain_to_ascii(domain));
  if (ascii.empty()) return fail("the host is empty");
  for (const char c : ascii) {
    if (is_forbidden_domain_byte(c)) return fail("a byte that no domain may hold");
  }
  if (ends_in_number(ascii)) {
    AVILA_TRY(const std::uint32_t address, parse_ipv4(ascii));
    return serialize_ipv4(address);
  }
  return ascii;
}

}  // namespace avila::url

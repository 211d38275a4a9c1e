#include <algorithm>
#include <avila/tcp/address.hpp>
#include <avila/tcp/native.hpp>
#include <charconv>
#include <cstring>

namespace avila::tcp {
namespace {

Error malformed(std::string_view text, const char* what, std::size_t offset) {
  return Error(Errc::Malformed, "address \"" + std::string(text.substr(0, 80)) + "\": " + what,
               {.offset = offset});
}

bool parse_v4(std::string_view text, std::uint8_t* out) noexcept {
  for (int part = 0; part < 4; ++part) {
    if (part != 0) {
      if (text.empty() || text.front() != '.') return false;
      text.remove_prefix(1);
    }
    std::size_t digits = 0;
    unsigned value = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && digits < 3)
      value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
    if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0')) return false;
    out[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(digits);
  }
  return text.empty();
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 4291 §2.2: eight groups; one "::" stands for one or more zero groups; the last two groups
// may be written as an IPv4 address.
bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& out) noexcept {
  std::array<std::uint8_t, 16> head{};
  std::size_t filled = 0;  // bytes written
  std::size_t gap = 17;    // where "::" stood; 17: nowhere
  std::size_t at = 0;
  if (text.starts_with("::")) {
    gap = 0;
    at = 2;
  } else if (text.starts_with(":")) {
    return false;
  }
  while (at < text.size()) {
    if (filled == 16) return false;
    std::size_t end = at;
    unsigned value = 0;
    while (end < text.size() && end - at < 4 && hex_digit(text[end]) >= 0)
      value = value * 16 + static_cast<unsigned>(hex_digit(text[end++]));
    if (end < text.size() && text[end] == '.') {
      if (filled > 12 || !parse_v4(text.substr(at), head.data() + filled)) return false;
      filled += 4;
      at = text.size();
      break;
    }
    if (end == at) return false;
    head[filled++] = static_cast<std::uint8_t>(value >> 8);
    head[filled++] = static_cast<std::uint8_t>(value);
    at = end;
    if (at == text.size()) break;
    if (text[at] != ':') return false;
    ++at;
    if (at < text.size() && text[at] == ':') {
      if (gap != 17) return false;
      gap = filled;
      ++at;
    } else if (at == text.size()) {
      return false;  // a single colon at the end
    }
  }
  if (gap == 17 ? filled != 16 : filled > 14) return false;
  out.fill(0);
  if (gap == 17) gap = filled;
  std::copy_n(head.begin(), gap, out.begin());
  std::copy(head.begin() + static_cast<std::ptrdiff_t>(gap),
            head.begin() + static_cast<std::ptrdiff_t>(filled),
            out.end() - static_cast<std::ptrdiff_t>(filled - gap));
  return true;
}

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
         bytes[10] == 0xFF && bytes[11] == 0xFF;
}

std::string format_v4(const std::uint8_t* bytes) {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    if (i != 0) text += '.';
    text += std::to_string(bytes[i]);
  }
  return text;
}

// RFC 5952 §4: no leading zeros, lower case; "::" for the longest run of at least two zero groups,
// the first of equals. §5: ::ffff:0:0/96 in mixed notation.
std::string format_v6(const std::array<std::uint8_t, 16>& bytes) {
  if (is_mapped(bytes)) return "::ffff:" + format_v4(bytes.data() + 12);
  std::uint16_t groups[8];
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  int best = -1;
  int best_length = 1;
  for (int i = 0; i < 8; ++i) {
    int length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > best_length) best = i, best_length = length;
    if (length > 0) i += length - 1;
  }
  std::string text;
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    char buffer[4];
    const auto end = std::to_chars(buffer, buffer + 4, groups[i], 16).ptr;
    text.append(buffer, end);
  }
  return text;
}

bool parse_number(std::string_view text, std::uint32_t max, std::uint32_t& out) noexcept {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out <= max;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    if (!parse_v6(text, address.bytes_)) return malformed(text, "not an IPv6 address", 0);
    address.v6_ = true;
    return address;
  }
  if (!parse_v4(text, address.bytes_.data()))
    return malformed(text, "not an IPv4 address: four numbers of 0 to 255 expected", 0);
  return address;
}

std::string IpAddress::to_string() const {
  return v6_ ? format_v6(bytes_) : format_v4(bytes_.data());
}

IpAddress IpAddress::unmapped() const noexcept {
  if (!v6_ || !is_mapped(bytes_)) return *this;
  return v4(bytes_[12], bytes_[13], bytes_[14], bytes_[15]);
}

bool IpAddress::is_loopback() const noexcept {
  const IpAddress plain = unmapped();
  if (plain.is_v4()) return plain.bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; });
}

bool IpAddress::is_unspecified() const noexcept {
  return std::all_of(bytes_.begin(), bytes_.end(), [](auto b) { return b == 0; });
}

bool IpAddress::is_private() const noexcept {
  const IpAddress plain = unmapped();
  const auto& b = plain.bytes_;
  if (plain.is_v4())
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xF0) == 16) || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 169 && b[1] == 254);
  return (b[0] & 0xFE) == 0xFC || (b[0] == 0xFE && (b[1] & 0xC0) == 0x80);
}

bool IpAddress::is_multicast() const noexcept {
  const IpAddress plain = unmapped();
  return plain.is_v4() ? (plain.bytes_[0] & 0xF0) == 0xE0 : plain.bytes_[0] == 0xFF;
}

Result<SocketAddress> SocketAddress::unix_socket(std::string_view path) {
  if (path.empty()) return Error(Errc::InvalidArgument, "a Unix socket needs a path");
  if (path.size() > kUnixPathBytesMax)
    return Error(Errc::LimitExceeded, "the path of a Unix socket has at most 107 bytes; \"" +
                                          std::string(path) + "\" has " +
                                          std::to_string(path.size()));
  if (path.find('\0') != std::string_view::npos)
    return Error(Errc::Malformed, "the path of a Unix socket holds a zero byte",
                 {.offset = path.find('\0')});
  SocketAddress address;
  address.is_unix_ = true;
  address.path_ = path;
  return address;
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  if (text.starts_with("unix:")) return unix_socket(text.substr(5));
  SocketAddress address;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return malformed(text, "\"]\" is missing", text.size());
    std::string_view host = text.substr(1, close - 1);
    if (const std::size_t percent = host.find('%'); percent != std::string_view::npos) {
      const std::string_view zone = host.substr(percent + 1);
      if (!parse_number(zone, UINT32_MAX, address.scope_id_)) {
        address.scope_id_ = native::interface_index(zone);
        if (address.scope_id_ == 0)
          return malformed(text, "no such network interface", percent + 2);
      }
      host = host.substr(0, percent);
    }
    std::array<std::uint8_t, 16> bytes{};
    if (!parse_v6(host, bytes)) return malformed(text, "not an IPv6 address in brackets", 1);
    address.ip_ = IpAddress::v6(bytes);
    if (close + 1 >= text.size() || text[close + 1] != ':')
      return malformed(text, "\":port\" is missing", close + 1);
    port = text.substr(close + 2);
  } else {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
      return malformed(text, "\":port\" is missing", text.size());
    if (text.find(':') != colon) return malformed(text, "IPv6 goes in brackets: [::1]:80", 0);
    AVILA_TRY(address.ip_, IpAddress::parse(text.substr(0, colon)));
    port = text.substr(colon + 1);
  }
  std::uint32_t number = 0;
  if (!parse_number(port, 65535, number))
    return malformed(text, "the port is a number of 0 to 65535",
                     static_cast<std::size_t>(port.data() - text.data()));
  address.port_ = static_cast<std::uint16_t>(number);
  return address;
}

std::string SocketAddress::to_string() const {
  if (is_unix_) return "unix:" + path_;
  if (ip_.is_v4()) return ip_.to_string() + ":" + std::to_string(port_);
  std::string text = "[" + ip_.to_string();
  if (scope_id_ != 0) text += "%" + std::to_string(scope_id_);
  return text + "]:" + std::to_string(port_);
}

SocketAddress SocketAddress::with_port(std::uint16_t port) const {
  SocketAddress copy = *this;
  copy.port_ = port;
  return copy;
}

}  // namespace avila::tcp

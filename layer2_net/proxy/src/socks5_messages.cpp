// The messages of SOCKS5: what they say, and where they end.
#include <algorithm>
#include <array>
#include <avila/proxy/socks5.hpp>

namespace avila::proxy {

namespace {

constexpr std::uint8_t kVersion = 5;
constexpr std::size_t kKindAt = 3;  // of the address, in requests and in datagrams

std::uint8_t at(ByteSpan bytes, std::size_t index) noexcept {
  return static_cast<std::uint8_t>(bytes[index]);
}

std::string text(ByteSpan bytes, std::size_t from, std::size_t count) {
  return std::string(as_text(bytes.subspan(from, count)));
}

/// Where somebody wants to go (RFC 1928 §5).
struct Where {
  std::optional<tcp::IpAddress> address;
  std::string_view name;
  std::uint16_t port = 0;
  std::size_t end = 0;  // of it, in the message
};

/// Of the message's kind of address, address and port. Nothing: more bytes are needed.
Result<std::optional<Where>> parse_where(ByteSpan bytes) {
  using Out = std::optional<Where>;
  if (bytes.size() < kKindAt + 2) return Out();
  Where out;
  std::size_t from = kKindAt + 1, count = 0;
  const std::uint8_t kind = at(bytes, kKindAt);
  switch (kind) {
    case 1: count = 4; break;
    case 3:
      count = at(bytes, from);
      if (count == 0) return Error(Errc::Malformed, "the name is empty", {.offset = from});
      ++from;
      break;
    case 4: count = 16; break;
    default: return Error(Errc::Unsupported, "an address of another kind", {.offset = kKindAt});
  }
  out.end = from + count + 2;
  if (bytes.size() < out.end) return Out();
  if (kind == 1) {
    out.address = tcp::IpAddress::v4(at(bytes, from), at(bytes, from + 1), at(bytes, from + 2),
                                     at(bytes, from + 3));
  } else if (kind == 4) {
    std::array<std::uint8_t, 16> address{};
    for (std::size_t i = 0; i < 16; ++i) address[i] = at(bytes, from + i);
    out.address = tcp::IpAddress::v6(address);
  } else {
    out.name = as_text(bytes.subspan(from, count));
    for (const char c : out.name)
      if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
        return Error(Errc::Malformed, "the name holds a control byte or a space", {.offset = from});
  }
  out.port = static_cast<std::uint16_t>(at(bytes, out.end - 2) << 8 | at(bytes, out.end - 1));
  return Out(out);
}

void append_where(std::string& out, const tcp::SocketAddress& where) {
  const tcp::IpAddress ip = where.is_unix() ? tcp::IpAddress() : where.ip();
  const std::size_t count = ip.is_v4() ? 4 : 16;
  out += static_cast<char>(ip.is_v4() ? 1 : 4);
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(ip.bytes()[i]);
  const std::uint16_t port = where.port();
  out += static_cast<char>(port >> 8);
  out += static_cast<char>(port & 0xff);
}

}  // namespace

Result<std::optional<SocksParsed<SocksGreeting>>> parse_socks_greeting(ByteSpan bytes) {
  using Out = std::optional<SocksParsed<SocksGreeting>>;
  if (bytes.empty()) return Out();
  if (at(bytes, 0) != kVersion)
    return Error(Errc::Malformed, "not version 5 of SOCKS", {.offset = 0});
  if (bytes.size() < 2) return Out();
  const std::size_t count = at(bytes, 1);
  if (count == 0) return Error(Errc::Malformed, "no method is offered", {.offset = 1});
  if (bytes.size() < 2 + count) return Out();
  SocksParsed<SocksGreeting> out;
  for (std::size_t i = 0; i < count; ++i) out.message.methods.push_back(at(bytes, 2 + i));
  out.size_bytes = 2 + count;
  return Out(std::move(out));
}

Result<std::optional<SocksParsed<SocksCredentials>>> parse_socks_credentials(ByteSpan bytes) {
  using Out = std::optional<SocksParsed<SocksCredentials>>;
  if (bytes.empty()) return Out();
  if (at(bytes, 0) != 1) return Error(Errc::Malformed, "not version 1 of RFC 1929", {.offset = 0});
  if (bytes.size() < 2) return Out();
  const std::size_t user = at(bytes, 1);
  if (user == 0) return Error(Errc::Malformed, "the user's name is empty", {.offset = 1});
  if (bytes.size() < 3 + user) return Out();
  const std::size_t password = at(bytes, 2 + user);
  if (bytes.size() < 3 + user + password) return Out();
  SocksParsed<SocksCredentials> out;
  out.message.user = text(bytes, 2, user);
  out.message.password = text(bytes, 3 + user, password);
  out.size_bytes = 3 + user + password;
  return Out(std::move(out));
}

Result<std::optional<SocksParsed<SocksRequest>>> parse_socks_request(ByteSpan bytes) {
  using Out = std::optional<SocksParsed<SocksRequest>>;
  if (bytes.empty()) return Out();
  if (at(bytes, 0) != kVersion)
    return Error(Errc::Malformed, "not version 5 of SOCKS", {.offset = 0});
  if (bytes.size() < 5) return Out();
  if (at(bytes, 2) != 0) return Error(Errc::Malformed, "the reserved byte is not 0", {.offset = 2});
  AVILA_TRY(const auto where, parse_where(bytes));
  if (!where.has_value()) return Out();
  SocksParsed<SocksRequest> out;
  out.message.command = at(bytes, 1);
  out.message.host =
      where->address.has_value() ? where->address->to_string() : std::string(where->name);
  out.message.port = where->port;
  out.size_bytes = where->end;
  return Out(std::move(out));
}

std::string socks_reply(SocksReply reply, const tcp::SocketAddress& bound) {
  std::string out;
  out += static_cast<char>(kVersion);
  out += static_cast<char>(reply);
  out += '\0';
  append_where(out, bound);
  return out;
}

Result<SocksDatagram> parse_socks_datagram(ByteSpan bytes) {
  if (bytes.size() > 1 && (at(bytes, 0) != 0 || at(bytes, 1) != 0))
    return Error(Errc::Malformed, "the reserved bytes are not 0", {.offset = 0});
  AVILA_TRY(const auto where, parse_where(bytes));
  if (!where.has_value())
    return Error(Errc::Malformed, "the datagram ends within its head", {.offset = bytes.size()});
  SocksDatagram out;
  out.fragment = at(bytes, 2);
  out.address = where->address;
  out.name = where->name;
  out.port = where->port;
  out.data = bytes.subspan(where->end);
  return out;
}

std::string socks_datagram_head(const tcp::SocketAddress& source) {
  std::string out(3, '\0');  // reserved, and no fragment
  append_where(out, source);
  return out;
}

}  // namespace avila::proxy

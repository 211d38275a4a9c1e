#include <array>
#include <avila/hash/crc32c.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/tcp/proxy_protocol.hpp>
#include <cstring>
#include <string_view>
#include <utility>

namespace avila::tcp {
namespace {

constexpr std::string_view kV1Start = "PROXY ";
constexpr std::string_view kV2Signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kV2FixedBytes = 16;
constexpr std::size_t kUnixBytes = 108;

using Parsed = Result<std::optional<ParsedProxyHeader>>;

Error malformed(const char* what, std::size_t offset) {
  return Error(Errc::Malformed, std::string("PROXY header: ") + what, {.offset = offset});
}

/// The next word, up to a single space or the end.
std::string_view next_word(std::string_view& rest) {
  const std::size_t space = rest.find(' ');
  const std::string_view word = rest.substr(0, space);
  rest = space == std::string_view::npos ? rest.substr(rest.size()) : rest.substr(space + 1);
  return word;
}

bool parse_port(std::string_view text, std::uint16_t& out) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  out = static_cast<std::uint16_t>(value);
  return value <= 65535;
}

// §2.1: "PROXY" SP ("TCP4"|"TCP6"|"UNKNOWN") SP source SP destination SP port SP port CRLF.
Parsed parse_v1(std::string_view text) {
  const std::size_t end = text.substr(0, ProxyHeader::kV1BytesMax).find("\r\n");
  if (end == std::string_view::npos) {
    if (text.size() >= ProxyHeader::kV1BytesMax)
      return malformed("no CRLF within 107 bytes", ProxyHeader::kV1BytesMax);
    return std::optional<ParsedProxyHeader>();
  }
  ParsedProxyHeader parsed{{}, end + 2};
  std::string_view rest = text.substr(kV1Start.size(), end - kV1Start.size());
  const std::string_view family = next_word(rest);
  if (family == "UNKNOWN") return std::optional(std::move(parsed));  // the rest is to be ignored
  if (family != "TCP4" && family != "TCP6")
    return malformed("TCP4, TCP6 or UNKNOWN expected", kV1Start.size());
  const bool v6 = family == "TCP6";
  IpAddress ips[2];
  std::uint16_t ports[2];
  for (IpAddress& ip : ips) {
    const std::string_view word = next_word(rest);
    auto address = IpAddress::parse(word);
    if (!address.has_value() || address->is_v6() != v6)
      return malformed("an address of the named family expected",
                       static_cast<std::size_t>(word.data() - text.data()));
    ip = *address;
  }
  for (int i = 0; i < 2; ++i) {
    const bool last = i == 1;
    const std::string_view word = last ? rest : next_word(rest);
    if (!parse_port(word, ports[i])) return malformed("a port of 0 to 65535 expected", end);
  }
  parsed.header.has_addresses = true;
  parsed.header.source = SocketAddress(ips[0], ports[0]);
  parsed.header.destination = SocketAddress(ips[1], ports[1]);
  return std::optional(std::move(parsed));
}

IpAddress ip_at(ByteSpan bytes, bool v6) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (!v6) return IpAddress::v4(at(0), at(1), at(2), at(3));
  std::array<std::uint8_t, 16> address{};
  std::memcpy(address.data(), bytes.data(), 16);
  return IpAddress::v6(address);
}

std::uint16_t be16(ByteSpan bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(bytes[at]) << 8 |
                                    static_cast<unsigned>(bytes[at + 1]));
}

SocketAddress unix_at(ByteSpan bytes) {
  std::string path(reinterpret_cast<const char*>(bytes.data()), kUnixBytes);
  const bool abstract = path.front() == '\0';
  if (abstract) path.front() = '@';
  path.resize(std::strlen(path.c_str()));
  if (abstract && path.size() == 1) path.clear();
  return SocketAddress::unix_or_unnamed(std::move(path));
}

// The field counts as zero in its own checksum (§2.2.3).
std::uint32_t checksum_of(ByteSpan header, std::size_t field) {
  constexpr std::byte kZero[4]{};
  const std::uint32_t front = hash::crc32c(header.first(field));
  return hash::crc32c(header.subspan(field + 4), hash::crc32c(kZero, front));
}

Parsed parse_v2(ByteSpan bytes) {
  if (bytes.size() < kV2FixedBytes) return std::optional<ParsedProxyHeader>();
  const auto version_command = static_cast<unsigned>(bytes[12]);
  if (version_command >> 4 != 2) return malformed("version 2 expected", 12);
  const unsigned command = version_command & 15;
  if (command > 1) return malformed("command LOCAL or PROXY expected", 12);
  const auto family = static_cast<unsigned>(bytes[13]) >> 4;
  const auto protocol = static_cast<unsigned>(bytes[13]) & 15;
  if (command == 1 && (family > 3 || protocol > 2))  // of LOCAL they are ignored, too (§2.2)
    return malformed("unknown address family or protocol", 13);
  const std::size_t length = be16(bytes, 14);
  if (kV2FixedBytes + length > ProxyHeader::kV2BytesMax)
    return Error(Errc::LimitExceeded, "PROXY header: longer than 4,112 bytes", {.offset = 14});
  if (bytes.size() < kV2FixedBytes + length) return std::optional<ParsedProxyHeader>();
  ParsedProxyHeader parsed{{}, kV2FixedBytes + length};
  // §2.2: LOCAL, and PROXY with an unspecified part: accept, and ignore the addresses.
  if (command == 0 || family == 0 || protocol == 0) return std::optional(std::move(parsed));
  ByteSpan rest = bytes.subspan(kV2FixedBytes, length);
  constexpr std::size_t kAddressBytes[] = {0, 12, 36, 2 * kUnixBytes};
  if (rest.size() < kAddressBytes[family])
    return malformed("too short for its addresses", kV2FixedBytes + length);
  ProxyHeader& header = parsed.header;
  header.has_addresses = true;
  header.datagram = protocol == 2;
  if (family == 3) {
    // '@' is how we write the zero byte of an abstract name; a path of its own cannot begin so.
    if (rest[0] == std::byte{'@'} || rest[kUnixBytes] == std::byte{'@'})
      return malformed("a Unix path that begins with @", kV2FixedBytes);
    header.source = unix_at(rest);
    header.destination = unix_at(rest.subspan(kUnixBytes));
  } else {
    const bool v6 = family == 2;
    const std::size_t size = v6 ? 16 : 4;
    header.source = SocketAddress(ip_at(rest, v6), be16(rest, 2 * size));
    header.destination = SocketAddress(ip_at(rest.subspan(size), v6), be16(rest, 2 * size + 2));
  }
  rest = rest.subspan(kAddressBytes[family]);
  bool checksum = false;
  while (!rest.empty()) {  // §2.2.7
    const std::size_t at = kV2FixedBytes + length - rest.size();
    if (rest.size() < 3) return malformed("a cut type-length-value vector", at);
    const std::size_t size = be16(rest, 1);
    if (rest.size() - 3 < size) return malformed("a vector longer than the header", at + 1);
    if (static_cast<std::uint8_t>(rest[0]) == ProxyHeader::kTlvCrc32c) {
      if (std::exchange(checksum, true)) return malformed("a second checksum", at);
      if (size != 4) return malformed("a checksum of 4 bytes expected", at + 1);
      if (load_be32(rest.data() + 3) != checksum_of(bytes.first(parsed.size_bytes), at + 3))
        return malformed("another CRC-32C", at + 3);
    }
    header.tlvs.push_back(
        {static_cast<std::uint8_t>(rest[0]), std::string(as_text(rest.subspan(3, size)))});
    rest = rest.subspan(3 + size);
  }
  return std::optional(std::move(parsed));
}

bool same_ip_family(const ProxyHeader& header) {
  return !header.source.is_unix() && !header.destination.is_unix() &&
         header.source.ip().is_v6() == header.destination.ip().is_v6();
}

void append_be16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

void append_unix(std::string& out, const SocketAddress& address) {
  std::string path = address.path();
  if (path.starts_with('@')) path.front() = '\0';
  path.resize(kUnixBytes, '\0');
  out += path;
}

}  // namespace

Parsed parse_proxy_header(ByteSpan bytes) {
  const std::string_view text = as_text(bytes);
  const std::string_view v1 = text.substr(0, kV1Start.size());
  if (kV1Start.starts_with(v1) && !text.empty()) {
    if (v1.size() < kV1Start.size()) return std::optional<ParsedProxyHeader>();
    return parse_v1(text);
  }
  const std::string_view v2 = text.substr(0, kV2Signature.size());
  if (!kV2Signature.starts_with(v2)) return malformed("neither version's signature", 0);
  if (v2.size() < kV2Signature.size()) return std::optional<ParsedProxyHeader>();
  return parse_v2(bytes);
}

void append_proxy_v1(std::string& out, const ProxyHeader& header) {
  if (!header.has_addresses || !same_ip_family(header)) {
    out += "PROXY UNKNOWN\r\n";
    return;
  }
  // Without the ::ffff:a.b.c.d notation, which receivers need not know, as it is for TCP6 only.
  out += header.source.ip().is_v6() ? "PROXY TCP6 " : "PROXY TCP4 ";
  out += header.source.ip().to_string() + " " + header.destination.ip().to_string() + " " +
         std::to_string(header.source.port()) + " " + std::to_string(header.destination.port()) +
         "\r\n";
}

Result<void> append_proxy_v2(std::string& out, const ProxyHeader& header) {
  std::string body;
  unsigned family = 0;
  if (header.has_addresses && header.source.is_unix() && header.destination.is_unix()) {
    family = 3;
    append_unix(body, header.source);
    append_unix(body, header.destination);
  } else if (header.has_addresses && same_ip_family(header)) {
    family = header.source.ip().is_v6() ? 2 : 1;
    const std::size_t size = family == 2 ? 16 : 4;
    for (const SocketAddress* address : {&header.source, &header.destination})
      body.append(reinterpret_cast<const char*>(address->ip().bytes().data()), size);
    append_be16(body, header.source.port());
    append_be16(body, header.destination.port());
  }
  std::size_t checksum = 0;  // where it goes in the body; 0: nowhere
  if (family != 0) {
    for (const ProxyHeader::Tlv& tlv : header.tlvs) {
      if (tlv.type == ProxyHeader::kTlvCrc32c) {
        if (checksum != 0) return Error(Errc::InvalidArgument, "PROXY header: two checksums");
        body += std::string("\x03\x00\x04\0\0\0\0", 7);
        checksum = body.size() - 4;
        continue;
      }
      if (tlv.value.size() > 65535)
        return Error(Errc::LimitExceeded, "PROXY header: vector too long");
      body += static_cast<char>(tlv.type);
      append_be16(body, tlv.value.size());
      body += tlv.value;
    }
  }
  if (kV2FixedBytes + body.size() > ProxyHeader::kV2BytesMax)
    return Error(Errc::LimitExceeded, "PROXY header: longer than 4,112 bytes");
  out += kV2Signature;
  out += family != 0 ? '\x21' : '\x20';  // PROXY or LOCAL
  out += static_cast<char>(family == 0 ? 0 : family << 4 | (header.datagram ? 2U : 1U));
  append_be16(out, body.size());
  out += body;
  if (checksum != 0) {
    const std::size_t start = out.size() - body.size() - kV2FixedBytes;
    const std::size_t field = kV2FixedBytes + checksum;
    store_be32(out.data() + start + field,
               checksum_of(as_bytes(std::string_view(out).substr(start)), field));
  }
  return {};
}

}  // namespace avila::tcp

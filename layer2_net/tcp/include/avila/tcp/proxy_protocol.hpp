// The PROXY protocol, versions 1 and 2: who the client behind a load balancer is.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/tcp/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace avila::tcp {

/// Source: "The PROXY protocol", versions 1 and 2 (HAProxy, doc/proxy-protocol.txt), §2.
struct ProxyHeader {
  static constexpr std::size_t kV1BytesMax = 107;        ///< §2.1, with CRLF
  static constexpr std::size_t kV2BytesMax = 16 + 4096;  ///< our limit; the format allows 65,551

  /// §2.2.3: a CRC-32C of the whole header. Checked when read; filled in when written, whatever the
  /// vector's value; at most one.
  static constexpr std::uint8_t kTlvCrc32c = 0x03;

  struct Tlv {
    std::uint8_t type;
    std::string value;
    friend bool operator==(const Tlv&, const Tlv&) = default;
  };
  /// False for LOCAL and UNKNOWN: the proxy speaks for itself; use the socket's own addresses.
  bool has_addresses = false;
  SocketAddress source;       ///< the client
  SocketAddress destination;  ///< what it connected to
  bool datagram = false;      ///< v2: the proxied connection is UDP or a Unix datagram socket
  std::vector<Tlv> tlvs;      ///< v2: type-length-value vectors, in order (§2.2.7)

  friend bool operator==(const ProxyHeader&, const ProxyHeader&) = default;
};

struct ParsedProxyHeader {
  ProxyHeader header;
  std::size_t size_bytes;  ///< the data of the connection begins here
};

/// Reads a header of either version at the front of what a connection has sent so far. Nothing: it
/// may be a header, but more bytes are needed. Errc::Malformed: it is not; the connection must be
/// closed, never served, for anybody could forge the address (§2). Accept headers from known
/// proxies only.
Result<std::optional<ParsedProxyHeader>> parse_proxy_header(ByteSpan bytes);

/// "PROXY TCP4 …\r\n". Unix addresses and mixed families become UNKNOWN.
void append_proxy_v1(std::string& out, const ProxyHeader& header);
/// Errc::LimitExceeded when the vectors do not fit, InvalidArgument for two checksums.
Result<void> append_proxy_v2(std::string& out, const ProxyHeader& header);

}  // namespace avila::tcp

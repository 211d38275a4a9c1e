// SOCKS5 (RFC 1928): CONNECT, BIND and UDP ASSOCIATE, with user names and passwords (RFC 1929).
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/proxy/forward.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::udp {
class Network;
}

namespace avila::proxy {

/// What each message needs at most.
inline constexpr std::size_t kSocksMessageBytesMax = 2 + 255 + 256;

enum class SocksReply : std::uint8_t {
  Succeeded = 0,
  Failure = 1,
  NotAllowed = 2,
  NetworkUnreachable = 3,
  HostUnreachable = 4,
  ConnectionRefused = 5,
  TtlExpired = 6,
  CommandNotSupported = 7,
  AddressTypeNotSupported = 8,
};

enum class SocksCommand : std::uint8_t { Connect = 1, Bind = 2, UdpAssociate = 3 };

struct SocksGreeting {
  std::vector<std::uint8_t> methods;  ///< 0: none needed, 2: user and password
};
struct SocksCredentials {
  std::string user;
  std::string password;
};
struct SocksRequest {
  std::uint8_t command = 1;  ///< a SocksCommand, or another number
  std::string host;          ///< a name, or an address as text
  std::uint16_t port = 0;
};
template <class T>
struct SocksParsed {
  T message;
  std::size_t size_bytes = 0;  ///< of it
};

/// Nothing: more bytes are needed. Malformed: it is no such message.
Result<std::optional<SocksParsed<SocksGreeting>>> parse_socks_greeting(ByteSpan bytes);
Result<std::optional<SocksParsed<SocksCredentials>>> parse_socks_credentials(ByteSpan bytes);
/// Unsupported: an address type that there is not.
Result<std::optional<SocksParsed<SocksRequest>>> parse_socks_request(ByteSpan bytes);
/// With the address we connected from or listen at, where there is one.
std::string socks_reply(SocksReply reply, const tcp::SocketAddress& bound = {});

/// A datagram between a client and the relay (RFC 1928 §7).
struct SocksDatagram {
  std::uint8_t fragment = 0;              ///< 0: it is whole
  std::optional<tcp::IpAddress> address;  ///< nothing: `name` says where
  std::string_view name;                  ///< within the datagram
  std::uint16_t port = 0;
  ByteSpan data;  ///< within the datagram
};
/// Malformed: too short, bytes that are not 0 but reserved, a name of control bytes or none;
/// Unsupported: an address type that there is not.
Result<SocksDatagram> parse_socks_datagram(ByteSpan bytes);
/// The head before the data of a datagram that came from `source`: 10 bytes, or 22.
std::string socks_datagram_head(const tcp::SocketAddress& source);

/// Of UDP ASSOCIATE and BIND. Where they lead is judged as for CONNECT.
struct SocksOptions {
  std::uint32_t associations = 1'000;      ///< open at once; 0: UDP ASSOCIATE is not supported
  Duration association_idle = minutes(5);  ///< without a datagram passed on (RFC 4787 §4.3)
  /// With the head. Longer ones are dropped, whichever way they go.
  std::size_t datagram_bytes = 65'507;
  /// Of an association, and names looked up for it: the one that was not used for longest is
  /// forgotten, and what it sends is dropped from then on.
  std::uint32_t destinations = 256;
  std::uint32_t lookups = 16;             ///< of an association, under way at once
  std::size_t waiting_bytes = 64 * 1024;  ///< of datagrams of an association that wait for them
  std::uint32_t binds = 1'000;  ///< that wait for a connection at once; 0: BIND is not supported
  Duration bind_wait = minutes(1);  ///< for the connection
  udp::Network* network = nullptr;  ///< null: the system's; outlives the server
};

struct SocksMetrics {
  std::uint64_t connections = 0;  ///< open now
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t associations = 0;  ///< open now
  std::uint64_t binds = 0;         ///< waiting now
  std::uint64_t datagrams = 0;     ///< passed on, both ways together
  std::uint64_t dropped = 0;       ///< datagrams that were not
};

/// The two ends of a client's connection. UDP ASSOCIATE needs them: the relay is at our end's
/// address, and takes datagrams of the client's.
struct SocksEnds {
  tcp::SocketAddress client;
  tcp::SocketAddress local;
};

/// Thread-safe. The executor outlives it. `ForwardOptions::destinations.ports` count.
class SocksServer {
 public:
  SocksServer(async::Executor& executor, ForwardOptions options, SocksOptions socks = {});
  ~SocksServer();
  SocksServer(const SocksServer&) = delete;
  SocksServer& operator=(const SocksServer&) = delete;

  Result<void> listen(std::string_view address);
  std::string local_address() const;
  /// One connection, until it ends. Without `ends` UDP ASSOCIATE is not supported.
  Task<void> serve(std::unique_ptr<async::Transport> transport,
                   std::optional<SocksEnds> ends = std::nullopt);
  /// Ends everything, and waits for it.
  Task<void> shutdown();
  SocksMetrics metrics() const noexcept;

  struct State;

 private:
  std::shared_ptr<State> state_;  // shared with connections
};

}  // namespace avila::proxy

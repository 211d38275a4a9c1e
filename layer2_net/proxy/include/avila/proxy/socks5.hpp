// SOCKS5 (RFC 1928) with user names and passwords (RFC 1929). CONNECT only: BIND and UDP ASSOCIATE
// are answered with "command not supported".
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/proxy/forward.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

struct SocksGreeting {
  std::vector<std::uint8_t> methods;  ///< 0: none needed, 2: user and password
};
struct SocksCredentials {
  std::string user;
  std::string password;
};
struct SocksRequest {
  std::uint8_t command = 1;  ///< 1: CONNECT
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
/// With the address we connected from, where it is one.
std::string socks_reply(SocksReply reply, const tcp::SocketAddress& bound = {});

struct SocksMetrics {
  std::uint64_t connections = 0;  ///< open now
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
};

/// Thread-safe. The executor outlives it. `ForwardOptions::destinations.ports` count.
class SocksServer {
 public:
  SocksServer(async::Executor& executor, ForwardOptions options);
  ~SocksServer();
  SocksServer(const SocksServer&) = delete;
  SocksServer& operator=(const SocksServer&) = delete;

  Result<void> listen(std::string_view address);
  std::string local_address() const;
  /// One connection, until it ends.
  Task<void> serve(std::unique_ptr<async::Transport> transport);
  /// Ends everything, and waits for it.
  Task<void> shutdown();
  SocksMetrics metrics() const noexcept;

  struct State;

 private:
  std::shared_ptr<State> state_;  // shared with connections
};

}  // namespace avila::proxy

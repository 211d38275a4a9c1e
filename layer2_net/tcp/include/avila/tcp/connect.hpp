// Connecting, by address or by name.
#pragma once
#include <avila/tcp/stream.hpp>
#include <string>
#include <vector>

namespace avila::tcp {

/// Looks host names up, in place of the system.
class Resolver {
 public:
  virtual ~Resolver() = default;
  /// Addresses in the order in which they are to be tried; ends soon after `cancel`. Not asked for
  /// literal addresses.
  virtual Task<Result<std::vector<SocketAddress>>> resolve(async::Executor& executor,
                                                           std::string host, std::uint16_t port,
                                                           CancelToken cancel) = 0;
};

struct ConnectOptions {
  Duration timeout = seconds(10);              ///< of everything together, names included
  Duration attempt_delay = milliseconds(250);  ///< RFC 8305 §5: until the next address is tried too
  std::size_t addresses_max = 16;              ///< of a name; the rest is not tried
  bool no_delay = true;
  Resolver* resolver = nullptr;  ///< null: resolve(). Outlives the connect().
};

/// One address. Errc::ConnectionRefused, TimedOut, Cancelled, …
Task<Result<Stream>> connect(async::Executor& executor, SocketAddress address,
                             ConnectOptions options = {}, CancelToken cancel = {});

/// A host name or a literal address. Happy eyeballs (RFC 8305): the addresses are tried in turn,
/// families alternating, each attempt beginning when the one before fails or after attempt_delay;
/// the first to connect wins, the others are ended. The error is that of the first to fail.
Task<Result<Stream>> connect(async::Executor& executor, std::string host, std::uint16_t port,
                             ConnectOptions options = {}, CancelToken cancel = {});

/// The same for addresses that are known already, tried in the order given.
Task<Result<Stream>> connect_any(async::Executor& executor, std::vector<SocketAddress> addresses,
                                 ConnectOptions options = {}, CancelToken cancel = {});

/// getaddrinfo() on the blocking pool: the system's order (RFC 6724), families interleaved
/// (RFC 8305 §4). Literal addresses need no thread. When it is cancelled, the system's look-up goes
/// on behind it, in a thread of the pool.
Task<Result<std::vector<SocketAddress>>> resolve(async::Executor& executor, std::string host,
                                                 std::uint16_t port, CancelToken cancel = {});

}  // namespace avila::tcp

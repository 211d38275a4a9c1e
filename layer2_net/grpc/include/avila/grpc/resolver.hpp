// From a target, "dns:///api.example:50051", to addresses.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/transport.hpp>
#include <avila/tcp/address.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace avila::grpc {

using future::CancelToken;
using future::Task;

/// Where a channel leads (naming.md of the gRPC project).
struct Target {
  std::vector<tcp::SocketAddress> addresses;  ///< where they are known already
  std::string host;                           ///< else a name to look up
  std::uint16_t port = 443;
  std::string authority;  ///< what :authority says and certificates are checked against
};
/// "host:port", "dns:[//…/]host[:port]", "127.0.0.1:50051", "ipv4:a:p,b:p", "ipv6:[a]:p,[b]:p",
/// "unix:path", "unix:///path", "unix-abstract:name". Errors: InvalidArgument.
Result<Target> parse_target(std::string_view text);

/// Looks names up, in place of the system: a registry, xDS, a list.
class NameResolver {
 public:
  virtual ~NameResolver() = default;
  /// Asked for targets without addresses of their own, at first and when connections fail.
  virtual Task<Result<std::vector<tcp::SocketAddress>>> resolve(async::Executor& executor,
                                                                Target target,
                                                                CancelToken cancel) = 0;
};

/// Makes connections, in place of TCP: for tests and tunnels.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual Task<Result<std::unique_ptr<async::Transport>>> connect(async::Executor& executor,
                                                                  tcp::SocketAddress address,
                                                                  CancelToken cancel) = 0;
};

}  // namespace avila::grpc

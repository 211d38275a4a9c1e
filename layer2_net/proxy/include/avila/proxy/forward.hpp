// Forward proxies: CONNECT and plain requests over HTTP, and SOCKS5. For clients who want to reach
// others; where they may go is said, for whoever is inside sees more than whoever is not.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/transport.hpp>
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <avila/proxy/address_range.hpp>
#include <avila/tcp/address.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::tcp {
class Resolver;
class Stream;
}  // namespace avila::tcp

namespace avila::proxy {

using future::CancelToken;
using future::Task;

/// Where a client may be taken.
struct DestinationPolicy {
  std::vector<std::uint16_t> ports = {443};       ///< of tunnels; empty: any
  std::vector<std::uint16_t> plain_ports = {80};  ///< of plain HTTP; empty: any
  /// "example.com", "*.example.com"; empty: any. Addresses are hosts as well.
  std::vector<std::string> hosts;
  std::vector<std::string> denied_hosts;
  /// Refuse what is_internal() says, whatever name leads there: a client must not reach by us what
  /// it cannot by itself.
  bool deny_internal = true;
  AddressSet allowed;  ///< in spite of deny_internal
  AddressSet denied;
};

struct ForwardOptions {
  DestinationPolicy destinations;
  /// User and password; one of them is asked for. Empty: anybody may.
  std::vector<std::pair<std::string, std::string>> users;
  Duration connect = seconds(10);
  Duration idle = minutes(10);  ///< of a tunnel without a byte
  std::uint32_t tunnels = 10'000;
  std::string via = "avila";
  tcp::Resolver* resolver = nullptr;  ///< null: the system's; outlives the proxy
};

struct ForwardMetrics {
  std::uint64_t tunnels = 0;  ///< open now
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  ///< by policy or for want of a password
  std::uint64_t failed = 0;   ///< the destination was not reached
};

/// Looks the name up, judges every address, and connects to one that may be. Errors:
/// PermissionDenied, and those of tcp::connect(). `ports`: the list that counts.
Task<Result<tcp::Stream>> connect_by_policy(async::Executor& executor, std::string host,
                                            std::uint16_t port,
                                            const std::vector<std::uint16_t>& ports,
                                            const ForwardOptions& options, CancelToken cancel);

/// A handler for http::Server: CONNECT (RFC 9110 §9.3.6) makes a tunnel, a request in absolute form
/// is passed on over HTTP/1.1 by a connection of its own. 403: the policy; 407: no password; 502,
/// 504: not reached. Thread-safe; executor and options outlive it.
class ForwardProxy final : public http::Handler {
 public:
  ForwardProxy(async::Executor& executor, ForwardOptions options);
  ~ForwardProxy() override;
  http::BodyPlan plan_body(http::Request& head) override;
  Task<http::Response> handle(http::Request& request) override;
  ForwardMetrics metrics() const;

  struct State;

 private:
  std::shared_ptr<State> state_;  // shared with tunnels
};

}  // namespace avila::proxy

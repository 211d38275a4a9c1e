// An endpoint and its connections; the set that requests choose from.
#pragma once
#include <atomic>
#include <avila/future/sync.hpp>
#include <avila/http2/client.hpp>
#include <avila/proxy/upstream.hpp>
#include <avila/random/fast.hpp>
#include <avila/tcp/address.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "balancer.hpp"
#include "exchange.hpp"
#include "retry_budget.hpp"

namespace avila::proxy::detail {

class Http1Exchange;

struct Http2Connection {
  explicit Http2Connection(http2::ClientConnection value) : connection(std::move(value)) {}
  http2::ClientConnection connection;
  std::atomic<std::uint32_t> in_flight{0};
};

struct Endpoint : Candidate {
  Endpoint(EndpointOptions options_value, std::string host_value, std::uint16_t port_value,
           std::optional<tcp::SocketAddress> address_value);
  ~Endpoint();

  const EndpointOptions options;
  const std::string host;
  const std::uint16_t port;
  const std::optional<tcp::SocketAddress> address;  // where it is no name
  const std::string cookie;                         // what a sticky cookie says

  std::atomic<std::uint64_t> requests{0}, failures{0}, connects{0}, ejections{0};
  // Outlier detection.
  std::atomic<std::uint32_t> gateway_errors{0}, errors_5xx{0}, backoff_steps{0};

  std::mutex mutex;
  std::vector<std::unique_ptr<Http1Exchange>> idle;
  std::vector<std::shared_ptr<Http2Connection>> http2;  // shared with their exchanges
  future::AsyncMutex connecting;                        // one HTTP/2 connection at a time
};

using EndpointPointer = std::shared_ptr<Endpoint>;  // shared by sets, requests and checks

/// What a request brings to the choice.
struct PickRequest {
  std::uint64_t hash = 0;
  std::string_view sticky;  // the cookie's value
  const std::vector<Endpoint*>* tried = nullptr;
};

struct UpstreamState : std::enable_shared_from_this<UpstreamState> {
  UpstreamState(async::Executor& executor_value, UpstreamOptions options_value);

  Result<void> set_endpoints(std::vector<EndpointOptions> endpoints);
  /// Null: there is none at all.
  EndpointPointer pick(const PickRequest& request);
  /// Whether any endpoint is neither ejected nor ill.
  bool any_available() const;
  bool needs_hash() const noexcept {
    return options.balance.policy == Balance::Ring || options.balance.policy == Balance::Maglev;
  }

  /// A connection of HTTP/1.1 from the endpoint's pool; null where there is none.
  std::unique_ptr<Exchange> take_idle(const EndpointPointer& endpoint);
  /// A new one; HTTP/2: an exchange on any. Errors: those of connecting, TimedOut.
  Task<Result<std::unique_ptr<Exchange>>> open(EndpointPointer endpoint, std::string_view client,
                                               CancelToken cancel);
  Task<Result<std::unique_ptr<async::Transport>>> connect(EndpointPointer endpoint,
                                                          std::string client, CancelToken cancel);

  /// What an attempt came to.
  void succeeded(Endpoint& endpoint, int status);
  void failed(Endpoint& endpoint);

  Task<void> check_loop(EndpointPointer endpoint, std::uint64_t generation);
  Task<bool> check(EndpointPointer endpoint);
  void start_checks();

  async::Executor& executor;
  const UpstreamOptions options;
  const Duration tick;
  RetryBudget budget;
  future::Semaphore connections;
  std::atomic<std::uint32_t> pending{0}, in_flight{0}, retrying{0};
  std::atomic<std::uint64_t> requests{0}, retries{0}, retries_denied{0}, overflows{0};

  mutable std::mutex mutex;  // of what follows
  std::shared_ptr<EndpointSet> set;
  std::uint64_t generation = 0;
  bool checking = false;
  future::CancelSource stop_checks;
  std::atomic<std::uint32_t> checks_running{0};

 private:
  Task<Result<std::unique_ptr<Exchange>>> open_http2(EndpointPointer endpoint, CancelToken cancel);
  void eject(Endpoint& endpoint);
};

}  // namespace avila::proxy::detail

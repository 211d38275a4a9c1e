// A group of servers that can answer for each other: which one is asked, how one finds out that it
// had better not be, and how much may be asked at once.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/security.hpp>
#include <avila/error/result.hpp>
#include <avila/http/client.hpp>
#include <avila/http/parser.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace avila::os {
class Clock;
}

namespace avila::proxy {

using future::CancelToken;
using future::Task;

namespace detail {
struct UpstreamState;
}

inline constexpr std::size_t kEndpointsMax = 1024;  ///< of an upstream
inline constexpr std::uint32_t kWeightMax = 1000;

struct EndpointOptions {
  std::string address;         ///< "10.0.0.1:8080", "[::1]:80", "backend:80", "unix:/run/a.sock"
  std::uint32_t weight = 1;    ///< 0: asked only where nobody else is left
  std::uint32_t priority = 0;  ///< higher ones are backups: asked when no lower one is available
  friend bool operator==(const EndpointOptions&, const EndpointOptions&) = default;
};

enum class Protocol : std::uint8_t {
  Http1,
  Http2,  ///< by prior knowledge; over TLS the config's ALPN must be "h2" alone
};

enum class Balance : std::uint8_t {
  RoundRobin,     ///< smooth and weighted, as nginx has it
  LeastRequests,  ///< of two drawn at random, the one with fewer requests for its weight
  Ring,           ///< consistent hashing: few keys move when endpoints come and go
  Maglev,  ///< consistent hashing by a table (Eisenbud et al., 2016): more even, moves a few more
};

/// What is hashed, for Ring and Maglev.
enum class HashOn : std::uint8_t { ClientAddress, Header, Cookie, Path };

struct BalanceOptions {
  Balance policy = Balance::RoundRobin;
  HashOn hash_on = HashOn::ClientAddress;
  std::string hash_name;  ///< of the header or cookie; where it is absent, the client's address
  /// Not empty: a cookie of this name keeps a client with its endpoint as long as that is
  /// available.
  std::string sticky_cookie;
};

struct HealthCheckOptions {
  enum class Kind : std::uint8_t { None, Tcp, Http } kind = Kind::None;
  std::string path = "/";  ///< Http: GET it
  std::string host;        ///< Http: Host; empty: the endpoint's address
  int status_min = 200;
  int status_max = 399;
  Duration interval = seconds(5);
  Duration timeout = seconds(2);
  std::uint32_t rise = 2;  ///< successes until it is asked again
  std::uint32_t fall = 3;  ///< failures until it is not
};

/// Passive: what requests find out. An endpoint that fails `gateway_errors` times in a row is not
/// asked for `base_ejection`, twice as long each time it happens again; the first failure after
/// that ejects it anew.
struct OutlierOptions {
  std::uint32_t gateway_errors = 5;  ///< no connection, no response, 502, 503, 504; 0: off
  std::uint32_t errors_5xx = 0;      ///< any 5xx and the above; 0: off
  Duration base_ejection = seconds(1);
  Duration max_ejection = seconds(60);
  std::uint32_t max_ejected_percent = 50;  ///< of the endpoints, rounded up
};

/// Past a limit: 503 at once.
struct CircuitOptions {
  std::uint32_t connections = 1024;  ///< HTTP/1.1 requests under way, each has its own
  std::uint32_t pending = 1024;      ///< that wait for one of those
  std::uint32_t requests = 16 * 1024;
  std::uint32_t retries = 128;  ///< under way
};

struct RetryOptions {
  std::uint32_t attempts = 3;  ///< in all; 1: no retries
  /// Retries of what was sent, for each request,
  double budget_ratio = 0.2;
  double budget_per_second = 10;  ///< and these in any case
  double budget_burst = 100;      ///< saved up at most
  Duration backoff =
      milliseconds(20);  ///< before a second retry, doubled for each; drawn up to that
  Duration backoff_max = milliseconds(250);
  std::vector<int> statuses = {502, 503, 504};  ///< of idempotent requests
  std::uint32_t replay_bytes = 64 * 1024;       ///< bodies of announced length up to this are kept
};

struct UpstreamTimeouts {
  Duration connect = seconds(5);       ///< with TLS
  Duration first_byte = seconds(60);   ///< from the last byte that was sent to the response's head
  Duration idle = seconds(60);         ///< without a byte, of a body either way
  Duration total = Duration::zero();   ///< of the whole exchange, retries included; zero: none
  Duration tunnel_idle = minutes(10);  ///< without a byte in either direction
};

enum class SendProxyHeader : std::uint8_t { None, V1, V2 };

struct UpstreamOptions {
  std::string name;
  std::vector<EndpointOptions> endpoints;
  Protocol protocol = Protocol::Http1;
  BalanceOptions balance;
  HealthCheckOptions health;
  OutlierOptions outlier;
  CircuitOptions circuit;
  RetryOptions retry;
  UpstreamTimeouts timeouts;
  http::ParseLimits limits = {.request_line_bytes = 8 * 1024,
                              .header_bytes = 64 * 1024,
                              .header_count = 200,
                              .body_bytes = http::kUnlimited};
  std::uint32_t pool_per_endpoint = 256;  ///< idle connections kept
  Duration pool_idle = seconds(55);
  std::uint32_t http2_connections = 4;                        ///< of an endpoint
  SendProxyHeader send_proxy_header = SendProxyHeader::None;  ///< then connections are not shared
  async::Security* security = nullptr;   ///< TLS to the endpoints; outlives the upstream
  std::string server_name;               ///< of TLS; empty: the endpoint's host
  http::Connector* connector = nullptr;  ///< null: TCP and Unix sockets; outlives the upstream
  std::uint64_t seed = 0;                ///< of what is drawn; 0: the system's entropy
};

struct EndpointMetrics {
  std::string address;
  std::uint64_t requests = 0;  ///< attempts
  std::uint64_t failures = 0;  ///< gateway errors
  std::uint64_t connects = 0;
  std::uint64_t ejections = 0;
  std::uint32_t in_flight = 0;
  bool healthy = true;   ///< as the active check says
  bool ejected = false;  ///< at present
};

struct UpstreamMetrics {
  std::vector<EndpointMetrics> endpoints;
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  std::uint64_t retries_denied = 0;  ///< over the budget
  std::uint64_t overflows = 0;       ///< over a limit of CircuitOptions
};

/// Thread-safe. The executor outlives it; it outlives its requests.
class Upstream {
 public:
  /// Errors: InvalidArgument, with the endpoint or the option that is wrong.
  static Result<std::shared_ptr<Upstream>> create(async::Executor& executor,
                                                  UpstreamOptions options);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  /// The new set, from the next request on. Endpoints that stay keep their connections and their
  /// record; requests to those that go run to their end.
  Result<void> set_endpoints(std::vector<EndpointOptions> endpoints);
  /// Begins the active checks; stop() ends them and waits for them.
  void start();
  Task<void> stop();

  const UpstreamOptions& options() const noexcept;
  UpstreamMetrics metrics() const;
  detail::UpstreamState& state() noexcept { return *state_; }

 private:
  explicit Upstream(std::shared_ptr<detail::UpstreamState> state);
  std::shared_ptr<detail::UpstreamState> state_;  // shared with requests and checks
};

}  // namespace avila::proxy

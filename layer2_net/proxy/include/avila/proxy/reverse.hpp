// The reverse proxy: requests go by their route to an upstream, and its response comes back, both
// rewritten as the route says and streamed.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/http/message.hpp>
#include <avila/proxy/address_range.hpp>
#include <avila/proxy/cache.hpp>
#include <avila/proxy/upstream.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace avila::proxy {

namespace detail {
struct ReverseState;
}

inline constexpr std::size_t kRoutesMax = 10'000;

/// All that is said must hold; what is empty holds always. Paths are compared in their normal form
/// (RFC 3986 section 6.2.2): "/%61dmin" and "/x/%2e%2e/admin" are "/admin"; "%2F" is no slash, and
/// several slashes are not one.
struct RouteMatch {
  std::vector<std::string> hosts;  ///< "example.com", "*.example.com"; one of them, without port
  std::string path_prefix;         ///< "/api" takes "/api" and "/api/x", not "/apiary"
  std::string path;                ///< exactly
  std::vector<std::string> methods;
  /// Name and value; an empty value: present is enough.
  std::vector<std::pair<std::string, std::string>> headers;
};

struct HeaderEdits {
  std::vector<std::string> remove;
  std::vector<std::pair<std::string, std::string>> set;  ///< replaces
  std::vector<std::pair<std::string, std::string>> add;
  bool empty() const noexcept { return remove.empty() && set.empty() && add.empty(); }
};

struct Rewrite {
  /// Off the path, where it begins with it. What is rewritten is the normal form; without a rewrite
  /// the target leaves as it came.
  std::string strip_prefix;
  std::string add_prefix;  ///< before it, afterwards
  /// The Host that is sent: empty: as it came; "$upstream": the endpoint's address; else this.
  std::string host;
  HeaderEdits request;
  HeaderEdits response;
};

struct MirrorOptions {
  std::string upstream;          ///< empty: none
  std::uint32_t percent = 100;   ///< of the requests
  std::uint32_t in_flight = 64;  ///< copies under way; more are not made
};

/// An answer without an upstream.
struct DirectResponse {
  int status = 0;        ///< 0: none
  std::string location;  ///< of a redirect; "$path" stands for path and query
  std::string body;
};

struct RouteOptions {
  std::string name;
  RouteMatch match;
  std::string upstream;
  DirectResponse direct;
  Rewrite rewrite;
  MirrorOptions mirror;
  bool cache = false;
  bool upgrades = true;                                     ///< WebSocket and the like
  std::uint64_t body_bytes = http::BodyPlan::kServerLimit;  ///< of requests; past it: 413
};

/// What is told of a request when it is over.
struct RequestRecord {
  std::string_view route;
  std::string_view upstream;
  std::string_view endpoint;  ///< the last one asked; empty: none
  std::string_view client;    ///< its address, behind trusted proxies
  std::string_view method;
  std::string_view host;
  std::string_view target;  ///< as it came
  std::uint8_t http_major = 1;
  int status = 0;
  std::uint32_t attempts = 0;
  std::uint64_t request_bytes = 0;  ///< of bodies
  std::uint64_t response_bytes = 0;
  Duration first_byte{};  ///< until the response's head was there
  Duration total{};
  std::string_view cache;  ///< "hit", "stale", "revalidated", "miss", "pass", or empty
  bool complete = true;    ///< false: the response was cut off
};

/// Hears of every request; called by many at once, and quickly.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_request(const RequestRecord& record) = 0;
};

struct ReverseOptions {
  std::vector<RouteOptions> routes;  ///< the first that matches is taken; none: 404
  std::vector<std::shared_ptr<Upstream>> upstreams;
  /// Proxies before us whose X-Forwarded-For, -Proto, -Host and Forwarded are believed, and added
  /// to. From anybody else they are replaced.
  AddressSet trusted;
  bool x_forwarded = true;    ///< send X-Forwarded-For, -Proto and -Host
  bool forwarded = false;     ///< send Forwarded (RFC 7239)
  std::string via = "avila";  ///< pseudonym in Via (RFC 9110 §7.6.3); empty: none is sent
  CacheOptions cache;
  Observer* observer = nullptr;  ///< outlives the proxy
  os::Clock* clock = nullptr;    ///< of the cache; null: the machine's
};

struct ReverseMetrics {
  std::uint64_t requests = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t no_route = 0;
  std::uint64_t gateway_errors = 0;  ///< answered with 502, 503 or 504 of our own
  std::uint64_t cut_off = 0;         ///< responses that ended early, by either side
  std::uint64_t tunnels = 0;
  std::uint64_t mirrored = 0;
  std::uint64_t mirrors_dropped = 0;
  CacheMetrics cache;
};

/// A handler for http::Server: with http2::Server and tls::Security behind its options it serves
/// both versions, with and without TLS. Set ServerOptions::cancel_on_hang_up. Thread-safe; outlives
/// the server. Errors to clients are application/problem+json: 502 (the endpoint broke off or sent
/// no HTTP), 503 (none is there, or a limit), 504 (a time-out).
class ReverseProxy final : public http::Handler {
 public:
  /// Errors: InvalidArgument, with the route that names what is not there.
  static Result<std::unique_ptr<ReverseProxy>> create(async::Executor& executor,
                                                      ReverseOptions options);
  ~ReverseProxy() override;

  /// Other routes and upstreams, from the next request on. What runs keeps the old ones.
  Result<void> reconfigure(ReverseOptions options);
  /// Begins the active checks of the upstreams.
  void start();
  /// Ends them, and waits for what runs in the background: mirrored requests, revalidations.
  Task<void> stop();

  http::BodyPlan plan_body(http::Request& head) override;
  bool handle_now(http::Request& request, http::Response& response) override;
  Task<http::Response> handle(http::Request& request) override;

  ReverseMetrics metrics() const;
  HttpCache& cache() noexcept;

 private:
  explicit ReverseProxy(std::shared_ptr<detail::ReverseState> state);
  std::shared_ptr<detail::ReverseState> state_;  // shared with what runs in the background
};

}  // namespace avila::proxy

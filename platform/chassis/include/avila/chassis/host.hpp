// Host: one HTTP face of a service. Round its routes stand authentication, a limit on requests in
// flight, /healthz, /metrics and /openapi.json.
#pragma once
#include <avila/chassis/credentials.hpp>
#include <avila/error/result.hpp>
#include <avila/future/task.hpp>
#include <avila/http/server.hpp>
#include <avila/primitives/duration.hpp>
#include <functional>
#include <memory>
#include <string>

namespace avila::metrics {
class Registry;
}
namespace avila::web {
class Router;
}

namespace avila::chassis {

struct HostOptions {
  std::string service;  ///< "aviladb": in /healthz, metrics, OpenAPI
  std::string version;
  std::string listen = "127.0.0.1:0";      ///< "127.0.0.1:7701", "[::1]:0"
  std::size_t requests_in_flight = 1'024;  ///< past it: 503 with Retry-After
  bool public_metrics = false;             ///< /metrics without a key
  /// Bodies of text and JSON are compressed from here on, where the client asks; 0: never.
  std::size_t compress_from_bytes = 1'024;
  /// Null: plain HTTP/1.1. Else TLS, with HTTP/1.1 and HTTP/2 by ALPN; outlives the host.
  async::Security* security = nullptr;
  http::ServerOptions http;
};

/// Without a key: /healthz and /openapi.json only; all else is 401. Add routes, then start().
class Host {
 public:
  /// The executor and the keys outlive it.
  Host(async::Executor& executor, const KeyStore& keys, HostOptions options);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  web::Router& router() noexcept;
  metrics::Registry& registry() noexcept;
  /// Called before each answer of /metrics.
  void on_scrape(std::function<void()> update);
  /// Binds and serves. AddressInUse when the port is taken.
  Result<void> start();
  std::string url() const;  ///< "http://127.0.0.1:7701" or "https://…", after start()
  /// Running requests get `drain` to end.
  future::Task<void> stop(Duration drain);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace avila::chassis

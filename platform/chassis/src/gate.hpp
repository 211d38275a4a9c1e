// What stands between the server and the router: who may pass, how many at once, and the counts.
#pragma once
#include <atomic>
#include <avila/chassis/host.hpp>
#include <avila/metrics/registry.hpp>
#include <avila/web/compression.hpp>
#include <avila/web/router.hpp>

namespace avila::chassis {

class Gate final : public http::Handler {
 public:
  Gate(web::Router& router, metrics::Registry& registry, const KeyStore& keys,
       const HostOptions& options);

  http::BodyPlan plan_body(http::Request& head) override;
  bool handle_now(http::Request& request, http::Response& response) override;
  future::Task<http::Response> handle(http::Request& request) override;

 private:
  bool is_public(const http::Request& request) const noexcept;
  bool has_key(const http::Request& request) const noexcept;
  /// The refusal, when the request may not pass.
  bool refuse(const http::Request& request, http::Response& response) const;
  void compress(const http::Request& request, http::Response& response) const;
  void count(const http::Request& request, const http::Response& response, Instant started);

  web::Router& router_;
  const KeyStore& keys_;
  const HostOptions& options_;
  web::CompressOptions compression_;
  metrics::Vector<metrics::Counter> requests_;
  metrics::Vector<metrics::Histogram> durations_;
  metrics::Gauge& in_flight_gauge_;
  std::atomic<std::size_t> in_flight_{0};
};

}  // namespace avila::chassis

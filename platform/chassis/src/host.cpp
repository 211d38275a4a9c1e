#include <avila/chassis/host.hpp>
#include <avila/http2/server.hpp>
#include <avila/json/value.hpp>
#include <avila/metrics/registry.hpp>
#include <avila/web/openapi.hpp>
#include <avila/web/router.hpp>

#include <memory>
#include "gate.hpp"

namespace avila::chassis {
namespace {

http2::ServerOptions http2_options(const http::ServerOptions& http) {
  http2::ServerOptions options;
  options.engine.header_list_bytes = http.limits.header_bytes;
  options.body_bytes = http.limits.body_bytes;
  options.streamed_body_bytes = http.streamed_body_bytes;
  options.frame_timeout = http.header_timeout;
  options.idle_timeout = http.idle_timeout;
  return options;
}

}  // namespace

struct Host::State {
  State(async::Executor& executor, const KeyStore& keys, HostOptions options_in)
      : options(std::move(options_in)),
        gate(router, registry, keys, options),
        http2(http2_options(options.http)),
        server(executor, gate, server_options()) {}

  http::ServerOptions server_options() {
    http::ServerOptions of = options.http;
    of.security = options.security;
    if (of.security != nullptr) of.http2 = &http2;
    return of;
  }

  HostOptions options;
  metrics::Registry registry;
  web::Router router;
  Gate gate;
  http2::Server http2;
  http::Server server;
  std::function<void()> update = [] {};
  std::string openapi;  // made by start(), when all routes are there
};

Host::Host(async::Executor& executor, const KeyStore& keys, HostOptions options)
    : state_(std::make_unique<State>(executor, keys, std::move(options))) {
  State* state = state_.get();
  json::Value health = json::Value::make_object();
  health.set("status", "ok");
  health.set("service", state->options.service);
  health.set("version", state->options.version);
  state->router
      .get("/healthz", [text = json::to_string(health)](
                           http::Request&) { return http::Response::json(200, text); })
      .summary("Whether the service answers")
      .tag("operation");
  state->router
      .get("/metrics",
           [state](http::Request&) {
             state->update();
             return http::Response(200, "text/plain; version=0.0.4; charset=utf-8",
                                   metrics::write_prometheus(state->registry.collect()));
           })
      .summary("Metrics in Prometheus' text format")
      .tag("operation");
  state->router
      .get("/openapi.json",
           [state](http::Request&) { return http::Response::json(200, state->openapi); })
      .summary("This document")
      .tag("operation");
}

Host::~Host() = default;

web::Router& Host::router() noexcept { return state_->router; }
metrics::Registry& Host::registry() noexcept { return state_->registry; }
void Host::on_scrape(std::function<void()> update) { state_->update = std::move(update); }

Result<void> Host::start() {
  web::OpenApiInfo info;
  info.title = state_->options.service;
  info.version = state_->options.version;
  info.bearer_auth = true;
  state_->openapi = web::openapi_json(state_->router, info);
  return state_->server.listen(state_->options.listen).context(state_->options.service);
}

std::string Host::url() const {
  return (state_->options.security != nullptr ? "https://" : "http://") +
         state_->server.local_address();
}

future::Task<void> Host::stop(Duration drain) { co_await state_->server.shutdown(drain); }

}  // namespace avila::chassis

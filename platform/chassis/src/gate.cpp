#include "gate.hpp"

#include <avila/os/clock.hpp>
#include <avila/web/problem.hpp>

namespace avila::chassis {
namespace {

constexpr std::string_view kBearer = "Bearer ";

}  // namespace

Gate::Gate(web::Router& router, metrics::Registry& registry, const KeyStore& keys,
           const HostOptions& options)
    : router_(router),
      keys_(keys),
      options_(options),
      requests_(registry.counters("avila_http_requests_total", "Requests answered",
                                  {"method", "route", "status"})),
      durations_(registry.histograms("avila_http_request_duration_seconds",
                                     "From the request's head to its response", {"route"})),
      in_flight_gauge_(registry.gauge("avila_http_requests_in_flight", "Requests being answered")) {
  compression_.least_bytes = options.compress_from_bytes;
}

void Gate::compress(const http::Request& request, http::Response& response) const {
  if (options_.compress_from_bytes > 0)
    (void)web::compress_response(request, response, compression_);
}

bool Gate::is_public(const http::Request& request) const noexcept {
  const bool reads = request.method == http::Method::Get || request.method == http::Method::Head;
  if (!reads) return false;
  return request.path == "/healthz" || request.path == "/openapi.json" ||
         (options_.public_metrics && request.path == "/metrics");
}

bool Gate::has_key(const http::Request& request) const noexcept {
  const auto header = request.header("Authorization");
  if (!header || header->size() <= kBearer.size()) return false;
  // RFC 9110 §11.1: the scheme compares without case.
  if (!http::equal_ignoring_case(header->substr(0, kBearer.size()), kBearer)) return false;
  return keys_.accepts(http::trim_ows(header->substr(kBearer.size())));
}

bool Gate::refuse(const http::Request& request, http::Response& response) const {
  if (is_public(request) || has_key(request)) return false;
  response =
      web::problem(401, request.header("Authorization")
                            ? "the API key is not known here"
                            : "an API key is needed: send Authorization: Bearer KEY (it is in "
                              "credentials.toml of the data folder)");
  response.headers.add("WWW-Authenticate", "Bearer realm=\"avila\"");
  return true;
}

http::BodyPlan Gate::plan_body(http::Request& head) {
  // A stranger's body is never read: the 401 goes out without it.
  if (!is_public(head) && !has_key(head)) return {.stream = true};
  return router_.plan_body(head);
}

void Gate::count(const http::Request& request, const http::Response& response, Instant started) {
  // Routes and methods are few; what no route takes shares one series.
  const std::string_view route = request.route.empty() ? "none" : request.route;
  const std::string_view method = http::to_string(request.method);
  const std::string status = std::to_string(response.status);
  requests_.with({method.empty() ? "other" : method, route, status}).increment();
  durations_.with({route}).observe((os::real_clock().now() - started).seconds());
}

bool Gate::handle_now(http::Request& request, http::Response& response) {
  const Instant started = os::real_clock().now();
  if (!refuse(request, response) && !router_.handle_now(request, response)) return false;
  compress(request, response);
  count(request, response, started);
  return true;
}

future::Task<http::Response> Gate::handle(http::Request& request) {
  const Instant started = os::real_clock().now();
  http::Response response;
  const std::size_t before = in_flight_.fetch_add(1);
  in_flight_gauge_.set(static_cast<double>(before + 1));
  if (before >= options_.requests_in_flight) {
    response = web::problem(
        503,
        "the server has as many requests in flight as it may (limits.requests_in_flight); "
        "try again in a second");
    response.headers.add("Retry-After", "1");
  } else if (!refuse(request, response)) {
    response = co_await router_.handle(request);
    compress(request, response);
  }
  in_flight_.fetch_sub(1);
  count(request, response, started);
  co_return response;
}

}  // namespace avila::chassis

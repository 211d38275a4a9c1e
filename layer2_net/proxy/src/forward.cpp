#include <avila/proxy/forward.hpp>

#include <algorithm>
#include <atomic>
#include <avila/proxy/relay.hpp>
#include <avila/proxy/upstream.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>

#include "credentials.hpp"
#include "destination.hpp"
#include "fields.hpp"
#include "http1_exchange.hpp"
#include "respond.hpp"

namespace avila::proxy {

namespace {

struct Destination {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};

/// "host:port" of CONNECT; `fallback` where a port may be missing (0: it may not).
Result<Destination> parse_authority(std::string_view text, std::uint16_t fallback) {
  Destination out;
  out.host = std::string(detail::host_of(text));
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (out.host.empty() || !http::is_host(text)) return Error(Errc::Malformed, "no host");
  if (!has_port) {
    if (fallback == 0) return Error(Errc::Malformed, "no port");
    out.port = fallback;
    return out;
  }
  AVILA_TRY(const std::uint64_t port, text::parse_uint(text.substr(colon + 1)));
  if (port == 0 || port > 65'535) return Error(Errc::Malformed, "no port");
  out.port = static_cast<std::uint16_t>(port);
  return out;
}

bool is_authorized(const ForwardOptions& options, const http::Request& request) {
  if (options.users.empty()) return true;
  const std::string_view given = request.header("proxy-authorization").value_or("");
  if (given.size() < 6 || !http::equal_ignoring_case(given.substr(0, 6), "basic ")) return false;
  const auto pair = text::base64_decode(http::trim_ows(given.substr(6)));
  if (!pair.has_value()) return false;
  const std::size_t colon = pair->find(':');
  if (colon == std::string::npos) return false;
  const std::string_view view = *pair;
  return detail::is_user(options.users, view.substr(0, colon), view.substr(colon + 1));
}

}  // namespace

Task<Result<tcp::Stream>> connect_by_policy(async::Executor& executor, std::string host,
                                            std::uint16_t port,
                                            const std::vector<std::uint16_t>& ports,
                                            const ForwardOptions& options, CancelToken cancel) {
  const future::Deadline deadline(options.connect, cancel);
  auto found = co_await detail::resolve_by_policy(executor, std::move(host), port, ports, options,
                                                  deadline.token());
  if (!found.has_value()) co_return deadline.translate(std::move(found).error(), "the look-up");
  tcp::ConnectOptions connecting;
  connecting.timeout = options.connect;
  auto connected =
      co_await tcp::connect_any(executor, std::move(*found), connecting, deadline.token());
  if (!connected.has_value())
    co_return deadline.translate(std::move(connected).error(), "connecting");
  co_return connected;
}

struct ForwardProxy::State {
  State(async::Executor& executor_value, ForwardOptions options_value)
      : executor(executor_value), options(std::move(options_value)) {
    plain.name = "forward";
    plain.timeouts.connect = options.connect;
    plain.pool_per_endpoint = 0;
  }
  async::Executor& executor;
  const ForwardOptions options;
  UpstreamOptions plain;  // of exchanges
  std::atomic<std::uint64_t> tunnels{0}, requests{0}, refused{0}, failed{0};
};

namespace {

using SharedState = std::shared_ptr<ForwardProxy::State>;

class Tunnel final : public http::Upgrade {
 public:
  Tunnel(SharedState state, tcp::Stream destination)
      : state_(std::move(state)), destination_(std::move(destination)) {
    state_->tunnels.fetch_add(1);
  }
  ~Tunnel() override { state_->tunnels.fetch_sub(1); }
  Task<void> run(async::Transport& transport, std::string received, CancelToken cancel) override {
    auto moved = co_await relay(transport, std::move(received), destination_, std::string(),
                                state_->options.idle, std::move(cancel));
    (void)moved;
  }

 private:
  SharedState state_;
  tcp::Stream destination_;
};

http::Response not_reached(ForwardProxy::State& state, const Error& error) {
  const bool refused = error.is(Errc::PermissionDenied);
  (refused ? state.refused : state.failed).fetch_add(1, std::memory_order_relaxed);
  if (refused) return http::Response::problem(403, "this destination is not allowed");
  if (error.is(Errc::TimedOut))
    return http::Response::problem(504, "the destination took too long");
  return http::Response::problem(502, "the destination was not reached");
}

/// The body of a plain response, over a connection of its own.
class PlainSource final : public http::BodySource {
 public:
  PlainSource(SharedState state, std::unique_ptr<detail::Http1Exchange> exchange)
      : state_(std::move(state)), exchange_(std::move(exchange)) {}
  Task<Result<void>> write_to(http::BodyWriter& writer) override {
    while (true) {
      auto piece = exchange_->receive_now();
      if (!piece.has_value()) {
        auto flushed = co_await writer.flush();
        AVILA_CO_TRY_VOID(std::move(flushed));
        auto later = co_await exchange_->receive();
        piece.emplace(std::move(later));
      }
      AVILA_CO_TRY(const ByteSpan bytes, std::move(*piece));
      if (bytes.empty()) co_return Result<void>();
      auto written = co_await writer.write(bytes);
      AVILA_CO_TRY_VOID(std::move(written));
    }
  }
  http::Response instead(const Error& error) override { return not_reached(*state_, error); }

 private:
  SharedState state_;
  std::unique_ptr<detail::Http1Exchange> exchange_;
};

Task<Result<void>> send_body(http::BodyReader& reader, detail::Http1Exchange& exchange) {
  while (true) {
    auto piece = co_await reader.read();
    AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
    if (bytes.empty()) break;
    auto sent = co_await exchange.send_body(bytes);
    AVILA_CO_TRY_VOID(std::move(sent));
  }
  const http::Headers& trailers = reader.trailers();
  auto ended = co_await exchange.send_end(trailers);
  co_return ended;
}

}  // namespace

ForwardProxy::ForwardProxy(async::Executor& executor, ForwardOptions options)
    : state_(std::make_shared<State>(executor, std::move(options))) {}
ForwardProxy::~ForwardProxy() = default;

http::BodyPlan ForwardProxy::plan_body(http::Request&) { return {.stream = true}; }

Task<http::Response> ForwardProxy::handle(http::Request& request) {
  const SharedState state = state_;
  const ForwardOptions& options = state->options;
  state->requests.fetch_add(1, std::memory_order_relaxed);
  if (!is_authorized(options, request)) {
    state->refused.fetch_add(1, std::memory_order_relaxed);
    http::Response response = http::Response::problem(407, "a user and a password are needed");
    response.headers.add("Proxy-Authenticate", "Basic realm=\"proxy\"");
    response.close = true;
    co_return response;
  }
  const bool connect = request.method == http::Method::Connect;
  if (!connect && !http::equal_ignoring_case(request.target.substr(0, 7), "http://"))
    co_return http::Response::problem(400, "a proxy is asked for http://host/path, or by CONNECT");
  auto destination = parse_authority(connect ? request.target : request.host, connect ? 0 : 80);
  if (!destination.has_value()) co_return http::Response::problem(400, "there is no host and port");
  if (connect && state->tunnels.load() >= options.tunnels)
    co_return http::Response::problem(503, "too many tunnels are open");
  const DestinationPolicy& policy = options.destinations;
  const std::vector<std::uint16_t>& ports = connect ? policy.ports : policy.plain_ports;
  auto connected = co_await connect_by_policy(state->executor, destination->host, destination->port,
                                              ports, options, request.cancel);
  if (!connected.has_value()) co_return not_reached(*state, connected.error());
  if (connect) {
    http::Response response(200);
    response.upgrade = std::make_unique<Tunnel>(state, std::move(*connected));
    co_return response;
  }
  detail::OutgoingHead head;
  std::string target(request.path.empty() ? "/" : request.path);
  if (!request.query.empty()) target.append("?").append(request.query);
  head.method = request.method_text;
  head.target = target;
  head.authority = request.host;
  head.framing = request.stream == nullptr ? http::Framing{} : request.facts.framing;
  for (const http::Field& field : request.fields) {
    const bool ours = detail::is_hop_field(field.name) ||
                      http::equal_ignoring_case(field.name, "host") ||
                      http::equal_ignoring_case(field.name, "expect") ||
                      http::equal_ignoring_case(field.name, "proxy-authorization");
    if (!ours && !request.fields.contains_token("connection", field.name))
      head.headers.add(field.name, field.value);
  }
  if (!options.via.empty()) head.headers.add("Via", "1.1 " + options.via);
  std::unique_ptr<async::Transport> transport(new tcp::Stream(std::move(*connected)));
  auto exchange =
      std::make_unique<detail::Http1Exchange>(std::move(transport), state->plain, seconds(1));
  exchange->begin(nullptr, false);
  exchange->follow(request.cancel);
  const ByteSpan nothing;
  auto sent = co_await exchange->send_head(head, nothing);
  if (sent.has_value() && request.stream != nullptr)
    sent = co_await send_body(*request.stream, *exchange);
  // Who answers without reading it all has answered.
  const std::vector<std::string> removed;  // none
  auto answered = co_await exchange->receive_head();
  while (answered.has_value() && exchange->interim()) {
    co_await detail::pass_interim(*exchange, request, removed);
    answered = co_await exchange->receive_head();
  }
  if (!answered.has_value()) co_return not_reached(*state, answered.error());
  http::Response response(exchange->status());
  exchange->copy_headers(response.headers);
  if (!options.via.empty()) response.headers.add("Via", "1.1 " + options.via);
  if (exchange->status() == 101)
    co_return http::Response::problem(502, "101 without a request for it");
  const auto length = exchange->length();
  response.body =
      http::Body::stream(std::make_unique<PlainSource>(state, std::move(exchange)), length);
  co_return response;
}

ForwardMetrics ForwardProxy::metrics() const {
  return {state_->tunnels.load(), state_->requests.load(), state_->refused.load(),
          state_->failed.load()};
}

}  // namespace avila::proxy

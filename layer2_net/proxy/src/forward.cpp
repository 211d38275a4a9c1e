#include <avila/proxy/forward.hpp>

#include <algorithm>
#include <atomic>
#include <avila/future/sync.hpp>
#include <avila/future/task_group.hpp>
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

constexpr Duration kContinueWait = seconds(1);  // then a body is sent unasked

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

/// The request's body on its way, beside the wait for the answer: one may come before its end.
class BodyPump {
 public:
  BodyPump(http::Request& request, detail::Http1Exchange& exchange)
      : reader_(*request.stream), exchange_(exchange), cancel_(request.cancel) {}

  void start(bool ask_first) {
    if (!ask_first) go_on_.set();
    group_.spawn(run());
  }
  void go_on() noexcept { go_on_.set(); }
  bool running() const noexcept { return running_.load(); }
  bool began() const noexcept { return began_.load(); }
  /// What there is to say to a client whose body could not be read; 0: it could.
  int client_status() const noexcept { return client_status_.load(); }
  /// What is not sent yet is not read.
  Task<void> end() {
    if (running_.load()) {
      refused_ = true;
      go_on_.set();
      reader_.interrupt();
      exchange_.stop_sending();
    }
    auto joined = co_await group_.join();
    (void)joined;
  }

 private:
  Task<void> run() {
    if (!go_on_.is_set()) {
      const future::Deadline deadline(kContinueWait, cancel_);
      auto waited = co_await go_on_.wait(deadline.token());
      (void)waited;  // RFC 9110 §10.1.1: one does not wait for ever
    }
    bool more = !refused_.load();
    while (more) {
      auto piece = co_await reader_.read();
      if (!piece.has_value()) {
        if (!refused_.load()) {
          const bool late = piece.error().is(Errc::TimedOut);
          client_status_ = late ? 408 : http::status_of(piece.error());
          exchange_.abort();
        }
        break;
      }
      const ByteSpan bytes = *piece;
      began_ = true;
      if (bytes.empty()) {
        const http::Headers& trailers = reader_.trailers();
        auto ended = co_await exchange_.send_end(trailers);
        (void)ended;  // receive_head() says what became of the connection
        break;
      }
      auto sent = co_await exchange_.send_body(bytes);
      more = sent.has_value();
    }
    running_ = false;
  }

  http::BodyReader& reader_;
  detail::Http1Exchange& exchange_;
  const CancelToken cancel_;
  future::Event go_on_;
  future::TaskGroup group_;
  std::atomic<bool> running_{true}, refused_{false}, began_{false};
  std::atomic<int> client_status_{0};
};

/// The body of a plain response, over a connection of its own.
class PlainSource final : public http::BodySource {
 public:
  PlainSource(SharedState state, std::unique_ptr<detail::Http1Exchange> exchange,
              std::unique_ptr<BodyPump> pump)
      : state_(std::move(state)), exchange_(std::move(exchange)), pump_(std::move(pump)) {}
  Task<Result<void>> write_to(http::BodyWriter& writer) override {
    auto copied = co_await copy(writer);
    if (pump_ != nullptr) co_await pump_->end();
    co_return copied;
  }
  http::Response instead(const Error& error) override { return not_reached(*state_, error); }

 private:
  Task<Result<void>> copy(http::BodyWriter& writer) {
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

  SharedState state_;
  std::unique_ptr<detail::Http1Exchange> exchange_;
  std::unique_ptr<BodyPump> pump_;  // where the body was still under way; goes first
};

bool has_no_body(const http::Request& request, const detail::Http1Exchange& exchange) noexcept {
  const int status = exchange.status();
  return request.method == http::Method::Head || status == 204 || status == 304 ||
         exchange.length().value_or(1) == 0;
}

/// The final response's head, or that of 101; those before it are passed on.
Task<Result<void>> receive_final(detail::Http1Exchange& exchange, http::Request& request,
                                 BodyPump* pump) {
  const std::vector<std::string> removed;  // none
  while (true) {
    auto answered = co_await exchange.receive_head();
    if (!answered.has_value() || !exchange.interim()) co_return answered;
    if (exchange.status() == 100) {
      // The client is told by whoever reads its body.
      if (pump != nullptr) pump->go_on();
    } else {
      co_await detail::pass_interim(exchange, request, removed);
    }
  }
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
  if (request.stream != nullptr) {
    head.framing = request.facts.framing;
    head.expect_continue = request.facts.expect_continue;
  }
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
  std::unique_ptr<BodyPump> pump;
  if (sent.has_value() && request.stream != nullptr) {
    pump = std::make_unique<BodyPump>(request, *exchange);
    pump->start(head.expect_continue);
  }
  // Who answers without reading it all has answered.
  auto answered = co_await receive_final(*exchange, request, pump.get());
  const bool switched = answered.has_value() && exchange->status() == 101;
  if (pump != nullptr) {
    // Both ways at once where the body has begun to flow and is wanted, and where the response has
    // a body, after which the pump is waited for; else the rest is not read.
    const bool flows = answered.has_value() && exchange->status() < 400 && pump->began() &&
                       !has_no_body(request, *exchange);
    if (!flows || switched) co_await pump->end();
    if (!answered.has_value() && pump->client_status() != 0)
      co_return http::Response::problem(pump->client_status(),
                                        "the request's body could not be read");
    if (!pump->running()) {
      co_await pump->end();
      pump.reset();
    }
  }
  if (!answered.has_value()) co_return not_reached(*state, answered.error());
  if (switched) co_return http::Response::problem(502, "101 without a request for it");
  http::Response response(exchange->status());
  exchange->copy_headers(response.headers);
  if (!options.via.empty()) response.headers.add("Via", "1.1 " + options.via);
  const auto length = exchange->length();
  response.duplex = pump != nullptr;
  auto source = std::make_unique<PlainSource>(state, std::move(exchange), std::move(pump));
  response.body = http::Body::stream(std::move(source), length);
  co_return response;
}

ForwardMetrics ForwardProxy::metrics() const {
  return {state_->tunnels.load(), state_->requests.load(), state_->refused.load(),
          state_->failed.load()};
}

}  // namespace avila::proxy

#include <avila/error/assert.hpp>
#include <avila/http/server.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tcp/stream.hpp>

#include <memory>
#include "connection.hpp"

namespace avila::http {

namespace {

using SharedState = std::shared_ptr<Server::State>;

/// One count of State::active, taken before the task begins so that shutdown() sees it.
class ActiveConnection {
 public:
  explicit ActiveConnection(SharedState state) : state_(std::move(state)) {
    state_->active.fetch_add(1);
  }
  ActiveConnection(ActiveConnection&& other) noexcept = default;
  ActiveConnection& operator=(ActiveConnection&&) = delete;
  ~ActiveConnection() {
    if (state_ != nullptr) state_->active.fetch_sub(1);
  }
  Server::State& state() const noexcept { return *state_; }

 private:
  SharedState state_;
};

Task<void> serve_transport(ActiveConnection active, std::unique_ptr<async::Transport> transport,
                           std::string peer, std::string scheme) {
  detail::Connection connection(active.state(), *transport, std::move(peer), scheme);
  co_await connection.run();
}

Task<void> serve_stream(ActiveConnection active, tcp::Stream stream) {
  std::string peer;
  if (auto address = stream.peer_address(); address.has_value()) peer = address->to_string();
  if (Preamble* preamble = active.state().options.preamble; preamble != nullptr) {
    auto named = co_await preamble->read(stream, std::move(peer), active.state().stop.token());
    if (!named.has_value()) {
      active.state().handshakes_failed.fetch_add(1, std::memory_order_relaxed);
      co_return;
    }
    peer = std::move(*named);
  }
  if (async::Security* security = active.state().options.security; security != nullptr) {
    std::unique_ptr<async::Transport> transport(new tcp::Stream(std::move(stream)));
    auto secured = co_await security->accept(std::move(transport), active.state().stop.token());
    if (!secured.has_value()) {
      active.state().handshakes_failed.fetch_add(1, std::memory_order_relaxed);
      co_return;
    }
    detail::Connection connection(active.state(), **secured, std::move(peer), "https");
    co_await connection.run();
    co_return;
  }
  detail::Connection connection(active.state(), stream, std::move(peer));
  co_await connection.run();
}

/// Answers without a Connection: over the limit there must be no more of those.
void turn_away(tcp::Stream& stream) {
  static constexpr std::string_view kBusy =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
      "Connection: close\r\n\r\n";
  (void)stream.try_write(as_bytes(kBusy));  // a fresh socket has room; if not, it just closes
  stream.close();
}

Task<void> accept_loop(SharedState state, tcp::Listener listener) {
  const CancelToken drain = state->drain.token();
  while (true) {
    auto accepted = co_await listener.accept(drain);
    if (!accepted.has_value()) break;  // drained, or the socket is unusable
    state->accepted.fetch_add(1, std::memory_order_relaxed);
    if (state->active.load() >= state->options.connections) {
      state->refused.fetch_add(1, std::memory_order_relaxed);
      turn_away(*accepted);
      continue;
    }
    state->executor.spawn(serve_stream(ActiveConnection(state), std::move(*accepted))).detach();
  }
  listener.close();
  state->accept_loops.fetch_sub(1);
}

}  // namespace

Server::Server(async::Executor& executor, Handler& handler, ServerOptions options)
    : state_(std::make_shared<State>(executor, handler, std::move(options))) {}

Server::~Server() = default;

Result<void> Server::listen(std::string_view address) {
  AVILA_TRY(const tcp::SocketAddress where, tcp::SocketAddress::parse(address));
  auto bound = tcp::Listener::bind(state_->executor, where);
  if (!bound.has_value())
    return std::move(bound).error().context("listen on " + std::string(address));
  if (state_->first_address.empty()) {
    state_->first_address = bound->local_address().to_string();
    state_->first_port.store(bound->local_address().port());
  }
  state_->accept_loops.fetch_add(1);
  state_->executor.spawn(accept_loop(state_, std::move(*bound))).detach();
  return {};
}

std::string Server::local_address() const { return state_->first_address; }
std::uint16_t Server::port() const noexcept { return state_->first_port.load(); }

Task<void> Server::serve(std::unique_ptr<async::Transport> transport, std::string peer,
                         std::string scheme) {
  state_->accepted.fetch_add(1, std::memory_order_relaxed);
  return serve_transport(ActiveConnection(state_), std::move(transport), std::move(peer),
                         std::move(scheme));
}

Task<void> Server::shutdown(Duration drain) {
  const SharedState state = state_;
  future::Scheduler& scheduler = future::Scheduler::require();
  state->draining.store(true);
  state->drain.cancel();
  const Instant until = scheduler.now() + drain;
  const auto busy = [&] { return state->active.load() + state->accept_loops.load() > 0; };
  // Looked at now and then: a shutdown is rare, and its end is nobody's hot path.
  while (busy() && scheduler.now() < until) co_await future::sleep(milliseconds(2));
  state->stop.cancel();
  while (busy()) co_await future::sleep(milliseconds(2));
}

ServerMetrics Server::metrics() const noexcept {
  const State& s = *state_;
  ServerMetrics metrics;
  metrics.connections_accepted = s.accepted.load(std::memory_order_relaxed);
  metrics.connections_active = s.active.load(std::memory_order_relaxed);
  metrics.connections_refused = s.refused.load(std::memory_order_relaxed);
  metrics.requests = s.requests.load(std::memory_order_relaxed);
  metrics.requests_refused = s.requests_refused.load(std::memory_order_relaxed);
  metrics.handshakes_failed = s.handshakes_failed.load(std::memory_order_relaxed);
  metrics.timeouts = s.timeouts.load(std::memory_order_relaxed);
  return metrics;
}

}  // namespace avila::http

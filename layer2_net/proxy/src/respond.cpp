// Responses on their way back: heads, bodies as they come, tunnels.
#include <avila/proxy/relay.hpp>

#include "fields.hpp"
#include "flow.hpp"
#include "respond.hpp"

namespace avila::proxy::detail {

namespace {

constexpr std::size_t kWholeBytes = 16 * 1024;  // bodies that are here already go with the head

/// The body of a response, from the endpoint to the client. Nothing is kept: a client that is slow
/// makes us read slowly, and the endpoint write slowly.
class FlowSource final : public http::BodySource {
 public:
  explicit FlowSource(std::unique_ptr<Flow> flow) : flow_(std::move(flow)) {}

  /// Bytes of the body that were read already, to be sent first.
  std::string prefix;

  Task<Result<void>> write_to(http::BodyWriter& writer) override {
    if (flow_ == nullptr) co_return Result<void>();
    auto copied = co_await copy(writer);
    const bool complete = copied.has_value();
    flow_->record.complete = complete;
    if (!complete && writer.late_head() == nullptr)
      flow_->state->cut_off.fetch_add(1, std::memory_order_relaxed);
    co_await flow_->end_pump(true);
    flow_->end(complete);
    co_return copied;
  }

  http::Response instead(const Error& error) override { return flow_->gateway_response(error); }

 private:
  Task<Result<void>> copy(http::BodyWriter& writer) {
    if (!prefix.empty()) {
      const ByteSpan bytes = as_bytes(prefix);
      auto written = co_await writer.write(bytes);
      AVILA_CO_TRY_VOID(std::move(written));
    }
    Exchange& exchange = *flow_->exchange;
    while (true) {
      auto piece = exchange.receive_now();
      if (!piece.has_value()) {
        // What there is goes out before we wait for more: events, and gRPC's messages.
        if (!exchange.has_piece()) {
          auto flushed = co_await writer.flush();
          AVILA_CO_TRY_VOID(std::move(flushed));
        }
        auto later = co_await exchange.receive();
        piece.emplace(std::move(later));
      }
      AVILA_CO_TRY(const ByteSpan bytes, std::move(*piece));
      if (bytes.empty()) break;
      flow_->record.response_bytes += bytes.size();
      auto written = co_await writer.write(bytes);
      AVILA_CO_TRY_VOID(std::move(written));
    }
    for (const http::Field& field : exchange.trailers())
      if (!is_hop_field(field.name)) (void)writer.trailers().try_add(field.name, field.value);
    co_return Result<void>();
  }

  std::unique_ptr<Flow> flow_;
};

class TunnelUpgrade final : public http::Upgrade {
 public:
  TunnelUpgrade(std::unique_ptr<Flow> flow, std::unique_ptr<async::Transport> endpoint,
                std::string received, Duration idle)
      : flow_(std::move(flow)),
        endpoint_(std::move(endpoint)),
        received_(std::move(received)),
        idle_(idle) {}

  Task<void> run(async::Transport& transport, std::string received, CancelToken cancel) override {
    const Counted open(flow_->state->tunnels);
    auto moved = co_await relay(transport, std::move(received), *endpoint_, std::move(received_),
                                idle_, std::move(cancel));
    flow_->record.request_bytes = moved.to_second;
    flow_->record.response_bytes = moved.to_first;
    flow_->end(false);
  }

 private:
  std::unique_ptr<Flow> flow_;
  std::unique_ptr<async::Transport> endpoint_;
  std::string received_;
  Duration idle_;
};

}  // namespace

std::unique_ptr<http::BodySource> make_flow_source(std::unique_ptr<Flow> flow, std::string prefix) {
  auto source = std::make_unique<FlowSource>(std::move(flow));
  source->prefix = std::move(prefix);
  return source;
}

http::Response Flow::gateway_response(const Error& error) {
  int status = 502;
  std::string_view detail = "the endpoint broke off or sent no HTTP";
  if (client_failed_) {
    status = error.is(Errc::TimedOut) ? 408 : http::status_of(error);
    detail = "the request's body could not be read";
  } else if (error.is(Errc::TimedOut)) {
    status = 504;
    detail = "the endpoint took too long";
  } else if (error.is(Errc::Busy)) {
    status = 503;
    detail = "too much is under way";
  } else if (endpoint == nullptr || (unreached_ && !upstream_->any_available())) {
    status = 503;
    detail = "no endpoint is available";
  } else if (error.is(Errc::Unsupported) && !head.upgrade.empty()) {
    status = 501;
    detail = "the endpoint takes no such upgrade";
  }
  if (!client_failed_) state->gateway_errors.fetch_add(1, std::memory_order_relaxed);
  record.status = status;
  end(false);
  http::Response response = http::Response::problem(status, detail);
  if (status == 503) response.headers.add("Retry-After", "1");
  return response;
}

void Flow::fill_head(http::Response& response) {
  response.status = exchange->status();
  exchange->copy_headers(response.headers);
  if (!set_cookie.empty()) response.headers.add("Set-Cookie", set_cookie);
  const HeaderEdits& edits = route->options.rewrite.response;
  if (!edits.empty()) {
    for (const std::string& name : edits.remove) response.headers.remove(name);
    for (const auto& [name, value] : edits.set) response.headers.set(name, value);
    for (const auto& [name, value] : edits.add) response.headers.add(name, value);
  }
  record.status = response.status;
}

http::Response Flow::respond(std::unique_ptr<Flow> flow) {
  Exchange& exchange = *flow->exchange;
  http::Response response;
  const int status = exchange.status();
  const bool switched =
      !flow->head.upgrade.empty() &&
      (flow->upstream_->options.protocol == Protocol::Http2 ? status / 100 == 2 : status == 101);
  if (status == 101 && !switched) {  // nobody asked
    const Error error(Errc::Malformed, "101 without a request for it");
    return flow->gateway_response(error);
  }
  flow->fill_head(response);
  if (switched) {
    const bool extended = !flow->request.protocol.empty();
    response.status = 101;
    flow->record.status = 101;
    if (extended) {
      response.headers.remove("sec-websocket-accept");
    } else {
      response.headers.set("Connection", "Upgrade");
      response.headers.set("Upgrade", flow->head.upgrade);
      const auto key = flow->request.header("sec-websocket-key");
      if (key.has_value() && !response.headers.contains("sec-websocket-accept"))
        response.headers.set("Sec-WebSocket-Accept", websocket_accept(*key));
    }
    std::string received;
    auto transport = exchange.take_transport(received);
    const Duration idle = flow->upstream_->options.timeouts.tunnel_idle;
    response.upgrade = std::make_unique<TunnelUpgrade>(std::move(flow), std::move(transport),
                                                       std::move(received), idle);
    return response;
  }
  const bool pumping = flow->pumping();
  if (!pumping) {
    if (auto whole = exchange.whole_body(kWholeBytes); whole.has_value()) {
      flow->record.response_bytes = whole->size();
      const bool announced_only = whole->empty() && exchange.length().value_or(0) > 0;
      if (announced_only) {  // the answer to HEAD
        const auto length = exchange.length();
        response.body = http::Body::stream(make_flow_source(nullptr, {}), length);
      } else if (!whole->empty()) {
        response.body = http::Body(std::move(*whole));
      }
      flow->end(true);
      return response;
    }
  }
  const auto length = exchange.length();
  response.duplex = pumping;
  // Head and first bytes in one write, where they come together.
  response.late_head = true;
  response.body = http::Body::stream(make_flow_source(std::move(flow), {}), length);
  return response;
}

Task<void> run_mirror(std::shared_ptr<ReverseState> state, std::unique_ptr<Flow> flow,
                      Counted place) {
  auto ran = co_await flow->run();
  if (!ran.has_value()) co_return;
  std::uint64_t left = 1024 * 1024;  // more is not read away: the connection is closed instead
  bool complete = false;
  while (!complete) {
    auto piece = co_await flow->exchange->receive();
    if (!piece.has_value() || piece->size() > left) break;
    left -= piece->size();
    complete = piece->empty();
  }
  flow->end(complete);
  (void)state, (void)place;
}

void Flow::mirror() {
  const MirrorOptions& options = route->options.mirror;
  if (route->mirror == nullptr || own != nullptr || !head.upgrade.empty()) return;
  if (route->turn.fetch_add(1, std::memory_order_relaxed) % 100 >= options.percent) return;
  Counted place(route->mirrors);
  if (streaming || place.before() >= options.in_flight) {  // a body that is not kept is not copied
    state->mirrors_dropped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  auto copy = std::make_unique<OwnRequest>(request, body);
  auto flow = std::make_unique<Flow>(state, table, route, copy->request);
  flow->own = std::move(copy);
  flow->upstream_owner = route->mirror;
  flow->upstream_ = &route->mirror->state();
  if (!flow->prepare()) return;
  state->mirrored.fetch_add(1, std::memory_order_relaxed);
  state->spawn_background(run_mirror(state, std::move(flow), std::move(place)));
}

}  // namespace avila::proxy::detail

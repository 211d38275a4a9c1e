#include "flow.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/os/entropy.hpp>
#include <avila/proxy/forwarded.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>

#include "fields.hpp"

namespace avila::proxy::detail {

namespace {

constexpr Duration kContinueWait = seconds(1);  // then the body is sent unasked
constexpr std::size_t kTriedMax = 64;

/// The smallest name that is not told on: RFC 9110 §7.6.1, and what we say ourselves.
bool is_dropped_field(std::string_view name) noexcept {
  const auto is = [&](std::string_view text) { return http::equal_ignoring_case(name, text); };
  switch (name.size()) {
    case 4: return is("host");
    case 5: return is("proxy");  // "httpoxy": CGI programs would take it for their proxy
    case 6: return is("expect");
    case 9: return is("forwarded");
    case 15: return is("x-forwarded-for");
    case 16: return is("x-forwarded-host") || is("proxy-connection");
    case 17: return is("x-forwarded-proto") || is("transfer-encoding");
    case 19: return is("proxy-authorization");
    default: return is_hop_field(name);
  }
}

/// RFC 9110 §6.5.1: without what frames, routes or authenticates, what we say ourselves, and what
/// the route removes; a server may take trailers for fields.
http::Headers trailers_to_send(const http::Headers& received, const HeaderEdits& edits) {
  http::Headers out;
  for (const http::Field& field : received) {
    const auto is = [&](std::string_view text) {
      return http::equal_ignoring_case(field.name, text);
    };
    if (!is_dropped_field(field.name) && !is("authorization") && !is("cookie"))
      out.add(field.name, field.value);
  }
  for (const std::string& name : edits.remove) out.remove(name);
  for (const auto& [name, value] : edits.set) out.remove(name);
  return out;
}

void edit(http::Headers& headers, const HeaderEdits& edits) {
  for (const std::string& name : edits.remove) headers.remove(name);
  for (const auto& [name, value] : edits.set) headers.set(name, value);
  for (const auto& [name, value] : edits.add) headers.add(name, value);
}

}  // namespace

OwnRequest::OwnRequest(const http::Request& original, std::string body_text)
    : body(std::move(body_text)) {
  request.method = original.method;
  request.method_text = request.keep(std::string(original.method_text));
  request.target = request.keep(std::string(original.target));
  request.host = request.keep(std::string(original.host));
  for (const http::Field& field : original.fields) {
    const std::string_view name = request.keep(std::string(field.name));
    request.fields.add(name, request.keep(std::string(field.value)));
  }
  request.facts.connection_fields = original.facts.connection_fields;
  request.facts.framing =
      body.empty() ? http::Framing{} : http::Framing{http::Framing::Kind::Length, body.size()};
  request.split_target();
  request.scheme = original.scheme == "https" ? "https" : "http";
  request.peer = request.keep(std::string(original.peer));
  request.body = body;
  request.major_version = original.major_version;
}

void describe(const http::Request& request, RequestRecord& record) noexcept {
  record.method = request.method_text;
  record.host = request.host;
  record.target = request.target;
  record.http_major = request.major_version;
}

Flow::Flow(std::shared_ptr<ReverseState> state_value, TablePointer table_value,
           const CompiledRoute* route_value, http::Request& request_value)
    : state(std::move(state_value)),
      table(std::move(table_value)),
      route(route_value),
      request(request_value),
      began_(state->executor.coarse_now()),
      in_flight_(state->in_flight) {
  upstream_owner = route->upstream;
  if (upstream_owner != nullptr) upstream_ = &upstream_owner->state();
  record.route = route->options.name;
  record.upstream = route->options.upstream;
  record.client = host_of(request.peer);
  describe(request, record);
}

Flow::~Flow() {
  AVILA_ASSERT(!pump_.has_value());  // it uses what goes now
  if (!ended_) end(false);
  Observer* const observer = table->options.observer;
  if (observer == nullptr || own != nullptr) return;
  record.total = state->executor.coarse_now() - began_;
  if (endpoint != nullptr) record.endpoint = endpoint->options.address;
  observer->on_request(record);
}

void Flow::end(bool complete) {
  ended_ = true;
  Exchange::finish(std::move(exchange), complete);
  exchange = nullptr;
  permit_.release();
  endpoint_in_flight_ = Counted();
  upstream_in_flight_ = Counted();
}

bool Flow::prepare() {
  const Rewrite& rewrite = route->options.rewrite;
  // RFC 9110 §7.6.2
  if (request.method == http::Method::Options || request.method == http::Method::Trace) {
    if (const auto left = request.header("max-forwards");
        left.has_value() && text::parse_uint(*left).value_or(1) == 0) {
      refusal = request.method == http::Method::Options
                    ? http::Response(204)
                    : http::Response::problem(405, "TRACE is not answered here");
      return false;
    }
  }
  if (request.method == http::Method::Connect) {
    refusal = http::Response::problem(405, "this proxy makes no tunnels");
    return false;
  }
  std::string_view path = request.path;
  std::string storage;
  if (!normalize_path(path, storage)) {  // and no route has matched it
    refusal = http::Response::problem(400, kBadPath);
    return false;
  }
  const bool strips = !rewrite.strip_prefix.empty() && has_path_prefix(path, rewrite.strip_prefix);
  const bool rewrites = strips || !rewrite.add_prefix.empty();
  if (!rewrites && (request.target.starts_with('/') || request.target == "*")) {
    head.target = request.target;
  } else {
    if (!rewrites) path = request.path;  // of a target with scheme and host
    if (strips) path.remove_prefix(rewrite.strip_prefix.size());
    target_ = rewrite.add_prefix;
    if (!path.starts_with('/') && !target_.ends_with('/')) target_ += '/';
    if (path.starts_with('/') && target_.ends_with('/')) target_.pop_back();
    target_ += path;
    if (!request.query.empty()) target_.append("?").append(request.query);
    head.target = target_;
  }
  head.method = request.method_text;
  head.scheme = upstream_->options.security != nullptr ? "https" : "http";
  head.authority = request.host;
  if (!rewrite.host.empty() && rewrite.host != "$upstream") head.authority = rewrite.host;
  if (head.authority.empty()) head.authority = "localhost";
  head.framing = request.facts.framing;
  if (head.framing.kind == http::Framing::Kind::UntilClose) head.framing = {};
  streaming = request.stream != nullptr;
  if (!streaming && own == nullptr) head.framing = {};
  if (!compose_upgrade()) return false;
  compose_fields();
  compose_forwarding();
  edit(head.headers, rewrite.request);
  return true;
}

/// Upgrade of HTTP/1.1, or the extended CONNECT of HTTP/2, whichever is spoken on either side.
bool Flow::compose_upgrade() {
  const bool extended = !request.protocol.empty();
  if (extended) {
    upgrade_ = request.protocol;
  } else if (request.facts.connection_upgrade && request.major_version == 1) {
    upgrade_ = request.header("upgrade").value_or("");
    // RFC 9113 §3.1, §8.2.2: h2c is of this connection only.
    if (http::list_contains(upgrade_, "h2c") || !http::is_token(upgrade_)) upgrade_.clear();
  }
  if (upgrade_.empty()) return true;
  const bool http2 = upstream_->options.protocol == Protocol::Http2;
  const bool websocket = http::equal_ignoring_case(upgrade_, "websocket");
  if (!route->options.upgrades || ((http2 || extended) && !websocket)) {
    if (extended) {
      refusal = http::Response::problem(501, "this protocol is not passed on");
      return false;
    }
    upgrade_.clear();  // a server may answer as if it had not been asked
    return true;
  }
  head.upgrade = upgrade_;
  head.framing = {};
  streaming = false;
  if (extended && !http2) {
    std::array<std::byte, 16> key{};
    if (!os::system_entropy().fill(key).has_value()) {
      refusal = http::Response::problem(500, "no entropy");
      return false;
    }
    head.headers.add("Sec-WebSocket-Key", text::base64_encode(ByteSpan(key)));
  }
  return true;
}

void Flow::compose_fields() {
  http::Headers& out = head.headers;
  out.reserve(1024);
  const bool to_http2 = upstream_->options.protocol == Protocol::Http2;
  for (const http::Field& field : request.fields) {
    if (is_dropped_field(field.name)) {
      if (field.name.size() == 6 && streaming && request.facts.expect_continue && !to_http2)
        head.expect_continue = true;
      // gRPC asks for it, to see who would lose its trailers (RFC 9110 §10.1.4).
      if (to_http2 && field.name.size() == 2 && http::list_contains(field.value, "trailers"))
        out.add("te", "trailers");
      continue;
    }
    if (request.facts.connection_fields && request.fields.contains_token("connection", field.name))
      continue;
    if (to_http2 && !head.upgrade.empty() &&
        http::equal_ignoring_case(field.name, "sec-websocket-key"))
      continue;
    if (field.name.size() == 12 && http::equal_ignoring_case(field.name, "max-forwards")) {
      const auto left = text::parse_uint(field.value);
      if (left.has_value() && *left > 0) out.add("Max-Forwards", *left - 1);
      continue;
    }
    out.add(field.name, field.value);
  }
}

void Flow::compose_forwarding() {
  const ReverseOptions& options = table->options;
  http::Headers& out = head.headers;
  const std::string_view peer = host_of(request.peer);
  if (!options.trusted.empty()) {
    const auto address = address_of_peer(request.peer);
    peer_trusted_ = address.has_value() && options.trusted.contains(*address);
    client_ = client_address(request, options.trusted);
    record.client = client_;
  }
  if (options.x_forwarded) {
    if (peer_trusted_) forwarded_for_ = request.fields.combined("x-forwarded-for");
    if (!forwarded_for_.empty()) forwarded_for_ += ", ";
    forwarded_for_ += peer;
    out.add("X-Forwarded-For", forwarded_for_);
    const auto pass = [&](std::string_view name, std::string_view own_value) {
      const auto given = peer_trusted_ ? request.header(name) : std::nullopt;
      out.add(name, given.value_or(own_value));
    };
    pass("X-Forwarded-Proto", request.scheme);
    pass("X-Forwarded-Host", request.host);
  }
  if (options.forwarded) {
    if (peer_trusted_) forwarded_ = request.fields.combined("forwarded");
    // What is broken is not passed on: a reader could take our element for part of it.
    if (!parse_forwarded(forwarded_).has_value()) forwarded_.clear();
    if (!forwarded_.empty()) forwarded_ += ", ";
    const ForwardedElement element{"", forwarded_node(peer), std::string(request.host),
                                   std::string(request.scheme)};
    forwarded_ += to_string(element);
    out.add("Forwarded", forwarded_);
  }
  if (!options.via.empty()) {
    if (request.major_version == 2) {
      out.add("Via", "2 " + options.via);
    } else {
      out.add("Via", table->via);
    }
  }
}

std::uint64_t Flow::hash() const {
  const BalanceOptions& balance = upstream_->options.balance;
  std::string_view text;
  switch (balance.hash_on) {
    case HashOn::ClientAddress: break;
    case HashOn::Header: text = request.header(balance.hash_name).value_or(""); break;
    case HashOn::Cookie: text = find_cookie(request.fields, balance.hash_name); break;
    case HashOn::Path: text = request.path; break;
  }
  return hash_text(text.empty() ? record.client : text);
}

/// A body that is small, and said so, is kept: it leaves with the head, and can be sent again.
Task<Result<void>> Flow::read_body() {
  if (own != nullptr) {
    body = own->body;
    co_return Result<void>();
  }
  const bool small = streaming && head.framing.kind == http::Framing::Kind::Length &&
                     head.framing.length <= upstream_->options.retry.replay_bytes;
  if (!small) co_return Result<void>();
  auto whole = co_await request.stream->read_all(head.framing.length);
  if (!whole.has_value()) {
    client_failed_ = true;
    co_return std::move(whole).error();
  }
  body = std::move(*whole);
  record.request_bytes = body.size();
  streaming = false;
  head.expect_continue = false;
  co_return Result<void>();
}

Error Flow::overflow(std::string_view what) {
  upstream_->overflows.fetch_add(1, std::memory_order_relaxed);
  return Error(Errc::Busy, what);
}

/// Past the circuit's limits nobody is let in. Nothing: admit() waits for a connection.
std::optional<Result<void>> Flow::admit_now() {
  upstream_in_flight_ = Counted(upstream_->in_flight);
  if (upstream_in_flight_.before() >= upstream_->options.circuit.requests)
    return overflow("too many requests are under way");
  if (upstream_->options.protocol == Protocol::Http2) return Result<void>();
  auto permit = upstream_->connections.try_acquire();
  if (!permit.has_value()) return std::nullopt;
  permit_ = std::move(*permit);
  return Result<void>();
}

Task<Result<void>> Flow::admit() {
  const Counted waiting(upstream_->pending);
  if (waiting.before() >= upstream_->options.circuit.pending)
    co_return overflow("too many requests wait");
  const future::Deadline deadline(upstream_->options.timeouts.connect, request.cancel);
  auto got = co_await upstream_->connections.acquire(1, deadline.token());
  if (!got.has_value()) co_return deadline.translate(std::move(got).error(), "a free connection");
  permit_ = std::move(*got);
  co_return Result<void>();
}

Task<Result<void>> Flow::run() {
  upstream_->requests.fetch_add(1, std::memory_order_relaxed);
  upstream_->budget.earn();
  if (streaming || own != nullptr) {
    auto kept = co_await read_body();
    AVILA_CO_TRY_VOID(std::move(kept));
  }
  std::optional<Result<void>> admitted = admit_now();
  if (!admitted.has_value()) {
    auto later = co_await admit();
    admitted.emplace(std::move(later));
  }
  AVILA_CO_TRY_VOID(std::move(*admitted));
  const RetryOptions& retry = upstream_->options.retry;
  PickRequest wanted;
  if (upstream_->needs_hash()) wanted.hash = hash();
  const std::string& sticky = upstream_->options.balance.sticky_cookie;
  if (!sticky.empty()) wanted.sticky = find_cookie(request.fields, sticky);
  wanted.tried = &tried_;
  std::uint32_t spare = 3;  // old connections that may turn out to be closed
  bool fresh = false;
  Duration backoff = retry.backoff;
  while (true) {
    if (!fresh) endpoint = upstream_->pick(wanted);
    if (endpoint == nullptr) co_return Error(Errc::NotFound, "the upstream has no endpoints");
    if (route->options.rewrite.host == "$upstream") {
      authority_ =
          endpoint->options.address.starts_with("unix:") ? "localhost" : endpoint->options.address;
      head.authority = authority_;
    }
    endpoint_in_flight_ = Counted(endpoint->in_flight);
    endpoint->requests.fetch_add(1, std::memory_order_relaxed);
    ++record.attempts;
    auto tried = co_await attempt(fresh);
    const int status = tried.has_value() ? exchange->status() : 0;
    const bool stale = !tried.has_value() && exchange != nullptr && exchange->reused() &&
                       !tried.error().is(Errc::TimedOut);
    if (tried.has_value()) {
      upstream_->succeeded(*endpoint, status);
    } else if (!stale && !request.cancel.cancelled() && !client_failed_) {
      upstream_->failed(*endpoint);
    }
    const bool done = tried.has_value() && std::find(retry.statuses.begin(), retry.statuses.end(),
                                                     status) == retry.statuses.end();
    if (done || !may_retry(tried.has_value() ? nullptr : &tried.error(), status, stale)) {
      if (!tried.has_value()) co_return std::move(tried).error();
      break;
    }
    // An old connection that was just being closed says nothing about its endpoint: at once, and
    // over a new one.
    if (stale && --spare > 0) {
      --record.attempts;
      fresh = true;
      Exchange::finish(std::move(exchange), false);
      exchange = nullptr;
      continue;
    }
    fresh = false;
    if (tried_.size() < kTriedMax) tried_.push_back(endpoint.get());
    retrying_ = Counted(upstream_->retrying);
    upstream_->retries.fetch_add(1, std::memory_order_relaxed);
    Exchange::finish(std::move(exchange), false);
    exchange = nullptr;
    if (record.attempts > 1 ||
        tried.has_value()) {  // not the first time, or it is there and unwell
      const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(1, backoff.ns));
      std::uint64_t drawn = 0;
      (void)os::system_entropy().fill(std::as_writable_bytes(std::span(&drawn, 1)));
      const Duration pause{static_cast<std::int64_t>(drawn % most)};
      auto slept = co_await future::sleep(pause, request.cancel);
      AVILA_CO_TRY_VOID(std::move(slept));
      backoff = std::min(backoff * 2, retry.backoff_max);
    }
  }
  retrying_ = Counted();
  record.first_byte = state->executor.coarse_now() - began_;
  if (!sticky.empty() && wanted.sticky != endpoint->cookie)
    set_cookie = sticky + "=" + endpoint->cookie + "; Path=/; HttpOnly; SameSite=Lax";
  co_return Result<void>();
}

/// RFC 9110 §9.2.2: again only what did not reach the endpoint, or does no harm twice.
bool Flow::may_retry(const Error* error, int status, bool stale) {
  const RetryOptions& retry = upstream_->options.retry;
  (void)status;
  if (request.cancel.cancelled() || client_failed_ || pump_used_ || !head.upgrade.empty())
    return false;
  const bool unsent = exchange == nullptr || !exchange->sent_any();
  if (error != nullptr && error->is(Errc::Malformed)) return false;  // it answered, and badly
  if (!unsent && !http::is_idempotent(request.method)) return false;
  if (stale) return true;
  if (record.attempts >= retry.attempts) return false;
  // What never left costs the upstream nothing: it is not what budgets are there to hold back.
  if (unsent) return true;
  if (upstream_->retrying.load(std::memory_order_relaxed) >= upstream_->options.circuit.retries ||
      !upstream_->budget.spend(state->executor.coarse_now())) {
    upstream_->retries_denied.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  return true;
}

Task<Result<void>> Flow::attempt(bool fresh) {
  unreached_ = false;
  exchange = fresh ? nullptr : upstream_->take_idle(endpoint);
  if (exchange == nullptr) {
    auto opened = co_await upstream_->open(endpoint, request.peer, request.cancel);
    unreached_ = !opened.has_value();
    AVILA_CO_TRY(exchange, std::move(opened));
  } else if (upstream_in_flight_.before() > 0) {
    // Requests that came together leave together: whoever wakes for the first finds the others, and
    // takes the processor from us once for all of them.
    co_await future::yield();
  }
  if (request.cancel.can_be_cancelled()) exchange->follow(request.cancel);
  const Duration total = upstream_->options.timeouts.total;
  if (total > Duration::zero()) {
    const Duration left = total - (state->executor.coarse_now() - began_);
    exchange->set_total(std::max(left, Duration::zero()));
  }
  const ByteSpan bytes = as_bytes(body);
  auto sent = co_await exchange->send_head(head, bytes);
  // An endpoint may answer and close before it has read everything: its answer counts.
  if (!sent.has_value() && (exchange->reused() || !exchange->sent_any()))
    co_return std::move(sent).error();
  if (streaming) {
    pump_running_ = pump_used_ = true;
    if (!head.expect_continue) go_on_.set();
    pump_.emplace();
    pump_->spawn(pump());
  }
  auto answered = co_await exchange->receive_head();
  while (answered.has_value() && exchange->interim()) {
    if (exchange->status() == 100) {
      go_on_.set();
    } else {
      co_await pass_interim(*exchange, request, route->options.rewrite.response.remove);
    }
    answered = co_await exchange->receive_head();
  }
  if (!answered.has_value()) {
    co_await end_pump(true);
    co_return std::move(answered).error();
  }
  if (!pump_running_) {
    co_await end_pump(false);
    co_return Result<void>();
  }
  // The endpoint answers while the body is under way. HTTP/2 goes on both ways; HTTP/1.1 does where
  // the body has begun to flow and is wanted; else the rest is not read.
  const bool wanted = exchange->status() < 400 && pump_began_;
  // Of a response without a body nobody waits for the pump's end while it is written.
  const bool no_body = request.method == http::Method::Head || exchange->status() == 204 ||
                       exchange->status() == 304 || exchange->status() == 101 ||
                       exchange->length().value_or(1) == 0;
  if (no_body) {
    co_await end_pump(true);
  } else if (request.major_version == 1 && !wanted) {
    give_up_body();
    if (exchange->stop_sending()) co_await end_pump(true);
  }
  co_return Result<void>();
}

void Flow::give_up_body() {
  pump_refused_ = true;
  go_on_.set();
  request.stream->interrupt();
}

Task<Result<void>> Flow::pump() {
  http::BodyReader& reader = *request.stream;
  const auto fail = [this] {
    client_failed_ = true;
    exchange->abort();
  };
  if (!go_on_.is_set()) {
    const future::Deadline deadline(kContinueWait, request.cancel);
    auto waited = co_await go_on_.wait(deadline.token());
    (void)waited;  // RFC 9110 §10.1.1: one does not wait for ever
  }
  bool ok = !pump_refused_;
  while (ok) {
    auto piece = co_await reader.read();
    if (!piece.has_value()) {
      if (!pump_refused_) fail();
      ok = false;
    } else if (piece->empty()) {
      const http::Headers trailers =
          trailers_to_send(reader.trailers(), route->options.rewrite.request);
      auto ended = co_await exchange->send_end(trailers);
      ok = false;
      (void)ended;  // receive_head() says what became of the connection
    } else {
      pump_began_ = true;
      record.request_bytes += piece->size();
      const ByteSpan bytes = *piece;
      auto sent = co_await exchange->send_body(bytes);
      ok = sent.has_value();
    }
  }
  pump_running_ = false;
  co_return Result<void>();
}

Task<void> Flow::end_pump(bool give_up) {
  if (!pump_.has_value()) co_return;
  if (give_up && pump_running_) {
    give_up_body();
    if (!exchange->stop_sending()) exchange->abort();
  }
  auto joined = co_await pump_->join();
  (void)joined;
  pump_.reset();
}

}  // namespace avila::proxy::detail

#include <avila/proxy/upstream.hpp>

#include <algorithm>
#include <avila/os/entropy.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/proxy_protocol.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>
#include <cstring>

#include "endpoint.hpp"
#include "http1_exchange.hpp"
#include "http2_exchange.hpp"

namespace avila::proxy {
namespace detail {

namespace {

/// Often enough that the shortest time-out is late by a quarter at most.
Duration tick_of(const UpstreamTimeouts& timeouts) noexcept {
  Duration shortest = std::min(timeouts.first_byte, timeouts.idle);
  if (timeouts.total > Duration::zero()) shortest = std::min(shortest, timeouts.total);
  return std::clamp(shortest / 4, milliseconds(5), seconds(1));
}

std::vector<Candidate*> candidates_of(const std::vector<EndpointPointer>& endpoints) {
  std::vector<Candidate*> out;
  for (const EndpointPointer& endpoint : endpoints) out.push_back(endpoint.get());
  return out;
}

std::string cookie_of(std::string_view address) {
  std::uint64_t hash = hash_text(address);
  std::array<std::byte, 8> bytes{};
  for (std::byte& b : bytes) {
    b = static_cast<std::byte>(hash & 0xff);
    hash >>= 8;
  }
  return text::hex_encode(ByteSpan(bytes));
}

Result<EndpointPointer> make_endpoint(const EndpointOptions& options) {
  if (options.weight > kWeightMax)
    return Error(Errc::OutOfRange, options.address + ": the weight is at most 1000");
  if (auto address = tcp::SocketAddress::parse(options.address); address.has_value()) {
    std::string host = address->is_unix() ? "localhost" : address->ip().to_string();
    return std::make_shared<Endpoint>(options, std::move(host), address->port(), *address);
  }
  const std::size_t colon = options.address.rfind(':');
  const std::string host = options.address.substr(0, colon);
  if (colon == std::string::npos || host.empty() || !http::is_host(host))
    return Error(Errc::InvalidArgument,
                 "an endpoint is HOST:PORT or unix:PATH, not '" + options.address + "'");
  const auto port = text::parse_uint(std::string_view(options.address).substr(colon + 1));
  if (!port.has_value() || *port == 0 || *port > 65'535)
    return Error(Errc::InvalidArgument, options.address + ": the port is no number up to 65535");
  return std::make_shared<Endpoint>(options, host, static_cast<std::uint16_t>(*port), std::nullopt);
}

}  // namespace

Endpoint::Endpoint(EndpointOptions options_value, std::string host_value, std::uint16_t port_value,
                   std::optional<tcp::SocketAddress> address_value)
    : options(std::move(options_value)),
      host(std::move(host_value)),
      port(port_value),
      address(std::move(address_value)),
      cookie(cookie_of(options.address)) {
  weight = options.weight;
  priority = options.priority;
  hash = hash_text(options.address);
}

Endpoint::~Endpoint() = default;

EndpointSet::EndpointSet(std::vector<EndpointPointer> members, Balance policy, std::uint64_t seed)
    : endpoints(std::move(members)), balancer(policy, candidates_of(endpoints), seed) {}

UpstreamState::UpstreamState(async::Executor& executor_value, UpstreamOptions options_value)
    : executor(executor_value),
      options(std::move(options_value)),
      tick(tick_of(options.timeouts)),
      budget(options.retry.budget_ratio, options.retry.budget_per_second,
             options.retry.budget_burst),
      connections(options.circuit.connections) {}

Result<void> UpstreamState::set_endpoints(std::vector<EndpointOptions> wanted) {
  if (wanted.size() > kEndpointsMax)
    return Error(Errc::LimitExceeded, "an upstream has 1024 endpoints at most");
  std::uint64_t seed = options.seed;
  if (seed == 0)
    AVILA_TRY_VOID(os::system_entropy().fill(std::as_writable_bytes(std::span(&seed, 1))));
  {
    const std::lock_guard lock(mutex);
    std::vector<EndpointPointer> members;
    for (const EndpointOptions& each : wanted) {
      EndpointPointer found;
      if (set != nullptr) {
        for (const EndpointPointer& old : set->endpoints)
          if (old->options == each) found = old;
      }
      if (found == nullptr) {
        AVILA_TRY(found, make_endpoint(each));
      }
      members.push_back(std::move(found));
    }
    set = std::make_shared<EndpointSet>(std::move(members), options.balance.policy, seed);
    ++generation;
  }
  start_checks();
  return {};
}

bool UpstreamState::any_available() const {
  const std::int64_t at = executor.coarse_now().ns;
  const std::lock_guard lock(mutex);
  return set != nullptr && std::any_of(set->endpoints.begin(), set->endpoints.end(),
                                       [&](const auto& each) { return each->available(at); });
}

EndpointPointer UpstreamState::pick(const PickRequest& request) {
  std::shared_ptr<EndpointSet> now;
  {
    const std::lock_guard lock(mutex);
    now = set;
  }
  if (now == nullptr || now->endpoints.empty()) return nullptr;
  const auto& endpoints = now->endpoints;
  if (endpoints.size() == 1) return endpoints.front();
  const std::int64_t at = executor.coarse_now().ns;
  const auto tried = [&](std::size_t i) {
    return request.tried != nullptr && std::find(request.tried->begin(), request.tried->end(),
                                                 endpoints[i].get()) != request.tried->end();
  };
  if (!request.sticky.empty()) {
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      if (endpoints[i]->cookie == request.sticky && endpoints[i]->available(at) && !tried(i))
        return endpoints[i];
  }
  const std::lock_guard lock(now->balancer.mutex);
  auto chosen = now->balancer.pick(
      request.hash, [&](std::size_t i) { return endpoints[i]->available(at) && !tried(i); });
  // Nobody is well: then rather somebody than nobody, for the news may be old.
  if (!chosen.has_value())
    chosen = now->balancer.pick(request.hash, [&](std::size_t i) { return !tried(i); });
  if (!chosen.has_value())
    chosen = now->balancer.pick(request.hash,
                                [&](std::size_t i) { return endpoints[i]->available(at); });
  if (!chosen.has_value())
    chosen = now->balancer.pick(request.hash, [](std::size_t) { return true; });
  return endpoints[*chosen];
}

Task<Result<std::unique_ptr<async::Transport>>> UpstreamState::connect(EndpointPointer endpoint,
                                                                       std::string client,
                                                                       CancelToken cancel) {
  using Connected = Result<std::unique_ptr<async::Transport>>;
  endpoint->connects.fetch_add(1, std::memory_order_relaxed);
  const future::Deadline deadline(options.timeouts.connect, cancel);
  std::unique_ptr<async::Transport> transport;
  if (options.connector != nullptr) {
    auto made =
        co_await options.connector->connect(endpoint->host, endpoint->port, deadline.token());
    if (!made.has_value()) co_return deadline.translate(std::move(made).error(), "connecting");
    transport = std::move(*made);
  } else {
    tcp::ConnectOptions connecting;
    connecting.timeout = options.timeouts.connect;
    Task<Result<tcp::Stream>> attempt;
    if (endpoint->address.has_value()) {
      attempt = tcp::connect(executor, *endpoint->address, connecting, deadline.token());
    } else {
      attempt =
          tcp::connect(executor, endpoint->host, endpoint->port, connecting, deadline.token());
    }
    auto made = co_await attempt;
    if (!made.has_value()) co_return deadline.translate(std::move(made).error(), "connecting");
    transport.reset(new tcp::Stream(std::move(*made)));
  }
  if (options.send_proxy_header != SendProxyHeader::None) {
    tcp::ProxyHeader header;
    auto source = tcp::SocketAddress::parse(client);
    if (source.has_value() && endpoint->address.has_value() && !source->is_unix() &&
        !endpoint->address->is_unix()) {
      header.has_addresses = true;
      header.source = *source;
      header.destination = *endpoint->address;
    }
    std::string bytes;
    if (options.send_proxy_header == SendProxyHeader::V1) {
      tcp::append_proxy_v1(bytes, header);
    } else {
      AVILA_CO_TRY_VOID(tcp::append_proxy_v2(bytes, header));
    }
    const ByteSpan view = as_bytes(bytes);
    auto written = co_await transport->write_all(view, deadline.token());
    if (!written.has_value())
      co_return deadline.translate(std::move(written).error(), "connecting");
  }
  if (options.security != nullptr) {
    const std::string name = options.server_name.empty() ? endpoint->host : options.server_name;
    auto secured = co_await options.security->connect(std::move(transport), name, deadline.token());
    if (!secured.has_value())
      co_return deadline.translate(std::move(secured).error(), "the TLS handshake");
    transport = std::move(*secured);
  }
  co_return Connected(std::move(transport));
}

std::unique_ptr<Exchange> UpstreamState::take_idle(const EndpointPointer& endpoint) {
  std::unique_ptr<Http1Exchange> found;
  std::vector<std::unique_ptr<Http1Exchange>> dead;  // destroyed outside of the lock
  const Instant now = executor.coarse_now();
  {
    const std::lock_guard lock(endpoint->mutex);
    while (found == nullptr && !endpoint->idle.empty()) {
      std::unique_ptr<Http1Exchange> last = std::move(endpoint->idle.back());
      endpoint->idle.pop_back();
      const bool good = now - last->idle_since < options.pool_idle && last->alive();
      if (good) {
        found = std::move(last);
      } else {
        dead.push_back(std::move(last));
      }
    }
  }
  if (found != nullptr) found->begin(endpoint, true);
  return found;
}

Task<Result<std::unique_ptr<Exchange>>> UpstreamState::open(EndpointPointer endpoint,
                                                            std::string_view client,
                                                            CancelToken cancel) {
  using Opened = Result<std::unique_ptr<Exchange>>;
  if (options.protocol == Protocol::Http2) {
    auto opened = co_await open_http2(std::move(endpoint), std::move(cancel));
    co_return opened;
  }
  std::string from(client);
  auto connected = co_await connect(endpoint, std::move(from), std::move(cancel));
  AVILA_CO_TRY(auto transport, std::move(connected));
  auto made = std::make_unique<Http1Exchange>(std::move(transport), options, tick);
  made->begin(std::move(endpoint), false);
  co_return Opened(std::move(made));
}

Task<Result<std::unique_ptr<Exchange>>> UpstreamState::open_http2(EndpointPointer endpoint,
                                                                  CancelToken cancel) {
  using Opened = Result<std::unique_ptr<Exchange>>;
  constexpr std::uint32_t kStreamsEach =
      100;  // RFC 9113 §6.5.2: what servers should allow at least
  const auto choose = [&]() -> std::shared_ptr<Http2Connection> {
    std::vector<std::shared_ptr<Http2Connection>> gone;
    const std::lock_guard lock(endpoint->mutex);
    auto& list = endpoint->http2;
    const auto unusable = std::partition(
        list.begin(), list.end(), [](const auto& each) { return each->connection.usable(); });
    gone.assign(std::make_move_iterator(unusable), std::make_move_iterator(list.end()));
    list.erase(unusable, list.end());
    if (list.empty()) return nullptr;
    const auto best = std::min_element(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return a->in_flight.load() < b->in_flight.load();
    });
    const bool full = (*best)->in_flight.load() >= kStreamsEach;
    return full && list.size() < options.http2_connections ? nullptr : *best;
  };
  std::shared_ptr<Http2Connection> connection = choose();
  const bool reused = connection != nullptr;
  if (connection == nullptr) {
    auto locked = co_await endpoint->connecting.lock(cancel);
    AVILA_CO_TRY(const auto lock, std::move(locked));
    connection = choose();  // somebody else may have connected meanwhile
    if (connection == nullptr) {
      std::string nobody;
      auto connected = co_await connect(endpoint, std::move(nobody), std::move(cancel));
      AVILA_CO_TRY(auto transport, std::move(connected));
      http2::ClientOptions h2;
      h2.engine.header_list_bytes = options.limits.header_bytes;
      http2::ClientConnection made(executor, std::move(transport), h2);
      connection = std::make_shared<Http2Connection>(std::move(made));
      const std::lock_guard list_lock(endpoint->mutex);
      endpoint->http2.push_back(connection);
    }
  }
  co_return Opened(std::make_unique<Http2Exchange>(std::move(endpoint), std::move(connection),
                                                   reused, options, tick));
}

void UpstreamState::succeeded(Endpoint& endpoint, int status) {
  const bool gateway = status == 502 || status == 503 || status == 504;
  if (gateway) return failed(endpoint);
  const auto reset = [](std::atomic<std::uint32_t>& count) {
    if (count.load(std::memory_order_relaxed) != 0) count.store(0, std::memory_order_relaxed);
  };
  reset(endpoint.gateway_errors);
  if (status < 500) {
    reset(endpoint.errors_5xx);
    reset(endpoint.backoff_steps);
    return;
  }
  const std::uint32_t limit = options.outlier.errors_5xx;
  if (endpoint.errors_5xx.fetch_add(1) + 1 >= limit && limit > 0) eject(endpoint);
}

void UpstreamState::failed(Endpoint& endpoint) {
  endpoint.failures.fetch_add(1, std::memory_order_relaxed);
  const std::uint32_t errors = endpoint.gateway_errors.fetch_add(1) + 1;
  const std::uint32_t of_5xx = endpoint.errors_5xx.fetch_add(1) + 1;
  const OutlierOptions& limits = options.outlier;
  const bool bad = limits.gateway_errors > 0 && errors >= limits.gateway_errors;
  if (bad || (limits.errors_5xx > 0 && of_5xx >= limits.errors_5xx)) eject(endpoint);
}

void UpstreamState::eject(Endpoint& endpoint) {
  const Instant now = executor.now();
  const std::lock_guard lock(mutex);
  if (endpoint.ejected_until_ns.load() > now.ns || set == nullptr) return;
  std::size_t ejected = 0;
  for (const EndpointPointer& each : set->endpoints)
    ejected += each.get() != &endpoint && each->ejected_until_ns.load() > now.ns ? 1 : 0;
  const std::size_t allowed =
      (set->endpoints.size() * options.outlier.max_ejected_percent + 99) / 100;
  if (ejected >= allowed) return;
  const std::uint32_t steps = std::min(endpoint.backoff_steps.fetch_add(1), 20U);
  const Duration how_long = std::min(options.outlier.base_ejection * (std::int64_t{1} << steps),
                                     options.outlier.max_ejection);
  endpoint.ejected_until_ns.store((now + how_long).ns);
  endpoint.ejections.fetch_add(1, std::memory_order_relaxed);
}

void UpstreamState::start_checks() {
  if (options.health.kind == HealthCheckOptions::Kind::None) return;
  std::shared_ptr<EndpointSet> now;
  std::uint64_t of = 0;
  {
    const std::lock_guard lock(mutex);
    if (!checking) return;
    now = set;
    of = generation;
  }
  for (const EndpointPointer& endpoint : now->endpoints) {
    checks_running.fetch_add(1);
    executor.spawn(check_loop(endpoint, of)).detach();
  }
}

Task<void> UpstreamState::check_loop(EndpointPointer endpoint, std::uint64_t of) {
  const std::shared_ptr<UpstreamState> self = shared_from_this();
  const CancelToken token = stop_checks.token();
  random::Xoshiro256pp draw(endpoint->hash ^ of);
  std::uint32_t passed = 0, failures = 0;
  while (true) {
    {
      const std::lock_guard lock(mutex);
      if (generation != of) break;  // the next set has its own
    }
    const bool well = co_await check(endpoint);
    if (token.cancelled()) break;
    if (well) {
      failures = 0;
      if (++passed >= options.health.rise) {
        endpoint->healthy.store(true);
        endpoint->ejected_until_ns.store(0);
      }
    } else {
      passed = 0;
      if (++failures >= options.health.fall) endpoint->healthy.store(false);
    }
    // A tenth more or less, so that checks do not march in step.
    const std::int64_t tenth = options.health.interval.ns / 10;
    const auto jitter =
        tenth > 0 ? static_cast<std::int64_t>(draw.next() % static_cast<std::uint64_t>(2 * tenth))
                  : 0;
    const Duration pause{options.health.interval.ns - tenth + jitter};
    auto slept = co_await future::sleep(pause, token);
    if (!slept.has_value()) break;
  }
  checks_running.fetch_sub(1);
}

Task<bool> UpstreamState::check(EndpointPointer endpoint) {
  const future::Deadline deadline(options.health.timeout, stop_checks.token());
  std::string nobody;
  auto connected = co_await connect(endpoint, std::move(nobody), deadline.token());
  if (!connected.has_value()) co_return false;
  if (options.health.kind == HealthCheckOptions::Kind::Tcp) co_return true;
  std::unique_ptr<Exchange> exchange;
  if (options.protocol == Protocol::Http2) {
    http2::ClientConnection made(executor, std::move(*connected));
    exchange = std::make_unique<Http2Exchange>(
        endpoint, std::make_shared<Http2Connection>(std::move(made)), false, options, tick);
  } else {
    auto made = std::make_unique<Http1Exchange>(std::move(*connected), options, tick);
    made->begin(endpoint, false);
    exchange = std::move(made);
  }
  exchange->follow(deadline.token());
  OutgoingHead head;
  head.method = "GET";
  head.target = options.health.path;
  head.authority = options.health.host.empty() ? endpoint->options.address : options.health.host;
  if (options.health.host.empty() && endpoint->options.address.starts_with("unix:"))
    head.authority = "localhost";
  head.scheme = options.security != nullptr ? "https" : "http";
  const ByteSpan nothing;
  auto sent = co_await exchange->send_head(head, nothing);
  if (!sent.has_value()) co_return false;
  auto answered = co_await exchange->receive_head();
  while (answered.has_value() && exchange->interim()) answered = co_await exchange->receive_head();
  if (!answered.has_value()) co_return false;
  const int status = exchange->status();
  co_return status >= options.health.status_min&& status <= options.health.status_max;
}

}  // namespace detail

Upstream::Upstream(std::shared_ptr<detail::UpstreamState> state) : state_(std::move(state)) {}
Upstream::~Upstream() { state_->stop_checks.cancel(); }

Result<std::shared_ptr<Upstream>> Upstream::create(async::Executor& executor,
                                                   UpstreamOptions options) {
  if (options.retry.attempts == 0)
    return Error(Errc::InvalidArgument, options.name + ": retry.attempts is at least 1");
  const bool by_name =
      options.balance.hash_on == HashOn::Header || options.balance.hash_on == HashOn::Cookie;
  if (by_name && options.balance.hash_name.empty())
    return Error(Errc::InvalidArgument, options.name + ": hash_name is missing");
  std::vector<EndpointOptions> endpoints = options.endpoints;
  auto state = std::make_shared<detail::UpstreamState>(executor, std::move(options));
  auto set = state->set_endpoints(std::move(endpoints));
  if (!set.has_value()) return std::move(set).error().context("upstream " + state->options.name);
  return std::shared_ptr<Upstream>(new Upstream(std::move(state)));
}

Result<void> Upstream::set_endpoints(std::vector<EndpointOptions> endpoints) {
  return state_->set_endpoints(std::move(endpoints));
}

void Upstream::start() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->checking) return;
    state_->checking = true;
  }
  state_->start_checks();
}

Task<void> Upstream::stop() {
  const std::shared_ptr<detail::UpstreamState> state = state_;
  state->stop_checks.cancel();
  // Looked at now and then: an end is rare.
  while (state->checks_running.load() > 0) co_await future::sleep(milliseconds(2));
}

const UpstreamOptions& Upstream::options() const noexcept { return state_->options; }

UpstreamMetrics Upstream::metrics() const {
  const detail::UpstreamState& s = *state_;
  UpstreamMetrics out;
  out.requests = s.requests.load(std::memory_order_relaxed);
  out.retries = s.retries.load(std::memory_order_relaxed);
  out.retries_denied = s.retries_denied.load(std::memory_order_relaxed);
  out.overflows = s.overflows.load(std::memory_order_relaxed);
  const std::int64_t now = s.executor.now().ns;
  const std::lock_guard lock(s.mutex);
  for (const detail::EndpointPointer& e : s.set->endpoints) {
    EndpointMetrics& to = out.endpoints.emplace_back();
    to.address = e->options.address;
    to.requests = e->requests.load(std::memory_order_relaxed);
    to.failures = e->failures.load(std::memory_order_relaxed);
    to.connects = e->connects.load(std::memory_order_relaxed);
    to.ejections = e->ejections.load(std::memory_order_relaxed);
    to.in_flight = e->in_flight.load(std::memory_order_relaxed);
    to.healthy = e->healthy.load(std::memory_order_relaxed);
    to.ejected = e->ejected_until_ns.load(std::memory_order_relaxed) > now;
  }
  return out;
}

}  // namespace avila::proxy

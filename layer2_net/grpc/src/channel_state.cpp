#include "channel_state.hpp"

#include <algorithm>
#include <avila/os/entropy.hpp>
#include <avila/tcp/connect.hpp>
#include <cmath>

namespace avila::grpc::detail {

namespace {

bool is_ready(const Subchannel& subchannel) noexcept {
  return subchannel.state == Connectivity::Ready && subchannel.connection->usable();
}

/// The name that certificates are checked against.
std::string host_of(const std::string& authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.rfind(':'));
}

http2::ClientOptions http2_options(const ChannelOptions& options) {
  http2::ClientOptions made;
  made.engine.header_list_bytes = std::max<std::uint32_t>(2 * options.metadata_bytes, 64 * 1024);
  made.idle_timeout = options.idle_timeout;
  made.write_timeout = options.write_timeout;
  return made;
}

}  // namespace

Picked::Picked(std::shared_ptr<ChannelState> channel, std::shared_ptr<Subchannel> subchannel)
    : channel_(std::move(channel)),
      subchannel_(std::move(subchannel)),
      connection_(subchannel_->connection) {
  ++subchannel_->calls;
  ++channel_->calls;
}

Picked::~Picked() {
  if (channel_ == nullptr) return;
  bool tell = false;
  {
    const std::lock_guard lock(channel_->mutex);
    --subchannel_->calls;
    --channel_->calls;
    tell = channel_->closed;
  }
  if (tell) channel_->changed.raise();
}

ChannelState::ChannelState(async::Executor& runs_on, Target to, ChannelOptions given)
    : executor(runs_on),
      target(std::move(to)),
      options(std::move(given)),
      authority(options.authority.empty() ? target.authority : options.authority),
      keepalive_time(options.keepalive_time) {
  if (options.resolver == nullptr) take_addresses(target.addresses);
}

bool ChannelState::busy() const noexcept { return calls > 0; }

void ChannelState::take_addresses(std::vector<tcp::SocketAddress> addresses) {
  if (addresses.size() > options.addresses_max) addresses.resize(options.addresses_max);
  std::vector<std::shared_ptr<Subchannel>> kept;
  for (tcp::SocketAddress& address : addresses) {
    const auto same = [&address](const auto& each) { return each->address == address; };
    if (std::any_of(kept.begin(), kept.end(), same)) continue;
    const auto known = std::find_if(subchannels.begin(), subchannels.end(), same);
    kept.push_back(known != subchannels.end()
                       ? *known
                       : std::make_shared<Subchannel>(std::move(address), stop.token()));
  }
  subchannels.swap(kept);
  for (const auto& old : kept)  // calls on them run to their end
    if (std::find(subchannels.begin(), subchannels.end(), old) == subchannels.end())
      old->stop.cancel();
}

Duration ChannelState::pause(int failures) {
  const Backoff& backoff = options.backoff;
  const double base =
      std::min(static_cast<double>(backoff.first.ns) * std::pow(backoff.factor, failures - 1),
               static_cast<double>(backoff.longest.ns));
  std::byte bytes[4];
  os::Entropy& entropy = options.entropy != nullptr ? *options.entropy : os::system_entropy();
  double random = 0.5;
  if (entropy.fill(bytes).has_value()) {
    std::uint32_t word = 0;
    for (const std::byte b : bytes) word = word << 8 | std::to_integer<std::uint32_t>(b);
    random = word / 4294967296.0;
  }
  return {static_cast<std::int64_t>(base * (1 + backoff.jitter * (2 * random - 1)))};
}

void ChannelState::start(const std::shared_ptr<Subchannel>& subchannel) {
  subchannel->state = Connectivity::Connecting;
  ++tasks;
  executor.spawn(live(shared_from_this(), subchannel)).detach();
}

void ChannelState::start_resolving() {
  if (resolving || closed) return;
  resolving = true;
  ++tasks;
  executor.spawn(resolve(shared_from_this())).detach();
}

/// A connection failed: the name may lead elsewhere by now.
void ChannelState::look_again() {
  if (target.host.empty() && options.resolver == nullptr) return;
  if (executor.now() - resolved_at >= options.resolve_interval) start_resolving();
}

std::shared_ptr<Subchannel> ChannelState::choose() {
  std::shared_ptr<Subchannel> best, idle;
  bool connecting = false;
  const std::size_t count = subchannels.size();
  for (std::size_t i = 0; i < count; ++i) {
    const bool in_turn = options.balancing != Balancing::PickFirst;
    const auto& each = subchannels[in_turn ? (next + i) % count : i];
    connecting |= each->state == Connectivity::Connecting;
    if (each->state == Connectivity::Idle) {
      if (in_turn) start(each);
      if (idle == nullptr) idle = each;
    }
    if (!is_ready(*each)) continue;
    if (best == nullptr ||
        (options.balancing == Balancing::LeastLoaded && each->calls < best->calls))
      best = each;
  }
  if (best == nullptr) {
    if (options.balancing == Balancing::PickFirst && !connecting && idle != nullptr) start(idle);
    return nullptr;
  }
  const auto at = std::find(subchannels.begin(), subchannels.end(), best);
  next = static_cast<std::size_t>(at - subchannels.begin()) + 1;
  return best;
}

/// Why no address can be expected to be ready soon.
std::optional<Error> ChannelState::failure() const {
  if (subchannels.empty()) {
    if (resolve_error.empty()) return std::nullopt;
    return Error(Code::Unavailable, "resolve " + target.authority + ": " + resolve_error);
  }
  for (const auto& each : subchannels)
    if (each->state != Connectivity::TransientFailure) return std::nullopt;
  const Subchannel& last = *subchannels.back();
  return Error(Code::Unavailable, last.address.to_string() + ": " + last.error);
}

Task<Result<Picked>> ChannelState::pick(bool wait_for_ready, CancelToken cancel) {
  const std::shared_ptr<ChannelState> self = shared_from_this();
  while (true) {
    const std::uint64_t seen = changed.count();
    {
      const std::lock_guard lock(mutex);
      if (closed) co_return Error(Code::Unavailable, "the channel is closed");
      if (subchannels.empty() && resolve_error.empty()) start_resolving();
      if (auto best = choose(); best != nullptr) co_return Picked(self, std::move(best));
      if (auto why = failure(); why.has_value() && !wait_for_ready) co_return std::move(*why);
    }
    auto waited = co_await changed.wait_past(seen, cancel);
    if (!waited.has_value()) co_return std::move(waited).error();
  }
}

Connectivity ChannelState::connectivity() {
  const std::lock_guard lock(mutex);
  if (closed) return Connectivity::Shutdown;
  bool connecting = resolving, idle = subchannels.empty() && resolve_error.empty();
  for (const auto& each : subchannels) {
    if (each->state == Connectivity::Ready) return Connectivity::Ready;
    connecting |= each->state == Connectivity::Connecting;
    idle |= each->state == Connectivity::Idle;
  }
  if (connecting) return Connectivity::Connecting;
  return idle ? Connectivity::Idle : Connectivity::TransientFailure;
}

Task<void> ChannelState::live(std::shared_ptr<ChannelState> self,
                              std::shared_ptr<Subchannel> subchannel) {
  (void)self;
  const CancelToken token = subchannel->stop.token();
  auto connected = co_await establish(subchannel->address, token);
  if (connected.has_value()) {
    {
      const std::lock_guard lock(mutex);
      subchannel->state = Connectivity::Ready;
      subchannel->connection = *connected;
      subchannel->failures = 0;
    }
    changed.raise();
    co_await watch(subchannel, *connected);
    const auto goaway = (*connected)->goaway();
    if (stop.cancelled()) co_await (*connected)->close(Duration::zero());
    const std::lock_guard lock(mutex);
    heed(goaway);
    look_again();
  } else {
    Duration wait;
    {
      const std::lock_guard lock(mutex);
      subchannel->state = Connectivity::TransientFailure;
      subchannel->error = connected.error().to_string();
      wait = pause(++subchannel->failures);
      look_again();
    }
    changed.raise();
    auto slept = co_await future::sleep(wait, token);
    (void)slept;
  }
  std::shared_ptr<http2::ClientConnection> gone;  // let go of outside the mutex
  {
    const std::lock_guard lock(mutex);
    gone.swap(subchannel->connection);
    subchannel->state = Connectivity::Idle;
    --tasks;
  }
  gone.reset();
  connected = Error(Errc::Closed, "over");
  changed.raise();
}

Task<Result<std::shared_ptr<http2::ClientConnection>>> ChannelState::establish(
    tcp::SocketAddress address, CancelToken cancel) {
  future::Deadline deadline(options.connect_timeout, cancel);
  std::unique_ptr<async::Transport> transport;
  if (options.connector != nullptr) {
    auto made = co_await options.connector->connect(executor, address, deadline.token());
    if (!made.has_value()) co_return deadline.translate(std::move(made).error(), "connect");
    transport = std::move(*made);
  } else {
    tcp::ConnectOptions connect_options;
    connect_options.timeout = options.connect_timeout;
    auto made = co_await tcp::connect(executor, address, connect_options, deadline.token());
    if (!made.has_value()) co_return deadline.translate(std::move(made).error(), "connect");
    transport = std::make_unique<tcp::Stream>(std::move(*made));
  }
  if (options.security != nullptr) {
    std::vector<std::string> protocols(1, "h2");
    auto secured = co_await options.security->connect_for(
        std::move(protocols), std::move(transport), host_of(authority), deadline.token());
    if (!secured.has_value()) co_return deadline.translate(std::move(secured).error(), "TLS");
    transport = std::move(*secured);
    const std::string_view chosen = transport->application_protocol();
    if (!chosen.empty() && chosen != "h2")
      co_return Error(Errc::Unsupported, "the server speaks " + std::string(chosen) + ", not h2");
  }
  auto connection = std::make_shared<http2::ClientConnection>(executor, std::move(transport),
                                                              http2_options(options));
  auto ready = co_await connection->ready(deadline.token());
  if (!ready.has_value()) co_return deadline.translate(std::move(ready).error(), "SETTINGS");
  co_return connection;
}

/// keepalive.md: a server to whom we sent too many PINGs gets half of them, over every connection
/// of ours to come. Under the mutex.
void ChannelState::heed(const std::optional<http2::Goaway>& goaway) {
  const bool too_many = goaway.has_value() && goaway->code == http2::ErrorCode::EnhanceYourCalm &&
                        goaway->debug == "too_many_pings";
  if (too_many) keepalive_time = std::min(keepalive_time, days(365)) * 2;
}

Task<void> ChannelState::watch(std::shared_ptr<Subchannel> subchannel,
                               std::shared_ptr<http2::ClientConnection> connection) {
  const CancelToken token = subchannel->stop.token();
  Duration every;
  {
    const std::lock_guard lock(mutex);
    every = keepalive_time;
  }
  while (every > Duration::zero()) {
    future::Deadline until(every, token);
    auto ended = co_await connection->unusable(until.token());
    if (ended.has_value() || !until.expired()) co_return;
    {
      const std::lock_guard lock(mutex);
      if (subchannel->calls == 0 && !options.keepalive_without_calls) continue;
    }
    future::Deadline answer(options.keepalive_timeout, token);
    auto pong = co_await connection->ping(answer.token());
    if (pong.has_value()) continue;
    co_await connection->close(Duration::zero());  // its calls end with Code::Unavailable
    co_return;
  }
  auto ended = co_await connection->unusable(token);
  (void)ended;
}

Task<void> ChannelState::resolve(std::shared_ptr<ChannelState> self) {
  (void)self;
  const CancelToken token = stop.token();
  Result<std::vector<tcp::SocketAddress>> found = Error(Errc::NotFound, "no addresses");
  if (options.resolver != nullptr) {
    found = co_await options.resolver->resolve(executor, target, token);
  } else {
    found = co_await tcp::resolve(executor, target.host, target.port, token);
  }
  Duration wait = Duration::zero();
  {
    const std::lock_guard lock(mutex);
    resolved_at = executor.now();
    if (found.has_value() && !found->empty()) {
      resolve_failures = 0;
      resolve_error.clear();
      take_addresses(std::move(*found));
    } else {
      resolve_error = found.has_value() ? "no addresses" : found.error().to_string();
      wait = pause(++resolve_failures);
    }
  }
  changed.raise();
  if (wait > Duration::zero()) {
    auto slept = co_await future::sleep(wait, token);
    (void)slept;
  }
  {
    const std::lock_guard lock(mutex);
    resolve_error.clear();  // the next call tries again
    resolving = false;
    --tasks;
  }
  changed.raise();
}

}  // namespace avila::grpc::detail

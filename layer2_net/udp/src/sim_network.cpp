#include <algorithm>
#include <avila/atom/spin_lock.hpp>
#include <avila/error/assert.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/wait_queue.hpp>
#include <avila/udp/sim_network.hpp>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace avila::udp {
namespace {

using future::Scheduler;

struct Arrival {
  std::vector<std::byte> bytes;
  SocketAddress source;
  IpAddress destination;
  std::uint8_t ecn = 0;
};

/// What lies before one socket: by time of arrival, then by order of sending.
struct Inbox {
  future::WaitList readers;
  future::WaitQueue queue{readers};
  std::map<std::pair<std::int64_t, std::uint64_t>, Arrival> arrivals;
  std::optional<SocketAddress> peer;
  bool refused = false;  // the peer's host said that nobody listens
  bool closed = false;

  Instant first() const noexcept {
    return arrivals.empty() ? Instant::max() : Instant{arrivals.begin()->first.first};
  }
};

Error closed_error() { return Error(Errc::Closed, "the socket was closed on this side"); }

}  // namespace

struct SimNetwork::State {
  explicit State(const SimNetworkOptions& given) : options(given), random_state(given.seed) {}
  SimNetworkOptions options;
  std::mutex mutex;  // of all that follows; never held together with an inbox's queue by readers
  std::uint64_t random_state;
  std::uint64_t sent = 0;
  SimNetworkMetrics metrics;
  std::map<std::string, std::shared_ptr<Inbox>> sockets;  // by address
  std::set<std::pair<std::string, std::string>> blocked;

  std::uint64_t random() noexcept {  // SplitMix64 (Steele, Lea, Flood 2014)
    std::uint64_t z = (random_state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  bool happens(double probability) noexcept {
    return probability > 0 && static_cast<double>(random() >> 11) * 0x1p-53 < probability;
  }
  Duration delay() noexcept {
    const std::int64_t spread = options.delay_max.ns - options.delay_min.ns;
    if (spread <= 0) return options.delay_min;
    return options.delay_min +
           Duration{static_cast<std::int64_t>(random() % (static_cast<std::uint64_t>(spread) + 1))};
  }
  std::shared_ptr<Inbox> find(const SocketAddress& to) {
    auto found = sockets.find(to.to_string());
    if (found == sockets.end()) {  // one that listens on all addresses
      const SocketAddress any(to.ip().is_v4() ? IpAddress() : IpAddress::v6({}), to.port());
      found = sockets.find(any.to_string());
    }
    return found == sockets.end() ? nullptr : found->second;
  }
  void send(Inbox& from_inbox, const SocketAddress& from, const Outgoing& outgoing, Instant now);
};

void SimNetwork::State::send(Inbox& from_inbox, const SocketAddress& from, const Outgoing& outgoing,
                             Instant now) {
  const std::lock_guard lock(mutex);
  ++metrics.sent;
  if (outgoing.bytes.size() > options.datagram_bytes_max) {
    ++metrics.too_long;
    return;
  }
  if (happens(options.loss) ||
      blocked.contains({from.ip().to_string(), outgoing.to.ip().to_string()})) {
    ++metrics.lost;
    return;
  }
  const std::shared_ptr<Inbox> to = find(outgoing.to);
  if (to == nullptr) {
    ++metrics.unreachable;
    from_inbox.queue.update([&] { from_inbox.refused |= from_inbox.peer == outgoing.to; });
    return;
  }
  Arrival arrival{
      {outgoing.bytes.begin(), outgoing.bytes.end()}, from, outgoing.to.ip(), outgoing.ecn};
  if (arrival.ecn != 0 && happens(options.congestion)) arrival.ecn = 3;  // RFC 3168 §5: CE
  const bool twice = happens(options.duplication);
  if (twice) ++metrics.duplicated;
  for (int copy = twice ? 0 : 1; copy < 2; ++copy) {
    const Instant when = now + delay();
    const std::uint64_t number = this->sent++;
    to->queue.update([&] {
      if (to->peer.has_value() && *to->peer != from) return;  // connected to somebody else
      if (to->arrivals.size() >= options.queue_datagrams_max) {
        ++metrics.overflown;
        return;
      }
      to->arrivals.emplace(std::pair(when.ns, number), arrival);
      ++metrics.delivered;
    });
  }
}

namespace {

class SimSocket final : public DatagramTransport {
 public:
  SimSocket(SimNetwork::State& network, SocketAddress local, std::shared_ptr<Inbox> inbox) noexcept
      : network_(network), local_(std::move(local)), inbox_(std::move(inbox)) {}
  ~SimSocket() override { close(); }

  std::optional<Result<std::size_t>> try_receive_batch(std::span<Incoming> batch) override {
    if (batch.empty()) return Result<std::size_t>(std::size_t{0});
    std::optional<Result<std::size_t>> result;
    const Instant now = Scheduler::require().now();
    inbox_->queue.locked([&] { (void)take(batch, now, result); });
    return result;
  }

  Task<Result<std::size_t>> receive_batch(std::span<Incoming> batch, CancelToken cancel) override {
    if (cancel.cancelled()) co_return future::cancelled_error("receive");
    if (!future::spend_budget()) co_await future::yield();
    if (batch.empty()) co_return Result<std::size_t>(std::size_t{0});
    for (;;) {
      const Instant now = Scheduler::require().now();
      std::optional<Result<std::size_t>> result;
      Instant next = Instant::max();
      inbox_->queue.locked([&] {
        (void)take(batch, now, result);
        next = inbox_->first();
      });
      if (result.has_value()) co_return std::move(*result);
      // Until what comes first has come, or something comes before it.
      const auto sooner = [&] {
        return inbox_->closed || inbox_->refused || inbox_->first() < next;
      };
      if (next == Instant::max()) {
        const bool news = co_await inbox_->queue.wait(inbox_->readers, sooner, cancel);
        if (!news) co_return future::cancelled_error("receive");
        continue;
      }
      future::Deadline arrival(next - now, cancel);
      const CancelToken until = arrival.token();
      const bool news = co_await inbox_->queue.wait(inbox_->readers, sooner, until);
      if (!news && !arrival.expired()) co_return future::cancelled_error("receive");
    }
  }

  std::optional<Result<Datagram>> try_receive(MutableByteSpan buffer) override {
    Incoming incoming{buffer};
    auto now = try_receive_batch({&incoming, 1});
    if (!now.has_value()) return std::nullopt;
    if (!now->has_value()) return std::move(*now).error();
    return std::move(incoming.datagram);
  }

  Task<Result<Datagram>> receive(MutableByteSpan buffer, CancelToken cancel) override {
    Incoming incoming{buffer};
    const std::span<Incoming> batch(&incoming, 1);
    auto received = co_await receive_batch(batch, std::move(cancel));
    AVILA_CO_TRY_VOID(std::move(received));
    co_return std::move(incoming.datagram);
  }

  std::optional<Result<std::size_t>> try_send_batch(std::span<const Outgoing> batch) override {
    const bool closed = inbox_->queue.locked([&] { return inbox_->closed; });
    if (closed) return closed_error();
    const Instant now = Scheduler::require().now();
    std::size_t count = 0;
    for (const Outgoing& outgoing : batch) {
      if (outgoing.bytes.size() > kPayloadBytesMax) {
        if (count != 0) break;
        return Error(Errc::InvalidArgument, "more bytes than a datagram carries (65,507)");
      }
      Outgoing piece = outgoing;
      piece.segment_bytes = 0;
      ByteSpan rest = outgoing.bytes;
      do {
        const std::size_t segment =
            outgoing.segment_bytes == 0 ? rest.size() : outgoing.segment_bytes;
        piece.bytes = rest.first(std::min(segment, rest.size()));
        network_.send(*inbox_, local_, piece, now);
        rest = rest.subspan(piece.bytes.size());
      } while (!rest.empty());
      ++count;
    }
    return Result<std::size_t>(count);
  }

  Task<Result<void>> send_batch(std::span<const Outgoing> batch, CancelToken cancel) override {
    if (cancel.cancelled()) co_return future::cancelled_error("send");
    if (!future::spend_budget()) co_await future::yield();
    while (!batch.empty()) {
      auto now = try_send_batch(batch);  // a network like this is never full
      AVILA_CO_TRY(const std::size_t count, std::move(*now));
      batch = batch.subspan(count);
    }
    co_return Result<void>();
  }

  std::optional<Result<void>> try_send_to(ByteSpan bytes, const SocketAddress& to) override {
    const Outgoing outgoing{.bytes = bytes, .to = to};
    auto now = try_send_batch({&outgoing, 1});
    if (!now->has_value()) return std::move(*now).error();
    return Result<void>();
  }

  Task<Result<void>> send_to(ByteSpan bytes, SocketAddress to, CancelToken cancel) override {
    const Outgoing outgoing{.bytes = bytes, .to = std::move(to)};
    const std::span<const Outgoing> batch(&outgoing, 1);
    co_return co_await send_batch(batch, std::move(cancel));
  }

  Result<void> connect(const SocketAddress& peer) override {
    inbox_->queue.update([&] {
      inbox_->peer = peer;
      std::erase_if(inbox_->arrivals, [&](const auto& one) { return one.second.source != peer; });
    });
    return {};
  }
  Result<SocketAddress> local_address() const override { return local_; }

  void close() noexcept override {
    {
      const std::lock_guard lock(network_.mutex);
      const auto found = network_.sockets.find(local_.to_string());
      if (found != network_.sockets.end() && found->second == inbox_) network_.sockets.erase(found);
    }
    inbox_->queue.update([&] { inbox_->closed = true; });
  }

 private:
  bool take(std::span<Incoming> batch, Instant now, std::optional<Result<std::size_t>>& result) {
    if (inbox_->closed) {
      result = closed_error();
      return true;
    }
    std::size_t count = 0;
    while (count < batch.size() && inbox_->first() <= now) {
      const Arrival& arrival = inbox_->arrivals.begin()->second;
      Incoming& incoming = batch[count++];
      incoming.datagram = {};
      incoming.datagram.size_bytes = std::min(incoming.buffer.size(), arrival.bytes.size());
      incoming.datagram.truncated = arrival.bytes.size() > incoming.buffer.size();
      std::copy_n(arrival.bytes.begin(), incoming.datagram.size_bytes, incoming.buffer.begin());
      incoming.datagram.source = arrival.source;
      incoming.datagram.destination = arrival.destination;
      incoming.datagram.ecn = arrival.ecn;
      inbox_->arrivals.erase(inbox_->arrivals.begin());
    }
    if (count > 0) {
      result = count;
    } else if (std::exchange(inbox_->refused, false)) {
      result = Error(Errc::ConnectionRefused, "nobody listens at the peer's address");
    }
    return result.has_value();
  }

  SimNetwork::State& network_;
  SocketAddress local_;
  std::shared_ptr<Inbox> inbox_;  // shared with the network, which delivers
};

}  // namespace

SimNetwork::SimNetwork(SimNetworkOptions options) : state_(new State(options)) {}

SimNetwork::~SimNetwork() {
  AVILA_ASSERT(state_->sockets.empty() && "a SimNetwork outlives its sockets");
  delete state_;
}

Result<std::unique_ptr<DatagramTransport>> SimNetwork::bind(const SocketAddress& local) {
  if (local.is_unix()) return Error(Errc::InvalidArgument, "a UDP socket binds an IP address");
  const std::lock_guard lock(state_->mutex);
  SocketAddress address = local;
  for (int i = 0; local.port() == 0 && i < 16'384; ++i) {
    address = local.with_port(static_cast<std::uint16_t>(49'152 + state_->random() % 16'384));
    if (!state_->sockets.contains(address.to_string())) break;
  }
  auto inbox = std::make_shared<Inbox>();
  if (!state_->sockets.emplace(address.to_string(), inbox).second)
    return Error(Errc::AddressInUse, "another socket has " + address.to_string());
  return std::unique_ptr<DatagramTransport>(
      std::make_unique<SimSocket>(*state_, std::move(address), std::move(inbox)));
}

void SimNetwork::set_blocked(const IpAddress& from, const IpAddress& to, bool blocked) {
  const std::lock_guard lock(state_->mutex);
  const std::pair link(from.to_string(), to.to_string());
  if (blocked) {
    state_->blocked.insert(link);
  } else {
    state_->blocked.erase(link);
  }
}

SimNetworkMetrics SimNetwork::metrics() const {
  const std::lock_guard lock(state_->mutex);
  return state_->metrics;
}

}  // namespace avila::udp

// UDP ASSOCIATE (RFC 1928 §7): a relay of datagrams, for as long as the client's connection lives.
#include <algorithm>
#include <avila/future/task_group.hpp>
#include <avila/udp/socket.hpp>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "alarm.hpp"
#include "counted.hpp"
#include "destination.hpp"
#include "recent_map.hpp"
#include "socks5_state.hpp"

namespace avila::proxy::detail {

namespace {

using tcp::IpAddress;
using tcp::SocketAddress;
using udp::DatagramTransport;

constexpr std::size_t kHeadBytesMax = 22;      // before what we pass to the client
constexpr Duration kNameKept = seconds(30);    // an address that was looked up
constexpr Duration kFailureKept = seconds(5);  // that there is none, or none that is allowed
constexpr int kErrorsMax = 100;                // of a socket, one after the other

struct HashAddress {
  std::size_t operator()(const SocketAddress& address) const noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, address.ip().bytes().data(), sizeof halves);
    std::uint64_t mixed = (halves[0] ^ address.port()) * 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 29) ^ halves[1]) * 0xBF58476D1CE4E5B9U;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32));
  }
};

SocketAddress unmapped(const SocketAddress& address) {
  return SocketAddress(address.ip().unmapped(), address.port(), address.scope_id());
}

/// The port that a client has announced to send from; 0: the first datagram tells. An address that
/// is not the client's as we see it was translated on the way, and the port with it.
std::uint16_t announced_port(const SocksRequest& request, const IpAddress& client) {
  const auto address = IpAddress::parse(request.host);
  const bool no_address = request.host == "0" || (address.has_value() && address->is_unspecified());
  const bool own = address.has_value() && address->unmapped() == client;
  return no_address || own ? request.port : std::uint16_t{0};
}

class Association {
 public:
  Association(SocksState state, udp::Network& network, const IpAddress& client, std::uint16_t port,
              std::unique_ptr<DatagramTransport> inner)
      : state_(std::move(state)),
        network_(network),
        client_(client, port),
        inner_(std::move(inner)),
        size_max_(std::clamp(state_->socks.datagram_bytes, kHeadBytesMax,
                             DatagramTransport::kPayloadBytesMax)),
        alarm_(std::clamp(state_->socks.association_idle / 4, milliseconds(5), seconds(1))),
        destinations_(state_->socks.destinations),
        names_(state_->socks.destinations) {}

  Task<void> run(async::Transport& control) {
    alarm_.set(Alarm::kRead, state_->socks.association_idle);
    const auto follow = state_->stop.token().on_cancel(CancelAlarm{&alarm_});
    group_.spawn(watch(control));
    group_.spawn(from_client());
    auto joined = co_await group_.join();
    (void)joined;  // a relay that breaks is a relay that ends
  }

 private:
  struct Named {
    std::optional<SocketAddress> address;  // nothing: datagrams are dropped
    Instant until;
  };
  using Waiting = std::vector<std::vector<std::byte>>;  // datagrams of one name

  /// What the client says on its connection has no meaning; its end has.
  Task<void> watch(async::Transport& control) {
    const CancelToken token = alarm_.token();
    std::byte buffer[512];
    const MutableByteSpan space(buffer);
    while (true) {
      auto got = co_await control.read(space, token);
      if (!got.has_value() || *got == 0) break;
    }
    alarm_.cancel();
  }

  Task<void> from_client() {
    const CancelToken token = alarm_.token();
    const std::unique_ptr<std::byte[]> buffer(new std::byte[size_max_]);
    const MutableByteSpan space(buffer.get(), size_max_);
    int errors = 0;
    while (errors < kErrorsMax) {
      auto got = co_await inner_->receive(space, token);
      if (!got.has_value()) {
        if (got.error().is(Errc::Cancelled) || got.error().is(Errc::Closed)) break;
        ++errors;  // the network's word on one datagram
        continue;
      }
      errors = 0;
      const bool passed = !got->truncated && take(space.first(got->size_bytes), got->source);
      if (!passed) state_->dropped.fetch_add(1, std::memory_order_relaxed);
    }
    alarm_.cancel();
  }

  /// False: the datagram is dropped.
  bool take(ByteSpan bytes, const SocketAddress& sender) {
    const SocketAddress source = unmapped(sender);
    const bool from_client =
        source.ip() == client_.ip() && (client_.port() == 0 || source.port() == client_.port());
    if (!from_client) return false;
    const auto parsed = parse_socks_datagram(bytes);
    if (!parsed.has_value() || parsed->fragment != 0 || parsed->port == 0) return false;
    const std::lock_guard lock(mutex_);
    client_ = source;
    std::optional<IpAddress> address = parsed->address;
    if (!address.has_value()) {
      auto literal = IpAddress::parse(parsed->name);
      if (!literal.has_value()) return send_by_name(*parsed);
      address = *literal;
    }
    const SocketAddress to(address->unmapped(), parsed->port);
    if (destinations_.use(to) == nullptr) {
      const DestinationPolicy& policy = state_->options.destinations;
      const bool allowed =
          is_one_host(to.ip()) && is_address_allowed(policy, policy.ports, to.ip(), to.port());
      if (!allowed) {
        state_->refused.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
    }
    return send(to, parsed->data);
  }

  /// To where it may go. A full buffer loses datagrams, as any hop on the way may. Locked.
  bool send(const SocketAddress& to, ByteSpan data) {
    DatagramTransport* const outer = outer_socket(to.ip().is_v6());
    if (outer == nullptr) return false;
    auto sent = outer->try_send_to(data, to);
    if (!sent.has_value() || !sent->has_value()) return false;
    destinations_.put(SocketAddress(to.ip(), to.port()), true);
    was_passed();
    return true;
  }

  /// Made when it is first needed. Null where the system has none of this family. Locked.
  DatagramTransport* outer_socket(bool v6) {
    std::unique_ptr<DatagramTransport>& outer = outer_[v6 ? 1 : 0];
    if (outer == nullptr) {
      const IpAddress any = v6 ? IpAddress::v6({}) : IpAddress();
      auto bound = network_.bind(SocketAddress(any, 0));
      if (!bound.has_value()) return nullptr;
      outer = std::move(*bound);
      group_.spawn(to_client(*outer));
    }
    return outer.get();
  }

  void was_passed() noexcept {
    alarm_.set(Alarm::kRead, state_->socks.association_idle);
    state_->datagrams.fetch_add(1, std::memory_order_relaxed);
  }

  /// Now, where the name is known, or once it has been looked up. Locked.
  bool send_by_name(const SocksDatagram& datagram) {
    std::string key(datagram.name);
    key.append(":").append(std::to_string(datagram.port));
    Named* const known = names_.use(key);
    if (known != nullptr && state_->executor.coarse_now() < known->until)
      return known->address.has_value() && send(*known->address, datagram.data);
    // The least a datagram takes is counted too, so that empty ones do not cost nothing.
    const std::size_t size = datagram.data.size() + sizeof(Waiting::value_type);
    if (waiting_bytes_ + size > state_->socks.waiting_bytes) return false;
    auto found = waiting_.find(key);
    if (found == waiting_.end()) {
      if (waiting_.size() >= state_->socks.lookups) return false;
      found = waiting_.emplace(key, Waiting()).first;
      group_.spawn(look_up(std::move(key), std::string(datagram.name), datagram.port));
    }
    found->second.emplace_back(datagram.data.begin(), datagram.data.end());
    waiting_bytes_ += size;
    return true;
  }

  Task<void> look_up(std::string key, std::string name, std::uint16_t port) {
    const ForwardOptions& options = state_->options;
    const future::Deadline deadline(options.connect, alarm_.token());
    auto found = co_await resolve_by_policy(state_->executor, std::move(name), port,
                                            options.destinations.ports, options, deadline.token());
    if (!found.has_value()) {
      const bool refused = found.error().is(Errc::PermissionDenied);
      (refused ? state_->refused : state_->failed).fetch_add(1, std::memory_order_relaxed);
    }
    const std::lock_guard lock(mutex_);
    const auto node = waiting_.extract(key);
    const Waiting& datagrams = node.mapped();
    std::size_t passed = 0;
    Named named;
    if (found.has_value()) {
      for (const SocketAddress& each : *found) {
        const SocketAddress to = unmapped(each);
        // The first that the system has a way to.
        if (!is_one_host(to.ip()) || !send(to, datagrams.front())) continue;
        named.address = to;
        for (passed = 1; passed < datagrams.size(); ++passed)
          if (!send(to, datagrams[passed])) break;
        break;
      }
    }
    state_->dropped.fetch_add(datagrams.size() - passed, std::memory_order_relaxed);
    for (const auto& each : datagrams) waiting_bytes_ -= each.size() + sizeof each;
    named.until =
        state_->executor.coarse_now() + (named.address.has_value() ? kNameKept : kFailureKept);
    names_.put(key, named);
  }

  Task<void> to_client(DatagramTransport& outer) {
    const CancelToken token = alarm_.token();
    const std::unique_ptr<std::byte[]> buffer(new std::byte[kHeadBytesMax + size_max_]);
    const MutableByteSpan space(buffer.get() + kHeadBytesMax, size_max_);
    int errors = 0;
    while (errors < kErrorsMax) {
      auto got = co_await outer.receive(space, token);
      if (!got.has_value()) {
        if (got.error().is(Errc::Cancelled) || got.error().is(Errc::Closed)) break;
        ++errors;
        continue;
      }
      errors = 0;
      const bool passed = !got->truncated && give(buffer.get(), got->size_bytes, got->source);
      if (!passed) state_->dropped.fetch_add(1, std::memory_order_relaxed);
    }
    alarm_.cancel();
  }

  /// Only of those to whom the client has sent. The data lies behind room for the head.
  bool give(std::byte* buffer, std::size_t size, const SocketAddress& sender) {
    const SocketAddress source = unmapped(sender);
    const std::string head = socks_datagram_head(source);
    if (head.size() + size > size_max_) return false;
    std::byte* const begin = buffer + kHeadBytesMax - head.size();
    std::memcpy(begin, head.data(), head.size());
    const std::lock_guard lock(mutex_);
    if (destinations_.use(SocketAddress(source.ip(), source.port())) == nullptr) return false;
    auto sent = inner_->try_send_to(ByteSpan(begin, head.size() + size), client_);
    if (!sent.has_value() || !sent->has_value()) return false;
    was_passed();
    return true;
  }

  const SocksState state_;
  udp::Network& network_;
  std::mutex mutex_;  // of all that several tasks use; sending does not wait
  SocketAddress client_;
  const std::unique_ptr<DatagramTransport> inner_;  // towards the client
  std::unique_ptr<DatagramTransport> outer_[2];     // of IPv4, of IPv6
  const std::size_t size_max_;
  Alarm alarm_;
  RecentMap<SocketAddress, bool, HashAddress> destinations_;
  RecentMap<std::string, Named> names_;
  std::unordered_map<std::string, Waiting> waiting_;  // by name and port, one look-up each
  std::size_t waiting_bytes_ = 0;
  future::TaskGroup group_;
};

}  // namespace

Task<Result<void>> socks_associate(SocksState state, async::Transport& transport,
                                   std::optional<SocksEnds> ends, SocksRequest request) {
  const bool known = ends.has_value() && !ends->client.is_unix() && !ends->local.is_unix();
  if (!known || state->socks.associations == 0)
    co_return Error(Errc::Unsupported, "UDP ASSOCIATE is not offered here");
  const Counted place(state->associations);
  if (place.before() >= state->socks.associations)
    co_return Error(Errc::LimitExceeded, "too many associations are open");
  udp::SystemNetwork system(state->executor);
  udp::Network* network = state->socks.network;
  if (network == nullptr) network = &system;
  const SocketAddress local = unmapped(ends->local).with_port(0);
  auto bound = network->bind(local);
  AVILA_CO_TRY(auto inner, std::move(bound));
  AVILA_CO_TRY(const SocketAddress where, inner->local_address());
  const IpAddress client = ends->client.ip().unmapped();
  const std::uint16_t port = announced_port(request, client);
  Association association(state, *network, client, port, std::move(inner));
  std::string reply = socks_reply(SocksReply::Succeeded, where);
  auto said = co_await socks_say(state, transport, std::move(reply));
  if (said.has_value()) co_await association.run(transport);
  co_return Result<void>();
}

}  // namespace avila::proxy::detail

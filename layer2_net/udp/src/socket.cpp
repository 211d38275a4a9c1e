#include <algorithm>
#include <avila/future/scheduler.hpp>
#include <avila/tcp/native.hpp>
#include <avila/udp/socket.hpp>
#include <cerrno>

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#include "native.hpp"

namespace avila::udp {
namespace {

using Direction = async::IoSource::Direction;
namespace os = tcp::native;

Error closed_error() { return Error(Errc::Closed, "the socket was closed on this side"); }

Error too_long() {
  return Error(Errc::InvalidArgument, "more bytes than a datagram carries (65,507)");
}

bool needs_cutting(const Outgoing& outgoing) noexcept {
  return outgoing.segment_bytes != 0 && outgoing.segment_bytes < outgoing.bytes.size();
}

}  // namespace

Socket::~Socket() {
  if (fd_ < 0) return;
  executor_->release_io(source_);
  os::close_socket(fd_);
}

void Socket::swap(Socket& other) noexcept {
  std::swap(executor_, other.executor_);
  std::swap(source_, other.source_);
  std::swap(peer_, other.peer_);
  std::swap(fd_, other.fd_);
  std::swap(v6_, other.v6_);
  std::swap(segments_, other.segments_);
  std::swap(drained_, other.drained_);
  std::swap(filled_, other.filled_);
  const bool mine = closed_.load(std::memory_order_relaxed);
  closed_.store(other.closed_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  other.closed_.store(mine, std::memory_order_relaxed);
  const bool choosy = strangers_.load(std::memory_order_relaxed);
  strangers_.store(other.strangers_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  other.strangers_.store(choosy, std::memory_order_relaxed);
}

Result<Socket> Socket::bind(async::Executor& executor, const SocketAddress& local,
                            SocketOptions options) {
  if (local.is_unix())
    return Error(Errc::InvalidArgument,
                 "a UDP socket binds an IP address, not " + local.to_string());
  AVILA_TRY(os::Descriptor fd, os::open_socket(local, os::Kind::Datagram));
  if (options.reuse_address)
    AVILA_TRY_VOID(os::set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"));
#if defined(SO_REUSEPORT) && !defined(_WIN32)
  if (options.reuse_port)
    AVILA_TRY_VOID(os::set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"));
#else
  if (options.reuse_port)
    return Error(Errc::Unsupported, "SO_REUSEPORT does not exist on this system");
#endif
  if (local.ip().is_v6())
    AVILA_TRY_VOID(os::set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0,
                                  "IPV6_V6ONLY"));
  if (os::bind(fd.get(), local) != 0)
    return os::to_error(os::last_error(), "bind").context("UDP socket at " + local.to_string());
  return adopt(executor, fd.release(), options);
}

Result<Socket> Socket::adopt(async::Executor& executor, int descriptor, SocketOptions options) {
  os::Descriptor fd(descriptor);
  AVILA_TRY_VOID(os::set_non_blocking(descriptor));
  AVILA_TRY(const SocketAddress local, os::local_address(descriptor));
  AVILA_TRY_VOID(native::apply(descriptor, local.ip().is_v6(), options));
  AVILA_TRY(async::IoSource* const source, executor.register_io(descriptor));
  Socket socket;
  socket.executor_ = &executor;
  socket.source_ = source;
  socket.v6_ = local.ip().is_v6();
  socket.segments_ = native::cuts();
  socket.fd_ = fd.release();
  return socket;
}

bool Socket::must_wait(Direction direction, bool full) noexcept {
  // Taken before the call: an edge that comes during or after it is kept for the next wait.
  const bool edge = source_->take_edge(direction);
  return full && !edge;
}

std::optional<Result<std::size_t>> Socket::try_receive_batch(std::span<Incoming> batch) {
  if (closed_.load(std::memory_order_acquire) || fd_ < 0) return closed_error();
  if (batch.empty()) return Result<std::size_t>(std::size_t{0});
  const bool waits = must_wait(Direction::Read, drained_);
  if (closed_.load(std::memory_order_acquire)) return closed_error();  // that edge was close()'s
  if (waits) return std::nullopt;
  drained_ = false;
  const bool choosy = strangers_.load(std::memory_order_acquire);
  const int count = choosy              ? receive_of_peer(batch.front())
                    : batch.size() == 1 ? (native::receive(fd_, batch.front()) ? 1 : -1)
                                        : native::receive_batch(fd_, batch);
  if (count > 0) return Result<std::size_t>(static_cast<std::size_t>(count));
  const int number = os::last_error();
  if (!os::would_block(number)) return os::to_error(number, "receiving a datagram");
  strangers_.store(false, std::memory_order_relaxed);
  drained_ = true;
  return std::nullopt;
}

// After connect() the kernel lets nobody else in, but the queue still holds what came before.
int Socket::receive_of_peer(Incoming& incoming) {
  const auto peer = os::peer_address(fd_);
  for (;;) {
    if (!native::receive(fd_, incoming)) return -1;
    const SocketAddress& source = incoming.datagram.source;
    if (!peer.has_value() ||
        (source.port() == peer->port() && source.ip().unmapped() == peer->ip().unmapped()))
      return 1;
  }
}

std::optional<Result<Datagram>> Socket::try_receive(MutableByteSpan buffer) {
  Incoming incoming{buffer};
  auto now = try_receive_batch({&incoming, 1});
  if (!now.has_value()) return std::nullopt;
  if (!now->has_value()) return std::move(*now).error();
  return std::move(incoming.datagram);
}

// An entry that is to be cut: by the kernel, else here. A full buffer half-way then loses the rest
// of the entry, as any network may.
bool Socket::send_cut(const Outgoing& outgoing) {
  const bool to_peer = peer_ == outgoing.to;
  if (segments_) {
    if (native::send(fd_, outgoing, to_peer)) return true;
    const int number = os::last_error();
    if (!native::cannot_cut(number)) return false;
    segments_ = number == EMSGSIZE;  // that is said of this path alone
  }
  Outgoing piece = outgoing;
  piece.segment_bytes = 0;
  for (ByteSpan rest = outgoing.bytes; !rest.empty(); rest = rest.subspan(piece.bytes.size())) {
    piece.bytes = rest.first(std::min(outgoing.segment_bytes, rest.size()));
    if (!native::send(fd_, piece, to_peer)) return rest.size() < outgoing.bytes.size();
  }
  return true;
}

std::optional<Result<std::size_t>> Socket::try_send_batch(std::span<const Outgoing> batch) {
  if (closed_.load(std::memory_order_acquire) || fd_ < 0) return closed_error();
  if (batch.empty()) return Result<std::size_t>(std::size_t{0});
  const Outgoing& first = batch.front();
  if (first.bytes.size() > kPayloadBytesMax) return too_long();
  const bool cut = needs_cutting(first);
  if (cut && (first.bytes.size() - 1) / first.segment_bytes >= Outgoing::kSegmentsMax)
    return Error(Errc::InvalidArgument, "more than 64 segments in one entry of a batch");
  const bool waits = must_wait(Direction::Write, filled_);
  if (closed_.load(std::memory_order_acquire)) return closed_error();
  if (waits) return std::nullopt;
  filled_ = false;
  std::size_t together = 0;  // those at the front that need no cutting go in one call
  while (together < batch.size() && !needs_cutting(batch[together]) &&
         batch[together].bytes.size() <= kPayloadBytesMax)
    ++together;
  int count = 0;
  if (together > 1) {
    count = native::send_batch(fd_, batch.first(together), peer_.has_value() ? &*peer_ : nullptr);
  } else {
    const bool sent = cut ? send_cut(first) : native::send(fd_, first, peer_ == first.to);
    count = sent ? 1 : -1;
  }
  if (count > 0) return Result<std::size_t>(static_cast<std::size_t>(count));
  const int number = os::last_error();
  if (!os::would_block(number))
    return os::to_error(number, "sending a datagram").context("to " + first.to.to_string());
  filled_ = true;
  return std::nullopt;
}

std::optional<Result<void>> Socket::try_send_to(ByteSpan bytes, const SocketAddress& to) {
  const Outgoing outgoing{.bytes = bytes, .to = to};
  auto now = try_send_batch({&outgoing, 1});
  if (!now.has_value()) return std::nullopt;
  if (!now->has_value()) return std::move(*now).error();
  return Result<void>();
}

Task<Result<std::size_t>> Socket::receive_batch(std::span<Incoming> batch, CancelToken cancel) {
  if (cancel.cancelled()) co_return future::cancelled_error("receive");
  if (!future::spend_budget()) co_await future::yield();
  for (;;) {
    if (auto now = try_receive_batch(batch); now.has_value()) co_return std::move(*now);
    const bool ready = co_await source_->ready(Direction::Read, cancel);
    if (!ready) co_return future::cancelled_error("receive");
    drained_ = false;
  }
}

Task<Result<Datagram>> Socket::receive(MutableByteSpan buffer, CancelToken cancel) {
  Incoming incoming{buffer};
  const std::span<Incoming> batch(&incoming, 1);
  auto received = co_await receive_batch(batch, std::move(cancel));
  AVILA_CO_TRY_VOID(std::move(received));
  co_return std::move(incoming.datagram);
}

Task<Result<void>> Socket::send_batch(std::span<const Outgoing> batch, CancelToken cancel) {
  if (cancel.cancelled()) co_return future::cancelled_error("send");
  if (!future::spend_budget()) co_await future::yield();
  while (!batch.empty()) {
    if (auto now = try_send_batch(batch); now.has_value()) {
      AVILA_CO_TRY(const std::size_t count, std::move(*now));
      batch = batch.subspan(count);
      continue;
    }
    const bool ready = co_await source_->ready(Direction::Write, cancel);
    if (!ready) co_return future::cancelled_error("send");
    filled_ = false;
  }
  co_return Result<void>();
}

Task<Result<void>> Socket::send_to(ByteSpan bytes, SocketAddress to, CancelToken cancel) {
  const Outgoing outgoing{.bytes = bytes, .to = std::move(to)};
  const std::span<const Outgoing> batch(&outgoing, 1);
  co_return co_await send_batch(batch, std::move(cancel));
}

Result<void> Socket::connect(const SocketAddress& peer) {
  if (fd_ < 0) return closed_error();
  if (peer.is_unix()) return Error(Errc::InvalidArgument, "a UDP socket has IP peers");
  if (os::connect(fd_, peer) != 0)
    return os::to_error(os::last_error(), "connect").context("to " + peer.to_string());
  native::connected(fd_);
  peer_ = peer;
  strangers_.store(true, std::memory_order_release);
  return {};
}

Result<SocketAddress> Socket::local_address() const { return os::local_address(fd_); }
Result<SocketAddress> Socket::peer_address() const { return os::peer_address(fd_); }

void Socket::close() noexcept {
  if (fd_ < 0 || closed_.exchange(true, std::memory_order_acq_rel)) return;
  // The descriptor stays until the destructor: another task may be in a system call with it.
  source_->on_event(true, true, true);  // those who wait see `closed_`
}

std::optional<DeliveryError> Socket::take_error() { return native::take_error(fd_); }

Result<void> Socket::join(const Group& group) { return native::join_or_leave(fd_, group, true); }
Result<void> Socket::leave(const Group& group) { return native::join_or_leave(fd_, group, false); }

// IPv4 goes through an IPv6 socket, too, with options of its own; those of one family alone may
// refuse them.
Result<void> Socket::set_both(int name_v4, int name_v6, int value, const char* what) {
  auto set_v4 = os::set_option(fd_, IPPROTO_IP, name_v4, value, what);
  return v6_ ? os::set_option(fd_, IPPROTO_IPV6, name_v6, value, what) : std::move(set_v4);
}

Result<void> Socket::set_multicast_loop(bool on) {
  return set_both(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on ? 1 : 0, "MULTICAST_LOOP");
}

Result<void> Socket::set_multicast_ttl(int hops) {
  return set_both(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops, "MULTICAST_TTL");
}

Result<void> Socket::set_multicast_interface(std::uint32_t interface_index) {
  if (v6_) (void)native::set_multicast_interface(fd_, false, interface_index);
  return native::set_multicast_interface(fd_, v6_, interface_index);
}

Result<void> Socket::set_ttl(int hops) { return set_both(IP_TTL, IPV6_UNICAST_HOPS, hops, "TTL"); }

Result<void> Socket::set_broadcast(bool on) {
  return os::set_option(fd_, SOL_SOCKET, SO_BROADCAST, on ? 1 : 0, "SO_BROADCAST");
}

Result<std::size_t> Socket::path_mtu() const {
#if defined(IP_MTU) && defined(IPV6_MTU)
  AVILA_TRY(const int mtu, v6_ ? os::get_option(fd_, IPPROTO_IPV6, IPV6_MTU, "IPV6_MTU")
                               : os::get_option(fd_, IPPROTO_IP, IP_MTU, "IP_MTU"));
  return static_cast<std::size_t>(mtu);
#else
  return Error(Errc::Unsupported, "the system does not tell the MTU of a path");
#endif
}

Result<std::unique_ptr<DatagramTransport>> SystemNetwork::bind(const SocketAddress& local) {
  AVILA_TRY(Socket socket, Socket::bind(executor_, local, options_));
  return std::unique_ptr<DatagramTransport>(std::make_unique<Socket>(std::move(socket)));
}

}  // namespace avila::udp

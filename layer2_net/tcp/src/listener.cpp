#include <avila/future/sleep.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tcp/native.hpp>

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace avila::tcp {
namespace {

using Direction = async::IoSource::Direction;

constexpr Duration kPause = milliseconds(50);
// Whoever forbids accept() as such (a security module) leaves the connection in the queue: without
// a bound that would be a loop for ever.
constexpr int kFailuresInARowMax = 64;

bool is_path(const SocketAddress& address) noexcept {
  return address.is_unix() && !address.path().empty() && !address.path().starts_with('@');
}

#if !defined(_WIN32)
// A socket file without a listener refuses connections: left over by a process that died.
void unlink_if_stale(const SocketAddress& address) noexcept {
  struct stat info{};
  if (::lstat(address.path().c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  const auto probe = native::open_socket(address);
  if (probe.has_value() && native::connect(probe->get(), address) != 0 && errno == ECONNREFUSED)
    (void)::unlink(address.path().c_str());
}
#endif

void remove_path([[maybe_unused]] const SocketAddress& address) noexcept {
#if !defined(_WIN32)
  (void)::unlink(address.path().c_str());
#endif
}

}  // namespace

Listener::~Listener() {
  if (fd_ < 0) return;
  executor_->release_io(source_);
  if (unlink_path_) remove_path(address_);
  native::close_socket(fd_);
}

void Listener::swap(Listener& other) noexcept {
  std::swap(executor_, other.executor_);
  std::swap(source_, other.source_);
  std::swap(address_, other.address_);
  std::swap(options_, other.options_);
  std::swap(fd_, other.fd_);
  std::swap(drained_, other.drained_);
  std::swap(unlink_path_, other.unlink_path_);
  exhausted_.store(other.exhausted_.exchange(exhausted_.load()));
  const bool mine = closed_.load(std::memory_order_relaxed);
  closed_.store(other.closed_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  other.closed_.store(mine, std::memory_order_relaxed);
}

Result<Listener> Listener::bind(async::Executor& executor, const SocketAddress& address,
                                ListenOptions options) {
  const auto where = [&address](Error error) {
    return std::move(error).context("listen on " + address.to_string());
  };
  auto opened = native::open_socket(address);
  if (!opened.has_value()) return where(std::move(opened).error());
  native::Descriptor fd = std::move(*opened);
  if (!address.is_unix()) {
#if defined(_WIN32)
    // SO_REUSEADDR would let others take the port over; TIME_WAIT does not hinder bind() there.
    AVILA_TRY_VOID(
        native::set_option(fd.get(), SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1, "SO_EXCLUSIVEADDRUSE"));
    if (options.reuse_port) return where(Error(Errc::Unsupported, "Windows has no SO_REUSEPORT"));
#else
    if (options.reuse_address)
      AVILA_TRY_VOID(native::set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"));
    if (options.reuse_port)
      AVILA_TRY_VOID(native::set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"));
#endif
    if (address.ip().is_v6())
      AVILA_TRY_VOID(native::set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY,
                                        options.v6_only ? 1 : 0, "IPV6_V6ONLY"));
  }
#if !defined(_WIN32)
  if (is_path(address) && options.unlink_stale) unlink_if_stale(address);
#endif
  if (native::bind(fd.get(), address) != 0) {
    Error error = native::to_error(native::last_error(), "bind");
    if (error.is(Errc::AddressInUse))
      error = std::move(error).with_hint(
          "another program listens there: stop it or choose "
          "another port");
    return where(std::move(error));
  }
#if !defined(_WIN32)
  // Before listen(): nobody can connect with looser permissions than these.
  if (is_path(address) && ::chmod(address.path().c_str(), options.unix_mode) != 0)
    return where(Error::from_errno(errno, "chmod"));
#endif
  if (native::listen(fd.get(), options.backlog) != 0)
    return where(native::to_error(native::last_error(), "listen"));
  auto listener = adopt(executor, fd.release(), options);
  if (listener.has_value()) listener->unlink_path_ = is_path(address);
  return listener;
}

Result<Listener> Listener::adopt(async::Executor& executor, int descriptor, ListenOptions options) {
  native::Descriptor fd(descriptor);
  AVILA_TRY(const SocketAddress local, native::local_address(descriptor));
  // Inherited by accepted sockets: one call here instead of one a connection.
  if (options.no_delay && !local.is_unix())
    AVILA_TRY_VOID(native::set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"));
  AVILA_TRY(async::IoSource* const source, executor.register_io(descriptor));
  Listener listener;
  listener.executor_ = &executor;
  listener.source_ = source;
  listener.address_ = local;
  listener.options_ = options;
  listener.fd_ = fd.release();
  return listener;
}

std::optional<Result<Stream>> Listener::try_accept() {
  if (closed_.load(std::memory_order_relaxed) || fd_ < 0)
    return Error(Errc::Closed, "the listener was closed");
  const bool edge = source_->take_edge(Direction::Read);
  if (drained_ && !edge) return std::nullopt;
  drained_ = false;
  for (int failures = 1;; ++failures) {
    const int accepted = native::accept(fd_);
    if (accepted >= 0) return Stream::adopt(*executor_, accepted);
    const int number = native::last_error();
    if (native::would_block(number)) {
      drained_ = true;
      return std::nullopt;
    }
    if (!native::is_of_the_connection(number) || failures == kFailuresInARowMax)
      return native::to_error(number, "accept");
  }
}

Task<Result<Stream>> Listener::accept(CancelToken cancel) {
  for (;;) {
    if (cancel.cancelled()) co_return future::cancelled_error("accept");
    if (!future::spend_budget()) co_await future::yield();
    if (auto now = try_accept(); now.has_value()) {
      const int number = now->has_value() ? 0 : now->error().system_code();
      const bool exhausted = native::is_exhaustion(number);
      if (!exhausted && !native::is_of_the_connection(number)) co_return std::move(*now);
      // The connection stays in the backlog, and no new edge will tell of it: try again.
      if (exhausted) exhausted_.fetch_add(1, std::memory_order_relaxed);
      auto slept = co_await future::sleep(kPause, cancel);
      if (!slept.has_value()) co_return future::cancelled_error("accept");
      continue;
    }
    const bool ready = co_await source_->ready(Direction::Read, cancel);
    if (!ready) co_return future::cancelled_error("accept");
    drained_ = false;
  }
}

void Listener::close() noexcept {
  if (fd_ < 0 || closed_.exchange(true, std::memory_order_acq_rel)) return;
  (void)native::shutdown(fd_, native::Shutdown::Both);  // Linux: stops listening
  source_->on_event(true, true, true);
}

}  // namespace avila::tcp

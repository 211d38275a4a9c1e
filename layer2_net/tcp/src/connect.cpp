#include <algorithm>
#include <avila/future/sleep.hpp>
#include <avila/future/wait_queue.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/native.hpp>
#include <cstring>
#include <memory>

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#endif

namespace avila::tcp {
namespace {

using async::Executor;
using future::Deadline;
using Direction = async::IoSource::Direction;

/// Ends a registration with its scope: a coroutine may be destroyed while it waits.
class Registration {
 public:
  Registration(Executor& executor, async::IoSource* registered) noexcept
      : source(registered), executor_(executor) {}
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() { end(); }
  void end() noexcept {
    if (source != nullptr) executor_.release_io(std::exchange(source, nullptr));
  }
  async::IoSource* source;

 private:
  Executor& executor_;
};

Task<Result<Stream>> attempt(Executor* executor, SocketAddress address, bool no_delay,
                             CancelToken cancel) {
  auto opened = native::open_socket(address);
  AVILA_CO_TRY(native::Descriptor fd, std::move(opened));
  int status = 0;
  // A Unix socket whose backlog is full says EAGAIN, and there is nothing to wait for but time.
  for (;;) {
    if (native::connect(fd.get(), address) == 0) break;
    status = native::last_error();
    if (!address.is_unix() || !native::would_block(status)) break;
    auto slept = co_await future::sleep(milliseconds(5), cancel);
    AVILA_CO_TRY_VOID(std::move(slept));
    status = 0;
  }
  const bool goes_on = status != 0 && native::connect_goes_on(status);
  if (status != 0 && !goes_on) co_return native::to_error(status, "connect");
  if (goes_on) {
    // Registered after connect(): an idle socket would report a hang-up.
    auto registered = executor->register_io(fd.get());
    AVILA_CO_TRY(async::IoSource* const source, std::move(registered));
    Registration registration(*executor, source);
    do {
      const bool ready = co_await registration.source->ready(Direction::Write, cancel);
      if (!ready) co_return future::cancelled_error("connect");
      status = native::connect_status(fd.get());
    } while (status < 0);
    registration.end();
    if (status != 0) co_return native::to_error(status, "connect");
  }
  auto adopted = Stream::adopt(*executor, fd.release());
  AVILA_CO_TRY(Stream stream, std::move(adopted));
  if (no_delay) AVILA_CO_TRY_VOID(stream.set_no_delay(true));
  co_return stream;
}

/// What the attempts of one connect() share.
struct Race {
  future::WaitList waiting;
  future::WaitQueue queue{waiting};
  std::optional<Stream> winner;
  std::optional<Error> first_error;
  std::size_t started = 0;
  std::size_t ended = 0;
  bool latest_failed = false;  // the one that began last
  future::CancelSource stop;

  explicit Race(const CancelToken& cancel) : stop(cancel) {}
};

Task<void> run_attempt(Executor* executor, Race* race, std::size_t number, SocketAddress address,
                       bool no_delay) {
  const CancelToken cancel = race->stop.token();
  auto result = co_await attempt(executor, address, no_delay, cancel);
  if (!result.has_value()) result.error().context("connect to " + address.to_string());
  std::optional<Stream> too_late;
  race->queue.update([&] {
    if (!result.has_value()) {
      if (!race->first_error.has_value()) race->first_error = std::move(result).error();
      if (number == race->started) race->latest_failed = true;
    } else if (!race->winner.has_value()) {
      race->winner = std::move(*result);
    } else {
      too_late = std::move(*result);
    }
    ++race->ended;
  });
}

}  // namespace

Task<Result<Stream>> connect_any(Executor& executor, std::vector<SocketAddress> addresses,
                                 ConnectOptions options, CancelToken cancel) {
  if (addresses.empty()) co_return Error(Errc::InvalidArgument, "connect: no address was given");
  Deadline deadline(options.timeout, cancel);
  Race race(deadline.token());
  const CancelToken overall = deadline.token();
  for (std::size_t i = 0; i < addresses.size() && !overall.cancelled(); ++i) {
    race.queue.locked([&] {
      ++race.started;
      race.latest_failed = false;
    });
    executor.spawn(run_attempt(&executor, &race, i + 1, addresses[i], options.no_delay)).detach();
    if (i + 1 == addresses.size()) {
      const auto decided = [&] { return race.winner.has_value() || race.ended == race.started; };
      co_await race.queue.wait(race.waiting, decided, overall);
    } else {  // RFC 8305 §5: until one won, this one failed, or its time is over
      const auto decided = [&] { return race.winner.has_value() || race.latest_failed; };
      Deadline turn(options.attempt_delay, overall);
      const CancelToken turn_token = turn.token();
      co_await race.queue.wait(race.waiting, decided, turn_token);
    }
    if (race.queue.locked([&] { return race.winner.has_value(); })) break;
  }
  // The losers end before `race` does.
  race.stop.cancel();
  const CancelToken never;
  const auto all_ended = [&] { return race.ended == race.started; };
  co_await race.queue.wait(race.waiting, all_ended, never);
  if (race.winner.has_value()) co_return std::move(*race.winner);
  if (deadline.expired())
    co_return Error(Errc::TimedOut, "connect to " + addresses.front().to_string() +
                                        " took longer than " +
                                        std::to_string(options.timeout.milliseconds()) + " ms");
  if (overall.cancelled() || !race.first_error.has_value())
    co_return future::cancelled_error("connect");
  co_return std::move(*race.first_error);
}

Task<Result<Stream>> connect(Executor& executor, SocketAddress address, ConnectOptions options,
                             CancelToken cancel) {
  std::vector<SocketAddress> addresses;
  addresses.push_back(std::move(address));
  co_return co_await connect_any(executor, std::move(addresses), options, std::move(cancel));
}

namespace {

Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port) {
  native::start_sockets();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
#if defined(EAI_SYSTEM)
  if (status == EAI_SYSTEM) return Error::from_errno(errno, "looking up \"" + host + "\"");
#endif
  if (status != 0)
    return Error(status == EAI_NONAME ? Errc::NotFound : Errc::Unavailable,
                 "looking up \"" + host + "\": " + ::gai_strerror(status));
  // RFC 8305 §4: the system's order within a family, the families in turn, beginning with the
  // family the system put first.
  std::vector<SocketAddress> by_family[2];
  int first_family = -1;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
    native::NativeAddress found;
    found.length = static_cast<std::uint32_t>(at->ai_addrlen);
    std::memcpy(found.bytes, at->ai_addr, found.length);
    const int family = at->ai_family == AF_INET6 ? 1 : 0;
    if (first_family < 0) first_family = family;
    by_family[family].push_back(native::from_native(found).with_port(port));
  }
  ::freeaddrinfo(list);
  std::vector<SocketAddress> addresses;
  for (std::size_t i = 0; i < by_family[0].size() || i < by_family[1].size(); ++i)
    for (const int family : {first_family, 1 - first_family})
      if (i < by_family[family].size()) addresses.push_back(by_family[family][i]);
  if (addresses.empty()) return Error(Errc::NotFound, "\"" + host + "\" has no address");
  return addresses;
}

struct LookUp {
  std::string host;
  std::uint16_t port;
  Result<std::vector<SocketAddress>> operator()() const { return look_up(host, port); }
};

/// Shared by who asked and the task that waits for the system, which nobody can interrupt.
struct PendingLookUp {
  future::WaitList waiting;
  future::WaitQueue queue{waiting};
  std::optional<Result<std::vector<SocketAddress>>> result;
};

Task<void> run_look_up(Executor* executor, std::shared_ptr<PendingLookUp> pending, LookUp work) {
  auto found = co_await executor->spawn_blocking(std::move(work));
  pending->queue.update([&] { pending->result.emplace(std::move(found)); });
}

std::optional<SocketAddress> literal_address(std::string_view host, std::uint16_t port) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto ip = IpAddress::parse(host);
  if (!ip.has_value()) return std::nullopt;
  return SocketAddress(*ip, port);
}

}  // namespace

Task<Result<std::vector<SocketAddress>>> resolve(Executor& executor, std::string host,
                                                 std::uint16_t port, CancelToken cancel) {
  if (host.empty() || host.size() > 253)  // RFC 1035 §2.3.4
    co_return Error(Errc::InvalidArgument, "a host name has 1 to 253 characters");
  if (host.find('\0') != std::string::npos)  // getaddrinfo() would end the name there
    co_return Error(Errc::InvalidArgument, "a host name holds a zero byte");
  if (auto literal = literal_address(host, port)) {
    std::vector<SocketAddress> one;
    one.push_back(std::move(*literal));
    co_return one;
  }
  const auto pending = std::make_shared<PendingLookUp>();
  LookUp work{host, port};
  executor.spawn(run_look_up(&executor, pending, std::move(work))).detach();
  const auto ready = [&] { return pending->result.has_value(); };
  const bool done = co_await pending->queue.wait(pending->waiting, ready, cancel);
  if (!done) co_return future::cancelled_error("looking up \"" + host + "\"");
  co_return std::move(*pending->result);
}

Task<Result<Stream>> connect(Executor& executor, std::string host, std::uint16_t port,
                             ConnectOptions options, CancelToken cancel) {
  const Instant start = executor.now();
  std::vector<SocketAddress> addresses;
  if (auto literal = literal_address(host, port)) {
    addresses.push_back(std::move(*literal));
  } else {
    Deadline deadline(options.timeout, cancel);
    const CancelToken token = deadline.token();
    auto task = options.resolver != nullptr ? options.resolver->resolve(executor, host, port, token)
                                            : resolve(executor, host, port, token);
    auto resolved = co_await task;
    if (!resolved.has_value())
      co_return deadline.translate(std::move(resolved).error(), "looking up \"" + host + "\"");
    addresses = std::move(*resolved);
  }
  if (addresses.size() > options.addresses_max) addresses.resize(options.addresses_max);
  options.timeout = std::max(options.timeout - (executor.now() - start), Duration::zero());
  co_return co_await connect_any(executor, std::move(addresses), options, std::move(cancel));
}

}  // namespace avila::tcp

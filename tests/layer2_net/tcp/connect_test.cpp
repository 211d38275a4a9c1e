// Happy eyeballs (RFC 8305) on real sockets: addresses that answer, that refuse, and that stay
// silent, as a listener does whose backlog is full.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#if !defined(_WIN32)
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace avila::tcp {
namespace {

using async::CancelSource;
using async::Runtime;

#if !defined(_WIN32)
/// A port of 127.0.0.1 that neither accepts nor refuses: Linux drops what a full backlog cannot
/// take.
class Silent {
 public:
  Silent() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof any;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&any), length), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &length), 0);
    address = SocketAddress::loopback(ntohs(any.sin_port));
    for (int i = 0; i < 4; ++i) {  // a backlog of 0 holds one; the others wait
      fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(fillers_.back(), reinterpret_cast<sockaddr*>(&any), length);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  ~Silent() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
  }
  SocketAddress address;

 private:
  int listener_;
  std::vector<int> fillers_;
};

#endif

/// A port on which nobody listens.
SocketAddress refusing(Runtime& runtime) {
  auto bound = Listener::bind(runtime, SocketAddress::loopback(0));
  return bound->local_address();  // closed again on return
}

#if !defined(_WIN32)
std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

#endif

struct Timed {
  Result<Stream> stream;
  Duration took;
};
Task<Timed> timed(Runtime* runtime, std::vector<SocketAddress> addresses, ConnectOptions options,
                  CancelToken cancel) {
  const Instant start = runtime->now();
  auto stream = co_await connect_any(*runtime, std::move(addresses), options, cancel);
  const Duration took = runtime->now() - start;
  Timed result{std::move(stream), took};
  co_return result;
}

class HappyEyeballs : public ::testing::Test {
 protected:
  HappyEyeballs() : good_(*Listener::bind(runtime_, SocketAddress::loopback(0))) {}
  Timed run(std::vector<SocketAddress> addresses, ConnectOptions options = {},
            CancelToken cancel = {}) {
    return runtime_.block_on(timed(&runtime_, std::move(addresses), options, cancel));
  }
  Runtime runtime_{{.threads = 2}};
  Listener good_;
  // Long enough that nothing here is reached by a slow machine alone.
  static constexpr Duration kNever = seconds(60);
};

#if !defined(_WIN32)
TEST_F(HappyEyeballs, ASilentAddressCostsTheAttemptDelayOnly) {
  const Silent silent;
  const Timed result = run({silent.address, good_.local_address()},
                           {.timeout = kNever, .attempt_delay = milliseconds(60)});
  ASSERT_TRUE(result.stream.has_value()) << result.stream.error().to_string();
  EXPECT_EQ(*result.stream->peer_address(), good_.local_address());
  EXPECT_GE(result.took, milliseconds(60));
  EXPECT_LT(result.took, seconds(20));
}
#endif

TEST_F(HappyEyeballs, ARefusedAddressCostsNothing) {
  const SocketAddress dead = refusing(runtime_);
  const Timed result =
      run({dead, good_.local_address()}, {.timeout = kNever, .attempt_delay = seconds(30)});
  ASSERT_TRUE(result.stream.has_value()) << result.stream.error().to_string();
  EXPECT_LT(result.took, seconds(20));
}

#if !defined(_WIN32)
TEST_F(HappyEyeballs, AFailureStartsTheNextWhileAnEarlierOneHangs) {
  const Silent silent;
  const SocketAddress dead = refusing(runtime_);
  // Silent for 200 ms; then refusals, each of which hands over at once.
  std::vector<SocketAddress> addresses(15, dead);
  addresses.front() = silent.address;
  addresses.back() = good_.local_address();
  const Timed result = run(addresses, {.timeout = kNever, .attempt_delay = milliseconds(200)});
  ASSERT_TRUE(result.stream.has_value()) << result.stream.error().to_string();
  EXPECT_GE(result.took, milliseconds(200));
  EXPECT_LT(result.took, milliseconds(14 * 200)) << "each attempt waited for its delay";
}
#endif

#if !defined(_WIN32)
TEST_F(HappyEyeballs, TheTimeoutCoversAllAttempts) {
  const Silent silent;
  const Timed result = run({silent.address, silent.address, silent.address},
                           {.timeout = milliseconds(80), .attempt_delay = milliseconds(20)});
  ASSERT_FALSE(result.stream.has_value());
  EXPECT_TRUE(result.stream.error().is(Errc::TimedOut)) << result.stream.error().to_string();
  EXPECT_GE(result.took, milliseconds(80));
  EXPECT_LT(result.took, seconds(20));
}
#endif

TEST_F(HappyEyeballs, WhereAllFailTheFirstErrorIsTold) {
  const SocketAddress dead = refusing(runtime_);
  const Timed result = run({dead, SocketAddress(IpAddress::v4(127, 0, 0, 2), dead.port())});
  ASSERT_FALSE(result.stream.has_value());
  EXPECT_TRUE(result.stream.error().is(Errc::ConnectionRefused));
  EXPECT_NE(result.stream.error().to_string().find("127.0.0.1:"), std::string::npos);
  EXPECT_TRUE(run({}).stream.error().is(Errc::InvalidArgument));
}

#if !defined(_WIN32)
TEST_F(HappyEyeballs, CancellingEndsEveryAttemptAndClosesItsSocket) {
  const Silent silent;
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    CancelSource source;
    auto handle = runtime_.spawn(timed(&runtime_, {silent.address, silent.address, silent.address},
                                       {.timeout = kNever, .attempt_delay = milliseconds(1)},
                                       source.token()));
    std::this_thread::sleep_for(std::chrono::microseconds(300 * i));
    source.cancel();
    const Timed result = handle.wait();
    ASSERT_FALSE(result.stream.has_value());
    EXPECT_TRUE(result.stream.error().is(Errc::Cancelled)) << result.stream.error().to_string();
  }
  EXPECT_EQ(open_descriptors(), before);
}
#endif

#if !defined(_WIN32)
TEST_F(HappyEyeballs, LosersAreClosed) {
  const Silent silent;
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    const Timed result =
        run({silent.address, silent.address, good_.local_address(), good_.local_address()},
            {.timeout = kNever, .attempt_delay = milliseconds(1)});
    ASSERT_TRUE(result.stream.has_value());
  }
  EXPECT_EQ(open_descriptors(), before);
}
#endif

// --- names

class FakeResolver final : public Resolver {
 public:
  Task<Result<std::vector<SocketAddress>>> resolve(async::Executor&, std::string host,
                                                   std::uint16_t port,
                                                   CancelToken cancel) override {
    return answer(std::move(host), port, std::move(cancel));
  }
  std::vector<SocketAddress> addresses;
  Duration delay{};
  std::string asked;

 private:
  Task<Result<std::vector<SocketAddress>>> answer(std::string host, std::uint16_t port,
                                                  CancelToken cancel) {
    asked = host;
    if (delay > Duration::zero()) {
      auto slept = co_await future::sleep(delay, cancel);
      AVILA_CO_TRY_VOID(std::move(slept));
    }
    if (addresses.empty()) co_return Error(Errc::NotFound, "no such name: " + host);
    std::vector<SocketAddress> all;
    for (const SocketAddress& address : addresses)
      all.push_back(address.port() == 0 ? address.with_port(port) : address);
    co_return all;
  }
};

Task<Result<Stream>> connect_to(Runtime* runtime, std::string host, std::uint16_t port,
                                ConnectOptions options, CancelToken cancel) {
  auto stream = co_await connect(*runtime, host, port, options, cancel);
  co_return stream;
}

TEST_F(HappyEyeballs, ANameIsTriedAtAllItsAddresses) {
  FakeResolver resolver;
  const std::uint16_t port = good_.local_address().port();
  resolver.addresses = {SocketAddress(IpAddress::v4(127, 0, 0, 9), 0), SocketAddress::loopback(0)};
  ConnectOptions options{.timeout = kNever, .resolver = &resolver};
  auto stream = runtime_.block_on(connect_to(&runtime_, "two.example", port, options, {}));
  ASSERT_TRUE(stream.has_value()) << stream.error().to_string();
  EXPECT_EQ(resolver.asked, "two.example");
  EXPECT_EQ(*stream->peer_address(), good_.local_address());
  // Beyond addresses_max nothing is tried.
  options.addresses_max = 1;
  auto none = runtime_.block_on(connect_to(&runtime_, "two.example", port, options, {}));
  EXPECT_TRUE(none.error().is(Errc::ConnectionRefused));
  // A literal address needs no resolver.
  resolver.asked.clear();
  auto literal = runtime_.block_on(connect_to(&runtime_, "127.0.0.1", port, options, {}));
  EXPECT_TRUE(literal.has_value());
  EXPECT_EQ(resolver.asked, "");
}

TEST_F(HappyEyeballs, TheTimeoutCoversTheLookUp) {
  FakeResolver resolver;
  resolver.delay = hours(1);
  const ConnectOptions options{.timeout = milliseconds(30), .resolver = &resolver};
  auto stream = runtime_.block_on(connect_to(&runtime_, "slow.example", 1, options, {}));
  ASSERT_FALSE(stream.has_value());
  EXPECT_TRUE(stream.error().is(Errc::TimedOut)) << stream.error().to_string();
}

TEST_F(HappyEyeballs, AFailedOrCancelledLookUpIsTold) {
  FakeResolver resolver;
  const ConnectOptions options{.timeout = kNever, .resolver = &resolver};
  auto none = runtime_.block_on(connect_to(&runtime_, "none.example", 1, options, {}));
  EXPECT_TRUE(none.error().is(Errc::NotFound));
  resolver.delay = hours(1);
  CancelSource source;
  auto handle = runtime_.spawn(connect_to(&runtime_, "slow.example", 1, options, source.token()));
  source.cancel();
  EXPECT_TRUE(handle.wait().error().is(Errc::Cancelled));
}

Task<Result<std::vector<SocketAddress>>> look_up(Runtime* runtime, std::string host,
                                                 CancelToken cancel) {
  auto found = co_await resolve(*runtime, host, 80, cancel);
  co_return found;
}

TEST(Resolve, AsksTheSystemAndDoesNotWaitForItOnceCancelled) {
  Runtime runtime({.threads = 1});
  const auto local = runtime.block_on(look_up(&runtime, "localhost", {}));
  ASSERT_TRUE(local.has_value()) << local.error().to_string();
  for (const SocketAddress& address : *local) {
    EXPECT_TRUE(address.ip().is_loopback());
    EXPECT_EQ(address.port(), 80);
  }
  CancelSource source;
  source.cancel();
  EXPECT_TRUE(
      runtime.block_on(look_up(&runtime, "localhost", source.token())).error().is(Errc::Cancelled));
  EXPECT_EQ(runtime.block_on(look_up(&runtime, "[::1]", source.token()))->at(0).to_string(),
            "[::1]:80");
  // What the system would cut off must not turn one name into another.
  const auto cut = runtime.block_on(look_up(&runtime, std::string("localhost\0.example", 18), {}));
  ASSERT_FALSE(cut.has_value());
  EXPECT_TRUE(cut.error().is(Errc::InvalidArgument));
  EXPECT_TRUE(runtime.block_on(look_up(&runtime, std::string(254, 'a'), {}))
                  .error()
                  .is(Errc::InvalidArgument));
}

}  // namespace
}  // namespace avila::tcp

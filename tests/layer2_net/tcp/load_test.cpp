// Limits of the process: ten thousand connections at once, and none left to accept with. The other
// side is a child process without threads of its own, made before there is a runtime.
#if !defined(_WIN32)
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tcp/stream.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace avila::tcp {
namespace {

using async::CancelSource;
using async::Runtime;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(thread_sanitizer) || __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif
constexpr int kConnections = kSanitized ? 1000 : 10'000;
int idle_connections = kSanitized ? 2000 : 20'000;  // fewer where descriptors are

/// A child that runs `work(port)` once it is told the port; its status is what work() returned.
class Child {
 public:
  template <class Work>
  explicit Child(Work work) {
    EXPECT_EQ(::pipe(pipe_), 0);
    pid_ = ::fork();
    if (pid_ != 0) return;
    std::uint16_t port = 0;
    if (::read(pipe_[0], &port, sizeof port) != sizeof port) ::_exit(100);
    ::_exit(work(port));
  }
  void start(std::uint16_t port) const {
    EXPECT_EQ(::write(pipe_[1], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  }
  int status() {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  ~Child() {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
    if (pid_ > 0) (void)status();
  }

 private:
  pid_t pid_ = -1;
  int pipe_[2]{};
};

// From an address of its own for each 5,000 connections: looking for a free port takes long where
// most of an address are taken.
int connect_blocking(std::uint16_t port, int number = 0) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  const linger reset{1, 0};  // leaves no TIME_WAIT behind
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  const timeval patience{60, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number) / 5000);
  (void)::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  return -1;
}

/// All are connected before the first speaks, all speak before the first is answered for.
int talk_over_many(std::uint16_t port) {
  std::vector<int> fds;
  for (int i = 0; i < kConnections; ++i) {
    fds.push_back(connect_blocking(port));
    if (fds.back() < 0) return 1;
  }
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kConnections; ++i) {
      const int message[2] = {i, round};
      if (::send(fds[static_cast<std::size_t>(i)], message, sizeof message, MSG_NOSIGNAL) !=
          static_cast<ssize_t>(sizeof message))
        return 2;
    }
    for (int i = 0; i < kConnections; ++i) {
      int answer[2] = {-1, -1};
      if (::recv(fds[static_cast<std::size_t>(i)], answer, sizeof answer, MSG_WAITALL) !=
          static_cast<ssize_t>(sizeof answer))
        return 3;
      if (answer[0] != i || answer[1] != round) return 4;
    }
  }
  return 0;
}

Task<void> echo(Stream stream) {
  std::byte buffer[64];
  for (;;) {
    auto got = co_await stream.read(buffer);
    if (!got.has_value() || *got == 0) co_return;
    auto put = co_await stream.write_all(ByteSpan(buffer, *got));
    if (!put.has_value()) co_return;
  }
}
Task<std::size_t> serve(Runtime* runtime, Listener* listener, CancelToken cancel) {
  std::size_t most = 0;
  for (;;) {
    auto accepted = co_await listener->accept(cancel);
    if (!accepted.has_value()) co_return most;
    runtime->spawn(echo(std::move(*accepted))).detach();
    most = std::max(most, runtime->live_tasks() - 1);
  }
}

TEST(TcpLoad, TenThousandConnectionsAtOnce) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlim_t needed = kConnections + 100;
  if (limit.rlim_max < needed) GTEST_SKIP() << "needs " << needed << " descriptors a process";
  rlimit raised = limit;
  raised.rlim_cur = std::max(limit.rlim_cur, needed);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &raised), 0);
  Child child(talk_over_many);
  {
    Runtime runtime({.threads = 2});
    auto bound = Listener::bind(runtime, SocketAddress::loopback(0));
    ASSERT_TRUE(bound.has_value()) << bound.error().to_string();
    CancelSource stop;
    auto serving = runtime.spawn(serve(&runtime, &*bound, stop.token()));
    child.start(bound->local_address().port());
    EXPECT_EQ(child.status(), 0);
    stop.cancel();
    EXPECT_EQ(serving.wait(), static_cast<std::size_t>(kConnections));
    EXPECT_EQ(runtime.shutdown(seconds(60)), 0U) << "each echo ends when its peer has gone";
  }
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/// In the child: connections that stay silent until the last one stands, then speak once.
int stay_idle(std::uint16_t port) {
  std::vector<int> fds;
  for (int i = 0; i < idle_connections; ++i) {
    fds.push_back(connect_blocking(port, i));
    if (fds.back() < 0) return 1;
  }
  // The server says when it has measured.
  char go = 0;
  if (::recv(fds.back(), &go, 1, 0) != 1) return 2;
  for (const int fd : fds)
    if (::send(fd, "x", 1, MSG_NOSIGNAL) != 1) return 3;
  for (const int fd : fds) {
    char answer = 0;
    if (::recv(fd, &answer, 1, MSG_WAITALL) != 1 || answer != 'x') return 4;
  }
  return 0;
}

struct IdleServer {
  std::atomic<int> accepted{0};
  Stream last;
};
Task<void> echo_once(Stream stream) {
  std::byte one;
  auto got = co_await stream.read(MutableByteSpan(&one, 1));
  if (!got.has_value() || *got == 0) co_return;
  auto put = co_await stream.write_all(ByteSpan(&one, 1));
  EXPECT_TRUE(put.has_value());
}
Task<void> accept_idle(Runtime* runtime, Listener* listener, IdleServer* server) {
  for (int i = 1; i <= idle_connections; ++i) {
    auto accepted = co_await listener->accept();
    EXPECT_TRUE(accepted.has_value());
    if (!accepted.has_value()) co_return;
    if (i < idle_connections) {
      runtime->spawn(echo_once(std::move(*accepted))).detach();
    } else {
      server->last = std::move(*accepted);
    }
    server->accepted.store(i);
  }
}

std::size_t resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(TcpLoad, TwentyThousandIdleConnectionsFitInBoundedMemory) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlim_t needed = static_cast<rlim_t>(idle_connections) + 100;
  rlimit raised{std::max(limit.rlim_cur, needed), std::max(limit.rlim_max, needed)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) {
    raised = {limit.rlim_max, limit.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &raised), 0);
    if (limit.rlim_max < 1100)
      GTEST_SKIP() << "SKIPPED: needs " << needed << " descriptors a process";
    idle_connections = static_cast<int>(limit.rlim_max) - 100;
    std::printf("only %d connections: no more descriptors are allowed\n", idle_connections);
  }
  Child child(stay_idle);
  {
    Runtime runtime({.threads = 2});
    auto bound = Listener::bind(runtime, SocketAddress::loopback(0));
    ASSERT_TRUE(bound.has_value()) << bound.error().to_string();
    IdleServer server;
    const std::size_t before = resident_bytes();
    auto accepting = runtime.spawn(accept_idle(&runtime, &*bound, &server));
    child.start(bound->local_address().port());
    accepting.wait();
    ASSERT_EQ(server.accepted.load(), idle_connections);
    const std::size_t each =
        (resident_bytes() - before) / static_cast<std::size_t>(idle_connections);
    std::printf("%d idle connections: %zu bytes each\n", idle_connections, each);
    if (!kSanitized) {
      EXPECT_LE(each, 2048U);
    }
    ASSERT_TRUE(server.last.try_write(as_bytes("g")).has_value());
    runtime.spawn(echo_once(std::move(server.last))).detach();
    EXPECT_EQ(child.status(), 0) << "each is still served";
    EXPECT_EQ(runtime.shutdown(seconds(60)), 0U);
  }
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/// In the child: a server with room for a few descriptors more than it has, and more clients.
int survive_exhaustion(std::uint16_t) {
  Runtime runtime({.threads = 2});
  auto bound = Listener::bind(runtime, SocketAddress::loopback(0));
  if (!bound.has_value()) return 1;
  const std::uint16_t port = bound->local_address().port();
  constexpr int kClients = 12, kRoomForServer = 5;
  std::vector<int> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(connect_blocking(port));
    if (clients.back() < 0) return 2;
  }
  // UBSan looks at an object's type the first time with a pipe of its own, and takes having none
  // for a broken object: let it know the error category before.
  (void)Error::from_errno(EMFILE, "accept");
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = static_cast<rlim_t>(clients.back() + 1 + kRoomForServer);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 3;
  CancelSource stop;
  auto serving = runtime.spawn(serve(&runtime, &*bound, stop.token()));
  // Nobody says a word before it ran out: it cannot keep up by closing in time.
  for (int i = 0; bound->exhausted() == 0; ++i) {
    if (i == 60'000) return 6;
    ::usleep(1000);
  }
  // Each is answered in the end, for those before it close their connections.
  for (const int fd : clients) {
    char answer = 0;
    if (::send(fd, "x", 1, MSG_NOSIGNAL) != 1) return 4;
    if (::recv(fd, &answer, 1, MSG_WAITALL) != 1 || answer != 'x') return 5;
    ::close(fd);
  }
  stop.cancel();
  (void)serving.wait();
  return 0;
}

TEST(TcpLoad, AcceptSurvivesRunningOutOfDescriptors) {
  Child child(survive_exhaustion);
  child.start(0);
  EXPECT_EQ(child.status(), 0);
}

}  // namespace
}  // namespace avila::tcp
#endif

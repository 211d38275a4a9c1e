// Real sockets of POSIX systems: files, Unix paths, shared ports, urgent data.
#if !defined(_WIN32)
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/tcp/native.hpp>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <avila/os/file_system.hpp>
#include <avila/os/memory_file_system.hpp>

#include "socket_fixture.hpp"

namespace avila::tcp {
namespace {

class PosixSockets : public SocketFixture {
 protected:
  PosixSockets()
      : folder_(std::filesystem::temp_directory_path() /
                ("avila-tcp-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~PosixSockets() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

// --- sendfile

Task<Result<void>> send_parts(Stream* stream, os::File* file, std::uint64_t size) {
  auto rest = co_await stream->send_file(*file, 10, size - 10);
  AVILA_CO_TRY_VOID(std::move(rest));
  auto front = co_await stream->send_file(*file, 0, 10);
  AVILA_CO_TRY_VOID(std::move(front));
  auto nothing = co_await stream->send_file(*file, size, 0);
  AVILA_CO_TRY_VOID(std::move(nothing));
  co_return co_await stream->shutdown_write();
}
Task<Result<void>> send_beyond(Stream* stream, os::File* file, std::uint64_t size) {
  co_return co_await stream->send_file(*file, size - 5, 6);
}

TEST_F(PosixSockets, SendFileSendsRangesLargerThanAnyBuffer) {
  std::string content(5'000'000, '\0');
  std::mt19937 random(1);
  for (char& c : content) c = static_cast<char>(random());
  const auto path = folder_ / "content";
  std::ofstream(path, std::ios::binary) << content;
  const auto opened = os::real_file_system().open(path);
  ASSERT_TRUE(opened.has_value());
  os::MemoryFileSystem memory;  // whose files the kernel does not know
  auto in_memory = memory.open("content", {.write = true, .create = true});
  ASSERT_TRUE(in_memory.has_value() && (*in_memory)->append(as_bytes(content)).has_value());
  os::File* const file = opened->get();
  EXPECT_GE(file->native_handle(), 0);
  EXPECT_EQ((*in_memory)->native_handle(), -1);
  for (os::File* each : {file, in_memory->get()}) {
    Ends ends = pair();
    auto sending = runtime_.spawn(send_parts(&ends.client, each, content.size()));
    const auto got = runtime_.block_on(read_all(&ends.server));
    ASSERT_TRUE(sending.wait().has_value());
    ASSERT_TRUE(got.has_value());
    EXPECT_TRUE(*got == content.substr(10) + content.substr(0, 10));
    Ends other = pair();
    const auto beyond = runtime_.block_on(send_beyond(&other.client, each, content.size()));
    ASSERT_FALSE(beyond.has_value());
    EXPECT_TRUE(beyond.error().is(Errc::OutOfRange));
  }
  EXPECT_EQ(::lseek(file->native_handle(), 0, SEEK_CUR), 0) << "the file's own position stays";

  // A peer that went away is an error, never a signal.
  Ends gone = pair();
  EXPECT_TRUE(gone.server.set_reset_on_close().has_value());
  {
    const Stream closed = std::move(gone.server);
  }
  const auto cut = runtime_.block_on(send_parts(&gone.client, file, content.size()));
  EXPECT_FALSE(cut.has_value());
}

// --- Unix sockets

Task<Result<void>> write_and_end(Stream* stream) {
  const std::string text(1'000'000, 'u');
  auto sent = co_await stream->write_all(as_bytes(text));
  AVILA_CO_TRY_VOID(std::move(sent));
  co_return co_await stream->shutdown_write();
}

TEST_F(PosixSockets, UnixSocketsCarryStreamsAndLeaveNoFile) {
  const auto path = folder_ / "stream.sock";
  {
    auto bound = Listener::bind(runtime_, *SocketAddress::unix_socket(path.string()));
    ASSERT_TRUE(bound.has_value()) << bound.error().to_string();
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600U);
    auto ends = runtime_.block_on(connected_pair(&runtime_, &*bound));
    ASSERT_TRUE(ends.has_value()) << ends.error().to_string();
    EXPECT_EQ(ends->client.peer_address()->path(), path.string());
    EXPECT_EQ(ends->server.peer_address()->path(), "") << "an unnamed end";
    EXPECT_TRUE(ends->client.set_no_delay(true).has_value());
    auto sending = runtime_.spawn(write_and_end(&ends->client));
    const auto got = runtime_.block_on(read_all(&ends->server));
    EXPECT_TRUE(sending.wait().has_value());
    EXPECT_EQ(got->size(), 1'000'000U);
    auto twice = Listener::bind(runtime_, *SocketAddress::unix_socket(path.string()));
    ASSERT_FALSE(twice.has_value()) << "a socket that is listened on is not taken over";
    EXPECT_TRUE(twice.error().is(Errc::AddressInUse));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(PosixSockets, AStaleUnixSocketIsReplacedAndOtherFilesAreNot) {
  const auto path = folder_ / "stale.sock";
  const SocketAddress address = *SocketAddress::unix_socket(path.string());
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.string().copy(name.sun_path, sizeof name.sun_path - 1);
  const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ::close(dead);  // as a process that was killed leaves it
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(
      Listener::bind(runtime_, address, {.unlink_stale = false}).error().is(Errc::AddressInUse));
  EXPECT_TRUE(Listener::bind(runtime_, address).has_value());
  std::ofstream(path) << "precious";
  EXPECT_TRUE(Listener::bind(runtime_, address).error().is(Errc::AddressInUse));
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST_F(PosixSockets, AbstractNamesNeedNoFile) {
  const auto address = SocketAddress::unix_socket("@avila-test-" + std::to_string(::getpid()));
  ASSERT_TRUE(address.has_value());
  auto bound = Listener::bind(runtime_, *address);
  ASSERT_TRUE(bound.has_value()) << bound.error().to_string();
  EXPECT_EQ(bound->local_address(), *address);
  auto ends = runtime_.block_on(connected_pair(&runtime_, &*bound));
  ASSERT_TRUE(ends.has_value()) << ends.error().to_string();
  EXPECT_EQ(*ends->client.peer_address(), *address);
  EXPECT_FALSE(std::filesystem::exists(address->path()));
}

// connect() on a Unix socket with a full backlog says EAGAIN, and no event ever follows.
TEST_F(PosixSockets, AFullUnixBacklogIsWaitedForAndGivenUp) {
  const SocketAddress address = *SocketAddress::unix_socket((folder_ / "full.sock").string());
  auto bound = Listener::bind(runtime_, address, {.backlog = 0});
  ASSERT_TRUE(bound.has_value());
  std::vector<Stream> queued;
  for (;;) {
    auto stream = runtime_.block_on(connect_within(&runtime_, address, milliseconds(30)));
    if (!stream.has_value()) {
      EXPECT_TRUE(stream.error().is(Errc::TimedOut)) << stream.error().to_string();
      break;
    }
    queued.push_back(std::move(*stream));
    ASSERT_LT(queued.size(), 100U);
  }
  auto waiting = runtime_.spawn(connect_within(&runtime_, address, seconds(60)));
  auto accepted = bound->try_accept();
  ASSERT_TRUE(accepted.has_value() && accepted->has_value());
  EXPECT_TRUE(waiting.wait().has_value());
}

// --- a port shared by several listeners

TEST_F(PosixSockets, ReusePortSpreadsConnectionsOverListeners) {
  const ListenOptions shared{.reuse_port = true};
  std::vector<Listener> listeners;
  SocketAddress address = SocketAddress::loopback(0);
  for (int i = 0; i < 3; ++i) {
    auto bound = Listener::bind(runtime_, address, shared);
    ASSERT_TRUE(bound.has_value()) << bound.error().to_string();
    address = bound->local_address();
    listeners.push_back(std::move(*bound));
  }
  EXPECT_TRUE(Listener::bind(runtime_, address).error().is(Errc::AddressInUse))
      << "without the option the port is taken";
  std::vector<Stream> clients, servers;
  for (int i = 0; i < 60; ++i) {
    auto client = runtime_.block_on(connect_within(&runtime_, address, seconds(60)));
    ASSERT_TRUE(client.has_value()) << client.error().to_string();
    clients.push_back(std::move(*client));
  }
  for (Listener& listener : listeners) {
    std::size_t mine = 0;
    while (auto accepted = listener.try_accept()) {
      ASSERT_TRUE(accepted->has_value());
      servers.push_back(std::move(**accepted));
      ++mine;
    }
    EXPECT_GT(mine, 0U) << "60 connections over 3 listeners, and one got none";
  }
  EXPECT_EQ(servers.size(), clients.size());
}

// --- connections that die before they are accepted

TEST(AcceptErrors, WhatConcernsOneConnectionEndsNoListener) {
  // accept(2), "Error handling", and the errors behind it.
  for (const int number :
       {EINTR, ECONNABORTED, EPERM, EACCES, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH,
        ENETUNREACH, EOPNOTSUPP, ECONNRESET, EPROTONOSUPPORT, ETIMEDOUT})
    EXPECT_TRUE(native::is_of_the_connection(number) && !native::is_exhaustion(number)) << number;
#if defined(__linux__)
  for (const int number : {ENONET, ENOSR, ESOCKTNOSUPPORT})
    EXPECT_TRUE(native::is_of_the_connection(number)) << number;
#endif
  for (const int number : {EMFILE, ENFILE, ENOBUFS, ENOMEM})
    EXPECT_TRUE(native::is_exhaustion(number) && !native::is_of_the_connection(number)) << number;
  for (const int number : {0, EBADF, EINVAL, ENOTSOCK, EFAULT, EAGAIN})
    EXPECT_FALSE(native::is_of_the_connection(number) || native::is_exhaustion(number)) << number;
}

#if defined(__linux__)
/// From here on the kernel denies this thread, and those that it starts, every accept4().
bool forbid_accept(int number) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_accept4, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(number)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{std::size(code), code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

Task<Result<Stream>> accept_within(Listener* listener, Duration limit) {
  const Deadline deadline(limit);
  auto stream = co_await listener->accept(deadline.token());
  co_return stream;
}

TEST(AcceptErrors, AForbiddenAcceptIsTriedAgainWithoutSpinning) {
  bool forbidden = false;
  std::thread([&forbidden] {
    forbidden = forbid_accept(EPERM);
    if (!forbidden) return;
    Runtime runtime({.threads = 1});
    auto bound = Listener::bind(runtime, SocketAddress::loopback(0));
    ASSERT_TRUE(bound.has_value());
    auto client = runtime.block_on(connect_within(&runtime, bound->local_address(), seconds(60)));
    ASSERT_TRUE(client.has_value());
    // The connection stays where it is: this comes back all the same.
    const auto now = bound->try_accept();
    ASSERT_TRUE(now.has_value() && !now->has_value());
    EXPECT_EQ(now->error().system_code(), EPERM);
    const auto later = runtime.block_on(accept_within(&*bound, milliseconds(120)));
    ASSERT_FALSE(later.has_value());
    EXPECT_TRUE(later.error().is(Errc::Cancelled)) << later.error().to_string();
  }).join();
  if (!forbidden) GTEST_SKIP() << "no seccomp here";
}
#endif

// --- urgent data

// recv() stops before an urgent byte: that is no sign of an empty buffer.
TEST_F(PosixSockets, UrgentDataHidesNothingThatLiesBehind) {
  Ends ends = pair();
  const int peer = ends.client.native_handle();
  ASSERT_EQ(::send(peer, "before", 6, 0), 6);
  ASSERT_EQ(::send(peer, "!", 1, MSG_OOB), 1);
  ASSERT_EQ(::send(peer, "behind", 6, 0), 6);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::string got;
  std::byte buffer[100];
  CancelSource patience;  // of a test that fails, rather than hangs
  while (got.size() < 12) {
    auto reading = runtime_.spawn(read_some(&ends.server, buffer, sizeof buffer, patience.token()));
    for (int i = 0; i < 5000 && !reading.is_done(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    patience.cancel();
    const auto count = reading.wait();
    ASSERT_TRUE(count.has_value()) << "after \"" << got << "\"";
    patience = CancelSource();
    got += as_text(ByteSpan(buffer, *count));
  }
  EXPECT_EQ(got, "beforebehind");
}

}  // namespace
}  // namespace avila::tcp
#endif

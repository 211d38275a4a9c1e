// Real sockets: files, Unix paths, shared ports, cancellation, silent and slow peers.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tcp/stream.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace avila::tcp {
namespace {

using async::CancelSource;
using async::Runtime;
using future::Deadline;

struct Ends {
  Stream client, server;
};
Task<Result<Ends>> connected_pair(Runtime* runtime, Listener* listener) {
  auto first = co_await connect(*runtime, listener->local_address());
  AVILA_CO_TRY(Stream client, std::move(first));
  auto second = co_await listener->accept();
  AVILA_CO_TRY(Stream server, std::move(second));
  Ends ends{std::move(client), std::move(server)};
  co_return ends;
}

Task<Result<std::string>> read_all(Stream* stream) {
  std::string text;
  std::vector<std::byte> buffer(64 * 1024);
  for (;;) {
    auto got = co_await stream->read(buffer);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    if (count == 0) co_return text;
    text += as_text(ByteSpan(buffer).first(count));
  }
}

class Sockets : public ::testing::Test {
 protected:
  Sockets()
      : listener_(*Listener::bind(runtime_, SocketAddress::loopback(0))),
        folder_(std::filesystem::temp_directory_path() /
                ("avila-tcp-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Sockets() override { std::filesystem::remove_all(folder_); }
  Ends pair() {
    auto ends = runtime_.block_on(connected_pair(&runtime_, &listener_));
    EXPECT_TRUE(ends.has_value()) << ends.error().to_string();
    return std::move(*ends);
  }
  Runtime runtime_{{.threads = 2}};
  Listener listener_;
  std::filesystem::path folder_;
};

// --- sendfile

Task<Result<void>> send_parts(Stream* stream, int file, std::uint64_t size) {
  auto rest = co_await stream->send_file(file, 10, size - 10);
  AVILA_CO_TRY_VOID(std::move(rest));
  auto front = co_await stream->send_file(file, 0, 10);
  AVILA_CO_TRY_VOID(std::move(front));
  auto nothing = co_await stream->send_file(file, size, 0);
  AVILA_CO_TRY_VOID(std::move(nothing));
  co_return co_await stream->shutdown_write();
}
Task<Result<void>> send_beyond(Stream* stream, int file, std::uint64_t size) {
  co_return co_await stream->send_file(file, size - 5, 6);
}

TEST_F(Sockets, SendFileSendsRangesLargerThanAnyBuffer) {
  std::string content(5'000'000, '\0');
  std::mt19937 random(1);
  for (char& c : content) c = static_cast<char>(random());
  const auto path = folder_ / "content";
  std::ofstream(path, std::ios::binary) << content;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  Ends ends = pair();
  auto sending = runtime_.spawn(send_parts(&ends.client, file, content.size()));
  const auto got = runtime_.block_on(read_all(&ends.server));
  ASSERT_TRUE(sending.wait().has_value());
  ASSERT_TRUE(got.has_value());
  EXPECT_TRUE(*got == content.substr(10) + content.substr(0, 10));
  EXPECT_EQ(::lseek(file, 0, SEEK_CUR), 0) << "the file's own position stays";

  Ends other = pair();
  const auto beyond = runtime_.block_on(send_beyond(&other.client, file, content.size()));
  ASSERT_FALSE(beyond.has_value());
  EXPECT_TRUE(beyond.error().is(Errc::OutOfRange));
  // A peer that went away is an error, never a signal.
  Ends gone = pair();
  EXPECT_TRUE(gone.server.set_reset_on_close().has_value());
  {
    const Stream closed = std::move(gone.server);
  }
  const auto cut = runtime_.block_on(send_parts(&gone.client, file, content.size()));
  EXPECT_FALSE(cut.has_value());
  ::close(file);
}

// --- Unix sockets

Task<Result<void>> write_and_end(Stream* stream) {
  const std::string text(1'000'000, 'u');
  auto sent = co_await stream->write_all(as_bytes(text));
  AVILA_CO_TRY_VOID(std::move(sent));
  co_return co_await stream->shutdown_write();
}

TEST_F(Sockets, UnixSocketsCarryStreamsAndLeaveNoFile) {
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

TEST_F(Sockets, AStaleUnixSocketIsReplacedAndOtherFilesAreNot) {
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

TEST_F(Sockets, AbstractNamesNeedNoFile) {
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

Task<Result<Stream>> connect_within(Runtime* runtime, SocketAddress address, Duration limit) {
  const ConnectOptions options{.timeout = limit};
  auto stream = co_await connect(*runtime, address, options);
  co_return stream;
}

// connect() on a Unix socket with a full backlog says EAGAIN, and no event ever follows.
TEST_F(Sockets, AFullUnixBacklogIsWaitedForAndGivenUp) {
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

TEST_F(Sockets, ReusePortSpreadsConnectionsOverListeners) {
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

// --- cancellation and closing

Task<Result<std::size_t>> read_some(Stream* stream, std::byte* to, std::size_t size,
                                    CancelToken cancel) {
  auto got = co_await stream->read(MutableByteSpan(to, size), cancel);
  co_return got;
}
Task<Result<Stream>> accept_one(Listener* listener, CancelToken cancel) {
  auto accepted = co_await listener->accept(cancel);
  co_return accepted;
}

TEST_F(Sockets, ACancelledReadLeavesTheStreamUsable) {
  Ends ends = pair();
  std::byte buffer[8];
  for (int i = 0; i < 50; ++i) {
    CancelSource source;
    auto reading = runtime_.spawn(read_some(&ends.server, buffer, sizeof buffer, source.token()));
    if (i % 2 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    source.cancel();
    EXPECT_TRUE(reading.wait().error().is(Errc::Cancelled));
  }
  auto reading = runtime_.spawn(read_some(&ends.server, buffer, sizeof buffer, {}));
  EXPECT_EQ(**ends.client.try_write(as_bytes("late")), 4U);
  EXPECT_EQ(*reading.wait(), 4U);
}

/// Reads numbered bytes, giving up each wait after a moment that races with their arrival.
Task<int> read_numbered(Stream* stream, int wanted) {
  std::mt19937 random(7);
  int count = 0;
  while (count < wanted) {
    Deadline patience(microseconds(static_cast<std::int64_t>(random() % 500)));
    const CancelToken token = patience.token();
    std::byte buffer[16];
    auto got = co_await stream->read(buffer, token);
    if (!got.has_value()) {
      EXPECT_TRUE(got.error().is(Errc::Cancelled)) << got.error().to_string();
      continue;
    }
    EXPECT_NE(*got, 0U);
    for (std::size_t i = 0; i < *got; ++i, ++count)
      EXPECT_EQ(static_cast<int>(buffer[i]), count % 256);
  }
  co_return count;
}
Task<void> write_numbered(Stream* stream, int count) {
  std::mt19937 random(8);
  for (int i = 0; i < count; ++i) {
    const std::byte one{static_cast<unsigned char>(i % 256)};
    auto sent = co_await stream->write_all(ByteSpan(&one, 1));
    EXPECT_TRUE(sent.has_value());
    if (random() % 8 == 0) {
      co_await future::sleep(microseconds(static_cast<std::int64_t>(random() % 400)));
    } else if (random() % 2 == 0) {
      co_await future::yield();
    }
  }
}

// recv() stops before an urgent byte: that is no sign of an empty buffer.
TEST_F(Sockets, UrgentDataHidesNothingThatLiesBehind) {
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

TEST_F(Sockets, CancelledReadsLoseNoByteAndNoWakeUp) {
  Ends ends = pair();
  auto reading = runtime_.spawn(read_numbered(&ends.server, 2000));
  auto writing = runtime_.spawn(write_numbered(&ends.client, 2000));
  writing.wait();
  EXPECT_EQ(reading.wait(), 2000);
}

Task<int> accept_impatiently(Listener* listener, int wanted) {
  std::mt19937 random(9);
  int count = 0;
  while (count < wanted) {
    Deadline patience(microseconds(static_cast<std::int64_t>(random() % 500)));
    const CancelToken token = patience.token();
    auto accepted = co_await listener->accept(token);
    if (accepted.has_value()) ++count;
  }
  co_return count;
}
Task<int> connect_many(Runtime* runtime, SocketAddress address, int count) {
  int connected = 0;
  for (int i = 0; i < count; ++i) {
    auto stream = co_await connect(*runtime, address);
    if (stream.has_value()) {
      (void)stream->set_reset_on_close();
      ++connected;
    }
    co_await future::sleep(microseconds(i % 7 * 50));
  }
  co_return connected;
}

TEST_F(Sockets, CancelledAcceptsLoseNoConnection) {
  auto accepting = runtime_.spawn(accept_impatiently(&listener_, 200));
  auto connecting = runtime_.spawn(connect_many(&runtime_, listener_.local_address(), 200));
  EXPECT_EQ(connecting.wait(), 200);
  EXPECT_EQ(accepting.wait(), 200);
}

TEST_F(Sockets, ClosingEndsWhatWaits) {
  Ends ends = pair();
  std::byte buffer[8];
  auto reading = runtime_.spawn(read_some(&ends.server, buffer, sizeof buffer, {}));
  auto accepting = runtime_.spawn(accept_one(&listener_, {}));
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  ends.server.close();
  listener_.close();
  EXPECT_TRUE(reading.wait().error().is(Errc::Closed));
  EXPECT_TRUE(accepting.wait().error().is(Errc::Closed));
  const auto after =
      runtime_.block_on(connect_within(&runtime_, listener_.local_address(), seconds(60)));
  EXPECT_TRUE(after.error().is(Errc::ConnectionRefused));
}

// --- peers that do not do their part

Task<bool> read_with_limit(Stream* stream, Duration limit) {
  Deadline deadline(limit);
  const CancelToken token = deadline.token();
  std::byte buffer[8];
  auto got = co_await stream->read(buffer, token);
  co_return !got.has_value() && deadline.expired();
}
Task<bool> write_with_limit(Stream* stream, std::size_t size, Duration limit) {
  Deadline deadline(limit);
  const CancelToken token = deadline.token();
  const std::vector<std::byte> bytes(size);
  auto sent = co_await stream->write_all(bytes, token);
  co_return !sent.has_value() && deadline.expired();
}
/// Takes a byte a millisecond.
Task<std::size_t> read_slowly(Stream* stream, std::size_t count) {
  std::byte one;
  std::size_t got_bytes = 0;
  for (; got_bytes < count; ++got_bytes) {
    auto got = co_await stream->read(MutableByteSpan(&one, 1));
    if (!got.has_value() || *got == 0) break;
    co_await future::sleep(milliseconds(1));
  }
  co_return got_bytes;
}

TEST_F(Sockets, ASilentPeerIsGivenUp) {
  Ends ends = pair();
  EXPECT_TRUE(runtime_.block_on(read_with_limit(&ends.client, milliseconds(20))));
}

TEST_F(Sockets, APeerThatDoesNotReadIsGivenUpAndBackPressureIsFelt) {
  Ends ends = pair();
  EXPECT_TRUE(ends.client.set_send_buffer(16 * 1024).has_value());
  EXPECT_TRUE(ends.server.set_receive_buffer(16 * 1024).has_value());
  // More than both kernels' buffers: it cannot end before the peer reads.
  EXPECT_TRUE(runtime_.block_on(write_with_limit(&ends.client, 50'000'000, milliseconds(50))));
  EXPECT_EQ(runtime_.block_on(read_slowly(&ends.server, 20)), 20U) << "what was sent is there";
}

}  // namespace
}  // namespace avila::tcp

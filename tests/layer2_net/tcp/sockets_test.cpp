// Real sockets: cancellation, closing, silent and slow peers.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "socket_fixture.hpp"

namespace avila::tcp {
namespace {

class Sockets : public SocketFixture {};

// --- cancellation and closing

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
#if !defined(_WIN32)  // there the port is free when the listener goes
  const auto after =
      runtime_.block_on(connect_within(&runtime_, listener_.local_address(), seconds(60)));
  EXPECT_TRUE(after.error().is(Errc::ConnectionRefused));
#endif
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
  const std::vector<std::byte> bytes(size);  // before the time runs: filling it takes a while
  Deadline deadline(limit);
  const CancelToken token = deadline.token();
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
  EXPECT_TRUE(runtime_.block_on(write_with_limit(&ends.client, 50'000'000, milliseconds(200))));
  EXPECT_EQ(runtime_.block_on(read_slowly(&ends.server, 20)), 20U) << "what was sent is there";
}

}  // namespace
}  // namespace avila::tcp

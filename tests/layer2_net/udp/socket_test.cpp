// Real sockets on the loopback interface.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/udp/socket.hpp>
#include <string>
#include <utility>
#include <vector>

namespace avila::udp {
namespace {

using async::CancelSource;
using async::Runtime;

constexpr Duration kPatience = seconds(20);

class UdpSocket : public ::testing::Test {
 protected:
  Socket bind(SocketOptions options = {}, SocketAddress local = SocketAddress::loopback(0)) {
    auto socket = Socket::bind(runtime_, local, options);
    EXPECT_TRUE(socket.has_value()) << socket.error().to_string();
    return std::move(*socket);
  }
  static SocketAddress address_of(const Socket& socket) { return *socket.local_address(); }
  Runtime runtime_{{.threads = 2}};
};

Task<Result<std::string>> receive_text(DatagramTransport* socket) {
  std::vector<std::byte> buffer(65'536);
  auto got = co_await receive_within(*socket, buffer, kPatience);
  AVILA_CO_TRY(const Datagram datagram, std::move(got));
  co_return std::string(as_text(ByteSpan(buffer).first(datagram.size_bytes)));
}

Task<Result<Datagram>> receive_into(DatagramTransport* socket, MutableByteSpan buffer) {
  co_return co_await receive_within(*socket, buffer, kPatience);
}

Task<Result<void>> send_text(DatagramTransport* socket, std::string text, SocketAddress to) {
  co_return co_await socket->send_to(as_bytes(text), std::move(to));
}

Task<Result<Datagram>> receive_until(DatagramTransport* socket, MutableByteSpan buffer,
                                     CancelToken cancel) {
  co_return co_await socket->receive(buffer, std::move(cancel));
}

TEST_F(UdpSocket, ExchangesDatagramsWithTheirAddresses) {
  Socket a = bind(), b = bind();
  ASSERT_TRUE(runtime_.block_on(send_text(&a, "hello", address_of(b))).has_value());
  std::byte buffer[64];
  const auto got = runtime_.block_on(receive_into(&b, buffer));
  ASSERT_TRUE(got.has_value()) << got.error().to_string();
  EXPECT_EQ(got->size_bytes, 5U);
  EXPECT_FALSE(got->truncated);
  EXPECT_EQ(got->source, address_of(a));
  EXPECT_EQ(as_text(ByteSpan(buffer).first(5)), "hello");
  // Back, to where it came from; empty datagrams are datagrams.
  ASSERT_TRUE(runtime_.block_on(send_text(&b, "", got->source)).has_value());
  const auto empty = runtime_.block_on(receive_into(&a, buffer));
  ASSERT_TRUE(empty.has_value());
  EXPECT_EQ(empty->size_bytes, 0U);
  EXPECT_EQ(empty->source, address_of(b));
}

TEST_F(UdpSocket, WaitsForWhatComesLater) {
  Socket a = bind(), b = bind();
  for (int i = 0; i < 50; ++i) {
    auto waiting = runtime_.spawn(receive_text(&b));
    ASSERT_TRUE(runtime_.block_on(send_text(&a, std::to_string(i), address_of(b))).has_value());
    EXPECT_EQ(waiting.wait().value(), std::to_string(i));
  }
}

TEST_F(UdpSocket, DeadlinesAndCancellationTakeNothing) {
  Socket a = bind(), b = bind();
  std::byte buffer[64];
  const auto late = runtime_.block_on(receive_within(b, buffer, milliseconds(5)));
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(Errc::TimedOut));
  CancelSource source;
  auto waiting = runtime_.spawn(receive_until(&b, buffer, source.token()));
  source.cancel();
  const auto cancelled = waiting.wait();
  ASSERT_FALSE(cancelled.has_value());
  EXPECT_TRUE(cancelled.error().is(Errc::Cancelled));
  ASSERT_TRUE(runtime_.block_on(send_text(&a, "still here", address_of(b))).has_value());
  EXPECT_EQ(runtime_.block_on(receive_text(&b)).value(), "still here");
}

TEST_F(UdpSocket, CloseEndsAWaitingReceive) {
  Socket b = bind();
  std::byte buffer[64];
  auto waiting = runtime_.spawn(receive_into(&b, buffer));
  b.close();
  const auto closed = waiting.wait();
  ASSERT_FALSE(closed.has_value());
  EXPECT_TRUE(closed.error().is(Errc::Closed));
  const auto sent = runtime_.block_on(send_text(&b, "x", SocketAddress::loopback(9)));
  ASSERT_FALSE(sent.has_value());
  EXPECT_TRUE(sent.error().is(Errc::Closed));
}

Task<Result<Datagram>> say_and_receive(DatagramTransport* socket, MutableByteSpan buffer,
                                       std::atomic<bool>* begun) {
  future::Deadline deadline(kPatience);
  const CancelToken token = deadline.token();
  begun->store(true);
  co_return co_await socket->receive(buffer, token);
}

// Two threads: close(), and a receive that is just about to look at the socket.
TEST_F(UdpSocket, CloseIsSeenByAReceiveThatBegins) {
  for (int round = 0; round < 5'000; ++round) {
    Socket b = bind();
    std::byte buffer[64];
    std::atomic<bool> begun{false};
    auto waiting = runtime_.spawn(say_and_receive(&b, buffer, &begun));
    while (!begun.load()) {
    }
    for (volatile int spin = round % 256; spin > 0;) spin = spin - 1;
    b.close();
    const auto closed = waiting.wait();
    ASSERT_FALSE(closed.has_value());
    ASSERT_TRUE(closed.error().is(Errc::Closed)) << closed.error().to_string();
  }
}

TEST_F(UdpSocket, SaysWhatWasCutOffAndRefusesWhatDoesNotFit) {
  Socket a = bind(), b = bind();
  ASSERT_TRUE(runtime_.block_on(send_text(&a, "0123456789", address_of(b))).has_value());
  std::byte buffer[4];
  const auto got = runtime_.block_on(receive_into(&b, buffer));
  ASSERT_TRUE(got.has_value());
  EXPECT_TRUE(got->truncated);
  EXPECT_EQ(got->size_bytes, 4U);
  EXPECT_EQ(as_text(ByteSpan(buffer)), "0123");
  const std::string most(DatagramTransport::kPayloadBytesMax, 'm');
  ASSERT_TRUE(runtime_.block_on(send_text(&a, most, address_of(b))).has_value());
  EXPECT_EQ(runtime_.block_on(receive_text(&b)).value(), most);
  const auto beyond = runtime_.block_on(send_text(&a, most + "m", address_of(b)));
  ASSERT_FALSE(beyond.has_value());
  EXPECT_TRUE(beyond.error().is(Errc::InvalidArgument));
}

TEST_F(UdpSocket, ConnectedHearsItsPeerAloneAndItsAbsence) {
  Socket a = bind(), b = bind(), stranger = bind();
  ASSERT_TRUE(b.connect(address_of(a)).has_value());
  EXPECT_EQ(*b.peer_address(), address_of(a));
  ASSERT_TRUE(runtime_.block_on(send_text(&stranger, "forged", address_of(b))).has_value());
  ASSERT_TRUE(runtime_.block_on(send_text(&a, "real", address_of(b))).has_value());
  EXPECT_EQ(runtime_.block_on(receive_text(&b)).value(), "real");
  ASSERT_TRUE(runtime_.block_on(send_text(&b, "to the peer", address_of(a))).has_value());
  EXPECT_EQ(runtime_.block_on(receive_text(&a)).value(), "to the peer");

#if !defined(_WIN32)  // Wine does not report it
  const SocketAddress gone = address_of(a);
  a = Socket();
  ASSERT_TRUE(runtime_.block_on(send_text(&b, "anybody?", gone)).has_value());
  const auto refused = runtime_.block_on(receive_text(&b));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(Errc::ConnectionRefused) ||
              refused.error().is(Errc::ConnectionReset))
      << refused.error().to_string();
#endif
}

TEST_F(UdpSocket, ConnectingDropsWhatStrangersHadSent) {
  Socket a = bind(), b = bind(), stranger = bind();
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(runtime_.block_on(send_text(&stranger, "forged", address_of(b))).has_value());
  ASSERT_TRUE(runtime_.block_on(send_text(&a, "early", address_of(b))).has_value());
  ASSERT_TRUE(b.connect(address_of(a)).has_value());
  ASSERT_TRUE(runtime_.block_on(send_text(&a, "real", address_of(b))).has_value());
  EXPECT_EQ(runtime_.block_on(receive_text(&b)).value(), "early");
  EXPECT_EQ(runtime_.block_on(receive_text(&b)).value(), "real");
  std::byte buffer[8];
  EXPECT_FALSE(b.try_receive(buffer).has_value());
}

TEST_F(UdpSocket, SpeaksIpv6AndIpv4ThroughOneSocket) {
  auto six = Socket::bind(runtime_, SocketAddress(IpAddress::parse("::").value(), 0));
  if (!six.has_value()) GTEST_SKIP() << "no IPv6 here: " << six.error().to_string();
  const std::uint16_t port = address_of(*six).port();
  Socket four = bind();
  ASSERT_TRUE(runtime_.block_on(send_text(&four, "4", SocketAddress::loopback(port))).has_value());
  std::byte buffer[8];
  const auto got = runtime_.block_on(receive_into(&*six, buffer));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->source.ip().unmapped(), IpAddress::v4(127, 0, 0, 1));
  ASSERT_TRUE(runtime_.block_on(send_text(&*six, "back", got->source)).has_value());
  EXPECT_EQ(runtime_.block_on(receive_text(&four)).value(), "back");
}

TEST_F(UdpSocket, RefusesUnixAddressesAndTakenPorts) {
  const auto unix_address = SocketAddress::unix_socket("/tmp/avila-udp-none");
  EXPECT_FALSE(Socket::bind(runtime_, *unix_address).has_value());
  Socket a = bind();
  const auto taken = Socket::bind(runtime_, address_of(a));
  ASSERT_FALSE(taken.has_value());
  EXPECT_TRUE(taken.error().is(Errc::AddressInUse));
}

TEST_F(UdpSocket, TheSystemsNetworkMakesSockets) {
  SystemNetwork network(runtime_);
  auto made = network.bind(SocketAddress::loopback(0));
  ASSERT_TRUE(made.has_value());
  Socket a = bind();
  const SocketAddress to = *(*made)->local_address();
  ASSERT_TRUE(runtime_.block_on(send_text(&a, "seam", to)).has_value());
  EXPECT_EQ(runtime_.block_on(receive_text(made->get())).value(), "seam");
}

}  // namespace
}  // namespace avila::udp

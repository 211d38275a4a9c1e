// What Linux offers beyond sending and receiving, on the loopback interface.
#if defined(__linux__)
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/tcp/native.hpp>
#include <avila/udp/socket.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace avila::udp {
namespace {

using async::Runtime;

constexpr Duration kPatience = seconds(20);

Task<Result<Datagram>> receive_into(Socket* socket, MutableByteSpan buffer) {
  co_return co_await receive_within(*socket, buffer, kPatience);
}
Task<Result<std::size_t>> receive_many(Socket* socket, std::span<Incoming> batch) {
  co_return co_await socket->receive_batch(batch);
}
Task<Result<void>> send_all(Socket* socket, std::span<const Outgoing> batch) {
  co_return co_await socket->send_batch(batch);
}

class UdpOptions : public ::testing::Test {
 protected:
  Socket bind(SocketOptions options = {}, SocketAddress local = SocketAddress::loopback(0)) {
    auto socket = Socket::bind(runtime_, local, options);
    EXPECT_TRUE(socket.has_value()) << socket.error().to_string();
    return std::move(*socket);
  }
  static SocketAddress address_of(const Socket& socket) { return *socket.local_address(); }
  Result<void> send(Socket& from, const Outgoing& outgoing) {
    return runtime_.block_on(send_all(&from, {&outgoing, 1}));
  }
  Result<Datagram> receive(Socket& at, MutableByteSpan buffer) {
    return runtime_.block_on(receive_into(&at, buffer));
  }
  std::optional<Socket> bind_v6(SocketOptions options = {}) {
    auto socket = Socket::bind(runtime_, SocketAddress(*IpAddress::parse("::1"), 0), options);
    if (!socket.has_value()) return std::nullopt;
    return std::move(*socket);
  }
  Runtime runtime_{{.threads = 2}};
};

TEST_F(UdpOptions, BatchesGoAndComeInOneCall) {
  Socket a = bind(), b = bind({.receive_buffer_bytes = 1'000'000});
  std::vector<std::string> texts;
  for (int i = 0; i < 150; ++i) texts.push_back("number " + std::to_string(i));
  std::vector<Outgoing> outgoing;
  for (const std::string& text : texts)
    outgoing.push_back({.bytes = as_bytes(text), .to = address_of(b)});
  ASSERT_TRUE(runtime_.block_on(send_all(&a, outgoing)).has_value());
  std::vector<std::vector<std::byte>> buffers(40, std::vector<std::byte>(32));
  std::vector<Incoming> incoming;
  for (auto& buffer : buffers) incoming.push_back({buffer});
  std::size_t got = 0;
  std::size_t calls = 0;
  for (; got < texts.size(); ++calls) {
    const auto count = runtime_.block_on(receive_many(&b, incoming));
    ASSERT_TRUE(count.has_value());
    for (std::size_t i = 0; i < *count; ++i, ++got) {
      EXPECT_EQ(as_text(ByteSpan(buffers[i]).first(incoming[i].datagram.size_bytes)), texts[got]);
      EXPECT_EQ(incoming[i].datagram.source, address_of(a));
    }
  }
  EXPECT_EQ(calls, 4U) << "40 at a time";
}

TEST_F(UdpOptions, ToldAreDestinationEcnAndTtl) {
  const SocketOptions all{.packet_info = true, .ecn = true, .ttl = true};
  Socket a = bind(), b = bind(all, SocketAddress(IpAddress(), 0));
  ASSERT_TRUE(a.set_ttl(7).has_value());
  const SocketAddress to(IpAddress::v4(127, 0, 0, 5), address_of(b).port());
  std::byte buffer[16];
  for (std::uint8_t ecn = 0; ecn < 4; ++ecn) {
    ASSERT_TRUE(send(a, {.bytes = as_bytes("x"), .to = to, .ecn = ecn}).has_value());
    const auto got = receive(b, buffer);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->ecn, ecn);
    EXPECT_EQ(got->ttl, 7);
    EXPECT_EQ(got->destination, IpAddress::v4(127, 0, 0, 5));
    EXPECT_EQ(got->interface_index, tcp::native::interface_index("lo"));
  }
}

TEST_F(UdpOptions, TheSameForIpv6) {
  auto a = bind_v6(), b = bind_v6({.packet_info = true, .ecn = true, .ttl = true});
  if (!a.has_value() || !b.has_value()) GTEST_SKIP() << "no IPv6 here";
  ASSERT_TRUE(a->set_ttl(9).has_value());
  std::byte buffer[16];
  ASSERT_TRUE(send(*a, {.bytes = as_bytes("x"), .to = address_of(*b), .ecn = 2}).has_value());
  const auto got = receive(*b, buffer);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->ecn, 2);
  EXPECT_EQ(got->ttl, 9);
  EXPECT_EQ(got->destination, address_of(*b).ip());
}

TEST_F(UdpOptions, SendsFromTheAddressThatWasAskedFor) {
  Socket a = bind({}, SocketAddress(IpAddress(), 0)), b = bind();
  const Outgoing outgoing{
      .bytes = as_bytes("x"), .to = address_of(b), .source = IpAddress::v4(127, 0, 0, 77)};
  ASSERT_TRUE(send(a, outgoing).has_value());
  std::byte buffer[16];
  EXPECT_EQ(receive(b, buffer)->source.ip(), IpAddress::v4(127, 0, 0, 77));
}

TEST_F(UdpOptions, SegmentsAreCutAndPutTogether) {
  Socket a = bind(), plain = bind({.receive_buffer_bytes = 1'000'000});
  std::string text(10'000, '?');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i / 1000);
  Outgoing outgoing{.bytes = as_bytes(text), .to = address_of(plain), .segment_bytes = 1200};
  ASSERT_TRUE(send(a, outgoing).has_value());
  std::vector<std::byte> buffer(65'536);
  std::string got_text;
  for (int i = 0; i < 9; ++i) {
    const auto got = receive(plain, buffer);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->size_bytes, i < 8 ? 1200U : 400U);
    EXPECT_EQ(got->segment_bytes, 0U);
    got_text += as_text(ByteSpan(buffer).first(got->size_bytes));
  }
  EXPECT_EQ(got_text, text);

  Socket gathering = bind({.gro = true});
  outgoing.to = address_of(gathering);
  ASSERT_TRUE(send(a, outgoing).has_value());
  got_text.clear();
  int calls = 0;
  for (; got_text.size() < text.size(); ++calls) {
    const auto got = receive(gathering, buffer);
    ASSERT_TRUE(got.has_value());
    if (got->size_bytes > 1200) {
      EXPECT_EQ(got->segment_bytes, 1200U);
    }
    got_text += as_text(ByteSpan(buffer).first(got->size_bytes));
  }
  EXPECT_EQ(got_text, text);
  EXPECT_LT(calls, 9) << "the kernel put none together";

  outgoing.segment_bytes = 100;  // 100 of them
  EXPECT_TRUE(send(a, outgoing).error().is(Errc::InvalidArgument));
}

// The kernel's cutter refuses segments above the path's MTU; one by one IP fragments them.
TEST_F(UdpOptions, SegmentsAboveTheMtuAreSentOneByOne) {
  const Group group{.address = IpAddress::v4(239, 255, 12, 36),
                    .interface_index = tcp::native::interface_index("eth0")};
  if (group.interface_index == 0) GTEST_SKIP() << "no interface with a small MTU here";
  Socket member = bind({}, SocketAddress(group.address, 0));
  Socket sender = bind({}, SocketAddress(IpAddress(), 0));
  ASSERT_TRUE(sender.set_multicast_ttl(0).has_value()) << "stays on this host";
  if (!member.join(group).has_value() ||
      !sender.set_multicast_interface(group.interface_index).has_value() ||
      !send(sender, {.bytes = as_bytes("route?"), .to = address_of(member)}).has_value())
    GTEST_SKIP() << "no multicast here";
  std::vector<std::byte> buffer(65'536);
  ASSERT_EQ(receive(member, buffer)->size_bytes, 6U);
  const std::string text(5'000, 's');
  const auto sent =
      send(sender, {.bytes = as_bytes(text), .to = address_of(member), .segment_bytes = 2000});
  ASSERT_TRUE(sent.has_value()) << sent.error().to_string();
  for (const std::size_t size : {2000U, 2000U, 1000U})
    EXPECT_EQ(receive(member, buffer)->size_bytes, size);
}

TEST_F(UdpOptions, TheErrorQueueNamesWhoCouldNotBeReached) {
  Socket a = bind({.errors = true}), gone = bind();
  const SocketAddress dead = address_of(gone);
  gone = Socket();
  EXPECT_FALSE(a.take_error().has_value());
  ASSERT_TRUE(send(a, {.bytes = as_bytes("anybody?"), .to = dead}).has_value());
  std::byte buffer[16];
  const auto refused = receive(a, buffer);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(Errc::ConnectionRefused));
  const auto error = a.take_error();
  ASSERT_TRUE(error.has_value());
  EXPECT_TRUE(error->error.is(Errc::ConnectionRefused));
  EXPECT_EQ(error->destination, dead);
  EXPECT_EQ(error->reporter, IpAddress::v4(127, 0, 0, 1));
  EXPECT_EQ(error->type, 3) << "ICMP: destination unreachable";
  EXPECT_EQ(error->code, 3) << "port unreachable";
  // The socket goes on.
  Socket b = bind();
  ASSERT_TRUE(send(a, {.bytes = as_bytes("b"), .to = address_of(b)}).has_value());
  EXPECT_TRUE(receive(b, buffer).has_value());
}

TEST_F(UdpOptions, TooLongForThePathIsSaid) {
  Socket a = bind({.errors = true, .dont_fragment = true}), b = bind();
  ASSERT_TRUE(a.connect(address_of(b)).has_value());
  const auto mtu = a.path_mtu();
  ASSERT_TRUE(mtu.has_value()) << mtu.error().to_string();
  EXPECT_GT(*mtu, 1000U);
  if (*mtu > 65'507) GTEST_SKIP() << "the loopback interface takes every datagram";
  const std::vector<std::byte> bytes(*mtu - 27);
  const auto sent = send(a, {.bytes = bytes, .to = address_of(b)});
  ASSERT_FALSE(sent.has_value());
  EXPECT_TRUE(sent.error().is(Errc::InvalidArgument)) << sent.error().to_string();
}

TEST_F(UdpOptions, ReusePortSpreadsDatagramsOverSockets) {
  const SocketOptions shared{.reuse_port = true};
  std::vector<Socket> sockets;
  sockets.push_back(bind(shared));
  const SocketAddress address = address_of(sockets[0]);
  for (int i = 0; i < 2; ++i) sockets.push_back(bind(shared, address));
  EXPECT_TRUE(Socket::bind(runtime_, address).error().is(Errc::AddressInUse));
  for (int i = 0; i < 60; ++i) {
    Socket from = bind();
    ASSERT_TRUE(send(from, {.bytes = as_bytes("x"), .to = address}).has_value());
  }
  std::size_t total = 0;
  for (Socket& socket : sockets) {
    std::byte buffer[4];
    std::size_t mine = 0;
    while (socket.try_receive(buffer).has_value()) ++mine;
    EXPECT_GT(mine, 0U) << "60 senders over 3 sockets, and one got none";
    total += mine;
  }
  EXPECT_EQ(total, 60U);
}

// --- multicast and broadcast

TEST_F(UdpOptions, MulticastReachesMembersUntilTheyLeave) {
  const Group group{.address = IpAddress::v4(239, 255, 12, 34),
                    .interface_index = tcp::native::interface_index("lo")};
  const SocketOptions shared{.reuse_address = true};
  Socket first = bind(shared, SocketAddress(group.address, 0));
  Socket second = bind(shared, address_of(first));
  for (Socket* member : {&first, &second}) {
    const auto joined = member->join(group);
    ASSERT_TRUE(joined.has_value()) << joined.error().to_string();
  }
  EXPECT_FALSE(first.join(group).has_value()) << "twice";
  Socket sender = bind();
  ASSERT_TRUE(sender.set_multicast_interface(group.interface_index).has_value());
  ASSERT_TRUE(sender.set_multicast_ttl(0).has_value()) << "stays on this host";
  ASSERT_TRUE(sender.set_multicast_loop(true).has_value());
  ASSERT_TRUE(send(sender, {.bytes = as_bytes("all"), .to = address_of(first)}).has_value());
  std::byte buffer[16];
  for (Socket* member : {&first, &second}) EXPECT_EQ(receive(*member, buffer)->size_bytes, 3U);

  ASSERT_TRUE(second.leave(group).has_value());
  EXPECT_FALSE(second.leave(group).has_value());
  EXPECT_TRUE(
      first.join({.address = IpAddress::v4(10, 0, 0, 1)}).error().is(Errc::InvalidArgument));
}

TEST_F(UdpOptions, SourceSpecificMulticastHearsItsSourceAlone) {
  const std::uint32_t lo = tcp::native::interface_index("lo");
  const IpAddress address = IpAddress::v4(232, 1, 2, 3);  // RFC 4607 §1
  const IpAddress wanted = IpAddress::v4(127, 0, 0, 20), other = IpAddress::v4(127, 0, 0, 21);
  const Group group{.address = address, .interface_index = lo, .source = wanted};
  Socket member = bind({}, SocketAddress(address, 0));
  const auto joined = member.join(group);
  ASSERT_TRUE(joined.has_value()) << joined.error().to_string();
  for (const IpAddress& source : {other, wanted}) {
    Socket sender = bind({}, SocketAddress(source, 0));
    ASSERT_TRUE(sender.set_multicast_interface(lo).has_value());
    ASSERT_TRUE(send(sender, {.bytes = as_bytes("x"), .to = address_of(member)}).has_value());
  }
  std::byte buffer[16];
  EXPECT_EQ(receive(member, buffer)->source.ip(), wanted);
  EXPECT_FALSE(member.try_receive(buffer).has_value());
  EXPECT_TRUE(member.leave(group).has_value());
  EXPECT_TRUE(member.join({.address = address, .source = *IpAddress::parse("::1")})
                  .error()
                  .is(Errc::InvalidArgument));
}

TEST_F(UdpOptions, MulticastOverIpv6) {
  const Group group{.address = *IpAddress::parse("ff01::1234"),  // of this interface alone
                    .interface_index = tcp::native::interface_index("lo")};
  auto member = Socket::bind(runtime_, SocketAddress(*IpAddress::parse("::"), 0));
  auto sender = bind_v6();
  if (!member.has_value() || !sender.has_value()) GTEST_SKIP() << "no IPv6 here";
  const auto joined = member->join(group);
  if (!joined.has_value()) GTEST_SKIP() << joined.error().to_string();
  ASSERT_TRUE(sender->set_multicast_interface(group.interface_index).has_value());
  ASSERT_TRUE(sender->set_multicast_ttl(1).has_value());
  ASSERT_TRUE(sender->set_multicast_loop(true).has_value());
  const SocketAddress to(group.address, address_of(*member).port(), group.interface_index);
  const auto sent = send(*sender, {.bytes = as_bytes("six"), .to = to});
  if (!sent.has_value()) GTEST_SKIP() << sent.error().to_string();
  std::byte buffer[16];
  EXPECT_EQ(receive(*member, buffer)->size_bytes, 3U);
  EXPECT_TRUE(member->leave(group).has_value());
}

// IPv4 through an IPv6 socket has hops, loops and interfaces of its own.
TEST_F(UdpOptions, BothFamiliesOfASocketAreSet) {
  auto both = Socket::bind(runtime_, SocketAddress(*IpAddress::parse("::"), 0));
  if (!both.has_value()) GTEST_SKIP() << "no IPv6 here";
  const int fd = both->native_handle();
  const auto option = [fd](int level, int name) {
    return tcp::native::get_option(fd, level, name, "option").value();
  };
  ASSERT_TRUE(both->set_ttl(7).has_value());
  ASSERT_TRUE(both->set_multicast_ttl(0).has_value());
  ASSERT_TRUE(both->set_multicast_loop(false).has_value());
  EXPECT_EQ(option(IPPROTO_IPV6, IPV6_UNICAST_HOPS), 7);
  EXPECT_EQ(option(IPPROTO_IP, IP_TTL), 7);
  EXPECT_EQ(option(IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 0);
  EXPECT_EQ(option(IPPROTO_IP, IP_MULTICAST_TTL), 0);
  EXPECT_EQ(option(IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 0);
  EXPECT_EQ(option(IPPROTO_IP, IP_MULTICAST_LOOP), 0);

  const Group group{.address = IpAddress::v4(239, 255, 12, 35),
                    .interface_index = tcp::native::interface_index("lo")};
  Socket member = bind({}, SocketAddress(group.address, 0));
  ASSERT_TRUE(member.join(group).has_value());
  ASSERT_TRUE(both->set_multicast_loop(true).has_value());
  ASSERT_TRUE(both->set_multicast_interface(group.interface_index).has_value());
  ASSERT_TRUE(send(*both, {.bytes = as_bytes("all"), .to = address_of(member)}).has_value());
  std::byte buffer[16];
  EXPECT_EQ(receive(member, buffer)->size_bytes, 3U);

  auto six = Socket::bind(runtime_, SocketAddress(*IpAddress::parse("::"), 0), {.v6_only = true});
  ASSERT_TRUE(six.has_value());
  EXPECT_TRUE(six->set_ttl(7).has_value());
  EXPECT_TRUE(six->set_multicast_ttl(1).has_value());
}

TEST_F(UdpOptions, BroadcastNeedsToBeAllowed) {
  Socket member = bind({}, SocketAddress(IpAddress(), 0));
  const SocketAddress to(IpAddress::v4(127, 255, 255, 255), address_of(member).port());
  Socket sender = bind();
  const auto forbidden = send(sender, {.bytes = as_bytes("all"), .to = to});
  ASSERT_FALSE(forbidden.has_value());
  EXPECT_TRUE(forbidden.error().is(Errc::PermissionDenied));
  ASSERT_TRUE(sender.set_broadcast(true).has_value());
  ASSERT_TRUE(send(sender, {.bytes = as_bytes("all"), .to = to}).has_value());
  std::byte buffer[16];
  EXPECT_EQ(receive(member, buffer)->size_bytes, 3U);
  Socket allowed = bind({.broadcast = true});
  EXPECT_TRUE(send(allowed, {.bytes = as_bytes("all"), .to = to}).has_value());
}

}  // namespace
}  // namespace avila::udp
#endif

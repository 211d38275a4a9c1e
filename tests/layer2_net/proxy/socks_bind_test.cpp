// BIND, and UDP ASSOCIATE over the system's sockets.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <avila/async/runtime.hpp>
#include <avila/proxy/socks5.hpp>
#include <memory>
#include <string>

namespace {

using namespace avila;

constexpr int kPatienceMs = 20'000;

sockaddr_in address_of(std::string_view ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, std::string(ip).c_str(), &address.sin_addr);
  return address;
}

/// A blocking socket of either kind, bound to an address of this machine.
class Raw {
 public:
  explicit Raw(int type, std::string_view from = "127.0.0.1") : fd_(::socket(AF_INET, type, 0)) {
    const sockaddr_in address = address_of(from, 0);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Raw() { close(); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  bool connect(std::uint16_t port, std::string_view ip = "127.0.0.1") {
    const sockaddr_in address = address_of(ip, port);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  void send(std::string_view bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void send_to(std::string_view bytes, std::uint16_t port) {
    const sockaddr_in to = address_of("127.0.0.1", port);
    EXPECT_EQ(::sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                       sizeof to),
              static_cast<ssize_t>(bytes.size()));
  }
  /// One read or one datagram; "" at the end, or after kPatienceMs. `from`: whose it is.
  std::string receive(std::size_t most = 65'536, std::uint16_t* from = nullptr) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, kPatienceMs) <= 0) return "";
    std::string got(most, '\0');
    sockaddr_in source{};
    socklen_t size = sizeof source;
    const ssize_t n =
        ::recvfrom(fd_, got.data(), got.size(), 0, reinterpret_cast<sockaddr*>(&source), &size);
    if (from != nullptr) *from = ntohs(source.sin_port);
    got.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return got;
  }
  /// Of a stream: the other side has ended it.
  bool at_end() {
    pollfd waiting{fd_, POLLIN, 0};
    char byte = 0;
    return ::poll(&waiting, 1, kPatienceMs) == 1 && ::recv(fd_, &byte, 1, 0) <= 0;
  }
  /// Of a stream: exactly so many, or what came before its end.
  std::string read(std::size_t count) {
    std::string got;
    while (got.size() < count) {
      const std::string piece = receive(count - got.size());
      if (piece.empty()) break;
      got += piece;
    }
    return got;
  }

 private:
  int fd_;
};

std::uint16_t port_of(const std::string& reply) {
  if (reply.size() != 10) return 0;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(reply[8]) << 8 |
                                    static_cast<unsigned char>(reply[9]));
}

std::string request(char command, std::string_view ip, std::uint16_t port) {
  const sockaddr_in address = address_of(ip, port);
  std::string out = {'\x05', '\x01', '\x00', '\x05', command, '\x00', '\x01'};
  out.append(reinterpret_cast<const char*>(&address.sin_addr), 4);
  out.append(reinterpret_cast<const char*>(&address.sin_port), 2);
  return out;
}

class SocksBind : public ::testing::Test {
 protected:
  SocksBind() {
    options.destinations.ports = {};
    options.destinations.deny_internal = false;
  }
  ~SocksBind() override {
    if (server != nullptr) runtime.block_on(server->shutdown());
  }
  std::uint16_t start() {
    server = std::make_unique<proxy::SocksServer>(runtime, options, socks);
    EXPECT_TRUE(server->listen("127.0.0.1:0").has_value());
    const std::string address = server->local_address();
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
  }
  /// The first reply to BIND of `peer`.
  static std::string bind(Raw& client, std::uint16_t server_port, std::string_view peer,
                          std::uint16_t port = 4711) {
    EXPECT_TRUE(client.connect(server_port));
    client.send(request(2, peer, port));
    return client.read(12).substr(2);
  }
  template <class Condition>
  static void wait_until(Condition condition) {
    for (int i = 0; i < kPatienceMs / 10 && !condition(); ++i) ::usleep(10'000);
    EXPECT_TRUE(condition());
  }

  async::Runtime runtime{{.threads = 2}};
  proxy::ForwardOptions options;
  proxy::SocksOptions socks;
  std::unique_ptr<proxy::SocksServer> server;
};

const std::string kGranted("\x05\x00\x00\x01\x7f\x00\x00\x01", 8);

TEST_F(SocksBind, OneConnectionComesIn) {
  const std::uint16_t port = start();
  Raw client(SOCK_STREAM), peer(SOCK_STREAM), late(SOCK_STREAM);
  const std::string first = bind(client, port, "127.0.0.1");
  ASSERT_EQ(first.substr(0, 8), kGranted);
  client.send("early ");  // before it knows of anybody
  ASSERT_TRUE(peer.connect(port_of(first)));
  const std::string second = client.read(10);
  EXPECT_EQ(second.substr(0, 8), kGranted);
  EXPECT_EQ(port_of(second), peer.port());
  client.send("bird");
  EXPECT_EQ(peer.read(10), "early bird");
  peer.send("worm");
  EXPECT_EQ(client.read(4), "worm");
  EXPECT_FALSE(late.connect(port_of(first)));  // one is all
  EXPECT_EQ(server->metrics().binds, 0U);
  peer.close();
  EXPECT_TRUE(client.at_end());
  client.close();
  wait_until([&] { return server->metrics().connections == 0; });
}

TEST_F(SocksBind, OnlyTheNamedPeerIsLetIn) {
  const std::uint16_t port = start();
  Raw client(SOCK_STREAM), stranger(SOCK_STREAM, "127.0.0.2"), peer(SOCK_STREAM, "127.0.0.3");
  const std::string first = bind(client, port, "127.0.0.3");
  ASSERT_EQ(first.substr(0, 2), kGranted.substr(0, 2));
  ASSERT_TRUE(stranger.connect(port_of(first)));
  EXPECT_TRUE(stranger.at_end());  // closed
  EXPECT_EQ(server->metrics().binds, 1U);
  ASSERT_TRUE(peer.connect(port_of(first)));
  const std::string second = client.read(10);
  EXPECT_EQ(second.substr(0, 8), std::string("\x05\x00\x00\x01\x7f\x00\x00\x03", 8));
  peer.send("hello");
  EXPECT_EQ(client.read(5), "hello");
}

TEST_F(SocksBind, NobodyComes) {
  socks.bind_wait = milliseconds(50);
  Raw client(SOCK_STREAM);
  const std::string first = bind(client, start(), "127.0.0.1");
  ASSERT_EQ(first.substr(0, 2), kGranted.substr(0, 2));
  EXPECT_EQ(client.read(100).substr(0, 2), "\x05\x04");
  EXPECT_EQ(server->metrics().failed, 1U);
  Raw late(SOCK_STREAM);
  wait_until([&] { return server->metrics().binds == 0; });
  EXPECT_FALSE(late.connect(port_of(first)));
}

TEST_F(SocksBind, AClientThatGoesIsWaitedForNoLonger) {
  const std::uint16_t port = start();
  Raw client(SOCK_STREAM), late(SOCK_STREAM);
  const std::string first = bind(client, port, "127.0.0.1");
  ASSERT_EQ(first.substr(0, 2), kGranted.substr(0, 2));
  client.close();
  wait_until([&] { return server->metrics().connections == 0; });
  EXPECT_FALSE(late.connect(port_of(first)));
}

TEST_F(SocksBind, PeersAreJudgedAsDestinations) {
  options.destinations.deny_internal = true;
  options.destinations.allowed = proxy::AddressSet::parse({"127.0.0.5", "0.0.0.0"}).value();
  options.destinations.ports = {20};
  const std::uint16_t port = start();
  const auto ask = [&](std::string_view peer, std::uint16_t peer_port) {
    Raw client(SOCK_STREAM);
    return bind(client, port, peer, peer_port).substr(0, 2);
  };
  EXPECT_EQ(ask("127.0.0.1", 20), "\x05\x02");
  EXPECT_EQ(ask("127.0.0.5", 21), "\x05\x02");
  EXPECT_EQ(ask("0.0.0.0", 20), "\x05\x02");  // anybody is nobody
  EXPECT_EQ(server->metrics().refused, 3U);
  EXPECT_EQ(ask("127.0.0.5", 20), kGranted.substr(0, 2));
}

TEST_F(SocksBind, WaitsAreCounted) {
  socks.binds = 1;
  const std::uint16_t port = start();
  Raw one(SOCK_STREAM), two(SOCK_STREAM), three(SOCK_STREAM), peer(SOCK_STREAM);
  const std::string first = bind(one, port, "127.0.0.1");
  ASSERT_EQ(first.substr(0, 2), kGranted.substr(0, 2));
  EXPECT_EQ(bind(two, port, "127.0.0.1").substr(0, 2), "\x05\x01");
  ASSERT_TRUE(peer.connect(port_of(first)));
  EXPECT_EQ(one.read(10).substr(0, 2), kGranted.substr(0, 2));  // who has come is not waited for
  EXPECT_EQ(bind(three, port, "127.0.0.1").substr(0, 2), kGranted.substr(0, 2));
}

TEST_F(SocksBind, CommandsThatAreNotOffered) {
  socks.binds = 0;
  const std::uint16_t port = start();
  Raw one(SOCK_STREAM), two(SOCK_STREAM);
  EXPECT_EQ(bind(one, port, "127.0.0.1").substr(0, 2), "\x05\x07");
  ASSERT_TRUE(two.connect(port));
  two.send(request(9, "127.0.0.1", 1));
  EXPECT_EQ(two.read(12).substr(2, 2), "\x05\x07");
}

TEST_F(SocksBind, AShutdownEndsWaitsAndRelays) {
  const std::uint16_t port = start();
  Raw waiting(SOCK_STREAM), client(SOCK_STREAM), peer(SOCK_STREAM), associated(SOCK_STREAM);
  ASSERT_EQ(bind(waiting, port, "127.0.0.1").substr(0, 2), kGranted.substr(0, 2));
  const std::string first = bind(client, port, "127.0.0.1");
  ASSERT_TRUE(peer.connect(port_of(first)));
  EXPECT_EQ(client.read(10).substr(0, 2), kGranted.substr(0, 2));
  ASSERT_TRUE(associated.connect(port));
  associated.send(request(3, "0.0.0.0", 0));
  EXPECT_EQ(associated.read(12).substr(2, 8), kGranted);
  runtime.block_on(server->shutdown());
  EXPECT_EQ(server->metrics().connections, 0U);
  EXPECT_EQ(server->metrics().binds + server->metrics().associations, 0U);
  EXPECT_TRUE(peer.at_end());
  EXPECT_TRUE(associated.at_end());
}

// What the simulation cannot show: the system's sockets, its threads, datagrams of full size.
TEST_F(SocksBind, DatagramsGoThroughTheSystem) {
  const std::uint16_t port = start();
  Raw control(SOCK_STREAM), client(SOCK_DGRAM), stranger(SOCK_DGRAM, "127.0.0.2"),
      there(SOCK_DGRAM);
  ASSERT_TRUE(control.connect(port));
  control.send(request(3, "0.0.0.0", client.port()));
  const std::string reply = control.read(12).substr(2);
  ASSERT_EQ(reply.substr(0, 8), kGranted);
  const std::uint16_t relay = port_of(reply);
  std::string head = std::string("\0\0\0\x01\x7f\0\0\x01", 8);
  head += static_cast<char>(there.port() >> 8);
  head += static_cast<char>(there.port() & 0xff);
  stranger.send_to(head + "x", relay);
  client.send_to(head.substr(0, 9), relay);
  for (const std::size_t size : {0, 1, 1'472, 9'000, 65'497}) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    client.send_to(head + text, relay);
    std::uint16_t outer = 0;
    EXPECT_EQ(there.receive(65'536, &outer), text);
    ASSERT_NE(outer, 0);
    EXPECT_NE(outer, relay);
    stranger.send_to("spoofed", outer);
    there.send_to(text, outer);
    EXPECT_EQ(client.receive(), head + text);
  }
  wait_until([&] { return server->metrics().datagrams == 10; });
  wait_until([&] { return server->metrics().dropped == 7; });
  control.close();
  wait_until([&] { return server->metrics().associations == 0; });
}

// An address in a name's place is an address, and one that nobody answers at does no harm.
TEST_F(SocksBind, DatagramsToNobodyAreLost) {
  const std::uint16_t port = start();
  Raw control(SOCK_STREAM), client(SOCK_DGRAM), there(SOCK_DGRAM);
  ASSERT_TRUE(control.connect(port));
  control.send(request(3, "0.0.0.0", 0));
  const std::uint16_t relay = port_of(control.read(12).substr(2));
  std::string closed("\0\0\0\x01\x7f\0\0\x01\0\x01", 10);
  client.send_to(closed + "x", relay);
  std::string head(
      "\0\0\0\x03\x09"
      "127.0.0.1",
      14);
  head += static_cast<char>(there.port() >> 8);
  head += static_cast<char>(there.port() & 0xff);
  client.send_to(head + "by a name", relay);
  EXPECT_EQ(there.receive(), "by a name");
}

}  // namespace

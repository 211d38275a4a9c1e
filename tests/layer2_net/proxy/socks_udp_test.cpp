// UDP ASSOCIATE in a simulated network: who is heard, where datagrams may go, who may answer, what
// is kept, and when it ends.
#include <gtest/gtest.h>
#include <avila/async/sim_executor.hpp>
#include <avila/future/sleep.hpp>
#include <avila/proxy/socks5.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/udp/sim_network.hpp>
#include <avila_test/tools.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace avila;
using future::Task;
using tcp::IpAddress;
using tcp::SocketAddress;
using Socket = std::unique_ptr<udp::DatagramTransport>;

SocketAddress at(std::string_view text) { return SocketAddress::parse(text).value(); }

/// The head of a datagram to `host`, an address or a name.
std::string head_to(std::string_view host, std::uint16_t port) {
  auto address = IpAddress::parse(host);
  if (address.has_value()) return proxy::socks_datagram_head(SocketAddress(*address, port));
  std::string head("\0\0\0\x03", 4);
  head += static_cast<char>(host.size());
  head.append(host);
  head += static_cast<char>(port >> 8);
  head += static_cast<char>(port & 0xff);
  return head;
}

/// Names, some of them slow.
class Names final : public tcp::Resolver {
 public:
  Task<Result<std::vector<SocketAddress>>> resolve(async::Executor&, std::string host,
                                                   std::uint16_t port,
                                                   future::CancelToken cancel) override {
    ++asked[host];
    if (host.starts_with("slow")) {
      auto slept = co_await future::sleep(seconds(2), cancel);
      AVILA_CO_TRY_VOID(std::move(slept));
    }
    const auto found = known.find(host);
    if (found == known.end()) co_return Error(Errc::NotFound, "there is no such name");
    std::vector<SocketAddress> out;
    for (const char* each : found->second) out.emplace_back(IpAddress::parse(each).value(), port);
    co_return out;
  }
  std::map<std::string, std::vector<const char*>> known{{"one.test", {"9.9.9.9"}},
                                                        {"six.test", {"2620:fe::fe"}},
                                                        {"slow.test", {"9.9.9.9"}},
                                                        {"inside.test", {"10.0.0.1"}},
                                                        {"both.test", {"10.0.0.1", "9.9.9.9"}},
                                                        {"group.test", {"224.0.0.1"}}};
  std::map<std::string, int> asked;
};

/// A client of the server and its connection.
struct Client {
  std::unique_ptr<async::Transport> control;
  std::string reply;    // to the request
  SocketAddress relay;  // where it says that datagrams are taken
};

class SocksUdp : public ::testing::Test {
 protected:
  SocksUdp() {
    options.destinations.ports = {};
    options.resolver = &names;
    socks.network = &network;
  }
  void TearDown() override {
    sim.block_on(server->shutdown());
    EXPECT_EQ(server->metrics().associations, 0U);
    server.reset();
    // The relay's sockets are closed, or the network would not let itself be destroyed.
    EXPECT_EQ(sim.live_tasks(), 0U);
  }
  void start() { server = std::make_unique<proxy::SocksServer>(sim, options, socks); }

  Socket bind(std::string_view where) { return network.bind(at(where)).value(); }

  /// Asks for an association from `host`:`port`; of 198.51.100.7 unless told.
  Client associate(std::string_view host = "0.0.0.0", std::uint16_t port = 0,
                   std::string_view from = "198.51.100.7:4000",
                   std::string_view local = "192.0.2.1:1080") {
    Client client;
    auto pipe = async::make_pipe();
    client.control = std::move(pipe.first);
    std::optional<proxy::SocksEnds> ends;
    if (!local.empty()) ends = proxy::SocksEnds{at(from), at(local)};
    sim.spawn(server->serve(std::move(pipe.second), ends)).detach();
    std::string ask("\x05\x01\x00\x05", 4);
    ask += std::string("\x03", 1) + head_to(host, port).substr(2);
    client.reply = sim.block_on(exchange(client.control.get(), ask)).substr(2);
    if (client.reply.size() < 10 || client.reply[1] != 0) return client;
    // From the kind of address on, a reply is what a request is.
    const auto parsed = proxy::parse_socks_request(as_bytes(client.reply)).value();
    if (parsed.has_value())
      client.relay =
          SocketAddress(IpAddress::parse(parsed->message.host).value(), parsed->message.port);
    return client;
  }
  static Task<std::string> exchange(async::Transport* control, std::string text) {
    auto sent = co_await control->write_all(as_bytes(text));
    std::string got;
    std::byte buffer[64];
    const auto whole = [&] { return got.size() >= (got.size() > 5 && got[5] == 4 ? 24U : 12U); };
    while (sent.has_value() && !whole()) {
      auto count = co_await control->read(buffer);
      if (!count.has_value() || *count == 0) break;
      got.append(as_text(ByteSpan(buffer).first(*count)));
    }
    co_return got;
  }

  void send(const Socket& from, std::string_view bytes, const SocketAddress& to) {
    sim.block_on(send_now(from.get(), std::string(bytes), to));
  }
  static Task<void> send_now(udp::DatagramTransport* from, std::string bytes, SocketAddress to) {
    auto sent = co_await from->send_to(as_bytes(bytes), to);
    EXPECT_TRUE(sent.has_value());
  }
  /// What has come within a moment, and from whom; "" where nothing has.
  std::pair<std::string, SocketAddress> receive(const Socket& at_socket) {
    return sim.block_on(receive_now(at_socket.get()));
  }
  static Task<std::pair<std::string, SocketAddress>> receive_now(udp::DatagramTransport* socket) {
    std::byte buffer[2048];
    auto got = co_await udp::receive_within(*socket, buffer, milliseconds(100));
    if (!got.has_value()) co_return std::pair(std::string(), SocketAddress());
    co_return std::pair(std::string(as_text(ByteSpan(buffer).first(got->size_bytes))), got->source);
  }
  static Task<void> write(async::Transport* control, std::string text) {
    auto sent = co_await control->write_all(as_bytes(text));
    EXPECT_TRUE(sent.has_value());
  }
  static Task<void> end(async::Transport* control) {
    auto ended = co_await control->shutdown_write();
    EXPECT_TRUE(ended.has_value());
  }
  /// The client's connection has been closed by the server.
  bool ended(const Client& client) { return sim.block_on(ended_now(client.control.get())); }
  static Task<bool> ended_now(async::Transport* control) {
    std::byte buffer[1];
    const future::Deadline deadline(milliseconds(100));
    auto got = co_await control->read(buffer, deadline.token());
    co_return !deadline.expired();
  }

  udp::SimNetwork network;
  async::SimExecutor sim{1};
  Names names;
  proxy::ForwardOptions options;
  proxy::SocksOptions socks;
  std::unique_ptr<proxy::SocksServer> server;
};

TEST_F(SocksUdp, DatagramsGoBothWays) {
  start();
  const Client client = associate();
  ASSERT_EQ(client.reply.substr(0, 4), std::string("\x05\x00\x00\x01", 4));
  EXPECT_EQ(client.relay.ip(), IpAddress::v4(192, 0, 2, 1));
  EXPECT_EQ(server->metrics().associations, 1U);
  const Socket own = bind("198.51.100.7:5000");
  const Socket four = bind("9.9.9.9:53"), six = bind("[2620:fe::fe]:53");
  const auto talk = [&](std::string_view host, const Socket& there, std::string_view address) {
    SCOPED_TRACE(host);
    send(own, head_to(host, 53) + "question", client.relay);
    const auto [question, relay] = receive(there);
    EXPECT_EQ(question, "question");
    send(there, "answer", relay);
    const auto [answer, from] = receive(own);
    EXPECT_EQ(answer, head_to(address, 53) + "answer");
    EXPECT_EQ(from, client.relay);
  };
  talk("9.9.9.9", four, "9.9.9.9");
  talk("::ffff:9.9.9.9", four, "9.9.9.9");
  talk("2620:fe::fe", six, "2620:fe::fe");
  talk("one.test", four, "9.9.9.9");
  talk("six.test", six, "2620:fe::fe");
  EXPECT_EQ(names.asked.size(), 2U);
  EXPECT_EQ(server->metrics().datagrams, 10U);
  EXPECT_EQ(server->metrics().dropped, 0U);
  // Nothing is as good as anything else.
  send(own, head_to("9.9.9.9", 53), client.relay);
  EXPECT_EQ(receive(four).second.is_unix(), false);
  EXPECT_EQ(server->metrics().datagrams, 11U);
}

TEST_F(SocksUdp, ClientsMayBeOfEitherFamily) {
  start();
  const Socket there = bind("9.9.9.9:53");
  const auto talk = [&](std::string_view client_at, std::string_view local,
                        std::string_view sender) {
    SCOPED_TRACE(client_at);
    const Client client = associate("::", 0, client_at, local);
    const Socket own = bind(sender);
    send(own, head_to("9.9.9.9", 53) + "x", client.relay);
    const auto [text, relay] = receive(there);
    EXPECT_EQ(text, "x");
    send(there, "y", relay);
    EXPECT_EQ(receive(own).first, head_to("9.9.9.9", 53) + "y");
    return client.relay.ip().to_string();
  };
  EXPECT_EQ(talk("[2001:db8::7]:4000", "[2001:db8::1]:1080", "[2001:db8::7]:5000"), "2001:db8::1");
  // IPv4 on a listener of both families.
  EXPECT_EQ(talk("[::ffff:198.51.100.7]:4000", "[::ffff:192.0.2.1]:1080", "198.51.100.7:5000"),
            "192.0.2.1");
}

TEST_F(SocksUdp, OnlyTheClientIsHeard) {
  start();
  const Client client = associate();
  const Socket there = bind("9.9.9.9:53");
  const Socket own = bind("198.51.100.7:5000"), neighbour = bind("198.51.100.7:5001"),
               stranger = bind("198.51.100.8:5000");
  const std::string good = head_to("9.9.9.9", 53) + "x";
  send(stranger, good, client.relay);
  EXPECT_EQ(receive(there).first, "");
  send(own, good, client.relay);  // fixes the port
  EXPECT_EQ(receive(there).first, "x");
  send(neighbour, good, client.relay);
  EXPECT_EQ(receive(there).first, "");
  send(own, good, client.relay);
  const auto [text, relay] = receive(there);
  EXPECT_EQ(text, "x");
  send(there, "for it", relay);
  EXPECT_EQ(receive(neighbour).first, "");
  EXPECT_EQ(receive(stranger).first, "");
  EXPECT_EQ(receive(own).first, head_to("9.9.9.9", 53) + "for it");
  EXPECT_EQ(server->metrics().dropped, 2U);
}

TEST_F(SocksUdp, AnAnnouncedPortIsKept) {
  start();
  const Socket there = bind("9.9.9.9:53");
  const Socket own = bind("198.51.100.7:5000"), other = bind("198.51.100.7:5001");
  const std::string good = head_to("9.9.9.9", 53) + "x";
  // No address, the client's own in two forms, and what PySocks says where it knows the port alone.
  for (const char* host : {"0.0.0.0", "::", "198.51.100.7", "::ffff:198.51.100.7", "0"}) {
    SCOPED_TRACE(host);
    const Client client = associate(host, 5001);
    send(own, good, client.relay);
    EXPECT_EQ(receive(there).first, "");
    send(other, good, client.relay);
    EXPECT_EQ(receive(there).first, "x");
  }
  // An address that is not the client's as it is seen: there is a translation between, of ports
  // too.
  for (const char* host : {"192.168.1.2", "9.9.9.9", "client.test"}) {
    SCOPED_TRACE(host);
    const Client client = associate(host, 5001);
    send(own, good, client.relay);
    EXPECT_EQ(receive(there).first, "x");
    send(other, good, client.relay);
    EXPECT_EQ(receive(there).first, "");
  }
}

TEST_F(SocksUdp, HostileDatagramsAreDropped) {
  options.destinations.deny_internal = false;
  start();
  const Client client = associate();
  const Socket there = bind("9.9.9.9:53"), own = bind("198.51.100.7:5000");
  std::vector<std::string> bad;
  for (const char* host : {"9.9.9.9", "2620:fe::fe", "one.test"}) {
    const std::string head = head_to(host, 53);
    for (std::size_t i = 0; i < head.size(); ++i) bad.push_back(head.substr(0, i));
  }
  const auto changed = [](std::size_t index, char value) {
    std::string datagram = head_to("9.9.9.9", 53) + "x";
    datagram[index] = value;
    return datagram;
  };
  bad.push_back(changed(0, 1));
  bad.push_back(changed(1, 1));
  for (const char fragment : {'\x01', '\x7f', '\x80', '\xff'}) bad.push_back(changed(2, fragment));
  for (const char kind : {'\x00', '\x02', '\x05', '\xff'}) bad.push_back(changed(3, kind));
  bad.push_back(std::string("\0\0\0\x03\0\0\x35x", 8));  // a name of no bytes
  bad.push_back(head_to("a b", 53) + "x");
  bad.push_back(head_to("9.9.9.9", 0) + "x");
  for (const char* host : {"224.0.0.1", "ff02::1", "0.0.0.0", "::", "::ffff:0.0.0.0"})
    bad.push_back(head_to(host, 53) + "x");
  for (const std::string& each : bad) send(own, each, client.relay);
  EXPECT_EQ(receive(there).first, "");
  EXPECT_EQ(server->metrics().dropped, bad.size());
  EXPECT_EQ(server->metrics().datagrams, 0U);
  EXPECT_TRUE(names.asked.empty());
  // A name that leads to a group is no better.
  const Socket group = bind("224.0.0.1:53");
  send(own, head_to("group.test", 53) + "x", client.relay);
  EXPECT_EQ(receive(group).first, "");
  send(own, head_to("9.9.9.9", 53) + "good", client.relay);
  EXPECT_EQ(receive(there).first, "good");
}

TEST_F(SocksUdp, WhatIsNoDatagramFixesNoPort) {
  start();
  const Client client = associate();
  const Socket there = bind("9.9.9.9:53"), own = bind("198.51.100.7:5000"),
               other = bind("198.51.100.7:5001");
  send(other, "noise", client.relay);
  send(own, head_to("9.9.9.9", 53) + "good", client.relay);
  EXPECT_EQ(receive(there).first, "good");
}

TEST_F(SocksUdp, OnlyThoseWhoWereAskedAnswer) {
  start();
  const Client client = associate();
  const Socket own = bind("198.51.100.7:5000"), there = bind("9.9.9.9:53");
  const Socket same_host = bind("9.9.9.9:54"), same_port = bind("9.9.9.10:53");
  send(same_host, "before", client.relay);  // the client's side is no way in either
  send(own, head_to("9.9.9.9", 53) + "x", client.relay);
  const auto [text, relay] = receive(there);
  ASSERT_EQ(text, "x");
  send(same_host, "spoofed", relay);
  send(same_port, "spoofed", relay);
  send(own, head_to("9.9.9.9", 53) + "spoofed", relay);  // the client, from outside
  EXPECT_EQ(receive(own).first, "");
  EXPECT_EQ(receive(there).first, "");
  EXPECT_EQ(server->metrics().dropped, 4U);
  send(there, "answer", relay);
  EXPECT_EQ(receive(own).first, head_to("9.9.9.9", 53) + "answer");
}

TEST_F(SocksUdp, DestinationsAreJudgedAsForConnect) {
  options.destinations.ports = {53};
  options.destinations.denied_hosts = {"*.denied.test", "9.9.9.10"};
  options.destinations.denied = proxy::AddressSet::parse({"8.8.8.0/24"}).value();
  options.destinations.allowed = proxy::AddressSet::parse({"10.0.0.7"}).value();
  names.known["x.denied.test"] = {"9.9.9.9"};
  names.known["eight.test"] = {"8.8.8.8"};
  start();
  const Client client = associate();
  const Socket own = bind("198.51.100.7:5000"), there = bind("9.9.9.9:53");
  std::vector<Socket> forbidden;
  for (const char* each : {"10.0.0.1:53", "127.0.0.1:53", "8.8.8.8:53", "9.9.9.10:53", "9.9.9.9:54",
                           "[::1]:53", "224.0.0.1:53"})
    forbidden.push_back(bind(each));
  int sent = 0;
  const auto ask = [&](std::string_view host, std::uint16_t port = 53) {
    ++sent;
    send(own, head_to(host, port) + "x", client.relay);
  };
  for (const char* host : {"10.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "8.8.8.8",
                           "9.9.9.10", "224.0.0.1", "::ffff:9.9.9.10", "inside.test", "eight.test",
                           "x.denied.test", "X.Denied.Test.", "group.test", "nowhere.test"})
    ask(host);
  ask("9.9.9.9", 54);
  EXPECT_EQ(receive(there).first, "");
  for (const Socket& each : forbidden) EXPECT_EQ(receive(each).first, "");
  EXPECT_EQ(server->metrics().dropped, static_cast<std::uint64_t>(sent));
  EXPECT_EQ(server->metrics().refused, static_cast<std::uint64_t>(sent - 1));
  EXPECT_EQ(server->metrics().failed, 1U);
  EXPECT_EQ(names.asked.count("x.denied.test"), 0U);  // not even looked up
  // What may be gone to among what a name says, and what is allowed in spite of its range.
  ask("both.test");
  EXPECT_EQ(receive(there).first, "x");
  const Socket inside = bind("10.0.0.7:53");
  ask("10.0.0.7");
  EXPECT_EQ(receive(inside).first, "x");
}

TEST_F(SocksUdp, NamesAreKeptForAWhile) {
  start();
  const Client client = associate();
  const Socket own = bind("198.51.100.7:5000"), there = bind("9.9.9.9:53");
  const auto ask = [&](std::string_view host) {
    send(own, head_to(host, 53) + "x", client.relay);
    return receive(there).first;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("one.test"), "x");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("nowhere.test"), "");
  EXPECT_EQ(names.asked["one.test"], 1);
  EXPECT_EQ(names.asked["nowhere.test"], 1);
  names.known["nowhere.test"] = {"9.9.9.9"};
  sim.run_for(seconds(6));
  EXPECT_EQ(ask("nowhere.test"), "x");
  EXPECT_EQ(ask("one.test"), "x");
  EXPECT_EQ(names.asked["nowhere.test"], 2);
  EXPECT_EQ(names.asked["one.test"], 1);
  // A name that leads elsewhere by then is judged again.
  names.known["one.test"] = {"10.0.0.1"};
  sim.run_for(seconds(31));
  EXPECT_EQ(ask("one.test"), "");
  EXPECT_EQ(names.asked["one.test"], 2);
}

TEST_F(SocksUdp, SlowNamesHoldNobodyUpAndAreBounded) {
  socks.lookups = 3;
  socks.waiting_bytes = 400;
  start();
  for (const char* each : {"slow1", "slow2", "slow3", "slow4"}) names.known[each] = {"9.9.9.9"};
  const Client client = associate();
  const Socket own = bind("198.51.100.7:5000"), there = bind("9.9.9.9:53");
  for (const char* each : {"slow1", "slow2", "slow3", "slow4"})
    send(own, head_to(each, 53) + each, client.relay);
  send(own, head_to("9.9.9.9", 53) + "now", client.relay);
  EXPECT_EQ(receive(there).first, "now");
  EXPECT_EQ(names.asked.count("slow4"), 0U);
  EXPECT_EQ(server->metrics().dropped, 1U);
  // Of one name, as many as there is room for: 3 that wait, and the first of these.
  send(own, head_to("slow1", 53) + std::string(200, 'a'), client.relay);
  send(own, head_to("slow1", 53) + std::string(200, 'b'), client.relay);
  EXPECT_EQ(receive(there).first, "");
  EXPECT_EQ(server->metrics().dropped, 2U);
  EXPECT_EQ(names.asked["slow1"], 1);
  sim.run_for(seconds(2));
  std::string all;
  for (int i = 0; i < 4; ++i) all += receive(there).first.substr(0, 5);
  EXPECT_EQ(all.size(), 20U);
  EXPECT_NE(all.find("aaaaa"), std::string::npos);
  EXPECT_EQ(receive(there).first, "");
  // The room is free again.
  send(own, head_to("slow4", 53) + std::string(200, 'c'), client.relay);
  sim.run_for(seconds(3));
  EXPECT_EQ(receive(there).first, std::string(200, 'c'));
  EXPECT_EQ(server->metrics().dropped, 2U);
}

TEST_F(SocksUdp, DestinationsThatWereNotUsedForLongestAreForgotten) {
  socks.destinations = 2;
  start();
  const Client client = associate();
  const Socket own = bind("198.51.100.7:5000");
  const Socket a = bind("9.9.9.1:53"), b = bind("9.9.9.2:53"), c = bind("9.9.9.3:53");
  const auto ask = [&](std::string_view host, const Socket& there) {
    send(own, head_to(host, 53) + "x", client.relay);
    return receive(there).second;
  };
  const SocketAddress relay = ask("9.9.9.1", a);
  ask("9.9.9.2", b);
  send(a, "from a", relay);  // used just now, so that b is older
  EXPECT_EQ(receive(own).first, head_to("9.9.9.1", 53) + "from a");
  ask("9.9.9.3", c);
  send(b, "from b", relay);
  EXPECT_EQ(receive(own).first, "");
  send(a, "from a", relay);
  EXPECT_EQ(receive(own).first, head_to("9.9.9.1", 53) + "from a");
  send(c, "from c", relay);
  EXPECT_EQ(receive(own).first, head_to("9.9.9.3", 53) + "from c");
}

TEST_F(SocksUdp, LongDatagramsAreDroppedBothWays) {
  socks.datagram_bytes = 100;
  start();
  const Client client = associate();
  const Socket own = bind("198.51.100.7:5000"), there = bind("9.9.9.9:53");
  const std::string head = head_to("9.9.9.9", 53);
  send(own, head + std::string(91, 'x'), client.relay);
  EXPECT_EQ(receive(there).first, "");
  send(own, head + std::string(90, 'x'), client.relay);
  const auto [longest, relay] = receive(there);
  EXPECT_EQ(longest, std::string(90, 'x'));
  for (const std::size_t size : {91, 100, 101, 1000}) {
    send(there, std::string(size, 'y'), relay);
    EXPECT_EQ(receive(own).first, "") << size;
  }
  send(there, std::string(90, 'y'), relay);
  EXPECT_EQ(receive(own).first, head + std::string(90, 'y'));
  EXPECT_EQ(server->metrics().dropped, 5U);
}

TEST_F(SocksUdp, EndsWithTheControlConnection) {
  start();
  const Socket own = bind("198.51.100.7:5000"), there = bind("9.9.9.9:53");
  Client client = associate();
  send(own, head_to("9.9.9.9", 53) + "x", client.relay);
  const auto [text, relay] = receive(there);
  ASSERT_EQ(text, "x");
  // What the client says there has no meaning.
  const std::string noise(5'000, 'n');
  sim.block_on(write(client.control.get(), noise));
  sim.run_for(seconds(1));
  EXPECT_EQ(server->metrics().associations, 1U);
  sim.block_on(end(client.control.get()));
  sim.run_for(milliseconds(10));
  EXPECT_EQ(server->metrics().associations, 0U);
  EXPECT_EQ(server->metrics().connections, 0U);
  const auto before = network.metrics().unreachable;
  send(own, head_to("9.9.9.9", 53) + "x", client.relay);
  send(there, "late", relay);
  EXPECT_EQ(network.metrics().unreachable, before + 2);
  // And with a reset.
  Client other = associate();
  other.control.reset();
  sim.run_for(milliseconds(10));
  EXPECT_EQ(server->metrics().associations, 0U);
}

TEST_F(SocksUdp, EndsWhenNothingIsPassedOn) {
  socks.association_idle = seconds(10);
  start();
  const Client client = associate();
  const Socket own = bind("198.51.100.7:5000"), there = bind("9.9.9.9:53"),
               stranger = bind("9.9.9.8:53");
  SocketAddress relay;
  for (int i = 0; i < 5; ++i) {  // the client's datagrams count
    sim.run_for(seconds(7));
    send(own, head_to("9.9.9.9", 53) + "x", client.relay);
    relay = receive(there).second;
  }
  for (int i = 0; i < 5; ++i) {  // so do answers
    sim.run_for(seconds(7));
    send(there, "y", relay);
    EXPECT_NE(receive(own).first, "");
  }
  EXPECT_FALSE(ended(client));
  for (int i = 0; i < 8; ++i) {  // nothing else does
    sim.run_for(seconds(1));
    send(own, head_to("10.0.0.1", 53) + "x", client.relay);
    send(stranger, "z", relay);
  }
  EXPECT_FALSE(ended(client));
  sim.run_for(seconds(5));
  EXPECT_TRUE(ended(client));
  EXPECT_EQ(server->metrics().associations, 0U);
}

TEST_F(SocksUdp, AssociationsAreCounted) {
  socks.associations = 2;
  start();
  const Client first = associate();
  Client second = associate();
  EXPECT_EQ(second.reply.substr(0, 2), std::string("\x05\x00", 2));
  EXPECT_EQ(associate().reply.substr(0, 2), "\x05\x01");
  second.control.reset();
  sim.run_for(milliseconds(10));
  EXPECT_EQ(associate().reply.substr(0, 2), std::string("\x05\x00", 2));
}

TEST_F(SocksUdp, IsRefusedWhereItIsNotOfferedOrCannotBe) {
  start();
  EXPECT_EQ(associate("0.0.0.0", 0, "1.1.1.1:1", "").reply.substr(0, 2), "\x05\x07");
  EXPECT_EQ(associate("0.0.0.0", 0, "unix:/run/x").reply.substr(0, 2), "\x05\x07");
  socks.associations = 0;
  sim.block_on(server->shutdown());
  start();
  EXPECT_EQ(associate().reply.substr(0, 2), "\x05\x07");
}

TEST_F(SocksUdp, AShutdownLeavesNothingBehind) {
  start();
  std::vector<Client> clients;
  const Socket own = bind("198.51.100.7:5000"), there = bind("9.9.9.9:53");
  for (int i = 0; i < 10; ++i) {
    clients.push_back(associate());
    send(own, head_to("9.9.9.9", 53) + "x", clients.back().relay);
    send(own, head_to("slow.test", 53) + "x", clients.back().relay);
  }
  sim.run_for(milliseconds(10));
  EXPECT_EQ(server->metrics().associations, 10U);
  sim.block_on(server->shutdown());
  for (const Client& each : clients) EXPECT_TRUE(ended(each));
  EXPECT_EQ(sim.live_tasks(), 0U);
}

/// Many clients over a bad network: what arrives is whole, and nobody's but the one's it is for.
TEST(SocksUdpSimulation, NobodyHearsWhatIsForOthers) {
  avila_test::for_each_seed(20, [](unsigned long long seed) {
    udp::SimNetworkOptions bad;
    bad.seed = seed;
    bad.loss = 0.05;
    bad.duplication = 0.1;
    bad.delay_max = milliseconds(50);
    udp::SimNetwork network(bad);
    async::SimExecutor sim(seed);
    proxy::ForwardOptions options;
    options.destinations.ports = {};
    proxy::SocksOptions socks;
    socks.network = &network;
    auto server = std::make_unique<proxy::SocksServer>(sim, options, socks);
    struct Peer {
      static Task<void> echo(udp::DatagramTransport* socket, std::string name,
                             future::CancelToken cancel) {
        std::byte buffer[256];
        while (true) {
          auto got = co_await socket->receive(buffer, cancel);
          if (!got.has_value()) co_return;
          const std::string text =
              name + std::string(as_text(ByteSpan(buffer).first(got->size_bytes)));
          auto sent = co_await socket->send_to(as_bytes(text), got->source);
          (void)sent;
        }
      }
      static Task<int> talk(udp::SimNetwork* network, async::Transport* control, int number) {
        auto asked = co_await control->write_all(
            as_bytes(std::string_view("\x05\x01\x00\x05\x03\x00\x01\0\0\0\0\0\0", 13)));
        EXPECT_TRUE(asked.has_value());
        std::byte reply[12];
        auto told = co_await async::read_exact(*control, reply);
        EXPECT_TRUE(told.has_value());
        const auto port = static_cast<std::uint16_t>(static_cast<unsigned>(reply[10]) << 8 |
                                                     static_cast<unsigned>(reply[11]));
        const SocketAddress relay(IpAddress::v4(192, 0, 2, 1), port);
        const std::string where = "198.51.100." + std::to_string(number) + ":5000";
        auto socket = network->bind(at(where));
        int heard = 0;
        for (int i = 0; i < 40; ++i) {
          const std::string text = std::to_string(number) + "/" + std::to_string(i);
          const std::string host = "9.9.9." + std::to_string(1 + i % 3);
          const std::string datagram = head_to(host, 53) + text;
          auto sent = co_await (*socket)->send_to(as_bytes(datagram), relay);
          EXPECT_TRUE(sent.has_value());
          std::byte buffer[256];
          auto got = co_await udp::receive_within(**socket, buffer, milliseconds(60));
          if (!got.has_value()) continue;
          ++heard;
          const std::string answer(as_text(ByteSpan(buffer).first(got->size_bytes)));
          const std::string own = std::to_string(number) + "/";
          EXPECT_EQ(answer.substr(10, 7 + own.size()), "9.9.9." + answer.substr(16, 1) + own);
          EXPECT_EQ(answer.substr(0, 10), head_to(answer.substr(10, 7), 53));
        }
        co_return heard;
      }
    };
    future::CancelSource stop;
    std::vector<Socket> sockets;
    for (int i = 1; i <= 3; ++i) {
      const std::string host = "9.9.9." + std::to_string(i);
      sockets.push_back(network.bind(at(host + ":53")).value());
      sim.spawn(Peer::echo(sockets.back().get(), host, stop.token())).detach();
    }
    std::vector<std::unique_ptr<async::Transport>> controls;
    std::vector<async::JoinHandle<int>> clients;
    for (int i = 1; i <= 8; ++i) {
      auto pipe = async::make_pipe();
      const SocketAddress client = at("198.51.100." + std::to_string(i) + ":4000");
      sim.spawn(
             server->serve(std::move(pipe.second), proxy::SocksEnds{client, at("192.0.2.1:1080")}))
          .detach();
      clients.push_back(sim.spawn(Peer::talk(&network, pipe.first.get(), i)));
      controls.push_back(std::move(pipe.first));
    }
    sim.run_for(seconds(30));
    int heard = 0;
    for (auto& each : clients) {
      ASSERT_TRUE(each.is_done());
      heard += each.wait();
    }
    EXPECT_GT(heard, 100);
    stop.cancel();
    sim.block_on(server->shutdown());
    server.reset();
    sim.run_for(seconds(1));
    EXPECT_EQ(sim.live_tasks(), 0U);
  });
}

}  // namespace

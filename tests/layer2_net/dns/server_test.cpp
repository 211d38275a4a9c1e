// The limits of the server, over real sockets.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/dns/server.hpp>
#include <avila/future/sync.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/udp/socket.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <thread>

namespace {

using namespace avila;
using dns::Message;
using dns::Name;
using dns::Type;

/// Answers when it is told to.
class SlowHandler final : public dns::Handler {
 public:
  dns::Task<Message> handle(Message query, dns::Client) override {
    ++entered;
    auto waited = co_await go.wait();
    (void)waited;
    co_return Message::answer_to(query);
  }
  std::atomic<int> entered{0};
  future::Event go;
};

template <class Condition>
bool comes_true(const Condition& condition) {
  for (int i = 0; i < 6000 && !condition(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return condition();
}

class DnsServer : public ::testing::Test {
 protected:
  void listen(const dns::ServerOptions& options) {
    server_ = std::make_unique<dns::Server>(runtime_, handler_, options);
    address_ = server_->listen(tcp::SocketAddress::loopback(0)).value();
  }
  ~DnsServer() override {
    handler_.go.set();
    if (server_ != nullptr) runtime_.block_on(server_->shutdown());
  }
  static std::string query(std::uint16_t id) {
    Message message = Message::query(Name::parse("a.test").value(), Type::A);
    message.id = id;
    return message.encode().value();
  }
  tcp::Stream connect() { return runtime_.block_on(tcp::connect(runtime_, address_)).value(); }
  void send(tcp::Stream& stream, std::uint16_t id) {
    ASSERT_TRUE(runtime_.block_on(dns::write_framed(stream, query(id))).has_value());
  }
  /// The next answer; nothing: the server has closed.
  std::optional<Message> receive(tcp::Stream& stream) {
    const auto frame = runtime_.block_on(dns::read_framed(stream));
    if (!frame.has_value() || frame->empty()) return std::nullopt;
    return Message::decode(as_bytes(*frame)).value();
  }

  async::Runtime runtime_{{.threads = 2}};
  SlowHandler handler_;
  std::unique_ptr<dns::Server> server_;
  tcp::SocketAddress address_;
};

TEST_F(DnsServer, QueriesOfAConnectionWait) {
  dns::ServerOptions options;
  options.pipelined = 2;
  listen(options);
  tcp::Stream stream = connect();
  for (std::uint16_t id = 1; id <= 5; ++id) send(stream, id);
  ASSERT_TRUE(comes_true([&] { return handler_.entered == 2; }));
  for (int i = 0; i < 20; ++i) {  // time to do wrong
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_EQ(handler_.entered, 2);
  }
  handler_.go.set();
  std::set<std::uint16_t> ids;
  for (int i = 0; i < 5; ++i) ids.insert(receive(stream).value().id);
  EXPECT_EQ(ids.size(), 5U);
}

TEST_F(DnsServer, ConnectionsBeyondTheLimitAreClosed) {
  dns::ServerOptions options;
  options.connections = 1;
  listen(options);
  handler_.go.set();
  tcp::Stream first = connect();
  send(first, 1);
  EXPECT_EQ(receive(first).value().id, 1);
  tcp::Stream second = connect();
  EXPECT_FALSE(receive(second).has_value());
  EXPECT_EQ(server_->metrics().dropped, 1U);
  send(first, 2);
  EXPECT_EQ(receive(first).value().id, 2);
}

TEST_F(DnsServer, IdleConnectionsAreClosed) {
  dns::ServerOptions options;
  options.idle_timeout = milliseconds(50);
  listen(options);
  tcp::Stream silent = connect();
  EXPECT_FALSE(receive(silent).has_value());
  tcp::Stream halting = connect();  // a part of a message is no message
  ASSERT_TRUE(
      runtime_.block_on(halting.write_all(as_bytes(std::string_view("\0", 1)))).has_value());
  EXPECT_FALSE(receive(halting).has_value());
}

TEST_F(DnsServer, DatagramsBeyondTheLimitAreDropped) {
  dns::ServerOptions options;
  options.pending_udp = 2;
  listen(options);
  auto socket = udp::Socket::bind(runtime_, tcp::SocketAddress::loopback(0)).value();
  for (std::uint16_t id = 1; id <= 5; ++id) {
    const std::string bytes = query(id);
    ASSERT_TRUE(runtime_.block_on(socket.send_to(as_bytes(bytes), address_)).has_value());
  }
  ASSERT_TRUE(comes_true([&] { return server_->metrics().dropped == 3; }));
  EXPECT_TRUE(comes_true([&] { return handler_.entered == 2; }));  // on another thread
  handler_.go.set();
  std::byte buffer[512];
  for (int i = 0; i < 2; ++i) {
    const auto got = runtime_.block_on(socket.receive(buffer));
    ASSERT_TRUE(got.has_value());
    EXPECT_TRUE(Message::decode(ByteSpan(buffer).first(got->size_bytes))->response);
  }
}

// Neither an answer nor what is too short for an id is answered; what makes no sense is refused.
TEST_F(DnsServer, WhatIsNoQueryGetsNoAnswer) {
  listen({});
  handler_.go.set();
  auto socket = udp::Socket::bind(runtime_, tcp::SocketAddress::loopback(0)).value();
  std::string answer = query(7);
  answer[2] = static_cast<char>(answer[2] | 0x80);
  const std::string cut = query(8).substr(0, 20), shortest = "short", good = query(9);
  for (const std::string& bytes : {answer, shortest, cut, good})
    ASSERT_TRUE(runtime_.block_on(socket.send_to(as_bytes(bytes), address_)).has_value());
  std::map<std::uint16_t, dns::Rcode> rcodes;
  std::byte buffer[512];
  for (int i = 0; i < 2; ++i) {
    const auto got = runtime_.block_on(socket.receive(buffer));
    ASSERT_TRUE(got.has_value());
    const auto message = Message::decode(ByteSpan(buffer).first(got->size_bytes)).value();
    rcodes[message.id] = message.rcode;
  }
  const std::map<std::uint16_t, dns::Rcode> expected = {{8, dns::Rcode::FormErr},
                                                        {9, dns::Rcode::NoError}};
  EXPECT_EQ(rcodes, expected);
  EXPECT_TRUE(comes_true([&] { return server_->metrics().malformed == 2; }));
}

}  // namespace

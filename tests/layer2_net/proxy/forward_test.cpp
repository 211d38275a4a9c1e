// Forward proxies: where one may go, CONNECT, plain HTTP and SOCKS5.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/proxy/forward.hpp>
#include <avila/proxy/socks5.hpp>

#include <memory>
#include <string>

#include "../http/raw_client.hpp"

namespace {

using namespace avila;
using avila_test::RawClient;
using future::Task;
using http::Request;
using http::Response;

Task<Response> hello(Request& request) {
  std::string text = std::string(request.method_text) + " " + std::string(request.target) + "\n";
  for (const http::Field& field : request.fields)
    text.append(field.name).append(": ").append(field.value).append("\n");
  co_return Response::text(200, text + std::string(request.body) + "!");
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class ForwardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(backend.listen("127.0.0.1:0").has_value());
    options.destinations.ports = {};
    options.destinations.plain_ports = {};
    options.destinations.deny_internal = false;
  }
  void TearDown() override {
    if (socks != nullptr) runtime.block_on(socks->shutdown());
    if (server != nullptr) runtime.block_on(server->shutdown(milliseconds(100)));
    runtime.block_on(backend.shutdown(milliseconds(100)));
  }
  std::uint16_t start() {
    forward = std::make_unique<proxy::ForwardProxy>(runtime, options);
    server = std::make_unique<http::Server>(runtime, *forward);
    EXPECT_TRUE(server->listen("127.0.0.1:0").has_value());
    return server->port();
  }
  std::uint16_t start_socks() {
    socks = std::make_unique<proxy::SocksServer>(runtime, options);
    EXPECT_TRUE(socks->listen("127.0.0.1:0").has_value());
    const std::string address = socks->local_address();
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
  }
  std::string there() const { return backend.local_address(); }

  async::Runtime runtime{{.threads = 2}};
  http::FunctionHandler<Task<Response> (*)(Request&)> handler{hello};
  http::Server backend{runtime, handler};
  proxy::ForwardOptions options;
  std::unique_ptr<proxy::ForwardProxy> forward;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<proxy::SocksServer> socks;
};

TEST_F(ForwardTest, ConnectMakesATunnel) {
  RawClient client(start());
  client.send("CONNECT " + there() + " HTTP/1.1\r\nHost: " + there() + "\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("\r\n\r\n", 10'000), "200"));
  EXPECT_EQ(forward->metrics().tunnels, 1U);
  client.send("GET /t HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("!", 10'000), "GET /t"));
}

TEST_F(ForwardTest, PlainRequestsArePassedOn) {
  RawClient client(start());
  client.send(
      "POST http://" + there() +
      "/p?q HTTP/1.1\r\nHost: other\r\nProxy-Connection: x\r\nContent-Length: 4\r\n\r\nbody");
  const std::string got = client.read_until("!", 10'000);
  EXPECT_TRUE(has(got, "POST /p?q\n")) << got;
  EXPECT_TRUE(has(got, "Host: " + there()));
  EXPECT_TRUE(has(got, "body!"));
  EXPECT_FALSE(has(got, "Proxy-Connection"));
}

TEST_F(ForwardTest, PolicyAndPasswordsAreKept) {
  options.destinations.deny_internal = true;
  options.users = {{"me", "secret"}};
  const std::uint16_t port = start();
  const auto ask = [&](std::string_view fields) {
    RawClient client(port);
    client.send("CONNECT " + there() + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n");
    return client.read_until("\r\n\r\n", 10'000);
  };
  EXPECT_TRUE(has(ask(""), "407"));
  EXPECT_TRUE(has(ask("Proxy-Authorization: Basic bWU6d3Jvbmc=\r\n"), "407"));
  EXPECT_TRUE(has(ask("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"), "403"));  // loopback
  RawClient client(port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("\r\n\r\n", 10'000), "400"));
}

TEST_F(ForwardTest, PortsAndHostsAreKept) {
  options.destinations.ports = {443};
  RawClient client(start());
  client.send("CONNECT " + there() + " HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("\r\n\r\n", 10'000), "403"));
}

TEST_F(ForwardTest, AnAddressIsTheSameHostInEverySpelling) {
  options.destinations.denied_hosts = {"127.0.0.1", "2001:db8::1"};
  const std::uint16_t port = start();
  const std::string at = ":" + std::to_string(backend.port());
  for (const char* host : {"127.0.0.1", "127.0.0.1.", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
                           "[2001:db8::1]", "[2001:DB8:0:0::1]"}) {
    RawClient client(port);
    client.send("CONNECT " + (host + at) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(has(client.read_until("\r\n\r\n", 10'000), " 403 ")) << host;
  }
  // Names to us, addresses to some systems.
  for (const char* host : {"2130706433", "127.1", "0x7f.0.0.1"}) {
    RawClient client(port);
    client.send("CONNECT " + (host + at) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string got = client.read_until("\r\n\r\n", 10'000);
    EXPECT_TRUE(has(got, " 403 ") || has(got, " 502 ")) << host << got;
  }
}

std::string connect_request(std::uint16_t port) {
  std::string out("\x05\x01\x00\x01\x7f\x00\x00\x01", 8);
  out += static_cast<char>(port >> 8);
  out += static_cast<char>(port & 0xff);
  return out;
}

TEST_F(ForwardTest, SocksConnects) {
  RawClient client(start_socks());
  client.send(std::string_view("\x05\x01\x00", 3));
  client.send(connect_request(backend.port()) + "GET /s HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string got = client.read_until("!", 10'000);
  EXPECT_EQ(got.substr(0, 6), std::string("\x05\x00\x05\x00\x00\x01", 6));
  EXPECT_TRUE(has(got, "GET /s")) << got;
}

TEST_F(ForwardTest, SocksAsksForPasswords) {
  options.users = {{"me", "secret"}};
  const std::uint16_t port = start_socks();
  {
    RawClient client(port);
    client.send(std::string_view("\x05\x01\x00", 3));
    EXPECT_EQ(client.read_until("", 10'000), "\x05\xff");
  }
  {
    RawClient client(port);
    client.send(std::string_view("\x05\x01\x02\x01\x02me\x05wrong", 13));
    EXPECT_EQ(client.read_until("", 10'000), std::string("\x05\x02\x01\x01", 4));
  }
  RawClient client(port);
  client.send(std::string_view("\x05\x01\x02\x01\x02me\x06secret", 14));
  client.send(connect_request(1));  // nobody listens there
  const std::string got = client.read_until("", 10'000);
  EXPECT_EQ(got.substr(0, 6), std::string("\x05\x02\x01\x00\x05\x05", 6));
}

TEST_F(ForwardTest, SocksRefusesWhatItMust) {
  options.destinations.deny_internal = true;
  RawClient client(start_socks());
  client.send(std::string_view("\x05\x01\x00", 3));
  client.send(connect_request(backend.port()));
  EXPECT_EQ(client.read_until("", 10'000).substr(2, 2), "\x05\x02");
}

TEST(Socks5, MessagesAreReadByteByByte) {
  const std::string greeting("\x05\x02\x00\x02", 4);
  const std::string credentials("\x01\x02me\x01x", 6);
  std::string request(
      "\x05\x01\x00\x03\x05"
      "a.org\x01\xbb",
      12);
  for (std::size_t i = 0; i < greeting.size(); ++i)
    EXPECT_FALSE(proxy::parse_socks_greeting(as_bytes(greeting).first(i)).value().has_value());
  for (std::size_t i = 0; i < credentials.size(); ++i)
    EXPECT_FALSE(
        proxy::parse_socks_credentials(as_bytes(credentials).first(i)).value().has_value());
  for (std::size_t i = 0; i < request.size(); ++i)
    EXPECT_FALSE(proxy::parse_socks_request(as_bytes(request).first(i)).value().has_value());
  const auto parsed = proxy::parse_socks_request(as_bytes(request)).value();
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->message.host, "a.org");
  EXPECT_EQ(parsed->message.port, 443);
  EXPECT_EQ(parsed->size_bytes, request.size());
  request[3] = 9;
  EXPECT_TRUE(proxy::parse_socks_request(as_bytes(request)).error().is(Errc::Unsupported));
  EXPECT_FALSE(proxy::parse_socks_greeting(as_bytes(std::string_view("\x04"))).has_value());
}

}  // namespace

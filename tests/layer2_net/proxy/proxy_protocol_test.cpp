// PROXY headers of clients that are trusted, and of those that are not.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/proxy/proxy_protocol.hpp>
#include <avila/tcp/proxy_protocol.hpp>

#include <memory>
#include <string>

#include "../http/raw_client.hpp"

namespace {

using namespace avila;
using avila_test::RawClient;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

future::Task<http::Response> say_peer(http::Request& request) {
  co_return http::Response::text(200, "peer " + std::string(request.peer) + ".");
}

class ProxyProtocolTest : public ::testing::Test {
 protected:
  void serve(const std::string& trusted, Duration timeout = seconds(5)) {
    preamble_ = std::make_unique<proxy::ProxyProtocol>(proxy::AddressSet::parse({trusted}).value(),
                                                       timeout);
    http::ServerOptions options;
    options.preamble = preamble_.get();
    server_ = std::make_unique<http::Server>(runtime_, handler_, options);
    ASSERT_TRUE(server_->listen("127.0.0.1:0").has_value());
  }
  void TearDown() override { runtime_.block_on(server_->shutdown(milliseconds(100))); }
  std::string ask(std::string_view header) {
    RawClient client(server_->port());
    client.send(std::string(header) + std::string(kGet));
    return client.read_until("", 20'000);
  }
  static std::string v2(const char* source, bool with_addresses = true) {
    tcp::ProxyHeader header;
    header.has_addresses = with_addresses;
    header.source = tcp::SocketAddress::parse(source).value();
    header.destination = tcp::SocketAddress::parse(source).value();
    header.tlvs.push_back({4, std::string(300, 'n')});
    std::string out;
    EXPECT_TRUE(tcp::append_proxy_v2(out, header).has_value());
    return out;
  }

  async::Runtime runtime_{{.threads = 1}};
  http::FunctionHandler<future::Task<http::Response> (*)(http::Request&)> handler_{say_peer};
  std::unique_ptr<proxy::ProxyProtocol> preamble_;
  std::unique_ptr<http::Server> server_;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(ProxyProtocolTest, TrustedPeersSayForWhomTheySpeak) {
  serve("127.0.0.0/8");
  EXPECT_TRUE(has(ask("PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n"), "peer 203.0.113.7:4711."));
  EXPECT_TRUE(has(ask("PROXY TCP6 2001:db8::7 ::1 1 2\r\n"), "peer [2001:db8::7]:1."));
  EXPECT_TRUE(has(ask(v2("203.0.113.8:5")), "peer 203.0.113.8:5."));
  EXPECT_TRUE(has(ask(v2("[2001:db8::8]:6")), "peer [2001:db8::8]:6."));
  // Who speaks for nobody is itself.
  EXPECT_TRUE(has(ask("PROXY UNKNOWN\r\n"), "peer 127.0.0.1:"));
  EXPECT_TRUE(has(ask("PROXY UNKNOWN whatever it says\r\n"), "peer 127.0.0.1:"));
  EXPECT_TRUE(has(ask(v2("1.2.3.4:5", false)), "peer 127.0.0.1:"));
}

TEST_F(ProxyProtocolTest, HeadersMayComeInPieces) {
  serve("127.0.0.1");
  for (const std::string& header :
       {std::string("PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n"), v2("203.0.113.7:4711")}) {
    RawClient client(server_->port());
    for (const char c : header) client.send(std::string(1, c));
    client.send(kGet);
    EXPECT_TRUE(has(client.read_until("", 20'000), "peer 203.0.113.7:4711."));
  }
}

TEST_F(ProxyProtocolTest, TrustedPeersWithoutAHeaderAreNotServed) {
  serve("127.0.0.1", milliseconds(200));
  EXPECT_FALSE(has(ask(""), "HTTP/1.1"));
  EXPECT_FALSE(has(ask("PROXY TCP4 203.0.113.7 10.0.0.1 4711 99999\r\n"), "HTTP/1.1"));
  EXPECT_FALSE(has(ask("PROXY " + std::string(200, 'x')), "HTTP/1.1"));
  std::string wrong = v2("1.2.3.4:5");
  wrong[12] = '\x31';
  EXPECT_FALSE(has(ask(wrong), "HTTP/1.1"));
  RawClient silent(server_->port());
  silent.send("PROXY TCP4 203");
  EXPECT_EQ(silent.read_until("", 20'000), "");  // closed when the time is over
  EXPECT_EQ(server_->metrics().requests, 0U);
  EXPECT_GE(server_->metrics().handshakes_failed, 4U);
}

TEST_F(ProxyProtocolTest, HeadersOfOthersAreBadRequests) {
  serve("10.0.0.0/8");
  EXPECT_TRUE(has(ask(""), "peer 127.0.0.1:"));
  EXPECT_TRUE(has(ask("PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n"), "HTTP/1.1 400"));
  EXPECT_TRUE(has(ask(v2("203.0.113.7:4711")), "HTTP/1.1 400"));
}

}  // namespace

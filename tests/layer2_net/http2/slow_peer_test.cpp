// Slow peers before HTTP begins, and within bodies: they are let go although something comes now
// and then.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/http/client.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/tls/security.hpp>
#include <avila_test/tls.hpp>
#include <memory>

#include "frames.hpp"

namespace {

using namespace avila;
using future::Task;

class Hello final : public http::Handler {
  bool handle_now(http::Request&, http::Response& response) override {
    response = http::Response::text(200, "hello");
    return true;
  }
  Task<http::Response> handle(http::Request&) override { co_return http::Response(500); }
};

/// Sends one byte of `text` every 20 ms until the server has enough of it, or says `stop`; what it
/// said.
Task<std::string> trickle(http::Connector& connector, std::uint16_t port, std::string begin,
                          std::string text, std::string stop) {
  const http::CancelToken never;
  auto connected = co_await connector.connect("127.0.0.1", port, never);
  if (!connected.has_value()) co_return "no connection";
  const std::unique_ptr<async::Transport> transport = std::move(*connected);
  auto begun = co_await transport->write_all(as_bytes(begin));
  std::string said;
  std::byte buffer[4096];
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto sent = co_await transport->write_all(as_bytes(text).subspan(i, 1));
    if (!sent.has_value()) co_return said + "(closed)";
    if (const auto got = transport->try_read(buffer); got.has_value()) {
      if (!got->has_value() || **got == 0) co_return said + "(closed)";
      said += as_text(ByteSpan(buffer, **got));
      if (!stop.empty() && said.find(stop) != said.npos) co_return said;
    }
    co_await future::sleep(milliseconds(20));
  }
  co_return said + "(still open)";
}

class SlowPeers : public ::testing::Test {
 protected:
  void start(http::ServerOptions options) {
    options.http2 = &http2_;
    server_ = std::make_unique<http::Server>(runtime_, handler_, std::move(options));
    ASSERT_TRUE(server_->listen("127.0.0.1:0").has_value());
  }
  void TearDown() override { runtime_.block_on(server_->shutdown(milliseconds(100))); }
  std::string trickle_to_server(std::string begin, std::string text, std::string stop = {}) {
    return runtime_.block_on(
        trickle(*connector_, server_->port(), std::move(begin), std::move(text), std::move(stop)));
  }

  async::Runtime runtime_{{.threads = 2}};
  Hello handler_;
  http2::Server http2_{{.frame_timeout = milliseconds(300), .body_timeout = milliseconds(300)}};
  std::unique_ptr<http::Connector> connector_ = http::make_connector(runtime_);
  std::unique_ptr<http::Server> server_;
};

TEST_F(SlowPeers, HandshakesHaveOneDeadlineHoweverManyBytesCome) {
  tls::ServerConfig config;
  config.credentials = {avila_test::make_credential()};
  tls::ServerConfigSlot slot(std::make_shared<const tls::ServerConfig>(std::move(config)));
  tls::Security security(&slot, nullptr, {.timeout = milliseconds(300)});
  start({.security = &security});
  // A record of 2,000 bytes that holds the beginning of a ClientHello.
  const std::string hello("\x16\x03\x01\x07\xd0\x01\x00\x07\xcc\x03\x03", 11);
  const std::string said = trickle_to_server(hello, std::string(1000, 'r'));
  EXPECT_TRUE(said.ends_with("(closed)")) << said;
  const auto until = runtime_.now() + seconds(10);
  while (server_->metrics().connections_active > 0 && runtime_.now() < until)
    runtime_.block_on(future::sleep(milliseconds(5)));
  EXPECT_EQ(server_->metrics().handshakes_failed, 1U);
  EXPECT_EQ(server_->metrics().connections_active, 0U);
}

TEST_F(SlowPeers, HeadsHaveOneDeadline) {
  start({.header_timeout = milliseconds(300)});
  const std::string said =
      trickle_to_server("GET / HTTP/1.1\r\nHost: a\r\nX: ", std::string(1000, 'x'));
  EXPECT_TRUE(said.find("408") != said.npos || said.ends_with("(closed)")) << said;
  EXPECT_FALSE(said.ends_with("(still open)"));
}

TEST_F(SlowPeers, BodiesMustKeepUpARate) {
  start({.body_grace = milliseconds(300), .body_bytes_per_second = 1024});
  const std::string said = trickle_to_server(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", std::string(1000, 'x'));
  EXPECT_FALSE(said.ends_with("(still open)")) << said;
  EXPECT_EQ(server_->metrics().timeouts, 1U);
}

TEST_F(SlowPeers, FramesOfHttp2HaveOneDeadline) {
  start({});
  // A DATA frame that is never whole.
  const std::string begin =
      avila_test::preface() +
      avila_test::frame(
          http2::FrameType::Headers, http2::flags::kEndHeaders, 1,
          avila_test::block(
              {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}})) +
      std::string("\x00\x10\x00\x00\x00\x00\x00\x00\x01", 9);
  const std::string said = trickle_to_server(begin, std::string(1000, 'x'));
  EXPECT_TRUE(said.ends_with("(closed)")) << said.size();
}

TEST_F(SlowPeers, BodiesOfHttp2MustKeepUpARate) {
  start({});
  std::string drops;  // whole frames, of a byte each
  for (int i = 0; i < 200; ++i) drops += avila_test::frame(http2::FrameType::Data, 0, 1, "x");
  const std::string begin =
      avila_test::preface() +
      avila_test::frame(
          http2::FrameType::Headers, http2::flags::kEndHeaders, 1,
          avila_test::block(
              {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}}));
  const std::string reset = avila_test::frame(http2::FrameType::RstStream, 0, 1).substr(3, 6);
  const std::string said = trickle_to_server(begin, std::move(drops), reset);
  EXPECT_NE(said.find(reset), std::string::npos) << said.size();
}

}  // namespace

// The opening handshake: what is refused and why, subprotocols, origins, compression, HTTP/2.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/client.hpp>
#include <avila/http2/server.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/stream.hpp>
#include <avila/websocket/client.hpp>
#include <avila/websocket/server.hpp>
#include <memory>

namespace {

using namespace avila;
using future::CancelToken;
using future::Task;
using websocket::Connection;

Task<void> echo(Connection& connection, CancelToken cancel) {
  while (true) {
    auto got = co_await connection.receive(cancel);
    if (!got.has_value() || !got->has_value()) co_return;
    auto sent = co_await connection.send((*got)->kind, std::move((*got)->data));
    if (!sent.has_value()) co_return;
  }
}

class Handler final : public http::Handler {
 public:
  Task<http::Response> handle(http::Request& request) override {
    websocket::AcceptOptions options = accept_options;
    co_return websocket::accept(request, echo, std::move(options));
  }
  websocket::AcceptOptions accept_options;
};

http::Request& with_headers(http::Request& request) {
  request.facts.connection_upgrade = true;
  request.fields.add("Upgrade", "websocket");
  request.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  request.fields.add("Sec-WebSocket-Version", "13");
  return request;
}

TEST(Accept, AnswersTheKeyOfTheRfc) {
  http::Request request(http::Method::Get, "/");
  const http::Response response = websocket::accept(with_headers(request), echo);
  EXPECT_EQ(response.status, 101);
  EXPECT_EQ(response.headers.find("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_NE(response.upgrade, nullptr);
}

TEST(Accept, SaysWhyNot) {
  http::Request plain(http::Method::Get, "/");
  EXPECT_EQ(websocket::accept(plain, echo).status, 426);
  http::Request old(http::Method::Get, "/");
  with_headers(old).fields.clear();
  old.fields.add("Upgrade", "websocket");
  old.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  old.fields.add("Sec-WebSocket-Version", "8");
  const http::Response wrong_version = websocket::accept(old, echo);
  EXPECT_EQ(wrong_version.status, 426);
  EXPECT_EQ(wrong_version.headers.find("Sec-WebSocket-Version"), "13");
  http::Request short_key(http::Method::Get, "/");
  short_key.facts.connection_upgrade = true;
  short_key.fields.add("Upgrade", "websocket");
  short_key.fields.add("Sec-WebSocket-Key", "c2hvcnQ=");
  short_key.fields.add("Sec-WebSocket-Version", "13");
  EXPECT_EQ(websocket::accept(short_key, echo).status, 400);
  http::Request of_before(http::Method::Get, "/");  // RFC 9110 section 7.8
  with_headers(of_before).facts.minor_version = 0;
  EXPECT_EQ(websocket::accept(of_before, echo).status, 426);
  http::Request stranger(http::Method::Get, "/");
  with_headers(stranger).fields.add("Origin", "https://evil.example");
  EXPECT_EQ(websocket::accept(stranger, echo, {.origins = {"https://ours.example"}}).status, 403);
}

TEST(Accept, ChoosesByItsOwnPreference) {
  http::Request request(http::Method::Get, "/");
  with_headers(request).fields.add("Sec-WebSocket-Protocol", "chat, graphql-ws");
  request.fields.add("Sec-WebSocket-Protocol", "superchat");
  const auto chosen = [&](std::vector<std::string> names) {
    return std::string(websocket::chosen_subprotocol(
        websocket::accept(request, echo, {.subprotocols = std::move(names)})));
  };
  EXPECT_EQ(chosen({"superchat", "chat"}), "superchat");
  EXPECT_EQ(chosen({"mqtt", "graphql-ws"}), "graphql-ws");
  EXPECT_EQ(chosen({"mqtt"}), "");
  EXPECT_EQ(chosen({}), "");
}

TEST(Accept, NegotiatesCompression) {
  const auto answer = [](std::string_view offer, bool on = true) {
    http::Request request(http::Method::Get, "/");
    with_headers(request).fields.add("Sec-WebSocket-Extensions", offer);
    return std::string(websocket::accept(request, echo, {.deflate = on})
                           .headers.find("Sec-WebSocket-Extensions")
                           .value_or("none"));
  };
  EXPECT_EQ(answer("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(answer("permessage-deflate", false), "none");
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits"), "permessage-deflate");
  EXPECT_EQ(answer("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=10, permessage-deflate"),
            "permessage-deflate");
  for (const char* bad :
       {"permessage-deflate; server_max_window_bits=10", "x-webkit-deflate-frame",
        "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover"})
    EXPECT_EQ(answer(bad), "none") << bad;
}

class WebSocketServer : public ::testing::Test {
 protected:
  void SetUp() override {
    handler_.accept_options.subprotocols = {"echo"};
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(200))); }
  std::string url() const { return "ws://" + server_.local_address() + "/chat?room=1"; }

  async::Runtime runtime_{{.threads = 2}};
  Handler handler_;
  http2::Server http2_;
  http::Server server_{runtime_, handler_, {.http2 = &http2_}};
};

Task<std::string> ask(Connection& connection, std::string text) {
  auto sent = co_await connection.send_text(text);
  if (!sent.has_value()) co_return sent.error().to_string();
  auto got = co_await connection.receive();
  if (!got.has_value()) co_return got.error().to_string();
  std::string answer = got->has_value() ? (*got)->data : "closed";
  auto closed = co_await connection.close();
  (void)closed;
  auto end = co_await connection.receive();
  co_return answer + (end.has_value() && !end->has_value() ? " closed" : " cut");
}

TEST_F(WebSocketServer, OurClientConnects) {
  for (const bool deflate : {true, false}) {
    websocket::ConnectOptions options;
    options.subprotocols = {"other", "echo"};
    options.deflate = deflate;
    auto client = runtime_.block_on(websocket::connect(runtime_, url(), options));
    ASSERT_TRUE(client.has_value()) << client.error().to_string();
    EXPECT_EQ((*client)->subprotocol(), "echo");
    EXPECT_EQ((*client)->connection().deflate().on, deflate);
    EXPECT_EQ(runtime_.block_on(ask((*client)->connection(), std::string(5000, 'x'))),
              std::string(5000, 'x') + " closed");
  }
}

TEST_F(WebSocketServer, ARefusalIsAnError) {
  handler_.accept_options.origins = {"https://ours.example"};
  const auto client = runtime_.block_on(websocket::connect(runtime_, url()));
  ASSERT_FALSE(client.has_value());
  EXPECT_TRUE(client.error().is(websocket::WebSocketError::Handshake));
  EXPECT_NE(client.error().to_string().find("403"), std::string::npos);
}

Task<std::string> ask_over_http2(async::Executor& executor, std::string address) {
  auto where = tcp::SocketAddress::parse(address);
  if (!where.has_value()) co_return "no address";
  auto stream = co_await tcp::connect(executor, *where);
  if (!stream.has_value()) co_return stream.error().to_string();
  std::unique_ptr<async::Transport> transport(new tcp::Stream(std::move(*stream)));
  http2::ClientConnection client(executor, std::move(transport));
  http2::RequestStart start;
  start.method = "CONNECT";
  start.protocol = "websocket";
  start.authority = "localhost";
  start.path = "/chat";
  start.headers.add("sec-websocket-version", "13");
  auto opened = co_await client.open(std::move(start), false);
  if (!opened.has_value()) co_return "open: " + opened.error().to_string();
  auto answered = co_await opened->response();
  if (!answered.has_value()) co_return "response: " + answered.error().to_string();
  if (opened->status() != 200) co_return "status " + std::to_string(opened->status());
  http2::ExchangeTransport over(std::move(*opened));
  Connection connection(over, "", websocket::Role::Client);
  auto answer = co_await ask(connection, "over a stream");
  co_await client.close();
  co_return answer;
}

TEST_F(WebSocketServer, RunsOverAStreamOfHttp2) {
  EXPECT_EQ(runtime_.block_on(ask_over_http2(runtime_, server_.local_address())),
            "over a stream closed");
}

}  // namespace

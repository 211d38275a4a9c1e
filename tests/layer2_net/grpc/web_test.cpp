// gRPC-Web: content types, base64 in pieces, trailers in the body, CORS; over HTTP/1.1 and HTTP/2.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/grpc/server.hpp>
#include <avila/grpc/web.hpp>
#include <avila/http/client.hpp>
#include <avila/http2/client.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/grpc_echo.hpp>

namespace {

using namespace avila;
using namespace avila::grpc;

TEST(GrpcWeb, ContentTypes) {
  EXPECT_EQ(parse_content_type("application/grpc")->web, WebKind::None);
  EXPECT_EQ(parse_content_type("application/grpc+json")->format, "json");
  EXPECT_EQ(parse_content_type("application/grpc;charset=x")->format, "proto");
  EXPECT_EQ(parse_content_type("Application/GRPC-Web+proto")->web, WebKind::Binary);
  EXPECT_EQ(parse_content_type("application/grpc-web-text")->web, WebKind::Text);
  for (const char* other : {"", "application/json", "application/grpcx", "application/grpc-webx"})
    EXPECT_FALSE(parse_content_type(other).has_value()) << other;
}

TEST(GrpcWeb, Base64ComesInPiecesWithPaddingInBetween) {
  const std::string text = text::base64_encode("one") + text::base64_encode("four") +
                           text::base64_encode("x") + text::base64_encode("fives");
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    WebTextDecoder decoder;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece)
      ASSERT_TRUE(
          decoder.decode(as_bytes(std::string_view(text).substr(at, piece)), out).has_value());
    EXPECT_TRUE(decoder.end().has_value());
    EXPECT_EQ(out, "onefourxfives");
  }
  for (const char* wrong : {"=AAA", "A=AA", "AA=A", "A A", "AAA\n", "A===", "\xff"}) {
    WebTextDecoder decoder;
    std::string out;
    EXPECT_FALSE(decoder.decode(as_bytes(std::string_view(wrong)), out).has_value()) << wrong;
  }
  WebTextDecoder cut;
  std::string out;
  EXPECT_TRUE(cut.decode(as_bytes(std::string_view("AAA")), out).has_value());
  EXPECT_FALSE(cut.end().has_value());
}

TEST(GrpcWeb, TrailersAreLinesOfTheBody) {
  http::Headers trailers;
  trailers.add("grpc-status", "0").add("x-y", "z");
  const std::string frame = web_trailers(trailers);
  EXPECT_EQ(frame, std::string("\x80\0\0\0\x18", 5) + "grpc-status: 0\r\nx-y: z\r\n");
  const auto back = parse_web_trailers(frame.substr(5));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->find("x-y"), "z");
  EXPECT_EQ(parse_web_trailers("grpc-status:5").value().find("grpc-status"), "5");
  EXPECT_FALSE(parse_web_trailers("no colon\r\n").has_value());
  EXPECT_FALSE(parse_web_trailers("a b: c\r\n").has_value());
}

class GrpcWebServer : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(dispatcher_.add(avila_test::echo_service()).has_value());
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(200))); }
  static Task<Result<http::ClientResponse>> over_http2(async::Executor& executor,
                                                       std::uint16_t port,
                                                       http::ClientRequest request) {
    auto stream = co_await tcp::connect(executor, tcp::SocketAddress::loopback(port));
    AVILA_CO_TRY(tcp::Stream socket, std::move(stream));
    http2::ClientConnection client(executor, std::make_unique<tcp::Stream>(std::move(socket)));
    auto response = co_await client.send(std::move(request));
    co_return std::move(response);
  }
  http::ClientResponse send(http::ClientRequest request) {
    request.url = "http://" + server_.local_address() + request.url;
    if (GetParam()) {
      auto response = runtime_.block_on(over_http2(runtime_, server_.port(), std::move(request)));
      EXPECT_TRUE(response.has_value());
      return std::move(*response);
    }
    http::Client client(runtime_);
    auto response = runtime_.block_on(client.send(std::move(request)));
    EXPECT_TRUE(response.has_value());
    return std::move(*response);
  }
  http::ClientResponse call(const std::string& type, const std::string& method, std::string body,
                            const std::string& origin = "") {
    http::ClientRequest request;
    request.method = "POST";
    request.url = "/test.Echo/" + method;
    request.headers.add("content-type", type).add("x-ask", "web");
    if (!origin.empty()) request.headers.add("origin", origin);
    request.body = std::move(body);
    return send(std::move(request));
  }

  async::Runtime runtime_{{.threads = 2}};
  Dispatcher dispatcher_{{.web = {.allowed_origins = {"https://shop.example"}}}};
  Server server_{runtime_, dispatcher_};
};

std::string framed(std::string_view text) {
  std::string out;
  EXPECT_TRUE(append_message(out, as_bytes(text)).has_value());
  return out;
}

/// Messages, then "|", then the trailers' block.
std::string unframed(std::string_view body) {
  std::string all;
  MessageReader reader(1 << 20, true);
  ByteSpan input = as_bytes(body);
  while (true) {
    auto whole = reader.read(input);
    if (!whole.has_value() || !*whole) break;
    const Message message = reader.take_message();
    all += (message.trailers ? "|" : "") + message.bytes + (message.trailers ? "" : ";");
  }
  EXPECT_TRUE(input.empty() && reader.end().has_value());
  return all;
}

TEST_P(GrpcWebServer, BinaryAndTextGiveTheSame) {
  const auto unary = call("application/grpc-web+proto", "Echo", framed("hello"));
  EXPECT_EQ(unary.status, 200);
  EXPECT_EQ(unary.headers.find("content-type"), "application/grpc-web+proto");
  EXPECT_EQ(unary.headers.find("x-ask"), "web") << "initial metadata";
  EXPECT_EQ(unframed(unary.body), "hello;|grpc-status: 0\r\nx-ask: web\r\n");
  const auto stream = call("application/grpc-web", "Count", framed("3"));
  EXPECT_EQ(unframed(stream.body), "0;1;2;|grpc-status: 0\r\n");
  const auto failed = call("application/grpc-web", "Echo", framed("fail:NOT_FOUND"));
  EXPECT_NE(unframed(failed.body).find("|grpc-status: 5\r\ngrpc-message: %C3%A9 failed"),
            std::string::npos);
  const auto text = call("application/grpc-web-text", "Count", text::base64_encode(framed("3")));
  EXPECT_EQ(text.headers.find("content-type"), "application/grpc-web-text");
  WebTextDecoder decoder;
  std::string body;
  ASSERT_TRUE(decoder.decode(as_bytes(text.body), body).has_value()) << text.body;
  EXPECT_EQ(unframed(body), "0;1;2;|grpc-status: 0\r\n");
}

TEST_P(GrpcWebServer, BadBodiesAreRefused) {
  for (const char* type : {"application/grpc-web", "application/grpc-web-text"}) {
    const auto cut = call(type, "Echo", "AAA");
    EXPECT_EQ(cut.status, 200);
    EXPECT_NE(cut.body.size(), 0U);
  }
  EXPECT_NE(unframed(call("application/grpc-web", "Echo", std::string("\0\0", 2)).body)
                .find("|grpc-status: 13"),
            std::string::npos);
  EXPECT_NE(unframed(call("application/grpc-web", "Echo", "\x80" + framed("x").substr(1)).body)
                .find("|grpc-status: 13"),
            std::string::npos)
      << "clients send no trailers";
}

TEST(GrpcWebSlow, ABodyThatDripsOverHttp1IsEnded) {
  async::Runtime runtime({.threads = 2});
  Dispatcher dispatcher({.web = {.body_timeout = milliseconds(50)}});
  ASSERT_TRUE(dispatcher.add(avila_test::echo_service()).has_value());
  Server server(runtime, dispatcher);
  auto ends = async::make_pipe();
  auto serving = runtime.spawn(server.serve(std::move(ends.second), "pipe"));
  const auto drip = [](async::Transport& to) -> Task<std::string> {
    const std::string head =
        "POST /test.Echo/Echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web\r\n"
        "Content-Length: 6\r\n\r\n";
    auto written = co_await to.write_all(as_bytes(head));
    if (!written.has_value()) co_return "not taken";
    std::string all;
    std::byte buffer[1024];
    while (true) {
      auto got = co_await to.read(buffer);
      if (!got.has_value() || *got == 0) co_return all;
      all += as_text(ByteSpan(buffer, *got));
    }
  };
  const std::string answer = runtime.block_on(drip(*ends.first));
  EXPECT_NE(answer.find("grpc-status: 1\r\n"), std::string::npos) << answer;
  serving.wait();
  runtime.block_on(server.shutdown());
}

TEST_P(GrpcWebServer, OnlyAllowedOriginsMayCall) {
  const auto allowed = call("application/grpc-web", "Echo", framed("x"), "https://shop.example");
  EXPECT_EQ(allowed.headers.find("access-control-allow-origin"), "https://shop.example");
  const auto other = call("application/grpc-web", "Echo", framed("x"), "https://evil.example");
  EXPECT_FALSE(other.headers.contains("access-control-allow-origin"));
  http::ClientRequest ask;
  ask.method = "OPTIONS";
  ask.url = "/test.Echo/Echo";
  ask.headers.add("origin", "https://shop.example")
      .add("access-control-request-method", "POST")
      .add("access-control-request-headers", "x-grpc-web,content-type");
  const auto preflight = send(std::move(ask));
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.find("access-control-allow-headers"), "x-grpc-web,content-type");
  http::ClientRequest evil;
  evil.method = "OPTIONS";
  evil.url = "/test.Echo/Echo";
  evil.headers.add("origin", "https://evil.example").add("access-control-request-method", "POST");
  EXPECT_EQ(send(std::move(evil)).status, 415);
}

TEST_P(GrpcWebServer, WhatIsNotGrpcIsToldSo) {
  EXPECT_EQ(call("application/json", "Echo", "{}").status, 415);
  EXPECT_EQ(call("application/grpc", "Echo", framed("x")).status, GetParam() ? 200 : 505);
  http::ClientRequest get;
  get.method = "GET";
  get.url = "/test.Echo/Echo";
  get.headers.add("content-type", "application/grpc-web");
  EXPECT_EQ(send(std::move(get)).status, 405);
}

INSTANTIATE_TEST_SUITE_P(Versions, GrpcWebServer, ::testing::Bool(),
                         [](const auto& version) { return version.param ? "Http2" : "Http1"; });

}  // namespace

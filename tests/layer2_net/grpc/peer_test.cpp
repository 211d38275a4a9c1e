// Servers and clients that do not keep to the protocol.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/grpc/channel.hpp>
#include <avila/grpc/server.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/client.hpp>
#include <avila/http2/server.hpp>
#include <avila_test/grpc_echo.hpp>

#include "scripted_peer.hpp"

namespace {

using namespace avila;
using namespace avila_test;
using grpc::Code;

std::string framed(std::string_view text) {
  std::string out;
  EXPECT_TRUE(grpc::append_message(out, as_bytes(text)).has_value());
  return out;
}

/// What a bad server answers.
struct Answer {
  int status = 200;
  std::string type = "application/grpc";
  std::string body;
  http::Headers head, trailers;
  bool reset = false;
};

Task<Result<void>> write_answer(Answer answer, http::BodyWriter& writer) {
  if (!answer.body.empty()) {
    auto written = co_await writer.write(as_bytes(answer.body));
    AVILA_CO_TRY_VOID(std::move(written));
    auto flushed = co_await writer.flush();
    AVILA_CO_TRY_VOID(std::move(flushed));
  }
  if (answer.reset) co_return Error(Errc::Io, "broken as told");
  writer.trailers() = answer.trailers;
  co_return Result<void>();
}

class BadServer final : public http::Handler {
 public:
  bool handle_now(http::Request&, http::Response& response) override {
    response = http::Response::streamed(
        answer.status, answer.type,
        [a = answer](http::BodyWriter& writer) { return write_answer(a, writer); });
    for (const http::Field& field : answer.head) response.headers.add(field.name, field.value);
    response.late_head = true;
    return true;
  }
  Task<http::Response> handle(http::Request&) override { co_return http::Response(500); }
  Answer answer;
};

class GrpcBadServer : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    channel_.emplace(grpc::Channel::make(runtime_, server_.local_address()).value());
  }
  void TearDown() override {
    runtime_.block_on(channel_->close());
    runtime_.block_on(server_.shutdown(milliseconds(200)));
  }
  grpc::Reply ask(Answer answer) {
    handler_.answer = std::move(answer);
    return runtime_.block_on(channel_->unary("/a.B/C", "x", {.timeout = seconds(20)}));
  }
  static http::Headers status(std::string_view value) {
    http::Headers headers;
    headers.add("grpc-status", value);
    return headers;
  }

  async::Runtime runtime_{{.threads = 2}};
  BadServer handler_;
  http2::Server http2_;
  http::Server server_{runtime_, handler_, {.http2 = &http2_}};
  std::optional<grpc::Channel> channel_;
};

// Values of one field that were joined are as many entries, each with the field's name.
TEST_F(GrpcBadServer, JoinedMetadataCountsAsIfItWereNot) {
  http::Headers joined;
  joined.add(std::string(7000, 'k') + "-bin", std::string(7000, ','));
  const auto head = ask({.body = framed("ok"), .head = joined, .trailers = status("0")});
  EXPECT_EQ(head.status.code, Code::ResourceExhausted) << head.status.to_string();
  EXPECT_LE(head.initial_metadata.bytes(), 16U * 1024);
  joined.add("grpc-status", "0");
  const auto trailers = ask({.body = framed("ok"), .trailers = joined});
  EXPECT_EQ(trailers.status.code, Code::ResourceExhausted) << trailers.status.to_string();
  EXPECT_LE(trailers.trailing_metadata.bytes(), 16U * 1024);
}

TEST_F(GrpcBadServer, EveryBrokenAnswerHasItsStatus) {
  EXPECT_TRUE(ask({.body = framed("ok"), .trailers = status("0")}).status.ok());
  EXPECT_EQ(ask({.body = framed("ok"), .trailers = {}}).status.code, Code::Unknown)
      << "no trailers";
  EXPECT_EQ(ask({.body = framed("ok").substr(0, 6), .trailers = status("0")}).status.code,
            Code::Internal)
      << "a message that is cut";
  EXPECT_EQ(ask({.body = "\7garbage", .trailers = status("0")}).status.code, Code::Internal);
  EXPECT_EQ(
      ask({.body = std::string("\0\xff\xff\xff\xff", 5), .trailers = status("0")}).status.code,
      Code::ResourceExhausted)
      << "4 GiB";
  EXPECT_EQ(ask({.body = "\1" + framed("x").substr(1), .trailers = status("0")}).status.code,
            Code::Internal)
      << "compressed, but not said how";
  for (const char* number : {"17", "x", "-1", "", "99999999999999"})
    EXPECT_EQ(ask({.body = framed("ok"), .trailers = status(number)}).status.code, Code::Unknown)
        << number;
  EXPECT_EQ(ask({.body = framed("a") + framed("b"), .trailers = status("0")}).status.code,
            Code::Unimplemented);
  EXPECT_EQ(ask({.trailers = status("0")}).status.code, Code::Unimplemented);
  EXPECT_EQ(ask({.body = framed("a"), .reset = true}).status.code, Code::Internal);
  http::Headers unknown;
  unknown.add("grpc-encoding", "br");
  EXPECT_EQ(ask({.body = framed("a"), .head = unknown, .trailers = status("0")}).status.code,
            Code::Internal);
  http::Headers bad = status("0");
  bad.add("x-bin", "!!");
  EXPECT_EQ(ask({.body = framed("a"), .trailers = bad}).status.code, Code::Internal);
}

TEST_F(GrpcBadServer, HttpAnswersAreMapped) {
  EXPECT_EQ(ask({.status = 404, .type = "text/html"}).status.code, Code::Unimplemented);
  EXPECT_EQ(ask({.status = 503, .type = "text/html"}).status.code, Code::Unavailable);
  EXPECT_EQ(ask({.status = 401, .type = "text/html"}).status.code, Code::Unauthenticated);
  EXPECT_EQ(ask({.status = 200, .type = "text/html", .body = "<p>"}).status.code, Code::Unknown);
  EXPECT_EQ(ask({.status = 503, .trailers = status("5")}).status.code, Code::NotFound)
      << "a status of gRPC counts more";
}

TEST_F(GrpcBadServer, MetadataHasALimit) {
  http::Headers large;
  large.add("x-large", std::string(20'000, 'm'));
  EXPECT_EQ(ask({.body = framed("a"), .head = large, .trailers = status("0")}).status.code,
            Code::ResourceExhausted);
  large.add("grpc-status", "0");
  EXPECT_EQ(ask({.body = framed("a"), .trailers = large}).status.code, Code::ResourceExhausted);
}

// --- Clients ---

/// What the server says to a request: "HTTP status/grpc-status", or the error.
Task<std::string> send(http2::ClientConnection& client, http::Headers headers, std::string path,
                       std::string body) {
  http2::RequestStart start;
  start.method = "POST";
  start.authority = "pipe";
  start.path = std::move(path);
  start.headers = std::move(headers);
  auto opened = co_await client.open(std::move(start), false);
  if (!opened.has_value()) co_return opened.error().to_string();
  http2::Exchange exchange = std::move(*opened);
  auto written = co_await exchange.write_last(as_bytes(body));
  auto answered = co_await exchange.response();
  if (!answered.has_value()) co_return answered.error().to_string();
  while (true) {
    auto piece = co_await exchange.read();
    if (!piece.has_value()) co_return piece.error().to_string();
    if (piece->empty()) break;
  }
  (void)written;
  const auto early = exchange.headers().find("grpc-status");
  const auto late = exchange.trailers().find("grpc-status");
  co_return std::to_string(exchange.status()) + "/" +
      std::string(early.has_value() ? *early : late.value_or("none")) +
      (early.has_value() ? " at once" : "");
}

/// What is not gRPC, on the same port.
class Page final : public http::Handler {
 public:
  Task<http::Response> handle(http::Request&) override { co_return http::Response(203); }
};

TEST(GrpcBadClient, EveryBrokenRequestHasItsStatus) {
  async::Runtime runtime({.threads = 2});
  grpc::Dispatcher dispatcher;
  ASSERT_TRUE(dispatcher.add(echo_service()).has_value());
  grpc::Server server(runtime, dispatcher);
  auto ends = async::make_pipe();
  auto serving = runtime.spawn(server.serve(std::move(ends.second), "pipe"));
  {
    http2::ClientConnection client(runtime, std::move(ends.first));
    const auto talk = [&](const char* name, const char* value, std::string body,
                          const char* path = "/test.Echo/Echo") {
      http::Headers headers;
      headers.add("te", "trailers").add("content-type", "application/grpc");
      if (*name != '\0') headers.set(name, value);
      return runtime.block_on(send(client, std::move(headers), path, std::move(body)));
    };
    EXPECT_EQ(talk("", "", framed("x")), "200/0");
    EXPECT_EQ(talk("content-type", "application/grpc+proto", framed("x")), "200/0");
    EXPECT_EQ(talk("content-type", "text/plain", framed("x")), "415/none");
    Page page;
    dispatcher.fall_back(page);
    EXPECT_EQ(talk("content-type", "text/plain", framed("x")), "203/none");
    EXPECT_EQ(talk("", "", ""), "200/12 at once") << "no message";
    EXPECT_EQ(talk("", "", framed("x") + framed("y")), "200/12 at once") << "two";
    EXPECT_EQ(talk("", "", framed("x").substr(0, 4)), "200/13 at once") << "cut within the prefix";
    EXPECT_EQ(talk("", "", framed("xyz").substr(0, 6)), "200/13 at once")
        << "cut within the message";
    EXPECT_EQ(talk("", "", "\2" + framed("x").substr(1)), "200/13 at once") << "no such flag";
    EXPECT_EQ(talk("", "", "\x80" + framed("x").substr(1)), "200/13 at once") << "gRPC-Web's flag";
    EXPECT_EQ(talk("", "", "\1" + framed("x").substr(1)), "200/13 at once") << "no encoding";
    EXPECT_EQ(talk("grpc-encoding", "gzip", "\1" + framed("x").substr(1)), "200/13 at once")
        << "not gzip at all";
    EXPECT_EQ(talk("grpc-encoding", "br", framed("x")), "200/12 at once") << "no such encoding";
    EXPECT_EQ(talk("", "", std::string("\0\x7f\xff\xff\xff", 5)), "200/8 at once") << "too long";
    EXPECT_EQ(talk("grpc-timeout", "soon", framed("x")), "200/13 at once");
    EXPECT_EQ(talk("grpc-timeout", "100000000n", framed("x")), "200/13 at once") << "nine digits";
    EXPECT_EQ(talk("grpc-timeout", "0n", framed("wait")), "200/4 at once");
    EXPECT_EQ(talk("grpc-timeout", "99999999H", framed("x")), "200/0") << "11,000 years";
    EXPECT_EQ(talk("x-bin", "!!", framed("x")), "200/3 at once");
    const std::string key = std::string(7000, 'k') + "-bin", joined(7000, ',');
    EXPECT_EQ(talk(key.c_str(), joined.c_str(), framed("x")), "200/8 at once") << "7,001 values";
    EXPECT_EQ(talk("", "", framed("x"), "/test.Echo/None"), "200/12 at once");
    EXPECT_EQ(talk("", "", framed("x"), "/test.Echo"), "200/12 at once");
    EXPECT_EQ(talk("", "", framed("x")), "200/0") << "the connection has not suffered";
    runtime.block_on(client.close());
  }
  serving.wait();
  runtime.block_on(server.shutdown());
}

TEST(GrpcBadClient, ADeadlineEndsACallThatStalls) {
  async::Runtime runtime({.threads = 2});
  grpc::Dispatcher dispatcher;
  ASSERT_TRUE(dispatcher.add(echo_service()).has_value());
  grpc::Server server(runtime, dispatcher);
  auto ends = async::make_pipe();
  auto serving = runtime.spawn(server.serve(std::move(ends.second), "pipe"));
  {
    http2::ClientConnection client(runtime, std::move(ends.first));
    const auto stall = [](http2::ClientConnection& on) -> Task<std::string> {
      http2::RequestStart start;
      start.method = "POST";
      start.authority = "pipe";
      start.path = "/test.Echo/Join";
      start.headers.add("content-type", "application/grpc").add("grpc-timeout", "50m");
      auto opened = co_await on.open(std::move(start), false);
      if (!opened.has_value()) co_return opened.error().to_string();
      auto answered = co_await opened->response();
      if (!answered.has_value()) co_return answered.error().to_string();
      co_return std::string(opened->headers().find("grpc-status").value_or("none"));
    };
    EXPECT_EQ(runtime.block_on(stall(client)), "4") << "nothing was sent, and nothing ended";
    runtime.block_on(client.close());
  }
  serving.wait();
  runtime.block_on(server.shutdown());
}

}  // namespace

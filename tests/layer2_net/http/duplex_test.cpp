// Responses that are written while the request is still being read, and requests that nobody waits
// for any more.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/future/task_group.hpp>
#include <avila/http/server.hpp>

#include <atomic>
#include <memory>

#include "raw_client.hpp"

namespace {

using namespace avila;
using avila_test::RawClient;
using future::Task;
using http::Request;
using http::Response;

class EchoSource final : public http::BodySource {
 public:
  EchoSource(http::BodyReader& reader, std::string first)
      : reader_(reader), first_(std::move(first)) {}
  Task<Result<void>> write_to(http::BodyWriter& writer) override {
    while (!first_.empty()) {
      auto written = co_await writer.write(as_bytes(first_));
      AVILA_CO_TRY_VOID(std::move(written));
      auto flushed = co_await writer.flush();
      AVILA_CO_TRY_VOID(std::move(flushed));
      auto piece = co_await reader_.read();
      AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
      first_ = as_text(bytes);
    }
    co_return Result<void>();
  }

 private:
  http::BodyReader& reader_;
  std::string first_;
};

class StreamingHandler : public http::Handler {
 public:
  http::BodyPlan plan_body(Request&) override { return {.stream = true}; }
};

class Echo final : public StreamingHandler {
  Task<Response> handle(Request& request) override {
    auto first = co_await request.stream->read();
    if (!first.has_value()) co_return Response(400);
    std::string text(as_text(*first));
    Response response(200);
    response.body =
        http::Body::stream(std::make_unique<EchoSource>(*request.stream, std::move(text)));
    response.duplex = true;
    co_return response;
  }
};

TEST(HttpDuplex, PiecesComeBackWhileTheRequestGoesOn) {
  async::Runtime runtime({.threads = 2});
  Echo echo;
  http::Server server(runtime, echo);
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  EXPECT_NE(client.read_until("one\r\n", 10'000).find("3\r\none\r\n"), std::string::npos);
  client.send("3\r\ntwo\r\n");
  EXPECT_NE(client.read_until("two\r\n", 10'000).find("3\r\ntwo\r\n"), std::string::npos);
  client.send("0\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  const std::string rest = client.read_until("x\r\n0\r\n\r\n", 10'000);
  EXPECT_NE(rest.find("0\r\n\r\nHTTP/1.1 200 OK"), std::string::npos) << rest;  // kept alive
  runtime.block_on(server.shutdown(milliseconds(200)));
}

class Answers final : public StreamingHandler {
  Task<Response> handle(Request&) override { co_return Response::text(413, "no\n"); }
};

TEST(HttpDuplex, AnAnswerDoesNotWaitForABodyThatNobodyReads) {
  async::Runtime runtime({.threads = 2});
  Answers handler;
  http::Server server(runtime, handler, {.body_grace = seconds(60)});
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  EXPECT_NE(client.read_until("no\n", 20'000).find("413"), std::string::npos);
  client.send("0\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  const std::string last = client.read_until("no\n", 20'000);  // so much is not read away
  EXPECT_NE(last.find("Connection: close"), std::string::npos) << last;
  runtime.block_on(server.shutdown(milliseconds(200)));
}

class Interrupted final : public StreamingHandler {
  Task<Response> handle(Request& request) override {
    request.stream->interrupt();
    auto piece = co_await request.stream->read();
    const bool cancelled = !piece.has_value() && piece.error().is(Errc::Cancelled);
    co_return Response::text(cancelled ? 413 : 200, "");
  }
};

TEST(HttpDuplex, AnInterruptedBodyIsNotWaitedFor) {
  async::Runtime runtime({.threads = 2});
  Interrupted handler;
  http::Server server(runtime, handler);
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  const std::string answer = client.read_until("\r\n\r\n", 10'000);
  EXPECT_NE(answer.find("413"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
  runtime.block_on(server.shutdown(milliseconds(200)));
}

/// Interrupts its own read, which waits for a peer that does not take 100 (Continue).
class InterruptedLater final : public StreamingHandler {
  Task<Response> handle(Request& request) override {
    future::TaskGroup group;
    group.spawn(interrupt_soon(*request.stream));
    auto piece = co_await request.stream->read();
    cancelled = !piece.has_value() && piece.error().is(Errc::Cancelled);
    auto joined = co_await group.join();
    co_return Response(joined.has_value() ? 413 : 500);
  }
  static Task<void> interrupt_soon(http::BodyReader& body) {
    co_await future::sleep(milliseconds(20));
    body.interrupt();
  }

 public:
  std::atomic<bool> cancelled{false};
};

/// Reads in one task and answers from another one.
class ReadsBeside final : public StreamingHandler {
  class Source final : public http::BodySource {
   public:
    Source(http::BodyReader& body, bool& reading) { group_.spawn(read_all(body, reading)); }
    Task<Result<void>> write_to(http::BodyWriter& writer) override {
      auto joined = co_await group_.join();
      (void)joined;
      auto written = co_await writer.write("late");
      co_return written;
    }

   private:
    static Task<Result<void>> read_all(http::BodyReader& body, bool& reading) {
      reading = true;
      auto text = co_await body.read_all(100);
      (void)text;
      co_return Result<void>();
    }
    future::TaskGroup group_;
  };
  Task<Response> handle(Request& request) override {
    bool reading = false;
    Response response(200);
    response.body = http::Body::stream(std::make_unique<Source>(*request.stream, reading));
    response.duplex = true;
    while (!reading) co_await future::yield();  // and it writes 100 (Continue)
    co_return response;
  }
};

/// Asks for 100 (Continue) over a pipe that holds less than that, and takes nothing.
Task<bool> ask_and_take_nothing(http::Server& server) {
  auto ends = async::make_pipe({.capacity_bytes = 8});
  future::TaskGroup group;
  group.spawn(server.serve(std::move(ends.first), "pipe"));
  static constexpr std::string_view kHead =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  auto written = co_await ends.second->write_all(as_bytes(kHead));
  auto joined = co_await group.join();
  co_return written.has_value() && joined.has_value();
}

TEST(HttpDuplex, ReadingEndsWhereNobodyTakesContinue) {
  async::Runtime runtime({.threads = 2});
  InterruptedLater handler;
  http::Server server(runtime, handler, {.write_timeout = seconds(60)});
  EXPECT_TRUE(runtime.block_on(ask_and_take_nothing(server)));
  EXPECT_TRUE(handler.cancelled);
  EXPECT_EQ(server.metrics().timeouts, 0U);
  runtime.block_on(server.shutdown(milliseconds(200)));
}

TEST(HttpDuplex, WhoTakesNoContinueIsLetGoInTime) {
  async::Runtime runtime({.threads = 1});
  ReadsBeside handler;
  http::Server server(runtime, handler, {.write_timeout = milliseconds(200)});
  EXPECT_TRUE(runtime.block_on(ask_and_take_nothing(server)));
  EXPECT_EQ(server.metrics().timeouts, 1U);
  runtime.block_on(server.shutdown(milliseconds(200)));
}

class Waits final : public http::Handler {
 public:
  Task<Response> handle(Request& request) override {
    const CancelToken cancel = request.cancel;
    began = true;
    auto slept = co_await future::sleep(seconds(60), cancel);
    cancelled = !slept.has_value();
    co_return Response(204);
  }
  using CancelToken = http::CancelToken;
  std::atomic<bool> began{false}, cancelled{false};
};

TEST(HttpDuplex, APeerThatHangsUpCancelsItsRequest) {
  async::Runtime runtime({.threads = 2});
  Waits handler;
  http::Server server(runtime, handler, {.header_timeout = seconds(1), .cancel_on_hang_up = true});
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  {
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 10'000 && !handler.began; ++i) ::usleep(1000);
    ASSERT_TRUE(handler.began);
    EXPECT_FALSE(handler.cancelled);
  }
  for (int i = 0; i < 10'000 && !handler.cancelled; ++i) ::usleep(1000);
  EXPECT_TRUE(handler.cancelled);
  runtime.block_on(server.shutdown(milliseconds(200)));
}

}  // namespace

// Our client and our server over a pipe, and peers that are slow or silent.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/http2/client.hpp>
#include <avila/http2/server.hpp>
#include <avila/web/router.hpp>
#include <memory>

#include "frames.hpp"

namespace {

using namespace avila;
using avila_test::frame;
using avila_test::get;
using future::Task;
using http::Request;
using http::Response;

Response echo(Request& request) { return Response::text(200, std::string(request.body)); }
Response large(Request&) { return Response::text(200, std::string(2'000'000, 'L')); }

Task<Result<void>> pump(http::BodyReader& from, http::BodyWriter& to) {
  while (true) {
    auto piece = co_await from.read();
    AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
    if (bytes.empty()) break;
    auto written = co_await to.write(bytes);
    AVILA_CO_TRY_VOID(std::move(written));
    auto flushed = co_await to.flush();
    AVILA_CO_TRY_VOID(std::move(flushed));
  }
  to.trailers().add("x-seen", from.trailers().find("x-sent").value_or("none"));
  co_return Result<void>();
}
Response both_ways(Request& request) {
  http::BodyReader* reader = request.stream;
  return Response::streamed(200, "text/plain",
                            [reader](http::BodyWriter& to) { return pump(*reader, to); });
}

Task<Result<void>> decide_late(http::BodyReader& from, http::BodyWriter& to) {
  auto whole = co_await from.read_all(1000);
  AVILA_CO_TRY(const std::string text, std::move(whole));
  to.trailers().add("x-status", text);
  if (text == "fail") co_return Error(Errc::Unavailable, "no answer");
  to.late_head()->headers.add("x-late", "yes");
  if (text == "bare") co_return Result<void>();
  auto written = co_await to.write(as_bytes(text));
  AVILA_CO_TRY_VOID(std::move(written));
  if (text != "flush") co_return Result<void>();
  auto flushed = co_await to.flush();
  AVILA_CO_TRY_VOID(std::move(flushed));
  co_return to.late_head() == nullptr ? Result<void>() : Error(Errc::Conflict, "not sent");
}
Response late(Request& request) {
  http::BodyReader* reader = request.stream;
  Response response = Response::streamed(
      200, "text/plain", [reader](http::BodyWriter& to) { return decide_late(*reader, to); });
  response.late_head = true;
  return response;
}

std::atomic<int> cancelled{0};
Task<Response> never(Request& request) {
  auto slept = co_await future::sleep(seconds(30), request.cancel);
  if (!slept.has_value()) ++cancelled;
  co_return Response(503);
}

class Http2 : public ::testing::Test {
 protected:
  void SetUp() override {
    router_.post("/echo", echo);
    router_.get("/large", large);
    router_.get("/never", never);
    router_.post("/both", both_ways).stream_body();
    router_.post("/late", late).stream_body();
  }
  void serve(http2::ServerOptions options = {}, async::PipeOptions pipe = {}) {
    auto ends = async::make_pipe(pipe);
    transport_ = std::move(ends.first);
    client_end_ = std::move(ends.second);
    server_ = std::make_unique<http2::Server>(std::move(options));
    served_ = runtime_.spawn(
        server_->serve(*transport_, "", "pipe", router_, drain_.token(), stop_.token()));
  }
  void TearDown() override {
    stop_.cancel();
    served_.wait();
  }
  /// What the server sends until it ends the connection, or `limit`.
  std::string read_all(Duration limit = seconds(5)) {
    return runtime_.block_on(read_until_end(*client_end_, limit));
  }
  static Task<std::string> read_until_end(async::Transport& from, Duration limit) {
    future::Deadline deadline(limit);
    std::string all;
    std::byte buffer[4096];
    while (true) {
      auto got = co_await from.read(buffer, deadline.token());
      if (!got.has_value() || *got == 0) break;
      all += as_text(ByteSpan(buffer, *got));
    }
    co_return all;
  }
  /// More of what has come, until a frame of that type is there for stream 1.
  static Task<std::string> read_until(async::Transport& from, http2::FrameType type,
                                      std::string all) {
    future::Deadline deadline(seconds(30));
    std::byte buffer[4096];
    while (true) {
      for (const auto& each : avila_test::parse_frames(all))
        if (each.header.type == type && each.header.stream == 1) co_return all;
      auto got = co_await from.read(buffer, deadline.token());
      if (!got.has_value() || *got == 0) co_return all;
      all += as_text(ByteSpan(buffer, *got));
    }
  }
  static Task<bool> write(async::Transport& to, std::string bytes) {
    auto written = co_await to.write_all(as_bytes(bytes));
    co_return written.has_value();
  }
  void send(std::string bytes) {
    EXPECT_TRUE(runtime_.block_on(write(*client_end_, std::move(bytes))));
  }

  async::Runtime runtime_{{.threads = 2}};
  web::Router router_;
  future::CancelSource drain_, stop_;
  std::unique_ptr<async::Transport> transport_, client_end_;
  std::unique_ptr<http2::Server> server_;
  async::JoinHandle<void> served_;
};

Task<Result<http::ClientResponse>> fetch(http2::ClientConnection& client, std::string method,
                                         std::string path, std::string body) {
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = "http://pipe" + path;
  request.body = std::move(body);
  auto response = co_await client.send(std::move(request));
  co_return std::move(response);
}

TEST_F(Http2, ClientAndServerExchange) {
  serve();
  http2::ClientConnection client(runtime_, std::move(client_end_));
  const auto echoed = runtime_.block_on(fetch(client, "POST", "/echo", "hello"));
  ASSERT_TRUE(echoed.has_value()) << echoed.error().to_string();
  EXPECT_EQ(echoed->status, 200);
  EXPECT_EQ(echoed->body, "hello");
  EXPECT_TRUE(echoed->headers.contains("date"));
  const auto large_body = runtime_.block_on(fetch(client, "GET", "/large", ""));
  ASSERT_TRUE(large_body.has_value());
  EXPECT_EQ(large_body->body, std::string(2'000'000, 'L'));
  const auto head = runtime_.block_on(fetch(client, "HEAD", "/large", ""));
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->headers.find("content-length"), "2000000");
  EXPECT_TRUE(head->body.empty());
  const auto none = runtime_.block_on(fetch(client, "GET", "/none", ""));
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->status, 404);
  runtime_.block_on(client.close());
}

TEST_F(Http2, ManyAtOnceOverABadPipe) {
  serve({.engine = {.concurrent_streams = 8}},
        {.capacity_bytes = 3000, .seed = 7, .chunk_bytes_max = 700});
  http2::ClientConnection client(runtime_, std::move(client_end_));
  std::vector<async::JoinHandle<Result<http::ClientResponse>>> running;
  for (int i = 0; i < 50; ++i)
    running.push_back(runtime_.spawn(
        fetch(client, "POST", "/echo", std::string(static_cast<std::size_t>(i) * 401, 'e'))));
  for (int i = 0; i < 50; ++i) {
    const auto response = running[static_cast<std::size_t>(i)].wait();
    ASSERT_TRUE(response.has_value()) << response.error().to_string();
    EXPECT_EQ(response->body.size(), static_cast<std::size_t>(i) * 401);
  }
  runtime_.block_on(client.close());
}

Task<std::string> talk(http2::ClientConnection& client) {
  http2::RequestStart start;
  start.method = "POST";
  start.authority = "pipe";
  start.path = "/both";
  auto opened = co_await client.open(std::move(start), false);
  if (!opened.has_value()) co_return opened.error().to_string();
  http2::Exchange exchange = std::move(*opened);
  auto answered = co_await exchange.response();
  if (!answered.has_value()) co_return answered.error().to_string();
  std::string all;
  for (int i = 0; i < 5; ++i) {
    const std::string text = "turn " + std::to_string(i) + ";";
    auto written = co_await exchange.write(as_bytes(text));
    if (!written.has_value()) co_return written.error().to_string();
    auto piece = co_await exchange.read();
    if (!piece.has_value()) co_return piece.error().to_string();
    all += as_text(*piece);
  }
  http::Headers trailers;
  trailers.add("X-Sent", "yes");
  auto finished = co_await exchange.finish(std::move(trailers));
  if (!finished.has_value()) co_return finished.error().to_string();
  auto end = co_await exchange.read();
  if (!end.has_value() || !end->empty()) co_return "no end";
  co_return all + std::string(exchange.trailers().find("x-seen").value_or("?"));
}

TEST_F(Http2, BothSidesTalkInTurns) {
  serve();
  http2::ClientConnection client(runtime_, std::move(client_end_));
  EXPECT_EQ(runtime_.block_on(talk(client)), "turn 0;turn 1;turn 2;turn 3;turn 4;yes");
  runtime_.block_on(client.close());
}

/// Body, and where `status` came: with the head or behind the body.
Task<std::string> ask_late(http2::ClientConnection& client, std::string text) {
  http2::RequestStart start;
  start.method = "POST";
  start.authority = "pipe";
  start.path = "/late";
  start.corked = true;
  auto opened = co_await client.open(std::move(start), false);
  if (!opened.has_value()) co_return opened.error().to_string();
  http2::Exchange exchange = std::move(*opened);
  auto written = co_await exchange.write_last(as_bytes(text));
  if (!written.has_value()) co_return written.error().to_string();
  auto answered = co_await exchange.response();
  if (!answered.has_value()) {
    const auto code = exchange.reset_by_peer();
    co_return "reset " + std::string(code.has_value() ? to_string(*code) : "by us");
  }
  std::string all;
  while (true) {
    auto piece = co_await exchange.read();
    if (!piece.has_value()) co_return piece.error().to_string();
    if (piece->empty()) break;
    all += as_text(*piece);
  }
  all += " head:" + std::string(exchange.headers().find("x-status").value_or("-"));
  all += " late:" + std::string(exchange.headers().find("x-late").value_or("-"));
  co_return all + " trailer:" + std::string(exchange.trailers().find("x-status").value_or("-"));
}

TEST_F(Http2, ALateHeadWaitsForTheBody) {
  serve();
  http2::ClientConnection client(runtime_, std::move(client_end_));
  EXPECT_EQ(runtime_.block_on(ask_late(client, "whole")), "whole head:- late:yes trailer:whole");
  EXPECT_EQ(runtime_.block_on(ask_late(client, "flush")), "flush head:- late:yes trailer:flush");
  EXPECT_EQ(runtime_.block_on(ask_late(client, "bare")), " head:bare late:yes trailer:-");
  // Nothing had left: it is told, as over HTTP/1.1.
  EXPECT_NE(runtime_.block_on(ask_late(client, "fail")).find("\"status\":500"), std::string::npos);
  runtime_.block_on(client.close());
}

Task<std::string> watch(http2::ClientConnection& client) {
  auto ready = co_await client.ready();
  if (!ready.has_value()) co_return ready.error().to_string();
  for (int i = 0; i < 3; ++i) {
    auto answered = co_await client.ping();
    if (!answered.has_value()) co_return answered.error().to_string();
  }
  const future::Deadline soon(milliseconds(5));
  auto early = co_await client.unusable(soon.token());
  co_return early.has_value() || !client.usable() ? "unusable" : "alive";
}
Task<std::string> watch_end(http2::ClientConnection& client) {
  auto ended = co_await client.unusable();
  auto pinged = co_await client.ping();
  co_return std::string(ended.has_value() || ended.error().is(Errc::Closed) ? "ended" : "no") +
      (pinged.has_value() || client.usable() ? "" : " and dead");
}

TEST_F(Http2, AClientHearsOfItsConnection) {
  serve();
  http2::ClientConnection client(runtime_, std::move(client_end_));
  EXPECT_EQ(runtime_.block_on(watch(client)), "alive");
  auto ending = runtime_.spawn(watch_end(client));
  stop_.cancel();
  EXPECT_EQ(ending.wait(), "ended and dead");
}

TEST_F(Http2, AnAbandonedExchangeCancelsItsHandler) {
  serve();
  {
    http2::ClientConnection client(runtime_, std::move(client_end_));
    auto running = runtime_.spawn(fetch(client, "GET", "/never", ""));
    runtime_.block_on(runtime_.sleep(milliseconds(20)));
    drain_.cancel();  // the server waits for the handler, and would for 30 s
    runtime_.block_on(client.close(milliseconds(20)));
    EXPECT_FALSE(running.wait().has_value());
  }
  served_.wait();
  served_ = runtime_.spawn(runtime_.sleep(Duration::zero()));
}

TEST_F(Http2, RequestsThatTwoCouldReadDifferentlyAreRefused) {
  using avila_test::Fields;
  const auto with = [](Fields more) {
    Fields fields = avila_test::kGet;
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  };
  const Fields cases[] = {
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}},
      {{":method", "GET"}, {":path", "/"}, {":authority", "a"}},
      {{":scheme", "http"}, {":path", "/"}, {":authority", "a"}},
      {{":method", "GET"}, {":scheme", ""}, {":path", "/"}, {":authority", "a"}},
      {{":method", "GET"}, {":scheme", "http://b/?"}, {":path", "/"}, {":authority", "a"}},
      {{":method", "GET"}, {":scheme", "http\r\nx: y"}, {":path", "/"}, {":authority", "a"}},
      {{":method", "CONNECT"},
       {":protocol", "a\r\nb"},
       {":scheme", "http"},
       {":path", "/"},
       {":authority", "a"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", ""}, {":authority", "a"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "x"}, {":authority", "a"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/ b"}, {":authority", "a"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "u@a"}},
      {{":method", "G T"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}},
      {{"x", "1"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}},
      with({{":path", "/"}}),
      with({{":status", "200"}}),
      with({{"Host", "a"}}),
      with({{"host", "b"}}),
      with({{"connection", "close"}}),
      with({{"transfer-encoding", "chunked"}}),
      with({{"upgrade", "x"}}),
      with({{"te", "gzip"}}),
      with({{"x", "a\r\nb: c"}}),
      with({{"x", " a"}}),
      with({{"x y", "a"}}),
      with({{"content-length", "1"}}),
      with({{"content-length", "0"}, {"content-length", "1"}}),
      with({{"content-length", "-1"}}),
      with({{":protocol", "websocket"}}),
  };
  serve();
  std::string bytes = avila_test::preface();
  std::uint32_t id = 1;
  for (const Fields& fields : cases) {
    bytes += get(id, fields);
    id += 2;
  }
  bytes += get(id, with({{"te", "trailers"}, {"host", "a"}, {"content-length", "0"}}));
  bytes += frame(http2::FrameType::Goaway, 0, 0, std::string(8, '\0'));
  send(bytes);
  const auto shut = [](async::Transport& end) -> Task<void> {
    auto done = co_await end.shutdown_write();
    (void)done;
  };
  runtime_.block_on(shut(*client_end_));
  std::uint32_t refused = 0;
  bool answered = false;
  for (const auto& each : avila_test::parse_frames(read_all())) {
    if (each.header.type == http2::FrameType::RstStream) {
      EXPECT_EQ(each.number(0), static_cast<std::uint32_t>(http2::ErrorCode::ProtocolError));
      ++refused;
    }
    if (each.header.type == http2::FrameType::Headers) {
      EXPECT_EQ(each.header.stream, id);
      answered = true;
    }
  }
  EXPECT_EQ(refused, std::size(cases));
  EXPECT_TRUE(answered);
}

TEST_F(Http2, TrailersAreHeldToTheRulesOfFields) {
  using avila_test::Fields;
  const Fields cases[] = {
      {{"X-Upper", "1"}},    {{"x y", "1"}},        {{"x", "a\r\nb: c"}},
      {{"connection", "x"}}, {{"upgrade", "h2c"}},  {{"transfer-encoding", "chunked"}},
      {{":status", "200"}},  {{"keep-alive", "1"}},
  };
  serve();
  std::string bytes = avila_test::preface();
  std::uint32_t id = 1;
  const auto post = [&](const Fields& trailers) {
    const Fields head = {
        {":method", "POST"}, {":scheme", "http"}, {":path", "/echo"}, {":authority", "a"}};
    bytes +=
        frame(http2::FrameType::Headers, http2::flags::kEndHeaders, id, avila_test::block(head)) +
        frame(http2::FrameType::Headers, http2::flags::kEndHeaders | http2::flags::kEndStream, id,
              avila_test::block(trailers));
    id += 2;
  };
  for (const Fields& trailers : cases) post(trailers);
  post({{"x-sent", "yes "}});
  bytes += frame(http2::FrameType::Goaway, 0, 0, std::string(8, '\0'));
  send(bytes);
  const auto shut = [](async::Transport& end) -> Task<void> {
    auto done = co_await end.shutdown_write();
    (void)done;
  };
  runtime_.block_on(shut(*client_end_));
  std::uint32_t refused = 0;
  bool answered = false;
  for (const auto& each : avila_test::parse_frames(read_all())) {
    if (each.header.type == http2::FrameType::RstStream) {
      EXPECT_EQ(each.number(0), static_cast<std::uint32_t>(http2::ErrorCode::ProtocolError));
      ++refused;
    }
    if (each.header.type == http2::FrameType::Headers) {
      EXPECT_EQ(each.header.stream, id - 2);
      answered = true;
    }
  }
  EXPECT_EQ(refused, std::size(cases));
  EXPECT_TRUE(answered);
}

TEST_F(Http2, BodiesPastTheLimitAreRefused) {
  serve({.body_bytes = 1000});
  http2::ClientConnection client(runtime_, std::move(client_end_));
  const auto refused = runtime_.block_on(fetch(client, "POST", "/echo", std::string(1001, 'x')));
  ASSERT_TRUE(refused.has_value()) << refused.error().to_string();
  EXPECT_EQ(refused->status, 413);
  const auto taken = runtime_.block_on(fetch(client, "POST", "/echo", std::string(1000, 'x')));
  ASSERT_TRUE(taken.has_value()) << taken.error().to_string();
  EXPECT_EQ(taken->status, 200);
  runtime_.block_on(client.close());
}

// RFC 9113 section 8.1: the rest of a body that nobody reads is cut off behind the response.
TEST_F(Http2, AResponseLeavesWholeBeforeTheBodyIsCutOff) {
  serve({.body_bytes = 1000});
  const std::string piece = frame(http2::FrameType::Data, 0, 1, std::string(16'384, 'x'));
  std::string bytes =
      avila_test::preface(avila_test::setting(4, 0)) +
      frame(
          http2::FrameType::Headers, http2::flags::kEndHeaders, 1,
          avila_test::block(
              {{":method", "POST"}, {":scheme", "http"}, {":path", "/echo"}, {":authority", "a"}}));
  for (int i = 0; i < 12; ++i) bytes += piece;
  send(bytes + frame(http2::FrameType::WindowUpdate, 0, 1, avila_test::u32(1000)));
  std::string got = runtime_.block_on(read_until(*client_end_, http2::FrameType::Data, {}));
  for (const auto& each : avila_test::parse_frames(got))
    EXPECT_NE(each.header.type, http2::FrameType::RstStream);
  EXPECT_NE(got.find("Content Too Large"), std::string::npos);
  send(piece);
  got = runtime_.block_on(read_until(*client_end_, http2::FrameType::RstStream, std::move(got)));
  const auto frames = avila_test::parse_frames(got);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back().header.type, http2::FrameType::RstStream);
  EXPECT_EQ(frames.back().number(0), static_cast<std::uint32_t>(http2::ErrorCode::NoError));
}

Task<bool> see(async::Transport& from, std::string text) {
  std::string all;
  std::byte buffer[4096];
  while (all.find(text) == std::string::npos) {
    auto got = co_await from.read(buffer);
    if (!got.has_value() || *got == 0) co_return false;
    all += as_text(ByteSpan(buffer, *got));
  }
  co_return true;
}

/// What writing more than the windows take comes to, and the response then.
Task<std::string> write_and_ask(http2::ClientConnection& client) {
  http2::RequestStart start;
  start.method = "POST";
  start.authority = "pipe";
  start.path = "/";
  auto opened = co_await client.open(std::move(start), false);
  if (!opened.has_value()) co_return opened.error().to_string();
  http2::Exchange exchange = std::move(*opened);
  const std::string body(100'000, 'b');
  auto written = co_await exchange.write(as_bytes(body));
  const std::string said = written.has_value() ? "written; " : written.error().to_string() + "; ";
  auto answered = co_await exchange.response();
  if (!answered.has_value()) co_return said + answered.error().to_string();
  co_return said + std::to_string(exchange.status());
}

// RFC 9113 section 8.1: RST_STREAM(NO_ERROR) behind a complete response means that the rest of the
// request is not wanted. It makes no write of what was not sent a success, and without a response
// it is a failure as any other.
TEST_F(Http2, AResetWithoutErrorIsNoSuccess) {
  http2::HpackEncoder encoder;
  std::string head;
  encoder.begin_block(head);
  encoder.encode(head, ":status", "200");
  const std::string reset = frame(http2::FrameType::RstStream, 0, 1, avila_test::u32(0));
  const std::string answer = frame(http2::FrameType::Headers,
                                   http2::flags::kEndStream | http2::flags::kEndHeaders, 1, head);
  const std::string refused = "the peer reset the stream: NO_ERROR";
  for (const bool answers : {false, true}) {
    auto ends = async::make_pipe();
    http2::ClientConnection client(runtime_, std::move(ends.second));
    auto asked = runtime_.spawn(write_and_ask(client));
    EXPECT_TRUE(runtime_.block_on(
        write(*ends.first, frame(http2::FrameType::Settings, 0, 0, avila_test::setting(4, 10)))));
    EXPECT_TRUE(runtime_.block_on(see(*ends.first, "bbbb")));  // of the body, what fits
    EXPECT_TRUE(runtime_.block_on(write(*ends.first, answers ? answer + reset : reset)));
    const std::string said = asked.wait();
    EXPECT_EQ(said.substr(said.find("; ")),
              answers ? "; 200" : "; " + said.substr(0, said.find(';')));
    EXPECT_NE(said.find(refused), std::string::npos) << said;
    ends.first->close();
  }
  served_ = runtime_.spawn(runtime_.sleep(Duration::zero()));
}

// The handler of a request that its client gave up so is told, too.
TEST_F(Http2, AResetWithoutErrorCancelsTheHandler) {
  serve();
  const int before = cancelled.load();
  const avila_test::Fields head = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/never"}, {":authority", "a"}};
  send(avila_test::preface() + get(1, head));
  send(frame(http2::FrameType::RstStream, 0, 1, avila_test::u32(0)) +
       frame(http2::FrameType::Ping, 0, 0, "heard it"));
  EXPECT_TRUE(runtime_.block_on(see(*client_end_, "heard it")));
  drain_.cancel();  // the server waits for the handler, and would for 30 s
  served_.wait();
  served_ = runtime_.spawn(runtime_.sleep(Duration::zero()));
  EXPECT_EQ(cancelled.load(), before + 1);
}

// A peer that opens its window a crack, or not at all, and keeps a response in memory.
TEST_F(Http2, AWindowThatStaysShutEndsTheStream) {
  serve({.write_timeout = milliseconds(100)});
  send(avila_test::preface(avila_test::setting(4, 0)) +
       get(1, {{":method", "GET"}, {":scheme", "http"}, {":path", "/large"}, {":authority", "a"}}));
  bool reset = false;
  for (const auto& each : avila_test::parse_frames(read_all(milliseconds(600))))
    reset |= each.header.type == http2::FrameType::RstStream && each.header.stream == 1;
  EXPECT_TRUE(reset);
}

// One that does not read at all.
TEST_F(Http2, APeerThatDoesNotReadIsLetGo) {
  serve({.write_timeout = milliseconds(100)}, {.capacity_bytes = 1000});
  send(avila_test::preface() +
       get(1, {{":method", "GET"}, {":scheme", "http"}, {":path", "/large"}, {":authority", "a"}}));
  runtime_.block_on(runtime_.sleep(milliseconds(400)));
  EXPECT_TRUE(served_.is_done());
}

// Slowloris in frames: a header that never comes to its end, a body that drips, and nobody there.
TEST_F(Http2, SlowPeersAreLetGo) {
  const std::string head = avila_test::block(avila_test::kGet);
  const std::string cases[] = {
      "PRI * HTT",
      avila_test::preface() + "\0\0",
      avila_test::preface() + frame(http2::FrameType::Headers, 0, 1, head),
      avila_test::preface(),
  };
  for (const std::string& bytes : cases) {
    serve({.frame_timeout = milliseconds(60), .idle_timeout = milliseconds(90)});
    send(bytes);
    runtime_.block_on(runtime_.sleep(milliseconds(10)));
    (void)read_all(seconds(2));
    client_end_->close();
    served_.wait();
  }
  serve({.body_timeout = milliseconds(60)});
  send(avila_test::preface() + frame(http2::FrameType::Headers, http2::flags::kEndHeaders, 1,
                                     avila_test::block({{":method", "POST"},
                                                        {":scheme", "http"},
                                                        {":path", "/echo"},
                                                        {":authority", "a"}})));
  bool reset = false;
  for (const auto& each : avila_test::parse_frames(read_all(milliseconds(500))))
    reset |= each.header.type == http2::FrameType::RstStream;
  EXPECT_TRUE(reset);
}

}  // namespace

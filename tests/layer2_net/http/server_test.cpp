#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/sync_wait.hpp>
#include <avila/http/server.hpp>

#include <memory>
#include "raw_client.hpp"

namespace {

using avila::ByteSpan;
using avila::milliseconds;
using avila::Result;
using avila::seconds;
using avila::async::Runtime;
using avila::future::Task;
using avila_test::RawClient;
using namespace avila::http;

Task<Result<void>> write_three(BodyWriter& writer) {
  for (const std::string_view piece : {"one,", "two,", "three"}) {
    auto written = co_await writer.write(piece);
    AVILA_CO_TRY_VOID(std::move(written));
    auto flushed = co_await writer.flush();
    AVILA_CO_TRY_VOID(std::move(flushed));
  }
  writer.trailers().add("X-Count", std::uint64_t{3});
  co_return Result<void>();
}

Task<Result<void>> write_and_fail(BodyWriter& writer) {
  auto written = co_await writer.write("begun");
  AVILA_CO_TRY_VOID(std::move(written));
  auto flushed = co_await writer.flush();
  AVILA_CO_TRY_VOID(std::move(flushed));
  co_return avila::Error(avila::Errc::Io, "the disk broke");
}

Task<Result<void>> write_late(BodyWriter& writer) {
  writer.late_head()->headers.add("X-Late", "yes");
  writer.late_head()->status = 202;
  auto written = co_await writer.write("late");
  AVILA_CO_TRY_VOID(std::move(written));
  if (writer.late_head() == nullptr) co_return avila::Error(avila::Errc::Conflict, "left too soon");
  auto flushed = co_await writer.flush();
  AVILA_CO_TRY_VOID(std::move(flushed));
  co_return writer.late_head() == nullptr
      ? Result<void>()
      : Result<void>(avila::Error(avila::Errc::Conflict, "has not left"));
}

Task<Result<void>> fail_late(BodyWriter&) {
  co_return avila::Error(avila::Errc::Io, "the disk broke");
}

Task<Response> count_stream(Request& request) {
  std::size_t bytes = 0, pieces = 0;
  while (true) {
    auto piece = co_await request.stream->read();
    if (!piece.has_value()) co_return Response::text(400, piece.error().to_string());
    if (piece->empty()) break;
    bytes += piece->size();
    ++pieces;
  }
  co_return Response::text(200, std::to_string(bytes) + (pieces > 0 ? " bytes" : " none"));
}

Task<Response> sleepy(Request& request) {
  const int ms = request.query == "long" ? 60'000 : 100;
  (void)co_await avila::future::sleep(milliseconds(ms), request.cancel);
  co_return Response::text(200, request.cancel.cancelled() ? "cancelled" : "slept");
}

Task<Response> hint(Request& request) {
  Headers links;
  links.add("Link", "</a.css>");
  auto sent = co_await request.send_interim(103, std::move(links));
  co_return Response::text(200, sent.has_value() ? "hinted" : sent.error().to_string());
}

/// Answers by path.
class TestHandler final : public Handler {
 public:
  BodyPlan plan_body(Request& head) override {
    BodyPlan plan;
    plan.stream = head.path == "/stream-in" || head.path == "/ignore-body";
    return plan;
  }
  bool handle_now(Request& request, Response& response) override {
    if (request.path == "/now") {
      response = Response::text(200, "now");
      return true;
    }
    if (request.path == "/echo") {
      response = Response::text(200, std::string(request.body));
      if (request.trailers != nullptr && !request.trailers->empty())
        response.headers.add("X-Trailer", request.trailers->find("x-t").value_or("none"));
      return true;
    }
    if (request.path == "/large") {
      const auto text = std::make_shared<std::string>(3'000'000, 'x');
      response = Response(200, "text/plain", Body::shared(text, avila::as_bytes(*text)));
      return true;
    }
    return false;
  }
  Task<Response> handle(Request& request) override {
    if (request.path == "/hints") return hint(request);
    if (request.path == "/stream-out")
      return done(Response::streamed(200, "text/plain", write_three));
    if (request.path == "/broken")
      return done(Response::streamed(200, "text/plain", write_and_fail));
    if (request.path == "/late" || request.path == "/late-fail") {
      Response response = request.path == "/late"
                              ? Response::streamed(200, "text/plain", write_late)
                              : Response::streamed(200, "text/plain", fail_late);
      response.late_head = true;
      return done(std::move(response));
    }
    if (request.path == "/stream-in") return count_stream(request);
    if (request.path == "/sleep") return sleepy(request);
    if (request.path == "/target")
      return done(
          Response::text(200, std::string(request.host) + "|" + std::string(request.query)));
    if (request.path == "/forge") {
      Response response = Response::text(200, "abc");
      response.headers.add("Content-Length", "9").add("Transfer-Encoding", "chunked");
      return done(std::move(response));
    }
    if (request.path == "/none") return done(Response(204));
    return done(Response::text(404, "no"));
  }
  static Task<Response> done(Response response) { co_return response; }
};

class HttpServer : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    server_ = std::make_unique<Server>(runtime_, handler_, std::move(options));
    const auto listening = server_->listen("127.0.0.1:0");
    ASSERT_TRUE(listening.has_value());
  }
  void stop() {
    if (server_ == nullptr) return;
    runtime_.block_on(server_->shutdown(milliseconds(20'000)));
    server_.reset();
  }
  void TearDown() override { stop(); }

  Runtime runtime_{{.threads = 2}};
  TestHandler handler_;
  std::unique_ptr<Server> server_;
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++n;
  return n;
}

TEST_F(HttpServer, AnswersAndKeepsTheConnection) {
  start();
  RawClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = client.read_until("now");
    EXPECT_TRUE(
        answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: "))
        << answer;
    EXPECT_TRUE(answer.ends_with("GMT\r\nContent-Length: 3\r\n\r\nnow")) << answer;
  }
  const std::string last = client.talk("GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(last.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(server_->port());
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const std::string body = "body" + std::to_string(i) + ";";
    all += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  all +=
      "GET /sleep HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\nConnection: "
      "close\r\n\r\n";
  const std::string answer = client.talk(all);
  std::size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    at = answer.find("\r\n\r\nbody" + std::to_string(i) + ";", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_LT(answer.find("slept", at), answer.find("\r\n\r\nnow", at));
  EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 202U);
}

// RFC 8297, behind the answers of earlier requests; RFC 9110 §15.2: none to HTTP/1.0.
TEST_F(HttpServer, SendsEarlyHints) {
  start();
  RawClient client(server_->port());
  const std::string got = client.talk(
      "GET /now HTTP/1.1\r\nHost: a\r\n\r\nGET /hints HTTP/1.1\r\nHost: a\r\n"
      "Connection: close\r\n\r\n");
  const std::size_t now = got.find("\r\n\r\nnow");
  const std::size_t hints =
      got.find("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200");
  EXPECT_TRUE(now < hints && hints < got.find("hinted")) << got;
  RawClient old(server_->port());
  const std::string answer = old.talk("GET /hints HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hinted")) << answer;
  Request nobodys(Method::Get, "/hints");
  EXPECT_EQ(avila::future::sync_wait(hint(nobodys)).body.text(), "hinted");
}

TEST_F(HttpServer, ReadsBodiesInEveryWay) {
  start();
  const std::string large(300'000, 'b');
  {
    RawClient client(server_->port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\nConnection: close\r\n\r\n");
    const std::string answer = client.talk(large);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + large));
  }
  {
    RawClient client(server_->port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    client.send(
        "2;x=y\r\nde\r\n0\r\nX-T: tea\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\nConnection: "
        "close\r\n\r\n");
    const std::string answer = client.read_all();
    EXPECT_NE(answer.find("X-Trailer: tea\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("\r\n\r\nabcdeHTTP/1.1 200 OK"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("now"));
  }
  {
    RawClient client(server_->port());
    client.send("POST /stream-in HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n");
    client.send(large);
    const std::string answer =
        client.talk("GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(answer.find("300000 bytes"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("now")) << answer;
  }
}

TEST_F(HttpServer, SendsContinueOnlyWhenTheBodyIsWanted) {
  start();
  RawClient client(server_->port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_TRUE(client.read_until("hi").ends_with("\r\n\r\nhi"));
  RawClient refused(server_->port());
  const std::string answer = refused.talk(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  RawClient ignored(server_->port());
  const std::string ended = ignored.talk(
      "POST /ignore-body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(ended.starts_with("HTTP/1.1 404 ")) << ended;
  EXPECT_NE(ended.find("Connection: close"), std::string::npos);
}

TEST_F(HttpServer, AnUnreadBodyDoesNotBecomeARequest) {
  start();
  RawClient client(server_->port());
  const std::string answer = client.talk(
      "POST /ignore-body HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n"
      "GET /now HTTP/1.1\r\nHost: evil\r\n\r\n.."
      "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count(answer, "HTTP/1.1 404"), 1U) << answer;
  EXPECT_EQ(count(answer, "HTTP/1.1 200"), 1U) << answer;
}

TEST_F(HttpServer, StreamsInChunksOrUntilClose) {
  start();
  RawClient client(server_->port());
  client.send("GET /stream-out HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answer = client.read_until("0\r\nX-Count: 3\r\n\r\n");
  EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\n\r\n4\r\none,\r\n4\r\ntwo,\r\n5\r\nthree\r\n0\r\n"), std::string::npos)
      << answer;
  client.send("HEAD /stream-out HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n"));
  RawClient old(server_->port());
  EXPECT_TRUE(old.talk("GET /stream-out HTTP/1.0\r\n\r\n").ends_with("\r\n\r\none,two,three"));
  RawClient broken(server_->port());
  const std::string cut = broken.talk("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(cut.find("5\r\nbegun"), std::string::npos);
  EXPECT_EQ(cut.find("\r\n0\r\n"), std::string::npos) << "a cut body must not look whole";
}

TEST_F(HttpServer, ALateHeadMayChangeUntilItLeaves) {
  start();
  RawClient client(server_->port());
  const std::string answer =
      client.talk("GET /late HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 202 ")) << answer;
  EXPECT_NE(answer.find("X-Late: yes\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n4\r\nlate\r\n0\r\n\r\n")) << answer;
  RawClient failing(server_->port());
  EXPECT_TRUE(
      failing.talk("GET /late-fail HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 500 "));
}

TEST_F(HttpServer, SendsLargeBodies) {
  start();
  RawClient client(server_->port());
  const std::string answer =
      client.talk("GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 3000000\r\n"), std::string::npos);
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 3'000'000U);
  RawClient head(server_->port());
  const std::string only =
      head.talk("HEAD /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(only.find("Content-Length: 3000000\r\n"), std::string::npos);
  EXPECT_TRUE(only.ends_with("\r\n\r\n"));
}

TEST_F(HttpServer, FramingFieldsOfHandlersAreDropped) {
  start();
  RawClient client(server_->port());
  const std::string answer =
      client.talk("GET /forge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count(answer, "Content-Length"), 1U) << answer;
  EXPECT_EQ(count(answer, "Transfer-Encoding"), 0U);
  RawClient none(server_->port());
  const std::string empty = none.talk("GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count(empty, "Content-Length"), 0U) << empty;
}

TEST_F(HttpServer, TakesAbsoluteTargets) {
  start();
  RawClient client(server_->port());
  const std::string answer = client.talk(
      "GET http://other.example:81/target?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("other.example:81|a=b")) << answer;
}

TEST_F(HttpServer, RefusesAndClosesOnMalformedRequests) {
  start();
  const std::pair<std::string, const char*> cases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\nHost: x\n\n", "400"},
      {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", "505"},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n", "413"},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", "414"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(60'000, 'a') + "\r\n\r\n", "431"},
  };
  for (const auto& [request, status] : cases) {
    RawClient client(server_->port());
    const std::string answer = client.talk(request + "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(answer.starts_with(std::string("HTTP/1.1 ") + status))
        << answer << request.substr(0, 99);
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(count(answer, "Connection: close"), 1U) << "nothing after a refusal is read";
  }
  EXPECT_EQ(server_->metrics().requests_refused, std::size(cases) - 1);  // 413 comes from the plan
}

TEST_F(HttpServer, CutsSlowSenders) {
  ServerOptions options;
  options.header_timeout = milliseconds(250);
  options.idle_timeout = milliseconds(250);
  options.body_grace = milliseconds(250);
  start(options);
  RawClient head(server_->port());
  head.send("GET / HTTP/1.1\r\nHo");
  EXPECT_TRUE(head.read_all().starts_with("HTTP/1.1 408 "));
  RawClient body(server_->port());
  body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab");
  EXPECT_TRUE(body.read_all().starts_with("HTTP/1.1 408 "));
  RawClient silent(server_->port());
  EXPECT_EQ(silent.read_all(), "");
  RawClient idle(server_->port());
  idle.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(idle.read_all().ends_with("now"));
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(server_->metrics().timeouts, 4U);
}

TEST_F(HttpServer, TurnsAwayConnectionsOverTheLimit) {
  ServerOptions options;
  options.connections = 1;
  start(options);
  RawClient first(server_->port());
  first.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
  first.read_until("now");
  RawClient second(server_->port());
  EXPECT_TRUE(second.read_all().starts_with("HTTP/1.1 503 "));
}

TEST_F(HttpServer, ShutdownLetsRequestsEndAndClosesIdleConnections) {
  start();
  RawClient idle(server_->port());
  idle.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.read_until("now");
  RawClient busy(server_->port());
  busy.send("GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server_->metrics().requests < 2) ::usleep(500);
  stop();
  EXPECT_EQ(idle.read_all(), "");
  const std::string answer = busy.read_all();
  EXPECT_TRUE(answer.ends_with("slept")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST_F(HttpServer, ShutdownCancelsWhatDoesNotEnd) {
  start();
  RawClient busy(server_->port());
  busy.send("GET /sleep?long HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server_->metrics().requests < 1) ::usleep(500);
  runtime_.block_on(server_->shutdown(milliseconds(1)));
  server_.reset();
  EXPECT_TRUE(busy.read_all().ends_with("cancelled") || busy.closed());
}

TEST_F(HttpServer, RefusesANonsenseAddress) {
  Server server(runtime_, handler_);
  EXPECT_FALSE(server.listen("localhost").has_value());
}

}  // namespace

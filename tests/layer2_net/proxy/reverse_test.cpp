// The reverse proxy between a client of bytes and servers of ours, good and bad.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/http/client.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/client.hpp>
#include <avila/http2/server.hpp>
#include <avila/proxy/reverse.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/websocket/client.hpp>
#include <avila/websocket/server.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "harness.hpp"
#include "origin.hpp"

namespace {

using namespace proxy_test;

TEST_F(ReverseProxyTest, PassesOnWithoutHopByHopFields) {
  back_to(one.address());
  proxy.start();
  const std::string got =
      proxy.get("/a?b=c",
                "X-Keep: 1\r\nX-Drop: 2\r\nConnection: x-drop\r\nTE: trailers\r\nProxy: evil\r\n"
                "Keep-Alive: 5\r\nX-Forwarded-For: 6.6.6.6\r\n");
  EXPECT_TRUE(has(got, "one GET /a?b=c\n")) << got;
  EXPECT_TRUE(has(got, "X-Keep: 1\n"));
  EXPECT_FALSE(has(got, "X-Drop"));
  EXPECT_FALSE(has(got, "evil"));
  EXPECT_FALSE(has(got, "6.6.6.6"));
  EXPECT_TRUE(has(got, "X-Forwarded-For: 127.0.0.1\n"));
  EXPECT_TRUE(has(got, "X-Forwarded-Host: site.test\n"));
  EXPECT_TRUE(has(got, "Host: site.test\n"));
  EXPECT_TRUE(has(got, "Via: 1.1 avila\n"));
}

// RFC 9110 §15.2, RFC 8297: over either version on both sides; not to HTTP/1.0.
TEST_F(ReverseProxyTest, PassesEarlyHintsOn) {
  for (const proxy::Protocol protocol : {proxy::Protocol::Http1, proxy::Protocol::Http2}) {
    Proxy before(runtime);
    before.upstream.endpoints.push_back({.address = one.address()});
    before.upstream.protocol = protocol;
    before.route.rewrite.response.remove = {"X-Inner"};
    before.start();
    const std::string got = before.get("/hints");
    const std::string link = protocol == proxy::Protocol::Http1 ? "Link" : "link";
    const std::string wanted =
        "HTTP/1.1 103 Early Hints\r\n" + link + ": </a.css>\r\n\r\nHTTP/1.1 200";
    EXPECT_TRUE(got.starts_with(wanted)) << got;
    RawClient old(before.port());
    EXPECT_TRUE(old.talk("GET /hints HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200"));
    auto stream = runtime.block_on(
        tcp::connect(runtime, tcp::SocketAddress::loopback(before.port()), tcp::ConnectOptions{}));
    ASSERT_TRUE(stream.has_value());
    http2::ClientConnection connection(runtime, std::make_unique<tcp::Stream>(std::move(*stream)));
    http2::RequestStart start;
    start.authority = "site.test";
    start.path = "/hints";
    auto exchange = runtime.block_on(connection.open(std::move(start), true));
    ASSERT_TRUE(exchange.has_value());
    const auto interim = runtime.block_on(exchange->interim());
    ASSERT_TRUE(interim.has_value() && interim->has_value());
    EXPECT_EQ((*interim)->status, 103);
    EXPECT_EQ((*interim)->headers.find("link"), "</a.css>");
    EXPECT_FALSE((*interim)->headers.contains("x-inner"));
    ASSERT_TRUE(runtime.block_on(exchange->response()).has_value());
    EXPECT_EQ(exchange->status(), 200);
    runtime.block_on(connection.close(Duration::zero()));
  }
}

TEST_F(ReverseProxyTest, RewritesAndBalances) {
  back_to(one.address());
  back_to(two.address());
  proxy.route.match.path_prefix = "/api";
  proxy.route.rewrite.strip_prefix = "/api";
  proxy.route.rewrite.add_prefix = "/v1";
  proxy.route.rewrite.host = "inner.test";
  proxy.route.rewrite.request.set = {{"X-Set", "yes"}};
  proxy.route.rewrite.response.remove = {"X-Backend"};
  proxy.route.rewrite.response.add = {{"X-Added", "1"}};
  proxy.start();
  const std::string first = proxy.get("/api/../api/x?q"), second = proxy.get("/api");
  EXPECT_TRUE(has(first, "GET /v1/x?q\n")) << first;
  EXPECT_TRUE(has(first, "X-Set: yes\n"));
  EXPECT_TRUE(has(first, "Host: inner.test\n"));
  EXPECT_TRUE(has(first, "X-Added: 1\r\n"));
  EXPECT_FALSE(has(first, "X-Backend"));
  EXPECT_TRUE(has(second, "GET /v1/")) << second;
  EXPECT_EQ(one.requests + two.requests, 2);
  EXPECT_EQ(one.requests, 1);
  EXPECT_TRUE(has(proxy.get("/apiary"), "404"));
}

// RFC 3986 §6.2.2: routes see what an endpoint takes the path for, and it gets what was sent.
TEST_F(ReverseProxyTest, RoutesAreMatchedByTheNormalPath) {
  back_to(one.address());
  proxy.route.match.path_prefix = "/%61dmin";  // normal as well
  proxy.start();
  for (const std::string path : {"/admin", "/%61dmin", "/public/../admin", "/public/%2e%2E/admin",
                                 "/x/./.%2e/admin/%2e", "/admin/a%2fb?q=%zz", "/admin/%41//b"})
    EXPECT_TRUE(has(proxy.get(path), "one GET " + path + "\n")) << path;
  for (const std::string path :
       {"/admin/../public", "/%41dmin", "/admin%2Fx", "//admin", "/x/..%2fadmin", "/%2561dmin"})
    EXPECT_TRUE(has(proxy.get(path), "HTTP/1.1 404")) << path;
  for (const std::string path :
       {"/admin/%", "/admin/%4", "/admin/%zz", "/admin/%00", "/../admin", "/admin/%2e%2e/.."})
    EXPECT_TRUE(has(proxy.get(path), "HTTP/1.1 400")) << path;
  EXPECT_EQ(proxy.reverse->metrics().no_route, 6U);
  EXPECT_EQ(one.requests, 7);
}

TEST_F(ReverseProxyTest, WhatIsRewrittenIsTheNormalPath) {
  back_to(one.address());
  proxy.route.match.path_prefix = "/api";
  proxy.route.rewrite.strip_prefix = "/api";
  proxy.start();
  for (const auto& [path, arrives] : {std::pair<std::string, std::string>{"/api/x", "/x"},
                                      {"/%61pi/x%2fy", "/x%2Fy"},
                                      {"/b/%2e%2e/api/./x?%2e/..", "/x?%2e/.."},
                                      {"/api//x/", "//x/"},
                                      {"/api/a/../b%7e", "/b~"},
                                      {"/api", "/"}})
    EXPECT_TRUE(has(proxy.get(path), "one GET " + arrives + "\n")) << path;
  for (const std::string path : {"/api/%2e./etc", "/b/../c"})
    EXPECT_TRUE(has(proxy.get(path), "HTTP/1.1 404")) << path;
}

TEST_F(ReverseProxyTest, RoutesHavePathsThatCanBe) {
  back_to(one.address());
  proxy.start();
  for (const char* path : {"admin", "/%", "/%00", "/../x"}) {
    for (int which = 0; which < 3; ++which) {
      proxy::ReverseOptions options;
      proxy::RouteOptions route;
      route.direct.status = 204;
      (which == 0   ? route.match.path
       : which == 1 ? route.match.path_prefix
                    : route.rewrite.strip_prefix) = path;
      options.routes = {route};
      const auto made = proxy::ReverseProxy::create(runtime, options);
      ASSERT_FALSE(made.has_value()) << path;
      EXPECT_TRUE(made.error().is(Errc::InvalidArgument));
    }
  }
}

TEST_F(ReverseProxyTest, BodiesSmallAndStreamedArrive) {
  back_to(one.address());
  proxy.upstream.retry.replay_bytes = 10;
  proxy.start();
  RawClient client(proxy.port());
  client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nsmall");
  EXPECT_TRUE(has(client.read_until("small", 10'000), "one POST /p"));
  client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n01234567");
  client.send("89abcdef");
  EXPECT_TRUE(has(client.read_until("0123456789abcdef", 10'000), "one POST /p"));
  client.send(
      "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("abc", 10'000), "one POST /p"));
  client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("", 10'000), "/last"));
}

TEST_F(ReverseProxyTest, BothDirectionsAtOnce) {
  back_to(one.address());
  proxy.start();
  RawClient client(proxy.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  EXPECT_TRUE(has(client.read_until("one\r\n", 10'000), "200 OK"));
  client.send("3\r\ntwo\r\n");
  EXPECT_TRUE(has(client.read_until("two\r\n", 10'000), "two"));
  client.send("0\r\nX-Sum: 7\r\n\r\n");
  const std::string end = client.read_until("\r\n\r\n", 10'000);
  EXPECT_TRUE(has(end, "x-request-trailer: 7")) << end;
}

TEST_F(ReverseProxyTest, ExpectationsAreTheEndpoints) {
  back_to(one.address());
  proxy.upstream.retry.replay_bytes = 1;
  proxy.start();
  RawClient client(proxy.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("\r\n\r\n", 10'000), "100 Continue"));
  client.send("body");
  EXPECT_TRUE(has(client.read_until("body", 10'000), "200 OK"));
}

// Endpoints that answer with no body, or change the protocol unasked, while the request's body is
// under way.
TEST_F(ReverseProxyTest, AnEmptyResponseEndsTheBody) {
  proxy_test::Origin origin;
  back_to(origin.authority());
  proxy.start();
  for (const char* answer : {"201 Created\r\nContent-Length: 0", "204 No Content",
                             "101 Switching Protocols\r\nUpgrade: x"}) {
    SCOPED_TRACE(answer);
    RawClient client(proxy.port());
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    origin.accept();
    EXPECT_TRUE(has(origin.read_until("one\r\n"), "POST /x HTTP/1.1\r\n"));
    origin.send(std::string("HTTP/1.1 ") + answer + "\r\n\r\n");
    const std::string status = *answer == '1' ? "502" : std::string(answer, 3);
    EXPECT_TRUE(client.read_until("\r\n\r\n", 10'000).starts_with("HTTP/1.1 " + status));
    EXPECT_EQ(origin.read_until(""), "<end>");
  }
}

TEST_F(ReverseProxyTest, EndpointsThatAreGoneCostNoRequest) {
  two.end();
  back_to(two.address());
  back_to(one.address());
  proxy.start();
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(has(proxy.get("/x"), "one GET"));
  const auto metrics = proxy.group->metrics();
  EXPECT_GT(metrics.endpoints[0].ejections, 0U);
  EXPECT_GE(metrics.retries, 1U);
}

TEST_F(ReverseProxyTest, NobodyThereIs502AndBackupsHelp) {
  two.end();
  back_to(two.address());
  proxy.upstream.retry.attempts = 2;
  proxy.start();
  EXPECT_TRUE(has(proxy.get("/x"), "502 Bad Gateway"));
  ASSERT_TRUE(proxy.group->set_endpoints({{two.address()}, {one.address(), 1, 1}}).has_value());
  EXPECT_TRUE(has(proxy.get("/x"), "one GET"));
  ASSERT_TRUE(proxy.group->set_endpoints({}).has_value());
  EXPECT_TRUE(has(proxy.get("/x"), "503"));
}

TEST_F(ReverseProxyTest, StatusesAreRetriedWhereItDoesNoHarm) {
  back_to(one.address());
  back_to(two.address());
  proxy.start();
  EXPECT_TRUE(has(proxy.get("/status?503"), "503"));
  EXPECT_EQ(one.requests + two.requests, 3);
  RawClient client(proxy.port());
  client.send("POST /status?503 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("\r\n\r\n", 10'000), "503"));
  EXPECT_EQ(one.requests + two.requests, 4);
}

TEST_F(ReverseProxyTest, TimeOutsAndLimitsAreAnswered) {
  back_to(one.address());
  proxy.upstream.timeouts.first_byte = milliseconds(100);
  proxy.upstream.retry.attempts = 1;
  proxy.upstream.circuit.connections = 1;
  proxy.upstream.circuit.pending = 0;
  proxy.start();
  EXPECT_TRUE(has(proxy.get("/slow"), "504 Gateway Timeout"));
  EXPECT_TRUE(has(proxy.get("/x"), "one GET"));
}

TEST_F(ReverseProxyTest, ActiveChecksTakeEndpointsOut) {
  back_to(one.address());
  back_to(two.address());
  proxy.upstream.health.kind = proxy::HealthCheckOptions::Kind::Http;
  proxy.upstream.health.path = "/health";
  proxy.upstream.health.interval = milliseconds(20);
  proxy.upstream.health.fall = 2;
  two.end();
  proxy.start();
  const auto healthy = [&] { return proxy.group->metrics().endpoints[1].healthy; };
  for (int i = 0; i < 1000 && healthy(); ++i) ::usleep(10'000);
  EXPECT_FALSE(healthy());
  two.begin(two.port());
  for (int i = 0; i < 1000 && !healthy(); ++i) ::usleep(10'000);
  EXPECT_TRUE(healthy());
}

TEST_F(ReverseProxyTest, WebSocketsPassThrough) {
  back_to(one.address());
  proxy.start();
  websocket::ConnectOptions options;
  auto run = [](async::Runtime* on, std::string url,
                websocket::ConnectOptions connecting) -> Task<std::string> {
    auto connected = co_await websocket::connect(*on, std::move(url), std::move(connecting));
    if (!connected.has_value()) co_return connected.error().to_string();
    std::string message = "over the proxy";
    auto sent = co_await (*connected)->connection().send_text(std::move(message));
    if (!sent.has_value()) co_return sent.error().to_string();
    auto back = co_await (*connected)->connection().receive();
    if (!back.has_value() || !back->has_value()) co_return "no answer";
    std::string text = (*back)->data;
    auto closed = co_await (*connected)->connection().close();
    (void)closed;
    co_return text;
  };
  const std::string url = "ws://127.0.0.1:" + std::to_string(proxy.port()) + "/ws";
  EXPECT_EQ(runtime.block_on(run(&runtime, url, options)), "over the proxy");
}

Task<std::string> http2_echo(async::Runtime* runtime, std::uint16_t port) {
  auto stream = co_await tcp::connect(*runtime, tcp::SocketAddress::loopback(port));
  if (!stream.has_value()) co_return stream.error().to_string();
  http2::ClientConnection connection(*runtime, std::make_unique<tcp::Stream>(std::move(*stream)));
  http2::RequestStart start;
  start.method = "POST";
  start.authority = "a";
  start.path = "/echo";
  start.headers.add("te", "trailers");
  start.headers.add("content-type", "application/grpc");
  auto opened = co_await connection.open(std::move(start), false);
  if (!opened.has_value()) co_return opened.error().to_string();
  http2::Exchange exchange = std::move(*opened);
  std::string out;
  for (int i = 0; i < 3; ++i) {  // each answer before the next question
    const std::string text = "message " + std::to_string(i) + "\n";
    auto sent = co_await exchange.write(as_bytes(text));
    if (!sent.has_value()) co_return sent.error().to_string();
    if (i == 0) {
      auto answered = co_await exchange.response();
      if (!answered.has_value()) co_return answered.error().to_string();
    }
    auto piece = co_await exchange.read();
    if (!piece.has_value()) co_return piece.error().to_string();
    out += as_text(*piece);
  }
  http::Headers trailers;
  trailers.add("x-sum", "9");
  auto finished = co_await exchange.finish(std::move(trailers));
  if (!finished.has_value()) co_return finished.error().to_string();
  auto end = co_await exchange.read();
  if (!end.has_value()) co_return end.error().to_string();
  out += exchange.trailers().find("grpc-status").value_or("no status");
  out += exchange.trailers().find("x-request-trailer").value_or("no trailer");
  co_await connection.close();
  co_return out;
}

TEST_F(ReverseProxyTest, GrpcLikeStreamsPassBothWays) {
  for (const auto protocol : {proxy::Protocol::Http2, proxy::Protocol::Http1}) {
    Proxy each(runtime);
    each.upstream.protocol = protocol;
    each.upstream.endpoints = {{one.address()}};
    each.start();
    EXPECT_EQ(runtime.block_on(http2_echo(&runtime, each.port())),
              "message 0\nmessage 1\nmessage 2\n09");
    EXPECT_TRUE(has(each.get("/h1"), "one GET /h1"));
  }
}

/// Says which trailers a request had.
class TrailerTeller final : public http::Handler {
 public:
  http::BodyPlan plan_body(Request&) override { return {.stream = true}; }
  Task<Response> handle(Request& request) override {
    if (request.stream == nullptr) co_return Response(400);
    auto body = co_await request.stream->read_all(1000);
    if (!body.has_value()) co_return Response(400);
    std::string names;
    for (const http::Field& field : request.stream->trailers())
      names.append(field.name).append(" ");
    Response response = Response::text(200, std::move(names));
    co_return response;
  }
};

Task<std::string> send_trailers(async::Runtime* runtime, std::uint16_t port) {
  const auto address = tcp::SocketAddress::loopback(port);
  auto connected = co_await tcp::connect(*runtime, address);
  std::unique_ptr<async::Transport> transport(new tcp::Stream(std::move(connected).value()));
  http2::ClientConnection connection(*runtime, std::move(transport));
  http2::RequestStart start;
  start.method = "POST";
  start.authority = "site.test";
  start.path = "/";
  auto opened = co_await connection.open(std::move(start), false);
  http2::Exchange exchange = std::move(opened).value();
  const ByteSpan piece = as_bytes("body");
  auto written = co_await exchange.write(piece);
  http::Headers trailers;
  for (const char* name : {"x-forwarded-for", "forwarded", "host", "content-length", "x-sum",
                           "authorization", "cookie", "proxy-authorization", "x-secret"})
    trailers.add(name, "1");
  auto finished = co_await exchange.finish(std::move(trailers));
  auto answered = co_await exchange.response();
  std::string out;
  while (written.has_value() && finished.has_value() && answered.has_value()) {
    auto got = co_await exchange.read();
    if (!got.has_value() || got->empty()) break;
    out += as_text(*got);
  }
  co_await connection.close();
  co_return out;
}

// RFC 9110 §6.5.1: nor do trailers say what fields may not.
TEST_F(ReverseProxyTest, TrailersOfRequestsFrameRouteAndAuthenticateNothing) {
  TrailerTeller handler;
  http2::Server http2;
  http::Server endpoint(runtime, handler, {.http2 = &http2});
  ASSERT_TRUE(endpoint.listen("127.0.0.1:0").has_value());
  for (const auto protocol : {proxy::Protocol::Http2, proxy::Protocol::Http1}) {
    Proxy each(runtime);
    each.upstream.protocol = protocol;
    each.upstream.endpoints = {{endpoint.local_address()}};
    each.route.rewrite.request.remove = {"X-Secret"};
    each.start();
    EXPECT_EQ(runtime.block_on(send_trailers(&runtime, each.port())), "x-sum ");
  }
  runtime.block_on(endpoint.shutdown(milliseconds(300)));
}

TEST_F(ReverseProxyTest, CachesAndRevalidates) {
  back_to(one.address());
  one.cache_control = "max-age=60";
  one.etag = "\"v1\"";
  proxy.route.cache = true;
  proxy.start();
  EXPECT_TRUE(has(proxy.get("/c"), "Cache-Status: avila; fwd=miss; stored"));
  const std::string hit = proxy.get("/c");
  EXPECT_TRUE(has(hit, "Cache-Status: avila; hit\r\n")) << hit;
  EXPECT_TRUE(has(hit, "Age: "));
  EXPECT_EQ(one.requests, 1);
  EXPECT_TRUE(has(proxy.get("/c", "Cache-Control: no-cache\r\n"), "fwd-status=304"));
  EXPECT_TRUE(has(proxy.get("/c", "Range: bytes=0-2\r\n"), "\r\n\r\none"));
  EXPECT_TRUE(has(proxy.get("/c", "If-None-Match: \"v1\"\r\n"), "304 Not Modified"));
  EXPECT_EQ(one.requests, 2);
  RawClient client(proxy.port());
  client.send("POST /c HTTP/1.1\r\nHost: site.test\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("\n\r\n", 10'000), "200"));
  EXPECT_TRUE(has(proxy.get("/c"), "fwd=miss"));
  EXPECT_TRUE(has(proxy.get("/none", "Cache-Control: only-if-cached\r\n"), "504"));
}

TEST_F(ReverseProxyTest, MirrorsAndObserves) {
  struct Records : proxy::Observer {
    void on_request(const proxy::RequestRecord& record) override {
      const std::lock_guard lock(mutex);
      last = std::string(record.method) + " " + std::string(record.target) + " " +
             std::to_string(record.status) + " " + std::string(record.endpoint);
      ++count;
    }
    std::mutex mutex;
    std::string last;
    int count = 0;
  } records;
  {
    proxy::UpstreamOptions copy;
    copy.name = "copy";
    copy.endpoints = {{two.address()}};
    Proxy mirrored(runtime);
    mirrored.options.upstreams = {proxy::Upstream::create(runtime, copy).value()};
    mirrored.options.observer = &records;
    mirrored.upstream.endpoints = {{one.address()}};
    mirrored.route.mirror.upstream = "copy";
    mirrored.start();
    EXPECT_TRUE(has(mirrored.get("/m"), "one GET /m"));
    for (int i = 0; i < 1000 && two.requests == 0; ++i) ::usleep(10'000);
  }
  EXPECT_EQ(two.requests, 1);
  EXPECT_EQ(records.count, 1);
  EXPECT_EQ(records.last, "GET /m 200 " + one.address());
}

TEST_F(ReverseProxyTest, BadEndpointsAreToldFromGoodOnes) {
  const auto through = [&](std::string answer, bool close) {
    BadServer bad(runtime, std::move(answer), close);
    Proxy each(runtime);
    each.upstream.endpoints = {{bad.address()}};
    each.upstream.retry.attempts = 1;
    each.upstream.timeouts.first_byte = milliseconds(200);
    each.upstream.timeouts.idle = milliseconds(200);
    each.start();
    return each.get("/");
  };
  EXPECT_TRUE(has(through("no http\r\n\r\n", true), "502"));
  EXPECT_TRUE(has(
      through("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", true), "502"));
  EXPECT_TRUE(has(
      through("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", true),
      "502"));
  EXPECT_TRUE(
      has(through("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", true), "502"));
  EXPECT_TRUE(has(through("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", true), "502"));
  EXPECT_TRUE(has(through("", true), "502"));
  EXPECT_TRUE(has(through("HTTP/1.1 200 OK\r\nConte", false), "504"));  // slow loris
  // Cut off within the body: the client sees that it is not whole.
  const std::string cut =
      through("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", true);
  // Where nothing had left yet, it is told.
  EXPECT_TRUE(has(cut, "abc") || has(cut, "502 Bad Gateway")) << cut;
  EXPECT_FALSE(has(cut, "\r\n0\r\n\r\n")) << cut;
  const std::string slow = through("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", false);
  EXPECT_TRUE(has(slow, "abc")) << slow;
  EXPECT_FALSE(has(slow, "<timeout>")) << slow;
}

Task<std::string> http2_get(async::Runtime* runtime, std::uint16_t port) {
  auto stream = co_await tcp::connect(*runtime, tcp::SocketAddress::loopback(port));
  if (!stream.has_value()) co_return stream.error().to_string();
  http2::ClientConnection connection(*runtime, std::make_unique<tcp::Stream>(std::move(*stream)));
  http2::RequestStart start;
  start.method = "GET";
  start.authority = "a";
  start.path = "/";
  auto opened = co_await connection.open(std::move(start), true);
  if (!opened.has_value()) co_return opened.error().to_string();
  http2::Exchange exchange = std::move(*opened);
  auto answered = co_await exchange.response();
  std::string out =
      answered.has_value() ? std::to_string(exchange.status()) + " " : answered.error().to_string();
  while (answered.has_value()) {
    auto piece = co_await exchange.read();
    if (!piece.has_value()) out += piece.error().to_string();
    if (!piece.has_value() || piece->empty()) break;
    out += as_text(*piece);
  }
  co_await connection.close();
  co_return out;
}

TEST_F(ReverseProxyTest, WhatBreaksBeforeAnythingWasPassedOnIs502) {
  // The body is broken from its first byte on, which comes with the head.
  BadServer bad(runtime, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", true);
  back_to(bad.address());
  proxy.upstream.retry.attempts = 1;
  proxy.start();
  const std::string told = proxy.get("/");
  EXPECT_TRUE(told.starts_with("HTTP/1.1 502 Bad Gateway\r\n")) << told;
  EXPECT_TRUE(has(told, "application/problem+json")) << told;
  EXPECT_FALSE(has(told, "chunked")) << told;
  const std::string over2 = runtime.block_on(http2_get(&runtime, proxy.port()));
  EXPECT_TRUE(over2.starts_with("502 {")) << over2;
  EXPECT_EQ(proxy.reverse->metrics().gateway_errors, 2U);
  EXPECT_EQ(proxy.reverse->metrics().cut_off, 0U);
}

TEST_F(ReverseProxyTest, NoEndpointThatIsAvailableIs503) {
  two.end();
  back_to(two.address());
  proxy.upstream.retry.attempts = 1;
  proxy.upstream.outlier.gateway_errors = 2;
  proxy.upstream.outlier.base_ejection = minutes(1);
  proxy.start();
  EXPECT_TRUE(has(proxy.get("/x"), "502 Bad Gateway"));
  const std::string ejected = proxy.get("/x");
  EXPECT_TRUE(has(ejected, "503 Service Unavailable")) << ejected;
  EXPECT_TRUE(has(ejected, "Retry-After: ")) << ejected;
}

TEST_F(ReverseProxyTest, ConnectingThatTakesTooLongIs504) {
  struct Nowhere final : http::Connector {
    Task<Result<std::unique_ptr<async::Transport>>> connect(std::string, std::uint16_t,
                                                            future::CancelToken cancel) override {
      auto slept = co_await future::sleep(minutes(5), cancel);
      co_return slept.has_value() ? Error(Errc::Unsupported, "nobody") : std::move(slept).error();
    }
  } nowhere;
  back_to(one.address());
  proxy.upstream.connector = &nowhere;
  proxy.upstream.retry.attempts = 1;
  proxy.upstream.timeouts.connect = milliseconds(50);
  proxy.start();
  EXPECT_TRUE(has(proxy.get("/x"), "504 Gateway Timeout"));
}

TEST_F(ReverseProxyTest, ClientsThatGoTakeTheirRequestsAlong) {
  BadServer silent(runtime, "", false);
  back_to(silent.address());
  proxy.start();
  {
    RawClient client(proxy.port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 1000 && proxy.group->metrics().requests == 0; ++i) ::usleep(10'000);
  }
  for (int i = 0; i < 1000 && !silent.hung_up; ++i) ::usleep(10'000);
  EXPECT_TRUE(silent.hung_up);
}

std::uint64_t resident_kib() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return 0;
  char line[256];
  unsigned long long kib = 0;
  while (std::fgets(line, sizeof line, file) != nullptr)
    if (std::sscanf(line, "VmRSS: %llu", &kib) == 1) break;
  std::fclose(file);
  return kib;
}

TEST_F(ReverseProxyTest, ALargeBodyAndASlowReaderCostNoMemory) {
  back_to(one.address());
  proxy.start();
  RawClient client(proxy.port());
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("\r\n\r\n", 10'000), "200 OK"));
  const std::uint64_t before = resident_kib();
  ::usleep(300'000);  // the body would fill memory now, if anybody kept it
  EXPECT_LT(resident_kib(), before + 16 * 1024);
}

TEST_F(ReverseProxyTest, NoRequestFailsWhileEndpointsRestart) {
  for (Backend* each : {&one, &two, &three}) back_to(each->address());
  proxy.start();
  std::atomic<bool> stop{false};
  std::atomic<int> good{0}, bad{0};
  std::mutex mutex;
  std::string first_bad;
  std::vector<std::thread> clients;
  for (int i = 0; i < 32; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        RawClient client(proxy.port());
        for (int k = 0; k < 50 && !stop; ++k) {
          client.send("GET /r HTTP/1.1\r\nHost: a\r\n\r\n");
          const std::string got = client.read_until("Via: 1.1 avila\n", 20'000);
          if (has(got, "HTTP/1.1 200 OK")) {
            ++good;
            continue;
          }
          ++bad;
          const std::lock_guard lock(mutex);
          if (first_bad.empty()) {
            first_bad = got;
            for (const auto& e : proxy.group->metrics().endpoints)
              first_bad += "\n" + e.address + " in flight " + std::to_string(e.in_flight) +
                           ", connects " + std::to_string(e.connects) + ", failures " +
                           std::to_string(e.failures) + ", ejected " + std::to_string(e.ejected);
          }
          break;
        }
      }
    });
  }
  for (Backend* each : {&one, &two, &three}) {
    const int before = good;
    const std::uint16_t port = each->port();
    each->end();
    for (int i = 0; i < 2000 && good < before + 200; ++i) ::usleep(5'000);
    each->begin(port);
    const int again = good;
    for (int i = 0; i < 2000 && good < again + 200; ++i) ::usleep(5'000);
  }
  stop = true;
  for (std::thread& each : clients) each.join();
  EXPECT_EQ(bad, 0) << first_bad;
  EXPECT_GT(good, 1000);
}

}  // namespace

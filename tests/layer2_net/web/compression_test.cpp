// Answers compressed, requests decompressed, WebSockets as routes.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/future/sync.hpp>
#include <avila/http/client.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/client.hpp>
#include <avila/http2/server.hpp>
#include <avila/web/compression.hpp>
#include <avila/web/problem.hpp>
#include <avila/web/router.hpp>
#include <avila/web/sse.hpp>
#include <avila/web/standard.hpp>
#include <avila/web/websocket.hpp>
#include <avila/websocket/client.hpp>
#include <memory>

namespace {

using namespace avila;
using future::Task;
using http::Coding;
using http::Request;
using http::Response;

const std::string& page() {
  static const std::string text = [] {
    std::string all;
    for (int i = 0; i < 400; ++i) all += "row " + std::to_string(i * 7919) + "\n";
    return all;
  }();
  return text;
}

Response tagged(Request&) {
  return Response::text(200, page()).header("ETag", "\"v1\"").header("Accept-Ranges", "bytes");
}
Response large(Request&) {
  std::string all;
  while (all.size() < 1'000'000) all += page();
  return Response::json(200, std::move(all));
}
Response image(Request&) { return Response(200, "image/png", http::Body(page())); }
Response coded(Request&) { return Response::text(200, page()).header("Content-Encoding", "br"); }
Response tiny(Request&) { return Response::text(200, "tiny"); }
Response fixed(Request&) {
  return Response::text(200, page()).header("Cache-Control", "no-transform");
}
Response echo(Request& request) {
  return Response::text(200, std::string(request.body))
      .header("X-Coding", request.header("content-encoding").value_or("none"))
      .header("X-Length", request.header("content-length").value_or("none"));
}
Task<Response> count(Request& request) {
  auto all = co_await request.stream->read_all(100'000'000);
  if (!all.has_value())
    co_return web::problem(http::status_of(all.error()), all.error().to_string());
  co_return Response::text(200, std::to_string(all->size()));
}

/// Events that wait for each other: each must arrive before the next one is made.
struct Turns {
  future::Event next;
} turns;
Task<Result<void>> two_events(web::EventStream stream) {
  for (int i = 1; i <= 2; ++i) {
    web::Event event;
    event.data = "event " + std::to_string(i);
    auto sent = co_await stream.send(std::move(event));
    AVILA_CO_TRY_VOID(std::move(sent));
    if (i == 2) break;
    const future::CancelToken cancel = stream.cancel_token();
    auto turn = co_await turns.next.wait(cancel);
    AVILA_CO_TRY_VOID(std::move(turn));
  }
  co_return Result<void>();
}
Response events(Request&) { return web::event_stream(two_events); }

Task<void> upper(websocket::Connection& connection, future::CancelToken cancel) {
  while (true) {
    auto message = co_await connection.receive(cancel);
    if (!message.has_value() || !message->has_value()) co_return;
    std::string text = std::move((*message)->data);
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    auto sent = co_await connection.send_text(std::move(text));
    if (!sent.has_value()) co_return;
  }
}

class Coded : public ::testing::Test {
 protected:
  void SetUp() override {
    router_.use(web::compress());
    web::DecompressOptions limits;
    limits.limits.body_bytes = 2'000'000;
    router_.use(web::decompress(limits));
    router_.get("/tagged", tagged);
    router_.get("/large", large);
    router_.get("/image", image);
    router_.get("/coded", coded);
    router_.get("/tiny", tiny);
    router_.get("/fixed", fixed);
    router_.get("/events", events);
    router_.post("/echo", echo);
    router_.post("/count", count).stream_body();
    router_.websocket("/upper", upper);
    http::ServerOptions options;
    options.http2 = &http2_;
    server_ = std::make_unique<http::Server>(runtime_, router_, options);
    ASSERT_TRUE(server_->listen("127.0.0.1:0").has_value());
  }
  void TearDown() override { runtime_.block_on(server_->shutdown(milliseconds(100))); }

  http::ClientRequest request(const std::string& path, std::string_view accept) {
    http::ClientRequest request;
    request.url = "http://" + server_->local_address() + path;
    if (!accept.empty()) request.headers.add("Accept-Encoding", accept);
    return request;
  }
  http::ClientResponse send(http::ClientRequest request) {
    auto got = runtime_.block_on(client_.send(std::move(request)));
    EXPECT_TRUE(got.has_value()) << (got ? "" : got.error().to_string());
    return got ? std::move(*got) : http::ClientResponse();
  }
  http::ClientResponse get(const std::string& path, std::string_view accept) {
    return send(request(path, accept));
  }
  std::string coding(const http::ClientResponse& response) {
    return std::string(response.headers.find("content-encoding").value_or("none"));
  }

  async::Runtime runtime_{{.threads = 2}};
  web::Router router_;
  http2::Server http2_;
  std::unique_ptr<http::Server> server_;
  http::Client client_{runtime_};
};

TEST_F(Coded, NegotiatesByWeightThenByItsOwnPreference) {
  EXPECT_EQ(coding(get("/tagged", "gzip, br, zstd, deflate")), "zstd");
  EXPECT_EQ(coding(get("/tagged", "gzip, br")), "br");
  EXPECT_EQ(coding(get("/tagged", "gzip;q=1.0, br;q=0.5")), "gzip");
  EXPECT_EQ(coding(get("/tagged", "deflate")), "deflate");
  EXPECT_EQ(coding(get("/tagged", "*;q=0.1, zstd;q=0")), "br");
  EXPECT_EQ(coding(get("/tagged", "identity")), "none");
  EXPECT_EQ(coding(get("/tagged", "gzip;q=0")), "none");
  EXPECT_EQ(coding(get("/tagged", "compress, dcb")), "none");
  EXPECT_EQ(coding(get("/tagged", "gzip;q=0.5, identity")), "none");
}

TEST_F(Coded, KeepsValidatorsAndCachesHonest) {
  const auto packed = get("/tagged", "gzip");
  EXPECT_EQ(packed.headers.find("etag"), "W/\"v1\"");
  EXPECT_EQ(packed.headers.find("vary"), "Accept-Encoding");
  EXPECT_FALSE(packed.headers.contains("accept-ranges"));
  EXPECT_EQ(http::decode_text(packed.body, {Coding::Gzip}).value(), page());
  const auto whole = get("/tagged", "identity");
  EXPECT_EQ(whole.headers.find("etag"), "\"v1\"");
  EXPECT_EQ(whole.headers.find("vary"), "Accept-Encoding");
  EXPECT_EQ(get("/tiny", "gzip").headers.find("vary"), "Accept-Encoding");
  Request request(http::Method::Get, "/");  // RFC 9110 §15.3.7: the Vary of the 200
  Response part = Response::text(206, "x").header("Content-Range", "bytes 0-0/5");
  EXPECT_FALSE(web::compress_response(request, part, {}));
  EXPECT_EQ(part.headers.find("vary"), "Accept-Encoding");
}

TEST_F(Coded, LeavesAloneWhatMayNotOrNeedNotBeCoded) {
  EXPECT_EQ(coding(get("/image", "gzip")), "none");
  EXPECT_EQ(coding(get("/tiny", "gzip")), "none");
  EXPECT_EQ(coding(get("/fixed", "gzip")), "none");
  const auto coded = get("/coded", "br, gzip");  // by the handler: not once more
  EXPECT_EQ(coding(coded), "br");
  EXPECT_EQ(coded.body, page());
}

TEST_F(Coded, StreamsLargeBodies) {
  for (const Coding each : {Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd}) {
    const auto packed = get("/large", to_string(each));
    EXPECT_EQ(coding(packed), to_string(each));
    EXPECT_LT(packed.body.size(), 500'000U);
    const auto text = http::decode_text(packed.body, {each});
    ASSERT_TRUE(text.has_value()) << text.error().to_string();
    EXPECT_GE(text->size(), 1'000'000U);
  }
  auto head = request("/large", "gzip");
  head.method = "HEAD";
  const auto answer = send(std::move(head));
  EXPECT_EQ(coding(answer), "gzip");
  EXPECT_FALSE(answer.headers.contains("content-length"));
}

TEST_F(Coded, HandsOutEachEventAtOnce) {
  turns.next.reset();
  auto wanted = request("/events", "");  // the client asks and decodes by itself
  auto opened = runtime_.block_on(client_.open(std::move(wanted)));
  ASSERT_TRUE(opened.has_value());
  std::string seen;
  while (seen.find("event 1") == std::string::npos) {
    auto piece = runtime_.block_on(opened->body->read());
    ASSERT_TRUE(piece.has_value());
    ASSERT_FALSE(piece->empty());
    seen += as_text(*piece);
  }
  turns.next.set();
  const auto rest = runtime_.block_on(opened->body->read_all(10'000));
  ASSERT_TRUE(rest.has_value());
  EXPECT_EQ(seen + *rest, "data: event 1\n\ndata: event 2\n\n");
  EXPECT_EQ(coding(get("/events", "gzip, br, zstd")), "gzip");
}

TEST_F(Coded, DecodesRequests) {
  for (const std::string path : {"/echo", "/count"}) {
    for (const Coding each : {Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd}) {
      auto post = request(path, "identity");
      post.method = "POST";
      post.headers.add("Content-Encoding", to_string(each));
      post.body = *http::encode_text(as_bytes(page()), each);
      const auto answer = send(std::move(post));
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.body, path == "/echo" ? page() : std::to_string(page().size()));
      if (path != "/echo") continue;
      EXPECT_EQ(answer.headers.find("x-coding"), "none");
      EXPECT_EQ(answer.headers.find("x-length"), "none");
    }
  }
}

TEST_F(Coded, RefusesRequestsItCannotDecode) {
  const auto post = [&](const std::string& path, std::string_view coding, std::string body) {
    auto asked = request(path, "");
    asked.method = "POST";
    asked.headers.add("Content-Encoding", coding);
    asked.body = std::move(body);
    return send(std::move(asked));
  };
  const auto unknown = post("/echo", "compress", "x");
  EXPECT_EQ(unknown.status, 415);
  EXPECT_EQ(unknown.headers.find("accept-encoding"), http::kAcceptEncoding);
  const std::string bomb = *http::encode_text(as_bytes(std::string(5'000'000, 'z')), Coding::Gzip);
  EXPECT_EQ(post("/echo", "gzip", bomb).status, 413);
  EXPECT_EQ(post("/count", "gzip", bomb).status, 413);
  EXPECT_EQ(post("/echo", "gzip", bomb.substr(0, 100)).status, 400);
  EXPECT_EQ(post("/echo", "br", "no brotli at all").status, 400);
  EXPECT_EQ(post("/echo", "identity", "plain").body, "plain");
}

TEST_F(Coded, RoutesWebSocketsOverBothVersions) {
  auto first = runtime_.block_on(
      websocket::connect(runtime_, "ws://" + server_->local_address() + "/upper"));
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  ASSERT_TRUE(runtime_.block_on((*first)->connection().send_text("one")).has_value());
  auto reply = runtime_.block_on((*first)->connection().receive());
  ASSERT_TRUE(reply.has_value() && reply->has_value());
  EXPECT_EQ((*reply)->data, "ONE");

  const std::unique_ptr<http::Connector> connector = http::make_connector(runtime_);
  auto transport = runtime_.block_on(connector->connect("127.0.0.1", server_->port(), {}));
  ASSERT_TRUE(transport.has_value());
  http2::ClientConnection connection(runtime_, std::move(*transport));
  http2::RequestStart start;
  start.method = "CONNECT";
  start.protocol = "websocket";
  start.authority = "site.example";
  start.path = "/upper";
  start.headers.add("sec-websocket-version", "13");
  auto opened = runtime_.block_on(connection.open(std::move(start), false));
  ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
  ASSERT_TRUE(runtime_.block_on(opened->response()).has_value());
  EXPECT_EQ(opened->status(), 200);
  http2::ExchangeTransport stream(std::move(*opened));
  websocket::Connection second(stream, "", websocket::Role::Client);
  ASSERT_TRUE(runtime_.block_on(second.send_text("two")).has_value());
  auto other = runtime_.block_on(second.receive());
  ASSERT_TRUE(other.has_value() && other->has_value());
  EXPECT_EQ((*other)->data, "TWO");
  EXPECT_TRUE(runtime_.block_on(second.close()).has_value());
  EXPECT_TRUE(runtime_.block_on((*first)->connection().close()).has_value());
}

}  // namespace

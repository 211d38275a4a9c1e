// Servers of ours, good and bad, and a reverse proxy before them.
#pragma once
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/proxy/reverse.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/websocket/server.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "../http/raw_client.hpp"

namespace proxy_test {

using namespace avila;
using avila_test::RawClient;
using future::Task;
using http::Request;
using http::Response;

inline Task<void> echo_session(websocket::Connection& connection, future::CancelToken cancel) {
  while (true) {
    auto message = co_await connection.receive(cancel);
    if (!message.has_value() || !message->has_value()) co_return;
    const websocket::Kind kind = (*message)->kind;
    auto sent = co_await connection.send(kind, std::move((*message)->data));
    if (!sent.has_value()) co_return;
  }
}

class EchoBody final : public http::BodySource {
 public:
  explicit EchoBody(http::BodyReader& reader) : reader_(reader) {}
  Task<Result<void>> write_to(http::BodyWriter& writer) override {
    while (true) {
      auto piece = co_await reader_.read();
      AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
      if (bytes.empty()) break;
      auto written = co_await writer.write(bytes);
      AVILA_CO_TRY_VOID(std::move(written));
      auto flushed = co_await writer.flush();
      AVILA_CO_TRY_VOID(std::move(flushed));
    }
    writer.trailers().add("x-request-trailer", reader_.trailers().find("x-sum").value_or("none"));
    writer.trailers().add("grpc-status", "0");
    co_return Result<void>();
  }

 private:
  http::BodyReader& reader_;
};

/// A backend: what it says of a request is in its answer.
class Backend final : public http::Handler {
 public:
  Backend(async::Runtime& runtime, std::string name) : name_(std::move(name)), runtime_(runtime) {
    begin(0);
  }
  ~Backend() override { end(); }
  void begin(std::uint16_t port) {
    http::ServerOptions options;
    options.http2 = &http2_;
    server_ = std::make_unique<http::Server>(runtime_, *this, options);
    for (int i = 0; i < 200; ++i) {
      const auto on = server_->listen("127.0.0.1:" + std::to_string(port));
      if (on.has_value()) break;
      ASSERT_LT(i, 199) << on.error().to_string();
      ::usleep(10'000);
    }
    port_ = server_->port();
  }
  void end() {
    if (server_ != nullptr) runtime_.block_on(server_->shutdown(milliseconds(500)));
    server_.reset();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }

  http::BodyPlan plan_body(Request& head) override { return {.stream = head.path == "/echo"}; }
  Task<Response> handle(Request& request) override {
    requests.fetch_add(1);
    if (request.path == "/echo") {
      Response response(200);
      response.duplex = request.stream != nullptr;
      if (request.stream != nullptr)
        response.body = http::Body::stream(std::make_unique<EchoBody>(*request.stream));
      co_return response;
    }
    if (request.path == "/ws") co_return websocket::accept(request, echo_session);
    if (request.path == "/hints") {
      http::Headers links;
      links.add("Link", "</a.css>").add("X-Inner", "1");
      auto sent = co_await request.send_interim(103, std::move(links));
      if (!sent.has_value()) co_return Response(500);
    }
    if (request.path == "/slow") {
      auto slept = co_await future::sleep(seconds(30), request.cancel);
      (void)slept;
    }
    if (request.path == "/status") {
      Response response = Response::text(std::stoi(std::string(request.query)), "s");
      co_return response;
    }
    if (request.path == "/large") co_return Response::streamed(200, "x/y", large);
    std::string text =
        name_ + " " + std::string(request.method_text) + " " + std::string(request.target) + "\n";
    for (const http::Field& field : request.fields)
      text.append(field.name).append(": ").append(field.value).append("\n");
    text.append(request.body);
    Response response = Response::text(200, std::move(text));
    response.headers.add("X-Backend", name_);
    {
      const std::lock_guard lock(mutex);
      if (!cache_control.empty()) response.headers.add("Cache-Control", cache_control);
      if (!etag.empty()) response.headers.add("ETag", etag);
      if (!etag.empty() && request.header("if-none-match") == etag) {
        response.status = 304;
        response.body = http::Body();
      }
    }
    co_return response;
  }
  static Task<Result<void>> large(http::BodyWriter& writer) {
    const std::string block(256 * 1024, 'z');
    for (int i = 0; i < 4096; ++i) {  // 1 GiB
      auto written = co_await writer.write(as_bytes(block));
      AVILA_CO_TRY_VOID(std::move(written));
    }
    co_return Result<void>();
  }

  std::atomic<int> requests{0};
  std::mutex mutex;
  std::string cache_control, etag;

 private:
  const std::string name_;
  async::Runtime& runtime_;
  http2::Server http2_;
  std::unique_ptr<http::Server> server_;
  std::uint16_t port_ = 0;
};

class Proxy {
 public:
  explicit Proxy(async::Runtime& runtime) : runtime_(runtime) {
    upstream.name = "back";
    upstream.timeouts.connect = seconds(5);
    route.upstream = "back";
  }
  ~Proxy() {
    if (server_ != nullptr) runtime_.block_on(server_->shutdown(milliseconds(300)));
    if (reverse != nullptr) runtime_.block_on(reverse->stop());
  }
  void start() {
    auto made = proxy::Upstream::create(runtime_, upstream);
    ASSERT_TRUE(made.has_value()) << made.error().to_string();
    group = *made;
    options.upstreams.push_back(group);
    options.routes.push_back(route);
    auto created = proxy::ReverseProxy::create(runtime_, options);
    ASSERT_TRUE(created.has_value()) << created.error().to_string();
    reverse = std::move(*created);
    reverse->start();
    http::ServerOptions server;
    server.http2 = &http2_;
    server.cancel_on_hang_up = true;
    server.header_timeout = seconds(1);
    server.preamble = preamble.get();
    server_ = std::make_unique<http::Server>(runtime_, *reverse, server);
    ASSERT_TRUE(server_->listen("127.0.0.1:0").has_value());
  }
  std::uint16_t port() const { return server_->port(); }
  std::string base() const { return "http://" + server_->local_address(); }
  std::string get(std::string_view target, std::string_view fields = {}) {
    RawClient client(port());
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: site.test\r\n" +
                std::string(fields) + "Connection: close\r\n\r\n");
    return client.read_until("", 15'000);
  }

  proxy::UpstreamOptions upstream;
  proxy::RouteOptions route;
  proxy::ReverseOptions options;
  std::unique_ptr<http::Preamble> preamble;
  std::shared_ptr<proxy::Upstream> group;
  std::unique_ptr<proxy::ReverseProxy> reverse;

 private:
  async::Runtime& runtime_;
  http2::Server http2_;
  std::unique_ptr<http::Server> server_;
};

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class ReverseProxyTest : public ::testing::Test {
 protected:
  void back_to(std::string address, std::uint32_t weight = 1, std::uint32_t priority = 0) {
    proxy.upstream.endpoints.push_back({std::move(address), weight, priority});
  }
  async::Runtime runtime{{.threads = 2}};
  Backend one{runtime, "one"}, two{runtime, "two"}, three{runtime, "three"};
  Proxy proxy{runtime};
};

/// A server of bytes: answers each connection with a text, then closes it or stays silent.
class BadServer {
 public:
  BadServer(async::Runtime& runtime, std::string answer, bool close)
      : runtime_(runtime), answer_(std::move(answer)), close_(close) {
    auto bound = tcp::Listener::bind(runtime, tcp::SocketAddress::loopback(0));
    listener_ = std::move(bound.value());
    handle_ = runtime_.spawn(accept());
  }
  ~BadServer() {
    stop_.cancel();
    handle_.wait();
  }
  std::string address() const { return listener_.local_address().to_string(); }
  std::atomic<bool> hung_up{false};
  std::atomic<int> requests{0};

 private:
  Task<void> accept() {
    while (true) {
      auto accepted = co_await listener_.accept(stop_.token());
      if (!accepted.has_value()) co_return;
      tcp::Stream stream = std::move(*accepted);
      std::byte buffer[4096];
      auto got = co_await stream.read(buffer, stop_.token());
      if (!got.has_value() || *got == 0) continue;
      requests.fetch_add(1);
      auto sent = co_await stream.write_all(as_bytes(answer_), stop_.token());
      (void)sent;
      if (close_) continue;
      auto end = co_await stream.read(buffer, stop_.token());
      hung_up = end.has_value() && *end == 0;
    }
  }
  async::Runtime& runtime_;
  const std::string answer_;
  const bool close_;
  tcp::Listener listener_;
  future::CancelSource stop_;
  async::JoinHandle<void> handle_;
};

}  // namespace proxy_test

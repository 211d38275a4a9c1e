#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/async/sim_executor.hpp>
#include <avila/async/transport.hpp>
#include <avila/future/sleep.hpp>
#include <avila/http/client.hpp>
#include <avila/http/cookies.hpp>
#include <avila/http/multipart.hpp>
#include <avila/http/server.hpp>
#include <avila/os/process.hpp>

#include <atomic>

namespace {

using avila::Errc;
using avila::milliseconds;
using avila::Result;
using avila::async::Runtime;
using avila::future::Task;
using namespace avila::http;

Task<Result<void>> write_pieces(BodyWriter& writer) {
  const std::string piece(10'000, 'p');
  for (int i = 0; i < 20; ++i) {
    auto written = co_await writer.write(std::string_view(piece));
    AVILA_CO_TRY_VOID(std::move(written));
  }
  writer.trailers().add("X-End", "yes");
  co_return Result<void>();
}

Task<Response> sleepy(Request& request) {
  (void)co_await avila::future::sleep(milliseconds(60'000), request.cancel);
  co_return Response::text(200, "late");
}

class Site final : public Handler {
 public:
  bool handle_now(Request& request, Response& response) override {
    ++requests;
    if (request.path == "/echo") {
      response =
          Response::text(200, std::string(request.method_text) + " " + std::string(request.body));
      response.headers.add("X-Auth", request.header("authorization").value_or("none"));
      response.headers.add("X-Language", request.header("content-language").value_or("none"));
    } else if (request.path == "/chunks") {
      response = Response::streamed(200, "text/plain", write_pieces);
    } else if (request.path == "/cookie") {
      response = Response::text(200, std::string(request.header("cookie").value_or("none")));
      response.headers.add("Set-Cookie", "n=" + std::to_string(requests.load()) + "; Path=/cookie");
      response.headers.add("Set-Cookie", "other=1; Domain=elsewhere.example");
      response.headers.add("Set-Cookie", "tls=1; Secure");
    } else if (request.path == "/form") {
      const auto boundary = multipart_boundary(request.header("content-type").value_or(""));
      const auto parts =
          parse_multipart(request.body, boundary.has_value() ? *boundary : std::string("none"));
      std::string said;
      for (std::size_t i = 0; parts && i < parts->size(); ++i)
        said += (*parts)[i].name + "/" + (*parts)[i].filename + "=" +
                std::string((*parts)[i].body) + ";";
      response = Response::text(200, said);
    } else if (request.path == "/moved") {
      response = Response::redirect("/echo", 303);
    } else if (request.path == "/loop") {
      response = Response::redirect("/loop", 307);
    } else if (request.path == "/elsewhere") {
      response = Response::redirect(elsewhere);
    } else if (request.path == "/close") {
      response = Response::text(200, "bye");
      response.close = true;
    } else if (request.target.starts_with("http://far.example/")) {
      response = Response::text(200, "proxied " + std::string(request.host));
    } else {
      return false;
    }
    return true;
  }
  Task<Response> handle(Request& request) override {
    if (request.path == "/slow") return sleepy(request);
    return done();
  }
  static Task<Response> done() { co_return Response::text(404, "none"); }

  std::atomic<int> requests{0};
  std::string elsewhere;
};

class HttpClient : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    base_ = "http://" + server_.local_address();
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(100))); }
  ClientResponse get(Client& client, const std::string& path) {
    auto got = runtime_.block_on(client.get(base_ + path));
    EXPECT_TRUE(got.has_value()) << (got ? "" : got.error().to_string());
    return got ? std::move(*got) : ClientResponse();
  }

  Runtime runtime_{{.threads = 2}};
  Site site_;
  Server server_{runtime_, site_};
  std::string base_;
};

TEST_F(HttpClient, ReusesItsConnection) {
  Client client(runtime_);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(client, "/echo").body, "GET ");
  EXPECT_EQ(client.idle_connections(), 1U);
  EXPECT_EQ(server_.metrics().connections_accepted, 1U);
  EXPECT_EQ(get(client, "/close").body, "bye");
  EXPECT_EQ(client.idle_connections(), 0U);
}

TEST_F(HttpClient, SendsBodiesAndReadsChunks) {
  Client client(runtime_);
  auto posted =
      runtime_.block_on(client.post(base_ + "/echo", "text/plain", std::string(200'000, 'x')));
  ASSERT_TRUE(posted.has_value());
  EXPECT_EQ(posted->body.size(), 200'005U);
  const ClientResponse chunks = get(client, "/chunks");
  EXPECT_EQ(chunks.body.size(), 200'000U);
  EXPECT_EQ(chunks.trailers.find("x-end"), "yes");
  EXPECT_EQ(client.idle_connections(), 1U);
}

TEST_F(HttpClient, FollowsRedirectsAndKeepsSecretsAtHome) {
  Client client(runtime_);
  ClientRequest post;
  post.method = "POST";
  post.url = base_ + "/moved";
  post.headers.add("Content-Language", "pt-BR");
  post.body = "body";
  auto posted = runtime_.block_on(client.send(std::move(post)));
  ASSERT_TRUE(posted.has_value());
  EXPECT_EQ(posted->body, "GET ");
  EXPECT_EQ(posted->headers.find("x-language"), "none");  // it was the body's
  EXPECT_EQ(posted->url, base_ + "/echo");
  auto loop = runtime_.block_on(client.get(base_ + "/loop"));
  ASSERT_FALSE(loop.has_value());
  EXPECT_TRUE(loop.error().is(Errc::LimitExceeded));

  Site other;
  Server second(runtime_, other);
  ASSERT_TRUE(second.listen("127.0.0.1:0").has_value());
  site_.elsewhere = "http://" + second.local_address() + "/echo";
  ClientRequest request;
  request.url = base_ + "/elsewhere";
  request.headers.add("Authorization", "Bearer secret");
  auto got = runtime_.block_on(client.send(std::move(request)));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->headers.find("x-auth"), "none");
  runtime_.block_on(second.shutdown(milliseconds(10)));
}

/// A redirect whose body comes a byte a second.
class Drips final : public Connector {
 public:
  explicit Drips(avila::async::Executor& executor) : executor_(executor) {}
  Task<Connected> connect(std::string, std::uint16_t, CancelToken) override {
    auto ends = avila::async::make_pipe();
    executor_.spawn(answer(std::move(ends.second))).detach();
    co_return Connected(std::move(ends.first));
  }

 private:
  static Task<void> answer(std::unique_ptr<avila::async::Transport> transport) {
    std::byte buffer[4096];
    (void)co_await transport->read(buffer);
    const std::string head =
        "HTTP/1.1 302 Found\r\nLocation: /on\r\nContent-Length: 60000\r\n\r\n";
    auto written = co_await transport->write_all(avila::as_bytes(head));
    while (written.has_value()) {
      (void)co_await avila::future::sleep(avila::seconds(1));
      auto more = co_await transport->write_all(avila::as_bytes("x"));
      written = std::move(more);
    }
  }
  avila::async::Executor& executor_;
};

Task<std::string> open_in_time(Client& client) {
  ClientRequest request;
  request.url = "http://slow/";
  auto opened = co_await client.open(std::move(request));
  co_return opened.has_value() ? "opened" : opened.error().to_string();
}

TEST(HttpClientTime, ARedirectThatDripsIsNoReasonToWait) {
  avila::async::SimExecutor executor(1);
  Drips server(executor);
  Client client(executor, {.timeout = avila::seconds(5), .connector = &server});
  const avila::Instant began = executor.now();
  const std::string outcome = executor.block_on(open_in_time(client));
  EXPECT_NE(outcome.find("took too long"), std::string::npos) << outcome;
  EXPECT_LE(executor.now() - began, avila::seconds(7));
}

TEST_F(HttpClient, CredentialsOfTheUrlBecomeBasic) {
  Client client(runtime_);
  auto got = runtime_.block_on(
      client.get("http://Aladdin:open%20sesame@" + server_.local_address() + "/echo"));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->headers.find("x-auth"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST_F(HttpClient, StreamsAResponse) {
  Client client(runtime_);
  ClientRequest request;
  request.url = base_ + "/chunks";
  auto opened = runtime_.block_on(client.open(std::move(request)));
  ASSERT_TRUE(opened.has_value());
  std::size_t bytes = 0;
  while (true) {
    auto piece = runtime_.block_on(opened->body->read());
    ASSERT_TRUE(piece.has_value());
    if (piece->empty()) break;
    bytes += piece->size();
  }
  EXPECT_EQ(bytes, 200'000U);
  EXPECT_EQ(client.idle_connections(), 1U);
}

TEST_F(HttpClient, TimesOutAndCancels) {
  Client client(runtime_, {.timeout = milliseconds(50)});
  auto late = runtime_.block_on(client.get(base_ + "/slow"));
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(Errc::TimedOut)) << late.error().to_string();
  avila::future::CancelSource source;
  source.cancel();
  auto cancelled = runtime_.block_on(client.get(base_ + "/slow", source.token()));
  ASSERT_FALSE(cancelled.has_value());
  EXPECT_TRUE(cancelled.error().is(Errc::Cancelled)) << cancelled.error().to_string();
}

TEST_F(HttpClient, SpeaksThroughAProxy) {
  Client client(runtime_, {.proxy = base_});
  auto got = runtime_.block_on(client.get("http://far.example/x"));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->body, "proxied far.example");
  auto again = runtime_.block_on(client.get("http://far.example/y"));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(server_.metrics().connections_accepted, 1U);
}

/// A server that says the same to whatever it is asked.
class Scripted final : public Connector {
 public:
  explicit Scripted(Runtime& runtime) : runtime_(runtime) {}
  Task<Connected> connect(std::string, std::uint16_t, CancelToken) override {
    auto ends = avila::async::make_pipe();
    running_.push_back(runtime_.spawn(answer(std::move(ends.second), text)));
    co_return Connected(std::move(ends.first));
  }
  ~Scripted() override {
    for (auto& each : running_) each.wait();
  }
  std::string text;

 private:
  static Task<void> answer(std::unique_ptr<avila::async::Transport> transport, std::string text) {
    std::byte buffer[4096];
    auto got = co_await transport->read(buffer);
    if (got.has_value()) (void)co_await transport->write_all(avila::as_bytes(text));
    while (got.has_value() && *got > 0) got = co_await transport->read(buffer);
  }
  Runtime& runtime_;
  std::vector<avila::async::JoinHandle<void>> running_;
};

/// TLS that changes nothing; what is not behind it was in the clear.
class Tunnels final : public Connector {
 public:
  explicit Tunnels(Runtime& runtime) : plain(runtime) {}
  Task<Connected> connect(std::string host, std::uint16_t port, CancelToken cancel) override {
    return plain.connect(std::move(host), port, std::move(cancel));
  }
  Task<Connected> secure(std::unique_ptr<avila::async::Transport> transport, std::string,
                         CancelToken) override {
    ++secured;
    co_return Connected(std::move(transport));
  }
  Scripted plain;
  int secured = 0;
};

TEST_F(HttpClient, WhatAProxySaysBehindItsAnswerToConnectIsNoResponseOfTheServer) {
  Tunnels proxy(runtime_);
  Client client(runtime_, {.https_proxy = "http://proxy:3128", .connector = &proxy});
  proxy.plain.text =
      "HTTP/1.1 200 OK\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
  const auto got = runtime_.block_on(client.get("https://bank.example/"));
  ASSERT_FALSE(got.has_value()) << got->body;
  EXPECT_TRUE(got.error().is(Errc::Malformed)) << got.error().to_string();
  EXPECT_EQ(proxy.secured, 0);
  // RFC 9110 section 15.2: 1xx may come before any answer.
  proxy.plain.text = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 407 Who\r\n\r\n";
  const auto refused = runtime_.block_on(client.get("https://bank.example/"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().to_string().find("407"), std::string::npos);
}

TEST_F(HttpClient, InterimResponsesAreHandedOutAndLimited) {
  Scripted server(runtime_);
  Client client(runtime_, {.connector = &server});
  std::string seen;
  const auto ask = [&] {
    seen.clear();
    ClientRequest request;
    request.url = "http://pipe/";
    request.on_interim = [&](int status, const Headers& fields) {
      seen += std::to_string(status) + std::string(fields.find("link").value_or("-")) + " ";
    };
    return runtime_.block_on(client.send(std::move(request)));
  };
  const std::string hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const std::string end = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  server.text = hint + "HTTP/1.1 100 Continue\r\n\r\n" + end;
  EXPECT_TRUE(ask().has_value());
  EXPECT_EQ(seen, "103</a> 100- ");
  server.text.clear();
  for (int i = 0; i < 101; ++i) server.text += hint;
  server.text += end;
  EXPECT_TRUE(ask().error().is(Errc::LimitExceeded));
}

TEST_F(HttpClient, AConnectionThatSpeaksSomethingElseIsNotUsedAgain) {
  Scripted server(runtime_);
  Client client(runtime_, {.connector = &server});
  server.text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";
  EXPECT_EQ(runtime_.block_on(client.get("http://pipe/"))->status, 101);
  EXPECT_EQ(client.idle_connections(), 0U);
  server.text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(runtime_.block_on(client.get("http://pipe/"))->status, 200);
  EXPECT_EQ(client.idle_connections(), 1U);
}

TEST_F(HttpClient, ErrorsSayWhat) {
  Client client(runtime_);
  auto tls = runtime_.block_on(client.get("https://" + server_.local_address() + "/"));
  ASSERT_FALSE(tls.has_value());
  EXPECT_TRUE(tls.error().is(Errc::Unsupported));
  auto scheme = runtime_.block_on(client.get("ftp://a/"));
  EXPECT_FALSE(scheme.has_value());
  auto relative = runtime_.block_on(client.get("/x"));
  EXPECT_FALSE(relative.has_value());
}

TEST_F(HttpClient, TriesAgainWhenAPooledConnectionWasClosed) {
  Client client(runtime_);
  get(client, "/echo");
  runtime_.block_on(server_.shutdown(milliseconds(10)));
  Server again(runtime_, site_);
  ASSERT_TRUE(again.listen(server_.local_address()).has_value());
  EXPECT_EQ(get(client, "/echo").body, "GET ");
  runtime_.block_on(again.shutdown(milliseconds(10)));
}

TEST_F(HttpClient, KeepsCookiesOfTheirHosts) {
  CookieJar jar;
  Client client(runtime_, {.cookies = &jar});
  EXPECT_EQ(get(client, "/cookie").body, "none");
  EXPECT_EQ(get(client, "/cookie").body, "n=1");
  EXPECT_EQ(get(client, "/cookie").body, "n=2");
  EXPECT_EQ(jar.size(), 1U);  // not another host's, not one for TLS
  ClientRequest own;
  own.url = base_ + "/cookie";
  own.headers.add("Cookie", "mine=1");
  EXPECT_EQ(runtime_.block_on(client.send(std::move(own)))->body, "mine=1");
}

TEST(CookieJar, WhatCameInTheClearHidesNoSecureCookie) {
  CookieJar jar;
  const avila::WallTime now{1'000'000'000};
  EXPECT_TRUE(jar.store("sid=good; Secure; Path=/", "www.x.example", "/", true, now));
  // RFC 6265bis section 5.7: not for a path below, nor for a domain above or below.
  EXPECT_FALSE(jar.store("sid=bad; Path=/login", "www.x.example", "/", false, now));
  EXPECT_FALSE(jar.store("sid=bad; Domain=x.example", "www.x.example", "/", false, now));
  EXPECT_EQ(jar.header("www.x.example", "/login", true, now), "sid=good");
  EXPECT_TRUE(jar.store("sid=mine; Path=/login", "www.x.example", "/", true, now));
  EXPECT_TRUE(jar.store("other=1; Path=/login", "www.x.example", "/", false, now));
  EXPECT_TRUE(jar.store("sid=far; Path=/", "y.example", "/", false, now));
}

TEST(CookieJar, BoundsAttributes) {
  CookieJar jar;
  const avila::WallTime now{1'000'000'000};
  const std::string path = "/" + std::string(60'000, 'p');
  EXPECT_TRUE(jar.store("a=1; Path=" + path, "x.example", "/here/b", false, now));
  EXPECT_EQ(jar.header("x.example", "/here/c", false, now), "a=1");  // as without it
  EXPECT_FALSE(jar.store("b=1", "x.example", path + "/b", false, now));
}

TEST(MultipartWriter, AContentTypeBeginsNoFieldOfItsOwn) {
  MultipartWriter writer("edge");
  writer.file("f", "a.txt", "text/plain\r\nX-Forged: yes\r\n\r\nforged", "content");
  const std::string body = writer.finish();
  const auto parts = parse_multipart(body, "edge");
  ASSERT_TRUE(parts.has_value());
  ASSERT_EQ(parts->size(), 1U);
  EXPECT_FALSE((*parts)[0].headers.find("x-forged").has_value());
  EXPECT_EQ((*parts)[0].body, "content");
}

TEST_F(HttpClient, SendsForms) {
  Client client(runtime_);
  MultipartWriter form;
  form.field("name", "value");
  form.file("file", "a.txt", "text/plain", "content");
  const std::string type = form.content_type();
  auto sent = runtime_.block_on(client.post(base_ + "/form", type, form.finish()));
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->body, "name/=value;file/a.txt=content;");
}

TEST_F(HttpClient, LeavesProxiesOutWhereTold) {
  const auto through = [&](const std::string& no_proxy, const std::string& url) {
    Client client(runtime_, {.timeout = avila::seconds(5), .proxy = base_, .no_proxy = no_proxy});
    auto got = runtime_.block_on(client.get(url));
    return got.has_value() && got->body.starts_with("proxied");
  };
  // Nobody answers at far.example, so who does not ask the proxy fails.
  EXPECT_TRUE(through("", "http://far.example/x"));
  EXPECT_TRUE(through("other.example, ample, far.example:81", "http://far.example/x"));
  EXPECT_FALSE(through("127.0.0.1", base_ + "/echo"));
  EXPECT_FALSE(
      through("localhost,.0.0.1, 127.0.0.1:" + std::to_string(server_.port()), base_ + "/echo"));
  EXPECT_FALSE(through("*", base_ + "/echo"));
}

TEST_F(HttpClient, TakesProxiesFromTheEnvironment) {
  struct Variable {
    const char* name;
    std::string value;
  };
  for (const Variable& each :
       {Variable{"http_proxy", server_.local_address()}, Variable{"no_proxy", "near.example"},
        Variable{"HTTP_PROXY", "http://127.0.0.1:1"}, Variable{"https_proxy", "http://b:2"}})
    ASSERT_TRUE(avila::os::set_environment(each.name, each.value).has_value());
  ClientOptions options;
  use_environment_proxies(options);
  for (const char* name : {"http_proxy", "no_proxy", "HTTP_PROXY", "https_proxy"})
    ASSERT_TRUE(avila::os::unset_environment(name).has_value());
  EXPECT_EQ(options.https_proxy, "http://b:2");
  EXPECT_EQ(options.no_proxy, "near.example");
  Client client(runtime_, options);
  auto got = runtime_.block_on(client.get("http://far.example/x"));
  ASSERT_TRUE(got.has_value()) << got.error().to_string();
  EXPECT_EQ(got->body, "proxied far.example");
  options.proxy = "socks5://127.0.0.1:1080";
  Client unknown(runtime_, options);
  EXPECT_TRUE(runtime_.block_on(unknown.get("http://a.example/")).error().is(Errc::Unsupported));
}

}  // namespace

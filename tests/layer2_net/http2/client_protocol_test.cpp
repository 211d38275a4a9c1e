// http::Client over HTTP/2: one connection for all, what is sent again, when it falls back.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/sync.hpp>
#include <avila/future/task_group.hpp>
#include <avila/http/client.hpp>
#include <avila/http/cookies.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/client_protocol.hpp>
#include <avila/http2/server.hpp>
#include <avila/tls/security.hpp>
#include <avila_test/tls.hpp>
#include <deque>
#include <memory>
#include <thread>

#include "frames.hpp"

namespace {

using namespace avila;
using avila_test::block;
using avila_test::frame;
using future::Task;
using http::Request;
using http::Response;
using http2::FrameType;

/// Carries bytes between a client and the place it named, as a proxy's CONNECT does.
class Tunnel final : public http::Upgrade {
 public:
  Tunnel(http::Connector& connector, std::string host, std::uint16_t port)
      : connector_(connector), host_(std::move(host)), port_(port) {}
  Task<void> run(async::Transport& near, std::string, http::CancelToken cancel) override {
    auto connected = co_await connector_.connect(host_, port_, cancel);
    if (!connected.has_value()) co_return;
    async::Transport& far = **connected;
    future::TaskGroup group(cancel);
    group.spawn(pump(near, far, cancel));
    co_await pump(far, near, cancel);
    near.close();
    auto joined = co_await group.join();
    (void)joined;
  }

 private:
  static Task<void> pump(async::Transport& from, async::Transport& to, http::CancelToken cancel) {
    std::vector<std::byte> buffer(4096);
    while (true) {
      const MutableByteSpan space(buffer);
      auto got = co_await from.read(space, cancel);
      if (!got.has_value() || *got == 0) break;
      const ByteSpan bytes = space.first(*got);
      auto written = co_await to.write_all(bytes, cancel);
      if (!written.has_value()) break;
    }
    to.close();
  }
  http::Connector& connector_;
  std::string host_;
  std::uint16_t port_;
};

class Site final : public http::Handler {
 public:
  bool handle_now(Request& request, Response& response) override {
    const std::string version = std::to_string(request.major_version);
    if (request.method == http::Method::Connect) {
      ++tunnels;
      const std::size_t colon = request.target.rfind(':');
      response = Response(200);
      response.upgrade = std::make_unique<Tunnel>(
          *connector, "127.0.0.1",
          static_cast<std::uint16_t>(std::stoi(std::string(request.target.substr(colon + 1)))));
    } else if (request.path == "/set") {
      response = Response::redirect("/cookies");
      response.headers.add("Set-Cookie", "a=1; Path=/").add("Set-Cookie", "b=2; Path=/");
    } else if (request.path == "/cookies") {
      response =
          Response::text(200, version + " " + std::string(request.header("cookie").value_or("-")));
    } else if (request.path == "/large") {
      response = Response::text(200, std::string(3'000'000, 'L'));
    } else if (request.path == "/wait") {
      return false;
    } else {
      response = Response::text(200, version + " " + std::string(request.scheme) + " " +
                                         std::string(request.method_text) + " " +
                                         std::to_string(request.body.size()));
    }
    return true;
  }
  Task<Response> handle(Request& request) override {
    ++waiting;
    const http::CancelToken cancel = request.cancel;
    auto waited = co_await go.wait(cancel);
    (void)waited;
    co_return Response::text(200, "waited");
  }
  std::atomic<int> waiting{0}, tunnels{0};
  future::Event go;
  http::Connector* connector = nullptr;
};

class ClientOverHttp2 : public ::testing::Test {
 protected:
  void SetUp() override {
    site_.connector = connector_.get();
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    base_ = "http://" + server_.local_address();
    options_.http2 = &protocol_;
    options_.http2_prior_knowledge = true;
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(100))); }
  std::string body_of(Result<http::ClientResponse> got) {
    return got.has_value() ? got->body : "error: " + got.error().to_string();
  }
  std::string get(http::Client& client, const std::string& url) {
    return body_of(runtime_.block_on(client.get(url)));
  }

  async::Runtime runtime_{{.threads = 2}};
  Site site_;
  http2::Server http2_;
  http::Server server_{runtime_, site_, {.http2 = &http2_}};
  http2::ClientProtocol protocol_;
  std::unique_ptr<http::Connector> connector_ = http::make_connector(runtime_);
  http::ClientOptions options_;
  std::string base_;
};

TEST_F(ClientOverHttp2, SharesOneConnectionAmongManyRequests) {
  http::Client client(runtime_, options_);
  std::vector<async::JoinHandle<Result<http::ClientResponse>>> running;
  for (int i = 0; i < 20; ++i) running.push_back(runtime_.spawn(client.get(base_ + "/wait")));
  while (site_.waiting.load() < 20) std::this_thread::yield();  // ctest ends it if they never come
  site_.go.set();
  for (auto& each : running) {
    auto got = each.wait();
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->body, "waited");
  }
  EXPECT_EQ(server_.metrics().connections_accepted, 1U);
  auto posted =
      runtime_.block_on(client.post(base_ + "/", "text/plain", std::string(2'000'000, 'x')));
  EXPECT_EQ(body_of(std::move(posted)), "2 http POST 2000000");
  EXPECT_EQ(get(client, base_ + "/large").size(), 3'000'000U);
  EXPECT_EQ(server_.metrics().connections_accepted, 1U);
}

TEST_F(ClientOverHttp2, FollowsRedirectsWithCookies) {
  http::CookieJar jar;
  options_.cookies = &jar;
  http::Client client(runtime_, options_);
  EXPECT_EQ(get(client, base_ + "/set"), "2 a=1; b=2");
  EXPECT_EQ(jar.size(), 2U);
}

TEST_F(ClientOverHttp2, ConnectsAnewWhenTheServerIsAnother) {
  http::Client client(runtime_, options_);
  EXPECT_EQ(get(client, base_ + "/"), "2 http GET 0");
  runtime_.block_on(server_.shutdown(milliseconds(100)));
  http::Server again(runtime_, site_, {.http2 = &http2_});
  ASSERT_TRUE(again.listen(server_.local_address()).has_value());
  EXPECT_EQ(get(client, base_ + "/"), "2 http GET 0");
  runtime_.block_on(again.shutdown(milliseconds(100)));
}

TEST_F(ClientOverHttp2, SpeaksWhatTheServerChoosesByAlpn) {
  const auto credential = avila_test::make_credential();
  auto verifier = std::make_shared<tls::PinnedVerifier>();
  verifier->add(credential->chain.front());
  tls::ClientConfig client_config;
  client_config.verifier = verifier;
  for (const bool both : {true, false}) {
    tls::ServerConfig config;
    config.credentials = {credential};
    config.alpn = {"http/1.1"};
    if (both) config.alpn.insert(config.alpn.begin(), "h2");
    tls::ServerConfigSlot slot(std::make_shared<const tls::ServerConfig>(std::move(config)));
    tls::Security security(&slot, std::make_shared<const tls::ClientConfig>(client_config));
    http::Server secure(runtime_, site_, {.security = &security, .http2 = &http2_});
    ASSERT_TRUE(secure.listen("127.0.0.1:0").has_value());
    options_.security = &security;
    const std::string url = "https://localhost:" + std::to_string(secure.port()) + "/";
    const std::string expected = both ? "2 https GET 0" : "1 https GET 0";
    {
      http::Client client(runtime_, options_);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(get(client, url), expected);
      EXPECT_EQ(secure.metrics().connections_accepted, 1U);
    }
    {  // the same through a proxy's tunnel
      http::ClientOptions options = options_;
      options.https_proxy = base_;
      http::Client client(runtime_, options);
      const int before = site_.tunnels.load();
      EXPECT_EQ(get(client, url), expected);
      EXPECT_EQ(get(client, url), expected);
      EXPECT_EQ(site_.tunnels.load(), before + 1);
    }
    {  // and without HTTP/2 at the client's end
      http::Client client(runtime_, {.security = &security});
      EXPECT_EQ(get(client, url), "1 https GET 0");
    }
    runtime_.block_on(secure.shutdown(milliseconds(100)));
  }
}

/// Gives transports that were prepared, then real ones.
class Prepared final : public http::Connector {
 public:
  explicit Prepared(http::Connector& real) : real_(real) {}
  Task<Connected> connect(std::string host, std::uint16_t port, http::CancelToken cancel) override {
    ++connects;
    if (!ready.empty()) {
      std::unique_ptr<async::Transport> first = std::move(ready.front());
      ready.pop_front();
      return given(std::move(first));
    }
    return real_.connect(std::move(host), port, std::move(cancel));
  }
  std::deque<std::unique_ptr<async::Transport>> ready;
  int connects = 0;

 private:
  static Task<Connected> given(std::unique_ptr<async::Transport> transport) {
    co_return Connected(std::move(transport));
  }
  http::Connector& real_;
};

/// Reads until HEADERS of a stream came, and says `answer`.
Task<void> answer_once(std::unique_ptr<async::Transport> transport, std::string answer) {
  const std::string settings = frame(FrameType::Settings, 0, 0);
  auto greeted = co_await transport->write_all(as_bytes(settings));
  if (!greeted.has_value()) co_return;
  std::string all;
  std::vector<std::byte> buffer(4096);
  bool answered = false;
  while (true) {
    const MutableByteSpan space(buffer);
    auto got = co_await transport->read(space);
    if (!got.has_value() || *got == 0) co_return;
    all += as_text(space.first(*got));
    if (answered || all.size() < http2::kClientPreface.size()) continue;
    const auto frames =
        avila_test::parse_frames(std::string_view(all).substr(http2::kClientPreface.size()));
    for (const auto& each : frames) answered |= each.header.type == FrameType::Headers;
    if (!answered) continue;
    auto written = co_await transport->write_all(as_bytes(answer));
    if (!written.has_value()) co_return;
  }
}

class RefusedOverHttp2 : public ClientOverHttp2 {
 protected:
  /// The answer of the first connection's server; the second one is real.
  std::string ask(const std::string& first_answer, const std::string& method) {
    Prepared connector(*connector_);
    async::TransportPair pipe = async::make_pipe();
    connector.ready.push_back(std::move(pipe.first));
    auto scripted = runtime_.spawn(answer_once(std::move(pipe.second), first_answer));
    options_.connector = &connector;
    std::string body;
    {
      http::Client client(runtime_, options_);
      http::ClientRequest request;
      request.method = method;
      request.url = base_ + "/";
      request.body = method == "POST" ? "four" : "";
      interim_.clear();
      request.on_interim = [this](int status, const http::Headers& fields) {
        interim_ += std::to_string(status) + std::string(fields.find("link").value_or("-")) + " ";
      };
      body = body_of(runtime_.block_on(client.send(std::move(request))));
      connects_ = connector.connects;
    }
    scripted.wait();
    return body;
  }
  static std::string code(http2::ErrorCode code) {
    return avila_test::u32(static_cast<std::uint32_t>(code));
  }
  static std::string head(const std::string& status, bool end = false) {
    const int last = end ? http2::flags::kEndStream : 0;
    return frame(FrameType::Headers, static_cast<std::uint8_t>(http2::flags::kEndHeaders | last), 1,
                 avila_test::block({{":status", status}, {"link", "</a>"}}));
  }
  int connects_ = 0;
  std::string interim_;
};

TEST_F(RefusedOverHttp2, ABodyThatWasAnnouncedAndDoesNotComeIsAnError) {
  const auto ended = [](const std::string& length) {
    return frame(FrameType::Headers, http2::flags::kEndStream | http2::flags::kEndHeaders, 1,
                 avila_test::block({{":status", "200"}, {"content-length", length}}));
  };
  EXPECT_EQ(ask(ended("0"), "POST"), "");
  EXPECT_TRUE(ask(ended("5"), "POST").starts_with("error: "));
}

TEST_F(RefusedOverHttp2, InterimResponsesAreHandedOutAndLimited) {
  EXPECT_EQ(ask(head("103") + head("103") + head("200", true), "POST"), "");
  EXPECT_EQ(interim_, "103</a> 103</a> ");
  EXPECT_NE(ask(head("103", true), "POST").find("malformed"), std::string::npos);
  std::string many;
  for (int i = 0; i < 101; ++i) many += head("103");
  EXPECT_NE(ask(many + head("200", true), "POST").find("malformed"), std::string::npos);
}

TEST_F(RefusedOverHttp2, SendsAgainWhatTheServerDidNotBegin) {
  // GOAWAY that names no stream: even a POST goes to a new connection.
  const std::string goaway =
      frame(FrameType::Goaway, 0, 0, avila_test::u32(0) + code(http2::ErrorCode::NoError));
  EXPECT_EQ(ask(goaway, "POST"), "2 http POST 4");
  EXPECT_EQ(connects_, 2);
}

TEST_F(RefusedOverHttp2, DoesNotRepeatAPostThatMayHaveBegun) {
  const std::string reset =
      frame(FrameType::RstStream, 0, 1, code(http2::ErrorCode::InternalError));
  EXPECT_TRUE(ask(reset, "POST").starts_with("error: ")) << connects_;
  const std::string goaway =
      frame(FrameType::Goaway, 0, 0, avila_test::u32(1) + code(http2::ErrorCode::InternalError)) +
      reset;
  EXPECT_EQ(ask(goaway, "GET"), "2 http GET 0");  // idempotent, and the connection is over
}

TEST_F(RefusedOverHttp2, RefusedStreamsAreTriedAgainAsOftenAsAllowed) {
  const std::string refused =
      frame(FrameType::RstStream, 0, 1, code(http2::ErrorCode::RefusedStream));
  const std::string again =
      frame(FrameType::RstStream, 0, 3, code(http2::ErrorCode::RefusedStream));
  options_.retries = 0;
  const std::string answer = ask(refused, "GET");
  EXPECT_NE(answer.find("refused the stream"), std::string::npos) << answer;
  options_.retries = 2;
  const std::string goaway =
      frame(FrameType::Goaway, 0, 0, avila_test::u32(1) + code(http2::ErrorCode::NoError));
  EXPECT_EQ(ask(refused + goaway, "POST"), "2 http POST 4");
}

TEST_F(RefusedOverHttp2, FallsBackWhereTheServerWantsTheOlderVersion) {
  const std::string older =
      frame(FrameType::RstStream, 0, 1, code(http2::ErrorCode::Http11Required));
  EXPECT_EQ(ask(older, "POST"), "1 http POST 4");
  EXPECT_EQ(connects_, 2);
}

}  // namespace

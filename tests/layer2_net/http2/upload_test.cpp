// Requests whose body is read as it is sent, over both versions: order, lengths, windows, Expect,
// answers that come before the end, what is sent again and what is not, time-outs, cancellation.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/sync.hpp>
#include <avila/http/client.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/client_protocol.hpp>
#include <avila/http2/server.hpp>
#include <memory>
#include <thread>

namespace {

using namespace avila;
using future::Task;
using http::Request;
using http::Response;

/// Gives `count` pieces; then ends, fails, or waits until it is interrupted.
class Pieces final : public http::BodyReader {
 public:
  enum class Then { End, Fail, Wait };
  explicit Pieces(std::size_t count, std::size_t piece_bytes = 10'000, Then then = Then::End)
      : count_(count), piece_(piece_bytes, 'p'), then_(then) {}
  Task<Result<ByteSpan>> read() override {
    ++reads;
    const CancelToken cancel = interrupted.token();
    if (pause > Duration::zero()) co_await future::sleep(pause);
    if (cancel.cancelled()) co_return future::cancelled_error("read");
    if (count_ > 0) {
      --count_;
      co_return as_bytes(piece_);
    }
    if (then_ == Then::End) co_return ByteSpan();
    if (then_ == Then::Fail) co_return Error(Errc::Io, "the disk is gone");
    auto waited = co_await never_.wait(cancel);
    AVILA_CO_TRY_VOID(std::move(waited));
    co_return ByteSpan();
  }
  const http::Headers& trailers() const noexcept override { return trailers_; }
  void interrupt() noexcept override { interrupted.cancel(); }

  using CancelToken = http::CancelToken;
  std::atomic<int> reads{0};
  Duration pause = Duration::zero();
  future::CancelSource interrupted;
  http::Headers trailers_;

 private:
  std::size_t count_;
  const std::string piece_;
  const Then then_;
  future::Event never_;
};
constexpr std::size_t kEndless = ~std::size_t{0};

/// Two hints, one of them while the body is on its way, and what must not be sent.
Task<Response> hint(Request& request) {
  http::Headers links;
  links.add("Link", "</a.css>; rel=preload").add("Content-Length", "5").add("Connection", "x");
  auto first = co_await request.send_interim(103, links);
  if (!first.has_value()) co_return Response(500);
  auto piece = co_await request.stream->read();
  if (!piece.has_value()) co_return Response(500);
  auto second = co_await request.send_interim(103, links);
  if (!second.has_value()) co_return Response(500);
  for (const int status : {100, 101, 200}) {
    auto refused = co_await request.send_interim(status, links);
    if (refused.has_value() || !refused.error().is(Errc::InvalidArgument)) co_return Response(500);
  }
  auto rest = co_await request.stream->read_all(1 << 20);
  if (!rest.has_value()) co_return Response(500);
  co_return Response::text(200, "hinted");
}

class Site final : public http::Handler {
 public:
  http::BodyPlan plan_body(Request& head) override { return {.stream = head.path != "/whole"}; }
  Task<Response> handle(Request& request) override {
    ++requests;
    if (request.path == "/whole") co_return whole(request);
    if (request.path == "/refuse") co_return Response::text(413, "too much");
    if (request.path == "/expectless" && request.header("expect")) co_return Response(417);
    if (request.path == "/hints") co_return co_await hint(request);
    if (request.path == "/moved") co_return Response::redirect("/count", 307);
    if (request.path == "/other") co_return Response::redirect("/count", 303);
    if (request.path == "/late") {
      auto waited = co_await go.wait(request.cancel);
      if (!waited.has_value()) co_return Response(500);
    }
    if (request.stream == nullptr) co_return Response::text(200, std::string(request.method_text));
    auto size = co_await count(*request.stream);
    if (!size.has_value()) {
      ++cut;
      co_return Response(400);
    }
    if (request.path == "/silent") {
      const http::CancelToken cancel = request.cancel;
      auto slept = co_await future::sleep(seconds(60), cancel);
      (void)slept;
    }
    if (request.path == "/moved-late") co_return Response::redirect("/count", 307);
    const std::string_view length = request.header("content-length").value_or("-");
    co_return Response::text(200, std::to_string(*size) + " of " + std::string(length) + " by " +
                                      std::string(request.method_text));
  }

  future::Event go;
  std::atomic<int> requests{0}, cut{0};

 private:
  static Response whole(Request& request) {
    const auto trailer =
        request.trailers != nullptr ? request.trailers->find("x-sum") : std::nullopt;
    return Response::text(
        200, std::to_string(request.body.size()) + " " + std::string(trailer.value_or("-")));
  }
  static Task<Result<std::size_t>> count(http::BodyReader& body) {
    std::size_t size = 0;
    while (true) {
      auto piece = co_await body.read();
      AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
      if (bytes.empty()) co_return size;
      size += bytes.size();
    }
  }
};

class Uploads : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    base_ = "http://" + server_.local_address();
    if (GetParam() == 2) options_.http2 = &protocol_;
    options_.http2_prior_knowledge = true;
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(100))); }

  http::ClientRequest request(const std::string& path, std::shared_ptr<Pieces> body) {
    http::ClientRequest made;
    made.method = "PUT";
    made.url = base_ + path;
    made.body_reader = std::move(body);
    return made;
  }
  Result<http::ClientResponse> send(http::ClientRequest request, http::CancelToken cancel = {}) {
    if (client_ == nullptr) client_ = std::make_unique<http::Client>(runtime_, options_);
    return runtime_.block_on(client_->send(std::move(request), std::move(cancel)));
  }
  static std::string said(const Result<http::ClientResponse>& got) {
    return got.has_value() ? std::to_string(got->status) + " " + got->body
                           : "error: " + got.error().to_string();
  }

  async::Runtime runtime_{{.threads = 2}};
  Site site_;
  http2::Server http2_;
  http::Server server_{runtime_, site_, {.http2 = &http2_}};
  http2::ClientProtocol protocol_;
  http::ClientOptions options_;
  std::unique_ptr<http::Client> client_;
  std::string base_;
};

INSTANTIATE_TEST_SUITE_P(Http, Uploads, ::testing::Values(1, 2));

TEST_P(Uploads, ABodyOfUnknownLengthComesAsItWasGiven) {
  const auto got = send(request("/count", std::make_shared<Pieces>(300)));
  EXPECT_EQ(said(got), "200 3000000 of - by PUT");
  EXPECT_EQ(got->major_version, GetParam());
  EXPECT_EQ(said(send(request("/count", std::make_shared<Pieces>(0)))), "200 0 of - by PUT");
  EXPECT_EQ(server_.metrics().connections_accepted, 1U);  // which was used again
}

TEST_P(Uploads, TrailersFollow) {
  auto body = std::make_shared<Pieces>(3);
  body->trailers_.add("X-Sum", "abc");
  EXPECT_EQ(said(send(request("/whole", body))), "200 30000 abc");
}

TEST_P(Uploads, ALengthIsAnnouncedAndKept) {
  auto known = request("/count", std::make_shared<Pieces>(5));
  known.body_length = 50'000;
  EXPECT_EQ(said(send(std::move(known))), "200 50000 of 50000 by PUT");
  for (const std::uint64_t wrong : {49'999, 50'001}) {
    auto other = request("/count", std::make_shared<Pieces>(5));
    other.body_length = wrong;
    const auto got = send(std::move(other));
    ASSERT_FALSE(got.has_value());
    EXPECT_TRUE(got.error().is(Errc::InvalidArgument)) << got.error().to_string();
  }
  auto both = request("/count", std::make_shared<Pieces>(5));
  both.body = "text";
  EXPECT_TRUE(send(std::move(both)).error().is(Errc::InvalidArgument));
}

TEST_P(Uploads, AReaderThatFailsCutsTheBody) {
  auto body = std::make_shared<Pieces>(5, 10'000, Pieces::Then::Fail);
  const auto got = send(request("/count", body));
  ASSERT_FALSE(got.has_value());
  EXPECT_TRUE(got.error().is(Errc::Io)) << got.error().to_string();
  EXPECT_NE(got.error().to_string().find("request body"), std::string::npos);
  while (site_.cut.load() == 0) std::this_thread::yield();  // ctest ends it if that never comes
}

TEST_P(Uploads, WhatTheServerDoesNotTakeIsNotRead) {
  auto body = std::make_shared<Pieces>(kEndless, 100'000);
  future::CancelSource cancel;
  http::Client client(runtime_, options_);
  auto sending = runtime_.spawn(client.send(request("/late", body), cancel.token()));
  // Windows and the kernel's buffers fill up; then nothing is read any more.
  int before = -1;
  while (before != body->reads.load() || before < 2) {
    before = body->reads.load();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  EXPECT_LT(before, 1'000);
  cancel.cancel();
  const auto got = sending.wait();
  ASSERT_FALSE(got.has_value());
  EXPECT_TRUE(got.error().is(Errc::Cancelled)) << got.error().to_string();
  EXPECT_TRUE(body->interrupted.cancelled());
}

TEST_P(Uploads, AnAnswerEndsTheSending) {
  for (const auto& body :
       {std::make_shared<Pieces>(kEndless), std::make_shared<Pieces>(1, 10, Pieces::Then::Wait)}) {
    const auto got = send(request("/refuse", body));
    EXPECT_EQ(said(got), "413 too much");
    EXPECT_TRUE(body->interrupted.cancelled() || body->reads.load() == 0);
    const int reads = body->reads.load();
    EXPECT_EQ(said(send(request("/count", std::make_shared<Pieces>(1)))), "200 10000 of - by PUT");
    EXPECT_EQ(body->reads.load(), reads);
  }
}

TEST_P(Uploads, ExpectWaitsForContinue) {
  std::vector<int> interim;
  auto body = std::make_shared<Pieces>(2);
  auto asking = request("/count", body);
  asking.expect_continue = seconds(60);
  asking.on_interim = [&](int status, const http::Headers&) { interim.push_back(status); };
  EXPECT_EQ(said(send(std::move(asking))), "200 20000 of - by PUT");
  EXPECT_EQ(interim, std::vector<int>{100});

  auto unread = std::make_shared<Pieces>(2);
  auto refused = request("/refuse", unread);
  refused.expect_continue = seconds(60);
  EXPECT_EQ(said(send(std::move(refused))), "413 too much");
  EXPECT_EQ(unread->reads.load(), 0);
}

TEST_P(Uploads, InterimResponsesComeBeforeTheFinalOne) {
  std::string seen;
  auto asking = request("/hints", std::make_shared<Pieces>(2));
  asking.expect_continue = seconds(60);
  asking.on_interim = [&](int status, const http::Headers& fields) {
    seen += std::to_string(status) + std::string(fields.find("link").value_or("-")) + " ";
    EXPECT_FALSE(fields.contains("content-length") || fields.contains("connection"));
  };
  EXPECT_EQ(said(send(std::move(asking))), "200 hinted");
  EXPECT_EQ(seen, "103</a.css>; rel=preload 100- 103</a.css>; rel=preload ");
}

TEST_P(Uploads, ExpectDoesNotWaitForEver) {
  auto body = std::make_shared<Pieces>(2);
  auto asking = request("/late", body);  // reads, and says 100, when the body has begun to come
  asking.expect_continue = milliseconds(20);
  std::thread later([&] {
    while (body->reads.load() == 0) std::this_thread::yield();
    site_.go.set();
  });
  EXPECT_EQ(said(send(std::move(asking))), "200 20000 of - by PUT");
  later.join();
}

TEST_P(Uploads, AServerThatWantsNoExpectIsAskedWithoutIt) {
  auto asking = request("/expectless", std::make_shared<Pieces>(2));
  asking.expect_continue = seconds(60);
  EXPECT_EQ(said(send(std::move(asking))), "200 20000 of - by PUT");
  EXPECT_EQ(site_.requests.load(), 2);
}

TEST_P(Uploads, RedirectsTakeTheBodyAlongWhereNothingOfItWasRead) {
  auto unread = request("/moved", std::make_shared<Pieces>(2));
  unread.expect_continue = seconds(60);
  EXPECT_EQ(said(send(std::move(unread))), "200 20000 of - by PUT");
  const auto handed_out = send(request("/moved-late", std::make_shared<Pieces>(2)));
  ASSERT_TRUE(handed_out.has_value());
  EXPECT_EQ(handed_out->status, 307);
  EXPECT_EQ(handed_out->headers.find("location"), "/count");
  auto get = request("/other", std::make_shared<Pieces>(2));
  EXPECT_EQ(said(send(std::move(get))), "200 GET");
}

TEST_P(Uploads, SlowReadersHaveTheirTimeAndSilentServersHaveNot) {
  auto slow = std::make_shared<Pieces>(4, 10);
  slow->pause = milliseconds(150);
  auto made = request("/count", slow);
  made.timeout = milliseconds(400);  // less than the whole takes
  EXPECT_EQ(said(send(std::move(made))), "200 40 of - by PUT");
  auto silent = request("/silent", std::make_shared<Pieces>(1));
  silent.timeout = milliseconds(100);
  const auto got = send(std::move(silent));
  ASSERT_FALSE(got.has_value());
  EXPECT_TRUE(got.error().is(Errc::TimedOut)) << got.error().to_string();
}

/// Takes connections, reads a little of each, and closes it.
class Closing {
 public:
  Closing() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int peer = ::accept(fd_, nullptr, nullptr); peer >= 0;
           peer = ::accept(fd_, nullptr, nullptr)) {
        ++accepted;
        std::string seen;
        char buffer[4096];
        while (seen.find(kMark) == std::string::npos) {
          const ssize_t got = ::recv(peer, buffer, sizeof buffer, 0);
          if (got <= 0) break;
          seen.append(buffer, static_cast<std::size_t>(got));
        }
        ::close(peer);
      }
    });
  }
  ~Closing() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  static constexpr const char* kMark = "pppp";  // of a body
  std::uint16_t port = 0;
  std::atomic<int> accepted{0};

 private:
  int fd_;
  std::thread thread_;
};

TEST_P(Uploads, WhatWasReadIsNotSentTwice) {
  Closing closing;
  auto made = request("/", std::make_shared<Pieces>(2, 10'000, Pieces::Then::Wait));
  made.url = "http://127.0.0.1:" + std::to_string(closing.port) + "/";
  const auto got = send(std::move(made));
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(closing.accepted.load(), 1);
  http::ClientRequest whole;  // which can be
  whole.method = "PUT";
  whole.url = "http://127.0.0.1:" + std::to_string(closing.port) + "/";
  whole.body = std::string(100'000, 'p');
  EXPECT_FALSE(send(std::move(whole)).has_value());
  EXPECT_GT(closing.accepted.load(), 2);
}

TEST_P(Uploads, LargeTextsEndWithTheAnswer) {
  http::ClientRequest made;
  made.method = "PUT";
  made.url = base_ + "/refuse";
  made.body = std::string(50'000'000, 'x');
  const auto got = send(std::move(made));
  EXPECT_EQ(said(got), "413 too much");
}

}  // namespace

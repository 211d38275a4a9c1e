// The rules that a gateway and a shared cache keep: RFC 9110, 9111, 9112, 5861.
#include <gtest/gtest.h>
#include <avila/future/task_group.hpp>
#include <avila/os/clock.hpp>
#include <avila/proxy/proxy_protocol.hpp>

#include "harness.hpp"

namespace {

using namespace proxy_test;

using RulesTest = ReverseProxyTest;

/// An endpoint that answers every request with the same bytes and keeps the connection.
class Scripted {
 public:
  Scripted(async::Runtime& runtime, std::string answer)
      : runtime_(runtime), answer_(std::move(answer)) {
    listener_ = std::move(tcp::Listener::bind(runtime, tcp::SocketAddress::loopback(0)).value());
    handle_ = runtime_.spawn(accept());
  }
  ~Scripted() {
    stop_.cancel();
    handle_.wait();
  }
  std::string address() const { return listener_.local_address().to_string(); }
  std::string last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  void answers(std::string answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  std::atomic<int> connections{0}, requests{0};

 private:
  Task<void> accept() {
    future::TaskGroup group(stop_.token());
    while (true) {
      auto accepted = co_await listener_.accept(stop_.token());
      if (!accepted.has_value()) break;
      connections.fetch_add(1);
      group.spawn(serve(std::move(*accepted)));
    }
    auto joined = co_await group.join();
    (void)joined;
  }
  Task<void> serve(tcp::Stream stream) {
    std::byte buffer[8192];
    std::string seen;
    while (true) {
      auto got = co_await stream.read(buffer, stop_.token());
      if (!got.has_value() || *got == 0) co_return;
      seen += as_text(ByteSpan(buffer, *got));
      if (seen.find("\r\n\r\n") == std::string::npos) continue;
      requests.fetch_add(1);
      std::string answer;
      {
        const std::lock_guard lock(mutex_);
        last_.swap(seen);
        answer = answer_;
      }
      seen.clear();
      auto sent = co_await stream.write_all(as_bytes(answer), stop_.token());
      if (!sent.has_value()) co_return;
    }
  }
  async::Runtime& runtime_;
  std::string answer_;
  tcp::Listener listener_;
  future::CancelSource stop_;
  async::JoinHandle<void> handle_;
  std::mutex mutex_;
  std::string last_;
};

// RFC 9112 §6.3, §11.2: a request that two could frame differently reaches no endpoint.
TEST_F(RulesTest, NothingIsSmuggledToTheEndpoint) {
  back_to(one.address());
  proxy.start();
  const auto refused = [&](std::string_view head) {
    RawClient client(proxy.port());
    client.send(std::string(head) + "\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string got = client.read_until("", 15'000);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 4") || got.starts_with("HTTP/1.1 501")) << head << got;
    EXPECT_FALSE(has(got, "/evil")) << head << "\n" << got;
  };
  const std::string post = "POST /p HTTP/1.1\r\nHost: a\r\n";
  refused(post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n");
  refused(post + "Content-Length: 5\r\nContent-Length: 6\r\n");
  refused(post + "Transfer-Encoding: chunked, chunked\r\n");
  refused(post + "Transfer-Encoding: xchunked\r\n");
  refused(post + "Transfer-Encoding : chunked\r\n");
  refused(post +
          "Transfer-Encoding:\x0b"
          "chunked\r\n");
  refused(post + "X: a\r\n Transfer-Encoding: chunked\r\n");
  refused(post + "Content-Length: +5\r\n");
  refused("POST /p HTTP/1.1\r\nHost: a\r\nHost: b\r\n");
  refused("GET http://a/ HTTP/1.1\r\n");  // no Host
  EXPECT_EQ(one.requests, 0);
}

// RFC 9112 §9.2: what follows a response belongs to nobody.
TEST_F(RulesTest, NothingIsSmuggledToTheNextClient) {
  Scripted bad(runtime,
               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
               "Content-Length: 4\r\n\r\nevil");
  back_to(bad.address());
  proxy.start();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(proxy.get("/").ends_with("\r\n\r\nok"));
  EXPECT_EQ(bad.connections, 20);  // none of them serves twice
}

// RFC 9112 §3.2.2, RFC 9110 §7.2.
TEST_F(RulesTest, AbsoluteFormGoesBeforeHost) {
  back_to(one.address());
  proxy.start();
  RawClient client(proxy.port());
  client.send("GET http://real.test/x?y HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n");
  const std::string got = client.read_until("", 15'000);
  EXPECT_TRUE(has(got, "one GET /x?y\n")) << got;
  EXPECT_TRUE(has(got, "Host: real.test\n")) << got;
  EXPECT_FALSE(has(got, "other.test")) << got;
}

// RFC 9110 §7.6.2.
TEST_F(RulesTest, MaxForwardsIsCountedDown) {
  back_to(one.address());
  proxy.start();
  const auto ask = [&](std::string_view method, std::string_view left) {
    RawClient client(proxy.port());
    client.send(std::string(method) + " / HTTP/1.1\r\nHost: a\r\nMax-Forwards: " +
                std::string(left) + "\r\nConnection: close\r\n\r\n");
    return client.read_until("", 15'000);
  };
  EXPECT_TRUE(has(ask("OPTIONS", "5"), "Max-Forwards: 4\n"));
  EXPECT_TRUE(ask("OPTIONS", "0").starts_with("HTTP/1.1 204"));
  EXPECT_TRUE(ask("OPTIONS", "00").starts_with("HTTP/1.1 204"));
  EXPECT_TRUE(ask("TRACE", "0").starts_with("HTTP/1.1 405"));
  EXPECT_EQ(one.requests, 1);
}

// RFC 9110 §7.6.1, of responses.
TEST_F(RulesTest, FieldsOfTheEndpointsConnectionStayThere) {
  Scripted endpoint(runtime,
                    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"
                    "Connection: X-Mine, close\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n"
                    "Proxy-Connection: x\r\nX-Other: 2\r\nContent-Length: 2\r\n\r\nok");
  back_to(endpoint.address());
  proxy.start();
  const std::string got = proxy.get("/",
                                    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
                                    "Connection: Upgrade, HTTP2-Settings\r\n");
  EXPECT_TRUE(has(got, "X-Other: 2\r\n")) << got;
  EXPECT_TRUE(got.starts_with("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 "))
      << got;
  for (const char* gone : {"X-Mine", "Keep-Alive", "Proxy-Connection"})
    EXPECT_FALSE(has(got, gone)) << gone << "\n" << got;
  for (const char* gone : {"h2c", "HTTP2-Settings", "Upgrade"})
    EXPECT_FALSE(has(endpoint.last(), gone)) << gone << "\n" << endpoint.last();
}

TEST_F(RulesTest, EndlessInterimResponsesAreNoAnswer) {
  std::string many;
  for (int i = 0; i < 101; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
  Scripted endpoint(runtime, many + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  back_to(endpoint.address());
  proxy.start();
  const std::string got = proxy.get("/");
  EXPECT_TRUE(has(got, "HTTP/1.1 102") && has(got, "HTTP/1.1 502")) << got;
}

// RFC 9110 §9.2.2: what an endpoint may have acted upon is not asked of it twice.
TEST_F(RulesTest, OnlyWhatDoesNoHarmIsSentAgain) {
  BadServer bad(runtime, "", true);  // reads, and closes
  back_to(bad.address());
  proxy.upstream.outlier.gateway_errors = 0;
  proxy.start();
  const auto post = [&](std::string_view method) {
    RawClient client(proxy.port());
    client.send(std::string(method) +
                " / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
    EXPECT_TRUE(has(client.read_until("", 15'000), "502 Bad Gateway"));
    return bad.requests.exchange(0);
  };
  EXPECT_EQ(post("POST"), 1);
  EXPECT_EQ(post("PATCH"), 1);
  EXPECT_EQ(post("PUT"), 3);
}

TEST_F(RulesTest, RetriesHaveABudget) {
  BadServer bad(runtime, "", true);
  back_to(bad.address());
  proxy.upstream.outlier.gateway_errors = 0;
  proxy.upstream.retry.budget_ratio = 0;
  proxy.upstream.retry.budget_per_second = 0;
  proxy.upstream.retry.budget_burst = 3;
  proxy.start();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(has(proxy.get("/"), "502 Bad Gateway"));
  EXPECT_EQ(bad.requests, 13);
  EXPECT_EQ(proxy.group->metrics().retries, 3U);
  EXPECT_GE(proxy.group->metrics().retries_denied, 8U);
}

TEST_F(RulesTest, BodiesThatFlowAreNotMirrored) {
  proxy::UpstreamOptions copy;
  copy.name = "copy";
  copy.endpoints = {{two.address()}};
  proxy.options.upstreams = {proxy::Upstream::create(runtime, copy).value()};
  proxy.route.mirror.upstream = "copy";
  proxy.upstream.retry.replay_bytes = 4;
  back_to(one.address());
  proxy.start();
  const auto post = [&](std::string_view body) {
    RawClient client(proxy.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    EXPECT_TRUE(has(client.read_until("", 15'000), "one POST /"));
  };
  post("longer than four");
  EXPECT_EQ(proxy.reverse->metrics().mirrored, 0U);
  EXPECT_EQ(proxy.reverse->metrics().mirrors_dropped, 1U);
  post("four");
  for (int i = 0; i < 1000 && two.requests == 0; ++i) ::usleep(10'000);
  EXPECT_EQ(two.requests, 1);
}

/// A cache whose time is ours.
class CacheRules : public RulesTest {
 protected:
  class Clock final : public os::Clock {
   public:
    Instant now() override { return os::real_clock().now(); }
    WallTime wall() override { return WallTime{ns.load()}; }
    std::atomic<std::int64_t> ns{1'700'000'000'000'000'000};
  };
  void cache() { cache(one.address()); }
  void cache(const std::string& address) {
    back_to(address);
    proxy.options.clock = &clock_;
    proxy.route.cache = true;
    proxy.upstream.retry.attempts = 1;
    proxy.start();
  }
  void says(std::string control, std::string etag = "") {
    const std::lock_guard lock(one.mutex);
    one.cache_control = std::move(control);
    one.etag = std::move(etag);
  }
  void pass(int seconds_count) { clock_.ns += std::int64_t{seconds_count} * 1'000'000'000; }
  /// What Cache-Status says.
  std::string status(std::string_view target, std::string_view fields = {}) {
    const std::string got = proxy.get(target, fields);
    const std::size_t at = got.find("Cache-Status: avila; ");
    return at == std::string::npos ? "none" : got.substr(at + 21, got.find('\r', at) - at - 21);
  }
  Clock clock_;
};

// RFC 9111 §3.5, §5.2.2.
TEST_F(CacheRules, WhatIsPrivateIsNotKept) {
  cache();
  says("max-age=60");
  EXPECT_EQ(status("/a", "Authorization: x\r\n"), "none");
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  for (const char* open : {"public, max-age=60", "s-maxage=60", "max-age=60, must-revalidate"}) {
    says(open);
    const std::string target = "/" + std::to_string(one.requests);
    EXPECT_EQ(status(target, "Authorization: x\r\n"), "fwd=miss; stored") << open;
    EXPECT_EQ(status(target, "Authorization: y\r\n"), "hit") << open;
  }
  says("private, max-age=60");
  EXPECT_EQ(status("/b"), "none");
  says("no-store, max-age=60");
  EXPECT_EQ(status("/c"), "none");
}

// RFC 9111 §4.2: s-maxage goes before max-age, and forbids what is stale; §5.1: Age.
TEST_F(CacheRules, FreshnessEndsWhenItSays) {
  cache();
  says("max-age=1000, s-maxage=10", "\"v\"");
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  pass(9);
  const std::string got = proxy.get("/a");
  EXPECT_TRUE(has(got, "Cache-Status: avila; hit\r\n")) << got;
  pass(2);
  EXPECT_EQ(status("/a", "Cache-Control: max-stale\r\n"), "hit; fwd=stale; fwd-status=304");
  EXPECT_EQ(status("/a", "Cache-Control: max-age=0\r\n").substr(0, 3), "hit");
  EXPECT_EQ(status("/a", "Cache-Control: no-store\r\n"), "none");
}

// RFC 5861 §3, §4.
TEST_F(CacheRules, StaleAnswersHelpWhileAndWhenAskingFails) {
  cache();
  says("max-age=10, stale-while-revalidate=30");
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  pass(20);
  EXPECT_EQ(status("/a"), "hit; detail=stale-while-revalidate");
  for (int i = 0; i < 1000 && one.requests < 2; ++i) ::usleep(10'000);  // asked behind it
  EXPECT_EQ(one.requests, 2);
  says("max-age=10, stale-if-error=100");
  EXPECT_EQ(status("/b"), "fwd=miss; stored");
  says("max-age=10, must-revalidate, stale-if-error=100");
  EXPECT_EQ(status("/c"), "fwd=miss; stored");
  one.end();
  pass(20);
  EXPECT_EQ(status("/b"), "hit; detail=stale-if-error");
  EXPECT_TRUE(has(proxy.get("/c"), "HTTP/1.1 50")) << "must-revalidate";
  pass(200);
  EXPECT_TRUE(has(proxy.get("/b"), "HTTP/1.1 50"));
}

// RFC 9111 §4.4, §4.1, and the key.
TEST_F(CacheRules, KeysAreKeptApart) {
  cache();
  says("max-age=60");
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  EXPECT_EQ(status("/a?b"), "fwd=miss; stored");
  EXPECT_EQ(status("/A"), "fwd=miss; stored");
  EXPECT_EQ(status("/x/../a"), "fwd=miss; stored");  // as it is sent, so it is kept
  EXPECT_EQ(status("/a"), "hit");
  RawClient client(proxy.port());
  client.send("DELETE /a HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("", 15'000), "200 OK"));
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  EXPECT_EQ(status("/a?b"), "hit");
}

// RFC 9111 §4.4: of its own origin only, lest anybody empties another's cache.
TEST_F(CacheRules, OthersUrisAreNotMadeOld) {
  Scripted endpoint(runtime,
                    "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                    "Location: http://site.test/a\r\nContent-Length: 2\r\n\r\nok");
  cache(endpoint.address());
  const auto post = [&](std::string_view host) {
    RawClient client(proxy.port());
    client.send("POST /b HTTP/1.1\r\nHost: " + std::string(host) +
                "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(has(client.read_until("", 15'000), "200 OK"));
  };
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  post("site.tes");
  EXPECT_EQ(status("/a"), "hit");
  post("site.test");
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
}

// RFC 9111 §4.3.2: what only the origin can judge.
TEST_F(CacheRules, ConditionsOfTheOriginAreItsOwn) {
  cache();
  says("max-age=60", "\"v\"");
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  EXPECT_EQ(status("/a"), "hit");
  const std::string got = proxy.get("/a", "If-Match: \"w\"\r\n");  // the origin has moved on
  EXPECT_TRUE(has(got, "HTTP/1.1 200 OK") && has(got, "If-Match: \"w\"\n")) << got;
  EXPECT_EQ(one.requests, 2);
  EXPECT_EQ(status("/a", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"), "none");
  EXPECT_EQ(one.requests, 3);
}

// RFC 9111 §4.3.4.
TEST_F(CacheRules, A304OfAnotherResponseUpdatesNothing) {
  const std::string fields = "Cache-Control: max-age=10\r\nContent-Length: 3\r\n";
  Scripted endpoint(runtime, "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n" + fields + "\r\nold");
  cache(endpoint.address());
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  pass(20);
  endpoint.answers("HTTP/1.1 304 Not Modified\r\nETag: \"b\"\r\n\r\n");
  const std::string got = proxy.get("/a");
  EXPECT_FALSE(has(got, "old") && has(got, "ETag: \"b\"")) << got;
  EXPECT_FALSE(has(endpoint.last(), "If-None-Match")) << endpoint.last();  // asked for it whole
  endpoint.answers("HTTP/1.1 200 OK\r\nETag: \"b\"\r\n" + fields + "\r\nnew");
  EXPECT_EQ(status("/a"), "fwd=miss; stored");
  pass(20);
  endpoint.answers("HTTP/1.1 304 Not Modified\r\nETag: W/\"b\"\r\n\r\n");
  EXPECT_EQ(status("/a"), "hit; fwd=stale; fwd-status=304");
}

// RFC 9111 §5.2.2.5, §5.2.2.7: a 304 may say that what was kept is to be kept no longer.
TEST_F(CacheRules, A304EndsWhatMayNotBeKept) {
  cache();
  for (const char* control : {"private, max-age=60", "no-store"}) {
    const std::string target = std::string("/") + control[0];
    says("max-age=10", "\"v\"");
    EXPECT_EQ(status(target), "fwd=miss; stored");
    pass(20);
    says(control, "\"v\"");
    EXPECT_EQ(status(target), "hit; fwd=stale; fwd-status=304") << control;
    EXPECT_EQ(status(target), "none") << control;  // asked anew, whole, and not kept
  }
}

// RFC 9111 §4.1: what the proxy itself tells of a client differs though their requests do not.
TEST_F(CacheRules, WhatIsMadeForOneClientIsNotAnothers) {
  Scripted endpoint(runtime,
                    "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                    "Vary: X-Forwarded-For\r\nContent-Length: 2\r\n\r\nok");
  proxy.preamble = std::make_unique<proxy::ProxyProtocol>(
      proxy::AddressSet::parse({"127.0.0.0/8"}).value(), seconds(5));
  cache(endpoint.address());
  for (const char* client_address : {"192.0.2.1", "192.0.2.2"}) {
    RawClient client(proxy.port());
    client.send("PROXY TCP4 " + std::string(client_address) +
                " 192.0.2.9 1000 80\r\nGET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(has(client.read_until("", 15'000), "200 OK"));
    EXPECT_TRUE(has(endpoint.last(), client_address)) << endpoint.last();
  }
  EXPECT_EQ(endpoint.requests, 2);
}

// Routes that lead elsewhere have answers of their own, though what they send is the same.
TEST_F(CacheRules, RoutesDoNotAnswerForEachOther) {
  proxy::UpstreamOptions other;
  other.name = "other";
  other.endpoints = {{two.address()}};
  proxy.options.upstreams = {proxy::Upstream::create(runtime, other).value()};
  for (const char* name : {"one", "two"}) {
    proxy::RouteOptions route;
    route.upstream = name == std::string("one") ? "back" : "other";
    route.match.path_prefix = route.rewrite.strip_prefix = std::string("/") + name;
    route.cache = true;
    proxy.options.routes.push_back(route);
  }
  two.cache_control = "max-age=60";
  cache();
  says("max-age=60");
  EXPECT_TRUE(has(proxy.get("/one/x"), "one GET /x\n"));
  EXPECT_TRUE(has(proxy.get("/two/x"), "two GET /x\n"));
  EXPECT_TRUE(has(proxy.get("/one/x"), "one GET /x\n"));
  EXPECT_EQ(status("/two/x"), "hit");
}

}  // namespace

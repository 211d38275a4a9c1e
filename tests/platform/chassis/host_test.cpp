#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/chassis/host.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/web/router.hpp>

#include <memory>
#include <thread>

#include "avila_test/http_client.hpp"

namespace avila::chassis {
namespace {

using avila_test::HttpClient;

std::atomic<bool> held_begun{false};

future::Task<http::Response> held(std::atomic<bool>* open) {
  held_begun = true;
  while (!*open) co_await async::Executor::current()->sleep(milliseconds(1));
  co_return http::Response::text(200, "held");
}

struct HostTest : ::testing::Test {
  os::MemoryFileSystem files;
  os::SeededEntropy entropy{3};
  async::Runtime runtime{{.threads = 2}};
  KeyStore keys;
  std::string api_key;
  std::unique_ptr<Host> host;
  std::atomic<bool> open{true};
  int port = 0;

  void SetUp() override {
    ASSERT_TRUE(files.create_directories("data").has_value());
    auto credentials = create_credentials(files, entropy, "data");
    ASSERT_TRUE(credentials.has_value());
    api_key = credentials->api_key;
    keys = std::move(*KeyStore::load(files, "data"));
  }
  void start(HostOptions options = {}) {
    options.service = "test";
    host = std::make_unique<Host>(runtime, keys, options);
    host->router().get("/things/:id", [](http::Request& request) {
      return http::Response::text(200, std::string(request.parameter("id")));
    });
    host->router().post("/things", [](http::Request& request) {
      return http::Response::text(200, std::string(request.body));
    });
    host->router().get("/held", [this](http::Request&) { return held(&open); });
    ASSERT_TRUE(host->start().has_value());
    port = std::atoi(host->url().c_str() + host->url().rfind(':') + 1);
  }
  void TearDown() override {
    if (host) runtime.block_on(host->stop(seconds(1)));
  }
};

TEST_F(HostTest, WithoutAKeyOnlyHealthAndOpenApiAnswer) {
  start();
  HttpClient stranger(port, "");
  EXPECT_EQ(stranger.send("GET", "/healthz").status, 200);
  const auto document = stranger.send("GET", "/openapi.json");
  EXPECT_EQ(document.status, 200);
  EXPECT_NE(document.body.find("\"/things/{id}\""), std::string::npos) << document.body;
  EXPECT_EQ(stranger.send("GET", "/things/1").status, 401);
  EXPECT_EQ(stranger.send("GET", "/metrics").status, 401);
  EXPECT_EQ(stranger.send("GET", "/nothing").status, 401);
  EXPECT_EQ(stranger.send("POST", "/healthz").status, 401);
  const auto refused = stranger.send("GET", "/things/1");
  EXPECT_NE(refused.head.find("WWW-Authenticate: Bearer"), std::string::npos);
  EXPECT_NE(refused.head.find("application/problem+json"), std::string::npos);
  EXPECT_NE(refused.body.find("\"status\":401"), std::string::npos) << refused.body;
}

TEST_F(HostTest, TheKeyOpensAndAWrongOneDoesNot) {
  start();
  EXPECT_EQ(HttpClient(port, api_key).send("GET", "/things/7").body, "7");
  EXPECT_EQ(HttpClient(port, api_key + "x").send("GET", "/things/7").status, 401);
  EXPECT_EQ(HttpClient(port, "")
                .send("GET", "/things/7", "", "Authorization: Basic " + api_key + "\r\n")
                .status,
            401);
  EXPECT_EQ(HttpClient(port, "")
                .send("GET", "/things/7", "", "Authorization: bearer " + api_key + "\r\n")
                .status,
            200);
}

TEST_F(HostTest, AStrangersBodyIsNotTaken) {
  start();
  HttpClient stranger(port, "");
  EXPECT_EQ(stranger.send("POST", "/things", std::string(3 << 20, 'x')).status, 401);
  EXPECT_EQ(HttpClient(port, api_key).send("POST", "/things", "hello").body, "hello");
}

TEST_F(HostTest, RequestsInFlightAreBounded) {
  start({.requests_in_flight = 1});
  open = false;
  held_begun = false;
  std::thread waiting(
      [&] { EXPECT_EQ(HttpClient(port, api_key).send("GET", "/held").body, "held"); });
  while (!held_begun) std::this_thread::yield();
  const auto reply = HttpClient(port, api_key).send("GET", "/held");
  open = true;
  waiting.join();
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.head.find("Retry-After: 1"), std::string::npos);
}

TEST_F(HostTest, MetricsCountByRoute) {
  start();
  HttpClient client(port, api_key);
  client.send("GET", "/things/1");
  client.send("GET", "/things/2");
  client.send("GET", "/nothing");
  const auto metrics = client.send("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.body.find(
                "avila_http_requests_total{method=\"GET\",route=\"/things/:id\",status=\"200\"} 2"),
            std::string::npos)
      << metrics.body;
  EXPECT_NE(metrics.body.find("route=\"none\",status=\"404\"} 1"), std::string::npos)
      << metrics.body;
}

TEST_F(HostTest, AddressInUseIsSaidSo) {
  start();
  Host second(runtime, keys, {.service = "second", .listen = "127.0.0.1:" + std::to_string(port)});
  const auto refused = second.start();
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(Errc::AddressInUse)) << refused.error().to_string();
}

}  // namespace
}  // namespace avila::chassis

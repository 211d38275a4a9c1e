// What comes before a response, and beside a request's body, through plain HTTP forwarding.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/proxy/forward.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "../http/raw_client.hpp"
#include "origin.hpp"

namespace {

using namespace avila;
using avila_test::RawClient;
using proxy_test::kPatienceMs;
using proxy_test::Origin;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class ForwardInterim : public ::testing::Test {
 protected:
  void SetUp() override {
    options.destinations.plain_ports = {};
    options.destinations.deny_internal = false;
    forward = std::make_unique<proxy::ForwardProxy>(runtime, options);
    server = std::make_unique<http::Server>(runtime, *forward);
    ASSERT_TRUE(server->listen("127.0.0.1:0").has_value());
    client.emplace(server->port());
  }
  void TearDown() override {
    client.reset();
    origin.close();
    runtime.block_on(server->shutdown(milliseconds(100)));
  }
  /// Sends a request, whose head the origin then has.
  std::string ask(std::string_view method, std::string_view fields, std::string_view body = {},
                  std::string_view version = "1.1") {
    std::string text(method);
    text.append(" http://").append(origin.authority()).append("/x HTTP/").append(version);
    text.append("\r\nHost: ").append(origin.authority()).append("\r\n").append(fields);
    text.append("\r\n").append(body);
    client->send(text);
    origin.accept();
    return origin.read_until("\r\n\r\n");
  }
  std::string head() { return client->read_until("\r\n\r\n", kPatienceMs); }

  async::Runtime runtime{{.threads = 2}};
  Origin origin;
  proxy::ForwardOptions options;
  std::unique_ptr<proxy::ForwardProxy> forward;
  std::unique_ptr<http::Server> server;
  std::optional<RawClient> client;
};

TEST_F(ForwardInterim, HintsArePassedOnAsTheyCome) {
  ASSERT_TRUE(has(ask("GET", ""), "GET /x HTTP/1.1\r\n"));
  origin.send(
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: X-Hop\r\n"
      "X-Hop: 1\r\n\r\n");
  EXPECT_EQ(head(), "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
  origin.send("HTTP/1.1 103 Early Hints\r\nLink: </b.js>\r\n\r\n");
  EXPECT_EQ(head(), "HTTP/1.1 103 Early Hints\r\nLink: </b.js>\r\n\r\n");
  origin.send("HTTP/1.1 102 Processing\r\n\r\n");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 102 "));
  origin.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  const std::string got = client->read_until("done", kPatienceMs);
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
  EXPECT_FALSE(has(got, "Link"));
}

TEST_F(ForwardInterim, AContinueThatNobodyAskedForGoesNoFurther) {
  ask("GET", "");
  origin.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 204 "));
}

// RFC 9110 §15.2: HTTP/1.0 knows none of them.
TEST_F(ForwardInterim, OldClientsHearTheFinalResponseAlone) {
  ask("GET", "", "", "1.0");
  origin.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(head().substr(8).starts_with(" 204 "));
}

// RFC 9110 §10.1.1: the expectation is the origin's to meet.
TEST_F(ForwardInterim, ExpectationsAreTheOrigins) {
  const std::string asked =
      ask("POST", "Content-Length: 4\r\nExpect: 100-continue\r\nConnection: keep-alive\r\n");
  EXPECT_TRUE(has(asked, "\r\nExpect: 100-continue\r\n")) << asked;
  origin.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 103 "));  // so nothing was said before it
  origin.send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client->send("body");
  EXPECT_EQ(origin.read_until("body"), "body");
  origin.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 201 "));
}

TEST_F(ForwardInterim, ABodyThatIsNotWantedIsNotAskedFor) {
  ask("POST", "Content-Length: 4\r\nExpect: 100-continue\r\n");
  origin.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 417 "));
  EXPECT_EQ(origin.read_until(""), "<end>");  // and not sent
}

TEST_F(ForwardInterim, AnOriginThatSaysNothingGetsTheBodyInTheEnd) {
  ask("POST", "Content-Length: 4\r\nExpect: 100-continue\r\n");
  EXPECT_EQ(head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client->send("body");
  EXPECT_EQ(origin.read_until("body"), "body");
  origin.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 204 "));
}

TEST_F(ForwardInterim, HintsDoNotWaitForTheBody) {
  ask("POST", "Content-Length: 8\r\n", "half");
  EXPECT_EQ(origin.read_until("half"), "half");
  origin.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_EQ(head(), "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  client->send("rest");
  EXPECT_EQ(origin.read_until("rest"), "rest");
  origin.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 204 "));
}

TEST_F(ForwardInterim, AResponseMayBeginBeforeTheBodyEnds) {
  ask("POST", "Transfer-Encoding: chunked\r\n", "3\r\none\r\n");
  EXPECT_EQ(origin.read_until("one\r\n"), "3\r\none\r\n");
  origin.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nONE\r\n");
  EXPECT_TRUE(has(client->read_until("ONE", kPatienceMs), "HTTP/1.1 200 "));
  client->send("3\r\ntwo\r\n0\r\n\r\n");
  EXPECT_EQ(origin.read_until("0\r\n\r\n"), "3\r\ntwo\r\n0\r\n\r\n");
  origin.send("3\r\nTWO\r\n0\r\n\r\n");
  EXPECT_TRUE(has(client->read_until("0\r\n\r\n", kPatienceMs), "TWO"));
}

// The rest of the body has nobody to be sent beside.
TEST_F(ForwardInterim, AnEmptyResponseEndsTheBody) {
  ask("POST", "Transfer-Encoding: chunked\r\n", "3\r\none\r\n");
  EXPECT_EQ(origin.read_until("one\r\n"), "3\r\none\r\n");
  origin.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 201 "));
  EXPECT_EQ(origin.read_until(""), "<end>");
}

TEST_F(ForwardInterim, AnErrorEndsTheBody) {
  ask("POST", "Content-Length: 100000000\r\n", "some");
  EXPECT_EQ(origin.read_until("some"), "some");
  origin.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!");
  const std::string got = client->read_until("no!", kPatienceMs);
  EXPECT_TRUE(got.starts_with("HTTP/1.1 413 ")) << got;
  EXPECT_EQ(origin.read_until(""), "<end>");
}

// Where everything between is full, so that nothing more of the body can be sent.
TEST_F(ForwardInterim, AnErrorEndsABodyThatIsStuck) {
  ask("POST", "Content-Length: 1000000000\r\n");
  std::atomic<std::size_t> sent{0};
  std::thread sender([&] {
    const std::string block(64 * 1024, 'b');
    while (client->send(block)) sent += block.size();
  });
  for (std::size_t before = 1; before != sent;) {
    before = sent;
    ::usleep(100'000);
  }
  origin.send(
      "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!");
  EXPECT_TRUE(head().starts_with("HTTP/1.1 413 "));
  sender.join();  // the proxy has given the body up
}

}  // namespace

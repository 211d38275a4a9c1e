// Chromium: a page that fetches much over HTTP/2 and talks over a WebSocket of the same connection.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/tls/security.hpp>
#include <avila/websocket/server.hpp>
#include <avila_test/tls.hpp>
#include <avila_test/tools.hpp>
#include <memory>

namespace {

using namespace avila;
using future::CancelToken;
using future::Task;

constexpr std::string_view kPage = R"(<!doctype html><p id=got>nothing</p><img src=/wait><script>
const talk = () => new Promise((resolve, reject) => {
  const ws = new WebSocket('wss://' + location.host + '/ws');
  const sizes = [0, 126, 70000];
  let i = 0;
  ws.onopen = () => ws.send('é'.repeat(sizes[0]));
  ws.onerror = () => reject('socket');
  ws.onmessage = (event) => {
    if (event.data !== 'é'.repeat(sizes[i])) return reject('differs at ' + i);
    if (++i < sizes.length) ws.send('é'.repeat(sizes[i])); else ws.close(4001, 'bye');
  };
  ws.onclose = (event) => resolve(event.code + ' ' + (ws.extensions || 'plain'));
});
(async () => {
  const bodies = await Promise.all([...Array(60).keys()].map(async (i) =>
    (await fetch('/echo', {method: 'POST', body: 'x'.repeat(i * 1000)})).text()));
  const sum = bodies.reduce((total, body) => total + body.length, 0);
  document.getElementById('got').textContent = sum + ' ' + await talk();
})().catch((error) => { document.getElementById('got').textContent = 'failed: ' + error; })
  .then(() => fetch('/done'));
</script>)";

Task<void> echo(websocket::Connection& connection, CancelToken cancel) {
  while (true) {
    auto got = co_await connection.receive(cancel);
    if (!got.has_value() || !got->has_value()) co_return;
    auto sent = co_await connection.send((*got)->kind, std::move((*got)->data));
    if (!sent.has_value()) co_return;
  }
}

class Site final : public http::Handler {
 public:
  explicit Site(async::Executor& on) : executor(on) {}
  Task<http::Response> handle(http::Request& request) override {
    if (request.major_version != 2) ++not_http2;
    if (request.path == "/ws") co_return websocket::accept(request, echo);
    if (request.path == "/echo") co_return http::Response::text(200, std::string(request.body));
    if (request.path == "/done") done = true;
    // The page is loaded, and so printed, once this has come.
    for (int i = 0; request.path == "/wait" && !done && i < 3000; ++i) {
      co_await executor.sleep(milliseconds(10));
    }
    if (request.path != "/") co_return http::Response(404);
    http::Response page(200);
    page.headers.add("Content-Type", "text/html; charset=utf-8");
    page.body = std::string(kPage);
    co_return page;
  }
  async::Executor& executor;
  std::atomic<int> not_http2 = 0;
  std::atomic<bool> done = false;
};

TEST(Browser, ChromiumFetchesAndTalksOverHttp2) {
  AVILA_REQUIRE_PROGRAM("chromium");
  tls::ServerConfig config;
  config.credentials = {avila_test::make_credential(crypto::KeyType::P256, "localhost", 5)};
  config.alpn = {"h2", "http/1.1"};
  tls::ServerConfigSlot slot(std::make_shared<const tls::ServerConfig>(std::move(config)));
  tls::Security security(&slot);
  async::Runtime runtime{{.threads = 2}};
  Site site(runtime);
  http2::Server http2;
  http::Server server(runtime, site, {.security = &security, .http2 = &http2});
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  const std::string page =
      avila_test::dump_dom("https://localhost:" + std::to_string(server.port()) + "/");
  EXPECT_NE(page.find("<p id=\"got\">1770000 4001 permessage-deflate"), std::string::npos) << page;
  EXPECT_EQ(site.not_http2, 0);
  runtime.block_on(server.shutdown(milliseconds(200)));
}

}  // namespace

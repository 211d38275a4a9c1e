// `avl tool http`, `serve` and `ws`, with curl and with each other.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/web/compression.hpp>
#include <avila/web/router.hpp>
#include <avila/web/websocket.hpp>
#include <fstream>
#include <memory>

#include "avila_test/tools.hpp"
#include "child.hpp"

namespace {

using namespace avila;
using avila_test::CommandResult;
using avila_test::run_command;
using http::Request;
using http::Response;

const std::string kAvl = std::string(AVILA_BIN_DIR) + "/avl";

CommandResult tool(const std::string& words) {
  return run_command("timeout 30 " + kAvl + " tool " + words + " 2>&1");
}

Response echo(Request& request) {
  return Response::text(200, std::string(request.method_text) + " " +
                                 std::string(request.header("content-type").value_or("-")) + " " +
                                 std::string(request.header("authorization").value_or("-")) + " " +
                                 std::string(request.header("x-own").value_or("-")) + " " +
                                 std::to_string(request.major_version) + " " +
                                 std::string(request.body));
}
Response moved(Request&) {
  return Response::redirect("/echo").header("Set-Cookie", "seen=1; Path=/");
}
Response large(Request&) { return Response::text(200, std::string(300'000, 'z')); }
Response missing(Request&) { return Response::text(404, "not here\n"); }

future::Task<void> chat(websocket::Connection& connection, future::CancelToken cancel) {
  while (true) {
    auto message = co_await connection.receive(cancel);
    if (!message.has_value() || !message->has_value()) co_return;
    std::string text = std::move((*message)->data);
    if (text == "go away") {
      auto closed = co_await connection.close(websocket::CloseCode::PolicyViolation, "as you wish");
      (void)closed;
      continue;
    }
    auto sent = co_await connection.send_text("you said: " + text);
    if (!sent.has_value()) co_return;
  }
}

/// Answers without reading the body.
class Refuses final : public http::Handler {
  http::BodyPlan plan_body(Request&) override { return {.stream = true}; }
  future::Task<Response> handle(Request&) override { co_return Response::text(413, "no\n"); }
};

class NetTool : public ::testing::Test {
 protected:
  void SetUp() override {
    router_.use(web::compress());
    for (const char* method : {"GET", "POST", "PUT"}) router_.add(method, "/echo", echo);
    router_.get("/moved", moved);
    router_.get("/large", large);
    router_.get("/missing", missing);
    router_.websocket("/chat", chat);
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    base_ = "http://" + server_.local_address();
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(100))); }

  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 2}};
  web::Router router_;
  http2::Server http2_;
  http::Server server_{runtime_, router_, {.http2 = &http2_}};
  std::string base_;
};

TEST_F(NetTool, HttpMakesRequestsAsCurlDoes) {
  const std::string form = "application/x-www-form-urlencoded";
  EXPECT_EQ(tool("http " + base_ + "/echo").out, "GET - - - 1 ");
  EXPECT_EQ(tool("http -d a=1 -d b=2 " + base_ + "/echo").out, "POST " + form + " - - 1 a=1&b=2");
  EXPECT_EQ(tool("http -X PUT -H 'X-Own: yes' -H Content-Type:a/b -d x " + base_ + "/echo").out,
            "PUT a/b - yes 1 x");
  EXPECT_EQ(tool("http -u Aladdin:'open sesame' " + base_ + "/echo").out,
            "GET - Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== - 1 ");
  EXPECT_EQ(tool("http --http2 " + base_ + "/echo").out, "GET - - - 2 ");
  std::ofstream(folder_ / "body") << "of a\nfile";
  EXPECT_EQ(tool("http -d @" + (folder_ / "body") + " " + base_ + "/echo").out,
            "POST " + form + " - - 1 of a\nfile");
}

TEST_F(NetTool, HttpUploadsAsItReads) {
  const std::string file = folder_ / "body.txt";
  std::ofstream(file) << "from a file";
  const std::string url = base_ + "/echo";
  Refuses refuses;
  http::Server refusing(runtime_, refuses, {.http2 = &http2_});
  ASSERT_TRUE(refusing.listen("127.0.0.1:0").has_value());
  for (const std::string version : {"--http1.1 ", "--http2 "}) {
    const std::string number = version == "--http2 " ? "2 " : "1 ";
    EXPECT_EQ(tool("http " + version + "-T " + file + " " + url).out,
              "PUT - - - " + number + "from a file");
    EXPECT_EQ(
        run_command("(printf one; sleep 0.1; printf two) | timeout 30 " + kAvl +
                    " tool http -T - -X POST -H 'Expect: 100-continue' " + version + url + " 2>&1")
            .out,
        "POST - - - " + number + "onetwo");
    // An answer ends it, though standard input does not.
    const std::string endless = folder_ / "fifo", refused = "http://" + refusing.local_address();
    EXPECT_EQ(run_command("[ -p " + endless + " ] || mkfifo " + endless + "; timeout 30 " + kAvl +
                          " tool http -T - " + version + refused + " 0<>" + endless + " 2>&1")
                  .out,
              "no\n");
  }
  runtime_.block_on(refusing.shutdown(milliseconds(100)));
  EXPECT_EQ(tool("http -T " + file + " -d x " + url).status, 2);
  EXPECT_EQ(tool("http -T " + (folder_ / "none") + " " + url).status, 1);
}

TEST_F(NetTool, HttpShowsHeadsFollowsAndFails) {
  const std::string head = tool("http -I " + base_ + "/large").out;
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("Content-Length: 300000\r\n"), std::string::npos) << head;
  EXPECT_TRUE(tool("http -i --http2 " + base_ + "/moved").out.starts_with("HTTP/2 302\r\n"));
  EXPECT_EQ(tool("http -L " + base_ + "/moved").out, "GET - - - 1 ");
  EXPECT_EQ(tool("http " + base_ + "/missing").out, "not here\n");
  EXPECT_EQ(tool("http " + base_ + "/missing").status, 0);
  const CommandResult failed = tool("http -f " + base_ + "/missing");
  EXPECT_EQ(failed.status, 1);
  EXPECT_NE(failed.out.find("404"), std::string::npos) << failed.out;
  EXPECT_EQ(tool("http http://127.0.0.1:1/").status, 1);
  EXPECT_EQ(tool("http -H nonsense " + base_).status, 2);
  EXPECT_EQ(tool("http --http2 --http1.1 " + base_).status, 2);
}

TEST_F(NetTool, HttpDecodesAndWritesFiles) {
  const std::string file = folder_ / "out";
  EXPECT_EQ(tool("http --compressed -o " + file + " " + base_ + "/large").status, 0);
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), std::string(300'000, 'z'));
  const std::string packed = tool("http -i -H 'Accept-Encoding: gzip' " + base_ + "/large").out;
  EXPECT_NE(packed.find("Content-Encoding: gzip"), std::string::npos);
  EXPECT_LT(packed.size(), 10'000U);
}

TEST_F(NetTool, WsSendsLinesAndPrintsMessages) {
  const std::string url = "ws://" + server_.local_address() + "/chat";
  const CommandResult two =
      run_command("printf 'one\\ntwo' | timeout 30 " + kAvl + " tool ws " + url);
  EXPECT_EQ(two.out, "you said: one\nyou said: two\n");
  EXPECT_EQ(two.status, 0);
  const CommandResult sent_away = run_command("(echo one; echo go away; sleep 1) | timeout 30 " +
                                              kAvl + " tool ws " + url + " 2>&1; echo $?");
  EXPECT_NE(sent_away.out.find("1008: as you wish"), std::string::npos) << sent_away.out;
  EXPECT_TRUE(sent_away.out.ends_with("\n1\n")) << sent_away.out;
  EXPECT_EQ(tool("ws " + base_ + "/echo </dev/null").status, 1);
}

class ServeTool : public ::testing::Test {
 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("curl");
    std::ofstream(folder_ / "page.html") << "<p>page</p>";
    std::ofstream(folder_ / "big.txt") << std::string(3'000'000, 'b');
    ASSERT_EQ(run_command("mkdir " + (folder_ / "sub")).status, 0);
    std::ofstream(folder_ / "sub/one.txt") << "one";
  }
  bool serve(std::vector<std::string> more) {
    std::vector<std::string> words = {kAvl, "tool", "serve", folder_.path()};
    words.insert(words.end(), more.begin(), more.end());
    return child_.start(words);
  }
  CommandResult curl(const std::string& words) {
    return run_command("curl -sS --max-time 10 " + words + " 2>&1");
  }
  avila_test::TempDir folder_;
  avila_test::Child child_;
};

TEST_F(ServeTool, ServesFilesAndListings) {
  ASSERT_TRUE(serve({"--port", "0", "--compress"})) << child_.output();
  const std::string url = child_.url("http");
  EXPECT_EQ(curl(url + "/page.html").out, "<p>page</p>");
  EXPECT_NE(curl(url + "/").out.find("href=\"./sub/\""), std::string::npos);
  EXPECT_EQ(curl("-r 0-2 " + url + "/big.txt").out, "bbb");
  EXPECT_EQ(curl("--http2-prior-knowledge -o /dev/null -w '%{http_version} %{size_download}' " +
                 url + "/big.txt")
                .out,
            "2 3000000");
  EXPECT_EQ(curl("--compressed " + url + "/big.txt").out.size(), 3'000'000U);
  EXPECT_EQ(tool("http --compressed " + url + "/sub/one.txt").out, "one");
  EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' " + url + "/none").out, "404");
  EXPECT_EQ(child_.end(SIGTERM), 0);
}

TEST_F(ServeTool, ServesOverTlsWithACertificateItMade) {
  const std::string certificate = folder_ / "made.pem";
  ASSERT_TRUE(serve({"--tls", "--port", "0", "--save-cert", certificate})) << child_.output();
  const std::string url = child_.url("https");
  const std::string trust = "--cacert " + certificate + " ";
  const std::string seen = "-o /dev/null -w '%{http_version} %{http_code}' ";
  EXPECT_EQ(curl(trust + seen + "--tlsv1.3 " + url + "/page.html").out, "2 200");
  EXPECT_EQ(curl(trust + seen + "--http1.1 --tls-max 1.2 " + url + "/page.html").out, "1.1 200");
  EXPECT_NE(curl(url + "/page.html").status, 0);  // nobody vouches for it
  EXPECT_EQ(tool("http " + trust + url + "/page.html").out, "<p>page</p>");
  EXPECT_EQ(tool("http -k --http1.1 " + url + "/page.html").out, "<p>page</p>");
  EXPECT_TRUE(tool("http -ik " + url + "/page.html").out.starts_with("HTTP/2 200\r\n"));
  const CommandResult refused = tool("http " + url + "/page.html");
  EXPECT_EQ(refused.status, 1) << refused.out;
}

TEST_F(ServeTool, TakesCertificatesOfOurAuthorityAndHttpBesideIt) {
  const std::string ca = folder_ / "ca";
  ASSERT_EQ(run_command(kAvl + " ca init --dir " + ca + " --name Test").status, 0);
  ASSERT_EQ(run_command(kAvl + " ca issue --dir " + ca + " --server localhost --out " +
                        (folder_ / "site"))
                .status,
            0);
  ASSERT_TRUE(serve({"--port", "0", "--tls-port", "0", "--cert", folder_ / "site.crt", "--key",
                     folder_ / "site.key"}))
      << child_.output();
  std::string url = child_.url("https");
  url.replace(8, 9, "localhost");
  EXPECT_EQ(curl("--cacert " + ca + "/ca.crt " + url + "/page.html").out, "<p>page</p>");
  EXPECT_EQ(tool("http --cacert " + ca + "/ca.crt " + url + "/page.html").out, "<p>page</p>");
  EXPECT_EQ(curl(child_.url("http") + "/page.html").out, "<p>page</p>");
}

TEST_F(ServeTool, SaysWhatIsWrong) {
  EXPECT_EQ(tool("serve " + (folder_ / "none")).status, 1);
  EXPECT_EQ(tool("serve " + (folder_ / "page.html")).status, 1);
  EXPECT_EQ(tool("serve --tls --cert x " + folder_.path()).status, 2);
}

}  // namespace

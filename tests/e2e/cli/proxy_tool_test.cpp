// `avl tool proxy` between curl, our own tools and servers of ours.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <avila/grpc/server.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/web/router.hpp>
#include <avila/web/websocket.hpp>
#include <avila_test/grpc_greeter.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

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
  return run_command("timeout 60 " + kAvl + " tool " + words + " 2>&1");
}
CommandResult curl(const std::string& words) {
  return run_command("curl -sS --max-time 30 " + words + " 2>&1");
}
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
/// Until it holds, within a minute.
bool comes_true(const std::function<bool()>& holds) {
  for (int i = 0; i < 1200; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

future::Task<void> chat(websocket::Connection& connection, future::CancelToken cancel) {
  while (true) {
    auto message = co_await connection.receive(cancel);
    if (!message.has_value() || !message->has_value()) co_return;
    auto sent = co_await connection.send_text("you said: " + (*message)->data);
    if (!sent.has_value()) co_return;
  }
}

/// Says its name, and what it was asked.
class Backend {
 public:
  explicit Backend(std::string name) : name_(std::move(name)) {
    const auto answer = [this](Request& request) {
      requests.fetch_add(1);
      std::string text = name_ + " " + std::string(request.target) + "\n";
      for (const http::Field& field : request.fields)
        text.append(field.name).append(": ").append(field.value).append("\n");
      return Response::text(200, std::move(text)).header("X-Inner", "secret");
    };
    router_.get("/cached", [this](Request&) {
      return Response::text(200, std::to_string(requests.fetch_add(1)))
          .header("Cache-Control", "max-age=600");
    });
    router_.websocket("/chat", chat);
    router_.get("/*path", answer);
    EXPECT_TRUE(server_.listen("127.0.0.1:0").has_value());
  }
  ~Backend() { runtime_.block_on(server_.shutdown(milliseconds(100))); }
  std::string address() const { return server_.local_address(); }
  std::atomic<int> requests{0};

 private:
  const std::string name_;
  async::Runtime runtime_{{.threads = 1}};
  web::Router router_;
  http2::Server http2_;
  http::Server server_{runtime_, router_, {.http2 = &http2_}};
};

class ProxyTool : public ::testing::Test {
 protected:
  void SetUp() override { AVILA_REQUIRE_PROGRAM("curl"); }
  std::string write(const std::string& text) {
    std::ofstream(folder_ / "proxy.toml") << text;
    return folder_ / "proxy.toml";
  }
  void start(const std::string& text) {
    ASSERT_TRUE(child_.start({kAvl, "tool", "proxy", "--config", write(text)})) << child_.output();
  }
  CommandResult check(const std::string& text) {
    return tool("proxy --check --config " + write(text));
  }
  avila_test::TempDir folder_;
  avila_test::Child child_;
};

TEST_F(ProxyTool, ChecksItsFile) {
  const CommandResult example = tool("proxy --example");
  EXPECT_EQ(example.status, 0);
  const CommandResult well = check(example.out);
  EXPECT_EQ(well.status, 0) << well.out;
  EXPECT_EQ(well.out, "well: 4 listeners, 4 routes, 2 upstreams\n");

  const std::string file = folder_ / "proxy.toml";
  const CommandResult wrong = check(
      "threds = 2\n[[listen]]\naddress = \"nowhere\"\ntls = \"yes\"\n[upstream.a]\n"
      "balance = \"rr\"\ntimeouts = { connect = \"5 parsecs\" }\nlimits = { connections = 0 }\n");
  EXPECT_EQ(wrong.status, 2);
  for (const char* line :
       {":1: unknown key 'threds'; did you mean 'threads'?\n", ":3: address: expected ADDRESS:PORT",
        ":4: tls: expected true or false, not string\n", ":5: endpoints: is missing\n",
        ":6: balance: expected one of round-robin, least-requests, ring, maglev, not 'rr'\n",
        ":7: connect: expected a time", ":8: connections: expected a number from 1 to"})
    EXPECT_TRUE(has(wrong.out, file + line)) << line << "\n" << wrong.out;

  const std::string listen = "[[listen]]\naddress = \":0\"\n";
  const auto says = [&](const std::string& rest, const std::string& what) {
    const CommandResult said = check(listen + rest);
    EXPECT_EQ(said.status, 2) << rest;
    EXPECT_TRUE(has(said.out, what)) << said.out;
  };
  says("[[route]]\nto = \"a:1\"\n[[route]]\nupstream = \"b\"\n",
       file + ":5: route line 5: there is no upstream 'b'");
  says("[[route]]\n", ":3: a route has one of upstream, to, redirect, and status or body");
  says("[[route]]\nto = \"127.0.0.1\"\n", file + ":4: ");
  says("[[route]]\nstatus = 200\nrequest_headers = { set = { \"a b\" = \"\" } }\n",
       "'a b' is no header field");
  says("[x\n", file + ": line 3, column");
  says("trusted = [\"10.0.0.0/99\"]\n", ":3: unknown key 'trusted'");
  EXPECT_TRUE(has(check("[[listen]]\naddress = \":3128\"\nmode = \"forward\"\n").out,
                  "forwarding on 0.0.0.0:3128 is for anybody: name users, or say open = true"));
  EXPECT_EQ(check(listen + "cert = \"none.pem\"\nkey = \"none.key\"\n").status, 1);
  EXPECT_EQ(tool("proxy").status, 2);
  EXPECT_EQ(tool("proxy --config " + (folder_ / "none")).status, 1);
  EXPECT_TRUE(has(tool("proxy --help").out, "SIGHUP reads the file again"));
}

TEST_F(ProxyTool, RoutesRewritesAndLogs) {
  Backend one("one"), two("two");
  start("access_log = \"" + (folder_ / "access.log") +
        "\"\n[[listen]]\naddress = \"127.0.0.1:0\"\n[[listen]]\naddress = \"127.0.0.1:0\"\n"
        "tls = true\nsave_cert = \"" +
        (folder_ / "made.pem") +
        "\"\n[[route]]\nname = \"api\"\nhost = \"api.test\"\nprefix = \"/v1\"\n"
        "strip_prefix = \"/v1\"\nupstream = \"app\"\nsend_host = \"inner.test\"\n"
        "request_headers = { set = { X-From = \"proxy\" }, remove = [\"X-Drop\"] }\n"
        "response_headers = { add = { X-Out = \"1\" }, remove = [\"X-Inner\"] }\n"
        "[[route]]\npath = \"/health\"\nbody = \"well\"\n"
        "[[route]]\nhost = \"old.test\"\nredirect = \"https://new.test$path\"\n"
        "[[route]]\nprefix = \"/cached\"\nto = \"" +
        one.address() +
        "\"\ncache = true\n"
        "[[route]]\nprefix = \"/chat\"\nto = \"" +
        one.address() + "\"\n[upstream.app]\nendpoints = [\"" + one.address() +
        "\", { address = \"" + two.address() +
        "\", weight = 2 }]\nhealth = \"/up\"\n[cache]\nsize = \"1MiB\"\n");
  const std::string url = child_.url("http"), secure = child_.url("https");
  std::string all;
  for (int i = 0; i < 3; ++i) {
    const std::string got =
        curl("-i -H 'Host: api.test' -H 'X-Drop: 1' '" + url + "/v1/x?q=" + std::to_string(i) + "'")
            .out;
    EXPECT_TRUE(has(got, "/x?q=" + std::to_string(i) + "\n")) << got;
    EXPECT_TRUE(has(got, "Host: inner.test\n")) << got;
    EXPECT_TRUE(has(got, "X-From: proxy\n")) << got;
    EXPECT_TRUE(has(got, "X-Out: 1\r\n")) << got;
    EXPECT_FALSE(has(got, "X-Drop")) << got;
    EXPECT_FALSE(has(got, "X-Inner")) << got;
    all += has(got, "\r\n\r\none ") ? "1" : "2";
  }
  EXPECT_EQ(std::count(all.begin(), all.end(), '2'), 2) << all;
  const std::string seen = "-o /dev/null -w '%{http_version} %{http_code}' ";
  EXPECT_EQ(curl(seen + "--cacert " + (folder_ / "made.pem") + " " + secure + "/health").out,
            "2 200");
  EXPECT_EQ(curl(seen + "-k --http1.1 " + secure + "/health").out, "1.1 200");
  EXPECT_EQ(curl(seen + "--http2-prior-knowledge " + url + "/health").out, "2 200");
  EXPECT_EQ(
      curl("-o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: old.test' '" + url + "/a?b'")
          .out,
      "302 https://new.test/a?b");
  EXPECT_EQ(curl(url + "/health").out, "well");
  const std::string first = curl(url + "/cached").out;
  EXPECT_EQ(curl(url + "/cached").out, first);
  EXPECT_TRUE(has(curl("-i " + url + "/cached").out, "Cache-Status: avila; hit"));
  EXPECT_EQ(curl(seen + url + "/nowhere").out, "1.1 404");
  std::string socket = url + "/chat";
  socket.replace(0, 4, "ws");
  EXPECT_EQ(run_command("printf hello | timeout 60 " + kAvl + " tool ws " + socket).out,
            "you said: hello\n");
  EXPECT_EQ(child_.end(SIGTERM), 0);
  std::ifstream log(folder_ / "access.log");
  const std::string lines((std::istreambuf_iterator<char>(log)), {});
  for (const char* part :
       {"\"message\":\"request\"", "\"client\":\"127.0.0.1\"", "\"target\":\"/v1/x?q=0\"",
        "\"route\":\"api\"", "\"upstream\":\"app\"", "\"status\":302", "\"cache\":\"hit\"",
        "\"http\":2", "\"target\":\"/nowhere\"", "\"status\":404", "\"status\":101"})
    EXPECT_TRUE(has(lines, part)) << part << "\n" << lines;
}

TEST_F(ProxyTool, PassesGrpcOn) {
  async::Runtime runtime{{.threads = 1}};
  avila_test::Greeter greeter;
  grpc::Server server(runtime, greeter.dispatcher);
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  start(
      "[[listen]]\naddress = \"127.0.0.1:0\"\n[[route]]\nupstream = \"rpc\"\n[upstream.rpc]\n"
      "protocol = \"http2\"\nendpoints = \"" +
      server.local_address() + "\"\n");
  const std::string call = "grpc call " + child_.url("http").substr(7) + " demo.Greeter/";
  EXPECT_EQ(tool(call + R"(Greet -d '{"yourName":"Ana"}')").out,
            "{\"text\":\"Olá, Ana\",\"bytesSeen\":\"5\"}\n");
  EXPECT_EQ(run_command("printf '{\"yourName\":\"x\"}\\n{\"yourName\":\"y\"}' | timeout 60 " +
                        kAvl + " tool " + call + "Chat")
                .out,
            "{\"text\":\"re x\",\"bytesSeen\":\"3\"}\n{\"text\":\"re y\",\"bytesSeen\":\"3\"}\n");
  EXPECT_TRUE(has(tool(call + "Greet").out, "INVALID_ARGUMENT: who are you?"));
  EXPECT_EQ(child_.end(SIGTERM), 0);
  runtime.block_on(server.shutdown(milliseconds(200)));
}

TEST_F(ProxyTool, ForwardsForThoseWhoMay) {
  Backend one("one");
  const std::string port = one.address().substr(one.address().find(':') + 1);
  start(
      "[[listen]]\naddress = \"127.0.0.1:0\"\nmode = \"forward\"\n[[listen]]\n"
      "address = \"127.0.0.1:0\"\nmode = \"socks5\"\n[forward]\ninternal = true\nports = [" +
      port + "]\nplain_ports = [" + port +
      "]\nusers = { ana = \"word\" }\nhosts = [\"127.0.0.1\"]\nbinds = 0\n");
  const std::string proxy = child_.url("http"), target = " http://" + one.address() + "/f";
  const std::string code = " -o /dev/null -w '%{http_code} %{http_connect}' ";
  EXPECT_TRUE(has(curl("-x " + proxy + " -U ana:word" + target).out, "one /f\n"));
  EXPECT_TRUE(has(curl("-p -x " + proxy + " -U ana:word" + target).out, "one /f\n"));
  EXPECT_EQ(curl("-x " + proxy + code + target).out, "407 000");
  EXPECT_EQ(curl("-x " + proxy + " -U ana:no" + code + target).out, "407 000");
  EXPECT_EQ(curl("-x " + proxy + " -U ana:word" + code + "http://localhost:" + port).out,
            "403 000");
  EXPECT_EQ(curl("-x " + proxy + " -U ana:word" + code + "http://127.0.0.1:1/").out, "403 000");
  const std::string socks = child_.url("socks5");
  EXPECT_TRUE(has(curl("-x " + socks + " -U ana:word" + target).out, "one /f\n"));
  EXPECT_NE(curl("-x " + socks + target).status, 0);
  EXPECT_NE(curl("-x " + socks + " -U ana:word http://127.0.0.1:1/").status, 0);
  const auto reply_to = [&](const std::string& command) {  // the last byte is the reply's code
    return run_command("timeout 20 bash -c 'exec 3<>/dev/tcp/127.0.0.1/" +
                       socks.substr(socks.rfind(':') + 1) +
                       "; printf \"\\005\\001\\002\\001\\003ana\\004word\\005\\00" + command +
                       "\\000\\001\\000\\000\\000\\000\\000\\000\" >&3; "
                       "head -c 6 <&3 | od -An -tx1'")
        .out;
  };
  EXPECT_EQ(reply_to("3"), " 05 02 01 00 05 00\n");  // UDP ASSOCIATE
  EXPECT_EQ(reply_to("2"), " 05 02 01 00 05 07\n");  // BIND, which the file turns off
  EXPECT_EQ(child_.end(SIGTERM), 0);
}

TEST_F(ProxyTool, SpeaksTheProxyProtocolOnBothSides) {
  Backend one("one");
  start(
      "[[listen]]\naddress = \"127.0.0.1:0\"\nproxy_protocol_from = [\"127.0.0.0/8\"]\n"
      "[[route]]\nto = \"" +
      one.address() + "\"\n");
  const std::string behind = child_.url("http").substr(7);
  EXPECT_TRUE(has(curl("--haproxy-protocol http://" + behind + "/p").out, "one /p\n"));
  EXPECT_NE(curl("http://" + behind + "/p").status, 0);  // without a header
  for (const char* version : {"v1", "v2"}) {
    avila_test::Child front;
    const std::string file = folder_ / version;
    std::ofstream(file) << "[[listen]]\naddress = \"127.0.0.1:0\"\n[[route]]\nupstream = \"b\"\n"
                           "[upstream.b]\nendpoints = \""
                        << behind << "\"\nsend_proxy = \"" << version << "\"\n";
    ASSERT_TRUE(front.start({kAvl, "tool", "proxy", "--config", file})) << front.output();
    const std::string got = curl(front.url("http") + "/p").out;
    EXPECT_TRUE(has(got, "one /p\n")) << got;
    EXPECT_TRUE(has(got, "X-Forwarded-For: 127.0.0.1\n")) << got;
  }
}

TEST_F(ProxyTool, ReadsItsFileAgainAndLetsRequestsEnd) {
  Backend one("one"), two("two");
  const auto config = [](const std::string& to) {
    return "[[listen]]\naddress = \"127.0.0.1:0\"\n[[route]]\nto = \"" + to + "\"\n";
  };
  start(config(one.address()));
  const std::string url = child_.url("http");
  EXPECT_TRUE(has(curl(url + "/x").out, "one /x\n"));
  write(config(two.address()));
  ::kill(child_.pid(), SIGHUP);
  EXPECT_TRUE(comes_true([&] { return has(curl(url + "/x").out, "two /x\n"); }));
  write("nonsense");  // then the old one stays
  ::kill(child_.pid(), SIGHUP);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(has(curl(url + "/x").out, "two /x\n"));
  // A port that is taken.
  const CommandResult taken =
      tool("proxy --config " +
           write("[[listen]]\naddress = \"" + url.substr(7) + "\"\n[[route]]\nstatus = 200\n"));
  EXPECT_EQ(taken.status, 1) << taken.out;
  EXPECT_TRUE(has(taken.out, url.substr(7))) << taken.out;
  EXPECT_EQ(child_.end(SIGTERM), 0);
}

class SlowAnswer {
 public:
  SlowAnswer() { EXPECT_TRUE(server_.listen("127.0.0.1:0").has_value()); }
  ~SlowAnswer() { runtime_.block_on(server_.shutdown(milliseconds(100))); }
  std::string address() const { return server_.local_address(); }
  static future::Task<Response> slow(Request&) {
    asked.store(true);
    while (!answer.load()) co_await future::sleep(milliseconds(5));
    co_return Response::text(200, "late");
  }
  static inline std::atomic<bool> asked{false}, answer{false};

 private:
  async::Runtime runtime_{{.threads = 1}};
  http::FunctionHandler<future::Task<Response> (*)(Request&)> handler_{slow};
  http::Server server_{runtime_, handler_};
};

TEST_F(ProxyTool, SigtermLetsRequestsEnd) {
  SlowAnswer slow;
  start("drain = \"60s\"\n[[listen]]\naddress = \"127.0.0.1:0\"\n[[route]]\nto = \"" +
        slow.address() + "\"\n");
  const std::string url = child_.url("http");
  CommandResult got;
  std::thread client([&] { got = curl(url + "/"); });
  EXPECT_TRUE(comes_true([] { return SlowAnswer::asked.load(); }));
  ::kill(child_.pid(), SIGTERM);
  // It takes no more.
  EXPECT_TRUE(comes_true([&] { return curl(url + "/").status == 7; }));
  SlowAnswer::answer.store(true);
  client.join();
  EXPECT_EQ(got.out, "late");
  EXPECT_EQ(child_.end(SIGTERM), 0);
}

}  // namespace

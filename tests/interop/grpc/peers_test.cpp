// Published clients and servers on the other end: Python's grpcio, npm's @grpc/grpc-js. The test
// service takes and gives bytes, so that nothing is generated.
#include <gtest/gtest.h>

#include <avila/asn1/pem.hpp>
#include <avila/async/runtime.hpp>
#include <avila/grpc/channel.hpp>
#include <avila/grpc/health.hpp>
#include <avila/grpc/reflection.hpp>
#include <avila/grpc/server.hpp>
#include <avila/tls/security.hpp>
#include <avila_test/grpc_echo.hpp>
#include <avila_test/tls.hpp>
#include <avila_test/tools.hpp>
#include <fstream>

namespace {

using namespace avila;
using avila_test::run_command;
using future::Task;
using grpc::Code;

const std::string kScripts = AVILA_SOURCE_DIR "/tests/interop/grpc/";

class Peers : public ::testing::Test {
 protected:
  static bool have_python() {
    if (run_command("/usr/bin/python3 -c 'import grpc' 2>/dev/null").status == 0) return true;
    std::printf("SKIPPED: Python's grpcio not found (python3-grpcio)\n");
    return false;
  }
  static bool have_node() {
    if (run_command("node -e \"require('@grpc/grpc-js')\" 2>/dev/null").status == 0) return true;
    std::printf("SKIPPED: node with the package @grpc/grpc-js not found (NODE_PATH)\n");
    return false;
  }
  void TearDown() override {
    if (!pid_.empty()) (void)run_command("kill " + pid_);
  }
  /// Runs a client of theirs against our server.
  void drive(const std::string& command) {
    grpc::Dispatcher dispatcher({.encoding = grpc::Encoding::Gzip});
    grpc::Health health;
    grpc::Reflection reflection;
    reflection.add_service("test.Echo");
    ASSERT_TRUE(dispatcher.add(avila_test::echo_service()).has_value());
    ASSERT_TRUE(dispatcher.add(health.service()).has_value());
    ASSERT_TRUE(dispatcher.add(reflection.service_v1alpha()).has_value());
    grpc::Server server(runtime_, dispatcher);
    ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
    const auto result =
        run_command("timeout 60 " + command + " " + server.local_address() + " 2>&1");
    EXPECT_EQ(result.status, 0);
    EXPECT_TRUE(result.out.ends_with("done\n")) << result.out;
    runtime_.block_on(server.shutdown(milliseconds(200)));
  }
  /// Starts a server of theirs; its address.
  std::string start(const std::string& command, const std::string& more) {
    const std::string file = folder_ / "port";
    pid_ = run_command(command + " " + file + " " + more + " >/dev/null 2>&1 & echo -n $!").out;
    const std::string port = run_command("for i in $(seq 200); do [ -s " + file +
                                         " ] && break; sleep 0.1; done; cat " + file)
                                 .out;
    return "127.0.0.1:" + port;
  }
  void talk_to(const std::string& address, grpc::ChannelOptions options);

  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 2}};
  std::string pid_;
};

Task<std::string> chat(grpc::Channel& channel, std::string last) {
  auto call = co_await channel.call("/test.Echo/Chat");
  std::string all;
  for (int i = 0; i < 4; ++i) {
    const std::string text = i < 3 ? std::to_string(i) : last;
    auto written = co_await call.write(text);
    if (!written.has_value()) co_return all + written.error().to_string();
    auto message = co_await call.read();
    if (!message.has_value()) co_return all + message.error().to_string();
    all += message->value_or("?") + " ";
  }
  auto done = co_await call.writes_done();
  (void)done;
  auto status = co_await call.finish();
  co_return all + std::string(to_string(status.code));
}

Task<std::string> counted(grpc::Channel& channel) {
  auto call = co_await channel.call("/test.Echo/Count");
  auto written = co_await call.write_last(as_bytes(std::string_view("1000")));
  (void)written;
  int expected = 0;
  while (true) {
    auto message = co_await call.read();
    if (!message.has_value()) co_return message.error().to_string();
    if (!message->has_value()) break;
    if (**message != std::to_string(expected++)) co_return "out of order";
  }
  co_return std::to_string(expected);
}

Task<std::string> joined(grpc::Channel& channel) {
  auto call = co_await channel.call("/test.Echo/Join");
  for (int i = 0; i < 3; ++i) {
    const std::string text(static_cast<std::size_t>(i) * 30'000, 'j');
    auto written = co_await call.write(text);
    (void)written;
  }
  auto done = co_await call.writes_done();
  (void)done;
  auto reply = co_await call.reply();
  co_return std::string(to_string(reply.status.code)) + " " + std::to_string(reply.message.size());
}

void Peers::talk_to(const std::string& address, grpc::ChannelOptions options) {
  auto made = grpc::Channel::make(runtime_, address, std::move(options));
  ASSERT_TRUE(made.has_value()) << made.error().to_string();
  grpc::Channel& channel = *made;
  const auto echo = [&](std::string request, grpc::CallOptions call_options = {}) {
    return runtime_.block_on(
        channel.unary("/test.Echo/Echo", std::move(request), std::move(call_options)));
  };
  for (const std::size_t size : {0, 1, 16'384, 70'000, 4'000'000}) {
    const grpc::Reply reply = echo(std::string(size, 'q'));
    ASSERT_TRUE(reply.status.ok()) << size << ": " << reply.status.to_string();
    EXPECT_EQ(reply.message.size(), size);
  }
  grpc::CallOptions with_metadata;
  with_metadata.metadata.add("x-ask", "one").add("x-ask-bin", std::string("\0\xff,=", 4));
  const grpc::Reply reply = echo("m", std::move(with_metadata));
  EXPECT_EQ(reply.initial_metadata.find("x-ask"), "one");
  EXPECT_EQ(reply.initial_metadata.find("x-ask-bin"), std::string_view("\0\xff,=", 4));
  EXPECT_EQ(reply.trailing_metadata.find("x-ask-bin"), std::string_view("\0\xff,=", 4));
  for (int code = 1; code <= 16; ++code) {
    const std::string name(to_string(static_cast<Code>(code)));
    const grpc::Reply failed = echo("fail:" + name);
    EXPECT_EQ(to_string(failed.status.code), name);
    EXPECT_EQ(failed.status.message, "é failed as told: 100%");
    EXPECT_EQ(failed.status.details, "details\xff");
  }
  EXPECT_EQ(runtime_.block_on(counted(channel)), "1000");
  EXPECT_EQ(runtime_.block_on(joined(channel)), "OK 90003");
  EXPECT_EQ(runtime_.block_on(chat(channel, "3")), "re:0 re:1 re:2 re:3 OK");
  EXPECT_EQ(runtime_.block_on(chat(channel, "stop")), "re:0 re:1 re:2 stopped");
  EXPECT_GT(std::stoi(echo("time", {.timeout = seconds(50)}).message), 20'000);
  EXPECT_EQ(echo("wait", {.timeout = milliseconds(100)}).status.code, Code::DeadlineExceeded);
  EXPECT_EQ(runtime_.block_on(channel.unary("/test.Echo/None", "")).status.code,
            Code::Unimplemented);
  EXPECT_EQ(echo("big:5000000").status.code, Code::ResourceExhausted);
  std::vector<async::JoinHandle<grpc::Reply>> running;
  for (int i = 0; i < 300; ++i)
    running.push_back(runtime_.spawn(channel.unary("/test.Echo/Echo", std::to_string(i))));
  for (int i = 0; i < 300; ++i)
    EXPECT_EQ(running[static_cast<std::size_t>(i)].wait().message, std::to_string(i));
  runtime_.block_on(channel.close());
}

TEST_F(Peers, PythonsClient) {
  if (!have_python()) GTEST_SKIP();
  drive("/usr/bin/python3 " + kScripts + "client.py");
}

TEST_F(Peers, NodesClient) {
  if (!have_node()) GTEST_SKIP();
  drive("node " + kScripts + "client.js");
}

TEST_F(Peers, PythonsClientOverTls) {
  if (!have_python()) GTEST_SKIP();
  const auto credential = avila_test::make_credential();
  std::ofstream(folder_ / "ca.pem") << asn1::to_pem("CERTIFICATE", credential->chain.front());
  tls::ServerConfig config;
  config.credentials.push_back(credential);
  config.alpn = {"h2"};
  const tls::ServerConfigSlot slot{std::make_shared<const tls::ServerConfig>(std::move(config))};
  tls::Security security(&slot);
  grpc::Dispatcher dispatcher;
  ASSERT_TRUE(dispatcher.add(avila_test::echo_service()).has_value());
  grpc::Server server(runtime_, dispatcher, {.security = &security});
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  std::ofstream(folder_ / "client.py") << R"(
import sys, grpc
trust = grpc.ssl_channel_credentials(open(sys.argv[2], 'rb').read())
channel = grpc.secure_channel('localhost:' + sys.argv[1], trust)
echo = channel.unary_unary('/test.Echo/Echo')
print(len(echo(b'x' * 1000000, timeout=20)))
)";
  const auto result =
      run_command("timeout 60 /usr/bin/python3 " + (folder_ / "client.py") + " " +
                  std::to_string(server.port()) + " " + (folder_ / "ca.pem") + " 2>&1");
  EXPECT_EQ(result.out, "1000000\n");
  runtime_.block_on(server.shutdown(milliseconds(200)));
}

TEST_F(Peers, PythonsServer) {
  if (!have_python()) GTEST_SKIP();
  const std::string address = start("/usr/bin/python3 " + kScripts + "server.py", "Gzip");
  talk_to(address, {});
  talk_to(address, {.encoding = grpc::Encoding::Gzip});
  talk_to(address, {.encoding = grpc::Encoding::Deflate});
}

TEST_F(Peers, NodesServer) {
  if (!have_node()) GTEST_SKIP();
  const std::string address = start("node " + kScripts + "server.js", "");
  talk_to(address, {});
  talk_to(address, {.encoding = grpc::Encoding::Gzip});
}

}  // namespace

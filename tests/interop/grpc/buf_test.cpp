// `buf curl` against our server: its schema by reflection, JSON in and out.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/grpc/health.hpp>
#include <avila/grpc/reflection.hpp>
#include <avila/grpc/server.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila_test/grpc_greeter.hpp>
#include <avila_test/tools.hpp>
#include <cstdlib>
#include <fstream>

namespace {

using namespace avila;
using avila_test::run_command;

/// On PATH, or among npm's packages (@bufbuild/buf); empty where there is none.
std::string find_buf() {
  if (avila_test::have_program("buf")) return "buf";
  const char* packages = std::getenv("NODE_PATH");
  if (packages == nullptr) return {};
  const std::string path = std::string(packages) + "/.bin/buf";
  return run_command(path + " --version 2>&1").status == 0 ? path : std::string();
}

TEST(Buf, CurlByReflection) {
  const std::string buf = find_buf();
  if (buf.empty()) {
    std::printf("SKIPPED: buf not found (PATH, or npm's @bufbuild/buf in NODE_PATH)\n");
    GTEST_SKIP();
  }
  async::Runtime runtime({.threads = 2});
  avila_test::Greeter greeter;
  grpc::Server server(runtime, greeter.dispatcher);
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  const avila_test::TempDir folder;
  const std::string url = " http://" + server.local_address() + "/";
  const auto curl = [&](const std::string& words) {
    return run_command("cd " + folder.path() + " && HOME=" + folder.path() + " timeout 30 " + buf +
                       " curl --http2-prior-knowledge " + words + " 2>&1");
  };
  for (const char* protocol : {"grpc", "grpcweb"}) {
    SCOPED_TRACE(protocol);
    const std::string with = std::string("--protocol ") + protocol + " --reflect ";
    const auto greet = curl(with + R"(-d '{"yourName":"Ana"}')" + url + "demo.Greeter/Greet");
    EXPECT_NE(greet.out.find("\"text\": \"Olá, Ana\""), std::string::npos) << greet.out;
    const auto many = curl(with + R"(-d '{"yourName":"B"}')" + url + "demo.Greeter/Many");
    EXPECT_NE(many.out.find("\"bytesSeen\": \"3\""), std::string::npos) << many.out;
    const auto failed = curl(with + "-d '{}'" + url + "demo.Greeter/Greet");
    EXPECT_NE(failed.status, 0);
    EXPECT_NE(failed.out.find("who are you?"), std::string::npos) << failed.out;
    EXPECT_NE(failed.out.find("invalid_argument"), std::string::npos) << failed.out;
  }
  const std::string two = R"(-d '{"yourName":"x"}{"yourName":"y"}')";
  const auto collected = curl("--protocol grpc --reflect " + two + url + "demo.Greeter/Collect");
  EXPECT_NE(collected.out.find("\"x,y,\""), std::string::npos) << collected.out;
  const auto chatted = curl("--protocol grpc --reflect " + two + url + "demo.Greeter/Chat");
  EXPECT_NE(chatted.out.find("\"re y\""), std::string::npos) << chatted.out;
  const auto listed = curl("--protocol grpc --list-methods" + url);
  EXPECT_NE(listed.out.find("demo.Greeter/Chat"), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find("grpc.health.v1.Health/Check"), std::string::npos) << listed.out;
  const auto health =
      curl("--protocol grpc --reflect -d '{}'" + url + "grpc.health.v1.Health/Check");
  EXPECT_NE(health.out.find("SERVING"), std::string::npos) << health.out;
  runtime.block_on(server.shutdown(milliseconds(200)));
}

}  // namespace

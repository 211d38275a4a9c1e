// `avl tool grpc` against our server: by reflection and by .proto files, over TLS.
#include <gtest/gtest.h>

#include <avila/asn1/pem.hpp>
#include <avila/async/runtime.hpp>
#include <avila/grpc/health.hpp>
#include <avila/grpc/reflection.hpp>
#include <avila/grpc/server.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/tls/security.hpp>
#include <avila_test/grpc_greeter.hpp>
#include <avila_test/tls.hpp>
#include <avila_test/tools.hpp>
#include <fstream>

namespace {

using namespace avila;
using avila_test::CommandResult;
using avila_test::run_command;

class GrpcTool : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value()); }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(200))); }
  CommandResult tool(const std::string& command, const std::string& words) {
    return run_command("timeout 30 " AVILA_BIN_DIR "/avl tool grpc " + command + " " +
                       server_.local_address() + " " + words + " 2>&1");
  }

  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 2}};
  avila_test::Greeter greeter_;
  grpc::Server server_{runtime_, greeter_.dispatcher};
};

TEST_F(GrpcTool, ListsServicesAndMethods) {
  EXPECT_EQ(tool("list", "").out,
            "demo.Greeter\ngrpc.health.v1.Health\ngrpc.reflection.v1.ServerReflection\n"
            "grpc.reflection.v1alpha.ServerReflection\n");
  EXPECT_EQ(tool("list", "demo.Greeter").out,
            "demo.Greeter/Greet(demo.Hello) returns (demo.Greeting)\n"
            "demo.Greeter/Many(demo.Hello) returns (stream demo.Greeting)\n"
            "demo.Greeter/Collect(stream demo.Hello) returns (demo.Greeting)\n"
            "demo.Greeter/Chat(stream demo.Hello) returns (stream demo.Greeting)\n");
  const CommandResult none = tool("list", "demo.None");
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.out.find("symbol not found: demo.None"), std::string::npos) << none.out;
}

TEST_F(GrpcTool, CallsMethodsOfEveryKind) {
  EXPECT_EQ(tool("call", R"(demo.Greeter/Greet -d '{"yourName":"Ana"}')").out,
            "{\"text\":\"Olá, Ana\",\"bytesSeen\":\"5\"}\n");
  EXPECT_EQ(tool("call", R"(demo.Greeter/Greet -d '{"your_name":"A"}' -H 'x-from: !' )"
                         "--original-names --gzip")
                .out,
            "{\"text\":\"Olá, A!\",\"bytes_seen\":\"3\"}\n");
  EXPECT_EQ(tool("call", R"(/demo.Greeter/Many -d '{"yourName":"B"}')").out,
            "{\"text\":\"B\",\"bytesSeen\":\"1\"}\n{\"text\":\"B\",\"bytesSeen\":\"2\"}\n"
            "{\"text\":\"B\",\"bytesSeen\":\"3\"}\n");
  std::ofstream(folder_ / "lines") << "{\"yourName\":\"x\"}\n\n{\"yourName\":\"y\"}";
  EXPECT_EQ(tool("call", "demo.Greeter/Collect -d @" + folder_ / "lines").out,
            "{\"text\":\"x,y,\",\"bytesSeen\":\"6\"}\n");
  EXPECT_EQ(tool("call", "demo.Greeter/Chat < " + folder_ / "lines").out,
            "{\"text\":\"re x\",\"bytesSeen\":\"3\"}\n{\"text\":\"re y\",\"bytesSeen\":\"3\"}\n");
  EXPECT_EQ(tool("call", "grpc.health.v1.Health/Check").out, "{\"status\":\"SERVING\"}\n");
}

TEST_F(GrpcTool, TellsWhatWentWrong) {
  const CommandResult failed = tool("call", "demo.Greeter/Greet -v");
  EXPECT_EQ(failed.status, 1);
  EXPECT_NE(failed.out.find("< x-why: nobody"), std::string::npos) << failed.out;
  EXPECT_NE(failed.out.find("INVALID_ARGUMENT: who are you?"), std::string::npos) << failed.out;
  const CommandResult json = tool("call", R"(demo.Greeter/Greet -d '{"none":1}')");
  EXPECT_EQ(json.status, 1);
  EXPECT_NE(json.out.find("none"), std::string::npos) << json.out;
  EXPECT_EQ(tool("call", "demo.Greeter/None").status, 1);
  EXPECT_EQ(tool("call", "Greet").status, 2);
  EXPECT_EQ(tool("call", "demo.Greeter/Greet -H x").status, 2);
  const CommandResult away =
      run_command("timeout 30 " AVILA_BIN_DIR "/avl tool grpc list 127.0.0.1:1 2>&1");
  EXPECT_EQ(away.status, 1);
  EXPECT_NE(away.out.find("127.0.0.1:1"), std::string::npos) << away.out;
  const CommandResult late = tool("call", "grpc.health.v1.Health/Watch --deadline 1");
  EXPECT_EQ(late.status, 1);
  EXPECT_TRUE(late.out.starts_with("{\"status\":\"SERVING\"}\n")) << late.out;
  EXPECT_NE(late.out.find("DEADLINE_EXCEEDED"), std::string::npos) << late.out;
}

TEST_F(GrpcTool, TakesSchemasFromFiles) {
  std::ofstream(folder_ / "greeter.proto") << avila_test::kGreeterProto;
  const std::string proto = " --proto greeter.proto -I " + folder_.path();
  EXPECT_EQ(tool("list", proto).out, "demo.Greeter\n");
  EXPECT_EQ(tool("call", R"(demo.Greeter/Greet -d '{"yourName":"Ana"}')" + proto).out,
            "{\"text\":\"Olá, Ana\",\"bytesSeen\":\"5\"}\n");
  EXPECT_EQ(tool("call", "demo.Greeter/Greet --proto none.proto").status, 1);
}

TEST_F(GrpcTool, SpeaksTls) {
  const auto credential = avila_test::make_credential();
  std::ofstream(folder_ / "ca.pem") << asn1::to_pem("CERTIFICATE", credential->chain.front());
  tls::ServerConfig config;
  config.credentials.push_back(credential);
  config.alpn = {"h2"};
  const tls::ServerConfigSlot slot{std::make_shared<const tls::ServerConfig>(std::move(config))};
  tls::Security security(&slot);
  grpc::Server secured(runtime_, greeter_.dispatcher, {.security = &security});
  ASSERT_TRUE(secured.listen("127.0.0.1:0").has_value());
  const std::string call = "timeout 30 " AVILA_BIN_DIR "/avl tool grpc call localhost:" +
                           std::to_string(secured.port()) + " grpc.health.v1.Health/Check ";
  EXPECT_EQ(run_command(call + "--cacert " + folder_ / "ca.pem").out, "{\"status\":\"SERVING\"}\n");
  EXPECT_EQ(run_command(call + "-k").out, "{\"status\":\"SERVING\"}\n");
  EXPECT_EQ(run_command(call + "--tls 2>&1").status, 1) << "nobody vouches for it";
  EXPECT_EQ(run_command(call + "2>&1").status, 1) << "it is not clear text";
  runtime_.block_on(secured.shutdown(milliseconds(200)));
}

}  // namespace

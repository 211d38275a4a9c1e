// The services that the library brings: health and reflection.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/grpc/health.hpp>
#include <avila/grpc/reflection.hpp>
#include <avila/grpc/server.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/protobuf/wire.hpp>
#include <avila_test/grpc_greeter.hpp>

#include "scripted_peer.hpp"

namespace {

using namespace avila;
using grpc::Code;
using grpc::ServingStatus;
using protobuf::Writer;

class GrpcServices : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    channel_.emplace(grpc::Channel::make(runtime_, server_.local_address()).value());
  }
  void TearDown() override {
    runtime_.block_on(channel_->close());
    runtime_.block_on(server_.shutdown(milliseconds(200)));
  }
  Result<ServingStatus> check(std::string service) {
    return runtime_.block_on(grpc::check_health(*channel_, std::move(service)));
  }
  /// One question to reflection, and its answer.
  std::string ask(std::string_view question, const char* version = "v1") {
    std::string method =
        "/grpc.reflection." + std::string(version) + ".ServerReflection/ServerReflectionInfo";
    return runtime_.block_on(channel_->unary(std::move(method), std::string(question))).message;
  }

  async::Runtime runtime_{{.threads = 2}};
  avila_test::Greeter greeter_;
  grpc::Server server_{runtime_, greeter_.dispatcher};
  std::optional<grpc::Channel> channel_;
};

TEST_F(GrpcServices, HealthIsChecked) {
  EXPECT_EQ(check("").value(), ServingStatus::Serving);
  EXPECT_TRUE(check("demo.Greeter").error().is(Code::NotFound));
  greeter_.health.set("demo.Greeter", ServingStatus::NotServing);
  EXPECT_EQ(check("demo.Greeter").value(), ServingStatus::NotServing);
  EXPECT_EQ(greeter_.health.get("demo.Greeter"), ServingStatus::NotServing);
  const auto list = runtime_.block_on(channel_->unary("/grpc.health.v1.Health/List", ""));
  EXPECT_NE(list.message.find("demo.Greeter"), std::string::npos);
  greeter_.health.shut_down();
  greeter_.health.set("demo.Greeter", ServingStatus::Serving);
  EXPECT_EQ(check("demo.Greeter").value(), ServingStatus::NotServing);
  EXPECT_EQ(check("").value(), ServingStatus::NotServing);
  EXPECT_EQ(runtime_.block_on(channel_->unary("/grpc.health.v1.Health/Check", "\xff")).status.code,
            Code::InvalidArgument);
}

TEST(GrpcHealth, HasALimitOfServices) {
  grpc::Health health;
  for (std::size_t i = 1; i < grpc::Health::kServicesMax; ++i)
    health.set("s" + std::to_string(i), ServingStatus::Serving);
  health.set("s1", ServingStatus::NotServing);
  health.set("one more", ServingStatus::Serving);
  EXPECT_EQ(health.get("s1"), ServingStatus::NotServing);
  EXPECT_EQ(health.get("one more"), std::nullopt);
}

grpc::Task<std::string> watch(grpc::Channel& channel, grpc::Health& health) {
  auto call = co_await channel.call("/grpc.health.v1.Health/Watch");
  std::string request;
  Writer(request).bytes(1, "later");
  auto written = co_await call.write_last(as_bytes(request));
  if (!written.has_value()) co_return written.error().to_string();
  std::string seen;
  for (const ServingStatus status : {ServingStatus::Serving, ServingStatus::NotServing}) {
    auto first = co_await call.read();
    if (!first.has_value() || !first->has_value()) co_return "ended";
    seen += (*first)->empty() ? '0' : static_cast<char>('0' + (**first)[1]);
    health.set("other", status);
    health.set("later", status);
  }
  auto last = co_await call.read();
  if (!last.has_value() || !last->has_value()) co_return "ended";
  co_return seen + static_cast<char>('0' + (**last)[1]);
}

TEST_F(GrpcServices, HealthIsWatched) {
  EXPECT_EQ(runtime_.block_on(watch(*channel_, greeter_.health)), "312")
      << "unknown, serving, not serving";
}

TEST_F(GrpcServices, ReflectionTellsServicesAndFiles) {
  grpc::ReflectionClient client(*channel_);
  const auto services = runtime_.block_on(client.services());
  ASSERT_TRUE(services.has_value()) << services.error().to_string();
  EXPECT_EQ(*services, (std::vector<std::string>{"demo.Greeter", "grpc.health.v1.Health",
                                                 "grpc.reflection.v1.ServerReflection",
                                                 "grpc.reflection.v1alpha.ServerReflection"}));
  for (const char* symbol :
       {"demo.Greeter", "demo.Greeter.Greet", "demo.Hello", "demo.Hello.your_name",
        "grpc.health.v1.Health", "grpc.health.v1.HealthCheckResponse.ServingStatus",
        "grpc.reflection.v1alpha.ServerReflectionRequest.host"}) {
    const auto files = runtime_.block_on(client.files_of(symbol));
    ASSERT_TRUE(files.has_value()) << symbol << files.error().to_string();
    protobuf::DescriptorPool pool;
    for (const std::string& file : *files)
      EXPECT_TRUE(pool.add_serialized(as_bytes(file)).has_value());
    EXPECT_NE(pool.find_file_containing(symbol), nullptr) << symbol;
  }
  EXPECT_TRUE(runtime_.block_on(client.files_of("demo.None")).error().is(Code::NotFound));
}

TEST_F(GrpcServices, ReflectionAnswersEveryQuestion) {
  std::string by_name, extension, numbers, nothing;
  Writer(by_name).bytes(3, "demo/greeter.proto");
  Writer(extension).message(5, [](Writer& out) {
    out.bytes(1, "demo.Hello");
    out.int32(2, 7);
  });
  Writer(numbers).bytes(6, "demo.Hello");
  for (const char* version : {"v1", "v1alpha"}) {
    EXPECT_NE(ask(by_name, version).find("demo.Greeting"), std::string::npos);
    EXPECT_NE(ask(extension, version).find("extension not found"), std::string::npos);
    EXPECT_EQ(ask(numbers, version).find("not found"), std::string::npos);
    EXPECT_NE(ask(nothing, version).find("asks nothing"), std::string::npos);
    EXPECT_EQ(ask("\xff", version), "");
  }
}

/// Reflection whose every file imports one more, and has `padding` bytes.
grpc::Task<Result<std::string>> one_more(std::shared_ptr<std::atomic<int>> asked,
                                         std::size_t padding) {
  const int number = (*asked)++;
  std::string file;
  Writer out(file);
  out.bytes(1, std::to_string(number));
  out.bytes(3, std::to_string(number + 1));
  out.bytes(1000, std::string(padding, 'p'));
  std::string response;
  Writer(response).message(4, [&](Writer& files) { files.bytes(1, file); });
  co_return response;
}

TEST(GrpcReflection, TheClientTakesSoManyFiles) {
  async::Runtime runtime({.threads = 1});
  for (const std::size_t padding : {std::size_t{0}, std::size_t{1} << 20}) {
    const auto asked = std::make_shared<std::atomic<int>>(0);
    grpc::Service service("grpc.reflection.v1.ServerReflection");
    service.unary("ServerReflectionInfo", [asked, padding](grpc::ServerCall&, std::string) {
      return one_more(asked, padding);
    });
    grpc::Dispatcher dispatcher;
    ASSERT_TRUE(dispatcher.add(std::move(service)).has_value());
    grpc::Server server(runtime, dispatcher);
    avila_test::ScriptedConnector connector(
        std::vector<avila_test::ScriptedConnector::Entry>{{.server = &server}});
    auto channel = grpc::Channel::make(runtime, "127.0.0.1:1", {.connector = &connector});
    ASSERT_TRUE(channel.has_value());
    grpc::ReflectionClient client(*channel);
    const auto files = runtime.block_on(client.files_of("a.B"));
    ASSERT_FALSE(files.has_value());
    EXPECT_TRUE(files.error().is(Errc::LimitExceeded)) << files.error().to_string();
    EXPECT_EQ(asked->load(), padding == 0 ? 2001 : 64);
    runtime.block_on(channel->close());
    runtime.block_on(server.shutdown());
  }
}

TEST(GrpcReflection, ExtensionsAndImportsAreFound) {
  grpc::Reflection reflection;
  protobuf::DescriptorPool pool;
  ASSERT_TRUE(pool.add_text("base.proto",
                            "syntax = \"proto2\"; package b;\n"
                            "message Base { extensions 100 to 200; }")
                  .has_value());
  const auto file = pool.add_text("more.proto",
                                  "syntax = \"proto2\"; package m; import \"base.proto\";\n"
                                  "extend b.Base { optional int32 extra = 150; }\n"
                                  "message In { extend b.Base { optional In self = 151; } }");
  ASSERT_TRUE(file.has_value()) << file.error().to_string();
  ASSERT_TRUE(reflection.add(**file).has_value());
  EXPECT_FALSE(reflection.add_file("\xff").has_value());
  async::Runtime runtime({.threads = 1});
  grpc::Dispatcher dispatcher;
  ASSERT_TRUE(dispatcher.add(reflection.service_v1alpha()).has_value());
  EXPECT_FALSE(dispatcher.add(reflection.service_v1alpha()).has_value()) << "twice";
  grpc::Server server(runtime, dispatcher);
  avila_test::ScriptedConnector connector(
      std::vector<avila_test::ScriptedConnector::Entry>{{.server = &server}});
  auto channel = grpc::Channel::make(runtime, "127.0.0.1:1", {.connector = &connector});
  ASSERT_TRUE(channel.has_value());
  grpc::ReflectionClient client(*channel);  // v1 is not there: it asks v1alpha
  const auto files = runtime.block_on(client.files_of("m.In.self"));
  ASSERT_TRUE(files.has_value()) << files.error().to_string();
  ASSERT_EQ(files->size(), 2U);
  EXPECT_NE((*files)[0].find("base.proto"), std::string::npos) << "imports first";
  const auto ask = [&](const std::string& question) {
    return runtime
        .block_on(channel->unary("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                 question))
        .message;
  };
  std::string numbers, extension;
  Writer(numbers).bytes(6, "b.Base");
  Writer(extension).message(5, [](Writer& out) {
    out.bytes(1, "b.Base");
    out.int32(2, 151);
  });
  EXPECT_NE(ask(numbers).find("\x10\x96\x01\x10\x97\x01"), std::string::npos) << "150, 151";
  EXPECT_NE(ask(extension).find("more.proto"), std::string::npos);
  runtime.block_on(channel->close());
  runtime.block_on(server.shutdown());
}

}  // namespace

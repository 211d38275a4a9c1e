// A service with a schema, which it shows by reflection: for tools that speak JSON.
#pragma once
#include <gtest/gtest.h>
#include <avila/grpc/health.hpp>
#include <avila/grpc/reflection.hpp>
#include <avila/grpc/server.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/protobuf/wire.hpp>

#include <string>

namespace avila_test {

using namespace avila;

inline constexpr std::string_view kGreeterProto = R"(syntax = "proto3";
package demo;
message Hello { string your_name = 1; }
message Greeting { string text = 1; int64 bytes_seen = 2; }
service Greeter {
  rpc Greet(Hello) returns (Greeting);
  rpc Many(Hello) returns (stream Greeting);
  rpc Collect(stream Hello) returns (Greeting);
  rpc Chat(stream Hello) returns (stream Greeting);
}
)";

inline std::string name_of(std::string_view hello) {
  protobuf::Reader in(as_bytes(hello));
  std::string name;
  for (std::uint32_t tag = 0; in.next(tag);) {
    if (protobuf::tag_field(tag) == 1) {
      in.text(name);
    } else {
      in.skip(tag);
    }
  }
  return name;
}

inline std::string greeting(std::string_view text, std::size_t seen) {
  std::string bytes;
  protobuf::Writer out(bytes);
  out.bytes(1, text);
  out.int64(2, static_cast<std::int64_t>(seen));
  return bytes;
}

inline grpc::Task<Result<std::string>> greet(grpc::ServerCall& call, std::string request) {
  const std::string name = name_of(request);
  if (name.empty()) {
    call.trailing_metadata().add("x-why", "nobody");
    co_return Error(grpc::Code::InvalidArgument, "who are you?");
  }
  const std::string from(call.metadata().find("x-from").value_or(""));
  co_return greeting("Olá, " + name + from, request.size());
}
inline grpc::Task<Result<void>> many(grpc::ServerCall& call, std::string request) {
  for (std::size_t i = 1; i <= 3; ++i) {
    const std::string message = greeting(name_of(request), i);
    auto written = co_await call.write(as_bytes(message));
    AVILA_CO_TRY_VOID(std::move(written));
  }
  co_return Result<void>();
}
inline grpc::Task<Result<std::string>> collect(grpc::ServerCall& call) {
  std::string all;
  std::size_t seen = 0;
  while (true) {
    auto read = co_await call.read();
    AVILA_CO_TRY(const std::optional<std::string> message, std::move(read));
    if (!message.has_value()) co_return greeting(all, seen);
    all += name_of(*message) + ",";
    seen += message->size();
  }
}
inline grpc::Task<Result<void>> chat_by_name(grpc::ServerCall& call) {
  while (true) {
    auto read = co_await call.read();
    AVILA_CO_TRY(const std::optional<std::string> message, std::move(read));
    if (!message.has_value()) co_return Result<void>();
    const std::string answer = greeting("re " + name_of(*message), message->size());
    auto written = co_await call.write(as_bytes(answer));
    AVILA_CO_TRY_VOID(std::move(written));
  }
}

/// demo.Greeter with health and reflection.
class Greeter {
 public:
  Greeter() {
    grpc::Service service("demo.Greeter");
    service.unary("Greet", greet)
        .server_streaming("Many", many)
        .client_streaming("Collect", collect)
        .bidirectional("Chat", chat_by_name);
    protobuf::DescriptorPool pool;
    const auto file = pool.add_text("demo/greeter.proto", kGreeterProto);
    EXPECT_TRUE(file.has_value() && reflection_.add(**file).has_value());
    reflection_.add_service("demo.Greeter");
    reflection_.add_service(std::string(grpc::kHealthService));
    EXPECT_TRUE(dispatcher.add(std::move(service)).has_value());
    EXPECT_TRUE(dispatcher.add(health.service()).has_value());
    EXPECT_TRUE(dispatcher.add(reflection_.service_v1()).has_value());
    EXPECT_TRUE(dispatcher.add(reflection_.service_v1alpha()).has_value());
  }
  grpc::Dispatcher dispatcher;
  grpc::Health health;

 private:
  grpc::Reflection reflection_;
};

}  // namespace avila_test

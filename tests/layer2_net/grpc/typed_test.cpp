// Methods and calls whose messages have types.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/grpc/server.hpp>
#include <avila/grpc/typed.hpp>
#include <avila/protobuf/wire.hpp>

namespace {

using namespace avila;
using future::Task;
using grpc::Code;

/// As a generated message is.
struct Number {
  std::uint64_t value = 0;
  std::string serialize() const {
    std::string bytes;
    protobuf::Writer(bytes).uint64(1, value);
    return bytes;
  }
  static Result<Number> parse(ByteSpan bytes) {
    protobuf::Reader in(bytes);
    Number number;
    for (std::uint32_t tag = 0; in.next(tag);) in.uint64(number.value);
    if (in.failed()) return in.error();
    return number;
  }
};
using Stream = grpc::ServerStream<Number, Number>;

Task<Result<Number>> twice(grpc::ServerCall&, Number number) {
  if (number.value == 0) co_return Error(Code::OutOfRange, "zero");
  co_return Number{2 * number.value};
}
Task<Result<void>> up_to(Stream stream, Number number) {
  for (std::uint64_t i = 1; i <= number.value; ++i) {
    const Number next{i};
    auto written = co_await stream.write(next);
    AVILA_CO_TRY_VOID(std::move(written));
  }
  co_return Result<void>();
}
Task<Result<Number>> sum(Stream stream) {
  Number all;
  while (true) {
    auto read = co_await stream.read();
    AVILA_CO_TRY(const std::optional<Number> number, std::move(read));
    if (!number.has_value()) co_return all;
    all.value += number->value;
  }
}
Task<Result<void>> squares(Stream stream) {
  while (true) {
    auto read = co_await stream.read();
    AVILA_CO_TRY(const std::optional<Number> number, std::move(read));
    if (!number.has_value()) co_return Result<void>();
    const Number square{number->value * number->value};
    auto written = co_await stream.write(square);
    AVILA_CO_TRY_VOID(std::move(written));
  }
}

Task<std::uint64_t> talk(grpc::Channel& channel, std::string method, std::uint64_t messages) {
  auto call = co_await grpc::typed_call<Number, Number>(channel, "/test.Numbers/" + method);
  for (std::uint64_t i = 1; i <= messages; ++i) {
    const Number number{i + 2};
    auto written = co_await call.write(number);
    if (!written.has_value()) co_return 0;
  }
  auto done = co_await call.writes_done();
  if (!done.has_value()) co_return 0;
  std::uint64_t all = 0;
  while (true) {
    auto read = co_await call.read();
    if (!read.has_value()) co_return 0;
    if (!read->has_value()) co_return all;
    all += (*read)->value;
  }
}

TEST(GrpcTyped, AllKindsOfMethod) {
  async::Runtime runtime({.threads = 2});
  grpc::Service service("test.Numbers");
  grpc::add_unary<Number, Number>(service, "Twice", twice);
  grpc::add_server_streaming<Number, Number>(service, "UpTo", up_to);
  grpc::add_client_streaming<Number, Number>(service, "Sum", sum);
  grpc::add_bidirectional<Number, Number>(service, "Squares", squares);
  grpc::Dispatcher dispatcher;
  ASSERT_TRUE(dispatcher.add(std::move(service)).has_value());
  grpc::Server server(runtime, dispatcher);
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  auto channel = grpc::Channel::make(runtime, server.local_address());
  ASSERT_TRUE(channel.has_value());
  const auto doubled = [&](std::uint64_t value) {
    return runtime.block_on(
        grpc::typed_unary<Number, Number>(*channel, "/test.Numbers/Twice", Number{value}));
  };
  EXPECT_EQ(doubled(21).value().value, 42U);
  EXPECT_TRUE(doubled(0).error().is(Code::OutOfRange));
  EXPECT_EQ(runtime.block_on(channel->unary("/test.Numbers/Twice", "\xff")).status.code,
            Code::InvalidArgument);
  EXPECT_EQ(runtime.block_on(talk(*channel, "UpTo", 1)), 1U + 2 + 3);
  EXPECT_EQ(runtime.block_on(talk(*channel, "Sum", 3)), 3U + 4 + 5);
  EXPECT_EQ(runtime.block_on(talk(*channel, "Squares", 3)), 9U + 16 + 25);
  const auto same = runtime.block_on(grpc::typed_unary<std::string, std::string>(
      *channel, "/test.Numbers/Twice", Number{4}.serialize()));
  EXPECT_EQ(same.value(), Number{8}.serialize());
  runtime.block_on(channel->close());
  runtime.block_on(server.shutdown());
}

}  // namespace

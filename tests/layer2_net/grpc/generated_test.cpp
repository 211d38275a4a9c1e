// Messages and services that avila-protoc has generated.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/grpc/reflection.hpp>
#include <avila/grpc/server.hpp>
#include <avila/grpc/typed.hpp>
#include <avila/protobuf/pool.hpp>

#include "generated.pb.hpp"

namespace {

using namespace avila;
using future::Task;
using grpc_test::Order;
using grpc_test::Receipt;
using grpc_test::Shop;

Task<Result<Receipt>> buy(grpc::ServerCall&, Order order) {
  Receipt receipt;
  receipt.total = order.count;
  receipt.orders.push_back(std::move(order));
  co_return receipt;
}

Task<Result<void>> buy_all(grpc::ServerStream<Order, Receipt> stream) {
  Receipt receipt;
  while (true) {
    auto read = co_await stream.read();
    AVILA_CO_TRY(std::optional<Order> order, std::move(read));
    if (!order.has_value()) co_return Result<void>();
    receipt.total += order->count;
    receipt.orders.push_back(std::move(*order));
    auto written = co_await stream.write(receipt);
    AVILA_CO_TRY_VOID(std::move(written));
  }
}

Task<std::uint64_t> order_all(grpc::Channel& channel, std::uint32_t orders) {
  auto call = co_await grpc::typed_call<Order, Receipt>(channel, std::string(Shop::BuyAll));
  std::uint64_t last = 0;
  for (std::uint32_t i = 1; i <= orders; ++i) {
    Order order;
    order.item = "tea";
    order.count = i;
    auto written = co_await call.write(std::move(order));
    if (!written.has_value()) co_return 0;
    auto receipt = co_await call.read();
    if (!receipt.has_value() || !receipt->has_value()) co_return 0;
    if ((*receipt)->orders.size() != i) co_return 0;
    last = (*receipt)->total;
  }
  auto done = co_await call.writes_done();
  auto status = co_await call.finish();
  co_return done.has_value() && status.ok() ? last : 0;
}

TEST(GrpcGenerated, ServicesByTheirPathsAndTypes) {
  async::Runtime runtime({.threads = 2});
  grpc::Service shop{std::string(Shop::kFullName)};
  grpc::add_unary<Shop::BuyRequest, Shop::BuyResponse>(shop, std::string(Shop::Buy), buy);
  grpc::add_bidirectional<Order, Receipt>(shop, std::string(Shop::BuyAll), buy_all);
  grpc::Reflection reflection;
  ASSERT_TRUE(reflection.add(Shop::descriptor()).has_value());
  grpc::Dispatcher dispatcher;
  ASSERT_TRUE(dispatcher.add(std::move(shop)).has_value());
  ASSERT_TRUE(dispatcher.add(reflection.service_v1()).has_value());
  grpc::Server server(runtime, dispatcher);
  ASSERT_TRUE(server.listen("127.0.0.1:0").has_value());
  auto channel = grpc::Channel::make(runtime, server.local_address());
  ASSERT_TRUE(channel.has_value());
  Order order;
  order.item = "coffee";
  order.count = 3;
  const auto receipt = runtime.block_on(grpc::typed_unary<Shop::BuyRequest, Shop::BuyResponse>(
      *channel, std::string(Shop::Buy), order));
  ASSERT_TRUE(receipt.has_value()) << receipt.error().to_string();
  EXPECT_EQ(receipt->total, 3U);
  ASSERT_EQ(receipt->orders.size(), 1U);
  EXPECT_EQ(receipt->orders[0], order);
  EXPECT_EQ(runtime.block_on(order_all(*channel, 4)), 1U + 2 + 3 + 4);
  grpc::ReflectionClient client(*channel);
  const auto files = runtime.block_on(client.files_of("grpc_test.Shop"));
  ASSERT_TRUE(files.has_value()) << files.error().to_string();
  EXPECT_EQ(files->size(), 1U);
  runtime.block_on(channel->close());
  runtime.block_on(server.shutdown());
}

}  // namespace

#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tcp/stream.hpp>
#include <string>
#include <vector>

namespace avila::tcp {
namespace {

using async::CancelSource;
using async::Runtime;

Task<void> echo(Stream stream) {
  std::vector<std::byte> buffer(16 * 1024);
  for (;;) {
    auto got = co_await stream.read(buffer);
    if (!got.has_value() || *got == 0) co_return;
    auto put = co_await stream.write_all(ByteSpan(buffer).first(*got));
    if (!put.has_value()) co_return;
  }
}

Task<void> serve(Runtime* runtime, Listener* listener, CancelToken cancel) {
  for (;;) {
    auto accepted = co_await listener->accept(cancel);
    if (!accepted.has_value()) co_return;
    runtime->spawn(echo(std::move(*accepted))).detach();
  }
}

Task<Result<std::string>> ask(Runtime* runtime, SocketAddress address, std::string text) {
  auto connected = co_await connect(*runtime, address);
  AVILA_CO_TRY(Stream stream, std::move(connected));
  auto sent = co_await stream.write_all(as_bytes(text));
  AVILA_CO_TRY_VOID(std::move(sent));
  std::string answer(text.size(), '\0');
  const MutableByteSpan into(reinterpret_cast<std::byte*>(answer.data()), answer.size());
  auto got = co_await async::read_exact(stream, into);
  AVILA_CO_TRY_VOID(std::move(got));
  co_return answer;
}

class Echo : public ::testing::TestWithParam<int> {};

TEST_P(Echo, GivesBackWhatItGets) {
  Runtime runtime({.threads = static_cast<std::size_t>(GetParam())});
  auto bound = Listener::bind(runtime, SocketAddress::loopback(0));
  ASSERT_TRUE(bound.has_value()) << bound.error().to_string();
  CancelSource stop;
  auto server = runtime.spawn(serve(&runtime, &*bound, stop.token()));
  const SocketAddress address = bound->local_address();
  EXPECT_NE(address.port(), 0);
  for (const std::size_t size : {1U, 100U, 3'000'000U}) {
    const std::string text(size, 'x');
    const auto answer = runtime.block_on(ask(&runtime, address, text));
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(*answer, text);
  }
  stop.cancel();
  server.wait();
}

INSTANTIATE_TEST_SUITE_P(Workers, Echo, ::testing::Values(1, 3));

}  // namespace
}  // namespace avila::tcp

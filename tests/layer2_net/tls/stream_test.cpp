#include <gtest/gtest.h>

#include <avila/async/sim_executor.hpp>
#include <avila/async/transport.hpp>
#include <avila/future/sleep.hpp>
#include <avila/tls/stream.hpp>
#include <avila_test/tls.hpp>
#include <avila_test/tools.hpp>

namespace {

using namespace avila;
using namespace avila::tls;
using avila_test::TlsPair;
using future::CancelToken;
using future::Task;
using StreamPointer = std::unique_ptr<TlsStream>;

struct Shared {
  explicit Shared(const TlsPair& pair)
      : client(std::make_shared<const ClientConfig>(pair.client)),
        server(std::make_shared<const ServerConfig>(pair.server)),
        options(pair.options) {}
  std::shared_ptr<const ClientConfig> client;
  std::shared_ptr<const ServerConfig> server;
  ClientOptions options;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 131 % 253);
  return text;
}

Task<Result<std::string>> read_to_end(TlsStream* stream) {
  std::string text;
  std::vector<std::byte> buffer(10'000);
  for (;;) {
    auto got = co_await stream->read(buffer);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    if (count == 0) co_return text;
    text += as_text(ByteSpan(buffer).first(count));
  }
}

Task<Result<std::string>> serve(std::unique_ptr<async::Transport> transport, Shared shared,
                                std::string answer) {
  auto accepted = co_await accept(std::move(transport), shared.server);
  AVILA_CO_TRY(const StreamPointer stream, std::move(accepted));
  auto question = co_await read_to_end(stream.get());
  AVILA_CO_TRY(std::string text, std::move(question));
  auto written = co_await stream->write_all(as_bytes(answer));
  AVILA_CO_TRY_VOID(std::move(written));
  auto ended = co_await stream->shutdown_write();
  AVILA_CO_TRY_VOID(std::move(ended));
  co_return text;
}

Task<Result<std::string>> ask(std::unique_ptr<async::Transport> transport, Shared shared,
                              std::string question) {
  auto connected = co_await connect(std::move(transport), shared.client, shared.options);
  AVILA_CO_TRY(const StreamPointer stream, std::move(connected));
  const std::size_t half = question.size() / 2;
  const ByteSpan bytes = as_bytes(question);
  const std::array<ByteSpan, 3> parts = {bytes.first(half), bytes.subspan(half, 1),
                                         bytes.subspan(half + 1)};
  auto written = co_await stream->write_vectored(parts);
  AVILA_CO_TRY_VOID(std::move(written));
  auto ended = co_await stream->shutdown_write();
  AVILA_CO_TRY_VOID(std::move(ended));
  auto answer = co_await read_to_end(stream.get());
  co_return answer;
}

TEST(TlsStream, CarriesDataBothWaysOverBadNetworks) {
  avila_test::for_each_seed(20, [](unsigned long long seed) {
    async::SimExecutor executor(seed);
    async::TransportPair pipe = async::make_pipe(
        {.capacity_bytes = 5000, .seed = seed, .chunk_bytes_max = 1500, .delay_ns_max = 1'000'000});
    TlsPair pair;
    if (seed % 2 == 0) pair.server.version_max = ProtocolVersion::Tls12;
    const Shared shared(pair);
    const std::string question = pattern(200'000 + seed), answer = pattern(100'000);
    auto server = executor.spawn(serve(std::move(pipe.second), shared, answer));
    auto client = executor.spawn(ask(std::move(pipe.first), shared, question));
    executor.run();
    auto got = server.wait(), back = client.wait();
    ASSERT_TRUE(got.has_value()) << got.error().to_string();
    ASSERT_TRUE(back.has_value()) << back.error().to_string();
    EXPECT_EQ(*got, question);
    EXPECT_EQ(*back, answer);
  });
}

Task<Error> end_before_one_who_does_not_read(async::SimExecutor* executor,
                                             std::unique_ptr<async::Transport> transport,
                                             Shared shared) {
  auto accepted = co_await accept(std::move(transport), shared.server);
  if (!accepted.has_value()) co_return std::move(accepted).error();
  const StreamPointer stream = std::move(*accepted);
  const std::string text = pattern(20'000);
  const auto taken = stream->try_write(as_bytes(text));  // the most of it waits in the stream
  EXPECT_TRUE(taken.has_value() && taken->has_value());
  const Instant began = executor->now();
  auto ended = co_await stream->shutdown_write();
  EXPECT_EQ((executor->now() - began).ns / 1'000'000'000, kEndTimeout.ns / 1'000'000'000);
  if (ended.has_value()) co_return Error(Errc::Unknown, "the peer reads");
  co_return std::move(ended).error();
}

Task<void> shake_hands_and_wait(std::unique_ptr<async::Transport> transport, Shared shared) {
  auto connected = co_await connect(std::move(transport), shared.client, shared.options);
  EXPECT_TRUE(connected.has_value());
  co_await future::sleep(kEndTimeout * 3);
}

TEST(TlsStream, APeerThatDoesNotReadHoldsNoEndUp) {
  async::SimExecutor executor(1);
  async::TransportPair pipe = async::make_pipe({.capacity_bytes = 5000});
  const Shared shared{TlsPair()};
  auto server =
      executor.spawn(end_before_one_who_does_not_read(&executor, std::move(pipe.second), shared));
  auto client = executor.spawn(shake_hands_and_wait(std::move(pipe.first), shared));
  executor.run_for(kEndTimeout * 2);
  ASSERT_TRUE(server.is_done()) << "it waits for ever";
  EXPECT_TRUE(server.wait().is(Errc::TimedOut));
  executor.run();
  client.wait();
}

}  // namespace

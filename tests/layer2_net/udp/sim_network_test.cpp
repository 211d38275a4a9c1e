// The simulated network, and messages over it: the same seed gives the same run.
#include <gtest/gtest.h>

#include <avila/async/sim_executor.hpp>
#include <avila/future/sleep.hpp>
#include <avila/udp/message.hpp>
#include <avila/udp/sim_network.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace avila::udp {
namespace {

using async::SimExecutor;

const SocketAddress kFirst(IpAddress::v4(10, 0, 0, 1), 1000);
const SocketAddress kSecond(IpAddress::v4(10, 0, 0, 2), 2000);

Task<void> send_numbers(DatagramTransport* from, SocketAddress to, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string text = std::to_string(i);
    auto sent = co_await from->send_to(as_bytes(text), to);
    EXPECT_TRUE(sent.has_value());
    co_await future::sleep(microseconds(100));
  }
}

/// Until nothing came for a second.
Task<std::vector<int>> receive_numbers(DatagramTransport* at) {
  std::vector<int> numbers;
  std::byte buffer[64];
  for (;;) {
    auto got = co_await receive_within(*at, buffer, seconds(1));
    if (!got.has_value()) {
      EXPECT_TRUE(got.error().is(Errc::TimedOut)) << got.error().to_string();
      co_return numbers;
    }
    EXPECT_EQ(got->source, kFirst);
    numbers.push_back(std::stoi(std::string(as_text(ByteSpan(buffer, got->size_bytes)))));
  }
}

std::vector<int> run_numbers(SimNetworkOptions options, SimNetworkMetrics* metrics = nullptr) {
  SimExecutor executor(options.seed);
  SimNetwork network(options);
  auto a = network.bind(kFirst), b = network.bind(kSecond);
  executor.spawn(send_numbers(a->get(), kSecond, 500)).detach();
  auto numbers = executor.block_on(receive_numbers(b->get()));
  if (metrics != nullptr) *metrics = network.metrics();
  return numbers;
}

TEST(SimNetwork, AnIdealOneDeliversInOrder) {
  const auto numbers = run_numbers({});
  ASSERT_EQ(numbers.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i);
}

TEST(SimNetwork, ABadOneLosesRepeatsAndReordersFromItsSeed) {
  const SimNetworkOptions bad{.seed = 42,
                              .loss = 0.1,
                              .duplication = 0.1,
                              .delay_min = milliseconds(1),
                              .delay_max = milliseconds(20)};
  SimNetworkMetrics metrics;
  const auto numbers = run_numbers(bad, &metrics);
  std::map<int, int> counts;
  bool reordered = false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    ++counts[numbers[i]];
    reordered |= i > 0 && numbers[i] < numbers[i - 1];
  }
  EXPECT_TRUE(reordered);
  EXPECT_EQ(metrics.sent, 500U);
  EXPECT_GT(metrics.lost, 20U);
  EXPECT_GT(metrics.duplicated, 20U);
  EXPECT_EQ(counts.size(), 500U - metrics.lost);
  EXPECT_EQ(numbers.size(), metrics.delivered);
  EXPECT_EQ(numbers.size(), 500U - metrics.lost + metrics.duplicated);
  EXPECT_EQ(run_numbers(bad), numbers) << "the same seed, the same run";
  SimNetworkOptions other = bad;
  other.seed = 43;
  EXPECT_NE(run_numbers(other), numbers);
}

TEST(SimNetwork, LongDatagramsAndBlockedLinksLoseAll) {
  SimExecutor executor(1);
  SimNetwork network({.datagram_bytes_max = 3});
  auto a = network.bind(kFirst), b = network.bind(kSecond);
  network.set_blocked(kFirst.ip(), kSecond.ip(), true);
  executor.spawn(send_numbers(a->get(), kSecond, 5)).detach();
  EXPECT_TRUE(executor.block_on(receive_numbers(b->get())).empty());
  network.set_blocked(kFirst.ip(), kSecond.ip(), false);
  executor.spawn(send_numbers(a->get(), kSecond, 1001)).detach();
  EXPECT_EQ(executor.block_on(receive_numbers(b->get())).size(), 1000U) << "1000 has four digits";
  EXPECT_EQ(network.metrics().too_long, 1U);
}

Task<Result<Datagram>> receive_one(DatagramTransport* at, MutableByteSpan buffer,
                                   CancelToken cancel) {
  co_return co_await at->receive(buffer, std::move(cancel));
}

TEST(SimNetwork, ConnectedSocketsHearOfAbsence) {
  SimExecutor executor(1);
  SimNetwork network;
  auto a = network.bind(kFirst);
  EXPECT_TRUE(network.bind(kFirst).error().is(Errc::AddressInUse));
  ASSERT_TRUE((*a)->connect(kSecond).has_value());
  executor.block_on(send_numbers(a->get(), kSecond, 1));
  std::byte buffer[8];
  const auto refused = executor.block_on(receive_one(a->get(), buffer, {}));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(Errc::ConnectionRefused));
  auto waiting = executor.spawn(receive_one(a->get(), buffer, {}));
  executor.run();
  (*a)->close();
  executor.run();
  EXPECT_TRUE(waiting.wait().error().is(Errc::Closed));
}

TEST(SimNetwork, ConnectingDropsWhatStrangersHadSent) {
  SimExecutor executor(1);
  SimNetwork network;
  auto a = network.bind(kFirst), b = network.bind(kSecond);
  auto stranger = network.bind(SocketAddress::loopback(0));
  executor.block_on(send_numbers(stranger->get(), kSecond, 3));
  executor.block_on(send_numbers(a->get(), kSecond, 1));
  ASSERT_TRUE((*b)->connect(kFirst).has_value());
  std::byte buffer[8];
  const auto got = executor.block_on(receive_one(b->get(), buffer, {}));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->source, kFirst);
}

Task<void> send_messages(MessageChannel* from, SocketAddress to, int count) {
  for (int i = 0; i < count; ++i) {
    const std::vector<std::byte> message(static_cast<std::size_t>(i) * 997, std::byte(i));
    auto sent = co_await from->send_to(message, to);
    EXPECT_TRUE(sent.has_value()) << sent.error().to_string();
    co_await future::sleep(milliseconds(5));
  }
}

/// How many came, until none came for `silence`.
Task<int> receive_messages(MessageChannel* at, Duration silence) {
  for (int count = 0;; ++count) {
    future::Deadline deadline(silence);
    const CancelToken token = deadline.token();
    auto message = co_await at->receive(token);
    if (!message.has_value()) co_return count;
    const std::size_t number = message->bytes.empty() ? 0 : message->bytes.size() / 997;
    EXPECT_EQ(message->bytes, std::vector<std::byte>(number * 997, std::byte(number)));
  }
}

TEST(MessageChannel, CarriesMessagesOverReorderedAndRepeatedDatagrams) {
  SimExecutor executor(3);
  SimNetwork network(
      {.seed = 3, .duplication = 0.2, .delay_min = milliseconds(1), .delay_max = milliseconds(30)});
  auto a = network.bind(kFirst), b = network.bind(kSecond);
  MessageChannel from(**a), at(**b);
  executor.spawn(send_messages(&from, kSecond, 100)).detach();
  // Single datagrams that are repeated are messages that are repeated: as UDP has it.
  EXPECT_GE(executor.block_on(receive_messages(&at, seconds(1))), 100);
  EXPECT_GT(at.metrics().duplicates, 100U);
  EXPECT_EQ(at.metrics().overlaps + at.metrics().corrupted + at.metrics().malformed, 0U);
}

TEST(MessageChannel, LossLosesWholeMessagesAndMemoryIsGivenBack) {
  SimExecutor executor(4);
  SimNetwork network({.seed = 4, .loss = 0.01, .delay_max = milliseconds(3)});
  auto a = network.bind(kFirst), b = network.bind(kSecond);
  MessageChannel from(**a), at(**b, {.limits = {.timeout = milliseconds(200)}});
  executor.spawn(send_messages(&from, kSecond, 100)).detach();
  const int count = executor.block_on(receive_messages(&at, seconds(1)));
  EXPECT_GT(count, 40);
  EXPECT_LT(count, 100);
  executor.spawn(send_messages(&from, kSecond, 1)).detach();
  EXPECT_EQ(executor.block_on(receive_messages(&at, seconds(1))), 1);
  EXPECT_EQ(at.memory_bytes(), 0U);
  EXPECT_GT(at.metrics().timed_out, 0U);
}

Task<Result<void>> send_message(MessageChannel* from, std::size_t size, SocketAddress to) {
  const std::vector<std::byte> message(size);
  co_return co_await from->send_to(message, std::move(to));
}

TEST(MessageChannel, RefusesWhatTheReceiverWouldRefuse) {
  SimExecutor executor(5);
  SimNetwork network;
  auto a = network.bind(kFirst);
  MessageChannel from(**a, {.limits = {.message_bytes_max = 1000}});
  EXPECT_TRUE(executor.block_on(send_message(&from, 1000, kSecond)).has_value());
  EXPECT_TRUE(
      executor.block_on(send_message(&from, 1001, kSecond)).error().is(Errc::LimitExceeded));
}

}  // namespace
}  // namespace avila::udp

#include <gtest/gtest.h>

#include <avila/future/combine.hpp>
#include <avila/future/generator.hpp>
#include <avila/future/sync_wait.hpp>
#include <avila/future/task_group.hpp>
#include <string>

namespace avila::future {
namespace {

Task<int> after(std::int64_t ms, int value) {
  if (ms > 0) co_await sleep(milliseconds(ms));
  co_return value;
}
Task<std::string> text(std::string value) {
  co_await yield();
  co_return value;
}
Task<void> nothing() { co_return; }

Task<void> all_of_tuple() {
  const auto [number, word, unit] = co_await when_all(after(3, 7), text("seven"), nothing());
  EXPECT_EQ(number, 7);
  EXPECT_EQ(word, "seven");
  (void)unit;
}
TEST(WhenAll, GivesATupleInOrder) { sync_wait(all_of_tuple()); }

Task<int> all_of_vector(int count) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(after(i % 3, i));
  const std::vector<int> values = co_await when_all(std::move(tasks));
  for (int i = 0; i < count; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
  co_return static_cast<int>(values.size());
}
TEST(WhenAll, GivesAVectorInOrder) {
  EXPECT_EQ(sync_wait(all_of_vector(50)), 50);
  EXPECT_EQ(sync_wait(all_of_vector(0)), 0);
}

Task<Result<int>> sleeper(std::int64_t ms, int value, CancelToken cancel) {
  auto slept = co_await sleep(milliseconds(ms), cancel);
  AVILA_CO_TRY_VOID(std::move(slept));
  co_return value;
}

Task<void> race_two() {
  const auto fast = [](CancelToken token) { return sleeper(2, 1, token); };
  const auto slow = [](CancelToken token) { return sleeper(100'000, 2, token); };
  const CancelToken never;
  auto winner = co_await race(never, slow, fast);
  EXPECT_EQ(winner.index, 1U);
  EXPECT_EQ(*winner.value, 1);
}
TEST(Race, TheFirstWinsAndTheOthersAreCancelled) { sync_wait(race_two()); }

Task<void> limits() {
  const auto slow = [](CancelToken token) { return sleeper(100'000, 2, token); };
  const auto fast = [](CancelToken token) { return sleeper(1, 2, token); };
  auto late = co_await timeout(milliseconds(3), CancelToken(), slow);
  EXPECT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(Errc::TimedOut)) << late.error().to_string();
  auto in_time = co_await timeout(seconds(100), CancelToken(), fast);
  EXPECT_TRUE(in_time.has_value());
  CancelSource source;
  source.cancel();
  auto cancelled = co_await timeout(seconds(100), source.token(), slow);
  EXPECT_FALSE(cancelled.has_value());
  EXPECT_TRUE(cancelled.error().is(Errc::Cancelled));
}
TEST(Timeout, TurnsCancelledIntoTimedOutOnlyWhenTimeRanOut) { sync_wait(limits()); }

Task<void> moves_deadline() {
  Deadline deadline(milliseconds(1));
  deadline.extend(seconds(100));
  co_await sleep(milliseconds(10));
  EXPECT_FALSE(deadline.expired());
  EXPECT_FALSE(deadline.token().cancelled());
  deadline.extend(milliseconds(1));
  co_await sleep(milliseconds(10));
  EXPECT_TRUE(deadline.expired());
  EXPECT_TRUE(deadline.token().cancelled());
}
TEST(Deadline, CanBeMovedBothWays) { sync_wait(moves_deadline()); }

Task<Result<void>> fails_after(std::int64_t ms, CancelToken cancel) {
  auto slept = co_await sleep(milliseconds(ms), cancel);
  AVILA_CO_TRY_VOID(std::move(slept));
  co_return Error(Errc::Io, "disk on fire");
}
Task<void> count_up(int* count) {
  co_await yield();
  ++*count;
}
Task<void> group_errors() {
  TaskGroup group;
  int count = 0;
  for (int i = 0; i < 5; ++i) group.spawn(count_up(&count));
  group.spawn(fails_after(1, group.token()));
  group.spawn(fails_after(100'000, group.token()));
  auto result = co_await group.join();
  EXPECT_EQ(count, 5);
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message(), "disk on fire");
  EXPECT_EQ(group.running(), 0U);
}
TEST(TaskGroup, TheFirstErrorCancelsTheOthersAndIsReturned) { sync_wait(group_errors()); }

Task<void> empty_group() {
  TaskGroup group;
  auto result = co_await group.join();
  EXPECT_TRUE(result.has_value());
}
TEST(TaskGroup, AnEmptyOneJoinsAtOnce) { sync_wait(empty_group()); }

Generator<int> squares(int count) {
  for (int i = 0; i < count; ++i) co_yield i* i;
}
Generator<const std::string> words() {
  std::string word = "a";
  for (int i = 0; i < 3; ++i) {
    co_yield word;
    word += "b";
  }
}
TEST(Generator, YieldsToARangeFor) {
  int sum = 0;
  for (const int value : squares(5)) sum += value;
  EXPECT_EQ(sum, 30);
  std::string joined;
  for (const std::string& word : words()) joined += word + " ";
  EXPECT_EQ(joined, "a ab abb ");
  for (const int value : squares(1000)) {  // left early: the frame is freed
    if (value > 10) break;
  }
}

}  // namespace
}  // namespace avila::future

#include <gtest/gtest.h>

#include <avila/error/result.hpp>
#include <avila/future/sync_wait.hpp>
#include <avila/future/task.hpp>
#include <memory>
#include <string>

namespace avila::future {
namespace {

Task<int> answer() { co_return 42; }

Task<std::string> greet(std::string name) {
  const int n = co_await answer();
  co_return "hello " + name + " " + std::to_string(n);
}

TEST(Task, GivesItsValueThroughNestedAwaits) {
  EXPECT_EQ(sync_wait(greet("a name that does not fit the small string buffer")),
            "hello a name that does not fit the small string buffer 42");
}

Task<void> set(bool* flag) {
  *flag = true;
  co_return;
}

TEST(Task, DoesNotStartBeforeItIsAwaited) {
  bool ran = false;
  {
    Task<void> dropped = set(&ran);
    EXPECT_TRUE(static_cast<bool>(dropped));
  }
  EXPECT_FALSE(ran);
  sync_wait(set(&ran));
  EXPECT_TRUE(ran);
}

Task<std::unique_ptr<int>> make_unique_int(int value) { co_return std::make_unique<int>(value); }

TEST(Task, GivesMoveOnlyValues) { EXPECT_EQ(*sync_wait(make_unique_int(7)), 7); }

Task<Result<int>> fails() { co_return Error(Errc::NotFound, "no such thing"); }
Task<Result<std::string>> hands_on() {
  auto result = co_await fails();
  AVILA_CO_TRY(const int value, std::move(result).context("outer"));
  co_return std::to_string(value);
}

TEST(Task, CarriesErrorsAsValues) {
  const auto result = sync_wait(hands_on());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().to_string(), "outer: no such thing");
}

Task<long> sum_of(long n) {
  long sum = 0;
  for (long i = 0; i < n; ++i) {
    const int one = co_await answer();
    sum += one;
  }
  co_return sum;
}

TEST(Task, AMillionImmediateAwaitsKeepTheStackConstant) {
  EXPECT_EQ(sync_wait(sum_of(1'000'000)), 42'000'000);
}

Task<int> deep(int n) {
  if (n == 0) co_return 0;
  const int below = co_await deep(n - 1);
  co_return below + 1;
}

TEST(Task, DeepRecursionUsesTheHeapNotTheStack) { EXPECT_EQ(sync_wait(deep(200'000)), 200'000); }

Task<int> throws() {
  throw std::runtime_error("thrown on purpose");
  co_return 1;
}

TEST(TaskDeathTest, AnEscapingExceptionEndsTheProgramWithItsMessage) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)sync_wait(throws()), "thrown on purpose");
}

Task<int> yields(int times) {
  for (int i = 0; i < times; ++i) co_await yield();
  co_return times;
}

TEST(Task, YieldComesBack) { EXPECT_EQ(sync_wait(yields(1000)), 1000); }

}  // namespace
}  // namespace avila::future

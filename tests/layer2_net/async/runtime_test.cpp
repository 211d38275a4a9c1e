#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace avila::async {
namespace {

Task<int> add(int a, int b) { co_return a + b; }

TEST(Runtime, BlockOnGivesTheValue) {
  Runtime runtime({.threads = 1});
  EXPECT_EQ(runtime.block_on(add(2, 3)), 5);
  EXPECT_EQ(runtime.block_on(add(20, 30)), 50);
}

Task<int> spawn_many(Runtime* runtime, int count) {
  std::vector<JoinHandle<int>> handles;
  for (int i = 0; i < count; ++i) handles.push_back(runtime->spawn(add(i, 1)));
  int sum = 0;
  for (auto& handle : handles) {
    const int value = co_await handle;
    sum += value;
  }
  co_return sum;
}

TEST(Runtime, SpawnedTasksAreJoined) {
  for (const std::size_t threads : {1U, 3U}) {
    Runtime runtime({.threads = threads});
    EXPECT_EQ(runtime.block_on(spawn_many(&runtime, 500)), 500 * 501 / 2);
    const RuntimeMetrics metrics = runtime.metrics();
    EXPECT_EQ(metrics.workers, threads);
    EXPECT_GE(metrics.tasks_spawned, 501U);
  }
}

Task<Duration> sleep_for(Runtime* runtime, Duration duration) {
  const Instant start = runtime->now();
  co_await runtime->sleep(duration);
  co_return runtime->now() - start;
}

TEST(Runtime, SleepIsNeverShort) {
  Runtime runtime({.threads = 2});
  for (const std::int64_t ms : {0, 1, 5, 70}) {
    const Duration slept = runtime.block_on(sleep_for(&runtime, milliseconds(ms)));
    EXPECT_GE(slept, milliseconds(ms));
    EXPECT_LT(slept, milliseconds(ms + 20'000));  // a loaded machine is late
  }
}

Task<Result<void>> sleep_long(Runtime* runtime, CancelToken cancel) {
  auto result = co_await runtime->sleep(hours(10), cancel);
  co_return result;
}

TEST(Runtime, CancellingASleepEndsIt) {
  Runtime runtime({.threads = 1});
  CancelSource source;
  auto handle = runtime.spawn(sleep_long(&runtime, source.token()));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(handle.is_done());
  source.cancel();
  const auto result = handle.wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is(Errc::Cancelled));
}

struct Compute {
  std::unique_ptr<int> input;
  std::thread::id operator()() {
    ++*input;
    return std::this_thread::get_id();
  }
};

Task<bool> blocking_elsewhere(Runtime* runtime) {
  const auto worker = std::this_thread::get_id();
  Compute work{std::make_unique<int>(1)};
  const auto other = co_await runtime->spawn_blocking(std::move(work));
  co_return other != worker;
}

TEST(Runtime, SpawnBlockingRunsOnAnotherThread) {
  Runtime runtime({.threads = 1, .blocking_threads = 2});
  EXPECT_TRUE(runtime.block_on(blocking_elsewhere(&runtime)));
  EXPECT_EQ(runtime.metrics().blocking_threads, 1U);
}

Task<void> wait_for_ever(std::shared_ptr<int> witness) {
  co_await future::sleep(hours(1000));
  ++*witness;
}

TEST(Runtime, ShutdownDestroysWhatDoesNotEnd) {
  const auto witness = std::make_shared<int>(0);
  Runtime runtime({.threads = 2});
  for (int i = 0; i < 10; ++i) runtime.spawn(wait_for_ever(witness)).detach();
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(runtime.shutdown(milliseconds(10)), 10U);
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_EQ(*witness, 0);
}

Task<void> wait_for_shutdown(Executor* executor, std::atomic<int>* ended) {
  auto slept = co_await future::sleep(hours(1000), executor->shutdown_token());
  EXPECT_FALSE(slept.has_value());
  ended->fetch_add(1);
}

TEST(Runtime, ShutdownLetsTasksEndInTime) {
  std::atomic<int> ended{0};
  Runtime runtime({.threads = 2});
  for (int i = 0; i < 10; ++i) runtime.spawn(wait_for_shutdown(&runtime, &ended)).detach();
  EXPECT_EQ(runtime.shutdown(seconds(10)), 0U);
  EXPECT_EQ(ended.load(), 10);
}

Task<void> ping(std::atomic<int>* count, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    co_await future::yield();
    count->fetch_add(1, std::memory_order_relaxed);
  }
}

TEST(RuntimeStress, SpawnsFromOutsideAreNotLost) {
  Runtime runtime({.threads = 3});
  std::atomic<int> count{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) runtime.spawn(ping(&count, 3)).wait();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count.load(), 3 * 300 * 3);
}

}  // namespace
}  // namespace avila::async

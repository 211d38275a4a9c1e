// What a million idle timers cost.
#if defined(__linux__)
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/sleep.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <vector>

#include <unistd.h>

namespace avila::async {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(thread_sanitizer) || __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif
constexpr int kTimers = kSanitized ? 20'000 : 1'000'000;

std::size_t resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

Task<void> sleeps_for_hours(std::atomic<int>* asleep, CancelToken cancel) {
  asleep->fetch_add(1);
  auto slept = co_await future::sleep(hours(10), cancel);
  EXPECT_FALSE(slept.has_value());
}

template <class F>
bool becomes_true(F condition) {
  for (int i = 0; i < 60'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

TEST(Idle, AMillionSleepingTasksFitInBoundedMemory) {
  Runtime runtime({.threads = 2});
  CancelSource source;
  std::atomic<int> asleep{0};
  const std::size_t before = resident_bytes();
  for (int i = 0; i < kTimers; ++i)
    runtime.spawn(sleeps_for_hours(&asleep, source.token())).detach();
  ASSERT_TRUE(becomes_true([&] { return asleep.load() == kTimers; }));
  ASSERT_TRUE(becomes_true([&] { return runtime.metrics().queued == 0; }));
  const auto each = (resident_bytes() - before) / static_cast<std::size_t>(kTimers);
  std::printf("%d sleeping tasks: %zu bytes each\n", kTimers, each);
  RecordProperty("bytes_each", static_cast<int>(each));
  if (!kSanitized) {
    EXPECT_LE(each, 1024U);
  }
  // They are not looked at: an idle runtime stays idle.
  const std::uint64_t resumes = runtime.metrics().resumes;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(runtime.metrics().resumes, resumes);
  source.cancel();
  EXPECT_TRUE(becomes_true([&] { return runtime.live_tasks() == 0; }));
}

struct Bare final : future::Timer {
  Bare() noexcept : Timer([](future::Timer&) noexcept {}) {}
};

TEST(Idle, AMillionBareTimersAllocateNothing) {
  Runtime runtime({.threads = 1});
  std::vector<Bare> timers(static_cast<std::size_t>(kTimers));
  const std::size_t before = resident_bytes();
  for (std::size_t i = 0; i < timers.size(); ++i) {
    timers[i].when = runtime.now() + hours(1) + milliseconds(static_cast<std::int64_t>(i));
    runtime.add_timer(timers[i]);
  }
  EXPECT_LE(resident_bytes(), before + (kSanitized ? 64U : 1U) * 1024 * 1024)
      << "the wheel's lists run through the timers";
  std::printf("a timer: %zu bytes\n", sizeof(future::Timer));
  for (Bare& timer : timers) EXPECT_TRUE(runtime.remove_timer(timer));
}

}  // namespace
}  // namespace avila::async
#endif

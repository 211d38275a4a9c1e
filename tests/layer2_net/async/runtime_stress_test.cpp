// Many tasks on many workers: stealing, the blocking pool, cancellation from outside, shutdown with
// tasks in every kind of wait. Sized so that ThreadSanitizer gets through it in seconds.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/async/io_source.hpp>
#include <avila/async/runtime.hpp>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "socket_pair.hpp"

namespace avila::async {
namespace {

Task<int> fibonacci(Runtime* runtime, int n) {
  if (n < 2) co_return n;
  auto left = runtime->spawn(fibonacci(runtime, n - 1));
  auto right = runtime->spawn(fibonacci(runtime, n - 2));
  const int a = co_await left;
  const int b = co_await right;
  co_return a + b;
}

TEST(RuntimeStress, ForkAndJoinSpreadsOverTheWorkers) {
  Runtime runtime({.threads = 4});
  for (int round = 0; round < 50; ++round) {
    ASSERT_EQ(runtime.block_on(fibonacci(&runtime, 15)), 610);
    if (runtime.metrics().steals > 100) break;
  }
  const RuntimeMetrics metrics = runtime.metrics();
  EXPECT_GT(metrics.steals, 0U);
  EXPECT_EQ(metrics.queued, 0U);
}

struct Occupancy {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> done{0};
};
struct BlockingWork {
  Occupancy* occupancy;
  int number;
  int operator()() const {
    const int now = occupancy->inside.fetch_add(1) + 1;
    int most = occupancy->most.load();
    while (now > most && !occupancy->most.compare_exchange_weak(most, now)) {
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    occupancy->inside.fetch_sub(1);
    occupancy->done.fetch_add(1);
    return number * 2;
  }
};

Task<int> do_blocking(Runtime* runtime, Occupancy* occupancy, int number) {
  BlockingWork work{occupancy, number};
  const int doubled = co_await runtime->spawn_blocking(work);
  co_return doubled;
}

TEST(RuntimeStress, TheBlockingPoolKeepsItsLimit) {
  Runtime runtime({.threads = 2, .blocking_threads = 3});
  Occupancy occupancy;
  std::vector<JoinHandle<int>> handles;
  for (int i = 0; i < 300; ++i)
    handles.push_back(runtime.spawn(do_blocking(&runtime, &occupancy, i)));
  for (int i = 0; i < 300; ++i) EXPECT_EQ(handles[static_cast<std::size_t>(i)].wait(), i * 2);
  EXPECT_EQ(occupancy.done.load(), 300);
  EXPECT_LE(occupancy.most.load(), 3);
  EXPECT_LE(runtime.metrics().blocking_threads, 3U);
}

struct WaitFor {
  std::atomic<bool>* flag;
  void operator()() const { flag->wait(false); }
};
Task<void> block_until(Runtime* runtime, std::atomic<bool>* flag) {
  WaitFor work{flag};
  co_await runtime->spawn_blocking(work);
}
Task<int> count_sleeps(Runtime* runtime, int rounds) {
  int count = 0;
  for (; count < rounds; ++count) co_await runtime->sleep(milliseconds(1));
  co_return count;
}

TEST(RuntimeStress, WorkersGoOnWhileThePoolIsBusy) {
  Runtime runtime({.threads = 1, .blocking_threads = 2});
  std::atomic<bool> go{false};
  std::vector<JoinHandle<void>> blocked;
  for (int i = 0; i < 5; ++i) blocked.push_back(runtime.spawn(block_until(&runtime, &go)));
  EXPECT_EQ(runtime.block_on(count_sleeps(&runtime, 10)), 10);
  for (const auto& handle : blocked) EXPECT_FALSE(handle.is_done());
  go.store(true);
  go.notify_all();
  for (auto& handle : blocked) handle.wait();
}

Task<void> sleep_exactly(Runtime* runtime, Duration duration, std::atomic<int>* early) {
  const Instant start = runtime->now();
  co_await runtime->sleep(duration);
  if (runtime->now() - start < duration) early->fetch_add(1);
}

TEST(RuntimeStress, ThousandsOfTimersFireAndNeverEarly) {
  Runtime runtime({.threads = 3});
  std::atomic<int> early{0};
  std::mt19937 random(1);
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < 5000; ++i) {
    const Duration duration = microseconds(static_cast<std::int64_t>(random() % 50'000));
    handles.push_back(runtime.spawn(sleep_exactly(&runtime, duration, &early)));
  }
  for (auto& handle : handles) handle.wait();
  EXPECT_EQ(early.load(), 0);
  EXPECT_GE(runtime.metrics().timers_fired, 4900U);
}

Task<int> cancelled_or_late(Runtime* runtime, CancelToken cancel, Duration duration) {
  auto slept = co_await runtime->sleep(duration, cancel);
  co_return slept.has_value() ? 0 : 1;
}

TEST(RuntimeStress, CancellingRacesWithTheTimerAndEachSleepEndsOnce) {
  Runtime runtime({.threads = 3});
  int cancelled = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<CancelSource> sources(100);
    std::vector<JoinHandle<int>> handles;
    for (std::size_t i = 0; i < sources.size(); ++i)
      handles.push_back(runtime.spawn(cancelled_or_late(
          &runtime, sources[i].token(), microseconds(static_cast<std::int64_t>(i * 20)))));
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 2; ++t)  // each source is cancelled by two threads
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < sources.size(); ++i)
          sources[t == 0 ? i : sources.size() - 1 - i].cancel();
      });
    for (auto& thread : threads) thread.join();
    for (auto& handle : handles) cancelled += handle.wait();
  }
  EXPECT_GT(cancelled, 0);
}

// --- sockets below avila::tcp: the readiness protocol itself

/// Counts bytes as they come. Each wait is cut short by a timer that races with the edges.
Task<int> count_bytes(IoSource* source, int fd, int wanted) {
  int count = 0;
  std::mt19937 random(static_cast<unsigned>(fd));
  while (count < wanted) {
    source->take_edge(IoSource::Direction::Read);
    char buffer[3];
    const auto got = Pair::receive(fd, buffer, sizeof buffer);
    if (got > 0) {
      count += static_cast<int>(got);
      continue;
    }
    Deadline patience(microseconds(static_cast<std::int64_t>(random() % 2000)));
    const CancelToken token = patience.token();
    const bool ready = co_await source->ready(IoSource::Direction::Read, token);
    EXPECT_TRUE(ready || patience.expired());
  }
  co_return count;
}

class EachBackend : public ::testing::TestWithParam<Backend> {
 protected:
  /// False, after having said so, where the system lacks the back-end.
  bool has_backend(const Runtime& runtime) const {
    if (GetParam() == Backend::Automatic || runtime.backend() == GetParam()) return true;
    std::printf("SKIPPED: no %s here\n", std::string(to_string(GetParam())).c_str());
    return false;
  }
};
#if defined(__linux__)
constexpr Backend kBackends[] = {Backend::Epoll, Backend::IoUring};
#else
constexpr Backend kBackends[] = {Backend::Automatic};
#endif
INSTANTIATE_TEST_SUITE_P(All, EachBackend, ::testing::ValuesIn(kBackends), [](const auto& each) {
  std::string name(to_string(each.param));
  std::erase_if(name, [](char c) { return c == '_' || c == ' '; });
  return name;
});

// A source's memory goes from one handle to the next: a late event of the first one, whose peer has
// gone, must not make the second one look as if its own had.
TEST_P(EachBackend, AHangUpStaysWithItsHandle) {
  Runtime runtime({.threads = 2, .backend = GetParam()});
  if (!has_backend(runtime)) GTEST_SKIP();
  const Pair alive;
  for (int round = 0; round < 5000; ++round) {
    auto gone = std::make_unique<Pair>();
    auto first = runtime.register_io(gone->ends[0]);
    ASSERT_TRUE(first.has_value());
    (void)::shutdown(gone->ends[1], 2);
    for (volatile int spin = round % 64 * 64; spin > 0;) spin = spin - 1;
    runtime.release_io(*first);
    auto second = runtime.register_io(alive.ends[0]);
    ASSERT_TRUE(second.has_value());
    ASSERT_EQ(*first, *second) << "the same memory, or there is nothing to see here";
    for (volatile int spin = 2000; spin > 0;) spin = spin - 1;
    ASSERT_FALSE((*second)->hung_up()) << round;
    runtime.release_io(*second);
  }
}

TEST_P(EachBackend, NoEdgeIsLostBetweenWritersAndReaders) {
  constexpr int kPairs = 6, kBytes = 3000;
  Runtime runtime({.threads = 4, .backend = GetParam()});
  if (!has_backend(runtime)) GTEST_SKIP();
  std::vector<std::unique_ptr<Pair>> pairs;
  std::vector<IoSource*> sources;
  std::vector<JoinHandle<int>> readers;
  for (std::size_t i = 0; i < kPairs; ++i) {
    pairs.push_back(std::make_unique<Pair>());
    auto source = runtime.register_io(pairs[i]->ends[0]);
    ASSERT_TRUE(source.has_value());
    sources.push_back(*source);
    readers.push_back(runtime.spawn(count_bytes(*source, pairs[i]->ends[0], kBytes)));
  }
  std::vector<std::thread> writers;
  for (std::size_t t = 0; t < 2; ++t)
    writers.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      std::vector<int> left(kPairs, 0);
      for (std::size_t i = t; i < kPairs; i += 2) left[i] = kBytes;
      for (bool more = true; more;) {
        more = false;
        for (std::size_t i = t; i < kPairs; i += 2) {
          if (left[i] == 0) continue;
          more = true;
          if (Pair::send(pairs[i]->ends[1], "x", 1) == 1) --left[i];
          if (random() % 16 == 0) std::this_thread::yield();
        }
      }
    });
  for (auto& writer : writers) writer.join();
  for (auto& reader : readers) EXPECT_EQ(reader.wait(), kBytes);
  for (IoSource* source : sources) runtime.release_io(source);
}

Task<void> wait_readable(IoSource* source, std::shared_ptr<int> witness) {
  const CancelToken never;
  const bool ready = co_await source->ready(IoSource::Direction::Read, never);
  if (ready) ++*witness;
}
Task<void> wait_asleep(std::shared_ptr<int> witness) {
  co_await future::sleep(hours(1000));
  ++*witness;
}
Task<void> wait_for_task(Runtime* runtime, std::shared_ptr<int> witness) {
  auto inner = runtime->spawn(wait_asleep(witness));
  co_await inner;
  ++*witness;
}
struct SlowJob {
  std::shared_ptr<std::atomic<int>> finished;
  int milliseconds = 30;
  int operator()() const {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return finished->fetch_add(1);
  }
};
Task<void> wait_for_blocking(Runtime* runtime, std::shared_ptr<std::atomic<int>> finished) {
  SlowJob job{finished};
  const int before = co_await runtime->spawn_blocking(std::move(job));
  (void)before;
}
Task<void> never_rests(std::shared_ptr<int> witness) {
  const int count = *witness;
  while (count == 0) co_await future::yield();
}

TEST_P(EachBackend, ShutdownEndsTasksInEveryKindOfWait) {
  const auto witness = std::make_shared<int>(0);
  const auto finished = std::make_shared<std::atomic<int>>(0);
  Pair pair;
  {
    Runtime runtime({.threads = 3, .blocking_threads = 2, .backend = GetParam()});
    if (!has_backend(runtime)) GTEST_SKIP();
    auto source = runtime.register_io(pair.ends[0]);
    ASSERT_TRUE(source.has_value());
    runtime.spawn(wait_readable(*source, witness)).detach();
    for (int i = 0; i < 5; ++i) {
      runtime.spawn(wait_asleep(witness)).detach();
      runtime.spawn(wait_for_task(&runtime, witness)).detach();
      runtime.spawn(wait_for_blocking(&runtime, finished)).detach();
      runtime.spawn(never_rests(witness)).detach();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    // 1 + 5 + 5 with one within each + 5; the blocking ones may have ended, or not.
    const std::size_t destroyed = runtime.shutdown(milliseconds(1));
    EXPECT_GE(destroyed, 21U);
    EXPECT_LE(destroyed, 26U);
    EXPECT_EQ(runtime.live_tasks(), 0U);
    EXPECT_LE(finished->load(), 5);
    EXPECT_EQ(runtime.shutdown(seconds(1)), 0U) << "once";
  }
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_EQ(finished.use_count(), 1);
  EXPECT_EQ(*witness, 0);
}

Task<void> hand_in_jobs(Runtime* runtime, std::shared_ptr<std::atomic<int>> finished) {
  for (int i = 0; i < 5; ++i) runtime->spawn(wait_for_blocking(runtime, finished)).detach();
  for (int i = 0; i < 4; ++i) co_await future::yield();  // the only worker has begun them by then
}

TEST(RuntimeStress, ShutdownRunsTheJobsThatWereHandedIn) {
  const auto finished = std::make_shared<std::atomic<int>>(0);
  Runtime runtime({.threads = 1, .blocking_threads = 2});
  runtime.block_on(hand_in_jobs(&runtime, finished));
  runtime.shutdown(Duration::zero());
  EXPECT_EQ(finished->load(), 5);
}

Task<void> always_blocking(Runtime* runtime, std::shared_ptr<std::atomic<int>> finished) {
  for (;;) {
    SlowJob job{finished, 1};
    const int before = co_await runtime->spawn_blocking(std::move(job));
    (void)before;
  }
}

// Each task hands in its next job when the last one is done: none may begin once the shutdown has
// begun to wait for them, and none may run when its coroutine is gone.
TEST(RuntimeStress, ShutdownEndsTasksThatAlwaysBlock) {
  for (int round = 0; round < 20; ++round) {
    const auto finished = std::make_shared<std::atomic<int>>(0);
    {
      Runtime runtime({.threads = 2, .blocking_threads = 4});
      for (int i = 0; i < 12; ++i) runtime.spawn(always_blocking(&runtime, finished)).detach();
      while (finished->load() < 12) std::this_thread::yield();
      EXPECT_EQ(runtime.shutdown(Duration::zero()), 12U);
      EXPECT_EQ(runtime.metrics().blocking_threads, 0U);
    }
    EXPECT_EQ(finished.use_count(), 1);
  }
}

constexpr int kAttendants = 6;
struct Meeting {
  std::atomic<int> present{0};
};
Task<void> attend(Meeting* meeting) {
  meeting->present.fetch_add(1);
  while (meeting->present.load() < kAttendants) std::this_thread::yield();
  co_return;
}
Task<void> convene(Runtime* runtime, Meeting* meeting) {
  JoinHandle<void> others[kAttendants];
  for (auto& other : others) other = runtime->spawn(attend(meeting));
  meeting->present.fetch_add(1);
  while (meeting->present.load() < kAttendants) std::this_thread::yield();
  for (auto& other : others) co_await other;
}

// Coroutines that hold their threads until all have begun: of two queued at once, the second
// must not wait for the worker whom the first woke.
TEST(RuntimeStress, NoWorkerSleepsBesideQueuedWork) {
  Runtime runtime({.threads = kAttendants});
  for (int round = 0; round < 200; ++round) {
    Meeting meeting;
    runtime.block_on(convene(&runtime, &meeting));
  }
}

}  // namespace
}  // namespace avila::async

// A program that waits in every way there is, cancelled (or destroyed) after its k-th step, for
// every k: it ends at once, nothing it owned is left, no timer stays, no permit is lost.
#include <gtest/gtest.h>

#include <avila/async/sim_executor.hpp>
#include <avila/async/transport.hpp>
#include <avila/future/channel.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/sync.hpp>
#include <avila/future/task_group.hpp>
#include <memory>
#include <optional>
#include <vector>

namespace avila::async {
namespace {

using Witness = std::shared_ptr<int>;  // as many owners as there are tasks

struct Shared {
  future::Semaphore semaphore{2};
  future::ChannelEnds<int> channel = future::mpsc<int>(2);
  TransportPair pipe = make_pipe({.capacity_bytes = 64});
};

Task<Result<void>> sleeps(Witness witness, CancelToken cancel) {
  for (int i = 0; i < 3; ++i) {
    auto slept = co_await future::sleep(hours(1), cancel);
    AVILA_CO_TRY_VOID(std::move(slept));
  }
  (void)witness;
  co_return Result<void>();
}

Task<Result<void>> holds_permits(Shared* shared, Witness witness, CancelToken cancel) {
  for (int i = 0; i < 3; ++i) {
    auto acquired = co_await shared->semaphore.acquire(1 + static_cast<std::size_t>(i) % 2, cancel);
    AVILA_CO_TRY(const auto permit, std::move(acquired));
    auto slept = co_await future::sleep(seconds(1), cancel);
    AVILA_CO_TRY_VOID(std::move(slept));
  }
  (void)witness;
  co_return Result<void>();
}

Task<Result<void>> sends(Shared* shared, Witness witness, CancelToken cancel) {
  for (int i = 0; i < 6; ++i) {
    auto sent = co_await shared->channel.sender.send(i, cancel);
    AVILA_CO_TRY_VOID(std::move(sent));
  }
  (void)witness;
  co_return Result<void>();
}

Task<Result<void>> receives(Shared* shared, Witness witness, CancelToken cancel) {
  for (int i = 0; i < 6; ++i) {
    auto received = co_await shared->channel.receiver.receive(cancel);
    AVILA_CO_TRY(const int value, std::move(received));
    EXPECT_EQ(value, i);
  }
  (void)witness;
  co_return Result<void>();
}

Task<Result<void>> writes(Transport* transport, Witness witness, CancelToken cancel) {
  const std::vector<std::byte> bytes(300, std::byte{7});
  auto written = co_await transport->write_all(bytes, cancel);
  (void)witness;
  co_return written;
}

Task<Result<void>> reads(Transport* transport, Witness witness, CancelToken cancel) {
  std::byte buffer[300];
  auto read = co_await read_exact(*transport, buffer, cancel);
  (void)witness;
  co_return read;
}

struct Work {
  Witness witness;
  int operator()() const { return *witness; }
};

Task<Result<void>> everything(SimExecutor* executor, Shared* shared, Witness witness,
                              CancelToken cancel) {
  future::TaskGroup group(cancel);
  group.spawn(sleeps(witness, group.token()));
  group.spawn(holds_permits(shared, witness, group.token()));
  group.spawn(holds_permits(shared, witness, group.token()));
  group.spawn(sends(shared, witness, group.token()));
  group.spawn(receives(shared, witness, group.token()));
  group.spawn(writes(shared->pipe.first.get(), witness, group.token()));
  group.spawn(reads(shared->pipe.second.get(), witness, group.token()));
  auto handle = executor->spawn(sleeps(witness, group.token()));
  Work work{witness};
  const int worked = co_await executor->spawn_blocking(std::move(work));
  (void)worked;
  auto joined = co_await group.join();
  auto slept = co_await handle;
  AVILA_CO_TRY_VOID(std::move(slept));
  co_return joined;
}

/// True: it ended before the k-th step.
bool cancelled_after(std::uint64_t k, std::uint64_t seed) {
  SCOPED_TRACE("step " + std::to_string(k) + ", seed " + std::to_string(seed));
  const Witness witness = std::make_shared<int>(1);
  bool over = false;
  {
    Shared shared;
    SimExecutor executor(seed);
    CancelSource source;
    auto handle = executor.spawn(everything(&executor, &shared, witness, source.token()));
    for (std::uint64_t i = 0; i < k && !handle.is_done(); ++i) EXPECT_TRUE(executor.step());
    over = handle.is_done();
    const Instant when = executor.now();
    source.cancel();
    executor.run();
    EXPECT_TRUE(handle.is_done()) << "something waits for ever";
    const auto result = handle.wait();
    if (over) {
      EXPECT_TRUE(result.has_value());
    }
    if (!result.has_value()) {
      EXPECT_TRUE(result.error().is(Errc::Cancelled));
    }
    EXPECT_EQ(executor.now(), when) << "a timer was left, and time went on to it";
    EXPECT_EQ(executor.live_tasks(), 0U);
    EXPECT_EQ(shared.semaphore.available(), 2U) << "a permit was lost";
  }
  EXPECT_EQ(witness.use_count(), 1);
  return over;
}

TEST(Cancellation, AtEveryStepLeavesNothing) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    std::uint64_t k = 0;
    while (!cancelled_after(k, seed)) {
      ++k;
      ASSERT_LT(k, 10'000U);
      if (HasFailure()) return;
    }
    EXPECT_GT(k, 40U) << "the program has more waits than that";
  }
}

TEST(Cancellation, DestroyingAtEveryStepLeavesNothing) {
  bool over = false;
  for (std::uint64_t k = 0; !over; ++k) {
    SCOPED_TRACE(k);
    const Witness witness = std::make_shared<int>(1);
    {
      Shared shared;
      SimExecutor executor(1);
      auto handle = executor.spawn(everything(&executor, &shared, witness, {}));
      for (std::uint64_t i = 0; i < k && !handle.is_done(); ++i) EXPECT_TRUE(executor.step());
      over = handle.is_done();
    }  // the executor goes with what is suspended in it
    ASSERT_EQ(witness.use_count(), 1);
    ASSERT_LT(k, 10'000U);
  }
}

}  // namespace
}  // namespace avila::async

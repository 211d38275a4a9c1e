#include <gtest/gtest.h>

#include <avila/async/sim_executor.hpp>
#include <avila/async/transport.hpp>
#include <avila/future/combine.hpp>
#include <memory>
#include <string>
#include <vector>

namespace avila::async {
namespace {

Task<void> tick(Executor* executor, std::vector<int>* log, int id) {
  for (int i = 0; i < 3; ++i) {
    co_await executor->sleep(seconds(id + 1));
    log->push_back(id);
  }
}

struct Record {
  std::vector<int> log;
  std::uint64_t fingerprint;
  Instant end;
};
Record run_with(std::uint64_t seed) {
  Record run;
  SimExecutor sim(seed);
  for (int id = 0; id < 8; ++id) sim.spawn(tick(&sim, &run.log, id)).detach();
  sim.run();
  run.fingerprint = sim.fingerprint();
  run.end = sim.now();
  return run;
}

TEST(SimExecutor, TheSameSeedGivesTheSameRun) {
  const Record a = run_with(7);
  const Record b = run_with(7);
  EXPECT_EQ(a.log, b.log);
  EXPECT_EQ(a.fingerprint, b.fingerprint);
  EXPECT_EQ(a.end - Instant{1'000'000'000}, seconds(24));
  EXPECT_NE(run_with(8).fingerprint, a.fingerprint);
}

Task<Result<void>> send(Transport* end, std::string text) {
  auto sent = co_await end->write_all(as_bytes(text));
  AVILA_CO_TRY_VOID(std::move(sent));
  co_return co_await end->shutdown_write();
}
Task<Result<std::string>> receive(Transport* end, CancelToken cancel) {
  std::string text;
  std::vector<std::byte> buffer(1000);
  for (;;) {
    auto got = co_await end->read(buffer, cancel);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    if (count == 0) co_return text;
    text += as_text(ByteSpan(buffer).first(count));
  }
}

TEST(Pipe, CarriesEverythingInOrderUnderAnySchedule) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string(i) + ",";
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    SimExecutor sim(seed);
    auto ends = make_pipe(
        {.capacity_bytes = 500, .seed = seed, .chunk_bytes_max = 100, .delay_ns_max = 1'000'000});
    auto sending = sim.spawn(send(ends.first.get(), text));
    const auto got = sim.block_on(receive(ends.second.get(), {}));
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(*got, text);
    EXPECT_TRUE(sending.wait().has_value());
  }
}

TEST(Pipe, ResetsFailBothEnds) {
  int resets = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimExecutor sim(seed);
    auto ends = make_pipe({.capacity_bytes = 100, .seed = seed, .reset_probability = 0.05});
    sim.spawn(send(ends.first.get(), std::string(10'000, 'x'))).detach();
    const auto got = sim.block_on(receive(ends.second.get(), {}));
    if (!got.has_value()) {
      ++resets;
      EXPECT_TRUE(got.error().is(Errc::ConnectionReset));
    }
  }
  EXPECT_GT(resets, 0);
}

TEST(Pipe, AClosedEndIsSeenByThePeer) {
  SimExecutor sim(1);
  auto ends = make_pipe();
  auto reading = sim.spawn(receive(ends.second.get(), {}));
  EXPECT_TRUE(sim.block_on(ends.first->write_all(as_bytes("last words"))).has_value());
  ends.first->close();
  sim.run();
  EXPECT_EQ(*reading.wait(), "last words");
  EXPECT_TRUE(
      sim.block_on(ends.second->write_all(as_bytes("x"))).error().is(Errc::ConnectionReset));
  EXPECT_TRUE(sim.block_on(ends.first->write_all(as_bytes("x"))).error().is(Errc::Closed));
}

// Cancels at the k-th event, for every k: the task always ends, with its value or Cancelled, and
// nothing is leaked (the sanitizer builds see to that) or left behind in the pipe's queues.
Task<Result<std::string>> conversation(Transport* a, Transport* b, CancelToken cancel) {
  std::string heard;
  std::vector<std::byte> buffer(64);
  for (int i = 0; i < 3; ++i) {
    auto slept = co_await future::sleep(milliseconds(1), cancel);
    AVILA_CO_TRY_VOID(std::move(slept));
    auto wrote = co_await a->write_all(as_bytes("abc"), cancel);
    AVILA_CO_TRY_VOID(std::move(wrote));
    auto got = co_await b->read(buffer, cancel);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    heard += as_text(ByteSpan(buffer).first(count));
  }
  const auto wait = [&](CancelToken token) { return future::sleep(hours(1), token); };
  auto limited = co_await future::timeout(milliseconds(5), cancel, wait);
  if (limited.error().is(Errc::Cancelled)) co_return std::move(limited).error();
  co_return heard;
}

TEST(Cancellation, AtEveryPointEndsTheTaskAndLeaksNothing) {
  int cancelled = 0;
  bool completed = false;
  for (std::uint64_t k = 0; !completed; ++k) {
    ASSERT_LT(k, 1000U);
    SimExecutor sim(k);
    auto ends = make_pipe({.seed = 3, .delay_ns_max = 1'000'000});
    CancelSource source;
    auto handle = sim.spawn(conversation(ends.first.get(), ends.second.get(), source.token()));
    sim.run(k);
    completed = handle.is_done();
    source.cancel();
    sim.run();
    ASSERT_TRUE(handle.is_done()) << "cancelled at event " << k << " and still waiting";
    const auto result = handle.wait();
    if (!result.has_value()) {
      EXPECT_TRUE(result.error().is(Errc::Cancelled)) << result.error().to_string();
      ++cancelled;
    }
    EXPECT_EQ(sim.live_tasks(), 0U);
  }
  EXPECT_GT(cancelled, 10);
}

// The same, but the executor goes while the task waits: frames are destroyed where they are.
TEST(Cancellation, DestroyingASuspendedTaskAtEveryPointLeaksNothing) {
  for (std::uint64_t k = 0; k < 40; ++k) {
    const auto ends = make_pipe({.seed = 3, .delay_ns_max = 1'000'000});
    CancelSource source;
    SimExecutor sim(k);
    sim.spawn(conversation(ends.first.get(), ends.second.get(), source.token())).detach();
    sim.run(k);
  }
}

}  // namespace
}  // namespace avila::async

#include <gtest/gtest.h>
#include <avila/ratelimit/concurrency.hpp>
#include <avila/ratelimit/keyed.hpp>
#include <avila/ratelimit/limiters.hpp>

#include <thread>
#include <vector>

namespace avila::ratelimit {
namespace {

constexpr Rate kTenASecond{.units = 10, .per = seconds(1), .burst = 5};

template <class Limiter>
std::uint64_t allowed_over(Limiter limiter, Duration step, int steps) {
  Instant now{1'000'000'000'000};
  std::uint64_t allowed = 0;
  for (int i = 0; i < steps; ++i, now = now + step) allowed += limiter.take(now).allowed ? 1 : 0;
  return allowed;
}

TEST(TokenBucket, AllowsBurstThenRate) {
  EXPECT_EQ(allowed_over(TokenBucket(kTenASecond), milliseconds(1), 10'001), 105U);
  TokenBucket bucket(kTenASecond);
  Instant now{0};
  for (std::uint64_t i = 0; i < 5; ++i) {
    const Decision d = bucket.take(now);
    EXPECT_TRUE(d.allowed);
    EXPECT_EQ(d.remaining, 4 - i);
    EXPECT_EQ(d.limit, 5U);
  }
  const Decision refused = bucket.take(now);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after, milliseconds(100));
  EXPECT_EQ(refused.reset_after, milliseconds(500));
  EXPECT_TRUE(bucket.take(now + refused.retry_after).allowed);
  EXPECT_EQ(bucket.take(now, 6).retry_after, Duration::max());
  bucket.give_back(2);
  EXPECT_TRUE(bucket.take(now, 2).allowed);
}

TEST(Gcra, AllowsWhatTheBucketAllows) {
  EXPECT_EQ(allowed_over(Gcra(kTenASecond), milliseconds(1), 10'001), 105U);
  Gcra gcra(kTenASecond);
  TokenBucket bucket(kTenASecond, {1'000'000'000});
  std::uint64_t state = 7;
  Instant now{1'000'000'000};
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    now = now + milliseconds(static_cast<std::int64_t>(state >> 33) % 200);
    const std::uint64_t units = (state >> 20) % 4 + 1;
    const Decision a = gcra.take(now, units), b = bucket.take(now, units);
    ASSERT_EQ(a.allowed, b.allowed) << i;
    ASSERT_EQ(a.remaining, b.remaining) << i;
    ASSERT_NEAR(static_cast<double>(a.retry_after.ns), static_cast<double>(b.retry_after.ns), 1000);
  }
}

TEST(Gcra, RetryAfterIsExact) {
  Gcra gcra({.units = 3, .per = seconds(1)});
  const Instant now{5};
  EXPECT_TRUE(gcra.take(now, 3).allowed);
  const Decision d = gcra.take(now, 2);
  EXPECT_FALSE(d.allowed);
  EXPECT_FALSE(gcra.take(now + d.retry_after - nanoseconds(1), 2).allowed);
  EXPECT_TRUE(gcra.take(now + d.retry_after, 2).allowed);
  EXPECT_EQ(gcra.take(now, 4).retry_after, Duration::max());
}

TEST(SlidingWindow, HoldsInEveryWindow) {
  const Rate rate{.units = 100, .per = seconds(1)};
  SlidingWindow window(rate);
  std::vector<Instant> taken;
  Instant now{10'000'000'000};
  for (int i = 0; i < 10'000; ++i, now = now + microseconds(777))
    if (window.take(now).allowed) taken.push_back(now);
  std::size_t most = 0;
  for (std::size_t i = 0, j = 0; j < taken.size(); ++j) {
    while (taken[j] - taken[i] >= rate.per) ++i;
    most = std::max(most, j - i + 1);
  }
  EXPECT_LE(most, 125U);  // an estimate: near 100
  EXPECT_NEAR(static_cast<double>(taken.size()), 777.0, 60);
}

TEST(SlidingWindow, RetryAfterIsEnough) {
  std::uint64_t state = 3;
  SlidingWindow window({.units = 10, .per = seconds(1)});
  Instant now{0};
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    now = now + milliseconds(static_cast<std::int64_t>(state >> 33) % 150);
    const std::uint64_t units = 1 + (state >> 20) % 3;
    const Decision d = window.take(now, units);
    if (d.allowed) continue;
    ++refused;
    ASSERT_GT(d.retry_after.ns, 0);
    SlidingWindow copy = window;
    ASSERT_TRUE(copy.take(now + d.retry_after + microseconds(1), units).allowed) << i;
  }
  EXPECT_GT(refused, 1000);
  EXPECT_EQ(window.take(now, 11).retry_after, Duration::max());
}

TEST(Limiters, SurviveClocksThatGoBack) {
  TokenBucket bucket(kTenASecond, {1'000'000'000});
  Gcra gcra(kTenASecond);
  SlidingWindow window(kTenASecond);
  for (const std::int64_t ns : {2'000'000'000LL, 1'000'000'000LL, 0LL, -5'000'000'000LL}) {
    (void)bucket.take({ns});
    (void)gcra.take({ns});
    (void)window.take({ns});
  }
  EXPECT_TRUE(bucket.take({3'000'000'000}).allowed);
  EXPECT_TRUE(gcra.take({3'000'000'000}).allowed);
  EXPECT_TRUE(window.take({3'000'000'000}).allowed);
}

// A thousand units of a year each are more time than there is: no wrap may let them all through.
TEST(Limiters, SpansPastTheEndOfTimeSaturate) {
  const Rate slow{.units = 1, .per = days(365), .burst = 1000};
  const Instant now{1'000'000'000};
  Gcra gcra(slow);
  const Decision all = gcra.take(now, 1000);
  EXPECT_FALSE(all.allowed);
  EXPECT_EQ(all.retry_after, Duration::max());
  std::uint64_t allowed = 0;
  while (gcra.take(now).allowed) ASSERT_LT(++allowed, 1000U);
  EXPECT_EQ(allowed, gcra.take(now).limit);
  EXPECT_GT(gcra.take(now, allowed).retry_after.ns, 0);
  TokenBucket bucket(slow, now);
  EXPECT_TRUE(bucket.take(now, 1000).allowed);
  const Decision late = bucket.take(now, 1000);
  EXPECT_EQ(late.retry_after, Duration::max());
  EXPECT_EQ(late.reset_after, Duration::max());
  SlidingWindow window({.units = 1, .per = Duration::max()});
  EXPECT_TRUE(window.take(now).allowed);
  EXPECT_GT(window.take(now).retry_after.ns, 0);
  EXPECT_GT(window.take(now).reset_after.ns, 0);
}

TEST(Limiters, RefuseARateOfNothing) {
  EXPECT_DEATH(Gcra({.units = 0}), "units");
  EXPECT_DEATH(TokenBucket({.units = 0}), "units");
  EXPECT_DEATH(SlidingWindow({.per = Duration::zero()}), "per");
}

TEST(Keyed, LongKeysAreKeptApartInBoundedMemory) {
  Keyed<Gcra> keyed({.units = 1, .per = seconds(1)}, 16);
  const std::string long_key(100'000, 'k');
  EXPECT_TRUE(keyed.take(long_key, {0}).allowed);
  EXPECT_FALSE(keyed.take(long_key, {0}).allowed);
  EXPECT_TRUE(keyed.take(long_key + "2", {0}).allowed);
  keyed.forget(long_key);
  EXPECT_TRUE(keyed.take(long_key, {0}).allowed);
}

TEST(Keyed, KeepsKeysApartAndMemoryBounded) {
  Keyed<Gcra> keyed({.units = 1, .per = seconds(1)}, 160);
  const Instant now{0};
  EXPECT_TRUE(keyed.take("a", now).allowed);
  EXPECT_FALSE(keyed.take("a", now).allowed);
  EXPECT_TRUE(keyed.take("b", now).allowed);
  keyed.forget("a");
  EXPECT_TRUE(keyed.take("a", now).allowed);
  for (int i = 0; i < 10'000; ++i) {
    (void)keyed.take(std::to_string(i), now);
    (void)keyed.take("hot", now);  // used all the time: stays
  }
  EXPECT_LE(keyed.size(), 160U);
  EXPECT_FALSE(keyed.take("hot", now).allowed);
  Keyed<TokenBucket> buckets(kTenASecond);
  EXPECT_TRUE(buckets.take("x", {1'000'000'000'000}).allowed);
  Keyed<SlidingWindow> windows(kTenASecond);
  EXPECT_TRUE(windows.take("x", now).allowed);
}

TEST(Keyed, MayBeUsedByManyThreads) {
  Keyed<TokenBucket> keyed({.units = 1000, .per = hours(1)}, 1000);
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) allowed += keyed.take("one", {0}).allowed ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(allowed.load(), 1000);
}

TEST(ConcurrencyLimit, FixedOnesHold) {
  ConcurrencyLimit limit({.adaptation = Adaptation::Fixed, .initial = 2});
  auto a = limit.acquire({0});
  {
    auto b = limit.acquire({0});
    EXPECT_TRUE(b);
    EXPECT_FALSE(limit.acquire({0}));
  }
  EXPECT_EQ(limit.in_flight(), 1U);
  a.finish({1});
  a.finish({1});
  EXPECT_EQ(limit.in_flight(), 0U);
}

TEST(ConcurrencyLimit, AimdGrowsAndBacksOff) {
  ConcurrencyLimit limit({.adaptation = Adaptation::Aimd, .initial = 10, .most = 50});
  const auto round = [&limit](Outcome outcome, Duration took) {
    std::vector<ConcurrencyLimit::Permit> permits;
    for (;;) {
      auto permit = limit.acquire({0});
      if (!permit) break;
      permits.push_back(std::move(permit));
    }
    for (auto& permit : permits) permit.finish(Instant{0} + took, outcome);
  };
  for (int i = 0; i < 10; ++i) round(Outcome::Success, milliseconds(1));
  EXPECT_GT(limit.limit(), 13U);
  for (int i = 0; i < 500; ++i) round(Outcome::Success, milliseconds(1));
  EXPECT_EQ(limit.limit(), 50U);
  round(Outcome::Dropped, milliseconds(1));
  EXPECT_LT(limit.limit(), 5U);
  for (int i = 0; i < 3; ++i) round(Outcome::Success, seconds(10));
  EXPECT_EQ(limit.limit(), 1U);
  round(Outcome::Ignored, seconds(10));
  EXPECT_EQ(limit.limit(), 1U);
}

// A coarse clock that did not move, or one that went back, says nothing of the least latency.
TEST(ConcurrencyLimit, GradientBelievesNoLatencyOfNothing) {
  ConcurrencyLimit limit({.initial = 50, .most = 100});
  const auto round = [&limit](Instant end) {
    std::vector<ConcurrencyLimit::Permit> permits;
    for (;;) {
      auto permit = limit.acquire({seconds(1).ns});
      if (!permit) break;
      permits.push_back(std::move(permit));
    }
    for (auto& permit : permits) permit.finish(end);
  };
  round(Instant{0});
  round(Instant{0} + seconds(1));
  for (int i = 0; i < 20; ++i) round(Instant{0} + milliseconds(1010));
  EXPECT_EQ(limit.limit(), 100U);
}

// A server that serves 40 at once in 10 ms and queues the rest: the limit settles near that.
TEST(ConcurrencyLimit, GradientFindsTheCapacity) {
  ConcurrencyLimit limit({.adaptation = Adaptation::Gradient, .initial = 10, .most = 500});
  const auto run = [&limit](double capacity, int rounds) {
    for (int i = 0; i < rounds; ++i) {
      std::vector<ConcurrencyLimit::Permit> permits;
      for (;;) {
        auto permit = limit.acquire({0});
        if (!permit) break;
        permits.push_back(std::move(permit));
      }
      const double load = std::max(1.0, static_cast<double>(permits.size()) / capacity);
      const Instant end{static_cast<std::int64_t>(1e7 * load)};
      for (auto& permit : permits) permit.finish(end);
    }
  };
  run(40, 30);
  const std::uint32_t found = limit.limit();
  EXPECT_GT(found, 30U);
  EXPECT_LT(found, 300U);
  run(4, 3);  // the server gets ten times slower
  EXPECT_LT(limit.limit(), found / 2);
}

}  // namespace
}  // namespace avila::ratelimit

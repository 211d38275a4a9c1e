#include <gtest/gtest.h>
#include <avila/pool/pool.hpp>
#include <avila_test/tools.hpp>

#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace avila;

/// Counts how many of its kind there are.
struct Thing {
  explicit Thing(std::atomic<int>& c, int n) : alive(c), number(n) { ++alive; }
  ~Thing() { --alive; }
  Thing(const Thing&) = delete;
  std::atomic<int>& alive;
  int number;
  bool good = true;
  int holder = 0;  // written without a lock by whoever has the lease: TSan watches
};
using Things = pool::Pool<Thing>;

struct Fixture {
  std::atomic<int> alive{0}, made{0};
  std::atomic<bool> fail{false};
  os::ManualClock clock;

  pool::Hooks<Thing> hooks() {
    pool::Hooks<Thing> h;
    h.make = [this]() -> Result<std::unique_ptr<Thing>> {
      if (fail) return Error(Errc::Unavailable, "no more things");
      return std::make_unique<Thing>(alive, ++made);
    };
    h.validate = [](Thing& t) { return t.good; };
    h.recycle = [](Thing& t) { return t.number > 0; };
    return h;
  }
  Things create(const pool::Options& options) {
    auto pool = Things::create(hooks(), options, clock);
    EXPECT_TRUE(pool.has_value());
    return std::move(*pool);
  }
};

TEST(Pool, LendsMakesAndTakesBack) {
  Fixture f;
  Things pool = f.create({.max_objects = 3, .preallocate = 1});
  EXPECT_EQ(f.alive, 1);
  {
    auto a = pool.try_acquire();
    ASSERT_TRUE(a.has_value());
    EXPECT_EQ((*a)->number, 1);
    auto b = pool.try_acquire(), c = pool.try_acquire();
    ASSERT_TRUE(b.has_value() && c.has_value());
    const auto none = pool.try_acquire();
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().code(), Errc::WouldBlock);
    b->release();
    EXPECT_EQ(b->get(), nullptr);
    auto again = pool.try_acquire();
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ((*again)->number, 2);
  }
  const pool::Stats stats = pool.stats();
  EXPECT_EQ(stats.acquired, 4U);
  EXPECT_EQ(stats.reused, 2U);
  EXPECT_EQ(stats.created, 3U);
  EXPECT_EQ(stats.idle, 3U);
  EXPECT_EQ(stats.in_use, 0U);
  EXPECT_EQ(stats.peak_in_use, 3U);
}

TEST(Pool, RefusesWrongOptions) {
  Fixture f;
  const auto code = [&](const pool::Options& options) {
    const auto pool = Things::create(f.hooks(), options, f.clock);
    return pool.has_value() ? Errc::Unknown : pool.error().code();
  };
  EXPECT_EQ(code({.max_objects = 0}), Errc::InvalidArgument);
  EXPECT_EQ(code({.max_objects = pool::kMaxObjects + 1}), Errc::InvalidArgument);
  EXPECT_EQ(code({.max_objects = 2, .preallocate = 3}), Errc::InvalidArgument);
  EXPECT_EQ(code({.shards = 0}), Errc::InvalidArgument);
  EXPECT_EQ(code({.shards = pool::kMaxShards + 1}), Errc::InvalidArgument);
  EXPECT_FALSE(Things::create({}, {}).has_value());
  f.fail = true;
  EXPECT_EQ(code({.preallocate = 1}), Errc::Unavailable);
  EXPECT_EQ(f.alive, 0);
}

TEST(Pool, AFailedMakeKeepsThePlaceFree) {
  Fixture f;
  Things pool = f.create({.max_objects = 1});
  f.fail = true;
  for (int i = 0; i < 3; ++i) {
    const auto lease = pool.acquire(milliseconds(1));
    ASSERT_FALSE(lease.has_value());
    EXPECT_EQ(lease.error().code(), Errc::Unavailable);
  }
  f.fail = false;
  EXPECT_TRUE(pool.try_acquire().has_value());
  EXPECT_EQ(pool.stats().make_failures, 3U);
}

TEST(Pool, HooksDecideWhatStays) {
  Fixture f;
  Things pool = f.create({.max_objects = 4, .preallocate = 3});
  {
    auto a = pool.try_acquire();
    (*a)->good = false;  // found out when it is lent the next time
    auto b = pool.try_acquire();
    (*b)->number = -1;  // found out when it comes back
    auto c = pool.try_acquire();
    c->discard();
  }
  EXPECT_EQ(f.alive, 1);
  EXPECT_EQ(pool.stats().discarded, 2U);
  auto next = pool.try_acquire();
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ((*next)->number, 4);
  EXPECT_EQ(pool.stats().invalid, 1U);
  EXPECT_EQ(pool.stats().destroyed, 3U);
}

TEST(Pool, EvictsByTheInjectedClockDownToMinIdle) {
  Fixture f;
  Things pool = f.create(
      {.max_objects = 8, .preallocate = 5, .min_idle = 2, .idle_limit = seconds(10), .shards = 3});
  f.clock.advance(seconds(9));
  EXPECT_EQ(pool.evict(), 0U);
  {
    auto young = pool.try_acquire();
  }  // its age begins anew
  f.clock.advance(seconds(1));
  EXPECT_EQ(pool.evict(), 3U);
  EXPECT_EQ(pool.stats().idle, 2U);
  EXPECT_EQ(pool.stats().evicted, 3U);
  EXPECT_EQ(f.alive, 2);
  f.clock.advance(hours(1));
  EXPECT_EQ(pool.evict(), 0U);
  Things in_passing = f.create({.max_objects = 4, .preallocate = 4, .idle_limit = seconds(1)});
  f.clock.advance(seconds(2));
  EXPECT_TRUE(in_passing.try_acquire().has_value());
  EXPECT_EQ(in_passing.stats().evicted, 4U);
}

TEST(Pool, KeepsAtMostMaxIdle) {
  Fixture f;
  Things pool = f.create({.max_objects = 6, .max_idle = 2});
  {
    std::vector<Things::Lease> leases;
    for (int i = 0; i < 6; ++i) leases.push_back(std::move(*pool.try_acquire()));
  }
  EXPECT_EQ(pool.stats().idle, 2U);
  EXPECT_EQ(f.alive, 2);
}

TEST(Pool, FindsObjectsOfOtherShards) {
  Fixture f;
  Things pool = f.create({.max_objects = 7, .preallocate = 7, .shards = 7});
  std::vector<Things::Lease> leases;
  for (int i = 0; i < 7; ++i) {
    auto lease = pool.try_acquire();
    ASSERT_TRUE(lease.has_value());
    leases.push_back(std::move(*lease));
  }
  EXPECT_EQ(f.made, 7);
  EXPECT_FALSE(pool.try_acquire().has_value());
}

TEST(Pool, LeasesMoveAndOutliveThePool) {
  Fixture f;
  auto pool = std::make_unique<Things>(f.create({.max_objects = 2}));
  auto a = pool->try_acquire(), b = pool->try_acquire();
  ASSERT_TRUE(a.has_value() && b.has_value());
  Things::Lease kept = std::move(*a);
  EXPECT_FALSE(static_cast<bool>(*a));
  kept = std::move(*b);  // the first goes back
  EXPECT_EQ(pool->stats().idle, 1U);
  pool.reset();
  EXPECT_EQ(f.alive, 1);
  EXPECT_EQ(kept->number, 2);
  kept.release();
  EXPECT_EQ(f.alive, 0);
}

TEST(Pool, WaitsTimesOutAndIsWoken) {
  Fixture f;
  Things pool = f.create({.max_objects = 1});
  auto lease = pool.acquire();
  ASSERT_TRUE(lease.has_value());
  const auto late = pool.acquire(milliseconds(10));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code(), Errc::TimedOut);
  EXPECT_EQ(pool.stats().timeouts, 1U);
  for (const bool discard : {false, true}) {
    std::atomic<bool> got{false};
    std::thread waiter([&] { got = pool.acquire().has_value(); });
    while (pool.stats().waits < (discard ? 3U : 2U)) std::this_thread::yield();
    EXPECT_FALSE(got);
    discard ? lease->discard() : lease->release();
    waiter.join();
    EXPECT_TRUE(got);
    lease = pool.acquire();
  }
}

TEST(Pool, CloseWakesWaitersAndEndsEverything) {
  Fixture f;
  Things pool = f.create({.max_objects = 2, .preallocate = 2});
  auto a = pool.try_acquire();
  auto b = pool.try_acquire();
  Errc code = Errc::Unknown;
  std::thread waiter([&] { code = pool.acquire().error().code(); });
  while (pool.stats().waits == 0) std::this_thread::yield();
  pool.close();
  waiter.join();
  EXPECT_EQ(code, Errc::Closed);
  EXPECT_EQ(pool.try_acquire().error().code(), Errc::Closed);
  EXPECT_EQ(f.alive, 2);
  a->release();
  b->release();
  EXPECT_EQ(f.alive, 0);
}

TEST(Pool, ManyThreadsNeverShareAnObject) {
  Fixture f;
  avila_test::for_each_seed(3, [&](std::uint64_t seed) {
    auto made = Things::create(f.hooks(), {.max_objects = 3, .shards = 2}, os::real_clock());
    ASSERT_TRUE(made.has_value());
    Things& pool = *made;
    std::atomic<int> shared{0}, failed{0};
    std::vector<std::thread> threads;
    for (int n = 1; n <= 6; ++n) {
      threads.emplace_back([&, n] {
        std::mt19937_64 random(seed * 100 + static_cast<std::uint64_t>(n));
        for (int i = 0; i < 1500; ++i) {
          auto lease = random() % 4 == 0 ? pool.try_acquire() : pool.acquire(seconds(60));
          if (!lease.has_value()) {
            failed += lease.error().code() != Errc::WouldBlock;
            continue;
          }
          Thing& thing = **lease;
          if (thing.holder != 0) ++shared;
          thing.holder = n;
          if (random() % 8 == 0) std::this_thread::yield();
          if (thing.holder != n) ++shared;
          thing.holder = 0;
          const std::uint64_t how = random() % 16;
          if (how == 0) lease->discard();
          if (how == 1) thing.good = false;
        }
      });
    }
    for (auto& t : threads) t.join();
    EXPECT_EQ(shared, 0);
    EXPECT_EQ(failed, 0);
    const pool::Stats stats = pool.stats();
    EXPECT_LE(stats.peak_in_use, 3U);
    EXPECT_EQ(stats.in_use, 0U);
    EXPECT_EQ(stats.created - stats.destroyed, stats.idle);
  });
  EXPECT_EQ(f.alive, 0);
}

}  // namespace

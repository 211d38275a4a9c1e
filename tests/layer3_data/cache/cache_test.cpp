#include <gtest/gtest.h>
#include <avila/cache/cache.hpp>

#include <atomic>
#include <cmath>
#include <map>
#include <thread>

namespace avila::cache {
namespace {

constexpr Policy kAll[] = {Policy::Lru, Policy::Lfu, Policy::Arc, Policy::TinyLfu};
CacheOptions one_shard(std::uint64_t capacity, Policy policy) {
  return {.capacity = capacity, .policy = policy, .shards = 1};
}
std::uint64_t next(std::uint64_t& s) {
  std::uint64_t z = (s += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

TEST(Cache, HoldsWhatWasPutUntilErased) {
  for (const Policy policy : kAll) {
    Cache<std::string, int> cache(one_shard(10, policy));
    EXPECT_EQ(cache.get("a"), nullptr);
    cache.put("a", 1);
    ASSERT_NE(cache.get("a"), nullptr);
    EXPECT_EQ(*cache.get("a"), 1);
    cache.put("a", 2);
    EXPECT_EQ(*cache.get("a"), 2);
    EXPECT_EQ(cache.stats().entries, 1U);
    EXPECT_TRUE(cache.erase("a"));
    EXPECT_FALSE(cache.erase("a"));
    EXPECT_EQ(cache.get("a"), nullptr);
  }
}

TEST(Cache, NeverExceedsItsWeightAndServesOnlyTheTruth) {
  for (const Policy policy : kAll) {
    Cache<int, int> cache({.capacity = 200, .policy = policy, .shards = 2});
    std::map<int, int> model;
    std::uint64_t s = 5;
    for (int i = 0; i < 50'000; ++i) {
      const int key = static_cast<int>(next(s) % 400);
      switch (next(s) % 8) {
        case 0: model.erase(key), cache.erase(key); break;
        case 1:
        case 2: cache.put(key, i, 1 + next(s) % 5), model[key] = i; break;
        default:
          if (const auto found = cache.get(key)) {
            ASSERT_TRUE(model.contains(key));
            ASSERT_EQ(*found, model[key]);
          }
      }
      ASSERT_LE(cache.stats().weight, 200U);
    }
    EXPECT_GT(cache.stats().hits, 1000U);
    EXPECT_GT(cache.stats().evictions, 1000U);
    cache.clear();
    EXPECT_EQ(cache.stats().entries, 0U);
    EXPECT_EQ(cache.stats().weight, 0U);
  }
}

TEST(Cache, TooHeavyEntriesAreNotKept) {
  for (const Policy policy : kAll) {
    Cache<int, int> cache(one_shard(10, policy));
    cache.put(1, 1);
    cache.put(2, 2, 11);
    EXPECT_EQ(cache.get(2), nullptr);
    EXPECT_NE(cache.get(1), nullptr);
    cache.put(3, 3, 10);
    EXPECT_LE(cache.stats().weight, 10U);
  }
}

TEST(Policy, LruDropsWhatWasNotUsedForLongest) {
  Cache<int, int> cache(one_shard(3, Policy::Lru));
  for (int i = 1; i <= 3; ++i) cache.put(i, i);
  (void)cache.get(1);
  cache.put(4, 4);
  EXPECT_EQ(cache.get(2), nullptr);
  EXPECT_NE(cache.get(1), nullptr);
}

TEST(Policy, LfuDropsWhatWasUsedLeast) {
  Cache<int, int> cache(one_shard(3, Policy::Lfu));
  for (int i = 1; i <= 3; ++i) cache.put(i, i);
  for (int i = 0; i < 3; ++i) (void)cache.get(1), (void)cache.get(3);
  cache.put(4, 4);
  EXPECT_EQ(cache.get(2), nullptr);
  cache.put(5, 5);
  EXPECT_EQ(cache.get(4), nullptr);
  EXPECT_NE(cache.get(1), nullptr);
}

/// Share of hits on Zipf-like keys, with scans of new keys in between.
double hit_ratio(Policy policy, bool scans) {
  Cache<std::uint64_t, int> cache(one_shard(500, policy));
  std::uint64_t s = 11, scan = 1'000'000, hits = 0, asked = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double u = static_cast<double>(next(s) >> 11) * 0x1p-53;
    const auto key = static_cast<std::uint64_t>(std::pow(20'000.0, u));
    ++asked;
    if (cache.get(key) != nullptr)
      ++hits;
    else
      cache.put(key, 0);
    if (scans && i % 2000 == 0)
      for (int k = 0; k < 1000; ++k)
        if (cache.get(++scan) == nullptr) cache.put(scan, 0);
  }
  return static_cast<double>(hits) / static_cast<double>(asked);
}

TEST(Policy, ArcAndTinyLfuResistScans) {
  const double lru = hit_ratio(Policy::Lru, true), arc = hit_ratio(Policy::Arc, true),
               tiny = hit_ratio(Policy::TinyLfu, true);
  std::printf("hits with scans: LRU %.3f, ARC %.3f, W-TinyLFU %.3f\n", lru, arc, tiny);
  EXPECT_GT(arc, lru + 0.02);
  EXPECT_GT(tiny, lru + 0.02);
  EXPECT_GT(hit_ratio(Policy::TinyLfu, false), hit_ratio(Policy::Lru, false));
}

TEST(Cache, EntriesExpire) {
  os::ManualClock clock;
  Cache<int, int> cache({.capacity = 10, .shards = 1, .ttl = seconds(10), .clock = &clock});
  cache.put(1, 1);
  cache.put(2, 2, 1, seconds(60));
  clock.advance(seconds(9));
  EXPECT_NE(cache.get(1), nullptr);
  clock.advance(seconds(1));
  EXPECT_EQ(cache.get(1), nullptr);
  EXPECT_NE(cache.get(2), nullptr);
  EXPECT_EQ(cache.stats().expired, 1U);
}

TEST(Cache, LoadsOnceForAllWhoAsk) {
  Cache<int, int> cache({.capacity = 100});
  std::atomic<int> loads{0}, waiting{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      ++waiting;
      const auto value = cache.get_or_load(7, [&]() -> Result<int> {
        while (waiting < 8) std::this_thread::yield();
        return ++loads * 10;
      });
      EXPECT_TRUE(value.has_value());
      if (value.has_value()) {
        EXPECT_EQ(**value, 10);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(loads, 1);
}

TEST(Cache, FailuresAreHandedOnAndNotKept) {
  Cache<int, int> cache;
  const auto failed =
      cache.get_or_load(1, []() -> Result<int> { return Error(Errc::Unavailable, "no database"); });
  ASSERT_FALSE(failed.has_value());
  EXPECT_TRUE(failed.error().is(Errc::Unavailable));
  const auto value = cache.get_or_load(1, []() -> Result<int> { return 5; });
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(**value, 5);
  EXPECT_EQ(cache.stats().load_failures, 1U);
}

TEST(Cache, ALoadDoesNotOverwriteAWriteThatCameMeanwhile) {
  Cache<int, int> cache({.capacity = 10, .shards = 1});
  const auto value = cache.get_or_load(1, [&]() -> Result<int> {
    cache.put(1, 2);  // another thread writes while the old value is on its way
    return 1;
  });
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*cache.get(1), 2);
}

}  // namespace
}  // namespace avila::cache

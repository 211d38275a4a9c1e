#include <gtest/gtest.h>

#include <avila/atom/atomic.hpp>
#include <avila/atom/fence.hpp>
#include <thread>
#include <vector>

namespace avila::atom {
namespace {

struct Pair {
  std::uint64_t a, b;
  bool operator==(const Pair&) const = default;
};
__extension__ typedef unsigned __int128 Wide;

template <class T>
class EveryWidth : public testing::Test {};
using Widths = testing::Types<std::uint8_t, std::int16_t, std::uint32_t, std::int64_t, Wide>;
TYPED_TEST_SUITE(EveryWidth, Widths);

TYPED_TEST(EveryWidth, HasTheSameFace) {
  using T = TypeParam;
  Atomic<T> x;
  EXPECT_TRUE(x.load() == T{0});
  x.store(5, kRelease);
  EXPECT_TRUE(x.exchange(6, kAcqRel) == T{5});
  T expected = 5;
  EXPECT_FALSE(x.compare_exchange_strong(expected, 9));
  EXPECT_TRUE(expected == T{6});
  while (!x.compare_exchange_weak(expected, 12, kAcqRel, kAcquire)) {
  }
  EXPECT_TRUE(x.fetch_add(3) == T{12});
  EXPECT_TRUE(x.fetch_sub(1) == T{15});
  EXPECT_TRUE(x.fetch_and(6) == T{14});
  EXPECT_TRUE(x.fetch_or(9) == T{6});
  EXPECT_TRUE(x.fetch_xor(1) == T{15});
  EXPECT_TRUE(x.fetch_max(20) == T{14});
  EXPECT_TRUE(x.fetch_max(3) == T{20});
  EXPECT_TRUE(x.fetch_min(7) == T{20});
  EXPECT_TRUE(x.fetch_update([](T old) { return static_cast<T>(old * 2); }) == T{7});
  const auto less_than_20 = [](T old) { return old < T{20}; };
  const auto plus_6 = [](T old) { return static_cast<T>(old + 6); };
  EXPECT_TRUE(x.update_if(less_than_20, plus_6));
  EXPECT_FALSE(x.update_if(less_than_20, plus_6));
  EXPECT_TRUE(x.load(kAcquire) == T{20});
}

TYPED_TEST(EveryWidth, LosesNothingBetweenThreads) {
  using T = TypeParam;
  Atomic<T> sum, most;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1000; ++i) {
        sum.fetch_add(1, kRelaxed);
        most.fetch_max(static_cast<T>((i * 3 + t) % 100), kRelaxed);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(sum.load() == static_cast<T>(3000));
  EXPECT_TRUE(most.load() == T{99});
}

TEST(WideAtomic, ReadsBothHalvesTogether) {
  Atomic<Pair> x(Pair{0, 0});
  static_assert(sizeof(x) == 16 && alignof(Atomic<Pair>) == 16);
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= 3000; ++i) x.store({i, ~i + 1});
  });
  for (int i = 0; i < 3000; ++i) {
    const Pair seen = x.load();
    ASSERT_EQ(seen.a + seen.b, 0U);
  }
  writer.join();
  EXPECT_EQ(x.load(), (Pair{3000, ~std::uint64_t{3000} + 1}));
}

TEST(WideAtomic, OrdersWhatIsWrittenBefore) {
  int data = 0;
  Atomic<Pair> flag(Pair{0, 0});
  std::thread writer([&] {
    data = 7;
    flag.store({1, 1}, kRelease);
  });
  Backoff backoff;
  while (flag.load(kAcquire).a == 0) backoff.pause();
  EXPECT_EQ(data, 7);
  writer.join();
}

TEST(Orders, PartsForLoadsAndStores) {
  EXPECT_EQ(load_part(kAcqRel), kAcquire);
  EXPECT_EQ(load_part(kRelease), kRelaxed);
  EXPECT_EQ(load_part(kSeqCst), kSeqCst);
  EXPECT_EQ(store_part(kAcqRel), kRelease);
  EXPECT_EQ(store_part(kAcquire), kRelaxed);
  EXPECT_EQ(store_part(kSeqCst), kSeqCst);
}

}  // namespace
}  // namespace avila::atom

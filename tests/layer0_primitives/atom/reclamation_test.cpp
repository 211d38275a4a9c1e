// Hazard pointers, epochs and the structures on them, with real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <avila/atom/epoch.hpp>
#include <avila/atom/hazard.hpp>
#include <avila/atom/lock_free_queue.hpp>
#include <avila/atom/lock_free_stack.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace avila::atom {
namespace {

template <class F>
void run_threads(int count, F&& work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back([&work, t] { work(t); });
  for (auto& thread : threads) thread.join();
}

constexpr int kEach = 30'000;  // values of each thread in the stress tests

std::atomic<int> alive{0};
struct Counted {
  explicit Counted(int n) noexcept : value(n) { alive.fetch_add(1); }
  ~Counted() {
    value = -1;
    alive.fetch_sub(1);
  }
  int value;
};

template <class Domain>
class Reclamation : public testing::Test {
 protected:
  void SetUp() override { alive = 0; }
};
using Domains = testing::Types<HazardDomain<>, EpochDomain<>>;
TYPED_TEST_SUITE(Reclamation, Domains);

TYPED_TEST(Reclamation, AHeldObjectLivesAndOneThatNobodyHoldsDoesNot) {
  TypeParam domain(1);
  std::atomic<Counted*> place{new Counted(1)};
  {
    typename TypeParam::Guard guard(domain);
    Counted* const held = guard.protect(place);
    place.store(nullptr);
    domain.retire(held);
    for (int i = 0; i < 5; ++i) domain.collect();
    EXPECT_EQ(held->value, 1);
    EXPECT_EQ(domain.pending(), 1U);
  }
  for (int i = 0; i < 3; ++i) domain.collect();
  EXPECT_EQ(alive.load(), 0);
  EXPECT_EQ(domain.pending(), 0U);
}

TYPED_TEST(Reclamation, TheDomainDestroysWhatIsLeftDestructorsThatRetireIncluded) {
  static std::atomic<int> destroyed;
  destroyed = 0;
  {
    TypeParam domain;
    struct Chain {
      TypeParam* domain;
      int length;
      ~Chain() {
        ++destroyed;
        if (length > 1) domain->retire(new Chain{domain, length - 1});
      }
    };
    domain.retire(new Chain{&domain, 200});
  }
  EXPECT_EQ(destroyed.load(), 200);
}

TYPED_TEST(Reclamation, ThreadsComeAndGo) {
  TypeParam domain(4);
  std::atomic<Counted*> place{new Counted(0)};
  for (int round = 0; round < 30; ++round)
    run_threads(3, [&](int t) {
      for (int i = 0; i < 20; ++i) {
        if (t == 0) {
          domain.retire(place.exchange(new Counted(i)));
        } else {
          typename TypeParam::Guard guard(domain);
          ASSERT_GE(guard.protect(place)->value, 0);
        }
      }
    });
  delete place.load();
  for (int i = 0; i < 3; ++i) domain.collect();  // adopts what the ended threads left
  EXPECT_EQ(alive.load(), 0);
}

TYPED_TEST(Reclamation, ADomainMayEndBeforeTheThreadsThatUsedIt) {
  std::vector<std::unique_ptr<TypeParam>> domains;
  for (int i = 0; i < 40; ++i) domains.push_back(std::make_unique<TypeParam>());
  std::atomic<int> stage{0};
  std::thread user([&] {
    for (auto& domain : domains) domain->retire(new Counted(1));
    stage = 1;
    Backoff backoff;
    while (stage.load() != 2) backoff.pause();
  });
  Backoff backoff;
  while (stage.load() != 1) backoff.pause();
  domains.clear();
  EXPECT_EQ(alive.load(), 0);
  stage = 2;
  user.join();
}

TYPED_TEST(Reclamation, ManyDomainsOfOneThreadAreKeptApart) {
  std::vector<std::unique_ptr<TypeParam>> domains;
  for (int i = 0; i < 3; ++i) domains.push_back(std::make_unique<TypeParam>());
  for (int round = 0; round < 5; ++round)
    for (int i = 0; i < 3; ++i)
      for (int k = 0; k <= i; ++k) domains[static_cast<std::size_t>(i)]->retire(new Counted(1));
  for (int i = 0; i < 3; ++i)
    EXPECT_LE(domains[static_cast<std::size_t>(i)]->pending(), static_cast<std::size_t>(5 * i + 5));
  domains.clear();
  EXPECT_EQ(alive.load(), 0);
}

TYPED_TEST(Reclamation, TheStackGivesEveryValueOnce) {
  TypeParam domain(8);
  LockFreeStack<std::unique_ptr<int>, TypeParam> stack(domain);
  std::vector<std::atomic<int>> seen(4 * kEach);
  std::atomic<int> popped{0};
  run_threads(4, [&](int t) {
    for (int i = 0; i < kEach; ++i) {
      stack.push(std::make_unique<int>(t * kEach + i));
      if (i % 3 == 0) continue;
      if (const auto value = stack.pop()) {
        seen[static_cast<std::size_t>(**value)].fetch_add(1);
        popped.fetch_add(1);
      }
    }
  });
  for (int rest = 4 * kEach - popped.load() - 5; rest > 0; --rest) {
    const auto value = stack.pop();
    ASSERT_TRUE(value.has_value());
    seen[static_cast<std::size_t>(**value)].fetch_add(1);
  }
  int once = 0;
  for (const auto& count : seen) {
    EXPECT_LE(count.load(), 1);
    once += count.load();
  }
  EXPECT_EQ(once, 4 * kEach - 5);  // five are left for the destructor
  EXPECT_FALSE(stack.empty());
}

TYPED_TEST(Reclamation, TheQueueKeepsTheOrderOfEachProducer) {
  TypeParam domain(8);
  LockFreeQueue<std::unique_ptr<int>, TypeParam> queue(domain);
  std::atomic<int> popped{0};
  run_threads(4, [&](int t) {
    if (t < 2) {
      for (int i = 0; i < kEach; ++i) queue.push(std::make_unique<int>(t * kEach + i));
      return;
    }
    int last[2] = {-1, -1};
    Backoff backoff;
    while (popped.load() < 2 * kEach - 10) {
      const auto value = queue.pop();
      if (!value.has_value()) {
        backoff.pause();
        continue;
      }
      popped.fetch_add(1);
      int& before = last[**value / kEach];
      ASSERT_LT(before, **value % kEach);
      before = **value % kEach;
    }
  });
  while (popped.load() < 2 * kEach - 5) {
    ASSERT_TRUE(queue.pop().has_value());
    ++popped;
  }
  EXPECT_FALSE(queue.empty());  // five are left for the destructor
}

TEST(HazardDomain, WhatStaysIsBoundedWhateverReadersDo) {
  alive = 0;
  HazardDomain<> domain;
  std::atomic<Counted*> place{new Counted(0)};
  HazardDomain<>::Guard guard(domain);
  Counted* const held = guard.protect(place);
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    domain.retire(place.exchange(new Counted(i)));
    most = std::max(most, domain.pending());
  }
  EXPECT_EQ(held->value, 0);
  EXPECT_LE(most, HazardDomain<>::kRetireThreshold + 2 * HazardDomain<>::kGuardsPerThread);
  delete place.load();
}

TEST(HazardDomain, GuardsShareTheSlotsOfTheirThread) {
  HazardDomain<StdPlatform, 2> domain;
  std::atomic<int*> place{nullptr};
  using Guard = HazardDomain<StdPlatform, 2>::Guard;
  const auto first = std::make_unique<Guard>(domain);
  {
    const Guard second(domain);
  }
  const Guard second(domain);
  EXPECT_EQ(first->protect(place), nullptr);
  EXPECT_DEATH(Guard(domain).reset(), "free != 0");
}

TEST(EpochDomain, PinsNestAndHoldTheEpoch) {
  EpochDomain<> domain;
  const std::uint64_t start = domain.epoch();
  int calls = 0;
  {
    const EpochDomain<>::Guard outer(domain);
    {
      const EpochDomain<>::Guard inner(domain);
    }
    domain.defer([&calls] { ++calls; });
    for (int i = 0; i < 5; ++i) domain.collect();
    EXPECT_EQ(domain.epoch(), start + 1);
    EXPECT_EQ(calls, 0);
  }
  domain.collect();
  EXPECT_EQ(domain.epoch(), start + 2);
  EXPECT_EQ(calls, 1);
}

TEST(GlobalDomains, ServeStructuresThatNameNone) {
  LockFreeStack<int> stack;
  LockFreeQueue<int, EpochDomain<>> queue;
  stack.push(1);
  queue.push(2);
  EXPECT_EQ(stack.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(stack.pop(), std::nullopt);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

}  // namespace
}  // namespace avila::atom

#include <gtest/gtest.h>

#include <atomic>
#include <avila/atom/atomic128.hpp>
#include <avila/atom/mpmc_queue.hpp>
#include <avila/atom/seq_lock.hpp>
#include <avila/atom/spin_lock.hpp>
#include <avila/atom/spsc_ring.hpp>
#include <avila/atom/treiber_stack.hpp>
#include <avila/atom/work_stealing_deque.hpp>
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

template <class Lock>
void exclude_each_other() {
  Lock lock;
  long counter = 0;  // not atomic on purpose: the lock is what orders it
  run_threads(3, [&](int) {
    for (int i = 0; i < 2000; ++i) {
      const Guard guard(lock);
      ++counter;
    }
  });
  EXPECT_EQ(counter, 6000);
  EXPECT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
}
TEST(SpinLock, Excludes) { exclude_each_other<SpinLock>(); }
TEST(TicketLock, Excludes) { exclude_each_other<TicketLock>(); }

TEST(SeqLock, ReadersNeverSeeATornValue) {
  struct Pair {
    std::uint64_t a, b, c;
  };
  SeqLock<Pair> lock(Pair{0, 0, 0});
  run_threads(3, [&](int t) {
    for (std::uint64_t i = 1; i <= 3000; ++i) {
      if (t == 0) {
        lock.store({i, i * 2, i * 3});
      } else {
        const Pair seen = lock.load();
        ASSERT_EQ(seen.b, seen.a * 2);
        ASSERT_EQ(seen.c, seen.a * 3);
      }
    }
  });
  EXPECT_EQ(lock.load().a, 3000U);
}

TEST(SpscRing, KeepsOrderAndKnowsFull) {
  SpscRing<std::unique_ptr<int>> ring(4);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(ring.push(std::make_unique<int>(i)));
  EXPECT_FALSE(ring.push(std::make_unique<int>(9)));
  EXPECT_EQ(ring.size(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(**ring.pop(), i);
  EXPECT_FALSE(ring.pop().has_value());
  ASSERT_TRUE(ring.push(std::make_unique<int>(5)));  // freed by the destructor
}

TEST(SpscRing, CarriesEverythingBetweenTwoThreads) {
  SpscRing<std::unique_ptr<int>> ring(8);
  run_threads(2, [&](int t) {
    Backoff backoff;
    for (int i = 0; i < 5000;) {
      if (t == 0) {
        if (ring.push(std::make_unique<int>(i))) {
          ++i;
          continue;
        }
      } else if (const auto value = ring.pop()) {
        ASSERT_EQ(**value, i++);
        continue;
      }
      backoff.pause();
    }
  });
}

TEST(MpmcQueue, EveryValueArrivesOnce) {
  MpmcQueue<std::unique_ptr<int>> queue(8);
  std::vector<std::atomic<int>> seen(4000);
  std::atomic<int> popped{0};
  run_threads(4, [&](int t) {
    Backoff backoff;
    if (t < 2) {
      for (int i = 0; i < 2000;) {
        if (queue.push(std::make_unique<int>(t * 2000 + i))) {
          ++i;
        } else {
          backoff.pause();
        }
      }
    } else {
      while (popped.load() < 4000) {
        if (const auto value = queue.pop()) {
          seen[static_cast<std::size_t>(**value)].fetch_add(1);
          popped.fetch_add(1);
        } else {
          backoff.pause();
        }
      }
    }
  });
  for (const auto& count : seen) EXPECT_EQ(count.load(), 1);
  EXPECT_FALSE(queue.pop().has_value());
}

struct Node {
  std::atomic<Node*> next{nullptr};
  int value = 0;
};
TEST(TreiberStack, EveryNodeIsTakenOnce) {
  TreiberStack<Node> stack;
  std::vector<Node> nodes(3000);
  std::atomic<int> taken{0};
  run_threads(3, [&](int t) {
    if (t < 2) {
      for (int i = 0; i < 1500; ++i) {
        Node& node = nodes[static_cast<std::size_t>(t * 1500 + i)];
        node.value = 1;
        stack.push(&node);
      }
    } else {
      while (taken.load() < 3000) {
        for (Node* node = stack.take_all(); node != nullptr;) {
          Node* const next = node->next.load(std::memory_order_relaxed);
          taken.fetch_add(node->value);
          node = next;
        }
        yield_thread();
      }
    }
  });
  EXPECT_TRUE(stack.empty());
  EXPECT_TRUE(stack.push(&nodes[0]));
  EXPECT_FALSE(stack.push(&nodes[1]));
}

TEST(WorkStealingDeque, TheOwnerTakesTheNewestThievesTheOldest) {
  WorkStealingDeque<int> deque(1);
  for (int i = 0; i < 10; ++i) deque.push(i);
  EXPECT_EQ(deque.size(), 10U);
  EXPECT_EQ(deque.pop(), 9);
  EXPECT_EQ(deque.steal(), 0);
  for (int i = 8; i >= 1; --i) EXPECT_EQ(deque.pop(), i);
  EXPECT_EQ(deque.pop(), std::nullopt);
  EXPECT_EQ(deque.steal(), std::nullopt);
}

TEST(WorkStealingDeque, EveryItemIsTakenOnce) {
  WorkStealingDeque<int*> deque(1);
  std::vector<int> items(4000);  // written before push, read by whoever takes: the deque orders it
  std::atomic<int> taken{0};
  run_threads(3, [&](int t) {
    if (t == 0) {
      for (auto& item : items) {
        item = 1;
        deque.push(&item);
        if (taken.load() % 3 == 0)
          if (const auto mine = deque.pop()) taken.fetch_add(**mine);
      }
      while (const auto mine = deque.pop()) taken.fetch_add(**mine);
    }
    while (taken.load() < 4000) {
      if (t == 0) {
        if (const auto mine = deque.pop()) taken.fetch_add(**mine);
      } else if (const auto stolen = deque.steal()) {
        taken.fetch_add(**stolen);
      }
      yield_thread();
    }
  });
  EXPECT_EQ(taken.load(), 4000);
}

TEST(Atomic128, ExchangesBothHalvesTogether) {
  Atomic128 value(Word128{1, 2});
  Word128 expected{1, 3};
  EXPECT_FALSE(value.compare_exchange(expected, {5, 6}));
  EXPECT_EQ(expected, (Word128{1, 2}));
  EXPECT_TRUE(value.compare_exchange(expected, {5, 6}));
  EXPECT_EQ(value.load(), (Word128{5, 6}));
  value.store({0, 0});
  run_threads(3, [&](int) {
    for (int i = 0; i < 1000; ++i) {
      Word128 seen = value.load();
      while (!value.compare_exchange(seen, {seen.low + 1, seen.high + 2})) {
      }
    }
  });
  EXPECT_EQ(value.load(), (Word128{3000, 6000}));
}

static_assert(alignof(CachePadded<int>) == kCacheLineBytes);
static_assert(sizeof(CachePadded<int>) == kCacheLineBytes);

}  // namespace
}  // namespace avila::atom

// Blocks that cross threads, threads that come and go, and fork between them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <avila/alloc/heap.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "lock.hpp"

namespace {

using namespace avila::alloc;

struct Item {
  std::uint64_t check;
  std::uint32_t size;
  bool good() const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(this);
    return check == size * 0x9E3779B97F4A7C15U && bytes[size - 1] == (size & 0xFF);
  }
};
Item* make_item(std::uint64_t n) {
  const auto size = static_cast<std::uint32_t>(24 + n * 37 % 900 + (n % 97 == 0 ? 40000 : 0));
  auto* item = static_cast<Item*>(allocate(size));
  if (item == nullptr) return nullptr;
  *item = {size * 0x9E3779B97F4A7C15U, size};
  reinterpret_cast<unsigned char*>(item)[size - 1] = static_cast<unsigned char>(size);
  return item;
}

TEST(Threads, ProducersAllocateConsumersFree) {
  std::array<std::atomic<Item*>, 1024> ring{};
  constexpr std::uint64_t kItems = 60'000;
  std::atomic<std::uint64_t> bad{0};
  const auto produce = [&](unsigned lane) {
    for (std::uint64_t i = lane; i < kItems; i += 2) {
      Item* item = make_item(i);
      while (ring[i % ring.size()].load(std::memory_order_acquire) != nullptr)
        std::this_thread::yield();
      ring[i % ring.size()].store(item, std::memory_order_release);
    }
  };
  const auto consume = [&](unsigned lane) {
    for (std::uint64_t i = lane; i < kItems; i += 2) {
      Item* item = nullptr;
      while ((item = ring[i % ring.size()].load(std::memory_order_acquire)) == nullptr)
        std::this_thread::yield();
      ring[i % ring.size()].store(nullptr, std::memory_order_release);
      if (!item->good()) ++bad;
      deallocate(item);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned lane = 0; lane < 2; ++lane) {
    threads.emplace_back(produce, lane);
    threads.emplace_back(consume, lane);
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(bad, 0U);
}

TEST(Threads, EachTouchesOnlyItsOwnBlocks) {
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (unsigned n = 0; n < 4; ++n) {
    threads.emplace_back([&bad, n] {
      std::vector<std::pair<unsigned char*, std::size_t>> slots(300);
      std::uint64_t x = n + 1;
      for (int i = 0; i < 20000; ++i) {
        x = x * 6364136223846793005U + 1442695040888963407U;
        auto& [p, size] = slots[(x >> 33) % slots.size()];
        if (p != nullptr && (p[0] != n || p[size - 1] != n)) ++bad;
        deallocate(p);
        size = 1 + (x >> 40) % 2000;
        p = static_cast<unsigned char*>(allocate(size));
        p[0] = p[size - 1] = static_cast<unsigned char>(n);
      }
      for (auto& [p, size] : slots) deallocate(p);
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(bad, 0);
}

TEST(Threads, ThatAreGoneLeaveNothingBehind) {
  const auto once = [] {
    std::thread([] {
      std::vector<void*> blocks;
      for (int i = 0; i < 2000; ++i) blocks.push_back(allocate(64 + i % 1000));
      for (void* p : blocks) deallocate(p);
    }).join();
  };
  for (int i = 0; i < 20; ++i) once();
  const std::size_t before = process_stats().used_bytes;
  for (int i = 0; i < 200; ++i) once();
  EXPECT_LE(process_stats().used_bytes, before + (1 << 20));
}

TEST(Threads, BlocksOutliveTheirThread) {
  std::vector<Item*> items(3000);
  std::thread([&] {
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = make_item(i);
  }).join();
  for (Item* item : items) {
    EXPECT_TRUE(item->good());
    deallocate(item);
  }
}

struct FreesAtTheEnd {
  void* block = nullptr;
  ~FreesAtTheEnd() {  // runs while the thread's other storage is torn down
    deallocate(block);
    deallocate(allocate(100));
  }
};

TEST(Threads, AllocateInDestructorsOfThreadLocals) {
  static thread_local FreesAtTheEnd local;
  for (int i = 0; i < 10; ++i) {
    std::thread([] {
      local.block = allocate(500);
      EXPECT_NE(local.block, nullptr);
    }).join();
  }
}

TEST(Threads, CachesOfOneHeap) {
  Heap heap;
  std::vector<void*> crossed(4000);
  std::thread maker([&] {
    Heap::Cache cache(heap);
    for (std::size_t i = 0; i < crossed.size(); ++i) {
      crossed[i] = cache.allocate(16 + i % 700);
      std::memset(crossed[i], 7, 16);
    }
  });
  maker.join();
  std::vector<std::thread> takers;
  for (unsigned n = 0; n < 2; ++n) {
    takers.emplace_back([&, n] {
      Heap::Cache cache(heap);
      for (std::size_t i = n; i < crossed.size(); i += 2) {
        cache.deallocate(crossed[i]);
        cache.deallocate(cache.allocate(16 + i % 300));
      }
    });
  }
  for (auto& t : takers) t.join();
  heap.purge();
  EXPECT_EQ(heap.stats().used_bytes, 0U);
}

TEST(Lock, KeepsThreadsApart) {
  detail::Lock lock;
  std::uint64_t count = 0;  // not atomic: the lock must do
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        const detail::LockGuard guard(lock);
        ++count;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(count, 80'000U);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AVILA_TSAN 1  // its own run-time does not follow a fork with threads
#endif
#endif
#ifndef AVILA_TSAN
TEST(Threads, ForkWhileOthersAllocate) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned n = 0; n < 2; ++n) {
    threads.emplace_back([&stop, n] {
      std::uint64_t x = n;
      while (!stop) {
        x = x * 6364136223846793005U + 1442695040888963407U;
        std::array<void*, 40> blocks{};
        for (void*& p : blocks) p = allocate((x >> 30) % 300000 % (1 + (x >> 50)));
        for (void* p : blocks) deallocate(p);
      }
    });
  }
  int good = 0;
  for (int i = 0; i < 30; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // a lock that nobody lets go would hang here
      for (std::size_t size = 1; size < 2'000'000; size = size * 3 / 2 + 1) {
        void* p = allocate(size);
        if (p == nullptr) ::_exit(2);
        std::memset(p, 1, size);
        deallocate(p);
      }
      purge();
      ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  stop = true;
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 30);
}
#endif

}  // namespace

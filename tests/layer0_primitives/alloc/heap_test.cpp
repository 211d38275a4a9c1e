#include <gtest/gtest.h>
#include <unistd.h>
#include <avila/alloc/heap.hpp>
#include <avila_test/tools.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "os_memory.hpp"
#include "size_class.hpp"

namespace {

using namespace avila::alloc;
namespace detail = avila::alloc::detail;

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

/// Bytes that tell one block from another; of a long one, its first and last kEdge, and one each
/// kStride between.
constexpr std::size_t kEdge = 512, kStride = 1021;
unsigned char mark(std::uint64_t id, std::size_t at) {
  return static_cast<unsigned char>(id * 131 + at * 7 + (at >> 8));
}
std::size_t after(std::size_t at, std::size_t size) {
  const std::size_t next = at < kEdge ? at + 1 : at + kStride;
  return next + kEdge < size || at + kEdge >= size ? (at + kEdge >= size ? at + 1 : next)
                                                   : std::max(at + 1, size - kEdge);
}
void fill(void* block, std::size_t size, std::uint64_t id) {
  auto* bytes = static_cast<unsigned char*>(block);
  for (std::size_t i = 0; i < size; i = after(i, size)) bytes[i] = mark(id, i);
}
/// Whether the first `part` bytes are those of fill(block, size, id).
bool holds(const void* block, std::size_t size, std::uint64_t id, std::size_t part = SIZE_MAX) {
  const auto* bytes = static_cast<const unsigned char*>(block);
  for (std::size_t i = 0; i < size && i < part; i = after(i, size))
    if (bytes[i] != mark(id, i)) return false;
  return true;
}

TEST(SizeClass, EverySizeFitsItsClassAndTheOneBelowIsTooSmall) {
  for (std::size_t size = 1; size <= detail::kMaxSmall; ++size) {
    const unsigned index = detail::size_class(size);
    ASSERT_EQ(index, detail::compute_class(size));
    ASSERT_GE(detail::class_size(index), size);
    ASSERT_TRUE(index == 0 || detail::class_size(index - 1) < size);
    ASSERT_TRUE(size <= 256 || detail::class_size(index) * 8 <= size * 9);  // 12.5 % at most
  }
  EXPECT_EQ(detail::size_class(0), 0U);
}

TEST(SizeClass, SlabsHoldSeveralBlocksAndLeaveLittleOver) {
  for (unsigned i = 0; i < detail::kClasses; ++i) {
    const std::size_t bytes = detail::slab_slices(i) * detail::kSliceSize;
    EXPECT_GE(bytes / detail::class_size(i), 4U);
    EXPECT_LE(bytes % detail::class_size(i), bytes / 32);
  }
}

TEST(Process, BlocksAreAlignedAndDoNotOverlap) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t size : {0U, 1U, 8U, 16U, 17U, 100U, 256U, 257U, 1024U, 1025U, 4096U, 65536U,
                           262144U, 262145U, 1000000U, 16777216U, 16777217U, 40000000U}) {
    for (int i = 0; i < 3; ++i) {
      auto* p = static_cast<unsigned char*>(allocate(size));
      ASSERT_NE(p, nullptr);
      EXPECT_EQ(address(p) % kMinAlignment, 0U);
      EXPECT_GE(usable_size(p), size);
      for (const auto& [other, length] : blocks)
        EXPECT_TRUE(p + size <= other || other + length <= p);
      blocks.emplace_back(p, size);
      std::memset(p, 0xA5, usable_size(p));
    }
  }
  for (const auto& [p, size] : blocks) deallocate(p);
}

TEST(Process, AlignedBlocksOfEveryAlignment) {
  for (std::size_t align = 1; align <= std::size_t{128} << 20; align *= 2) {
    for (const std::size_t size : {std::size_t{1}, align / 2 + 1, align, std::size_t{300000}}) {
      void* a = allocate_aligned(size, align);
      void* b = allocate_aligned(size, align);
      ASSERT_NE(a, nullptr) << size << " at " << align;
      ASSERT_NE(b, nullptr);
      EXPECT_EQ(address(a) % align, 0U);
      EXPECT_EQ(address(b) % align, 0U);
      EXPECT_GE(usable_size(a), size);
      static_cast<char*>(a)[0] = static_cast<char*>(a)[size - 1] = 'x';
      deallocate(a);
      deallocate(b);
    }
  }
}

TEST(Process, ZeroedIsZeroAlsoInUsedMemory) {
  for (const std::size_t size : {24U, 1000U, 70000U, 300000U, 5000000U, 20000000U}) {
    for (int round = 0; round < 3; ++round) {
      auto* p = static_cast<unsigned char*>(allocate_zeroed(1, size));
      ASSERT_NE(p, nullptr);
      ASSERT_TRUE(p[0] == 0 && std::memcmp(p, p + 1, size - 1) == 0) << size;
      std::memset(p, 0xFF, size);
      deallocate(p);
    }
  }
}

TEST(Process, RefusesAbsurdSizesWithEnomem) {
  // Through volatile: the compiler knows that these cannot work, and says so.
  volatile std::size_t huge = SIZE_MAX;
  for (const std::size_t size : {huge, huge / 2 + 1, huge - 4095, huge / 2}) {
    errno = 0;
    EXPECT_EQ(allocate(size), nullptr);
    EXPECT_EQ(errno, ENOMEM);
  }
  errno = 0;
  EXPECT_EQ(allocate_zeroed(huge / 2, 3), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  void* p = allocate(100);
  fill(p, 100, 1);
  errno = 0;
  EXPECT_EQ(reallocate(p, huge), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_TRUE(holds(p, 100, 1));  // the old block stays
  deallocate(p);
  errno = 0;
  EXPECT_EQ(allocate_aligned(16, std::size_t{1} << 63), nullptr);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(Process, ReallocateKeepsTheContentThroughEverySize) {
  void* p = nullptr;
  std::size_t size = 0;
  for (const std::size_t next : {1U, 100U, 5000U, 300000U, 400000U, 3000000U, 17000000U, 50000000U,
                                 90000000U, 20000000U, 15000000U, 700000U, 300000U, 100U, 10U}) {
    p = reallocate(p, next);
    ASSERT_NE(p, nullptr);
    ASSERT_TRUE(holds(p, size, 9, next)) << size << " to " << next;
    fill(p, next, 9);
    size = next;
  }
  deallocate(p);
}

TEST(Process, HugeBlocksGrowByMovingPagesNotBytes) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  auto* p = static_cast<unsigned char*>(allocate(64 * kMiB));
  ASSERT_NE(p, nullptr);
  p[0] = 1, p[64 * kMiB - 1] = 2;
  for (std::size_t size = 128 * kMiB; size <= 1024 * kMiB; size *= 2) {
    p = static_cast<unsigned char*>(reallocate(p, size));
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(p[0], 1);
    EXPECT_EQ(p[64 * kMiB - 1], 2);
    EXPECT_EQ(p[size - 1], 0);  // what came along was never touched
  }
  deallocate(p);
}

/// Random work against a model that knows what each block must hold.
template <class Allocate, class Reallocate, class Free>
void random_work(std::uint64_t seed, int steps, Allocate get, Reallocate resize, Free give) {
  struct Entry {
    void* block;
    std::size_t size;
    std::uint64_t id;
  };
  std::mt19937_64 random(seed);
  std::vector<Entry> model;
  const auto random_size = [&] {
    const unsigned log = static_cast<unsigned>(random() % 64);
    const unsigned bits = log < 60 ? log % 13 : 13 + log % 8;  // some large ones
    return static_cast<std::size_t>(random() & ((std::uint64_t{1} << bits) * 2 - 1));
  };
  for (int step = 0; step < steps; ++step) {
    const unsigned what = static_cast<unsigned>(random() % 10);
    if (model.empty() || what < 5) {
      Entry e{nullptr, random_size(), random()};
      const std::size_t align = std::size_t{1} << (random() % 8 == 0 ? random() % 14 : 4);
      e.block = get(e.size, align);
      ASSERT_NE(e.block, nullptr);
      ASSERT_EQ(address(e.block) % align, 0U);
      fill(e.block, e.size, e.id);
      model.push_back(e);
      continue;
    }
    Entry& e = model[random() % model.size()];
    ASSERT_TRUE(holds(e.block, e.size, e.id)) << "step " << step;
    if (what < 7) {
      const std::size_t size = random_size();
      e.block = resize(e.block, size);
      ASSERT_NE(e.block, nullptr);
      ASSERT_TRUE(holds(e.block, e.size, e.id, size)) << "step " << step;
      e.size = size;
      fill(e.block, e.size, e.id);
    } else {
      give(e.block);
      e = model.back();
      model.pop_back();
    }
  }
  for (const Entry& e : model) {
    EXPECT_TRUE(holds(e.block, e.size, e.id));
    give(e.block);
  }
}

TEST(Process, RandomWorkAgainstAModel) {
  avila_test::for_each_seed(4, [](std::uint64_t seed) {
    random_work(
        seed, 8000,
        [](std::size_t size, std::size_t align) { return allocate_aligned(size, align); },
        [](void* p, std::size_t size) { return reallocate(p, size); },
        [](void* p) { deallocate(p); });
  });
}

TEST(Heap, RandomWorkAgainstAModel) {
  avila_test::for_each_seed(3, [](std::uint64_t seed) {
    Heap heap({.decay_ms = 0});  // everything free goes back at once: the other extreme
    random_work(
        seed, 6000, [&](std::size_t size, std::size_t align) { return heap.allocate(size, align); },
        [&](void* p, std::size_t size) { return heap.reallocate(p, size); },
        [&](void* p) { heap.deallocate(p); });
    heap.purge();
    EXPECT_EQ(heap.stats().used_bytes, 0U);
  });
}

TEST(Heap, PurgeGivesEverythingBack) {
  Heap heap({.decay_ms = 1'000'000});
  std::vector<void*> blocks;
  for (int i = 0; i < 20000; ++i) {
    blocks.push_back(heap.allocate(1000));
    std::memset(blocks.back(), 1, 1000);
  }
  EXPECT_GE(heap.stats().used_bytes, 20'000'000U);
  for (void* p : blocks) heap.deallocate(p);
  EXPECT_EQ(heap.stats().returned_bytes, 0U);
  heap.purge();
  EXPECT_EQ(heap.stats().used_bytes, 0U);
  EXPECT_GE(heap.stats().returned_bytes, 20'000'000U);
}

TEST(Heap, FreePagesGoBackAfterAWhile) {
  Heap heap({.decay_ms = 40});
  std::vector<void*> blocks;
  for (int i = 0; i < 50; ++i) {
    blocks.push_back(heap.allocate(1'000'000));
    std::memset(blocks.back(), 1, 1'000'000);
  }
  const std::uint64_t start = detail::os::now_ms();
  for (void* p : blocks) heap.deallocate(p);
  const std::size_t at_once = heap.stats().returned_bytes;
  const bool fast = detail::os::now_ms() - start < 40;
  EXPECT_TRUE(!fast || at_once == 0);
  while (detail::os::now_ms() - start < 100) usleep(5000);
  heap.deallocate(heap.allocate(1'000'000));  // some later call does it
  EXPECT_GE(heap.stats().returned_bytes, 45'000'000U);
}

TEST(Heap, KeepsItsLimit) {
  Heap heap({.max_bytes = std::size_t{100} << 20});
  std::vector<void*> blocks;
  while (void* p = heap.allocate(std::size_t{1} << 20)) {
    blocks.push_back(p);
    ASSERT_LT(blocks.size(), 200U);
  }
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_GT(blocks.size(), 60U);
  EXPECT_LE(heap.stats().mapped_bytes, std::size_t{200} << 20);
  EXPECT_EQ(heap.allocate(std::size_t{120} << 20), nullptr);
  heap.deallocate(blocks.back());
  blocks.back() = heap.allocate(std::size_t{1} << 20);
  EXPECT_NE(blocks.back(), nullptr);
}

TEST(Heap, FreesWhatIsLeftInItAndIsApartFromOthers) {
  Heap a;
  {
    Heap b;
    for (const std::size_t size : {10U, 1000U, 100000U, 1000000U, 30000000U})
      ASSERT_NE(b.allocate(size), nullptr);
    EXPECT_EQ(a.stats().mapped_bytes, 0U);
    EXPECT_GT(b.stats().huge_bytes, 29'000'000U);
  }
  EXPECT_NE(a.allocate(10), nullptr);
}

TEST(Heap, CacheAndHeapTakeEachOthersBlocks) {
  Heap heap;
  {
    Heap::Cache cache(heap), other(heap);
    std::vector<void*> blocks;
    for (int i = 0; i < 5000; ++i) {
      blocks.push_back(i % 3 == 0 ? heap.allocate(40 + i % 500) : cache.allocate(40 + i % 500));
      ASSERT_NE(blocks.back(), nullptr);
      std::memset(blocks.back(), i, 40);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (i % 2 == 0)
        other.deallocate(blocks[i]);
      else if (i % 3 == 0)
        cache.deallocate(blocks[i]);
      else
        heap.deallocate(blocks[i]);
    }
    other.flush();
  }
  heap.purge();
  EXPECT_EQ(heap.stats().used_bytes, 0U);
}

TEST(HeapDeathTest, NamesDoubleFreesAndForeignPointers) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Heap heap;
  void* p = heap.allocate(64);
  void* keep = heap.allocate(64);
  EXPECT_NE(p, keep);
  EXPECT_DEATH(
      {
        heap.deallocate(p);
        heap.purge();
        heap.deallocate(p);
        heap.purge();
      },
      "avila_malloc: double free");
  EXPECT_DEATH(
      {
        heap.deallocate(static_cast<char*>(keep) + 16);
        heap.purge();
      },
      "middle of a block");
  Heap other;
  EXPECT_DEATH(other.deallocate(p), "did not give out");
}

TEST(OsMemory, AlignsMovesAndDiscards) {
  namespace os = detail::os;
  constexpr std::size_t kSize = 3 << 20, kAlign = 4 << 20;
  auto* p = static_cast<unsigned char*>(os::map_aligned(kSize, kAlign, os::kPage));
  ASSERT_NE(p, nullptr);
  EXPECT_EQ((address(p) + os::kPage) % kAlign, 0U);
  p[0] = 1;
  p[kSize - 1] = 2;
  p = static_cast<unsigned char*>(os::remap(p, kSize, 4 * kSize, kAlign, os::kPage));
  if (p == nullptr) GTEST_SKIP() << "no mremap";
  EXPECT_EQ((address(p) + os::kPage) % kAlign, 0U);
  EXPECT_EQ(p[0] + p[kSize - 1], 3);
  os::discard(p, 4 * kSize);
  EXPECT_EQ(p[0] + p[kSize - 1], 0);
  os::unmap(p, 4 * kSize);
}

}  // namespace

// Bump, arena, slab, and the pmr resources over them.
#include <gtest/gtest.h>
#include <avila/alloc/arena.hpp>
#include <avila/alloc/bump.hpp>
#include <avila/alloc/resource.hpp>
#include <avila/alloc/slab.hpp>
#include <avila/alloc/tracking.hpp>
#include <avila_test/tools.hpp>

#include <cstdint>
#include <cstring>
#include <list>
#include <map>
#include <memory_resource>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace avila::alloc;

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

TEST(Bump, AlignsRefusesAndRewinds) {
  alignas(64) unsigned char memory[256];
  Bump bump(memory);
  EXPECT_EQ(bump.allocate(1, 1), memory);
  void* b = bump.allocate(8, 32);
  EXPECT_EQ(b, memory + 32);
  EXPECT_EQ(bump.allocate(217, 1), nullptr);  // 216 are left
  EXPECT_EQ(bump.used(), 40U);
  const Bump::Mark mark = bump.mark();
  EXPECT_NE(bump.allocate(216, 1), nullptr);
  EXPECT_EQ(bump.remaining(), 0U);
  EXPECT_EQ(bump.allocate(1, 1), nullptr);
  EXPECT_NE(bump.allocate(0, 1), nullptr);
  bump.rewind(mark);
  EXPECT_EQ(bump.used(), 40U);
  EXPECT_EQ(bump.allocate(SIZE_MAX, 16), nullptr);
  EXPECT_EQ(bump.allocate(1, 4096 * 4), nullptr);
  bump.reset();
  EXPECT_EQ(bump.remaining(), sizeof memory);
  EXPECT_EQ(Bump().allocate(1), nullptr);
}

TEST(Bump, ResizesTheLastBlockOnly) {
  unsigned char memory[128];
  Bump bump(memory);
  void* a = bump.allocate(10, 1);
  EXPECT_TRUE(bump.resize(a, 20));
  void* b = bump.allocate(10, 1);
  EXPECT_FALSE(bump.resize(a, 30));
  EXPECT_TRUE(bump.resize(b, 108));
  EXPECT_FALSE(bump.resize(b, 109));
  EXPECT_TRUE(bump.resize(b, 1));
  EXPECT_EQ(bump.used(), 21U);
  struct Point {
    int x, y;
  };
  const Point* p = bump.create<Point>(3, 4);
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->x + p->y, 7);
  EXPECT_TRUE(bump.contains(p));
  EXPECT_FALSE(bump.contains(memory + 100));
}

TEST(Bump, CompilesFreestanding) {
  AVILA_REQUIRE_PROGRAM("g++");
  const avila_test::TempDir folder;
  const auto result = avila_test::run_command(
      "cd " + folder.path() +
      " && printf '%s\\n' '#include <avila/alloc/bump.hpp>' 'static unsigned char m[4096];'"
      " 'struct P { int x; };' 'extern \"C\" void _start() { avila::alloc::Bump b(m);"
      " P* p = b.create<P>(1); b.reset(); for (;;) p->x++; }' > k.cpp"
      " && g++ -std=c++20 -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -nostartfiles -static"
      " -fno-exceptions -fno-rtti -I" AVILA_SOURCE_DIR
      "/layer0_primitives/alloc/include k.cpp -o k 2>&1");
  EXPECT_EQ(result.status, 0) << result.out;
}

TEST(Arena, GrowsReusesAndIsEmptyAfterReset) {
  Arena arena({.first_chunk = 256, .max_chunk = 4096});
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t i = 0; i < 400; ++i) {
    const std::size_t size = i * 29 % 700, align = std::size_t{1} << (i % 8);
    auto* p = static_cast<unsigned char*>(arena.allocate(size, align));
    ASSERT_NE(p, nullptr);
    ASSERT_EQ(address(p) % align, 0U);
    std::memset(p, static_cast<int>(i), size);
    blocks.emplace_back(p, size);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i)
    for (std::size_t k = 0; k < blocks[i].second; ++k)
      ASSERT_EQ(blocks[i].first[k], static_cast<unsigned char>(i));
  EXPECT_NE(arena.allocate(1 << 20), nullptr);  // larger than a chunk
  EXPECT_GT(arena.chunk_count(), 10U);
  arena.reset();
  EXPECT_EQ(arena.chunk_count(), 1U);
  arena.release();
  EXPECT_EQ(arena.chunk_bytes(), 0U);
  EXPECT_NE(arena.allocate(8), nullptr);
}

TEST(Arena, PoolsServeTheNextBlockOfTheirSize) {
  Arena arena;
  void* a = arena.allocate(40);
  void* b = arena.allocate(48);
  arena.deallocate(a, 40);
  arena.deallocate(b, 48);
  EXPECT_EQ(arena.allocate(33), b);  // all of 33…48 share a pool, newest first
  EXPECT_EQ(arena.allocate(48), a);
  EXPECT_NE(arena.allocate(48), a);
  const std::size_t before = arena.chunk_bytes();
  for (int i = 0; i < 100000; ++i) arena.deallocate(arena.allocate(500), 500);
  EXPECT_LE(arena.chunk_bytes(), before + 8192);
  arena.deallocate(nullptr, 8);
}

TEST(Arena, RunsDestructorsNewestFirstAndKeepsItsLimit) {
  std::string order;
  struct Speaks {
    std::string& order;
    char name;
    ~Speaks() { order += name; }
  };
  {
    Arena arena;
    for (const char name : {'a', 'b', 'c'}) ASSERT_NE(arena.create<Speaks>(order, name), nullptr);
    arena.reset();
    EXPECT_EQ(order, "cba");
    ASSERT_NE(arena.create<Speaks>(order, 'd'), nullptr);
  }
  EXPECT_EQ(order, "cbad");
  Arena small({.first_chunk = 1024, .max_bytes = 4096});
  std::size_t got = 0;
  while (small.allocate(100) != nullptr) ASSERT_LT(++got, 100U);
  EXPECT_GT(got, 25U);
  EXPECT_LE(small.chunk_bytes(), 4096U);
  EXPECT_EQ(small.allocate(SIZE_MAX - 5), nullptr);
}

TEST(Slab, PacksObjectsAndGivesRunsBack) {
  Slab slab(48, 16);
  std::set<void*> live;
  std::mt19937 random(5);
  for (int i = 0; i < 10000; ++i) {
    void* p = slab.allocate();
    ASSERT_NE(p, nullptr);
    ASSERT_EQ(address(p) % 16, 0U);
    ASSERT_TRUE(live.insert(p).second);
    std::memset(p, 0x5A, 48);
    if (random() % 3 == 0) {
      slab.deallocate(*live.begin());
      live.erase(live.begin());
    }
  }
  for (auto it = live.begin(), next = it; it != live.end(); it = next) {
    next = std::next(it);
    EXPECT_TRUE(next == live.end() || address(*next) - address(*it) >= 48U);
  }
  EXPECT_EQ(slab.live(), live.size());
  EXPECT_LE(slab.runs() * Slab::kRunBytes, live.size() * 48 * 2 + 2 * Slab::kRunBytes);
  for (void* p : live) slab.deallocate(p);
  EXPECT_EQ(slab.live(), 0U);
  EXPECT_LE(slab.runs(), 1U);
}

TEST(Slab, RefusesWhatItCannotHold) {
  EXPECT_EQ(Slab(0, 8).allocate(), nullptr);
  EXPECT_EQ(Slab(Slab::kMaxObject + 1, 8).allocate(), nullptr);
  EXPECT_EQ(Slab(8, 3).allocate(), nullptr);
  EXPECT_EQ(Slab(8, 8192).allocate(), nullptr);
  Slab two(100, 8, 2);
  void* a = two.allocate();
  EXPECT_NE(a, nullptr);
  EXPECT_NE(two.allocate(), nullptr);
  EXPECT_EQ(two.allocate(), nullptr);
  two.deallocate(a);
  EXPECT_EQ(two.allocate(), a);
  Slab wide(5000, 4096);
  EXPECT_EQ(address(wide.allocate()) % 4096, 0U);
  EXPECT_EQ(address(wide.allocate()) % 4096, 0U);
}

TEST(ObjectSlab, ConstructsDestroysAndSurvivesThrowingConstructors) {
  struct Node {
    explicit Node(int number) : text(40, 'x'), value(number) {
      if (number < 0) throw std::runtime_error("negative");
    }
    std::string text;
    int value;
  };
  ObjectSlab<Node> slab;
  Node* n = slab.create(7);
  ASSERT_NE(n, nullptr);
  EXPECT_EQ(n->value, 7);
  EXPECT_THROW((void)slab.create(-1), std::runtime_error);
  EXPECT_EQ(slab.live(), 1U);
  slab.destroy(n);
  slab.destroy(nullptr);
  EXPECT_EQ(slab.live(), 0U);
}

/// What a container does to its resource.
void use(std::pmr::memory_resource& resource) {
  std::pmr::map<int, std::pmr::string> map(&resource);
  std::pmr::list<std::pmr::vector<int>> list(&resource);
  for (int i = 0; i < 500; ++i) {
    map[i * 7 % 500] = std::pmr::string(static_cast<std::size_t>(i), 'a');
    list.emplace_back(static_cast<std::size_t>(i), i);
    if (i % 3 == 0) map.erase(i / 2);
    if (i % 4 == 0) list.pop_front();
  }
  for (const auto& [key, text] : map) ASSERT_EQ(text.find_first_not_of('a'), std::string::npos);
  for (const auto& numbers : list)
    for (const int n : numbers) ASSERT_EQ(static_cast<std::size_t>(n), numbers.size());
  void* wide = resource.allocate(100, 256);
  EXPECT_EQ(address(wide) % 256, 0U);
  resource.deallocate(wide, 100, 256);
}

TEST(Resource, ContainersLiveOnEachOfThem) {
  use(process_resource());
  Heap heap;
  HeapResource on_heap(heap);
  use(on_heap);
  heap.purge();
  EXPECT_EQ(heap.stats().used_bytes, 0U);
  Arena arena;
  ArenaResource on_arena(arena);
  use(on_arena);
  Slab slab(64, 16);
  SlabResource on_slab(slab, 16);
  use(on_slab);
  EXPECT_EQ(slab.live(), 0U);
  std::vector<unsigned char> memory(5'000'000);
  Bump bump(memory.data(), memory.size());
  BumpResource on_bump(bump);
  use(on_bump);
  Bump none;
  BumpResource upstream(none, &process_resource());
  use(upstream);
  EXPECT_EQ(none.used(), 0U);
}

TEST(Resource, ThrowsWithoutMemory) {
  unsigned char memory[64];
  Bump bump(memory);
  BumpResource resource(bump);
  EXPECT_THROW((void)resource.allocate(65, 1), std::bad_alloc);
  Arena arena({.max_bytes = 4096});
  ArenaResource small(arena);
  EXPECT_THROW((void)small.allocate(5000, 1), std::bad_alloc);
  EXPECT_THROW((void)process_resource().allocate(PTRDIFF_MAX, 8), std::bad_alloc);
  EXPECT_FALSE(resource.is_equal(small));
}

TEST(Tracking, CountsLimitsAndNamesLeaks) {
  TrackingResource tracking(process_resource(), {.max_bytes = 1000, .capture_stacks = true});
  void* a = tracking.allocate(100, 8);
  void* b = tracking.allocate(200, 16);
  EXPECT_THROW((void)tracking.allocate(701, 8), std::bad_alloc);
  tracking.deallocate(a, 100, 8);
  const auto stats = tracking.stats();
  EXPECT_EQ(stats.allocations, 2U);
  EXPECT_EQ(stats.deallocations, 1U);
  EXPECT_EQ(stats.refused, 1U);
  EXPECT_EQ(stats.live_bytes, 200U);
  EXPECT_EQ(stats.peak_bytes, 300U);
  EXPECT_EQ(stats.total_bytes, 300U);
  const auto live = tracking.live_blocks();
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live[0].address, b);
  EXPECT_EQ(live[0].number, 2U);
  EXPECT_NE(tracking.leak_report().find("1 blocks, 200 bytes not given back"), std::string::npos);
  EXPECT_NE(live[0].stack.find("#0"), std::string::npos);
  tracking.deallocate(b, 199, 16);  // a wrong size
  tracking.deallocate(a, 100, 8);   // twice
  EXPECT_EQ(tracking.stats().errors, 2U);
  tracking.deallocate(b, 200, 16);
  EXPECT_EQ(tracking.leak_report(), "");
  TrackingResource free_of_limits(process_resource());
  use(free_of_limits);
  EXPECT_EQ(free_of_limits.stats().live_bytes, 0U);
  EXPECT_EQ(free_of_limits.stats().errors, 0U);
}

}  // namespace

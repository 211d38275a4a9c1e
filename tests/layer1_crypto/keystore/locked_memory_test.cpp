#include <avila/os/memory_file_system.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "support.hpp"
#ifdef __linux__
#include <sys/resource.h>
#endif

namespace {

using namespace keystore_test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
[[maybe_unused]] constexpr bool kSanitized = true;
#elif defined(__has_feature)
[[maybe_unused]] constexpr bool kSanitized = __has_feature(address_sanitizer) ||
                                             __has_feature(thread_sanitizer) ||
                                             __has_feature(memory_sanitizer);
#else
[[maybe_unused]] constexpr bool kSanitized = false;
#endif

TEST(LockedMemory, IsZeroAtFirstAndWipedWhenGivenBack) {
  const auto arena = take(LockedArena::create(LockPolicy::BestEffort));
  std::byte* where = nullptr;
  {
    LockedBytes bytes = take(arena->copy_of(as_bytes("a secret of some length")));
    EXPECT_EQ(text(std::as_const(bytes).span()), "a secret of some length");
    where = bytes.span().data();
    EXPECT_EQ(arena->bytes_in_use(), LockedArena::kGranule);
    LockedBytes moved = std::move(bytes);
    EXPECT_TRUE(bytes.empty());
    EXPECT_EQ(moved.size(), 23U);
  }
  EXPECT_EQ(arena->bytes_in_use(), 0U);
  for (int i = 0; i < 23; ++i) EXPECT_EQ(where[i], std::byte{0});  // the page is still mapped
  const LockedBytes next = take(arena->allocate(23));
  EXPECT_EQ(next.span().data(), where);  // and used again
}

TEST(LockedMemory, ManySizesDoNotOverlap) {
  const auto arena = take(LockedArena::create(LockPolicy::BestEffort));
  os::SeededEntropy entropy(3);
  std::vector<LockedBytes> all;
  std::vector<std::byte> marks;
  for (int round = 0; round < 3000; ++round) {
    std::byte draw[4];
    EXPECT_OK(entropy.fill(draw));
    const auto number =
        static_cast<std::size_t>(draw[0]) << 4 | static_cast<std::size_t>(draw[1]) >> 4;
    if (all.size() > 40 || (draw[2] < std::byte{80} && !all.empty())) {
      const std::size_t at = static_cast<std::size_t>(draw[3]) % all.size();
      for (const std::byte b : all[at].span()) ASSERT_EQ(b, marks[at]);
      std::swap(all[at], all.back());
      std::swap(marks[at], marks.back());
      all.pop_back();
      marks.pop_back();
    } else {
      all.push_back(take(arena->allocate(number + 1)));
      marks.push_back(draw[3]);
      for (std::byte& b : all.back().span()) b = draw[3];
    }
  }
  all.clear();
  EXPECT_EQ(arena->bytes_in_use(), 0U);
}

TEST(LockedMemory, HasALimit) {
  const auto arena = take(LockedArena::create(LockPolicy::BestEffort, 256 * 1024));
  EXPECT_CODE(LimitExceeded, arena->allocate(1 << 20));
  EXPECT_CODE(LimitExceeded, arena->allocate(250 * 1024));  // beside the first chunk
  EXPECT_OK(arena->allocate(128 * 1024));
  EXPECT_EQ(take(arena->allocate(0)).size(), 0U);
  EXPECT_CODE(LimitExceeded, LockedArena::create(LockPolicy::BestEffort, 1024));
}

#ifdef __linux__
TEST(LockedMemory, TheKernelSaysItIsLockedAndOutOfDumps) {
  const auto arena = take(LockedArena::create(LockPolicy::BestEffort));
  const LockedBytes bytes = take(arena->allocate(64));
  std::ifstream maps("/proc/self/smaps");
  const auto address = reinterpret_cast<std::uintptr_t>(bytes.span().data());
  std::string line, flags;
  for (bool inside = false; std::getline(maps, line);) {
    unsigned long from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2)
      inside = address >= from && address < to;
    if (inside && line.starts_with("VmFlags:")) flags = line;
  }
  EXPECT_NE(flags.find(" dd"), std::string::npos) << flags;  // do not dump
  EXPECT_NE(flags.find(" wf"), std::string::npos) << flags;  // wipe on fork
  // The sanitizers make mlock(2) do nothing.
  EXPECT_TRUE(kSanitized || !arena->locked() || flags.find(" lo") != std::string::npos) << flags;
}

TEST(LockedMemoryDeathTest, GuardPagesStopWhoRunsOver) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto arena = take(LockedArena::create(LockPolicy::BestEffort));
  LockedBytes bytes = take(arena->allocate(LockedArena::kChunkBytes));
  volatile std::byte* end = bytes.span().data() + bytes.size();
  EXPECT_DEATH(end[0] = std::byte{1}, "");
  EXPECT_DEATH(end[-static_cast<std::ptrdiff_t>(bytes.size()) - 1] = std::byte{1}, "");
}

TEST(LockedMemory, RequiredFailsWhereTheSystemRefuses) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_MEMLOCK, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &none), 0);
  const auto required = LockedArena::create(LockPolicy::Required);
  const auto best = LockedArena::create(LockPolicy::BestEffort);
  ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &before), 0);
  EXPECT_TRUE(best.has_value());
  if (required.has_value()) GTEST_SKIP() << "this user may lock any memory";
  EXPECT_FALSE((*best)->locked());
  EXPECT_NE(required.error().hint().find("ulimit"), std::string_view::npos);
}
#endif

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& value) { value == value; };
static_assert(!Printable<LockedBytes> && !Comparable<LockedBytes>);
static_assert(!std::is_copy_constructible_v<LockedBytes>);
static_assert(!Printable<Share> && !std::is_copy_constructible_v<Share>);
static_assert(!Printable<Keystore>);

}  // namespace

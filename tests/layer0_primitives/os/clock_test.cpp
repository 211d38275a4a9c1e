#include <gtest/gtest.h>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>

#include <algorithm>
#include <array>

namespace avila::os {
namespace {

TEST(Clock, RealOneGoesForward) {
  const Instant first = real_clock().now();
  const Instant second = real_clock().now();
  EXPECT_LE(first, second);
  EXPECT_GT(real_clock().wall().ns, 1'600'000'000'000'000'000);
}

TEST(Clock, ManualOneMovesWhenTold) {
  ManualClock clock({5});
  const Instant before = clock.now();
  clock.advance(seconds(2));
  EXPECT_EQ((clock.now() - before).ns, 2'000'000'000);
  EXPECT_EQ(clock.wall().ns, 2'000'000'005);
  clock.set_wall({1});
  EXPECT_EQ((clock.now() - before).ns, 2'000'000'000);
  EXPECT_EQ(clock.wall().ns, 1);
}

TEST(Entropy, SystemFillsAllOfAnySize) {
  for (const std::size_t size : {0U, 1U, 7U, 256U, 257U, 100'000U}) {
    std::vector<std::byte> bytes(size + 1);
    ASSERT_TRUE(system_entropy().fill(MutableByteSpan(bytes).first(size)).has_value());
    EXPECT_EQ(bytes.back(), std::byte{0});
    if (size < 256) continue;
    // 16 zero bytes in a row do not happen (2^-128 times the size).
    const std::array<std::byte, 16> zeros{};
    EXPECT_EQ(std::search(bytes.begin(), bytes.end() - 1, zeros.begin(), zeros.end()),
              bytes.end() - 1);
  }
}

TEST(Entropy, SeededOneRepeats) {
  std::array<std::byte, 33> a{}, b{}, c{};
  ASSERT_TRUE(SeededEntropy(7).fill(a).has_value());
  ASSERT_TRUE(SeededEntropy(7).fill(b).has_value());
  ASSERT_TRUE(SeededEntropy(8).fill(c).has_value());
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

}  // namespace
}  // namespace avila::os

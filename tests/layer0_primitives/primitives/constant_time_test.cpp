#include <gtest/gtest.h>

#include <avila/primitives/constant_time.hpp>
#include <vector>

namespace avila {
namespace {

TEST(EqualSecrets, SeesEveryBitOfEverySize) {
  for (std::size_t size = 0; size <= 40; ++size) {
    std::vector<std::byte> a(size);
    for (std::size_t i = 0; i < size; ++i) a[i] = static_cast<std::byte>(41 * i + 3);
    auto b = a;
    EXPECT_TRUE(equal_secrets(a, b)) << size;
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      b[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      EXPECT_FALSE(equal_secrets(a, b)) << size << ' ' << bit;
      b = a;
    }
    b.push_back(std::byte{});
    EXPECT_FALSE(equal_secrets(a, b));
    EXPECT_FALSE(equal_secrets(b, a));
  }
}

}  // namespace
}  // namespace avila

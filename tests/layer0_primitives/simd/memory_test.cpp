#include <avila/simd/detail/memory_kernels.hpp>
#include <avila/simd/memory.hpp>
#include <avila/simd/vec.hpp>

#include <array>
#include <cstring>
#include <numeric>

namespace avila::simd {
namespace {

std::vector<unsigned char> random_bytes(std::size_t size, std::uint64_t seed, unsigned mask) {
  std::vector<unsigned char> out(size);
  for (unsigned char& b : out) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    b = static_cast<unsigned char>(seed >> 56 & mask);
  }
  return out;
}

TEST(MemoryOps, EveryKernelAgreesWithPortableAtEverySize) {
  for (std::size_t size = 0; size < 260; ++size) {
    for (const unsigned mask : {0x03U, 0xFFU}) {
      const auto bytes = random_bytes(size, size + 1, mask);
      auto other = bytes;
      if (size != 0) other[size * 2 / 3] ^= 1;
      const auto find = detail::find_kernels().back().run;
      const auto count = detail::count_kernels().back().run;
      const auto mismatch = detail::mismatch_kernels().back().run;
      const auto popcount = detail::popcount_kernels().back().run;
      for (const auto& kernel : detail::find_kernels()) {
        if (!kernel.supported()) continue;
        for (unsigned char c = 250; c != 4; ++c)
          ASSERT_EQ(kernel.run(bytes.data(), size, c, 77, 99), find(bytes.data(), size, c, 77, 99));
      }
      for (const auto& kernel : detail::count_kernels()) {
        if (!kernel.supported()) continue;
        ASSERT_EQ(kernel.run(bytes.data(), size, 3), count(bytes.data(), size, 3));
      }
      for (const auto& kernel : detail::mismatch_kernels()) {
        if (!kernel.supported()) continue;
        ASSERT_EQ(kernel.run(bytes.data(), other.data(), size),
                  mismatch(bytes.data(), other.data(), size));
        ASSERT_EQ(kernel.run(bytes.data(), bytes.data(), size), size);
      }
      for (const auto& kernel : detail::popcount_kernels()) {
        if (!kernel.supported()) continue;
        ASSERT_EQ(kernel.run(bytes.data(), size), popcount(bytes.data(), size));
      }
    }
  }
}

TEST(MemoryOps, PortableKernelsAgainstTheDefinition) {
  const auto bytes = random_bytes(1000, 7, 0xFF);
  std::uint64_t bits = 0;
  std::size_t threes = 0, first = bytes.size();
  for (std::size_t i = bytes.size(); i-- > 0;) {
    for (unsigned b = 0; b < 8; ++b) bits += bytes[i] >> b & 1U;
    threes += bytes[i] == 3 ? 1U : 0U;
    if (bytes[i] == 3 || bytes[i] == 4) first = i;
  }
  EXPECT_EQ(detail::popcount_kernels().back().run(bytes.data(), 1000), bits);
  EXPECT_EQ(detail::count_kernels().back().run(bytes.data(), 1000, 3), threes);
  EXPECT_EQ(detail::find_kernels().back().run(bytes.data(), 1000, 3, 4, 4), first);
}

TEST(MemoryOps, CountsMoreThan255HitsInALane) {
  const std::string many(100000, 'x');
  EXPECT_EQ(count_byte(as_bytes(many), std::byte{'x'}), 100000U);
}

TEST(MemoryOps, SearchesComparesAndFills) {
  const ByteSpan text = as_bytes("key: value, other\n");
  EXPECT_EQ(find_byte(text, std::byte{':'}), 3U);
  EXPECT_EQ(find_byte(text, std::byte{'!'}), kNotFound);
  EXPECT_EQ(find_byte({}, std::byte{'!'}), kNotFound);
  EXPECT_EQ(find_either(text, std::byte{','}, std::byte{'\n'}), 10U);
  EXPECT_EQ(find_either(text, std::byte{'?'}, std::byte{'\n'}, std::byte{';'}), 17U);
  EXPECT_EQ(find_either(text, std::byte{'?'}, std::byte{'!'}), kNotFound);
  EXPECT_EQ(find_not(as_bytes("   x"), std::byte{' '}), 3U);
  EXPECT_EQ(find_not(as_bytes("x"), std::byte{' '}), 0U);
  EXPECT_EQ(find_not(as_bytes("    "), std::byte{' '}), kNotFound);
  EXPECT_TRUE(equal(as_bytes("ab"), as_bytes("ab")));
  EXPECT_FALSE(equal(as_bytes("ab"), as_bytes("abc")));
  EXPECT_LT(compare(as_bytes("ab"), as_bytes("abc")), 0);
  EXPECT_GT(compare(as_bytes("\xFF"), as_bytes("a")), 0);
  EXPECT_EQ(compare({}, {}), 0);
  EXPECT_EQ(mismatch(as_bytes("abcd"), as_bytes("abx")), 2U);
  std::array<std::byte, 10> to{};
  fill32(to, 0x64636261U);
  EXPECT_EQ(as_text(to), "abcdabcdab");
  fill(to, std::byte{'z'});
  move(MutableByteSpan(to).subspan(1), as_bytes("moved"));
  EXPECT_EQ(as_text(to), "zmovedzzzz");
}

TEST(MemoryOps, StreamCopyCopiesAtAnyAlignment) {
  const auto bytes = random_bytes((1U << 20) + 333, 3, 0xFF);
  std::vector<std::byte> to(bytes.size() + 40);
  for (const std::size_t shift : {0U, 1U, 15U, 16U}) {
    stream_copy(MutableByteSpan(to).subspan(shift), std::as_bytes(std::span(bytes)));
    EXPECT_EQ(std::memcmp(to.data() + shift, bytes.data(), bytes.size()), 0);
  }
}

AVILA_TARGET_AVX2_FMA float dot_avx2(const float* a, const float* b, std::size_t n) {
  F32x8 sum = F32x8::zero();
  for (std::size_t i = 0; i + 8 <= n; i += 8)
    sum = multiply_add(F32x8::load(a + i), F32x8::load(b + i), sum);
  return sum.sum();
}

TEST(Vec, DoesArithmeticLaneByLane) {
  const I32x4 a = I32x4::iota(), b = I32x4::all(2);
  EXPECT_EQ((a * b + b).sum(), 20);
  EXPECT_EQ((a - b).smallest(), -2);
  EXPECT_EQ(max(a, b).largest(), 3);
  EXPECT_EQ(min(a, b)[3], 2);
  EXPECT_EQ(abs(a - b)[0], 2);
  EXPECT_EQ((a << 3)[3], 24);
  EXPECT_EQ((-a >> 1)[3], -2);
  EXPECT_EQ((a < b).bits(), 0b0011U);
  EXPECT_TRUE((a == a).all());
  EXPECT_TRUE((a != a).none());
  EXPECT_EQ((~(a < b) & (a > b)).count(), 1);
  EXPECT_EQ(select(a < b, a, b)[3], 2);
  EXPECT_EQ(reverse(a)[0], 3);
  EXPECT_EQ(shuffle(a, I32x4::all(6))[1], 2);
  EXPECT_EQ(convert<float>(a)[3], 3.0F);
  EXPECT_EQ(bit_cast<std::uint8_t>(U32x4::all(0x01010101))[7], 1);
  const float values[] = {1, 2, 3};
  EXPECT_EQ(F32x4::load_part(values, 3, 9.0F).sum(), 15.0F);
  float out[3] = {};
  F32x4::all(4).store_part(out, 2);
  EXPECT_EQ(out[1] + out[2], 4.0F);
}

TEST(Vec, BecomesTheTargetsInstructions) {
  std::vector<float> a(64), b(64, 2.0F);
  std::iota(a.begin(), a.end(), 0.0F);
#if AVILA_X86_64
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP();
#endif
  EXPECT_EQ(dot_avx2(a.data(), b.data(), 64), 4032.0F);
}

}  // namespace
}  // namespace avila::simd

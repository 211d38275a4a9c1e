#include <avila/hash/xxh3.hpp>
#include <avila/hash/xxh64.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::in_pieces;
using hash_test::random_bytes;

TEST(Xxh, KnownValues) {
  // The empty input, from the reference implementation's documentation.
  EXPECT_EQ(xxh32({}), 0x02CC5D05U);
  EXPECT_EQ(xxh64({}), 0xEF46DB3751D8E999U);
  EXPECT_EQ(xxh3_64({}), 0x2D06800538D394C2U);
  EXPECT_EQ(xxh3_128({}), (Xxh128{0x6001C324468D497FU, 0x99AA06D3014798D8U}));
  EXPECT_EQ(hash_test::hex(xxh3_128({}).canonical()), "99aa06d3014798d86001c324468d497f");
}

TEST(Xxh, PiecesGiveTheWhole) {
  const auto bytes = random_bytes(20'000, 4);
  for (const std::uint64_t seed : {0ULL, 0x9E3779B185EBCA8DULL})
    for (std::size_t size = 0; size <= bytes.size(); size += size < 600 ? 1 : 997) {
      const ByteSpan part = ByteSpan(bytes).first(size);
      Xxh3 h3(seed);
      Xxh64 h64(seed);
      Xxh32 h32(static_cast<std::uint32_t>(seed));
      in_pieces(part, size + 1, [&](ByteSpan piece) {
        h3.update(piece);
        h64.update(piece);
        h32.update(piece);
      });
      ASSERT_EQ(h3.digest64(), xxh3_64(part, seed)) << size;
      ASSERT_EQ(h3.digest128(), xxh3_128(part, seed)) << size;
      ASSERT_EQ(h64.digest(), xxh64(part, seed)) << size;
      ASSERT_EQ(h32.digest(), xxh32(part, static_cast<std::uint32_t>(seed))) << size;
    }
}

TEST(Xxh, DigestMayBeAskedOnTheWay) {
  const auto bytes = random_bytes(5000, 5);
  Xxh3 h(7);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    h.update({&bytes[i], 1});
    if (i % 61 == 0) {
      ASSERT_EQ(h.digest64(), xxh3_64(ByteSpan(bytes).first(i + 1), 7)) << i;
    }
  }
  h.reset(9);
  h.update(bytes);
  EXPECT_EQ(h.digest64(), xxh3_64(bytes, 9));
}

TEST(Xxh, SecretMustHaveTheLeastSize) {
  const auto bytes = random_bytes(400, 6);
  EXPECT_DEATH((void)xxh3_64_with_secret(bytes, ByteSpan(bytes).first(135)), "kXxh3SecretSizeMin");
}

}  // namespace

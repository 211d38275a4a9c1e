#include <avila/compress/lz4.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::compress;
using compress_test::Bytes;

Bytes pack(ByteSpan in, int level) {
  Bytes out(lz4::compress_bound(in.size()));
  out.resize(lz4::compress_hc(in, out, level));
  return out;
}

void expect_round_trip(const Bytes& in, int level) {
  const Bytes packed = pack(in, level);
  ASSERT_FALSE(packed.empty());
  Bytes out(in.size());
  const auto size = lz4::decompress(packed, out);
  ASSERT_TRUE(size.has_value()) << size.error().to_string();
  ASSERT_EQ(*size, in.size());
  ASSERT_TRUE(out == in);
}

TEST(Lz4Hc, RoundTripsAtEveryLevel) {
  for (int level = lz4::kMinHcLevel; level <= lz4::kMaxHcLevel; ++level) {
    SCOPED_TRACE(level);
    for (std::size_t size = 0; size < 100; ++size)
      expect_round_trip(compress_test::mixture(size, size), level);
    expect_round_trip(compress_test::mixture(150'000, 1), level);
    expect_round_trip(compress_test::prose(100'000, 2), level);
    expect_round_trip(compress_test::noise(10'000, 3), level);
    expect_round_trip(Bytes(200'000, std::byte{9}), level);
  }
}

TEST(Lz4Hc, HigherLevelsAreSmaller) {
  for (const Bytes& in : {compress_test::prose(200'000, 4), compress_test::mixture(300'000, 5)}) {
    Bytes fast(lz4::compress_bound(in.size()));
    const std::size_t size1 = lz4::compress(in, fast);
    const std::size_t size3 = pack(in, 3).size(), size9 = pack(in, 9).size();
    const std::size_t size12 = pack(in, 12).size();
    EXPECT_LT(size3, size1);
    EXPECT_LE(size9, size3);
    EXPECT_LE(size12, size9);
  }
}

TEST(Lz4Hc, FitsExactlyOrNotAtAll) {
  for (const int level : {3, 9, 12}) {
    const Bytes in = compress_test::mixture(4'000, 6);
    const std::size_t needed = pack(in, level).size();
    for (std::size_t room = needed - 40; room < needed + 20; ++room) {
      Bytes out(room);
      const std::size_t wrote = lz4::compress_hc(in, out, level);
      ASSERT_TRUE(wrote == 0 || wrote == needed) << room;
      if (room < needed) {
        ASSERT_EQ(wrote, 0U);
      }
    }
  }
}

TEST(Lz4Dictionary, HelpsSmallBlocksAndIsNeededAgain) {
  const Bytes dictionary = compress_test::prose(100'000, 7);
  const Bytes in(dictionary.end() - 50'000, dictionary.end() - 49'000);
  for (const int level : {1, 9, 12}) {
    Bytes packed(lz4::compress_bound(in.size()));
    packed.resize(lz4::compress_with_dictionary(in, packed, dictionary, level));
    ASSERT_FALSE(packed.empty());
    Bytes alone(lz4::compress_bound(in.size()));
    const std::size_t without = lz4::compress_hc(in, alone, level);
    EXPECT_LT(packed.size(), level == 1 ? without : 60U) << level;
    Bytes out(in.size());
    const auto size = lz4::decompress_with_dictionary(packed, out, dictionary);
    ASSERT_TRUE(size.has_value()) << size.error().to_string();
    EXPECT_TRUE(out == in);
    EXPECT_TRUE(lz4::decompress(packed, out).error().is(Errc::Malformed));
  }
}

TEST(Lz4Dictionary, MatchesMayRunFromTheDictionaryIntoTheOutput) {
  const Bytes dictionary = compress_test::noise(1000, 8);
  Bytes in(dictionary.end() - 20, dictionary.end());
  for (int i = 0; i < 10; ++i) in.insert(in.end(), dictionary.end() - 20, dictionary.end());
  Bytes packed(300);
  packed.resize(lz4::compress_with_dictionary(in, packed, dictionary));
  EXPECT_LT(packed.size(), 20U);
  Bytes out(in.size());
  ASSERT_TRUE(lz4::decompress_with_dictionary(packed, out, dictionary).has_value());
  EXPECT_TRUE(out == in);
}

}  // namespace

#include <avila/compress/lz4.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::compress;
using compress_test::Bytes;

Bytes pack(ByteSpan in, int acceleration = 1) {
  Bytes out(lz4::compress_bound(in.size()));
  out.resize(lz4::compress(in, out, acceleration));
  return out;
}

Bytes of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int v : values) bytes.push_back(static_cast<std::byte>(v));
  return bytes;
}

void expect_round_trip(const Bytes& in, int acceleration = 1) {
  const Bytes packed = pack(in, acceleration);
  ASSERT_FALSE(packed.empty());
  Bytes out(in.size());
  const auto size = lz4::decompress(packed, out);
  ASSERT_TRUE(size.has_value()) << size.error().to_string();
  ASSERT_EQ(*size, in.size());
  ASSERT_TRUE(out == in);
}

TEST(Lz4Block, RoundTripsEverySmallSize) {
  for (std::size_t size = 0; size < 300; ++size) {
    SCOPED_TRACE(size);
    expect_round_trip(compress_test::mixture(size, size));
    expect_round_trip(Bytes(size, std::byte{7}));
    expect_round_trip(compress_test::noise(size, size));
  }
}

TEST(Lz4Block, RoundTripsLargeInputs) {
  for (const std::size_t size : {65'535UL, 65'536UL, 65'547UL, 300'000UL, 1'500'000UL}) {
    SCOPED_TRACE(size);
    expect_round_trip(compress_test::mixture(size, size));
    expect_round_trip(compress_test::prose(size, size));
    expect_round_trip(Bytes(size, std::byte{0}));
    expect_round_trip(compress_test::noise(size, size), 9);
  }
}

TEST(Lz4Block, AccelerationTradesRatioForSpeed) {
  const Bytes in = compress_test::prose(200'000, 3);
  EXPECT_LT(pack(in, 1).size(), pack(in, 50).size());
  EXPECT_LT(pack(in, 1).size(), in.size() / 2);
  expect_round_trip(in, 50);
  expect_round_trip(in, 1'000'000);
}

TEST(Lz4Block, ObeysTheEndOfBlockRules) {
  // lz4_Block_format.md: the last 5 bytes are literals; inputs below 13 bytes have no match.
  for (std::size_t size = 1; size < 13; ++size)
    EXPECT_EQ(pack(Bytes(size, std::byte{1})).size(), size + 1);
  const Bytes packed = pack(Bytes(100, std::byte{1}));
  EXPECT_EQ(packed[packed.size() - 6], std::byte{0x50});
}

TEST(Lz4Block, FitsExactlyOrNotAtAll) {
  for (const std::size_t size : {1UL, 40UL, 5'000UL, 100'000UL}) {
    const Bytes in = compress_test::mixture(size, 11);
    const std::size_t needed = pack(in).size();
    for (std::size_t room = needed > 40 ? needed - 40 : 0; room < needed + 20; ++room) {
      Bytes out(room);
      const std::size_t wrote = lz4::compress(in, out);
      ASSERT_EQ(wrote, room < needed ? 0 : needed) << "room for " << room;
      if (wrote == 0) continue;
      Bytes back(size);
      ASSERT_TRUE(lz4::decompress(ByteSpan(out).first(wrote), back).has_value());
      ASSERT_TRUE(back == in);
    }
  }
}

// Entries hold positions modulo 64 KiB: matches at, just below and just above the farthest distance
// are found or passed over, and none is ever made of an entry that is as old as a whole turn.
TEST(Lz4Block, MatchesReachExactly64KiBBack) {
  for (const std::size_t distance : {65'534UL, 65'535UL, 65'536UL, 65'537UL, 131'072UL}) {
    SCOPED_TRACE(distance);
    const Bytes noise = compress_test::noise(300, 5);
    Bytes in(distance + 400, std::byte{0});
    std::copy(noise.begin(), noise.end(), in.begin());
    std::copy(noise.begin(), noise.end(), in.begin() + static_cast<std::ptrdiff_t>(distance));
    expect_round_trip(in);
    const std::size_t without_noise = pack(Bytes(in.size())).size();
    const bool found = pack(in).size() < without_noise + 300 + 150;
    EXPECT_EQ(found, distance <= 65'535) << pack(in).size() - without_noise;
  }
}

TEST(Lz4Block, DecodesHandMadeBlocks) {
  // "abc", then 10 bytes at distance 3, then 5 literals.
  const Bytes block = of({0x36, 'a', 'b', 'c', 3, 0, 0x50, 'v', 'w', 'x', 'y', 'z'});
  Bytes out(18);
  const auto size = lz4::decompress(block, out);
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(as_text(ByteSpan(out).first(*size)), "abcabcabcabcavwxyz");
  Bytes none;
  EXPECT_EQ(*lz4::decompress(of({0}), none), 0U);
}

TEST(Lz4Block, EveryDistanceAndLengthOfMatch) {
  for (std::size_t distance = 1; distance < 40; ++distance)
    for (std::size_t length = 4; length < 80; ++length) {
      Bytes block, expected;
      block.push_back(std::byte{0xF0});
      block.push_back(static_cast<std::byte>(distance + 20 - 15));
      for (std::size_t i = 0; i < distance + 20; ++i) expected.push_back(std::byte(i * 7 + 1));
      block.insert(block.end(), expected.begin(), expected.end());
      block[0] |= static_cast<std::byte>(std::min<std::size_t>(length - 4, 15));
      block.push_back(static_cast<std::byte>(distance));
      block.push_back(std::byte{0});
      if (length >= 19) block.push_back(static_cast<std::byte>(length - 19));
      for (std::size_t i = 0; i < length; ++i)
        expected.push_back(expected[expected.size() - distance]);
      for (const std::size_t tail : {5UL, 90UL}) {
        Bytes whole = block, want = expected;
        whole.push_back(tail == 5 ? std::byte{0x50} : std::byte{0xF0});
        if (tail != 5) whole.push_back(static_cast<std::byte>(tail - 15));
        whole.insert(whole.end(), tail, std::byte{'t'});
        want.insert(want.end(), tail, std::byte{'t'});
        Bytes out(want.size());
        const auto size = lz4::decompress(whole, out);
        ASSERT_TRUE(size.has_value()) << size.error().to_string();
        ASSERT_TRUE(out == want) << distance << " " << length;
      }
    }
}

TEST(Lz4Block, RejectsTruncationAtEveryByte) {
  const Bytes in = compress_test::mixture(3000, 5);
  const Bytes packed = pack(in);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    Bytes out(in.size());
    const Bytes cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    const auto result = lz4::decompress(cut, out);
    // A cut between sequences still is a block, but a shorter one.
    if (result.has_value()) {
      ASSERT_LT(*result, in.size());
    } else {
      ASSERT_TRUE(result.error().is(Errc::Malformed));
    }
  }
}

TEST(Lz4Block, RejectsOffsetsOutsideTheOutput) {
  Bytes out(100);
  for (const int offset : {0, 2, 255}) {
    const auto result = lz4::decompress(of({0x10, 'a', offset, 0, 0x50, 1, 2, 3, 4, 5}), out);
    ASSERT_FALSE(result.has_value()) << offset;
    EXPECT_TRUE(result.error().is(Errc::Malformed));
  }
}

TEST(Lz4Block, RejectsMoreThanTheOutputHolds) {
  const Bytes in = compress_test::mixture(2000, 6);
  const Bytes packed = pack(in);
  for (std::size_t room = 0; room < in.size(); room += 13) {
    Bytes out(room);
    const auto result = lz4::decompress(packed, out);
    ASSERT_FALSE(result.has_value());
    ASSERT_TRUE(result.error().is(Errc::LimitExceeded));
  }
  // A bomb: a match of 16 MiB in 66 KB of length bytes.
  Bytes bomb = of({0x1F, 'a', 1, 0});
  bomb.insert(bomb.end(), 66'000, std::byte{255});
  bomb.push_back(std::byte{0});
  Bytes out(1000);
  EXPECT_TRUE(lz4::decompress(bomb, out).error().is(Errc::LimitExceeded));
}

TEST(Lz4Block, DamageNeverEscapesTheBuffers) {
  const Bytes in = compress_test::mixture(2000, 7);
  const Bytes packed = pack(in);
  compress_test::Random random{8};
  for (int round = 0; round < 3000; ++round) {
    Bytes damaged = packed;
    for (std::size_t i = 0; i < 1 + random.below(3); ++i)
      damaged[random.below(damaged.size())] = static_cast<std::byte>(random.next());
    Bytes out(in.size() + 16, std::byte{0x5A});
    (void)lz4::decompress(damaged, MutableByteSpan(out).first(in.size()));
    for (std::size_t i = in.size(); i < out.size(); ++i) ASSERT_EQ(out[i], std::byte{0x5A});
  }
}

}  // namespace

// The first level of DEFLATE probes rows of positions: their edges, and those of the window.
#include <gtest/gtest.h>

#include <avila/compress/codec.hpp>

#include "support.hpp"

namespace {

using namespace avila;
using compress::Flush;
using compress::Format;
using compress_test::Bytes;

Bytes packed(ByteSpan content) {
  const auto out = compress::compress(Format::Deflate, content, {.level = 1});
  EXPECT_TRUE(out.has_value());
  return *out;
}

void expect_round_trip(const Bytes& content) {
  const auto back = compress::decompress(Format::Deflate, packed(content));
  ASSERT_TRUE(back.has_value());
  EXPECT_TRUE(*back == content);
}

TEST(DeflateFast, AnySizeAroundARowAndItsEnd) {
  const Bytes prose = compress_test::prose(400, 1), mixture = compress_test::mixture(400, 2);
  for (std::size_t size = 0; size <= prose.size(); ++size) {
    SCOPED_TRACE(size);
    const auto end = static_cast<std::ptrdiff_t>(size);
    expect_round_trip({prose.begin(), prose.begin() + end});
    expect_round_trip({mixture.begin(), mixture.begin() + end});
    expect_round_trip(Bytes(size, std::byte{7}));
  }
}

TEST(DeflateFast, MatchesEndWithTheWindowAndWithTheTable) {
  constexpr std::size_t kPassage = 4000;  // 3000 bytes of six bits' noise, unless it is found
  for (const std::size_t distance :
       {32'600U, 32'700U, 32'760U, 32'766U, 32'767U, 32'768U, 32'769U, 33'000U, 65'535U, 65'536U,
        65'537U, 65'600U, 98'304U, 131'072U}) {
    SCOPED_TRACE(distance);
    Bytes content = compress_test::noise(distance, 4);
    for (std::byte& b : content) b &= std::byte{63};
    const std::size_t before = packed(content).size();
    for (std::size_t i = 0; i < kPassage; ++i) content.push_back(content[i]);
    expect_round_trip(content);
    const std::size_t added = packed(content).size() - before;
    if (distance <= 32'700) {
      EXPECT_LT(added, 1500U);
    } else if (distance > 32'768) {
      EXPECT_GT(added, 2800U);
    }
  }
}

TEST(DeflateFast, BlocksOfAnySizeReachBackIntoThoseBefore) {
  const Bytes content = compress_test::mixture(200'000, 5);
  const auto encoder = compress::make_encoder(Format::Deflate, {.level = 1});
  ASSERT_TRUE(encoder.has_value());
  Bytes out, room(1 << 16);
  compress_test::Random random{6};
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t part = std::min(content.size() - at, 1 + random.below(3000));
    const Flush flush = at + part == content.size() ? Flush::Finish : Flush::Block;
    const auto step = (*encoder)->encode(ByteSpan(content).subspan(at, part), room, flush);
    ASSERT_TRUE(step.has_value());
    ASSERT_EQ(step->consumed, part);
    out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step->produced));
    at += part;
  }
  const auto back = compress::decompress(Format::Deflate, out);
  ASSERT_TRUE(back.has_value());
  EXPECT_TRUE(*back == content);
  EXPECT_LT(out.size(), packed(content).size() * 5 / 4);
}

}  // namespace

// Contents of more bytes than there are positions.
#include <gtest/gtest.h>

// What the headers of the encoders need.
#include <avila/hash/xxh64.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/simd/target.hpp>

#include "brotli_encoder.hpp"
#include "deflate_encoder.hpp"
#include "streams.hpp"
#include "zstd_encoder.hpp"

namespace {

using namespace compress_test;
using namespace avila::compress::detail;

constexpr std::uint32_t kPositions = 300'000;

Bytes content() {
  Bytes bytes = prose(250'000, 1);
  const Bytes more = mixture(150'000, 2);
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

void expect_round_trip(Format format, EncoderCore& core, const Bytes& content) {
  const auto back = decompress(format, encode_all(core, content, {}, kPositions));
  ASSERT_TRUE(back.has_value()) << back.error().to_string();
  EXPECT_TRUE(*back == content);
}

TEST(EncodeAll, PositionsBeginAnewWithinAContentOfBrotli) {
  const Bytes all = content();
  for (const int level : {1, 3, 5, 7, 10, 11}) {
    SCOPED_TRACE(level);
    brotli::BrotliEncoder core(level, all.size());
    expect_round_trip(Format::Brotli, core, all);
  }
}

TEST(EncodeAll, PositionsBeginAnewWithinAContentOfDeflateAndZstd) {
  const Bytes all = content();
  for (const int level : {1, 2, 6, 9}) {
    SCOPED_TRACE(level);
    DeflateCore core(DeflateCore::Wrapper::None, level, {});
    expect_round_trip(Format::Deflate, core, all);
  }
  for (const int level : {1, 3, 5, 9, 13}) {
    SCOPED_TRACE(level);
    const auto core = zstd::ZstdEncoder::create({.level = level, .content_size = all.size()});
    ASSERT_TRUE(core.has_value());
    expect_round_trip(Format::Zstd, **core, all);
  }
}

}  // namespace

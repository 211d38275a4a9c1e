// What holds for every format behind Encoder and Decoder.
#include <avila/compress/codec.hpp>

#include "streams.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::compress;
using compress_test::Bytes;
using compress_test::decode_in_pieces;
using compress_test::encode_in_pieces;
using compress_test::kFormats;

std::vector<Bytes> samples() {
  std::vector<Bytes> all;
  for (const std::size_t size : {0U, 1U, 2U, 3U, 7U, 20U, 100U, 1000U, 70'000U}) {
    all.push_back(compress_test::prose(size, size));
    all.push_back(compress_test::mixture(size, size));
    all.push_back(compress_test::noise(size, size));
    all.push_back(Bytes(size, std::byte{'z'}));
  }
  all.push_back(compress_test::mixture(900'000, 1));
  all.push_back(compress_test::prose(900'000, 2));
  return all;
}

TEST(Codec, WholeContentsRoundTripAtEveryLevel) {
  for (const Format format : kFormats)
    for (int level = levels(format).min; level <= levels(format).max; ++level)
      for (const Bytes& in : samples()) {
        const bool usual = level == levels(format).min || level == levels(format).standard;
        if (in.size() > 10'000 && !usual && level != levels(format).max) continue;
        if (in.size() > 500'000 && !usual) continue;
        SCOPED_TRACE(std::string(to_string(format)) + " level " + std::to_string(level) + " size " +
                     std::to_string(in.size()));
        const auto packed = compress::compress(format, in, {.level = level});
        ASSERT_TRUE(packed.has_value()) << packed.error().to_string();
        const auto out = decompress(format, *packed);
        ASSERT_TRUE(out.has_value()) << out.error().to_string();
        ASSERT_TRUE(*out == in);
        Bytes exact(in.size());
        const auto size = decompress(format, *packed, exact);
        ASSERT_TRUE(size.has_value()) << size.error().to_string();
        ASSERT_TRUE(*size == in.size() && exact == in);
      }
}

TEST(Codec, PiecesOfAnySizeRoundTrip) {
  std::uint64_t seed = 0;
  for (const Format format : kFormats)
    for (const int level : {levels(format).min, levels(format).standard, levels(format).max})
      for (const Bytes& in : samples()) {
        if (in.size() > 500'000 && level != levels(format).standard) continue;
        SCOPED_TRACE(std::string(to_string(format)) + " level " + std::to_string(level) + " size " +
                     std::to_string(in.size()) + " seed " + std::to_string(++seed));
        const auto packed = encode_in_pieces(format, in, {.level = level}, seed);
        ASSERT_TRUE(packed.has_value()) << packed.error().to_string();
        const auto slow = decode_in_pieces(format, *packed, {}, seed);
        ASSERT_TRUE(slow.has_value()) << slow.error().to_string();
        ASSERT_TRUE(*slow == in);
        const auto whole = decompress(format, *packed);
        ASSERT_TRUE(whole.has_value()) << whole.error().to_string();
        ASSERT_TRUE(*whole == in);
      }
}

TEST(Codec, FlushedPiecesCanBeReadAtOnce) {
  for (const Format format : kFormats) {
    SCOPED_TRACE(to_string(format));
    const auto encoder = *make_encoder(format);
    const auto decoder = *make_decoder(format);
    Bytes wire(10'000), back(10'000);
    for (std::size_t i = 0; i < 1000; ++i) {
      const Bytes message = compress_test::prose(1 + i % 90, i);
      const auto sent = encoder->encode(message, wire, Flush::Block);
      ASSERT_TRUE(sent.has_value());
      ASSERT_EQ(sent->consumed, message.size());
      const auto got = decoder->decode(ByteSpan(wire).first(sent->produced), back);
      ASSERT_TRUE(got.has_value()) << got.error().to_string();
      ASSERT_EQ(as_text(ByteSpan(back).first(got->produced)), as_text(message)) << i;
    }
    const auto end = encoder->encode({}, wire, Flush::Finish);
    ASSERT_TRUE(end->finished);
    const auto last = decoder->decode(ByteSpan(wire).first(end->produced), back);
    ASSERT_TRUE(last.has_value()) << last.error().to_string();
    EXPECT_EQ(last->produced, 0U);
    EXPECT_TRUE(decoder->at_boundary());
  }
}

TEST(Codec, TruncationAtEveryByteIsToldApart) {
  for (const Format format : kFormats)
    for (const int level : {levels(format).min, levels(format).max}) {
      const Bytes packed =
          *compress::compress(format, compress_test::mixture(3000, 9), {.level = level});
      for (std::size_t size = 0; size < packed.size(); ++size) {
        SCOPED_TRACE(std::string(to_string(format)) + " cut to " + std::to_string(size));
        const auto out = decompress(format, ByteSpan(packed).first(size));
        // Chunks and frames stand for themselves: cut between two, less is decoded.
        if (out.has_value()) {
          ASSERT_TRUE(format == Format::Snappy && size >= 10);
          continue;
        }
        ASSERT_TRUE(out.error().is(StreamError::Truncated)) << out.error().to_string();
        const auto slow = decode_in_pieces(format, ByteSpan(packed).first(size), {}, size);
        ASSERT_FALSE(slow.has_value());
        ASSERT_TRUE(slow.error().is(StreamError::Truncated)) << slow.error().to_string();
      }
    }
}

TEST(Codec, FlippedBitsAreFoundOrHarmless) {
  for (const Format format : kFormats) {
    const Bytes in = compress_test::mixture(500, 10);
    const Bytes packed = *compress::compress(format, in);
    std::size_t unnoticed = 0;
    for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
      Bytes damaged = packed;
      damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      const auto out = decompress(format, damaged, {.max_output = 1 << 20});
      const auto slow = decode_in_pieces(format, damaged, {.max_output = 1 << 20}, bit);
      ASSERT_EQ(out.has_value(), slow.has_value()) << to_string(format) << " bit " << bit;
      if (!out.has_value()) continue;
      ASSERT_TRUE(*out == *slow);
      unnoticed += *out != in ? 1 : 0;
    }
    const bool checked = format != Format::Deflate && format != Format::Brotli;
    // A magic number may turn into that of a frame to be skipped.
    EXPECT_LE(unnoticed, checked ? 32U : packed.size() * 8) << to_string(format);
  }
}

TEST(Codec, BombsStopAtTheLimitInBoundedMemory) {
  const Bytes zeros(8 << 20);
  for (const Format format : kFormats) {
    SCOPED_TRACE(to_string(format));
    const Bytes bomb = *encode_in_pieces(format, zeros, {.level = levels(format).min}, 1);
    EXPECT_LT(bomb.size(), zeros.size() / (format == Format::Snappy ? 10 : 100));
    EXPECT_TRUE(decompress(format, bomb, {.max_output = zeros.size()}).has_value());
    for (const std::uint64_t limit :
         {std::uint64_t{0}, std::uint64_t{1000}, std::uint64_t{8 << 20} - 1}) {
      const auto out = decompress(format, bomb, {.max_output = limit});
      ASSERT_FALSE(out.has_value()) << limit;
      EXPECT_TRUE(out.error().is(Errc::LimitExceeded)) << out.error().to_string();
      const auto slow = decode_in_pieces(format, bomb, {.max_output = limit}, 1);
      ASSERT_FALSE(slow.has_value()) << limit;
      EXPECT_TRUE(slow.error().is(Errc::LimitExceeded)) << slow.error().to_string();
    }
    Bytes small(1000);
    EXPECT_TRUE(decompress(format, bomb, small).error().is(Errc::LimitExceeded));
  }
}

// An encoder that measures every repeat to its end at every byte takes minutes for these.
TEST(Codec, WhatRepeatsItselfTakesNoMoreTimeAtAnyLevel) {
  constexpr std::size_t kSize = 4 << 20;
  for (const std::size_t period : {1U, 3U, 1000U, 70'000U}) {
    Bytes in = compress_test::noise(period, period);
    in.reserve(kSize);
    while (in.size() < kSize) in.push_back(in[in.size() - period]);
    for (const Format format : kFormats)
      for (int level = levels(format).min; level <= levels(format).max; ++level) {
        if (format == Format::Zlib || format == Format::Gzip) continue;  // Deflate's
        const auto packed = compress::compress(format, in, {.level = level});
        ASSERT_TRUE(packed.has_value()) << packed.error().to_string();
        ASSERT_TRUE(*decompress(format, *packed) == in)
            << to_string(format) << " level " << level << " period " << period;
      }
  }
}

TEST(Codec, WhatFollowsTheEndIsNotTaken) {
  const Bytes in = compress_test::prose(5000, 3);
  for (const Format format : kFormats) {
    SCOPED_TRACE(to_string(format));
    Bytes packed = *compress::compress(format, in);
    const std::size_t size = packed.size();
    packed.insert(packed.end(), 9, std::byte{0x55});
    EXPECT_FALSE(decompress(format, packed).has_value());
    const auto decoder = *make_decoder(format);
    Bytes out(6000);
    if (format == Format::Snappy) continue;  // has no end of its own
    const auto step = decoder->decode(packed, out);
    ASSERT_TRUE(step.has_value()) << step.error().to_string();
    EXPECT_TRUE(step->finished);
    EXPECT_EQ(step->consumed, size);
    EXPECT_TRUE(decoder->at_boundary());
  }
}

TEST(Codec, StreamsFollowOneAnother) {
  const Bytes a = compress_test::prose(5000, 4), b = compress_test::mixture(300, 5);
  for (const Format format : {Format::Gzip, Format::Zstd, Format::Lz4, Format::Snappy}) {
    SCOPED_TRACE(to_string(format));
    if (!compress_test::has(format)) continue;
    Bytes both = *compress::compress(format, a);
    const Bytes second = *compress::compress(format, b);
    both.insert(both.end(), second.begin(), second.end());
    Bytes expected = a;
    expected.insert(expected.end(), b.begin(), b.end());
    EXPECT_TRUE(*decompress(format, both) == expected);
    EXPECT_TRUE(*decode_in_pieces(format, both, {}, 3) == expected);
  }
}

TEST(Codec, Dictionaries) {
  const Bytes dictionary = compress_test::mixture(40'000, 6);
  Bytes in(dictionary.begin() + 20'000, dictionary.begin() + 39'000);
  for (const Format format : {Format::Deflate, Format::Zlib, Format::Zstd, Format::Lz4})
    for (const int level : {levels(format).min, levels(format).standard, levels(format).max}) {
      SCOPED_TRACE(std::string(to_string(format)) + " level " + std::to_string(level));
      if (!compress_test::has(format)) continue;
      const auto packed =
          compress::compress(format, in, {.level = level, .dictionary = dictionary});
      ASSERT_TRUE(packed.has_value()) << packed.error().to_string();
      EXPECT_LT(packed->size(), compress::compress(format, in, {.level = level})->size() / 2);
      const auto out = decompress(format, *packed, {.dictionary = dictionary});
      ASSERT_TRUE(out.has_value()) << out.error().to_string();
      EXPECT_TRUE(*out == in);
      const auto sent = encode_in_pieces(format, in, {.level = level, .dictionary = dictionary}, 5);
      ASSERT_TRUE(sent.has_value()) << sent.error().to_string();
      const auto slow = decode_in_pieces(format, *sent, {.dictionary = dictionary}, 6);
      ASSERT_TRUE(slow.has_value()) << slow.error().to_string();
      EXPECT_TRUE(*slow == in);
      EXPECT_FALSE(decompress(format, *packed).has_value());
    }
  for (const Format format : {Format::Gzip, Format::Brotli, Format::Snappy}) {
    if (!compress_test::has(format)) continue;
    EXPECT_TRUE(make_encoder(format, {.dictionary = dictionary}).error().is(Errc::InvalidArgument));
    EXPECT_TRUE(make_decoder(format, {.dictionary = dictionary}).error().is(Errc::InvalidArgument));
  }
}

TEST(Codec, EncodersAndDecodersSayNoAfterTheEnd) {
  for (const Format format : kFormats) {
    SCOPED_TRACE(to_string(format));
    Bytes room(1000);
    const auto encoder = *make_encoder(format);
    ASSERT_TRUE(encoder->encode(Bytes(10), room, Flush::Finish)->finished);
    EXPECT_TRUE(encoder->encode(Bytes(10), room).error().is(Errc::InvalidArgument));
    const auto decoder = *make_decoder(format);
    const auto failed = decoder->decode(Bytes(40, std::byte{0xFF}), room);
    ASSERT_FALSE(failed.has_value());
    EXPECT_TRUE(decoder->decode({}, room).error().is(Errc::InvalidArgument));
    EXPECT_FALSE(decoder->at_boundary());
    EXPECT_TRUE(decoder->end().error().is(StreamError::Truncated));
  }
}

TEST(Codec, NamesInHeadersOfGzipMayBeLong) {
  const Bytes content = compress_test::prose(1000, 1);
  const auto plain = compress::compress(Format::Gzip, content);
  ASSERT_TRUE(plain.has_value());
  const auto named = [&](std::size_t size) {
    Bytes bytes = *plain;
    bytes[3] |= std::byte{8};
    Bytes name(size + 1, std::byte{'n'});
    name.back() = std::byte{0};
    bytes.insert(bytes.begin() + 10, name.begin(), name.end());
    return bytes;
  };
  constexpr std::size_t kLongest = (128U << 10) - 11;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{70'000}, kLongest}) {
    SCOPED_TRACE(size);
    const Bytes bytes = named(size);
    EXPECT_TRUE(decompress(Format::Gzip, bytes).value() == content);
    EXPECT_TRUE(compress_test::decode_in_pieces(Format::Gzip, bytes, {}, size).value() == content);
  }
  const Bytes longer = named(kLongest + 1);
  EXPECT_TRUE(decompress(Format::Gzip, longer).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(
      compress_test::decode_in_pieces(Format::Gzip, longer, {}, 1).error().is(Errc::LimitExceeded));
}

// Where one byte makes up nearly all literals, it still takes a bit each: runs are copied.
TEST(Codec, RunsAmongNoiseAreCopiedByTheCheapestParse) {
  compress_test::Random random{5};
  Bytes content;
  for (std::size_t i = 0; content.size() < 300'000; ++i) {
    content.insert(content.end(), 40 + i % 60, std::byte{'x'});
    content.push_back(static_cast<std::byte>(random.next()));
  }
  const auto size = [&](Format format, int level) {
    const auto packed = compress::compress(format, content, {.level = level});
    EXPECT_TRUE(packed.has_value());
    return packed->size();
  };
  for (const int level : {13, 14, 16, 19}) {
    SCOPED_TRACE(level);
    EXPECT_LT(size(Format::Zstd, level), content.size() / 16);
  }
  EXPECT_LT(size(Format::Brotli, 10), content.size() / 16);
}

TEST(Codec, NoMemoryHoldsNoContent) {
  const Bytes content = compress_test::mixture(5000, 1);
  for (const Format format : kFormats) {
    SCOPED_TRACE(to_string(format));
    const auto packed = compress::compress(format, content);
    ASSERT_TRUE(packed.has_value());
    const auto into = decompress(format, *packed, MutableByteSpan());
    EXPECT_TRUE(into.error().is(Errc::LimitExceeded)) << into.error().to_string();
    const auto limited = decompress(format, *packed, {.max_output = 0});
    EXPECT_TRUE(limited.error().is(Errc::LimitExceeded)) << limited.error().to_string();
    const auto empty = compress::compress(format, {});
    ASSERT_TRUE(empty.has_value());
    EXPECT_EQ(decompress(format, *empty, MutableByteSpan()).value(), 0U);
    EXPECT_TRUE(decompress(format, *empty, {.max_output = 0}).value().empty());
  }
}

TEST(Codec, TheAnnouncedSizeIsHeldTo) {
  Bytes room(1000);
  const Bytes ten(10);
  for (const Format format : {Format::Zstd, Format::Lz4}) {
    SCOPED_TRACE(to_string(format));
    const auto more = *make_encoder(format, {.content_size = 9});
    EXPECT_TRUE(more->encode(ten, room).error().is(Errc::InvalidArgument));
    const auto later = *make_encoder(format, {.content_size = 12});
    EXPECT_TRUE(later->encode(ten, room).has_value());
    EXPECT_TRUE(later->encode(ten, room, Flush::Finish).error().is(Errc::InvalidArgument));
    const auto less = *make_encoder(format, {.content_size = 11});
    EXPECT_TRUE(less->encode(ten, room, Flush::Finish).error().is(Errc::InvalidArgument));
    const auto exact = *make_encoder(format, {.content_size = 10});
    EXPECT_TRUE(exact->encode(ten, room, Flush::Finish)->finished);
    for (const std::uint64_t size : {0U, 9U, 11U})
      EXPECT_TRUE(compress::compress(format, ten, {.content_size = size})
                      .error()
                      .is(Errc::InvalidArgument));
  }
  // Of others it is a hint.
  EXPECT_TRUE(compress::compress(Format::Brotli, ten, {.content_size = 11}).has_value());
}

// Four blocks of the fixed codes, with the letter a each: 18 bits a block.
Bytes fixed_blocks() {
  Bytes bytes(9);
  std::size_t at = 0;
  const auto put = [&](std::uint32_t bits, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, ++at)
      bytes[at / 8] |= static_cast<std::byte>((bits >> i & 1) << (at % 8));
  };
  for (int block = 0; block < 4; ++block) put(0b010, 3), put(0b10001001, 8), put(0, 7);
  return bytes;
}

TEST(Codec, BlocksOfFixedAndOfOwnCodesTakeTurns) {
  const Bytes middle = compress_test::prose(20'000, 1), fixed = fixed_blocks();
  Bytes packed = fixed, room(20'000);
  const auto encoder = *make_encoder(Format::Deflate);
  const auto sent = encoder->encode(middle, room, Flush::Block);
  ASSERT_TRUE(sent.has_value());
  packed.insert(packed.end(), room.begin(),
                room.begin() + static_cast<std::ptrdiff_t>(sent->produced));
  packed.insert(packed.end(), fixed.begin(), fixed.end());
  packed.insert(packed.end(), {std::byte{3}, std::byte{0}});
  const auto out = decompress(Format::Deflate, packed);
  ASSERT_TRUE(out.has_value()) << out.error().to_string();
  EXPECT_EQ(as_text(*out), "aaaa" + std::string(as_text(middle)) + "aaaa");
}

TEST(Codec, NamesAreThoseOfTheFormats) {
  for (const Format format : kFormats) EXPECT_EQ(parse_format(to_string(format)), format);
  EXPECT_FALSE(parse_format("lzma").has_value());
}

}  // namespace

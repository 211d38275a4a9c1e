#include <avila/compress/lz4_frame.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::compress;
using compress_test::Bytes;

// Every step with little room and few bytes of input at a time.
Result<Bytes> encode_slowly(ByteSpan in, const lz4::FrameOptions& options, std::uint64_t seed) {
  compress_test::Random random{seed};
  lz4::FrameEncoder encoder(options);
  Bytes frame;
  std::byte room[700];
  for (bool finished = false; !finished;) {
    const ByteSpan piece = in.first(std::min<std::size_t>(in.size(), random.below(30'000)));
    const bool last = piece.size() == in.size();
    const auto flush =
        last ? lz4::Flush::Finish : (random.below(8) == 0 ? lz4::Flush::Block : lz4::Flush::No);
    AVILA_TRY(const auto step,
              encoder.encode(piece, MutableByteSpan(room).first(1 + random.below(700)), flush));
    in = in.subspan(step.consumed);
    frame.insert(frame.end(), room, room + step.produced);
    finished = step.finished;
  }
  return frame;
}

Result<Bytes> decode_slowly(ByteSpan in, std::uint64_t seed, ByteSpan dictionary = {}) {
  compress_test::Random random{seed};
  lz4::FrameDecoder decoder({}, dictionary);
  Bytes content;
  std::byte room[5000];
  while (true) {
    const ByteSpan piece = in.first(std::min<std::size_t>(in.size(), random.below(3000)));
    const std::size_t size = 1 + random.below(5000);
    AVILA_TRY(const auto step, decoder.decode(piece, MutableByteSpan(room).first(size)));
    in = in.subspan(step.consumed);
    content.insert(content.end(), room, room + step.produced);
    if (in.empty() && step.produced < size) break;
  }
  if (!decoder.at_boundary()) return Error(Errc::Malformed, "the input ended inside a frame");
  return content;
}

TEST(Lz4Frame, RoundTripsWithEveryOption) {
  const Bytes in = compress_test::mixture(400'000, 1);
  const Bytes dictionary = compress_test::mixture(90'000, 1);
  int n = 0;
  for (const bool linked : {false, true})
    for (const bool block_checksums : {false, true})
      for (const bool content_checksum : {false, true})
        for (const bool with_dictionary : {false, true})
          for (const int level : {-8, 1, 4, 10}) {
            lz4::FrameOptions options{
                .block_size = ++n % 2 == 0 ? lz4::BlockSize::Kib64 : lz4::BlockSize::Kib256,
                .linked_blocks = linked,
                .block_checksums = block_checksums,
                .content_checksum = content_checksum,
                .level = level};
            if (n % 3 == 0) options.content_size = in.size();
            ByteSpan words;
            if (with_dictionary) {
              options.dictionary = words = dictionary;
              options.dictionary_id = 77;
            }
            SCOPED_TRACE(n);
            const auto frame = encode_slowly(in, options, static_cast<std::uint64_t>(n));
            ASSERT_TRUE(frame.has_value()) << frame.error().to_string();
            const auto slow = decode_slowly(*frame, static_cast<std::uint64_t>(n), words);
            ASSERT_TRUE(slow.has_value()) << slow.error().to_string();
            ASSERT_TRUE(*slow == in);
            const auto whole = lz4::decompress_frames(*frame, {}, words);
            ASSERT_TRUE(whole.has_value());
            ASSERT_TRUE(*whole == in);
          }
}

TEST(Lz4Frame, SmallContents) {
  for (std::size_t size = 0; size < 80; ++size) {
    const Bytes in = compress_test::prose(size, 2);
    const auto frame = lz4::compress_frame(in);
    const auto out = lz4::decompress_frames(*frame);
    ASSERT_TRUE(out.has_value()) << out.error().to_string();
    ASSERT_TRUE(*out == in);
  }
}

TEST(Lz4Frame, FlushedBlocksCanBeReadAtOnce) {
  lz4::FrameEncoder encoder;
  lz4::FrameDecoder decoder;
  std::byte wire[2000], back[2000];
  for (int i = 0; i < 5000; ++i) {  // tiny linked blocks, far beyond 64 KiB in all
    const Bytes message = compress_test::prose(1 + static_cast<std::size_t>(i) % 40, 3);
    const auto sent = encoder.encode(message, wire, lz4::Flush::Block);
    ASSERT_TRUE(sent.has_value());
    ASSERT_EQ(sent->consumed, message.size());
    const auto got = decoder.decode(ByteSpan(wire).first(sent->produced), back);
    ASSERT_TRUE(got.has_value()) << got.error().to_string();
    ASSERT_EQ(as_text(ByteSpan(back).first(got->produced)), as_text(message));
  }
}

TEST(Lz4Frame, TinyBlocksWithHighCompression) {
  lz4::FrameEncoder encoder({.level = 9});
  Bytes frame, content;
  std::byte wire[300'000];
  for (int i = 0; i < 9000; ++i) {  // blocks too small to be searched, then large ones
    const Bytes message = compress_test::mixture(i % 3000 == 2999 ? 90'000 : 9, 4);
    content.insert(content.end(), message.begin(), message.end());
    const auto sent = encoder.encode(message, wire, lz4::Flush::Block);
    frame.insert(frame.end(), wire, wire + sent->produced);
  }
  const auto end = encoder.encode({}, wire, lz4::Flush::Finish);
  EXPECT_TRUE(end->finished);
  frame.insert(frame.end(), wire, wire + end->produced);
  const auto out = lz4::decompress_frames(frame);
  ASSERT_TRUE(out.has_value()) << out.error().to_string();
  EXPECT_TRUE(*out == content);
}

TEST(Lz4Frame, LinkedBlocksOfAByteReachBackAsFarAsOthers) {
  // Linked blocks of 64 KiB at most; the checksum of the header is known.
  Bytes frame;
  for (const unsigned byte : {0x04, 0x22, 0x4D, 0x18, 0x40, 0x40, 0xC0})
    frame.push_back(static_cast<std::byte>(byte));
  Bytes content;
  compress_test::Random random{4};
  const auto put = [&](std::initializer_list<unsigned> bytes) {
    for (const unsigned byte : bytes) frame.push_back(static_cast<std::byte>(byte));
  };
  for (int i = 0; i < 300'000; ++i) {
    const auto byte = static_cast<unsigned>(random.below(256));
    put({1, 0, 0, 0x80, byte});
    content.push_back(static_cast<std::byte>(byte));
    if (i < 65'535 || i % 1000 != 0) continue;
    put({9, 0, 0, 0, 0x00, 0xFF, 0xFF, 0x50, 1, 2, 3, 4, 5});  // 4 from 65535 before, 5 literals
    for (int k = 0; k < 4; ++k) content.push_back(content[content.size() - 65'535]);
    for (int k = 1; k <= 5; ++k) content.push_back(static_cast<std::byte>(k));
  }
  put({0, 0, 0, 0});
  const auto whole = lz4::decompress_frames(frame);
  ASSERT_TRUE(whole.has_value()) << whole.error().to_string();
  EXPECT_TRUE(*whole == content);
}

TEST(Lz4Frame, FramesFollowOneAnotherAndSkippableOnesAreSkipped) {
  const Bytes a = compress_test::prose(1000, 5), b = compress_test::noise(70'000, 6);
  Bytes all = *lz4::compress_frame(a);
  const Bytes skipped = lz4::skippable_frame(b, 13), second = *lz4::compress_frame(b);
  all.insert(all.end(), skipped.begin(), skipped.end());
  all.insert(all.end(), second.begin(), second.end());
  Bytes expected = a;
  expected.insert(expected.end(), b.begin(), b.end());
  EXPECT_TRUE(*lz4::decompress_frames(all) == expected);
  EXPECT_TRUE(*decode_slowly(all, 7) == expected);
  EXPECT_TRUE(lz4::decompress_frames(skipped)->empty());
}

TEST(Lz4Frame, NoiseIsStored) {
  const Bytes in = compress_test::noise(300'000, 8);
  const auto frame = lz4::compress_frame(in);
  EXPECT_LT(frame->size(), in.size() + 40);
}

TEST(Lz4Frame, RejectsTruncationAtEveryByte) {
  const Bytes in = compress_test::mixture(3000, 9);
  const auto frame = *lz4::compress_frame(in, {.block_checksums = true, .dictionary_id = 5});
  for (std::size_t size = 0; size < frame.size(); ++size) {
    const auto out = lz4::decompress_frames(ByteSpan(frame).first(size));
    ASSERT_FALSE(out.has_value()) << size;
    ASSERT_TRUE(out.error().is(Errc::Malformed)) << out.error().to_string();
  }
}

TEST(Lz4Frame, EveryFlippedBitIsRejected) {
  const Bytes in = compress_test::mixture(300, 10);
  const auto frame = *lz4::compress_frame(in, {.block_checksums = true});
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    Bytes damaged = frame;
    damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto out = lz4::decompress_frames(damaged);
    // A magic number may turn into that of a skippable frame.
    if (out.has_value()) {
      ASSERT_TRUE(bit < 32 && out->empty()) << bit;
    }
  }
}

TEST(Lz4Frame, SaysWhatIsWrong) {
  Bytes frame = *lz4::compress_frame(compress_test::prose(500, 11));
  const auto code_of = [](const Bytes& bytes, const lz4::FrameLimits& limits = {}) {
    return lz4::decompress_frames(bytes, limits).error().code();
  };
  const auto with = [&](std::size_t at, int value) {
    Bytes changed = frame;
    changed[at] = static_cast<std::byte>(value);
    return changed;
  };
  EXPECT_EQ(code_of(with(0, 5)), Errc::Malformed);
  EXPECT_EQ(code_of({std::byte{0x02}, std::byte{0x21}, std::byte{0x4C}, std::byte{0x18}}),
            Errc::Unsupported);                          // legacy
  EXPECT_EQ(code_of(with(4, 0x80)), Errc::Unsupported);  // version
  EXPECT_EQ(code_of(with(4, 0x4E)), Errc::Malformed);    // reserved flag
  EXPECT_EQ(code_of(with(5, 0x30)), Errc::Malformed);    // block size
  EXPECT_EQ(code_of(with(5, 0x71)), Errc::Malformed);    // reserved bit
  EXPECT_EQ(code_of(with(14, 0)), Errc::Corrupted);      // header checksum
  EXPECT_EQ(code_of(with(18, 0x40)), Errc::Malformed);   // block size above the maximum
  EXPECT_EQ(code_of(with(frame.size() - 1, 0x12)), Errc::Corrupted);  // content checksum
  EXPECT_EQ(code_of(frame, {.max_output = 499}), Errc::LimitExceeded);
  EXPECT_EQ(code_of(frame, {.max_block = 1 << 20}), Errc::LimitExceeded);
  EXPECT_EQ(code_of({}), Errc::Malformed);
}

TEST(Lz4Frame, BombsStopAtTheLimit) {
  const Bytes zeros(20'000'000);
  lz4::FrameEncoder encoder;  // without a content size in the header
  Bytes bomb(200'000);
  const auto step = encoder.encode(zeros, bomb, lz4::Flush::Finish);
  ASSERT_TRUE(step->finished);
  bomb.resize(step->produced);
  EXPECT_LT(bomb.size(), 100'000U);
  const auto out = lz4::decompress_frames(bomb, {.max_output = 10'000'000});
  EXPECT_TRUE(out.error().is(Errc::LimitExceeded)) << out.error().to_string();
  EXPECT_TRUE(lz4::decompress_frames(bomb, {.max_output = 20'000'000}).has_value());
}

TEST(Lz4Frame, TheAnnouncedSizeIsHeldTo) {
  std::byte room[1000];
  const Bytes ten(10);
  lz4::FrameEncoder more({.content_size = 9});
  EXPECT_TRUE(more.encode(ten, room).error().is(Errc::InvalidArgument));
  lz4::FrameEncoder less({.content_size = 11});
  EXPECT_TRUE(less.encode(ten, room, lz4::Flush::Finish).error().is(Errc::InvalidArgument));
  lz4::FrameEncoder after;
  EXPECT_TRUE(after.encode(ten, room, lz4::Flush::Finish)->finished);
  EXPECT_TRUE(after.encode(ten, room).error().is(Errc::InvalidArgument));
}

TEST(Lz4Frame, AFailedDecoderStaysFailed) {
  lz4::FrameDecoder decoder;
  std::byte room[10];
  EXPECT_FALSE(decoder.decode(Bytes(4), room).has_value());
  EXPECT_TRUE(decoder.decode({}, room).error().is(Errc::InvalidArgument));
}

}  // namespace

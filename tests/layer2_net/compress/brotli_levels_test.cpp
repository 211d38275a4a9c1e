#include <gtest/gtest.h>
#include <avila/compress/codec.hpp>

#include "brotli_split.hpp"
#include "brotli_words.hpp"
#include "support.hpp"

namespace {
using namespace avila;
using compress::Format;
using compress::detail::brotli::kMaxTransformed;
using compress::detail::brotli::kMaxWord;
using compress::detail::brotli::kMinWord;
using compress::detail::brotli::kTransforms;
using compress::detail::brotli::kWordBits;
using compress::detail::brotli::Split;
using compress::detail::brotli::split_blocks;
using compress::detail::brotli::transformed_word;
using compress::detail::brotli::transforms;
using compress::detail::brotli::Words;

std::size_t packed_size(ByteSpan content, int level) {
  const auto packed = compress::compress(Format::Brotli, content, {.level = level});
  EXPECT_TRUE(*compress::decompress(Format::Brotli, *packed) ==
              std::vector<std::byte>(content.begin(), content.end()));
  return packed->size();
}

TEST(BrotliWords, AreFoundWithTheirTransforms) {
  std::vector<Words::Match> matches;
  for (unsigned length = kMinWord; length <= kMaxWord; ++length)
    for (unsigned transform = 0; transform < kTransforms; ++transform) {
      const auto& how = transforms()[transform];
      const bool sought = (how.prefix.empty() || how.prefix == " ") && (how.kind == how.Keep);
      for (unsigned index = 0; index < 1U << kWordBits[length]; index += 61) {
        std::byte text[kMaxTransformed + 8] = {};
        const std::size_t size = transformed_word(length, index, transform, text);
        matches.clear();
        Words::all().find(text, size, matches);
        bool found = !sought;
        for (const Words::Match& match : matches) {
          const unsigned bits = kWordBits[match.length];
          std::byte again[kMaxTransformed + 8] = {};
          ASSERT_EQ(transformed_word(match.length, match.id & ((1U << bits) - 1), match.id >> bits,
                                     again),
                    match.size);
          ASSERT_LE(match.size, size);
          ASSERT_TRUE(std::equal(again, again + match.size, text));
          found = found || (match.length == length && match.id == index + (transform << bits));
        }
        ASSERT_TRUE(found) << length << " " << index << " " << transform;
      }
    }
}

TEST(BrotliLevels, TheHighestKnowWords) {
  const std::string_view text =
      "The government of the United States announced on Wednesday that the information which is "
      "available on the website has been changed. It is important that the public is interested.";
  const std::size_t nine = packed_size(as_bytes(text), 9);
  EXPECT_LT(packed_size(as_bytes(text), 10), nine * 3 / 4);
  EXPECT_LT(packed_size(as_bytes(text), 11), nine * 3 / 4);
}

TEST(BrotliLevels, TheHighestTakeTheCheaperParse) {
  std::string rows;
  compress_test::Random random{4};
  for (int i = 0; i < 3000; ++i)
    rows += "{\"id\":" + std::to_string(i) + ",\"price\":" + std::to_string(random.below(5000)) +
            ",\"shop\":\"s" + std::to_string(random.below(40)) + "\"}\n";
  const ByteSpan content = as_bytes(rows);
  const std::size_t nine = packed_size(content, 9), ten = packed_size(content, 10);
  EXPECT_LT(ten, nine);
  EXPECT_LE(packed_size(content, 11), ten);
}

TEST(BrotliSplit, PartsThatAreAlikeShareAType) {
  compress_test::Random random{5};
  std::vector<std::uint16_t> symbols;
  for (const unsigned base : {0, 100, 0, 100, 50})
    for (int i = 0; i < 2000; ++i)
      symbols.push_back(static_cast<std::uint16_t>(base + random.below(16)));
  const auto lengths = [](const Split& split) {
    std::vector<std::pair<unsigned, std::uint32_t>> all;
    for (const Split::Block& block : split.blocks) all.emplace_back(block.type, block.length);
    return all;
  };
  using Lengths = std::vector<std::pair<unsigned, std::uint32_t>>;
  const Split three = split_blocks(symbols, 256, 100, 8, 0);
  EXPECT_EQ(three.types, 3U);
  EXPECT_EQ(lengths(three), (Lengths{{0, 2000}, {1, 2000}, {0, 2000}, {1, 2000}, {2, 2000}}));
  EXPECT_LE(split_blocks(symbols, 256, 100, 2, 0).types, 2U);
  const Split one = split_blocks(std::span(symbols).first(1999), 256, 100, 8, 0);
  EXPECT_EQ(one.types, 1U);
  EXPECT_TRUE(one.blocks.empty());
  EXPECT_EQ(split_blocks({}, 256, 100, 8, 0).types, 1U);
}

TEST(BrotliLevels, TheHighestGivePartsOfTheirOwnKindCodesOfTheirOwn) {
  compress_test::Random random{6};
  std::string content;
  for (int part = 0; part < 12; ++part)
    for (int i = 0; i < 20'000; ++i)
      content += static_cast<char>((part % 3 == 0   ? 'a'
                                    : part % 3 == 1 ? 'A'
                                                    : 160) +
                                   static_cast<int>(random.below(16)));
  const std::size_t nine = packed_size(as_bytes(content), 9);
  EXPECT_LT(packed_size(as_bytes(content), 10), nine * 99 / 100);
}

// A word's distance lies beyond all that a copy may reach: first the content, then the window.
TEST(BrotliLevels, WordsOccurBeyondTheWindowToo) {
  std::string content;
  const std::string_view words[] = {" government", "important ", "Information", "available"};
  for (int i = 0; content.size() < 4'700'000; ++i) {
    content.append(300'000, static_cast<char>('0' + i));
    content += words[i % 4];
  }
  packed_size(as_bytes(content), 10);
}

// Runs of literals and copies of all lengths up to where they no longer fit a step.
TEST(BrotliLevels, CommandsAreOfAnySize) {
  compress_test::Bytes content = compress_test::noise(4'000, 1);
  compress_test::Random random{3};
  for (std::size_t length = 50; length < 2'400; length += 1 + length / 40) {
    const std::size_t from = random.below(content.size() - length);
    const compress_test::Bytes copy(content.begin() + static_cast<std::ptrdiff_t>(from),
                                    content.begin() + static_cast<std::ptrdiff_t>(from + length));
    content.insert(content.end(), copy.begin(), copy.end());
    const compress_test::Bytes literals = compress_test::noise(2'450 - length, length);
    content.insert(content.end(), literals.begin(), literals.end());
  }
  for (const int level : {1, 5, 9, 11}) {
    SCOPED_TRACE(level);
    const auto packed = compress::compress(compress::Format::Brotli, content, {.level = level});
    ASSERT_TRUE(packed.has_value());
    // In rooms that end within a command, too.
    for (std::size_t room = content.size(); room > content.size() - 5'000; room -= 97) {
      compress_test::Bytes out(room);
      const auto size = decompress(compress::Format::Brotli, *packed, out);
      ASSERT_EQ(size.has_value(), room == content.size());
      ASSERT_TRUE(std::equal(out.begin(), out.end(), content.begin()));
    }
  }
}

// One byte of 64 is zero: a code saves 1 in 400 bytes, and costs the reader a look-up a byte.
TEST(BrotliLevels, WhatACodeSavesLittleOnIsStored) {
  compress_test::Random random{1};
  compress_test::Bytes content = compress_test::noise(100'000, 2);
  for (std::byte& byte : content)
    if (random.below(64) == 0) byte = {};
  for (const int level : {1, 5, 9, 11}) {
    SCOPED_TRACE(level);
    EXPECT_GT(packed_size(content, level), content.size());
    EXPECT_LT(packed_size(content, level), content.size() + 32);
  }
}

}  // namespace

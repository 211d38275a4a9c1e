// Literals that Zstandard's blocks hold as they are.
#include <avila/compress/codec.hpp>

#include "streams.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using compress::Format;
using compress_test::Bytes;

// One byte of 64 is zero: its code would save 1 in 400 bytes, and cost the reader a look-up a byte.
TEST(ZstdLiterals, AreStoredWhereACodeSavesLittle) {
  compress_test::Random random{1};
  Bytes content = compress_test::noise(100'000, 2);
  for (std::byte& byte : content)
    if (random.below(64) == 0) byte = {};
  for (const int level : {1, 3, 9, 19}) {
    SCOPED_TRACE(level);
    const auto packed = compress::compress(Format::Zstd, content, {.level = level});
    ASSERT_TRUE(packed.has_value());
    EXPECT_GT(packed->size(), content.size());
    EXPECT_LT(packed->size(), content.size() + 32);
  }
}

// They are read where they lie; what comes behind them may be shorter than a wide copy.
TEST(ZstdLiterals, ThatAreStoredMayEndTheInput) {
  for (const std::size_t size : {40U, 100U, 1000U, 5000U})
    for (const std::size_t copies : {1U, 2U, 5U, 40U, 300U}) {
      SCOPED_TRACE(std::to_string(size) + " bytes, " + std::to_string(copies) + " copies");
      compress_test::Random random{size + copies};
      Bytes content = compress_test::noise(size, size);
      for (std::size_t i = 0; i < copies; ++i) {
        const std::size_t length = 8 + random.below(24), at = random.below(size - length);
        content.insert(content.end(), content.begin() + static_cast<std::ptrdiff_t>(at),
                       content.begin() + static_cast<std::ptrdiff_t>(at + length));
        const Bytes between = compress_test::noise(1 + random.below(60), i);
        content.insert(content.end(), between.begin(), between.end());
      }
      const auto packed =
          compress::compress(Format::Zstd, content, {.level = 9, .checksum = false});
      ASSERT_TRUE(packed.has_value());
      const Bytes input(packed->begin(), packed->end());  // of no more memory than it needs
      Bytes exact(content.size());
      const auto back = decompress(Format::Zstd, input, exact);
      ASSERT_TRUE(back.has_value()) << back.error().to_string();
      EXPECT_TRUE(exact == content);
    }
}

}  // namespace

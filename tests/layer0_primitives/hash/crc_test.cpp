#include <avila/hash/crc32.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/hash/crc64nvme.hpp>

#include "crc_tables.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::random_bytes;

// The definition, bit by bit.
template <class Word>
Word slow_crc(ByteSpan bytes, Word crc, Word polynomial) {
  crc = ~crc;
  for (const std::byte b : bytes) {
    crc ^= static_cast<Word>(b);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
  }
  return ~crc;
}

TEST(Crc, KnownValues) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U);  // the catalogues' check value
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);
  // RFC 3720 §B.4: 32 zero bytes, 32 bytes of 0xFF, 0…31, 31…0 (bytes of the result in order).
  std::vector<std::byte> bytes(32, std::byte{0});
  EXPECT_EQ(crc32c(bytes), 0x8A9136AAU);
  bytes.assign(32, std::byte{0xFF});
  EXPECT_EQ(crc32c(bytes), 0x62A8AB43U);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(bytes), 0x46DD794EU);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(31 - i);
  EXPECT_EQ(crc32c(bytes), 0x113FDB5CU);
  EXPECT_EQ(crc64nvme(as_bytes("123456789")), 0xAE8B14860A799888U);
  EXPECT_EQ(crc64nvme({}), 0U);
  EXPECT_EQ(crc32({}), 0U);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc, EverySizeAndOffsetAgreesWithTheDefinition) {
  const auto bytes = random_bytes(1400, 1);
  for (std::size_t size = 0; size < 1300; size += size < 300 ? 1 : 37)
    for (const std::size_t offset : {0, 1, 3, 8, 15}) {
      const ByteSpan part = ByteSpan(bytes).subspan(offset, size);
      const auto start = static_cast<std::uint32_t>(size * 0x9E3779B1U);
      ASSERT_EQ(crc32(part, start), slow_crc(part, start, detail::kCrc32Polynomial)) << size;
      ASSERT_EQ(crc32c(part, start), slow_crc(part, start, detail::kCrc32cPolynomial)) << size;
      const std::uint64_t start64 = size * 0x9E3779B97F4A7C15U;
      ASSERT_EQ(crc64nvme(part, start64), slow_crc(part, start64, detail::kCrc64NvmePolynomial))
          << size;
    }
}

TEST(Crc, PiecesAndCombineGiveTheWhole) {
  const auto bytes = random_bytes(100'000, 2);
  const ByteSpan all(bytes);
  const std::uint32_t whole = crc32(all), whole_c = crc32c(all);
  for (const std::size_t cut : {0UL, 1UL, 63UL, 1024UL, 50'001UL, 99'999UL, 100'000UL}) {
    const ByteSpan a = all.first(cut), b = all.subspan(cut);
    EXPECT_EQ(crc32(b, crc32(a)), whole);
    EXPECT_EQ(crc32c(b, crc32c(a)), whole_c);
    EXPECT_EQ(crc32_combine(crc32(a), crc32(b), b.size()), whole);
    EXPECT_EQ(crc32c_combine(crc32c(a), crc32c(b), b.size()), whole_c);
    EXPECT_EQ(crc64nvme(b, crc64nvme(a)), crc64nvme(all));
    EXPECT_EQ(crc64nvme_combine(crc64nvme(a), crc64nvme(b), b.size()), crc64nvme(all));
  }
}

TEST(Crc, EveryFlippedBitIsSeen) {
  auto bytes = random_bytes(300, 3);
  const std::uint32_t before = crc32c(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_NE(crc32c(bytes), before);
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  }
}

}  // namespace

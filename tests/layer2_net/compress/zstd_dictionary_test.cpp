#include <avila/compress/codec.hpp>
#include <avila/compress/zstd.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::compress;
using compress_test::Bytes;

// Small records of one shape with different values.
std::vector<Bytes> records(std::size_t count, std::uint64_t seed) {
  compress_test::Random random{seed};
  std::vector<Bytes> all;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = "{\"identifier\":" + std::to_string(random.next() % 100'000) +
                       ",\"customer\":{\"name\":\"user" + std::to_string(random.below(5000)) +
                       "\",\"country\":\"" + (random.below(2) == 0 ? "Brazil" : "Portugal") +
                       "\"},\"created_at\":\"2026-01-" + std::to_string(10 + random.below(19)) +
                       "T12:00:00Z\",\"amount_cents\":" + std::to_string(random.below(1'000'000)) +
                       ",\"currency\":\"BRL\",\"status\":\"" +
                       (random.below(3) == 0 ? "refunded" : "settled") + "\"}";
    const auto bytes = as_bytes(text);
    all.emplace_back(bytes.begin(), bytes.end());
  }
  return all;
}

std::size_t total_size(const std::vector<Bytes>& contents, ByteSpan dictionary, int level) {
  std::size_t sum = 0;
  for (const Bytes& in : contents) {
    const auto packed =
        compress::compress(Format::Zstd, in, {.level = level, .dictionary = dictionary});
    EXPECT_TRUE(packed.has_value());
    const auto out = decompress(Format::Zstd, *packed, {.dictionary = dictionary});
    EXPECT_TRUE(out.has_value() && *out == in);
    sum += packed->size();
  }
  return sum;
}

TEST(ZstdDictionary, TrainedOnesMakeSmallRecordsSmaller) {
  const auto samples = records(1000, 1), others = records(100, 2);
  const std::vector<ByteSpan> spans(samples.begin(), samples.end());
  const auto trained = zstd::train_dictionary(spans, 4096);
  ASSERT_TRUE(trained.has_value()) << trained.error().to_string();
  EXPECT_LE(trained->size(), 4096U);
  const auto id = zstd::dictionary_id(*trained);
  ASSERT_TRUE(id.has_value()) << id.error().to_string();
  EXPECT_GE(*id, 32768U);
  for (const int level : {1, 3, 9, 15}) {
    const std::size_t with = total_size(others, *trained, level);
    const std::size_t without = total_size(others, {}, level);
    EXPECT_LT(with, without / 2) << level;
  }
}

TEST(ZstdDictionary, AnySamplesWillDo) {
  for (const std::size_t size : {100U, 3000U, 200'000U})
    for (const Bytes& bytes : {compress_test::noise(size, 1), compress_test::mixture(size, 2),
                               Bytes(size, std::byte{'a'})}) {
      const ByteSpan sample = bytes;
      const auto trained = zstd::train_dictionary({&sample, 1}, 8192);
      ASSERT_TRUE(trained.has_value()) << trained.error().to_string();
      ASSERT_TRUE(zstd::dictionary_id(*trained).has_value());
      ASSERT_GT(total_size({bytes}, *trained, 3), 0U);
    }
}

TEST(ZstdDictionary, SaysWhatIsWrong) {
  const Bytes few(63), enough(1000);
  const ByteSpan a = few, b = enough;
  EXPECT_TRUE(zstd::train_dictionary({&a, 1}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(zstd::train_dictionary({&b, 1}, 255).error().is(Errc::InvalidArgument));
  EXPECT_EQ(*zstd::dictionary_id(enough), 0U);
  Bytes damaged = *zstd::train_dictionary({&b, 1}, 8192);
  damaged.resize(30);
  EXPECT_TRUE(zstd::dictionary_id(damaged).error().is(StreamError::Damaged));
  EXPECT_FALSE(make_encoder(Format::Zstd, {.dictionary = damaged}).has_value());
  EXPECT_FALSE(make_decoder(Format::Zstd, {.dictionary = damaged}).has_value());
}

TEST(ZstdDictionary, FramesNameTheDictionaryTheyNeed) {
  const auto one = records(300, 1), two = records(300, 9);
  const auto train = [](const std::vector<Bytes>& samples) {
    return *zstd::train_dictionary(std::vector<ByteSpan>(samples.begin(), samples.end()), 4096);
  };
  const Bytes first = train(one), second = train(two);
  const Bytes packed = *compress::compress(Format::Zstd, one[0], {.dictionary = first});
  EXPECT_TRUE(
      decompress(Format::Zstd, packed, {.dictionary = second}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(decompress(Format::Zstd, packed).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(*decompress(Format::Zstd, packed, {.dictionary = first}) == one[0]);
}

}  // namespace

// Product quantisation: codebooks, the sums of looked-up parts, and an index on them.
#include "product.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <cstring>
#include <thread>

#include "support.hpp"

namespace {

using namespace avila;
using namespace hnsw_test;
using avila::hnsw::detail::Codebook;
using avila::hnsw::detail::kCentroids;

std::vector<float> flat(const std::vector<std::vector<float>>& all) {
  std::vector<float> values;
  for (const auto& one : all) values.insert(values.end(), one.begin(), one.end());
  return values;
}

TEST(HnswProduct, AVectorOfTheTrainingIsExactWhenThereAreFew) {
  // 256 points: each gets its centroid.
  const auto all = points(kCentroids, 10, 1);
  const Codebook book = Codebook::train(10, 3, flat(all), all.size(), 7);
  for (const auto& one : all) {
    std::uint8_t codes[3];
    std::vector<float> back(10);
    book.encode(one, codes);
    book.decode(codes, back);
    for (std::size_t d = 0; d < 10; ++d) EXPECT_NEAR(back[d], one[d], 1e-5F);
  }
}

TEST(HnswProduct, MoreSubspacesAreMoreExact) {
  const auto all = points(700, 16, 2);
  double before = 1e30;
  for (const std::uint32_t subspaces : {1U, 2U, 4U, 8U, 16U}) {
    const Codebook book = Codebook::train(16, subspaces, flat(all), all.size(), 7);
    double error = 0;
    for (const auto& one : all) {
      std::vector<std::uint8_t> codes(subspaces);
      std::vector<float> back(16);
      book.encode(one, codes.data());
      book.decode(codes.data(), back);
      error += distance(Metric::L2, one, back);
    }
    EXPECT_LT(error, before) << subspaces;
    before = error;
  }
  EXPECT_LT(before / 700, 1e-3);
}

TEST(HnswProduct, TheTableGivesTheDistanceToWhatCodesStandFor) {
  constexpr std::uint32_t kDimensions = 37;
  const auto all = points(300, kDimensions, 3);
  const auto query = points(1, kDimensions, 4)[0];
  for (const std::uint32_t subspaces : {1U, 5U, 16U, 17U, 37U}) {
    const Codebook book = Codebook::train(kDimensions, subspaces, flat(all), all.size(), 7);
    const std::size_t stride = 64;
    std::vector<std::uint8_t> rows(all.size() * stride);
    for (std::size_t i = 0; i < all.size(); ++i) book.encode(all[i], &rows[i * stride]);
    std::vector<std::uint32_t> ids;
    for (std::uint32_t i = 0; i < all.size(); i += 3) ids.push_back(i);
    for (const bool dot : {false, true}) {
      std::vector<float> table(subspaces * kCentroids), out(ids.size());
      book.table(query, dot, table.data());
      hnsw::detail::product_sum(
          reinterpret_cast<const std::byte*>(table.data()),
          {reinterpret_cast<const std::byte*>(rows.data()), stride, 1, subspaces}, ids.data(),
          ids.size(), out.data());
      for (std::size_t i = 0; i < ids.size(); ++i) {
        std::vector<float> back(kDimensions);
        book.decode(&rows[ids[i] * stride], back);
        const double expected = distance(dot ? Metric::Dot : Metric::L2, query, back);
        EXPECT_NEAR(out[i], expected, 1e-4 * (1 + std::fabs(expected)));
      }
    }
  }
}

TEST(HnswProduct, EveryKernelOfPartsAgrees) {
  Random random{9};
  for (const std::size_t n : {1U, 3U, 8U}) {
    std::vector<float> centroids(n * kCentroids), query(n);
    for (float& x : centroids) x = random.value();
    for (float& x : query) x = random.value();
    for (const auto kernels :
         {hnsw::detail::l2_parts_kernels(), hnsw::detail::dot_parts_kernels()}) {
      std::vector<float> expected(kCentroids), out(kCentroids);
      kernels.back().run(centroids.data(), query.data(), n, expected.data());
      for (const auto& kernel : kernels) {
        if (!kernel.supported()) continue;
        kernel.run(centroids.data(), query.data(), n, out.data());
        for (std::size_t c = 0; c < kCentroids; ++c)
          EXPECT_NEAR(out[c], expected[c], 1e-5F) << kernel.name;
      }
    }
  }
}

TEST(HnswProduct, FindsTheNearestByEveryMetric) {
  const auto all = points(900, 24, 1), queries = points(40, 24, 2);
  for (const auto metric : {Metric::L2, Metric::Cosine, Metric::Dot}) {
    for (const bool keep : {true, false}) {
      const Index index = filled({.dimensions = 24,
                                  .metric = metric,
                                  .quantization = Quantization::Product,
                                  .subspaces = 12,
                                  .training_size = 500,
                                  .keep_vectors = keep},
                                 all);
      EXPECT_TRUE(index.stats().trained);
      EXPECT_GE(recall(index, all, queries, {.k = 10, .ef = 100}, kEverything), keep ? 0.95 : 0.6)
          << static_cast<int>(metric);
      EXPECT_GE(recall(index, all, queries, {.k = 10, .ef = 100, .rerank = false}, kEverything),
                0.6)
          << static_cast<int>(metric);
      const auto odd = [](std::uint64_t label) { return label % 2 == 1; };
      EXPECT_GE(recall(index, all, queries, {.k = 10, .ef = 100, .filter = odd}, odd),
                keep ? 0.95 : 0.6);
    }
  }
}

TEST(HnswProduct, TrainsWhenThereAreEnoughAndGoesOn) {
  const auto all = points(900, 16, 1);
  auto index = *Index::create(
      {.dimensions = 16, .quantization = Quantization::Product, .training_size = 600});
  for (std::uint64_t i = 0; i < 255; ++i) ASSERT_TRUE(index.insert(i, all[i]).has_value());
  EXPECT_TRUE(index.train().error().is(Errc::InvalidArgument));
  for (std::uint64_t i = 255; i < 599; ++i) ASSERT_TRUE(index.insert(i, all[i]).has_value());
  EXPECT_FALSE(index.stats().trained);
  EXPECT_EQ((*index.search(all[3], {.k = 1}))[0], (Neighbor{3, 0}));
  ASSERT_TRUE(index.insert(599, all[599]).has_value());
  EXPECT_TRUE(index.stats().trained);
  EXPECT_TRUE(index.train().has_value());
  EXPECT_EQ((*index.search(all[3], {.k = 1}))[0], (Neighbor{3, 0})) << "by the floats beside";
  EXPECT_EQ(*index.vector(3), all[3]);
  for (std::uint64_t i = 600; i < 900; ++i) ASSERT_TRUE(index.insert(i, all[i]).has_value());
  for (std::uint64_t i = 0; i < 900; i += 4) EXPECT_TRUE(index.erase(i));
  index.repair();
  const auto left = [](std::uint64_t label) { return label % 4 != 0; };
  EXPECT_GE(recall(index, all, points(40, 16, 2), {.k = 10, .ef = 64}, left), 0.95);
  auto plain = *Index::create({.dimensions = 16});
  EXPECT_TRUE(plain.train().error().is(Errc::Unsupported));
}

TEST(HnswProduct, SearchesGoOnWhileItTrains) {
  const auto all = points(700, 16, 1);
  auto index = *Index::create(
      {.dimensions = 16, .quantization = Quantization::Product, .training_size = 400});
  ASSERT_TRUE(index.insert(0, all[0]).has_value());
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::thread searcher([&] {
    while (!done) {
      const auto found = index.search(all[0], {.k = 3, .ef = 20});
      // Also while a node is being linked: whatever a search comes down through leads on.
      if (!found.has_value() || found->empty() || (*found)[0].label != 0) ++wrong;
      if (index.options().dimensions != 16) ++wrong;
    }
  });
  std::thread other([&] {
    for (std::uint64_t i = 1; i < 350; ++i)
      if (!index.insert(i, all[i]).has_value()) ++wrong;
  });
  for (std::uint64_t i = 350; i < 700; ++i) EXPECT_TRUE(index.insert(i, all[i]).has_value());
  other.join();
  done = true;
  searcher.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(index.stats().trained);
  EXPECT_EQ(index.size(), 700U);
}

TEST(HnswProduct, TakesLessMemory) {
  const auto all = points(1'000, 256, 1);
  const auto bytes = [&](Quantization quantization, bool keep) {
    return filled({.dimensions = 256,
                   .m = 8,
                   .ef_construction = 20,
                   .quantization = quantization,
                   .training_size = 300,
                   .keep_vectors = keep},
                  all)
        .stats()
        .memory_bytes;
  };
  const std::size_t floats = bytes(Quantization::None, true);
  EXPECT_LT(bytes(Quantization::Product, false) * 2, floats);
}

TEST(HnswProduct, RefusesOptionsOutOfRange) {
  EXPECT_FALSE(Index::create({.dimensions = 8, .subspaces = 9}).has_value());
  EXPECT_FALSE(Index::create({.dimensions = 8, .training_size = 255}).has_value());
}

}  // namespace

#include <avila/hnsw/index.hpp>

#include <atomic>
#include <limits>
#include <thread>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace hnsw_test;

constexpr std::uint32_t kDimensions = 24;

TEST(Hnsw, FindsTheNearestWithEveryMetric) {
  const auto all = points(2000, kDimensions, 1), queries = points(50, kDimensions, 2);
  for (const Metric metric : {Metric::L2, Metric::Cosine, Metric::Dot}) {
    const Index index = filled({.dimensions = kDimensions, .metric = metric}, all);
    EXPECT_EQ(index.size(), all.size());
    EXPECT_GE(recall(index, all, queries, {.k = 10, .ef = 100}, kEverything), 0.97);
    for (const auto& query : queries) {
      const auto exact = *index.search_exact(query, {.k = 10});
      const auto truth = nearest(metric, all, query, 10, kEverything);
      ASSERT_EQ(exact.size(), 10U);
      for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_NEAR(exact[i].distance, distance(metric, all[truth[i]], query), 1e-3);
        if (i > 0) {
          EXPECT_LE(exact[i - 1].distance, exact[i].distance);
        }
      }
    }
  }
}

TEST(Hnsw, SmallIndexesAreExact) {
  const auto all = points(40, kDimensions, 3);
  auto index = Index::create({.dimensions = kDimensions});
  ASSERT_TRUE(index.has_value());
  EXPECT_TRUE(index->search(all[0])->empty());
  EXPECT_TRUE(index->search_exact(all[0])->empty());
  for (std::uint64_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(index->insert(i, all[i]).has_value());
    const auto found = *index->search(all[i], {.k = 100});
    ASSERT_EQ(found.size(), i + 1);
    EXPECT_EQ(found[0], (Neighbor{i, 0}));
  }
}

TEST(Hnsw, SameSeedSameGraph) {
  const auto all = points(600, kDimensions, 4), queries = points(40, kDimensions, 5);
  const Index a = filled({.dimensions = kDimensions, .seed = 7}, all);
  const Index b = filled({.dimensions = kDimensions, .seed = 7}, all);
  for (const auto& query : queries)
    EXPECT_EQ(*a.search(query, {.ef = 12}), *b.search(query, {.ef = 12}));
}

TEST(Hnsw, InsertReplacesTheSameLabel) {
  const auto all = points(300, kDimensions, 6);
  Index index = filled({.dimensions = kDimensions}, all);
  const std::vector<float> far(kDimensions, 50.0F);
  ASSERT_TRUE(index.insert(17, far).has_value());
  EXPECT_EQ(index.size(), all.size());
  EXPECT_EQ((*index.search(far, {.k = 1}))[0], (Neighbor{17, 0}));
  const auto nearest_ones = *index.search(all[17], {.k = 50});
  for (const auto& found : nearest_ones) EXPECT_NE(found, (Neighbor{17, 0}));
  EXPECT_EQ(*index.vector(17), far);
}

TEST(Hnsw, EraseHidesAtOnceAndRecallHoldsAfterHeavyDeletion) {
  const auto all = points(3000, kDimensions, 7), queries = points(60, kDimensions, 8);
  Index index = filled({.dimensions = kDimensions}, all);
  const auto kept = [](std::uint64_t label) { return label % 5 == 0; };
  for (std::uint64_t i = 0; i < all.size(); ++i) {
    if (kept(i)) continue;
    ASSERT_TRUE(index.erase(i));
    if (i % 97 == 0) {
      const auto shown = *index.search(all[i], {.k = 20});
      for (const auto& found : shown) EXPECT_NE(found.label, i);
    }
  }
  EXPECT_FALSE(index.erase(1));
  EXPECT_FALSE(index.contains(1));
  EXPECT_EQ(index.size(), 600U);
  EXPECT_GE(recall(index, all, queries, {.k = 10, .ef = 64}, kept), 0.97);
  index.repair();
  EXPECT_EQ(index.stats().deleted, 0U);
  EXPECT_GE(recall(index, all, queries, {.k = 10, .ef = 64}, kept), 0.97);
  // Slots are used again.
  const std::size_t before = index.stats().memory_bytes;
  for (std::uint64_t i = 0; i < all.size(); ++i) ASSERT_TRUE(index.insert(i, all[i]).has_value());
  EXPECT_LT(index.stats().memory_bytes, before + before / 2);
  EXPECT_GE(recall(index, all, queries, {.k = 10, .ef = 64}, kEverything), 0.97);
}

TEST(Hnsw, EveryVectorMayBeErasedAndTheIndexUsedAgain) {
  const auto all = points(500, kDimensions, 9);
  Index index = filled({.dimensions = kDimensions}, all);
  for (std::uint64_t i = 0; i < all.size(); ++i) ASSERT_TRUE(index.erase(i));
  EXPECT_TRUE(index.search(all[0])->empty());
  index.repair();
  EXPECT_EQ(index.size(), 0U);
  EXPECT_TRUE(index.search(all[0])->empty());
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(index.insert(i, all[i]).has_value());
  EXPECT_EQ((*index.search(all[42], {.k = 1}))[0].label, 42U);
}

TEST(Hnsw, ChurnKeepsEveryVectorFindable) {
  const auto all = points(4000, kDimensions, 10);
  Index index = filled({.dimensions = kDimensions, .m = 8, .ef_construction = 60},
                       {all.begin(), all.begin() + 800});
  for (std::uint64_t i = 800; i < all.size(); ++i) {  // a sliding window of 800
    ASSERT_TRUE(index.insert(i, all[i]).has_value());
    ASSERT_TRUE(index.erase(i - 800));
  }
  std::size_t found = 0;
  for (std::uint64_t i = all.size() - 800; i < all.size(); ++i) {
    const auto nearest = *index.search(all[i], {.k = 1, .ef = 64});
    found += nearest[0].label == i ? 1 : 0;
  }
  EXPECT_GE(found, 792U);
}

TEST(Hnsw, FilteredSearchGoesOnUntilItHasEnough) {
  const auto all = points(3000, kDimensions, 11), queries = points(40, kDimensions, 12);
  const Index index = filled({.dimensions = kDimensions}, all);
  for (const std::uint64_t one_in : {2, 10, 100, 1000}) {
    const auto accept = [=](std::uint64_t label) { return label % one_in == 0; };
    const SearchOptions options{.k = 10, .ef = 64, .filter = accept};
    EXPECT_GE(recall(index, all, queries, options, accept), 0.97) << one_in;
    for (const auto& query : queries) {
      const auto found = *index.search(query, options);
      EXPECT_EQ(found.size(), std::min<std::size_t>(10, 3000 / one_in));
      for (const auto& neighbor : found) EXPECT_TRUE(accept(neighbor.label));
    }
  }
  const SearchOptions nobody{.filter = [](std::uint64_t) { return false; }};
  EXPECT_TRUE(index.search(queries[0], nobody)->empty());
}

TEST(Hnsw, FilterThatMatchesFarAwayOnly) {
  // Everything that matches lies in one far cluster: the walk must cross the rest.
  auto all = points(2000, kDimensions, 13);
  for (std::size_t i = 0; i < 100; ++i)
    for (float& x : all[i]) x += 30;
  const Index index = filled({.dimensions = kDimensions}, all);
  const auto accept = [](std::uint64_t label) { return label < 100; };
  const auto found = *index.search(all[1500], {.k = 10, .filter = accept});
  EXPECT_EQ(common(found, nearest(Metric::L2, all, all[1500], 10, accept)), 10U);
}

TEST(Hnsw, Int8QuantisationKeepsRecall) {
  const auto all = points(2000, 96, 14), queries = points(50, 96, 15);
  for (const Metric metric : {Metric::L2, Metric::Cosine, Metric::Dot})
    for (const bool keep : {true, false}) {
      const Index index = filled({.dimensions = 96,
                                  .metric = metric,
                                  .quantization = Quantization::Int8,
                                  .keep_vectors = keep},
                                 all);
      EXPECT_GE(recall(index, all, queries, {.k = 10, .ef = 100}, kEverything), keep ? 0.97 : 0.9);
      const auto back = *index.vector(3);
      EXPECT_LT(distance(Metric::Cosine, back, all[3]), 0.001);
      const auto found = *index.search(queries[0], {.k = 5});
      for (const auto& n : found) {
        EXPECT_NEAR(n.distance, distance(metric, all[n.label], queries[0]), keep ? 1e-3 : 0.5);
      }
    }
}

TEST(Hnsw, RefusesWhatItCannotHold) {
  EXPECT_TRUE(Index::create({}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(Index::create({.dimensions = kMaxDimensions + 1}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(Index::create({.dimensions = 4, .m = 1}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(Index::create({.dimensions = 4, .m = 16, .ef_construction = 15})
                  .error()
                  .is(Errc::InvalidArgument));
  EXPECT_TRUE(
      Index::create({.dimensions = 4, .max_elements = 0}).error().is(Errc::InvalidArgument));
  auto index = Index::create({.dimensions = 2, .metric = Metric::Cosine, .max_elements = 2});
  const auto refused = [&](std::vector<float> v) {
    const auto result = index->insert(1, v);
    return !result.has_value() && result.error().is(Errc::InvalidArgument);
  };
  EXPECT_TRUE(refused({1, 2, 3}));
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({0, 0}));
  EXPECT_TRUE(refused({1, std::numeric_limits<float>::infinity()}));
  EXPECT_TRUE(refused({1, std::numeric_limits<float>::quiet_NaN()}));
  EXPECT_TRUE(refused({1e30F, 1}));
  EXPECT_EQ(index->size(), 0U);
  const std::vector<float> fine{1, 1};
  ASSERT_TRUE(index->insert(1, fine).has_value());
  ASSERT_TRUE(index->insert(2, fine).has_value());
  EXPECT_TRUE(index->insert(3, fine).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(index->insert(2, fine).has_value());  // replacing needs no room
  EXPECT_TRUE(index->search(std::vector<float>{1}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(index->search(fine, {.k = 0}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(index->search(fine, {.ef = kMaxEf + 1}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(index->vector(9).error().is(Errc::NotFound));
}

TEST(Hnsw, SearchesRunBesideAWriter) {
  const auto all = points(1500, kDimensions, 16);
  Index index = filled({.dimensions = kDimensions, .m = 8, .ef_construction = 40},
                       {all.begin(), all.begin() + 500});
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t)
    readers.emplace_back([&, t] {
      for (std::size_t i = static_cast<std::size_t>(t); !done; i = (i + 7) % all.size()) {
        const auto found = index.search(all[i], {.k = 5, .ef = 20});
        ASSERT_TRUE(found.has_value());
        ASSERT_FALSE(found->empty());
      }
    });
  for (std::uint64_t i = 500; i < all.size(); ++i) {
    ASSERT_TRUE(index.insert(i, all[i]).has_value());
    if (i % 2 == 0) {
      ASSERT_TRUE(index.erase(i - 400));
    }
  }
  done = true;
  for (auto& reader : readers) reader.join();
}

}  // namespace

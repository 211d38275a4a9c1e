// Vectors and a plain search, shared by the tests of hnsw.
#pragma once
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hnsw/index.hpp>
#include <cmath>
#include <vector>

namespace hnsw_test {

using namespace avila::hnsw;

struct Random {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  float value() { return static_cast<float>(next() >> 40) * 0x1p-23F - 1; }
};

/// Points around 20 centres.
inline std::vector<std::vector<float>> points(std::size_t count, std::size_t dimensions,
                                              std::uint64_t seed) {
  Random centres{5}, random{seed};
  std::vector<std::vector<float>> centre(20, std::vector<float>(dimensions));
  for (auto& c : centre)
    for (float& x : c) x = centres.value();
  std::vector<std::vector<float>> all(count);
  for (auto& p : all) {
    p = centre[random.next() % centre.size()];
    for (float& x : p) x += 0.4F * random.value();
  }
  return all;
}

inline double distance(Metric metric, const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0, l2 = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += double(a[i]) * b[i];
    aa += double(a[i]) * a[i];
    bb += double(b[i]) * b[i];
    l2 += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
  }
  if (metric == Metric::L2) return l2;
  return metric == Metric::Dot ? -dot : 1 - dot / std::sqrt(aa * bb);
}

/// The labels of the k nearest of those `accept` takes; labels are positions.
template <class Accept>
std::vector<std::uint64_t> nearest(Metric metric, const std::vector<std::vector<float>>& all,
                                   const std::vector<float>& query, std::size_t k, Accept accept) {
  std::vector<std::pair<double, std::uint64_t>> scored;
  for (std::uint64_t i = 0; i < all.size(); ++i)
    if (accept(i)) scored.push_back({distance(metric, all[i], query), i});
  std::sort(scored.begin(), scored.end());
  std::vector<std::uint64_t> labels;
  for (std::size_t i = 0; i < std::min(k, scored.size()); ++i) labels.push_back(scored[i].second);
  return labels;
}

inline std::size_t common(const std::vector<Neighbor>& found,
                          const std::vector<std::uint64_t>& truth) {
  return static_cast<std::size_t>(std::count_if(found.begin(), found.end(), [&](const auto& n) {
    return std::find(truth.begin(), truth.end(), n.label) != truth.end();
  }));
}

/// Share of the true k nearest that searches find.
template <class Accept>
double recall(const Index& index, const std::vector<std::vector<float>>& all,
              const std::vector<std::vector<float>>& queries, const SearchOptions& options,
              Accept accept) {
  std::size_t hits = 0, wanted = 0;
  for (const auto& query : queries) {
    const auto truth = nearest(index.options().metric, all, query, options.k, accept);
    hits += common(*index.search(query, options), truth);
    wanted += truth.size();
  }
  return static_cast<double>(hits) / static_cast<double>(wanted);
}

constexpr auto kEverything = [](std::uint64_t) { return true; };

inline Index filled(const IndexOptions& options, const std::vector<std::vector<float>>& all) {
  auto index = Index::create(options);
  for (std::uint64_t i = 0; i < all.size(); ++i) AVILA_ASSERT(index->insert(i, all[i]).has_value());
  return std::move(*index);
}

}  // namespace hnsw_test

// vector.*: 50,000 x 128 floats, squared L2, M = 16, efConstruction = 200, k = 10, one thread.
#include <avila/hnsw/index.hpp>
#include <unordered_set>

#include "bench.hpp"

using namespace avila;

int main(int argc, char** argv) {
  bench::init(argc, argv);
  constexpr std::size_t kCount = 50'000, kQueries = 1'000, kDimensions = 128, kNearest = 10;
  const auto base = bench::clustered(kCount, 31), queries = bench::clustered(kQueries, 32);
  const auto row = [](const std::vector<float>& from, std::size_t i) {
    return std::span(from).subspan(i * kDimensions, kDimensions);
  };
  auto made = hnsw::Index::create({.dimensions = kDimensions, .m = 16, .ef_construction = 200});
  bench::need(made.has_value(), "create");
  hnsw::Index& index = *made;

  double start = bench::cpu_now();
  for (std::size_t i = 0; i < kCount; ++i)
    bench::need(index.insert(i, row(base, i)).has_value(), "insert");
  bench::emit("vector.hnsw.build", bench::cpu_now() - start, "s");

  std::vector<std::unordered_set<std::uint64_t>> truth(kQueries);
  start = bench::cpu_now();
  for (std::size_t i = 0; i < kQueries; ++i) {
    const auto exact = index.search_exact(row(queries, i), {.k = kNearest});
    for (const auto& neighbor : *exact) truth[i].insert(neighbor.label);
  }
  bench::emit("vector.flat.qps", kQueries / (bench::cpu_now() - start), "ops/s");

  for (const std::size_t ef : {16, 64, 256}) {
    const std::string metric = "vector.hnsw.ef" + std::to_string(ef);
    const hnsw::SearchOptions options{.k = kNearest, .ef = ef};
    std::size_t hits = 0;
    for (std::size_t i = 0; i < kQueries; ++i) {
      const auto found = index.search(row(queries, i), options);
      for (const auto& neighbor : *found) hits += truth[i].count(neighbor.label);
    }
    bench::emit(metric + ".recall10", static_cast<double>(hits) / (kQueries * kNearest),
                "fraction");
    bench::ops(metric + ".qps", kQueries, [&] {
      for (std::size_t i = 0; i < kQueries; ++i)
        bench::keep(index.search(row(queries, i), options)->size());
    });
  }
}

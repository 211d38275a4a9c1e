// Recall on real descriptors: the ann suite, 10,000 SIFT vectors with their 100 true neighbours.
#include <avila/hnsw/index.hpp>
#include <avila_test/conformance.hpp>
#include <cstdint>
#include <cstring>

namespace {

using namespace avila;

template <class T>
struct Table {
  std::uint32_t rows = 0, columns = 0;
  std::vector<T> values;
};

// `*.u8bin`, `*.i32bin`: rows, columns as u32 little endian, then the rows.
template <class T>
Table<T> read_table(const std::filesystem::path& path) {
  const std::string bytes = avila_test::read_file(path);
  Table<T> table;
  std::memcpy(&table.rows, bytes.data(), 4);
  std::memcpy(&table.columns, bytes.data() + 4, 4);
  table.values.resize(std::size_t{table.rows} * table.columns);
  EXPECT_EQ(bytes.size(), 8 + table.values.size() * sizeof(T)) << path;
  std::memcpy(table.values.data(), bytes.data() + 8, table.values.size() * sizeof(T));
  return table;
}

std::vector<float> row(const Table<std::uint8_t>& table, std::size_t i) {
  const auto* from = table.values.data() + i * table.columns;
  return {from, from + table.columns};
}

struct Wanted {
  const char* name;
  hnsw::IndexOptions options;
  double reranked, quantized;  // recall@10 at ef = 64, the second without a second look at floats
};

void run(const std::filesystem::path& base_path, Wanted wanted_of,
         avila_test::SuiteReport& report) {
  const std::string stem = base_path.string().substr(0, base_path.string().size() - 11);
  const auto base = read_table<std::uint8_t>(base_path);
  const auto queries = read_table<std::uint8_t>(stem + "_query.u8bin");
  const auto truth = read_table<std::int32_t>(stem + "_groundtruth_sqdist.i32bin");
  wanted_of.options.dimensions = base.columns;
  auto index = *hnsw::Index::create(wanted_of.options);
  for (std::size_t i = 0; i < base.rows; ++i)
    ASSERT_TRUE(index.insert(i, row(base, i)).has_value());
  std::size_t hits[2] = {};
  for (std::size_t q = 0; q < queries.rows; ++q) {
    const auto query = row(queries, q);
    const auto* wanted = truth.values.data() + q * truth.columns;
    const auto exact = *index.search_exact(query, {.k = truth.columns});
    bool right = exact.size() == truth.columns;
    for (std::size_t i = 0; right && i < exact.size(); ++i)
      right = static_cast<std::int32_t>(exact[i].distance) == wanted[i];
    report.check(right, "exact neighbours of query " + std::to_string(q));
    // Ids of equal distance may be permuted: a hit is as near as the tenth.
    for (const bool rerank : {false, true}) {
      const auto found = *index.search(query, {.k = 10, .ef = 64, .rerank = rerank});
      for (const auto& n : found) {
        const auto near = row(base, n.label);
        float distance = 0;
        for (std::size_t d = 0; d < near.size(); ++d)
          distance += (near[d] - query[d]) * (near[d] - query[d]);
        hits[rerank ? 1 : 0] += static_cast<std::int32_t>(distance) <= wanted[9] ? 1 : 0;
      }
    }
  }
  const double all = 10.0 * queries.rows;
  const double quantized = static_cast<double>(hits[0]) / all;
  const double reranked = static_cast<double>(hits[1]) / all;
  std::printf("%s: recall@10 at ef=64 %.4f, without the floats %.4f, %.1f MB\n", wanted_of.name,
              reranked, quantized, static_cast<double>(index.stats().memory_bytes) / 1e6);
  EXPECT_GE(reranked, wanted_of.reranked) << wanted_of.name;
  EXPECT_GE(quantized, wanted_of.quantized) << wanted_of.name;
}

TEST(HnswConformance, Ann) {
  AVILA_REQUIRE_SUITE("ann");
  avila_test::SuiteReport report("ann");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("ann"), "_base.u8bin")) {
    using enum hnsw::Quantization;
    run(path, {"floats", {}, 0.98, 0.98}, report);
    run(path, {"int8", {.quantization = Int8}, 0.98, 0.9}, report);
    run(path, {"pq 32 bytes", {.quantization = Product}, 0.98, 0.75}, report);
    run(path, {"pq 16 bytes", {.quantization = Product, .subspaces = 16}, 0.95, 0.55}, report);
    // Codebooks from the first tenth, the rest inserted as codes.
    run(path, {"pq 32 bytes, early", {.quantization = Product, .training_size = 1'000}, 0.97, 0.7},
        report);
  }
  report.finish();
}

}  // namespace

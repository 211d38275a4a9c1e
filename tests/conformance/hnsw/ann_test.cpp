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

void run(const std::filesystem::path& base_path, hnsw::Quantization quantization,
         avila_test::SuiteReport& report) {
  const std::string stem = base_path.string().substr(0, base_path.string().size() - 11);
  const auto base = read_table<std::uint8_t>(base_path);
  const auto queries = read_table<std::uint8_t>(stem + "_query.u8bin");
  const auto truth = read_table<std::int32_t>(stem + "_groundtruth_sqdist.i32bin");
  auto index = *hnsw::Index::create({.dimensions = base.columns, .quantization = quantization});
  for (std::size_t i = 0; i < base.rows; ++i)
    ASSERT_TRUE(index.insert(i, row(base, i)).has_value());
  std::size_t hits = 0;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    const auto query = row(queries, q);
    const auto* wanted = truth.values.data() + q * truth.columns;
    const auto exact = *index.search_exact(query, {.k = truth.columns});
    bool right = exact.size() == truth.columns;
    for (std::size_t i = 0; right && i < exact.size(); ++i)
      right = static_cast<std::int32_t>(exact[i].distance) == wanted[i];
    report.check(right, "exact neighbours of query " + std::to_string(q));
    // Ids of equal distance may be permuted: a hit is as near as the tenth.
    const auto nearest_ones = *index.search(query, {.k = 10, .ef = 64});
    for (const auto& n : nearest_ones)
      hits += static_cast<std::int32_t>(n.distance) <= wanted[9] ? 1 : 0;
  }
  const double recall = static_cast<double>(hits) / (10.0 * queries.rows);
  std::printf("recall@10 at ef=64: %.4f\n", recall);
  EXPECT_GE(recall, 0.98);
}

TEST(HnswConformance, Ann) {
  AVILA_REQUIRE_SUITE("ann");
  avila_test::SuiteReport report("ann");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("ann"), "_base.u8bin")) {
    run(path, hnsw::Quantization::None, report);
    run(path, hnsw::Quantization::Int8, report);
  }
  report.finish();
}

}  // namespace

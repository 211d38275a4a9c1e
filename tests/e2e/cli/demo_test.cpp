// The walk through the house on real input: import, query in five ways, restart, find all again.
#include <avila/json/value.hpp>
#include <cstring>

#include "avila_test/conformance.hpp"
#include "platform.hpp"

namespace avila_test {
namespace {

using avila::json::Value;

Value query(HttpClient& client, const std::string& database, const std::string& text,
            const std::string& parameters = "{}") {
  const HttpReply reply =
      client.send("POST", "/v1/databases/" + database + "/query",
                  "{\"query\":" + to_string(Value(text)) + ",\"parameters\":" + parameters + '}');
  EXPECT_EQ(reply.status, 200) << text << '\n' << reply.body;
  auto page = avila::json::parse(reply.body);
  return page.has_value() && page->find("documents") != nullptr ? *page->find("documents")
                                                                : Value::make_array();
}

std::vector<std::string> column(const Value& rows, const char* name) {
  std::vector<std::string> values;
  for (const Value& row : rows.array()) {
    const Value* value = row.find(name);
    values.push_back(value == nullptr     ? ""
                     : value->is_string() ? std::string(value->as_string())
                                          : to_string(*value));
  }
  return values;
}

using Names = std::vector<std::string>;

void check_states(Platform& platform) {
  HttpClient client = HttpClient(platform.port(), platform.api_key());
  // 1. Point read.
  const HttpReply one = client.send("GET", "/v1/databases/demo/collections/states/documents/SP");
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(avila::json::parse(one.body)->find("population")->as_int64(), 44'411'238);
  // 2. Indexed range.
  EXPECT_EQ(column(query(client, "demo",
                         "SELECT s.id FROM states s WHERE s.population BETWEEN @low AND @high "
                         "ORDER BY s.population",
                         R"({"low":10000000,"high":15000000})"),
                   "id"),
            (Names{"RS", "PR", "BA"}));
  // 3. Aggregate.
  const Value regions =
      query(client, "demo",
            "SELECT s.region, COUNT(1) AS states, SUM(s.population) AS people FROM states s "
            "GROUP BY s.region ORDER BY s.region");
  EXPECT_EQ(column(regions, "region"),
            (Names{"Centro-Oeste", "Nordeste", "Norte", "Sudeste", "Sul"}));
  EXPECT_EQ(column(regions, "states"), (Names{"4", "9", "7", "4", "3"}));
  EXPECT_EQ(column(regions, "people").back(), "29937706");
  // 4. Array join.
  EXPECT_EQ(
      column(
          query(
              client, "demo",
              "SELECT DISTINCT b AS biome FROM states s JOIN b IN s.biomes WHERE s.region = 'Sul' "
              "ORDER BY b"),
          "biome"),
      (Names{"Cerrado", "Mata Atlântica", "Pampa"}));
  // 5. Vector search: the capitals nearest to Brasília.
  const HttpReply nearest =
      client.send("POST", "/v1/databases/demo/collections/states/vector-search",
                  R"({"path":"/position","vector":[0.644705,-0.714404,-0.272],"k":2})");
  EXPECT_EQ(nearest.status, 200) << nearest.body;
  const auto matches = avila::json::parse(nearest.body);
  ASSERT_NE(matches->find("matches"), nullptr) << nearest.body;
  EXPECT_EQ(column(*matches->find("matches"), "id"), (Names{"DF", "GO"}));
}

TEST(Demo, SampleDataAnswersAndSurvivesARestart) {
  const TempDir folder;
  Platform platform(folder / "data");
  ASSERT_TRUE(platform.start()) << platform.output();
  EXPECT_NE(platform.output().find("API key"), std::string::npos);
  EXPECT_EQ(run_command("stat -c %a " + platform.data() + "/credentials.toml").out, "600\n");
  check_states(platform);
  EXPECT_EQ(platform.stop(), 0);
  ASSERT_TRUE(platform.start()) << platform.output();
  EXPECT_EQ(platform.output().find("API key"), std::string::npos) << "the key is shown once";
  check_states(platform);
  EXPECT_EQ(platform.stop(), 0);
}

TEST(Demo, CountriesAndStatuses) {
  AVILA_REQUIRE_SUITE("geo/natural_earth");
  AVILA_REQUIRE_SUITE("json/documents");
  const TempDir folder;
  Platform platform(folder / "data");
  ASSERT_TRUE(platform.start({"--no-demo"})) << platform.output();
  ASSERT_EQ(platform.avl("db create real").status, 0);
  ASSERT_EQ(platform.avl("db create-collection real.countries --index by_name:/NAME").status, 0);
  ASSERT_EQ(
      platform.avl("db create-collection real.tweets --index by_retweets:/retweet_count").status,
      0);
  const std::string countries =
      suite_path("geo/natural_earth/ne_110m_admin_0_countries.geojson").string();
  const CommandResult import = platform.avl("db import real.countries " + countries);
  EXPECT_EQ(import.status, 0) << import.out;
  EXPECT_NE(import.out.find("imported 177 documents"), std::string::npos) << import.out;
  const CommandResult tweets =
      platform.avl("db import real.tweets " + suite_path("json/documents/twitter.json").string() +
                   " --path /statuses");
  EXPECT_EQ(tweets.status, 0) << tweets.out;
  EXPECT_NE(tweets.out.find("imported 100 documents"), std::string::npos) << tweets.out;

  for (int run = 0; run < 2; ++run) {
    HttpClient client = HttpClient(platform.port(), platform.api_key());
    EXPECT_EQ(query(client, "real", "SELECT VALUE COUNT(1) FROM countries c").array()[0].as_int64(),
              177);
    EXPECT_EQ(query(client, "real", "SELECT c.id FROM countries c WHERE c.NAME = 'Brazil'").size(),
              1U);
    EXPECT_EQ(query(client, "real", "SELECT VALUE COUNT(1) FROM tweets t").array()[0].as_int64(),
              100);
    const Value hashtags =
        query(client, "real",
              "SELECT h.text FROM tweets t JOIN h IN t.entities.hashtags ORDER BY h.text");
    EXPECT_GT(hashtags.size(), 0U);
    const Value top =
        query(client, "real",
              "SELECT t.user.screen_name, t.retweet_count FROM tweets t WHERE t.retweet_count > 0 "
              "ORDER BY t.retweet_count DESC LIMIT 3");
    EXPECT_EQ(top.size(), 3U);
    if (run == 0) {
      EXPECT_EQ(platform.stop(), 0);
      ASSERT_TRUE(platform.start()) << platform.output();
    }
  }
}

/// u32 rows, u32 columns, then the rows.
struct Matrix {
  std::uint32_t rows = 0, columns = 0;
  std::string bytes;
};
Matrix read_matrix(const std::string& name, std::size_t cell) {
  Matrix matrix;
  const std::string file = read_file(suite_path("ann") / name);
  std::memcpy(&matrix.rows, file.data(), 4);
  std::memcpy(&matrix.columns, file.data() + 4, 4);
  matrix.bytes = file.substr(8, std::size_t{matrix.rows} * matrix.columns * cell);
  return matrix;
}

std::string row_json(const Matrix& matrix, std::uint32_t row) {
  std::string json = "[";
  for (std::uint32_t i = 0; i < matrix.columns; ++i)
    json += (i == 0 ? "" : ",") + std::to_string(static_cast<unsigned char>(
                                      matrix.bytes[std::size_t{row} * matrix.columns + i]));
  return json + ']';
}

TEST(Demo, SiftVectorsAreFound) {
  AVILA_REQUIRE_SUITE("ann");
  const TempDir folder;
  Platform platform(folder / "data");
  ASSERT_TRUE(platform.start({"--no-demo"})) << platform.output();
  const Matrix base = read_matrix("bigann10k_base.u8bin", 1);
  const Matrix queries = read_matrix("bigann10k_query.u8bin", 1);
  const Matrix distances = read_matrix("bigann10k_groundtruth_sqdist.i32bin", 4);
  {
    std::ofstream out(folder / "sift.ndjson");
    for (std::uint32_t i = 0; i < base.rows; ++i)
      out << "{\"id\":\"" << i << "\",\"even\":" << (i % 2 == 0 ? "true" : "false")
          << ",\"v\":" << row_json(base, i) << "}\n";
  }
  ASSERT_EQ(platform.avl("db create sift").status, 0);
  ASSERT_EQ(
      platform.avl("db create-collection sift.vectors --vector /v:128:l2 --durability relaxed")
          .status,
      0);
  const CommandResult import = platform.avl("db import sift.vectors " + (folder / "sift.ndjson"));
  ASSERT_EQ(import.status, 0) << import.out;

  const auto recall = [&] {
    HttpClient client = HttpClient(platform.port(), platform.api_key());
    std::size_t found = 0;
    for (std::uint32_t q = 0; q < queries.rows; ++q) {
      const HttpReply reply = client.send(
          "POST", "/v1/databases/sift/collections/vectors/vector-search",
          "{\"path\":\"/v\",\"k\":10,\"ef\":64,\"vector\":" + row_json(queries, q) + '}');
      EXPECT_EQ(reply.status, 200) << reply.body;
      std::int32_t tenth = 0;
      std::memcpy(&tenth, distances.bytes.data() + (std::size_t{q} * distances.columns + 9) * 4, 4);
      const auto answer = avila::json::parse(reply.body);
      for (const Value& match : answer->find("matches")->array())
        found += match.find("distance")->as_double() <=
                 tenth + 0.5;  // equal distances may change places
    }
    return static_cast<double>(found) / (10.0 * queries.rows);
  };
  const double before = recall();
  EXPECT_GE(before, 0.98);
  EXPECT_EQ(platform.stop(), 0);
  ASSERT_TRUE(platform.start()) << platform.output();
  EXPECT_GE(recall(), 0.98);
  std::printf("recall@10 at ef=64: %.4f over %u queries\n", before, queries.rows);

  HttpClient client = HttpClient(platform.port(), platform.api_key());
  const HttpReply filtered = client.send(
      "POST", "/v1/databases/sift/collections/vectors/vector-search",
      "{\"path\":\"/v\",\"k\":10,\"filter\":\"c.even = true\",\"vector\":" + row_json(queries, 0) +
          '}');
  const auto answer = avila::json::parse(filtered.body);
  ASSERT_EQ(answer->find("matches")->size(), 10U) << filtered.body;
  for (const Value& match : answer->find("matches")->array())
    EXPECT_EQ(std::atoi(std::string(match.find("id")->as_string()).c_str()) % 2, 0);
}

}  // namespace
}  // namespace avila_test

// Queries over the store: plans, partitions, and that no plan changes an answer.
#include <avila/aviladb/service.hpp>
#include <avila/json/value.hpp>
#include <avila/os/clock.hpp>

#include "fixture.hpp"

#include <avila_test/tools.hpp>
#include <random>

namespace {
using namespace avila_test;
using Rows = std::vector<std::string>;

struct Queries : ::testing::Test {
  World world;
  aviladb::Service& db() { return *world.service; }
  void put(const std::string& json) {
    auto made = db().create("db", "c", json);
    ASSERT_TRUE(made.has_value()) << made.error().to_string();
  }
};

TEST_F(Queries, ExplainNamesTheIndex) {
  make(world, R"({"name":"c","partition_key":["/t","/k"],"indexes":[
      {"name":"price","fields":["/price"]},{"name":"kind_price","fields":["/kind",{"path":"/price","order":"desc"}]},
      {"name":"tags","fields":["/tags"],"array":true}]})");
  for (int i = 0; i < 400; ++i)
    put("{\"id\":\"" + std::to_string(i) + "\",\"t\":\"t" + std::to_string(i % 4) +
        "\",\"k\":" + std::to_string(i % 7) + ",\"price\":" + std::to_string(i) + ",\"kind\":\"k" +
        std::to_string(i % 10) + "\",\"tags\":[\"a" + std::to_string(i % 50) + "\",\"b\"]}");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.price = 7"), "price");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.price > @p", R"({"p":390})"), "price");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.price > 5"), "primary");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.id = '7'"), "id");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.t = 't1' AND c.k = 1 AND c.id = '1'"),
            "primary");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.kind = 'k1' ORDER BY c.price DESC LIMIT 3"),
            "kind_price");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c ORDER BY c.price LIMIT 3"), "price");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE ARRAY_CONTAINS(c.tags, 'a7')"), "tags");
  EXPECT_EQ(plan_index(db(), "SELECT c.id FROM c JOIN t IN c.tags WHERE t = 'a7'"), "tags");
  EXPECT_EQ(
      rows(db(), "SELECT VALUE c.price FROM c WHERE c.kind = 'k1' ORDER BY c.price DESC LIMIT 3"),
      (Rows{"391", "381", "371"}));
  EXPECT_EQ(rows(db(), "SELECT VALUE COUNT(1) FROM c WHERE ARRAY_CONTAINS(c.tags, 'a7')"),
            (Rows{"8"}));
  // A partition prefix reads only its range.
  aviladb::QueryRequest request;
  request.query = "SELECT VALUE COUNT(1) FROM c";
  request.partition_key = R"(["t1"])";
  auto page = db().query("db", request);
  ASSERT_TRUE(page.has_value()) << page.error().to_string();
  EXPECT_EQ(page->documents[0], "100");
  EXPECT_EQ(page->stats.documents_read, 100U);
  request.partition_key = "";
  request.query = "SELECT VALUE COUNT(1) FROM c WHERE c.t = 't1' AND c.k IN (1, 2)";
  page = db().query("db", request);
  EXPECT_EQ(page->stats.documents_read, static_cast<std::uint64_t>(std::stoi(page->documents[0])));
}

TEST_F(Queries, GeographicPartitionsReadTheNeighbourhood) {
  make(world,
       R"({"name":"c","partition_key":[{"path":"/at","strategy":"geo","geohash_length":5}]})");
  for (int i = 0; i < 400; ++i)
    put("{\"id\":\"" + std::to_string(i) + "\",\"at\":{\"type\":\"Point\",\"coordinates\":[" +
        std::to_string(-60 + i % 20) + ".25," + std::to_string(-30 + i / 20) + ".25]}}");
  aviladb::QueryRequest request;
  request.query = "SELECT VALUE c.id FROM c WHERE ST_DISTANCE(c.at, @p) < 120000";
  request.parameters = R"({"p":{"type":"Point","coordinates":[-49.75,-19.75]}})";
  auto page = db().query("db", request);
  ASSERT_TRUE(page.has_value()) << page.error().to_string();
  EXPECT_EQ(page->documents.size(), 4U);  // those around the point
  EXPECT_LT(page->stats.documents_read, 40U) << page->plan;
}

TEST_F(Queries, IndexesAreBuiltOnlineAndDropped) {
  make(world, R"({"name":"c"})");
  for (int i = 0; i < 300; ++i)
    put("{\"id\":\"" + std::to_string(i) + "\",\"n\":" + std::to_string(i % 30) + "}");
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.n = 3"), "primary");
  auto spec = aviladb::parse_index_spec(R"({"fields":["/n"]})");
  auto made = db().create_index("db", "c", *spec);
  ASSERT_TRUE(made.has_value()) << made.error().to_string();
  EXPECT_EQ(made->spec.name, "by_n");
  EXPECT_EQ(made->entries, 300U);
  EXPECT_EQ(made->distinct, 30U);
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.n = 3"), "by_n");
  EXPECT_EQ(rows(db(), "SELECT VALUE COUNT(1) FROM c WHERE c.n = 3"), (Rows{"10"}));
  EXPECT_EQ(*db().verify("db", "c"), 300U);
  spec = aviladb::parse_index_spec(R"({"fields":["/n"],"unique":true,"name":"u"})");
  EXPECT_TRUE(db().create_index("db", "c", *spec).error().is(Errc::AlreadyExists));
  EXPECT_EQ(db().list_indexes("db", "c")->size(), 1U);
  ASSERT_TRUE(db().drop_index("db", "c", "by_n").has_value());
  EXPECT_EQ(plan_index(db(), "SELECT * FROM c WHERE c.n = 3"), "primary");
  EXPECT_EQ(*db().verify("db", "c"), 300U);
}

TEST_F(Queries, ChangeAndEraseByFilter) {
  make(world, R"({"name":"c","indexes":[{"name":"n","fields":["/n"]}]})");
  for (int i = 0; i < 1'000; ++i)
    put("{\"id\":\"" + std::to_string(i) + "\",\"n\":" + std::to_string(i) + "}");
  EXPECT_TRUE(db().patch_where("db", "c", "", "", "{}").error().is(Errc::InvalidArgument));
  // The change moves documents within the range that is read: each is changed once.
  auto changed = db().patch_where("db", "c", "c.n >= @least", R"({"least":400})",
                                  R"([{"op":"incr","path":"/n","value":500}])");
  ASSERT_TRUE(changed.has_value()) << changed.error().to_string();
  EXPECT_EQ(changed->matched, 600U);
  EXPECT_EQ(rows(db(), "SELECT MIN(c.n) AS a, MAX(c.n) AS b FROM c WHERE c.n >= 400")[0],
            R"({"a":900,"b":1499})");
  auto erased = db().erase_where("db", "c", "n < 400", "");
  EXPECT_EQ(erased->modified, 400U);
  EXPECT_EQ(*db().verify("db", "c"), 600U);
}

TEST_F(Queries, TimeAndMemoryHaveLimits) {
  make(world, R"({"name":"c"})");
  for (int i = 0; i < 600; ++i)
    put("{\"id\":\"" + std::to_string(i) + "\",\"t\":\"" + std::string(100, 'x') + "\"}");
  aviladb::QueryRequest request;
  request.query = "SELECT * FROM c ORDER BY c.t";
  request.memory_bytes = 50'000;
  EXPECT_TRUE(db().query("db", request).error().is(Errc::LimitExceeded));
  request.query += " LIMIT 5";
  EXPECT_TRUE(db().query("db", request).has_value());
  int asked = 0;
  EXPECT_TRUE(db().query("db", request, [&] { return ++asked > 1; }).error().is(Errc::Cancelled));
  request.query = "SELECT VALUE COUNT(1) FROM c JOIN a IN [1]";
  EXPECT_TRUE(db().query("db", request).has_value());
}

/// Random documents and queries: the same rows with and without indexes, whole and by pages.
TEST(QueriesModel, IndexesNeverChangeAnAnswer) {
  for_each_seed(6, [](unsigned long long seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](std::uint64_t n) { return static_cast<int>(random() % n); };
    World plain, indexed;
    make(plain, R"({"name":"c"})");
    make(indexed, R"({"name":"c","partition_key":["/p"],"indexes":[
        {"name":"a","fields":["/a"]},{"name":"ab","fields":["/a",{"path":"/b","order":"desc"}]},
        {"name":"b","fields":[{"path":"/b","order":"desc"}]},{"name":"t","fields":["/t"],"array":true},
        {"name":"tx","fields":["/t/[]/x","/a"]}]})");
    const auto scalar = [&]() -> std::string {
      switch (pick(8)) {
        case 0: return "null";
        case 1: return pick(2) ? "true" : "false";
        case 2: return "\"" + std::string(1 + pick(2), static_cast<char>('a' + pick(3))) + "\"";
        case 3: return std::to_string(pick(4)) + ".5";
        case 4: return pick(2) ? "[1,2]" : "{\"x\":1}";
        default: return std::to_string(pick(6));
      }
    };
    for (int i = 0; i < 120; ++i) {
      std::string json = "{\"id\":\"" + std::to_string(pick(80)) + "\",\"p\":0";
      if (pick(6)) json += ",\"a\":" + scalar();
      if (pick(6)) json += ",\"b\":" + scalar();
      if (pick(4)) {
        json += ",\"t\":[";
        for (int n = pick(4); n > 0; --n)
          json +=
              (pick(3) ? scalar() : "{\"x\":" + std::to_string(pick(3)) + "}") + (n > 1 ? "," : "");
        json += "]";
      }
      json += "}";
      ASSERT_TRUE(plain.service->upsert("db", "c", json).has_value()) << json;
      ASSERT_TRUE(indexed.service->upsert("db", "c", json).has_value()) << json;
      if (pick(5) == 0) {
        const std::string id = std::to_string(pick(80));
        EXPECT_EQ(plain.service->erase("db", "c", id).has_value(),
                  indexed.service->erase("db", "c", id).has_value());
      }
    }
    ASSERT_TRUE(indexed.service->verify("db", "c").has_value())
        << indexed.service->verify("db", "c").error().to_string();
    const auto condition = [&]() -> std::string {
      const std::string field = pick(2) ? "c.a" : "c.b";
      static const char* ops[] = {"=", "!=", "<", "<=", ">", ">="};
      switch (pick(11)) {
        case 0: return field + " BETWEEN " + scalar() + " AND " + scalar();
        case 1: return field + " IN (" + scalar() + "," + scalar() + ")";
        case 2: return "ARRAY_CONTAINS(c.t, " + scalar() + ")";
        case 3: return "EXISTS(SELECT VALUE e FROM e IN c.t WHERE e > " + scalar() + ")";
        case 4:
          return "EXISTS(SELECT VALUE e FROM e IN c.t WHERE e.x = " + std::to_string(pick(3)) + ")";
        case 5: return field + " LIKE 'a%'";
        case 6: return field + " IS NULL";
        case 7: return "(" + field + " = " + scalar() + " OR " + field + " = " + scalar() + ")";
        case 8: return "NOT " + field;
        default: return field + " " + ops[pick(6)] + " " + scalar();
      }
    };
    for (int i = 0; i < 120; ++i) {
      std::string where = condition();
      for (int n = pick(3); n > 0; --n) where += (pick(3) ? " AND " : " OR ") + condition();
      std::string query;
      switch (pick(5)) {
        case 0:
          query = "SELECT VALUE c.id FROM c WHERE " + where + " ORDER BY c.a, c.b DESC, c.id";
          break;
        case 1:
          query = "SELECT VALUE c.id FROM c WHERE " + where + " ORDER BY c.b, c.id LIMIT 7";
          break;
        case 2: query = "SELECT c.a, COUNT(1) AS n FROM c WHERE " + where + " GROUP BY c.a"; break;
        case 3:
          query = "SELECT c.id, e FROM c JOIN e IN c.t WHERE " + where + " ORDER BY c.id";
          break;
        default: query = "SELECT DISTINCT c.b FROM c WHERE " + where; break;
      }
      const Rows expected = rows(*plain.service, query);
      EXPECT_EQ(rows(*indexed.service, query), expected) << query << "\n"
                                                         << plan_index(*indexed.service, query);
      EXPECT_EQ(rows(*indexed.service, query, "", 1 + static_cast<std::size_t>(pick(4))), expected)
          << query;
      if (::testing::Test::HasFailure()) return;
    }
  });
}

TEST_F(Queries, CancellingEndsAScanThatPassesOverOtherPartitions) {
  make(world, R"({"name":"c","partition_key":["/p"],"indexes":[{"name":"n","fields":["/n"]}]})");
  for (int i = 0; i < 3'000; ++i)
    put("{\"id\":\"" + std::to_string(i) + R"(","p":)" + (i < 2'000 ? "1" : "2") + R"(,"n":)" +
        std::to_string(i) + "}");
  aviladb::QueryRequest request;
  request.query = "SELECT * FROM c WHERE c.n >= 0 ORDER BY c.n LIMIT 1";
  request.partition_key = "[2]";
  int asked = 0;
  const auto answer = db().query("db", request, [&] { return ++asked == 3; });
  ASSERT_FALSE(answer.has_value());
  EXPECT_TRUE(answer.error().is(Errc::Cancelled)) << answer.error().to_string();
  EXPECT_EQ(asked, 3);
}

TEST_F(Queries, AStreamComesInChunksAndIsWhole) {
  make(world, R"({"name":"c"})");
  const std::string text(9'000, 'x');
  for (int i = 0; i < 400; ++i)
    put("{\"id\":\"" + std::to_string(i) + "\",\"t\":\"" + text + "\"}");
  for (const char* order : {"", " ORDER BY c.t, c.id"}) {
    aviladb::QueryRequest request;
    request.query = "SELECT * FROM c" + std::string(order);
    std::size_t streamed = 0, chunks = 0;
    do {
      const auto chunk =
          db().stream("db", request, [&](std::string_view) { return ++streamed, true; });
      ASSERT_TRUE(chunk.has_value()) << chunk.error().to_string();
      request.continuation = chunk->continuation;
      ++chunks;
    } while (!request.continuation.empty());
    EXPECT_EQ(streamed, 400U);
    // 3.6 MB: chunks of 1 MiB, but one sort is not done four times.
    EXPECT_EQ(chunks, *order == '\0' ? 4U : 1U);
  }
}

TEST_F(Queries, ContinuationsSurviveWritesBetweenPages) {
  make(world, R"({"name":"c","indexes":[{"name":"n","fields":["/n"]}]})");
  for (int i = 0; i < 200; ++i)
    put("{\"id\":\"" + std::to_string(1'000 + i) + "\",\"n\":" + std::to_string((i * 37) % 200) +
        "}");
  int round = 0;
  for (const std::string query :
       {"SELECT VALUE c.id FROM c WHERE c.n IS DEFINED",
        "SELECT VALUE c.id FROM c ORDER BY c.n DESC",
        "SELECT VALUE c.id FROM c ORDER BY c.n % 3, c.id", "SELECT DISTINCT VALUE c.id FROM c"}) {
    aviladb::QueryRequest request;
    request.query = query;
    request.max_items = 9;
    std::map<std::string, int> seen;
    int extra = 0;
    do {
      const auto page = db().query("db", request);
      ASSERT_TRUE(page.has_value()) << page.error().to_string();
      for (const auto& id : page->documents) ++seen[id];
      request.continuation = page->continuation;
      const std::string name = "x" + std::to_string(round) + "-" + std::to_string(extra);
      ASSERT_TRUE(db().upsert(
          "db", "c", "{\"id\":\"" + name + "\",\"n\":" + std::to_string(extra * 29 % 200) + ".5}"));
      if (extra > 0) {  // what was given, or would have been, goes away
        ASSERT_TRUE(
            db().erase("db", "c", "x" + std::to_string(round) + "-" + std::to_string(extra - 1)));
      }
      ASSERT_TRUE(db().patch("db", "c", "1007", aviladb::PatchKind::Merge, R"({"m":1})"));
      ASSERT_LT(++extra, 200);
      if (extra == 5) {
        ASSERT_TRUE(db().flush().has_value());
      }
    } while (!request.continuation.empty());
    std::size_t old = 0;
    for (const auto& [id, times] : seen) {
      EXPECT_EQ(times, 1) << query << id;
      old += id[1] == '1' ? 1 : 0;
    }
    EXPECT_EQ(old, 200U) << query;
    ++round;
  }
}

}  // namespace

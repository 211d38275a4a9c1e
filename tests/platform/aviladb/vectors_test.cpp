// Vector search: kept with the documents, filtered, persisted, mended.
#include <avila/aviladb/service.hpp>
#include <avila/json/value.hpp>
#include <avila/os/memory_file_system.hpp>

#include "fixture.hpp"

namespace {
using namespace avila_test;

struct Vectors : ::testing::Test {
  World world;
  aviladb::Service& db() { return *world.service; }
  void put(int i) {
    auto made =
        db().upsert("db", "c",
                    "{\"id\":\"" + std::to_string(i) + "\",\"k\":" + std::to_string(i % 10) +
                        ",\"v\":[" + std::to_string(i) + ",0]}");
    ASSERT_TRUE(made.has_value()) << made.error().to_string();
  }
  std::string nearest(float x, std::size_t k, std::string filter = "") {
    aviladb::VectorSearchRequest request;
    request.path = "/v";
    request.vector = {x, 0};
    request.k = k;
    request.filter = std::move(filter);
    auto found = db().vector_search("db", "c", request);
    if (!found) return "error: " + found.error().to_string();
    std::string ids;
    for (const auto& match : found->matches) ids += (ids.empty() ? "" : " ") + match.id;
    return ids;
  }
};

TEST_F(Vectors, FollowTheDocumentsAndSurviveRestarts) {
  make(world, R"({"name":"c","vectors":[{"path":"/v","dimensions":2,"metric":"l2"}]})");
  for (int i = 0; i < 200; ++i) put(i);
  EXPECT_EQ(nearest(50.2F, 3), "50 51 49");
  EXPECT_EQ(nearest(50.2F, 2, "c.k = 3"), "53 43");
  EXPECT_EQ(nearest(50.2F, 1, "k = 77"), "");
  ASSERT_TRUE(db().erase("db", "c", "50").has_value());
  ASSERT_TRUE(db().upsert("db", "c", R"({"id":"51","v":[1000,0]})").has_value());
  ASSERT_TRUE(db().upsert("db", "c", R"({"id":"52"})").has_value());
  EXPECT_EQ(nearest(50.2F, 2), "49 48");
  EXPECT_EQ(nearest(999, 1), "51");
  ASSERT_TRUE(db().flush().has_value());
  put(50);  // behind the snapshot
  ASSERT_TRUE(db().erase("db", "c", "49").has_value());
  world.service.reset();
  ASSERT_TRUE(world.start().has_value());
  EXPECT_EQ(nearest(50.2F, 2), "50 48");
  EXPECT_EQ(*db().verify("db", "c"), 199U);
}

TEST_F(Vectors, ADamagedSnapshotIsRebuilt) {
  make(world, R"({"name":"c","vectors":[{"path":"/v","dimensions":2,"metric":"l2"}]})");
  for (int i = 0; i < 100; ++i) put(i);
  ASSERT_TRUE(db().close().has_value());
  const auto files = world.files.list("data/vectors");
  ASSERT_EQ(files->size(), 1U);
  ASSERT_TRUE(world.files.rot("data/vectors/" + (*files)[0].name, 3).has_value());
  ASSERT_TRUE(world.start().has_value());
  EXPECT_EQ(nearest(30.4F, 2), "30 31");
  EXPECT_EQ(*db().verify("db", "c"), 100U);
}

TEST_F(Vectors, AreMadeForDocumentsThatAreThereAndChecked) {
  make(world, R"({"name":"c"})");
  for (int i = 0; i < 50; ++i) put(i);
  EXPECT_NE(nearest(1, 1).find("has no vector index"), std::string::npos);
  auto made = db().create_vector_index(
      "db", "c", *aviladb::parse_vector_spec(R"({"path":"/v","dimensions":2})"));
  // The first document's vector is zero: it has no direction.
  EXPECT_TRUE(made.error().is(Errc::InvalidArgument));
  made = db().create_vector_index(
      "db", "c", *aviladb::parse_vector_spec(R"({"path":"/v","dimensions":2,"metric":"l2"})"));
  ASSERT_TRUE(made.has_value()) << made.error().to_string();
  EXPECT_EQ(made->vectors, 50U);
  EXPECT_EQ(nearest(20.3F, 2), "20 21");
  EXPECT_TRUE(db().create("db", "c", R"({"v":[1,2,3]})").error().is(Errc::InvalidArgument));
  EXPECT_TRUE(db().create("db", "c", R"({"v":["a",2]})").error().is(Errc::InvalidArgument));
  ASSERT_TRUE(db().drop_index("db", "c", "/v").has_value());
  EXPECT_TRUE(db().create("db", "c", R"({"v":[1,2,3]})").has_value());
}

TEST_F(Vectors, OrderByDistanceUsesTheGraphAndAgreesWithTheScan) {
  make(world, R"({"name":"c","indexes":[{"name":"k","fields":["/k"]}],
      "vectors":[{"path":"/v","dimensions":2,"metric":"l2"}]})");
  for (int i = 0; i < 600; ++i) put(i);
  ASSERT_TRUE(db().create("db", "c", R"({"id":"none","k":3})").has_value());
  const std::string order = " ORDER BY VectorDistance(c.v, @q, 'l2') ";
  const std::string q = R"({"q":[50.2,0]})";
  const auto plan = [&](const std::string& query) {
    aviladb::QueryRequest request;
    request.query = query;
    request.parameters = q;
    request.explain = true;
    auto answer = db().query("db", request);
    return answer ? answer->plan : answer.error().to_string();
  };
  const auto nearest_plan = [&](const std::string& query) {
    return plan(query).find(R"("access":"nearest neighbours","index":"/v")") != std::string::npos;
  };
  using Rows = std::vector<std::string>;
  EXPECT_TRUE(nearest_plan("SELECT c.id FROM c" + order + "LIMIT 3"));
  EXPECT_EQ(rows(db(), "SELECT VALUE c.id FROM c" + order + "LIMIT 3", q),
            (Rows{"\"50\"", "\"51\"", "\"49\""}));
  EXPECT_EQ(rows(db(), "SELECT VALUE c.id FROM c" + order + "OFFSET 2 LIMIT 2", q),
            (Rows{"\"49\"", "\"52\""}));
  // With an alias, a filter, and by pages.
  const std::string filtered =
      "SELECT c.id, VectorDistance(@q, c.v, 'l2') AS d FROM c WHERE c.v[0] % 2 = 1 ORDER BY d "
      "LIMIT 5";
  EXPECT_TRUE(nearest_plan(filtered)) << plan(filtered);
  const Rows five = rows(db(), filtered, q);
  ASSERT_EQ(five.size(), 5U);
  EXPECT_EQ(five[0].substr(0, 10), R"({"id":"51")");
  EXPECT_EQ(rows(db(), filtered, q, 2), five);
  // What a selective index leaves is compared one by one: the same answer.
  const std::string few = "SELECT VALUE c.id FROM c WHERE c.k = 3" + order + "LIMIT 4";
  EXPECT_FALSE(nearest_plan(few)) << plan(few);
  EXPECT_EQ(rows(db(), few, q), (Rows{"\"53\"", "\"43\"", "\"63\"", "\"33\""}));
  // Without LIMIT, with another metric, downwards: no graph, and the plan says why.
  const std::string all = "SELECT VALUE c.id FROM c" + order;
  EXPECT_NE(plan(all).find("not used: without LIMIT"), std::string::npos) << plan(all);
  const Rows everything = rows(db(), all, q, 100);
  EXPECT_EQ(everything.size(), 600U) << "a document without a vector is not in the order";
  EXPECT_EQ(everything[1], "\"51\"");
  EXPECT_NE(
      plan("SELECT c.id FROM c ORDER BY VectorDistance(c.v, @q) LIMIT 3").find("asks for cosine"),
      std::string::npos);
  EXPECT_EQ(
      rows(db(), "SELECT VALUE c.id FROM c ORDER BY VectorDistance(c.v, @q, 'l2') DESC LIMIT 2", q),
      (Rows{"\"599\"", "\"598\""}));
  EXPECT_EQ(rows(db(), "SELECT VALUE c.id FROM c" + order + "LIMIT 3", R"({"q":[1,2,3]})"), Rows{});
  ASSERT_TRUE(db().erase("db", "c", "50").has_value());
  EXPECT_EQ(rows(db(), "SELECT VALUE c.id FROM c" + order + "LIMIT 1", q), (Rows{"\"51\""}));
  ASSERT_TRUE(db().drop_index("db", "c", "/v").has_value());
  EXPECT_FALSE(nearest_plan("SELECT c.id FROM c" + order + "LIMIT 3"));
  EXPECT_EQ(rows(db(), "SELECT VALUE c.id FROM c" + order + "LIMIT 2", q),
            (Rows{"\"51\"", "\"49\""}));
}

TEST_F(Vectors, OrderByDistanceStaysWithinThePartition) {
  make(world, R"({"name":"c","partition_key":["/k"],
      "vectors":[{"path":"/v","dimensions":2,"metric":"l2"}]})");
  for (int i = 0; i < 300; ++i) put(i);
  EXPECT_EQ(rows(db(), "SELECT VALUE c.id FROM c ORDER BY VectorDistance(c.v, @q, 'l2') LIMIT 2",
                 R"({"q":[50.2,0]})", 0, "[4]"),
            (std::vector<std::string>{"\"54\"", "\"44\""}));
}

}  // namespace

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

}  // namespace

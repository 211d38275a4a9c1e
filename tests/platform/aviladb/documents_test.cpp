// Documents: create, read, replace, upsert, patch, delete, batches, limits.
#include <avila/aviladb/service.hpp>
#include <avila/json/value.hpp>
#include <avila/os/clock.hpp>

#include "fixture.hpp"

namespace {
using namespace avila_test;
using aviladb::PatchKind;

struct Documents : ::testing::Test {
  World world;
  aviladb::Service& db() { return *world.service; }
};

TEST_F(Documents, AreCreatedReadReplacedAndDeleted) {
  make(world, R"({"name":"c"})");
  auto made = db().create("db", "c", R"( {"id":"a", "n": 1.5, "_ts": 3} )");
  ASSERT_TRUE(made.has_value()) << made.error().to_string();
  EXPECT_EQ(made->json, R"({"id":"a","n":1.5,"_etag":")" + made->etag + R"(","_ts":1700000000})");
  auto again = db().create("db", "c", R"({"id":"a"})");
  EXPECT_TRUE(again.error().is(Errc::AlreadyExists));
  auto read = db().read("db", "c", "a");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->json, made->json);
  EXPECT_EQ(read->etag, made->etag);
  auto replaced = db().replace("db", "c", "a", R"({"n":2})");
  ASSERT_TRUE(replaced.has_value()) << replaced.error().to_string();
  EXPECT_NE(replaced->etag, made->etag);
  EXPECT_TRUE(db().replace("db", "c", "a", R"({"id":"b"})").error().is(Errc::InvalidArgument));
  EXPECT_TRUE(db().replace("db", "c", "zz", R"({"n":2})").error().is(Errc::NotFound));
  ASSERT_TRUE(db().erase("db", "c", "a").has_value());
  EXPECT_TRUE(db().read("db", "c", "a").error().is(Errc::NotFound));
  EXPECT_TRUE(db().erase("db", "c", "a").error().is(Errc::NotFound));
  auto named = db().create("db", "c", R"({"x":1})");
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->id.size(), 36U);
  EXPECT_EQ(db().read("db", "c", named->id)->json, named->json);
  EXPECT_EQ(*db().verify("db", "c"), 1U);
}

TEST_F(Documents, PreconditionsAreChecked) {
  make(world, R"({"name":"c"})");
  const std::string etag = db().create("db", "c", R"({"id":"a","n":1})")->etag;
  DocumentOptions options;
  options.if_match = "\"nope\"";
  EXPECT_TRUE(db().replace("db", "c", "a", "{}", options).error().is(Errc::PreconditionFailed));
  EXPECT_TRUE(db().erase("db", "c", "a", options).error().is(Errc::PreconditionFailed));
  options.if_match = "\"" + etag + "\"";
  ASSERT_TRUE(db().replace("db", "c", "a", R"({"n":2})", options).has_value());
  EXPECT_TRUE(
      db().replace("db", "c", "a", R"({"n":3})", options).error().is(Errc::PreconditionFailed));
  DocumentOptions fresh;
  fresh.if_none_match = "*";
  EXPECT_TRUE(db().upsert("db", "c", R"({"id":"a"})", fresh).error().is(Errc::PreconditionFailed));
  EXPECT_TRUE(db().upsert("db", "c", R"({"id":"b"})", fresh)->created);
}

TEST_F(Documents, ArePatchedBothWays) {
  make(world, R"({"name":"c"})");
  ASSERT_TRUE(
      db().create("db", "c", R"({"id":"a","n":1,"o":{"x":1,"y":2},"l":[1,2]})").has_value());
  auto merged = db().patch("db", "c", "a", PatchKind::Merge, R"({"o":{"x":null,"z":3},"n":5})");
  ASSERT_TRUE(merged.has_value()) << merged.error().to_string();
  EXPECT_EQ(rows(db(), "SELECT c.n, c.o FROM c")[0], R"({"n":5,"o":{"y":2,"z":3}})");
  auto patched = db().patch("db", "c", "a", PatchKind::Operations, R"([
      {"op":"incr","path":"/n","value":2},{"op":"add","path":"/l/-","value":3},
      {"op":"set","path":"/l/0","value":9},{"op":"move","from":"/o/y","path":"/w"},
      {"op":"remove","path":"/o/z"},{"op":"test","path":"/w","value":2}])");
  ASSERT_TRUE(patched.has_value()) << patched.error().to_string();
  EXPECT_EQ(rows(db(), "SELECT c.n, c.o, c.l, c.w FROM c")[0],
            R"({"n":7,"o":{},"l":[9,2,3],"w":2})");
  for (const char* bad :
       {R"([{"op":"replace","path":"/nope","value":1}])", R"([{"op":"remove","path":"/l/7"}])",
        R"([{"op":"fly","path":"/n"}])", R"([{"op":"set","path":"/id","value":"b"}])"})
    EXPECT_TRUE(
        db().patch("db", "c", "a", PatchKind::Operations, bad).error().is(Errc::InvalidArgument))
        << bad;
}

TEST_F(Documents, LimitsNameThemselves) {
  make(world, R"({"name":"c"})");
  const auto error = [&](std::string_view json) {
    auto made = db().create("db", "c", json);
    return made ? std::string("made") : made.error().to_string();
  };
  EXPECT_NE(error("{\"id\":\"" + std::string(1'024, 'x') + "\"}").find("kMaxIdBytes"),
            std::string::npos);
  EXPECT_EQ(error("{\"id\":\"" + std::string(1'023, 'x') + "\"}"), "made");
  EXPECT_NE(error("{\"t\":\"" + std::string(4U << 20, 'x') + "\"}").find("kMaxDocumentBytes"),
            std::string::npos);
  EXPECT_EQ(error("{\"t\":\"" + std::string((4U << 20) - 200, 'x') + "\"}"), "made");
  EXPECT_NE(error(std::string(129, '[')).find("document"), std::string::npos);
  EXPECT_NE(error("[1]").find("must be a JSON object"), std::string::npos);
  EXPECT_NE(error(R"({"id":7})").find("must be a text"), std::string::npos);
  EXPECT_NE(error(R"({"a":1,"a":2})").find("document"), std::string::npos);
}

TEST_F(Documents, ABatchGoesOnWithWhatItMade) {
  make(world, R"({"name":"c","partition_key":["/p"]})");
  auto request = aviladb::parse_batch_request(R"({"atomic":true,"operations":[
      {"op":"insert","document":{"id":"a","p":1,"n":1}},
      {"op":"replace","id":"a","document":{"id":"a","p":1,"n":5}},
      {"op":"patch","id":"a","patch":{"m":2}},{"op":"read","id":"a"},
      {"op":"insert","document":{"id":"b","p":2}},{"op":"delete","id":"b"}]})");
  ASSERT_TRUE(request.has_value()) << request.error().to_string();
  auto done = db().batch("db", "c", request->operations, true);
  ASSERT_TRUE(done.has_value()) << done.error().to_string();
  EXPECT_TRUE(done->committed);
  for (const auto& item : done->items) EXPECT_EQ(item.error, "") << item.id;
  EXPECT_EQ(rows(db(), "SELECT c.id, c.n, c.m FROM c"),
            (std::vector<std::string>{R"({"id":"a","n":5,"m":2})"}));
  EXPECT_TRUE(db().replace("db", "c", "z", R"({"id":"z","p":1})").error().is(Errc::NotFound));
  EXPECT_EQ(*db().verify("db", "c"), 1U);
}

TEST_F(Documents, BatchesAreAllOrNothingWhenAtomic) {
  make(world, R"({"name":"c"})");
  auto request = aviladb::parse_batch_request(R"({"atomic":true,"operations":[
      {"op":"insert","document":{"id":"a","n":1}},{"op":"upsert","document":{"id":"b"}},
      {"op":"patch","id":"a","patch":[{"op":"incr","path":"/n","value":1}]},
      {"op":"delete","id":"b"},{"op":"insert","document":{"n":9}}]})");
  ASSERT_TRUE(request.has_value()) << request.error().to_string();
  auto done = db().batch("db", "c", request->operations, true);
  ASSERT_TRUE(done.has_value()) << done.error().to_string();
  ASSERT_TRUE(done->committed);
  std::vector<int> status;
  for (const auto& item : done->items) status.push_back(item.status);
  EXPECT_EQ(status, (std::vector<int>{201, 201, 200, 204, 201}));
  EXPECT_EQ(rows(db(), "SELECT VALUE c.n FROM c ORDER BY c.n"),
            (std::vector<std::string>{"2", "9"}));
  request = aviladb::parse_batch_request(R"({"operations":[
      {"op":"insert","document":{"id":"x"}},{"op":"insert","document":{"id":"a"}},
      {"op":"delete","id":"nope"}]})");
  done = db().batch("db", "c", request->operations, true);
  ASSERT_TRUE(done.has_value());
  EXPECT_FALSE(done->committed);
  EXPECT_EQ(done->items[0].status, 424);
  EXPECT_EQ(done->items[1].status, 409);
  EXPECT_EQ(done->items[2].status, 424);
  EXPECT_TRUE(db().read("db", "c", "x").error().is(Errc::NotFound));
  done = db().batch("db", "c", request->operations, false);
  EXPECT_TRUE(done->committed);
  EXPECT_EQ(done->items[0].status, 201);
  EXPECT_EQ(done->items[1].status, 409);
  EXPECT_EQ(done->items[2].status, 404);
  EXPECT_TRUE(db().read("db", "c", "x").has_value());
  EXPECT_EQ(*db().verify("db", "c"), 3U);
}

TEST_F(Documents, UniqueIndexesHoldWithinAPartition) {
  make(world, R"({"name":"c","partition_key":["/t"],
                  "indexes":[{"name":"mail","fields":["/mail"],"unique":true}]})");
  EXPECT_TRUE(db().create("db", "c", R"({"id":"1","t":"x","mail":"a@b"})").has_value());
  EXPECT_TRUE(
      db().create("db", "c", R"({"id":"2","t":"x","mail":"a@b"})").error().is(Errc::AlreadyExists));
  EXPECT_TRUE(db().create("db", "c", R"({"id":"2","t":"y","mail":"a@b"})").has_value());
  EXPECT_TRUE(db().create("db", "c", R"({"id":"3","t":"x"})").has_value());
  EXPECT_TRUE(db().create("db", "c", R"({"id":"4","t":"x"})").has_value());
  EXPECT_TRUE(db().patch("db", "c", "3", PatchKind::Merge, R"({"mail":"a@b"})")
                  .error()
                  .is(Errc::AlreadyExists));
  EXPECT_TRUE(db().patch("db", "c", "1", PatchKind::Merge, R"({"mail":"z@b"})").has_value());
  EXPECT_TRUE(db().patch("db", "c", "3", PatchKind::Merge, R"({"mail":"a@b"})").has_value());
  EXPECT_EQ(*db().verify("db", "c"), 4U);
}

TEST_F(Documents, PartitionsKeepIdsApart) {
  make(world, R"({"name":"c","partition_key":["/t",{"path":"/k","strategy":"hash"}]})");
  EXPECT_TRUE(db().create("db", "c", R"({"id":"a","t":"x","k":1})").has_value());
  EXPECT_TRUE(db().read("db", "c", "a").has_value());
  EXPECT_TRUE(db().create("db", "c", R"({"id":"a","t":"x","k":2})").has_value());
  EXPECT_TRUE(db().read("db", "c", "a").error().is(Errc::Conflict));
  DocumentOptions two;
  two.partition_key = R"(["x",2])";
  EXPECT_NE(db().read("db", "c", "a", two)->json.find("\"k\":2"), std::string::npos);
  EXPECT_TRUE(db().replace("db", "c", "a", R"({"t":"x","k":2,"n":1})").has_value());
  EXPECT_TRUE(
      db().replace("db", "c", "a", R"({"t":"x","k":3})", two).error().is(Errc::InvalidArgument));
  ASSERT_TRUE(db().erase("db", "c", "a", two).has_value());
  EXPECT_NE(db().read("db", "c", "a")->json.find("\"k\":1"), std::string::npos);
  EXPECT_TRUE(
      db().create("db", "c", R"({"id":"z","t":[1],"k":2})").error().is(Errc::InvalidArgument));
  EXPECT_EQ(*db().verify("db", "c"), 1U);
}

TEST_F(Documents, ExpireWhenTheirTimeIsOver) {
  make(world, R"({"name":"c","ttl":10})");
  ASSERT_TRUE(db().create("db", "c", R"({"id":"a"})").has_value());
  ASSERT_TRUE(db().create("db", "c", R"({"id":"b","ttl":100})").has_value());
  ASSERT_TRUE(db().create("db", "c", R"({"id":"f","ttl":-1})").has_value());
  world.clock.advance(seconds(11));
  EXPECT_TRUE(db().read("db", "c", "a").error().is(Errc::NotFound));
  EXPECT_EQ(rows(db(), "SELECT VALUE c.id FROM c"), (std::vector<std::string>{"\"b\"", "\"f\""}));
  EXPECT_TRUE(db().create("db", "c", R"({"id":"a","ttl":1})").has_value());
  world.clock.advance(seconds(2));
  EXPECT_EQ(*db().expire(), 1U);
  EXPECT_EQ(*db().expire(), 0U);
  EXPECT_EQ(*db().verify("db", "c"), 2U);
}

TEST_F(Documents, SurviveARestart) {
  make(world, R"({"name":"c","partition_key":["/t"],"indexes":[{"name":"n","fields":["/n"]}]})");
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(db().create("db", "c",
                            "{\"id\":\"" + std::to_string(i) + "\",\"t\":" + std::to_string(i % 3) +
                                ",\"n\":" + std::to_string(i) + "}")
                    .has_value());
  aviladb::QueryRequest request;
  request.query = "SELECT VALUE c.n FROM c ORDER BY c.n";
  request.max_items = 20;
  auto page = db().query("db", request);
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->documents.size(), 20U);
  ASSERT_TRUE(db().close().has_value());
  EXPECT_TRUE(db().read("db", "c", "1").error().is(Errc::Closed));
  ASSERT_TRUE(world.start().has_value());
  EXPECT_EQ(*db().verify("db", "c"), 50U);
  request.continuation = page->continuation;  // survives the restart
  page = db().query("db", request);
  ASSERT_TRUE(page.has_value()) << page.error().to_string();
  EXPECT_EQ(page->documents.front(), "20");
  request.continuation.back() = request.continuation.back() == 'A' ? 'B' : 'A';
  EXPECT_TRUE(db().query("db", request).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(db().drop_collection("db", "c").has_value());
  EXPECT_TRUE(db().read("db", "c", "1").error().is(Errc::NotFound));
  EXPECT_TRUE(db().drop_database("db").has_value());
  EXPECT_TRUE(db().list_databases()->empty());
}

}  // namespace

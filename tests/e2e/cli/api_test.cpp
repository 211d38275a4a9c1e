// AvilaDB over HTTP as its users meet it: every route, its statuses, headers and problem documents.
#include <algorithm>
#include <avila/json/value.hpp>

#include "platform.hpp"

namespace avila_test {
namespace {

using avila::json::Value;

const std::string kShop = "/v1/databases/shop";
const std::string kItems = kShop + "/collections/items";
const std::string kDocuments = kItems + "/documents";

Value parsed(const HttpReply& reply) {
  auto value = avila::json::parse(reply.body);
  EXPECT_TRUE(value.has_value()) << reply.status << ' ' << reply.body;
  return value.has_value() ? std::move(*value) : Value();
}

std::string text_of(const Value& object, const char* name) {
  const Value* value = object.find(name);
  return value == nullptr     ? "(absent)"
         : value->is_string() ? std::string(value->as_string())
                              : to_string(*value);
}

std::string header(const HttpReply& reply, const std::string& name) {
  const auto at = reply.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const auto start = at + name.size() + 4;
  return reply.head.substr(start, reply.head.find("\r\n", start) - start);
}

struct Api : ::testing::Test {
  static inline TempDir* folder;
  static inline Platform* platform;
  static void SetUpTestSuite() {
    folder = new TempDir;
    platform = new Platform(*folder / "data");
    ASSERT_TRUE(platform->start({"--no-demo"})) << platform->output();
    HttpClient client(platform->port(), platform->api_key());
    ASSERT_EQ(client.send("POST", "/v1/databases", R"({"name":"shop"})").status, 201);
    ASSERT_EQ(client
                  .send("POST", kShop + "/collections",
                        R"({"name":"items","partition_key":["/tenant","/kind"],
                              "indexes":[{"name":"by_price","fields":["/price"]}],
                              "vectors":[{"path":"/embedding","dimensions":3,"metric":"l2"}]})")
                  .status,
              201);
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(platform->stop(), 0);
    delete platform;
    delete folder;
  }
  HttpClient client{platform->port(), platform->api_key()};

  void problem(const HttpReply& reply, int status) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(header(reply, "Content-Type"), "application/problem+json") << reply.head;
    const Value body = parsed(reply);
    EXPECT_EQ(text_of(body, "status"), std::to_string(status));
    for (const char* name : {"type", "title", "detail"})
      EXPECT_NE(text_of(body, name), "(absent)") << name;
  }
  HttpReply put_item(const std::string& id, int price, const std::string& more = "") {
    return client.send("POST", kDocuments + "?upsert=true",
                       R"({"id":")" + id + R"(","tenant":"t","kind":"k","price":)" +
                           std::to_string(price) + more + '}');
  }
};

TEST_F(Api, DatabasesAndCollections) {
  problem(client.send("POST", "/v1/databases", R"({"name":"shop"})"), 409);
  problem(client.send("POST", "/v1/databases", "{}"), 400);
  problem(client.send("POST", "/v1/databases", "{"), 400);
  EXPECT_NE(client.send("GET", "/v1/databases").body.find("\"shop\""), std::string::npos);
  EXPECT_EQ(client.send("GET", kShop).status, 200);
  problem(client.send("GET", "/v1/databases/none"), 404);
  EXPECT_EQ(client.send("GET", kItems).status, 200);
  problem(client.send("GET", kShop + "/collections/none"), 404);
  EXPECT_NE(client.send("GET", kShop + "/collections").body.find("\"items\""), std::string::npos);
  EXPECT_EQ(client.send("POST", kShop + "/collections", R"({"name":"gone"})").status, 201);
  EXPECT_EQ(client.send("DELETE", kShop + "/collections/gone").status, 204);
  problem(client.send("DELETE", kShop + "/collections/gone"), 404);
  EXPECT_EQ(client.send("POST", "/v1/databases", R"({"name":"other"})").status, 201);
  EXPECT_EQ(client.send("DELETE", "/v1/databases/other").status, 204);
  problem(client.send("DELETE", "/v1/databases/other"), 404);
}

TEST_F(Api, DocumentsLiveAndDie) {
  const HttpReply created =
      client.send("POST", kDocuments, R"({"id":"a1","tenant":"t","kind":"k","price":3})");
  ASSERT_EQ(created.status, 201) << created.body;
  const Value document = parsed(created);
  EXPECT_EQ(header(created, "ETag"), '"' + text_of(document, "_etag") + '"');
  EXPECT_NE(document.find("_ts"), nullptr);
  problem(client.send("POST", kDocuments, R"({"id":"a1","tenant":"t","kind":"k"})"), 409);
  EXPECT_EQ(client.send("POST", kDocuments, R"({"id":"a1","tenant":"other","kind":"k"})").status,
            201)
      << "ids are unique within a partition key value";
  EXPECT_EQ(
      text_of(parsed(client.send("GET", kDocuments + "/a1?pk=%5B%22t%22,%22k%22%5D")), "price"),
      "3");
  problem(client.send("GET", kDocuments + "/a1"), 409);  // two documents have that id
  EXPECT_EQ(client.send("DELETE", kDocuments + "/a1?pk=[%22other%22,%22k%22]").status, 204);

  const HttpReply read = client.send("GET", kDocuments + "/a1");
  EXPECT_EQ(read.status, 200);
  const std::string etag = header(read, "ETag");
  EXPECT_EQ(client.send("GET", kDocuments + "/a1", "", "If-None-Match: " + etag + "\r\n").status,
            304);
  const HttpReply replaced =
      client.send("PUT", kDocuments + "/a1", R"({"id":"a1","tenant":"t","kind":"k","price":4})",
                  "If-Match: " + etag + "\r\n");
  EXPECT_EQ(replaced.status, 200) << replaced.body;
  EXPECT_NE(header(replaced, "ETag"), etag);
  problem(client.send("PUT", kDocuments + "/a1", R"({"id":"a1","tenant":"t","kind":"k","price":5})",
                      "If-Match: " + etag + "\r\n"),
          412);
  problem(client.send("DELETE", kDocuments + "/a1", "", "If-Match: " + etag + "\r\n"), 412);
  problem(client.send("PUT", kDocuments + "/nobody", R"({"tenant":"t","kind":"k"})"), 404);

  const HttpReply merged =
      client.send("PATCH", kDocuments + "/a1", R"({"price":6,"note":{"x":1}})");
  EXPECT_EQ(text_of(parsed(merged), "price"), "6");
  const HttpReply patched = client.send(
      "PATCH", kDocuments + "/a1",
      R"([{"op":"test","path":"/price","value":6},{"op":"replace","path":"/price","value":7},{"op":"remove","path":"/note"}])");
  EXPECT_EQ(text_of(parsed(patched), "price"), "7");
  EXPECT_EQ(text_of(parsed(patched), "note"), "(absent)");
  EXPECT_EQ(client.send("DELETE", kDocuments + "/a1").status, 204);
  problem(client.send("GET", kDocuments + "/a1"), 404);
  problem(client.send("DELETE", kDocuments + "/a1"), 404);
}

TEST_F(Api, IdsAreMadeWhereTheyAreMissingAndMayBeOdd) {
  const Value made = parsed(client.send("POST", kDocuments, R"({"tenant":"t","kind":"made"})"));
  EXPECT_EQ(text_of(made, "id").size(), 36U);
  EXPECT_EQ(text_of(made, "id")[14], '7') << "UUIDv7";
  const std::string odd = "ação/1 %?#";
  Value document = Value::make_object();
  document.set("id", odd);
  document.set("tenant", "t");
  document.set("kind", "odd");
  const HttpReply created = client.send("POST", kDocuments, to_string(document));
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(text_of(parsed(client.send("GET", header(created, "Location"))), "id"), odd);
  EXPECT_EQ(client.send("POST", kDocuments, R"({"id":"batch","tenant":"t","kind":"odd"})").status,
            201);
  EXPECT_EQ(text_of(parsed(client.send("GET", kDocuments + "/batch")), "id"), "batch");
}

TEST_F(Api, BatchesSayWhatBecameOfEachItem) {
  const std::string tail = R"(,"tenant":"t","kind":"batch"})";
  const HttpReply loose = client.send(
      "POST", kDocuments + "/batch",
      R"({"operations":[{"op":"insert","document":{"id":"b1")" + tail +
          R"(},{"op":"insert","document":{"id":"b1")" + tail +
          R"(},{"op":"delete","id":"none"},{"op":"upsert","document":{"id":"b2")" + tail + "}]}");
  ASSERT_EQ(loose.status, 200) << loose.body;
  const Value results = *parsed(loose).find("results");
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(text_of(results[0], "status"), "201");
  EXPECT_EQ(text_of(results[1], "status"), "409");
  EXPECT_EQ(text_of(results[2], "status"), "404");
  EXPECT_EQ(text_of(results[3], "status"), "201");
  const HttpReply atomic =
      client.send("POST", kDocuments + "/batch",
                  R"({"atomic":true,"operations":[{"op":"insert","document":{"id":"b3")" + tail +
                      R"(},{"op":"insert","document":{"id":"b1")" + tail + "}]}");
  EXPECT_EQ(atomic.status, 200) << atomic.body;
  EXPECT_EQ(client.send("GET", kDocuments + "/b3").status, 404) << "all or nothing";
  problem(client.send("POST", kDocuments + "/batch", R"({"operations":[{"op":"fly"}]})"), 400);
}

TEST_F(Api, FiltersAreRequired) {
  for (int i = 0; i < 5; ++i) put_item("f" + std::to_string(i), 1'000 + i);
  problem(client.send("PATCH", kDocuments, R"({"patch":{"x":1}})"), 400);
  problem(client.send("DELETE", kDocuments, "{}"), 400);
  problem(client.send("DELETE", kDocuments), 400);
  EXPECT_EQ(client
                .send("PATCH", kDocuments,
                      R"({"filter":"c.price >= @p","parameters":{"p":1002},"patch":{"dear":true}})")
                .body,
            R"({"matched":3,"modified":3})");
  EXPECT_EQ(client.send("DELETE", kDocuments, R"({"filter":"c.dear = true"})").body,
            R"({"deleted":3})");
  EXPECT_EQ(client.send("GET", kDocuments + "/f1").status, 200);
  EXPECT_EQ(client.send("GET", kDocuments + "/f2").status, 404);
}

TEST_F(Api, QueriesPageExplainAndStream) {
  for (int i = 0; i < 30; ++i) put_item("q" + std::to_string(i), 5'000 + i);
  const std::string select =
      R"("query":"SELECT c.id, c.price FROM items c WHERE c.price >= @min ORDER BY c.price",)"
      R"("parameters":{"min":5000})";
  const Value whole = parsed(client.send("POST", kShop + "/query", '{' + select + '}'));
  EXPECT_EQ(text_of(whole, "count"), "30");
  EXPECT_TRUE(whole.find("continuation")->is_null());
  EXPECT_NE(whole.find("stats"), nullptr);
  // By pages: the same rows, once each.
  std::string seen;
  Value continuation;
  int pages = 0;
  do {
    const Value page = parsed(client.send(
        "POST", kShop + "/query",
        '{' + select + R"(,"max_items":7,"continuation":)" + to_string(continuation) + '}'));
    ASSERT_NE(page.find("documents"), nullptr);
    for (const Value& row : page.find("documents")->array()) seen += text_of(row, "id") + ' ';
    continuation = *page.find("continuation");
    ++pages;
  } while (!continuation.is_null() && pages < 20);
  std::string expected;
  for (int i = 0; i < 30; ++i) expected += 'q' + std::to_string(i) + ' ';
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(pages, 5);
  problem(client.send("POST", kShop + "/query", '{' + select + R"(,"continuation":"forged"})"),
          400);

  const HttpReply stream =
      client.send("POST", kShop + "/query", '{' + select + '}', "Accept: application/x-ndjson\r\n");
  EXPECT_EQ(stream.status, 200);
  EXPECT_EQ(header(stream, "Content-Type"), "application/x-ndjson");
  EXPECT_EQ(std::count(stream.body.begin(), stream.body.end(), '\n'), 30);

  const Value plan =
      parsed(client.send("POST", kShop + "/query", '{' + select + R"(,"explain":true})"));
  EXPECT_NE(to_string(*plan.find("plan")).find("by_price"), std::string::npos);

  problem(client.send("POST", kShop + "/query", R"({"query":"SELEC 1"})"), 400);
  problem(client.send("POST", kShop + "/query", R"({"query":"SELECT c.id FROM nothing c"})"), 404);
  const Value list = parsed(
      client.send("POST", kShop + "/query",
                  R"({"query":"SELECT VALUE @x","parameters":[{"name":"@x","value":"'; DROP"}]})"));
  EXPECT_EQ(to_string(*list.find("documents")), R"(["'; DROP"])")
      << "a parameter is a value, never text of the query";
}

TEST_F(Api, IndexesComeAndGo) {
  EXPECT_EQ(
      client.send("POST", kItems + "/indexes", R"({"name":"by_note","fields":["/note"]})").status,
      201);
  problem(client.send("POST", kItems + "/indexes", R"({"name":"by_note","fields":["/note"]})"),
          409);
  EXPECT_NE(client.send("GET", kItems + "/indexes").body.find("by_note"), std::string::npos);
  EXPECT_EQ(client.send("DELETE", kItems + "/indexes/by_note").status, 204);
  problem(client.send("DELETE", kItems + "/indexes/by_note"), 404);
}

TEST_F(Api, VectorsAreSearchedByDistanceAndFilter) {
  for (int i = 0; i < 4; ++i)
    EXPECT_LT(put_item("v" + std::to_string(i), 9'000 + i,
                       ",\"embedding\":[" + std::to_string(i) + ",0,0]")
                  .status,
              300);
  const Value found =
      parsed(client.send("POST", kItems + "/vector-search",
                         R"({"path":"/embedding","vector":[0.9,0,0],"k":2,"ef":64})"));
  ASSERT_EQ(found.find("matches")->size(), 2U);
  EXPECT_EQ(text_of((*found.find("matches"))[0], "id"), "v1");
  EXPECT_NEAR((*found.find("matches"))[0].find("distance")->as_double(), 0.01, 1e-4);
  EXPECT_EQ(text_of(*(*found.find("matches"))[0].find("document"), "price"), "9001");
  const Value filtered = parsed(client.send(
      "POST", kItems + "/vector-search",
      R"({"path":"/embedding","vector":[0.9,0,0],"k":1,"filter":"c.price > @p","parameters":{"p":9002}})"));
  EXPECT_EQ(text_of((*filtered.find("matches"))[0], "id"), "v3");
  problem(client.send("POST", kItems + "/vector-search", R"({"path":"/embedding","vector":[1,2]})"),
          400);
  problem(client.send("POST", kItems + "/vector-search", R"({"path":"/none","vector":[1,2,3]})"),
          404);
}

TEST_F(Api, LimitsAreNamed) {
  const HttpReply large = client.send(
      "POST", kDocuments,
      R"({"id":"big","tenant":"t","kind":"k","x":")" + std::string(5 << 20, 'x') + "\"}");
  problem(large, 413);
  EXPECT_NE(large.body.find("4194304"), std::string::npos) << large.body;
  problem(client.send("POST", kDocuments,
                      R"({"tenant":"t","kind":"k","x":)" + std::string(200, '[') +
                          std::string(200, ']') + '}'),
          413);
  problem(client.send("POST", kDocuments,
                      R"({"id":")" + std::string(2'000, 'i') + R"(","tenant":"t","kind":"k"})"),
          413);
  const HttpReply huge = client.send("POST", kDocuments, std::string(21 << 20, ' '));
  EXPECT_TRUE(huge.status == 413 || huge.status == 0)
      << huge.status;  // refused before it is read whole
}

TEST_F(Api, OperationsHaveTheirRoutes) {
  EXPECT_EQ(HttpClient(platform->port(), "").send("GET", "/healthz").status, 200);
  EXPECT_EQ(HttpClient(platform->port(), "").send("GET", kShop).status, 401);
  const Value document = parsed(client.send("GET", "/openapi.json"));
  EXPECT_TRUE(text_of(document, "openapi").starts_with("3.1"));
  const Value* paths = document.find("paths");
  ASSERT_NE(paths, nullptr);
  EXPECT_NE(paths->find("/v1/databases/{db}/collections/{coll}/documents/{id}"), nullptr);
  const Value* create = paths->find("/v1/databases")->find("post");
  ASSERT_NE(create, nullptr);
  EXPECT_NE(create->find("requestBody"), nullptr);
  for (const char* status : {"201", "400", "401", "409", "413"})
    EXPECT_NE(create->find("responses")->find(status), nullptr) << status;
  const HttpReply metrics = client.send("GET", "/metrics");
  EXPECT_NE(metrics.body.find("avila_http_requests_total{"), std::string::npos);
  EXPECT_NE(metrics.body.find("avila_db_writes_total "), std::string::npos);
  problem(client.send("GET", "/v2"), 404);
  const HttpReply huge = client.send("POST", "/v1/databases", std::string(40U << 20, 'x'));
  problem(huge, 413);
  EXPECT_NE(huge.body.find("41943040 bytes; at most"), std::string::npos) << huge.body;
  const HttpReply wrong = client.send("PUT", "/v1/databases");
  problem(wrong, 405);
  EXPECT_NE(header(wrong, "Allow").find("POST"), std::string::npos);
}

}  // namespace
}  // namespace avila_test

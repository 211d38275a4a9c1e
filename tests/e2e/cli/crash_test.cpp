// SIGKILL at random moments under concurrent writes: what was acknowledged is there, an atomic
// batch is whole or absent, and indexes agree with documents.
#include <atomic>
#include <avila/json/value.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "platform.hpp"

namespace avila_test {
namespace {

using avila::json::Value;

constexpr int kWriters = 4;
constexpr int kBatch = 5;
const std::string kDocuments = "/v1/databases/crash/collections/items/documents";

/// What writers were told. A write that got no answer may be there or not.
struct Ledger {
  std::mutex mutex;
  std::map<std::string, long long> acknowledged;  // id → value
  std::map<std::string, std::set<long long>> uncertain;
  std::vector<std::string> batches, uncertain_batches;
};

int rounds() {
  const char* text = std::getenv("AVILA_CRASH_ROUNDS");
  return text != nullptr ? std::atoi(text) : 50;
}

void write_until_killed(Platform& platform, Ledger& ledger, int writer, int round,
                        std::atomic<bool>& stop) {
  HttpClient client(platform.port(), platform.api_key());
  for (long long n = 0; !stop; ++n) {
    const std::string tag =
        std::to_string(round) + '-' + std::to_string(writer) + '-' + std::to_string(n);
    if (n % 4 == 3) {  // an atomic batch of new documents
      std::string body = "{\"atomic\":true,\"operations\":[";
      for (int i = 0; i < kBatch; ++i)
        body += std::string(i == 0 ? "" : ",") + "{\"op\":\"insert\",\"document\":{\"id\":\"b" +
                tag + '-' + std::to_string(i) + "\",\"batch\":\"" + tag +
                "\",\"value\":" + std::to_string(n) + "}}";
      const HttpReply reply = client.send("POST", kDocuments + "/batch", body + "]}");
      const std::lock_guard lock(ledger.mutex);
      (reply.status == 200 ? ledger.batches : ledger.uncertain_batches).push_back(tag);
      if (reply.status == 0) return;
      continue;
    }
    // A document of this writer, written again and again.
    const std::string id = "w" + std::to_string(writer) + '-' + std::to_string(n % 7);
    const long long value = round * 1'000'000LL + n;
    const HttpReply reply =
        client.send("POST", kDocuments + "?upsert=true",
                    "{\"id\":\"" + id + "\",\"value\":" + std::to_string(value) + ",\"pad\":\"" +
                        std::string(200, 'x') + "\"}");
    const std::lock_guard lock(ledger.mutex);
    if (reply.status == 200 || reply.status == 201) {
      ledger.acknowledged[id] = value;
      ledger.uncertain[id].clear();
    } else {
      ledger.uncertain[id].insert(value);
      return;
    }
  }
}

Value query(HttpClient& client, const std::string& text) {
  Value documents = Value::make_array();
  Value body = Value::make_object();
  body.set("query", text);
  while (true) {
    const HttpReply reply = client.send("POST", "/v1/databases/crash/query", to_string(body));
    EXPECT_EQ(reply.status, 200) << reply.body;
    auto page = avila::json::parse(reply.body);
    if (!page.has_value() || page->find("documents") == nullptr) return documents;
    for (Value& document : page->find("documents")->array())
      documents.push_back(std::move(document));
    const Value* continuation = page->find("continuation");
    if (continuation == nullptr || !continuation->is_string()) return documents;
    body.set("continuation", *continuation);
  }
}

void check(Platform& platform, const Ledger& ledger) {
  HttpClient client(platform.port(), platform.api_key());
  for (const auto& [id, value] : ledger.acknowledged) {
    const HttpReply reply = client.send("GET", kDocuments + '/' + id);
    ASSERT_EQ(reply.status, 200) << id << " was acknowledged and is gone";
    const long long found = avila::json::parse(reply.body)->find("value")->as_int64();
    const auto uncertain = ledger.uncertain.find(id);
    const bool known = found == value ||
                       (uncertain != ledger.uncertain.end() && uncertain->second.contains(found));
    EXPECT_TRUE(known) << id << " has " << found << ", acknowledged was " << value;
  }
  // By the index on /batch, and by a scan that no index helps: the same documents.
  std::map<std::string, int> by_scan;
  std::size_t documents = 0;
  const Value scanned = query(client, "SELECT c.id, c.batch FROM items c");
  for (const Value& row : scanned.array()) {
    ++documents;
    if (const Value* batch = row.find("batch")) ++by_scan[std::string(batch->as_string())];
  }
  std::map<std::string, int> by_index;
  const Value indexed = query(client, "SELECT c.batch FROM items c WHERE c.batch >= ''");
  for (const Value& row : indexed.array()) ++by_index[std::string(row.find("batch")->as_string())];
  EXPECT_EQ(by_scan, by_index) << "the index disagrees with the documents";
  EXPECT_EQ(query(client, "SELECT c.id FROM items c WHERE c.value >= 0").size(), documents);
  for (const auto& [tag, count] : by_scan)
    EXPECT_EQ(count, kBatch) << "batch " << tag << " is half there";
  for (const std::string& tag : ledger.batches)
    EXPECT_TRUE(by_scan.contains(tag)) << "batch " << tag << " was acknowledged and is gone";
}

TEST(Crash, AcknowledgedWritesSurviveSigkill) {
  const TempDir folder;
  Platform platform(folder / "data");
  ASSERT_TRUE(platform.start({"--no-demo"})) << platform.output();
  {
    HttpClient client(platform.port(), platform.api_key());
    ASSERT_EQ(client.send("POST", "/v1/databases", R"({"name":"crash"})").status, 201);
    ASSERT_EQ(client
                  .send("POST", "/v1/databases/crash/collections",
                        R"({"name":"items","indexes":[{"name":"by_batch","fields":["/batch"]},)"
                        R"({"name":"by_value","fields":["/value"]}]})")
                  .status,
              201);
  }
  Ledger ledger;
  unsigned seed = 12345;
  for (int round = 0; round < rounds(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i)
      writers.emplace_back([&, i] { write_until_killed(platform, ledger, i, round, stop); });
    seed = seed * 1664525 + 1013904223;
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + (seed >> 16) % 200));
    platform.kill();
    stop = true;
    for (std::thread& writer : writers) writer.join();
    ASSERT_TRUE(platform.start()) << platform.output();
    check(platform, ledger);
    if (HasFailure()) return;
  }
  EXPECT_GT(ledger.acknowledged.size(), 0U);
  EXPECT_GT(ledger.batches.size(), 0U);
  std::printf("%d kills, %zu acknowledged batches, %zu without an answer\n", rounds(),
              ledger.batches.size(), ledger.uncertain_batches.size());
  EXPECT_EQ(platform.stop(), 0);
}

}  // namespace
}  // namespace avila_test

// Power cuts at random moments: what was acknowledged is there, batches are whole or absent, and
// indexes agree with documents.
#include <avila/aviladb/service.hpp>
#include <avila/json/value.hpp>
#include <avila/lsm/db.hpp>
#include <avila/os/memory_file_system.hpp>

#include <avila_test/tools.hpp>
#include <map>
#include <random>
#include <set>

#include "fixture.hpp"

namespace {
using namespace avila_test;

constexpr const char* kSpec = R"({"name":"c","partition_key":["/p"],"indexes":[
    {"name":"n","fields":["/n"]},{"name":"tags","fields":["/tags"],"array":true},
    {"name":"u","fields":["/u"],"unique":true}],
    "vectors":[{"path":"/v","dimensions":4,"metric":"l2"}]})";

struct Model {
  std::map<std::string, int> sure;             // id → n, acknowledged
  std::map<std::string, std::set<int>> maybe;  // what an unanswered write may have left; -1: gone
};

std::string document(const std::string& id, int n) {
  return "{\"id\":\"" + id + "\",\"p\":" + std::to_string(0) + ",\"n\":" + std::to_string(n) +
         ",\"u\":\"" + id + "\",\"tags\":[" + std::to_string(n % 5) + "," + std::to_string(n % 7) +
         "],\"v\":[" + std::to_string(n) + ",1,0," + std::to_string(n % 9) + "]}";
}

/// Compares the store with the model, and makes what was uncertain certain.
void check(World& world, Model& model) {
  auto verified = world.service->verify("db", "c");
  ASSERT_TRUE(verified.has_value()) << verified.error().to_string();
  std::map<std::string, int> found;
  for (const std::string& row : rows(*world.service, "SELECT c.id, c.n FROM c", "", 7)) {
    const auto value = json::parse(row);
    ASSERT_TRUE(value.has_value() && value->find("id") != nullptr) << row;
    found[std::string(value->find("id")->as_string())] =
        static_cast<int>(value->find("n")->as_int64());
  }
  for (const auto& [id, n] : model.sure) {
    if (model.maybe.contains(id)) continue;
    ASSERT_TRUE(found.contains(id)) << "the acknowledged document " << id << " is lost";
    ASSERT_EQ(found[id], n) << id;
  }
  for (const auto& [id, n] : found) {
    const auto unsure = model.maybe.find(id);
    if (unsure != model.maybe.end()) {
      ASSERT_TRUE(unsure->second.contains(n)) << id << " is " << n;
    } else {
      ASSERT_TRUE(model.sure.contains(id)) << id << " came back";
    }
  }
  for (const auto& [id, values] : model.maybe) {
    if (!found.contains(id)) {
      ASSERT_TRUE(values.contains(-1)) << id << " is lost";
    }
  }
  model.sure = found;
  model.maybe.clear();
}

TEST(Crash, AcknowledgedWritesSurviveAndIndexesAgree) {
  for_each_seed(12, [](unsigned long long seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](std::uint64_t n) { return static_cast<int>(random() % n); };
    World world(seed);
    world.memtable_bytes = 16U << 10;
    world.vector_snapshot_writes = 10;
    make(world, kSpec);
    Model model;
    for (int life = 0; life < 6; ++life) {
      world.files.lose_power_after(static_cast<std::uint64_t>(1 + pick(120)));
      for (int step = 0; step < 200 && !world.files.power_lost(); ++step) {
        std::vector<aviladb::BatchOperation> operations;
        std::map<std::string, int> changes;  // -1: erased
        const int count = pick(3) == 0 ? 2 + pick(4) : 1;
        for (int i = 0; i < count; ++i) {
          const std::string id = "d" + std::to_string(pick(25));
          if (changes.contains(id)) continue;
          aviladb::BatchOperation operation;
          operation.id = id;
          if (pick(4) == 0) {
            if (!model.sure.contains(id)) continue;
            operation.op = aviladb::BatchOp::Delete;
            operation.options.partition_key = "[0]";
            changes[id] = -1;
          } else {
            const int n = pick(1'000);
            operation.op = aviladb::BatchOp::Upsert;
            operation.document = document(id, n);
            changes[id] = n;
          }
          operations.push_back(std::move(operation));
        }
        if (pick(20) == 0) (void)world.service->flush();  // may meet the cut
        auto done = world.service->batch("db", "c", operations, true);
        for (const auto& [id, n] : changes) {
          if (!done) {
            auto& values = model.maybe[id];
            values.insert(n);
            values.insert(model.sure.contains(id) ? model.sure[id] : -1);
          } else if (n < 0) {
            model.sure.erase(id);
          } else {
            model.sure[id] = n;
          }
        }
        if (done) {
          ASSERT_TRUE(done->committed) << done->items[0].error;
        } else {
          break;
        }
      }
      world.files.lose_power_after(1);  // nothing the dying service does arrives
      world.service.reset();
      world.files.crash();
      world.files.lose_power_after(0);
      auto started = world.start();
      ASSERT_TRUE(started.has_value()) << started.error().to_string();
      check(world, model);
      if (::testing::Test::HasFatalFailure()) return;
    }
  });
}

TEST(Crash, AtomicBatchesAreNeverHalfThere) {
  for_each_seed(20, [](unsigned long long seed) {
    std::mt19937_64 random(seed);
    World world(seed);
    make(world, R"({"name":"c","indexes":[{"name":"b","fields":["/b"]}]})");
    world.files.lose_power_after(1 + random() % 40);
    for (int batch = 0; batch < 30; ++batch) {
      std::vector<aviladb::BatchOperation> operations(5);
      for (int i = 0; i < 5; ++i)
        operations[static_cast<std::size_t>(i)].document =
            "{\"id\":\"" + std::to_string(batch) + "-" + std::to_string(i) +
            "\",\"b\":" + std::to_string(batch) + "}";
      if (!world.service->batch("db", "c", operations, true)) break;
    }
    world.files.lose_power_after(1);
    world.service.reset();
    world.files.crash();
    world.files.lose_power_after(0);
    auto started = world.start();
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
    ASSERT_TRUE(world.service->verify("db", "c").has_value());
    for (const auto& row : rows(*world.service, "SELECT VALUE COUNT(1) FROM c GROUP BY c.b"))
      EXPECT_EQ(row, "5");
  });
}

TEST(Crash, AFullDiskRefusesWritesAndStillReads) {
  World world;
  make(world, R"({"name":"c"})");
  ASSERT_TRUE(world.service->create("db", "c", R"({"id":"a"})").has_value());
  os::FaultOptions full;
  full.capacity_bytes = world.files.used_bytes();
  world.files.set_faults(full);
  const std::string big(100'000, 'x');
  bool refused = false;
  for (int i = 0; i < 200 && !refused; ++i) {
    auto made = world.service->create(
        "db", "c", "{\"id\":\"f" + std::to_string(i) + "\",\"t\":\"" + big + "\"}");
    refused = !made;
    if (refused) {
      EXPECT_TRUE(made.error().is(Errc::NoSpace)) << made.error().to_string();
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_TRUE(world.service->read("db", "c", "a").has_value());
  world.files.set_faults({});
  EXPECT_TRUE(world.service->create("db", "c", R"({"id":"z"})").has_value());
}

TEST(Crash, AStartReadsWhatIsNewNotEverything) {
  const auto reads_of_start = [](int documents) {
    World world;
    world.memtable_bytes = 256U << 10;
    make(world, R"({"name":"c","partition_key":["/p"],"durability":"relaxed","indexes":[
        {"name":"n","fields":["/n"]},{"name":"tags","fields":["/tags"],"array":true}]})");
    for (int i = 0; i < documents; i += 500) {
      std::vector<aviladb::BatchOperation> batch;
      for (int n = i; n < i + 500; ++n) {
        batch.emplace_back();
        batch.back().op = aviladb::BatchOp::Upsert;
        batch.back().document = document("d" + std::to_string(n), n);
      }
      const auto done = world.service->batch("db", "c", batch, true);
      EXPECT_TRUE(done && done->committed);
    }
    for (int n = 0; n < documents; n += 7)
      EXPECT_TRUE(world.service->erase("db", "c", "d" + std::to_string(n), {.partition_key = "[0]"})
                      .has_value());
    world.files.sync_everything();
    world.files.lose_power_after(1);
    world.service.reset();
    world.files.crash();
    world.files.lose_power_after(0);
    const std::uint64_t before = world.files.reads();
    const auto started = world.start();
    EXPECT_TRUE(started.has_value()) << started.error().to_string();
    const std::uint64_t reads = world.files.reads() - before;
    const auto verified = world.service->verify("db", "c");  // counters too
    EXPECT_TRUE(verified.has_value()) << verified.error().to_string();
    EXPECT_EQ(*verified, static_cast<std::uint64_t>(documents - (documents + 6) / 7));
    return reads;
  };
  const std::uint64_t few = reads_of_start(2'000), many = reads_of_start(20'000);
  // A few reads for each table more; the 20,000 documents alone lie in some 600 blocks.
  EXPECT_LT(many, few + 150);
}

TEST(Crash, AFolderWithoutCountersIsCounted) {
  World world;
  make(world, kSpec);
  for (int n = 0; n < 300; ++n)
    ASSERT_TRUE(world.service->create("db", "c", document("d" + std::to_string(n), n)));
  world.service.reset();
  {  // as versions before wrote it
    auto store = lsm::Db::open(world.files, "data/store");
    ASSERT_TRUE(store.has_value()) << store.error().to_string();
    ASSERT_TRUE((*store)->erase_range("Ct", "Cu").has_value());
  }
  const auto started = world.start();
  ASSERT_TRUE(started.has_value()) << started.error().to_string();
  const auto info = world.service->collection("db", "c");
  EXPECT_EQ(info->documents, 300U);
  EXPECT_GT(info->indexes[1].entries, 300U) << "of the array";
  const auto verified = world.service->verify("db", "c");
  EXPECT_TRUE(verified.has_value()) << verified.error().to_string();
}

}  // namespace

// Many writers at once: each race has one winner, and counts, indexes and vectors agree afterwards.
#include <avila/json/value.hpp>

#include <atomic>
#include <barrier>
#include <random>
#include <thread>

#include "fixture.hpp"

namespace {
using namespace avila_test;

constexpr int kThreads = 4;

/// Runs work(thread) on kThreads threads.
template <class Work>
void together(Work work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back([&work, t] { work(t); });
  for (std::thread& thread : threads) thread.join();
}

std::string text(int n) { return std::to_string(n); }

class Threads : public testing::Test {
 protected:
  void start() {
    world.threads = true;
    world.memtable_bytes = 64U << 10;
    world.vector_snapshot_writes = 100;
    make(world, R"({"name":"c","indexes":[{"name":"n","fields":["/n"]},
        {"name":"tags","fields":["/tags"],"array":true},
        {"name":"u","fields":["/u"],"unique":true}],
        "vectors":[{"path":"/v","dimensions":4,"metric":"l2"}]})");
  }
  void verify(std::uint64_t documents) {
    for (int life = 0; life < 2; ++life) {
      const auto verified = db().verify("db", "c");
      ASSERT_TRUE(verified.has_value()) << verified.error().to_string();
      EXPECT_EQ(*verified, documents);
      EXPECT_EQ(db().collection("db", "c")->documents, documents);
      world.service.reset();
      const auto started = world.start();
      ASSERT_TRUE(started.has_value()) << started.error().to_string();
    }
  }
  aviladb::Service& db() { return *world.service; }
  World world;
};

TEST_F(Threads, ManyWritersLeaveCountsAndIndexesExact) {
  start();
  std::atomic<int> documents{0}, wrong{0};
  together([&](int t) {
    std::mt19937 random(static_cast<unsigned>(t) + 1);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const auto document = [&](const std::string& id) {
      return "{\"id\":\"" + id + "\",\"n\":" + text(pick(50)) + ",\"tags\":[" + text(pick(3)) +
             "," + text(pick(9)) + "],\"u\":\"" + id + "\",\"v\":[" + text(pick(99)) + ",1,2," +
             text(pick(9)) + "]}";
    };
    const auto expected = [&](const Error& error) {
      if (error.is(Errc::AlreadyExists) || error.is(Errc::NotFound) ||
          error.is(Errc::PreconditionFailed))
        return;
      ++wrong;
      ADD_FAILURE() << error.to_string();
    };
    for (int step = 0; step < 500; ++step) {
      const std::string id = "d" + text(pick(30));
      DocumentOptions options;
      switch (pick(8)) {
        case 0:
          if (auto made = db().create("db", "c", document(id)); made)
            ++documents;
          else
            expected(made.error());
          break;
        case 1:
        case 2:
          if (auto made = db().upsert("db", "c", document(id)); made)
            documents += made->created ? 1 : 0;
          else
            expected(made.error());
          break;
        case 3:
          if (auto gone = db().erase("db", "c", id); gone)
            --documents;
          else
            expected(gone.error());
          break;
        case 4:
          if (auto read = db().read("db", "c", id); read) options.if_match = read->etag;
          if (auto done = db().replace("db", "c", id, document(id), options); !done)
            expected(done.error());
          break;
        case 5:
          if (auto done = db().patch("db", "c", id, aviladb::PatchKind::Operations,
                                     R"([{"op":"incr","path":"/n","value":1}])");
              !done)
            expected(done.error());
          break;
        case 6: {  // all or nothing
          std::vector<aviladb::BatchOperation> batch(2);
          batch[0].op = aviladb::BatchOp::Create;
          batch[0].document = document(id);
          batch[1].op = aviladb::BatchOp::Create;
          batch[1].document = document("e" + text(pick(30)));
          auto done = db().batch("db", "c", batch, true);
          if (!done)
            expected(done.error());
          else if (done->committed)
            documents += 2;
          break;
        }
        default: {
          aviladb::VectorSearchRequest search;
          search.path = "/v";
          search.vector = {1, 2, 3, 4};
          if (auto found = db().vector_search("db", "c", search); !found) expected(found.error());
          for (const std::string& row : rows(db(), "SELECT VALUE c.n FROM c WHERE c.n < 9"))
            if (row.starts_with("error") || std::stoi(row) >= 9) ++wrong;
        }
      }
    }
  });
  EXPECT_EQ(wrong, 0);
  verify(static_cast<std::uint64_t>(documents.load()));
}

TEST_F(Threads, ARaceOnIfMatchHasOneWinner) {
  start();
  ASSERT_TRUE(db().create("db", "c", R"({"id":"r","n":0})").has_value());
  constexpr int kRounds = 25;
  std::atomic<int> wins[kRounds] = {}, creators[kRounds] = {}, holders[kRounds] = {};
  std::barrier<> round_begins(kThreads);
  together([&](int t) {
    for (int round = 0; round < kRounds; ++round) {
      const auto seen = db().read("db", "c", "r");
      round_begins.arrive_and_wait();  // all have read the same version
      DocumentOptions options;
      if (seen) options.if_match = seen->etag;
      const std::string mine = text(round) + "," + text(t);
      if (db().replace("db", "c", "r", R"({"id":"r","by":")" + mine + "\"}", options))
        ++wins[round];
      DocumentOptions fresh;
      fresh.if_none_match = "*";
      if (db().upsert("db", "c", R"({"id":"new)" + text(round) + "\"}", fresh)) ++creators[round];
      const std::string own = "own" + mine;
      if (db().create("db", "c", R"({"id":")" + own + R"(","u":"only )" + text(round) + "\"}"))
        ++holders[round];
      round_begins.arrive_and_wait();
    }
  });
  for (int round = 0; round < kRounds; ++round) {
    EXPECT_EQ(wins[round], 1) << round;
    EXPECT_EQ(creators[round], 1) << round;
    EXPECT_EQ(holders[round], 1) << round;
  }
  verify(1 + 2 * kRounds);
}

TEST_F(Threads, IncrementsAreNotLost) {
  start();
  ASSERT_TRUE(db().create("db", "c", R"({"id":"sum","n":0})").has_value());
  std::atomic<int> done{0};
  together([&](int) {
    for (int i = 0; i < 50; ++i)
      if (db().patch("db", "c", "sum", aviladb::PatchKind::Operations,
                     R"([{"op":"incr","path":"/n","value":1}])"))
        ++done;
  });
  EXPECT_EQ(done, 50 * kThreads);
  EXPECT_EQ(rows(db(), "SELECT VALUE c.n FROM c"), std::vector<std::string>{text(done)});
}

TEST_F(Threads, AnIndexMadeWhileWritingIsWholeAndCounted) {
  start();
  for (int i = 0; i < 600; ++i)
    ASSERT_TRUE(db().create("db", "c", R"({"id":"d)" + text(i) + R"(","a":[1,)" + text(i) + "]}"));
  std::atomic<int> documents{600};
  together([&](int t) {
    if (t == 0) {
      aviladb::IndexSpec spec;
      spec.name = "late";
      spec.fields = {{"/a", false}};
      spec.array = true;
      const auto made = db().create_index("db", "c", spec);
      EXPECT_TRUE(made.has_value()) << made.error().to_string();
      aviladb::VectorSpec vectors;
      vectors.path = "/late";
      vectors.dimensions = 2;
      const auto graph = db().create_vector_index("db", "c", vectors);
      EXPECT_TRUE(graph.has_value()) << graph.error().to_string();
      return;
    }
    std::mt19937 random(static_cast<unsigned>(t));
    for (int i = 0; i < 200; ++i) {
      const std::string id = "d" + text(static_cast<int>(random() % 700));
      if (random() % 3 == 0) {
        if (db().erase("db", "c", id)) --documents;
      } else if (auto made = db().upsert("db", "c",
                                         R"({"id":")" + id + R"(","a":[)" + text(i % 5) +
                                             R"(,"x"],"late":[1,)" + text(i) + "]}");
                 made) {
        documents += made->created ? 1 : 0;
      } else {
        ADD_FAILURE() << made.error().to_string();
      }
    }
  });
  verify(static_cast<std::uint64_t>(documents.load()));
  ASSERT_TRUE(db().drop_index("db", "c", "late").has_value());
  verify(static_cast<std::uint64_t>(documents.load()));
}

}  // namespace

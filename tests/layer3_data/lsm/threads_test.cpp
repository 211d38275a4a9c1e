#include <gtest/gtest.h>
#include <avila/lsm/db.hpp>
#include <avila/os/file_system.hpp>

#include <atomic>
#include <thread>

#include "avila_test/tools.hpp"
#include "support.hpp"

namespace avila::lsm {
namespace {
using namespace test;

Options threaded() {
  Options options;
  options.family.memtable_bytes = 32 << 10;
  options.family.target_file_bytes = 32 << 10;
  options.family.level_base_bytes = 64 << 10;
  options.block_cache_bytes = 256 << 10;
  return options;
}

/// Writers move amounts between two families in one batch; the sum that any snapshot sees stays.
TEST(Threads, SnapshotsAreConsistentWhileOthersWriteFlushAndCompact) {
  avila_test::TempDir folder;
  auto opened = Db::open(os::real_file_system(), folder / "db", threaded());
  ASSERT_OK(opened);
  Db& db = *opened.value();
  ColumnFamily* other = db.create_column_family("other", threaded().family).value();
  constexpr int kWriters = 3, kRounds = 400, kKeys = 20;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w)
    threads.emplace_back([&, w] {
      for (int i = 0; i < kRounds; ++i) {
        const std::string key = number(static_cast<std::uint64_t>(w * 1000 + i % kKeys));
        WriteBatch batch;
        batch.put(key, std::to_string(i) + std::string(100, '.'));
        batch.put(key, std::to_string(i) + std::string(50, '.'), other);
        auto written = db.write(batch, {.sync = i % 16 == 0});
        EXPECT_TRUE(written.has_value());
      }
    });
  for (int r = 0; r < 2; ++r)
    threads.emplace_back([&] {
      while (!stop) {
        const Snapshot snapshot = db.snapshot();
        const auto left = db.iterate({.snapshot = &snapshot});
        const auto right = db.iterate({.snapshot = &snapshot, .family = other});
        right->seek_to_first();
        for (left->seek_to_first(); left->valid(); left->next(), right->next()) {
          EXPECT_TRUE(right->valid());
          if (!right->valid()) break;
          EXPECT_EQ(left->key(), right->key());
          EXPECT_EQ(std::atoi(std::string(left->value()).c_str()),
                    std::atoi(std::string(right->value()).c_str()));
        }
        std::string value;
        EXPECT_TRUE(db.get(number(1005), value).has_value());
      }
    });
  for (int w = 0; w < kWriters; ++w) threads[static_cast<std::size_t>(w)].join();
  ASSERT_OK(db.flush());
  ASSERT_OK(db.compact_range());
  stop = true;
  for (std::size_t i = kWriters; i < threads.size(); ++i) threads[i].join();
  ASSERT_OK(db.wait_for_background());
  for (int w = 0; w < kWriters; ++w)
    for (int k = 0; k < kKeys; ++k) {
      const std::string key = number(static_cast<std::uint64_t>(w * 1000 + k));
      EXPECT_EQ(get(db, key).substr(0, 3), std::to_string(kRounds - kKeys + k));
    }
  const Stats stats = db.stats();
  EXPECT_EQ(stats.writes, std::uint64_t{2} * kWriters * kRounds);
  EXPECT_GT(stats.flushes, 0U);
  ASSERT_OK(db.close());
}

TEST(Threads, FamiliesComeAndGoWhileOthersWrite) {
  avila_test::TempDir folder;
  auto opened = Db::open(os::real_file_system(), folder / "db", threaded());
  ASSERT_OK(opened);
  Db& db = *opened.value();
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < 2000; ++i)
      EXPECT_TRUE(db.put(number(i), std::string(100, 'v'), {.sync = false}).has_value());
  });
  for (int i = 0; i < 5; ++i) {
    auto made = db.create_column_family("family", threaded().family);
    ASSERT_OK(made);
    ASSERT_OK(db.put("k", "v", {.sync = false, .family = made.value()}));
    EXPECT_EQ(get(db, "k", {.family = made.value()}), "v");
    ASSERT_OK(db.drop_column_family(made.value()));
  }
  writer.join();
  ASSERT_OK(db.close());
  opened = Db::open(os::real_file_system(), folder / "db", threaded());
  ASSERT_OK(opened);
  for (std::uint64_t i = 0; i < 2000; ++i)
    ASSERT_EQ(get(*opened.value(), number(i)), std::string(100, 'v'));
}

TEST(Threads, WaitingWritersShareASync) {
  avila_test::TempDir folder;
  auto opened = Db::open(os::real_file_system(), folder / "db", threaded());
  ASSERT_OK(opened);
  std::vector<std::thread> threads;
  for (int w = 0; w < 8; ++w)
    threads.emplace_back([&, w] {
      for (int i = 0; i < 50; ++i)
        EXPECT_TRUE(
            opened.value()->put(number(static_cast<std::uint64_t>(w * 100 + i)), "v").has_value());
    });
  for (auto& thread : threads) thread.join();
  const Stats stats = opened.value()->stats();
  EXPECT_EQ(stats.writes, 400U);
  EXPECT_EQ(stats.log_syncs, stats.write_groups);
  EXPECT_LE(stats.log_syncs, 400U);
}

}  // namespace
}  // namespace avila::lsm

// The fault model of the in-memory disk.
#include <gtest/gtest.h>
#include <avila/os/memory_file_system.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "avila_test/tools.hpp"

namespace avila::os {
namespace {

OpenOptions creating() {
  OpenOptions options;
  options.write = options.create = true;
  return options;
}

std::unique_ptr<File> must_open(FileSystem& fs, const std::string& path) {
  auto file = fs.open(path, creating());
  if (!file.has_value()) ADD_FAILURE() << file.error().to_string();
  return std::move(file).value();
}

std::string text_of(FileSystem& fs, const std::string& path) {
  auto text = fs.read_text(path);
  return text.has_value() ? *text : "<none>";
}

TEST(MemoryFileSystem, KeepsSyncedDataAndNamesThroughCrashes) {
  avila_test::for_each_seed(50, [](std::uint64_t seed) {
    MemoryFileSystem fs(seed);
    auto file = must_open(fs, "/a");
    ASSERT_TRUE(file->append(as_bytes("durable")).has_value());
    ASSERT_TRUE(file->sync_data().has_value());
    ASSERT_TRUE(fs.sync_directory("/").has_value());
    ASSERT_TRUE(file->append(as_bytes("maybe")).has_value());
    fs.crash();
    EXPECT_EQ(text_of(fs, "/a").substr(0, 7), "durable");
    EXPECT_TRUE(file->append(as_bytes("x")).error().is(Errc::Closed));
    EXPECT_TRUE(file->sync().error().is(Errc::Closed));
  });
}

TEST(MemoryFileSystem, UnsyncedWritesAreKeptLostOrTornAtSectors) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    MemoryFileSystem fs(seed);
    auto file = must_open(fs, "/a");
    const std::string zeros(2048, '0'), ones(2048, '1');
    ASSERT_TRUE(file->append(as_bytes(zeros)).has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(fs.sync_directory("/").has_value());
    ASSERT_TRUE(file->write_at(0, as_bytes(ones)).has_value());
    fs.crash();
    const std::string after = text_of(fs, "/a");
    ASSERT_EQ(after.size(), 2048U);
    std::string sectors;
    for (std::size_t s = 0; s < 4; ++s) {
      const std::string sector = after.substr(s * 512, 512);
      ASSERT_EQ(std::count(sector.begin(), sector.end(), sector[0]), 512) << "a sector is torn";
      sectors += sector[0];
    }
    seen.insert(sectors);
  }
  EXPECT_TRUE(seen.count("1111") == 1);
  EXPECT_TRUE(seen.count("0000") == 1);
  EXPECT_TRUE(seen.count("1100") == 1);  // a torn prefix
  EXPECT_GT(seen.size(), 8U);            // and scattered sectors
}

TEST(MemoryFileSystem, UnsyncedNamesMayBeLost) {
  int there = 0, moved = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    MemoryFileSystem fs(seed);
    ASSERT_TRUE(fs.write_atomically("/old", as_bytes("1")).has_value());
    auto file = must_open(fs, "/new");
    ASSERT_TRUE(file->append(as_bytes("2")).has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(fs.rename("/old", "/renamed").has_value());
    fs.crash();
    there += fs.exists("/new") ? 1 : 0;
    moved += fs.exists("/renamed") ? 1 : 0;
    EXPECT_NE(fs.exists("/renamed"), fs.exists("/old")) << "a rename is atomic, seed " << seed;
    EXPECT_TRUE(!fs.exists("/new") || text_of(fs, "/new") == "2");
  }
  EXPECT_GT(there, 20);
  EXPECT_LT(there, 180);
  EXPECT_GT(moved, 20);
  EXPECT_LT(moved, 180);
}

TEST(MemoryFileSystem, WithoutReorderingAPrefixSurvives) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    FaultOptions faults;
    faults.reorder = false;
    MemoryFileSystem fs(seed, faults);
    for (const char* name : {"/1", "/2", "/3", "/4"}) must_open(fs, name);
    fs.crash();
    std::string names;
    const auto entries = fs.list("/");
    for (const auto& entry : *entries) names += entry.name;
    seen.insert(names);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "1", "12", "123", "1234"}));
}

TEST(MemoryFileSystem, WriteAtomicallyIsAtomicAtEveryPowerLoss) {
  for (std::uint64_t step = 1;; ++step) {
    bool finished = false;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      MemoryFileSystem fs(seed);
      const std::string before(3000, 'a'), after(5000, 'b');
      ASSERT_TRUE(fs.write_atomically("/f", as_bytes(before)).has_value());
      fs.lose_power_after(step);
      finished = fs.write_atomically("/f", as_bytes(after)).has_value();
      EXPECT_EQ(fs.power_lost(), !finished);
      fs.crash();
      const std::string now = text_of(fs, "/f");
      EXPECT_TRUE(now == after || (!finished && now == before))
          << "step " << step << " seed " << seed;
    }
    if (finished) break;
    ASSERT_LT(step, 50U);
  }
}

// The same writer without the sync must be caught by the disk: the test above can fail.
TEST(MemoryFileSystem, RenamingBeforeSyncingIsCaught) {
  int broken = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    MemoryFileSystem fs(seed);
    ASSERT_TRUE(fs.write_atomically("/f", as_bytes("before")).has_value());
    ASSERT_TRUE(must_open(fs, "/f.tmp")->append(as_bytes("after.")).has_value());
    ASSERT_TRUE(fs.rename("/f.tmp", "/f").has_value());
    ASSERT_TRUE(fs.sync_directory("/").has_value());
    fs.crash();
    broken += text_of(fs, "/f") == "after." ? 0 : 1;
  }
  EXPECT_GT(broken, 20);
}

TEST(MemoryFileSystem, CrashedCopiesLeaveTheOriginalAlone) {
  MemoryFileSystem fs(3);
  auto file = must_open(fs, "/a");
  ASSERT_TRUE(file->append(as_bytes("data")).has_value());
  bool lost = false;
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    lost = lost || text_of(*fs.crashed_copy(seed), "/a") != "data";
  EXPECT_TRUE(lost);
  EXPECT_EQ(text_of(fs, "/a"), "data");
  ASSERT_TRUE(file->append(as_bytes("!")).has_value());
}

TEST(MemoryFileSystem, SyncEverythingSyncsEverything) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    MemoryFileSystem fs(seed);
    ASSERT_TRUE(fs.create_directories("/x/y").has_value());
    ASSERT_TRUE(must_open(fs, "/x/y/z")->append(as_bytes("data")).has_value());
    fs.sync_everything();
    fs.crash();
    EXPECT_EQ(text_of(fs, "/x/y/z"), "data");
  }
}

TEST(MemoryFileSystem, FailsAsPlannedAndAsDrawn) {
  MemoryFileSystem fs;
  auto file = must_open(fs, "/a");
  fs.fail_once(DiskOperation::Write, 2);
  EXPECT_TRUE(file->append(as_bytes("1")).has_value());
  EXPECT_TRUE(file->append(as_bytes("2")).error().is(Errc::Io));
  EXPECT_TRUE(file->append(as_bytes("3")).has_value());
  fs.fail_once(DiskOperation::Write, 1, Errc::NoSpace);
  EXPECT_TRUE(file->append(as_bytes("4")).error().is(Errc::NoSpace));
  fs.fail_once(DiskOperation::Read, 1);
  std::byte room[1];
  EXPECT_TRUE(file->read_at(0, room).error().is(Errc::Io));
  EXPECT_TRUE(file->read_at(0, room).has_value());
  fs.fail_once(DiskOperation::Directory, 1);
  EXPECT_TRUE(fs.rename("/a", "/b").error().is(Errc::Io));
  EXPECT_TRUE(fs.exists("/a"));
  fs.set_faults({.read_error = 0.5, .write_error = 0.5, .sync_error = 0.5, .directory_error = 0.5});
  int reads = 0, writes = 0, syncs = 0, names = 0;
  for (int i = 0; i < 200; ++i) {
    reads += file->read_at(0, room).has_value() ? 1 : 0;
    writes += file->write_at(0, as_bytes("x")).has_value() ? 1 : 0;
    syncs += fs.sync_directory("/").has_value() ? 1 : 0;
    names += fs.list("/").has_value() ? 1 : 0;
  }
  for (const int succeeded : {reads, writes, syncs, names}) {
    EXPECT_GT(succeeded, 50);
    EXPECT_LT(succeeded, 150);
  }
}

TEST(MemoryFileSystem, AFailedSyncSticks) {
  MemoryFileSystem fs;
  auto file = must_open(fs, "/a");
  fs.fail_once(DiskOperation::Sync, 1);
  EXPECT_FALSE(file->sync().has_value());
  EXPECT_FALSE(file->sync().has_value());
  EXPECT_TRUE(must_open(fs, "/a")->sync().has_value());
  fs.set_faults({.read_only_after_failed_sync = true});
  fs.fail_once(DiskOperation::Sync, 1);
  auto second = must_open(fs, "/b");
  EXPECT_FALSE(second->sync().has_value());
  EXPECT_TRUE(second->append(as_bytes("x")).error().is(Errc::PermissionDenied));
  EXPECT_TRUE(fs.remove("/a").error().is(Errc::PermissionDenied));
  EXPECT_TRUE(fs.read_text("/a").has_value());
  fs.crash();
  EXPECT_TRUE(fs.create_directory("/again").has_value());
}

TEST(MemoryFileSystem, ACapacityIsKept) {
  MemoryFileSystem fs(1, {.capacity_bytes = 1000});
  auto file = must_open(fs, "/a");
  EXPECT_EQ(*fs.free_space("/"), 1000U);
  ASSERT_TRUE(file->append(as_bytes(std::string(900, 'x'))).has_value());
  EXPECT_TRUE(file->append(as_bytes(std::string(101, 'x'))).error().is(Errc::NoSpace));
  EXPECT_EQ(*file->size(), 900U);
  EXPECT_TRUE(file->write_at(900, as_bytes(std::string(101, 'y'))).error().is(Errc::NoSpace));
  EXPECT_EQ(*file->size(), 1000U);  // a positional write leaves what fitted
  EXPECT_TRUE(file->write_at(0, as_bytes("overwriting needs no room")).has_value());
  EXPECT_TRUE(file->truncate(2000).error().is(Errc::NoSpace));
  EXPECT_TRUE(file->reserve(2000).error().is(Errc::NoSpace));
  file.reset();
  ASSERT_TRUE(fs.remove("/a").has_value());
  EXPECT_EQ(*fs.free_space("/"), 1000U);
  auto huge = must_open(fs, "/b");
  EXPECT_TRUE(huge->write_at(~std::uint64_t{0} - 5, as_bytes("x")).error().is(Errc::NoSpace));
}

TEST(MemoryFileSystem, LostSyncsLoseData) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    MemoryFileSystem fs(seed, {.lost_sync = 1});
    auto file = must_open(fs, "/a");
    ASSERT_TRUE(file->append(as_bytes("data")).has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(fs.sync_directory("/").has_value());
    fs.crash();
    lost += text_of(fs, "/a") == "data" ? 0 : 1;
  }
  EXPECT_GT(lost, 10);
}

TEST(MemoryFileSystem, WritesMayVanishOrGoAstray) {
  MemoryFileSystem fs;
  auto file = must_open(fs, "/a");
  const std::string zeros(64 * 512, '0'), ones(512, '1');
  ASSERT_TRUE(file->append(as_bytes(zeros)).has_value());
  fs.set_faults({.lost_write = 1});
  ASSERT_TRUE(file->write_at(512, as_bytes(ones)).has_value());
  EXPECT_EQ(text_of(fs, "/a"), zeros);
  ASSERT_TRUE(file->append(as_bytes(ones)).has_value());
  EXPECT_EQ(text_of(fs, "/a"), zeros + std::string(512, '\0'));
  ASSERT_TRUE(file->truncate(zeros.size()).has_value());
  fs.set_faults({.misdirected_write = 1});
  ASSERT_TRUE(file->write_at(512, as_bytes(ones)).has_value());
  const std::string now = text_of(fs, "/a");
  EXPECT_EQ(std::count(now.begin(), now.end(), '1'), 512);
  EXPECT_NE(now.substr(512, 512), ones);
}

TEST(MemoryFileSystem, Rots) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.write_atomically("/a", as_bytes(std::string(100, '\0'))).has_value());
  ASSERT_TRUE(fs.flip_bit("/a", 7, 1).has_value());
  EXPECT_EQ(text_of(fs, "/a")[7], '\2');
  fs.crash();
  EXPECT_EQ(text_of(fs, "/a")[7], '\2') << "what is durable rots too";
  ASSERT_TRUE(fs.rot("/a", 1).has_value());
  const std::string now = text_of(fs, "/a");
  int bits = 0;
  for (const char c : now) bits += __builtin_popcount(static_cast<unsigned char>(c));
  EXPECT_TRUE(bits == 0 || bits == 2);
  EXPECT_TRUE(fs.flip_bit("/a", 100, 0).error().is(Errc::OutOfRange));
  EXPECT_TRUE(fs.rot("/none").error().is(Errc::NotFound));
  fs.set_faults({.rot_on_read = 1});
  EXPECT_NE(text_of(fs, "/a"), now);
}

// A model of folders with random changes and syncs: nothing crashes, no room leaks, and what was
// synced with all its folders is there.
TEST(MemoryFileSystem, SurvivesRandomChanges) {
  avila_test::for_each_seed(100, [](std::uint64_t seed) {
    MemoryFileSystem fs(seed, {.write_error = 0.05, .sync_error = 0.05, .directory_error = 0.05});
    std::uint64_t state = seed;
    const auto draw = [&state](std::uint64_t below) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      return (state >> 33) % below;
    };
    const auto path = [&draw] {
      std::string p;
      for (std::uint64_t i = 0, n = 1 + draw(3); i < n; ++i) p += "/" + std::to_string(draw(3));
      return p;
    };
    std::vector<std::unique_ptr<File>> open;
    for (int step = 0; step < 400; ++step) {
      switch (draw(12)) {
        case 0: (void)fs.create_directory(path()); break;
        case 1: (void)fs.rename(path(), path()); break;
        case 2: (void)fs.remove(path()); break;
        case 3: (void)fs.remove_directory(path()); break;
        case 4: (void)fs.sync_directory(draw(3) == 0 ? "/" : path()); break;
        case 5: (void)fs.hard_link(path(), path()); break;
        case 6: (void)fs.remove_all(path()); break;
        case 7:
          if (draw(20) == 0) fs.crash();
          break;
        case 8:
          if (!open.empty()) open.erase(open.begin() + static_cast<int>(draw(open.size())));
          break;
        default: {
          auto file = fs.open(path(), creating());
          if (!file.has_value()) break;
          (void)(*file)->append(as_bytes(std::string(draw(2000), 'x')));
          if (draw(2) == 0) (void)(*file)->sync();
          if (draw(2) == 0) open.push_back(std::move(*file));
        }
      }
    }
    open.clear();
    fs.set_faults({});
    fs.crash();
    ASSERT_TRUE(fs.remove_all("/").has_value());
    EXPECT_EQ(fs.used_bytes(), 0U);
    EXPECT_TRUE(fs.list("/")->empty());
  });
}

TEST(MemoryFileSystem, SameSeedSameDisk) {
  const auto run = [](std::uint64_t seed) {
    MemoryFileSystem fs(seed, {.write_error = 0.1, .lost_write = 0.1, .misdirected_write = 0.1});
    auto file = must_open(fs, "/a");
    for (int i = 0; i < 100; ++i)
      (void)file->append(as_bytes(std::string(300, static_cast<char>('a' + i % 26))));
    fs.sync_everything();
    (void)file->append(as_bytes(std::string(5000, 'z')));
    fs.crash();
    return text_of(fs, "/a");
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

TEST(MemoryFileSystem, CountsOperations) {
  MemoryFileSystem fs;
  auto file = must_open(fs, "/a");                       // 1: the name
  ASSERT_TRUE(file->append(as_bytes("x")).has_value());  // 2
  ASSERT_TRUE(file->sync().has_value());                 // 3
  ASSERT_TRUE(file->truncate(0).has_value());            // 4
  EXPECT_EQ(fs.changes(), 4U);
  std::byte room[1];
  (void)file->read_at(0, room);
  EXPECT_EQ(fs.reads(), 1U);
  EXPECT_EQ(fs.changes(), 4U);
}

TEST(MemoryFileSystem, MayBeUsedByManyThreads) {
  MemoryFileSystem fs;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&fs, t] {
      const std::string mine = "/" + std::to_string(t);
      for (int i = 0; i < 50; ++i) {
        (void)fs.write_atomically(mine, as_bytes(std::to_string(i)));
        (void)fs.list("/");
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(fs.list("/")->size(), 4U);
}

}  // namespace
}  // namespace avila::os

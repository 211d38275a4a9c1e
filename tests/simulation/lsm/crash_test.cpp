// Stores over a simulated disk that loses power at any operation, tears writes, fails, fills up
// and rots. AVILA_SIM_SEEDS sets how many seeds each test runs, AVILA_SEED replays one.
#include <gtest/gtest.h>
#include <avila/lsm/db.hpp>
#include <avila/os/memory_file_system.hpp>

#include <algorithm>
#include <map>
#include <memory>

#include "avila_test/tools.hpp"

namespace avila::lsm {
namespace {

unsigned long long seeds(unsigned long long count) {
  const char* text = std::getenv("AVILA_SIM_SEEDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : count;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
  std::uint64_t below(std::uint64_t n) {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return (z ^ (z >> 31)) % n;
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

class Append final : public MergeOperator {
 public:
  const char* name() const noexcept override { return "append"; }
  bool merge(std::string_view, std::optional<std::string_view> base,
             std::span<const std::string_view> operands, std::string& result) const override {
    result = base.value_or("");
    for (const auto operand : operands) result += operand;
    return true;
  }
};

using Content = std::map<std::string, std::string>;  // family digit + key → value

struct Change {
  enum Kind { Put, Erase, EraseRange, Merge } kind;
  int family;
  std::string key, value;
};
using Changes = std::vector<Change>;

void apply(Content& content, const Changes& changes) {
  for (const Change& c : changes) {
    const std::string prefix(1, static_cast<char>('0' + c.family));
    switch (c.kind) {
      case Change::Put: content[prefix + c.key] = c.value; break;
      case Change::Erase: content.erase(prefix + c.key); break;
      case Change::Merge: content[prefix + c.key] += c.value; break;
      case Change::EraseRange:
        if (c.key < c.value)
          content.erase(content.lower_bound(prefix + c.key), content.lower_bound(prefix + c.value));
        break;
    }
  }
}

/// A store and what it must hold.
class World {
 public:
  World(std::uint64_t seed, const os::FaultOptions& faults, CompactionStyle style)
      : random(seed), fs(seed, faults), style_(style) {}

  Options options() const {
    Options options;
    options.background = Background::Inline;
    options.family.memtable_bytes = 2048;
    options.family.block_bytes = 256;
    options.family.restart_interval = 4;
    options.family.target_file_bytes = 2048;
    options.family.level_base_bytes = 4096;
    options.family.level_multiplier = 3;
    options.family.l0_compaction_files = 3;
    options.family.style = style_;
    options.family.merge_operator = merge_;
    options.block_cache_bytes = 64 << 10;
    return options;
  }
  bool open() {
    auto opened = Db::open(fs, "/data/db", options());
    if (!opened.has_value()) {
      error = opened.error().to_string_verbose();
      return false;
    }
    db = std::move(opened).value();
    families[0] = nullptr;
    families[1] = db->column_family("other");
    return true;
  }
  Result<void> ensure_family() {
    if (families[1] != nullptr) return {};
    if (family_made) return Error(Errc::Corrupted, "the family is gone");
    AVILA_TRY(families[1], db->create_column_family("other", options().family));
    family_made = true;
    return {};
  }
  /// Everything in the store, by forward or backward walks.
  Result<Content> content(bool forward, const Snapshot* snapshot = nullptr) {
    Content out;
    for (int f = 0; f < 2; ++f) {
      if (f == 1 && families[1] == nullptr) continue;
      ReadOptions read;
      read.family = families[f];
      read.snapshot = snapshot;
      auto it = db->iterate(read);
      for (forward ? it->seek_to_first() : it->seek_to_last(); it->valid();
           forward ? it->next() : it->prev())
        out[std::string(1, static_cast<char>('0' + f)) + std::string(it->key())] = it->value();
      AVILA_TRY_VOID(it->status());
    }
    return out;
  }
  Changes draw() {
    Changes changes;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      Change c{Change::Put, static_cast<int>(random.below(2)), key(), {}};
      const std::uint64_t kind = random.below(20);
      if (kind < 12) {
        c.value = std::to_string(++counter) + std::string(random.below(80), 'v');
      } else if (kind < 16) {
        c.kind = Change::Erase;
      } else if (kind < 19) {
        c.kind = Change::Merge;
        c.value = "+" + std::to_string(++counter);
      } else {
        c.kind = Change::EraseRange;
        c.value = key();
      }
      changes.push_back(c);
    }
    return changes;
  }
  std::string key() { return "key" + std::to_string(100 + random.below(60)); }
  Result<void> write(const Changes& changes, bool sync) {
    WriteBatch batch;
    for (const Change& c : changes) {
      ColumnFamily* family = families[c.family];
      switch (c.kind) {
        case Change::Put: batch.put(c.key, c.value, family); break;
        case Change::Erase: batch.erase(c.key, family); break;
        case Change::Merge: batch.merge(c.key, c.value, family); break;
        case Change::EraseRange: batch.erase_range(c.key, c.value, family); break;
      }
    }
    return db->write(batch, {.sync = sync});
  }
  /// The power goes; nothing the dying process does reaches the disk.
  void crash() {
    if (!fs.power_lost()) {
      fs.lose_power_after(1);
      (void)fs.create_directory("/nothing");
    }
    db.reset();
    fs.lose_power_after(0);
    fs.crash();
  }

  bool fine(const Result<void>& result) {
    if (!result.has_value()) error = result.error().to_string_verbose();
    return result.has_value();
  }

  /// What was acknowledged, in order; `durable` of them must survive.
  void acknowledged(const Changes& changes, bool sync) {
    history.push_back(changes);
    if (sync) durable = history.size();
    maybe.clear();
    lsm::apply(now, changes);
  }
  /// A prefix of the history from `durable` on, perhaps with one write that reported a failure.
  bool possible(const Content& found) {
    Content state = base;
    std::size_t i = 0;
    for (; i < durable; ++i) lsm::apply(state, history[i]);
    for (;; ++i) {
      if (state == found) break;
      if (i == history.size()) {
        for (const Changes& changes : maybe) {
          Content with = state;
          lsm::apply(with, changes);
          if (with == found) return settle(found), true;
        }
        tell(state, found);
        return false;
      }
      lsm::apply(state, history[i]);
    }
    return settle(found), true;
  }
  /// How what was found differs from all that was acknowledged.
  void tell(const Content& expected, const Content& found) {
    error = std::to_string(durable) + " of " + std::to_string(history.size()) + " are durable;";
    const auto brief = [](const Content& content, const std::string& key) {
      const auto at = content.find(key);
      return at == content.end() ? std::string("(absent)") : at->second.substr(0, 12);
    };
    for (const Content* side : {&expected, &found})
      for (const auto& [key, value] : *side) {
        const std::string a = brief(expected, key), b = brief(found, key);
        if (a != b && (side == &expected || a == "(absent)"))
          error += " " + key + ": " + a + " found " + b + ";";
      }
  }
  void settle(const Content& found) {
    base = now = found;
    history.clear();
    maybe.clear();
    durable = 0;
  }

  Random random;
  os::MemoryFileSystem fs;
  std::unique_ptr<Db> db;
  ColumnFamily* families[2] = {nullptr, nullptr};
  bool family_made = false;
  Content base, now;
  std::vector<Changes> history, maybe;
  std::size_t durable = 0;
  std::uint64_t counter = 0;
  std::string error;

 private:
  CompactionStyle style_;
  std::shared_ptr<const MergeOperator> merge_ = std::make_shared<Append>();
};

/// One life of the process: up to `steps` random calls; false when the disk failed under it.
bool live(World& world, int steps, bool& acknowledged_any) {
  if (auto made = world.ensure_family(); !made.has_value()) {
    EXPECT_FALSE(made.error().is(Errc::Corrupted)) << made.error().to_string();
    return world.fine(made);
  }
  std::optional<Snapshot> snapshot;
  Content snapshot_content;
  for (int step = 0; step < steps; ++step) {
    const std::uint64_t what = world.random.below(40);
    if (what == 0) {
      if (!world.fine(world.db->flush())) return false;
      world.durable = world.history.size();
    } else if (what == 1) {
      if (!world.fine(world.db->compact_range())) return false;
      world.durable = world.history.size();
    } else if (what == 2) {
      if (!world.fine(world.db->sync())) return false;
      world.durable = world.history.size();
    } else if (what == 3) {
      snapshot.emplace(world.db->snapshot());
      snapshot_content = world.now;
    } else if (what == 4 && snapshot) {
      auto found = world.content(world.random.one_in(2), &*snapshot);
      if (!found.has_value()) return false;
      EXPECT_EQ(found.value(), snapshot_content);
    } else if (what == 5) {
      auto found = world.content(world.random.one_in(2));
      if (!found.has_value()) return false;
      EXPECT_EQ(found.value(), world.now);
    } else if (what < 12) {
      const std::string key = world.key();
      const int family = static_cast<int>(world.random.below(2));
      std::string value;
      ReadOptions read;
      read.family = world.families[family];
      auto found = world.db->get(key, value, read);
      if (!found.has_value()) return false;
      const auto at = world.now.find(std::string(1, static_cast<char>('0' + family)) + key);
      EXPECT_EQ(found.value(), at != world.now.end());
      if (found.value() && at != world.now.end()) {
        EXPECT_EQ(value, at->second);
      }
    } else {
      const Changes changes = world.draw();
      const bool sync = world.random.one_in(4);
      const auto written = world.write(changes, sync);
      if (written.has_value()) {
        world.acknowledged(changes, sync);
        acknowledged_any = true;
      } else {
        world.maybe.push_back(changes);
        return world.fine(written);
      }
    }
    if (::testing::Test::HasFailure()) return false;
  }
  return true;
}

/// False when the power went while the store was opening: then nothing was looked at.
void expect_possible(World& world, const char* when, bool* looked = nullptr) {
  if (looked != nullptr) *looked = false;
  for (const bool forward : {true, false}) {
    auto found = world.content(forward);
    if (!found.has_value() && world.fs.power_lost()) return;  // it went while opening
    ASSERT_TRUE(found.has_value()) << when << ": " << found.error().to_string();
    if (forward) {
      ASSERT_TRUE(world.possible(found.value()))
          << when << ": not a prefix of what was written: " << world.error;
    } else {
      ASSERT_EQ(found.value(), world.now) << when << ": backward differs";
    }
  }
  if (looked != nullptr) *looked = true;
}

void crash_and_reopen(std::uint64_t seed, CompactionStyle style) {
  os::FaultOptions faults;
  faults.reorder = seed % 2 == 0;
  World world(seed, faults, style);
  for (int round = 0; round < 6; ++round) {
    // Some lives lose power early, while the store is opening.
    const bool cut = !world.random.one_in(4);
    if (cut) world.fs.lose_power_after(1 + world.random.below(world.random.one_in(3) ? 30 : 300));
    bool any = false;
    if (world.open()) {
      bool looked = false;
      ASSERT_NO_FATAL_FAILURE(expect_possible(world, "after open", &looked));
      const bool whole = looked && live(world, 150, any);
      ASSERT_TRUE(whole || world.fs.power_lost()) << world.error;
      if (whole && !cut && world.random.one_in(2)) {
        ASSERT_TRUE(world.db->close().has_value());
        world.durable = world.history.size();
      }
    } else {
      ASSERT_TRUE(world.fs.power_lost()) << world.error;
    }
    ASSERT_FALSE(::testing::Test::HasFailure());
    world.crash();
  }
  ASSERT_TRUE(world.open()) << world.error;
  ASSERT_NO_FATAL_FAILURE(expect_possible(world, "at the end"));
  auto verified = world.db->verify();
  ASSERT_TRUE(verified.has_value()) << verified.error().to_string();
}

TEST(LsmSimulation, AcknowledgedWritesSurviveCrashes) {
  avila_test::for_each_seed(seeds(300), [](unsigned long long seed) {
    crash_and_reopen(seed, CompactionStyle::Leveled);
  });
}

TEST(LsmSimulation, AcknowledgedWritesSurviveCrashesWithTieredRuns) {
  avila_test::for_each_seed(seeds(100), [](unsigned long long seed) {
    crash_and_reopen(seed + 1'000'000, CompactionStyle::Tiered);
  });
}

TEST(LsmSimulation, PowerMayFailAtAnyOperation) {
  for (std::uint64_t k = 1;; ++k) {
    SCOPED_TRACE("power fails at operation " + std::to_string(k));
    World world(99, {}, CompactionStyle::Leveled);
    world.fs.lose_power_after(k);
    bool any = false;
    const bool whole = world.open() && live(world, 120, any);
    ASSERT_FALSE(::testing::Test::HasFailure());
    const bool lost = world.fs.power_lost();
    ASSERT_TRUE(whole || lost);
    world.crash();
    ASSERT_TRUE(world.open()) << world.error;
    ASSERT_NO_FATAL_FAILURE(expect_possible(world, "after open"));
    if (!lost) {
      std::printf("power was cut at each of %llu operations\n",
                  static_cast<unsigned long long>(k - 1));
      ASSERT_GT(k, 100U);
      break;
    }
  }
}

TEST(LsmSimulation, FailingDisksRefuseWritesAndLoseNothing) {
  avila_test::for_each_seed(seeds(200), [](unsigned long long seed) {
    World world(seed, {}, CompactionStyle::Leveled);
    ASSERT_TRUE(world.open()) << world.error;
    bool any = false;
    ASSERT_TRUE(live(world, 60, any));
    for (int round = 0; round < 8; ++round) {
      os::FaultOptions faults;
      if (seed % 2 == 0) {
        faults.write_error = 0.1;
        faults.sync_error = 0.1;
        faults.directory_error = 0.05;
      } else {
        faults.capacity_bytes = world.fs.used_bytes() + world.random.below(3000);
      }
      world.fs.set_faults(faults);
      for (int tries = 0; tries < 12; ++tries) {
        (void)live(world, 20, any);
        ASSERT_FALSE(::testing::Test::HasFailure());
        auto found = world.content(tries % 2 == 0);  // reads go on
        ASSERT_TRUE(found.has_value()) << found.error().to_string();
        ASSERT_EQ(found.value(), world.now);
      }
      world.fs.set_faults({});
      if (world.random.one_in(2)) {
        world.crash();
        ASSERT_TRUE(world.open()) << world.error;
        ASSERT_NO_FATAL_FAILURE(expect_possible(world, "after a failing disk and a crash"));
      }
      ASSERT_TRUE(live(world, 30, any)) << world.error;
    }
  });
}

TEST(LsmSimulation, RotIsReportedNeverServed) {
  std::uint64_t reported = 0, harmless = 0;
  avila_test::for_each_seed(seeds(300), [&](unsigned long long seed) {
    World world(seed, {}, CompactionStyle::Leveled);
    ASSERT_TRUE(world.open()) << world.error;
    bool any = false;
    ASSERT_TRUE(live(world, 150, any));
    if (seed % 3 != 0) {
      ASSERT_TRUE(world.db->close().has_value());
      world.durable = world.history.size();
    } else {
      ASSERT_TRUE(world.db->sync().has_value());
      world.durable = world.history.size();
    }
    world.crash();
    auto entries = world.fs.list("/data/db");
    ASSERT_TRUE(entries.has_value());
    std::vector<std::string> names;
    for (const auto& entry : entries.value())
      if (entry.name != "LOCK") names.push_back(entry.name);
    const std::string name = names[world.random.below(names.size())];
    (void)world.fs.rot("/data/db/" + name, 1 + world.random.below(3));
    SCOPED_TRACE("rot in " + name);
    if (!world.open()) {
      ++reported;
      return;
    }
    // The newest records of a log are vouched for by nothing behind them: they may go, but as a
    // prefix, as if they had not been synced.
    const bool log = name.ends_with(".log");
    auto found = world.content(true);
    if (!found.has_value()) {
      ++reported;
      for (const auto& [key, value] : world.now) {
        std::string got;
        ReadOptions read;
        read.family = world.families[key[0] - '0'];
        auto one = world.db->get(key.substr(1), got, read);
        if (one.has_value()) {
          ASSERT_TRUE(one.value()) << key << " is gone";
          ASSERT_EQ(got, value);
        }
      }
      return;
    }
    if (log) world.durable = 0;
    ASSERT_TRUE(world.possible(found.value())) << "wrong data was served";
    ++harmless;
  });
  std::printf("rot: %llu reported, %llu harmless\n", static_cast<unsigned long long>(reported),
              static_cast<unsigned long long>(harmless));
}

}  // namespace
}  // namespace avila::lsm

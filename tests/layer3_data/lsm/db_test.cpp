#include <gtest/gtest.h>
#include <avila/lsm/db.hpp>
#include <avila/os/memory_file_system.hpp>

#include <map>
#include <memory>

#include "avila_test/tools.hpp"
#include "support.hpp"

namespace avila::lsm {
namespace {

using namespace test;

std::string forward(Db& db, const ReadOptions& options = {}) {
  std::string out;
  auto it = db.iterate(options);
  for (it->seek_to_first(); it->valid(); it->next())
    out += std::string(it->key()) + "=" + std::string(it->value()) + " ";
  if (auto status = it->status(); !status.has_value()) out += status.error().to_string();
  return out;
}
std::string backward(Db& db, const ReadOptions& options = {}) {
  std::string out;
  auto it = db.iterate(options);
  for (it->seek_to_last(); it->valid(); it->prev())
    out = std::string(it->key()) + "=" + std::string(it->value()) + " " + out;
  if (auto status = it->status(); !status.has_value()) out += status.error().to_string();
  return out;
}

class Append final : public MergeOperator {
 public:
  const char* name() const noexcept override { return "append"; }
  bool merge(std::string_view, std::optional<std::string_view> base,
             std::span<const std::string_view> operands, std::string& result) const override {
    result = base.value_or("");
    for (const auto operand : operands) {
      if (operand == "!") return false;
      result += operand;
    }
    return true;
  }
};

/// Sums of numbers; counts how many operands it was given.
class Sum final : public MergeOperator {
 public:
  const char* name() const noexcept override { return "sum"; }
  bool merge(std::string_view key, std::optional<std::string_view> base,
             std::span<const std::string_view> operands, std::string& result) const override {
    long long sum = base ? std::stoll(std::string(*base)) : 0;
    for (const auto operand : operands) sum += std::stoll(std::string(operand));
    result = std::to_string(sum);
    (key == "n" ? seen : others) += operands.size();
    return true;
  }
  bool combine(std::string_view key, std::span<const std::string_view> operands,
               std::string& result) const override {
    if (key == "apart") return false;
    long long sum = 0;
    for (const auto operand : operands) sum += std::stoll(std::string(operand));
    result = std::to_string(sum);
    return true;
  }
  mutable std::size_t seen = 0, others = 0;
};

TEST(Db, PutGetEraseSurviveFlushAndReopen) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  ASSERT_OK(db->put("a", "1"));
  ASSERT_OK(db->put("b", "2"));
  ASSERT_OK(db->put("a", "3"));
  ASSERT_OK(db->erase("b"));
  ASSERT_OK(db->put("", "empty key"));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(get(*db, "a"), "3");
    EXPECT_EQ(get(*db, "b"), "(absent)");
    EXPECT_EQ(get(*db, "c"), "(absent)");
    EXPECT_EQ(get(*db, ""), "empty key");
    EXPECT_EQ(forward(*db), "=empty key a=3 ");
    EXPECT_EQ(backward(*db), "=empty key a=3 ");
    if (round == 0) ASSERT_OK(db->flush());
    if (round == 1) {
      ASSERT_OK(db->close());
      db = open(fs);
      ASSERT_NE(db, nullptr);
    }
  }
}

TEST(Db, ReplaysTheLogAfterACrash) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  for (std::uint64_t i = 0; i < 50; ++i) ASSERT_OK(db->put(number(i), "v" + number(i)));
  fs.crash();
  db.reset();
  db = open(fs);
  ASSERT_NE(db, nullptr);
  for (std::uint64_t i = 0; i < 50; ++i) EXPECT_EQ(get(*db, number(i)), "v" + number(i));
}

TEST(Db, ManyKeysThroughAllLevels) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  std::map<std::string, std::string> model;
  std::uint64_t x = 7;
  for (int i = 0; i < 20000; ++i) {
    x = x * 6364136223846793005U + 1442695040888963407U;
    const std::string key = number((x >> 33) % 3000);
    if ((x >> 20) % 5 == 0) {
      ASSERT_OK(db->erase(key, {.sync = false}));
      model.erase(key);
    } else {
      const std::string value = "value-" + std::to_string(i) + std::string((x >> 50) % 60, 'x');
      ASSERT_OK(db->put(key, value, {.sync = false}));
      model[key] = value;
    }
  }
  const Stats stats = db->stats();
  EXPECT_GT(stats.levels[1].files, 0U);
  EXPECT_GT(stats.levels[2].files, 0U);
  EXPECT_GT(stats.flushes, 10U);
  std::string expected;
  for (const auto& [key, value] : model) expected += key + "=" + value + " ";
  EXPECT_EQ(forward(*db), expected);
  EXPECT_EQ(backward(*db), expected);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const auto at = model.find(number(i));
    EXPECT_EQ(get(*db, number(i)), at == model.end() ? "(absent)" : at->second);
  }
  ASSERT_OK(db->compact_range());
  EXPECT_EQ(forward(*db), expected);
  ASSERT_OK(db->verify());
  ASSERT_OK(db->close());
  db = open(fs);
  EXPECT_EQ(forward(*db), expected);
}

TEST(Db, SnapshotsSeeTheirMomentThroughFlushAndCompaction) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  ASSERT_OK(db->put("k", "old"));
  ASSERT_OK(db->put("gone", "x"));
  const Snapshot snapshot = db->snapshot();
  ASSERT_OK(db->put("k", "new"));
  ASSERT_OK(db->erase("gone"));
  ASSERT_OK(db->put("fresh", "y"));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(forward(*db, {.snapshot = &snapshot}), "gone=x k=old ");
    EXPECT_EQ(backward(*db, {.snapshot = &snapshot}), "gone=x k=old ");
    EXPECT_EQ(get(*db, "k", {.snapshot = &snapshot}), "old");
    EXPECT_EQ(get(*db, "fresh", {.snapshot = &snapshot}), "(absent)");
    EXPECT_EQ(forward(*db), "fresh=y k=new ");
    if (round == 0) ASSERT_OK(db->flush());
    if (round == 1) ASSERT_OK(db->compact_range());
  }
}

TEST(Db, RangeErasuresHideWhatIsOlder) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  for (const char* key : {"a", "b", "c", "d", "e"}) ASSERT_OK(db->put(key, key));
  const Snapshot before = db->snapshot();
  ASSERT_OK(db->erase_range("b", "d"));
  ASSERT_OK(db->put("c", "again"));
  for (int round = 0; round < 4; ++round) {
    EXPECT_EQ(forward(*db), "a=a c=again d=d e=e ") << round;
    EXPECT_EQ(backward(*db), "a=a c=again d=d e=e ");
    EXPECT_EQ(get(*db, "b"), "(absent)");
    EXPECT_EQ(get(*db, "c"), "again");
    EXPECT_EQ(forward(*db, {.snapshot = &before}), "a=a b=b c=c d=d e=e ");
    if (round == 0) ASSERT_OK(db->flush());
    if (round == 1) ASSERT_OK(db->compact_range());
    if (round == 2) {
      ASSERT_OK(db->put("z", "z"));
      ASSERT_OK(db->compact_range());
      ASSERT_OK(db->erase("z"));
    }
  }
}

TEST(Db, MergesFoldOperandsEverywhere) {
  os::MemoryFileSystem fs;
  Options options = small_options();
  options.family.merge_operator = std::make_shared<Append>();
  auto db = open(fs, options);
  ASSERT_OK(db->put("k", "1"));
  ASSERT_OK(db->flush());
  ASSERT_OK(db->merge("k", "2"));
  ASSERT_OK(db->flush());
  const Snapshot snapshot = db->snapshot();
  ASSERT_OK(db->merge("k", "3"));
  ASSERT_OK(db->merge("new", "a"));
  ASSERT_OK(db->merge("new", "b"));
  ASSERT_OK(db->put("gone", "x"));
  ASSERT_OK(db->erase("gone"));
  ASSERT_OK(db->merge("gone", "y"));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(get(*db, "k"), "123");
    EXPECT_EQ(get(*db, "k", {.snapshot = &snapshot}), "12");
    EXPECT_EQ(forward(*db), "gone=y k=123 new=ab ");
    EXPECT_EQ(backward(*db), "gone=y k=123 new=ab ");
    if (round == 0) ASSERT_OK(db->flush());
    if (round == 1) ASSERT_OK(db->compact_range());
  }
  ASSERT_OK(db->merge("k", "!"));
  std::string value;
  const auto refused = db->get("k", value);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(Errc::Corrupted));
}

TEST(Db, CombinesOperandsWhoseBaseIsFarBelow) {
  os::MemoryFileSystem fs;
  Options options = small_options();
  options.family.memtable_bytes = 1 << 20;
  options.family.l0_compaction_files = 100;
  const auto sum = std::make_shared<Sum>();
  options.family.merge_operator = sum;
  auto db = open(fs, options);
  ASSERT_OK(db->put("n", "1000"));
  ASSERT_OK(db->put("apart", "1000"));
  ASSERT_OK(db->flush());
  for (int i = 0; i < 50; ++i) {
    ASSERT_OK(db->merge("n", std::to_string(i)));
    ASSERT_OK(db->merge("apart", std::to_string(i)));
  }
  const Snapshot snapshot = db->snapshot();
  for (int i = 0; i < 50; ++i) ASSERT_OK(db->merge("n", "-1"));
  ASSERT_OK(db->flush());  // the put lies in another table: nothing to fold on
  sum->seen = sum->others = 0;
  EXPECT_EQ(get(*db, "n"), std::to_string(1000 + 1225 - 50));
  EXPECT_EQ(sum->seen, 2U) << "one operand before the snapshot and one behind it";
  EXPECT_EQ(get(*db, "n", {.snapshot = &snapshot}), std::to_string(1000 + 1225));
  EXPECT_EQ(get(*db, "apart"), std::to_string(1000 + 1225));
  EXPECT_EQ(sum->others, 50U);
  ASSERT_OK(db->compact_range());
  EXPECT_EQ(forward(*db), "apart=2225 n=2175 ");
}

TEST(Db, ColumnFamiliesShareAtomicBatches) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  auto created = db->create_column_family("index");
  ASSERT_OK(created);
  ColumnFamily* index = created.value();
  WriteBatch batch;
  batch.put("doc", "text");
  batch.put("word", "doc", index);
  ASSERT_OK(db->write(batch));
  EXPECT_EQ(get(*db, "word"), "(absent)");
  EXPECT_EQ(get(*db, "word", {.family = index}), "doc");
  ASSERT_OK(db->flush());
  ASSERT_OK(db->put("word2", "doc2", {.family = index}));
  fs.crash();
  db.reset();
  db = open(fs);
  ASSERT_NE(db, nullptr);
  index = db->column_family("index");
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(forward(*db, {.family = index}), "word=doc word2=doc2 ");
  EXPECT_EQ(forward(*db), "doc=text ");
  EXPECT_TRUE(db->create_column_family("index").error().is(Errc::AlreadyExists));
  ASSERT_OK(db->drop_column_family(index));
  EXPECT_EQ(db->column_family("index"), nullptr);
  ASSERT_OK(db->close());
  db = open(fs);
  EXPECT_EQ(db->column_family("index"), nullptr);
  EXPECT_EQ(forward(*db), "doc=text ");
}

TEST(Db, EntriesExpire) {
  os::MemoryFileSystem fs;
  os::ManualClock clock;
  Options options = small_options();
  options.clock = &clock;
  auto db = open(fs, options);
  ASSERT_OK(db->put("session", "s", {.ttl = seconds(10)}));
  ASSERT_OK(db->put("stays", "p"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(get(*db, "session"), "s");
    EXPECT_EQ(forward(*db), "session=s stays=p ");
    EXPECT_EQ(backward(*db), "session=s stays=p ");
    ASSERT_OK(db->flush());
  }
  clock.advance(seconds(11));
  EXPECT_EQ(get(*db, "session"), "(absent)");
  EXPECT_EQ(forward(*db), "stays=p ");
  EXPECT_EQ(backward(*db), "stays=p ");
  ASSERT_OK(db->compact_range());
  EXPECT_EQ(forward(*db), "stays=p ");
}

TEST(Db, IteratorsKeepToTheirBounds) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  for (const char* key : {"a", "ab", "abc", "b", "ba", "c"}) ASSERT_OK(db->put(key, "v"));
  EXPECT_EQ(forward(*db, {.lower_bound = "ab", .upper_bound = "ba"}), "ab=v abc=v b=v ");
  EXPECT_EQ(backward(*db, {.lower_bound = "ab", .upper_bound = "ba"}), "ab=v abc=v b=v ");
  EXPECT_EQ(forward(*db, {.prefix = "a"}), "a=v ab=v abc=v ");
  EXPECT_EQ(backward(*db, {.prefix = "b"}), "b=v ba=v ");
  auto it = db->iterate();
  it->seek("abz");
  EXPECT_EQ(it->key(), "b");
  it->prev();
  EXPECT_EQ(it->key(), "abc");
  it->next();
  EXPECT_EQ(it->key(), "b");
  it->seek_for_prev("b");
  EXPECT_EQ(it->key(), "b");
  it->seek_for_prev("azz");
  EXPECT_EQ(it->key(), "abc");
  it->seek("zzz");
  EXPECT_FALSE(it->valid());
}

TEST(Db, CheckpointIsAStoreOfItsOwn) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  ASSERT_OK(db->put("a", "1"));
  ASSERT_OK(db->checkpoint("/copy"));
  ASSERT_OK(db->put("a", "2"));
  auto copy = Db::open(fs, "/copy", small_options());
  ASSERT_OK(copy);
  EXPECT_EQ(get(*copy.value(), "a"), "1");
  ASSERT_OK(copy.value()->put("a", "3"));
  EXPECT_EQ(get(*db, "a"), "2");
  EXPECT_TRUE(db->checkpoint("/copy").error().is(Errc::AlreadyExists));
}

TEST(Db, TheFolderIsLocked) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  const auto second = Db::open(fs, "/db", small_options());
  ASSERT_FALSE(second.has_value());
  EXPECT_TRUE(second.error().is(Errc::Busy)) << second.error().to_string();
}

TEST(Db, ThreadsWriteAndReadOnTheRealDisk) {
  avila_test::TempDir folder;
  Options options;
  options.family.memtable_bytes = 64 << 10;
  auto opened = Db::open(os::real_file_system(), folder / "db", options);
  ASSERT_OK(opened);
  Db& db = *opened.value();
  for (std::uint64_t i = 0; i < 5000; ++i)
    ASSERT_OK(db.put(number(i), std::string(100, 'v') + number(i), {.sync = false}));
  ASSERT_OK(db.wait_for_background());
  for (std::uint64_t i = 0; i < 5000; ++i)
    ASSERT_EQ(get(db, number(i)), std::string(100, 'v') + number(i));
  ASSERT_OK(db.close());
  opened = Db::open(os::real_file_system(), folder / "db", options);
  ASSERT_OK(opened);
  EXPECT_EQ(get(*opened.value(), number(77)), std::string(100, 'v') + number(77));
}

}  // namespace
}  // namespace avila::lsm

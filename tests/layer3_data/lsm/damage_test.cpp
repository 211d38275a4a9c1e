#include <gtest/gtest.h>
#include <avila/lsm/db.hpp>
#include <avila/os/memory_file_system.hpp>

#include "support.hpp"

namespace avila::lsm {
namespace {
using namespace test;

/// A closed store with `count` keys in tables.
void fill(os::FileSystem& fs, std::uint64_t count) {
  auto db = open(fs);
  for (std::uint64_t i = 0; i < count; ++i)
    ASSERT_OK(db->put(number(i), "value " + number(i), {.sync = false}));
  ASSERT_OK(db->close());
}

TEST(Damage, EveryFlippedBitOfATableIsReportedOrHarmless) {
  os::MemoryFileSystem fs;
  fill(fs, 40);
  const std::string table = file_named(fs, ".table");
  const std::uint64_t size = fs.info(table).value().size;
  int reported = 0;
  for (std::uint64_t at = 0; at < size; ++at) {
    ASSERT_OK(fs.flip_bit(table, at, static_cast<unsigned>(at % 8)));
    auto db = Db::open(fs, "/db", small_options());
    bool told = !db.has_value();
    if (db.has_value()) {
      for (std::uint64_t i = 0; i < 40; ++i) {
        std::string value;
        const auto found = db.value()->get(number(i), value);
        if (found.has_value()) {
          ASSERT_TRUE(found.value()) << "byte " << at;
          ASSERT_EQ(value, "value " + number(i)) << "byte " << at;
        } else {
          ASSERT_TRUE(found.error().is(Errc::Corrupted)) << found.error().to_string();
          told = true;
        }
      }
      told = told || !db.value()->verify().has_value();
    } else {
      ASSERT_FALSE(db.error().to_string().empty());
    }
    reported += told ? 1 : 0;
    db = Error(Errc::Closed, "");
    ASSERT_OK(fs.flip_bit(table, at, static_cast<unsigned>(at % 8)));
  }
  EXPECT_GT(reported, static_cast<int>(size) * 9 / 10);
}

TEST(Damage, ALogIsCutAtEveryByteWithoutLosingWhatCameBefore) {
  os::MemoryFileSystem fs;
  Options options = small_options();
  options.flush_on_close = false;
  auto db = open(fs, options);
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_OK(db->put(number(i), "v", {.sync = false}));
  ASSERT_OK(db->close());
  const std::string log = file_named(fs, ".log");
  const std::string whole = fs.read_text(log).value();
  const auto entries = fs.list("/db");
  std::uint64_t before = 0;
  for (std::size_t cut = 40; cut <= whole.size(); ++cut) {
    os::MemoryFileSystem copy;
    ASSERT_OK(copy.create_directories("/db"));
    for (const auto& entry : entries.value())
      ASSERT_OK(copy.write_atomically("/db/" + entry.name,
                                      as_bytes(fs.read_text("/db/" + entry.name).value())));
    ASSERT_OK(copy.write_atomically(log, as_bytes(std::string_view(whole).substr(0, cut))));
    db = open(copy, options);
    ASSERT_NE(db, nullptr);
    std::uint64_t count = 0;
    while (count < 10 && get(*db, number(count)) == "v") ++count;
    ASSERT_GE(count, before) << "cut at " << cut;
    for (std::uint64_t i = count; i < 10; ++i) ASSERT_EQ(get(*db, number(i)), "(absent)");
    before = count;
    db.reset();
  }
  EXPECT_EQ(before, 10U);
}

TEST(Damage, RotBeforeASyncedRecordIsReportedAndRepairKeepsTheRest) {
  os::MemoryFileSystem fs;
  Options options = small_options();
  options.flush_on_close = false;
  auto db = open(fs, options);
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_OK(db->put(number(i), "v"));
  ASSERT_OK(db->close());
  db.reset();
  ASSERT_OK(fs.flip_bit(file_named(fs, ".log"), 40 + 30, 1));
  const auto refused = Db::open(fs, "/db", options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(Errc::Corrupted)) << refused.error().to_string();
  EXPECT_NE(refused.error().to_string().find(".log"), std::string::npos);
  const auto report = repair(fs, "/db", options);
  ASSERT_OK(report);
  EXPECT_EQ(report.value().problems.size(), 1U);
  ASSERT_NE(open(fs, options), nullptr);
}

TEST(Damage, RepairWithoutManifestBringsBackTablesAndLog) {
  os::MemoryFileSystem fs;
  Options options = small_options();
  options.flush_on_close = false;
  auto db = open(fs, options);
  ColumnFamily* other = db->create_column_family("other", options.family).value();
  for (std::uint64_t i = 0; i < 500; ++i) ASSERT_OK(db->put(number(i), "a", {.sync = false}));
  ASSERT_OK(db->put("in other", "b", {.family = other}));
  ASSERT_OK(db->flush());
  ASSERT_OK(db->erase("000007"));
  ASSERT_OK(db->put("late", "c"));
  ASSERT_OK(db->close());
  db.reset();
  ASSERT_OK(fs.remove(file_named(fs, ".manifest")));
  EXPECT_TRUE(Db::open(fs, "/db", options).error().is(Errc::Corrupted));
  const auto report = repair(fs, "/db", options);
  ASSERT_OK(report);
  EXPECT_GT(report.value().tables_read, 0U);
  db = open(fs, options);
  ASSERT_NE(db, nullptr);
  EXPECT_EQ(get(*db, "000006"), "a");
  EXPECT_EQ(get(*db, "000007"), "(absent)");
  EXPECT_EQ(get(*db, "late"), "c");
  other = db->column_family("other");
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(get(*db, "in other", {.family = other}), "b");
}

TEST(Damage, MissingFilesAreNamed) {
  os::MemoryFileSystem fs;
  fill(fs, 40);
  const std::string table = file_named(fs, ".table");
  ASSERT_OK(fs.remove(table));
  const auto db = Db::open(fs, "/db", small_options());
  ASSERT_FALSE(db.has_value());
  EXPECT_TRUE(db.error().is(Errc::Corrupted));
  EXPECT_NE(db.error().to_string().find(table), std::string::npos) << db.error().to_string();
}

TEST(Damage, AFullDiskRefusesWritesAndRecovers) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_OK(db->put(number(i), "v"));
  os::FaultOptions full;
  full.capacity_bytes = fs.used_bytes() + 200;
  fs.set_faults(full);
  Result<void> written;
  for (std::uint64_t i = 100; i < 200 && written.has_value(); ++i)
    written = db->put(number(i), std::string(50, 'x'));
  ASSERT_FALSE(written.has_value());
  EXPECT_TRUE(written.error().is(Errc::NoSpace)) << written.error().to_string();
  EXPECT_EQ(get(*db, number(5)), "v");
  fs.set_faults({});
  ASSERT_OK(db->put("again", "yes"));
  EXPECT_EQ(get(*db, "again"), "yes");
}

TEST(Limits, AreRefusedByName) {
  os::MemoryFileSystem fs;
  auto db = open(fs);
  EXPECT_TRUE(db->put(std::string(65'536, 'k'), "").error().is(Errc::LimitExceeded));
  ASSERT_OK(db->put(std::string(65'535, 'k'), "v"));
  EXPECT_EQ(get(*db, std::string(65'535, 'k')), "v");
  EXPECT_TRUE(db->create_column_family(std::string(256, 'n')).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(WriteBatch::from_bytes("\x01").error().is(Errc::Malformed));
  EXPECT_TRUE(WriteBatch::from_bytes("\x07").error().is(Errc::Malformed));
}

TEST(ReadOnly, SeesTheLogAndWritesNothing) {
  os::MemoryFileSystem fs;
  Options options = small_options();
  options.flush_on_close = false;
  auto db = open(fs, options);
  ASSERT_OK(db->put("k", "v"));
  ASSERT_OK(db->close());
  options.read_only = true;
  const std::uint64_t changes = fs.changes();
  db = open(fs, options);
  ASSERT_NE(db, nullptr);
  EXPECT_EQ(get(*db, "k"), "v");
  EXPECT_TRUE(db->put("k", "w").error().is(Errc::PermissionDenied));
  ASSERT_OK(db->close());
  EXPECT_EQ(fs.changes(), changes);
}

}  // namespace
}  // namespace avila::lsm

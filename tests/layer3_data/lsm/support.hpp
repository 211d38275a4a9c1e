// Shared by the tests of lsm.
#pragma once
#include <gtest/gtest.h>
#include <avila/lsm/db.hpp>
#include <avila/os/memory_file_system.hpp>
#include <memory>

#define ASSERT_OK(expression)                                                    \
  do {                                                                           \
    auto&& ok_result = (expression);                                             \
    ASSERT_TRUE(ok_result.has_value()) << ok_result.error().to_string_verbose(); \
  } while (false)

namespace avila::lsm::test {

inline Options small_options() {
  Options options;
  options.background = Background::Inline;
  options.family.memtable_bytes = 8192;
  options.family.block_bytes = 512;
  options.family.target_file_bytes = 16384;
  options.family.level_base_bytes = 16384;
  options.family.level_multiplier = 4;
  options.block_cache_bytes = 1 << 20;
  return options;
}
inline std::unique_ptr<Db> open(os::FileSystem& fs, const Options& options = small_options()) {
  auto db = Db::open(fs, "/db", options);
  EXPECT_TRUE(db.has_value()) << (db.has_value() ? "" : db.error().to_string());
  return db.has_value() ? std::move(db).value() : nullptr;
}
inline std::string get(Db& db, std::string_view key, const ReadOptions& options = {}) {
  std::string value;
  auto found = db.get(key, value, options);
  if (!found.has_value()) return "error: " + found.error().to_string();
  return found.value() ? value : "(absent)";
}
inline std::string number(std::uint64_t i) {
  char text[24];
  std::snprintf(text, sizeof text, "%06llu", static_cast<unsigned long long>(i));
  return text;
}
/// The only file of the folder whose name ends so.
inline std::string file_named(os::FileSystem& fs, std::string_view suffix) {
  std::string found;
  const auto entries = fs.list("/db");
  for (const auto& entry : entries.value())
    if (entry.name.ends_with(suffix)) found = "/db/" + entry.name;
  return found;
}

}  // namespace avila::lsm::test

// The input is one manifest record behind a good one, with a right checksum.
#include <avila/error/assert.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/lsm/db.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/primitives/endian.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  if (size == 0 || size > 4096) return 0;
  os::MemoryFileSystem fs;
  lsm::Options options;
  options.background = lsm::Background::Inline;
  options.family.memtable_bytes = 16 << 10;
  options.block_cache_bytes = 0;
  {
    auto db = lsm::Db::open(fs, "/db", options);
    AVILA_ASSERT(db.has_value());
    (void)db.value()->put("k", "v");
  }
  const auto entries = fs.list("/db");
  for (const auto& entry : entries.value()) {
    if (!entry.name.ends_with(".manifest")) continue;
    auto file = fs.open("/db/" + entry.name, {.write = true});
    std::string record(24, '\0');
    record.append(reinterpret_cast<const char*>(data), size);
    store_le32(record.data() + 4, static_cast<std::uint32_t>(size));
    store_le32(record.data(), hash::crc32c(as_bytes(std::string_view(record).substr(4))));
    (void)file.value()->append(as_bytes(record));
  }
  auto db = lsm::Db::open(fs, "/db", options);
  if (!db.has_value()) {
    // Damage never stops repair.
    const auto repaired = lsm::repair(fs, "/db", options);
    AVILA_ASSERT(repaired.has_value());
    AVILA_ASSERT(lsm::Db::open(fs, "/db", options).has_value());
    return 0;
  }
  std::string value;
  (void)db.value()->get("k", value);
  const auto it = db.value()->iterate();
  for (it->seek_to_first(); it->valid(); it->next()) {
  }
  return 0;
}

// The input is cut into log records; checksums are made right, so that what is behind them is
// reached. Whatever the records say, the store opens or says why not, and is the same afterwards.
#include <avila/error/assert.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/lsm/db.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/primitives/endian.hpp>

namespace {
using namespace avila;

lsm::Options options() {
  lsm::Options out;
  out.background = lsm::Background::Inline;
  out.family.memtable_bytes = 16 << 10;
  out.flush_on_close = false;
  out.block_cache_bytes = 0;
  return out;
}
std::string walk(lsm::Db& db, bool forward) {
  std::string out;
  const auto it = db.iterate();
  for (forward ? it->seek_to_first() : it->seek_to_last(); it->valid();
       forward ? it->next() : it->prev()) {
    const std::string entry = std::string(it->key()) + "=" + std::string(it->value()) + ";";
    out = forward ? out + entry : entry + out;
  }
  // Merge operands without an operator, say: where a walk stops depends on where it began.
  if (!it->status().has_value()) return "failed";
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  os::MemoryFileSystem fs;
  {
    auto db = lsm::Db::open(fs, "/db", options());
    AVILA_ASSERT(db.has_value());
    (void)db.value()->put("k", "v");
  }
  std::string log;
  const auto entries = fs.list("/db");
  for (const auto& entry : entries.value())
    if (entry.name.ends_with(".log")) log = "/db/" + entry.name;
  auto text = fs.read_text(log).value();
  text.resize(40);
  std::uint64_t sequence = load_le64(text.data() + 24);
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = std::min<std::size_t>(1 + data[at] % 100, size - at);
    std::string record(24, '\0');
    record.append(reinterpret_cast<const char*>(data) + at, length);
    at += length;
    const auto batch = lsm::WriteBatch::from_bytes(std::string_view(record).substr(25));
    if (batch.has_value() && batch.value().count() > 0) record.erase(24, 1);
    store_le32(record.data() + 4, static_cast<std::uint32_t>(record.size() - 24));
    store_le64(record.data() + 8, sequence);
    if (batch.has_value()) sequence += batch.value().count();
    store_le32(record.data(), hash::crc32c(as_bytes(std::string_view(record).substr(4))));
    text += record;
  }
  {
    auto file = fs.open(log, {.write = true, .truncate = true});
    (void)file.value()->append(as_bytes(text));
  }
  auto db = lsm::Db::open(fs, "/db", options());
  if (!db.has_value()) return 0;
  const std::string before = walk(*db.value(), true);
  AVILA_ASSERT(walk(*db.value(), false) == before);
  AVILA_ASSERT(db.value()->close().has_value());
  db = lsm::Db::open(fs, "/db", options());
  AVILA_ASSERT(db.has_value());
  AVILA_ASSERT(walk(*db.value(), true) == before);
  return 0;
}

// A table with right checksums whose blocks are the input: byte 0 chooses where the data block
// ends; the rest is the index.
#include <avila/error/assert.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/lsm/db.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/varint.hpp>

namespace {
using namespace avila;

struct Writer {
  std::string file;
  /// Offset and size, as the footer holds them.
  std::pair<std::uint64_t, std::uint64_t> block(std::string_view bytes, char type) {
    const std::uint64_t offset = file.size();
    file.append(bytes);
    file.push_back(type);
    char crc[4];
    store_le32(crc, hash::crc32c(as_bytes(std::string_view(file).substr(offset))));
    file.append(crc, 4);
    return {offset, bytes.size()};
  }
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || size > 4096) return 0;
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
  std::string table;
  const auto entries = fs.list("/db");
  for (const auto& entry : entries.value())
    if (entry.name.ends_with(".table")) table = "/db/" + entry.name;
  AVILA_ASSERT(!table.empty());

  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t cut = data[0] * input.size() / 255;
  Writer writer;
  const auto block = writer.block(input.substr(0, cut), static_cast<char>(data[1] & 1));
  std::string index;
  if ((data[1] & 2) != 0) {  // a good index, so that the data block is reached
    append_varint(index, 1);
    append_varint(index, 1);
    index += "~";
    append_varint(index, block.first);
    append_varint(index, block.second);
  } else {
    index = input.substr(cut);
  }
  const auto meta = writer.block(input.substr(cut), static_cast<char>(data[1] >> 2 & 1));
  const auto index_block = writer.block(index, 0);
  const std::pair<std::uint64_t, std::uint64_t> none{0, 0};
  std::string footer(80, '\0');
  char* at = footer.data();
  for (const auto& handle :
       {index_block, (data[1] & 8) != 0 ? meta : none, (data[1] & 16) != 0 ? meta : none, none}) {
    store_le64(at, handle.first);
    store_le64(at + 8, handle.second);
    at += 16;
  }
  store_le32(at, 1);
  store_le32(at + 4, hash::crc32c(as_bytes(std::string_view(footer).substr(0, 68))));
  store_le64(at + 8, 0x31424C544D534C41U);
  {
    auto file = fs.open(table, {.write = true, .truncate = true});
    (void)file.value()->append(as_bytes(writer.file + footer));
  }
  auto db = lsm::Db::open(fs, "/db", options);
  if (!db.has_value()) return 0;
  std::string value;
  (void)db.value()->get("k", value);
  const auto it = db.value()->iterate();
  int steps = 0;
  for (it->seek_to_first(); it->valid() && steps < 10'000; it->next()) ++steps;
  for (it->seek_to_last(); it->valid() && steps < 20'000; it->prev()) ++steps;
  it->seek("k");
  (void)it->status();
  (void)db.value()->compact_range();
  return 0;
}

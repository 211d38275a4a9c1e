// Any bytes as an index file. Checksums are made right first, so that what lies behind them is
// reached; whatever loads must serve, change and save without harm.
#include <avila/error/assert.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/hnsw/index.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/primitives/endian.hpp>
#include <cstdint>
#include <vector>

namespace {

using namespace avila;

// The layout is in the README of hnsw.
void reseal(std::vector<std::byte>& file) {
  if (file.size() < 256) return;
  const std::size_t header = load_le32(file.data() + 8) == 1 || file.size() < 512 ? 256 : 512;
  for (std::size_t s = 0; s < (header == 256 ? 7 : 8); ++s) {
    std::byte* const at = file.data() + (s < 7 ? 80 + 24 * s : 256);
    const std::uint64_t offset = load_le64(at), size = load_le64(at + 8);
    if (offset <= file.size() && size <= file.size() - offset)
      store_le32(at + 16, hash::crc32c(ByteSpan(file).subspan(offset, size)));
  }
  store_le64(file.data() + 248, file.size());
  store_le32(file.data() + 12, 0);
  store_le32(file.data() + 12, hash::crc32c(ByteSpan(file).first(header)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan in = std::as_bytes(std::span(data, size));
  std::vector<std::byte> file(in.begin(), in.end());
  reseal(file);
  os::MemoryFileSystem files;
  {
    auto opened = files.open("/index", {.write = true, .create = true});
    if (!file.empty() && !(*opened)->append(file).has_value()) return 0;
  }
  auto index = hnsw::Index::load(files, "/index");
  auto mapped = hnsw::Index::map(files, "/index");
  AVILA_ASSERT(index.has_value() == mapped.has_value());
  if (!index.has_value()) return 0;
  const std::uint32_t dimensions = index->options().dimensions;
  if (dimensions > 4096 || index->options().ef_construction > 2000) return 0;
  const std::vector<float> query(dimensions, 0.5F);
  const auto found = index->search(query, {.k = 5, .ef = 10});
  AVILA_ASSERT(found.has_value());
  AVILA_ASSERT(found->size() <= index->size());
  AVILA_ASSERT(*mapped->search(query, {.k = 5, .ef = 10}) == *found);
  (void)index->insert(1, query);  // the file's limits may refuse it
  (void)index->erase(2);
  index->repair();
  AVILA_ASSERT(index->search(query, {.k = 5, .ef = 10}).has_value());
  AVILA_ASSERT(index->save(files, "/again").has_value());
  AVILA_ASSERT(hnsw::Index::load(files, "/again").has_value());
  return 0;
}

// Any bytes as a file of JSON, NDJSON or GeoJSON to import. Documents are objects, in order, within
// the file; written as NDJSON they are read again as they were.
#include <avila/cli/import.hpp>
#include <avila/error/assert.hpp>
#include <avila/json/value.hpp>
#include <avila/os/memory_file_system.hpp>
#include <cstdint>

namespace {

using namespace avila;

std::unique_ptr<cli::ImportReader> read(os::MemoryFileSystem& files, std::string_view text,
                                        const cli::ImportOptions& options) {
  {
    auto file = files.open("in", {.write = true, .create = true, .truncate = true});
    AVILA_ASSERT(text.empty() || (*file)->append(as_bytes(text)).has_value());
  }
  return cli::open_import(std::move(*files.open("in")), options);
}

void import(std::string_view text, const cli::ImportOptions& options) {
  os::MemoryFileSystem files;
  auto reader = read(files, text, options);
  std::string lines;
  std::uint64_t position = 0, end = 0;
  while (true) {
    auto item = reader->next();
    if (!item.has_value() || !item->has_value()) break;
    const cli::ImportItem& one = **item;
    AVILA_ASSERT(one.position == position++);
    AVILA_ASSERT(one.offset_end >= end && one.offset_end <= text.size());
    end = one.offset_end;
    AVILA_ASSERT(one.json.empty() != one.problem.empty());
    if (!one.json.empty()) lines += one.json + '\n';
  }
  auto again = read(files, lines, {.format = cli::ImportFormat::Ndjson});
  for (std::string_view rest = lines; !rest.empty();) {
    const auto size = rest.find('\n');
    auto item = again->next();
    AVILA_ASSERT(item.has_value() && item->has_value());
    AVILA_ASSERT((*item)->json == rest.substr(0, size));
    rest.remove_prefix(size + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  import(text, {});
  import(text, {.path = "/a/list"});
  import(text, {.format = cli::ImportFormat::Ndjson});
  import(text, {.format = cli::ImportFormat::GeoJson});
  return 0;
}

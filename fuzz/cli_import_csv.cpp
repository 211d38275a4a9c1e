// Any bytes as a CSV file to import: rows become objects or say what is wrong; as text only, no row
// becomes more or less than before.
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

std::uint64_t import(std::string_view text, const cli::ImportOptions& options) {
  os::MemoryFileSystem files;
  auto reader = read(files, text, options);
  std::uint64_t position = 0, end = 0;
  while (true) {
    auto item = reader->next();
    if (!item.has_value() || !item->has_value()) return position;
    const cli::ImportItem& one = **item;
    AVILA_ASSERT(one.position == position++);
    AVILA_ASSERT(one.offset_end >= end && one.offset_end <= text.size());
    end = one.offset_end;
    AVILA_ASSERT(one.json.empty() != one.problem.empty());
    if (one.json.empty()) continue;
    const auto value = json::parse(one.json);
    AVILA_ASSERT(value.has_value() && value->is_object());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rows = import(text, {.format = cli::ImportFormat::Csv});
  AVILA_ASSERT(import(text, {.format = cli::ImportFormat::Csv, .text_only = true}) == rows);
  (void)import(text, {.format = cli::ImportFormat::Csv, .csv_separator = ';'});
  return 0;
}

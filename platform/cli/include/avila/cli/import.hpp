// Documents out of files: JSON (one array, or one value behind another), NDJSON, GeoJSON
// FeatureCollection, CSV. Reads in pieces: the file may be larger than memory.
#pragma once
#include <avila/error/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::os {
class File;
}

namespace avila::cli {

enum class ImportFormat : std::uint8_t { Json, Ndjson, GeoJson, Csv };
/// By --format, else by the file's name (.json .ndjson .jsonl .geojson .csv .tsv).
Result<ImportFormat> import_format(std::string_view name, std::string_view file_name);

constexpr std::size_t kMaxImportDocumentBytes = 16U << 20;  ///< a document, a row of CSV
constexpr std::size_t kMaxImportNesting = 100;              ///< dots in the name of a column

/// One document, or why this one was not readable.
struct ImportItem {
  std::string json;              ///< the document; empty when rejected
  std::string problem;           ///< empty when fine
  std::uint64_t position = 0;    ///< number of the document in the file, from 0
  std::uint64_t offset_end = 0;  ///< bytes of the file that are done behind it
};

class ImportReader {
 public:
  virtual ~ImportReader() = default;
  /// The next document; absent at the end. An error ends the import (the file itself is broken).
  virtual Result<std::optional<ImportItem>> next() = 0;
};

/// GeoJSON: a feature becomes {…properties, "id" (when the feature has one), "geometry", "bbox"}.
/// CSV: the first row names the fields (a.b makes nested objects); numbers, true, false and empty
/// cells become their JSON kinds unless `text_only`.
struct ImportOptions {
  ImportFormat format = ImportFormat::Json;
  std::string path;  ///< Json: JSON Pointer of the array, "/statuses"; empty: the root
  char csv_separator = ',';
  bool text_only = false;
};
std::unique_ptr<ImportReader> open_import(std::unique_ptr<os::File> file, ImportOptions options);

}  // namespace avila::cli

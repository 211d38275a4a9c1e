#include <avila/cli/import.hpp>
#include <avila/json/pointer.hpp>
#include <avila/json/value.hpp>
#include <memory>

#include "byte_source.hpp"
#include "import_csv.hpp"

namespace avila::cli {
namespace {

bool is_space(int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void skip_space(ByteSource& in) {
  while (is_space(in.peek())) in.take();
}

/// UTF-8's byte order mark, as some editors leave it.
void skip_mark(ByteSource& in) {
  if (in.peek() != 0xEF) return;
  for (int i = 0; i < 3; ++i) in.take();
}

/// Takes one JSON value by its brackets and quotes; what is inside is checked by the parser later.
/// `out` null: skipped, whatever its size. False: the value is over the limit (it is taken whole).
Result<bool> take_value(ByteSource& in, std::string* out) {
  const std::uint64_t start = in.offset();
  std::uint64_t size = 0;
  std::size_t depth = 0;
  bool in_string = false;
  const auto keep = [&](int c) {
    if (out != nullptr && ++size <= kMaxImportDocumentBytes) *out += static_cast<char>(c);
  };
  while (true) {
    const int c = in.peek();
    if (c == ByteSource::kEnd) {
      AVILA_TRY_VOID(in.status());
      if (depth > 0 || in_string)
        return Error(Errc::Malformed, "the file ends within the value that begins there",
                     {.offset = start});
      break;
    }
    if (in_string) {
      keep(in.take());
      if (c == '\\') keep(in.take());
      if (c == '"') {
        in_string = false;
        if (depth == 0) break;
      }
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']' || c == '}' || is_space(c))) break;
    keep(in.take());
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) break;
  }
  return size <= kMaxImportDocumentBytes;
}

Error expected(ByteSource& in, std::string_view what) {
  return Error(Errc::Malformed, "expected " + std::string(what), {.offset = in.offset()});
}

/// Goes into the member `name` of the object that begins here.
Result<void> enter_member(ByteSource& in, std::string_view name) {
  skip_space(in);
  if (in.take() != '{')
    return expected(in, "an object with the member '" + std::string(name) + '\'');
  while (true) {
    skip_space(in);
    if (in.peek() == ',') in.take();
    skip_space(in);
    if (in.peek() != '"')
      return Error(Errc::NotFound, "no member '" + std::string(name) + '\'',
                   {.offset = in.offset()});
    std::string key_json;
    AVILA_TRY_VOID(take_value(in, &key_json));
    AVILA_TRY(const json::Value key, json::parse(key_json));
    skip_space(in);
    if (in.take() != ':') return expected(in, "':' behind a key");
    skip_space(in);
    if (key.as_string() == name) return {};
    AVILA_TRY_VOID(take_value(in, nullptr));
  }
}

/// {"id", "properties": {…}, "geometry"} → {…, "id", "geometry"}; RFC 7946 §3.2.
Result<json::Value> flatten_feature(json::Value feature) {
  const json::Value* type = feature.find("type");
  if (type == nullptr || type->get_string() != "Feature")
    return Error(Errc::Malformed, "not a GeoJSON Feature");
  json::Value document = json::Value::make_object();
  if (json::Value* properties = feature.find("properties");
      properties != nullptr && properties->is_object())
    document = std::move(*properties);
  if (json::Value* id = feature.find("id"); id != nullptr && (id->is_string() || id->is_number()))
    document.set(
        "id", id->is_string() ? json::Value(id->as_string()) : json::Value(json::to_string(*id)));
  for (const char* name : {"geometry", "bbox"})
    if (json::Value* part = feature.find(name)) document.set(name, std::move(*part));
  return document;
}

/// Arrays at the root or at a pointer, values one behind another, lines of NDJSON.
class JsonReader final : public ImportReader {
 public:
  JsonReader(std::unique_ptr<os::File> file, const ImportOptions& options)
      : in_(std::move(file)), options_(options) {}

  Result<std::optional<ImportItem>> next() override {
    if (!started_) AVILA_TRY_VOID(start());
    skip_space(in_);
    if (in_array_) {
      if (in_.peek() == ']') return end_of_array();
      if (position_ > 0 && in_.peek() != ByteSource::kEnd) {
        if (in_.peek() != ',') return expected(in_, "',' or ']' behind a document");
        in_.take();
        skip_space(in_);
      }
    }
    if (in_.peek() == ByteSource::kEnd) {
      AVILA_TRY_VOID(in_.status());
      if (in_array_) return expected(in_, "']' at the end of the array");
      return std::optional<ImportItem>();
    }
    const std::uint64_t before = in_.offset();
    ImportItem item;
    item.position = position_++;
    if (options_.format == ImportFormat::Ndjson) {
      take_line(item.json);
    } else {
      AVILA_TRY_VOID(
          take_value(in_, &item.json).context("document " + std::to_string(item.position)));
      if (in_.offset() == before) return expected(in_, "a JSON value");
    }
    item.offset_end = in_.offset();
    check(item);
    return std::optional(std::move(item));
  }

 private:
  /// Nothing may follow; behind an array that a path leads to stands the rest of its object.
  Result<std::optional<ImportItem>> end_of_array() {
    if (options_.path.empty()) {
      in_.take();
      skip_space(in_);
      if (in_.peek() != ByteSource::kEnd) return expected(in_, "nothing behind the array");
      AVILA_TRY_VOID(in_.status());
    }
    return std::optional<ImportItem>();
  }

  Result<void> start() {
    started_ = true;
    skip_mark(in_);
    skip_space(in_);
    if (options_.format == ImportFormat::GeoJson) options_.path = "/features";
    AVILA_TRY(const json::Pointer path, json::Pointer::parse(options_.path).context("path"));
    const bool pointed = !path.empty();
    for (const std::string& name : path.tokens()) AVILA_TRY_VOID(enter_member(in_, name));
    skip_space(in_);
    in_array_ = options_.format != ImportFormat::Ndjson && in_.peek() == '[';
    if (pointed && !in_array_) return expected(in_, "an array");
    if (in_array_) in_.take();
    return {};
  }

  void take_line(std::string& line) {
    std::uint64_t size = 0;
    for (int c = in_.take(); c != '\n' && c != ByteSource::kEnd; c = in_.take())
      if (++size <= kMaxImportDocumentBytes + 1) line += static_cast<char>(c);
  }

  void check(ImportItem& item) const {
    if (item.json.size() >= kMaxImportDocumentBytes) {
      item.json.clear();
      item.problem = "over " + std::to_string(kMaxImportDocumentBytes) + " bytes";
      return;
    }
    auto value = json::parse(item.json);
    if (value.has_value() && options_.format == ImportFormat::GeoJson)
      value = flatten_feature(std::move(*value));
    if (!value.has_value()) {
      item.problem = value.error().to_string();
    } else if (!value->is_object()) {
      item.problem = "not an object";
    } else {
      item.json = json::to_string(*value);
      return;
    }
    item.json.clear();
  }

  ByteSource in_;
  ImportOptions options_;
  bool started_ = false, in_array_ = false;
  std::uint64_t position_ = 0;
};

}  // namespace

Result<ImportFormat> import_format(std::string_view name, std::string_view file_name) {
  if (name.empty()) {
    const auto dot = file_name.rfind('.');
    name = dot == std::string_view::npos ? "" : file_name.substr(dot + 1);
  }
  if (name == "json") return ImportFormat::Json;
  if (name == "ndjson" || name == "jsonl") return ImportFormat::Ndjson;
  if (name == "geojson") return ImportFormat::GeoJson;
  if (name == "csv" || name == "tsv") return ImportFormat::Csv;
  return Error(Errc::InvalidArgument, "cannot tell the format of '" + std::string(file_name) + '\'')
      .with_hint("give --format json, ndjson, geojson or csv");
}

std::unique_ptr<ImportReader> open_import(std::unique_ptr<os::File> file, ImportOptions options) {
  if (options.format == ImportFormat::Csv) return open_csv(std::move(file), options);
  return std::make_unique<JsonReader>(std::move(file), options);
}

}  // namespace avila::cli

// CSV as RFC 4180 has it, with LF line ends and a chosen separator too.
#include "import_csv.hpp"

#include <algorithm>
#include <avila/json/value.hpp>
#include <memory>

#include "byte_source.hpp"

namespace avila::cli {
namespace {

struct CsvCell {
  std::string text;
  bool quoted = false;
};

class CsvReader final : public ImportReader {
 public:
  CsvReader(std::unique_ptr<os::File> file, const ImportOptions& options)
      : in_(std::move(file)), options_(options) {}

  Result<std::optional<ImportItem>> next() override {
    if (names_.empty()) AVILA_TRY_VOID(read_names());
    std::vector<CsvCell> cells;
    do {  // blank lines are no rows
      if (in_.peek() == ByteSource::kEnd) {
        AVILA_TRY_VOID(in_.status());
        return std::optional<ImportItem>();
      }
      AVILA_TRY(cells, read_row());
    } while (cells.size() == 1 && cells[0].text.empty() && !cells[0].quoted && names_.size() > 1);
    ImportItem item;
    item.position = position_++;
    item.offset_end = in_.offset();
    if (cells.size() != names_.size()) {
      item.problem = std::to_string(cells.size()) + " cells, the first row has " +
                     std::to_string(names_.size());
      return std::optional(std::move(item));
    }
    json::Value document = json::Value::make_object();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].text.empty() && !cells[i].quoted) continue;  // an empty cell is an absent field
      if (!place(document, names_[i], to_value(cells[i]))) {
        item.problem = "column '" + names_[i] + "' is within a column that holds a value";
        return std::optional(std::move(item));
      }
    }
    item.json = json::to_string(document);
    return std::optional(std::move(item));
  }

 private:
  Result<void> read_names() {
    if (in_.peek() == 0xEF)
      for (int i = 0; i < 3; ++i) in_.take();
    if (in_.peek() == ByteSource::kEnd) {
      AVILA_TRY_VOID(in_.status());
      return Error(Errc::Malformed, "an empty file; the first row names the columns");
    }
    AVILA_TRY(const std::vector<CsvCell> cells, read_row());
    for (const CsvCell& cell : cells) {
      if (cell.text.empty())
        return Error(Errc::Malformed, "a column without a name in the first row");
      if (std::count(cell.text.begin(), cell.text.end(), '.') >
          static_cast<std::ptrdiff_t>(kMaxImportNesting))
        return Error(Errc::LimitExceeded,
                     "a column's name has more than 100 dots (kMaxImportNesting)");
      if (std::find(names_.begin(), names_.end(), cell.text) != names_.end())
        return Error(Errc::Malformed, "two columns are called '" + cell.text.substr(0, 100) + '\'');
      names_.push_back(cell.text);
    }
    return {};
  }

  Result<std::vector<CsvCell>> read_row() {
    const std::uint64_t start = in_.offset();
    std::vector<CsvCell> cells(1);
    while (true) {
      const int c = in_.take();
      if (in_.offset() - start > kMaxImportDocumentBytes)
        return Error(Errc::LimitExceeded,
                     "a row over " + std::to_string(kMaxImportDocumentBytes) +
                         " bytes; is a quote not closed?",
                     {.offset = start});
      if (c == ByteSource::kEnd || c == '\n') break;
      if (c == '\r' && in_.peek() == '\n') continue;
      if (c == static_cast<unsigned char>(options_.csv_separator)) {
        cells.emplace_back();
      } else if (c == '"' && cells.back().text.empty() && !cells.back().quoted) {
        cells.back().quoted = true;
        AVILA_TRY_VOID(read_quoted(cells.back().text, start));
      } else {
        cells.back().text += static_cast<char>(c);
      }
    }
    return cells;
  }

  Result<void> read_quoted(std::string& text, std::uint64_t start) {
    while (true) {
      const int c = in_.take();
      if (c == ByteSource::kEnd)
        return Error(Errc::Malformed, "the file ends within quotes, in the row that begins there",
                     {.offset = start});
      if (c == '"') {
        if (in_.peek() != '"') return {};
        in_.take();
      }
      text += static_cast<char>(c);
      if (in_.offset() - start > kMaxImportDocumentBytes)
        return Error(Errc::LimitExceeded,
                     "a row over " + std::to_string(kMaxImportDocumentBytes) +
                         " bytes; is a quote not closed?",
                     {.offset = start});
    }
  }

  json::Value to_value(const CsvCell& cell) const {
    if (!cell.quoted && !options_.text_only) {
      if (cell.text == "true" || cell.text == "false") return json::Value(cell.text == "true");
      // What reads as a JSON number is one; 007 and 1e do not, and stay text.
      const char first = cell.text[0];
      if (first == '-' || (first >= '0' && first <= '9')) {
        auto number = json::parse(cell.text);
        if (number.has_value() && number->is_number()) return std::move(*number);
      }
    }
    return json::Value(cell.text);
  }

  static bool place(json::Value& document, std::string_view name, json::Value value) {
    json::Value* at = &document;
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
      json::Value* inner = at->find(name.substr(0, dot));
      if (inner == nullptr) inner = &at->set(name.substr(0, dot), json::Value::make_object());
      if (!inner->is_object()) return false;
      at = inner;
      name.remove_prefix(dot + 1);
    }
    at->set(name, std::move(value));
    return true;
  }

  ByteSource in_;
  ImportOptions options_;
  std::vector<std::string> names_;
  std::uint64_t position_ = 0;
};

}  // namespace

std::unique_ptr<ImportReader> open_csv(std::unique_ptr<os::File> file,
                                       const ImportOptions& options) {
  return std::make_unique<CsvReader>(std::move(file), options);
}

}  // namespace avila::cli

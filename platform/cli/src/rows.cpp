#include <algorithm>
#include <avila/cli/rows.hpp>
#include <avila/cli/terminal.hpp>
#include <avila/json/document.hpp>
#include <unordered_map>

namespace avila::cli {
namespace {

constexpr std::size_t kCellWidthMax = 48;

struct Cell {
  std::string text;
  bool number = false;
};
using Row = std::vector<Cell>;

struct Grid {
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

Cell to_cell(json::Element element, Format format) {
  if (const auto text = element.get_string()) {
    std::string shown(*text);
    // A table keeps one row on one line; CSV quotes.
    if (format == Format::Table)
      for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return {std::move(shown)};
  }
  if (element.is_null() && format == Format::Csv) return {};
  return {json::to_string(element), element.is_number()};
}

Result<Grid> to_grid(std::span<const std::string> documents, Format format) {
  Grid grid;
  std::unordered_map<std::string, std::size_t> known;
  json::Parser parser;
  for (const std::string& document : documents) {
    AVILA_TRY(const json::Element root, parser.parse(document).context("row"));
    Row row(grid.columns.size());
    const auto place = [&](std::string_view key, json::Element value) {
      const auto [found, added] = known.emplace(std::string(key), grid.columns.size());
      if (added) grid.columns.emplace_back(key);
      if (row.size() < grid.columns.size()) row.resize(grid.columns.size());
      row[found->second] = to_cell(value, format);
    };
    if (root.is_object()) {
      for (const auto [key, value] : root.members()) place(key, value);
    } else {
      place("value", root);
    }
    grid.rows.push_back(std::move(row));
  }
  for (Row& row : grid.rows) row.resize(grid.columns.size());
  return grid;
}

/// The first code points of `text` that take at most `width` columns, with … where it was cut.
std::string cut(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) return text;
  std::size_t end = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t next = i + 1;
    while (next < text.size() && (text[next] & 0xC0) == 0x80) ++next;
    if (display_width(std::string_view(text).substr(0, next)) + 1 > width) break;
    end = i = next;
  }
  return text.substr(0, end) + "…";
}

void append_padded(std::string& out, const std::string& text, std::size_t width, bool right) {
  const std::size_t pad = width - std::min(width, display_width(text));
  if (right) out.append(pad, ' ');
  out += text;
  if (!right) out.append(pad, ' ');
}

std::string to_table(const Grid& grid, std::size_t width) {
  const std::size_t columns = grid.columns.size();
  std::vector<std::size_t> widths(columns);
  std::vector<bool> right(columns, !grid.rows.empty());
  for (std::size_t c = 0; c < columns; ++c) {
    widths[c] = std::min(display_width(grid.columns[c]), kCellWidthMax);
    for (const Row& row : grid.rows) {
      widths[c] = std::max(widths[c], std::min(display_width(row[c].text), kCellWidthMax));
      right[c] = right[c] && (row[c].number || row[c].text.empty());
    }
  }
  // Too wide for the terminal: the widest columns give way first.
  const auto total = [&] {
    std::size_t sum = columns == 0 ? 0 : 2 * (columns - 1);
    for (const std::size_t w : widths) sum += w;
    return sum;
  };
  while (width > 0 && total() > width) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= 8) break;
    --*widest;
  }
  std::string out;
  const auto end_line = [&] {
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  };
  for (std::size_t c = 0; c < columns; ++c) {
    if (c > 0) out += "  ";
    append_padded(out, cut(grid.columns[c], widths[c]), widths[c], right[c]);
  }
  end_line();
  for (std::size_t c = 0; c < columns; ++c) {
    if (c > 0) out += "  ";
    for (std::size_t i = 0; i < widths[c]; ++i) out += "─";
  }
  end_line();
  for (const Row& row : grid.rows) {
    for (std::size_t c = 0; c < columns; ++c) {
      if (c > 0) out += "  ";
      append_padded(out, cut(row[c].text, widths[c]), widths[c], right[c]);
    }
    end_line();
  }
  return out;
}

void append_csv(std::string& out, const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  out += '"';
}

std::string to_csv(const Grid& grid) {
  std::string out;
  for (std::size_t c = 0; c < grid.columns.size(); ++c) {
    if (c > 0) out += ',';
    append_csv(out, grid.columns[c]);
  }
  out += '\n';
  for (const Row& row : grid.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) out += ',';
      append_csv(out, row[c].text);
    }
    out += '\n';
  }
  return out;
}

}  // namespace

Result<Format> parse_format(std::string_view text) {
  if (text == "table") return Format::Table;
  if (text == "json") return Format::Json;
  if (text == "csv") return Format::Csv;
  return Error(Errc::InvalidArgument,
               "no format '" + std::string(text) + "'; there are table, json and csv");
}

Result<std::string> format_rows(std::span<const std::string> documents, Format format,
                                std::size_t width) {
  if (format == Format::Json) {
    std::string out = "[";
    for (std::size_t i = 0; i < documents.size(); ++i)
      out += (i == 0 ? "\n" : ",\n") + documents[i];
    return out + (documents.empty() ? "]\n" : "\n]\n");
  }
  AVILA_TRY(const Grid grid, to_grid(documents, format));
  if (grid.columns.empty()) return std::string();
  return format == Format::Csv ? to_csv(grid) : to_table(grid, width);
}

}  // namespace avila::cli

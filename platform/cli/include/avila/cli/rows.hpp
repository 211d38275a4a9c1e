// Documents for people and programs: an aligned table, JSON, or CSV (RFC 4180, but lines end with
// LF, as Unix tools want them).
#pragma once
#include <avila/error/result.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace avila::cli {

enum class Format : std::uint8_t { Table, Json, Csv };
/// "table", "json" or "csv".
Result<Format> parse_format(std::string_view text);

/// `documents` are JSON texts. A row that is no object has the one column "value". Columns appear
/// in the order in which the rows first name them. A table is cut to `width` columns (0: never).
/// Json gives one array, a document a line.
Result<std::string> format_rows(std::span<const std::string> documents, Format format,
                                std::size_t width);

}  // namespace avila::cli

// How state maps onto the keys of the store. All numbers are big-endian.
//
//   C k                                  secret of continuation texts
//   C n                                  the last number given to a database, collection or index
//   C d <name>                           a database (JSON)
//   C c <database:4> <name>              a collection: its specification and state (JSON)
//   C t <collection:4>                   counters (tallies.hpp), a merge operand with each batch
//   D <collection:4> <partition> <id>    a document (JSON with system fields)
//   I <collection:4> <id> <partition>    id look-up of partitioned collections
//   X <collection:4> <index:4> <values> <partition> <id>      an index entry
//   U <collection:4> <index:4> <partition> <values>           a unique value: its primary key
//   T <collection:4> <second:8> <partition> <id>              when a document expires
//   W <collection:4> <vector index:4> <partition> <id>        its label
//   Y <collection:4> <vector index:4> <label:8>               its primary key
//   Z <collection:4> <vector index:4> <label:8>               erased since the last snapshot
//   P <collection:4> <vector index:4>                         labels up to here are in the snapshot
//
// <id>, <values> and the partition's range levels are sql::append_key encodings; a hash level has
// 8 bytes of XXH3 before its value; a geographic level is the geohash as a string. <partition> and
// <id> together are the primary key: `D c` + primary key orders documents.
#pragma once
#include <avila/aviladb/types.hpp>
#include <avila/error/result.hpp>
#include <avila/json/value.hpp>
#include <avila/sql/catalogue.hpp>
#include <avila/sql/datum.hpp>

namespace avila::aviladb {

std::string key32(char kind, std::uint32_t collection);
std::string key32(char kind, std::uint32_t collection, std::uint32_t index);
void append_be64(std::string& to, std::uint64_t value);

/// "/a/b/~1" → {"a", "b", "/"}; "[]" stays as it is. InvalidArgument unless it is a JSON Pointer of
/// at least one step.
Result<std::vector<std::string>> path_steps(std::string_view path, const char* what);

/// The value at the steps, before any "[]".
sql::Datum value_at(const sql::Datum& document, const std::vector<std::string>& steps);

/// A partition key level, its path taken apart.
struct Level {
  PartitionLevel spec;
  std::vector<std::string> steps;
};

/// Appends the encoding of one level's value; InvalidArgument for what cannot be one.
Result<void> append_level(std::string& to, const Level& level, const sql::Datum& value);
/// The partition key of a document, all levels.
Result<std::string> partition_of(const std::vector<Level>& levels, const sql::Datum& document);
/// The partition key given as a JSON array (or one value for one level); a prefix where allowed.
Result<std::string> parse_partition(const std::vector<Level>& levels, std::string_view json,
                                    bool prefix);
/// Length of the partition at the front of a primary key.
Result<std::size_t> partition_length(const std::vector<Level>& levels, std::string_view key);
/// The id that ends a primary key.
Result<std::string> id_of(const std::vector<Level>& levels, std::string_view primary);

/// One index as the writer and the planner see it.
struct IndexKeys {
  std::vector<std::vector<std::string>> steps;  ///< of each field
  std::vector<bool> descending;
};
/// The entries of a document, without what stands before and behind them: one, or one for each
/// distinct element of an array field. LimitExceeded.
Result<std::vector<std::string>> index_entries(const IndexKeys& index, const sql::Datum& document,
                                               std::string_view name);
/// Length of the values at the front of an entry.
Result<std::size_t> values_length(const IndexKeys& index, std::string_view entry);

}  // namespace avila::aviladb

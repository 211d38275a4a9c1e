// What the planner and the executor ask of a store: one table with a primary order, secondary
// indexes in key order, estimates, and cursors.
#pragma once
#include <avila/error/result.hpp>
#include <avila/sql/datum.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace avila::sql {

/// One column of an index. Paths are JSON Pointers; a step "[]" stands for every element of an
/// array ("/tags/[]", "/items/[]/sku").
struct IndexColumn {
  enum class Encoding : std::uint8_t {
    Value,    ///< append_key of the value: equality and ranges
    Opaque,   ///< made by TableSource::encode: equality only
    Geohash,  ///< append_key of the geohash of the point: ST_DISTANCE, ST_GEOHASH
  };
  std::string path;
  bool descending = false;
  Encoding encoding = Encoding::Value;
  std::size_t geohash_length = 0;
};

struct IndexDescription {
  std::string name;
  std::vector<IndexColumn> columns;
  bool primary = false;  ///< its entries are the documents
  bool array = false;    ///< several entries a document may be
};

/// An index of nearest neighbours: `ORDER BY VECTOR_DISTANCE(c.path, @vector, metric) LIMIT n` may
/// use it. Documents without a vector there are not in it.
struct VectorDescription {
  std::string path;    ///< a JSON Pointer
  std::string metric;  ///< "cosine", "l2" or "dot"
  std::size_t dimensions = 0;
};

struct NearestScan {
  std::size_t index = 0;  ///< of TableSource::vectors
  std::vector<float> vector;
  std::size_t count = 0;
  /// Only documents it accepts count; null: all. An error ends the search.
  std::function<Result<bool>(std::string_view document)> accept;
};

/// Encoded keys from begin (inclusive) to end (exclusive; empty: no end), behind the index's own
/// prefix.
struct KeyRange {
  std::string begin, end;
};

struct Scan {
  std::size_t index = 0;
  std::vector<KeyRange> ranges;  ///< in key order, disjoint
  bool reverse = false;          ///< ranges from the last to the first, each backwards
  std::string from_position;     ///< start at this position (inclusive); empty: at the start
  /// Asked now and then while next() passes over entries; its error ends the scan. May be null.
  std::function<Result<void>()> check;
};

class RowCursor {
 public:
  virtual ~RowCursor() = default;
  /// To the first or next row; false at the end.
  virtual Result<bool> next() = 0;
  /// Key of the entry: unique in the scan, what from_position takes.
  virtual std::string_view position() const = 0;
  /// Unique key of the document, in primary order.
  virtual std::string_view primary_key() const = 0;
  /// JSON text; valid until next(). Called once a row.
  virtual Result<std::string_view> document() = 0;
};

class TableSource {
 public:
  virtual ~TableSource() = default;
  /// The first is the primary order.
  virtual std::span<const IndexDescription> indexes() const = 0;
  /// Documents, roughly.
  virtual double rows() const = 0;
  /// Entries in the ranges, roughly; exact when few.
  virtual double estimate(std::size_t index, std::span<const KeyRange> ranges) const = 0;
  /// Appends the encoding of an Opaque column's value; false: it cannot be used.
  virtual bool encode(std::size_t index, std::size_t column, const Datum& value,
                      std::string& to) const {
    (void)index, (void)column, (void)value, (void)to;
    return false;
  }
  virtual Result<std::unique_ptr<RowCursor>> scan(const Scan& scan) = 0;

  virtual std::span<const VectorDescription> vectors() const { return {}; }
  /// Nearly the `count` nearest documents, in any order; their position() is their primary key.
  virtual Result<std::unique_ptr<RowCursor>> nearest(const NearestScan& scan) {
    (void)scan;
    return Error(Errc::Unsupported, "the table has no vector indexes");
  }
};

}  // namespace avila::sql

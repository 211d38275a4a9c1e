// The values AvilaDB's domain API speaks. Every JSON value crosses it as text: documents, partition
// key values, parameters, patches. Names of paths are JSON Pointers ("/address/city").
#pragma once
#include <avila/primitives/duration.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::aviladb {

// ---- limits (errors name the limit and the value) ----
inline constexpr std::size_t kMaxDocumentBytes = 4U << 20;  ///< minified JSON
inline constexpr std::size_t kMaxIdBytes = 1'023;
inline constexpr std::size_t kMaxNesting = 128;
inline constexpr std::size_t kMaxNameBytes = 128;  ///< databases, collections, indexes
inline constexpr std::size_t kMaxPartitionLevels = 3;
inline constexpr std::size_t kMaxPartitionKeyBytes = 2'048;         ///< encoded, all levels
inline constexpr std::size_t kMaxIndexKeyBytes = 4'096;             ///< encoded, one entry
inline constexpr std::size_t kMaxIndexes = 64;                      ///< of one collection
inline constexpr std::size_t kMaxIndexFields = 8;                   ///< of one index
inline constexpr std::size_t kMaxIndexEntriesPerDocument = 10'000;  ///< of one array index
inline constexpr std::size_t kMaxVectorIndexes = 8;
inline constexpr std::size_t kMaxVectorDimensions = 4'096;
inline constexpr std::size_t kMaxBatchOperations = 1'000;
inline constexpr std::size_t kMaxPatchOperations = 1'000;
inline constexpr std::size_t kMaxBatchBytes = 16U << 20;
inline constexpr std::size_t kMaxPageBytes = 16U << 20;   ///< of documents in one answer
inline constexpr std::size_t kMaxVectorResults = 10'000;  ///< k
inline constexpr std::size_t kMaxDatabases = 1'024;
inline constexpr std::size_t kMaxCollections = 4'096;  ///< of one database

// ---- databases and collections ----
struct DatabaseInfo {
  std::string name;
  std::int64_t created_ms = 0;  ///< since 1970, UTC
  std::size_t collections = 0;
};

enum class PartitionStrategy : std::uint8_t {
  Range,  ///< values in order: equality and ranges read only their part
  Hash,   ///< spread evenly; equality reads only its part
  Geo,    ///< a GeoJSON point or {"lat","lon"} by geohash prefix: neighbours lie together
};

struct PartitionLevel {
  std::string path;
  PartitionStrategy strategy = PartitionStrategy::Range;
  std::uint32_t geohash_length = 4;  ///< Geo: 1…12 characters
};

struct IndexField {
  std::string path;
  bool descending = false;
};

struct IndexSpec {
  std::string name;                ///< empty: made of the paths
  std::vector<IndexField> fields;  ///< in order; one field or several
  bool unique = false;             ///< within a partition key value
  bool array = false;              ///< the first field's array elements each get an entry
};

enum class VectorMetric : std::uint8_t { L2, Cosine, Dot };

struct VectorSpec {
  std::string path;
  std::size_t dimensions = 0;
  VectorMetric metric = VectorMetric::Cosine;
  std::uint32_t m = 16;
  std::uint32_t ef_construction = 200;
};

enum class Durability : std::uint8_t {
  Sync,     ///< durable before it is acknowledged
  Relaxed,  ///< in the log, synced by the system soon: a power cut may lose the last writes
};

struct CollectionSpec {
  std::string name;
  std::vector<PartitionLevel> partition_key;  ///< up to three levels; none: one partition
  std::vector<IndexSpec> indexes;
  std::vector<VectorSpec> vectors;
  Durability durability = Durability::Sync;
  /// Seconds after its last write that a document lives; its own "ttl" field wins (-1: forever).
  std::optional<std::int64_t> ttl_seconds;
};

enum class IndexState : std::uint8_t { Building, Ready };

struct IndexInfo {
  IndexSpec spec;
  IndexState state = IndexState::Ready;
  std::uint64_t entries = 0;   ///< as last counted
  std::uint64_t distinct = 0;  ///< estimated values of the first field
};

struct VectorInfo {
  VectorSpec spec;
  std::uint64_t vectors = 0;
};

struct CollectionInfo {
  CollectionSpec spec;
  std::string database;
  std::int64_t created_ms = 0;
  std::uint64_t documents = 0;
  std::uint64_t size_bytes = 0;  ///< of documents, before compression
  std::vector<IndexInfo> indexes;
  std::vector<VectorInfo> vectors;
};

// ---- documents ----
/// A stored document: JSON with id, _etag (the same text as `etag`) and _ts (Unix seconds) in it.
struct Document {
  std::string id;
  std::string etag;  ///< without quotes
  std::string json;
};

/// Preconditions and addressing of one document operation.
struct DocumentOptions {
  /// JSON array of the partition key values, `["t","k"]`; empty: taken from the document on
  /// writes that carry one, else the id is looked up (Conflict when several partitions have it).
  std::string partition_key;
  /// Write only if the document's etag is this ("*": any, but it must exist): PreconditionFailed.
  std::string if_match;
  /// Write only if the etag is not this ("*": only if there is no document): PreconditionFailed.
  std::string if_none_match;
};

struct WriteResult {
  Document document;
  bool created = false;  ///< upsert: it was not there
};

enum class PatchKind : std::uint8_t {
  Merge,       ///< RFC 7396
  Operations,  ///< RFC 6902, with Cosmos's "set" and "incr"; a {"operations":[…]} object also
};

enum class BatchOp : std::uint8_t { Create, Upsert, Replace, Patch, Delete, Read };

struct BatchOperation {
  BatchOp op = BatchOp::Create;
  std::string id;        ///< may stand in the document instead
  std::string document;  ///< Create, Upsert, Replace
  std::string patch;     ///< Patch: an object is a merge patch, an array the operations
  DocumentOptions options;
};

struct BatchItem {
  int status = 0;        ///< 200, 201, 204, 400, 404, 409, 412, 413, 424 (not done, atomic)
  std::string id, etag;  ///< where there is a document
  std::string json;      ///< Read, and the written document
  std::string error;     ///< why it was refused
};

struct BatchResult {
  std::vector<BatchItem> items;
  bool committed = true;  ///< atomic: false when an item was refused and nothing was written
};

struct FilterResult {
  std::uint64_t matched = 0, modified = 0;
};

// ---- queries ----
struct QueryRequest {
  std::string query;
  std::string parameters;     ///< `{"min":2}` or `[{"name":"@min","value":2}]`; empty: none
  std::string partition_key;  ///< JSON array, a prefix is enough; empty: all partitions
  std::size_t max_items = 0;  ///< of this page; 0: as many as kMaxPageBytes holds
  std::string continuation;   ///< of the page before; empty: from the start
  bool explain = false;       ///< plan only, nothing is read
  Duration timeout = Duration::zero();  ///< zero: the service's default
  std::size_t memory_bytes = 0;         ///< for sorting and grouping; 0: the service's default
};

struct QueryStats {
  std::uint64_t documents_read = 0;  ///< fetched and parsed
  std::uint64_t index_entries = 0;   ///< read
  std::uint64_t rows = 0;            ///< answered
  std::uint64_t memory_bytes = 0;    ///< most held for sorting and grouping
  double cost = 0;                   ///< request units: 1 for a 1 KiB point read
  Duration elapsed;
};

struct QueryPage {
  std::vector<std::string> documents;  ///< one JSON text each
  std::string continuation;            ///< empty: this was the last page
  QueryStats stats;
  std::string plan;  ///< JSON; with explain, or always cheap to show
};

struct VectorSearchRequest {
  std::string path;
  std::vector<float> vector;
  std::size_t k = 10;
  std::size_t ef = 0;  ///< 0: max(64, k)
  std::string filter;  ///< an expression over `c` (or the bare field names); empty: all
  std::string parameters;
  std::string partition_key;
  Duration timeout = Duration::zero();
};

struct VectorMatch {
  std::string id;
  double distance = 0;  ///< L2: squared; Cosine: 1 - cos; Dot: -dot
  std::string document;
};

struct VectorSearchResult {
  std::vector<VectorMatch> matches;  ///< nearest first
  QueryStats stats;
};

/// Counters of the whole service, for metrics.
struct ServiceStats {
  std::uint64_t databases = 0, collections = 0;
  std::uint64_t reads = 0, writes = 0, queries = 0, conflicts = 0, expired = 0;
  std::uint64_t disk_bytes = 0;
};

}  // namespace avila::aviladb

// AvilaDB's domain API: databases, collections, documents, queries, vector search. No HTTP here.
//
// Thread-safe and blocking: a write returns when it is durable (unless its collection is relaxed),
// so callers on an async runtime use spawn_blocking; concurrent writers share one sync.
//
// Errors, by Errc: NotFound (database, collection, document, index), AlreadyExists (name, id,
// unique value), PreconditionFailed (etag), Conflict (an id in several partitions), InvalidArgument
// (names, paths, query, parameters), Malformed (JSON), LimitExceeded (names the limit), TimedOut,
// Cancelled, NoSpace (reads go on), Corrupted (never served), Io, Closed.
#pragma once
#include <avila/aviladb/types.hpp>
#include <avila/error/result.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace avila::os {
class Clock;
class Entropy;
class FileSystem;
}  // namespace avila::os

namespace avila::aviladb {

struct ServiceOptions {
  std::string path;                 ///< folder of the data; made when absent
  os::FileSystem* files = nullptr;  ///< null: the machine's
  os::Clock* clock = nullptr;       ///< null: the machine's
  os::Entropy* entropy = nullptr;   ///< null: the machine's
  std::size_t cache_bytes = 64U << 20;
  std::size_t memtable_bytes = 32U << 20;
  std::size_t query_memory_bytes = 256U << 20;  ///< for one query
  Duration query_timeout = avila::seconds(30);
  std::size_t document_bytes_max = kMaxDocumentBytes;
  std::size_t nesting_max = kMaxNesting;  ///< of documents; at most kMaxNesting
  /// Vector indexes are saved when they changed by this many writes, on close, and on flush().
  std::uint64_t vector_snapshot_writes = 50'000;
  /// Background work in threads of the store; false: inside the calls (simulations).
  bool threads = true;
};

class Service {
 public:
  static Result<std::unique_ptr<Service>> open(ServiceOptions options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Saves vector indexes, syncs and closes the store; later calls return Errc::Closed.
  Result<void> close();
  /// Memory to disk, vector indexes included.
  Result<void> flush();

  // ---- databases ----
  Result<DatabaseInfo> create_database(std::string_view name);
  Result<std::vector<DatabaseInfo>> list_databases();  ///< name order
  Result<DatabaseInfo> database(std::string_view name);
  Result<void> drop_database(std::string_view name);  ///< with all that is in it

  // ---- collections and indexes ----
  Result<CollectionInfo> create_collection(std::string_view database, CollectionSpec spec);
  Result<std::vector<CollectionInfo>> list_collections(std::string_view database);
  Result<CollectionInfo> collection(std::string_view database, std::string_view name);
  Result<void> drop_collection(std::string_view database, std::string_view name);
  /// Returns when the index answers queries; writes go on while it is filled.
  Result<IndexInfo> create_index(std::string_view database, std::string_view collection,
                                 IndexSpec spec);
  Result<VectorInfo> create_vector_index(std::string_view database, std::string_view collection,
                                         VectorSpec spec);
  Result<std::vector<IndexInfo>> list_indexes(std::string_view database,
                                              std::string_view collection);
  /// By name; a vector index by its path.
  Result<void> drop_index(std::string_view database, std::string_view collection,
                          std::string_view name);

  // ---- documents ----
  /// AlreadyExists when the id is there in the same partition key value.
  Result<Document> create(std::string_view database, std::string_view collection,
                          std::string_view json, const DocumentOptions& options = {});
  Result<Document> read(std::string_view database, std::string_view collection, std::string_view id,
                        const DocumentOptions& options = {});
  /// The document's partition key values and id cannot change (InvalidArgument).
  Result<Document> replace(std::string_view database, std::string_view collection,
                           std::string_view id, std::string_view json,
                           const DocumentOptions& options = {});
  Result<WriteResult> upsert(std::string_view database, std::string_view collection,
                             std::string_view json, const DocumentOptions& options = {});
  Result<Document> patch(std::string_view database, std::string_view collection,
                         std::string_view id, PatchKind kind, std::string_view patch_json,
                         const DocumentOptions& options = {});
  Result<void> erase(std::string_view database, std::string_view collection, std::string_view id,
                     const DocumentOptions& options = {});
  /// Atomic: all or nothing, at once. Not atomic: each item by itself, one durable write for all.
  Result<BatchResult> batch(std::string_view database, std::string_view collection,
                            const std::vector<BatchOperation>& operations, bool atomic);
  /// `filter`: an expression over `c` or the bare field names; required. Documents change one by
  /// one, in batches: a crash may leave some done. PatchKind by the patch: object merge, array ops.
  Result<FilterResult> patch_where(std::string_view database, std::string_view collection,
                                   std::string_view filter, std::string_view parameters,
                                   std::string_view patch_json);
  Result<FilterResult> erase_where(std::string_view database, std::string_view collection,
                                   std::string_view filter, std::string_view parameters);

  // ---- queries ----
  using Cancelled = std::function<bool()>;  ///< asked now and then; true ends the query
  Result<QueryPage> query(std::string_view database, const QueryRequest& request,
                          const Cancelled& cancelled = {});
  /// One chunk of a stream, row by row; `row` returns false to end it sooner. The page given back
  /// has no documents; its continuation resumes behind the last row taken and is empty at the end.
  using RowSink = std::function<bool(std::string_view json)>;
  Result<QueryPage> stream(std::string_view database, const QueryRequest& request,
                           const RowSink& row, const Cancelled& cancelled = {});
  Result<VectorSearchResult> vector_search(std::string_view database, std::string_view collection,
                                           const VectorSearchRequest& request,
                                           const Cancelled& cancelled = {});

  // ---- upkeep ----
  /// Deletes up to `limit` documents whose time to live has passed (reads hide them at once);
  /// call it every few seconds. The number deleted.
  Result<std::uint64_t> expire(std::size_t limit = 1'000);
  /// Reads everything: every index entry has its document and every document its entries.
  /// Errc::Corrupted says what disagrees; the number of documents checked.
  Result<std::uint64_t> verify(std::string_view database, std::string_view collection);
  ServiceStats stats();

 private:
  struct Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace avila::aviladb

// What all parts of the service share: the engine, the catalogue, locks, clocks.
#pragma once
#include <array>
#include <avila/aviladb/service.hpp>
#include <avila/json/document.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <condition_variable>
#include <memory>
#include <thread>
#include <unordered_set>

#include "schema.hpp"

namespace avila::aviladb {

class Store {
 public:
  static Result<std::unique_ptr<Store>> open(ServiceOptions options);
  ~Store();

  Result<void> close();
  Result<void> flush();
  Result<void> check_open() const;

  // ---- catalogue ----
  Result<DatabaseInfo> create_database(std::string_view name);
  std::vector<DatabaseInfo> list_databases();
  Result<DatabaseInfo> database(std::string_view name);
  Result<void> drop_database(std::string_view name);
  Result<CollectionInfo> create_collection(std::string_view database, CollectionSpec spec);
  Result<std::vector<CollectionInfo>> list_collections(std::string_view database);
  Result<void> drop_collection(std::string_view database, std::string_view name);
  /// NotFound says what is missing and what there is.
  Result<std::shared_ptr<Collection>> find(std::string_view database, std::string_view collection);
  std::vector<std::shared_ptr<Collection>> collections();
  CollectionInfo info(Collection& collection);
  IndexInfo info(const Collection& collection, const Index& index);
  Result<IndexInfo> create_index(Collection& collection, IndexSpec spec);
  Result<VectorInfo> create_vector_index(Collection& collection, VectorSpec spec);
  Result<void> drop_index(Collection& collection, std::string_view name);

  // ---- documents ----
  std::string document_key(const Collection& collection, std::string_view primary) const;
  static std::string tally_key(const Collection& collection);
  /// The primary key of an id; looks the id up where no partition key is given.
  Result<std::string> locate(Collection& collection, std::string_view id,
                             std::string_view partition_key,
                             const lsm::Snapshot* snapshot = nullptr);
  /// The stored text, or false; what has expired is not there.
  Result<bool> get(Collection& collection, std::string_view primary, std::string& json,
                   const lsm::Snapshot* snapshot = nullptr);
  /// When the document's time is over (Unix seconds), or none.
  std::optional<std::int64_t> expiry(const Collection& collection, json::Element document) const;
  std::int64_t now_seconds() { return clock.wall().ns / 1'000'000'000; }
  std::string next_etag();

  // ---- vectors ----
  Result<void> open_vectors(Collection& collection, VectorIndex& index);
  Result<void> save_vectors(Collection& collection, VectorIndex& index);
  std::string vector_path(const Collection& collection, const VectorIndex& index) const;

  std::mutex& stripe(const Collection& collection, std::string_view primary);

  ServiceOptions options;
  os::FileSystem& files;
  os::Clock& clock;
  std::unique_ptr<lsm::Db> db;
  std::array<std::byte, 16> secret{};  ///< of continuation texts
  std::atomic<bool> closed{false};

  // Unique values being written: two writers may not race for one.
  std::mutex reserved_mutex;
  std::unordered_set<std::string> reserved;

  Counter reads, writes, queries, conflicts, expired;

 private:
  Store(ServiceOptions options, os::FileSystem& files, os::Clock& clock);
  Result<void> load();
  Result<void> load_collections(Database& database);
  Result<void> load_counters(Collection& collection);
  Result<void> count(Collection& collection);
  Result<std::uint32_t> next_number();
  Result<void> save_collection(Collection& collection);
  Result<void> backfill(Collection& collection, Index& index);
  Result<void> backfill_vectors(Collection& collection, VectorIndex& index);
  Result<void> drop_data(const Collection& collection, lsm::WriteBatch& batch);
  void drop_index_data(const Collection& collection, const Index& index, lsm::WriteBatch& batch);
  void drop_vector_data(const Collection& collection, const VectorIndex& index,
                        lsm::WriteBatch& batch);
  Error no_database(std::string_view name);

  std::shared_mutex catalogue_;
  std::mutex ddl_;  // one change of the catalogue at a time
  std::map<std::string, Database, std::less<>> databases_;
  std::uint32_t last_number_ = 0;
  std::atomic<std::uint64_t> etag_{0};
  std::string boot_;
  std::array<std::mutex, 1024> stripes_;
};

/// A lower-case hexadecimal text of 16 characters.
std::string hex16(std::uint64_t value);

/// The numbers at the vector index's path: none where the field is not there (or null);
/// InvalidArgument where it is something else, has another size, or is a zero with cosine.
Result<std::optional<std::vector<float>>> vector_of(const VectorIndex& index,
                                                    const sql::Datum& document);

}  // namespace avila::aviladb

// The catalogue in memory.
#pragma once
#include <atomic>
#include <avila/hnsw/index.hpp>
#include <avila/lsm/db.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "keys.hpp"

namespace avila::aviladb {

struct Counter {
  std::atomic<std::int64_t> value{0};
  void add(std::int64_t by) { value.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t get() const {
    const auto now = value.load(std::memory_order_relaxed);
    return now > 0 ? static_cast<std::uint64_t>(now) : 0;
  }
};

struct Index {
  std::uint32_t id = 0;
  IndexSpec spec;
  IndexKeys keys;
  std::atomic<bool> ready{false};  ///< false: written, not yet read
  Counter entries;
};

/// One HNSW graph and what is going on around it.
struct VectorIndex {
  std::uint32_t id = 0;
  VectorSpec spec;
  std::vector<std::string> steps;
  std::atomic<bool> ready{false};
  std::unique_ptr<hnsw::Index> graph;
  std::mutex mutex;  ///< of what follows
  std::uint64_t last_label = 0;
  std::set<std::uint64_t> inserting;     ///< labels given out, not yet in the graph
  std::multiset<std::uint64_t> erasing;  ///< labels being erased
  std::uint64_t changes = 0;             ///< since the last snapshot
  std::mutex saving;
};

struct Collection {
  std::uint32_t id = 0, database_id = 0;
  std::string database;
  CollectionSpec spec;  ///< without indexes and vectors: those are below
  std::int64_t created_ms = 0;
  std::vector<Level> levels;

  /// Writers hold it shared from reading the lists to the end of their commit; whoever changes
  /// them holds it alone, so that no commit misses an index.
  std::shared_mutex schema;
  std::vector<std::shared_ptr<Index>> indexes;        // shared with running queries
  std::vector<std::shared_ptr<VectorIndex>> vectors;  // shared with running searches
  bool dropped = false;

  Counter documents, bytes;

  bool partitioned() const { return !levels.empty(); }
  bool expires() const { return spec.ttl_seconds.has_value(); }
};

struct Database {
  std::uint32_t id = 0;
  std::string name;
  std::int64_t created_ms = 0;
  std::map<std::string, std::shared_ptr<Collection>, std::less<>> collections;
};

/// The catalogue's JSON of a collection (with numbers and states of indexes), and back.
std::string encode_collection(const Collection& collection);
Result<std::shared_ptr<Collection>> decode_collection(std::string_view json);

/// Checks a specification and takes its paths apart.
Result<void> check_name(std::string_view name, const char* what);
Result<std::vector<Level>> check_levels(const std::vector<PartitionLevel>& levels);
Result<std::shared_ptr<Index>> make_index(IndexSpec spec);
Result<std::shared_ptr<VectorIndex>> make_vector_index(VectorSpec spec);

}  // namespace avila::aviladb

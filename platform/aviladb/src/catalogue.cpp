// Databases, collections and indexes: their making and unmaking.
#include <algorithm>
#include <avila/json/value.hpp>
#include <avila/log/log.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/sql/key.hpp>
#include <memory>

#include "store.hpp"
#include "tallies.hpp"

namespace avila::aviladb {

namespace {
constexpr std::size_t kBackfillBatch = 256;  // documents locked at a time

std::string collection_key(const Collection& collection) {
  return "Cc" + key32('#', collection.database_id).substr(1) + collection.spec.name;
}
}  // namespace

Error Store::no_database(std::string_view name) {
  return Error(Errc::NotFound, "there is no database \"" + std::string(name.substr(0, 100)) + "\"",
               {.hint = "create it with POST /v1/databases or `avl db create`"});
}

Result<std::uint32_t> Store::next_number() {
  std::string raw(4, '\0');
  store_be32(raw.data(), last_number_ + 1);
  AVILA_TRY_VOID(db->put("Cn", raw));
  return ++last_number_;
}

Result<void> Store::save_collection(Collection& collection) {
  return db->put(collection_key(collection), encode_collection(collection));
}

Result<DatabaseInfo> Store::create_database(std::string_view name) {
  AVILA_TRY_VOID(check_open());
  AVILA_TRY_VOID(check_name(name, "database"));
  const std::lock_guard ddl(ddl_);
  {
    const std::shared_lock lock(catalogue_);
    if (databases_.contains(name))
      return Error(Errc::AlreadyExists, "the database \"" + std::string(name) + "\" exists");
    if (databases_.size() >= kMaxDatabases)
      return Error(Errc::LimitExceeded, "there are " + std::to_string(databases_.size()) +
                                            " databases; the limit is kMaxDatabases");
  }
  Database database;
  database.name = name;
  AVILA_TRY(database.id, next_number());
  database.created_ms = clock.wall().ns / 1'000'000;
  AVILA_TRY_VOID(db->put("Cd" + database.name,
                         json::to_string(json::Value::make_object(
                             {{"number", database.id}, {"created_ms", database.created_ms}}))));
  const std::unique_lock lock(catalogue_);
  const DatabaseInfo info{database.name, database.created_ms, 0};
  databases_.emplace(database.name, std::move(database));
  return info;
}

std::vector<DatabaseInfo> Store::list_databases() {
  const std::shared_lock lock(catalogue_);
  std::vector<DatabaseInfo> all;
  for (const auto& [name, database] : databases_)
    all.push_back({name, database.created_ms, database.collections.size()});
  return all;
}

Result<DatabaseInfo> Store::database(std::string_view name) {
  const std::shared_lock lock(catalogue_);
  const auto at = databases_.find(name);
  if (at == databases_.end()) return no_database(name);
  return DatabaseInfo{at->second.name, at->second.created_ms, at->second.collections.size()};
}

Result<std::shared_ptr<Collection>> Store::find(std::string_view database,
                                                std::string_view collection) {
  AVILA_TRY_VOID(check_open());
  const std::shared_lock lock(catalogue_);
  const auto at = databases_.find(database);
  if (at == databases_.end()) return no_database(database);
  const auto found = at->second.collections.find(collection);
  if (found == at->second.collections.end())
    return Error(Errc::NotFound,
                 "the database \"" + std::string(database.substr(0, 100)) +
                     "\" has no collection \"" + std::string(collection.substr(0, 100)) + "\"",
                 {.hint = "create it with POST …/collections or `avl db create-collection`"});
  return found->second;
}

std::vector<std::shared_ptr<Collection>> Store::collections() {
  const std::shared_lock lock(catalogue_);
  std::vector<std::shared_ptr<Collection>> all;
  for (const auto& [name, database] : databases_)
    for (const auto& [collection_name, collection] : database.collections)
      all.push_back(collection);
  return all;
}

Result<void> Store::drop_data(const Collection& collection, lsm::WriteBatch& batch) {
  for (const char kind : {'D', 'I', 'X', 'U', 'T', 'W', 'Y', 'Z', 'P'}) {
    const std::string prefix = key32(kind, collection.id);
    batch.erase_range(prefix, sql::key_after_prefix(prefix));
  }
  batch.erase(collection_key(collection));
  batch.erase(tally_key(collection));
  return {};
}

void Store::drop_index_data(const Collection& collection, const Index& index,
                            lsm::WriteBatch& batch) {
  for (const char kind : {'X', 'U'}) {
    const std::string prefix = key32(kind, collection.id, index.id);
    batch.erase_range(prefix, sql::key_after_prefix(prefix));
  }
  batch.merge(tally_key(collection), encode_tallies({{index.id, -index.entries.value.load()}}));
}

void Store::drop_vector_data(const Collection& collection, const VectorIndex& index,
                             lsm::WriteBatch& batch) {
  for (const char kind : {'W', 'Y', 'Z', 'P'}) {
    const std::string prefix = key32(kind, collection.id, index.id);
    batch.erase_range(prefix, sql::key_after_prefix(prefix));
  }
}

Result<void> Store::drop_collection(std::string_view database, std::string_view name) {
  const std::lock_guard ddl(ddl_);
  AVILA_TRY(const auto collection, find(database, name));
  std::vector<std::string> snapshots;
  {
    const std::unique_lock schema(collection->schema);
    lsm::WriteBatch batch;
    AVILA_TRY_VOID(drop_data(*collection, batch));
    AVILA_TRY_VOID(db->write(batch));
    collection->dropped = true;
    for (const auto& index : collection->vectors)
      snapshots.push_back(vector_path(*collection, *index));
  }
  {
    const std::unique_lock lock(catalogue_);
    auto& collections = databases_.find(database)->second.collections;
    collections.erase(collections.find(name));
  }
  for (const std::string& path : snapshots) (void)files.remove(path);  // leftovers are harmless
  return {};
}

Result<void> Store::drop_database(std::string_view name) {
  AVILA_TRY_VOID(check_open());
  std::vector<std::string> collections;
  {
    const std::shared_lock lock(catalogue_);
    const auto at = databases_.find(name);
    if (at == databases_.end()) return no_database(name);
    for (const auto& [collection, ignored] : at->second.collections)
      collections.push_back(collection);
  }
  for (const std::string& collection : collections) {
    auto dropped = drop_collection(name, collection);
    if (!dropped && !dropped.error().is(Errc::NotFound)) return dropped;
  }
  const std::lock_guard ddl(ddl_);
  const std::unique_lock lock(catalogue_);
  const auto at = databases_.find(name);
  if (at == databases_.end()) return no_database(name);
  if (!at->second.collections.empty())
    return Error(Errc::Conflict, "a collection was created while the database was being dropped",
                 {.hint = "drop it again"});
  AVILA_TRY_VOID(db->erase("Cd" + std::string(name)));
  databases_.erase(at);
  return {};
}

Result<CollectionInfo> Store::create_collection(std::string_view database, CollectionSpec spec) {
  AVILA_TRY_VOID(check_open());
  AVILA_TRY_VOID(check_name(spec.name, "collection"));
  auto collection = std::make_shared<Collection>();
  AVILA_TRY(collection->levels, check_levels(spec.partition_key));
  if (spec.indexes.size() > kMaxIndexes || spec.vectors.size() > kMaxVectorIndexes)
    return Error(Errc::LimitExceeded,
                 "a collection has at most 64 indexes (kMaxIndexes) and 8 "
                 "vector indexes (kMaxVectorIndexes)");
  for (IndexSpec& index_spec : spec.indexes) {
    AVILA_TRY(auto index, make_index(std::move(index_spec)));
    for (const auto& other : collection->indexes)
      if (other->spec.name == index->spec.name)
        return Error(Errc::InvalidArgument, "two indexes are called " + index->spec.name);
    index->ready = true;
    collection->indexes.push_back(std::move(index));
  }
  for (VectorSpec& vector_spec : spec.vectors) {
    AVILA_TRY(auto index, make_vector_index(std::move(vector_spec)));
    for (const auto& other : collection->vectors)
      if (other->spec.path == index->spec.path)
        return Error(Errc::InvalidArgument, "two vector indexes are of " + index->spec.path);
    index->ready = true;
    collection->vectors.push_back(std::move(index));
  }
  spec.indexes.clear();
  spec.vectors.clear();
  collection->spec = std::move(spec);
  collection->created_ms = clock.wall().ns / 1'000'000;
  const std::lock_guard ddl(ddl_);
  {
    const std::shared_lock lock(catalogue_);
    const auto at = databases_.find(database);
    if (at == databases_.end()) return no_database(database);
    collection->database_id = at->second.id;
    collection->database = at->second.name;
    if (at->second.collections.contains(collection->spec.name))
      return Error(Errc::AlreadyExists, "the collection \"" + collection->spec.name + "\" exists");
    if (at->second.collections.size() >= kMaxCollections)
      return Error(Errc::LimitExceeded, "the database has " +
                                            std::to_string(at->second.collections.size()) +
                                            " collections; the limit is kMaxCollections");
  }
  AVILA_TRY(collection->id, next_number());
  for (auto& index : collection->indexes) {
    AVILA_TRY(index->id, next_number());
  }
  for (auto& index : collection->vectors) {
    AVILA_TRY(index->id, next_number());
    AVILA_TRY_VOID(open_vectors(*collection, *index));
  }
  AVILA_TRY_VOID(save_collection(*collection));
  CollectionInfo result = info(*collection);
  const std::unique_lock lock(catalogue_);
  databases_.find(database)->second.collections.emplace(collection->spec.name, collection);
  return result;
}

Result<std::vector<CollectionInfo>> Store::list_collections(std::string_view database) {
  std::vector<std::shared_ptr<Collection>> all;
  {
    const std::shared_lock lock(catalogue_);
    const auto at = databases_.find(database);
    if (at == databases_.end()) return no_database(database);
    for (const auto& [name, collection] : at->second.collections) all.push_back(collection);
  }
  std::vector<CollectionInfo> result;
  for (const auto& collection : all) result.push_back(info(*collection));
  return result;
}

CollectionInfo Store::info(Collection& collection) {
  const std::shared_lock schema(collection.schema);
  CollectionInfo result;
  result.spec = collection.spec;
  result.database = collection.database;
  result.created_ms = collection.created_ms;
  result.documents = collection.documents.get();
  result.size_bytes = collection.bytes.get();
  for (const auto& index : collection.indexes) {
    result.spec.indexes.push_back(index->spec);
    result.indexes.push_back(info(collection, *index));
  }
  for (const auto& index : collection.vectors) {
    result.spec.vectors.push_back(index->spec);
    result.vectors.push_back({index->spec, index->graph ? index->graph->size() : 0});
  }
  return result;
}

/// Distinct values of the first field: jumps from one to the next, and stops at a few hundred.
IndexInfo Store::info(const Collection& collection, const Index& index) {
  constexpr std::uint64_t kJumps = 200;
  IndexInfo result;
  result.spec = index.spec;
  result.state = index.ready ? IndexState::Ready : IndexState::Building;
  result.entries = index.entries.get();
  const std::string prefix = key32('X', collection.id, index.id);
  auto it = db->iterate({.prefix = prefix});
  std::uint64_t jumps = 0;
  for (it->seek(prefix); it->valid() && it->key().starts_with(prefix) && jumps < kJumps; ++jumps) {
    const auto length = sql::key_length(it->key().substr(prefix.size()), index.keys.descending[0]);
    if (!length) break;
    const std::string next = sql::key_after_prefix(it->key().substr(0, prefix.size() + *length));
    it->seek(next);
  }
  result.distinct = jumps;
  if (jumps == kJumps) {  // as many a byte further on
    const std::string here(it->valid() ? it->key() : std::string_view(prefix));
    const auto seen = db->approximate_size(prefix, here);
    const auto all = db->approximate_size(prefix, sql::key_after_prefix(prefix));
    if (seen > 0 && all > seen) result.distinct = jumps * (all / seen);
    result.distinct = std::min(std::max(result.distinct, jumps), std::max(result.entries, jumps));
  }
  return result;
}

Result<IndexInfo> Store::create_index(Collection& collection, IndexSpec spec) {
  AVILA_TRY(auto index, make_index(std::move(spec)));
  const std::lock_guard ddl(ddl_);
  AVILA_TRY(index->id, next_number());
  {
    const std::unique_lock schema(collection.schema);
    if (collection.dropped) return Error(Errc::NotFound, "the collection was dropped");
    if (collection.indexes.size() >= kMaxIndexes)
      return Error(Errc::LimitExceeded, "the collection has " +
                                            std::to_string(collection.indexes.size()) +
                                            " indexes; the limit is kMaxIndexes");
    for (const auto& other : collection.indexes)
      if (other->spec.name == index->spec.name)
        return Error(Errc::AlreadyExists, "the index \"" + index->spec.name + "\" exists");
    collection.indexes.push_back(index);
    if (auto saved = save_collection(collection); !saved) {
      collection.indexes.pop_back();
      return std::move(saved).error();
    }
  }
  if (auto filled = backfill(collection, *index); !filled) {
    const std::unique_lock schema(collection.schema);
    std::erase(collection.indexes, index);
    lsm::WriteBatch batch;
    drop_index_data(collection, *index, batch);
    batch.put(collection_key(collection), encode_collection(collection));
    (void)db->write(batch);  // the first error is the one to tell
    return std::move(filled).error();
  }
  return info(collection, *index);
}

/// Writes the entries of all documents, some hundred at a time, each under its lock: writers go on
/// between, and keep the index themselves from the moment it is in the collection's list. What is
/// there already is not counted again.
Result<void> Store::backfill(Collection& collection, Index& index) {
  const std::string prefix = key32('D', collection.id);
  const std::string entry_prefix = key32('X', collection.id, index.id);
  const std::string unique_prefix = key32('U', collection.id, index.id);
  json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
  std::string from = prefix;
  for (;;) {
    std::vector<std::string> primaries;
    {
      auto it = db->iterate({.prefix = prefix, .fill_cache = false});
      for (it->seek(from);
           it->valid() && it->key().starts_with(prefix) && primaries.size() < kBackfillBatch;
           it->next())
        primaries.emplace_back(it->key().substr(prefix.size()));
      AVILA_TRY_VOID(it->status());
    }
    if (primaries.empty()) break;
    from = prefix + primaries.back() + '\0';
    std::vector<std::mutex*> locks;
    for (const std::string& primary : primaries) locks.push_back(&stripe(collection, primary));
    std::sort(locks.begin(), locks.end());
    locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
    std::vector<std::unique_lock<std::mutex>> held;
    for (std::mutex* lock : locks) held.emplace_back(*lock);
    lsm::WriteBatch batch;
    std::map<std::string, std::string> owners;  // within this batch
    std::int64_t added = 0;
    for (const std::string& primary : primaries) {
      std::string text;
      AVILA_TRY(const bool found, db->get(prefix + primary, text));
      if (!found) continue;
      AVILA_TRY(const json::Element root, parser.parse(text).context("stored document"));
      const sql::Datum document = sql::Datum::of(root);
      AVILA_TRY(const auto entries, index_entries(index.keys, document, index.spec.name));
      for (const std::string& entry : entries) {
        const std::string key = entry_prefix + entry + primary;
        AVILA_TRY(const bool there, db->get(key, text));
        if (there) continue;
        batch.put(key, {});
        ++added;
      }
      if (!index.spec.unique) continue;
      std::string nothing;
      for (const bool descending : index.keys.descending)
        sql::append_key(nothing, sql::Datum(), descending);
      if (entries[0] == nothing) continue;
      AVILA_TRY(const std::size_t size, partition_length(collection.levels, primary));
      const std::string key = unique_prefix + primary.substr(0, size) + entries[0];
      std::string owner;
      AVILA_TRY(bool taken, db->get(key, owner));
      if (const auto here = owners.find(key); here != owners.end()) {
        taken = true;
        owner = here->second;
      }
      if (taken && owner != primary)
        return Error(
            Errc::AlreadyExists,
            "the index " + index.spec.name + " cannot be unique: two documents have equal values",
            {.hint = "change one of them, or make the index without unique"});
      owners[key] = primary;
      batch.put(key, primary);
    }
    if (batch.count() == 0) continue;
    batch.merge(tally_key(collection), encode_tallies({{index.id, added}}));
    AVILA_TRY_VOID(db->write(batch, {.sync = false}));
    index.entries.add(added);
  }
  AVILA_TRY_VOID(db->sync());
  const std::unique_lock schema(collection.schema);
  index.ready = true;
  return save_collection(collection);
}

Result<void> Store::drop_index(Collection& collection, std::string_view name) {
  const std::lock_guard ddl(ddl_);
  const std::unique_lock schema(collection.schema);
  lsm::WriteBatch batch;
  for (std::size_t i = 0; i < collection.indexes.size(); ++i) {
    const auto index = collection.indexes[i];
    if (index->spec.name != name) continue;
    collection.indexes.erase(collection.indexes.begin() + static_cast<std::ptrdiff_t>(i));
    drop_index_data(collection, *index, batch);
    batch.put(collection_key(collection), encode_collection(collection));
    auto written = db->write(batch);
    if (!written)
      collection.indexes.insert(collection.indexes.begin() + static_cast<std::ptrdiff_t>(i), index);
    return written;
  }
  for (std::size_t i = 0; i < collection.vectors.size(); ++i) {
    const auto index = collection.vectors[i];
    if (index->spec.path != name) continue;
    collection.vectors.erase(collection.vectors.begin() + static_cast<std::ptrdiff_t>(i));
    drop_vector_data(collection, *index, batch);
    batch.put(collection_key(collection), encode_collection(collection));
    auto written = db->write(batch);
    if (!written)
      collection.vectors.insert(collection.vectors.begin() + static_cast<std::ptrdiff_t>(i), index);
    else
      (void)files.remove(vector_path(collection, *index));  // a leftover is harmless
    return written;
  }
  return Error(Errc::NotFound, "the collection " + collection.spec.name + " has no index \"" +
                                   std::string(name.substr(0, 100)) + "\"");
}

}  // namespace avila::aviladb

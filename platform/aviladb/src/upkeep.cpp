#include "upkeep.hpp"

#include <algorithm>
#include <avila/primitives/endian.hpp>
#include <avila/sql/key.hpp>
#include <memory>

#include "tallies.hpp"
#include "writer.hpp"

namespace avila::aviladb {

Result<std::uint64_t> expire_documents(Store& store, std::size_t limit) {
  AVILA_TRY_VOID(store.check_open());
  std::uint64_t deleted = 0;
  for (const auto& collection : store.collections()) {
    if (!collection->expires()) continue;
    const std::string prefix = key32('T', collection->id);
    std::string end = prefix;
    append_be64(end, static_cast<std::uint64_t>(store.now_seconds() + 1));
    std::vector<std::string> primaries;
    {
      auto it = store.db->iterate({.lower_bound = prefix, .upper_bound = end});
      for (it->seek(prefix); it->valid() && deleted + primaries.size() < limit; it->next())
        primaries.emplace_back(it->key().substr(prefix.size() + 8));
      AVILA_TRY_VOID(it->status());
    }
    if (primaries.empty()) continue;
    Writer writer(store, *collection);
    writer.lock(primaries);
    std::uint64_t gone = 0;
    for (const std::string& primary : primaries) {
      AVILA_TRY(const bool erased, writer.erase_expired(primary));
      if (erased) ++gone;
    }
    auto done = writer.commit();
    if (!done && done.error().is(Errc::NotFound)) continue;  // dropped meanwhile
    AVILA_TRY_VOID(std::move(done));
    deleted += gone;
  }
  store.expired.add(static_cast<std::int64_t>(deleted));
  return deleted;
}

namespace {

Error disagree(const Collection& collection, const std::string& what) {
  return Error(Errc::Corrupted, "collection " + collection.spec.name + ": " + what);
}

class Verification {
 public:
  Verification(Store& store, Collection& collection)
      : store_(store),
        collection_(collection),
        schema_(collection.schema),
        snapshot_(store.db->snapshot()) {}

  Result<std::uint64_t> run() {
    AVILA_TRY(const std::uint64_t documents, check_documents());
    if (collection_.documents.get() != documents)
      return disagree(collection_, "it counts " + std::to_string(collection_.documents.get()) +
                                       " documents and has " + std::to_string(documents));
    if (collection_.bytes.get() != bytes_)
      return disagree(collection_, "it counts " + std::to_string(collection_.bytes.get()) +
                                       " bytes and has " + std::to_string(bytes_));
    AVILA_TRY_VOID(check_tallies());
    for (const auto& index : collection_.indexes) {
      if (!index->ready) continue;
      AVILA_TRY(const std::uint64_t entries, count(key32('X', collection_.id, index->id)));
      if (index->entries.get() != entries)
        return disagree(collection_, "it counts " + std::to_string(index->entries.get()) +
                                         " entries of the index " + index->spec.name +
                                         ", which has " + std::to_string(entries));
      if (entries != expected_[index.get()])
        return disagree(collection_, "the index " + index->spec.name + " has " +
                                         std::to_string(entries) + " entries; the documents need " +
                                         std::to_string(expected_[index.get()]));
      if (!index->spec.unique) continue;
      AVILA_TRY(const std::uint64_t values, count(key32('U', collection_.id, index->id)));
      if (values != unique_[index.get()])
        return disagree(collection_, "the unique index " + index->spec.name +
                                         " holds another number of values than its documents");
    }
    AVILA_TRY(const std::uint64_t ids, count(key32('I', collection_.id)));
    if (ids != (collection_.partitioned() ? documents : 0))
      return disagree(collection_, "the id look-up has " + std::to_string(ids) + " entries");
    AVILA_TRY(const std::uint64_t ends, count(key32('T', collection_.id)));
    if (ends != expiring_) return disagree(collection_, "the expiry list disagrees");
    for (const auto& index : collection_.vectors) {
      if (!index->ready) continue;
      AVILA_TRY(const std::uint64_t labels, count(key32('Y', collection_.id, index->id)));
      AVILA_TRY(const std::uint64_t holders, count(key32('W', collection_.id, index->id)));
      if (labels != vectors_[index.get()] || holders != labels)
        return disagree(collection_, "the vector index " + index->spec.path + " has " +
                                         std::to_string(labels) + " labels for " +
                                         std::to_string(vectors_[index.get()]) + " vectors");
    }
    return documents;
  }

 private:
  Result<std::uint64_t> count(const std::string& prefix) {
    std::uint64_t n = 0;
    auto it = store_.db->iterate({.snapshot = &snapshot_, .prefix = prefix, .fill_cache = false});
    for (it->seek(prefix); it->valid() && it->key().starts_with(prefix); it->next()) ++n;
    AVILA_TRY_VOID(it->status());
    return n;
  }
  /// What is stored is what a restart will believe.
  Result<void> check_tallies() {
    std::string stored;
    AVILA_TRY_VOID(store_.db->get(Store::tally_key(collection_), stored, {.snapshot = &snapshot_}));
    Tallies tallies;
    AVILA_TRY_VOID(add_tallies(tallies, stored));
    bool same = tallies[kTallyDocuments] == collection_.documents.value &&
                tallies[kTallyBytes] == collection_.bytes.value;
    for (const auto& index : collection_.indexes)
      same = same && tallies[index->id] == index->entries.value;
    if (!same) return disagree(collection_, "the counters stored are not those in memory");
    return {};
  }
  Result<void> need(const std::string& key, const char* what, std::string_view primary) {
    std::string value;
    AVILA_TRY(const bool found, store_.db->get(key, value, {.snapshot = &snapshot_}));
    if (found) return {};
    const auto id = id_of(collection_.levels, primary);
    return disagree(collection_,
                    std::string("the document \"") + (id ? *id : "?") + "\" has no " + what);
  }

  Result<std::uint64_t> check_documents() {
    const std::string prefix = key32('D', collection_.id);
    json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
    std::uint64_t documents = 0;
    auto it = store_.db->iterate({.snapshot = &snapshot_, .prefix = prefix, .fill_cache = false});
    for (it->seek(prefix); it->valid() && it->key().starts_with(prefix); it->next(), ++documents) {
      const std::string primary(it->key().substr(prefix.size()));
      bytes_ += it->value().size();
      AVILA_TRY(const json::Element root, parser.parse(it->value()).context("stored document"));
      const sql::Datum document = sql::Datum::of(root);
      AVILA_TRY(const Identity identity, identify(collection_, root, {}));
      if (identity.primary != primary)
        return disagree(collection_, "the document \"" + identity.id + "\" lies under another key");
      AVILA_TRY(const std::size_t size, partition_length(collection_.levels, primary));
      if (collection_.partitioned())
        AVILA_TRY_VOID(
            need(key32('I', collection_.id) + primary.substr(size) + primary.substr(0, size),
                 "id look-up", primary));
      if (store_.expiry(collection_, root)) ++expiring_;
      for (const auto& index : collection_.indexes) {
        if (!index->ready) continue;
        AVILA_TRY(const auto entries, index_entries(index->keys, document, index->spec.name));
        for (const std::string& entry : entries)
          AVILA_TRY_VOID(need(key32('X', collection_.id, index->id) + entry + primary,
                              index->spec.name.c_str(), primary));
        expected_[index.get()] += entries.size();
        if (!index->spec.unique) continue;
        std::string nothing;
        for (const bool descending : index->keys.descending)
          sql::append_key(nothing, sql::Datum(), descending);
        if (entries[0] == nothing) continue;
        ++unique_[index.get()];
        AVILA_TRY_VOID(
            need(key32('U', collection_.id, index->id) + primary.substr(0, size) + entries[0],
                 index->spec.name.c_str(), primary));
      }
      for (const auto& index : collection_.vectors) {
        AVILA_TRY(const auto vector, vector_of(*index, document));
        if (!vector) continue;
        ++vectors_[index.get()];
        std::string label;
        const std::string holder = key32('W', collection_.id, index->id) + primary;
        AVILA_TRY(const bool found, store_.db->get(holder, label, {.snapshot = &snapshot_}));
        if (!found || label.size() != 8)
          return disagree(collection_, "the document \"" + identity.id + "\" has no vector label");
        if (index->ready && !index->graph->contains(load_be64(label.data())))
          return disagree(collection_, "the vector of \"" + identity.id + "\" is not in its graph");
      }
    }
    AVILA_TRY_VOID(it->status());
    return documents;
  }

  Store& store_;
  Collection& collection_;
  // Alone: nothing is written between the snapshot and the counters.
  std::unique_lock<std::shared_mutex> schema_;
  lsm::Snapshot snapshot_;
  std::uint64_t expiring_ = 0, bytes_ = 0;
  std::map<const Index*, std::uint64_t> expected_, unique_;
  std::map<const VectorIndex*, std::uint64_t> vectors_;
};

}  // namespace

Result<std::uint64_t> verify_collection(Store& store,
                                        const std::shared_ptr<Collection>& collection) {
  return Verification(store, *collection).run();
}

ServiceStats stats_of(Store& store) {
  ServiceStats stats;
  const auto collections = store.collections();
  stats.databases = store.list_databases().size();
  stats.collections = collections.size();
  stats.reads = store.reads.get();
  stats.writes = store.writes.get();
  stats.queries = store.queries.get();
  stats.conflicts = store.conflicts.get();
  stats.expired = store.expired.get();
  if (store.closed) return stats;
  for (const auto& level : store.db->stats().levels) stats.disk_bytes += level.bytes;
  return stats;
}

}  // namespace avila::aviladb

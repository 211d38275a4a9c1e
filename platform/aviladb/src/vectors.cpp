// Vector indexes: graphs kept beside the store, saved now and then, mended from it at start.
#include <algorithm>
#include <avila/log/log.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/sql/key.hpp>
#include <cmath>
#include <memory>

#include "writer.hpp"

namespace avila::aviladb {

namespace {
// Labels never come back, not even those of writes that a power cut took away.
constexpr std::uint64_t kLabelGap = std::uint64_t{1} << 32;

hnsw::IndexOptions graph_options(const VectorSpec& spec) {
  hnsw::IndexOptions options;
  options.dimensions = static_cast<std::uint32_t>(spec.dimensions);
  options.metric = spec.metric == VectorMetric::L2    ? hnsw::Metric::L2
                   : spec.metric == VectorMetric::Dot ? hnsw::Metric::Dot
                                                      : hnsw::Metric::Cosine;
  options.m = spec.m;
  options.ef_construction = spec.ef_construction;
  return options;
}
}  // namespace

std::string Store::vector_path(const Collection& collection, const VectorIndex& index) const {
  return os::join(os::join(options.path, "vectors"),
                  std::to_string(collection.id) + "-" + std::to_string(index.id) + ".hnsw");
}

Result<std::optional<std::vector<float>>> vector_of(const VectorIndex& index,
                                                    const sql::Datum& document) {
  const sql::Datum value = value_at(document, index.steps);
  if (value.is_undefined() || value.is_null()) return std::optional<std::vector<float>>();
  const auto bad = [&](const std::string& what) {
    return Error(Errc::InvalidArgument, "the vector at " + index.spec.path + " " + what);
  };
  if (!value.is_array()) return bad("is no array of numbers");
  if (value.size() != index.spec.dimensions)
    return bad("has " + std::to_string(value.size()) + " numbers; its index has " +
               std::to_string(index.spec.dimensions) + " dimensions");
  std::vector<float> vector;
  vector.reserve(value.size());
  bool numbers = true;
  double square = 0;
  value.each([&](const sql::Datum& item) {
    numbers = item.is_number();
    if (!numbers) return false;
    vector.push_back(static_cast<float>(item.as_double()));
    numbers = std::isfinite(vector.back());
    square += static_cast<double>(vector.back()) * static_cast<double>(vector.back());
    return numbers;
  });
  if (!numbers) return bad("holds what is no number of 32-bit range");
  if (index.spec.metric == VectorMetric::Cosine && square == 0)
    return bad("is zero, which has no direction (cosine)");
  return std::optional<std::vector<float>>(std::move(vector));
}

Result<void> Store::open_vectors(Collection& collection, VectorIndex& index) {
  const std::string position_key = key32('P', collection.id, index.id);
  std::string raw;
  AVILA_TRY(const bool has_position, db->get(position_key, raw));
  std::uint64_t position = has_position && raw.size() == 8 ? load_be64(raw.data()) : 0;
  const std::string path = vector_path(collection, index);
  if (position > 0) {
    auto loaded = hnsw::Index::load(files, path);
    if (loaded && loaded->options().dimensions == index.spec.dimensions &&
        loaded->options().metric == graph_options(index.spec).metric) {
      index.graph = std::make_unique<hnsw::Index>(std::move(*loaded));
    } else {
      AVILA_LOG_WARN(
          "a vector index is rebuilt from the documents", {"collection", collection.spec.name},
          {"path", index.spec.path},
          {"reason", loaded ? std::string("another shape") : loaded.error().to_string()});
      position = 0;
    }
  }
  if (index.graph == nullptr) {
    AVILA_TRY(auto made, hnsw::Index::create(graph_options(index.spec)));
    index.graph = std::make_unique<hnsw::Index>(std::move(made));
  }
  // What was erased since the snapshot, then what was added.
  const std::string erased = key32('Z', collection.id, index.id);
  {
    auto it = db->iterate({.prefix = erased});
    for (it->seek(erased); it->valid() && it->key().starts_with(erased); it->next())
      if (it->key().size() == erased.size() + 8)
        (void)index.graph->erase(load_be64(it->key().data() + erased.size()));
    AVILA_TRY_VOID(it->status());
  }
  const std::string live = key32('Y', collection.id, index.id);
  std::string from = live;
  append_be64(from, position + 1);
  std::uint64_t last = position;
  json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
  auto it = db->iterate({.prefix = live});
  for (it->seek(from); it->valid() && it->key().starts_with(live); it->next()) {
    if (it->key().size() != live.size() + 8)
      return Error(Errc::Corrupted, "a vector label is not of 8 bytes");
    const std::uint64_t label = load_be64(it->key().data() + live.size());
    last = std::max(last, label);
    if (index.graph->contains(label)) continue;
    std::string text;
    AVILA_TRY(const bool found, db->get(document_key(collection, it->value()), text));
    if (!found) return Error(Errc::Corrupted, "a vector label has no document");
    AVILA_TRY(const json::Element root, parser.parse(text).context("stored document"));
    AVILA_TRY(const auto vector, vector_of(index, sql::Datum::of(root)));
    if (!vector) return Error(Errc::Corrupted, "a vector label's document has no vector");
    AVILA_TRY_VOID(index.graph->insert(label, *vector));
    ++index.changes;
  }
  AVILA_TRY_VOID(it->status());
  index.last_label = last + kLabelGap;
  return {};
}

Result<void> Store::save_vectors(Collection& collection, VectorIndex& index) {
  const std::lock_guard one_at_a_time(index.saving);
  std::uint64_t position = 0, changes = 0;
  {
    const std::lock_guard lock(index.mutex);
    if (index.changes == 0) return {};
  }
  // Erasures that are in the store and, looked at afterwards, no longer on their way: they are in
  // the graph too.
  std::vector<std::string> settled;
  const std::string erased = key32('Z', collection.id, index.id);
  {
    auto it = db->iterate({.prefix = erased});
    for (it->seek(erased); it->valid() && it->key().starts_with(erased); it->next())
      settled.emplace_back(it->key());
    AVILA_TRY_VOID(it->status());
  }
  {
    const std::lock_guard lock(index.mutex);
    changes = index.changes;
    position = index.inserting.empty() ? index.last_label : *index.inserting.begin() - 1;
    std::erase_if(settled, [&](const std::string& key) {
      return index.erasing.contains(load_be64(key.data() + erased.size()));
    });
  }
  AVILA_TRY_VOID(index.graph->save(files, vector_path(collection, index)).context("vector index"));
  lsm::WriteBatch batch;
  std::string raw;
  append_be64(raw, position);
  batch.put(key32('P', collection.id, index.id), raw);
  for (const std::string& key : settled) batch.erase(key);
  AVILA_TRY_VOID(db->write(batch));
  const std::lock_guard lock(index.mutex);
  index.changes -= changes;
  return {};
}

/// Gives every document that has a vector its label, as a write of it would.
Result<void> Store::backfill_vectors(Collection& collection, VectorIndex& index) {
  const std::string prefix = key32('D', collection.id);
  json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
  std::string from = prefix;
  for (;;) {
    std::string primary;
    {
      auto it = db->iterate({.prefix = prefix, .fill_cache = false});
      it->seek(from);
      AVILA_TRY_VOID(it->status());
      if (!it->valid() || !it->key().starts_with(prefix)) break;
      primary = it->key().substr(prefix.size());
    }
    from = prefix + primary + '\0';
    const std::lock_guard lock(stripe(collection, primary));
    const std::string holder = key32('W', collection.id, index.id) + primary;
    std::string text, raw;
    AVILA_TRY(const bool labelled, db->get(holder, raw));
    AVILA_TRY(const bool found, db->get(prefix + primary, text));
    if (labelled || !found) continue;
    AVILA_TRY(const json::Element root, parser.parse(text).context("stored document"));
    AVILA_TRY(const auto vector, vector_of(index, sql::Datum::of(root)));
    if (!vector) continue;
    std::uint64_t label = 0;
    {
      const std::lock_guard own(index.mutex);
      label = ++index.last_label;
      index.inserting.insert(label);
    }
    std::string label_key = key32('Y', collection.id, index.id), number;
    append_be64(label_key, label);
    append_be64(number, label);
    lsm::WriteBatch batch;
    batch.put(holder, number);
    batch.put(label_key, primary);
    auto written = db->write(batch, {.sync = false});
    if (written) written = index.graph->insert(label, *vector);
    const std::lock_guard own(index.mutex);
    index.inserting.erase(label);
    ++index.changes;
    AVILA_TRY_VOID(std::move(written));
  }
  AVILA_TRY_VOID(db->sync());
  const std::unique_lock schema(collection.schema);
  index.ready = true;
  return save_collection(collection);
}

Result<VectorInfo> Store::create_vector_index(Collection& collection, VectorSpec spec) {
  AVILA_TRY(auto index, make_vector_index(std::move(spec)));
  const std::lock_guard ddl(ddl_);
  AVILA_TRY(index->id, next_number());
  AVILA_TRY_VOID(open_vectors(collection, *index));
  {
    const std::unique_lock schema(collection.schema);
    if (collection.dropped) return Error(Errc::NotFound, "the collection was dropped");
    if (collection.vectors.size() >= kMaxVectorIndexes)
      return Error(Errc::LimitExceeded,
                   "the collection has 8 vector indexes, which is the limit "
                   "(kMaxVectorIndexes)");
    for (const auto& other : collection.vectors)
      if (other->spec.path == index->spec.path)
        return Error(Errc::AlreadyExists, "the vector index " + index->spec.path + " exists");
    collection.vectors.push_back(index);
    if (auto saved = save_collection(collection); !saved) {
      collection.vectors.pop_back();
      return std::move(saved).error();
    }
  }
  if (auto filled = backfill_vectors(collection, *index); !filled) {
    const std::unique_lock schema(collection.schema);
    std::erase(collection.vectors, index);
    (void)save_collection(collection);  // the first error is the one to tell
    lsm::WriteBatch batch;
    drop_vector_data(collection, *index, batch);
    (void)db->write(batch);
    return std::move(filled).error();
  }
  return VectorInfo{index->spec, index->graph->size()};
}

}  // namespace avila::aviladb

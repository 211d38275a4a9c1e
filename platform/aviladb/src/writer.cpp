#include "writer.hpp"

#include <algorithm>
#include <avila/id/uuid.hpp>
#include <avila/json/patch.hpp>
#include <avila/log/log.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/sql/key.hpp>
#include <cmath>

#include "tallies.hpp"

namespace avila::aviladb {

namespace {

json::Parser& new_parser(std::size_t nesting_max) {
  thread_local json::Parser parser;
  thread_local std::size_t made_for = 0;
  if (made_for != nesting_max) {
    parser = json::Parser({.max_depth = nesting_max, .duplicates = json::Duplicates::Refuse});
    made_for = nesting_max;
  }
  return parser;
}
/// Of stored documents: system fields may take a level more than the limit.
json::Parser& old_parser() {
  thread_local json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
  return parser;
}

std::string_view bare_etag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
    etag = etag.substr(1, etag.size() - 2);
  return etag;
}

Result<void> check_id(std::string_view id) {
  if (id.empty()) return Error(Errc::InvalidArgument, "the id of a document may not be empty");
  if (id.size() > kMaxIdBytes)
    return Error(Errc::LimitExceeded, "the id has " + std::to_string(id.size()) +
                                          " bytes; the limit (kMaxIdBytes) is " +
                                          std::to_string(kMaxIdBytes));
  return {};
}

/// An array, or {"operations":[…]}, is a JSON Patch; any other object a merge patch.
Result<void> apply_either(json::Value& document, const json::Value& patch) {
  const json::Value* operations = &patch;
  if (patch.is_object()) {
    operations = patch.size() == 1 ? patch.find("operations") : nullptr;
    if (operations == nullptr || !operations->is_array()) {
      json::merge_patch(document, patch);
      return {};
    }
  } else if (!patch.is_array()) {
    return Error(Errc::InvalidArgument, "a patch is an object (merge) or an array (operations)");
  }
  auto applied = json::apply_patch(document, *operations,
                                   {.extended = true, .max_operations = kMaxPatchOperations});
  if (applied || applied.error().is(Errc::PreconditionFailed) ||
      applied.error().is(Errc::LimitExceeded))
    return std::move(applied).context("patch");
  // What is missing is a place within the document, not the document.
  return Error(Errc::InvalidArgument, "patch: " + applied.error().to_string());
}

Error missing(std::string_view id) {
  return Error(Errc::NotFound,
               "there is no document with the id \"" + std::string(id.substr(0, 200)) + "\"");
}

}  // namespace

Result<json::Element> parse_document(const Store& store, std::string_view json) {
  // Whitespace is dropped before it is stored, so the text may be somewhat larger than the limit.
  if (json.size() > 2 * store.options.document_bytes_max)
    return Error(Errc::LimitExceeded, "the document is " + std::to_string(json.size()) +
                                          " bytes; the limit (kMaxDocumentBytes) is " +
                                          std::to_string(store.options.document_bytes_max));
  auto parsed = new_parser(store.options.nesting_max).parse(json);
  if (!parsed.has_value() && parsed.error().is(Errc::LimitExceeded)) {
    return Error(Errc::LimitExceeded,
                 "the document nests deeper than the limit (aviladb.nesting) of " +
                     std::to_string(store.options.nesting_max),
                 {.offset = parsed.error().offset()});
  }
  AVILA_TRY(const json::Element root, std::move(parsed).context("document"));
  if (!root.is_object()) return Error(Errc::InvalidArgument, "a document must be a JSON object");
  return root;
}

Result<Identity> identify(const Collection& collection, json::Element document,
                          std::string_view partition_key) {
  Identity identity;
  if (const auto id = document.find("id")) {
    const auto text = id->get_string();
    if (!text)
      return Error(Errc::InvalidArgument, "the id of a document must be a text",
                   {.hint = "put quotes around it, or leave it out to have one made"});
    identity.id = *text;
    AVILA_TRY_VOID(check_id(identity.id));
  } else {
    identity.id = id::Uuid::v7().to_string();
  }
  AVILA_TRY(identity.primary, partition_of(collection.levels, sql::Datum::of(document)));
  if (!partition_key.empty()) {
    AVILA_TRY(const std::string given, parse_partition(collection.levels, partition_key, false));
    if (given != identity.primary)
      return Error(Errc::InvalidArgument,
                   "the partition key given differs from that of the document");
  }
  sql::append_key_string(identity.primary, identity.id);
  return identity;
}

Result<std::string> replace_target(Store& store, Collection& collection, std::string_view id,
                                   std::string_view json, std::string_view partition_key) {
  if (!partition_key.empty() || !collection.partitioned())
    return store.locate(collection, id, partition_key);
  AVILA_TRY(const json::Element root, parse_document(store, json));
  AVILA_TRY(std::string primary, partition_of(collection.levels, sql::Datum::of(root)));
  sql::append_key_string(primary, id);
  std::string stored;
  AVILA_TRY(const bool found, store.db->get(store.document_key(collection, primary), stored));
  if (found) return primary;
  auto located = store.locate(collection, id, {});
  // Not stored: the same batch may be about to. A writer says what is missing.
  if (!located && located.error().is(Errc::NotFound)) return primary;
  return located;
}

// What one change adds to the batch, until it is known to be fine.
struct Writer::Step {
  lsm::WriteBatch batch;
  std::vector<std::pair<std::string, std::string>> unique;
  std::vector<std::pair<std::string, std::uint64_t>> labels;
  std::vector<VectorChange> vectors;
  std::vector<std::string> reserved;
  std::vector<std::pair<Index*, std::int64_t>> entries;
};

Writer::Writer(Store& store, Collection& collection)
    : store_(store), collection_(collection), schema_(collection.schema) {}

Writer::~Writer() {
  Step rest;
  rest.vectors = std::move(vectors_);  // of a batch that was not committed
  rest.reserved = std::move(reserved_);
  abandon(rest);
  for (std::mutex* mutex : locked_) mutex->unlock();
}

void Writer::lock(std::vector<std::string> primaries) {
  AVILA_ASSERT(locked_.empty());
  for (const std::string& primary : primaries)
    locked_.push_back(&store_.stripe(collection_, primary));
  std::sort(locked_.begin(), locked_.end());
  locked_.erase(std::unique(locked_.begin(), locked_.end()), locked_.end());
  for (std::mutex* mutex : locked_) mutex->lock();
}

Result<Writer::Old> Writer::old_of(std::string_view primary) {
  Old old;
  if (collection_.dropped)
    return Error(Errc::NotFound, "the collection " + collection_.spec.name + " was dropped");
  const auto changed = documents_.find(std::string(primary));
  if (changed != documents_.end()) {
    old.stored = changed->second.has_value();
    if (old.stored) old.json = *changed->second;
  } else {
    AVILA_TRY(old.stored, store_.db->get(store_.document_key(collection_, primary), old.json));
  }
  if (!old.stored) return old;
  old.visible = true;
  AVILA_TRY(const json::Element root, old_parser().parse(old.json).context("stored document"));
  if (const auto etag = root.find("_etag")) old.etag = etag->get_string().value_or("");
  if (collection_.expires()) {
    const auto end = store_.expiry(collection_, root);
    if (end && *end <= store_.now_seconds()) old.visible = false;
  }
  return old;
}

Result<bool> Writer::current(std::string_view primary, std::string& json) {
  AVILA_TRY(Old old, old_of(primary));
  json = std::move(old.json);
  return old.visible;
}

Result<void> Writer::check(const Old& old, const DocumentOptions& options) {
  if (!options.if_match.empty()) {
    const std::string_view wanted = bare_etag(options.if_match);
    if (!old.visible || (wanted != "*" && wanted != old.etag)) {
      store_.conflicts.add(1);
      return Error(Errc::PreconditionFailed,
                   old.visible ? "If-Match: the document has changed; its etag is " + old.etag
                               : std::string("If-Match: there is no such document"),
                   {.hint = "read the document again and repeat the change on it"});
    }
  }
  if (!options.if_none_match.empty() && old.visible) {
    const std::string_view unwanted = bare_etag(options.if_none_match);
    if (unwanted == "*" || unwanted == old.etag) {
      store_.conflicts.add(1);
      return Error(Errc::PreconditionFailed, "If-None-Match: the document exists",
                   {.hint = "replace it, or read it"});
    }
  }
  return {};
}

Result<Writer::Outcome> Writer::create(std::string_view json, const DocumentOptions& options) {
  AVILA_TRY(const json::Element root, parse_document(store_, json));
  AVILA_TRY(const Identity identity, identify(collection_, root, options.partition_key));
  AVILA_TRY(Old old, old_of(identity.primary));
  AVILA_TRY_VOID(check(old, options));
  if (old.visible) {
    store_.conflicts.add(1);
    return Error(
        Errc::AlreadyExists,
        "a document with the id \"" + identity.id.substr(0, 200) + "\" exists in this partition",
        {.hint = "replace or upsert it"});
  }
  return put(identity.primary, identity.id, root, old);
}

Result<Writer::Outcome> Writer::upsert(std::string_view json, const DocumentOptions& options) {
  AVILA_TRY(const json::Element root, parse_document(store_, json));
  AVILA_TRY(const Identity identity, identify(collection_, root, options.partition_key));
  AVILA_TRY(Old old, old_of(identity.primary));
  AVILA_TRY_VOID(check(old, options));
  return put(identity.primary, identity.id, root, old);
}

Result<Writer::Outcome> Writer::replace(std::string_view primary, std::string_view id,
                                        std::string_view json, const DocumentOptions& options) {
  AVILA_TRY(const json::Element root, parse_document(store_, json));
  AVILA_TRY(Old old, old_of(primary));
  if (!old.visible) return missing(id);
  AVILA_TRY_VOID(check(old, options));
  if (const auto given = root.find("id"); given && given->get_string() != id)
    return Error(Errc::InvalidArgument, "the id of a document cannot change",
                 {.hint = "create the new document and delete the old one"});
  AVILA_TRY(std::string same, partition_of(collection_.levels, sql::Datum::of(root)));
  sql::append_key_string(same, id);
  if (same != primary)
    return Error(Errc::InvalidArgument, "the partition key of a document cannot change",
                 {.hint = "create the new document and delete the old one"});
  return put(primary, id, root, old);
}

Result<Writer::Outcome> Writer::patch(std::string_view primary, std::string_view id,
                                      const json::Value& patch, const DocumentOptions& options) {
  AVILA_TRY(Old old, old_of(primary));
  if (!old.visible) return missing(id);
  AVILA_TRY_VOID(check(old, options));
  AVILA_TRY(json::Value document,
            json::parse(old.json, {.max_depth = kMaxNesting + 1}).context("stored document"));
  AVILA_TRY_VOID(apply_either(document, patch));
  const json::Value* now = document.find("id");
  if (now == nullptr || now->get_string() != id)
    return Error(Errc::InvalidArgument, "a patch cannot change the id of a document");
  return replace(primary, id, json::to_string(document), options);
}

Result<Writer::Outcome> Writer::erase(std::string_view primary, std::string_view id,
                                      const DocumentOptions& options) {
  AVILA_TRY(Old old, old_of(primary));
  if (!old.visible) return missing(id);
  AVILA_TRY_VOID(check(old, options));
  AVILA_TRY_VOID(remove(primary, old));
  Outcome outcome;
  outcome.document = {std::string(id), old.etag, std::move(old.json)};
  return outcome;
}

Result<void> Writer::remove(std::string_view primary, const Old& old) {
  Step step;
  AVILA_TRY(const json::Element root, old_parser().parse(old.json));
  const sql::Datum before = sql::Datum::of(root);
  step.batch.erase(store_.document_key(collection_, primary));
  if (auto staged = stage(step, primary, &before, nullptr); !staged) {
    abandon(step);
    return std::move(staged).error();
  }
  --documents_delta_;
  bytes_delta_ -= static_cast<std::int64_t>(old.json.size());
  accept(step, primary, std::nullopt);
  return {};
}

Result<bool> Writer::erase_expired(std::string_view primary) {
  AVILA_TRY(const Old old, old_of(primary));
  if (!old.stored || old.visible) return false;
  AVILA_TRY_VOID(remove(primary, old));
  return true;
}

Result<Writer::Outcome> Writer::read(std::string_view primary, std::string_view id,
                                     const DocumentOptions& options) {
  AVILA_TRY(Old old, old_of(primary));
  if (!old.visible) return missing(id);
  AVILA_TRY_VOID(check(old, options));
  Outcome outcome;
  outcome.document = {std::string(id), std::move(old.etag), std::move(old.json)};
  return outcome;
}

Result<Writer::Outcome> Writer::put(std::string_view primary, std::string_view id,
                                    json::Element document, Old& old) {
  Outcome outcome;
  outcome.created = !old.visible;
  outcome.document.id = id;
  outcome.document.etag = store_.next_etag();
  std::vector<sql::DatumMember> members;
  members.reserve(document.size() + 3);
  if (!document.find("id")) members.push_back({"id", sql::Datum::string(id)});
  for (auto [key, value] : document.members())
    if (key != "_etag" && key != "_ts") members.push_back({key, sql::Datum::of(value)});
  members.push_back({"_etag", sql::Datum::string(outcome.document.etag)});
  members.push_back({"_ts", sql::Datum::integer(store_.now_seconds())});
  const sql::Datum after = sql::Datum::object(members.data(), members.size());
  std::string& json = outcome.document.json;
  sql::append_json(json, after);
  if (json.size() > store_.options.document_bytes_max)
    return Error(Errc::LimitExceeded, "the document is " + std::to_string(json.size()) +
                                          " bytes; the limit (kMaxDocumentBytes) is " +
                                          std::to_string(store_.options.document_bytes_max));
  Step step;
  sql::Datum before;
  if (old.stored) {
    AVILA_TRY(const json::Element root, old_parser().parse(old.json).context("stored document"));
    before = sql::Datum::of(root);
  }
  step.batch.put(store_.document_key(collection_, primary), json);
  if (auto staged = stage(step, primary, old.stored ? &before : nullptr, &after); !staged) {
    abandon(step);
    return std::move(staged).error();
  }
  if (!old.stored) ++documents_delta_;
  bytes_delta_ +=
      static_cast<std::int64_t>(json.size()) - static_cast<std::int64_t>(old.json.size());
  accept(step, primary, json);
  return outcome;
}

namespace {
std::optional<std::int64_t> expiry_of(const Collection& collection, const sql::Datum* document) {
  if (document == nullptr || !collection.expires()) return std::nullopt;
  std::int64_t seconds = *collection.spec.ttl_seconds, stamp = 0;
  const sql::Datum own = document->find("ttl");
  std::int64_t value = 0;
  if (own.is_number() && own.whole(value)) seconds = value;
  const sql::Datum written = document->find("_ts");
  if (seconds < 0 || !written.is_number() || !written.whole(stamp)) return std::nullopt;
  return stamp + std::min<std::int64_t>(seconds, INT32_MAX);
}
}  // namespace

std::optional<std::int64_t> Store::expiry(const Collection& collection,
                                          json::Element document) const {
  const sql::Datum datum = sql::Datum::of(document);
  return expiry_of(collection, &datum);
}

Result<void> Writer::stage(Step& step, std::string_view primary, const sql::Datum* before,
                           const sql::Datum* after) {
  const auto primary_text = std::string(primary);
  if (collection_.partitioned() && (before == nullptr) != (after == nullptr)) {
    AVILA_TRY(const std::size_t size, partition_length(collection_.levels, primary));
    const std::string key =
        key32('I', collection_.id) + primary_text.substr(size) + primary_text.substr(0, size);
    if (after != nullptr)
      step.batch.put(key, {});
    else
      step.batch.erase(key);
  }
  const auto old_end = expiry_of(collection_, before), new_end = expiry_of(collection_, after);
  if (old_end != new_end) {
    const auto key = [&](std::int64_t second) {
      std::string text = key32('T', collection_.id);
      append_be64(text, static_cast<std::uint64_t>(second));
      return text + primary_text;
    };
    if (old_end) step.batch.erase(key(*old_end));
    if (new_end) step.batch.put(key(*new_end), {});
  }
  for (const auto& index : collection_.indexes) {
    std::vector<std::string> old_entries, new_entries;
    if (before != nullptr) {
      AVILA_TRY(old_entries, index_entries(index->keys, *before, index->spec.name));
    }
    if (after != nullptr) {
      AVILA_TRY(new_entries, index_entries(index->keys, *after, index->spec.name));
    }
    const std::string prefix = key32('X', collection_.id, index->id);
    // Of an index in the making the old entries are there or not yet: they are looked up.
    const bool building = !index->ready && !documents_.contains(primary_text);
    auto before_count = static_cast<std::int64_t>(old_entries.size());
    for (const std::string& entry : old_entries) {
      const std::string key = prefix + entry + primary_text;
      if (building) {
        std::string nothing;
        AVILA_TRY(const bool there, store_.db->get(key, nothing));
        if (!there) --before_count;
      }
      if (!std::binary_search(new_entries.begin(), new_entries.end(), entry)) step.batch.erase(key);
    }
    for (const std::string& entry : new_entries)
      if (building || !std::binary_search(old_entries.begin(), old_entries.end(), entry))
        step.batch.put(prefix + entry + primary_text, {});
    step.entries.emplace_back(index.get(),
                              static_cast<std::int64_t>(new_entries.size()) - before_count);
    if (index->spec.unique)
      AVILA_TRY_VOID(stage_unique(step, *index, primary,
                                  old_entries.empty() ? nullptr : &old_entries[0],
                                  new_entries.empty() ? nullptr : &new_entries[0]));
  }
  for (const auto& index : collection_.vectors)
    AVILA_TRY_VOID(stage_vector(step, *index, primary, before, after));
  return {};
}

Result<void> Writer::stage_unique(Step& step, const Index& index, std::string_view primary,
                                  const std::string* before, const std::string* after) {
  if (before != nullptr && after != nullptr && *before == *after) return {};
  AVILA_TRY(const std::size_t size, partition_length(collection_.levels, primary));
  const std::string prefix =
      key32('U', collection_.id, index.id) + std::string(primary.substr(0, size));
  // A document without any of the fields is not held to uniqueness.
  const auto absent = [&](const std::string& values) {
    std::string nothing;
    for (const bool descending : index.keys.descending)
      sql::append_key(nothing, sql::Datum(), descending);
    return values == nothing;
  };
  if (before != nullptr && !absent(*before)) {
    step.batch.erase(prefix + *before);
    step.unique.emplace_back(prefix + *before, "");
  }
  if (after == nullptr || absent(*after)) return {};
  const std::string key = prefix + *after;
  const auto taken = [&] {
    return Error(Errc::AlreadyExists,
                 "the unique index " + index.spec.name + " has these values already",
                 {.hint = "another document of the partition holds them"});
  };
  const auto here = unique_.find(key);
  if (here != unique_.end()) {
    if (!here->second.empty() && here->second != primary) return taken();
  } else {
    {
      const std::lock_guard lock(store_.reserved_mutex);
      if (!store_.reserved.insert(key).second) return taken();
    }
    step.reserved.push_back(key);
    std::string owner;
    AVILA_TRY(const bool found, store_.db->get(key, owner));
    if (found && owner != primary) return taken();
  }
  step.batch.put(key, primary);
  step.unique.emplace_back(key, std::string(primary));
  return {};
}

Result<void> Writer::stage_vector(Step& step, VectorIndex& index, std::string_view primary,
                                  const sql::Datum* before, const sql::Datum* after) {
  std::optional<std::vector<float>> vector;
  if (after != nullptr) {
    AVILA_TRY(vector, vector_of(index, *after));
  }
  const std::string holder = key32('W', collection_.id, index.id) + std::string(primary);
  std::uint64_t old_label = 0;
  if (before != nullptr) {
    const auto changed = labels_.find(holder);
    if (changed != labels_.end()) {
      old_label = changed->second;
    } else {
      std::string raw;
      AVILA_TRY(const bool found, store_.db->get(holder, raw));
      if (found && raw.size() == 8) old_label = load_be64(raw.data());
    }
  }
  if (old_label == 0 && !vector) return {};
  if (old_label != 0 && vector) {
    const auto same = vector_of(index, *before);
    if (same && *same == vector) return {};
  }
  const auto label_key = [&](char kind, std::uint64_t label) {
    std::string key = key32(kind, collection_.id, index.id);
    append_be64(key, label);
    return key;
  };
  std::uint64_t new_label = 0;
  {
    const std::lock_guard lock(index.mutex);
    if (vector) {
      new_label = ++index.last_label;
      index.inserting.insert(new_label);
    }
    if (old_label != 0) index.erasing.insert(old_label);
  }
  if (old_label != 0) {
    step.batch.erase(label_key('Y', old_label));
    step.batch.put(label_key('Z', old_label), {});
    step.vectors.push_back({&index, old_label, false, {}});
  }
  if (vector) {
    std::string raw;
    append_be64(raw, new_label);
    step.batch.put(holder, raw);
    step.batch.put(label_key('Y', new_label), primary);
    step.vectors.push_back({&index, new_label, true, std::move(*vector)});
  } else {
    step.batch.erase(holder);
  }
  step.labels.emplace_back(holder, new_label);
  return {};
}

void Writer::accept(Step& step, std::string_view primary, std::optional<std::string> json) {
  batch_.append(step.batch);
  documents_[std::string(primary)] = std::move(json);
  for (auto& [key, owner] : step.unique) unique_[key] = std::move(owner);
  for (auto& [holder, label] : step.labels) labels_[holder] = label;
  for (auto& change : step.vectors) vectors_.push_back(std::move(change));
  for (auto& key : step.reserved) reserved_.push_back(std::move(key));
  for (const auto& [index, by] : step.entries) entries_delta_[index] += by;
}

void Writer::abandon(Step& step) {
  for (const VectorChange& change : step.vectors) {
    const std::lock_guard lock(change.index->mutex);
    if (change.insert)
      change.index->inserting.erase(change.label);
    else if (const auto at = change.index->erasing.find(change.label);
             at != change.index->erasing.end())
      change.index->erasing.erase(at);
  }
  if (step.reserved.empty()) return;
  const std::lock_guard lock(store_.reserved_mutex);
  for (const std::string& key : step.reserved) store_.reserved.erase(key);
}

Result<void> Writer::commit() {
  AVILA_TRY_VOID(store_.check_open());
  if (batch_.count() == 0) return {};
  if (collection_.dropped)
    return Error(Errc::NotFound, "the collection " + collection_.spec.name + " was dropped");
  Tallies tallies{{kTallyDocuments, documents_delta_}, {kTallyBytes, bytes_delta_}};
  for (const auto& [index, by] : entries_delta_) tallies[index->id] += by;
  if (const std::string changed = encode_tallies(tallies); !changed.empty())
    batch_.merge(Store::tally_key(collection_), changed);
  AVILA_TRY_VOID(
      store_.db->write(batch_, {.sync = collection_.spec.durability == Durability::Sync}));
  collection_.documents.add(documents_delta_);
  collection_.bytes.add(bytes_delta_);
  for (const auto& [index, by] : entries_delta_) index->entries.add(by);
  store_.writes.add(static_cast<std::int64_t>(documents_.size()));
  for (const VectorChange& change : vectors_) {
    if (change.index->graph == nullptr) continue;
    if (!change.insert) {
      (void)change.index->graph->erase(change.label);  // false: a later change of this batch's own
    } else {
      // An insert that is superseded within this batch is erased by a later change.
      auto inserted = change.index->graph->insert(change.label, change.vector);
      if (!inserted)
        AVILA_LOG_ERROR("a vector could not be indexed", {"index", change.index->spec.path},
                        {"error", inserted.error().to_string()});
    }
  }
  Step done;
  done.vectors = std::move(vectors_);
  done.reserved = std::move(reserved_);
  vectors_.clear();
  reserved_.clear();
  for (const VectorChange& change : done.vectors) {
    const std::lock_guard lock(change.index->mutex);
    ++change.index->changes;
  }
  abandon(done);
  batch_.clear();
  return {};
}

}  // namespace avila::aviladb

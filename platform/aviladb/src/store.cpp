#include "store.hpp"

#include <avila/json/value.hpp>
#include <avila/log/log.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/sql/key.hpp>

#include <memory>
#include "tallies.hpp"

namespace avila::aviladb {

namespace {
constexpr std::string_view kFormat = "avila-aviladb-1";
constexpr std::string_view kFormatKey = "Cv", kSecretKey = "Ck", kNumberKey = "Cn";

std::string collection_prefix(std::uint32_t database) {
  return "Cc" + key32('#', database).substr(1);
}
}  // namespace

std::string hex16(std::uint64_t value) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) out[i] = digits[value & 15];
  return out;
}

Store::Store(ServiceOptions given, os::FileSystem& file_system, os::Clock& the_clock)
    : options(std::move(given)), files(file_system), clock(the_clock) {}

Store::~Store() { (void)close(); }

Result<std::unique_ptr<Store>> Store::open(ServiceOptions options) {
  if (options.path.empty()) return Error(Errc::InvalidArgument, "aviladb needs a folder (path)");
  os::FileSystem& files = options.files != nullptr ? *options.files : os::real_file_system();
  os::Clock& clock = options.clock != nullptr ? *options.clock : os::real_clock();
  os::Entropy& entropy = options.entropy != nullptr ? *options.entropy : os::system_entropy();
  std::unique_ptr<Store> store(new Store(std::move(options), files, clock));
  AVILA_TRY_VOID(files.create_directories(store->options.path));
  AVILA_TRY_VOID(files.create_directories(os::join(store->options.path, "vectors")));
  lsm::Options engine;
  engine.family.memtable_bytes = store->options.memtable_bytes;
  engine.family.merge_operator = tally_operator();
  engine.block_cache_bytes = store->options.cache_bytes;
  engine.clock = &clock;
  engine.background = store->options.threads ? lsm::Background::Threads : lsm::Background::Inline;
  AVILA_TRY(store->db,
            lsm::Db::open(files, os::join(store->options.path, "store"), std::move(engine)));
  std::byte boot[4];
  AVILA_TRY_VOID(entropy.fill(boot));
  store->boot_ = hex16(load_le32(boot)).substr(8);
  store->etag_ = static_cast<std::uint64_t>(clock.wall().ns);
  std::string secret;
  AVILA_TRY(const bool has_secret, store->db->get(kSecretKey, secret));
  if (!has_secret || secret.size() != store->secret.size()) {
    AVILA_TRY_VOID(entropy.fill(store->secret));
    AVILA_TRY_VOID(store->db->put(kSecretKey, as_text(store->secret)));
  } else {
    std::memcpy(store->secret.data(), secret.data(), secret.size());
  }
  AVILA_TRY_VOID(store->load().context("aviladb catalogue"));
  return store;
}

Result<void> Store::load() {
  std::string format;
  AVILA_TRY(const bool known, db->get(kFormatKey, format));
  if (known && format != kFormat)
    return Error(Errc::Unsupported, "the data folder has the format \"" + format.substr(0, 40) +
                                        "\"; this program reads " + std::string(kFormat));
  if (!known) AVILA_TRY_VOID(db->put(kFormatKey, kFormat));
  std::string number;
  AVILA_TRY(const bool has_number, db->get(kNumberKey, number));
  if (has_number && number.size() == 4) last_number_ = load_be32(number.data());
  {
    auto it = db->iterate({.lower_bound = "Cd", .upper_bound = "Ce"});
    for (it->seek_to_first(); it->valid(); it->next()) {
      AVILA_TRY(const json::Value value, json::parse(it->value()));
      Database database;
      database.name = it->key().substr(2);
      const json::Value* id = value.find("number");
      if (id == nullptr || !id->get_int64())
        return Error(Errc::Corrupted, "the database " + database.name + " has no number");
      database.id = static_cast<std::uint32_t>(*id->get_int64());
      if (const json::Value* created = value.find("created_ms"))
        database.created_ms = created->get_int64().value_or(0);
      databases_.emplace(database.name, std::move(database));
    }
    AVILA_TRY_VOID(it->status());
  }
  for (auto& [name, database] : databases_) AVILA_TRY_VOID(load_collections(database));
  for (auto& [name, database] : databases_) {
    for (auto& [collection_name, collection] : database.collections) {
      AVILA_TRY_VOID(load_counters(*collection));
      for (auto& index : collection->indexes)
        if (!index->ready) AVILA_TRY_VOID(backfill(*collection, *index));
      for (auto& index : collection->vectors) {
        AVILA_TRY_VOID(open_vectors(*collection, *index));
        if (!index->ready) AVILA_TRY_VOID(backfill_vectors(*collection, *index));
      }
    }
  }
  return {};
}

Result<void> Store::load_collections(Database& database) {
  const std::string prefix = collection_prefix(database.id);
  auto it = db->iterate({.prefix = prefix});
  for (it->seek(prefix); it->valid() && it->key().starts_with(prefix); it->next()) {
    AVILA_TRY(auto collection, decode_collection(it->value()));
    collection->database = database.name;
    database.collections.emplace(collection->spec.name, std::move(collection));
  }
  return it->status();
}

std::string Store::tally_key(const Collection& collection) {
  return "Ct" + key32('#', collection.id).substr(1);
}

/// Every batch added what it changed, so the sums are those of exactly the writes that survived. A
/// collection without them is empty, or from a version that did not keep them: it is counted.
Result<void> Store::load_counters(Collection& collection) {
  std::string stored;
  AVILA_TRY(const bool found, db->get(tally_key(collection), stored));
  if (!found) return count(collection);
  Tallies tallies;
  AVILA_TRY_VOID(add_tallies(tallies, stored));
  collection.documents.value = tallies[kTallyDocuments];
  collection.bytes.value = tallies[kTallyBytes];
  for (const auto& index : collection.indexes) index->entries.value = tallies[index->id];
  return {};
}

Result<void> Store::count(Collection& collection) {
  std::int64_t documents = 0, bytes = 0;
  const std::string prefix = key32('D', collection.id);
  {
    auto it = db->iterate({.prefix = prefix, .fill_cache = false});
    for (it->seek(prefix); it->valid() && it->key().starts_with(prefix); it->next()) {
      ++documents;
      bytes += static_cast<std::int64_t>(it->value().size());
    }
    AVILA_TRY_VOID(it->status());
  }
  collection.documents.value = documents;
  collection.bytes.value = bytes;
  Tallies tallies{{kTallyDocuments, documents}, {kTallyBytes, bytes}};
  for (auto& index : collection.indexes) {
    std::int64_t entries = 0;
    const std::string own = key32('X', collection.id, index->id);
    auto it = db->iterate({.prefix = own, .fill_cache = false});
    for (it->seek(own); it->valid() && it->key().starts_with(own); it->next()) ++entries;
    AVILA_TRY_VOID(it->status());
    index->entries.value = entries;
    tallies[index->id] = entries;
  }
  return db->put(tally_key(collection), encode_tallies(tallies));
}

Result<void> Store::check_open() const {
  if (!closed.load(std::memory_order_relaxed)) return {};
  return Error(Errc::Closed, "aviladb is closed");
}

Result<void> Store::flush() {
  AVILA_TRY_VOID(check_open());
  std::vector<std::pair<std::shared_ptr<Collection>, std::shared_ptr<VectorIndex>>> all;
  {
    const std::shared_lock lock(catalogue_);
    for (auto& [name, database] : databases_)
      for (auto& [collection_name, collection] : database.collections) {
        const std::shared_lock schema(collection->schema);
        for (auto& index : collection->vectors) all.emplace_back(collection, index);
      }
  }
  for (auto& [collection, index] : all) AVILA_TRY_VOID(save_vectors(*collection, *index));
  return db->flush();
}

Result<void> Store::close() {
  if (db == nullptr || closed.exchange(true)) return {};
  const std::lock_guard ddl(ddl_);
  Result<void> result;
  for (auto& [name, database] : databases_)
    for (auto& [collection_name, collection] : database.collections) {
      // Writers that are in the middle end first; new ones find the store closed.
      const std::unique_lock schema(collection->schema);
      for (auto& index : collection->vectors)
        if (auto saved = save_vectors(*collection, *index); !saved && result)
          result = std::move(saved);
    }
  if (auto stopped = db->close(); !stopped && result) result = std::move(stopped);
  return result;
}

std::string Store::next_etag() { return hex16(etag_.fetch_add(1) + 1) + boot_; }

std::mutex& Store::stripe(const Collection& collection, std::string_view primary) {
  std::uint64_t hash = 0xCBF29CE484222325U ^ collection.id;  // FNV-1a, folded
  for (const char c : primary) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return stripes_[(hash ^ (hash >> 32)) % stripes_.size()];
}

std::string Store::document_key(const Collection& collection, std::string_view primary) const {
  std::string key = key32('D', collection.id);
  key += primary;
  return key;
}

Result<bool> Store::get(Collection& collection, std::string_view primary, std::string& json,
                        const lsm::Snapshot* snapshot) {
  AVILA_TRY(const bool found,
            db->get(document_key(collection, primary), json, {.snapshot = snapshot}));
  if (!found || !collection.expires()) return found;
  thread_local json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
  AVILA_TRY(const json::Element root, parser.parse(json).context("stored document"));
  const auto end = expiry(collection, root);
  return !end || *end > now_seconds();
}

Result<std::string> Store::locate(Collection& collection, std::string_view id,
                                  std::string_view partition_key, const lsm::Snapshot* snapshot) {
  if (id.empty()) return Error(Errc::InvalidArgument, "the id of a document may not be empty");
  std::string primary;
  if (!collection.partitioned() || !partition_key.empty()) {
    if (!partition_key.empty()) {
      AVILA_TRY(primary, parse_partition(collection.levels, partition_key, false));
    }
    sql::append_key_string(primary, id);
    return primary;
  }
  std::string prefix = key32('I', collection.id);
  const std::size_t head = prefix.size();
  sql::append_key_string(prefix, id);
  auto it = db->iterate({.snapshot = snapshot, .prefix = prefix});
  it->seek(prefix);
  AVILA_TRY_VOID(it->status());
  if (!it->valid() || !it->key().starts_with(prefix))
    return Error(Errc::NotFound,
                 "there is no document with the id \"" + std::string(id.substr(0, 200)) + "\"");
  primary = it->key().substr(prefix.size());
  primary += std::string_view(prefix).substr(head);
  it->next();
  AVILA_TRY_VOID(it->status());
  if (it->valid() && it->key().starts_with(prefix)) {
    conflicts.add(1);
    return Error(
        Errc::Conflict,
        "several partitions have a document with the id \"" + std::string(id.substr(0, 200)) + "\"",
        {.hint = "give the partition key (pk)"});
  }
  return primary;
}

}  // namespace avila::aviladb

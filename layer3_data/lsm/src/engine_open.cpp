#include <algorithm>
#include <memory>

#include "engine.hpp"

namespace avila::lsm::detail {

Engine::Engine(os::FileSystem& fs, std::string path, Options options)
    : fs_(fs),
      path_(std::move(path)),
      options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : os::real_clock()) {
  if (options_.block_cache_bytes > 0)
    cache_ = std::make_unique<BlockCache>(options_.block_cache_bytes);
  if (options_.rate_limit_bytes_per_s > 0)
    limiter_ = std::make_unique<RateLimiter>(clock_, options_.rate_limit_bytes_per_s);
}

Engine::~Engine() { (void)close(); }

CfOptions Engine::options_of(const std::string& name) const {
  for (const auto& [family, options] : options_.families)
    if (family == name) return options;
  return options_.family;
}

Family& Engine::add_family(std::string name, std::uint32_t id, const CfOptions& options) {
  auto family = std::make_unique<Family>(std::move(name), id);
  family->options = options;
  family->handle.family_ = family.get();
  family->version = std::make_shared<Version>();
  family->memtable = std::make_shared<Memtable>(options.memtable_bytes, 0);
  if (id == 0) default_family_ = family.get();
  next_family_ = std::max(next_family_.load(), id + 1);
  return *(families_[id] = std::move(family));
}

Result<void> Engine::open() {
  closed_ = true;  // until it is open
  if (!options_.read_only) {
    if (options_.create_if_missing) AVILA_TRY_VOID(fs_.create_directories(path_));
    auto locked = fs_.lock(path_ + "/LOCK");
    if (!locked.has_value())
      return std::move(locked).error().context("another process has the store open");
    folder_lock_ = std::move(locked).value();
  }
  AVILA_TRY_VOID(recover());
  closed_ = false;
  if (!options_.read_only && options_.background == Background::Threads)
    for (int i = 0; i < std::max(1, options_.background_threads); ++i)
      threads_.emplace_back([this] { background_loop(); });
  return {};
}

Result<void> Engine::recover() {
  AVILA_TRY(const auto entries, fs_.list(path_));
  std::uint64_t highest = 0;
  std::vector<std::uint64_t> logs;
  bool current = false, leftovers = false;
  for (const auto& entry : entries) {
    std::uint64_t number = 0;
    const FileType type = classify(entry.name, number);
    highest = std::max(highest, number);
    current = current || type == FileType::Current;
    leftovers = leftovers || type == FileType::Table || type == FileType::Log;
    if (type == FileType::Log) logs.push_back(number);
  }
  std::sort(logs.begin(), logs.end());
  ManifestState state;
  if (current) {
    if (options_.error_if_exists) return Error(Errc::AlreadyExists, "there is a store already");
    AVILA_TRY(const FileBytes text, read_whole(fs_, current_name(path_)));
    AVILA_TRY(const std::uint64_t number, decode_current(text.view()));
    const std::string name = manifest_name(path_, number);
    auto bytes = read_whole(fs_, name);
    if (!bytes.has_value())
      return Error(Errc::Corrupted, "CURRENT names " + name + ": " + bytes.error().to_string(),
                   {.hint = "restore a checkpoint, or run lsm::repair"});
    AVILA_TRY(state, read_manifest(bytes.value().view()).context(name));
  } else {
    if (!options_.create_if_missing || options_.read_only)
      return Error(Errc::NotFound, "there is no store");
    AVILA_TRY_VOID(fs_.sync_directory(os::parent(path_)));
    for (std::string up = os::parent(path_); up != os::parent(up); up = os::parent(up))
      (void)fs_.sync_directory(os::parent(up));  // folders above may be somebody else's
    // The first manifest is durable before anything is written to a log or a table.
    if (leftovers && std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
          std::uint64_t number = 0;
          return classify(entry.name, number) == FileType::Table;
        }))
      return Error(Errc::Corrupted, "there are tables, but CURRENT is missing",
                   {.hint = "restore a checkpoint, or run lsm::repair"});
    state.families[0].name = "default";
  }
  next_file_ = std::max(state.next_file, highest + 1);
  last_sequence_ = state.last_sequence;
  AVILA_TRY_VOID(open_tables(state));
  next_family_ = std::max(next_family_.load(), state.next_family);
  std::uint64_t oldest = ~std::uint64_t{0};
  for (const auto& [id, family] : state.families) oldest = std::min(oldest, family.log_number);
  if (current && !std::binary_search(logs.begin(), logs.end(), oldest) && oldest != 0)
    return Error(Errc::Corrupted, log_name(path_, oldest) + " is missing",
                 {.hint = "the manifest lost its newest edits, or the log was removed; "
                          "restore a checkpoint, or run lsm::repair"});
  AVILA_TRY_VOID(replay_logs(logs, oldest));
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, family] : families_) publish(*family);
  }
  if (options_.read_only) return {};

  // A fresh manifest and a fresh log; what was replayed becomes tables.
  const std::uint64_t number = next_file_.fetch_add(1);
  AVILA_TRY(log_, LogWriter::create(fs_, path_, log_name(path_, number), number,
                                    last_sequence_.load() + 1));
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, family] : families_) {
      if (!family->memtable->empty()) {
        family->immutables.insert(family->immutables.begin(), family->memtable);
        family->memtable = std::make_shared<Memtable>(family->options.memtable_bytes, number);
      }
      family->memtable->set_log_number(number);
      publish(*family);
    }
  }
  if (!current) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, family] : families_) family->log_number = number;
  }
  {
    const std::lock_guard lock(manifest_mutex_);
    AVILA_TRY_VOID(write_manifest_snapshot());
  }
  AVILA_TRY_VOID(flush_as_leader());
  AVILA_TRY_VOID(commit_edit({}));  // every family lets go of the old logs
  for (const std::uint64_t log : logs) (void)fs_.remove(log_name(path_, log));
  remove_orphans(entries);
  return {};
}

Result<void> Engine::open_tables(const ManifestState& state) {
  for (const auto& [id, from] : state.families) {
    const CfOptions options = options_of(from.name);
    const std::string given = options.merge_operator ? options.merge_operator->name() : "";
    if (!from.merge_operator.empty() && !given.empty() && given != from.merge_operator)
      return Error(Errc::InvalidArgument, "family " + from.name +
                                              " was written with the merge "
                                              "operator " +
                                              from.merge_operator + ", not " + given);
    Family& family = add_family(from.name, id, options);
    family.log_number = from.log_number;
    auto version = std::make_shared<Version>();
    for (const auto& [number, entry] : from.files) {
      const FilePtr& file = entry.second;
      file->fs = &fs_;
      file->cache = cache_.get();
      file->path = table_name(path_, number);
      auto opened = TableReader::open(fs_, file->path, number, cache_.get());
      if (!opened.has_value()) {
        if (opened.error().is(Errc::NotFound))
          return Error(Errc::Corrupted, "a table is missing: " + opened.error().to_string(),
                       {.hint = "restore a checkpoint, or run lsm::repair"});
        return std::move(opened).error();
      }
      file->table = std::move(opened).value();
      version->levels[static_cast<std::size_t>(entry.first)].push_back(file);
    }
    for (int level = 0; level < kLevels; ++level)
      sort_level(level, version->levels[static_cast<std::size_t>(level)]);
    family.version = std::move(version);
  }
  if (default_family_ == nullptr)
    return Error(Errc::Corrupted, "the manifest names no default family",
                 {.hint = "restore a checkpoint, or run lsm::repair"});
  return {};
}

Result<void> Engine::replay_logs(const std::vector<std::uint64_t>& numbers, std::uint64_t oldest) {
  std::optional<Sequence> expected;  // of the next record
  bool stop = false;
  for (const std::uint64_t number : numbers) {
    if (number < oldest || stop) continue;
    const std::string name = log_name(path_, number);
    AVILA_TRY(const FileBytes bytes, read_whole(fs_, name));
    AVILA_TRY_VOID(replay_log(bytes.view(), number, expected, stop).context(name));
  }
  if (expected) last_sequence_ = std::max(last_sequence_.load(), *expected - 1);
  return {};
}

/// Sets `stop` where the end of a log was lost, unsynced: what follows was not durable either, and
/// writes survive as a prefix.
Result<void> Engine::replay_log(std::string_view bytes, std::uint64_t number,
                                std::optional<Sequence>& expected, bool& stop) {
  LogReader reader(bytes);
  LogRecord record;
  for (bool begun = false;; begun = true) {
    AVILA_TRY(const bool more, reader.next(record));
    if (!begun) {
      if (!reader.header_read()) {
        stop = !expected.has_value();  // else it held nothing, or the next log shows a gap
        return {};
      }
      if (reader.number() != number)
        return Error(Errc::Corrupted, "the log's header names another log",
                     {.hint = "a file was renamed; restore the folder as it was"});
      if (!expected) expected = reader.first();
      // Below: left over from a rotation that failed, and empty.
      stop = reader.first() > *expected;
    }
    if (!more || stop) return {};
    if (record.sequence != *expected)
      return Error(Errc::Corrupted, "log records are out of sequence",
                   {.offset = record.offset, .hint = "restore a checkpoint, or run lsm::repair"});
    AVILA_TRY(const WriteBatch batch, WriteBatch::from_bytes(record.payload).context("log record"));
    BatchReader changes(record.payload);
    BatchEntry entry;
    for (Sequence sequence = record.sequence; changes.next(entry); ++sequence) {
      if (entry.family >= next_family_)
        return Error(Errc::Corrupted, "a log record names a family the manifest does not know",
                     {.offset = record.offset,
                      .hint = "the manifest lost its newest edits; run lsm::repair"});
      const auto at = families_.find(entry.family);
      if (at == families_.end() || number < at->second->log_number) continue;  // in tables
      Memtable& memtable = *at->second->memtable;
      if (entry.kind == Kind::EraseRange)
        memtable.add_range_tombstone(sequence, entry.key, entry.value);
      else
        memtable.add(make_tag(sequence, entry.kind), entry.key, entry.value);
    }
    *expected += batch.count();
  }
}

void Engine::remove_orphans(const std::vector<os::DirectoryEntry>& entries) {
  for (const auto& entry : entries) {
    std::uint64_t number = 0;
    const FileType type = classify(entry.name, number);
    bool orphan = type == FileType::Temporary || type == FileType::Manifest;
    if (type == FileType::Table) {
      orphan = true;
      for (const auto& [id, family] : families_)
        for (const auto& files : family->version->levels)
          for (const FilePtr& file : files) orphan = orphan && file->number != number;
    }
    if (orphan) (void)fs_.remove(path_ + "/" + entry.name);  // else the next open tries again
  }
}

/// Starts a manifest that holds the whole shape, and makes it the current one.
Result<void> Engine::write_manifest_snapshot() {
  const std::uint64_t number = next_file_.fetch_add(1);
  VersionEdit edit;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, family] : families_) {
      const auto& merge = family->options.merge_operator;
      edit.created.push_back({id, family->handle.name(), merge ? merge->name() : ""});
      edit.log_numbers.emplace_back(id, family->log_number);
      for (int level = 0; level < kLevels; ++level)
        for (const FilePtr& file : family->version->levels[static_cast<std::size_t>(level)])
          edit.added.push_back({id, level, file, 0});
    }
  }
  edit.next_file = next_file_.load();
  edit.next_family = next_family_.load();
  edit.last_sequence = last_sequence_.load();
  const std::string name = manifest_name(path_, number);
  AVILA_TRY(auto manifest, LogWriter::create(fs_, path_, name, number, 0));
  manifest->add(*edit.last_sequence, edit.encode());
  AVILA_TRY_VOID(manifest->commit());
  AVILA_TRY_VOID(manifest->sync());
  AVILA_TRY_VOID(fs_.write_atomically(current_name(path_), as_bytes(encode_current(number))));
  const std::string old = manifest_ ? manifest_->path() : std::string();
  manifest_ = std::move(manifest);
  manifest_failed_ = false;
  if (!old.empty()) (void)fs_.remove(old);  // else the next open removes it
  return {};
}

Result<void> Engine::close() {
  if (closed_.exchange(true)) return {};
  closed_ = false;
  Result<void> result;
  if (!options_.read_only) {
    if (options_.flush_on_close && !log_failed_) result = flush();
  }
  Writer self;
  {
    std::unique_lock lock(write_mutex_);
    take_lead(self, lock);
  }
  closed_ = true;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    background_wake_.notify_all();
    background_done_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  log_.reset();
  {
    const std::lock_guard lock(closed_mutex_);
    unsynced_logs_.clear();
  }
  manifest_.reset();
  folder_lock_.reset();
  release_lead();
  return result;
}

Result<ColumnFamily*> Engine::create_family(const std::string& name, const CfOptions& options) {
  if (options_.read_only) return Error(Errc::PermissionDenied, "the store was opened read-only");
  if (name.empty() || name.size() > kMaxFamilyNameBytes)
    return Error(Errc::InvalidArgument, "a family name has 1 to 255 bytes");
  Writer self;
  {
    std::unique_lock lock(write_mutex_);
    take_lead(self, lock);
  }
  Result<ColumnFamily*> result = [&]() -> Result<ColumnFamily*> {
    if (closed_.load()) return Error(Errc::Closed, "the store is closed");
    if (family(name) != nullptr)
      return Error(Errc::AlreadyExists, "there is a family " + name + " already");
    if (families_.size() >= kMaxFamilies)
      return Error(Errc::LimitExceeded, "the store holds 10,000 families, its limit");
    const std::uint32_t id = next_family_++;
    VersionEdit edit;
    edit.created.push_back(
        {id, name, options.merge_operator ? options.merge_operator->name() : ""});
    edit.log_numbers.emplace_back(id, log_->number());
    edit.next_family = next_family_.load();
    AVILA_TRY_VOID(commit_edit(std::move(edit)));
    const std::lock_guard lock(mutex_);
    Family& created = add_family(name, id, options);
    created.log_number = log_->number();
    created.memtable->set_log_number(log_->number());
    publish(created);
    return &created.handle;
  }();
  release_lead();
  return result;
}

Result<void> Engine::drop_family(ColumnFamily* handle) {
  if (options_.read_only) return Error(Errc::PermissionDenied, "the store was opened read-only");
  if (handle == nullptr || handle->id() == 0)
    return Error(Errc::InvalidArgument, "the default family cannot be dropped");
  Writer self;
  {
    std::unique_lock lock(write_mutex_);
    take_lead(self, lock);
  }
  Result<void> result = [&]() -> Result<void> {
    if (closed_.load()) return Error(Errc::Closed, "the store is closed");
    Family& family = *handle->family_;
    {
      std::unique_lock lock(mutex_);  // background work on it ends first
      background_done_.wait(lock, [&] { return !family.flushing && !family.compacting; });
      family.flushing = family.compacting = true;
    }
    VersionEdit edit;
    edit.dropped.push_back(handle->id());
    if (auto committed = commit_edit(std::move(edit)); !committed.has_value()) {
      const std::lock_guard lock(mutex_);
      family.flushing = family.compacting = false;
      return committed;
    }
    const std::lock_guard lock(mutex_);
    for (const auto& files : family.version->levels)
      for (const FilePtr& file : files) file->obsolete.store(true);
    const auto at = families_.find(handle->id());
    family.dropped = true;
    dropped_families_.push_back(std::move(at->second));  // handles of it may still be around
    families_.erase(at);
    family.version = std::make_shared<Version>();
    family.memtable = std::make_shared<Memtable>(4096, 0);
    family.immutables.clear();
    publish(family);
    return {};
  }();
  release_lead();
  return result;
}

ColumnFamily* Engine::family(std::string_view name) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, family] : families_)
    if (family->handle.name() == name) return &family->handle;
  return nullptr;
}

std::vector<ColumnFamily*> Engine::families() {
  const std::lock_guard lock(mutex_);
  std::vector<ColumnFamily*> out;
  for (const auto& [id, family] : families_) out.push_back(&family->handle);
  std::sort(out.begin(), out.end(),
            [](ColumnFamily* a, ColumnFamily* b) { return a->id() < b->id(); });
  return out;
}

Result<void> Engine::checkpoint(const std::string& path) {
  if (options_.read_only) return Error(Errc::PermissionDenied, "the store was opened read-only");
  if (fs_.exists(path))
    return Error(Errc::AlreadyExists, "checkpoint: " + path + " exists",
                 {.hint = "name a folder that does not"});
  // The shape, taken while nobody writes: else a batch could be in one family's tables and not in
  // another's. The pinned states keep its tables while they are linked.
  VersionEdit edit;
  std::vector<std::shared_ptr<SuperVersion>> held;
  Writer self;
  {
    std::unique_lock lock(write_mutex_);
    take_lead(self, lock);
  }
  auto flushed = flush_everything_as_leader();
  if (flushed.has_value()) {
    const std::lock_guard manifest_lock(manifest_mutex_);
    const std::lock_guard lock(mutex_);
    edit.last_sequence = last_sequence_.load();
    edit.next_file = next_file_.load();
    edit.next_family = next_family_.load();
    for (const auto& [id, family] : families_) {
      held.push_back(family->owner);
      const auto& merge = family->options.merge_operator;
      edit.created.push_back({id, family->handle.name(), merge ? merge->name() : ""});
      for (int level = 0; level < kLevels; ++level)
        for (const FilePtr& file : family->version->levels[static_cast<std::size_t>(level)])
          edit.added.push_back({id, level, file, 0});
    }
  }
  release_lead();
  if (!flushed.has_value()) return std::move(flushed).context("checkpoint");
  AVILA_TRY_VOID(fs_.create_directories(path));
  for (const FileEdit& file : edit.added)
    AVILA_TRY_VOID(
        fs_.hard_link(file.file->path, table_name(path, file.file->number)).context("checkpoint"));
  const std::uint64_t number = *edit.next_file;
  edit.next_file = number + 1;
  AVILA_TRY(auto manifest, LogWriter::create(fs_, path, manifest_name(path, number), number, 0));
  manifest->add(*edit.last_sequence, edit.encode());
  AVILA_TRY_VOID(manifest->commit());
  AVILA_TRY_VOID(manifest->sync());
  AVILA_TRY_VOID(fs_.sync_directory(path));
  AVILA_TRY_VOID(fs_.write_atomically(current_name(path), as_bytes(encode_current(number))));
  return fs_.sync_directory(os::parent(path));
}

}  // namespace avila::lsm::detail

#include <algorithm>
#include <memory>

#include "engine.hpp"

namespace avila::lsm::detail {

bool Engine::flush_due(Family*& family) {
  for (const auto& [id, candidate] : families_) {
    if (candidate->immutables.empty() || candidate->flushing) continue;
    if (family == nullptr || candidate->handle.id() < family->handle.id()) family = candidate.get();
  }
  if (family != nullptr) family->flushing = true;
  return family != nullptr;
}

/// Writes a memtable to tables of level 0 and names them in the edit.
Result<std::uint64_t> Engine::write_memtable(Family& family, const Memtable& memtable,
                                             VersionEdit& edit) {
  OutputRequest request;
  request.options = &family.options;
  request.family = family.handle.id();
  request.family_name = family.handle.name();
  // Taken behind the memtable's end: a snapshot from now on sees all of it.
  request.snapshots = live_snapshots();
  request.tombstones = memtable.raw_tombstones();
  request.now_ns = clock_.wall().ns;
  const auto create = [&](std::uint64_t& number) {
    number = next_file_.fetch_add(1);
    return TableBuilder::create(fs_, table_name(path_, number), family.options, limiter_.get());
  };
  const auto input = memtable.iterate();
  AVILA_TRY(const auto outputs, write_tables(*input, request, create, {}));
  std::uint64_t bytes = 0;
  for (const OutputFile& output : outputs) {
    AVILA_TRY(auto file, open_output(output.number, output.size, output.properties));
    edit.added.push_back({request.family, 0, std::move(file), 0});
    bytes += output.size;
  }
  return bytes;
}

void Engine::count_flush(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++counted_.flushes;
  counted_.flushed_bytes += bytes;
  counted_.levels[0].bytes_written += bytes;
}

/// The oldest immutable memtable becomes a table of level 0. `flushing` is set by the caller.
Result<void> Engine::flush_one(Family& family) {
  auto result = [&]() -> Result<void> {
    std::shared_ptr<Memtable> memtable;
    std::uint64_t next_log = 0;
    bool alone = false;
    {
      const std::lock_guard lock(mutex_);
      memtable = family.immutables.back();
      next_log = family.immutables.size() > 1
                     ? family.immutables[family.immutables.size() - 2]->log_number()
                     : family.memtable->log_number();
      alone = families_.size() == 1;
    }
    VersionEdit edit;
    AVILA_TRY(const std::uint64_t bytes, write_memtable(family, *memtable, edit));
    // Batches span families: their parts in the log must be durable before this one's table is.
    if (!alone) AVILA_TRY_VOID(sync_closed_logs());
    edit.log_numbers.emplace_back(family.handle.id(), next_log);
    const Memtable* const flushed[] = {memtable.get()};
    AVILA_TRY_VOID(commit_edit(std::move(edit), flushed));
    count_flush(bytes);
    remove_old_logs();
    return {};
  }();
  const std::lock_guard lock(mutex_);
  family.flushing = false;
  background_done_.notify_all();
  return std::move(result).context("flush");
}

/// All immutable memtables of all families become tables in one edit, which needs no log.
Result<void> Engine::flush_all_at_once() {
  std::vector<std::pair<Family*, std::shared_ptr<Memtable>>> work;
  VersionEdit edit;
  {
    std::unique_lock lock(mutex_);
    background_done_.wait(lock, [this] {
      return std::none_of(families_.begin(), families_.end(),
                          [](const auto& f) { return f.second->flushing; });
    });
    for (const auto& [id, family] : families_) {
      family->flushing = true;
      for (auto at = family->immutables.rbegin(); at != family->immutables.rend(); ++at)
        work.emplace_back(family.get(), *at);
      edit.log_numbers.emplace_back(id, family->memtable->log_number());
    }
  }
  auto result = [&]() -> Result<void> {
    std::vector<const Memtable*> flushed;
    std::uint64_t bytes = 0;
    for (const auto& [family, memtable] : work) {
      AVILA_TRY(const std::uint64_t written, write_memtable(*family, *memtable, edit));
      flushed.push_back(memtable.get());
      bytes += written;
    }
    AVILA_TRY_VOID(commit_edit(std::move(edit), flushed));
    count_flush(bytes);
    remove_old_logs();
    return {};
  }();
  const std::lock_guard lock(mutex_);
  for (const auto& [id, family] : families_) family->flushing = false;
  background_done_.notify_all();
  return std::move(result).context("flush");
}

Result<void> Engine::commit_edit(VersionEdit edit, std::span<const Memtable* const> flushed) {
  const std::lock_guard manifest_lock(manifest_mutex_);
  {
    const std::lock_guard lock(mutex_);
    // Families that hold nothing in old logs let go of them.
    for (const auto& [id, family] : families_) {
      const std::uint64_t oldest = family->immutables.empty()
                                       ? family->memtable->log_number()
                                       : family->immutables.back()->log_number();
      const bool named = std::any_of(edit.log_numbers.begin(), edit.log_numbers.end(),
                                     [own = id](const auto& entry) { return entry.first == own; });
      if (oldest > family->log_number && !named) edit.log_numbers.emplace_back(id, oldest);
    }
    std::sort(edit.log_numbers.begin(), edit.log_numbers.end());
  }
  edit.next_file = next_file_.load();
  edit.last_sequence = last_sequence_.load();
  if (!edit.added.empty()) AVILA_TRY_VOID(fs_.sync_directory(path_));
  if (manifest_failed_ || manifest_->offset() > (8U << 20))
    AVILA_TRY_VOID(write_manifest_snapshot());
  manifest_->add(edit.last_sequence.value(), edit.encode());
  auto logged = manifest_->commit();
  if (logged.has_value()) logged = manifest_->sync();
  if (!logged.has_value()) {
    manifest_failed_ = true;  // what the file holds now is unknown: the next edit starts another
    return std::move(logged).error().context("manifest");
  }
  const std::lock_guard lock(mutex_);
  std::vector<std::uint32_t> changed;
  for (const auto* files : {&edit.added, &edit.removed})
    for (const FileEdit& file : *files) changed.push_back(file.family);
  for (const auto& [id, number] : edit.log_numbers)
    if (const auto at = families_.find(id); at != families_.end()) {
      at->second->log_number = std::max(at->second->log_number, number);
      auto& immutables = at->second->immutables;
      while (!immutables.empty() &&
             std::find(flushed.begin(), flushed.end(), immutables.back().get()) != flushed.end()) {
        immutables.pop_back();
        changed.push_back(id);
      }
    }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  for (const std::uint32_t id : changed) {
    const auto at = families_.find(id);
    if (at == families_.end()) continue;
    Family& family = *at->second;
    auto version = std::make_shared<Version>(*family.version);
    for (const FileEdit& edit_file : edit.removed) {
      if (edit_file.family != id) continue;
      auto& files = version->levels[static_cast<std::size_t>(edit_file.level)];
      std::erase_if(files, [&](const FilePtr& f) { return f->number == edit_file.number; });
    }
    for (const FileEdit& edit_file : edit.added) {
      if (edit_file.family != id) continue;
      version->levels[static_cast<std::size_t>(edit_file.level)].push_back(edit_file.file);
    }
    for (int level = 0; level < kLevels; ++level)
      sort_level(level, version->levels[static_cast<std::size_t>(level)]);
    family.version = std::move(version);
    publish(family);
  }
  return {};
}

void Engine::remove_old_logs() {
  std::uint64_t oldest = ~std::uint64_t{0};
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, family] : families_) oldest = std::min(oldest, family->log_number);
  }
  const std::lock_guard lock(closed_mutex_);
  std::erase_if(unsynced_logs_, [&](const auto& log) { return log->number() < oldest; });
  std::erase_if(closed_logs_, [&](const auto& log) {
    if (log.first >= oldest) return false;
    closed_log_bytes_ -= log.second;
    (void)fs_.remove(log_name(path_, log.first));  // else the next open removes it
    return true;
  });
}

void Engine::note_background(Result<void>& result) {
  const std::lock_guard lock(mutex_);
  if (result.has_value()) {
    background_error_.reset();
    return;
  }
  ++counted_.background_errors;
  background_error_ = result.error().clone();
  retry_at_ = clock_.now() + seconds(1);
}

Result<void> Engine::run_due_inline() {
  for (;;) {
    Family* family = nullptr;
    Pick pick;
    bool flush = false;
    {
      const std::lock_guard lock(mutex_);
      flush = flush_due(family);
      if (!flush && !compaction_due(family, pick)) return {};
    }
    if (flush)
      AVILA_TRY_VOID(flush_one(*family));
    else
      AVILA_TRY_VOID(compact(*family, pick));
  }
}

void Engine::background_loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Family* family = nullptr;
    Pick pick;
    const bool pausing = background_error_.has_value() && clock_.now() < retry_at_;
    const bool flush = !pausing && flush_due(family);
    if (pausing || (!flush && !compaction_due(family, pick))) {
      if (pausing)
        (void)background_wake_.wait_for(lock, std::chrono::milliseconds(100));
      else
        background_wake_.wait(lock);
      continue;
    }
    ++running_;
    lock.unlock();
    auto result = flush ? flush_one(*family) : compact(*family, pick);
    pick = {};  // files may be removed now, without the lock
    note_background(result);
    lock.lock();
    --running_;
    background_wake_.notify_one();
    background_done_.notify_all();
  }
}

Result<void> Engine::wait_for_background() {
  if (options_.background == Background::Inline || threads_.empty()) {
    if (options_.read_only) return {};
    return run_due_inline();
  }
  std::unique_lock lock(mutex_);
  background_wake_.notify_all();
  background_done_.wait(lock, [this] {
    if (stopping_ || background_error_) return true;
    if (running_ > 0) return false;
    for (const auto& [id, family] : families_) {
      Pick pick;
      if (!family->immutables.empty() || pick_for(*family, pick)) return false;
    }
    return true;
  });
  if (background_error_) return background_error_->clone();
  return {};
}

}  // namespace avila::lsm::detail

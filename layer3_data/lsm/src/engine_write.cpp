#include <algorithm>
#include <chrono>
#include <memory>

#include "engine.hpp"

namespace avila::lsm::detail {
namespace {
constexpr std::size_t kMaxGroupBytes = 1U << 20;

/// Hands the lead on when the scope ends.
template <class F>
struct AtExit {
  F run;
  ~AtExit() { run(); }
};
template <class F>
AtExit(F) -> AtExit<F>;
}  // namespace

void Engine::take_lead(Writer& self, std::unique_lock<std::mutex>& lock) {
  if (!led_) {
    led_ = true;
    self.leads = true;
    return;
  }
  queue_.push_back(&self);
  self.wake.wait(lock, [&self] { return self.done || self.leads; });
}

void Engine::release_lead() {
  const std::lock_guard lock(write_mutex_);
  if (queue_.empty()) {
    led_ = false;
    return;
  }
  Writer* next = queue_.front();
  queue_.pop_front();
  next->leads = true;
  next->wake.notify_one();
}

Result<void> Engine::check(const WriteBatch& batch) {
  if (batch.too_large_)
    return Error(Errc::LimitExceeded, "a key is over 65,535 bytes or a value over 256 MiB");
  if (batch.size_bytes() > kMaxBatchBytes)
    return Error(Errc::LimitExceeded, "a write batch is over 512 MiB");
  return {};
}

Result<void> Engine::write(const WriteBatch& batch, const WriteOptions& options) {
  if (batch.count() == 0) return {};
  if (options_.read_only) return Error(Errc::PermissionDenied, "the store was opened read-only");
  AVILA_TRY_VOID(check(batch));
  Writer self;
  self.batch = &batch;
  self.sync = options.sync;
  std::unique_lock lock(write_mutex_);
  take_lead(self, lock);
  if (self.done) {
    if (self.error) return std::move(*self.error);
    return {};
  }
  // Those who wait join in: one append, one sync for all. A write that wants no sync does not
  // wait for another's.
  std::vector<Writer*> more;
  std::size_t bytes = batch.size_bytes();
  while (!queue_.empty()) {
    Writer* next = queue_.front();
    if (next->batch == nullptr || (next->sync && !self.sync)) break;
    bytes += next->batch->size_bytes();
    if (bytes > kMaxGroupBytes) break;
    queue_.pop_front();
    if (more.empty()) more.push_back(&self);
    more.push_back(next);
  }
  lock.unlock();
  Writer* const alone[] = {&self};
  const std::span<Writer* const> group =
      more.empty() ? std::span<Writer* const>(alone) : std::span<Writer* const>(more);
  Result<void> result = commit(group, self.sync);
  if (more.empty() && options_.background == Background::Threads) {
    release_lead();
    return result;
  }
  if (result.has_value() && options_.background == Background::Inline) {
    auto due = run_due_inline();  // its failure is noted; the write itself is done
    note_background(due);
  }
  lock.lock();
  for (Writer* follower : group) {
    if (follower == &self) continue;
    if (!result.has_value()) follower->error = result.error().clone();
    follower->done = true;
    follower->wake.notify_one();
  }
  lock.unlock();
  release_lead();
  return result;
}

Result<void> Engine::commit(std::span<Writer* const> group, bool sync) {
  if (closed_.load(std::memory_order_relaxed)) return Error(Errc::Closed, "the store is closed");
  if (log_failed_) AVILA_TRY_VOID(recover_from_log_failure());
  AVILA_TRY_VOID(make_room());
  if (slow_families_.load(std::memory_order_relaxed) > 0 &&
      options_.background == Background::Threads) {
    delayed_.fetch_add(1, std::memory_order_relaxed);
    std::this_thread::sleep_for(std::chrono::nanoseconds(options_.write_delay.ns));
  }
  Sequence sequence = last_sequence_.load(std::memory_order_relaxed) + 1;
  const Sequence first = sequence;
  for (const Writer* writer : group) {
    log_->add(sequence, writer->batch->bytes());
    sequence += writer->batch->count();
  }
  auto logged = log_->commit();
  if (logged.has_value() && sync) {
    logged = sync_closed_logs();
    if (logged.has_value()) logged = log_->sync();
    log_syncs_.fetch_add(1, std::memory_order_relaxed);
  }
  if (!logged.has_value()) {
    log_failed_ = true;
    return std::move(logged)
        .error()
        .context("write-ahead log")
        .with_hint("the write was refused; reads go on, writes work again once the disk does");
  }
  sequence = first;
  std::size_t bytes = 0;
  for (const Writer* writer : group) {
    apply(*writer->batch, sequence);
    sequence += writer->batch->count();
    bytes += writer->batch->size_bytes();
  }
  last_sequence_.store(sequence - 1, std::memory_order_release);
  const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  };
  add(writes_, sequence - first);
  add(groups_, 1);
  add(log_bytes_, bytes);
  return {};
}

void Engine::apply(const WriteBatch& batch, Sequence sequence) {
  BatchReader reader(batch.bytes());
  BatchEntry entry;
  while (reader.next(entry)) {
    Family* family = default_family_;
    if (entry.family != 0) {
      const auto at = families_.find(entry.family);  // the leader alone changes the map
      family = at != families_.end() ? at->second.get() : nullptr;
    }
    if (family != nullptr) {  // else it was dropped meanwhile
      if (entry.kind == Kind::EraseRange)
        family->memtable->add_range_tombstone(sequence, entry.key, entry.value);
      else
        family->memtable->add(make_tag(sequence, entry.kind), entry.key, entry.value);
      if (family->memtable->full()) room_needed_ = true;
    }
    ++sequence;
  }
}

Result<void> Engine::make_room() {
  if (!room_needed_ && log_->offset() + closed_log_bytes_ <= options_.max_log_bytes) return {};
  std::vector<Family*> full;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, family] : families_)
      if (family->memtable->full()) full.push_back(family.get());
  }
  std::sort(full.begin(), full.end(),
            [](Family* a, Family* b) { return a->handle.id() < b->handle.id(); });
  for (Family* family : full) AVILA_TRY_VOID(wait_for_room(*family));
  const bool all = log_->offset() + closed_log_bytes_ > options_.max_log_bytes;
  if (full.empty() && !all) {
    room_needed_ = false;
    return {};
  }
  AVILA_TRY_VOID(rotate(all));
  room_needed_ = false;
  return {};
}

/// Bounded: a deliberate delay is at most `write_delay`; longer waits end as soon as a flush (or,
/// far behind, a compaction) does, or with its error.
Result<void> Engine::wait_for_room(Family& family) {
  std::unique_lock lock(mutex_);
  const auto crowded = [&] {
    return family.immutables.size() >=
           static_cast<std::size_t>(std::max(1, family.options.max_immutable_memtables));
  };
  const auto far_behind = [&] {
    return family.version->levels[0].size() >=
           static_cast<std::size_t>(family.options.l0_stop_files);
  };
  if (!crowded() && !far_behind()) return {};
  if (options_.background == Background::Inline) {
    lock.unlock();
    AVILA_TRY_VOID(run_due_inline());
    return {};
  }
  stalls_.fetch_add(1, std::memory_order_relaxed);
  const Instant start = clock_.now();
  background_error_.reset();  // try again, and wait for the outcome of this try
  retry_at_ = {};
  background_wake_.notify_all();
  background_done_.wait(lock, [&] {
    return (!crowded() && !far_behind()) || background_error_.has_value() || stopping_;
  });
  stall_ns_.fetch_add(static_cast<std::uint64_t>((clock_.now() - start).ns),
                      std::memory_order_relaxed);
  if (background_error_)
    return background_error_->clone().context("no room for the write: background work failed");
  return {};
}

Result<void> Engine::rotate(bool all) {
  const std::uint64_t number = next_file_.fetch_add(1);
  auto created = LogWriter::create(fs_, path_, log_name(path_, number), number,
                                   last_sequence_.load(std::memory_order_relaxed) + 1);
  if (!created.has_value()) {
    (void)fs_.remove(log_name(path_, number));
    return std::move(created)
        .error()
        .context("new write-ahead log")
        .with_hint("the write was refused; reads go on, writes work again once the disk does");
  }
  {
    const std::lock_guard lock(closed_mutex_);
    closed_logs_.emplace_back(log_->number(), log_->offset());
    closed_log_bytes_ += log_->offset();
    if (log_->unsynced()) unsynced_logs_.push_back(std::move(log_));
    log_ = std::move(created).value();
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [id, family] : families_) {
    if (family->memtable->empty()) {
      family->memtable->set_log_number(number);
      continue;
    }
    if (!family->memtable->full() && !all) continue;
    family->immutables.insert(family->immutables.begin(), family->memtable);
    family->memtable = std::make_shared<Memtable>(family->options.memtable_bytes, number);
    publish(*family);
  }
  background_wake_.notify_all();
  return {};
}

Result<void> Engine::sync_closed_logs() {
  // A record in a newer log must not be durable before older ones: writes survive as a prefix.
  const std::lock_guard lock(closed_mutex_);
  while (!unsynced_logs_.empty()) {
    auto synced = unsynced_logs_.front()->sync();
    if (!synced.has_value()) {
      log_failed_ = true;
      return synced;
    }
    unsynced_logs_.pop_front();
  }
  return {};
}

/// After a failed append or sync nobody knows what the file holds, and the kernel may have
/// dropped pages it could not write. So everything in memory goes to tables, synced, and a new
/// log begins, before any other write is taken.
Result<void> Engine::recover_from_log_failure() {
  AVILA_TRY_VOID(rotate(true));
  AVILA_TRY_VOID(flush_all_at_once());
  log_failed_ = false;
  return {};
}

Result<void> Engine::flush_as_leader() {
  for (;;) {
    Family* due = nullptr;
    {
      std::unique_lock lock(mutex_);
      background_done_.wait(lock, [this] {
        return std::none_of(families_.begin(), families_.end(),
                            [](const auto& f) { return f.second->flushing; });
      });
      if (!flush_due(due)) return {};
    }
    AVILA_TRY_VOID(flush_one(*due));
  }
}

Result<void> Engine::flush_everything_as_leader() {
  if (closed_.load()) return Error(Errc::Closed, "the store is closed");
  if (log_failed_) AVILA_TRY_VOID(recover_from_log_failure());
  bool any = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, family] : families_) any = any || !family->memtable->empty();
  }
  if (any) AVILA_TRY_VOID(rotate(true));
  return flush_as_leader();
}

Result<void> Engine::flush() {
  if (options_.read_only) return Error(Errc::PermissionDenied, "the store was opened read-only");
  Writer self;
  {
    std::unique_lock lock(write_mutex_);
    take_lead(self, lock);
  }
  const AtExit release{[this] { release_lead(); }};
  return flush_everything_as_leader();
}

Result<void> Engine::sync() {
  if (options_.read_only) return {};
  Writer self;
  {
    std::unique_lock lock(write_mutex_);
    take_lead(self, lock);
  }
  const AtExit release{[this] { release_lead(); }};
  if (closed_.load()) return Error(Errc::Closed, "the store is closed");
  if (log_failed_) return recover_from_log_failure();
  auto synced = sync_closed_logs();
  if (synced.has_value() && log_->unsynced()) {
    synced = log_->sync();
    log_syncs_.fetch_add(1, std::memory_order_relaxed);
  }
  if (!synced.has_value()) log_failed_ = true;
  return synced;
}

}  // namespace avila::lsm::detail

#include <algorithm>
#include <memory>

#include "engine.hpp"

namespace avila::lsm::detail {

class Engine::ReadGuard {
 public:
  ReadGuard(Engine& engine, Family& family) {
    static std::atomic<unsigned> next_thread{0};
    thread_local const unsigned own = next_thread.fetch_add(1, std::memory_order_relaxed);
    SuperVersion* state = family.current.load(std::memory_order_acquire);
    for (unsigned i = 0; i < 4; ++i) {
      std::atomic<SuperVersion*>& slot = engine.slots_[(own + i) % kReadSlots].used;
      SuperVersion* empty = nullptr;
      if (!slot.compare_exchange_strong(empty, state)) continue;
      slot_ = &slot;
      // A writer that replaced the state before it could see the mark may have freed it: retry
      // until the marked one is current.
      for (;;) {
        SuperVersion* now = family.current.load();
        if (now == state) break;
        state = now;
        slot.store(state);
      }
      state_ = state;
      return;
    }
    pinned_ = engine.pin(family);  // the slots are taken: many threads share them
    state_ = pinned_.get();
  }
  ~ReadGuard() {
    if (slot_ != nullptr) slot_->store(nullptr, std::memory_order_release);
  }
  ReadGuard(const ReadGuard&) = delete;
  ReadGuard& operator=(const ReadGuard&) = delete;
  const SuperVersion& operator*() const noexcept { return *state_; }
  const SuperVersion* operator->() const noexcept { return state_; }

 private:
  SuperVersion* state_ = nullptr;
  std::atomic<SuperVersion*>* slot_ = nullptr;
  std::shared_ptr<SuperVersion> pinned_;
};

std::shared_ptr<SuperVersion> Engine::pin(Family& family) {
  const std::lock_guard lock(mutex_);
  return family.owner;
}

void Engine::publish(Family& family) {
  auto state = std::make_shared<SuperVersion>();
  state->memtable = family.memtable;
  state->immutables = family.immutables;
  state->version = family.version;
  if (family.owner) retired_.push_back(std::move(family.owner));
  family.owner = std::move(state);
  family.current.store(family.owner.get());
  const bool slow = family.version->levels[0].size() >=
                    static_cast<std::size_t>(family.options.l0_slowdown_files);
  if (slow != family.slow) slow_families_ += slow ? 1 : -1;
  family.slow = slow;
  reap();
}

void Engine::reap() {
  std::erase_if(retired_, [this](const std::shared_ptr<SuperVersion>& state) {
    return std::none_of(slots_.begin(), slots_.end(),
                        [&state](const ReadSlot& slot) { return slot.used.load() == state.get(); });
  });
}

Result<bool> Engine::get(std::string_view key, std::string& value, const ReadOptions& options) {
  if (closed_.load(std::memory_order_relaxed)) return Error(Errc::Closed, "the store is closed");
  Family& family = *resolve(options.family);
  const ReadGuard state(*this, family);
  Lookup lookup;
  lookup.key = key;
  lookup.value = &value;
  lookup.clock = &clock_;
  lookup.visible = options.snapshot != nullptr ? options.snapshot->sequence()
                                               : last_sequence_.load(std::memory_order_acquire);
  bool done = state->memtable->get(lookup);
  for (std::size_t i = 0; i < state->immutables.size() && !done; ++i)
    done = state->immutables[i]->get(lookup);
  if (!done) {
    std::uint64_t filtered = 0;
    AVILA_TRY(done, state->version->get(lookup, options.fill_cache, filtered));
    if (filtered != 0) filtered_.fetch_add(filtered, std::memory_order_relaxed);
  }
  const bool found = lookup.state == Lookup::State::Found;
  if (lookup.operands.empty()) return found;
  std::string base;
  if (found) base = std::move(value);
  AVILA_TRY_VOID(fold(family.options.merge_operator.get(), key,
                      found ? std::optional<std::string_view>(base) : std::nullopt, lookup.operands,
                      value));
  return true;
}

std::unique_ptr<Iterator> Engine::iterate(const ReadOptions& options) {
  if (closed_.load(std::memory_order_relaxed))
    return make_failed_iterator(Error(Errc::Closed, "the store is closed"));
  Family& family = *resolve(options.family);
  auto state = pin(family);
  // Read behind the state: what the number names is in the state, or in a memtable newer than all
  // of it, which leaves a state as of the switch.
  const Sequence visible = options.snapshot != nullptr
                               ? options.snapshot->sequence()
                               : last_sequence_.load(std::memory_order_acquire);
  return make_db_iterator(std::move(state), visible, options, family.options.merge_operator.get(),
                          clock_);
}

Snapshot Engine::snapshot() {
  const std::lock_guard lock(snapshot_mutex_);
  const Sequence sequence = last_sequence_.load(std::memory_order_acquire);
  snapshots_.insert(sequence);
  return Snapshot(this, sequence);
}
void Engine::release(std::uint64_t sequence) {
  const std::lock_guard lock(snapshot_mutex_);
  if (const auto at = snapshots_.find(sequence); at != snapshots_.end()) snapshots_.erase(at);
}
std::vector<Sequence> Engine::live_snapshots() {
  const std::lock_guard lock(snapshot_mutex_);
  std::vector<Sequence> out(snapshots_.begin(), snapshots_.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::uint64_t Engine::approximate_size(std::string_view begin, std::string_view end,
                                       ColumnFamily* handle) {
  const auto state = pin(*resolve(handle));
  std::uint64_t total = 0;
  for (const auto& files : state->version->levels) {
    for (const FilePtr& file : files) {
      if (!file->overlaps(begin, end, !end.empty())) continue;
      const std::uint64_t to = end.empty() ? file->size : file->table->offset_of(end);
      const std::uint64_t from = file->table->offset_of(begin);
      total += to > from ? to - from : 0;
    }
  }
  return total;
}

Result<void> Engine::verify() {
  std::vector<std::shared_ptr<SuperVersion>> states;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, family] : families_) states.push_back(family->owner);
  }
  for (const auto& state : states)
    for (const auto& files : state->version->levels)
      for (const FilePtr& file : files) AVILA_TRY_VOID(file->table->verify());
  return {};
}

Stats Engine::stats() {
  Stats out;
  {
    const std::lock_guard lock(mutex_);
    out = counted_;
    for (const auto& [id, family] : families_) {
      out.memtable_bytes += family->memtable->bytes();
      out.immutable_memtables += family->immutables.size();
      for (std::size_t level = 0; level < family->version->levels.size(); ++level) {
        out.levels[level].files += family->version->levels[level].size();
        out.levels[level].bytes += family->version->bytes(static_cast<int>(level));
      }
    }
    out.families = families_.size();
    if (background_error_) out.last_background_error = background_error_->to_string();
  }
  out.writes = writes_.load();
  out.write_groups = groups_.load();
  out.log_bytes = log_bytes_.load();
  out.log_syncs = log_syncs_.load();
  out.stalls = stalls_.load();
  out.stall_ns = stall_ns_.load();
  out.delayed_writes = delayed_.load();
  out.filter_negatives = filtered_.load();
  out.last_sequence = last_sequence_.load();
  if (cache_) {
    out.cache_hits = cache_->hits();
    out.cache_misses = cache_->misses();
    out.cache_bytes = cache_->bytes();
  }
  const std::lock_guard lock(snapshot_mutex_);
  out.snapshots = snapshots_.size();
  return out;
}

}  // namespace avila::lsm::detail

#include <algorithm>
#include <atomic>
#include <avila/pool/core.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

namespace avila::pool::detail {

namespace {

struct Idle {
  void* object;
  Instant since;
};

/// A number of its own for each thread, to spread them over the shards.
unsigned thread_number() noexcept {
  static std::atomic<unsigned> next{0};
  thread_local const unsigned number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

struct alignas(64) Shard {
  std::mutex mutex;
  std::deque<Idle> idle;  ///< oldest first; lent from the back, so that the rest may age
};

// Waking. A waiter counts itself in `waiters`, then looks once more, then sleeps; who frees an
// object or a place does so, then reads `waiters`. Both are seq_cst, so one of the two sees the
// other; and the waiter holds wait_mutex from its look to its sleep, so the call cannot fall
// between.
struct Core::State {
  State(Hooks h, const Options& o, os::Clock& c)
      : hooks(std::move(h)), options(o), clock(c), shards(o.shards) {}

  Hooks hooks;
  const Options options;
  os::Clock& clock;
  std::vector<Shard> shards;
  std::atomic<std::size_t> objects{0};  ///< idle, out, and being made
  std::atomic<std::size_t> idle{0};
  std::atomic<std::size_t> in_use{0}, peak_in_use{0};
  std::atomic<bool> closed{false};
  std::atomic<unsigned> waiters{0};
  std::mutex wait_mutex;
  std::condition_variable wait_condition;
  // Counters: relaxed, each a number of its own.
  std::atomic<std::uint64_t> acquired{0}, reused{0}, created{0}, destroyed{0}, evicted{0},
      invalid{0}, discarded{0}, make_failures{0}, waits{0}, timeouts{0};

  Shard& home() noexcept { return shards[thread_number() % shards.size()]; }

  void wake_one() noexcept {
    if (waiters.load() == 0) return;
    const std::lock_guard guard(wait_mutex);
    wait_condition.notify_one();
  }
  void destroy(void* object) noexcept {
    hooks.destroy(object);
    destroyed.fetch_add(1, std::memory_order_relaxed);
    objects.fetch_sub(1);
    wake_one();
  }
  bool reserve() noexcept {  // a place for one more object
    std::size_t count = objects.load();
    while (count < options.max_objects)
      if (objects.compare_exchange_weak(count, count + 1)) return true;
    return false;
  }
  Result<void*> make() {  // into a reserved place
    auto made = hooks.make();
    if (made.has_value()) {
      created.fetch_add(1, std::memory_order_relaxed);
      return made;
    }
    make_failures.fetch_add(1, std::memory_order_relaxed);
    objects.fetch_sub(1);
    wake_one();
    return made;
  }
  void put_idle(Shard& shard, void* object) {
    const std::lock_guard guard(shard.mutex);
    shard.idle.push_back({object, clock.now()});
    idle.fetch_add(1);
  }
  void* take_idle(Shard& shard) noexcept {
    const std::lock_guard guard(shard.mutex);
    if (shard.idle.empty()) return nullptr;
    void* object = shard.idle.back().object;
    shard.idle.pop_back();
    idle.fetch_sub(1);
    return object;
  }
  /// The home shard first, then the others.
  void* take_any() noexcept {
    if (idle.load() == 0) return nullptr;
    const std::size_t start = thread_number() % shards.size();
    for (std::size_t i = 0; i < shards.size(); ++i)
      if (void* object = take_idle(shards[(start + i) % shards.size()])) return object;
    return nullptr;
  }
  void* lend(void* object) noexcept {
    const std::size_t now = in_use.fetch_add(1, std::memory_order_relaxed) + 1;
    std::size_t peak = peak_in_use.load(std::memory_order_relaxed);
    while (now > peak && !peak_in_use.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
    acquired.fetch_add(1, std::memory_order_relaxed);
    return object;
  }
  /// Idle objects of the shard that are past the limit.
  std::size_t evict(Shard& shard) {
    if (options.idle_limit <= Duration::zero()) return 0;
    std::size_t count = 0;
    while (true) {
      void* object = nullptr;
      {
        const std::lock_guard guard(shard.mutex);
        if (shard.idle.empty() || clock.now() - shard.idle.front().since < options.idle_limit)
          return count;
        // Taken from the number first: two shards may not both take the last above min_idle.
        std::size_t left = idle.load();
        do {
          if (left <= options.min_idle) return count;
        } while (!idle.compare_exchange_weak(left, left - 1));
        object = shard.idle.front().object;
        shard.idle.pop_front();
      }
      evicted.fetch_add(1, std::memory_order_relaxed);
      destroy(object);
      ++count;
    }
  }
};

Core::Core(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Core::~Core() { close(); }

Result<std::shared_ptr<Core>> Core::create(Hooks hooks, const Options& options, os::Clock& clock) {
  if (!hooks.make) return Error(Errc::InvalidArgument, "a pool needs a `make` hook");
  if (options.max_objects == 0 || options.max_objects > kMaxObjects)
    return Error(Errc::InvalidArgument, "max_objects must be 1 to kMaxObjects");
  if (options.preallocate > options.max_objects)
    return Error(Errc::InvalidArgument, "preallocate is above max_objects");
  if (options.shards == 0 || options.shards > kMaxShards)
    return Error(Errc::InvalidArgument, "shards must be 1 to kMaxShards");
  auto state = std::make_unique<State>(std::move(hooks), options, clock);
  State& s = *state;
  std::shared_ptr<Core> core(new Core(std::move(state)));
  for (std::size_t i = 0; i < options.preallocate; ++i) {
    s.objects.fetch_add(1);
    AVILA_TRY(void* object, s.make());
    s.put_idle(s.shards[i % s.shards.size()], object);
  }
  return core;
}

Result<void*> Core::try_acquire() {
  State& s = *state_;
  if (s.closed) return Error(Errc::Closed, "the pool is closed");
  s.evict(s.home());
  while (void* object = s.take_any()) {
    if (!s.hooks.validate || s.hooks.validate(object)) {
      s.reused.fetch_add(1, std::memory_order_relaxed);
      return s.lend(object);
    }
    s.invalid.fetch_add(1, std::memory_order_relaxed);
    s.destroy(object);
  }
  if (!s.reserve()) return Error(Errc::WouldBlock, "every object of the pool is in use");
  AVILA_TRY(void* object, s.make());
  return s.lend(object);
}

Result<void*> Core::acquire(Duration timeout) {
  State& s = *state_;
  auto first = try_acquire();
  if (first.has_value() || first.error().code() != Errc::WouldBlock) return first;
  s.waits.fetch_add(1, std::memory_order_relaxed);
  const auto start = std::chrono::steady_clock::now();
  const bool forever = timeout.ns > Duration{INT64_MAX / 4}.ns;
  const auto deadline = start + std::chrono::nanoseconds(forever ? 0 : timeout.ns);
  s.waiters.fetch_add(1);
  while (true) {
    // Looked for under wait_mutex, but made, validated and lent without it.
    bool ready = false, late = false;
    {
      std::unique_lock lock(s.wait_mutex);
      const auto there = [&s] {
        return s.closed || s.idle.load() > 0 || s.objects.load() < s.options.max_objects;
      };
      if (forever) {
        s.wait_condition.wait(lock, there);
        ready = true;
      } else {
        ready = s.wait_condition.wait_until(lock, deadline, there);
        late = !ready;
      }
    }
    if (late) break;
    auto result = try_acquire();
    if (result.has_value() || result.error().code() != Errc::WouldBlock) {
      s.waiters.fetch_sub(1);
      // Whoever was woken for what another took, or whose make failed, hands the call on.
      s.wake_one();
      return result;
    }
  }
  s.waiters.fetch_sub(1);
  s.wake_one();
  s.timeouts.fetch_add(1, std::memory_order_relaxed);
  return Error(Errc::TimedOut, "no object came back to the pool in time");
}

void Core::give_back(void* object) noexcept {
  State& s = *state_;
  s.in_use.fetch_sub(1, std::memory_order_relaxed);
  if (s.closed) return s.destroy(object);
  if ((s.hooks.recycle && !s.hooks.recycle(object)) || s.idle.load() >= s.options.max_idle) {
    s.discarded.fetch_add(1, std::memory_order_relaxed);
    return s.destroy(object);
  }
  Shard& shard = s.home();
  try {
    s.put_idle(shard, object);
  } catch (...) {  // no memory for the list
    return s.destroy(object);
  }
  // close() may have emptied this shard just before: then nobody else would come for the object.
  if (s.closed) close();
  s.evict(shard);
  s.wake_one();
}

void Core::discard(void* object) noexcept {
  State& s = *state_;
  s.in_use.fetch_sub(1, std::memory_order_relaxed);
  s.discarded.fetch_add(1, std::memory_order_relaxed);
  s.destroy(object);
}

std::size_t Core::evict() {
  std::size_t count = 0;
  for (Shard& shard : state_->shards) count += state_->evict(shard);
  return count;
}

void Core::close() noexcept {
  State& s = *state_;
  s.closed = true;
  for (Shard& shard : s.shards)
    while (void* object = s.take_idle(shard)) s.destroy(object);
  const std::lock_guard guard(s.wait_mutex);
  s.wait_condition.notify_all();
}

Stats Core::stats() const {
  const State& s = *state_;
  return {.acquired = s.acquired,
          .reused = s.reused,
          .created = s.created,
          .destroyed = s.destroyed,
          .evicted = s.evicted,
          .invalid = s.invalid,
          .discarded = s.discarded,
          .make_failures = s.make_failures,
          .waits = s.waits,
          .timeouts = s.timeouts,
          .idle = s.idle,
          .in_use = s.in_use,
          .peak_in_use = s.peak_in_use};
}

}  // namespace avila::pool::detail

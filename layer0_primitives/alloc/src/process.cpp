#include "process.hpp"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <algorithm>

#include "check.hpp"
#include "counters.hpp"
#include "os_memory.hpp"

namespace avila::alloc::detail {

namespace {

/// Free pages go back to the system after this long.
constexpr std::uint64_t kDecayMs = 1000;

enum class Mode : std::uint8_t { Unknown, Plain, Stats, Check };

constinit void* g_null_slot = nullptr;
constinit Core g_core{};
constinit Lock g_init_lock;
constinit std::atomic<Mode> g_mode{Mode::Unknown};
pthread_key_t g_exit_key;
AVILA_INITIAL_EXEC constinit thread_local bool t_exited = false;

constexpr CacheHead make_no_cache() {
  CacheHead head{};
  for (Bin& bin : head.bins) bin = {&g_null_slot, &g_null_slot};
  return head;
}

// fork: the child has one thread, and must not find a lock that another thread held. The caches of
// the threads that are gone stay as they are: nobody knows in which state they were.
void before_fork() {
  check_lock();
  g_core.lock_all();
}
void after_fork() {
  g_core.unlock_all();
  check_unlock();
}

void at_thread_exit(void*) {
  auto* cache = static_cast<ThreadCache*>(t_cache);
  t_cache = &g_no_cache;
  t_exited = true;  // what still runs in this thread goes to the central lists directly
  cache->flush_all();
  release_cache(g_core, cache);
}

Mode read_mode() noexcept {
  const char* words = ::getenv("AVILA_MALLOC");
  if (words == nullptr) return Mode::Plain;
  if (std::strstr(words, "abort") != nullptr) check_abort_on_error();
  if (std::strstr(words, "check") != nullptr) return Mode::Check;
  return std::strstr(words, "stats") != nullptr ? Mode::Stats : Mode::Plain;
}

/// Runs in the first call of all, so on one thread or few; nothing it calls may need a lock of
/// ours.
[[gnu::noinline]] Mode initialise() noexcept {
  const LockGuard guard(g_init_lock);
  Mode mode = g_mode.load(std::memory_order_relaxed);
  if (mode != Mode::Unknown) return mode;
  g_core.configure(kDecayMs, 0);
  ::pthread_key_create(&g_exit_key, at_thread_exit);
  mode = read_mode();
  g_lowest_fast = mode == Mode::Check ? UINTPTR_MAX : 1;
  // release: whoever sees the mode sees the key.
  g_mode.store(mode, std::memory_order_release);
  return mode;
}

Mode current_mode() noexcept {
  const Mode mode = g_mode.load(std::memory_order_acquire);
  return mode != Mode::Unknown ? mode : initialise();
}

// After the C library is up: these may allocate.
[[gnu::constructor]] void register_hooks() {
  const Mode mode = current_mode();
  if (mode != Mode::Plain) os::keep_stderr();
  ::pthread_atfork(before_fork, after_fork, after_fork);
  if (mode == Mode::Stats) ::atexit(report_counters);
  if (mode == Mode::Check) ::atexit(check_report_leaks);
}

/// This thread's cache, made when there is none; null when it shall have none.
ThreadCache* own_cache() noexcept {
  if (t_cache != &g_no_cache) return static_cast<ThreadCache*>(t_cache);
  if (t_exited) return nullptr;
  ThreadCache* cache = make_cache(g_core);
  if (cache == nullptr) return nullptr;
  t_cache = cache;  // before what follows, which may allocate
  ::pthread_setspecific(g_exit_key, cache);
  return cache;
}

void* allocate_plain(std::size_t size, std::size_t align, bool use_cache) noexcept {
  const std::size_t request = align <= kMinAlign ? size : aligned_request(size, align);
  ThreadCache* cache = use_cache && request <= kMaxSmall ? own_cache() : nullptr;
  if (cache == nullptr) return g_core.allocate_direct(size, align);
  const unsigned index = size_class(request);
  void* block = cache->take(index);
  return block != nullptr ? block : cache->refill(index);
}

void* allocate_any(std::size_t size, std::size_t align, Face face) noexcept {
  const Mode mode = current_mode();
  if (size > PTRDIFF_MAX || align > PTRDIFF_MAX / 2) {
    errno = ENOMEM;
    return nullptr;
  }
  if (mode == Mode::Check) {
    if (void* block = check_allocate(size, align, face)) return block;
    errno = ENOMEM;
    return nullptr;
  }
  void* block = allocate_plain(size, align, mode == Mode::Plain);
  if (block == nullptr) {  // what waits in caches and lists may be enough
    process_purge();
    block = allocate_plain(size, align, mode == Mode::Plain);
  }
  if (block == nullptr) {
    errno = ENOMEM;
    return nullptr;
  }
  if (mode == Mode::Stats) count_allocate(locate(block, &g_core).usable);
  return block;
}

}  // namespace

constinit CacheHead g_no_cache = make_no_cache();
AVILA_INITIAL_EXEC constinit thread_local CacheHead* t_cache = &g_no_cache;
constinit std::uintptr_t g_lowest_fast = 1;

Core& process_core() noexcept { return g_core; }

void* allocate_slow(std::size_t size, Face face) noexcept {
  return allocate_any(size, kMinAlign, face);
}

void free_slow(void* block, Face face) noexcept {
  if (block == nullptr) return;
  const Mode mode = current_mode();
  if (mode == Mode::Check) return check_free(block, face);
  const Block place = locate(block, &g_core);
  if (mode == Mode::Stats) count_free(place.usable);
  if (place.size_class == kNoClass) return g_core.free_large(block);
  ThreadCache* cache = mode == Mode::Plain ? own_cache() : nullptr;
  if (cache == nullptr) return g_core.flush(place.size_class, &block, 1);
  if (!cache->put(place.size_class, block)) cache->overflow(place.size_class, block);
}

void* process_allocate_aligned(std::size_t size, std::size_t align, Face face) noexcept {
  if (align <= kMinAlign) return process_allocate(size, face);
  const std::size_t rounded = aligned_request(size, align);
  if (rounded <= kMaxSmall && align <= kSliceSize && current_mode() == Mode::Plain)
    return process_allocate(rounded, face);
  return allocate_any(size, align, face);
}

void* process_allocate_zeroed(std::size_t size) noexcept {
  if (size > kMaxSmall && size <= PTRDIFF_MAX && current_mode() == Mode::Plain) {
    bool zeroed = false;
    if (void* block = g_core.allocate_large(size, kMinAlign, &zeroed))
      return zeroed ? block : std::memset(block, 0, size);
  }
  void* block = process_allocate(size);
  return block != nullptr ? std::memset(block, 0, size) : nullptr;
}

void* process_reallocate(void* block, std::size_t size) noexcept {
  if (block == nullptr) return process_allocate(size);
  const Mode mode = current_mode();
  if (size > PTRDIFF_MAX) {
    errno = ENOMEM;
    return nullptr;
  }
  if (mode == Mode::Check) {
    void* moved = check_reallocate(block, size);
    if (moved == nullptr) errno = ENOMEM;
    return moved;
  }
  const Block place = locate(block, &g_core);
  if (place.size_class != kNoClass) {  // stays when it fits and would not waste half
    if (size <= place.usable && size >= place.usable / 2) return block;
  } else if (void* resized = g_core.resize_large(block, size)) {
    if (mode == Mode::Stats) {
      count_free(place.usable);
      count_allocate(locate(resized, &g_core).usable);
    }
    return resized;
  }
  void* moved = process_allocate(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(size, place.usable));
  process_free(block);
  return moved;
}

std::size_t process_usable_size(const void* block) noexcept {
  if (block == nullptr) return 0;
  if (current_mode() == Mode::Check) return check_usable_size(block);
  return locate(block, &g_core).usable;
}

void process_purge() noexcept {
  if (t_cache != &g_no_cache) static_cast<ThreadCache*>(t_cache)->flush_all();
  g_core.purge();
}

}  // namespace avila::alloc::detail

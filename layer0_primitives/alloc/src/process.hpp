// The heap of the process: what malloc stands on. The fast path is inline.
#pragma once
#include "thread_cache.hpp"

#if defined(__GNUC__) && !defined(_WIN32)
#define AVILA_INITIAL_EXEC [[gnu::tls_model("initial-exec")]]
#else
#define AVILA_INITIAL_EXEC
#endif

namespace avila::alloc::detail {

/// A thread without a cache has this one, every bin of which is empty and full: the fast path then
/// needs no test for it.
extern constinit CacheHead g_no_cache;

// Initial-exec: an access is one instruction and never calls __tls_get_addr, which may allocate.
AVILA_INITIAL_EXEC extern constinit thread_local CacheHead* t_cache;

/// Addresses below are no business of free's fast path: null, and in checking mode all.
extern std::uintptr_t g_lowest_fast;

/// How a block was asked for; the checking mode compares it with how it is given back.
enum class Face : std::uint8_t { Malloc, New, NewArray };

void* allocate_slow(std::size_t size, Face face) noexcept;
void free_slow(void* block, Face face) noexcept;

inline void* process_allocate(std::size_t size, Face face = Face::Malloc) noexcept {
  if (size <= kTableMax) [[likely]] {
    if (void* block = t_cache->take(kClassTable[(size + 15) / 16])) [[likely]]
      return block;
  } else if (size <= kMaxSmall) {
    if (void* block = t_cache->take(compute_class(size))) [[likely]]
      return block;
  }
  return allocate_slow(size, face);
}

inline void process_free(void* block, Face face = Face::Malloc) noexcept {
  if (reinterpret_cast<std::uintptr_t>(block) < g_lowest_fast) [[unlikely]]
    return free_slow(block, face);
  const unsigned index = segment_of(block)->info[slice_of(block)].size_class;
  if (!t_cache->put(index, block)) [[unlikely]]
    free_slow(block, face);
}

/// `align` is a power of two. Null with errno ENOMEM as the others.
void* process_allocate_aligned(std::size_t size, std::size_t align, Face face) noexcept;
void* process_allocate_zeroed(std::size_t size) noexcept;
void* process_reallocate(void* block, std::size_t size) noexcept;
std::size_t process_usable_size(const void* block) noexcept;
/// Gives this thread's cache and all free pages back.
void process_purge() noexcept;

Core& process_core() noexcept;

}  // namespace avila::alloc::detail

// A general-purpose allocator: size classes, thread caches, spans that go back to the system. The
// free functions work on the heap of the process; `Heap` is one of your own, freed as a whole.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::alloc {

/// Every block is at a multiple of this at least.
inline constexpr std::size_t kMinAlignment = 16;

// All of these may be called from any thread, on blocks that any thread allocated. A block is given
// back by the function of the same heap. `align` is a power of two. Null: no memory (errno ENOMEM).

[[nodiscard]] void* allocate(std::size_t size) noexcept;
[[nodiscard]] void* allocate_aligned(std::size_t size, std::size_t align) noexcept;
[[nodiscard]] void* allocate_zeroed(std::size_t count, std::size_t size) noexcept;
/// Null in: allocates. Null out: no memory, and the old block stays. Keeps kMinAlignment only.
[[nodiscard]] void* reallocate(void* block, std::size_t size) noexcept;
void deallocate(void* block) noexcept;  ///< null is fine
/// The bytes that may be used, at least what was asked for.
std::size_t usable_size(const void* block) noexcept;
/// Gives the calling thread's cache and every free page back to the system now.
void purge() noexcept;

struct HeapStats {
  std::size_t mapped_bytes = 0;  ///< address space of the heap
  std::size_t peak_mapped_bytes = 0;
  std::size_t used_bytes = 0;      ///< in slabs and large blocks, free blocks of slabs included
  std::size_t huge_bytes = 0;      ///< of these, in mappings of their own
  std::size_t segments = 0;        ///< of 32 MiB
  std::size_t returned_bytes = 0;  ///< given back to the system so far
};
HeapStats process_stats() noexcept;

namespace detail {
struct Core;
struct ThreadCache;
}  // namespace detail

struct HeapOptions {
  std::uint32_t decay_ms = 1000;  ///< free pages go back after this long, at a later call
  std::size_t max_bytes = 0;      ///< of address space for each of the two page heaps; 0: no limit
};

/// A heap of its own: nothing is shared with others, and its destructor frees all that is left in
/// it at once. Thread-safe. Each call takes the lock of one size class; a `Cache` in front of it
/// makes that one lock in many calls.
class Heap {
 public:
  class Cache;

  explicit Heap(const HeapOptions& options = {}) noexcept;
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  [[nodiscard]] void* allocate(std::size_t size, std::size_t align = kMinAlignment) noexcept;
  [[nodiscard]] void* reallocate(void* block, std::size_t size) noexcept;
  void deallocate(void* block) noexcept;
  std::size_t usable_size(const void* block) const noexcept;
  void purge() noexcept;
  HeapStats stats() const noexcept;

 private:
  detail::Core* core_;
};

/// One thread's cache of a Heap: allocate and deallocate without a lock. Used by one thread at a
/// time; the heap outlives it; blocks may cross between caches and the heap.
class Heap::Cache {
 public:
  explicit Cache(Heap& heap) noexcept;
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  [[nodiscard]] void* allocate(std::size_t size) noexcept;
  void deallocate(void* block) noexcept;
  /// Hands everything it holds to the heap.
  void flush() noexcept;

 private:
  Heap& heap_;
  detail::ThreadCache* cache_;  ///< null: no memory was left for it; the heap serves directly
};

}  // namespace avila::alloc

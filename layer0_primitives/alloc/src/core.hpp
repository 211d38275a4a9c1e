// The part of a heap that all threads share: a central list for each size class, and the page heap.
//
// Who owns what: a block is out (the program's), in one thread's cache, in its class's transfer
// list, or free in its slab's bitmap. Only the last two are shared; each class has its own lock for
// them. Lock order: a class, then the page heap.
#pragma once
#include "lock.hpp"
#include "page_heap.hpp"

namespace avila::alloc::detail {

struct ThreadCache;

/// One size class. Slabs in `partial` have free blocks; full ones are in no list.
struct alignas(64) Central {
  Lock lock;
  std::uint32_t waiting;  ///< blocks in `transfer`
  Span* partial;
  std::size_t slabs;             ///< slabs of the class, in bytes
  void* transfer[kMaxTransfer];  ///< batches on their way from one thread to another
};

/// A block's place, looked up.
struct Block {
  Segment* segment;
  unsigned size_class;  ///< kNoClass: large or huge
  std::size_t usable;   ///< bytes the program may use
  bool huge;
};

/// All zeros is a heap that is empty and ready, so it may live in static storage.
struct Core {
  Central classes[kClasses];
  PageHeap dense;   ///< slabs of small blocks, large blocks, huge blocks: used page by page
  PageHeap sparse;  ///< slabs of medium blocks: often buffers that are filled in part only
  static constexpr unsigned kMaxIdleCaches = 64;
  ThreadCache* idle[kMaxIdleCaches];  ///< caches of threads that are gone, empty, for the next ones
  unsigned idle_count;
  Lock cache_lock;

  /// Before the first use.
  void configure(std::uint64_t decay_ms, std::size_t max_bytes) noexcept;
  PageStats stats() noexcept;
  bool contains(std::uintptr_t address) noexcept {
    return dense.contains(address) || sparse.contains(address);
  }

  /// Up to `want` blocks of the class (1…kMaxBatch), the next to use last; 0: no memory.
  unsigned refill(unsigned size_class, void** out, unsigned want) noexcept;
  /// Takes blocks back.
  void flush(unsigned size_class, void* const* blocks, unsigned count) noexcept;
  /// One block without a cache. `size` up to kMaxSmall.
  void* allocate_small(std::size_t size) noexcept;
  /// Any block, without a cache. `align` is a power of two.
  void* allocate_direct(std::size_t size, std::size_t align) noexcept;
  /// Blocks above kMaxSmall, or with an alignment that slabs cannot give.
  void* allocate_large(std::size_t size, std::size_t align, bool* zeroed) noexcept;
  void free_large(void* block) noexcept;
  /// Any block, without a cache.
  void free_direct(void* block) noexcept;
  /// Grows or shrinks a large block, by moving pages at most; null: not possible that way.
  void* resize_large(void* block, std::size_t size) noexcept;
  /// Everything that waits goes back to its slab, every free slab to the system.
  void purge() noexcept;

  /// Unmaps everything, idle caches too.
  void release_all() noexcept;

  void lock_all() noexcept;
  void unlock_all() noexcept;

 private:
  unsigned take_from_slabs(Central& central, unsigned size_class, void** out,
                           unsigned want) noexcept;
  void give_to_slab(Central& central, void* block) noexcept;
  Span* add_slab(Central& central, unsigned size_class) noexcept;
};

/// Memory for a thread's cache, attached to `core`; null: no memory.
ThreadCache* make_cache(Core& core) noexcept;
/// Takes an empty cache back.
void release_cache(Core& core, ThreadCache* cache) noexcept;

/// The request that gives a block of `size` bytes at a multiple of `align` (a power of two up to
/// kSliceSize): block sizes are multiples of it then, and slabs begin at a multiple of kSliceSize.
/// Above kMaxSmall: there is no such class.
constexpr std::size_t aligned_request(std::size_t size, std::size_t align) noexcept {
  if (size > kMaxSmall || align > kSliceSize) return SIZE_MAX;
  return size == 0 ? align : (size + align - 1) & ~(align - 1);
}

/// Where a block lies; aborts with a message when it is not one of `core` (null: of any heap).
Block locate(const void* block, const Core* core) noexcept;

}  // namespace avila::alloc::detail

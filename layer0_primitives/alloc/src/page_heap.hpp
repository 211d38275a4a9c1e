// The page heap: spans of slices, best fit, coalesced at once, given back to the system when they
// have lain unused for a while. One lock; threads come here for whole slabs and for large blocks.
#pragma once
#include "lock.hpp"
#include "segment.hpp"

namespace avila::alloc::detail {

struct PageStats {
  std::size_t mapped;  ///< address space of segments and huge blocks, bytes
  std::size_t mapped_peak;
  std::size_t used;  ///< bytes of spans and huge blocks that are out
  std::size_t huge;  ///< of these, mapped alone
  std::size_t segments;
  std::size_t discarded;  ///< bytes given back so far, in all
};

class PageHeap {
 public:
  /// A span of `slices` (1…kMaxSpan), state `state`; null when the system has no memory.
  /// `clean`: it reads as zeros.
  Span* allocate(Core* core, unsigned slices, SpanState state, unsigned size_class,
                 bool* clean) noexcept;
  void free(Span* span) noexcept;
  /// Makes a large span longer or shorter where it is; false: no room.
  bool resize(Span* span, unsigned slices) noexcept;

  /// A block of its own mapping; null when the system has no memory. `align` is a power of two.
  void* allocate_huge(Core* core, std::size_t size, std::size_t align) noexcept;
  void free_huge(SegmentHeader* huge) noexcept;
  /// mremap: the block's new address, or null and nothing has changed.
  void* resize_huge(SegmentHeader* huge, std::size_t size) noexcept;

  /// Gives free slices back that are unused for `decay_ms` or longer (0: all of them).
  void purge(std::uint64_t decay_ms) noexcept;
  /// Unmaps everything, whatever is still in use.
  void release_all() noexcept;
  PageStats stats() noexcept;
  /// Whether an address lies in memory of this heap. Reads nothing there. O(segments).
  bool contains(std::uintptr_t address) noexcept;

  Lock& mutex() noexcept { return lock_; }
  std::uint64_t decay_ms = 0;
  std::size_t huge_pages_from = 0;  ///< segments beyond this many mapped bytes ask for huge pages
  std::size_t max_bytes = 0;        ///< limit of `mapped`, 0 for none

 private:
  bool add_segment(Core* core) noexcept;
  void purge_locked(std::uint64_t decay_ms) noexcept;
  void discard_span(Span* span) noexcept;
  void drop_segment(Segment* segment) noexcept;
  void insert_free(Span* span) noexcept;
  void remove_free(Span* span) noexcept;
  Span* make_span(Segment* segment, unsigned first, unsigned slices, SpanState state) noexcept;
  void count_mapped(std::size_t size) noexcept;
  bool may_map(std::size_t size) const noexcept {
    return max_bytes == 0 || (size <= max_bytes && stats_.mapped <= max_bytes - size);
  }

  Lock lock_;
  Span* by_length_[kSlices + 1]{};
  std::uint64_t lengths_[kSlices / 64 + 1]{};  ///< which of the lists hold something
  Span* oldest_ = nullptr;
  Span* newest_ = nullptr;
  SegmentHeader* segments_ = nullptr;
  SegmentHeader* huge_ = nullptr;
  PageStats stats_{};
};

}  // namespace avila::alloc::detail

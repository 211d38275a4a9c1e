// Segments: 32 MiB of address space, aligned to their size, cut into slices of 64 KiB. The first
// slices hold the metadata of all: a pointer finds it by masking, in O(1) and without a lock.
#pragma once
#include <cstddef>
#include <cstdint>

#include "size_class.hpp"

namespace avila::alloc::detail {

struct Core;
class PageHeap;

inline constexpr std::size_t kSegmentSize = std::size_t{32} << 20;
inline constexpr unsigned kSlices = kSegmentSize / kSliceSize;  // 512
inline constexpr unsigned kSlabWords = kSliceSize / kMinAlign / 64;
inline constexpr std::uint64_t kSegmentMagic = 0x617669'6c61'7365'67;  // "avilaseg"

enum class SpanState : std::uint8_t { None, Free, Slab, Large };

/// A run of slices, described at the index of its first one.
struct Span {
  Span* next;  ///< in the list it is in: free spans of a length, or slabs with free blocks
  Span* prev;
  Span* older;  ///< free and dirty spans, in the order in which they became so
  Span* newer;
  std::uint64_t freed_ms;
  std::uint64_t inverse;     ///< ceil(2^kInverseBits / block_size), to divide by multiplying
  std::uint32_t block_size;  ///< of a slab
  std::uint32_t capacity;    ///< blocks of a slab
  std::uint32_t free_count;  ///< blocks of a slab that no thread holds
  std::uint16_t first;       ///< index of the first slice
  std::uint16_t slices;
  std::uint16_t hint;  ///< words of the bitmap below this one are zero
  std::uint8_t size_class;
  SpanState state;
  bool dated;  ///< in the list of dirty spans
};

/// What a free() of any thread reads of a slice: written only while no block of it is out.
struct SliceInfo {
  std::uint8_t size_class;
  bool huge;            ///< a mapping of its own (the header's own entry)
  std::uint16_t first;  ///< index of the span's first slice (at both ends of a free span)
};

/// The first page; a huge block has nothing but this page before it.
struct SegmentHeader {
  std::uint64_t magic;
  Core* core;
  PageHeap* pages;      ///< which of the core's page heaps it belongs to
  SegmentHeader* next;  ///< of the core's segments or huge blocks
  SegmentHeader* prev;
  std::size_t mapped;       ///< bytes of the mapping (huge blocks differ)
  std::size_t huge_offset;  ///< of a huge block: where the user's memory begins
  std::size_t huge_align;
  std::uint64_t dirty[kSlices / 64];  ///< slices that may hold something other than zeros
  SliceInfo info[kSlices];
};

struct Segment : SegmentHeader {
  alignas(64) Span spans[kSlices];
  alignas(64) std::uint64_t free_bits[kSlices][kSlabWords];  ///< of the slab that begins here

  char* slice(unsigned index) noexcept {
    return reinterpret_cast<char*>(this) + std::size_t{index} * kSliceSize;
  }
};

inline constexpr unsigned kHeaderSlices = (sizeof(Segment) + kSliceSize - 1) / kSliceSize;
inline constexpr unsigned kMaxSpan = kSlices - kHeaderSlices;
inline constexpr std::size_t kMaxLarge = kSegmentSize / 2;  ///< larger blocks are mapped alone
inline constexpr unsigned kInverseBits = 42;

static_assert(sizeof(SegmentHeader) <= 4096);
static_assert(kHeaderSlices <= 6);

/// The segment of a block. Minus one, because a huge block may be aligned to a segment's size; its
/// header then lies one segment before it. No other block begins where a segment does.
inline Segment* segment_of(const void* block) noexcept {
  return reinterpret_cast<Segment*>((reinterpret_cast<std::uintptr_t>(block) - 1) &
                                    ~(kSegmentSize - 1));
}
inline unsigned slice_of(const void* block) noexcept {
  return static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(block) / kSliceSize) % kSlices;
}
inline Segment* segment_of_span(const Span* span) noexcept {
  return reinterpret_cast<Segment*>(reinterpret_cast<std::uintptr_t>(span) & ~(kSegmentSize - 1));
}
inline char* span_start(const Span* span) noexcept {
  return segment_of_span(span)->slice(span->first);
}

}  // namespace avila::alloc::detail

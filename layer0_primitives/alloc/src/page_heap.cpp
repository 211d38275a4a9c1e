#include "page_heap.hpp"

#include <bit>
#include <cstring>

#include "os_memory.hpp"
#include "report.hpp"

namespace avila::alloc::detail {

namespace {

bool is_dirty(const SegmentHeader* s, unsigned i) noexcept {
  return (s->dirty[i / 64] >> (i % 64) & 1) != 0;
}
void set_dirty(SegmentHeader* s, unsigned i) noexcept {
  s->dirty[i / 64] |= std::uint64_t{1} << (i % 64);
}
void clear_dirty(SegmentHeader* s, unsigned i) noexcept {
  s->dirty[i / 64] &= ~(std::uint64_t{1} << (i % 64));
}
bool any_dirty(const Span* span) noexcept {
  const Segment* segment = segment_of_span(span);
  for (unsigned i = span->first; i < unsigned{span->first} + span->slices; ++i)
    if (is_dirty(segment, i)) return true;
  return false;
}

void link_front(SegmentHeader*& list, SegmentHeader* item) noexcept {
  item->prev = nullptr;
  item->next = list;
  if (list != nullptr) list->prev = item;
  list = item;
}
void unlink(SegmentHeader*& list, SegmentHeader* item) noexcept {
  (item->prev != nullptr ? item->prev->next : list) = item->next;
  if (item->next != nullptr) item->next->prev = item->prev;
}

std::size_t page_up(std::size_t size) noexcept { return (size + os::kPage - 1) & ~(os::kPage - 1); }

}  // namespace

void PageHeap::count_mapped(std::size_t size) noexcept {
  stats_.mapped += size;
  if (stats_.mapped > stats_.mapped_peak) stats_.mapped_peak = stats_.mapped;
}

void PageHeap::insert_free(Span* span) noexcept {
  span->state = SpanState::Free;
  Span*& head = by_length_[span->slices];
  span->prev = nullptr;
  span->next = head;
  if (head != nullptr) head->prev = span;
  head = span;
  lengths_[span->slices / 64] |= std::uint64_t{1} << (span->slices % 64);
  span->dated = any_dirty(span);
  if (!span->dated) return;
  span->newer = nullptr;
  span->older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = span;
  newest_ = span;
}

void PageHeap::remove_free(Span* span) noexcept {
  (span->prev != nullptr ? span->prev->next : by_length_[span->slices]) = span->next;
  if (span->next != nullptr) span->next->prev = span->prev;
  if (by_length_[span->slices] == nullptr)
    lengths_[span->slices / 64] &= ~(std::uint64_t{1} << (span->slices % 64));
  if (!span->dated) return;
  (span->older != nullptr ? span->older->newer : oldest_) = span->newer;
  (span->newer != nullptr ? span->newer->older : newest_) = span->older;
  span->dated = false;
}

Span* PageHeap::make_span(Segment* segment, unsigned first, unsigned slices,
                          SpanState state) noexcept {
  Span* span = &segment->spans[first];
  span->first = static_cast<std::uint16_t>(first);
  span->slices = static_cast<std::uint16_t>(slices);
  span->state = state;
  segment->info[first].first = segment->info[first + slices - 1].first = span->first;
  return span;
}

bool PageHeap::add_segment(Core* core) noexcept {
  if (!may_map(kSegmentSize)) return false;
  auto* segment = static_cast<Segment*>(os::map_aligned(kSegmentSize, kSegmentSize));
  if (segment == nullptr) return false;
  if (stats_.mapped >= huge_pages_from) os::prefer_huge_pages(segment, kSegmentSize);
  segment->magic = kSegmentMagic;
  segment->core = core;
  segment->pages = this;
  segment->mapped = kSegmentSize;
  for (SliceInfo& info : segment->info) info.size_class = kNoClass;
  link_front(segments_, segment);
  count_mapped(kSegmentSize);
  ++stats_.segments;
  Span* rest = make_span(segment, kHeaderSlices, kMaxSpan, SpanState::Free);
  rest->freed_ms = 0;
  insert_free(rest);
  return true;
}

Span* PageHeap::allocate(Core* core, unsigned slices, SpanState state, unsigned size_class,
                         bool* clean) noexcept {
  const LockGuard guard(lock_);
  Span* span = nullptr;
  for (int attempt = 0; attempt < 2 && span == nullptr; ++attempt) {
    unsigned word = slices / 64;
    std::uint64_t bits = lengths_[word] & (~std::uint64_t{0} << (slices % 64));
    while (bits == 0 && ++word < std::size(lengths_)) bits = lengths_[word];
    if (bits != 0)
      span = by_length_[word * 64 + static_cast<unsigned>(std::countr_zero(bits))];
    else if (attempt > 0 || !add_segment(core))
      return nullptr;
  }
  remove_free(span);
  Segment* segment = segment_of_span(span);
  const unsigned first = span->first, length = span->slices;
  const std::uint64_t freed_ms = span->freed_ms;
  if (length > slices) {
    Span* rest = make_span(segment, first + slices, length - slices, SpanState::Free);
    rest->freed_ms = freed_ms;
    insert_free(rest);
  }
  span = make_span(segment, first, slices, state);
  span->size_class = static_cast<std::uint8_t>(size_class);
  bool zero = true;
  for (unsigned i = first; i < first + slices; ++i) {
    if (is_dirty(segment, i)) zero = false;
    set_dirty(segment, i);
    segment->info[i] = {static_cast<std::uint8_t>(size_class), false,
                        static_cast<std::uint16_t>(first)};
  }
  if (clean != nullptr) *clean = zero;
  stats_.used += slices * kSliceSize;
  if (oldest_ != nullptr && os::now_ms() - oldest_->freed_ms >= decay_ms) purge_locked(decay_ms);
  return span;
}

void PageHeap::free(Span* span) noexcept {
  const LockGuard guard(lock_);
  Segment* segment = segment_of_span(span);
  unsigned first = span->first, slices = span->slices;
  stats_.used -= slices * kSliceSize;
  for (unsigned i = first; i < first + slices; ++i) segment->info[i].size_class = kNoClass;
  span->state = SpanState::None;
  if (first > kHeaderSlices) {
    Span* left = &segment->spans[segment->info[first - 1].first];
    if (left->state == SpanState::Free) {
      remove_free(left);
      left->state = SpanState::None;
      first = left->first;
      slices += left->slices;
    }
  }
  if (first + slices < kSlices) {
    Span* right = &segment->spans[first + slices];
    if (right->state == SpanState::Free) {
      remove_free(right);
      right->state = SpanState::None;
      slices += right->slices;
    }
  }
  Span* merged = make_span(segment, first, slices, SpanState::Free);
  merged->freed_ms = os::now_ms();
  insert_free(merged);
  if (merged->freed_ms - oldest_->freed_ms >= decay_ms) purge_locked(decay_ms);
}

bool PageHeap::resize(Span* span, unsigned slices) noexcept {
  const LockGuard guard(lock_);
  Segment* segment = segment_of_span(span);
  const unsigned first = span->first, old = span->slices;
  unsigned room = old;
  Span* right = first + old < kSlices ? &segment->spans[first + old] : nullptr;
  if (right != nullptr && right->state != SpanState::Free) right = nullptr;
  if (right != nullptr) room += right->slices;
  if (slices > room) return false;
  if (slices == old) return true;
  std::uint64_t freed_ms = os::now_ms();
  if (right != nullptr) {
    remove_free(right);
    right->state = SpanState::None;
    if (slices > old) freed_ms = right->freed_ms;
  }
  make_span(segment, first, slices, span->state);
  for (unsigned i = first; i < first + room; ++i) {
    const bool ours = i < first + slices;
    segment->info[i].size_class = kNoClass;
    if (!ours) continue;
    segment->info[i].first = static_cast<std::uint16_t>(first);
    set_dirty(segment, i);
  }
  if (room > slices) {
    Span* rest = make_span(segment, first + slices, room - slices, SpanState::Free);
    rest->freed_ms = freed_ms;
    insert_free(rest);
  }
  stats_.used += slices * kSliceSize;
  stats_.used -= old * kSliceSize;
  return true;
}

void* PageHeap::allocate_huge(Core* core, std::size_t size, std::size_t align) noexcept {
  // The header is one page at a multiple of kSegmentSize; segment_of() must lead there.
  std::size_t offset = align <= os::kPage ? os::kPage : align;
  if (offset >= kSegmentSize) offset = kSegmentSize;
  if (size > SIZE_MAX / 2 || align > SIZE_MAX / 4) return nullptr;
  const std::size_t mapped = page_up(size) + offset;
  const std::size_t base_align = align > kSegmentSize ? align : kSegmentSize;
  {
    const LockGuard guard(lock_);
    if (!may_map(mapped)) return nullptr;
  }
  void* base = os::map_aligned(mapped, base_align, align > kSegmentSize ? offset : 0);
  if (base == nullptr) return nullptr;
  auto* huge = static_cast<SegmentHeader*>(base);
  huge->magic = kSegmentMagic;
  huge->core = core;
  huge->pages = this;
  huge->mapped = mapped;
  huge->huge_offset = offset;
  huge->huge_align = base_align;
  char* block = static_cast<char*>(base) + offset;
  huge->info[slice_of(block)] = {kNoClass, true, 0};
  const LockGuard guard(lock_);
  link_front(huge_, huge);
  count_mapped(mapped);
  stats_.used += mapped - offset;
  stats_.huge += mapped - offset;
  return block;
}

void PageHeap::free_huge(SegmentHeader* huge) noexcept {
  const std::size_t mapped = huge->mapped;
  {
    const LockGuard guard(lock_);
    unlink(huge_, huge);
    stats_.mapped -= mapped;
    stats_.used -= mapped - huge->huge_offset;
    stats_.huge -= mapped - huge->huge_offset;
  }
  os::unmap(huge, mapped);
}

void* PageHeap::resize_huge(SegmentHeader* huge, std::size_t size) noexcept {
  const std::size_t old = huge->mapped, offset = huge->huge_offset;
  const std::size_t mapped = page_up(size) + offset;
  if (mapped == old) return reinterpret_cast<char*>(huge) + offset;
  const LockGuard guard(lock_);
  if (mapped > old && !may_map(mapped - old)) return nullptr;
  unlink(huge_, huge);
  const std::size_t align = huge->huge_align;
  void* moved = os::remap(huge, old, mapped, align, align > kSegmentSize ? offset : 0);
  auto* now = moved != nullptr ? static_cast<SegmentHeader*>(moved) : huge;
  link_front(huge_, now);
  if (moved == nullptr) return nullptr;
  now->mapped = mapped;
  stats_.mapped -= old;
  count_mapped(mapped);
  stats_.used = stats_.used + mapped - old;
  stats_.huge = stats_.huge + mapped - old;
  return reinterpret_cast<char*>(now) + offset;
}

void PageHeap::discard_span(Span* span) noexcept {
  Segment* segment = segment_of_span(span);
  const unsigned end = unsigned{span->first} + span->slices;
  for (unsigned i = span->first; i < end;) {
    if (!is_dirty(segment, i)) {
      ++i;
      continue;
    }
    const unsigned from = i;
    for (; i < end && is_dirty(segment, i); ++i) clear_dirty(segment, i);
    const std::size_t bytes = (i - from) * kSliceSize;
    if (os::discard(segment->slice(from), bytes)) {
      stats_.discarded += bytes;
    } else {
      std::memset(segment->slice(from), 0, bytes);  // a clean slice reads as zeros, come what may
    }
  }
}

void PageHeap::drop_segment(Segment* segment) noexcept {
  unlink(segments_, segment);
  stats_.mapped -= kSegmentSize;
  --stats_.segments;
  os::unmap(segment, kSegmentSize);
}

void PageHeap::purge_locked(std::uint64_t limit_ms) noexcept {
  const std::uint64_t now = os::now_ms();
  while (oldest_ != nullptr && now - oldest_->freed_ms >= limit_ms) {
    Span* span = oldest_;
    remove_free(span);
    discard_span(span);
    if (span->slices == kMaxSpan && stats_.segments > 1) {
      drop_segment(segment_of_span(span));
    } else {
      insert_free(span);  // clean now, so it gets no date
    }
  }
}

void PageHeap::purge(std::uint64_t limit_ms) noexcept {
  const LockGuard guard(lock_);
  purge_locked(limit_ms);
}

void PageHeap::release_all() noexcept {
  for (SegmentHeader** list : {&segments_, &huge_}) {
    while (*list != nullptr) {
      SegmentHeader* item = *list;
      *list = item->next;
      os::unmap(item, item->mapped);
    }
  }
}

bool PageHeap::contains(std::uintptr_t address) noexcept {
  const LockGuard guard(lock_);
  for (const SegmentHeader* list : {segments_, huge_})
    for (const SegmentHeader* s = list; s != nullptr; s = s->next)
      if (address - reinterpret_cast<std::uintptr_t>(s) < s->mapped) return true;
  return false;
}

PageStats PageHeap::stats() noexcept {
  const LockGuard guard(lock_);
  return stats_;
}

}  // namespace avila::alloc::detail

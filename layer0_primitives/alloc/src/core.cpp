#include "core.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "os_memory.hpp"
#include "report.hpp"
#include "thread_cache.hpp"

namespace avila::alloc::detail {

namespace {

/// Blocks up to this size fill their pages.
constexpr std::size_t kMaxDense = 4096;
/// Dense memory beyond this asks for huge pages: a large heap gains speed by them, a small one
/// would only gain weight.
constexpr std::size_t kHugePagesFrom = kSegmentSize;

void link_partial(Central& central, Span* slab) noexcept {
  slab->prev = nullptr;
  slab->next = central.partial;
  if (central.partial != nullptr) central.partial->prev = slab;
  central.partial = slab;
}
void unlink_partial(Central& central, Span* slab) noexcept {
  (slab->prev != nullptr ? slab->prev->next : central.partial) = slab->next;
  if (slab->next != nullptr) slab->next->prev = slab->prev;
}

}  // namespace

void Core::configure(std::uint64_t decay_ms, std::size_t max_bytes) noexcept {
  for (PageHeap* pages : {&dense, &sparse}) {
    pages->decay_ms = decay_ms;
    pages->max_bytes = max_bytes;
    pages->huge_pages_from = pages == &dense ? kHugePagesFrom : SIZE_MAX;
  }
}

PageStats Core::stats() noexcept {
  PageStats sum = dense.stats();
  const PageStats more = sparse.stats();
  sum.mapped += more.mapped;
  sum.mapped_peak += more.mapped_peak;
  sum.used += more.used;
  sum.huge += more.huge;
  sum.segments += more.segments;
  sum.discarded += more.discarded;
  return sum;
}

Span* Core::add_slab(Central& central, unsigned size_class) noexcept {
  const unsigned slices = slab_slices(size_class);
  PageHeap& pages = class_size(size_class) <= kMaxDense ? dense : sparse;
  Span* slab = pages.allocate(this, slices, SpanState::Slab, size_class, nullptr);
  if (slab == nullptr) return nullptr;
  const std::size_t size = class_size(size_class);
  slab->block_size = static_cast<std::uint32_t>(size);
  slab->capacity = static_cast<std::uint32_t>(slices * kSliceSize / size);
  slab->free_count = slab->capacity;
  // offset < 2^21 and the error of `inverse` < size <= 2^18, so offset * error < 2^42: exact.
  slab->inverse = ((std::uint64_t{1} << kInverseBits) + size - 1) / size;
  slab->hint = 0;
  std::uint64_t* bits = segment_of_span(slab)->free_bits[slab->first];
  const unsigned words = (slab->capacity + 63) / 64;
  for (unsigned i = 0; i < words; ++i) bits[i] = ~std::uint64_t{0};
  if (slab->capacity % 64 != 0) bits[words - 1] = (std::uint64_t{1} << (slab->capacity % 64)) - 1;
  central.slabs += slices * kSliceSize;
  link_partial(central, slab);
  return slab;
}

unsigned Core::take_from_slabs(Central& central, unsigned size_class, void** out,
                               unsigned want) noexcept {
  unsigned got = 0;
  while (got < want) {
    Span* slab = central.partial;
    if (slab == nullptr && (slab = add_slab(central, size_class)) == nullptr) break;
    std::uint64_t* bits = segment_of_span(slab)->free_bits[slab->first];
    char* start = span_start(slab);
    const unsigned target = got + std::min(want - got, slab->free_count);
    slab->free_count -= target - got;
    unsigned word = slab->hint;
    while (got < target) {
      std::uint64_t left = bits[word];
      for (; left != 0 && got < target; left &= left - 1) {
        const unsigned index = word * 64 + static_cast<unsigned>(std::countr_zero(left));
        out[got++] = start + std::size_t{index} * slab->block_size;
      }
      bits[word] = left;
      if (left == 0) ++word;
    }
    slab->hint = static_cast<std::uint16_t>(word);
    if (slab->free_count == 0) unlink_partial(central, slab);
  }
  return got;
}

unsigned Core::refill(unsigned size_class, void** out, unsigned want) noexcept {
  Central& central = classes[size_class];
  const LockGuard guard(central.lock);
  if (central.waiting > 0) {
    const unsigned count = std::min(want, central.waiting);
    central.waiting -= count;
    std::memcpy(out, central.transfer + central.waiting, count * sizeof(void*));
    return count;
  }
  const unsigned got = take_from_slabs(central, size_class, out, want);
  std::reverse(out, out + got);  // the caller uses the last first: rising addresses
  return got;
}

void Core::give_to_slab(Central& central, void* block) noexcept {
  Segment* segment = segment_of(block);
  Span* slab = &segment->spans[segment->info[slice_of(block)].first];
  const auto offset = static_cast<std::uint64_t>(static_cast<char*>(block) - span_start(slab));
  const auto index = static_cast<unsigned>(offset * slab->inverse >> kInverseBits);
  if (std::uint64_t{index} * slab->block_size != offset) [[unlikely]]
    corrupted("free of a pointer into the middle of a block", block);
  const unsigned word = index / 64;
  std::uint64_t& bits = segment->free_bits[slab->first][word];
  const std::uint64_t bit = std::uint64_t{1} << (index % 64);
  if ((bits & bit) != 0) [[unlikely]]
    corrupted("double free", block);
  bits |= bit;
  if (word < slab->hint) slab->hint = static_cast<std::uint16_t>(word);
  if (slab->free_count++ == 0) link_partial(central, slab);
  if (slab->free_count < slab->capacity) return;
  // The last one of a small class stays: it would soon be asked for again.
  if (slab->block_size <= kMaxDense && central.partial == slab && slab->next == nullptr) return;
  unlink_partial(central, slab);
  central.slabs -= slab->slices * kSliceSize;
  segment->pages->free(slab);
}

void Core::flush(unsigned size_class, void* const* blocks, unsigned count) noexcept {
  Central& central = classes[size_class];
  const LockGuard guard(central.lock);
  const unsigned room = transfer_capacity(size_class) - central.waiting;
  const unsigned kept = std::min(count, room);
  std::memcpy(central.transfer + central.waiting, blocks, kept * sizeof(void*));
  central.waiting += kept;
  for (unsigned i = kept; i < count; ++i) give_to_slab(central, blocks[i]);
}

void* Core::allocate_small(std::size_t size) noexcept {
  void* block = nullptr;
  refill(size_class(size), &block, 1);
  return block;
}

void* Core::allocate_direct(std::size_t size, std::size_t align) noexcept {
  const std::size_t request = align <= kMinAlign ? size : aligned_request(size, align);
  return request <= kMaxSmall ? allocate_small(request) : allocate_large(size, align, nullptr);
}

void* Core::allocate_large(std::size_t size, std::size_t align, bool* zeroed) noexcept {
  if (align <= kSliceSize && size <= kMaxLarge) {
    const auto slices = static_cast<unsigned>((size + kSliceSize - 1) / kSliceSize);
    Span* span = dense.allocate(this, slices == 0 ? 1 : slices, SpanState::Large, kNoClass, zeroed);
    return span == nullptr ? nullptr : span_start(span);
  }
  if (zeroed != nullptr) *zeroed = true;
  return dense.allocate_huge(this, size, align);
}

namespace {
constexpr std::size_t kCacheBytes = (sizeof(ThreadCache) + os::kPage - 1) & ~(os::kPage - 1);
}  // namespace

void Core::release_all() noexcept {
  while (idle_count > 0) os::unmap(idle[--idle_count], kCacheBytes);
  dense.release_all();
  sparse.release_all();
}

ThreadCache* make_cache(Core& core) noexcept {
  ThreadCache* cache = nullptr;
  {
    const LockGuard guard(core.cache_lock);
    if (core.idle_count > 0) cache = core.idle[--core.idle_count];
  }
  if (cache == nullptr) cache = static_cast<ThreadCache*>(os::map(kCacheBytes));
  if (cache != nullptr) cache->attach(&core);
  return cache;
}

void release_cache(Core& core, ThreadCache* cache) noexcept {
  const LockGuard guard(core.cache_lock);
  if (core.idle_count < Core::kMaxIdleCaches) {
    core.idle[core.idle_count++] = cache;
  } else {
    os::unmap(cache, kCacheBytes);
  }
}

Block locate(const void* block, const Core* core) noexcept {
  Segment* segment = segment_of(block);
  if (segment->magic != kSegmentMagic || (core != nullptr && segment->core != core)) [[unlikely]]
    corrupted("a pointer that this heap did not give out", block);
  const SliceInfo info = segment->info[slice_of(block)];
  if (info.huge) return {segment, kNoClass, segment->mapped - segment->huge_offset, true};
  if (info.size_class != kNoClass)
    return {segment, info.size_class, class_size(info.size_class), false};
  const Span& span = segment->spans[info.first];
  if (info.first < kHeaderSlices || span.state != SpanState::Large || span_start(&span) != block)
    corrupted("a pointer to no block, or freed twice", block);
  return {segment, kNoClass, span.slices * kSliceSize, false};
}

void Core::free_large(void* block) noexcept {
  const Block place = locate(block, this);
  if (place.huge) {
    dense.free_huge(place.segment);
  } else {
    dense.free(&place.segment->spans[slice_of(block)]);
  }
}

void Core::free_direct(void* block) noexcept {
  const unsigned index = locate(block, this).size_class;
  if (index == kNoClass) {
    free_large(block);
  } else {
    flush(index, &block, 1);
  }
}

void* Core::resize_large(void* block, std::size_t size) noexcept {
  const Block place = locate(block, this);
  if (place.huge) {
    return size > kMaxLarge ? dense.resize_huge(place.segment, size) : nullptr;
  }
  if (size <= kMaxSmall || size > kMaxLarge) return nullptr;
  const auto slices = static_cast<unsigned>((size + kSliceSize - 1) / kSliceSize);
  return dense.resize(&place.segment->spans[slice_of(block)], slices) ? block : nullptr;
}

void Core::purge() noexcept {
  for (Central& central : classes) {
    const LockGuard guard(central.lock);
    while (central.waiting > 0) give_to_slab(central, central.transfer[--central.waiting]);
    for (Span* slab = central.partial; slab != nullptr;) {
      Span* next = slab->next;
      if (slab->free_count == slab->capacity) {
        unlink_partial(central, slab);
        central.slabs -= slab->slices * kSliceSize;
        segment_of_span(slab)->pages->free(slab);
      }
      slab = next;
    }
  }
  dense.purge(0);
  sparse.purge(0);
}

void Core::lock_all() noexcept {
  cache_lock.lock();
  for (Central& central : classes) central.lock.lock();
  dense.mutex().lock();
  sparse.mutex().lock();
}

void Core::unlock_all() noexcept {
  sparse.mutex().unlock();
  dense.mutex().unlock();
  for (Central& central : classes) central.lock.unlock();
  cache_lock.unlock();
}

}  // namespace avila::alloc::detail

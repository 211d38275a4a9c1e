#include <avila/alloc/heap.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "os_memory.hpp"
#include "process.hpp"

namespace avila::alloc {

namespace {

constexpr std::size_t kCoreBytes =
    (sizeof(detail::Core) + detail::os::kPage - 1) & ~(detail::os::kPage - 1);

HeapStats to_public(const detail::PageStats& stats) noexcept {
  return {.mapped_bytes = stats.mapped,
          .peak_mapped_bytes = stats.mapped_peak,
          .used_bytes = stats.used,
          .huge_bytes = stats.huge,
          .segments = stats.segments,
          .returned_bytes = stats.discarded};
}

void* out_of_memory() noexcept {
  errno = ENOMEM;
  return nullptr;
}

}  // namespace

void* allocate(std::size_t size) noexcept { return detail::process_allocate(size); }
void* allocate_aligned(std::size_t size, std::size_t align) noexcept {
  return detail::process_allocate_aligned(size, align, detail::Face::Malloc);
}
void* allocate_zeroed(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return out_of_memory();
  return detail::process_allocate_zeroed(bytes);
}
void* reallocate(void* block, std::size_t size) noexcept {
  return detail::process_reallocate(block, size);
}
void deallocate(void* block) noexcept { detail::process_free(block); }
std::size_t usable_size(const void* block) noexcept { return detail::process_usable_size(block); }
void purge() noexcept { detail::process_purge(); }
HeapStats process_stats() noexcept { return to_public(detail::process_core().stats()); }

Heap::Heap(const HeapOptions& options) noexcept : core_(nullptr) {
  void* memory = detail::os::map(kCoreBytes);
  if (memory == nullptr) return;  // then every allocation fails
  core_ = ::new (memory) detail::Core{};
  core_->configure(options.decay_ms, options.max_bytes);
}

Heap::~Heap() {
  if (core_ == nullptr) return;
  core_->release_all();
  detail::os::unmap(core_, kCoreBytes);
}

void* Heap::allocate(std::size_t size, std::size_t align) noexcept {
  if (core_ == nullptr || size > PTRDIFF_MAX || align > PTRDIFF_MAX / 2) return out_of_memory();
  void* block = core_->allocate_direct(size, align);
  return block != nullptr ? block : out_of_memory();
}

void Heap::deallocate(void* block) noexcept {
  if (block != nullptr) core_->free_direct(block);
}

std::size_t Heap::usable_size(const void* block) const noexcept {
  return block == nullptr ? 0 : detail::locate(block, core_).usable;
}

void* Heap::reallocate(void* block, std::size_t size) noexcept {
  if (block == nullptr) return allocate(size);
  if (size > PTRDIFF_MAX) return out_of_memory();
  const std::size_t usable = usable_size(block);
  if (size <= usable && size >= usable / 2) return block;
  if (usable > detail::kMaxSmall)
    if (void* resized = core_->resize_large(block, size)) return resized;
  void* moved = allocate(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(size, usable));
  deallocate(block);
  return moved;
}

void Heap::purge() noexcept {
  if (core_ != nullptr) core_->purge();
}

HeapStats Heap::stats() const noexcept {
  return core_ != nullptr ? to_public(core_->stats()) : HeapStats{};
}

Heap::Cache::Cache(Heap& heap) noexcept
    : heap_(heap), cache_(heap.core_ != nullptr ? detail::make_cache(*heap.core_) : nullptr) {}

Heap::Cache::~Cache() {
  if (cache_ == nullptr) return;
  cache_->flush_all();
  detail::release_cache(*heap_.core_, cache_);
}

void* Heap::Cache::allocate(std::size_t size) noexcept {
  if (cache_ == nullptr || size > detail::kMaxSmall) return heap_.allocate(size);
  const unsigned index = detail::size_class(size);
  if (void* block = cache_->take(index)) [[likely]]
    return block;
  void* block = cache_->refill(index);
  return block != nullptr ? block : out_of_memory();
}

void Heap::Cache::deallocate(void* block) noexcept {
  if (block == nullptr) return;
  const detail::Block place = detail::locate(block, heap_.core_);
  if (cache_ == nullptr || place.size_class == detail::kNoClass) return heap_.deallocate(block);
  if (!cache_->put(place.size_class, block)) cache_->overflow(place.size_class, block);
}

void Heap::Cache::flush() noexcept {
  if (cache_ != nullptr) cache_->flush_all();
}

}  // namespace avila::alloc

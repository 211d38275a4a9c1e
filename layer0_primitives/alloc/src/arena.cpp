#include <avila/alloc/arena.hpp>
#include <avila/alloc/heap.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace avila::alloc {

bool Arena::add_chunk(std::size_t need) noexcept {
  if (need > SIZE_MAX / 2) return false;
  if (next_chunk_ == 0) next_chunk_ = std::max(options_.first_chunk, 2 * sizeof(Chunk));
  const std::size_t room = need + sizeof(Chunk);
  std::size_t size = std::max(next_chunk_, room);
  if (options_.max_bytes != 0) {
    const std::size_t left =
        options_.max_bytes > chunk_bytes_ ? options_.max_bytes - chunk_bytes_ : 0;
    if (room > left) return false;
    size = std::min(size, left);
  }
  void* memory = alloc::allocate(size);
  if (memory == nullptr) return false;
  chunks_ = ::new (memory) Chunk{chunks_, size};
  chunk_bytes_ += size;
  ++chunk_count_;
  bump_ = Bump(chunks_ + 1, size - sizeof(Chunk));
  next_chunk_ = std::min(next_chunk_ * 2, std::max(options_.max_chunk, options_.first_chunk));
  return true;
}

void* Arena::allocate(std::size_t size, std::size_t align) noexcept {
  // Pool blocks are multiples of kPoolStep, so that each may serve any request of its pool.
  if (size <= kPoolMax) {
    size = size == 0 ? kPoolStep : (size + kPoolStep - 1) / kPoolStep * kPoolStep;
    FreeBlock*& pool = pools_[size / kPoolStep - 1];
    if (pool != nullptr && (reinterpret_cast<std::uintptr_t>(pool) & (align - 1)) == 0)
      return std::exchange(pool, pool->next);
    align = std::max(align, kPoolStep);
  }
  if (void* block = bump_.allocate(size, align)) return block;
  if (size > SIZE_MAX / 4 || align > SIZE_MAX / 4 || !add_chunk(size + align)) return nullptr;
  return bump_.allocate(size, align);
}

void Arena::deallocate(void* block, std::size_t size) noexcept {
  if (block == nullptr || size > kPoolMax) return;
  FreeBlock*& pool = pools_[size == 0 ? 0 : (size - 1) / kPoolStep];
  pool = ::new (block) FreeBlock{pool};
}

void Arena::destroy_objects() noexcept {
  while (cleanups_ != nullptr) {
    Cleanup* first = cleanups_;
    cleanups_ = first->next;  // the destructor may create more
    first->destroy(first->object);
  }
  std::memset(pools_, 0, sizeof pools_);
}

void Arena::free_chunks(Chunk* chunk) noexcept {
  while (chunk != nullptr) {
    Chunk* next = chunk->next;
    chunk_bytes_ -= chunk->size;
    --chunk_count_;
    alloc::deallocate(chunk);
    chunk = next;
  }
}

void Arena::reset() noexcept {
  destroy_objects();
  if (chunks_ == nullptr) return;
  free_chunks(chunks_->next);
  chunks_->next = nullptr;
  bump_.reset();
}

void Arena::release() noexcept {
  destroy_objects();
  free_chunks(chunks_);
  chunks_ = nullptr;
  bump_ = {};
  next_chunk_ = 0;
}

}  // namespace avila::alloc

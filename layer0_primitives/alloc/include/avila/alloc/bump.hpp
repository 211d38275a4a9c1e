// A bump allocator over memory that the caller gives: one addition an allocation, freed all at once
// or back to a mark. Needs no operating system and no library but the freestanding headers.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <new>
#include <type_traits>

namespace avila::alloc {

class Bump {
 public:
  /// A place to come back to.
  struct Mark {
    size_t used;
  };

  constexpr Bump() noexcept = default;
  /// `memory` stays the caller's, and outlives this.
  Bump(void* memory, size_t size) noexcept
      : begin_(static_cast<unsigned char*>(memory)), size_(size) {}
  template <size_t N>
  explicit Bump(unsigned char (&memory)[N]) noexcept : Bump(memory, N) {}

  /// `align` is a power of two. Null: it does not fit, and nothing has changed.
  [[nodiscard]] void* allocate(size_t size, size_t align = alignof(max_align_t)) noexcept {
    const auto at = reinterpret_cast<uintptr_t>(begin_) + used_;
    const size_t gap = static_cast<size_t>(-at & (align - 1));
    const size_t room = size_ - used_;
    if (gap > room || size > room - gap) return nullptr;
    last_ = used_ + gap;
    used_ = last_ + size;
    return begin_ + last_;
  }

  /// Makes the last block longer or shorter where it is; false: it is not the last, or no room.
  bool resize(void* block, size_t size) noexcept {
    if (block != begin_ + last_ || begin_ == nullptr || size > size_ - last_) return false;
    used_ = last_ + size;
    return true;
  }

  /// An object in the arena; its destructor never runs, so it must not need one.
  template <class T, class... Args>
  [[nodiscard]] T* create(Args&&... args) noexcept(noexcept(T(static_cast<Args&&>(args)...))) {
    static_assert(std::is_trivially_destructible_v<T>, "a bump allocator runs no destructors");
    void* place = allocate(sizeof(T), alignof(T));
    return place != nullptr ? ::new (place) T(static_cast<Args&&>(args)...) : nullptr;
  }

  Mark mark() const noexcept { return {used_}; }
  /// Frees everything since the mark.
  void rewind(Mark mark) noexcept {
    if (mark.used <= used_) used_ = last_ = mark.used;
  }
  void reset() noexcept { used_ = last_ = 0; }

  size_t used() const noexcept { return used_; }
  size_t remaining() const noexcept { return size_ - used_; }
  size_t capacity() const noexcept { return size_; }
  bool contains(const void* block) const noexcept {
    const auto at = reinterpret_cast<uintptr_t>(block), from = reinterpret_cast<uintptr_t>(begin_);
    return at >= from && at < from + used_;
  }

 private:
  unsigned char* begin_ = nullptr;
  size_t size_ = 0;
  size_t used_ = 0;
  size_t last_ = 0;  ///< where the last block begins
};

}  // namespace avila::alloc

// A thread's own blocks: for each size class a stack of pointers. allocate and free touch nothing
// else, so they need neither a lock nor an atomic, whichever thread the block came from.
#pragma once
#include <cstring>

#include "core.hpp"

namespace avila::alloc::detail {

/// `top` points to the last pointer of the stack; below the first one lies a null, so that one load
/// tells both whether there is a block and which.
struct Bin {
  void** top;
  void** end;  ///< where `top` is when the bin is full
};

/// What the fast path sees of a cache.
struct CacheHead {
  Bin bins[kClasses + 1];  ///< the last one stands for large blocks: always empty, always full

  void* take(unsigned size_class) noexcept {
    Bin& bin = bins[size_class];
    void* block = *bin.top;
    if (block != nullptr) [[likely]]
      --bin.top;
    return block;
  }
  /// False: no room (or a large block).
  bool put(unsigned size_class, void* block) noexcept {
    Bin& bin = bins[size_class];
    if (bin.top == bin.end) [[unlikely]]
      return false;
    *++bin.top = block;
    return true;
  }
};

struct ThreadCache : CacheHead {
  Core* core;
  void* slots[cache_slots()];

  void attach(Core* owner) noexcept {
    core = owner;
    void** at = slots;
    for (unsigned i = 0; i < kClasses; ++i) {
      *at = nullptr;
      bins[i] = {at, at + cache_capacity(i)};
      at += cache_capacity(i) + 1;
    }
    slots[0] = nullptr;
    bins[kClasses] = {slots, slots};
  }

  /// A block of a class whose bin is empty; null: no memory.
  void* refill(unsigned size_class) noexcept {
    void* batch[kMaxBatch];
    const unsigned want = (cache_capacity(size_class) + 1) / 2;
    const unsigned got = core->refill(size_class, batch, want);
    if (got == 0) return nullptr;
    Bin& bin = bins[size_class];
    std::memcpy(bin.top + 1, batch, (got - 1) * sizeof(void*));
    bin.top += got - 1;
    return batch[got - 1];
  }

  /// Puts a block into a full bin: the older half goes to the central list.
  void overflow(unsigned size_class, void* block) noexcept {
    Bin& bin = bins[size_class];
    const unsigned capacity = cache_capacity(size_class), half = (capacity + 1) / 2;
    void** first = bin.end - capacity + 1;
    core->flush(size_class, first, half);
    std::memmove(first, first + half, (capacity - half) * sizeof(void*));
    bin.top -= half;
    *++bin.top = block;
  }

  /// Everything back to the central lists.
  void flush_all() noexcept {
    for (unsigned i = 0; i < kClasses; ++i) {
      Bin& bin = bins[i];
      void** first = bin.end - cache_capacity(i) + 1;
      const auto count = static_cast<unsigned>(bin.top + 1 - first);
      if (count > 0) core->flush(i, first, count);
      bin.top -= count;
    }
  }
};

}  // namespace avila::alloc::detail

// A bounded queue between one producer and one consumer.
#pragma once
#include <atomic>
#include <avila/atom/cache_padded.hpp>
#include <avila/atom/platform.hpp>
#include <avila/error/assert.hpp>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace avila::atom {

/// Wait-free. Each side keeps a copy of the other's index and reads the shared one only when the
/// copy says full or empty, so in steady state the two cores exchange a line once a batch.
/// Source: Lamport (1983); the cached indices are those of FastForward-like rings.
template <class T, class Platform = StdPlatform>
class SpscRing {
 public:
  /// Room for at least `capacity` values: the next power of two.
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity < 1 ? std::size_t{1} : capacity) - 1),
        slots_(new Slot[mask_ + 1]) {}
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;
  ~SpscRing() {
    while (pop().has_value()) {
    }
  }

  /// Producer. False when full; `value` is then untouched.
  [[nodiscard]] bool push(T&& value) {
    Side& mine = producer_;
    const std::size_t tail = mine.index.load(std::memory_order_relaxed);
    if (tail - mine.other > mask_) {
      // acquire: the consumer has moved out of the slots it gives back.
      mine.other = consumer_.index.load(std::memory_order_acquire);
      if (tail - mine.other > mask_) return false;
    }
    ::new (static_cast<void*>(slots_[tail & mask_].bytes)) T(std::move(value));
    // release: who sees the index sees the value.
    mine.index.store(tail + 1, std::memory_order_release);
    return true;
  }
  /// Consumer.
  std::optional<T> pop() {
    Side& mine = consumer_;
    const std::size_t head = mine.index.load(std::memory_order_relaxed);
    if (head == mine.other) {
      mine.other = producer_.index.load(std::memory_order_acquire);
      if (head == mine.other) return std::nullopt;
    }
    T* const slot = std::launder(reinterpret_cast<T*>(slots_[head & mask_].bytes));
    std::optional<T> value(std::move(*slot));
    slot->~T();
    mine.index.store(head + 1, std::memory_order_release);
    return value;
  }
  std::size_t capacity() const noexcept { return mask_ + 1; }
  /// A moment's view.
  std::size_t size() const noexcept {
    const std::size_t head = consumer_.index.load(std::memory_order_acquire);
    return producer_.index.load(std::memory_order_acquire) - head;
  }

 private:
  struct Slot {
    alignas(T) std::byte bytes[sizeof(T)];
  };
  struct alignas(kCacheLineBytes) Side {
    typename Platform::template Atomic<std::size_t> index{0};  // written by its owner only
    std::size_t other = 0;  // the owner's copy of the other side's index
  };
  Side producer_;
  Side consumer_;
  const std::size_t mask_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace avila::atom

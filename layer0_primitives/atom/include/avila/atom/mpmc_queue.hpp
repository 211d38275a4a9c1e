// A bounded queue for many producers and consumers.
#pragma once
#include <atomic>
#include <avila/atom/cache_padded.hpp>
#include <avila/atom/platform.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace avila::atom {

/// Each slot has a turn number: turn == position says "free for the producer of this position",
/// position + 1 "filled for its consumer". Producers and consumers claim positions by CAS; a thread
/// that stops between claim and publication delays only that slot's next users.
/// Source: Vyukov, "Bounded MPMC queue" (1024cores.net).
template <class T, class Platform = StdPlatform>
class MpmcQueue {
  template <class U>
  using Atomic = typename Platform::template Atomic<U>;

 public:
  /// Room for at least `capacity` values: the next power of two, at least 2.
  explicit MpmcQueue(std::size_t capacity)
      : mask_(std::bit_ceil(capacity < 2 ? std::size_t{2} : capacity) - 1),
        slots_(new Slot[mask_ + 1]) {
    for (std::size_t i = 0; i <= mask_; ++i) slots_[i].turn.store(i, std::memory_order_relaxed);
  }
  MpmcQueue(const MpmcQueue&) = delete;
  MpmcQueue& operator=(const MpmcQueue&) = delete;
  ~MpmcQueue() {
    while (pop().has_value()) {
    }
  }

  /// False when full; `value` is then untouched.
  [[nodiscard]] bool push(T&& value) {
    std::size_t at = tail_->load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[at & mask_];
      // acquire: the consumer that freed the slot has moved its value out.
      const auto ahead = static_cast<std::intptr_t>(slot.turn.load(std::memory_order_acquire) - at);
      if (ahead == 0) {
        // relaxed: the position only has to be unique; the turn orders the data.
        if (tail_->compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
          ::new (static_cast<void*>(slot.bytes)) T(std::move(value));
          slot.turn.store(at + 1, std::memory_order_release);
          return true;
        }
      } else if (ahead < 0) {
        return false;  // still filled from the round before
      } else {
        at = tail_->load(std::memory_order_relaxed);
      }
    }
  }
  std::optional<T> pop() {
    std::size_t at = head_->load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[at & mask_];
      const auto ahead =
          static_cast<std::intptr_t>(slot.turn.load(std::memory_order_acquire) - (at + 1));
      if (ahead == 0) {
        if (head_->compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
          T* const item = std::launder(reinterpret_cast<T*>(slot.bytes));
          std::optional<T> value(std::move(*item));
          item->~T();
          slot.turn.store(at + mask_ + 1, std::memory_order_release);  // free for the next round
          return value;
        }
      } else if (ahead < 0) {
        return std::nullopt;
      } else {
        at = head_->load(std::memory_order_relaxed);
      }
    }
  }
  std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
  struct Slot {
    Atomic<std::size_t> turn{0};
    alignas(T) std::byte bytes[sizeof(T)];
  };
  CachePadded<Atomic<std::size_t>> tail_;
  CachePadded<Atomic<std::size_t>> head_;
  const std::size_t mask_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace avila::atom

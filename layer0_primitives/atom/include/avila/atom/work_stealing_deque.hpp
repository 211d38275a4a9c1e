// The Chase-Lev deque: one owner, many thieves.
#pragma once
#include <atomic>
#include <avila/atom/cache_padded.hpp>
#include <avila/atom/platform.hpp>
#include <avila/error/assert.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

namespace avila::atom {

/// The owner pushes and pops at the bottom (last in, first out); any thread, the owner included,
/// steals at the top (first in, first out). Lock-free; grows; outgrown arrays are kept until the
/// deque goes, for a thief may still read one (together they are smaller than the current one).
/// Source: Chase and Lev, "Dynamic circular work-stealing deque" (2005); the orders follow Lê, Pop,
/// Cohen and Nardelli, "Correct and efficient work-stealing for weak memory models" (2013), with
/// their fences turned into seq_cst operations, which cost the same on x86 and which
/// ThreadSanitizer understands.
template <class T, class Platform = StdPlatform>
class WorkStealingDeque {
  template <class U>
  using Atomic = typename Platform::template Atomic<U>;
  static_assert(std::is_trivially_copyable_v<T> && std::atomic<T>::is_always_lock_free,
                "elements are read by a thief that may lose the race: use a pointer or an index");

 public:
  explicit WorkStealingDeque(std::size_t capacity_log2 = 8) {
    arrays_.push_back(std::make_unique<Array>(capacity_log2));
    array_.store(arrays_.back().get(), std::memory_order_relaxed);
  }
  WorkStealingDeque(const WorkStealingDeque&) = delete;
  WorkStealingDeque& operator=(const WorkStealingDeque&) = delete;

  /// Owner only.
  void push(T item) {
    const std::int64_t bottom = bottom_->load(std::memory_order_relaxed);
    // acquire: a slot freed by a thief's CAS is reused only after its read of the slot.
    const std::int64_t top = top_->load(std::memory_order_acquire);
    Array* array = array_.load(std::memory_order_relaxed);
    if (bottom - top > array->mask) array = grow(*array, top, bottom);
    array->at(bottom).store(item, std::memory_order_relaxed);
    // release: who sees the new bottom sees the slot, and what the item points to.
    bottom_->store(bottom + 1, std::memory_order_release);
  }

  /// Owner only: the item pushed last.
  std::optional<T> pop() {
    const std::int64_t bottom = bottom_->load(std::memory_order_relaxed) - 1;
    Array* const array = array_.load(std::memory_order_relaxed);
    // seq_cst store, then seq_cst load: either the thief sees the lowered bottom, or we see its
    // raised top. Both going for one item is settled by the CAS below.
    bottom_->store(bottom, std::memory_order_seq_cst);
    std::int64_t top = top_->load(std::memory_order_seq_cst);
    if (top > bottom) {  // empty
      bottom_->store(bottom + 1, std::memory_order_relaxed);
      return std::nullopt;
    }
    const T item = array->at(bottom).load(std::memory_order_relaxed);
    if (top < bottom) return item;
    // The last item: a thief may be after it too.
    const bool won = top_->compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                                   std::memory_order_relaxed);
    bottom_->store(bottom + 1, std::memory_order_relaxed);
    if (!won) return std::nullopt;
    return item;
  }

  /// Any thread: the item pushed first. Empty-handed when there is none or another was faster.
  std::optional<T> steal() {
    // acquire: the exchange that raised top to what we read comes before our load of bottom in the
    // single order; with the pair in pop(), who lowers bottom sees that top, or we see that bottom.
    std::int64_t top = top_->load(std::memory_order_acquire);
    const std::int64_t bottom = bottom_->load(std::memory_order_seq_cst);
    if (top >= bottom) return std::nullopt;
    // acquire: the array's slots were copied before it was published.
    Array* const array = array_.load(std::memory_order_acquire);
    const T item = array->at(top).load(std::memory_order_relaxed);
    // Losing means that the owner or another thief has this index; the value read is dropped.
    if (!top_->compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                       std::memory_order_relaxed))
      return std::nullopt;
    return item;
  }

  /// A moment's view; exact for the owner when nobody steals.
  std::size_t size() const noexcept {
    const std::int64_t bottom = bottom_->load(std::memory_order_seq_cst);
    const std::int64_t top = top_->load(std::memory_order_seq_cst);
    return bottom > top ? static_cast<std::size_t>(bottom - top) : 0;
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  struct Array {
    explicit Array(std::size_t log2)
        : mask((std::int64_t{1} << log2) - 1), slots(new Atomic<T>[std::size_t{1} << log2]) {}
    Atomic<T>& at(std::int64_t index) noexcept {
      return slots[static_cast<std::size_t>(index & mask)];
    }
    std::int64_t mask;
    std::unique_ptr<Atomic<T>[]> slots;
  };

  Array* grow(Array& old, std::int64_t top, std::int64_t bottom) {
    std::size_t log2 = 0;
    while ((std::int64_t{1} << log2) <= old.mask) ++log2;
    arrays_.push_back(std::make_unique<Array>(log2 + 1));
    Array* const bigger = arrays_.back().get();
    for (std::int64_t i = top; i < bottom; ++i)
      bigger->at(i).store(old.at(i).load(std::memory_order_relaxed), std::memory_order_relaxed);
    array_.store(bigger, std::memory_order_release);
    return bigger;
  }

  CachePadded<Atomic<std::int64_t>> top_;
  CachePadded<Atomic<std::int64_t>> bottom_;
  Atomic<Array*> array_{nullptr};
  std::vector<std::unique_ptr<Array>> arrays_;  // owner only; the last one is current
};

}  // namespace avila::atom

// Hazard pointers: a reader says which objects it holds, and those are not destroyed meanwhile.
#pragma once
#include <algorithm>
#include <atomic>
#include <avila/atom/record_list.hpp>
#include <avila/atom/treiber_stack.hpp>
#include <avila/error/assert.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace avila::atom {

/// Safe destruction for lock-free structures. Memory is bounded whatever readers do: an object that
/// is retired and held by nobody is destroyed at the latest when its thread has retired
/// max(retire_threshold, guards of all threads) more; that costs O(log guards) amortised.
///
///   HazardDomain<>::Guard guard(domain);
///   Node* node = guard.protect(head);        // stays whole while guard holds it
///   …; domain.retire(unlinked);              // deleted when no guard holds it
///
/// Threads join at first use and leave when they end; what they could not destroy yet goes to the
/// others. Source: Michael, "Hazard pointers: safe memory reclamation for lock-free objects"
/// (2004).
template <class Platform = StdPlatform, std::size_t GuardsPerThread = 8>
class HazardDomain {
  static_assert(GuardsPerThread > 0 && GuardsPerThread < 32);
  template <class U>
  using Atomic = typename Platform::template Atomic<U>;
  struct Record;

 public:
  using PlatformType = Platform;
  static constexpr std::size_t kGuardsPerThread = GuardsPerThread;
  static constexpr std::size_t kRetireThreshold = 64;

  explicit HazardDomain(std::size_t retire_threshold = kRetireThreshold)
      : threshold_(retire_threshold < 1 ? 1 : retire_threshold), records_(this, leave) {}
  /// No guard may be alive. Destroys everything still retired.
  ~HazardDomain() {
    records_.close();
    while (destroy_everything()) {  // a destructor may retire more
    }
  }
  HazardDomain(const HazardDomain&) = delete;
  HazardDomain& operator=(const HazardDomain&) = delete;

  /// For structures that are given none. Lives as long as the process.
  static HazardDomain& global() {
    static HazardDomain* const domain = new HazardDomain;
    return *domain;
  }

  /// One hazard pointer of the thread that made it, which alone may use it; at most
  /// kGuardsPerThread at a time in a domain.
  class [[nodiscard]] Guard {
   public:
    explicit Guard(HazardDomain& domain) : record_(domain.records_.local()) {
      const unsigned free = ~record_.used & ((1U << kGuardsPerThread) - 1);
      AVILA_ASSERT(free != 0);
      index_ = static_cast<unsigned>(std::countr_zero(free));
      record_.used |= 1U << index_;
    }
    ~Guard() {
      reset();
      record_.used &= ~(1U << index_);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    /// What `source` points to, safe to read until the next protect, announce or reset.
    /// Lock-free: repeats only when `source` has changed meanwhile.
    template <class T>
    T* protect(const Atomic<T*>& source) noexcept {
      T* seen = source.load(std::memory_order_relaxed);  // a guess, checked below
      for (;;) {
        announce(seen);
        // acquire: what was written into the object before it was published.
        T* const again = source.load(std::memory_order_acquire);
        if (again == seen) return seen;
        seen = again;
      }
    }
    /// Publishes `object` as held. It is only safe to use if the caller finds, after this, that the
    /// object has not been retired: that it can still be reached.
    template <class T>
    void announce(T* object) noexcept {
      // release: a scan that sees the new pointer in this slot may destroy the old one; our reads
      // of the old one come before.
      slot().store(object, std::memory_order_release);
      // The fence X. A scan has a fence Y between unlinking and reading the slots. If X is before Y
      // the scan sees our slot; if Y is before X our next load sees the unlinking.
      Platform::fence(std::memory_order_seq_cst);
    }
    void reset() noexcept { slot().store(nullptr, std::memory_order_release); }

   private:
    Atomic<const void*>& slot() noexcept { return record_.slots[index_]; }
    Record& record_;
    unsigned index_;
  };

  /// Deletes `object` when no guard holds it. Nobody may be able to reach it any more, and it is
  /// retired once. `object` is the same pointer as readers protect (not a pointer to its base).
  template <class T>
  void retire(T* object) {
    retire(object, [](void* held) { delete static_cast<T*>(held); });
  }
  /// The same with `destroy(object)` in place of delete.
  void retire(void* object, void (*destroy)(void* object)) {
    Record& mine = records_.local();
    mine.retired.push_back({object, destroy});
    if (mine.retired.size() >= mine.scan_at) scan(mine);
  }
  /// Destroys now what this thread (and threads that ended) retired and nobody holds.
  void collect() { scan(records_.local()); }
  /// How many objects this thread has retired that are not destroyed yet.
  std::size_t pending() { return records_.local().retired.size(); }

 private:
  using Retired = detail::Retired;
  struct Record : detail::RecordBase<Record, Platform> {
    Atomic<const void*> slots[kGuardsPerThread]{};
    // The owner's alone:
    unsigned used = 0;  // bit i: slot i belongs to a guard
    bool scanning = false;
    std::size_t scan_at = 1;
    std::vector<Retired> retired;
  };
  struct Orphans {  // what an ended thread left
    Atomic<Orphans*> next{nullptr};
    std::vector<Retired> retired;
  };

  void scan(Record& mine) {
    if (mine.scanning) return;  // a destructor retires more: the next scan's
    mine.scanning = true;
    for (Orphans* left = orphans_.take_all(); left != nullptr;) {
      mine.retired.insert(mine.retired.end(), left->retired.begin(), left->retired.end());
      delete std::exchange(left, left->next.load(std::memory_order_relaxed));
    }
    Platform::fence(std::memory_order_seq_cst);  // the fence Y, see announce()
    std::vector<const void*> held;
    std::size_t slots = 0;
    records_.for_each([&](const Record& record) {
      for (const auto& slot : record.slots) {
        // acquire: pairs with the release in announce() and reset(): what the reader did with an
        // object that it holds no longer happens before we destroy it.
        if (const void* const object = slot.load(std::memory_order_acquire)) held.push_back(object);
      }
      slots += kGuardsPerThread;
    });
    std::sort(held.begin(), held.end());
    std::vector<Retired> batch = std::exchange(mine.retired, {});
    for (const Retired& each : batch) {
      if (std::binary_search(held.begin(), held.end(), each.object)) {
        mine.retired.push_back(each);
      } else {
        each.destroy(each.object);
      }
    }
    // At most `slots` objects stay; the next scan comes after as many retirements as it costs.
    mine.scan_at = mine.retired.size() + std::max(threshold_, slots);
    mine.scanning = false;
  }

  static void leave(void* domain, void* record) noexcept {
    auto& self = *static_cast<HazardDomain*>(domain);
    auto& mine = *static_cast<Record*>(record);
    self.scan(mine);
    if (!mine.retired.empty()) {
      auto* const left = new Orphans;
      left->retired.swap(mine.retired);
      self.orphans_.push(left);
    }
    mine.scan_at = 1;
    RecordList::give_back(mine);
  }

  bool destroy_everything() {
    std::vector<Retired> batch;
    const auto take = [&batch](std::vector<Retired>& from) {
      batch.insert(batch.end(), from.begin(), from.end());
      from.clear();
    };
    records_.for_each([&](Record& record) {
      record.scan_at = SIZE_MAX;  // a destructor that retires more must not start a scan
      take(record.retired);
    });
    for (Orphans* left = orphans_.take_all(); left != nullptr;) {
      take(left->retired);
      delete std::exchange(left, left->next.load(std::memory_order_relaxed));
    }
    for (const Retired& each : batch) each.destroy(each.object);
    return !batch.empty();
  }

  using RecordList = detail::RecordList<Record, Platform>;
  const std::size_t threshold_;
  TreiberStack<Orphans, Platform> orphans_;
  RecordList records_;
};

}  // namespace avila::atom

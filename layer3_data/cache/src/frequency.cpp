// LFU, and W-TinyLFU: "TinyLFU: A Highly Efficient Cache Admission Policy", Einziger, Friedman and
// Manes, ACM ToS 2017.
#include <algorithm>
#include <bit>
#include <list>
#include <memory>

#include "lists.hpp"

namespace avila::cache::detail {
namespace {

/// Buckets of equal use count in rising order, each a list by age: every step is O(1).
class Lfu final : public Evictor {
 public:
  void insert(Slot slot, std::uint64_t, std::uint64_t) override {
    if (slot >= where_.size()) where_.resize(slot + std::size_t{1});
    if (buckets_.empty() || buckets_.front().uses != 1) buckets_.push_front({1, {}});
    place(slot, buckets_.begin());
    newest_ = slot;
  }
  void access(Slot slot) override {
    const auto bucket = where_[slot].bucket;
    auto next = std::next(bucket);
    if (next == buckets_.end() || next->uses != bucket->uses + 1)
      next = buckets_.insert(next, {bucket->uses + 1, {}});
    take(slot);
    place(slot, next);
  }
  void remove(Slot slot, bool) override {
    take(slot);
    if (slot == newest_) newest_ = kNoSlot;
  }
  Slot victim() override {
    // The newest has had no chance yet: it leaves last.
    for (const Bucket& bucket : buckets_)
      for (const Slot slot : bucket.slots)
        if (slot != newest_) return slot;
    return newest_;
  }

 private:
  struct Bucket {
    std::uint64_t uses;
    std::list<Slot> slots;  // oldest first
  };
  struct Place {
    std::list<Bucket>::iterator bucket;
    std::list<Slot>::iterator position;
  };
  void place(Slot slot, std::list<Bucket>::iterator bucket) {
    bucket->slots.push_back(slot);
    where_[slot] = {bucket, std::prev(bucket->slots.end())};
  }
  void take(Slot slot) {
    const Place at = where_[slot];
    at.bucket->slots.erase(at.position);
    if (at.bucket->slots.empty()) buckets_.erase(at.bucket);
  }
  std::list<Bucket> buckets_;
  std::vector<Place> where_;
  Slot newest_ = kNoSlot;
};

/// Count-min sketch of 4-bit counters, halved after a sample so that the past fades.
class Sketch {
 public:
  explicit Sketch(std::uint64_t capacity)
      : table_(std::bit_ceil(std::clamp<std::uint64_t>(capacity, 64, std::uint64_t{1} << 22))),
        sample_(10 * table_.size()) {}
  void add(std::uint64_t hash) {
    bool grew = false;
    for (int row = 0; row < 4; ++row) {
      std::uint64_t& word = table_[index(hash, row)];
      const int shift = counter(hash, row);
      if ((word >> shift & 15) < 15) word += std::uint64_t{1} << shift, grew = true;
    }
    if (grew && ++additions_ >= sample_) {
      for (auto& word : table_) word = word >> 1 & 0x7777777777777777U;
      additions_ /= 2;
    }
  }
  unsigned estimate(std::uint64_t hash) const {
    unsigned least = 15;
    for (int row = 0; row < 4; ++row)
      least = std::min(least,
                       static_cast<unsigned>(table_[index(hash, row)] >> counter(hash, row) & 15));
    return least;
  }

 private:
  static std::uint64_t mix(std::uint64_t hash, int row) {
    constexpr std::uint64_t kSeeds[] = {0x9E3779B97F4A7C15U, 0xC2B2AE3D27D4EB4FU,
                                        0x165667B19E3779F9U, 0xD6E8FEB86659FD93U};
    const std::uint64_t x = hash * kSeeds[row];
    return x ^ (x >> 32);
  }
  std::size_t index(std::uint64_t hash, int row) const {
    return mix(hash, row) & (table_.size() - 1);
  }
  static int counter(std::uint64_t hash, int row) {
    return static_cast<int>(mix(hash, row) >> 60) * 4;
  }
  std::vector<std::uint64_t> table_;  // 16 counters a word
  std::uint64_t sample_, additions_ = 0;
};

/// A window of 1 % takes every newcomer. What falls out of it competes with the victim of the main
/// part (probation 20 %, protected 80 %, segmented LRU): the one asked for more often stays.
class TinyLfu final : public Evictor {
 public:
  explicit TinyLfu(std::uint64_t capacity)
      : window_capacity_(std::max<std::uint64_t>(1, capacity / 100)),
        protected_capacity_((capacity - std::min(capacity, window_capacity_)) * 4 / 5),
        main_capacity_(capacity - std::min(capacity, window_capacity_)),
        sketch_(capacity) {}

  void insert(Slot slot, std::uint64_t hash, std::uint64_t weight) override {
    if (slot >= hashes_.size()) hashes_.resize(slot + std::size_t{1});
    hashes_[slot] = hash;
    sketch_.add(hash);
    lists_.push_front(kWindow, slot, weight);
    // While there is room in the main part, what leaves the window moves there for free.
    while (lists_.weight(kWindow) > window_capacity_ && lists_.count(kWindow) > 1) {
      const Slot oldest = lists_.last(kWindow);
      if (main_weight() + lists_.weight_of(oldest) > main_capacity_) break;
      lists_.move_front(kProbation, oldest);
    }
  }
  void access(Slot slot) override {
    sketch_.add(hashes_[slot]);
    if (lists_.list_of(slot) == kWindow) return lists_.move_front(kWindow, slot);
    lists_.move_front(kProtected, slot);
    while (lists_.weight(kProtected) > protected_capacity_ && lists_.count(kProtected) > 1)
      lists_.move_front(kProbation, lists_.last(kProtected));
  }
  void miss(std::uint64_t hash) override { sketch_.add(hash); }
  void remove(Slot slot, bool) override { lists_.remove(slot); }
  Slot victim() override {
    const Slot main =
        lists_.last(kProbation) != kNoSlot ? lists_.last(kProbation) : lists_.last(kProtected);
    const Slot candidate = lists_.last(kWindow);
    if (candidate == kNoSlot) return main;
    if (main == kNoSlot || lists_.weight(kWindow) <= window_capacity_)
      return main == kNoSlot ? candidate : main;
    if (sketch_.estimate(hashes_[candidate]) > sketch_.estimate(hashes_[main])) {
      lists_.move_front(kProbation, candidate);
      return main;
    }
    return candidate;
  }

 private:
  static constexpr std::size_t kWindow = 0, kProbation = 1, kProtected = 2;
  std::uint64_t main_weight() const {
    return lists_.weight(kProbation) + lists_.weight(kProtected);
  }
  std::uint64_t window_capacity_, protected_capacity_, main_capacity_;
  Sketch sketch_;
  SlotLists lists_{3};
  std::vector<std::uint64_t> hashes_;
};
}  // namespace

std::unique_ptr<Evictor> make_lfu() { return std::make_unique<Lfu>(); }
std::unique_ptr<Evictor> make_tiny_lfu(std::uint64_t capacity) {
  return std::make_unique<TinyLfu>(capacity);
}

}  // namespace avila::cache::detail

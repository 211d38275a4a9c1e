// ARC: "ARC: A Self-Tuning, Low Overhead Replacement Cache", Megiddo and Modha, FAST 2003.
#include <algorithm>
#include <deque>
#include <memory>
#include <unordered_map>

#include "lists.hpp"

namespace avila::cache::detail {
namespace {

/// T1 holds what was seen once lately, T2 what was seen again. B1 and B2 remember the hashes of
/// what left them (ghosts): a miss that hits B1 says that T1 should be larger, B2 the reverse.
/// Weights stand for counts.
class Arc final : public Evictor {
 public:
  explicit Arc(std::uint64_t capacity) : capacity_(capacity) {}

  void insert(Slot slot, std::uint64_t hash, std::uint64_t weight) override {
    if (slot >= hashes_.size()) hashes_.resize(slot + std::size_t{1});
    hashes_[slot] = hash;
    const std::uint64_t ghosts1 = std::max<std::uint64_t>(1, ghosts_[0].weight);
    const std::uint64_t ghosts2 = std::max<std::uint64_t>(1, ghosts_[1].weight);
    if (ghosts_[0].take(hash)) {
      target_ =
          std::min(capacity_, target_ + weight * std::max<std::uint64_t>(1, ghosts2 / ghosts1));
      lists_.push_front(kT2, slot, weight);
    } else if (ghosts_[1].take(hash)) {
      const std::uint64_t step = weight * std::max<std::uint64_t>(1, ghosts1 / ghosts2);
      target_ -= std::min(target_, step);
      lists_.push_front(kT2, slot, weight);
      from_b2_ = true;
    } else {
      lists_.push_front(kT1, slot, weight);
    }
    newest_ = slot;
  }
  void access(Slot slot) override { lists_.move_front(kT2, slot); }
  void remove(Slot slot, bool evicted) override {
    const std::size_t list = lists_.list_of(slot);
    const std::uint64_t weight = lists_.weight_of(slot);
    lists_.remove(slot);
    if (slot == newest_) newest_ = kNoSlot;
    if (!evicted) return;
    ghosts_[list].add(hashes_[slot], weight);
    // |T1| + |B1| <= c, and everything together <= 2c.
    while (lists_.weight(kT1) + ghosts_[0].weight > capacity_ && ghosts_[0].drop_oldest()) {
    }
    while (lists_.weight(kT1) + lists_.weight(kT2) + ghosts_[0].weight + ghosts_[1].weight >
               2 * capacity_ &&
           ghosts_[1].drop_oldest()) {
    }
  }
  Slot victim() override {
    const std::uint64_t recent = lists_.weight(kT1);
    const bool from_recent = recent > target_ || (from_b2_ && recent == target_ && recent > 0);
    from_b2_ = false;
    for (const std::size_t list : {from_recent ? kT1 : kT2, from_recent ? kT2 : kT1}) {
      const Slot last = lists_.last(list);
      // The entry that is coming in leaves only when nothing else can.
      if (last != kNoSlot && (last != newest_ || lists_.count(kT1) + lists_.count(kT2) == 1))
        return last;
    }
    return newest_;
  }

 private:
  static constexpr std::size_t kT1 = 0, kT2 = 1;
  /// Hashes in the order they came, found by hash.
  struct Ghosts {
    struct Item {
      std::uint64_t hash, weight, stamp;
    };
    std::deque<Item> order;
    std::unordered_map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> known;
    std::uint64_t weight = 0, stamps = 0;

    void add(std::uint64_t hash, std::uint64_t w) {
      (void)take(hash);
      known[hash] = {++stamps, w};
      order.push_back({hash, w, stamps});
      weight += w;
    }
    bool take(std::uint64_t hash) {
      const auto at = known.find(hash);
      if (at == known.end()) return false;
      weight -= at->second.second;
      known.erase(at);
      while (!order.empty() && stale(order.front())) order.pop_front();
      return true;
    }
    bool drop_oldest() {
      while (!order.empty()) {
        const Item item = order.front();
        const bool gone = stale(item);
        order.pop_front();
        if (gone) continue;
        weight -= item.weight;
        known.erase(item.hash);
        return true;
      }
      return false;
    }
    bool stale(const Item& item) const {
      const auto at = known.find(item.hash);
      return at == known.end() || at->second.first != item.stamp;
    }
  };

  std::uint64_t capacity_, target_ = 0;
  SlotLists lists_{2};
  std::vector<std::uint64_t> hashes_;
  Ghosts ghosts_[2];
  Slot newest_ = kNoSlot;
  bool from_b2_ = false;
};
}  // namespace

std::unique_ptr<Evictor> make_arc(std::uint64_t capacity) {
  return std::make_unique<Arc>(capacity);
}

}  // namespace avila::cache::detail

// Doubly linked lists of slots, kept in one table.
#pragma once
#include <avila/cache/policy.hpp>

#include <memory>
#include <vector>

namespace avila::cache::detail {

/// A slot is in at most one list. Each list sums the weight of its slots.
class SlotLists {
 public:
  explicit SlotLists(std::size_t lists) : heads_(lists) {}

  void push_front(std::size_t list, Slot slot, std::uint64_t weight) {
    if (slot >= links_.size()) links_.resize(slot + std::size_t{1});
    Link& link = links_[slot];
    link = {kNoSlot, heads_[list].first, static_cast<std::uint32_t>(list), weight};
    if (link.next != kNoSlot)
      links_[link.next].previous = slot;
    else
      heads_[list].last = slot;
    heads_[list].first = slot;
    heads_[list].weight += weight;
    ++heads_[list].count;
  }
  void remove(Slot slot) {
    Link& link = links_[slot];
    Head& head = heads_[link.list];
    (link.previous != kNoSlot ? links_[link.previous].next : head.first) = link.next;
    (link.next != kNoSlot ? links_[link.next].previous : head.last) = link.previous;
    head.weight -= link.weight;
    --head.count;
  }
  void move_front(std::size_t list, Slot slot) {
    const std::uint64_t weight = links_[slot].weight;
    remove(slot);
    push_front(list, slot, weight);
  }
  Slot last(std::size_t list) const { return heads_[list].last; }
  std::uint64_t weight(std::size_t list) const { return heads_[list].weight; }
  std::uint64_t count(std::size_t list) const { return heads_[list].count; }
  std::uint64_t weight_of(Slot slot) const { return links_[slot].weight; }
  std::size_t list_of(Slot slot) const { return links_[slot].list; }

 private:
  struct Link {
    Slot previous = kNoSlot, next = kNoSlot;
    std::uint32_t list = 0;
    std::uint64_t weight = 0;
  };
  struct Head {
    Slot first = kNoSlot, last = kNoSlot;
    std::uint64_t weight = 0, count = 0;
  };
  std::vector<Link> links_;
  std::vector<Head> heads_;
};

std::unique_ptr<Evictor> make_arc(std::uint64_t capacity);
std::unique_ptr<Evictor> make_tiny_lfu(std::uint64_t capacity);
std::unique_ptr<Evictor> make_lfu();

}  // namespace avila::cache::detail

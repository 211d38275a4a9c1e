#include "lists.hpp"

#include <algorithm>
#include <memory>

namespace avila::cache::detail {
namespace {

class Lru final : public Evictor {
 public:
  void insert(Slot slot, std::uint64_t, std::uint64_t weight) override {
    list_.push_front(0, slot, weight);
  }
  void access(Slot slot) override { list_.move_front(0, slot); }
  void remove(Slot slot, bool) override { list_.remove(slot); }
  Slot victim() override { return list_.last(0); }

 private:
  SlotLists list_{1};
};
}  // namespace

std::unique_ptr<Evictor> make_evictor(Policy policy, std::uint64_t capacity) {
  switch (policy) {
    case Policy::Lru: return std::make_unique<Lru>();
    case Policy::Lfu: return make_lfu();
    case Policy::Arc: return make_arc(capacity);
    case Policy::TinyLfu: break;
  }
  return make_tiny_lfu(capacity);
}

}  // namespace avila::cache::detail

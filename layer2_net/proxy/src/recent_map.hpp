// A map of bounded size: past it, what was not used for longest goes.
#pragma once
#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace avila::proxy::detail {

template <class Key, class Value, class Hash = std::hash<Key>>
class RecentMap {
 public:
  explicit RecentMap(std::size_t size_max) : size_max_(size_max > 0 ? size_max : 1) {}

  /// Null where it is not known; else it was used just now. Valid until the next put().
  Value* use(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
  }
  void put(const Key& key, Value value) {
    if (Value* const known = use(key); known != nullptr) {
      *known = std::move(value);
      return;
    }
    if (index_.size() >= size_max_) {
      index_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(key, std::move(value));
    index_.emplace(key, order_.begin());
  }
  std::size_t size() const noexcept { return index_.size(); }

 private:
  using Order = std::list<std::pair<Key, Value>>;  // the one used last is first
  std::size_t size_max_;
  Order order_;
  std::unordered_map<Key, typename Order::iterator, Hash> index_;
};

}  // namespace avila::proxy::detail

#include "range_tombstones.hpp"

#include <algorithm>
#include <set>

namespace avila::lsm::detail {

RangeTombstones::RangeTombstones(const std::vector<RangeTombstone>& tombstones) {
  if (tombstones.empty()) return;
  // Sweep over the boundaries; between two of them the set of live tombstones is constant.
  struct Event {
    std::string_view key;
    Sequence sequence;
    bool starts;
  };
  std::vector<Event> events;
  for (const auto& t : tombstones) {
    if (compare_keys(t.begin, t.end) >= 0) continue;
    events.push_back({t.begin, t.sequence, true});
    events.push_back({t.end, t.sequence, false});
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    if (const int order = compare_keys(a.key, b.key); order != 0) return order < 0;
    return a.sequence < b.sequence;
  });
  std::multiset<Sequence, std::greater<>> live;
  for (std::size_t i = 0; i < events.size();) {
    const std::string_view key = events[i].key;
    for (; i < events.size() && events[i].key == key; ++i) {
      if (events[i].starts) {
        live.insert(events[i].sequence);
      } else if (const auto it = live.find(events[i].sequence); it != live.end()) {
        live.erase(it);
      }
    }
    if (live.empty() || i == events.size()) continue;
    Fragment fragment{std::string(key), std::string(events[i].key), {live.begin(), live.end()}};
    auto& s = fragment.sequences;
    s.erase(std::unique(s.begin(), s.end()), s.end());
    fragments_.push_back(std::move(fragment));
  }
}

Sequence RangeTombstones::cover(std::string_view key, Sequence visible) const noexcept {
  const auto it = std::upper_bound(fragments_.begin(), fragments_.end(), key,
                                   [](std::string_view k, const Fragment& f) { return k < f.end; });
  if (it == fragments_.end() || compare_keys(it->begin, key) > 0) return 0;
  for (const Sequence s : it->sequences)
    if (s <= visible) return s;
  return 0;
}

}  // namespace avila::lsm::detail

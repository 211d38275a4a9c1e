// Range erasures: [begin, end) at a sequence covers older entries of those keys.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "format.hpp"

namespace avila::lsm::detail {

struct RangeTombstone {
  std::string begin, end;
  Sequence sequence;
};

/// Tombstones cut at each other's ends, for look-up by binary search. Immutable.
class RangeTombstones {
 public:
  RangeTombstones() = default;
  explicit RangeTombstones(const std::vector<RangeTombstone>& tombstones);

  bool empty() const noexcept { return fragments_.empty(); }
  /// The newest sequence <= `visible` that covers the key; 0: none.
  Sequence cover(std::string_view key, Sequence visible) const noexcept;
  /// Cut to [from, to) (empty: unbounded) and without those that `drop(sequence)` names.
  template <class Drop>
  std::vector<RangeTombstone> clipped(std::string_view from, std::string_view to, bool to_bounded,
                                      Drop&& drop) const {
    std::vector<RangeTombstone> out;
    for (const Fragment& f : fragments_) {
      const std::string_view begin = compare_keys(f.begin, from) < 0 ? from : f.begin;
      const std::string_view end = to_bounded && compare_keys(to, f.end) < 0 ? to : f.end;
      if (compare_keys(begin, end) >= 0) continue;
      for (const Sequence s : f.sequences)
        if (!drop(s)) out.push_back({std::string(begin), std::string(end), s});
    }
    return out;
  }

 private:
  struct Fragment {
    std::string begin, end;
    std::vector<Sequence> sequences;  // descending
  };
  std::vector<Fragment> fragments_;  // by begin, disjoint
};

}  // namespace avila::lsm::detail

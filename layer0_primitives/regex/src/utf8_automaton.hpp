// The smallest deterministic automaton of the UTF-8 forms of a set of code points.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "char_set.hpp"

namespace avila::regex::detail {

struct Utf8Automaton {
  static constexpr std::uint32_t kAccept = ~0U;
  struct Edge {
    std::uint8_t first, last;
    std::uint32_t target;  // a state, or kAccept
    bool operator==(const Edge&) const = default;
    auto operator<=>(const Edge&) const = default;
  };
  /// Each state's edges by byte; targets come before those who lead to them, the start is last.
  std::vector<std::vector<Edge>> states;
};

/// No states where the set has no scalar value. Backwards: the last byte of a form first.
/// Shared with other patterns; made under a lock where the set is large.
std::shared_ptr<const Utf8Automaton> utf8_automaton(const CharSet& set, bool backwards);

}  // namespace avila::regex::detail

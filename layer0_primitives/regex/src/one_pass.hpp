// Patterns where each byte leaves one way to go: groups in one walk (R. Cox, RE2's onepass).
#pragma once
#include "engine.hpp"

namespace avila::regex::detail {

class OnePass {
 public:
  static constexpr std::size_t kMaxSlots = 32;
  static constexpr std::size_t kMaxEdges = 1 << 18;  // 4 MiB of them

  /// Null where the (single) pattern is not one-pass or is too large.
  static std::unique_ptr<OnePass> make(const Program& program);

  /// An anchored LeftmostFirst search. Sets `slots` (program.slot_count of them) on success.
  bool search(const Span& span, std::span<std::size_t> slots, std::uint64_t& steps) const;

 private:
  static constexpr std::uint32_t kNowhere = ~0U;
  // On the way to a byte or a match: slots to set and assertions that must hold.
  struct Way {
    std::uint32_t slots = 0;
    LookSet looks = 0;
    bool operator==(const Way&) const = default;
  };
  struct Edge {
    std::uint32_t to = kNowhere;
    Way way;
    bool match_wins = false;  // the match in the same state is preferred
  };
  struct State {
    Way match;
    bool matches = false;
  };
  explicit OnePass(const Program& program) : program_(program) {}
  bool build();

  const Program& program_;
  std::vector<State> states_;
  std::vector<Edge> edges_;  // class_count a state
};

}  // namespace avila::regex::detail

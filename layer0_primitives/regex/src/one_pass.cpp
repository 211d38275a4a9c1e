#include "one_pass.hpp"

#include <unordered_map>

namespace avila::regex::detail {

std::unique_ptr<OnePass> OnePass::make(const Program& program) {
  if (program.slot_count > kMaxSlots) return nullptr;
  std::unique_ptr<OnePass> one_pass(new OnePass(program));
  if (!one_pass->build()) return nullptr;
  return one_pass;
}

bool OnePass::build() {
  std::unordered_map<std::uint32_t, std::uint32_t> known;  // instruction -> state
  std::vector<std::uint32_t> todo;
  const auto state_of = [&](std::uint32_t id) {
    const auto [at, fresh] = known.emplace(id, static_cast<std::uint32_t>(known.size()));
    if (fresh) todo.push_back(id);
    return at->second;
  };
  struct Visit {
    std::uint32_t id;
    Way way;
  };
  std::vector<Visit> stack;
  SparseSet seen;
  seen.resize(program_.insts.size());
  state_of(program_.start_anchored);
  const unsigned classes = program_.class_count;
  // From the state that is being made, over the bytes first…last.
  const auto add_edges = [&](std::uint8_t first, std::uint8_t last, std::uint32_t to,
                             const Way& way) {
    const std::size_t row = (states_.size() - 1) * classes;
    for (unsigned c = program_.class_of[first]; c <= program_.class_of[last]; ++c) {
      Edge& edge = edges_[row + c];
      if (edge.to != kNowhere) return false;
      edge = {state_of(to), way, states_.back().matches};
    }
    return true;
  };
  for (std::size_t state = 0; state < todo.size(); ++state) {
    if ((state + 1) * classes > kMaxEdges) return false;
    states_.emplace_back();
    edges_.resize((state + 1) * classes);
    seen.clear();
    stack.assign({{todo[state], {}}});
    while (!stack.empty()) {
      Visit visit = stack.back();
      stack.pop_back();
      if (!seen.insert(visit.id)) return false;  // two ways to the same place
      const Inst& inst = program_.insts[visit.id];
      switch (inst.op) {
        case Op::Union:
          for (std::uint32_t i = inst.next; i-- > 0;)
            stack.push_back({program_.targets[inst.arg + i], visit.way});
          break;
        case Op::Look:
          stack.push_back({inst.next, {visit.way.slots, visit.way.looks | bit(inst.look)}});
          break;
        case Op::Save:
          stack.push_back({inst.next, {visit.way.slots | 1U << inst.arg, visit.way.looks}});
          break;
        case Op::Match:
          if (states_[state].matches) return false;
          states_[state] = {visit.way, true};
          break;
        case Op::Range:
          if (!add_edges(inst.first, inst.last, inst.next, visit.way)) return false;
          break;
        case Op::Sparse:
          for (std::uint32_t i = 0; i < inst.next; ++i) {
            const auto& edge = program_.edges[inst.arg + i];
            if (!add_edges(edge.first, edge.last, edge.next, visit.way)) return false;
          }
          break;
        case Op::Fail: break;
      }
    }
  }
  return true;
}

bool OnePass::search(const Span& span, std::span<std::size_t> slots, std::uint64_t& steps) const {
  std::size_t now[kMaxSlots];
  std::fill(now, now + slots.size(), kNoSlot);
  bool found = false;
  const auto apply = [](std::uint32_t mask, std::size_t* to, std::size_t at) {
    for (; mask != 0; mask &= mask - 1) to[__builtin_ctz(mask)] = at;
  };
  const auto holds_all = [&](LookSet looks, std::size_t at) {
    return looks == 0 || all_hold(looks, span.text, at, program_.line_terminator);
  };
  std::uint32_t state = 0;
  for (std::size_t at = span.start;; ++at) {
    ++steps;
    const Edge* edge = nullptr;
    if (at < span.end)
      edge = &edges_[state * program_.class_count + program_.class_of[span.at(at)]];
    const State& here = states_[state];
    if (here.matches && (!span.must_end || at == span.end) && holds_all(here.match.looks, at)) {
      std::copy(now, now + slots.size(), slots.begin());
      apply(here.match.slots, slots.data(), at);
      found = true;
      if (edge != nullptr && edge->match_wins) break;
    }
    if (edge == nullptr || edge->to == kNowhere || !holds_all(edge->way.looks, at)) break;
    apply(edge->way.slots, now, at);
    state = edge->to;
  }
  return found;
}

}  // namespace avila::regex::detail

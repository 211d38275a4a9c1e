// A Thompson automaton over bytes.
#pragma once
#include <array>
#include <memory>
#include <span>
#include <vector>

#include "syntax.hpp"

namespace avila::regex::detail {

enum class Op : std::uint8_t { Range, Sparse, Union, Look, Save, Fail, Match };

struct Inst {
  Op op = Op::Fail;
  std::uint8_t first = 0, last = 0;  // Range
  Look look = Look::Start;           // Look
  std::uint32_t next = 0;            // Range, Look, Save: where to; Sparse, Union: how many
  std::uint32_t arg = 0;             // Sparse, Union: from where; Save: the slot; Match: pattern
};

struct Edge {
  std::uint8_t first, last;
  std::uint32_t next;
};

struct Program {
  std::vector<Inst> insts;
  std::vector<Edge> edges;             // of Sparse, by byte
  std::vector<std::uint32_t> targets;  // of Union, preferred first
  std::uint32_t start_anchored = 0;
  std::uint32_t start_unanchored = 0;         // behind (?s-u:.)*?
  std::vector<std::uint32_t> pattern_starts;  // anchored, one pattern each
  std::vector<std::uint32_t> group_slots;     // first slot of each pattern's groups from 1 on
  std::vector<std::uint32_t> group_counts;    // of each pattern, the whole match included
  std::size_t slot_count = 0;                 // 2 a pattern, then 2 a group
  LookSet looks = 0;                          // all that occur
  std::array<std::uint8_t, 256> class_of{};   // bytes that no instruction tells apart
  unsigned class_count = 1;
  bool reverse = false;
  bool always_anchored = false;  // every match begins at the start of the text
  std::uint8_t line_terminator = '\n';

  /// Where byte `b` leads from a Range or Sparse; ~0U for nowhere.
  std::uint32_t step(const Inst& inst, std::uint8_t b) const noexcept {
    if (inst.op == Op::Range) return b >= inst.first && b <= inst.last ? inst.next : ~0U;
    const Edge* edge = edges.data() + inst.arg;
    for (std::uint32_t left = inst.next; left > 0; --left, ++edge)
      if (b <= edge->last) return b >= edge->first ? edge->next : ~0U;
    return ~0U;
  }
};

/// Reversed programs save nothing. LimitExceeded beyond max_program_size.
Result<std::unique_ptr<Program>> compile(std::span<const Pattern> patterns, const Options& options,
                                         bool reverse);

}  // namespace avila::regex::detail

// Built from the end: compile(node, next) gives the instruction that matches `node` and goes on at
// `next` (K. Thompson, "Regular Expression Search Algorithm", 1968).
#include <algorithm>
#include <bitset>
#include <map>

#include "program.hpp"
#include "utf8_automaton.hpp"

namespace avila::regex::detail {
namespace {

class Compiler {
 public:
  Compiler(const Options& options, bool reverse) : options_(options) {
    program_.reverse = reverse;
    program_.line_terminator = options.line_terminator;
  }

  Result<std::unique_ptr<Program>> run(std::span<const Pattern> patterns) {
    auto slot = static_cast<std::uint32_t>(2 * patterns.size());
    for (const Pattern& pattern : patterns) {
      program_.group_slots.push_back(slot);
      program_.group_counts.push_back(static_cast<std::uint32_t>(pattern.group_names.size()));
      slot += static_cast<std::uint32_t>(2 * (pattern.group_names.size() - 1));
    }
    program_.slot_count = slot;
    program_.always_anchored = !patterns.empty();
    for (std::uint32_t i = 0; i < patterns.size(); ++i) {
      pattern_ = i;
      std::uint32_t at = emit({.op = Op::Match, .arg = i});
      if (!program_.reverse) at = save(2 * i + 1, at);
      at = compile(patterns[i].root, at);
      if (!program_.reverse) at = save(2 * i, at);
      program_.pattern_starts.push_back(at);
      if (!begins_at_start(patterns[i].root)) program_.always_anchored = false;
    }
    program_.start_anchored = alternatives(program_.pattern_starts);
    const std::uint32_t any = emit({.op = Op::Range, .first = 0, .last = 0xFF});
    program_.start_unanchored = alternatives({program_.start_anchored, any});
    program_.insts[any].next = program_.start_unanchored;
    if (overflow_)
      return Error(Errc::LimitExceeded, "regex: the compiled pattern exceeds max_program_size",
                   {.hint = "counted repetitions multiply: use smaller counts"});
    find_classes();
    return std::make_unique<Program>(std::move(program_));
  }

 private:
  std::uint32_t emit(Inst inst) {
    if (program_.insts.size() + program_.edges.size() + program_.targets.size() >=
        options_.max_program_size)
      overflow_ = true;
    if (overflow_ && !program_.insts.empty()) return 0;
    program_.insts.push_back(inst);
    return static_cast<std::uint32_t>(program_.insts.size() - 1);
  }
  std::uint32_t save(std::uint32_t slot, std::uint32_t next) {
    return emit({.op = Op::Save, .next = next, .arg = slot});
  }

  std::uint32_t alternatives(const std::vector<std::uint32_t>& starts) {
    if (starts.empty()) return emit({.op = Op::Fail});
    if (starts.size() == 1) return starts[0];
    const std::uint32_t at = emit({.op = Op::Union});
    set_targets(at, starts);
    return at;
  }
  void set_targets(std::uint32_t at, const std::vector<std::uint32_t>& starts) {
    if (overflow_) return;
    program_.insts[at].arg = static_cast<std::uint32_t>(program_.targets.size());
    program_.insts[at].next = static_cast<std::uint32_t>(starts.size());
    program_.targets.insert(program_.targets.end(), starts.begin(), starts.end());
  }

  std::uint32_t compile(const Node& node, std::uint32_t next) {
    if (overflow_) return 0;
    switch (node.kind) {
      case Node::Kind::Empty: return next;
      case Node::Kind::Literal: return literal(node.literal, next);
      case Node::Kind::Set: return set(node, next);
      case Node::Kind::Look: {
        const Look look = program_.reverse ? reversed(node.look) : node.look;
        program_.looks |= bit(look);
        return emit({.op = Op::Look, .look = look, .next = next});
      }
      case Node::Kind::Repeat: return repeat(node, next);
      case Node::Kind::Group: {
        if (program_.reverse) return compile(node.parts[0], next);
        const std::uint32_t slot = program_.group_slots[pattern_] + 2 * (node.min - 1);
        return save(slot, compile(node.parts[0], save(slot + 1, next)));
      }
      case Node::Kind::Concat:
        for (std::size_t i = 0; i < node.parts.size(); ++i)
          next = compile(node.parts[program_.reverse ? i : node.parts.size() - 1 - i], next);
        return next;
      case Node::Kind::Alternate: break;
    }
    std::vector<std::uint32_t> starts;
    starts.reserve(node.parts.size());
    for (const Node& part : node.parts) starts.push_back(compile(part, next));
    return alternatives(starts);
  }

  std::uint32_t literal(const std::string& bytes, std::uint32_t next) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const char c = bytes[program_.reverse ? i : bytes.size() - 1 - i];
      const auto b = static_cast<std::uint8_t>(c);
      next = emit({.op = Op::Range, .first = b, .last = b, .next = next});
    }
    return next;
  }

  std::uint32_t set(const Node& node, std::uint32_t next) {
    const auto& ranges = node.set.ranges();
    if (node.bytes || node.set.max() < 0x80) {
      std::vector<Edge> edges;
      for (const CharSet::Range& range : ranges)
        edges.push_back(
            {static_cast<std::uint8_t>(range.first), static_cast<std::uint8_t>(range.last), next});
      return state(edges);
    }
    std::vector<char32_t> key;
    for (const CharSet::Range& range : ranges) key.insert(key.end(), {range.first, range.last});
    auto cached = automata_.find(key);
    if (cached == automata_.end())
      cached = automata_.emplace(std::move(key), utf8_automaton(node.set, program_.reverse)).first;
    std::vector<std::uint32_t> at;
    for (const auto& edges : cached->second->states) {
      std::vector<Edge> placed;
      for (const Utf8Automaton::Edge& edge : edges)
        placed.push_back({edge.first, edge.last,
                          edge.target == Utf8Automaton::kAccept ? next : at[edge.target]});
      at.push_back(state(placed));
    }
    return at.empty() ? emit({.op = Op::Fail}) : at.back();
  }

  std::uint32_t state(const std::vector<Edge>& edges) {
    if (edges.empty()) return emit({.op = Op::Fail});
    if (edges.size() == 1)
      return emit(
          {.op = Op::Range, .first = edges[0].first, .last = edges[0].last, .next = edges[0].next});
    const std::uint32_t at = emit({.op = Op::Sparse,
                                   .next = static_cast<std::uint32_t>(edges.size()),
                                   .arg = static_cast<std::uint32_t>(program_.edges.size())});
    if (!overflow_) program_.edges.insert(program_.edges.end(), edges.begin(), edges.end());
    return at;
  }

  // The two ways from a choice, in the order of preference.
  static std::vector<std::uint32_t> order(bool greedy, std::uint32_t more, std::uint32_t less) {
    return greedy ? std::vector{more, less} : std::vector{less, more};
  }

  std::uint32_t repeat(const Node& node, std::uint32_t next) {
    const Node& body = node.parts[0];
    std::uint32_t copies = node.min;
    if (node.max == Node::kNoLimit) {
      const std::uint32_t choice = emit({.op = Op::Union});
      const std::uint32_t inside = compile(body, choice);
      set_targets(choice, order(node.greedy, inside, next));
      if (copies == 0) {
        // Where the body may match nothing, a* is (a+)?: else the loop would try its way out
        // before the body's own alternatives.
        next = can_be_empty(body) ? alternatives(order(node.greedy, inside, next)) : choice;
      } else {
        next = inside;
        --copies;
      }
    } else {
      const std::uint32_t out = next;
      for (std::uint32_t i = node.min; i < node.max && !overflow_; ++i)
        next = alternatives(order(node.greedy, compile(body, next), out));
    }
    for (; copies > 0 && !overflow_; --copies) next = compile(body, next);
    return next;
  }

  static bool begins_at_start(const Node& node) {
    switch (node.kind) {
      case Node::Kind::Look: return node.look == Look::Start;
      case Node::Kind::Group: return begins_at_start(node.parts[0]);
      case Node::Kind::Repeat: return node.min > 0 && begins_at_start(node.parts[0]);
      case Node::Kind::Concat:  // an assertion in front moves nothing
        for (const Node& part : node.parts) {
          if (begins_at_start(part)) return true;
          if (part.kind != Node::Kind::Look) return false;
        }
        return false;
      case Node::Kind::Alternate:
        return std::all_of(node.parts.begin(), node.parts.end(), begins_at_start);
      default: return false;
    }
  }

  void find_classes() {
    std::bitset<257> cuts;
    const auto cut = [&cuts](unsigned first, unsigned last) {
      cuts.set(first);
      cuts.set(last + 1);
    };
    for (const Inst& inst : program_.insts)
      if (inst.op == Op::Range) cut(inst.first, inst.last);
    for (const Edge& edge : program_.edges) cut(edge.first, edge.last);
    if (program_.looks != 0)
      for (const unsigned b : {unsigned{'\n'}, unsigned{'\r'}, unsigned{options_.line_terminator}})
        cut(b, b);
    if ((program_.looks & kWordLooks) != 0) {
      for (const auto& [first, last] :
           {std::pair{'a', 'z'}, std::pair{'A', 'Z'}, std::pair{'0', '9'}, std::pair{'_', '_'}})
        cut(static_cast<unsigned>(first), static_cast<unsigned>(last));
      cut(0x80, 0xFF);
    }
    unsigned current = 0;
    for (unsigned b = 0; b < 256; ++b) {
      if (b > 0 && cuts[b]) ++current;
      program_.class_of[b] = static_cast<std::uint8_t>(current);
    }
    program_.class_count = current + 1;
  }

  const Options& options_;
  Program program_;
  std::uint32_t pattern_ = 0;
  bool overflow_ = false;
  std::map<std::vector<char32_t>, std::shared_ptr<const Utf8Automaton>> automata_;
};

}  // namespace

Result<std::unique_ptr<Program>> compile(std::span<const Pattern> patterns, const Options& options,
                                         bool reverse) {
  return Compiler(options, reverse).run(patterns);
}

}  // namespace avila::regex::detail

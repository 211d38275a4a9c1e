#include "engine.hpp"

namespace avila::regex::detail {
namespace {

class Pike {
 public:
  Pike(const Program& program, PikeCache& cache, const Span& span, std::span<std::size_t> slots,
       std::uint64_t& steps)
      : program_(program), cache_(cache), span_(span), out_(slots), steps_(steps) {
    width_ = slots.size();
    for (PikeCache::Threads* threads : {&cache.now, &cache.next}) {
      if (threads->set.capacity() != program.insts.size())
        threads->set.resize(program.insts.size());
      threads->set.clear();
      threads->slots.resize(width_ * program.insts.size());
    }
    cache.slots.assign(width_, kNoSlot);
  }

  std::int64_t search(MatchKind kind, std::uint32_t start) {
    const bool all = kind == MatchKind::All;
    std::int64_t pattern = -1;
    for (std::size_t at = span_.start;; ++at) {
      if (cache_.now.set.empty() &&
          ((pattern >= 0 && !all) || (span_.anchored && at > span_.start)))
        break;
      if ((pattern < 0 || all) && (!span_.anchored || at == span_.start)) {
        std::fill(cache_.slots.begin(), cache_.slots.end(), kNoSlot);
        follow(start, at, cache_.now);
      }
      const std::int64_t matched = advance(at, all);
      if (matched >= 0) {
        pattern = matched;
        if (span_.earliest) break;
      }
      std::swap(cache_.now, cache_.next);
      cache_.next.set.clear();
      if (at >= span_.end) break;
    }
    return pattern;
  }

  void overlapping(MatchKind kind, FunctionRef<bool(std::size_t, std::uint32_t)> found) {
    bool cut = false;
    for (std::size_t at = span_.start; at <= span_.end; ++at) {
      if (!cut && (!span_.anchored || at == span_.start))
        follow(program_.start_anchored, at, cache_.now);
      for (const std::uint32_t id : cache_.now.set.ids()) {
        const Inst& inst = program_.insts[id];
        if (inst.op == Op::Match) {
          if (!found(at, inst.arg)) return;
          if (kind == MatchKind::All) continue;
          cut = true;  // what is less preferred, new starts included, is gone
          break;
        }
        step(id, inst, at);
      }
      std::swap(cache_.now, cache_.next);
      cache_.next.set.clear();
    }
  }

 private:
  // All threads over the byte at `at`; the pattern that matched before it, or -1.
  std::int64_t advance(std::size_t at, bool all) {
    std::int64_t pattern = -1;
    for (const std::uint32_t id : cache_.now.set.ids()) {
      const Inst& inst = program_.insts[id];
      ++steps_;
      if (inst.op == Op::Match) {
        if (span_.must_end && at != span_.end) continue;
        pattern = inst.arg;
        const std::size_t* slots = cache_.now.slots.data() + id * width_;
        std::copy(slots, slots + width_, out_.begin());
        if (!all || span_.earliest) break;
        continue;
      }
      step(id, inst, at);
    }
    return pattern;
  }

  void step(std::uint32_t id, const Inst& inst, std::size_t at) {
    if (at >= span_.end || (inst.op != Op::Range && inst.op != Op::Sparse)) return;
    const std::uint32_t next = program_.step(inst, span_.at(at));
    if (next == ~0U) return;
    const std::size_t* slots = cache_.now.slots.data() + id * width_;
    std::copy(slots, slots + width_, cache_.slots.begin());
    follow(next, at + 1, cache_.next);
  }

  // The threads that reach a byte or a match from `id` at `at`, preferred first.
  void follow(std::uint32_t id, std::size_t at, PikeCache::Threads& threads) {
    auto& stack = cache_.stack;
    stack.clear();
    stack.push_back({id, false, 0});
    while (!stack.empty()) {
      const Frame frame = stack.back();
      stack.pop_back();
      if (frame.restore) {
        cache_.slots[frame.id] = frame.at;
        continue;
      }
      for (std::uint32_t now = frame.id; threads.set.insert(now);) {
        ++steps_;
        const Inst& inst = program_.insts[now];
        if (inst.op == Op::Union) {
          const std::uint32_t* targets = program_.targets.data() + inst.arg;
          for (std::uint32_t i = inst.next; --i > 0;) stack.push_back({targets[i], false, 0});
          now = targets[0];
        } else if (inst.op == Op::Look) {
          if (!holds(inst.look, span_.text, at, program_.line_terminator)) break;
          now = inst.next;
        } else if (inst.op == Op::Save) {
          if (inst.arg < width_) {
            stack.push_back({inst.arg, true, cache_.slots[inst.arg]});
            cache_.slots[inst.arg] = at;
          }
          now = inst.next;
        } else {
          std::copy(cache_.slots.begin(), cache_.slots.end(),
                    threads.slots.begin() + static_cast<std::ptrdiff_t>(now * width_));
          break;
        }
      }
    }
  }

  const Program& program_;
  PikeCache& cache_;
  const Span& span_;
  std::span<std::size_t> out_;
  std::size_t width_;
  std::uint64_t& steps_;
};

}  // namespace

std::int64_t pike_search(const Program& program, PikeCache& cache, const Span& span, MatchKind kind,
                         std::uint32_t start, std::span<std::size_t> slots, std::uint64_t& steps) {
  return Pike(program, cache, span, slots, steps).search(kind, start);
}

void pike_overlapping(const Program& program, PikeCache& cache, const Span& span, MatchKind kind,
                      FunctionRef<bool(std::size_t, std::uint32_t)> found) {
  std::uint64_t steps = 0;
  Pike(program, cache, span, {}, steps).overlapping(kind, found);
}

void pike_starts(const Program& program, PikeCache& cache, const Span& span, std::size_t end,
                 std::uint32_t pattern, FunctionRef<void(std::size_t)> found) {
  SparseSet* now = &cache.now.set;
  SparseSet* next = &cache.next.set;
  for (SparseSet* set : {now, next}) set->resize(program.insts.size());
  std::vector<std::uint32_t> stack;
  const auto follow = [&](std::uint32_t id, std::size_t at, SparseSet& set) {
    stack.push_back(id);
    while (!stack.empty()) {
      id = stack.back();
      stack.pop_back();
      if (!set.insert(id)) continue;
      const Inst& inst = program.insts[id];
      if (inst.op == Op::Union) {
        for (std::uint32_t i = 0; i < inst.next; ++i)
          stack.push_back(program.targets[inst.arg + i]);
      } else if (inst.op == Op::Look &&
                 holds(reversed(inst.look), span.text, at, program.line_terminator)) {
        stack.push_back(inst.next);
      }
    }
  };
  follow(program.pattern_starts[pattern], end, *now);
  for (std::size_t at = end;; --at) {
    next->clear();
    for (const std::uint32_t id : now->ids()) {
      const Inst& inst = program.insts[id];
      if (inst.op == Op::Match) found(at);
      if (at == span.start || (inst.op != Op::Range && inst.op != Op::Sparse)) continue;
      const std::uint32_t to = program.step(inst, span.at(at - 1));
      if (to != ~0U) follow(to, at - 1, *next);
    }
    std::swap(now, next);
    if (at == span.start || now->empty()) break;
  }
}

}  // namespace avila::regex::detail

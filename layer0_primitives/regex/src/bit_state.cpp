#include "engine.hpp"

namespace avila::regex::detail {
namespace {
constexpr std::size_t kMaxVisitedBits = 1 << 21;  // 256 KiB
}

bool bit_state_fits(const Program& program, const Span& span) noexcept {
  return (span.end - span.start + 1) <= kMaxVisitedBits / program.insts.size();
}

std::int64_t bit_state_search(const Program& program, BitStateCache& cache, const Span& span,
                              std::uint32_t start, std::span<std::size_t> slots,
                              std::uint64_t& steps) {
  const std::size_t stride = span.end - span.start + 1;
  cache.visited.assign((program.insts.size() * stride + 63) / 64, 0);
  std::fill(slots.begin(), slots.end(), kNoSlot);
  const auto first_visit = [&](std::uint32_t id, std::size_t at) {
    const std::size_t index = id * stride + (at - span.start);
    std::uint64_t& word = cache.visited[index / 64];
    const std::uint64_t mask = std::uint64_t{1} << (index % 64);
    const bool fresh = (word & mask) == 0;
    word |= mask;
    return fresh;
  };
  auto& stack = cache.stack;
  for (std::size_t from = span.start; from <= span.end; ++from) {
    stack.clear();
    stack.push_back({start, false, from});
    while (!stack.empty()) {
      const Frame frame = stack.back();
      stack.pop_back();
      if (frame.restore) {
        slots[frame.id] = frame.at;
        continue;
      }
      std::size_t at = frame.at;
      for (std::uint32_t now = frame.id; first_visit(now, at);) {
        ++steps;
        const Inst& inst = program.insts[now];
        switch (inst.op) {
          case Op::Range:
          case Op::Sparse: {
            if (at >= span.end) break;
            const std::uint32_t next = program.step(inst, span.at(at));
            if (next == ~0U) break;
            now = next;
            ++at;
            continue;
          }
          case Op::Union: {
            const std::uint32_t* targets = program.targets.data() + inst.arg;
            for (std::uint32_t i = inst.next; --i > 0;) stack.push_back({targets[i], false, at});
            now = targets[0];
            continue;
          }
          case Op::Look:
            if (!holds(inst.look, span.text, at, program.line_terminator)) break;
            now = inst.next;
            continue;
          case Op::Save:
            if (inst.arg < slots.size()) {
              stack.push_back({inst.arg, true, slots[inst.arg]});
              slots[inst.arg] = at;
            }
            now = inst.next;
            continue;
          case Op::Match:
            if (span.must_end && at != span.end) break;
            return inst.arg;
          case Op::Fail: break;
        }
        break;
      }
    }
    if (span.anchored) break;
  }
  return -1;
}

}  // namespace avila::regex::detail

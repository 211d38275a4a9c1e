#include "core.hpp"

#include <algorithm>

#include "literals.hpp"

namespace avila::regex::detail {
namespace {

constexpr std::size_t kMaxSpareCaches = 64;

// What every match begins with, if that is few literals; `exact` where these are the matches.
std::unique_ptr<Prefilter> make_prefilter(const std::vector<Pattern>& patterns,
                                          const Options& options, bool& exact) {
  LiteralSet all;
  exact = patterns.size() == 1 && options.match_kind == MatchKind::LeftmostFirst;
  for (const Pattern& pattern : patterns) {
    LiteralSet set = prefix_literals(pattern.root);
    if (!set.known) return nullptr;
    exact = exact && set.all_exact() && !has_look(pattern.root);
    all.items.insert(all.items.end(), set.items.begin(), set.items.end());
  }
  std::vector<std::string> literals;
  for (Literal& literal : all.items) literals.push_back(std::move(literal.bytes));
  return Prefilter::make(std::move(literals));
}

// The bytes that may stand first, second, … in a match; as many as every match has, three at most.
std::vector<std::bitset<256>> first_bytes(const Program& program) {
  constexpr std::size_t kPositions = 3;
  std::vector<std::bitset<256>> sets;
  SparseSet now;
  SparseSet next;
  now.resize(program.insts.size());
  next.resize(program.insts.size());
  std::vector<std::uint32_t> stack;
  const auto follow = [&](std::uint32_t from, SparseSet& set) {
    for (stack.push_back(from); !stack.empty();) {
      const std::uint32_t id = stack.back();
      stack.pop_back();
      if (!set.insert(id)) continue;
      const Inst& inst = program.insts[id];
      if (inst.op == Op::Union) {
        for (std::uint32_t i = 0; i < inst.next; ++i)
          stack.push_back(program.targets[inst.arg + i]);
      } else if (inst.op == Op::Look || inst.op == Op::Save) {
        stack.push_back(inst.next);
      }
    }
  };
  follow(program.start_anchored, now);
  while (sets.size() < kPositions) {
    std::bitset<256> set;
    next.clear();
    const auto add = [&](std::uint8_t first, std::uint8_t last, std::uint32_t to) {
      for (unsigned b = first; b <= last; ++b) set.set(b);
      follow(to, next);
    };
    for (const std::uint32_t id : now.ids()) {
      const Inst& inst = program.insts[id];
      if (inst.op == Op::Match) return sets;
      if (inst.op == Op::Range) add(inst.first, inst.last, inst.next);
      if (inst.op == Op::Sparse)
        for (std::uint32_t i = 0; i < inst.next; ++i) {
          const Edge& edge = program.edges[inst.arg + i];
          add(edge.first, edge.last, edge.next);
        }
    }
    sets.push_back(set);
    std::swap(now, next);
  }
  return sets;
}

}  // namespace

std::optional<Span> span_of(const Input& input) noexcept {
  const std::size_t end = std::min(input.end, input.text.size());
  if (input.start > end) return std::nullopt;
  return Span{input.text, input.start, end, input.anchored, input.earliest};
}

Result<Core*> Core::make(std::span<const std::string_view> texts, const Options& options) {
  auto core = std::make_unique<Core>();
  core->options = options;
  for (const std::string_view text : texts) {
    AVILA_TRY(Pattern pattern, parse(text, options));
    core->may_split = core->may_split || (options.utf8 && can_be_empty(pattern.root));
    core->texts.emplace_back(text);
    core->patterns.push_back(std::move(pattern));
  }
  AVILA_TRY(core->program, compile(core->patterns, options, false));
  core->prefilter = make_prefilter(core->patterns, options, core->literal);
  core->literal = core->literal && core->prefilter != nullptr;
  if (core->prefilter == nullptr && !core->program->always_anchored)
    core->prefilter = Prefilter::make(first_bytes(*core->program));
  const MatchKind kind =
      options.match_kind == MatchKind::All ? MatchKind::All : MatchKind::LeftmostFirst;
  core->forward = std::make_unique<LazyDfa>(*core->program, kind, options.dfa_memory);
  core->all = std::make_unique<LazyDfa>(*core->program, MatchKind::All, options.dfa_memory);
  return core.release();
}

Core::~Core() { delete spare_.load(); }

std::optional<std::size_t> Core::group_index(std::string_view name,
                                             std::size_t pattern) const noexcept {
  if (name.empty()) return std::nullopt;
  const auto& names = patterns[pattern].group_names;
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<std::size_t>(at - names.begin());
}

Cache* Core::borrow() const {
  if (Cache* cache = spare_.exchange(nullptr, std::memory_order_acquire)) return cache;
  {
    const std::lock_guard lock(mutex_);
    if (!more_.empty()) {
      Cache* cache = more_.back().release();
      more_.pop_back();
      return cache;
    }
  }
  return new Cache;
}

void Core::give_back(Cache* cache) const noexcept {
  Cache* nobody = nullptr;
  if (spare_.compare_exchange_strong(nobody, cache, std::memory_order_release)) return;
  std::unique_ptr<Cache> owned(cache);
  const std::lock_guard lock(mutex_);
  if (more_.size() < kMaxSpareCaches) more_.push_back(std::move(owned));
}

const Program* Core::reverse_program() const {
  std::call_once(reverse_once_, [this] {
    auto made = compile(patterns, options, true);
    if (!made.has_value()) return;
    reverse_ = std::move(*made);
    backward_ = std::make_unique<LazyDfa>(*reverse_, MatchKind::All, options.dfa_memory);
  });
  return reverse_.get();
}

const LazyDfa* Core::backward() const {
  (void)reverse_program();
  return backward_.get();
}

const OnePass* Core::one_pass() const {
  std::call_once(one_pass_once_, [this] {
    if (patterns.size() == 1) one_pass_ = OnePass::make(*program);
  });
  return one_pass_.get();
}

bool Core::is_boundary(std::string_view text, std::size_t at) const noexcept {
  return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

std::optional<Match> Core::find(const Span& input, Cache& cache) const {
  Span span = input;
  for (;;) {
    std::optional<Match> match = find_once(
        span, options.match_kind == MatchKind::All ? MatchKind::All : MatchKind::LeftmostFirst,
        cache);
    if (!match) return std::nullopt;
    if (options.match_kind == MatchKind::LeftmostLongest && !span.earliest) {
      Span longest = span;  // it begins where the preferred one does
      longest.start = match->start;
      longest.anchored = true;
      match = find_once(longest, MatchKind::All, cache);
      if (!match) return std::nullopt;
    }
    if (!may_split || !match->empty() || is_boundary(span.text, match->start)) {
      match->text = span.text.substr(match->start, match->end - match->start);
      return match;
    }
    if (span.anchored || match->end >= span.end) return std::nullopt;
    span.start = match->end + 1;
  }
}

// The end of some match is enough, where it cannot be one that does not count.
bool Core::is_match(Span span, Cache& cache) const {
  if (may_split || (literal && !span.anchored)) {
    span.earliest = false;
    return find(span, cache).has_value();
  }
  if (program->always_anchored && span.start > 0) return false;
  span.earliest = true;
  const DfaAnswer answer = forward->search(cache.forward, span, prefilter.get(), cache.steps);
  if (answer.kind == DfaAnswer::Kind::Quit)
    return pike_search(*program, cache.pike, span, MatchKind::LeftmostFirst,
                       program->start_anchored, {}, cache.steps) >= 0;
  return answer.kind == DfaAnswer::Kind::Found;
}

std::optional<Match> Core::find_once(const Span& span, MatchKind kind, Cache& cache) const {
  if (literal && !span.anchored && !span.earliest) {
    const Prefilter::Hit hit = prefilter->find_literal(span.text, span.start, span.end);
    if (hit.at == Prefilter::kNone) return std::nullopt;
    return Match{{}, hit.at, hit.at + hit.length, 0};
  }
  if (program->always_anchored && span.start > 0) return std::nullopt;
  const bool is_all = kind == MatchKind::All;
  const DfaAnswer answer = (is_all ? all : forward)
                               ->search(is_all ? cache.all : cache.forward, span,
                                        is_all ? nullptr : prefilter.get(), cache.steps);
  if (answer.kind == DfaAnswer::Kind::None) return std::nullopt;
  if (answer.kind == DfaAnswer::Kind::Quit) return find_slowly(span, kind, cache);
  if (span.anchored || program->always_anchored)
    return Match{{}, span.start, answer.at, answer.pattern};
  const LazyDfa* reverse = backward();
  if (reverse == nullptr) return find_slowly(span, kind, cache);
  const Span behind{span.text, span.start, answer.at, true, false, false, answer.pattern};
  const DfaAnswer start = reverse->search(cache.backward, behind, nullptr, cache.steps);
  if (start.kind != DfaAnswer::Kind::Found) return find_slowly(span, kind, cache);
  return Match{{}, start.at, answer.at, answer.pattern};
}

std::optional<Match> Core::find_slowly(const Span& span, MatchKind kind, Cache& cache) const {
  cache.slots.assign(2 * patterns.size(), kNoSlot);
  const std::int64_t pattern = pike_search(*program, cache.pike, span, kind,
                                           program->start_anchored, cache.slots, cache.steps);
  if (pattern < 0) return std::nullopt;
  const auto slot = 2 * static_cast<std::size_t>(pattern);
  return Match{{}, cache.slots[slot], cache.slots[slot + 1], static_cast<std::uint32_t>(pattern)};
}

std::optional<Captures> Core::captures(const Span& span, Cache& cache) const {
  const auto match = find(span, cache);
  if (!match) return std::nullopt;
  std::optional<Captures> out(Captures(*this, span.text));
  out->pattern_ = match->pattern;
  out->count_ = program->group_counts[match->pattern];
  if (out->count_ > Captures::kInline) out->many_.resize(2 * out->count_);
  std::size_t* spans = out->count_ > Captures::kInline ? out->many_.data() : out->few_;
  groups(span, *match, cache, {spans, 2 * out->count_});
  return out;
}

void Core::groups(const Span& span, const Match& match, Cache& cache,
                  std::span<std::size_t> out) const {
  const std::size_t count = program->group_counts[match.pattern];
  out[0] = match.start;
  out[1] = match.end;
  if (count == 1) return;
  Span inside = span;
  inside.start = match.start;
  inside.end = match.end;
  inside.anchored = true;
  inside.must_end = span.earliest || options.match_kind != MatchKind::LeftmostFirst;
  inside.earliest = false;
  const std::uint32_t start = program->pattern_starts[match.pattern];
  auto& slots = cache.slots;
  slots.assign(program->slot_count, kNoSlot);
  if (const OnePass* walk = one_pass(); walk != nullptr) {
    (void)walk->search(inside, slots, cache.steps);
  } else if (bit_state_fits(*program, inside)) {
    (void)bit_state_search(*program, cache.bits, inside, start, slots, cache.steps);
  } else {
    (void)pike_search(*program, cache.pike, inside, MatchKind::LeftmostFirst, start, slots,
                      cache.steps);
  }
  const auto first = slots.begin() + program->group_slots[match.pattern];
  std::copy(first, first + static_cast<std::ptrdiff_t>(2 * (count - 1)), out.begin() + 2);
}

EngineAnswer run_engine(const Regex& regex, Engine engine, const Input& input) {
  const Core& core = regex.core();
  EngineAnswer answer;
  const auto span = span_of(input);
  if (!span) return answer;
  const Borrowed borrowed(core);
  Cache& cache = *borrowed;
  cache.steps = 0;
  const Program& program = *core.program;
  std::vector<std::size_t> slots(program.slot_count, kNoSlot);
  std::int64_t pattern = -1;
  const bool first = core.options.match_kind == MatchKind::LeftmostFirst;
  switch (engine) {
    case Engine::Auto:
      answer.ran = true;
      answer.match = core.find(*span, cache);
      if (answer.match) {
        answer.spans.resize(2 * program.group_counts[answer.match->pattern]);
        core.groups(*span, *answer.match, cache, answer.spans);
      }
      answer.steps = cache.steps;
      return answer;
    case Engine::LazyDfa: {
      const DfaAnswer end =
          core.forward->search(cache.forward, *span, core.prefilter.get(), cache.steps);
      answer.ran = first && end.kind != DfaAnswer::Kind::Quit && core.backward() != nullptr;
      if (answer.ran && end.kind == DfaAnswer::Kind::Found) {
        const Span behind{span->text, span->start, end.at, true, false, false, end.pattern};
        const DfaAnswer start =
            core.backward()->search(cache.backward, behind, nullptr, cache.steps);
        answer.ran = start.kind == DfaAnswer::Kind::Found;
        const std::size_t from = span->anchored ? span->start : start.at;
        answer.match = Match{span->text.substr(from, end.at - from), from, end.at, end.pattern};
      }
      answer.steps = cache.steps;
      return answer;
    }
    case Engine::OnePass:
      answer.ran = first && core.one_pass() != nullptr && span->anchored && !span->earliest;
      if (answer.ran && core.one_pass()->search(*span, slots, cache.steps)) pattern = 0;
      break;
    case Engine::BitState:
      answer.ran = first && bit_state_fits(program, *span) && !span->earliest;
      if (answer.ran)
        pattern = bit_state_search(program, cache.bits, *span, program.start_anchored, slots,
                                   cache.steps);
      break;
    case Engine::Pike:
      answer.ran = first;
      if (answer.ran)
        pattern = pike_search(program, cache.pike, *span, MatchKind::LeftmostFirst,
                              program.start_anchored, slots, cache.steps);
      break;
  }
  answer.steps = cache.steps;
  if (pattern < 0) return answer;
  const auto index = static_cast<std::size_t>(pattern);
  const std::size_t from = slots[2 * index];
  const std::size_t to = slots[2 * index + 1];
  answer.match =
      Match{span->text.substr(from, to - from), from, to, static_cast<std::uint32_t>(pattern)};
  answer.spans = {from, to};
  const auto groups = slots.begin() + program.group_slots[index];
  answer.spans.insert(answer.spans.end(), groups,
                      groups + static_cast<std::ptrdiff_t>(2 * (program.group_counts[index] - 1)));
  return answer;
}

}  // namespace avila::regex::detail

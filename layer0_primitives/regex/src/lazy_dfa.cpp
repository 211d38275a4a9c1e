#include "lazy_dfa.hpp"

#include <type_traits>

namespace avila::regex::detail {
namespace {

constexpr unsigned kEndUnit = 256;
// Bits of a key's first word. The rest of it: the looks that hold, the looks wanted, how many
// patterns matched, these, then instructions by preference.
constexpr std::uint32_t kFromWord = 1;
constexpr std::uint32_t kHalfPair = 2;  // the first byte of \r\n was read
constexpr std::size_t kHead = 4;
// What stands before the search: nothing, other, word, line terminator, \r, \n.
constexpr std::size_t kStartKinds = 6;
// Give up when clearing does not pay: so few bytes a state were searched, so often.
constexpr std::uint64_t kMinClears = 4;
constexpr std::uint64_t kMinBytesPerState = 10;

// Where a class lies in any row. Each step waits for the row before it, so that this sum, which
// does not, must be kept apart from it: compilers add the row first, which costs a third.
inline const std::uint32_t* column_of(const std::uint32_t* rows, std::uint8_t byte_class) noexcept {
  const std::uint32_t* column = rows + byte_class;
#if defined(__GNUC__)
  asm("" : "+r"(column));
#endif
  return column;
}

}  // namespace

LazyDfa::LazyDfa(const Program& program, MatchKind kind, std::size_t memory)
    : program_(program),
      kind_(kind),
      memory_(memory),
      stride_((program.class_count + 3) & ~1U),
      first_of_pair_(program.reverse ? '\n' : '\r'),
      second_of_pair_(program.reverse ? '\r' : '\n') {}

void LazyDfa::prepare(DfaCache& cache) const {
  if (cache.now.capacity() == program_.insts.size() && !cache.rows.empty() && !cache.exhausted)
    return;
  cache.now.resize(program_.insts.size());
  cache.next.resize(program_.insts.size());
  clear(cache);
  cache.clears = 0;
  cache.exhausted = false;
}

void LazyDfa::clear(DfaCache& cache) const {
  cache.rows.clear();
  cache.keys.clear();
  cache.states.clear();
  cache.table.assign(64, 0);
  cache.starts.assign(kStartKinds * (2 + program_.pattern_starts.size()), kUnknown);
  ++cache.clears;
  cache.bytes_since_clear = 0;
}

// The assertions that hold behind byte `unit`, whatever follows.
LookSet LazyDfa::behind(unsigned unit) const noexcept {
  LookSet have = 0;
  if (unit == program_.line_terminator) have |= bit(Look::StartLf);
  if (unit == second_of_pair_) have |= bit(Look::StartCrlf);
  return have;
}

std::uint32_t LazyDfa::flags_after(unsigned unit) const noexcept {
  if (unit == kEndUnit) return 0;
  return (is_word_byte(static_cast<std::uint8_t>(unit)) ? kFromWord : 0) |
         (unit == first_of_pair_ ? kHalfPair : 0);
}

void LazyDfa::follow(DfaCache& cache, std::uint32_t id, LookSet have, SparseSet& set,
                     std::vector<std::uint32_t>& ids) const {
  auto& stack = cache.stack;
  stack.push_back(id);
  while (!stack.empty()) {
    std::uint32_t now = stack.back();
    stack.pop_back();
    while (set.insert(now)) {
      const Inst& inst = program_.insts[now];
      // Where assertions are left open, the walk will be repeated from its beginnings.
      const bool stops = inst.op == Op::Range || inst.op == Op::Sparse || inst.op == Op::Match ||
                         (inst.op == Op::Look && (have & bit(inst.look)) == 0);
      if (stops || program_.looks != 0) ids.push_back(now);
      if (stops || inst.op == Op::Fail) break;
      if (inst.op == Op::Union) {
        const std::uint32_t* targets = program_.targets.data() + inst.arg;
        for (std::uint32_t i = inst.next; --i > 0;) stack.push_back(targets[i]);
        now = targets[0];
      } else {
        now = inst.next;
      }
      ++cache.work;
    }
  }
}

// Makes (or finds) the state of cache.patterns and cache.ids. Room for it is made by forgetting
// all others; kQuit where that has not paid.
std::uint32_t LazyDfa::finish(DfaCache& cache, std::uint32_t flags, LookSet have,
                              std::uint32_t marks) const {
  LookSet wanted = 0;
  std::size_t kept = 0;
  for (const std::uint32_t id : cache.ids) {
    ++kept;
    const Inst& inst = program_.insts[id];
    if (inst.op == Op::Look) wanted |= bit(inst.look) & ~have;
    // Less preferred threads than a match that is certain do not count any more.
    if (inst.op == Op::Match && kind_ == MatchKind::LeftmostFirst) break;
  }
  cache.ids.resize(kept);
  if (wanted == 0 && program_.looks != 0)
    std::erase_if(cache.ids, [this](std::uint32_t id) {
      const Op op = program_.insts[id].op;
      return op != Op::Range && op != Op::Sparse && op != Op::Match;
    });
  if (cache.ids.empty() && cache.patterns.empty()) return kDead;
  if (wanted == 0)
    have = flags = 0;  // else even those not wanted yet: one may stand behind another
  auto& key = cache.key;
  key.assign({flags, have, wanted, static_cast<std::uint32_t>(cache.patterns.size())});
  key.insert(key.end(), cache.patterns.begin(), cache.patterns.end());
  key.insert(key.end(), cache.ids.begin(), cache.ids.end());

  const std::uint32_t matched = cache.patterns.empty() ? 0 : kMatched;
  std::uint64_t hash = 0;
  for (const std::uint32_t word : key) hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
  hash ^= hash >> 32;
  const auto slot_of = [&] { return static_cast<std::size_t>(hash) & (cache.table.size() - 1); };
  std::size_t slot = slot_of();
  for (; cache.table[slot] != 0; slot = (slot + 1) & (cache.table.size() - 1)) {
    const std::uint32_t state = cache.table[slot] - 1;
    const std::size_t from = cache.states[state];
    const std::size_t to =
        state + 1 < cache.states.size() ? cache.states[state + 1] : cache.keys.size();
    if (to - from == key.size() &&
        std::equal(key.begin(), key.end(), cache.keys.begin() + static_cast<std::ptrdiff_t>(from)))
      return state * stride_ | marks | matched;
  }
  const std::size_t words = cache.rows.size() + stride_ + cache.keys.size() + key.size();
  if (words * 4 > memory_ || (cache.states.size() + 1) * stride_ > kRow) {
    const bool pays = cache.bytes_since_clear >= kMinBytesPerState * cache.states.size();
    if (cache.states.empty() || (cache.clears >= kMinClears && !pays)) {
      cache.exhausted = true;
      return kQuit;
    }
    clear(cache);
    slot = slot_of();
  }
  const auto state = static_cast<std::uint32_t>(cache.states.size());
  cache.states.push_back(static_cast<std::uint32_t>(cache.keys.size()));
  cache.keys.insert(cache.keys.end(), key.begin(), key.end());
  cache.rows.resize(cache.rows.size() + stride_, kUnknown);
  cache.table[slot] = state + 1;
  if (cache.states.size() * 2 > cache.table.size()) {  // the table again, twice as large
    std::vector<std::uint32_t> old(cache.table.size() * 2, 0);
    old.swap(cache.table);
    for (std::uint32_t i = 0; i < cache.states.size(); ++i) {
      const std::size_t to = i + 1 < cache.states.size() ? cache.states[i + 1] : cache.keys.size();
      hash = 0;
      for (std::size_t at = cache.states[i]; at < to; ++at)
        hash = (hash ^ cache.keys[at]) * 0x9E3779B97F4A7C15U;
      hash ^= hash >> 32;
      std::size_t free = slot_of();
      while (cache.table[free] != 0) free = (free + 1) & (cache.table.size() - 1);
      cache.table[free] = i + 1;
    }
  }
  return state * stride_ | marks | matched;
}

std::uint32_t LazyDfa::start(DfaCache& cache, const Span& span, bool tag) const {
  prepare(cache);
  const bool at_edge = program_.reverse ? span.end == span.text.size() : span.start == 0;
  const unsigned before = at_edge            ? kEndUnit
                          : program_.reverse ? span.at(span.end)
                                             : span.at(span.start - 1);
  std::size_t kind = 1;
  if (before == kEndUnit) {
    kind = 0;
  } else if (before == program_.line_terminator) {
    kind = 3;
  } else if (before == '\r') {
    kind = 4;
  } else if (before == '\n') {
    kind = 5;
  } else if (is_word_byte(static_cast<std::uint8_t>(before))) {
    kind = 2;
  }
  const std::size_t which = span.pattern >= 0 ? 2 + static_cast<std::size_t>(span.pattern)
                            : span.anchored   ? 1
                                              : 0;
  const std::size_t index = kind * (2 + program_.pattern_starts.size()) + which;
  const auto checked = [&](std::uint32_t row) {
    return before != kEndUnit && before > 0x7F && wants_unicode(cache, row) ? kQuit : row;
  };
  if (cache.starts[index] != kUnknown) return checked(cache.starts[index]);
  const LookSet have = before == kEndUnit
                           ? bit(Look::Start) | bit(Look::StartLf) | bit(Look::StartCrlf)
                           : behind(before);
  cache.next.clear();
  cache.ids.clear();
  cache.patterns.clear();
  const std::uint32_t first = span.pattern >= 0
                                  ? program_.pattern_starts[static_cast<std::size_t>(span.pattern)]
                              : span.anchored ? program_.start_anchored
                                              : program_.start_unanchored;
  follow(cache, first, have, cache.next, cache.ids);
  const std::uint32_t row =
      finish(cache, flags_after(before), have, tag && !span.anchored ? kBegin : 0);
  cache.starts[index] = row;
  return checked(row);
}

// Whether a state may wait for an assertion that bytes beyond ASCII decide by code point (another
// one may stand before it).
bool LazyDfa::wants_unicode(const DfaCache& cache, std::uint32_t row) const noexcept {
  if ((program_.looks & kUnicodeLooks) == 0 || (row & (kUnknown | kDead | kQuit)) != 0)
    return false;
  return cache.keys[cache.states[(row & kRow) / stride_] + 2] != 0;
}

// The state after `unit`, remembered in the row.
std::uint32_t LazyDfa::next(DfaCache& cache, std::uint32_t row, unsigned unit) const {
  const std::uint32_t from = row & kRow;
  const std::uint64_t clears = cache.clears;
  std::uint32_t answer = kQuit;
  const bool beyond_ascii = unit != kEndUnit && unit > 0x7F;
  if (!beyond_ascii || !wants_unicode(cache, row)) {
    const std::uint32_t state = from / stride_;
    const std::size_t begin = cache.states[state];
    const std::size_t end =
        state + 1 < cache.states.size() ? cache.states[state + 1] : cache.keys.size();
    const std::uint32_t flags = cache.keys[begin];
    const LookSet wanted = cache.keys[begin + 2];
    LookSet have = cache.keys[begin + 1];
    const std::size_t first_id = begin + kHead + cache.keys[begin + 3];
    cache.key.assign(cache.keys.begin() + static_cast<std::ptrdiff_t>(first_id),
                     cache.keys.begin() + static_cast<std::ptrdiff_t>(end));
    cache.work += cache.key.size();
    if (wanted != 0) {  // what `unit` says about the place before it
      const bool word = unit != kEndUnit && is_word_byte(static_cast<std::uint8_t>(unit));
      const bool from_word = (flags & kFromWord) != 0;
      const bool half = (flags & kHalfPair) != 0;
      LookSet now = have;
      const auto add = [&now](bool holds, Look look) { now |= holds ? bit(look) : 0; };
      const bool at_end = unit == kEndUnit;
      add(at_end, Look::End);
      add(at_end || unit == program_.line_terminator, Look::EndLf);
      add(at_end || unit == first_of_pair_ || (unit == second_of_pair_ && !half), Look::EndCrlf);
      add(half && unit != second_of_pair_, Look::StartCrlf);
      const auto add_word = [&](bool holds, Look ascii) {
        now |= holds ? bit(ascii) | bit(ascii) << 6 : 0;  // the Unicode one is six further
      };
      add_word(from_word != word, Look::WordAscii);
      add_word(from_word == word, Look::NotWordAscii);
      add_word(!from_word && word, Look::WordStartAscii);
      add_word(from_word && !word, Look::WordEndAscii);
      add_word(!from_word, Look::WordStartHalfAscii);
      add_word(!word, Look::WordEndHalfAscii);
      if ((now & wanted) != (have & wanted)) {
        cache.now.clear();
        cache.ids.clear();
        for (const std::uint32_t id : cache.key) follow(cache, id, now, cache.now, cache.ids);
        cache.key.swap(cache.ids);
      }
    }
    cache.next.clear();
    cache.ids.clear();
    cache.patterns.clear();
    have = unit == kEndUnit ? 0 : behind(unit);
    for (const std::uint32_t id : cache.key) {
      const Inst& inst = program_.insts[id];
      if (inst.op == Op::Match) {
        cache.patterns.push_back(inst.arg);
        if (kind_ == MatchKind::LeftmostFirst) break;
      } else if ((inst.op == Op::Range || inst.op == Op::Sparse) && unit != kEndUnit) {
        const std::uint32_t to = program_.step(inst, static_cast<std::uint8_t>(unit));
        if (to != ~0U) follow(cache, to, have, cache.next, cache.ids);
      }
    }
    answer = finish(cache, flags_after(unit), have, 0);
    if (beyond_ascii && wants_unicode(cache, answer)) answer = kQuit;
    // The start state again: a search may skip ahead from here as from the beginning.
    if ((answer & (kSlow | kMatched)) == 0)
      for (const std::uint32_t known : cache.starts)
        if ((known & kBegin) != 0 && (known & kUnknown) == 0 && (known & kRow) == answer)
          answer |= kBegin;
  }
  if (cache.clears == clears) {
    const unsigned column = unit == kEndUnit ? program_.class_count : program_.class_of[unit];
    cache.rows[from + column] = answer;
  }
  return answer;
}

// The state after what lies beyond the span: the next byte of the text, or its end.
std::uint32_t LazyDfa::last(DfaCache& cache, std::uint32_t row, const Span& span) const {
  const bool at_edge = program_.reverse ? span.start == 0 : span.end == span.text.size();
  const unsigned unit = at_edge            ? kEndUnit
                        : program_.reverse ? span.at(span.start - 1)
                                           : span.at(span.end);
  const unsigned column = at_edge ? program_.class_count : program_.class_of[unit];
  const std::uint32_t to = cache.rows[(row & kRow) + column];
  return to != kUnknown ? to : next(cache, row, unit);
}

std::uint32_t LazyDfa::pattern_of(const DfaCache& cache, std::uint32_t row) const noexcept {
  const std::uint32_t* key = cache.keys.data() + cache.states[(row & kRow) / stride_];
  return key[kHead + key[3] - 1];
}

DfaAnswer LazyDfa::search(DfaCache& cache, const Span& span, const Prefilter* prefilter,
                          std::uint64_t& steps) const {
  const std::uint64_t before = cache.work;
  const DfaAnswer answer =
      program_.reverse ? backward(cache, span, steps) : forward(cache, span, prefilter, steps);
  steps += cache.work - before;
  return answer;
}

DfaAnswer LazyDfa::forward(DfaCache& cache, const Span& span, const Prefilter* prefilter,
                           std::uint64_t& steps) const {
  using Kind = DfaAnswer::Kind;
  DfaAnswer answer;
  std::uint32_t row = start(cache, span, prefilter != nullptr);
  const auto* text = reinterpret_cast<const std::uint8_t*>(span.text.data());
  const std::uint8_t* classes = program_.class_of.data();
  std::size_t at = span.start;
  std::size_t counted = at;
  PrefilterGain gain;
  bool skipping = prefilter != nullptr;
  const auto account = [&] {
    steps += at - counted;
    cache.bytes_since_clear += at - counted;
    counted = at;
  };
  const auto found = [&](std::uint32_t to) { answer = {Kind::Found, at, pattern_of(cache, to)}; };
  while ((row & (kQuit | kDead)) == 0) {
    if (skipping && (row & kBegin) != 0) {
      const std::size_t candidate = prefilter->find(span.text, at, span.end);
      if (candidate == Prefilter::kNone) {
        account();
        return answer;
      }
      skipping = gain.pays(candidate - at);
      if (candidate != at && program_.looks != 0) {
        Span rest = span;
        rest.start = candidate;
        row = start(cache, rest, true);
        if ((row & (kQuit | kDead)) != 0) break;
      }
      counted += candidate - at;
      at = candidate;
    }
    // The fast loop: one look-up a byte. Where skipping did not pay, begin marks are ignored.
    std::uint32_t to = row;
    std::uint32_t matched = 0;
    const auto run = [&, rows = cache.rows.data()](auto ignore_begin) {
      constexpr bool kIgnore = decltype(ignore_begin)::value;
      constexpr std::uint32_t kStop = kIgnore ? kSlow & ~kBegin : kSlow;
      const std::uint8_t* i = text + at;
      const std::uint8_t* const end = text + span.end;
      const std::uint8_t* match_end = nullptr;
      const bool earliest = span.earliest;
      std::size_t now = row & kRow;
      auto next_row = static_cast<std::uint32_t>(now);
      std::uint32_t last_match = 0;
      for (; i < end; ++i) {
        const std::uint32_t* column = column_of(rows, classes[*i]);
        next_row = column[now];
        if ((next_row & (kStop | kMatched)) != 0) {
          if ((next_row & kStop) != 0) break;
          last_match = next_row;
          match_end = i;
          if (earliest) break;
        }
        now = kIgnore ? next_row & kRow : next_row;
      }
      row = static_cast<std::uint32_t>(now);
      to = next_row;
      matched = last_match;
      at = static_cast<std::size_t>(i - text);
      if (match_end != nullptr) answer.at = static_cast<std::size_t>(match_end - text);
    };
    if (prefilter == nullptr || skipping) {
      run(std::false_type{});
    } else {
      run(std::true_type{});
    }
    if (matched != 0) {
      answer.kind = Kind::Found;
      answer.pattern = pattern_of(cache, matched);
      if (span.earliest) break;
    }
    account();
    if (at >= span.end) {
      to = last(cache, row, span);
      if ((to & kQuit) != 0) return {Kind::Quit};
      if ((to & kMatched) != 0) found(to);
      return answer;
    }
    if ((to & kUnknown) != 0) to = next(cache, row, text[at]);
    if ((to & (kMatched | kQuit)) == kMatched) {
      found(to);
      if (span.earliest) break;
    }
    row = to;
    ++at;
  }
  account();
  if ((row & kQuit) != 0) return {Kind::Quit};
  return answer;
}

DfaAnswer LazyDfa::backward(DfaCache& cache, const Span& span, std::uint64_t& steps) const {
  using Kind = DfaAnswer::Kind;
  DfaAnswer answer;
  std::uint32_t row = start(cache, span, false);
  const auto* text = reinterpret_cast<const std::uint8_t*>(span.text.data());
  std::size_t at = span.end;
  const std::uint8_t* classes = program_.class_of.data();
  while ((row & (kQuit | kDead)) == 0 && at > span.start) {
    const std::uint32_t* rows = cache.rows.data();
    const std::size_t from = at;
    std::uint32_t to = row & kRow;
    std::size_t now = to;
    for (; at > span.start; --at) {
      to = column_of(rows, classes[text[at - 1]])[now];
      if ((to & (kSlow | kMatched)) != 0) {
        if ((to & kSlow) != 0) break;
        answer.kind = Kind::Found;
        answer.at = at;
      }
      now = to;
    }
    steps += from - at;
    cache.bytes_since_clear += from - at;
    row = static_cast<std::uint32_t>(now);
    if (at == span.start) break;
    if ((to & kUnknown) != 0) to = next(cache, row, text[at - 1]);
    if ((to & (kMatched | kQuit)) == kMatched) {
      answer.kind = Kind::Found;
      answer.at = at;
    }
    row = to;
    --at;
    ++steps;
  }
  if ((row & kQuit) != 0) return {Kind::Quit};
  if ((row & kDead) != 0) return answer;
  const std::uint32_t to = last(cache, row, span);
  if ((to & kQuit) != 0) return {Kind::Quit};
  if ((to & kMatched) != 0) {
    answer.kind = Kind::Found;
    answer.at = span.start;
  }
  return answer;
}

bool LazyDfa::patterns(DfaCache& cache, const Span& span, FunctionRef<bool(std::uint32_t)> found,
                       std::uint64_t& steps) const {
  std::uint32_t row = start(cache, span, false);
  for (std::size_t at = span.start;; ++at) {
    if ((row & kQuit) != 0) return false;
    if ((row & kMatched) != 0) {
      const std::uint32_t* key = cache.keys.data() + cache.states[(row & kRow) / stride_];
      for (std::uint32_t i = 0; i < key[3]; ++i)
        if (!found(key[kHead + i])) return true;
    }
    if ((row & kDead) != 0 || at > span.end) return true;
    ++steps;
    ++cache.bytes_since_clear;
    if (at == span.end) {
      row = last(cache, row, span);
      continue;
    }
    const std::uint32_t to = cache.rows[(row & kRow) + program_.class_of[span.at(at)]];
    row = (to & kUnknown) != 0 ? next(cache, row, span.at(at)) : to;
  }
}

}  // namespace avila::regex::detail

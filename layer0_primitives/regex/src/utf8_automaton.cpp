// Ranges of code points become sequences of byte ranges (K. Thompson's UTF-8 split, as in
// R. Cox, "Regular Expression Matching in the Wild"); these are then made deterministic by the
// subset construction over interned suffixes, and equal states are shared.
#include "utf8_automaton.hpp"

#include <avila/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <map>
#include <mutex>
#include <unordered_map>

namespace avila::regex::detail {
namespace {

struct Sequence {
  std::array<std::array<std::uint8_t, 2>, 4> bytes;
  unsigned size;
};

// Splits first…last until all forms are a product of byte ranges.
void split(char32_t first, char32_t last, std::vector<Sequence>& out) {
  if (first <= 0xDFFF && last >= 0xD800) {  // surrogates have no form
    if (first < 0xD800) split(first, 0xD7FF, out);
    if (last > 0xDFFF) split(0xE000, last, out);
    return;
  }
  for (const char32_t limit : {0x7FU, 0x7FFU, 0xFFFFU})
    if (first <= limit && last > limit) {
      split(first, limit, out);
      split(limit + 1, last, out);
      return;
    }
  for (unsigned tail = 1; tail < 4 && last > 0x7F; ++tail) {
    const char32_t mask = (1U << (6 * tail)) - 1;
    if ((first & ~mask) == (last & ~mask)) continue;
    if ((first & mask) != 0) {
      split(first, first | mask, out);
      split((first | mask) + 1, last, out);
      return;
    }
    if ((last & mask) != mask) {
      split(first, (last & ~mask) - 1, out);
      split(last & ~mask, last, out);
      return;
    }
  }
  char from[4];
  char to[4];
  Sequence sequence{{}, static_cast<unsigned>(text::encode_utf8(first, from))};
  text::encode_utf8(last, to);
  for (unsigned i = 0; i < sequence.size; ++i)
    sequence.bytes[i] = {static_cast<std::uint8_t>(from[i]), static_cast<std::uint8_t>(to[i])};
  out.push_back(sequence);
}

// A suffix of a sequence: a byte range, then another suffix (0: the end).
struct Suffix {
  std::uint8_t first, last;
  std::uint32_t rest;
  auto operator<=>(const Suffix&) const = default;
};

class Determinizer {
 public:
  std::uint32_t intern(Suffix suffix) {
    const auto [at, fresh] =
        known_.emplace(suffix, static_cast<std::uint32_t>(suffixes_.size() + 1));
    if (fresh) suffixes_.push_back(suffix);
    return at->second;
  }

  // The state from which one of `from` is to be read; {0} is the accepting one.
  std::uint32_t state(const std::vector<std::uint32_t>& from) {
    if (from.front() == 0) return Utf8Automaton::kAccept;  // UTF-8 is prefix-free
    if (const auto at = sets_.find(from); at != sets_.end()) return at->second;
    // Bytes between two cuts lead to the same places.
    std::bitset<257> cuts;
    for (const std::uint32_t id : from) {
      cuts.set(suffixes_[id - 1].first);
      cuts.set(suffixes_[id - 1].last + 1U);
    }
    std::array<std::uint16_t, 257> interval_of;
    std::vector<unsigned> starts;
    for (unsigned b = 0; b < 257; ++b) {
      if (cuts[b]) starts.push_back(b);
      interval_of[b] = static_cast<std::uint16_t>(starts.size());  // less one, where there is one
    }
    std::vector<std::vector<std::uint32_t>> next(starts.size());
    for (const std::uint32_t id : from) {
      const Suffix& suffix = suffixes_[id - 1];
      for (std::size_t i = interval_of[suffix.first]; i < interval_of[suffix.last + 1U]; ++i)
        next[i - 1].push_back(suffix.rest);
    }
    std::vector<Utf8Automaton::Edge> edges;
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
      if (next[i].empty()) continue;
      std::sort(next[i].begin(), next[i].end());
      next[i].erase(std::unique(next[i].begin(), next[i].end()), next[i].end());
      const std::uint32_t target = state(next[i]);
      const auto first = static_cast<std::uint8_t>(starts[i]);
      const auto last = static_cast<std::uint8_t>(starts[i + 1] - 1);
      if (!edges.empty() && edges.back().target == target && edges.back().last + 1 == first) {
        edges.back().last = last;
      } else {
        edges.push_back({first, last, target});
      }
    }
    const auto [at, fresh] =
        shared_.emplace(edges, static_cast<std::uint32_t>(automaton.states.size()));
    if (fresh) automaton.states.push_back(std::move(edges));
    sets_.emplace(from, at->second);
    return at->second;
  }

  Utf8Automaton automaton;

 private:
  std::vector<Suffix> suffixes_;
  std::map<Suffix, std::uint32_t> known_;
  struct HashIds {
    std::size_t operator()(const std::vector<std::uint32_t>& ids) const noexcept {
      std::uint64_t hash = ids.size();
      for (const std::uint32_t id : ids) hash = (hash ^ id) * 0x9E3779B97F4A7C15U;
      return static_cast<std::size_t>(hash ^ hash >> 32);
    }
  };
  std::unordered_map<std::vector<std::uint32_t>, std::uint32_t, HashIds> sets_;
  std::map<std::vector<Utf8Automaton::Edge>, std::uint32_t> shared_;
};

Utf8Automaton build(const CharSet& set, bool backwards) {
  std::vector<Sequence> sequences;
  for (const CharSet::Range& range : set.ranges()) split(range.first, range.last, sequences);
  Determinizer determinizer;
  std::vector<std::uint32_t> start;
  for (const Sequence& sequence : sequences) {
    std::uint32_t rest = 0;
    for (unsigned i = 0; i < sequence.size; ++i) {
      const auto& [first, last] = sequence.bytes[backwards ? i : sequence.size - 1 - i];
      rest = determinizer.intern({first, last, rest});
    }
    start.push_back(rest);
  }
  if (start.empty()) return {};
  std::sort(start.begin(), start.end());
  start.erase(std::unique(start.begin(), start.end()), start.end());
  determinizer.state(start);
  return std::move(determinizer.automaton);
}

// Large sets are mostly \w, \s and the like again, and take a millisecond: they are kept.
constexpr std::size_t kLargeSet = 32;  // ranges
constexpr std::size_t kMaxKept = 32;

struct Kept {
  std::vector<CharSet::Range> ranges;
  bool backwards;
  std::shared_ptr<const Utf8Automaton> automaton;
};

}  // namespace

std::shared_ptr<const Utf8Automaton> utf8_automaton(const CharSet& set, bool backwards) {
  if (set.ranges().size() < kLargeSet)
    return std::make_shared<const Utf8Automaton>(build(set, backwards));
  static std::mutex mutex;
  static std::vector<Kept> kept;
  const std::lock_guard lock(mutex);
  for (const Kept& one : kept)
    if (one.backwards == backwards && one.ranges == set.ranges()) return one.automaton;
  auto made = std::make_shared<const Utf8Automaton>(build(set, backwards));
  if (kept.size() < kMaxKept) kept.push_back({set.ranges(), backwards, made});
  return made;
}

}  // namespace avila::regex::detail

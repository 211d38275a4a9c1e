// A deterministic automaton whose states are made when a search first needs them, and kept within
// a budget (K. Thompson 1968; R. Cox, "Regular Expression Matching in the Wild").
#pragma once
#include "engine.hpp"
#include "prefilter.hpp"

namespace avila::regex::detail {

/// Ids of states are offsets of their rows, odd where a match ended before the last byte read; with
/// these marks.
constexpr std::uint32_t kUnknown = 1U << 31;  // not made yet
constexpr std::uint32_t kDead = 1U << 30;     // nothing can match any more
constexpr std::uint32_t kQuit = 1U << 29;     // the automaton cannot tell
constexpr std::uint32_t kBegin = 1U << 28;    // the start state of an unanchored search
constexpr std::uint32_t kMatched = 1;
constexpr std::uint32_t kSlow = kUnknown | kDead | kQuit | kBegin;
constexpr std::uint32_t kRow = kBegin - 1;

struct DfaCache {
  std::vector<std::uint32_t> rows;    // `stride_` a state: where each class leads
  std::vector<std::uint32_t> keys;    // what the states stand for, one after the other
  std::vector<std::uint32_t> states;  // offsets in keys, by row / stride
  std::vector<std::uint32_t> table;   // open addressing: state + 1, or 0
  std::vector<std::uint32_t> starts;  // by what stands before, anchored or not
  SparseSet now, next;
  std::vector<std::uint32_t> stack, key, ids, patterns;
  std::uint64_t clears = 0, bytes_since_clear = 0;
  bool exhausted = false;  // gave up: the next search begins anew
  std::uint64_t work = 0;  // instructions visited to make states
};

/// What a search found. Quit: use another engine.
struct DfaAnswer {
  enum class Kind : std::uint8_t { Found, None, Quit } kind = Kind::None;
  std::size_t at = 0;
  std::uint32_t pattern = 0;
};

class LazyDfa {
 public:
  LazyDfa(const Program& program, MatchKind kind, std::size_t memory);

  /// Where the match ends (forward program) or begins (reverse program, from span.end down).
  DfaAnswer search(DfaCache& cache, const Span& span, const Prefilter* prefilter,
                   std::uint64_t& steps) const;
  /// Calls `found(pattern)` for each pattern at each end of a match, until it answers false.
  /// False where the automaton quit.
  bool patterns(DfaCache& cache, const Span& span, FunctionRef<bool(std::uint32_t)> found,
                std::uint64_t& steps) const;

 private:
  std::uint32_t start(DfaCache& cache, const Span& span, bool tag) const;
  std::uint32_t next(DfaCache& cache, std::uint32_t row, unsigned unit) const;
  std::uint32_t last(DfaCache& cache, std::uint32_t row, const Span& span) const;
  void follow(DfaCache& cache, std::uint32_t id, LookSet have, SparseSet& set,
              std::vector<std::uint32_t>& ids) const;
  LookSet behind(unsigned unit) const noexcept;
  std::uint32_t flags_after(unsigned unit) const noexcept;
  std::uint32_t finish(DfaCache& cache, std::uint32_t flags, LookSet have,
                       std::uint32_t marks) const;
  bool wants_unicode(const DfaCache& cache, std::uint32_t row) const noexcept;
  void prepare(DfaCache& cache) const;
  void clear(DfaCache& cache) const;
  std::uint32_t pattern_of(const DfaCache& cache, std::uint32_t row) const noexcept;
  DfaAnswer forward(DfaCache& cache, const Span& span, const Prefilter* prefilter,
                    std::uint64_t& steps) const;
  DfaAnswer backward(DfaCache& cache, const Span& span, std::uint64_t& steps) const;

  const Program& program_;
  MatchKind kind_;
  std::size_t memory_;
  unsigned stride_;                              // classes, and one for the end of the text
  std::uint8_t first_of_pair_, second_of_pair_;  // \r \n, in the direction of reading
};

}  // namespace avila::regex::detail

// What the engines share: the search they are asked for, and the memory they keep between searches.
#pragma once
#include <avila/regex/regex.hpp>

#include "program.hpp"

namespace avila::regex::detail {

constexpr std::size_t kNoSlot = std::string_view::npos;

/// An Input whose end is known and inside the text.
struct Span {
  std::string_view text;
  std::size_t start, end;
  bool anchored, earliest;
  /// LeftmostLongest's second pass: only a match that ends at `end` counts.
  bool must_end = false;
  /// Only this pattern, anchored; or all of them (-1).
  std::int64_t pattern = -1;

  std::uint8_t at(std::size_t i) const noexcept { return static_cast<std::uint8_t>(text[i]); }
};

/// Instruction numbers, in the order of insertion.
class SparseSet {
 public:
  void resize(std::size_t capacity) {
    dense_.resize(capacity);
    sparse_.resize(capacity);
    size_ = 0;
  }
  bool insert(std::uint32_t id) noexcept {
    if (contains(id)) return false;
    dense_[size_] = id;
    sparse_[id] = size_++;
    return true;
  }
  bool contains(std::uint32_t id) const noexcept {
    return sparse_[id] < size_ && dense_[sparse_[id]] == id;
  }
  void clear() noexcept { size_ = 0; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t capacity() const noexcept { return dense_.size(); }
  std::span<const std::uint32_t> ids() const noexcept { return {dense_.data(), size_}; }

 private:
  std::vector<std::uint32_t> dense_, sparse_;
  std::uint32_t size_ = 0;
};

/// A place to go to, or (restore) a slot to set back.
struct Frame {
  std::uint32_t id;
  bool restore;
  std::size_t at;  // the position, or the slot's old value
};

struct PikeCache {
  struct Threads {
    SparseSet set;
    std::vector<std::size_t> slots;  // `width` of each instruction
  };
  Threads now, next;
  std::vector<Frame> stack;
  std::vector<std::size_t> slots;
};

struct BitStateCache {
  std::vector<std::uint64_t> visited;
  std::vector<Frame> stack;
};

/// Simulates all threads at once (R. Pike; R. Cox, "Regular Expression Matching: the Virtual
/// Machine Approach"): O(instructions · bytes). `slots` get what fits of the preferred match; the
/// answer is its pattern, or -1. `steps` counts instructions visited.
std::int64_t pike_search(const Program& program, PikeCache& cache, const Span& span, MatchKind kind,
                         std::uint32_t start, std::span<std::size_t> slots, std::uint64_t& steps);

/// The patterns that match with an end at `at`, for each position in turn: `found(end, pattern)`;
/// false stops.
void pike_overlapping(const Program& program, PikeCache& cache, const Span& span, MatchKind kind,
                      FunctionRef<bool(std::size_t, std::uint32_t)> found);

/// Where matches of a pattern that end at `end` begin, from `end` down to span.start; `program` is
/// the reversed one. O(instructions · bytes).
void pike_starts(const Program& program, PikeCache& cache, const Span& span, std::size_t end,
                 std::uint32_t pattern, FunctionRef<void(std::size_t)> found);

/// The same answer as Pike's (LeftmostFirst) by depth-first search that never visits an instruction
/// twice at one position: linear too, and faster where `fits`.
bool bit_state_fits(const Program& program, const Span& span) noexcept;
std::int64_t bit_state_search(const Program& program, BitStateCache& cache, const Span& span,
                              std::uint32_t start, std::span<std::size_t> slots,
                              std::uint64_t& steps);

}  // namespace avila::regex::detail

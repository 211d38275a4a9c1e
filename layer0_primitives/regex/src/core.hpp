// A compiled pattern with all its engines, and the memory of searches that nobody runs right now.
#pragma once
#include <avila/regex/detail/engines.hpp>

#include <atomic>
#include <memory>
#include <mutex>

#include "lazy_dfa.hpp"
#include "one_pass.hpp"

namespace avila::regex::detail {

struct Cache {
  PikeCache pike;
  BitStateCache bits;
  DfaCache forward, backward, all;
  std::vector<std::size_t> slots;
  std::uint64_t steps = 0;
};

struct Core {
  std::atomic<int> references{1};
  Options options;
  std::vector<std::string> texts;
  std::vector<Pattern> patterns;
  std::unique_ptr<Program> program;
  std::unique_ptr<Prefilter> prefilter;
  bool literal = false;    // the prefilter's hits are the matches
  bool may_split = false;  // an empty match may lie inside a code point
  std::unique_ptr<LazyDfa> forward, all;

  static Result<Core*> make(std::span<const std::string_view> texts, const Options& options);
  ~Core();

  std::optional<Match> find(const Span& span, Cache& cache) const;
  bool is_match(Span span, Cache& cache) const;
  /// All groups of `match`, found by find(span): starts and ends in `out`, two for each.
  void groups(const Span& span, const Match& match, Cache& cache, std::span<std::size_t> out) const;
  std::optional<Captures> captures(const Span& span, Cache& cache) const;
  /// The reversed program, made at first need; null where it exceeds the limits.
  const Program* reverse_program() const;
  const LazyDfa* backward() const;
  /// Made when groups are first asked for; null where the pattern is not one-pass.
  const OnePass* one_pass() const;
  bool is_boundary(std::string_view text, std::size_t at) const noexcept;

  std::optional<std::size_t> group_index(std::string_view name, std::size_t pattern) const noexcept;

  Cache* borrow() const;
  void give_back(Cache* cache) const noexcept;

 private:
  std::optional<Match> find_once(const Span& span, MatchKind kind, Cache& cache) const;
  std::optional<Match> find_slowly(const Span& span, MatchKind kind, Cache& cache) const;

  mutable std::once_flag reverse_once_;
  mutable std::unique_ptr<Program> reverse_;
  mutable std::unique_ptr<LazyDfa> backward_;
  mutable std::once_flag one_pass_once_;
  mutable std::unique_ptr<OnePass> one_pass_;
  // One cache waits without a lock, for the usual case of one thread.
  mutable std::atomic<Cache*> spare_{nullptr};
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Cache>> more_;
};

/// A cache for one search.
class Borrowed {
 public:
  explicit Borrowed(const Core& core) : core_(core), cache_(core.borrow()) {}
  ~Borrowed() { core_.give_back(cache_); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Cache& operator*() const noexcept { return *cache_; }

 private:
  const Core& core_;
  Cache* cache_;
};

/// The input with its end resolved; nothing where start lies beyond it.
std::optional<Span> span_of(const Input& input) noexcept;

}  // namespace avila::regex::detail

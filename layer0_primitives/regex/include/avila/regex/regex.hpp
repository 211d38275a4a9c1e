// Regular expressions in time linear in the text, whatever the pattern.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/function_ref.hpp>
#include <avila/regex/options.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::regex {

namespace detail {
struct Core;
struct Cache;
}  // namespace detail

/// Bytes start…end of the searched text, and these bytes themselves (a view of it).
struct Match {
  std::string_view text;
  std::size_t start = 0, end = 0;
  std::uint32_t pattern = 0;  ///< which one, of compile_many

  bool empty() const noexcept { return start == end; }
};

/// What to search and how. Assertions (^ $ \b) see the whole text, also outside start…end.
struct Input {
  std::string_view text;
  std::size_t start = 0;
  std::size_t end = std::string_view::npos;  ///< npos: of the text
  bool anchored = false;                     ///< a match must begin at start
  bool earliest = false;                     ///< stop at the first end that is known

  Input(std::string_view searched) noexcept : text(searched) {}
  Input(const char* searched) noexcept : text(searched) {}
  Input(const std::string& searched) noexcept : text(searched) {}
  Input(std::string_view searched, std::size_t from, std::size_t to = std::string_view::npos,
        bool is_anchored = false, bool is_earliest = false) noexcept
      : text(searched), start(from), end(to), anchored(is_anchored), earliest(is_earliest) {}
};

class Captures;
class Matches;
class CapturesAll;

/// A compiled pattern. Cheap to copy (shared), safe to use from many threads at once.
class Regex {
 public:
  /// Errors: Malformed with the offset in the pattern (see `explain`), LimitExceeded.
  static Result<Regex> compile(std::string_view pattern, const Options& options = {});
  /// Several patterns searched at once: the first one wins where two begin at the same place.
  static Result<Regex> compile_many(std::span<const std::string_view> patterns,
                                    const Options& options = {});

  Regex(const Regex& other) noexcept;
  Regex(Regex&& other) noexcept;
  Regex& operator=(Regex other) noexcept;
  ~Regex();

  bool is_match(const Input& input) const;
  std::optional<Match> find(const Input& input) const;
  std::optional<Captures> captures(const Input& input) const;

  /// `for (const Match& m : re.find_all(text))`: one after the other, not overlapping; an empty
  /// match does not touch the end of the match before it. The text must outlive the range.
  Matches find_all(const Input& input) const;
  CapturesAll captures_all(const Input& input) const;
  std::size_t count(const Input& input) const;

  /// All matches, overlapping ones too: by end, then pattern, then from the latest start. With
  /// MatchKind::All, that is every match; their number may grow with the square of the text.
  std::vector<Match> find_overlapping(const Input& input) const;

  /// The patterns of compile_many that match anywhere, in ascending order (MatchKind::All).
  std::vector<std::uint32_t> matching_patterns(const Input& input) const;

  /// In `with`, $1, ${12}, $name and ${name} stand for groups (as many word characters as follow;
  /// an unknown or unmatched group is empty), $$ for a dollar.
  std::string replace(std::string_view text, std::string_view with) const;
  std::string replace_all(std::string_view text, std::string_view with) const;
  /// `append(captures, out)` writes what replaces a match.
  std::string replace_all(std::string_view text,
                          FunctionRef<void(const Captures&, std::string&)> append) const;

  /// What lies between the matches; `limit` pieces at most, the rest in the last one (0: no limit).
  std::vector<std::string_view> split(std::string_view text, std::size_t limit = 0) const;

  std::string_view pattern(std::size_t index = 0) const noexcept;
  std::size_t pattern_count() const noexcept;
  /// With the whole match, which is group 0.
  std::size_t group_count(std::size_t pattern_index = 0) const noexcept;
  /// Empty for a group without a name.
  std::string_view group_name(std::size_t group, std::size_t pattern_index = 0) const noexcept;
  std::optional<std::size_t> group_index(std::string_view name,
                                         std::size_t pattern_index = 0) const noexcept;

  const detail::Core& core() const noexcept { return *core_; }

 private:
  explicit Regex(detail::Core* core) noexcept : core_(core) {}
  detail::Core* core_;  // counted references
};

/// The groups of one match. The text and the Regex must outlive it.
class Captures {
 public:
  /// Group 0 is the match; nothing for a group that took no part, or that does not exist.
  std::optional<Match> get(std::size_t group) const noexcept;
  std::optional<Match> get(std::string_view name) const noexcept;
  /// The text of a group, empty where it took no part.
  std::string_view operator[](std::size_t group) const noexcept;
  std::string_view operator[](std::string_view name) const noexcept;

  Match match() const noexcept { return *get(0); }
  std::size_t size() const noexcept { return count_; }
  std::uint32_t pattern() const noexcept { return pattern_; }
  /// Appends `with`, groups filled in, as Regex::replace does.
  void expand(std::string_view with, std::string& out) const;

 private:
  friend struct detail::Core;
  static constexpr std::size_t kInline = 8;  // groups that need no allocation

  Captures(const detail::Core& core, std::string_view text) noexcept : core_(&core), text_(text) {}
  const std::size_t* spans() const noexcept { return count_ <= kInline ? few_ : many_.data(); }

  const detail::Core* core_;
  std::string_view text_;
  std::uint32_t pattern_ = 0;
  std::size_t count_ = 0;
  std::size_t few_[2 * kInline];  // start and end of each group, npos where there is none
  std::vector<std::size_t> many_;
};

namespace detail {

/// An iteration: where its next search begins, and the memory that its searches share.
class Cursor {
 public:
  Cursor(Regex regex, const Input& input) : regex_(std::move(regex)), input_(input) {}
  Cursor(Cursor&& other) noexcept
      : regex_(other.regex_),
        input_(other.input_),
        cache_(std::exchange(other.cache_, nullptr)),
        last_end_(other.last_end_) {}
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor();

  std::optional<Match> next();
  std::optional<Captures> next_captures();

 private:
  Regex regex_;
  Input input_;
  Cache* cache_ = nullptr;
  std::size_t last_end_ = std::string_view::npos;
};

struct RangeEnd {};

}  // namespace detail

/// See Regex::find_all. A single pass: begin() starts where the range is.
class Matches {
 public:
  Matches(Regex regex, const Input& input) : cursor_(std::move(regex), input) {}
  /// The next match, or nothing.
  std::optional<Match> next() { return cursor_.next(); }

  class Iterator {
   public:
    explicit Iterator(Matches& range) : range_(&range), match_(range.next()) {}
    const Match& operator*() const noexcept { return *match_; }
    const Match* operator->() const noexcept { return &*match_; }
    Iterator& operator++() {
      match_ = range_->next();
      return *this;
    }
    bool operator==(detail::RangeEnd) const noexcept { return !match_.has_value(); }

   private:
    Matches* range_;
    std::optional<Match> match_;
  };
  Iterator begin() { return Iterator(*this); }
  detail::RangeEnd end() const noexcept { return {}; }

 private:
  detail::Cursor cursor_;
};

/// See Regex::captures_all.
class CapturesAll {
 public:
  CapturesAll(Regex regex, const Input& input) : cursor_(std::move(regex), input) {}
  std::optional<Captures> next() { return cursor_.next_captures(); }

  class Iterator {
   public:
    explicit Iterator(CapturesAll& range) : range_(&range), captures_(range.next()) {}
    const Captures& operator*() const noexcept { return *captures_; }
    const Captures* operator->() const noexcept { return &*captures_; }
    Iterator& operator++() {
      captures_ = range_->next();
      return *this;
    }
    bool operator==(detail::RangeEnd) const noexcept { return !captures_.has_value(); }

   private:
    CapturesAll* range_;
    std::optional<Captures> captures_;
  };
  Iterator begin() { return Iterator(*this); }
  detail::RangeEnd end() const noexcept { return {}; }

 private:
  detail::Cursor cursor_;
};

/// Many patterns, one pass: which of them match.
class RegexSet {
 public:
  static Result<RegexSet> compile(std::span<const std::string_view> patterns, Options options = {});
  bool is_match(std::string_view text) const { return regex_.is_match(text); }
  /// Ascending indices.
  std::vector<std::uint32_t> matches(std::string_view text) const {
    return regex_.matching_patterns(text);
  }
  std::size_t size() const noexcept { return regex_.pattern_count(); }

 private:
  explicit RegexSet(Regex regex) noexcept : regex_(std::move(regex)) {}
  Regex regex_;
};

/// The text with every character that means something in a pattern behind a backslash.
std::string escape(std::string_view text);

/// What Error says, the line of the pattern it speaks of, and a caret below the place.
std::string explain(const Error& error, std::string_view pattern);

}  // namespace avila::regex

// How patterns are read and searched, and the limits that keep both bounded.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::regex {

/// Which of several matches that begin at the same place is meant.
enum class MatchKind : std::uint8_t {
  LeftmostFirst,    ///< the one a backtracking engine would find first (Perl, RE2, Rust)
  LeftmostLongest,  ///< the longest (POSIX); groups are of the preferred path of that length
  All,              ///< every one: for sets and overlapping searches; find() gives the last end
};

struct Options {
  // What (?imsxRU) and (?-u) change inside a pattern.
  bool case_insensitive = false;     ///< i
  bool multi_line = false;           ///< m: ^ and $ at lines
  bool dot_matches_newline = false;  ///< s
  bool ignore_whitespace = false;    ///< x: spaces and # comments do not count
  bool crlf = false;                 ///< R: a line ends with \r, \n or \r\n
  bool swap_greed = false;           ///< U: a* is lazy, a*? greedy
  bool unicode = true;               ///< u: classes, case and \b are of Unicode, not of ASCII

  /// Matches never split a code point, and patterns that could match ill-formed UTF-8 are refused.
  /// Clear it for binary data: (?-u:\xFF) is then a byte.
  bool utf8 = true;
  std::uint8_t line_terminator = '\n';  ///< what `.` leaves out and (?m) looks for
  MatchKind match_kind = MatchKind::LeftmostFirst;

  // Limits; the error names them.
  std::size_t max_pattern_size = kMaxPatternSize;
  std::size_t max_nesting = kMaxNesting;
  std::size_t max_program_size = kMaxProgramSize;
  std::size_t dfa_memory = kDfaMemory;

  static constexpr std::size_t kMaxPatternSize = 1 << 18;  ///< bytes of one pattern
  static constexpr std::size_t kMaxNesting = 200;          ///< of groups and classes; at most 1,000
  static constexpr std::size_t kMaxProgramSize =
      500'000;                                        ///< instructions after counting out {n,m}
  static constexpr std::size_t kMaxGroups = 5'000;    ///< of one pattern; fixed
  static constexpr std::size_t kDfaMemory = 4 << 20;  ///< bytes each direction may cache per thread
};

}  // namespace avila::regex

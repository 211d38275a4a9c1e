// The parts of a JSONPath query.
#pragma once
#include <avila/json/path.hpp>
#include <avila/regex/regex.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace avila::json {

namespace detail {

struct Expression;

struct Selector {
  enum class Kind : std::uint8_t { Name, Wildcard, Index, Slice, Filter };
  Kind kind = Kind::Wildcard;
  std::string name;
  std::int64_t index = 0;                // or the step of a slice
  std::optional<std::int64_t> from, to;  // of a slice
  std::shared_ptr<const Expression> filter;
};

struct Segment {
  bool descendant = false;
  std::vector<Selector> selectors;
};

}  // namespace detail

struct Path::Query {
  bool relative = false;  // begins with @
  std::vector<detail::Segment> segments;
  /// At most one value can be selected.
  bool singular() const noexcept {
    for (const auto& segment : segments)
      if (segment.descendant || segment.selectors.size() != 1 ||
          (segment.selectors[0].kind != detail::Selector::Kind::Name &&
           segment.selectors[0].kind != detail::Selector::Kind::Index))
        return false;
    return true;
  }
};

namespace detail {

/// Something that has a value, or none.
struct Operand {
  enum class Kind : std::uint8_t { Literal, Query, Length, Count, Value };
  Kind kind = Kind::Literal;
  json::Value literal;
  Path::Query query;                  // of Query, Count, Value
  std::shared_ptr<Operand> argument;  // of Length
};

struct Expression {
  enum class Kind : std::uint8_t { Or, And, Not, Exists, Equal, Less, LessEqual, Match, Search };
  Kind kind = Kind::Exists;
  std::vector<Expression> parts;         // of Or, And, Not
  Path::Query query;                     // of Exists
  Operand left, right;                   // of comparisons; the other three are made of these
                                         // of Match and Search: the text, the pattern
  std::optional<regex::Regex> compiled;  // of Match and Search, where the pattern is a literal
};

}  // namespace detail
}  // namespace avila::json

// A parsed pattern: flags are resolved, classes are sets, what remains is plain.
#pragma once
#include <avila/error/result.hpp>
#include <avila/regex/options.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "char_set.hpp"
#include "look.hpp"

namespace avila::regex::detail {

struct Node {
  enum class Kind : std::uint8_t { Empty, Literal, Set, Look, Repeat, Group, Concat, Alternate };
  static constexpr std::uint32_t kNoLimit = ~0U;

  Kind kind = Kind::Empty;
  bool bytes = false;        // Set: of bytes, else of code points
  bool greedy = true;        // Repeat
  Look look = Look::Start;   // Look
  std::uint32_t height = 1;  // of the tree below
  std::uint32_t min = 0;     // Repeat; Group: its index
  std::uint32_t max = 0;     // Repeat
  std::string literal;       // Literal: bytes, at least one
  CharSet set;               // Set; an empty one never matches
  std::vector<Node> parts;   // Repeat and Group: one
};

struct Pattern {
  Node root;
  std::vector<std::string> group_names;  // by index; [0] is the whole match, unnamed ones are empty
};

Result<Pattern> parse(std::string_view pattern, const Options& options);

/// Whether the empty text may match (assertions taken as true).
bool can_be_empty(const Node& node) noexcept;

}  // namespace avila::regex::detail

// Literals that every match begins with.
#pragma once
#include <string>
#include <vector>

#include "syntax.hpp"

namespace avila::regex::detail {

struct Literal {
  std::string bytes;
  bool exact = true;  // nothing follows: the literal is the whole match
};

struct LiteralSet {
  static constexpr std::size_t kMaxCount = 64;
  static constexpr std::size_t kMaxLength = 32;
  bool known = true;           // false: a match may begin with anything
  std::vector<Literal> items;  // in the order of preference

  bool all_exact() const noexcept;
};

/// Of one pattern; assertions are taken for nothing, so that exact literals may still fail them.
LiteralSet prefix_literals(const Node& node);

/// Whether a node holds an assertion.
bool has_look(const Node& node) noexcept;
bool has_group(const Node& node) noexcept;

}  // namespace avila::regex::detail

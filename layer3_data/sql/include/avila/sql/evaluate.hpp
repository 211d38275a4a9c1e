// Evaluation of bound expressions.
//
// Undefined (a member that is not there) and the three values of logic:
//   =, !=        Undefined when a side is; else values of different types differ, null = null
//   <, <=, >, >= between two numbers, two strings or two booleans; else Undefined
//   AND, OR, NOT Kleene's logic with Undefined (or anything that is no boolean) as "unknown"
//   IN, BETWEEN  as the ORs and ANDs of the comparisons they stand for
//   IS NULL      Undefined when its operand is (IS_NULL(x) is false then); IS DEFINED never is
//   arithmetic, functions: Undefined when an operand is not of the type they take
// WHERE and HAVING keep the rows for which the condition is true. Undefined members are left out
// of results.
#pragma once
#include <avila/primitives/duration.hpp>
#include <avila/sql/ast.hpp>
#include <avila/sql/datum.hpp>
#include <optional>

namespace avila::sql {

/// What an expression sees while it is evaluated.
struct Context {
  Arena* arena = nullptr;    ///< for the values it makes
  std::vector<Datum> slots;  ///< what the names of FROM are bound to
  const Datum* parameters = nullptr;
  const Datum* aggregates = nullptr;  ///< of the group, in HAVING, ORDER BY and SELECT
  const Datum* group_keys = nullptr;
  WallTime now;                           ///< the same for the whole query
  std::size_t memory_limit = 256U << 20;  ///< of the arena
  std::optional<Error> failure;           ///< set once; the row's value is then meaningless
  /// Asked by long loops; false ends the evaluation (and has set `failure`).
  bool (*keep_going)(Context&) = nullptr;
  void* owner = nullptr;  ///< of keep_going
  std::uint32_t ticks = 0;

  void fail(Error error) {
    if (!failure) failure.emplace(std::move(error));
  }
  /// True when `bytes` more fit the limit; else fails.
  bool room(std::size_t bytes);
  /// Call once an element in loops.
  bool tick() { return (++ticks & 1023) != 0 || keep_going == nullptr || keep_going(*this); }
};

Datum evaluate(const Expr& expr, Context& context);

/// A row of the result: the VALUE, or an object of the items. Undefined: no row.
Datum project(const Select& select, Context& context);

/// `text LIKE pattern`: % any run, _ one character; escape 0: none. Linear in the text for each %.
bool like(std::string_view text, std::string_view pattern, char32_t escape);

/// The names of all functions, upper case, in order (completion, documentation).
std::vector<std::string_view> function_names();

}  // namespace avila::sql

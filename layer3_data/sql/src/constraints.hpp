// What WHERE demands of single paths: the raw material of index choice.
#pragma once
#include <avila/sql/evaluate.hpp>
#include <avila/sql/statement.hpp>
#include <map>
#include <string>

namespace avila::sql {

/// All that is known of one path. A row that breaks it cannot satisfy WHERE.
struct Constraint {
  int source = -1;           ///< slot it was said of; array paths are not merged across slots
  std::vector<Datum> equal;  ///< one of these, in key order; empty: not bound to values
  bool has_equal = false;
  std::optional<Datum> low, high;
  bool low_inclusive = false, high_inclusive = false;
  std::optional<std::string> prefix;  ///< a text that begins so
};

struct Circle {
  double longitude = 0, latitude = 0, metres = 0;
};

struct Constraints {
  std::map<std::string, Constraint> paths;  ///< by canonical path
  std::map<std::string, Circle> circles;    ///< ST_DISTANCE(path, point) < metres
  std::size_t conjuncts = 0;                ///< of WHERE, in all
  std::size_t usable = 0;                   ///< of them, in `paths`
};

/// The value of an expression that is the same for every row; none for others, and for undefined.
std::optional<Datum> constant_value(const Expr& expr, Context& context);

/// Reads WHERE. The context evaluates constants.
Constraints collect_constraints(const Select& select, Context& context);

/// "/a/b", "/tags/[]" of a bound path below the table (slot of the first source), else empty.
/// `slot_paths` maps slots of array sources to their canonical paths.
using SlotPaths = std::map<int, std::string>;
SlotPaths slot_paths(const Select& select);
std::string canonical_path(const Expr& expr, const SlotPaths& slots);

}  // namespace avila::sql

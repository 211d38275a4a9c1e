// The syntax tree of a query. The parser makes it; the binder resolves names in place.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace avila::sql {

struct Select;
struct Function;  // of the function table
struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class ExprKind : std::uint8_t {
  Undefined,
  Null,
  Boolean,
  Integer,
  Number,
  String,     // literals
  Parameter,  ///< text = name without '@'; slot = its number once bound
  Name,       ///< text; before binding only
  Member,     ///< args[0] . text
  Subscript,  ///< args[0] [ args[1] ]
  Path,       ///< once bound: slot, then the steps
  Unary,      ///< op: Negate, Plus, Not
  Binary,     ///< op
  And,
  Or,       ///< two or more args
  Between,  ///< args: value, low, high
  In,       ///< args: value, then the list; or value and one array with `in_array`
  Like,     ///< args: value, pattern [, escape]
  IsNull,
  IsDefined,
  Ternary,    ///< args: condition, then, else
  Coalesce,   ///< args; the first that is neither null nor undefined
  Case,       ///< args: [operand,] when, then, … [, else]; has_operand, has_else
  Call,       ///< text = upper-case name
  Aggregate,  ///< text = COUNT…; no args: COUNT(*); slot = accumulator once bound
  GroupKey,   ///< once bound: slot = number of the GROUP BY expression
  Exists,
  ArraySubquery,
  ScalarSubquery,
  Array,
  Object,  ///< literals; an object's keys are `keys`
};

enum class Op : std::uint8_t {
  None,
  Negate,
  Plus,
  Not,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  Concat,
};

/// One step of a bound path.
struct Step {
  std::string key;          ///< member name
  std::int64_t index = -1;  ///< array element where >= 0
};

struct Expr {
  ExprKind kind = ExprKind::Undefined;
  Op op = Op::None;
  bool negated = false;   ///< NOT IN, NOT LIKE, NOT BETWEEN, IS NOT …
  bool distinct = false;  ///< of an aggregate
  bool in_array = false, has_operand = false, has_else = false, boolean = false;
  std::uint32_t offset = 0;  ///< in the query
  std::uint32_t depth = 1;   ///< of the tree below
  int slot = -1;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<ExprPtr> args;
  std::vector<std::string> keys;
  std::vector<Step> steps;
  std::unique_ptr<Select> subquery;
  const Function* function = nullptr;

  Expr() = default;
  Expr(ExprKind kind_value, std::size_t at)
      : kind(kind_value), offset(static_cast<std::uint32_t>(at)) {}
  ~Expr();
};

struct SelectItem {
  ExprPtr expr;      ///< null with star
  std::string name;  ///< of the result's member: alias, last step of a path, or "$1"…
  bool has_alias = false;
  bool star = false;  ///< `*`, or `c.*` with expr = c
};

/// `FROM items AS c` (collection) or `JOIN t IN c.tags` / `FROM t IN c.tags` (array of a path, or
/// of a subquery).
struct Source {
  std::string collection;
  std::string alias;
  bool has_alias = false;
  ExprPtr array;
  std::uint32_t offset = 0;
  int slot = -1;
};

struct OrderItem {
  ExprPtr expr;
  bool descending = false;
};

struct Select {
  bool explain = false;
  bool distinct = false;
  bool value = false;  ///< SELECT VALUE expr: one item
  std::vector<SelectItem> items;
  std::vector<Source> from;  ///< empty: one row of nothing
  ExprPtr where;
  std::vector<ExprPtr> group_by;
  ExprPtr having;
  std::vector<OrderItem> order_by;
  ExprPtr top, limit, offset;  ///< integers or parameters

  // Filled by the binder.
  std::vector<Expr*> aggregates;
  bool grouped = false;
};

/// The expression as text, normalised, for plans and messages.
std::string to_text(const Expr& expr);
ExprPtr clone(const Expr& expr);
std::unique_ptr<Select> clone(const Select& select);

}  // namespace avila::sql

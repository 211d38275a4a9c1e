#include "constraints.hpp"

#include <algorithm>
#include <avila/sql/geo.hpp>
#include <avila/sql/key.hpp>
#include <avila/sql/limits.hpp>

namespace avila::sql {

namespace {

bool is_constant(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::Path:
    case ExprKind::GroupKey:
    case ExprKind::Aggregate:
    case ExprKind::Exists:
    case ExprKind::ArraySubquery:
    case ExprKind::ScalarSubquery: return false;
    default: break;
  }
  return std::all_of(expr.args.begin(), expr.args.end(),
                     [](const ExprPtr& arg) { return is_constant(*arg); });
}

void append_step(std::string& to, std::string_view key) {
  to += '/';
  for (const char c : key) {
    if (c == '~')
      to += "~0";
    else if (c == '/')
      to += "~1";
    else
      to += c;
  }
}

class Collector {
 public:
  Collector(Constraints& to, SlotPaths slots, Context& context)
      : to_(to), slots_(std::move(slots)), context_(context) {}

  void all(const Expr& expr) {
    if (expr.kind == ExprKind::And) {
      for (const ExprPtr& arg : expr.args) all(*arg);
      return;
    }
    ++to_.conjuncts;
    if (one(expr)) ++to_.usable;
  }

 private:
  bool one(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::Binary: return comparison(expr);
      case ExprKind::Between: return !expr.negated && between(expr);
      case ExprKind::In: return !expr.negated && in(expr);
      case ExprKind::Like: return !expr.negated && like_pattern(expr);
      case ExprKind::IsNull: return !expr.negated && equal(*expr.args[0], {Datum::null()});
      case ExprKind::Path: return equal(expr, {Datum::boolean(true)});
      case ExprKind::Unary:
        return expr.op == Op::Not && expr.args[0]->kind == ExprKind::Path &&
               equal(*expr.args[0], {Datum::boolean(false)});
      case ExprKind::Call: return call(expr);
      case ExprKind::Exists: return !expr.negated && exists(expr);
      case ExprKind::Or: return disjunction(expr);
      default: return false;
    }
  }

  std::optional<Datum> constant(const Expr& expr) { return constant_value(expr, context_); }

  Constraint* at(const Expr& path_expr, int* source = nullptr) {
    const std::string path = canonical_path(path_expr, slots_);
    if (path.empty()) return nullptr;
    if (source != nullptr) *source = path_expr.slot;
    return at_path(path, path_expr.slot);
  }
  Constraint* at_path(const std::string& path, int source) {
    Constraint& constraint = to_.paths[path];
    if (constraint.source < 0) constraint.source = source;
    // Two elements of one array may satisfy two conditions: they cannot be intersected.
    else if (path.find("/[]") != std::string::npos && constraint.source != source)
      return nullptr;
    return &constraint;
  }

  static void sort_values(std::vector<Datum>& values) {
    std::sort(values.begin(), values.end(),
              [](const Datum& a, const Datum& b) { return compare(a, b) < 0; });
    values.erase(std::unique(values.begin(), values.end(),
                             [](const Datum& a, const Datum& b) { return compare(a, b) == 0; }),
                 values.end());
  }

  static bool set_equal(Constraint* constraint, std::vector<Datum> values) {
    if (constraint == nullptr || values.size() > kMaxScanRanges) return false;
    sort_values(values);
    if (constraint->has_equal && constraint->equal.size() <= values.size()) return true;
    constraint->has_equal = true;
    constraint->equal = std::move(values);
    return true;
  }
  bool equal(const Expr& path, std::vector<Datum> values) {
    if (path.kind != ExprKind::Path) return false;
    return set_equal(at(path), std::move(values));
  }

  static bool ordered_type(const Datum& value) {
    return value.is_number() || value.is_string() || value.is_boolean();
  }
  static void lower(Constraint& c, const Datum& value, bool inclusive) {
    const int order = c.low ? compare(value, *c.low) : 1;
    if (order < 0 || (order == 0 && inclusive)) return;
    c.low = value;
    c.low_inclusive = inclusive;
  }
  static void upper(Constraint& c, const Datum& value, bool inclusive) {
    const int order = c.high ? compare(value, *c.high) : -1;
    if (order > 0 || (order == 0 && inclusive)) return;
    c.high = value;
    c.high_inclusive = inclusive;
  }

  bool comparison(const Expr& expr) {
    const Expr* path = expr.args[0].get();
    const Expr* other = expr.args[1].get();
    Op op = expr.op;
    if (is_constant(*path)) {
      std::swap(path, other);
      if (op == Op::Less)
        op = Op::Greater;
      else if (op == Op::LessEqual)
        op = Op::GreaterEqual;
      else if (op == Op::Greater)
        op = Op::Less;
      else if (op == Op::GreaterEqual)
        op = Op::LessEqual;
    }
    const auto value = constant(*other);
    if (!value) return false;
    if (path->kind == ExprKind::Call) return call_comparison(*path, op, *value);
    if (path->kind != ExprKind::Path) return false;
    if (op == Op::Equal) return equal(*path, {*value});
    if (op < Op::Less || op > Op::GreaterEqual || !ordered_type(*value)) return false;
    Constraint* c = at(*path);
    if (c == nullptr) return false;
    if (op == Op::Less || op == Op::LessEqual)
      upper(*c, *value, op == Op::LessEqual);
    else
      lower(*c, *value, op == Op::GreaterEqual);
    return true;
  }

  bool call_comparison(const Expr& call_expr, Op op, const Datum& value) {
    if (call_expr.text == "ST_DISTANCE" && (op == Op::Less || op == Op::LessEqual) &&
        value.is_number()) {
      for (std::size_t i = 0; i < 2; ++i) {
        const auto centre_value = constant(*call_expr.args[1 - i]);
        if (!centre_value || call_expr.args[i]->kind != ExprKind::Path) continue;
        const auto centre = geo_point(*centre_value);
        const std::string path = canonical_path(*call_expr.args[i], slots_);
        if (!centre || path.empty()) continue;
        to_.circles[path] = {centre->longitude, centre->latitude, value.as_double()};
        return true;
      }
    }
    if (call_expr.text == "ST_GEOHASH" && op == Op::Equal && value.is_string() &&
        call_expr.args[0]->kind == ExprKind::Path) {
      const std::string path = canonical_path(*call_expr.args[0], slots_);
      if (path.empty()) return false;
      Constraint* c = at_path("geohash:" + path, call_expr.args[0]->slot);
      if (c != nullptr) c->prefix = std::string(value.as_string());
      return c != nullptr;
    }
    return false;
  }

  bool between(const Expr& expr) {
    const auto low = constant(*expr.args[1]), high = constant(*expr.args[2]);
    if (expr.args[0]->kind != ExprKind::Path || !low || !high || !ordered_type(*low) ||
        !ordered_type(*high))
      return false;
    Constraint* c = at(*expr.args[0]);
    if (c == nullptr) return false;
    lower(*c, *low, true);
    upper(*c, *high, true);
    return true;
  }

  bool in(const Expr& expr) {
    const Expr& value = *expr.args[0];
    if (expr.in_array) {
      const Expr& list = *expr.args[1];
      if (value.kind == ExprKind::Path) {
        const auto items = constant(list);
        if (!items || !items->is_array()) return false;
        std::vector<Datum> values;
        items->each([&](const Datum& item) {
          values.push_back(item);
          return true;
        });
        return equal(value, std::move(values));
      }
      const auto wanted = constant(value);  // 'red' IN c.tags
      return wanted && list.kind == ExprKind::Path && element_equal(list, {*wanted});
    }
    if (value.kind != ExprKind::Path) return false;
    std::vector<Datum> values;
    for (std::size_t i = 1; i < expr.args.size(); ++i) {
      const auto item = constant(*expr.args[i]);
      if (!item) return false;
      values.push_back(*item);
    }
    return equal(value, std::move(values));
  }

  bool element_equal(const Expr& array, std::vector<Datum> values) {
    std::string path = canonical_path(array, slots_);
    if (path.empty() && array.slot != 0) return false;
    path += "/[]";
    // A source of its own, so that nothing is intersected with it.
    return set_equal(at_path(path, 1'000'000 + ++elements_), std::move(values));
  }

  bool prefix(const Expr& path, std::string_view text) {
    Constraint* c = at(path);
    if (c == nullptr) return false;
    if (!c->prefix || text.size() > c->prefix->size()) c->prefix = std::string(text);
    return true;
  }

  bool like_pattern(const Expr& expr) {
    if (expr.args.size() > 2 || expr.args[0]->kind != ExprKind::Path) return false;
    const auto pattern = constant(*expr.args[1]);
    if (!pattern || !pattern->is_string()) return false;
    const std::string_view text = pattern->as_string();
    const auto wild = text.find_first_of("%_");
    if (wild == std::string_view::npos) return equal(*expr.args[0], {*pattern});
    return wild > 0 && prefix(*expr.args[0], text.substr(0, wild));
  }

  bool call(const Expr& expr) {
    if (expr.text == "STARTSWITH" && expr.args.size() == 2) {
      const auto text = constant(*expr.args[1]);
      if (!text || !text->is_string()) return false;
      if (expr.args[0]->kind == ExprKind::Path) return prefix(*expr.args[0], text->as_string());
      if (expr.args[0]->kind == ExprKind::Call && expr.args[0]->text == "ST_GEOHASH")
        return call_comparison(*expr.args[0], Op::Equal, *text);
      return false;
    }
    if (expr.text == "ARRAY_CONTAINS" && expr.args.size() == 2 &&
        expr.args[0]->kind == ExprKind::Path) {
      const auto value = constant(*expr.args[1]);
      return value && element_equal(*expr.args[0], {*value});
    }
    if (expr.text == "IS_NULL" && expr.args[0]->kind == ExprKind::Path)
      return equal(*expr.args[0], {Datum::null()});
    return false;
  }

  bool exists(const Expr& expr) {
    const Select& select = *expr.subquery;
    if (select.grouped || !select.where) return false;
    bool added = false;
    for (const Source& source : select.from) {
      if (source.array->kind != ExprKind::Path) continue;
      const std::string path = canonical_path(*source.array, slots_);
      if (path.empty()) continue;
      slots_[source.slot] = path + "/[]";
      added = true;
    }
    if (!added) return false;
    const std::size_t conjuncts = to_.conjuncts, usable = to_.usable;
    all(*select.where);
    const bool useful = to_.usable > usable;
    to_.conjuncts = conjuncts;
    to_.usable = usable;
    return useful;
  }

  /// a = 1 OR a = 2 OR a IN (3, 4).
  bool disjunction(const Expr& expr) {
    const Expr* path = nullptr;
    std::vector<Datum> values;
    for (const ExprPtr& arg : expr.args) {
      Constraints branch;
      Collector inner(branch, slots_, context_);
      const Expr* here = nullptr;
      if (arg->kind == ExprKind::Binary && arg->op == Op::Equal)
        here = is_constant(*arg->args[0]) ? arg->args[1].get() : arg->args[0].get();
      else if (arg->kind == ExprKind::In && !arg->negated)
        here = arg->args[0].get();
      if (here == nullptr || here->kind != ExprKind::Path || !inner.one(*arg)) return false;
      if (path != nullptr && to_text(*path) != to_text(*here)) return false;
      path = here;
      for (const auto& [name, constraint] : branch.paths)
        values.insert(values.end(), constraint.equal.begin(), constraint.equal.end());
    }
    return path != nullptr && equal(*path, std::move(values));
  }

  Constraints& to_;
  SlotPaths slots_;
  Context& context_;
  int elements_ = 0;
};

}  // namespace

std::optional<Datum> constant_value(const Expr& expr, Context& context) {
  if (!is_constant(expr)) return std::nullopt;
  const Datum value = evaluate(expr, context);
  if (context.failure || value.is_undefined()) return std::nullopt;
  return value;
}

SlotPaths slot_paths(const Select& select) {
  SlotPaths slots;
  for (const Source& source : select.from) {
    if (!source.array) {
      slots[source.slot] = "";
    } else if (source.array->kind == ExprKind::Path) {
      const auto known = slots.find(source.array->slot);
      if (known == slots.end()) continue;
      const std::string path = canonical_path(*source.array, slots);
      if (!path.empty()) slots[source.slot] = path + "/[]";
    }
  }
  return slots;
}

std::string canonical_path(const Expr& expr, const SlotPaths& slots) {
  if (expr.kind != ExprKind::Path) return {};
  const auto base = slots.find(expr.slot);
  if (base == slots.end()) return {};
  std::string path = base->second;
  for (const Step& step : expr.steps) {
    if (step.index >= 0) return {};
    if (step.key == "[]") return {};  // a member that is called so has no index
    append_step(path, step.key);
  }
  return path;
}

Constraints collect_constraints(const Select& select, Context& context) {
  Constraints constraints;
  if (select.where) Collector(constraints, slot_paths(select), context).all(*select.where);
  return constraints;
}

}  // namespace avila::sql

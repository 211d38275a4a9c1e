#include "binder.hpp"

#include <avila/sql/parser.hpp>
#include <avila/sql/token.hpp>

#include <memory>
#include "functions.hpp"

namespace avila::sql {

Error Binder::fail(const Expr& at, QueryError kind, const std::string& what) const {
  return Error(kind, describe_position(text_, at.offset) + ": " + what, {.offset = at.offset});
}

const std::pair<std::string, int>* Binder::find(const Scope& scope, std::string_view name) {
  for (const Scope* s = &scope; s != nullptr; s = s->outer) {
    for (const auto& known : s->names)
      if (known.first == name) return &known;
    if (s->c_is_root && name == "c" && !s->names.empty()) return &s->names[0];
  }
  return nullptr;
}

Result<void> Binder::bind_select(Select& select, const Scope* outer) {
  Scope scope;
  scope.outer = outer;
  scope.select = &select;
  AVILA_TRY_VOID(bind_sources(select, scope));
  if (select.where) {
    if (has_aggregate(*select.where))
      return fail(*select.where, QueryError::Clause,
                  "an aggregate cannot stand in WHERE; put the condition into HAVING");
    AVILA_TRY_VOID(bind_expr(select.where, scope, Place::Row));
  }
  AVILA_TRY_VOID(bind_output(select, scope));
  std::uint64_t ignored_limit = 0, ignored_offset = 0;
  const bool top = outer == nullptr;
  AVILA_TRY_VOID(bind_count(select.top, "TOP", top ? statement_.limit_ : ignored_limit));
  AVILA_TRY_VOID(bind_count(select.limit, "LIMIT", top ? statement_.limit_ : ignored_limit));
  return bind_count(select.offset, "OFFSET", top ? statement_.offset_ : ignored_offset);
}

Result<void> Binder::bind_sources(Select& select, Scope& scope) {
  for (std::size_t i = 0; i < select.from.size(); ++i) {
    Source& source = select.from[i];
    Expr here(ExprKind::Name, source.offset);
    if (source.array) {
      AVILA_TRY_VOID(bind_expr(source.array, scope, Place::Row));
    } else if (scope.outer != nullptr) {
      return fail(here, QueryError::Clause,
                  "a subquery reads arrays of the row: FROM x IN c.array, not a collection");
    } else {
      statement_.collection_ = source.collection;
      scope.c_is_root = !source.has_alias;
    }
    for (const auto& known : scope.names)
      if (known.first == source.alias)
        return fail(here, QueryError::Name, "the name " + source.alias + " is taken in this FROM");
    source.slot = static_cast<int>(statement_.slots_++);
    scope.names.emplace_back(source.alias, source.slot);
  }
  // FROM t IN families.children: the collection is the first name of the path.
  return {};
}

Result<void> Binder::bind_output(Select& select, Scope& scope) {
  for (ExprPtr& key : select.group_by) {
    if (has_aggregate(*key))
      return fail(*key, QueryError::Clause, "an aggregate cannot stand in GROUP BY");
    substitute_aliases(key, select, scope);
    if (has_aggregate(*key))
      return fail(*key, QueryError::Clause, "an aggregate cannot stand in GROUP BY");
  }
  if (select.having) substitute_aliases(select.having, select, scope);
  for (OrderItem& item : select.order_by) {
    if (item.expr->kind == ExprKind::Integer) {  // ORDER BY 2
      const std::int64_t n = item.expr->integer;
      if (n < 1 || static_cast<std::uint64_t>(n) > select.items.size() ||
          select.items[static_cast<std::size_t>(n - 1)].star)
        return fail(*item.expr, QueryError::Clause,
                    "ORDER BY " + std::to_string(n) + " names no item of SELECT");
      item.expr = clone(*select.items[static_cast<std::size_t>(n - 1)].expr);
    } else {
      substitute_aliases(item.expr, select, scope);
    }
  }
  select.grouped = !select.group_by.empty() || select.having != nullptr;
  for (const SelectItem& item : select.items)
    if (item.expr && has_aggregate(*item.expr)) select.grouped = true;
  for (const OrderItem& item : select.order_by)
    if (has_aggregate(*item.expr)) select.grouped = true;

  const Place place = select.grouped ? Place::Grouped : Place::Row;
  for (ExprPtr& key : select.group_by) AVILA_TRY_VOID(bind_expr(key, scope, Place::Row));
  for (SelectItem& item : select.items) {
    if (item.star) {
      Expr here(ExprKind::Name, item.expr ? item.expr->offset : 0);
      if (select.grouped)
        return fail(here, QueryError::Clause, "SELECT * cannot be grouped; name the fields");
      if (select.from.empty()) return fail(here, QueryError::Clause, "SELECT * needs a FROM");
      if (!item.expr && select.from.size() > 1)
        return fail(here, QueryError::Clause,
                    "SELECT * with a JOIN is ambiguous; write " + select.from[0].alias + ".* or " +
                        "name the fields");
      if (!item.expr) continue;
    }
    AVILA_TRY_VOID(bind_expr(item.expr, scope, place));
  }
  if (select.having) AVILA_TRY_VOID(bind_expr(select.having, scope, place));
  for (OrderItem& item : select.order_by) AVILA_TRY_VOID(bind_expr(item.expr, scope, place));
  if (!select.grouped) return {};
  for (SelectItem& item : select.items)
    if (item.expr) AVILA_TRY_VOID(group(item.expr, select));
  if (select.having) AVILA_TRY_VOID(group(select.having, select));
  for (OrderItem& item : select.order_by) AVILA_TRY_VOID(group(item.expr, select));
  return {};
}

Result<void> Binder::group(ExprPtr& expr, const Select& select) {
  if (expr->kind == ExprKind::Aggregate) return {};
  if (expr->kind > ExprKind::String && !select.group_by.empty()) {
    const std::string text = to_text(*expr);
    for (std::size_t i = 0; i < select.group_by.size(); ++i) {
      if (to_text(*select.group_by[i]) != text) continue;
      auto key = std::make_unique<Expr>(ExprKind::GroupKey, expr->offset);
      key->slot = static_cast<int>(i);
      key->text = text;
      expr = std::move(key);
      return {};
    }
  }
  if (expr->kind == ExprKind::Path)
    return fail(*expr, QueryError::Clause,
                to_text(*expr) + " is neither in GROUP BY nor inside COUNT, SUM, AVG, MIN or MAX");
  if (expr->subquery)
    return fail(*expr, QueryError::Clause,
                "a subquery beside GROUP BY or an aggregate must itself be in GROUP BY");
  for (ExprPtr& arg : expr->args) AVILA_TRY_VOID(group(arg, select));
  return {};
}

void Binder::substitute_aliases(ExprPtr& expr, const Select& select, const Scope& scope) {
  if (expr->kind == ExprKind::Name && find(scope, expr->text) == nullptr) {
    for (const SelectItem& item : select.items) {
      if (!item.has_alias || item.name != expr->text || !item.expr) continue;
      // An alias of the field of the same name means that field: SELECT price AS price.
      if (item.expr->kind == ExprKind::Name && item.expr->text == expr->text) return;
      expr = clone(*item.expr);
      return;
    }
  }
  if (expr->kind == ExprKind::Aggregate) return;
  for (ExprPtr& arg : expr->args) substitute_aliases(arg, select, scope);
}

bool Binder::has_aggregate(const Expr& expr) {
  if (expr.kind == ExprKind::Aggregate) return true;
  for (const ExprPtr& arg : expr.args)
    if (has_aggregate(*arg)) return true;
  return false;
}

Result<void> Binder::bind_expr(ExprPtr& expr, const Scope& scope, Place place) {
  switch (expr->kind) {
    case ExprKind::Name: return bind_name(*expr, scope);
    case ExprKind::Parameter: return bind_parameter(*expr);
    case ExprKind::Path: return {};
    case ExprKind::Aggregate:
      if (place == Place::Aggregate)
        return fail(*expr, QueryError::Clause, "an aggregate cannot stand inside another");
      if (place == Place::Row)
        return fail(*expr, QueryError::Clause, "an aggregate cannot stand here");
      return bind_aggregate(expr, scope);
    case ExprKind::Exists:
    case ExprKind::ArraySubquery:
    case ExprKind::ScalarSubquery: return bind_select(*expr->subquery, &scope);
    default: break;
  }
  for (ExprPtr& arg : expr->args) AVILA_TRY_VOID(bind_expr(arg, scope, place));
  if (expr->kind == ExprKind::Call) return bind_call(*expr);
  if (expr->kind == ExprKind::Member || expr->kind == ExprKind::Subscript) fold_path(*expr);
  return {};
}

/// Member or subscript of a path with a constant: one longer path.
void Binder::fold_path(Expr& expr) {
  Expr& base = *expr.args[0];
  if (base.kind != ExprKind::Path) return;
  Step step;
  if (expr.kind == ExprKind::Member) {
    step.key = expr.text;
  } else if (expr.args[1]->kind == ExprKind::String) {
    step.key = expr.args[1]->text;
  } else if (expr.args[1]->kind == ExprKind::Integer && expr.args[1]->integer >= 0) {
    step.index = expr.args[1]->integer;
  } else {
    return;
  }
  ExprPtr path = std::move(expr.args[0]);
  path->steps.push_back(std::move(step));
  expr.kind = ExprKind::Path;
  expr.slot = path->slot;
  expr.text = std::move(path->text);
  expr.steps = std::move(path->steps);
  expr.depth = 1;
  expr.args.clear();
}

Result<void> Binder::bind_name(Expr& expr, const Scope& scope) {
  if (const auto* known = find(scope, expr.text)) {
    expr.kind = ExprKind::Path;
    expr.slot = known->second;
    expr.text = known->first;
    return {};
  }
  std::size_t visible = 0;
  const std::pair<std::string, int>* only = nullptr;
  std::string choices;
  for (const Scope* s = &scope; s != nullptr; s = s->outer) {
    for (const auto& known : s->names) {
      if (visible++ > 0) choices += " or ";
      choices += known.first + "." + expr.text;
      only = &known;
    }
  }
  if (visible == 0)
    return fail(expr, QueryError::Name,
                "unknown name " + expr.text + "; the query has no FROM, and texts stand in quotes");
  if (visible > 1)
    return fail(expr, QueryError::Name,
                "the name " + expr.text + " is ambiguous here; write " + choices);
  expr.steps.push_back({expr.text, -1});
  expr.kind = ExprKind::Path;
  expr.slot = only->second;
  expr.text = only->first;
  return {};
}

Result<void> Binder::bind_call(Expr& expr) {
  expr.function = find_function(expr.text);
  if (expr.function == nullptr) {
    // The same letters without underscores: the habit of other dialects (ToString, STRING_EQUALS).
    const auto squeeze = [](std::string_view name) {
      std::string out;
      for (const char c : name)
        if (c != '_') out += c;
      return out;
    };
    for (const std::string_view name : function_names())
      if (squeeze(name) == squeeze(expr.text)) expr.function = find_function(name);
  }
  if (expr.function == nullptr)
    return fail(expr, QueryError::Name, "unknown function " + expr.text);
  const Function& f = *expr.function;
  if (expr.args.size() < f.least || (f.most != kAnyNumber && expr.args.size() > f.most))
    return fail(expr, QueryError::Arguments,
                expr.text + " was given " + std::to_string(expr.args.size()) +
                    " arguments; it is used as " + f.usage);
  return {};
}

Result<void> Binder::bind_aggregate(ExprPtr& expr, const Scope& scope) {
  if (expr->args.size() > 1 || (expr->args.empty() && (expr->text != "COUNT" || expr->distinct)))
    return fail(*expr, QueryError::Arguments, expr->text + " takes one argument");
  for (ExprPtr& arg : expr->args) AVILA_TRY_VOID(bind_expr(arg, scope, Place::Aggregate));
  auto& aggregates = scope.select->aggregates;
  const std::string text = to_text(*expr);
  for (std::size_t i = 0; i < aggregates.size(); ++i) {
    if (to_text(*aggregates[i]) != text) continue;
    expr->slot = static_cast<int>(i);
    return {};
  }
  expr->slot = static_cast<int>(aggregates.size());
  aggregates.push_back(expr.get());
  return {};
}

Result<void> Binder::bind_parameter(Expr& expr) {
  auto& names = statement_.parameter_names_;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != expr.text) continue;
    expr.slot = static_cast<int>(i);
    return {};
  }
  if (names.size() >= kMaxParameters)
    return Error(Errc::LimitExceeded, "the query uses more than " + std::to_string(kMaxParameters) +
                                          " parameters (limit kMaxParameters)");
  const json::Value* value = nullptr;
  if (given_ != nullptr) {
    value = given_->find(expr.text);
    if (value == nullptr) value = given_->find("@" + expr.text);
  }
  if (value == nullptr)
    return fail(expr, QueryError::Parameter,
                "the query uses @" + expr.text + ", and no parameter of that name was given");
  expr.slot = static_cast<int>(names.size());
  names.push_back(expr.text);
  statement_.parameters_.push_back(Datum::of(*value, *statement_.arena_));
  return {};
}

Result<void> Binder::bind_count(const ExprPtr& expr, const char* what, std::uint64_t& to) {
  if (!expr) return {};
  std::int64_t value = 0;
  if (expr->kind == ExprKind::Parameter) {
    AVILA_TRY_VOID(bind_parameter(*expr));
    const Datum given = statement_.parameters_[static_cast<std::size_t>(expr->slot)];
    if (!given.is_number() || !given.whole(value)) value = -1;
  } else {
    value = expr->integer;
  }
  if (value < 0)
    return fail(*expr, QueryError::Parameter, std::string(what) + " must be a whole number >= 0");
  to = static_cast<std::uint64_t>(value);
  // Evaluated once and for all: subqueries read it from here.
  expr->integer = value;
  return {};
}

// ---- Statement ----

Statement::Statement() : arena_(std::make_unique<Arena>()) {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

namespace {
std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;  // FNV-1a
  return (hash ^ 0xFF) * 0x100000001B3U;
}
}  // namespace

Result<void> Statement::bind(std::string_view text, const json::Value* parameters, bool) {
  // FROM t IN items.tags reads the collection items as if by FROM items JOIN t IN items.tags.
  auto& from = select_->from;
  if (!from.empty() && from[0].array) {
    const Expr* root = from[0].array.get();
    while (!root->args.empty() &&
           (root->kind == ExprKind::Member || root->kind == ExprKind::Subscript))
      root = root->args[0].get();
    if (root->kind != ExprKind::Name)
      return Error(QueryError::Clause, describe_position(text, from[0].offset) +
                                           ": FROM x IN … needs a collection and a path in it");
    Source collection;
    collection.collection = collection.alias = root->text;
    collection.has_alias = true;
    collection.offset = root->offset;
    from.insert(from.begin(), std::move(collection));
  }
  if (parameters != nullptr && !parameters->is_object() && !parameters->is_null())
    return Error(QueryError::Parameter, "parameters must be an object of names and values");
  AVILA_TRY_VOID(Binder(text, parameters, *this).run(*select_));
  fingerprint_ = mix(0xCBF29CE484222325U, text);
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    fingerprint_ = mix(mix(fingerprint_, parameter_names_[i]), to_json(parameters_[i]));
  return {};
}

Result<Statement> Statement::prepare(std::string_view query, const json::Value* parameters) {
  Statement statement;
  AVILA_TRY(statement.select_, parse(query));
  AVILA_TRY_VOID(statement.bind(query, parameters, false));
  return statement;
}

Result<Statement> Statement::prepare_filter(std::string_view filter, std::string_view collection,
                                            const json::Value* parameters) {
  Statement statement;
  statement.select_ = std::make_unique<Select>();
  AVILA_TRY(statement.select_->where, parse_expression(filter));
  Source source;
  source.collection = collection;
  source.alias = "c";
  source.has_alias = true;
  statement.select_->from.push_back(std::move(source));
  SelectItem item;
  item.star = true;
  statement.select_->items.push_back(std::move(item));
  AVILA_TRY_VOID(statement.bind(filter, parameters, true));
  return statement;
}

}  // namespace avila::sql

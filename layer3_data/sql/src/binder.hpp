// Resolves names to slots, calls to functions, parameters to values, select aliases to their
// expressions, and what is grouped.
#pragma once
#include <avila/sql/limits.hpp>
#include <avila/sql/statement.hpp>
#include <string_view>
#include <vector>

namespace avila::sql {

class Binder {
 public:
  Binder(std::string_view text, const json::Value* parameters, Statement& statement)
      : text_(text), given_(parameters), statement_(statement) {}

  Result<void> run(Select& select) { return bind_select(select, nullptr); }

 private:
  struct Scope {
    const Scope* outer = nullptr;
    Select* select = nullptr;
    std::vector<std::pair<std::string, int>> names;
    bool c_is_root = false;  // FROM items, no alias: `c` means it too
  };
  enum class Place { Row, Grouped, Aggregate };

  Result<void> bind_select(Select& select, const Scope* outer);
  Result<void> bind_sources(Select& select, Scope& scope);
  Result<void> bind_output(Select& select, Scope& scope);
  Result<void> bind_expr(ExprPtr& expr, const Scope& scope, Place place);
  Result<void> bind_name(Expr& expr, const Scope& scope);
  Result<void> bind_call(Expr& expr);
  Result<void> bind_aggregate(ExprPtr& expr, const Scope& scope);
  Result<void> bind_parameter(Expr& expr);
  Result<void> bind_count(const ExprPtr& expr, const char* what, std::uint64_t& to);
  /// Replaces what equals a GROUP BY expression; refuses other uses of the row.
  Result<void> group(ExprPtr& expr, const Select& select);
  void substitute_aliases(ExprPtr& expr, const Select& select, const Scope& scope);
  static void fold_path(Expr& expr);
  static bool has_aggregate(const Expr& expr);
  static const std::pair<std::string, int>* find(const Scope& scope, std::string_view name);

  Error fail(const Expr& at, QueryError kind, const std::string& what) const;

  std::string_view text_;
  const json::Value* given_;
  Statement& statement_;
  std::size_t depth_ = 0;
};

}  // namespace avila::sql

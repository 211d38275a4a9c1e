// Text to syntax tree.
#pragma once
#include <avila/error/result.hpp>
#include <avila/sql/ast.hpp>
#include <memory>
#include <string_view>

namespace avila::sql {

/// `[EXPLAIN] SELECT …`. Errors say line, column, what was expected and what was found.
Result<std::unique_ptr<Select>> parse(std::string_view query);

/// An expression alone (filters).
Result<ExprPtr> parse_expression(std::string_view text);

}  // namespace avila::sql

// The recursive-descent parser; statements in parser.cpp, expressions in parse_expression.cpp.
#pragma once
#include <avila/sql/ast.hpp>
#include <avila/sql/token.hpp>
#include <memory>

namespace avila::sql::detail {

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}
  Result<std::unique_ptr<Select>> query();
  Result<ExprPtr> lone_expression();

 private:
  // Statements.
  Result<std::unique_ptr<Select>> select();
  Result<std::unique_ptr<Select>> select_body();
  Result<void> select_list(Select& select);
  Result<void> from(Select& select);
  Result<void> source(Select& select, bool joined);
  Result<void> order_by(Select& select);
  Result<ExprPtr> count();
  Result<std::string> alias();

  // Expressions, weakest binding first.
  Result<ExprPtr> expression();  // ?:
  Result<ExprPtr> expression_body();
  Result<ExprPtr> coalesce();
  Result<ExprPtr> disjunction();
  Result<ExprPtr> conjunction();
  Result<ExprPtr> negation();
  Result<ExprPtr> comparison();
  Result<ExprPtr> predicate(ExprPtr left, bool negated);
  Result<ExprPtr> concatenation();
  Result<ExprPtr> sum();
  Result<ExprPtr> product();
  Result<ExprPtr> unary();
  Result<ExprPtr> postfix();
  Result<ExprPtr> primary();
  Result<ExprPtr> word();
  Result<ExprPtr> call(const Token& name);
  Result<ExprPtr> case_expression();
  Result<ExprPtr> parenthesis();
  Result<ExprPtr> array();
  Result<ExprPtr> object();
  Result<ExprPtr> subquery(ExprKind kind, std::size_t offset);
  Result<ExprPtr> in_list(ExprPtr left, bool negated);

  Result<void> add(ExprPtr& to, ExprPtr child);
  Result<ExprPtr> binary(Op op, std::size_t offset, ExprPtr left, ExprPtr right);

  // Tokens.
  const Token& peek(std::size_t ahead = 0) const {
    const std::size_t i = at_ + ahead;
    return tokens_[i < tokens_.size() ? i : tokens_.size() - 1];
  }
  Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool accept(std::string_view word);
  bool accept_symbol(std::string_view symbol);
  Result<void> need_symbol(std::string_view symbol);
  bool is_symbol(std::size_t ahead, std::string_view symbol) const;
  static bool is_reserved(const Token& token);
  bool starts_operand(const Token& token) const;
  std::string position() const;
  Error fail(std::string_view what) const;
  Error expected(std::string_view what) const;

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t select_depth_ = 0;
};

}  // namespace avila::sql::detail

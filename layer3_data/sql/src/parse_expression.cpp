#include <avila/sql/limits.hpp>

#include <memory>
#include "parser_detail.hpp"

namespace avila::sql::detail {

namespace {
ExprPtr make(ExprKind kind, std::size_t offset) { return std::make_unique<Expr>(kind, offset); }

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}
}  // namespace

Result<void> Parser::add(ExprPtr& to, ExprPtr child) {
  if (child->depth + 1 > to->depth) to->depth = child->depth + 1;
  if (to->depth > kMaxExpressionDepth)
    return Error(Errc::LimitExceeded, position() + ": the expression nests deeper than " +
                                          std::to_string(kMaxExpressionDepth) +
                                          " (limit kMaxExpressionDepth)");
  to->args.push_back(std::move(child));
  return {};
}

Result<ExprPtr> Parser::binary(Op op, std::size_t offset, ExprPtr left, ExprPtr right) {
  auto expr = make(ExprKind::Binary, offset);
  expr->op = op;
  AVILA_TRY_VOID(add(expr, std::move(left)));
  AVILA_TRY_VOID(add(expr, std::move(right)));
  return expr;
}

Result<ExprPtr> Parser::expression() {
  if (depth_ >= kMaxExpressionDepth)
    return Error(Errc::LimitExceeded, position() + ": the expression nests deeper than " +
                                          std::to_string(kMaxExpressionDepth) +
                                          " (limit kMaxExpressionDepth)");
  ++depth_;
  auto result = expression_body();
  --depth_;
  return result;
}

Result<ExprPtr> Parser::expression_body() {
  AVILA_TRY(auto condition, coalesce());
  if (!is_symbol(0, "?")) return condition;
  auto expr = make(ExprKind::Ternary, take().offset);
  AVILA_TRY_VOID(add(expr, std::move(condition)));
  AVILA_TRY(auto then, expression());
  AVILA_TRY_VOID(add(expr, std::move(then)));
  AVILA_TRY_VOID(need_symbol(":"));
  AVILA_TRY(auto other, expression());
  AVILA_TRY_VOID(add(expr, std::move(other)));
  return expr;
}

Result<ExprPtr> Parser::coalesce() {
  AVILA_TRY(auto left, disjunction());
  if (!is_symbol(0, "??")) return left;
  auto expr = make(ExprKind::Coalesce, peek().offset);
  AVILA_TRY_VOID(add(expr, std::move(left)));
  while (accept_symbol("??")) {
    AVILA_TRY(auto right, disjunction());
    AVILA_TRY_VOID(add(expr, std::move(right)));
  }
  return expr;
}

Result<ExprPtr> Parser::disjunction() {
  AVILA_TRY(auto left, conjunction());
  if (!is_word(peek(), "OR")) return left;
  auto expr = make(ExprKind::Or, peek().offset);
  AVILA_TRY_VOID(add(expr, std::move(left)));
  while (accept("OR")) {
    AVILA_TRY(auto right, conjunction());
    AVILA_TRY_VOID(add(expr, std::move(right)));
  }
  return expr;
}

Result<ExprPtr> Parser::conjunction() {
  AVILA_TRY(auto left, negation());
  if (!is_word(peek(), "AND")) return left;
  auto expr = make(ExprKind::And, peek().offset);
  AVILA_TRY_VOID(add(expr, std::move(left)));
  while (accept("AND")) {
    AVILA_TRY(auto right, negation());
    AVILA_TRY_VOID(add(expr, std::move(right)));
  }
  return expr;
}

Result<ExprPtr> Parser::negation() {
  if (!is_word(peek(), "NOT")) return comparison();
  std::vector<std::size_t> nots;
  while (is_word(peek(), "NOT")) nots.push_back(take().offset);
  AVILA_TRY(auto operand, comparison());
  for (; !nots.empty(); nots.pop_back()) {
    auto expr = make(ExprKind::Unary, nots.back());
    expr->op = Op::Not;
    AVILA_TRY_VOID(add(expr, std::move(operand)));
    operand = std::move(expr);
  }
  return operand;
}

Result<ExprPtr> Parser::comparison() {
  AVILA_TRY(auto left, concatenation());
  for (;;) {
    const Token& token = peek();
    if (token.kind == TokenKind::Word) {
      bool negated = false;
      if (is_word(token, "NOT") &&
          (is_word(peek(1), "IN") || is_word(peek(1), "LIKE") || is_word(peek(1), "BETWEEN"))) {
        negated = true;
        ++at_;
      }
      if (!is_word(peek(), "IN") && !is_word(peek(), "LIKE") && !is_word(peek(), "BETWEEN") &&
          !is_word(peek(), "IS"))
        return left;
      AVILA_TRY(left, predicate(std::move(left), negated));
      continue;
    }
    if (token.kind != TokenKind::Symbol) return left;
    Op op = Op::None;
    if (token.text == "=" || token.text == "==")
      op = Op::Equal;
    else if (token.text == "!=" || token.text == "<>")
      op = Op::NotEqual;
    else if (token.text == "<")
      op = Op::Less;
    else if (token.text == "<=")
      op = Op::LessEqual;
    else if (token.text == ">")
      op = Op::Greater;
    else if (token.text == ">=")
      op = Op::GreaterEqual;
    else
      return left;
    const std::size_t offset = take().offset;
    AVILA_TRY(auto right, concatenation());
    AVILA_TRY(left, binary(op, offset, std::move(left), std::move(right)));
  }
}

Result<ExprPtr> Parser::predicate(ExprPtr left, bool negated) {
  const std::size_t offset = peek().offset;
  if (accept("IN")) return in_list(std::move(left), negated);
  if (accept("LIKE")) {
    auto expr = make(ExprKind::Like, offset);
    expr->negated = negated;
    AVILA_TRY_VOID(add(expr, std::move(left)));
    AVILA_TRY(auto pattern, concatenation());
    AVILA_TRY_VOID(add(expr, std::move(pattern)));
    if (accept("ESCAPE")) {
      AVILA_TRY(auto escape, concatenation());
      AVILA_TRY_VOID(add(expr, std::move(escape)));
    }
    return expr;
  }
  if (accept("BETWEEN")) {
    auto expr = make(ExprKind::Between, offset);
    expr->negated = negated;
    AVILA_TRY_VOID(add(expr, std::move(left)));
    AVILA_TRY(auto low, concatenation());
    AVILA_TRY_VOID(add(expr, std::move(low)));
    if (!accept("AND")) return expected("AND (of BETWEEN)");
    AVILA_TRY(auto high, concatenation());
    AVILA_TRY_VOID(add(expr, std::move(high)));
    return expr;
  }
  ++at_;  // IS
  const bool is_not = accept("NOT");
  ExprKind kind = ExprKind::IsNull;
  if (accept("DEFINED"))
    kind = ExprKind::IsDefined;
  else if (!accept("NULL"))
    return expected(is_not ? "NULL or DEFINED" : "NULL, DEFINED or NOT");
  auto expr = make(kind, offset);
  expr->negated = is_not;
  AVILA_TRY_VOID(add(expr, std::move(left)));
  return expr;
}

Result<ExprPtr> Parser::in_list(ExprPtr left, bool negated) {
  auto expr = make(ExprKind::In, peek().offset);
  expr->negated = negated;
  AVILA_TRY_VOID(add(expr, std::move(left)));
  if (!is_symbol(0, "(")) {  // IN @list, IN c.tags, IN ['a', 'b']
    expr->in_array = true;
    AVILA_TRY(auto list, concatenation());
    AVILA_TRY_VOID(add(expr, std::move(list)));
    return expr;
  }
  if (is_word(peek(1), "SELECT")) {
    expr->in_array = true;
    ++at_;
    AVILA_TRY(auto list, subquery(ExprKind::ArraySubquery, expr->offset));
    AVILA_TRY_VOID(add(expr, std::move(list)));
    return expr;
  }
  ++at_;
  do {
    AVILA_TRY(auto item, expression());
    AVILA_TRY_VOID(add(expr, std::move(item)));
  } while (accept_symbol(","));
  AVILA_TRY_VOID(need_symbol(")"));
  return expr;
}

Result<ExprPtr> Parser::concatenation() {
  AVILA_TRY(auto left, sum());
  while (is_symbol(0, "||")) {
    const std::size_t offset = take().offset;
    AVILA_TRY(auto right, sum());
    AVILA_TRY(left, binary(Op::Concat, offset, std::move(left), std::move(right)));
  }
  return left;
}

Result<ExprPtr> Parser::sum() {
  AVILA_TRY(auto left, product());
  while (is_symbol(0, "+") || is_symbol(0, "-")) {
    const Token& token = take();
    const Op op = token.text == "+" ? Op::Add : Op::Subtract;
    AVILA_TRY(auto right, product());
    AVILA_TRY(left, binary(op, token.offset, std::move(left), std::move(right)));
  }
  return left;
}

Result<ExprPtr> Parser::product() {
  AVILA_TRY(auto left, unary());
  while (is_symbol(0, "*") || is_symbol(0, "/") || is_symbol(0, "%")) {
    const Token& token = take();
    const Op op = token.text == "*" ? Op::Multiply : token.text == "/" ? Op::Divide : Op::Modulo;
    AVILA_TRY(auto right, unary());
    AVILA_TRY(left, binary(op, token.offset, std::move(left), std::move(right)));
  }
  return left;
}

Result<ExprPtr> Parser::unary() {
  std::vector<std::pair<Op, std::size_t>> signs;
  while (is_symbol(0, "-") || is_symbol(0, "+")) {
    const Token& token = take();
    signs.emplace_back(token.text == "-" ? Op::Negate : Op::Plus, token.offset);
  }
  AVILA_TRY(auto operand, postfix());
  for (; !signs.empty(); signs.pop_back()) {
    const auto [op, offset] = signs.back();
    if (op == Op::Negate && operand->kind == ExprKind::Integer && operand->integer != INT64_MIN) {
      operand->integer = -operand->integer;
      continue;
    }
    if (op == Op::Negate && operand->kind == ExprKind::Number) {
      // 9223372036854775808 is a double by itself, and with its sign the least int64.
      if (operand->number == 9223372036854775808.0 && operand->text == "9223372036854775808") {
        operand->kind = ExprKind::Integer;
        operand->integer = INT64_MIN;
      } else {
        operand->number = -operand->number;
      }
      continue;
    }
    auto expr = make(ExprKind::Unary, offset);
    expr->op = op;
    AVILA_TRY_VOID(add(expr, std::move(operand)));
    operand = std::move(expr);
  }
  return operand;
}

Result<ExprPtr> Parser::postfix() {
  AVILA_TRY(auto expr, primary());
  for (;;) {
    const std::size_t offset = peek().offset;
    if (accept_symbol(".")) {
      const Token& name = peek();
      if (name.kind != TokenKind::Word && name.kind != TokenKind::Quoted)
        return expected("a member name after the dot");
      auto member = make(ExprKind::Member, offset);
      member->text = take().text;
      AVILA_TRY_VOID(add(member, std::move(expr)));
      expr = std::move(member);
    } else if (accept_symbol("[")) {
      auto subscript = make(ExprKind::Subscript, offset);
      AVILA_TRY(auto index, expression());
      AVILA_TRY_VOID(add(subscript, std::move(expr)));
      AVILA_TRY_VOID(add(subscript, std::move(index)));
      AVILA_TRY_VOID(need_symbol("]"));
      expr = std::move(subscript);
    } else {
      return expr;
    }
  }
}

Result<ExprPtr> Parser::primary() {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::String: {
      auto expr = make(ExprKind::String, token.offset);
      expr->text = take().text;
      return expr;
    }
    case TokenKind::Integer: {
      auto expr = make(ExprKind::Integer, token.offset);
      expr->integer = take().integer;
      return expr;
    }
    case TokenKind::Number: {
      auto expr = make(ExprKind::Number, token.offset);
      expr->number = token.number;
      expr->text = take().text;
      return expr;
    }
    case TokenKind::Parameter: {
      auto expr = make(ExprKind::Parameter, token.offset);
      expr->text = take().text;
      return expr;
    }
    case TokenKind::Quoted: {
      auto expr = make(ExprKind::Name, token.offset);
      expr->text = take().text;
      return expr;
    }
    case TokenKind::Symbol:
      if (token.text == "(") return parenthesis();
      if (token.text == "[") return array();
      if (token.text == "{") return object();
      break;
    case TokenKind::Word: return word();
    case TokenKind::End: break;
  }
  return expected("a value, a name or an expression");
}

Result<ExprPtr> Parser::parenthesis() {
  const std::size_t offset = take().offset;
  if (is_word(peek(), "SELECT")) return subquery(ExprKind::ScalarSubquery, offset);
  AVILA_TRY(auto expr, expression());
  AVILA_TRY_VOID(need_symbol(")"));
  return expr;
}

/// Behind "(", at SELECT; takes the ")".
Result<ExprPtr> Parser::subquery(ExprKind kind, std::size_t offset) {
  auto expr = make(kind, offset);
  AVILA_TRY(expr->subquery, select());
  AVILA_TRY_VOID(need_symbol(")"));
  return expr;
}

Result<ExprPtr> Parser::word() {
  const Token& token = peek();
  if (is_word(token, "TRUE") || is_word(token, "FALSE")) {
    auto expr = make(ExprKind::Boolean, token.offset);
    expr->boolean = is_word(token, "TRUE");
    ++at_;
    return expr;
  }
  if (accept("NULL")) return make(ExprKind::Null, token.offset);
  if (accept("UNDEFINED")) return make(ExprKind::Undefined, token.offset);
  if (is_word(token, "CASE")) return case_expression();
  if (is_symbol(1, "(")) {
    if (is_word(token, "EXISTS") || is_word(token, "ARRAY")) {
      if (is_word(peek(2), "SELECT")) {
        at_ += 2;
        return subquery(is_word(token, "EXISTS") ? ExprKind::Exists : ExprKind::ArraySubquery,
                        token.offset);
      }
      at_ += 2;
      return expected("SELECT");
    }
    if (!is_reserved(token)) return call(token);
  }
  if (is_reserved(token)) return expected("a value, a name or an expression");
  auto expr = make(ExprKind::Name, token.offset);
  expr->text = take().text;
  return expr;
}

Result<ExprPtr> Parser::call(const Token& name) {
  auto expr = make(ExprKind::Call, name.offset);
  expr->text = upper(name.text);
  at_ += 2;
  for (const char* aggregate : {"COUNT", "SUM", "AVG", "MIN", "MAX", "ARRAY_AGG"})
    if (expr->text == aggregate) expr->kind = ExprKind::Aggregate;
  if (expr->kind == ExprKind::Aggregate) {
    if (accept("DISTINCT"))
      expr->distinct = true;
    else if (expr->text == "COUNT" && accept_symbol("*")) {
      AVILA_TRY_VOID(need_symbol(")"));
      return expr;
    }
  }
  if (accept_symbol(")")) return expr;
  do {
    AVILA_TRY(auto arg, expression());
    AVILA_TRY_VOID(add(expr, std::move(arg)));
  } while (accept_symbol(","));
  AVILA_TRY_VOID(need_symbol(")"));
  return expr;
}

Result<ExprPtr> Parser::case_expression() {
  auto expr = make(ExprKind::Case, take().offset);
  if (!is_word(peek(), "WHEN")) {
    expr->has_operand = true;
    AVILA_TRY(auto operand, expression());
    AVILA_TRY_VOID(add(expr, std::move(operand)));
  }
  if (!is_word(peek(), "WHEN")) return expected("WHEN");
  while (accept("WHEN")) {
    AVILA_TRY(auto when, expression());
    AVILA_TRY_VOID(add(expr, std::move(when)));
    if (!accept("THEN")) return expected("THEN");
    AVILA_TRY(auto then, expression());
    AVILA_TRY_VOID(add(expr, std::move(then)));
  }
  if (accept("ELSE")) {
    expr->has_else = true;
    AVILA_TRY(auto other, expression());
    AVILA_TRY_VOID(add(expr, std::move(other)));
  }
  if (!accept("END")) return expected("WHEN, ELSE or END");
  return expr;
}

Result<ExprPtr> Parser::array() {
  auto expr = make(ExprKind::Array, take().offset);
  if (accept_symbol("]")) return expr;
  do {
    AVILA_TRY(auto item, expression());
    AVILA_TRY_VOID(add(expr, std::move(item)));
  } while (accept_symbol(","));
  AVILA_TRY_VOID(need_symbol("]"));
  return expr;
}

Result<ExprPtr> Parser::object() {
  auto expr = make(ExprKind::Object, take().offset);
  if (accept_symbol("}")) return expr;
  do {
    const Token& key = peek();
    if (key.kind != TokenKind::String && key.kind != TokenKind::Word &&
        key.kind != TokenKind::Quoted)
      return expected("a member name");
    expr->keys.push_back(take().text);
    AVILA_TRY_VOID(need_symbol(":"));
    AVILA_TRY(auto value, expression());
    AVILA_TRY_VOID(add(expr, std::move(value)));
  } while (accept_symbol(","));
  AVILA_TRY_VOID(need_symbol("}"));
  return expr;
}

}  // namespace avila::sql::detail

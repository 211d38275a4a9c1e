#include <avila/sql/limits.hpp>
#include <avila/sql/parser.hpp>
#include <avila/sql/token.hpp>

#include <memory>
#include "parser_detail.hpp"

namespace avila::sql {

Expr::~Expr() = default;

namespace detail {

Result<std::unique_ptr<Select>> Parser::query() {
  const bool explain = accept("EXPLAIN");
  AVILA_TRY(auto select, this->select());
  select->explain = explain;
  (void)accept_symbol(";");
  if (peek().kind != TokenKind::End) return expected("the end of the query");
  return select;
}

Result<ExprPtr> Parser::lone_expression() {
  AVILA_TRY(auto expr, expression());
  if (peek().kind != TokenKind::End) return expected("the end of the expression");
  return expr;
}

Result<std::unique_ptr<Select>> Parser::select() {
  if (select_depth_ >= kMaxSubqueryDepth)
    return Error(Errc::LimitExceeded, position() + ": subqueries nest deeper than " +
                                          std::to_string(kMaxSubqueryDepth) +
                                          " (limit kMaxSubqueryDepth)");
  ++select_depth_;
  auto result = select_body();
  --select_depth_;
  return result;
}

Result<std::unique_ptr<Select>> Parser::select_body() {
  if (!accept("SELECT")) return expected("SELECT");
  auto select = std::make_unique<Select>();
  if (accept("DISTINCT"))
    select->distinct = true;
  else
    (void)accept("ALL");
  if (is_word(peek(), "TOP") &&
      (peek(1).kind == TokenKind::Integer || peek(1).kind == TokenKind::Parameter)) {
    ++at_;
    AVILA_TRY(select->top, count());
  }
  if (!select->distinct && accept("DISTINCT")) select->distinct = true;
  AVILA_TRY_VOID(select_list(*select));
  if (accept("FROM")) AVILA_TRY_VOID(from(*select));
  if (accept("WHERE")) {
    AVILA_TRY(select->where, expression());
  }
  if (accept("GROUP")) {
    if (!accept("BY")) return expected("BY");
    do {
      AVILA_TRY(auto key, expression());
      select->group_by.push_back(std::move(key));
    } while (accept_symbol(","));
  }
  if (accept("HAVING")) {
    AVILA_TRY(select->having, expression());
  }
  if (accept("ORDER")) AVILA_TRY_VOID(order_by(*select));
  for (;;) {
    if (!select->limit && accept("LIMIT")) {
      AVILA_TRY(select->limit, count());
    } else if (!select->offset && accept("OFFSET")) {
      AVILA_TRY(select->offset, count());
    } else {
      break;
    }
  }
  if (select->top && select->limit) return fail("TOP and LIMIT say the same; keep one of them");
  return select;
}

Result<ExprPtr> Parser::count() {
  const Token& token = peek();
  if (token.kind != TokenKind::Integer && token.kind != TokenKind::Parameter)
    return expected("a whole number or a parameter");
  return primary();
}

bool Parser::starts_operand(const Token& token) const {
  switch (token.kind) {
    case TokenKind::End: return false;
    case TokenKind::Symbol:
      return token.text == "(" || token.text == "[" || token.text == "{" || token.text == "-" ||
             token.text == "+";
    case TokenKind::Word:
      for (const char* word : {"FROM", "AS", "WHERE", "GROUP", "ORDER", "LIMIT", "OFFSET", "HAVING",
                               "IS", "IN", "LIKE", "BETWEEN", "AND", "OR"})
        if (is_word(token, word)) return false;
      return true;
    default: return true;
  }
}

Result<void> Parser::select_list(Select& select) {
  if (is_word(peek(), "VALUE") && starts_operand(peek(1))) {
    // VALUE as a field of its own, `SELECT value[0]` or `SELECT value - 1`, is written c.value.
    ++at_;
    select.value = true;
    SelectItem item;
    AVILA_TRY(item.expr, expression());
    select.items.push_back(std::move(item));
    return {};
  }
  std::size_t unnamed = 0;
  do {
    if (select.items.size() >= kMaxSelectItems)
      return Error(Errc::LimitExceeded, position() + ": more than " +
                                            std::to_string(kMaxSelectItems) +
                                            " SELECT items (limit kMaxSelectItems)");
    SelectItem item;
    if (accept_symbol("*")) {
      item.star = true;
      select.items.push_back(std::move(item));
      continue;
    }
    const Token& first = peek();
    if ((first.kind == TokenKind::Quoted || first.kind == TokenKind::Word) && is_symbol(1, ".") &&
        is_symbol(2, "*")) {
      item.star = true;
      item.expr = std::make_unique<Expr>(ExprKind::Name, first.offset);
      item.expr->text = first.text;
      at_ += 3;
      select.items.push_back(std::move(item));
      continue;
    }
    AVILA_TRY(item.expr, expression());
    if (accept("AS")) {
      AVILA_TRY(item.name, alias());
      item.has_alias = true;
    } else if (peek().kind == TokenKind::Quoted ||
               (peek().kind == TokenKind::Word && !is_reserved(peek()))) {
      item.name = take().text;
      item.has_alias = true;
    } else {
      const Expr& e = *item.expr;
      if (e.kind == ExprKind::Name || e.kind == ExprKind::Member)
        item.name = e.text;
      else if (e.kind == ExprKind::Subscript && e.args[1]->kind == ExprKind::String)
        item.name = e.args[1]->text;
      else
        item.name = "$" + std::to_string(++unnamed);
    }
    select.items.push_back(std::move(item));
  } while (accept_symbol(","));
  return {};
}

Result<std::string> Parser::alias() {
  const Token& token = peek();
  if (token.kind == TokenKind::Word || token.kind == TokenKind::Quoted ||
      token.kind == TokenKind::String)
    return take().text;
  return expected("a name");
}

Result<void> Parser::from(Select& select) {
  AVILA_TRY_VOID(source(select, false));
  for (;;) {
    if (accept("INNER") || accept("CROSS")) {
      if (!accept("JOIN")) return expected("JOIN");
    } else if (!accept("JOIN") && !accept_symbol(",")) {
      return {};
    }
    AVILA_TRY_VOID(source(select, true));
    if (select.from.size() > kMaxJoins)
      return Error(Errc::LimitExceeded, position() + ": more than " + std::to_string(kMaxJoins) +
                                            " sources in FROM (limit kMaxJoins)");
  }
}

Result<void> Parser::source(Select& select, bool joined) {
  Source source;
  source.offset = static_cast<std::uint32_t>(peek().offset);
  const Token& first = peek();
  if (first.kind != TokenKind::Quoted && (first.kind != TokenKind::Word || is_reserved(first)))
    return expected(joined ? "a name, as in JOIN t IN c.tags" : "a collection name");
  if (is_word(peek(1), "IN")) {
    source.alias = take().text;
    source.has_alias = true;
    ++at_;
    if (is_symbol(0, "(") && is_word(peek(1), "SELECT")) {
      AVILA_TRY(source.array, primary());
      if (source.array->kind == ExprKind::ScalarSubquery)
        source.array->kind = ExprKind::ArraySubquery;
    } else {
      AVILA_TRY(source.array, postfix());
    }
  } else if (joined) {
    ++at_;
    return expected("IN and an array, as in JOIN t IN c.tags");
  } else {
    source.collection = take().text;
    // A dotted name is a path below the first: FROM f IN families.children says it better.
    if (is_symbol(0, "."))
      return fail("a path is iterated as FROM x IN " + source.collection + ".…");
    source.alias = source.collection;
    const bool as = accept("AS");
    if (as || peek().kind == TokenKind::Quoted ||
        (peek().kind == TokenKind::Word && !is_reserved(peek()))) {
      AVILA_TRY(source.alias, alias());
      source.has_alias = true;
    }
  }
  select.from.push_back(std::move(source));
  return {};
}

Result<void> Parser::order_by(Select& select) {
  if (!accept("BY")) return expected("BY");
  do {
    OrderItem item;
    AVILA_TRY(item.expr, expression());
    if (accept("DESC"))
      item.descending = true;
    else
      (void)accept("ASC");
    select.order_by.push_back(std::move(item));
  } while (accept_symbol(","));
  return {};
}

bool Parser::accept(std::string_view word) {
  if (!is_word(peek(), word)) return false;
  ++at_;
  return true;
}

bool Parser::accept_symbol(std::string_view symbol) {
  if (!is_symbol(0, symbol)) return false;
  ++at_;
  return true;
}

Result<void> Parser::need_symbol(std::string_view symbol) {
  if (accept_symbol(symbol)) return {};
  return expected(symbol);
}

bool Parser::is_symbol(std::size_t ahead, std::string_view symbol) const {
  return peek(ahead).kind == TokenKind::Symbol && peek(ahead).text == symbol;
}

bool Parser::is_reserved(const Token& token) {
  for (const char* word :
       {"SELECT", "FROM",  "WHERE", "GROUP",     "BY",   "HAVING", "ORDER",  "LIMIT",   "OFFSET",
        "JOIN",   "INNER", "CROSS", "AS",        "IN",   "IS",     "LIKE",   "BETWEEN", "AND",
        "OR",     "NOT",   "CASE",  "WHEN",      "THEN", "ELSE",   "END",    "EXISTS",  "DISTINCT",
        "TRUE",   "FALSE", "NULL",  "UNDEFINED", "ASC",  "DESC",   "ESCAPE", "UNION"})
    if (is_word(token, word)) return true;
  return false;
}

std::string Parser::position() const { return describe_position(text_, peek().offset); }

Error Parser::fail(std::string_view what) const {
  return Error(QueryError::Syntax, position() + ": " + std::string(what),
               {.offset = peek().offset});
}

Error Parser::expected(std::string_view what) const {
  const Token& token = peek();
  std::string found;
  switch (token.kind) {
    case TokenKind::End: found = "the end"; break;
    case TokenKind::String: found = "a string"; break;
    case TokenKind::Parameter: found = "@" + token.text; break;
    default: found = "\"" + token.text.substr(0, 40) + "\""; break;
  }
  return fail("expected " + std::string(what) + ", found " + found);
}

}  // namespace detail

Result<std::unique_ptr<Select>> parse(std::string_view query) {
  AVILA_TRY(auto tokens, tokenize(query));
  return detail::Parser(query, std::move(tokens)).query();
}

Result<ExprPtr> parse_expression(std::string_view text) {
  AVILA_TRY(auto tokens, tokenize(text));
  return detail::Parser(text, std::move(tokens)).lone_expression();
}

}  // namespace avila::sql

#include <avila/text/number.hpp>
#include <avila/text/utf8.hpp>

#include <memory>

#include "i_regexp.hpp"
#include "path_query.hpp"
#include "string_scan.hpp"

namespace avila::json {
namespace {

using detail::Expression;
using detail::Operand;
using detail::Segment;
using detail::Selector;

class QueryParser {
 public:
  explicit QueryParser(std::string_view text) : text_(text) {}

  Result<Path::Query> whole() {
    if (peek() != '$') return expected("'$'");
    AVILA_TRY(Path::Query query, parse_query());
    if (at_ != text_.size()) return expected("'.', '[' or the end of the query");
    return query;
  }

 private:
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(std::string_view token) noexcept {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void skip_space() noexcept {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }
  Error expected(std::string_view what) const {
    return Error(Errc::Malformed, "JSONPath: expected " + std::string(what), {.offset = at_});
  }

  // '$' or '@', then segments (RFC 9535 §2.1).
  Result<Path::Query> parse_query() {
    Path::Query query;
    query.relative = peek() == '@';
    ++at_;
    for (;;) {
      const std::size_t before = at_;
      skip_space();
      if (peek() != '.' && peek() != '[') {
        at_ = before;
        return query;
      }
      AVILA_TRY(Segment segment, parse_segment());
      query.segments.push_back(std::move(segment));
    }
  }

  // §2.5: [selectors], .name, .*, and the same after "..".
  Result<Segment> parse_segment() {
    Segment segment;
    if (take("..")) {
      segment.descendant = true;
      if (peek() != '[') return parse_shorthand(std::move(segment));
    } else if (take(".")) {
      return parse_shorthand(std::move(segment));
    }
    ++at_;  // '['
    for (;;) {
      skip_space();
      AVILA_TRY(Selector selector, parse_selector());
      segment.selectors.push_back(std::move(selector));
      skip_space();
      if (take("]")) return segment;
      if (!take(",")) return expected("',' or ']'");
    }
  }

  Result<Segment> parse_shorthand(Segment segment) {
    Selector selector;
    if (!take("*")) {
      selector.kind = Selector::Kind::Name;
      const std::size_t from = at_;
      while (at_ < text_.size() && is_name_char(text_[at_], at_ == from)) ++at_;
      if (at_ == from) return expected("a name, '*' or '['");
      selector.name = text_.substr(from, at_ - from);
    }
    segment.selectors.push_back(std::move(selector));
    return segment;
  }
  static bool is_name_char(char c, bool first) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80 || (!first && c >= '0' && c <= '9');
  }

  // §2.3
  Result<Selector> parse_selector() {
    Selector selector;
    if (take("*")) return selector;
    if (peek() == '"' || peek() == '\'') {
      selector.kind = Selector::Kind::Name;
      AVILA_TRY(selector.name, parse_string());
      return selector;
    }
    if (take("?")) {
      selector.kind = Selector::Kind::Filter;
      skip_space();
      AVILA_TRY(Expression expression, parse_or());
      selector.filter = std::make_shared<const Expression>(std::move(expression));
      return selector;
    }
    std::optional<std::int64_t> first;
    if (peek() != ':') {
      AVILA_TRY(first, parse_integer());
      const std::size_t before = at_;
      skip_space();
      if (peek() != ':') {
        at_ = before;
        selector.kind = Selector::Kind::Index;
        selector.index = *first;
        return selector;
      }
    }
    ++at_;  // ':'
    selector.kind = Selector::Kind::Slice;
    selector.from = first;
    selector.index = 1;
    skip_space();
    if (starts_integer()) {
      AVILA_TRY(selector.to, parse_integer());
      skip_space();
    }
    if (take(":")) {
      skip_space();
      if (starts_integer()) {
        AVILA_TRY(selector.index, parse_integer());
      }
    }
    return selector;
  }

  bool starts_integer() const noexcept { return peek() == '-' || (peek() >= '0' && peek() <= '9'); }

  // §2.1: within ±(2^53 - 1), no leading zeros, no -0.
  Result<std::int64_t> parse_integer() {
    const std::size_t from = at_;
    if (peek() == '-') ++at_;
    const std::size_t digits = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    const std::string_view number = text_.substr(from, at_ - from);
    if (at_ == digits || (text_[digits] == '0' && number.size() > 1)) {
      at_ = from;
      return expected("a selector (a string, '*', '?', an integer or a slice)");
    }
    constexpr std::int64_t kLimit = (std::int64_t{1} << 53) - 1;
    auto value = text::parse_int(number);
    if (!value.has_value() || *value > kLimit || *value < -kLimit) {
      at_ = from;
      return expected("an integer within 2^53 - 1");
    }
    return *value;
  }

  // A string in either quotes. Rewritten with double quotes, it is JSON's to unescape.
  Result<std::string> parse_string() {
    const std::size_t from = at_;
    const char quote = text_[at_++];
    std::string inner;
    for (; peek() != quote; ++at_) {
      if (at_ >= text_.size()) {
        at_ = from;
        return expected("a string that is closed");
      }
      if (static_cast<unsigned char>(text_[at_]) < 0x20)
        return expected("an escape instead of a control character");
      if (text_[at_] != '\\') {
        inner += text_[at_];
        continue;
      }
      ++at_;
      const bool own = peek() == quote;
      if (!own && (peek() == '\'' || peek() == '"')) return expected("another escape");
      if (peek() == '\'') {
        inner += '\'';
      } else {
        inner += '\\';
        inner += peek();
        if (at_ >= text_.size()) return expected("a string that is closed");
      }
    }
    ++at_;
    const detail::Unescaped result = detail::unescape(inner, inner.data());
    if (result.problem != nullptr) {
      at_ = from;
      return expected(std::string("a string; ") + result.problem);
    }
    inner.resize(result.size);
    return inner;
  }

  // §2.3.5: || binds less than &&, ! most.
  Result<Expression> parse_or() { return parse_chain("||", Expression::Kind::Or); }
  Result<Expression> parse_chain(std::string_view token, Expression::Kind kind) {
    Expression chain;
    chain.kind = kind;
    for (;;) {
      AVILA_TRY(Expression part, kind == Expression::Kind::Or
                                     ? parse_chain("&&", Expression::Kind::And)
                                     : parse_basic());
      chain.parts.push_back(std::move(part));
      const std::size_t before = at_;
      skip_space();
      if (take(token)) {
        skip_space();
        continue;
      }
      at_ = before;
      if (chain.parts.size() == 1) return std::move(chain.parts[0]);
      return chain;
    }
  }

  Result<Expression> parse_basic() {
    if (take("!")) {
      skip_space();
      AVILA_TRY(Expression inner, peek() == '(' ? parse_parenthesis() : parse_test());
      return negated(std::move(inner));
    }
    if (peek() == '(') return parse_parenthesis();
    return parse_test();
  }

  static Expression negated(Expression inner) {
    Expression expression;
    expression.kind = Expression::Kind::Not;
    expression.parts.push_back(std::move(inner));
    return expression;
  }

  Result<Expression> parse_parenthesis() {
    if (++nesting_ > Path::kMaxNesting)
      return Error(Errc::LimitExceeded, "JSONPath: nested deeper than Path::kMaxNesting",
                   {.offset = at_});
    ++at_;  // '('
    skip_space();
    AVILA_TRY(Expression inner, parse_or());
    skip_space();
    if (!take(")")) return expected("')'");
    --nesting_;
    return inner;
  }

  // §2.4.6, §2.4.7: match(text, pattern) and search(text, pattern), each argument one value.
  Result<Expression> parse_pattern_test(Expression::Kind kind) {
    Expression test;
    test.kind = kind;
    for (Operand* argument : {&test.left, &test.right}) {
      skip_space();
      const std::size_t from = at_;
      AVILA_TRY(*argument, parse_operand());
      if (argument->kind == Operand::Kind::Query && !argument->query.singular()) {
        at_ = from;
        return expected("a query of at most one value");
      }
      skip_space();
      if (!take(argument == &test.left ? "," : ")"))
        return expected(argument == &test.left ? "','" : "')'");
    }
    if (test.right.kind == Operand::Kind::Literal)
      if (const auto pattern = test.right.literal.get_string())
        test.compiled = detail::compile_i_regexp(*pattern, kind == Expression::Kind::Match);
    return test;
  }

  // A comparison, a match or search, or a query on its own: does it select anything?
  Result<Expression> parse_test() {
    if (take("match(")) return parse_pattern_test(Expression::Kind::Match);
    if (take("search(")) return parse_pattern_test(Expression::Kind::Search);
    const std::size_t from = at_;
    AVILA_TRY(Operand left, parse_operand());
    const std::size_t before = at_;
    skip_space();
    struct Operator {
      std::string_view token;
      Expression::Kind kind;
      bool swap, negate;
    };
    static constexpr Operator kOperators[] = {
        {"==", Expression::Kind::Equal, false, false},
        {"!=", Expression::Kind::Equal, false, true},
        {"<=", Expression::Kind::LessEqual, false, false},
        {">=", Expression::Kind::LessEqual, true, false},
        {"<", Expression::Kind::Less, false, false},
        {">", Expression::Kind::Less, true, false},
    };
    for (const Operator& op : kOperators) {
      if (!take(op.token)) continue;
      skip_space();
      AVILA_TRY(Operand right, parse_operand());
      Expression compare;
      compare.kind = op.kind;
      for (const Operand* side : {&left, &right})
        if (side->kind == Operand::Kind::Query && !side->query.singular()) {
          at_ = from;
          return expected("queries of at most one value on both sides of a comparison");
        }
      compare.left = op.swap ? std::move(right) : std::move(left);
      compare.right = op.swap ? std::move(left) : std::move(right);
      if (op.negate) return negated(std::move(compare));
      return compare;
    }
    if (left.kind != Operand::Kind::Query) return expected("a comparison");
    at_ = before;
    Expression exists;
    exists.query = std::move(left.query);
    return exists;
  }

  Result<Operand> parse_operand() {
    Operand operand;
    const char c = peek();
    if (c == '@' || c == '$') {
      if (++nesting_ > Path::kMaxNesting)
        return Error(Errc::LimitExceeded, "JSONPath: nested deeper than Path::kMaxNesting",
                     {.offset = at_});
      operand.kind = Operand::Kind::Query;
      AVILA_TRY(operand.query, parse_query());
      --nesting_;
      return operand;
    }
    if (c == '"' || c == '\'') {
      AVILA_TRY(const std::string text, parse_string());
      operand.literal = text;
      return operand;
    }
    if (starts_integer()) {
      const std::size_t from = at_;
      while (detail_is_number(peek())) ++at_;
      auto number = parse(text_.substr(from, at_ - from));
      if (!number.has_value()) {
        at_ = from;
        return expected("a number");
      }
      operand.literal = std::move(*number);
      return operand;
    }
    std::size_t end = at_;
    while (end < text_.size() && is_function_char(text_[end])) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (end < text_.size() && text_[end] == '(') return parse_function(word);
    if (word == "true" || word == "false" || word == "null") {
      at_ = end;
      operand.literal = word == "null" ? Value() : Value(word == "true");
      return operand;
    }
    return expected("a query, a literal or a function");
  }
  static bool detail_is_number(char c) noexcept {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
  }
  static bool is_function_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9');
  }

  // §2.4
  Result<Operand> parse_function(std::string_view name) {
    if (name == "match" || name == "search") return expected("a value: match and search are tests");
    if (name != "length" && name != "count" && name != "value")
      return expected("one of the functions length, count, value");
    if (++nesting_ > Path::kMaxNesting)
      return Error(Errc::LimitExceeded, "JSONPath: nested deeper than Path::kMaxNesting",
                   {.offset = at_});
    at_ += name.size() + 1;
    skip_space();
    const std::size_t from = at_;
    AVILA_TRY(Operand argument, parse_operand());
    Operand function;
    if (name == "length") {
      function.kind = Operand::Kind::Length;
      if (argument.kind == Operand::Kind::Query && !argument.query.singular()) {
        at_ = from;
        return expected("a query of at most one value");
      }
      function.argument = std::make_shared<Operand>(std::move(argument));
    } else {
      function.kind = name == "count" ? Operand::Kind::Count : Operand::Kind::Value;
      if (argument.kind != Operand::Kind::Query) {
        at_ = from;
        return expected("a query");
      }
      function.query = std::move(argument.query);
    }
    skip_space();
    if (!take(")")) return expected("')'");
    --nesting_;
    return function;
  }

  std::string_view text_;
  std::size_t at_ = 0, nesting_ = 0;
};

}  // namespace

Result<Path> Path::parse(std::string_view text) {
  if (text.size() > kMaxQuerySize)
    return Error(Errc::LimitExceeded, "JSONPath: the query is longer than Path::kMaxQuerySize");
  if (const std::size_t good = text::valid_utf8_prefix(text); good != text.size())
    return Error(Errc::Malformed, "JSONPath: not UTF-8", {.offset = good});
  AVILA_TRY(Query query, QueryParser(text).whole());
  return Path(std::make_shared<const Query>(std::move(query)));
}

}  // namespace avila::json

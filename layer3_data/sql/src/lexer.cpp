#include <avila/sql/limits.hpp>
#include <avila/sql/token.hpp>
#include <charconv>

namespace avila::sql {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_word_part(char c) { return is_word_start(c) || is_digit(c); }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    for (;;) {
      AVILA_TRY_VOID(skip_blank());
      if (tokens_.size() >= kMaxTokens)
        return Error(Errc::LimitExceeded, "the query has more than " + std::to_string(kMaxTokens) +
                                              " tokens (limit kMaxTokens)");
      Token token;
      token.offset = at_;
      if (at_ >= text_.size()) {
        tokens_.push_back(std::move(token));
        return std::move(tokens_);
      }
      AVILA_TRY_VOID(next(token));
      tokens_.push_back(std::move(token));
    }
  }

 private:
  Error fail(std::size_t offset, const std::string& what) const {
    return Error(QueryError::Syntax, describe_position(text_, offset) + ": " + what,
                 {.offset = offset});
  }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  Result<void> skip_blank() {
    for (;;) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      if (peek() == '-' && peek(1) == '-') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (peek() == '/' && peek(1) == '*') {
        const std::size_t start = at_;
        const auto end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos)
          return fail(start, "this comment has no end; expected */");
        at_ = end + 2;
      } else {
        return {};
      }
    }
  }

  Result<void> next(Token& token) {
    const char c = peek();
    if (is_word_start(c)) {
      const std::size_t start = at_;
      while (at_ < text_.size() && is_word_part(text_[at_])) ++at_;
      token.kind = TokenKind::Word;
      token.text = text_.substr(start, at_ - start);
      return {};
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number(token);
    if (c == '\'' || c == '"') return string(token, c);
    if (c == '`') return quoted(token);
    if (c == '@') {
      const std::size_t start = ++at_;
      while (at_ < text_.size() && is_word_part(text_[at_])) ++at_;
      if (at_ == start) return fail(token.offset, "expected a parameter name after @");
      token.kind = TokenKind::Parameter;
      token.text = text_.substr(start, at_ - start);
      return {};
    }
    token.kind = TokenKind::Symbol;
    for (const std::string_view two : {"<=", ">=", "<>", "!=", "==", "||", "??"}) {
      if (text_.substr(at_, 2) == two) {
        token.text = two;
        at_ += 2;
        return {};
      }
    }
    if (std::string_view("()[]{},.*+-/%=<>?:;").find(c) == std::string_view::npos)
      return fail(at_, std::string("unexpected character '") + c + "'");
    token.text = c;
    ++at_;
    return {};
  }

  Result<void> number(Token& token) {
    const std::size_t start = at_;
    bool real = false;
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      real = true;
      ++at_;
      while (is_digit(peek())) ++at_;
    } else if (peek() == '.' && !is_word_start(peek(1)) && peek(1) != '.') {
      real = true;
      ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
      if (is_digit(peek(sign))) {
        real = true;
        at_ += sign;
        while (is_digit(peek())) ++at_;
      }
    }
    if (is_word_start(peek()))
      return fail(start, "a number may not run into a name; put a space between them");
    const std::string_view digits = text_.substr(start, at_ - start);
    token.text = digits;
    const char* end = digits.data() + digits.size();
    if (!real && std::from_chars(digits.data(), end, token.integer).ec == std::errc{}) {
      token.kind = TokenKind::Integer;
      return {};
    }
    token.kind = TokenKind::Number;
    if (std::from_chars(digits.data(), end, token.number).ec != std::errc{})
      return fail(start, "the number is out of range; numbers are 64-bit integers or doubles");
    return {};
  }

  static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  Result<std::uint32_t> unicode_escape() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = hex(peek());
      if (digit < 0) return fail(at_, "expected four hexadecimal digits after \\u");
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  static void append_utf8(std::string& to, std::uint32_t c) {
    if (c < 0x80) {
      to += static_cast<char>(c);
    } else if (c < 0x800) {
      to += static_cast<char>(0xC0 | (c >> 6));
      to += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      to += static_cast<char>(0xE0 | (c >> 12));
      to += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      to += static_cast<char>(0x80 | (c & 0x3F));
    } else {
      to += static_cast<char>(0xF0 | (c >> 18));
      to += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
      to += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      to += static_cast<char>(0x80 | (c & 0x3F));
    }
  }

  Result<void> escape(std::string& to) {
    const std::size_t start = at_ - 1;
    const char c = peek();
    ++at_;
    switch (c) {
      case 'n': to += '\n'; return {};
      case 't': to += '\t'; return {};
      case 'r': to += '\r'; return {};
      case 'b': to += '\b'; return {};
      case 'f': to += '\f'; return {};
      case '\\':
      case '/':
      case '\'':
      case '"': to += c; return {};
      case 'u': break;
      default: return fail(start, "unknown escape in a string; write \\\\ for a backslash itself");
    }
    AVILA_TRY(std::uint32_t code, unicode_escape());
    if (code >= 0xD800 && code < 0xDC00 && peek() == '\\' && peek(1) == 'u') {
      at_ += 2;
      AVILA_TRY(const std::uint32_t low, unicode_escape());
      if (low < 0xDC00 || low > 0xDFFF) return fail(start, "expected a low surrogate after \\u");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xD800 && code <= 0xDFFF) {
      return fail(start, "a lone surrogate is not a character");
    }
    append_utf8(to, code);
    return {};
  }

  Result<void> string(Token& token, char quote) {
    token.kind = TokenKind::String;
    ++at_;
    for (;;) {
      if (at_ >= text_.size())
        return fail(token.offset, std::string("this string has no end; expected ") + quote);
      const char c = text_[at_++];
      if (c == quote) {
        if (peek() != quote) return {};
        ++at_;
        token.text += quote;
      } else if (c == '\\') {
        AVILA_TRY_VOID(escape(token.text));
      } else {
        token.text += c;
      }
    }
  }

  Result<void> quoted(Token& token) {
    token.kind = TokenKind::Quoted;
    const auto end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos)
      return fail(token.offset, "this quoted name has no end; expected `");
    token.text = text_.substr(at_ + 1, end - at_ - 1);
    if (token.text.empty()) return fail(token.offset, "a quoted name may not be empty");
    at_ = end + 1;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view query) {
  if (query.size() > kMaxQueryBytes)
    return Error(Errc::LimitExceeded, "the query is " + std::to_string(query.size()) +
                                          " bytes long; the limit (kMaxQueryBytes) is " +
                                          std::to_string(kMaxQueryBytes));
  return Lexer(query).run();
}

std::string describe_position(std::string_view query, std::size_t offset) {
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i < offset && i < query.size(); ++i) {
    if (query[i] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(query[i]) & 0xC0) != 0x80) {
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

bool is_word(const Token& token, std::string_view word) noexcept {
  if (token.kind != TokenKind::Word || token.text.size() != word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = token.text[i];
    if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != word[i]) return false;
  }
  return true;
}

}  // namespace avila::sql

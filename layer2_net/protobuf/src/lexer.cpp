#include "lexer.hpp"

#include <avila/text/utf8.hpp>

namespace avila::protobuf {
namespace {

constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_octal(char c) noexcept { return c >= '0' && c <= '7'; }
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// The digits of \x, \u or \U behind `at`; 0 digits where there are none.
std::size_t hex_digits(std::string_view text, std::size_t at, std::size_t most,
                       std::uint32_t& value) noexcept {
  std::size_t count = 0;
  value = 0;
  for (; count < most && at + count < text.size() && hex_value(text[at + count]) >= 0; ++count)
    value = value * 16 + static_cast<std::uint32_t>(hex_value(text[at + count]));
  return count;
}

}  // namespace

bool unescape(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    if (++at == text.size()) return false;
    const char c = text[at++];
    constexpr std::string_view kFrom = "abfnrtv\\'\"?", kTo = "\a\b\f\n\r\t\v\\'\"?";
    std::uint32_t value = 0;
    if (const std::size_t simple = kFrom.find(c); simple != std::string_view::npos) {
      out += kTo[simple];
    } else if (is_octal(c)) {
      value = static_cast<std::uint32_t>(c - '0');
      for (int more = 0; more < 2 && at < text.size() && is_octal(text[at]); ++more)
        value = value * 8 + static_cast<std::uint32_t>(text[at++] - '0');
      if (value > 255) return false;
      out += static_cast<char>(value);
    } else if (c == 'x' || c == 'X') {
      const std::size_t count = hex_digits(text, at, 2, value);
      if (count == 0) return false;
      at += count;
      out += static_cast<char>(value);
    } else if (c == 'u' || c == 'U') {
      const std::size_t wanted = c == 'u' ? 4 : 8;
      if (hex_digits(text, at, wanted, value) != wanted) return false;
      at += wanted;
      std::uint32_t low = 0;
      if (value >= 0xD800 && value < 0xDC00 && text.substr(at).starts_with("\\u") &&
          hex_digits(text, at + 2, 4, low) == 4 && low >= 0xDC00 && low < 0xE000) {
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      }
      if (!text::is_scalar_value(value)) return false;
      text::append_utf8(out, value);
    } else {
      return false;
    }
  }
  return true;
}

bool integer_value(std::string_view token, std::uint64_t& value) noexcept {
  unsigned base = 10;
  if (token.starts_with("0x") || token.starts_with("0X")) {
    base = 16;
    token.remove_prefix(2);
  } else if (token.size() > 1 && token[0] == '0') {
    base = 8;
    token.remove_prefix(1);
  }
  value = 0;
  for (const char c : token) {
    const auto digit = static_cast<std::uint64_t>(hex_value(c));
    if (__builtin_mul_overflow(value, std::uint64_t{base}, &value) ||
        __builtin_add_overflow(value, digit, &value))
      return false;
  }
  return true;
}

Error source_error(std::string_view file, SourcePlace place, std::string_view what) {
  std::string message(file);
  if (place.line != 0)
    message += ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
  message += ": ";
  message += what;
  return Error(Errc::Malformed, message);
}

Lexer::Lexer(std::string_view name, std::string_view text, bool hash_comments)
    : name_(name), text_(text), hash_comments_(hash_comments) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = line_start_ = 3;  // a byte order mark
}

Error Lexer::error_at(SourcePlace place, std::string_view what) const {
  return source_error(name_, place, what);
}

Error Lexer::expected(std::string_view what) const {
  std::string message = "expected " + std::string(what) + ", not ";
  if (at_end()) {
    message += "the end of the file";
  } else {
    message += '"' + text::to_valid_utf8(token_.text.substr(0, 40)) + '"';
  }
  return error(message);
}

Result<void> Lexer::skip_space() {
  for (;;) {
    const char c = peek();
    if (c == '\n') {
      ++at_;
      ++line_;
      line_start_ = at_;
    } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
      ++at_;
    } else if ((c == '/' && peek(1) == '/') || (c == '#' && hash_comments_)) {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (c == '/' && peek(1) == '*') {
      const SourcePlace start = here();
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return error_at(start, "a comment that does not end");
      for (; at_ < end; ++at_)
        if (text_[at_] == '\n') ++line_, line_start_ = at_ + 1;
      at_ = end + 2;
    } else {
      return {};
    }
  }
}

void Lexer::take(TokenKind kind, std::size_t from) noexcept {
  token_.kind = kind;
  token_.text = text_.substr(from, at_ - from);
}

Result<void> Lexer::advance() { return scan(); }

Result<void> Lexer::scan() {
  AVILA_TRY_VOID(skip_space());
  token_.place = here();
  const std::size_t from = at_;
  if (at_ == text_.size()) {
    take(TokenKind::End, from);
    return {};
  }
  const char c = text_[at_];
  if (is_letter(c)) {
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    take(TokenKind::Identifier, from);
    return {};
  }
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return scan_number();
  if (c == '"' || c == '\'') return scan_string(c);
  if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F)
    return error("a character that has no place outside of strings and comments");
  ++at_;
  take(TokenKind::Symbol, from);
  return {};
}

Result<void> Lexer::scan_number() {
  const std::size_t from = at_;
  bool is_float = false;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
    at_ += 2;
    if (hex_value(peek()) < 0) return error("\"0x\" without hexadecimal digits");
    while (hex_value(peek()) >= 0) ++at_;
  } else {
    while (is_digit(peek())) ++at_;
    if (peek() == '.') {
      is_float = true;
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      is_float = true;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!is_digit(peek())) return error("an exponent without digits");
      while (is_digit(peek())) ++at_;
    }
    if (is_float && (peek() == 'f' || peek() == 'F') && hash_comments_) ++at_;
  }
  if (is_letter(peek()) || is_digit(peek()))
    return error("a number and a name need a space between them");
  take(is_float ? TokenKind::Float : TokenKind::Integer, from);
  if (!is_float && token_.text.size() > 1 && token_.text[0] == '0' && token_.text[1] != 'x' &&
      token_.text[1] != 'X')
    for (const char digit : token_.text)
      if (!is_octal(digit)) return error("a number that begins with 0 is octal: digits 0 to 7");
  return {};
}

Result<void> Lexer::scan_string(char quote) {
  const std::size_t from = at_++;
  for (;; ++at_) {
    if (at_ == text_.size() || text_[at_] == '\n') return error("a string that does not end");
    if (text_[at_] == '\0') return error("a string must not hold a NUL byte; write \\0");
    if (text_[at_] == quote) break;
    if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
  }
  ++at_;
  take(TokenKind::String, from);
  return {};
}

Result<bool> Lexer::accept(std::string_view text) {
  if (!is(text)) return false;
  AVILA_TRY_VOID(advance());
  return true;
}

Result<void> Lexer::expect(std::string_view text) {
  if (!is(text)) return expected('"' + std::string(text) + '"');
  return advance();
}

Result<std::string> Lexer::identifier(std::string_view what) {
  if (!is(TokenKind::Identifier)) return expected(what);
  std::string name(token_.text);
  AVILA_TRY_VOID(advance());
  return name;
}

Result<std::string> Lexer::full_name(std::string_view what, bool absolute) {
  std::string name;
  if (absolute && is(".")) {
    name = ".";
    AVILA_TRY_VOID(advance());
  }
  for (;;) {
    AVILA_TRY(const std::string part, identifier(what));
    name += part;
    if (!is(".")) return name;
    name += '.';
    AVILA_TRY_VOID(advance());
  }
}

Result<std::uint64_t> Lexer::integer(std::uint64_t max, std::string_view what) {
  if (!is(TokenKind::Integer)) return expected(what);
  std::uint64_t value = 0;
  if (!integer_value(token_.text, value) || value > max)
    return error(std::string(what) + " is beyond " + std::to_string(max));
  AVILA_TRY_VOID(advance());
  return value;
}

Result<std::string> Lexer::string(std::string_view what) {
  if (!is(TokenKind::String)) return expected(what);
  std::string value;
  while (is(TokenKind::String)) {
    if (!unescape(token_.text.substr(1, token_.text.size() - 2), value))
      return error("an escape sequence that does not exist");
    AVILA_TRY_VOID(advance());
  }
  return value;
}

}  // namespace avila::protobuf

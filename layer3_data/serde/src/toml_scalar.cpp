#include "toml_scalar.hpp"

#include <avila/text/number.hpp>
#include <limits>

namespace avila::serde::toml::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

/// Digits with single underscores between digits, as the grammar has it; removes the underscores.
bool take_digits(std::string_view& text, int base, std::string& out) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (digit_value(c) < base) {
      out += c;
    } else if (c != '_' || i == 0 || i + 1 >= text.size() || digit_value(text[i - 1]) >= base ||
               digit_value(text[i + 1]) >= base) {
      break;
    }
  }
  text.remove_prefix(i);
  return i > 0;
}

std::optional<std::int64_t> to_integer(std::string_view digits, int base, bool negative) {
  std::uint64_t value = 0;
  const std::uint64_t limit = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(digit_value(c));
    if (value > (limit - digit) / static_cast<std::uint64_t>(base)) return std::nullopt;
    value = value * static_cast<std::uint64_t>(base) + digit;
  }
  return static_cast<std::int64_t>(negative ? ~value + 1 : value);
}

std::optional<Value> parse_number(std::string_view token) {
  std::string_view rest = token;
  bool negative = false;
  const bool has_sign = !rest.empty() && (rest[0] == '+' || rest[0] == '-');
  if (has_sign) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "inf" || rest == "nan") {
    const double number = rest == "inf" ? std::numeric_limits<double>::infinity()
                                        : std::numeric_limits<double>::quiet_NaN();
    return Value(negative ? -number : number);
  }
  std::string digits;
  if (rest.size() > 2 && rest[0] == '0' && !has_sign) {
    const int base = rest[1] == 'x' ? 16 : rest[1] == 'o' ? 8 : rest[1] == 'b' ? 2 : 0;
    if (base != 0) {
      rest.remove_prefix(2);
      if (!take_digits(rest, base, digits) || !rest.empty()) return std::nullopt;
      const auto value = to_integer(digits, base, false);
      if (!value) return std::nullopt;
      return Value(*value);
    }
  }
  if (!take_digits(rest, 10, digits)) return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;  // no leading zeros
  if (rest.empty()) {
    const auto value = to_integer(digits, 10, negative);
    if (!value) return std::nullopt;
    return Value(*value);
  }
  if (rest[0] == '.') {
    rest.remove_prefix(1);
    digits += '.';
    if (!take_digits(rest, 10, digits)) return std::nullopt;
  }
  if (!rest.empty() && (rest[0] == 'e' || rest[0] == 'E')) {
    digits += 'e';
    rest.remove_prefix(1);
    if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
      digits += rest[0];
      rest.remove_prefix(1);
    }
    if (!take_digits(rest, 10, digits)) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  const auto number = text::parse_double(digits);
  if (!number.has_value()) return std::nullopt;
  return Value(negative ? -*number : *number);
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// Whether `text` has a digit wherever `pattern` has '0', and otherwise the pattern's character.
bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (pattern[i] == '0' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
  return true;
}

bool take_date(std::string_view& text) {
  if (!matches(text, "0000-00-00")) return false;
  const int year = two_digits(text, 0) * 100 + two_digits(text, 2);
  const int month = two_digits(text, 5);
  const int day = two_digits(text, 8);
  if (month < 1 || month > 12) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (day < 1 || day > days[month - 1]) return false;
  text.remove_prefix(10);
  return true;
}

bool take_time(std::string_view& text) {
  // A 60th second is allowed, as RFC 3339 §5.6 has leap seconds.
  if (!matches(text, "00:00:00") || two_digits(text, 0) > 23 || two_digits(text, 3) > 59 ||
      two_digits(text, 6) > 60)
    return false;
  text.remove_prefix(8);
  if (text.empty() || text[0] != '.') return true;
  text.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  text.remove_prefix(digits);
  return digits > 0;
}

bool take_offset(std::string_view& text) {
  if (text[0] == 'Z' || text[0] == 'z') {
    text.remove_prefix(1);
    return true;
  }
  if (!matches(text, text[0] == '-' ? "-00:00" : "+00:00")) return false;
  if (two_digits(text, 1) > 23 || two_digits(text, 4) > 59) return false;
  text.remove_prefix(6);
  return true;
}

std::optional<Value> parse_datetime(std::string_view token) {
  std::string text(token);
  for (char& c : text) c = c == 't' ? 'T' : c == 'z' ? 'Z' : c;
  std::string_view rest = text;
  if (!take_date(rest)) {
    if (!take_time(rest) || !rest.empty()) return std::nullopt;
    return Value::datetime(Kind::LocalTime, text);
  }
  if (rest.empty()) return Value::datetime(Kind::LocalDate, text);
  if (rest[0] != 'T' && rest[0] != ' ') return std::nullopt;
  text[10] = 'T';
  rest.remove_prefix(1);
  if (!take_time(rest)) return std::nullopt;
  if (rest.empty()) return Value::datetime(Kind::LocalDatetime, text);
  if (!take_offset(rest) || !rest.empty()) return std::nullopt;
  return Value::datetime(Kind::OffsetDatetime, text);
}

}  // namespace

std::optional<Value> parse_scalar(std::string_view token) {
  if (matches(token, "0000-") || matches(token, "00:")) return parse_datetime(token);
  return parse_number(token);
}

}  // namespace avila::serde::toml::detail

// Numeric strings, both ways: General Decimal Arithmetic Specification, "Conversions".
#include "decimal_core.hpp"

namespace avila::numeric {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool equals_ignoring_case(std::string_view a, std::string_view lower) noexcept {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] | 0x20) : a[i]) != lower[i])
      return false;
  return true;
}

Error malformed(const char* expected, std::size_t offset) {
  return Error(Errc::Malformed, std::string("expected ") + expected, {.offset = offset});
}

std::string print(const BigDecimal& a, bool engineering) {
  std::string text = a.is_negative() ? "-" : "";
  if (a.is_infinite()) return text + "Infinity";
  if (a.is_nan()) {
    text += a.is_signaling() ? "sNaN" : "NaN";
    if (!a.coefficient().is_zero()) text += a.coefficient().to_string();
    return text;
  }
  std::string digits = a.coefficient().to_string();
  const auto length = static_cast<std::int64_t>(digits.size());
  const std::int64_t e = a.exponent();
  const std::int64_t adjusted = e + length - 1;
  std::int64_t point;  // digits before the point
  if (e <= 0 && adjusted >= -6) {
    point = length + e;
  } else if (!engineering) {
    point = 1;
  } else if (a.is_zero()) {
    point = (adjusted + 2) % 3;
    if (point < 0) point += 3;
    --point;
  } else {
    point = adjusted % 3;
    if (point < 0) point += 3;
    ++point;
  }
  if (point <= 0) {
    text += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  } else if (point >= length) {
    text += digits + std::string(static_cast<std::size_t>(point - length), '0');
  } else {
    text += digits.substr(0, static_cast<std::size_t>(point)) + "." +
            digits.substr(static_cast<std::size_t>(point));
  }
  const std::int64_t shown = e + length - point;
  if (shown != 0) text += (shown < 0 ? "E-" : "E+") + std::to_string(shown < 0 ? -shown : shown);
  return text;
}

}  // namespace

std::string BigDecimal::to_string() const { return print(*this, false); }
std::string BigDecimal::to_engineering_string() const { return print(*this, true); }

Result<BigDecimal> BigDecimal::parse(std::string_view text) {
  std::size_t i = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++i;
  const std::string_view rest = text.substr(i);
  if (equals_ignoring_case(rest, "inf") || equals_ignoring_case(rest, "infinity"))
    return infinity(negative);
  const bool signaling = !rest.empty() && (rest[0] | 0x20) == 's';
  if (equals_ignoring_case(rest.substr(signaling ? 1 : 0, 3), "nan")) {
    const std::size_t start = i + (signaling ? 4 : 3);
    if (start == text.size()) return nan(negative, {}, signaling);
    for (std::size_t k = start; k < text.size(); ++k)
      if (!is_digit(text[k])) return malformed("the digits of a NaN's payload", k);
    AVILA_TRY(BigUint payload, BigUint::parse(text.substr(start)));
    return nan(negative, std::move(payload), signaling);
  }
  std::string digits;
  std::int64_t exponent = 0;
  bool point = false;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !point)); ++i) {
    if (text[i] == '.') {
      point = true;
    } else {
      digits += text[i];
      if (point) --exponent;
    }
  }
  if (digits.empty()) return malformed("a digit, \"Infinity\" or \"NaN\"", i);
  if (i < text.size()) {
    if ((text[i] | 0x20) != 'e') return malformed("a digit, a point or an exponent", i);
    ++i;
    const bool down = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (i == text.size()) return malformed("the digits of the exponent", i);
    std::int64_t value = 0;
    for (; i < text.size(); ++i) {
      if (!is_digit(text[i])) return malformed("a digit of the exponent", i);
      value = value <= Context::kMaxExponent / 10 ? value * 10 + (text[i] - '0')
                                                  : Context::kMaxExponent + 1;
    }
    if (value > Context::kMaxExponent)
      return Error(Errc::LimitExceeded, "exponent of more than 18 digits (kMaxExponent)");
    exponent += down ? -value : value;
  }
  AVILA_TRY(BigUint coefficient, BigUint::parse(digits));
  return finite(negative, std::move(coefficient), exponent);
}

BigDecimal BigDecimal::from_string(std::string_view text, Context& context) {
  auto value = parse(text);
  if (!value.has_value()) return detail::invalid(context);
  if (value->is_nan() &&
      detail::count_digits(value->coefficient()) > context.precision - (context.clamp ? 1 : 0))
    return detail::invalid(context);
  return detail::finalize(std::move(*value), context);
}

}  // namespace avila::numeric

#include "number.hpp"

#include <avila/text/number.hpp>
#include <bit>
#include <cmath>

namespace avila::json::detail {
namespace {

bool is_digit(const char* p, const char* end) noexcept {
  return p != end && *p >= '0' && *p <= '9';
}

}  // namespace

Result<Number> parse_number(std::string_view text, BigNumbers big, std::uint64_t at) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto malformed = [&](const char* what) {
    return Error(Errc::Malformed, what,
                 {.offset = at + static_cast<std::uint64_t>(p - text.data())});
  };
  const bool negative = *p == '-';
  if (negative) ++p;
  if (!is_digit(p, end)) return malformed("expected a digit");
  if (*p == '0' && is_digit(p + 1, end)) {
    ++p;
    return malformed("a number may not begin with 0");
  }
  std::uint64_t mantissa = 0;  // exact up to 19 digits
  std::size_t digits = 0;      // significant ones
  const auto take = [&](char c) {
    if (digits < 19) mantissa = mantissa * 10 + static_cast<std::uint64_t>(c - '0');
    digits += static_cast<std::size_t>(digits != 0 || c != '0');
  };
  const char* const first = p;
  while (is_digit(p, end)) take(*p++);
  const auto whole_digits = static_cast<std::size_t>(p - first);
  bool whole = true;
  if (p != end && *p == '.') {
    whole = false;
    ++p;
    if (!is_digit(p, end)) return malformed("expected a digit after the point");
    while (is_digit(p, end)) take(*p++);
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    whole = false;
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    if (!is_digit(p, end)) return malformed("expected a digit in the exponent");
    while (is_digit(p, end)) ++p;
  }
  if (p != end) return malformed("unexpected character in a number");

  if (whole) {
    if (whole_digits <= 19) {
      if (!negative) {
        const Kind kind = mantissa > INT64_MAX ? Kind::Uint : Kind::Int;
        return Number{kind, mantissa, text};
      }
      // -0 is a double: no integer keeps its sign.
      if (mantissa == 0) return Number{Kind::Double, std::bit_cast<std::uint64_t>(-0.0), text};
      if (mantissa <= std::uint64_t{INT64_MAX} + 1) return Number{Kind::Int, 0 - mantissa, text};
    } else if (whole_digits == 20 && !negative && *first == '1') {
      const auto last = static_cast<std::uint64_t>(first[19] - '0');
      if (mantissa < 1844674407370955161U || (mantissa == 1844674407370955161U && last <= 5))
        return Number{Kind::Uint, mantissa * 10 + last, text};
    }
  }
  if (big == BigNumbers::KeepText && (whole || digits > 17))
    return Number{Kind::BigNumber, 0, text};
  AVILA_TRY(const double value, text::parse_double(text));
  if (std::isinf(value)) {
    if (big == BigNumbers::KeepText) return Number{Kind::BigNumber, 0, text};
    return Error(Errc::OutOfRange, "the number is beyond the range of a double",
                 {.offset = at, .hint = "BigNumbers::KeepText keeps its text"});
  }
  return Number{Kind::Double, std::bit_cast<std::uint64_t>(value), text};
}

}  // namespace avila::json::detail

#include <avila/validate/formats.hpp>

#include "digits.hpp"

namespace avila::validate {
namespace {

constexpr std::size_t kMinDigits = 12;
constexpr std::size_t kMaxDigits = 19;

// The digits of a number whose groups are parted by single spaces or hyphens; 0 where it is none.
std::size_t read(std::string_view text, char (&out)[kMaxDigits]) noexcept {
  std::size_t count = 0;
  bool after_digit = false;
  for (const char c : text) {
    if (detail::is_digit(c)) {
      if (count == kMaxDigits) return 0;
      out[count++] = c;
    } else if ((c != ' ' && c != '-') || !after_digit) {
      return 0;
    }
    after_digit = detail::is_digit(c);
  }
  return after_digit ? count : 0;
}

// The first six digits are in first…last; lengths as bits.
struct Range {
  CardBrand brand;
  int first, last;
  std::uint32_t lengths;
};
constexpr std::uint32_t lengths(int from, int to) noexcept {
  std::uint32_t out = 0;
  for (int i = from; i <= to; ++i) out |= 1U << i;
  return out;
}
constexpr std::uint32_t k16 = lengths(16, 16);
// Narrow ranges before those around them. Sources: ISO/IEC 7812 and the brands' published tables.
constexpr Range kRanges[] = {
    {CardBrand::Elo, 401178, 401179, k16},
    {CardBrand::Elo, 431274, 431274, k16},
    {CardBrand::Elo, 438935, 438935, k16},
    {CardBrand::Elo, 451416, 451416, k16},
    {CardBrand::Elo, 457393, 457393, k16},
    {CardBrand::Elo, 457631, 457632, k16},
    {CardBrand::Elo, 504175, 504175, k16},
    {CardBrand::Elo, 506699, 506778, k16},
    {CardBrand::Elo, 509000, 509999, k16},
    {CardBrand::Elo, 627780, 627780, k16},
    {CardBrand::Elo, 636297, 636297, k16},
    {CardBrand::Elo, 636368, 636368, k16},
    {CardBrand::Elo, 650031, 650033, k16},
    {CardBrand::Elo, 650035, 650051, k16},
    {CardBrand::Elo, 650405, 650439, k16},
    {CardBrand::Elo, 650485, 650538, k16},
    {CardBrand::Elo, 650541, 650598, k16},
    {CardBrand::Elo, 650700, 650718, k16},
    {CardBrand::Elo, 650720, 650727, k16},
    {CardBrand::Elo, 650901, 650978, k16},
    {CardBrand::Elo, 651652, 651679, k16},
    {CardBrand::Elo, 655000, 655019, k16},
    {CardBrand::Elo, 655021, 655058, k16},
    {CardBrand::Hipercard, 384100, 384100, lengths(16, 19)},
    {CardBrand::Hipercard, 384140, 384140, lengths(16, 19)},
    {CardBrand::Hipercard, 384160, 384160, lengths(16, 19)},
    {CardBrand::Hipercard, 606282, 606282, lengths(16, 19)},
    {CardBrand::Visa, 400000, 499999, lengths(13, 13) | k16 | lengths(19, 19)},
    {CardBrand::Mastercard, 510000, 559999, k16},
    {CardBrand::Mastercard, 222100, 272099, k16},
    {CardBrand::Amex, 340000, 349999, lengths(15, 15)},
    {CardBrand::Amex, 370000, 379999, lengths(15, 15)},
    {CardBrand::Discover, 601100, 601199, lengths(16, 19)},
    {CardBrand::Discover, 644000, 659999, lengths(16, 19)},
    {CardBrand::Diners, 300000, 305999, lengths(14, 19)},
    {CardBrand::Diners, 309500, 309599, lengths(14, 19)},
    {CardBrand::Diners, 360000, 369999, lengths(14, 19)},
    {CardBrand::Diners, 380000, 399999, lengths(14, 19)},
    {CardBrand::Jcb, 352800, 358999, lengths(16, 19)},
    {CardBrand::UnionPay, 620000, 629999, lengths(16, 19)},
    {CardBrand::Maestro, 500000, 509999, lengths(12, 19)},
    {CardBrand::Maestro, 560000, 589999, lengths(12, 19)},
    {CardBrand::Maestro, 600000, 699999, lengths(12, 19)},
};

const Range* range_of(std::string_view digits) noexcept {
  if (digits.size() < 6) return nullptr;
  int prefix = 0;
  for (const char c : digits.substr(0, 6)) prefix = prefix * 10 + (c - '0');
  for (const Range& range : kRanges)
    if (range.first <= prefix && prefix <= range.last) return &range;
  return nullptr;
}

}  // namespace

bool passes_luhn(std::string_view digits) noexcept {
  if (digits.size() < 2) return false;
  unsigned sum = 0;
  bool twice = false;
  for (std::size_t i = digits.size(); i-- > 0; twice = !twice) {
    if (!detail::is_digit(digits[i])) return false;
    const auto digit = static_cast<unsigned>(digits[i] - '0');
    sum += twice ? digit * 2 - (digit > 4 ? 9 : 0) : digit;
  }
  return sum % 10 == 0;
}

std::string_view to_string(CardBrand brand) noexcept {
  constexpr std::string_view kNames[] = {
      "unknown",  "Visa",    "Mastercard", "American Express", "Discover", "Diners Club", "JCB",
      "UnionPay", "Maestro", "Elo",        "Hipercard"};
  return kNames[static_cast<std::size_t>(brand)];
}

CardBrand card_brand(std::string_view number) noexcept {
  char digits[kMaxDigits];
  const Range* range = range_of({digits, read(number, digits)});
  return range != nullptr ? range->brand : CardBrand::Unknown;
}

bool is_card(std::string_view number) noexcept {
  char digits[kMaxDigits];
  const std::size_t count = read(number, digits);
  if (count < kMinDigits || !passes_luhn({digits, count})) return false;
  const Range* range = range_of({digits, count});
  return range == nullptr || (range->lengths >> count & 1) != 0;
}

std::string mask_card(std::string_view number) {
  if (!is_card(number)) return {};
  char digits[kMaxDigits];
  const std::size_t count = read(number, digits);
  std::string out(count - 4, '*');
  return out.append(digits + count - 4, 4);
}

}  // namespace avila::validate

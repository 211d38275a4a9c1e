#include "number_exact.hpp"

#include <avila/text/decimal.hpp>
#include <avila/text/number.hpp>
#include <cstring>
#include <limits>

namespace avila::text {
namespace {

bool is_digit(const char* p, const char* end) noexcept {
  return p != end && static_cast<unsigned char>(*p - '0') < 10;
}

// The value of 8 digits at p, or false where not all are digits.
bool eight_digits(const char* p, std::uint64_t& value) noexcept {
  std::uint64_t w;
  std::memcpy(&w, p, 8);
  if constexpr (std::endian::native == std::endian::big) w = __builtin_bswap64(w);
  w -= 0x3030303030303030U;
  if (((w | (w + 0x7676767676767676U)) & 0x8080808080808080U) != 0) return false;
  w = w * 10 + (w >> 8);  // pairs of digits, in every other byte
  w = (((w & 0x000000FF000000FFU) * 0x000F424000000064U) +
       (((w >> 16) & 0x000000FF000000FFU) * 0x0000271000000001U)) >>
      32;
  value = w & 0xFFFFFFFFU;
  return true;
}

Error malformed(std::string_view text, const char* at, const char* what) {
  return Error(Errc::Malformed, what, {.offset = static_cast<std::uint64_t>(at - text.data())});
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] | 0x20) != lower[i]) return false;
  return true;
}

template <class T>
Result<T> parse_floating(std::string_view text) {
  using F = detail::Format<T>;
  using Bits = typename F::Bits;
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  const auto finish = [negative](Bits bits) {
    return std::bit_cast<T>(static_cast<Bits>(bits | Bits{negative} << (sizeof(Bits) * 8 - 1)));
  };

  const char* const first = p;  // digits and perhaps a point
  std::uint64_t mantissa = 0;
  std::size_t digits = 0;  // significant ones
  const auto scan = [&] {
    const char* const from = p;
    for (;;) {
      std::uint64_t eight = 0;
      if (end - p >= 8 && digits <= 11 && eight_digits(p, eight)) {
        mantissa = mantissa * 100'000'000 + eight;
        if (digits != 0) {
          digits += 8;
        } else {
          for (std::uint64_t m = eight; m != 0; m /= 10) ++digits;
        }
        p += 8;
      } else if (is_digit(p, end)) {
        const auto d = static_cast<std::uint64_t>(*p - '0');
        if (digits < 19) mantissa = mantissa * 10 + d;
        digits += static_cast<std::size_t>(digits != 0 || d != 0);
        ++p;
      } else {
        return p - from;
      }
    }
  };
  const std::ptrdiff_t whole_digits = scan();
  std::ptrdiff_t fraction_digits = 0;
  if (p != end && *p == '.') {
    ++p;
    fraction_digits = scan();
  }
  if (whole_digits + fraction_digits == 0) {
    const std::string_view word(first, static_cast<std::size_t>(end - first));
    if (equals_ignoring_case(word, "inf") || equals_ignoring_case(word, "infinity"))
      return finish(Bits{F::kInfinite} << F::kMantissa);
    if (equals_ignoring_case(word, "nan")) return std::numeric_limits<T>::quiet_NaN();
    return malformed(text, first, "expected a digit");
  }
  const char* const last = p;
  std::int64_t exponent = 0;
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    const bool minus = p != end && *p == '-';
    if (p != end && (*p == '-' || *p == '+')) ++p;
    if (!is_digit(p, end)) return malformed(text, p, "expected a digit in the exponent");
    for (; is_digit(p, end); ++p)
      if (exponent < 1'000'000'000'000'000) exponent = exponent * 10 + (*p - '0');
    if (minus) exponent = -exponent;
  }
  if (p != end) return malformed(text, p, "unexpected character in a number");

  if (digits <= 19) {
    const std::int64_t q = exponent - fraction_digits;
    if constexpr (std::is_same_v<T, double>) {
      const double value = decimal_to_double(mantissa, q);
      return negative ? -value : value;
    }
    return finish(detail::nearest_bits<T>(mantissa, q));
  }
  // More digits than a word: the answer lies between that of the first 19 and that plus one.
  const std::int64_t q = exponent - fraction_digits + static_cast<std::int64_t>(digits) - 19;
  const Bits low = detail::nearest_bits<T>(mantissa, q);
  if (low == detail::nearest_bits<T>(mantissa + 1, q)) return finish(low);
  return finish(detail::exact_bits<T>({first, static_cast<std::size_t>(last - first)},
                                      exponent + whole_digits));
}

template <class T>
Result<T> parse_whole(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (negative && !std::is_signed_v<T>) return malformed(text, p, "expected a digit");
  if (p != end && (*p == '-' || *p == '+')) ++p;
  if (!is_digit(p, end)) return malformed(text, p, "expected a digit");
  const std::uint64_t limit =
      static_cast<std::uint64_t>(std::numeric_limits<T>::max()) + (negative ? 1 : 0);
  std::uint64_t value = 0;
  bool fits = true;
  for (std::uint64_t eight = 0; end - p >= 8 && value < 100'000'000 && eight_digits(p, eight);
       p += 8)
    value = value * 100'000'000 + eight;
  for (; is_digit(p, end); ++p) {
    const auto d = static_cast<std::uint64_t>(*p - '0');
    fits = fits && value <= limit / 10 && value * 10 <= limit - d;
    value = value * 10 + d;
  }
  if (p != end) return malformed(text, p, "unexpected character in a whole number");
  if (!fits) return Error(Errc::OutOfRange, "the number does not fit 64 bits", {.offset = 0});
  return static_cast<T>(negative ? 0 - value : value);
}

}  // namespace

Result<double> parse_double(std::string_view text) { return parse_floating<double>(text); }
Result<float> parse_float(std::string_view text) { return parse_floating<float>(text); }
Result<std::int64_t> parse_int(std::string_view text) { return parse_whole<std::int64_t>(text); }
Result<std::uint64_t> parse_uint(std::string_view text) { return parse_whole<std::uint64_t>(text); }

}  // namespace avila::text

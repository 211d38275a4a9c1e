// Small helpers of the format checks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace avila::validate::detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_alnum(char c) noexcept { return is_digit(c) || is_alpha(c); }
constexpr int hex_value(char c) noexcept {
  return is_digit(c)            ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/// The characters of a text that fits a mask: '0' takes a digit, 'A' a digit or capital letter, all
/// else stands for itself. `count` of them; -1 where the text does not fit.
template <std::size_t N>
int fit(std::string_view text, std::string_view mask, char (&out)[N]) noexcept {
  if (text.size() != mask.size()) return -1;
  std::size_t count = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const char c = text[i];
    const bool taken = mask[i] == '0' || mask[i] == 'A';
    const bool right = mask[i] == '0'   ? is_digit(c)
                       : mask[i] == 'A' ? is_digit(c) || (c >= 'A' && c <= 'Z')
                                        : c == mask[i];
    if (!right || (taken && count == N)) return -1;
    if (taken) out[count++] = c;
  }
  return static_cast<int>(count);
}

/// Two digits of a decimal number, or -1.
constexpr int two_digits(std::string_view text, std::size_t at) noexcept {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool is_civil(int year, int month, int day) noexcept;

}  // namespace avila::validate::detail

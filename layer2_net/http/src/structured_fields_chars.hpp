// Character classes of RFC 9651.
#pragma once
#include "chars.hpp"

namespace avila::http::structured::detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
/// What strings hold as it is: 0x20 to 0x7e.
constexpr bool is_printable(char c) noexcept { return c >= 0x20 && c < 0x7f; }
constexpr bool is_key_start(char c) noexcept { return is_lower(c) || c == '*'; }
constexpr bool is_key_char(char c) noexcept {
  return is_key_start(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}
constexpr bool is_token_start(char c) noexcept {
  return is_lower(c) || (c >= 'A' && c <= 'Z') || c == '*';
}
constexpr bool is_token_char(char c) noexcept {
  return http::detail::kTokenChar[static_cast<unsigned char>(c)] || c == ':' || c == '/';
}

}  // namespace avila::http::structured::detail

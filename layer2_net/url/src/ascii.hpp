// ASCII classes (Infra Standard) and UTF-8 without errors.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::url::detail {

constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// The next code point of UTF-8; U+FFFD for what is none (maximal subparts, as the Encoding
/// Standard decodes).
char32_t next_code_point(std::string_view text, std::size_t& at) noexcept;
void append_utf8(std::string& out, char32_t c);
/// With U+FFFD for invalid sequences.
std::string to_valid_utf8(std::string_view text);
bool is_ascii(std::string_view text) noexcept;

}  // namespace avila::url::detail

// Character classes of RFC 9110 §5.6 and RFC 3986.
#pragma once
#include <array>
#include <avila/primitives/endian.hpp>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace avila::http::detail {

inline constexpr auto kTokenChar = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<unsigned>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned>(c)] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

/// SP, HTAB, visible ASCII and obs-text.
constexpr bool is_value_byte(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}

/// How many bytes there are before the first that no field value may hold: eight at a time, up to a
/// control byte.
inline std::size_t value_bytes(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U, kHigh = 0x8080808080808080U;
  std::size_t at = 0;
  while (at < text.size()) {
    char bytes[8] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
    const std::size_t rest = text.size() - at;
    if (rest < 8) std::memcpy(bytes, text.data() + at, rest);
    const std::uint64_t word = load_le64(rest < 8 ? bytes : text.data() + at);
    // The lowest bit that is set is the first control byte's; those above it may be wrong.
    const std::uint64_t of_del = word ^ (kOnes * 0x7f);
    const std::uint64_t control =
        (((word - kOnes * 0x20) & ~word) | ((of_del - kOnes) & ~of_del)) & kHigh;
    at += control == 0 ? 8 : static_cast<std::size_t>(std::countr_zero(control)) / 8;
    if (control == 0) continue;
    if (text[at] != '\t') return at;
    ++at;
  }
  return text.size();
}

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace avila::http::detail

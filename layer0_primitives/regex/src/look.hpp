// Assertions of width zero.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace avila::regex::detail {

/// Lf stands for the line terminator of the options, which is \n unless told otherwise.
enum class Look : std::uint8_t {
  Start,
  End,
  StartLf,
  EndLf,
  StartCrlf,
  EndCrlf,
  WordAscii,
  NotWordAscii,
  WordStartAscii,
  WordEndAscii,
  WordStartHalfAscii,
  WordEndHalfAscii,
  WordUnicode,
  NotWordUnicode,
  WordStartUnicode,
  WordEndUnicode,
  WordStartHalfUnicode,
  WordEndHalfUnicode,
};

using LookSet = std::uint32_t;
constexpr LookSet bit(Look look) noexcept { return 1U << static_cast<unsigned>(look); }
constexpr LookSet kUnicodeLooks = bit(Look::WordUnicode) | bit(Look::NotWordUnicode) |
                                  bit(Look::WordStartUnicode) | bit(Look::WordEndUnicode) |
                                  bit(Look::WordStartHalfUnicode) | bit(Look::WordEndHalfUnicode);
constexpr LookSet kAsciiWordLooks = kUnicodeLooks >> 6;
constexpr LookSet kWordLooks = kUnicodeLooks | kAsciiWordLooks;
constexpr LookSet kCrlfLooks = bit(Look::StartCrlf) | bit(Look::EndCrlf);

constexpr bool is_word_byte(std::uint8_t b) noexcept {
  return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '_';
}

/// What the assertion is called when the text is read backwards.
Look reversed(Look look) noexcept;

/// Whether it holds at byte `at` of the whole text.
bool holds(Look look, std::string_view text, std::size_t at, std::uint8_t line_end) noexcept;

/// All of a set hold.
inline bool all_hold(LookSet looks, std::string_view text, std::size_t at,
                     std::uint8_t line_end) noexcept {
  for (; looks != 0; looks &= looks - 1)
    if (!holds(static_cast<Look>(__builtin_ctz(looks)), text, at, line_end)) return false;
  return true;
}

}  // namespace avila::regex::detail

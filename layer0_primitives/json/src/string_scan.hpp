// What lies between the quotes: plain runs, UTF-8, escapes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace avila::json::detail {

/// Length of the well-formed UTF-8 sequence at p (Unicode 15 table 3-7), 0 where there is none.
inline std::size_t utf8_length(const char* p, const char* end) noexcept {
  const auto byte = [p](int i) { return static_cast<unsigned char>(p[i]); };
  const auto next = [&](int i) { return (byte(i) & 0xC0) == 0x80; };
  const std::ptrdiff_t left = end - p;
  const unsigned c = byte(0);
  if (c < 0x80) return 1;
  if (c < 0xC2) return 0;
  if (c < 0xE0) return left >= 2 && next(1) ? 2 : 0;
  if (c < 0xF0) {
    if (left < 3 || !next(1) || !next(2)) return 0;
    if (c == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (c == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (c > 0xF4 || left < 4 || !next(1) || !next(2) || !next(3)) return 0;
  if (c == 0xF0 && byte(1) < 0x90) return 0;
  if (c == 0xF4 && byte(1) > 0x8F) return 0;
  return 4;
}

/// Whether the bytes from p to end (fewer than 4) could be the start of a sequence cut off there.
inline bool utf8_may_continue(const char* p, const char* end) noexcept {
  static constexpr char kFill[] = {'\x80', '\xBF', '\x90', '\xA0'};
  const auto have = static_cast<std::size_t>(end - p);
  if (have == 0 || static_cast<unsigned char>(*p) < 0x80) return false;
  for (const char second : kFill) {
    char whole[4] = {0, second, '\x80', '\x80'};
    std::memcpy(whole, p, have);
    const std::size_t length = utf8_length(whole, whole + 4);
    if (length > have) return true;
  }
  return false;
}

/// Skips to the first quote or backslash, or the end. A byte that may not stand in a string sets
/// `problem` and stops there.
inline const char* skip_plain(const char* p, const char* end, const char*& problem) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U, kHigh = 0x8080808080808080U;
  problem = nullptr;
  for (;;) {
    while (end - p >= 8) {
      std::uint64_t w;
      std::memcpy(&w, p, 8);
      const std::uint64_t quote = w ^ (kOnes * '"'), slash = w ^ (kOnes * '\\');
      if ((((quote - kOnes) | (slash - kOnes) | (w - kOnes * 0x20) | w) & kHigh) != 0) break;
      p += 8;
    }
    int budget = 8;  // bytes one by one, then words again
    while (p != end && budget-- > 0) {
      const auto c = static_cast<unsigned char>(*p);
      if (c == '"' || c == '\\') return p;
      if (c < 0x20) {
        problem = "a control character in a string must be escaped";
        return p;
      }
      const std::size_t length = utf8_length(p, end);
      if (length == 0) {
        problem = "not UTF-8";
        return p;
      }
      p += length;
    }
    if (p == end) return p;
  }
}

struct Unescaped {
  std::size_t size = 0;  ///< bytes written
  const char* problem = nullptr;
  std::size_t at = 0;  ///< where in the escaped text
};
/// `text` is what stands between the quotes, no quote or control character in it; writes at most
/// as many bytes as it reads, so `to` may be text.data().
Unescaped unescape(std::string_view text, char* to) noexcept;
/// One escape at p (the backslash); moves both pointers, or says what is wrong.
const char* unescape_one(const char*& p, const char* end, char*& to) noexcept;

}  // namespace avila::json::detail

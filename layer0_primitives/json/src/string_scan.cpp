#include "string_scan.hpp"

#include <array>

namespace avila::json::detail {
namespace {

constexpr std::array<std::uint8_t, 256> kHexValue = [] {
  std::array<std::uint8_t, 256> table{};
  for (auto& v : table) v = 0xFF;
  for (int i = 0; i < 10; ++i)
    table[static_cast<std::size_t>('0' + i)] = static_cast<std::uint8_t>(i);
  for (int i = 0; i < 6; ++i)
    table[static_cast<std::size_t>('a' + i)] = table[static_cast<std::size_t>('A' + i)] =
        static_cast<std::uint8_t>(10 + i);
  return table;
}();

// Four hexadecimal digits, or a value above 0xFFFF.
std::uint32_t hex4(const char* p) noexcept {
  const auto digit = [p](int i) -> std::uint32_t {
    return kHexValue[static_cast<unsigned char>(p[i])];
  };
  const std::uint32_t a = digit(0), b = digit(1), c = digit(2), d = digit(3);
  if (((a | b | c | d) & 0xF0) != 0) return 0x10000;
  return a << 12 | b << 8 | c << 4 | d;
}

char* put_utf8(char* to, std::uint32_t c) noexcept {
  if (c < 0x80) {
    *to++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *to++ = static_cast<char>(0xC0 | c >> 6);
    *to++ = static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *to++ = static_cast<char>(0xE0 | c >> 12);
    *to++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
    *to++ = static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *to++ = static_cast<char>(0xF0 | c >> 18);
    *to++ = static_cast<char>(0x80 | (c >> 12 & 0x3F));
    *to++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
    *to++ = static_cast<char>(0x80 | (c & 0x3F));
  }
  return to;
}

constexpr std::array<char, 256> kSimple = [] {
  std::array<char, 256> table{};
  table['"'] = '"', table['\\'] = '\\', table['/'] = '/';
  table['b'] = '\b', table['f'] = '\f', table['n'] = '\n', table['r'] = '\r', table['t'] = '\t';
  return table;
}();

}  // namespace

const char* unescape_one(const char*& p, const char* end, char*& to) noexcept {
  if (end - p < 2) return "the escape is cut off";
  if (const char simple = kSimple[static_cast<unsigned char>(p[1])]; simple != 0) {
    *to++ = simple;
    p += 2;
    return nullptr;
  }
  if (p[1] != 'u') return "unknown escape: expected one of \"\\/bfnrtu after the backslash";
  const std::uint32_t unit = end - p >= 6 ? hex4(p + 2) : 0x10000;
  if (unit > 0xFFFF) return "expected four hexadecimal digits after \\u";
  if (unit < 0xD800 || unit > 0xDFFF) {
    to = put_utf8(to, unit);
    p += 6;
    return nullptr;
  }
  // RFC 8259 §7: above U+FFFF as a pair. Half a pair is no Unicode text, so it is refused rather
  // than replaced behind the caller's back.
  if (unit <= 0xDBFF && end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
    const std::uint32_t low = hex4(p + 8);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      to = put_utf8(to, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
      p += 12;
      return nullptr;
    }
  }
  return "unpaired surrogate escape";
}

Unescaped unescape(std::string_view text, char* to) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  char* const begin = to;
  while (p != end) {
    if (*p != '\\') {
      const auto* next =
          static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
      const auto n = static_cast<std::size_t>((next != nullptr ? next : end) - p);
      std::memmove(to, p, n);
      to += n;
      p += n;
      continue;
    }
    const char* const at = p;
    if (const char* problem = unescape_one(p, end, to); problem != nullptr)
      return {0, problem, static_cast<std::size_t>(at - text.data())};
  }
  return {static_cast<std::size_t>(to - begin), nullptr, 0};
}

}  // namespace avila::json::detail

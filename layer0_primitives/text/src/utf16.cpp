#include <avila/text/utf16.hpp>
#include <avila/text/utf8.hpp>

#include <cstring>

namespace avila::text {
namespace {

constexpr bool is_high(char32_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
constexpr bool is_low(char32_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

struct Decoded16 {
  char32_t c;
  unsigned units;
  bool valid;
};
Decoded16 decode_utf16(std::u16string_view text, std::size_t at) noexcept {
  const char32_t unit = text[at];
  if (!is_high(unit) && !is_low(unit)) return {unit, 1, true};
  if (is_high(unit) && at + 1 < text.size() && is_low(text[at + 1]))
    return {0x10000 + ((unit - 0xD800) << 10) + (text[at + 1] - 0xDC00U), 2, true};
  return {kReplacement, 1, false};
}

void append_utf16(std::u16string& out, char32_t c) {
  if (c < 0x10000) {
    out += static_cast<char16_t>(c);
  } else {
    out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
    out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
  }
}

bool eight_ascii(const char* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  return (word & 0x8080808080808080U) == 0;
}
bool four_ascii(const char16_t* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  return (word & 0xFF80FF80FF80FF80U) == 0;
}

/// Into room enough for `text`; stops at the first ill-formed part, and says where.
std::size_t to_utf16(std::string_view text, bool lossy, std::u16string& out) {
  out.reserve(utf16_length(text));
  std::size_t at = 0;
  while (at < text.size()) {
    while (text.size() - at >= 8 && eight_ascii(text.data() + at)) {
      char16_t wide[8];
      for (std::size_t i = 0; i < 8; ++i) wide[i] = static_cast<unsigned char>(text[at + i]);
      out.append(wide, 8);
      at += 8;
    }
    if (at == text.size()) break;
    const DecodedUtf8 next = decode_utf8(text, at);
    if (!next.valid && !lossy) return at;
    append_utf16(out, next.code_point);
    at += next.length;
  }
  return at;
}

std::size_t to_utf8(std::u16string_view text, bool lossy, std::string& out) {
  out.reserve(utf8_length(text));
  std::size_t at = 0;
  while (at < text.size()) {
    while (text.size() - at >= 4 && four_ascii(text.data() + at)) {
      char narrow[4];
      for (std::size_t i = 0; i < 4; ++i) narrow[i] = static_cast<char>(text[at + i]);
      out.append(narrow, 4);
      at += 4;
    }
    if (at == text.size()) break;
    const Decoded16 next = decode_utf16(text, at);
    if (!next.valid && !lossy) return at;
    append_utf8(out, next.c);
    at += next.units;
  }
  return at;
}

}  // namespace

bool validate_utf16(std::u16string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const Decoded16 next = decode_utf16(text, at);
    if (!next.valid) return false;
    at += next.units;
  }
  return true;
}

std::size_t utf16_length(std::string_view utf8) noexcept {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    units += ((byte & 0xC0) != 0x80 ? 1U : 0U) + (byte >= 0xF0 ? 1U : 0U);
  }
  return units;
}

std::size_t utf8_length(std::u16string_view utf16) noexcept {
  std::size_t bytes = 0;
  for (const char16_t unit : utf16)  // a surrogate is half of four bytes
    bytes += unit < 0x80 ? 1U : unit < 0x800 || is_high(unit) || is_low(unit) ? 2U : 3U;
  return bytes;
}

Result<std::u16string> utf8_to_utf16(std::string_view text) {
  std::u16string out;
  const std::size_t stopped = to_utf16(text, false, out);
  if (stopped != text.size())
    return Error(Errc::Malformed, "UTF-8: an ill-formed sequence", {.offset = stopped});
  return out;
}

Result<std::string> utf16_to_utf8(std::u16string_view text) {
  std::string out;
  const std::size_t stopped = to_utf8(text, false, out);
  if (stopped != text.size())
    return Error(Errc::Malformed, "UTF-16: a lone surrogate", {.offset = stopped});
  return out;
}

std::u16string utf8_to_utf16_lossy(std::string_view text) {
  std::u16string out;
  (void)to_utf16(text, true, out);
  return out;
}

std::string utf16_to_utf8_lossy(std::u16string_view text) {
  std::string out;
  (void)to_utf8(text, true, out);
  return out;
}

Result<std::string> utf16_bytes_to_utf8(ByteSpan bytes, ByteOrder order) {
  if (bytes.size() % 2 != 0)
    return Error(Errc::Malformed, "UTF-16: an odd number of bytes", {.offset = bytes.size()});
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(bytes[i]); };
  std::size_t start = 0;
  if (bytes.size() >= 2) {
    const unsigned mark = byte(0) << 8 | byte(1);
    if (mark == 0xFEFF || mark == 0xFFFE) {
      order = mark == 0xFEFF ? ByteOrder::BigEndian : ByteOrder::LittleEndian;
      start = 2;
    }
  }
  std::u16string units;
  units.reserve((bytes.size() - start) / 2);
  const std::size_t high = order == ByteOrder::BigEndian ? 0 : 1;
  for (std::size_t i = start; i < bytes.size(); i += 2)
    units += static_cast<char16_t>(byte(i + high) << 8 | byte(i + 1 - high));
  return utf16_to_utf8(units);
}

Result<std::string> utf8_to_utf16_bytes(std::string_view text, ByteOrder order,
                                        bool byte_order_mark) {
  AVILA_TRY(std::u16string units, utf8_to_utf16(text));
  if (byte_order_mark) units.insert(units.begin(), u'\uFEFF');
  std::string out;
  out.reserve(units.size() * 2);
  for (const char16_t unit : units) {
    const char bytes[2] = {static_cast<char>(unit >> 8), static_cast<char>(unit & 0xFF)};
    out += order == ByteOrder::BigEndian ? bytes[0] : bytes[1];
    out += order == ByteOrder::BigEndian ? bytes[1] : bytes[0];
  }
  return out;
}

}  // namespace avila::text

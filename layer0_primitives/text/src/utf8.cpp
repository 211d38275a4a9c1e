#include <avila/text/utf8.hpp>

namespace avila::text {

std::size_t encode_utf8(char32_t c, char* to) noexcept {
  if (!is_scalar_value(c)) c = kReplacement;
  const auto put = [to](std::size_t at, char32_t bits) { to[at] = static_cast<char>(bits); };
  const auto tail = [c](unsigned shift) { return 0x80 | (c >> shift & 0x3F); };
  if (c < 0x80) {
    put(0, c);
    return 1;
  }
  if (c < 0x800) {
    put(0, 0xC0 | c >> 6);
    put(1, tail(0));
    return 2;
  }
  if (c < 0x10000) {
    put(0, 0xE0 | c >> 12);
    put(1, tail(6));
    put(2, tail(0));
    return 3;
  }
  put(0, 0xF0 | c >> 18);
  put(1, tail(12));
  put(2, tail(6));
  put(3, tail(0));
  return 4;
}

void append_utf8(std::string& to, char32_t c) {
  char bytes[4];
  to.append(bytes, encode_utf8(c, bytes));
}

DecodedUtf8 decode_utf8(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1, true};
  // Table 3-7: what the second byte may be depends on the first; the rest are 80..BF.
  unsigned length = 0;
  unsigned low = 0x80, high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {kReplacement, 1, false};
  }
  char32_t c = first & (0xFFU >> (length + 1));
  for (unsigned i = 1; i < length; ++i) {
    if (i >= text.size() - at || byte(i) < low || byte(i) > high)
      return {kReplacement, static_cast<std::uint8_t>(i), false};
    c = c << 6 | (byte(i) & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return {c, static_cast<std::uint8_t>(length), true};
}

std::size_t count_code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) count += static_cast<signed char>(c) > -65 ? 1U : 0U;
  return count;
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t good = valid_utf8_prefix(text);
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) return out;
    append_utf8(out, kReplacement);
    text.remove_prefix(decode_utf8(text).length);
  }
}

}  // namespace avila::text

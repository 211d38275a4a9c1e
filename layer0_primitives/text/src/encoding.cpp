#include <avila/text/encoding.hpp>

#include <array>
#include <cstring>

namespace avila::text {
namespace {

constexpr std::uint8_t kBad = 0xFF;
using Inverse = std::array<std::uint8_t, 256>;

constexpr Inverse inverse_of(std::string_view alphabet, bool both_cases) {
  Inverse values{};
  values.fill(kBad);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    const auto c = static_cast<unsigned char>(alphabet[i]);
    values[c] = static_cast<std::uint8_t>(i);
    if (both_cases && c >= 'A' && c <= 'Z') values[c + 32U] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::string_view kBase16 = "0123456789ABCDEF";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase32Hex = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr Inverse kFromBase16 = inverse_of(kBase16, true);
constexpr Inverse kFromBase32 = inverse_of(kBase32, true);
constexpr Inverse kFromBase32Hex = inverse_of(kBase32Hex, true);
constexpr Inverse kFromBase64 = inverse_of(kBase64, false);
constexpr Inverse kFromBase64Url = inverse_of(kBase64Url, false);

unsigned byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<unsigned char>(text[at]);
}

std::string encode16(ByteSpan bytes, std::string_view digits) {
  std::string out(bytes.size() * 2, '\0');
  char* to = out.data();
  for (const std::byte b : bytes) {
    *to++ = digits[static_cast<unsigned>(b) >> 4];
    *to++ = digits[static_cast<unsigned>(b) & 15];
  }
  return out;
}

/// Groups of `kBytes` bytes as `kChars` characters of `kBits` bits each, most significant first.
template <unsigned kBits>
struct Group {
  static constexpr unsigned kBytes = kBits == 6 ? 3 : 5;
  static constexpr unsigned kChars = kBytes * 8 / kBits;
};

template <unsigned kBits>
std::string encode(ByteSpan bytes, std::string_view alphabet, bool padded) {
  using G = Group<kBits>;
  constexpr std::uint64_t kMask = (1U << kBits) - 1;
  const std::size_t whole = bytes.size() / G::kBytes, rest = bytes.size() % G::kBytes;
  const std::size_t rest_chars = (rest * 8 + kBits - 1) / kBits;
  const std::size_t last = rest == 0 ? 0 : padded ? G::kChars : rest_chars;
  std::string out(whole * G::kChars + last, '=');
  char* to = out.data();
  const std::byte* from = bytes.data();
  for (std::size_t g = 0; g < whole; ++g, from += G::kBytes, to += G::kChars) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < G::kBytes; ++i) bits = bits << 8 | static_cast<unsigned>(from[i]);
    for (unsigned i = 0; i < G::kChars; ++i)
      to[i] = alphabet[bits >> (kBits * (G::kChars - 1 - i)) & kMask];
  }
  if (rest != 0) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < G::kBytes; ++i)
      bits = bits << 8 | (i < rest ? static_cast<unsigned>(from[i]) : 0U);
    for (unsigned i = 0; i < rest_chars; ++i)
      to[i] = alphabet[bits >> (kBits * (G::kChars - 1 - i)) & kMask];
  }
  return out;
}

template <unsigned kBits>
Result<std::string> decode(std::string_view text, const Inverse& values, Padding padding,
                           const char* name) {
  using G = Group<kBits>;
  const auto fail = [&](const char* what, std::size_t at, const char* hint = nullptr) {
    return Error(Errc::Malformed, std::string(name) + ": " + what, {.offset = at, .hint = hint});
  };
  std::size_t size = text.size();
  while (size > 0 && text[size - 1] == '=' && text.size() - size < G::kChars) --size;
  const std::size_t pads = text.size() - size;
  if (pads != 0 && padding == Padding::Forbidden) return fail("padding is not wanted here", size);
  if (pads != 0 && text.size() % G::kChars != 0)
    return fail("the length with padding is no multiple of the group", text.size());
  const std::size_t rest_chars = size % G::kChars;
  if (padding == Padding::Required && pads != (rest_chars == 0 ? 0 : G::kChars - rest_chars))
    return fail("padding is missing or too long", size, "end the last group with '='");
  const std::size_t rest = rest_chars * kBits / 8;
  // A last group whose characters hold a whole character more than its bytes need is none.
  if ((rest * 8 + kBits - 1) / kBits != rest_chars || (rest_chars == 0 && pads != 0))
    return fail("the last group is cut off", size);

  std::string out(size / G::kChars * G::kBytes + rest, '\0');
  char* to = out.data();
  const auto bad = [&](std::size_t from) {
    while (values[byte_at(text, from)] != kBad) ++from;
    return fail("a character outside the alphabet", from);
  };
  std::size_t at = 0;
  for (; at + G::kChars <= size; at += G::kChars, to += G::kBytes) {
    std::uint64_t bits = 0;
    unsigned seen = 0;
    for (unsigned i = 0; i < G::kChars; ++i) {
      const unsigned v = values[byte_at(text, at + i)];
      seen |= v;
      bits = bits << kBits | v;
    }
    if (seen >= 0x80) [[unlikely]]
      return bad(at);
    for (unsigned i = 0; i < G::kBytes; ++i)
      to[i] = static_cast<char>(bits >> (8 * (G::kBytes - 1 - i)));
  }
  if (rest_chars != 0) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < rest_chars; ++i) {
      const unsigned v = values[byte_at(text, at + i)];
      if (v == kBad) return bad(at + i);
      bits = bits << kBits | v;
    }
    const unsigned extra = static_cast<unsigned>(rest_chars * kBits - rest * 8);
    // RFC 4648 section 3.5: bits that stand for nothing must be zero, or two texts mean the same.
    if ((bits & ((std::uint64_t{1} << extra) - 1)) != 0)
      return fail("the last character has stray bits", size - 1);
    bits >>= extra;
    for (std::size_t i = 0; i < rest; ++i) to[i] = static_cast<char>(bits >> (8 * (rest - 1 - i)));
  }
  return out;
}

bool stays(unsigned char c, PercentSet keep) noexcept {
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
  const auto in = [c](const char* set) { return c != 0 && std::strchr(set, c) != nullptr; };
  switch (keep) {
    case PercentSet::Unreserved: return in("-._~");
    case PercentSet::Path: return in("-._~!$&'()*+,;=:@/");
    case PercentSet::Query: return in("-._~!$&'()*+,;=:@/?");
    case PercentSet::Form: return in("*-._");
  }
  return false;
}

}  // namespace

std::string hex_encode(ByteSpan bytes) { return encode16(bytes, kHex); }
std::string base16_encode(ByteSpan bytes) { return encode16(bytes, kBase16); }

Result<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0)
    return Error(Errc::Malformed, "hex: an odd number of digits", {.offset = text.size()});
  std::string out(text.size() / 2, '\0');
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned high = kFromBase16[byte_at(text, 2 * i)];
    const unsigned low = kFromBase16[byte_at(text, 2 * i + 1)];
    if ((high | low) == kBad)
      return Error(Errc::Malformed, "hex: not a hexadecimal digit",
                   {.offset = 2 * i + (high == kBad ? 0U : 1U)});
    out[i] = static_cast<char>(high << 4 | low);
  }
  return out;
}
Result<std::string> base16_decode(std::string_view text) { return hex_decode(text); }

std::string base64_encode(ByteSpan bytes) { return encode<6>(bytes, kBase64, true); }
std::string base64url_encode(ByteSpan bytes, bool padded) {
  return encode<6>(bytes, kBase64Url, padded);
}
std::string base32_encode(ByteSpan bytes) { return encode<5>(bytes, kBase32, true); }
std::string base32hex_encode(ByteSpan bytes) { return encode<5>(bytes, kBase32Hex, true); }

Result<std::string> base64_decode(std::string_view text, Padding padding) {
  return decode<6>(text, kFromBase64, padding, "base64");
}
Result<std::string> base64url_decode(std::string_view text, Padding padding) {
  return decode<6>(text, kFromBase64Url, padding, "base64url");
}
Result<std::string> base32_decode(std::string_view text, Padding padding) {
  return decode<5>(text, kFromBase32, padding, "base32");
}
Result<std::string> base32hex_decode(std::string_view text, Padding padding) {
  return decode<5>(text, kFromBase32Hex, padding, "base32hex");
}

std::string percent_encode(std::string_view text, PercentSet keep) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (stays(byte, keep)) {
      out += c;
    } else if (c == ' ' && keep == PercentSet::Form) {
      out += '+';
    } else {
      out += '%';
      out += kBase16[byte >> 4];
      out += kBase16[byte & 15U];
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const unsigned high = i + 2 < text.size() ? kFromBase16[byte_at(text, i + 1)] : kBad;
      const unsigned low = i + 2 < text.size() ? kFromBase16[byte_at(text, i + 2)] : kBad;
      if (high == kBad || low == kBad)
        return Error(Errc::Malformed, "percent encoding: '%' without two hexadecimal digits",
                     {.offset = i, .hint = "write a literal '%' as %25"});
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

}  // namespace avila::text

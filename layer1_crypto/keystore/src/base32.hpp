// Base32 (RFC 4648 section 6, in lower case, no padding) of secrets: without tables and branches.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/field/ct.hpp>
#include <cstdint>
#include <string_view>

namespace avila::keystore {

constexpr std::size_t base32_size(std::size_t bytes) { return (bytes * 8 + 4) / 5; }
constexpr std::size_t base32_bytes(std::size_t digits) { return digits * 5 / 8; }

/// CT but for the size. `text` has base32_size() bytes.
inline void base32_encode(ByteSpan bytes, MutableByteSpan text) noexcept {
  std::uint32_t bits = 0;
  unsigned have = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; at < text.size(); ++at) {
    if (have < 5) {
      bits = bits << 8 | (i < bytes.size() ? static_cast<std::uint32_t>(bytes[i]) : 0U);
      have += 8;
      ++i;
    }
    have -= 5;
    const std::uint32_t digit = bits >> have & 31;
    // 0…25 are 'a'…'z', 26…31 are '2'…'7'.
    const std::uint32_t number =
        static_cast<std::uint32_t>(field::ct::mask_if((25 - digit) >> 31 & 1));
    text[at] = static_cast<std::byte>(digit + 'a' - (number & ('a' + 26 - '2')));
  }
}

/// CT but for the size and the verdict. `bytes` has base32_bytes() bytes. Errors: Malformed (a
/// character of another alphabet, bits that stand for no byte).
inline Result<void> base32_decode(std::string_view text, MutableByteSpan bytes) {
  std::uint32_t bits = 0, wrong = 0;
  unsigned have = 0;
  std::size_t at = 0;
  const auto between = [](std::uint32_t c, std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>(
        ~field::ct::mask_if(((c - low) >> 31 | (high - c) >> 31) & 1));
  };
  for (const char character : text) {
    const auto c = static_cast<std::uint32_t>(static_cast<unsigned char>(character));
    const std::uint32_t lower = between(c, 'a', 'z'), upper = between(c, 'A', 'Z'),
                        number = between(c, '2', '7');
    const std::uint32_t digit =
        (lower & (c - 'a')) | (upper & (c - 'A')) | (number & (c - '2' + 26));
    wrong |= ~(lower | upper | number);
    bits = (bits << 5 | digit) & 0xfff;
    have += 5;
    if (have >= 8) {
      have -= 8;
      bytes[at++] = static_cast<std::byte>(bits >> have);
    }
  }
  wrong |= bits & ((1U << have) - 1);
  wrong |= have >= 5 ? 1U : 0U;  // a digit too many
  if (!field::ct::reveal(field::ct::is_zero(wrong)))
    return Error(Errc::Malformed, "no base32: letters and the digits 2 to 7");
  return {};
}

}  // namespace avila::keystore

#pragma once
#include <algorithm>
#include <array>
#include <avila/error/span.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace field_test {

inline std::vector<std::byte> from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(digit(text[i]) * 16 + digit(text[i + 1])));
  return bytes;
}
template <std::size_t N>
std::array<std::byte, N> array_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  std::array<std::byte, N> array{};
  std::copy_n(bytes.begin(), std::min(N, bytes.size()), array.begin());
  return array;
}
inline std::string to_hex(avila::ByteSpan bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned>(b) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned>(b) & 15];
  }
  return text;
}

}  // namespace field_test

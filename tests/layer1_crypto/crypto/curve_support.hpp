// What the tests of the curves share.
#pragma once
#include <algorithm>
#include <avila/error/span.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace crypto_test {

template <class T>
concept Printable = requires(std::ostringstream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };

/// Hex to bytes; spaces are skipped.
inline std::vector<std::byte> hex(std::string_view text) {
  std::vector<std::byte> bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::byte>(high * 16 + digit));
      high = -1;
    }
  }
  return bytes;
}

/// Whether `all` holds the bytes of `part` somewhere.
inline bool contains(avila::ByteSpan all, avila::ByteSpan part) {
  return std::search(all.begin(), all.end(), part.begin(), part.end()) != all.end();
}

/// SEQUENCE { INTEGER a, INTEGER b } of contents in hex, of lengths below 128.
inline std::vector<std::byte> der_pair(std::string_view a, std::string_view b) {
  const auto x = hex(a), y = hex(b);
  std::vector<std::byte> out = {std::byte{0x30}, static_cast<std::byte>(4 + x.size() + y.size())};
  for (const auto& number : {x, y}) {
    out.push_back(std::byte{2});
    out.push_back(static_cast<std::byte>(number.size()));
    out.insert(out.end(), number.begin(), number.end());
  }
  return out;
}

}  // namespace crypto_test

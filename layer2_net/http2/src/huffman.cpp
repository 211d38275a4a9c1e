#include "huffman.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace avila::http2::detail {

namespace {

constexpr int kEos = 256;
constexpr int kLengthMin = 5, kLengthMax = 30;

/// Bits of each symbol's code. The code is canonical: by length, then by symbol.
constexpr std::uint8_t kLengths[kEos + 1] = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,  // 0
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,  // 16
    6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,   // 32
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10,  // 48
    13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,   // 64
    7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,   // 80
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,   // 96
    6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28,  // 112
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,  // 128
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,  // 144
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,  // 160
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,  // 176
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,  // 192
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,  // 208
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,  // 224
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,  // 240
    30};

constexpr int kFastBits = 12;

struct Tables {
  std::uint32_t codes[kEos + 1]{};
  /// For each length: one past its last code, with its highest bit at bit 63, and what to add to a
  /// code to have its place in `symbols`.
  std::uint64_t end[kLengthMax + 1]{};
  std::int32_t place[kLengthMax + 1]{};
  std::uint16_t symbols[kEos + 1]{};
  /// By the next kFastBits bits: symbol and length, of codes that are not longer; else length 0.
  struct Fast {
    std::uint8_t symbol, length;
  };
  Fast fast[1 << kFastBits]{};
  bool complete = false;

  constexpr Tables() {
    std::uint32_t code = 0;
    int place_of_next = 0;
    for (int length = kLengthMin; length <= kLengthMax; ++length) {
      code <<= 1;
      place[length] = place_of_next - static_cast<std::int32_t>(code);
      for (int symbol = 0; symbol <= kEos; ++symbol) {
        if (kLengths[symbol] != length) continue;
        codes[symbol] = code;
        symbols[place_of_next++] = static_cast<std::uint16_t>(symbol);
        if (length <= kFastBits) {
          const std::uint32_t first = code << (kFastBits - length);
          for (std::uint32_t i = 0; i < (1U << (kFastBits - length)); ++i)
            fast[first + i] = {static_cast<std::uint8_t>(symbol),
                               static_cast<std::uint8_t>(length)};
        }
        ++code;
      }
      // 2^64 wraps to 0 at the last length: nothing is past it then.
      end[length] = static_cast<std::uint64_t>(code) << (64 - length);
    }
    complete = code == 1U << kLengthMax;  // Kraft's sum is 1: the lengths are those of a code
  }
};
constexpr Tables kTables;
static_assert(kTables.complete);

}  // namespace

std::size_t huffman_size(std::string_view text) noexcept {
  std::size_t bits = 0;
  for (const char c : text) bits += kLengths[static_cast<unsigned char>(c)];
  return (bits + 7) / 8;
}

void huffman_encode(std::string& out, std::string_view text) {
  std::uint64_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto symbol = static_cast<unsigned char>(c);
    bits = bits << kLengths[symbol] | kTables.codes[symbol];
    count += kLengths[symbol];
    while (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count);
    }
  }
  if (count > 0) out += static_cast<char>(bits << (8 - count) | 0xFFU >> count);
}

Result<void> huffman_decode(ByteSpan code, std::string& out) {
  out.resize(code.size() * 8 / kLengthMin);  // no symbol is shorter
  char* to = out.data();
  std::uint64_t bits = 0;  // the next ones at the top, zeros behind
  int count = 0;
  std::size_t at = 0;
  while (true) {
    while (count <= 56 && at < code.size()) {
      bits |= static_cast<std::uint64_t>(code[at++]) << (56 - count);
      count += 8;
    }
    const Tables::Fast fast = kTables.fast[bits >> (64 - kFastBits)];
    int length = fast.length;
    int symbol = fast.symbol;
    if (length == 0) {
      length = kFastBits + 1;
      while (length < kLengthMax && bits >= kTables.end[length]) ++length;
      const auto value = static_cast<std::int32_t>(bits >> (64 - length));
      symbol = kTables.symbols[value + kTables.place[length]];
    }
    if (length > count) break;  // the padding, or a code that is cut
    if (symbol == kEos) return Error(Errc::Malformed, "EOS in a Huffman-coded string");
    *to++ = static_cast<char>(symbol);
    bits <<= length;
    count -= length;
  }
  // RFC 7541 section 5.2: the first bits of EOS, which are ones, and fewer than 8.
  if (count >= 8 || (count > 0 && bits >> (64 - count) != (1U << count) - 1))
    return Error(Errc::Malformed, "bad padding of a Huffman-coded string");
  out.resize(static_cast<std::size_t>(to - out.data()));
  return {};
}

}  // namespace avila::http2::detail

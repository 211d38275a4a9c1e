// What a Brotli meta-block is a list of: literals, then a copy; and the symbols for them (RFC 7932,
// sections 4 and 5).
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace avila::compress::detail::brotli {

struct Command {
  std::uint32_t insert, copy;      // lengths; copy 0: the literals at the end
  std::uint32_t size;              // of what the copy gives: of a word more or less than its length
  std::uint16_t symbol, distance;  // kNoDistance: implied by the symbol
  std::uint32_t distance_extra;
};

/// The window that the encoder says.
inline constexpr unsigned kWindowBits = 22;
inline constexpr std::size_t kWindow = (std::size_t{1} << kWindowBits) - 16;
inline constexpr std::uint16_t kNoDistance = 0xFFFF;
inline constexpr unsigned kDistanceCodes = 64;  // without direct ones or postfix

using Ring = std::array<std::uint32_t, 4>;  // the last distance first

// Of lengths below 134, where a branch for each kind would often be guessed wrongly.
inline constexpr auto kShortInsertCodes = [] {
  std::array<std::uint8_t, 130> codes{};
  for (unsigned length = 0; length < codes.size(); ++length) {
    const unsigned bits = length < 6 ? 0 : static_cast<unsigned>(std::bit_width(length - 2)) - 2;
    codes[length] =
        static_cast<std::uint8_t>(length < 6 ? length : (bits << 1) + ((length - 2) >> bits) + 2);
  }
  return codes;
}();
inline constexpr auto kShortCopyCodes = [] {
  std::array<std::uint8_t, 134> codes{};
  for (unsigned length = 2; length < codes.size(); ++length) {
    const unsigned bits = length < 10 ? 0 : static_cast<unsigned>(std::bit_width(length - 6)) - 2;
    codes[length] = static_cast<std::uint8_t>(
        length < 10 ? length - 2 : (bits << 1) + ((length - 6) >> bits) + 4);
  }
  return codes;
}();
inline unsigned insert_code(std::uint32_t length) {
  if (length < kShortInsertCodes.size()) return kShortInsertCodes[length];
  if (length < 2114) return static_cast<unsigned>(std::bit_width(length - 66)) + 9;
  return length < 6210 ? 21 : length < 22594 ? 22 : 23;
}
inline unsigned copy_code(std::uint32_t length) {
  if (length < kShortCopyCodes.size()) return kShortCopyCodes[length];
  if (length < 2118) return static_cast<unsigned>(std::bit_width(length - 70)) + 11;
  return 23;
}
inline unsigned command_symbol(unsigned insert, unsigned copy, bool last_distance) {
  const unsigned low = (insert & 7) << 3 | (copy & 7);
  if (last_distance && insert < 8 && copy < 16) return (copy < 8 ? 0 : 64) | low;
  static constexpr std::uint16_t kCell[3][3] = {{128, 192, 384}, {256, 320, 512}, {448, 576, 640}};
  return kCell[insert >> 3][copy >> 3] + low;
}

/// Section 7.2.
inline unsigned distance_context(std::uint32_t copy) { return copy < 5 ? copy - 2 : 3; }
/// The symbol of a distance that is none of the last ones, and its extra bits.
inline unsigned far_distance_symbol(std::uint32_t distance, std::uint32_t& extra) {
  const auto bits = static_cast<unsigned>(std::bit_width(distance + 3)) - 2;
  extra = (distance + 3) & ((1U << bits) - 1);
  return 16 + 2 * (bits - 1) + ((distance + 3) >> bits & 1);
}
inline unsigned distance_extra_bits(unsigned symbol) {
  return symbol < 16 ? 0 : 1 + ((symbol - 16) >> 1);
}
// The symbol of a distance, and the ring as the reader has it after that.
inline unsigned distance_symbol(Ring& ring, std::uint32_t distance, std::uint32_t& extra) {
  extra = 0;
  if (distance == ring[0]) return 0;
  const Ring before = ring;
  ring = {distance, before[0], before[1], before[2]};
  for (unsigned i = 1; i < 4; ++i)
    if (distance == before[i]) return i;
  static constexpr std::uint8_t kNear[2][7] = {{8, 6, 4, 0, 5, 7, 9}, {14, 12, 10, 1, 11, 13, 15}};
  for (unsigned i = 0; i < 2; ++i)
    if (distance + 3 - before[i] <= 6) return kNear[i][distance + 3 - before[i]];
  return far_distance_symbol(distance, extra);
}

}  // namespace avila::compress::detail::brotli

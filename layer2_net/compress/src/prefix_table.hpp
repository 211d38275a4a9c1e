// Tables that decode prefix codes whose first bit is the lowest, in one step or two.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace avila::compress::detail {

/// The code after `code`, of `length` bits, with the first bit of the code lowest.
constexpr std::uint32_t next_reversed(std::uint32_t code, unsigned length) {
  const std::uint32_t zeros = ~code & ((1U << length) - 1);
  if (zeros == 0) return 0;
  const std::uint32_t bit = std::bit_floor(zeros);
  return (code & (bit - 1)) | bit;
}

/// An entry is symbol << 16 | code length or, where kLink is set, the second table's place from
/// the first one's << 16 | its bits << 8 | kRootBits.
struct PrefixTable {
  static constexpr std::uint32_t kLink = 1U << 15;
  static constexpr unsigned kRootBits = 9;
  /// Appends the table of a complete code of at most 15 bits, or of one symbol of no bits.
  static void append(std::span<const std::uint8_t> lengths, std::vector<std::uint32_t>& out);
  static void append_single(std::uint32_t symbol, std::vector<std::uint32_t>& out) {
    out.insert(out.end(), std::size_t{1} << kRootBits, symbol << 16);
  }
};

}  // namespace avila::compress::detail

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

/// An entry is what the caller says of the symbol plus its code length or, where kLink is set, the
/// second table's place from the first one's << 16 | its bits << 8 | kRootBits.
struct PrefixTable {
  static constexpr std::uint32_t kLink = 1U << 15;
  static constexpr unsigned kRootBits = 9;
  static constexpr std::size_t kMaxSymbols = 704;
  /// Appends the table of a complete code of at most 15 bits. A symbol's entry is
  /// `values[symbol] + code length * per_bit`.
  static void append(std::span<const std::uint8_t> lengths, const std::uint32_t* values,
                     std::uint32_t per_bit, std::vector<std::uint32_t>& out);
  /// Of one symbol of no bits.
  static void append_single(std::uint32_t value, std::vector<std::uint32_t>& out) {
    out.insert(out.end(), std::size_t{1} << kRootBits, value);
  }
};

}  // namespace avila::compress::detail

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

/// The symbols of a code with the lengths of theirs, in order.
struct PrefixLengths {
  static constexpr std::size_t kMaxSymbols = 704;
  static constexpr unsigned kLongest = 15;
  std::size_t used = 0;
  std::array<std::uint16_t, kMaxSymbols + 1> symbols;
  std::array<std::uint8_t, kMaxSymbols + 1> lengths;
  std::array<std::uint16_t, kLongest + 1> counts{};  // of each length

  /// Of length 0: without a code.
  void add(unsigned symbol, unsigned length) noexcept {
    symbols[used] = static_cast<std::uint16_t>(symbol);
    lengths[used] = static_cast<std::uint8_t>(length);
    ++counts[length];
    used += length != 0 ? 1 : 0;
  }
};

/// An entry is what the caller says of the symbol plus its code length or, where kLink is set, the
/// second table's place from the first one's << 16 | its bits << 8 | kRootBits.
struct PrefixTable {
  static constexpr std::uint32_t kLink = 1U << 15;
  static constexpr unsigned kRootBits = 9;
  static constexpr std::size_t kRoot = std::size_t{1} << kRootBits;
  /// Makes the table of a complete code of at least two symbols: the first one at `start` of
  /// `tables`, where kRoot entries are, and second ones behind its end. A symbol's entry is
  /// `values[symbol] + code length * per_bit`.
  static void make(const PrefixLengths& code, const std::uint32_t* values, std::uint32_t per_bit,
                   std::vector<std::uint32_t>& tables, std::size_t start);
};

}  // namespace avila::compress::detail

#include "prefix_table.hpp"

#include <cstring>

namespace avila::compress::detail {

void PrefixTable::make(const PrefixLengths& lengths, const std::uint32_t* values,
                       std::uint32_t per_bit, std::vector<std::uint32_t>& tables,
                       std::size_t start) {
  constexpr unsigned kLongest = PrefixLengths::kLongest;
  auto counts = lengths.counts;
  std::array<std::uint16_t, kLongest + 2> first{};
  for (unsigned l = 1; l <= kLongest; ++l)
    first[l + 1] = static_cast<std::uint16_t>(first[l] + counts[l]);
  std::array<std::uint16_t, PrefixLengths::kMaxSymbols> sorted;
  for (std::size_t i = 0; i < lengths.used; ++i)
    sorted[first[lengths.lengths[i]]++] = lengths.symbols[i];
  std::uint32_t code = 0;
  std::size_t at = 0;
  // What is there of a table for codes of up to a bit less is what both halves of this one have.
  std::uint32_t* const root = tables.data() + start;
  for (unsigned length = 1; length <= kRootBits; ++length) {
    const std::size_t half = std::size_t{1} << (length - 1);
    std::memcpy(root + half, root, half * sizeof *root);
    for (unsigned n = counts[length]; n != 0; --n, ++at) {
      root[code] = values[sorted[at]] + length * per_bit;
      code = next_reversed(code, length);
    }
  }
  constexpr std::uint32_t kSize = 1U << kRootBits;
  std::uint32_t prefix = ~0U;
  std::size_t sub_start = 0;
  unsigned sub_bits = 0;
  for (unsigned length = kRootBits + 1; length <= kLongest; ++length)
    for (; counts[length] != 0; --counts[length], ++at) {
      if ((code & (kSize - 1)) != prefix) {
        prefix = code & (kSize - 1);
        sub_bits = length - kRootBits;
        std::int32_t room = 1 << sub_bits;
        for (unsigned l = length;; ++l, ++sub_bits, room *= 2) {
          room -= counts[l];
          if (room <= 0 || l == kLongest) break;
        }
        sub_start = tables.size();
        tables.resize(sub_start + (std::size_t{1} << sub_bits));
        tables[start + prefix] =
            static_cast<std::uint32_t>(sub_start - start) << 16 | kLink | sub_bits << 8 | kRootBits;
      }
      const std::uint32_t entry = values[sorted[at]] + (length - kRootBits) * per_bit;
      for (std::uint32_t i = code >> kRootBits; i < 1U << sub_bits; i += 1U << (length - kRootBits))
        tables[sub_start + i] = entry;
      code = next_reversed(code, length);
    }
}

}  // namespace avila::compress::detail

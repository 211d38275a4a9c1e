#include "prefix_table.hpp"

namespace avila::compress::detail {

void PrefixTable::append(std::span<const std::uint8_t> lengths, const std::uint32_t* values,
                         std::uint32_t per_bit, std::vector<std::uint32_t>& out) {
  constexpr unsigned kLongest = 15;
  std::array<std::uint16_t, kLongest + 1> counts{};
  for (const std::uint8_t length : lengths) ++counts[length];
  counts[0] = 0;
  std::array<std::uint16_t, kLongest + 2> first{};
  for (unsigned l = 1; l <= kLongest; ++l)
    first[l + 1] = static_cast<std::uint16_t>(first[l] + counts[l]);
  std::array<std::uint16_t, kMaxSymbols> sorted;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (lengths[i] != 0) sorted[first[lengths[i]]++] = static_cast<std::uint16_t>(i);
  const std::size_t start = out.size();
  constexpr std::uint32_t kSize = 1U << kRootBits;
  out.resize(start + kSize);
  std::uint32_t code = 0;
  std::size_t at = 0;
  for (unsigned length = 1; length <= kRootBits; ++length)
    for (unsigned n = counts[length]; n != 0; --n, ++at) {
      const std::uint32_t entry = values[sorted[at]] + length * per_bit;
      for (std::uint32_t i = code; i < kSize; i += 1U << length) out[start + i] = entry;
      code = next_reversed(code, length);
    }
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
        sub_start = out.size();
        out.resize(sub_start + (std::size_t{1} << sub_bits));
        out[start + prefix] =
            static_cast<std::uint32_t>(sub_start - start) << 16 | kLink | sub_bits << 8 | kRootBits;
      }
      const std::uint32_t entry = values[sorted[at]] + (length - kRootBits) * per_bit;
      for (std::uint32_t i = code >> kRootBits; i < 1U << sub_bits; i += 1U << (length - kRootBits))
        out[sub_start + i] = entry;
      code = next_reversed(code, length);
    }
}

}  // namespace avila::compress::detail

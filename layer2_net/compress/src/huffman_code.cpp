#include "huffman_code.hpp"

#include <algorithm>
#include <array>
#include <avila/error/assert.hpp>

namespace avila::compress::detail {

void huffman_lengths(std::span<const std::uint32_t> frequencies, unsigned longest,
                     std::uint8_t* lengths) noexcept {
  constexpr unsigned kMaxSymbols = 1024, kDeepest = 64;
  AVILA_ASSERT(frequencies.size() <= kMaxSymbols);
  // Frequency above, symbol below: one number to sort by.
  std::array<std::uint64_t, kMaxSymbols> sorted;
  unsigned count = 0;
  std::uint32_t most = 0;
  for (unsigned i = 0; i < frequencies.size(); ++i) {
    lengths[i] = 0;
    sorted[count] = std::uint64_t{frequencies[i]} << 16 | i;
    count += frequencies[i] != 0 ? 1 : 0;
    most = std::max(most, frequencies[i]);
  }
  if (count <= 1) {
    if (count == 1) lengths[sorted[0] & 0xFFFF] = 1;
    return;
  }
  // Byte by byte of the frequency, from the lowest on.
  for (unsigned shift = 16; most != 0; most >>= 8, shift += 8) {
    std::array<std::uint64_t, kMaxSymbols> from;
    std::copy_n(sorted.begin(), count, from.begin());
    std::array<std::uint16_t, 257> starts{};
    for (unsigned i = 0; i < count; ++i) ++starts[(from[i] >> shift & 0xFF) + 1];
    for (unsigned i = 1; i < 256; ++i)
      starts[i] = static_cast<std::uint16_t>(starts[i] + starts[i - 1]);
    for (unsigned i = 0; i < count; ++i) sorted[starts[from[i] >> shift & 0xFF]++] = from[i];
  }

  // The two-queue construction: leaves in order, and inner nodes in the order they are made.
  std::array<std::uint64_t, kMaxSymbols> weight;
  std::array<std::uint16_t, kMaxSymbols> parent;  // of inner nodes
  std::array<std::uint16_t, kMaxSymbols> leaf_parent;
  unsigned leaf = 0, inner = 0;
  for (unsigned made = 0; made + 1 < count; ++made) {
    std::uint64_t sum = 0;
    for (int side = 0; side < 2; ++side) {
      if (leaf < count && (inner == made || sorted[leaf] >> 16 <= weight[inner])) {
        sum += sorted[leaf] >> 16;
        leaf_parent[leaf++] = static_cast<std::uint16_t>(made);
      } else {
        sum += weight[inner];
        parent[inner++] = static_cast<std::uint16_t>(made);
      }
    }
    weight[made] = sum;
  }
  std::array<std::uint8_t, kMaxSymbols> depth;
  const unsigned root = count - 2;
  depth[root] = 0;
  for (unsigned i = root; i-- > 0;)
    depth[i] = static_cast<std::uint8_t>(std::min<unsigned>(depth[parent[i]] + 1U, kDeepest - 1));
  std::array<std::uint32_t, kDeepest + 1> counts{};
  for (unsigned i = 0; i < count; ++i)
    ++counts[std::min<unsigned>(depth[leaf_parent[i]] + 1U, longest)];

  // What was cut to `longest` overfills the code: in units of 2^-longest, shorter codes are made
  // longer, the longest of them first, until it fits.
  std::int64_t over = -(std::int64_t{1} << longest);
  for (unsigned l = 1; l <= longest; ++l) over += std::int64_t{counts[l]} << (longest - l);
  while (over > 0) {
    unsigned l = longest - 1;
    while (counts[l] == 0) --l;
    --counts[l], ++counts[l + 1];
    over -= std::int64_t{1} << (longest - l - 1);
  }
  for (unsigned l = longest; over < 0 && l > 1;) {  // room that is left shortens the longest
    const std::int64_t gain = std::int64_t{1} << (longest - l);
    if (counts[l] != 0 && gain <= -over) {
      --counts[l], ++counts[l - 1];
      over += gain;
    } else {
      --l;
    }
  }
  AVILA_ASSERT(over == 0);
  unsigned at = 0;  // the rarest symbols get the longest codes
  for (unsigned l = longest; l > 0; --l)
    for (unsigned n = counts[l]; n != 0; --n)
      lengths[sorted[at++] & 0xFFFF] = static_cast<std::uint8_t>(l);
}

void canonical_codes(std::span<const std::uint8_t> lengths, std::uint16_t* codes) noexcept {
  std::array<std::uint32_t, 17> next{};
  for (const std::uint8_t length : lengths) ++next[length + 1U];
  next[1] = 0;
  std::array<std::uint32_t, 17> first{};
  for (unsigned l = 1; l < 16; ++l) first[l + 1] = (first[l] + next[l + 1]) << 1;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const unsigned length = lengths[i];
    if (length == 0) {
      codes[i] = 0;
      continue;
    }
    std::uint32_t reversed = first[length]++ << (16 - length);
    reversed = (reversed >> 8 & 0x00FF) | (reversed & 0x00FF) << 8;
    reversed = (reversed >> 4 & 0x0F0F) | (reversed & 0x0F0F) << 4;
    reversed = (reversed >> 2 & 0x3333) | (reversed & 0x3333) << 2;
    reversed = (reversed >> 1 & 0x5555) | (reversed & 0x5555) << 1;
    codes[i] = static_cast<std::uint16_t>(reversed);
  }
}

}  // namespace avila::compress::detail

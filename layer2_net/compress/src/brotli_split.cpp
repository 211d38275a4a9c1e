#include "brotli_split.hpp"

#include <algorithm>
#include <array>

#include "brotli_codes.hpp"

namespace avila::compress::detail::brotli {
namespace {

constexpr std::int64_t kSwitchBits = 20;  // of a type and a length

}  // namespace

Split split_blocks(std::span<const std::uint16_t> symbols, unsigned alphabet, std::size_t part,
                   unsigned most_types, unsigned type_bits) {
  struct Type {
    std::vector<std::uint32_t> counts;
    std::int64_t cost;
  };
  std::vector<Type> types;
  std::vector<std::uint8_t> type_of;  // of each part
  std::vector<std::uint32_t> counts(alphabet), both(alphabet);
  const auto with = [&](const Type& type) {
    for (unsigned i = 0; i < alphabet; ++i) both[i] = type.counts[i] + counts[i];
    return code_cost(both);
  };
  for (const bool again : {false, true}) {  // with the types known, each part chooses once more
    for (std::size_t at = 0, p = 0; at < symbols.size(); at += part, ++p) {
      std::fill(counts.begin(), counts.end(), 0);
      for (const std::uint16_t symbol : symbols.subspan(at, std::min(part, symbols.size() - at)))
        ++counts[symbol];
      if (again) {
        Type& mine = types[type_of[p]];
        for (unsigned i = 0; i < alphabet; ++i) mine.counts[i] -= counts[i];
        mine.cost = code_cost(mine.counts);
      }
      std::size_t best = types.size();
      std::int64_t least = again || types.size() == most_types
                               ? INT64_MAX
                               : code_cost(counts) + 256 * (kSwitchBits + type_bits);
      for (std::size_t t = 0; t < types.size(); ++t) {
        const bool stays = p != 0 && type_of[p - 1] == t;
        const std::int64_t more = with(types[t]) - types[t].cost + (stays ? 0 : 256 * kSwitchBits);
        if (more < least) least = more, best = t;
      }
      if (best == types.size()) types.push_back({std::vector<std::uint32_t>(alphabet), 0});
      types[best].cost = with(types[best]);
      types[best].counts = both;
      if (again)
        type_of[p] = static_cast<std::uint8_t>(best);
      else
        type_of.push_back(static_cast<std::uint8_t>(best));
    }
  }
  // Numbered as they come: the first is 0.
  Split split;
  std::array<int, kMostBlockTypes> number;
  number.fill(-1);
  split.types = 0;
  for (std::size_t p = 0; p < type_of.size(); ++p) {
    int& type = number[type_of[p]];
    if (type < 0) type = static_cast<int>(split.types++);
    const auto size = static_cast<std::uint32_t>(std::min(part, symbols.size() - p * part));
    if (p != 0 && type_of[p] == type_of[p - 1])
      split.blocks.back().length += size;
    else
      split.blocks.push_back({static_cast<std::uint8_t>(type), size});
  }
  if (split.types <= 1) return {};
  return split;
}

}  // namespace avila::compress::detail::brotli

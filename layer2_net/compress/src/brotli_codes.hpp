// How the Brotli encoder describes prefix codes and context maps.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "bit_writer.hpp"
#include "brotli_format.hpp"

namespace avila::compress::detail::brotli {

struct EncodedCode {
  std::array<std::uint8_t, kCommands> lengths{};
  std::array<std::uint16_t, kCommands> codes{};
  /// Makes a code of the counts and writes it, section 3.4 or 3.5. At most 2 KiB.
  void write(BitWriter& writer, std::span<const std::uint32_t> counts, unsigned alphabet);
};

/// A number of 1 to 256, section 9.2.
void write_count(BitWriter& writer, unsigned value);
void write_context_map(BitWriter& writer, std::span<const std::uint8_t> map, unsigned trees);

/// Merges contexts whose literals are alike: `counts` becomes one table a code, `map` says which.
/// Where not `thorough`, those with the same last byte are taken to be alike.
void cluster_contexts(std::vector<std::array<std::uint32_t, 256>>& counts,
                      std::array<std::uint8_t, 64>& map, bool thorough);

}  // namespace avila::compress::detail::brotli

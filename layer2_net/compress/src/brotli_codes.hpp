// How the Brotli encoder describes prefix codes, context maps and blocks.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "bit_writer.hpp"
#include "brotli_format.hpp"
#include "brotli_split.hpp"
#include "brotli_symbols.hpp"

namespace avila::compress::detail::brotli {

struct EncodedCode {
  std::array<std::uint8_t, kCommands> lengths{};
  std::array<std::uint16_t, kCommands> codes{};
  /// Makes a code of the counts and writes it, section 3.4 or 3.5. At most 2 KiB.
  void write(BitWriter& writer, std::span<const std::uint32_t> counts, unsigned alphabet,
             unsigned longest = 15);
};

/// A number of 1 to 256, section 9.2.
void write_count(BitWriter& writer, unsigned value);
/// The number of trees, and where there are several which context has which, section 7.3.
void write_context_map(BitWriter& writer, std::span<const std::uint8_t> map, std::size_t trees);

/// What symbols take with a code of their own, and it, in 256ths of a bit.
std::int64_t code_cost(std::span<const std::uint32_t> counts);

struct ClusterEffort {
  bool last_only;        // contexts with the same last byte are taken to be alike
  std::int64_t reading;  // what the time to read a code is worth, in 256ths of a bit
};
/// Merges contexts whose literals are alike: `counts` becomes one table a code, `map` says which.
/// There are 64 for each type of block. Gives what they take, in 256ths of a bit.
std::int64_t cluster_contexts(std::vector<std::array<std::uint32_t, 256>>& counts,
                              std::vector<std::uint8_t>& map, ClusterEffort effort);
using DistanceCounts = std::array<std::uint32_t, kDistanceCodes>;
/// The same for distances, whose contexts are four lengths of copies.
void cluster_distances(std::vector<DistanceCounts>& counts, std::vector<std::uint8_t>& map);

/// Writes where blocks begin.
class BlockWriter {
 public:
  explicit BlockWriter(const Split& split) : split_(split), walk_(split) {}
  /// The number of types, and what 9.2 has with it.
  void write_header(BitWriter& writer);
  /// Before each symbol; its type.
  unsigned step(BitWriter& writer) {
    if (walk_.step()) write_switch(writer);
    return walk_.type();
  }

 private:
  void write_switch(BitWriter& writer);
  void write_length(BitWriter& writer, std::uint32_t length);

  const Split& split_;
  BlockWalk walk_;
  EncodedCode type_code_, length_code_;
  unsigned last_ = 0, before_ = 1;
};

}  // namespace avila::compress::detail::brotli

// Zstandard dictionaries, section 5: entropy tables, offsets and content, or content alone.
#pragma once
#include <avila/error/result.hpp>

#include "zstd_huffman.hpp"

namespace avila::compress::detail::zstd {

/// A decoding table of sequence codes, 3.1.1.3.2: what a state stands for and leads to.
struct SequenceState {
  std::uint32_t base;  // of the value, to which `extra` bits are added
  std::uint16_t next;  // state, to which `bits` bits are added
  std::uint8_t bits;
  std::uint8_t extra;
};
struct SequenceTable {
  std::array<SequenceState, 1U << kLitLengthLog> states;
  unsigned log = 0;
  bool ready = false;
};

enum class SequenceKind : std::uint8_t { LitLength, Offset, MatchLength };

void build_sequence_table(SequenceKind kind, std::span<const std::int16_t> counts, unsigned log,
                          SequenceTable& table);
/// All states stand for one code.
void build_rle_table(SequenceKind kind, unsigned code, SequenceTable& table);
constexpr unsigned codes_of(SequenceKind kind) {
  return kind == SequenceKind::LitLength ? kLitLengthCodes
         : kind == SequenceKind::Offset  ? kOffsetCodes
                                         : kMatchLengthCodes;
}
constexpr unsigned log_limit(SequenceKind kind) {
  return kind == SequenceKind::Offset ? kOffsetLog : kLitLengthLog;
}

/// What blocks begin with and may repeat.
struct Entropy {
  HuffmanDecoder literals;
  SequenceTable tables[3];  // by SequenceKind
  std::array<std::uint32_t, 3> offsets = {1, 4, 8};
};

/// Where the parts of a dictionary lie; id 0 and all content when it is raw.
struct DictionaryParts {
  std::uint32_t id = 0;
  ByteSpan content;
  std::array<std::uint32_t, 3> offsets = {1, 4, 8};
  ByteSpan huffman;                  // its description and what follows
  FseDistribution distributions[3];  // by SequenceKind
  bool formatted = false;
};
Result<DictionaryParts> parse_dictionary(ByteSpan dictionary, Entropy* entropy);

}  // namespace avila::compress::detail::zstd

#include "zstd_dictionary.hpp"

#include "core.hpp"

namespace avila::compress::detail::zstd {
namespace {

SequenceState meaning(SequenceKind kind, unsigned code) {
  switch (kind) {
    case SequenceKind::LitLength: return {kLitLengthBase[code], 0, 0, kLitLengthExtra[code]};
    case SequenceKind::MatchLength: return {kMatchLengthBase[code], 0, 0, kMatchLengthExtra[code]};
    case SequenceKind::Offset: break;
  }
  return {1U << code, 0, 0, static_cast<std::uint8_t>(code)};
}

}  // namespace

void build_sequence_table(SequenceKind kind, std::span<const std::int16_t> counts, unsigned log,
                          SequenceTable& table) {
  std::array<SequenceState, kMatchLengthCodes> meanings;
  for (unsigned code = 0; code < counts.size(); ++code) meanings[code] = meaning(kind, code);
  for_each_fse_state(counts, log, [&](std::uint32_t i, FseState state) {
    SequenceState& to = table.states[i];
    to = meanings[state.symbol];
    to.next = state.base;
    to.bits = state.bits;
  });
  table.log = log;
  table.ready = true;
}

void build_rle_table(SequenceKind kind, unsigned code, SequenceTable& table) {
  table.states[0] = meaning(kind, code);
  table.log = 0;
  table.ready = true;
}

Result<DictionaryParts> parse_dictionary(ByteSpan dictionary, Entropy* entropy) {
  DictionaryParts parts;
  if (dictionary.size() < 8 || load_le32(dictionary.data()) != kDictionaryMagic) {
    parts.content = dictionary;
    return parts;
  }
  const auto bad = [] { return Error(StreamError::Damaged, "zstd: the dictionary is damaged"); };
  parts.formatted = true;
  parts.id = load_le32(dictionary.data() + 4);
  ByteSpan rest = dictionary.subspan(8);
  parts.huffman = rest;
  HuffmanDecoder huffman;
  const auto used = huffman.read(rest);
  if (!used.has_value()) return bad();
  rest = rest.subspan(*used);
  for (const SequenceKind kind :
       {SequenceKind::Offset, SequenceKind::MatchLength, SequenceKind::LitLength}) {
    FseDistribution& distribution = parts.distributions[static_cast<std::size_t>(kind)];
    const auto size = read_fse_distribution(rest, log_limit(kind), codes_of(kind), distribution);
    if (!size.has_value()) return bad();
    rest = rest.subspan(*size);
    if (entropy != nullptr)
      build_sequence_table(kind, {distribution.counts, distribution.symbols}, distribution.log,
                           entropy->tables[static_cast<std::size_t>(kind)]);
  }
  if (rest.size() < 12) return bad();
  for (std::size_t i = 0; i < 3; ++i) parts.offsets[i] = load_le32(rest.data() + 4 * i);
  parts.content = rest.subspan(12);
  for (const std::uint32_t offset : parts.offsets)
    if (offset == 0 || offset > parts.content.size()) return bad();
  if (entropy != nullptr) {
    entropy->literals = huffman;
    entropy->offsets = parts.offsets;
  }
  return parts;
}

}  // namespace avila::compress::detail::zstd

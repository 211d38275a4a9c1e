#include "zstd_block.hpp"

#include <algorithm>

namespace avila::compress::detail::zstd {
namespace {

constexpr auto kLitLengthCode = [] {  // of lengths below 64
  std::array<std::uint8_t, 64> codes{};
  for (unsigned i = 0; i < 64; ++i)
    for (unsigned c = 0; c < kLitLengthCodes; ++c)
      if (kLitLengthBase[c] <= i) codes[i] = static_cast<std::uint8_t>(c);
  return codes;
}();
constexpr auto kMatchLengthCode = [] {  // of lengths below 131, less 3
  std::array<std::uint8_t, 128> codes{};
  for (unsigned i = 0; i < 128; ++i)
    for (unsigned c = 0; c < kMatchLengthCodes; ++c)
      if (kMatchLengthBase[c] <= i + 3) codes[i] = static_cast<std::uint8_t>(c);
  return codes;
}();
inline unsigned lit_length_code(std::uint32_t length) {
  return length < 64 ? kLitLengthCode[length] : static_cast<unsigned>(std::bit_width(length)) + 18;
}
inline unsigned match_length_code(std::uint32_t length) {
  return length < 131 ? kMatchLengthCode[length - 3]
                      : static_cast<unsigned>(std::bit_width(length - 3)) + 35;
}

// The predefined codes, 3.1.1.3.2.2.
const std::array<SequenceCode, 3>& predefined() {
  static const auto all = [] {
    std::array<SequenceCode, 3> codes;
    const auto set = [](SequenceCode& code, std::span<const std::int16_t> counts, unsigned log) {
      std::copy(counts.begin(), counts.end(), code.distribution.counts);
      code.distribution.symbols = static_cast<unsigned>(counts.size());
      code.distribution.log = log;
      code.encoder.build(code.distribution);
      code.ready = true;
    };
    set(codes[0], kLitLengthDefault, kLitLengthDefaultLog);
    set(codes[1], kOffsetDefault, kOffsetDefaultLog);
    set(codes[2], kMatchLengthDefault, kMatchLengthDefaultLog);
    return codes;
  }();
  return all;
}

void put_block_header(std::byte* at, unsigned type, std::size_t size, bool last) {
  const auto word = static_cast<std::uint32_t>(size << 3 | type << 1 | (last ? 1U : 0U));
  for (unsigned i = 0; i < 3; ++i) at[i] = static_cast<std::byte>(word >> (8 * i) & 0xFF);
}

}  // namespace

std::array<std::uint8_t, 3> symbols_of(const Sequence& sequence) {
  return {static_cast<std::uint8_t>(lit_length_code(sequence.literals)),
          static_cast<std::uint8_t>(std::bit_width(sequence.offset_value) - 1),
          static_cast<std::uint8_t>(match_length_code(sequence.length))};
}

BlockWriter::BlockWriter() { literals_.resize(kMaxBlock + 64); }

void BlockWriter::start_frame(const DictionaryParts& parts) {
  huffman_.ready = false;
  for (auto& code : codes_) code.ready = false;
  for (std::size_t i = 0; parts.formatted && i < 3; ++i) {
    codes_[i].distribution = parts.distributions[i];
    codes_[i].encoder.build(codes_[i].distribution);
    codes_[i].ready = true;
  }
}

bool BlockWriter::write(ByteSpan content, std::span<const Sequence> sequences, bool last,
                        Sink& out) {
  const std::size_t start = out.size();
  out.resize(start + 3);
  if (!content.empty() &&
      std::all_of(content.begin(), content.end(), [&](std::byte b) { return b == content[0]; })) {
    put_block_header(out.data() + start, 1, content.size(), last);
    out.push_back(content[0]);
    return false;
  }
  const bool smaller =
      compressed(content, sequences, out) && out.size() - start - 3 < content.size();
  if (smaller) {
    put_block_header(out.data() + start, 2, out.size() - start - 3, last);
    if (new_huffman_) huffman_ = next_huffman_;
    return true;
  }
  // Codes that only this block had are not the reader's.
  for (auto& code : codes_) code.ready = false;
  out.resize(start + 3);
  put_block_header(out.data() + start, 0, content.size(), last);
  append(out, content);
  return false;
}

bool BlockWriter::compressed(ByteSpan content, std::span<const Sequence> sequences, Sink& out) {
  new_huffman_ = false;
  if (content.size() < 16) return false;
  // The literals, together. Up to 16 bytes beyond each run are copied while the content goes on.
  std::size_t count = 0, at = 0;
  for (const Sequence& sequence : sequences) {
    const std::size_t n = sequence.literals;
    if (content.size() - at >= n + 16) {
      for (std::size_t i = 0; i < n; i += 16)
        std::memcpy(literals_.data() + count + i, content.data() + at + i, 16);
    } else if (n != 0) {
      std::memcpy(literals_.data() + count, content.data() + at, n);
    }
    count += n;
    at += n + sequence.length;
  }
  if (at != content.size())
    std::memcpy(literals_.data() + count, content.data() + at, content.size() - at);
  count += content.size() - at;
  literals_.resize(count);
  write_literals(out);
  literals_.resize(kMaxBlock + 64);
  write_sequences(sequences, out);
  return true;
}

// 3.1.1.3.2.1: picks the cheapest way to code one kind, and writes its table.
TableMode BlockWriter::choose(SequenceKind kind, std::span<const std::uint32_t> counts,
                              std::size_t total, Sink& out) {
  const auto i = static_cast<std::size_t>(kind);
  unsigned last = 0, used = 0;
  for (unsigned s = 0; s < counts.size(); ++s)
    if (counts[s] != 0) last = s, ++used;
  const std::uint64_t plain = fse_cost(counts, predefined()[i].distribution);
  if (used == 1 && (total > 2 || plain == ~std::uint64_t{0})) {
    out.push_back(static_cast<std::byte>(last));
    encoders_[i] = nullptr;
    codes_[i].ready = false;
    return TableMode::Rle;
  }
  const std::uint64_t repeat =
      codes_[i].ready ? fse_cost(counts, codes_[i].distribution) : ~std::uint64_t{0};
  std::uint64_t own = ~std::uint64_t{0};
  FseDistribution distribution;
  const std::size_t start = out.size();
  if (used > 1) {
    const unsigned log = suitable_fse_log(total, last, log_limit(kind));
    normalize_counts(counts, total, log, distribution);
    write_fse_distribution(distribution, out);
    own = fse_cost(counts, distribution) + (out.size() - start) * 8 * 256;
  }
  if (own < plain && own < repeat) {
    codes_[i].distribution = distribution;
    codes_[i].encoder.build(distribution);
    codes_[i].ready = true;
    encoders_[i] = &codes_[i].encoder;
    return TableMode::Fse;
  }
  out.resize(start);
  if (repeat < plain) {
    encoders_[i] = &codes_[i].encoder;
    return TableMode::Repeat;
  }
  encoders_[i] = &predefined()[i].encoder;
  codes_[i].ready = false;  // a later Repeat would mean the predefined code: said as such instead
  return TableMode::Predefined;
}

void BlockWriter::write_sequences(std::span<const Sequence> sequences, Sink& out) {
  const std::size_t count = sequences.size();
  const auto put = [&](std::size_t byte) { out.push_back(static_cast<std::byte>(byte & 0xFF)); };
  if (count < 128) {
    put(count);
  } else if (count < 0x7F00) {
    put((count >> 8) + 128), put(count);
  } else {
    put(255), put(count - 0x7F00), put((count - 0x7F00) >> 8);
  }
  if (count == 0) return;
  std::array<std::uint32_t, 64> counts[3] = {};
  symbols_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Sequence& s = sequences[i];
    symbols_[i] = symbols_of(s);
    for (unsigned k = 0; k < 3; ++k) ++counts[k][symbols_[i][k]];
  }
  const std::size_t modes_at = out.size();
  put(0);
  unsigned modes = 0;
  for (const SequenceKind kind :
       {SequenceKind::LitLength, SequenceKind::Offset, SequenceKind::MatchLength}) {
    const auto k = static_cast<std::size_t>(kind);
    const TableMode mode =
        choose(kind, std::span<const std::uint32_t>(counts[k]).first(codes_of(kind)), count, out);
    modes |= static_cast<unsigned>(mode) << (6 - 2 * k);
  }
  out[modes_at] = static_cast<std::byte>(modes);

  BitWriter memory;
  memory.open(out, count * 12 + 32);
  BitWriter writer = memory;  // of its own, so that it stays in registers
  std::uint32_t states[3] = {};
  for (std::size_t i = count; i-- > 0;) {
    const Sequence& s = sequences[i];
    const auto [lit, off, match] = symbols_[i];
    const unsigned symbols[3] = {lit, off, match};
    // The reader takes lit-length, match-length and offset states, in this order: written last.
    if (i + 1 == count) {
      for (unsigned k = 0; k < 3; ++k)
        if (encoders_[k] != nullptr) states[k] = encoders_[k]->begin(symbols[k]);
    } else {
      for (const unsigned k : {1U, 2U, 0U})
        if (encoders_[k] != nullptr) encoders_[k]->encode(writer, states[k], symbols[k]);
    }
    writer.spill();
    writer.put(s.literals - kLitLengthBase[lit], kLitLengthExtra[lit]);
    writer.put(s.length - kMatchLengthBase[match], kMatchLengthExtra[match]);
    writer.spill();
    writer.put(s.offset_value - (1U << off), off);
    writer.spill();
  }
  for (const unsigned k : {2U, 1U, 0U})
    if (encoders_[k] != nullptr) encoders_[k]->finish(writer, states[k]);
  writer.put(1, 1);  // the end, from which it is read
  writer.align();
  memory = writer;
  memory.close(out);
}

}  // namespace avila::compress::detail::zstd

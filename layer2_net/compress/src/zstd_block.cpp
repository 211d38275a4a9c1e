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

AVILA_ALWAYS_INLINE std::array<std::uint8_t, 3> symbols(const Sequence& sequence) noexcept {
  return {static_cast<std::uint8_t>(lit_length_code(sequence.literals)),
          static_cast<std::uint8_t>(std::bit_width(sequence.offset_value) - 1),
          static_cast<std::uint8_t>(match_length_code(sequence.length))};
}

std::array<std::uint8_t, 3> symbols_of(const Sequence& sequence) noexcept {
  return symbols(sequence);
}

BlockWriter::BlockWriter()
    : literals_(std::make_unique_for_overwrite<std::byte[]>(kMaxBlock + 64)) {}

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
  // A stored block is read many times as fast: worth 1 in 256 bytes.
  const bool smaller = compressed(content, sequences, out) &&
                       out.size() - start - 3 + content.size() / 256 < content.size();
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
  std::byte* to = literals_.get();
  const std::byte* from = content.data();
  const std::byte* const end = from + content.size();
  for (const Sequence& sequence : sequences) {
    const std::size_t n = sequence.literals;
    if (static_cast<std::size_t>(end - from) >= n + 16) [[likely]] {
      std::memcpy(to, from, 16);
      for (std::size_t i = 16; i < n; i += 16) std::memcpy(to + i, from + i, 16);
    } else if (n != 0) {
      std::memcpy(to, from, n);
    }
    to += n;
    from += n + sequence.length;
  }
  if (from != end) std::memcpy(to, from, static_cast<std::size_t>(end - from));
  literal_count_ = static_cast<std::size_t>(to - literals_.get() + (end - from));
  write_literals(out);
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
    static constexpr FseEncoder kNoBits;
    encoders_[i] = &kNoBits;
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
  if (symbols_.size() < count) symbols_.resize(count);
  std::uint64_t bits = 0;  // at most
  for (std::size_t i = 0; i < count; ++i) {
    const auto [lit, off, match] = symbols_[i] = symbols(sequences[i]);
    ++counts[0][lit], ++counts[1][off], ++counts[2][match];
    bits += off;
  }
  for (unsigned c = 0; c < kLitLengthCodes; ++c) bits += counts[0][c] * kLitLengthExtra[c];
  for (unsigned c = 0; c < kMatchLengthCodes; ++c) bits += counts[2][c] * kMatchLengthExtra[c];
  bits += count * (kLitLengthLog + kOffsetLog + kMatchLengthLog);
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
  memory.open(out, bits / 8 + 32);
  BitWriter writer = memory;  // of its own, so that it stays in registers
  const FseEncoder &lits = *encoders_[0], &offs = *encoders_[1], &matches = *encoders_[2];
  const auto low = [](std::uint32_t value, unsigned n) {
    return value & ((std::uint64_t{1} << n) - 1);
  };
  std::uint32_t lit_state = 0, off_state = 0, match_state = 0;
  for (std::size_t i = count; i-- > 0;) {
    const Sequence& s = sequences[i];
    const auto [lit, off, match] = symbols_[i];
    // The reader takes lit-length, match-length and offset states, in this order: written last.
    if (i + 1 == count) [[unlikely]] {
      lit_state = lits.begin(lit), off_state = offs.begin(off), match_state = matches.begin(match);
    } else {
      offs.encode(writer, off_state, off);
      matches.encode(writer, match_state, match);
      lits.encode(writer, lit_state, lit);
    }
    // The bases are multiples of what their extra bits count.
    const unsigned lit_extra = kLitLengthExtra[lit], match_extra = kMatchLengthExtra[match];
    writer.put(low(s.literals, lit_extra), lit_extra);
    writer.spill();
    writer.put(low(s.length - kMinMatch, match_extra), match_extra);
    writer.put(low(s.offset_value, off), off);
    writer.spill();
  }
  matches.finish(writer, match_state);
  offs.finish(writer, off_state);
  lits.finish(writer, lit_state);
  writer.put(1, 1);  // the end, from which it is read
  writer.align();
  memory = writer;
  memory.close(out);
}

}  // namespace avila::compress::detail::zstd

// A Brotli meta-block without block types: what the levels up to 9 write.
#include <algorithm>

#include "brotli_codes.hpp"
#include "brotli_encoder.hpp"
#include "brotli_format.hpp"

namespace avila::compress::detail::brotli {
namespace {

constexpr std::int64_t kReading = 256 * 100;  // of a code of literals, beside its bits
// One less than the format's, so that four codes fit a word beside the bits of a byte.
constexpr unsigned kLongestLiteral = 14;

using ByteCounts = std::array<std::uint32_t, 256>;

constexpr auto kCommandLengths = [] {
  struct Lengths {
    std::uint32_t insert, copy;
    std::uint8_t insert_extra, copy_extra;
  };
  std::array<Lengths, kCommands> all{};
  for (unsigned i = 0; i < kCommands; ++i) {
    const LengthCode insert = insert_of(i), copy = copy_of(i);
    all[i] = {insert.base, copy.base, insert.extra, copy.extra};
  }
  return all;
}();

// All ones for the first n of four.
constexpr auto kWanted = [] {
  std::array<std::array<std::uint32_t, 4>, 5> wanted{};
  for (unsigned n = 0; n <= 4; ++n)
    for (unsigned i = 0; i < n; ++i) wanted[n][i] = ~0U;
  return wanted;
}();

// Runs are short and of any length: gathered first, they are counted without a branch for each.
// Four tables, since the same byte often follows itself soon.
class LiteralCounter {
 public:
  explicit LiteralCounter(const std::byte* end) : end_(end) {}
  void add(const std::byte* at, std::size_t n) {
    if (n > kShort || end_ - at < static_cast<std::ptrdiff_t>(kShort)) [[unlikely]] {
      count(at, n);
      return;
    }
    std::memcpy(gathered_.data() + size_, at, kShort);
    size_ += n;
    if (size_ > gathered_.size() - kShort) [[unlikely]]
      empty();
  }
  void sum(ByteCounts& counts) {
    empty();
    for (unsigned i = 0; i < 256; ++i)
      counts[i] = bytes_[0][i] + bytes_[1][i] + bytes_[2][i] + bytes_[3][i];
  }

 private:
  static constexpr std::size_t kShort = 32;
  void empty() {
    count(gathered_.data(), size_);
    size_ = 0;
  }
  void count(const std::byte* at, std::size_t n) {
    for (; n >= 4; n -= 4, at += 4)
      for (unsigned i = 0; i < 4; ++i) ++bytes_[i][static_cast<std::uint8_t>(at[i])];
    for (; n != 0; --n) ++bytes_[0][static_cast<std::uint8_t>(*at++)];
  }

  const std::byte* end_;
  std::array<ByteCounts, 4> bytes_{};
  std::array<std::byte, 2048> gathered_;
  std::size_t size_ = 0;
};

// A literal's code in the low 24 bits, its number of bits above.
using LiteralWords = std::array<std::uint32_t, 256>;
void put(BitWriter& writer, std::uint32_t word) { writer.put(word & 0xFFFFFF, word >> 24); }

// The contexts of literals, one after another.
class Context {
 public:
  explicit Context(const Piece& piece) : data_(piece.content().data()) {
    const std::uint32_t before = piece.start - piece.low;
    if (before >= 1) last_ = byte(piece.base[piece.start - 1]);
    if (before >= 2) before_ = byte(piece.base[piece.start - 2]);
  }
  /// Literals go on at `at`: 0, or at least 2 after it.
  void go(std::size_t at) {
    if (at == 0) return;
    last_ = byte(data_[at - 1]);
    before_ = byte(data_[at - 2]);
  }
  unsigned now() const { return kContextUtf8Last[last_] | kContextUtf8Before[before_]; }
  void pass(std::byte literal) {
    before_ = last_;
    last_ = byte(literal);
  }

 private:
  static std::uint8_t byte(std::byte value) { return static_cast<std::uint8_t>(value); }
  const std::byte* data_;
  std::uint8_t last_ = 0, before_ = 0;
};

}  // namespace

void BrotliEncoder::write_unsplit(const Piece& piece, Sink& out) {
  const ByteSpan content = piece.content();
  const std::byte* const data = content.data();
  const std::byte* const end = data + content.size();

  std::vector<ByteCounts> literal_counts(contexts_ ? 64 : 1);
  std::array<std::uint32_t, kCommands> command_counts{};
  std::vector<DistanceCounts> distance_counts(4);
  std::size_t literal_count = 0, at = 0;
  for (const Command& command : commands()) {
    literal_count += command.insert;
    ++command_counts[command.symbol];
    if (command.distance != kNoDistance)
      ++distance_counts[distance_context(command.copy)][command.distance];
  }
  std::vector<std::uint8_t> literal_map, distance_map;
  if (contexts_) {
    Context context(piece);
    for (const Command& command : commands()) {
      context.go(at);
      for (const std::byte literal : content.subspan(at, command.insert)) {
        ++literal_counts[context.now()][static_cast<std::uint8_t>(literal)];
        context.pass(literal);
      }
      at += command.insert + command.size;
    }
    cluster_contexts(literal_counts, literal_map, {literal_count < thorough_from_, kReading});
  } else {
    LiteralCounter counter(end);
    for (const Command& command : commands()) {
      counter.add(data + at, command.insert);
      at += command.insert + command.size;
    }
    counter.sum(literal_counts[0]);
  }
  cluster_distances(distance_counts, distance_map);

  // Codes take 2 KiB each at most, what is before them less than that.
  const std::size_t codes = literal_counts.size() + 1 + distance_counts.size();
  writer_.open(out, 2048 * (codes + 1));
  write_header(content.size(), false);
  writer_.write(0, 3);  // a block type each
  writer_.write(0, 6);  // no postfix, no direct distances
  writer_.write(static_cast<unsigned>(LiteralMode::Utf8), 2);
  write_context_map(writer_, literal_map, literal_counts.size());
  write_context_map(writer_, distance_map, distance_counts.size());
  std::uint64_t bits = 0;  // of the body
  std::vector<LiteralWords> literal_words(literal_counts.size());
  for (std::size_t t = 0; t < literal_words.size(); ++t) {
    EncodedCode code;
    code.write(writer_, literal_counts[t], 256, kLongestLiteral);
    for (unsigned i = 0; i < 256; ++i) {
      literal_words[t][i] = code.codes[i] | std::uint32_t{code.lengths[i]} << 24;
      bits += std::uint64_t{literal_counts[t][i]} * code.lengths[i];
    }
  }
  EncodedCode command_code;
  command_code.write(writer_, command_counts, kCommands);
  for (unsigned i = 0; i < kCommands; ++i)
    bits += std::uint64_t{command_counts[i]} *
            (command_code.lengths[i] + kCommandLengths[i].insert_extra +
             unsigned{kCommandLengths[i].copy_extra});
  std::vector<EncodedCode> distance_codes(distance_counts.size());
  for (std::size_t t = 0; t < distance_codes.size(); ++t) {
    distance_codes[t].write(writer_, distance_counts[t], kDistanceCodes);
    for (unsigned i = 0; i < kDistanceCodes; ++i)
      bits += std::uint64_t{distance_counts[t][i]} *
              (distance_codes[t].lengths[i] + distance_extra_bits(i));
  }
  std::array<const EncodedCode*, 4> distance_code;
  for (unsigned c = 0; c < 4; ++c) distance_code[c] = &distance_codes[distance_map[c]];
  std::array<const LiteralWords*, 64> words_of;
  for (unsigned c = 0; c < 64; ++c)
    words_of[c] = &literal_words[literal_words.size() == 1 ? 0 : literal_map[c]];

  writer_.close(out);
  writer_.open(out, bits / 8 + 8);
  BitWriter writer = writer_;
  Context context(piece);
  at = 0;
  for (const Command& command : commands()) {
    writer.put(command_code.codes[command.symbol], command_code.lengths[command.symbol]);
    const auto& lengths = kCommandLengths[command.symbol];
    writer.put(command.insert - lengths.insert, lengths.insert_extra);
    if (command.copy != 0) [[likely]] {
      if (lengths.insert_extra + lengths.copy_extra > 32) [[unlikely]]
        writer.spill();
      writer.put(command.copy - lengths.copy, lengths.copy_extra);
    }
    writer.spill();
    const std::byte* from = data + at;
    std::uint32_t n = command.insert;
    if (literal_words.size() == 1) {
      const LiteralWords& words = literal_words[0];
      const auto word = [&](std::byte byte) { return words[static_cast<std::uint8_t>(byte)]; };
      for (; n > 4; n -= 4, from += 4) {
        for (unsigned i = 0; i < 4; ++i) put(writer, word(from[i]));
        writer.spill();
      }
      // Up to four: a branch for the number would often be guessed wrongly.
      if (end - from >= 4) [[likely]] {
        for (unsigned i = 0; i < 4; ++i) put(writer, word(from[i]) & kWanted[n][i]);
      } else {
        for (std::uint32_t i = 0; i < n; ++i) put(writer, word(from[i]));
      }
      writer.spill();
    } else {
      context.go(at);
      for (; n != 0; --n, ++from) {
        put(writer, (*words_of[context.now()])[static_cast<std::uint8_t>(*from)]);
        writer.spill();
        context.pass(*from);
      }
    }
    if (command.distance != kNoDistance) {
      const EncodedCode& code = *distance_code[distance_context(command.copy)];
      writer.put(code.codes[command.distance], code.lengths[command.distance]);
      writer.put(command.distance_extra, distance_extra_bits(command.distance));
      writer.spill();
    }
    at += command.insert + command.size;
  }
  writer_ = writer;
  writer_.close(out);
}

}  // namespace avila::compress::detail::brotli

#include "brotli_encoder.hpp"

#include <algorithm>

#include "brotli_codes.hpp"
#include "brotli_format.hpp"

namespace avila::compress::detail::brotli {
namespace {

constexpr std::uint16_t kNoDistance = 0xFFFF;
constexpr unsigned kDistanceCodes = 64;  // without direct ones or postfix

zstd::Effort effort_of(int level) {
  using zstd::Strategy;
  static constexpr zstd::Effort kEfforts[] = {
      {22, 0, 15, 1, 5, 0, Strategy::Fast},        {22, 0, 17, 1, 5, 0, Strategy::Fast},
      {22, 16, 17, 1, 5, 0, Strategy::DoubleFast}, {22, 18, 18, 8, 5, 32, Strategy::Greedy},
      {22, 20, 17, 16, 4, 64, Strategy::Lazy2},    {22, 20, 18, 32, 4, 96, Strategy::Lazy2},
      {22, 21, 19, 64, 4, 128, Strategy::Lazy2},   {22, 21, 19, 128, 4, 256, Strategy::Lazy2},
      {22, 22, 20, 256, 4, 512, Strategy::Lazy2}};
  return kEfforts[std::clamp(level, 1, 9) - 1];
}

unsigned insert_code(std::uint32_t length) {
  if (length < 6) return length;
  if (length < 130) {
    const auto bits = static_cast<unsigned>(std::bit_width(length - 2)) - 2;
    return (bits << 1) + ((length - 2) >> bits) + 2;
  }
  if (length < 2114) return static_cast<unsigned>(std::bit_width(length - 66)) + 9;
  return length < 6210 ? 21 : length < 22594 ? 22 : 23;
}
unsigned copy_code(std::uint32_t length) {
  if (length < 10) return length - 2;
  if (length < 134) {
    const auto bits = static_cast<unsigned>(std::bit_width(length - 6)) - 2;
    return (bits << 1) + ((length - 6) >> bits) + 4;
  }
  if (length < 2118) return static_cast<unsigned>(std::bit_width(length - 70)) + 11;
  return 23;
}
unsigned command_symbol(unsigned insert, unsigned copy, bool last_distance) {
  const unsigned low = (insert & 7) << 3 | (copy & 7);
  if (last_distance && insert < 8 && copy < 16) return (copy < 8 ? 0 : 64) | low;
  static constexpr std::uint16_t kCell[3][3] = {{128, 192, 384}, {256, 320, 512}, {448, 576, 640}};
  return kCell[insert >> 3][copy >> 3] + low;
}

// The symbol of a distance, and the ring as the reader has it after that.
unsigned distance_symbol(std::array<std::uint32_t, 4>& ring, std::uint32_t distance,
                         std::uint32_t& extra) {
  extra = 0;
  if (distance == ring[0]) return 0;
  const std::array<std::uint32_t, 4> before = ring;
  ring = {distance, before[0], before[1], before[2]};
  for (unsigned i = 1; i < 4; ++i)
    if (distance == before[i]) return i;
  static constexpr std::uint8_t kNear[2][7] = {{8, 6, 4, 0, 5, 7, 9}, {14, 12, 10, 1, 11, 13, 15}};
  for (unsigned i = 0; i < 2; ++i)
    if (distance + 3 - before[i] <= 6) return kNear[i][distance + 3 - before[i]];
  const auto bits = static_cast<unsigned>(std::bit_width(distance + 3)) - 2;
  extra = (distance + 3) & ((1U << bits) - 1);
  return 16 + 2 * (bits - 1) + ((distance + 3) >> bits & 1);
}

// Reader's side of RecentOffsets::take().
std::uint32_t distance_of(zstd::RecentOffsets& recent, const zstd::Sequence& sequence) {
  if (sequence.offset_value > 3) {
    const std::uint32_t distance = sequence.offset_value - 3;
    recent.of = {distance, recent.of[0], recent.of[1]};
    return distance;
  }
  const std::uint32_t which = sequence.offset_value - 1 + (sequence.literals == 0 ? 1 : 0);
  const std::uint32_t distance = which == 3 ? recent.of[0] - 1 : recent.of[which];
  if (which == 1) recent.of = {distance, recent.of[0], recent.of[2]};
  if (which > 1) recent.of = {distance, recent.of[0], recent.of[1]};
  return distance;
}

}  // namespace

BrotliEncoder::BrotliEncoder(int level) : contexts_(level >= 5), search_(effort_of(level)) {}

void BrotliEncoder::begin(Sink& out) {
  writer_.open(out, 8);
  writer_.write(1 | (kWindowBits - 17) << 1, 4);
  writer_.close(out);
}

void BrotliEncoder::make_commands(ByteSpan content, std::span<const zstd::Sequence> sequences) {
  commands_.clear();
  zstd::RecentOffsets recent = recent_;  // as it was before the search
  std::size_t at = 0;
  for (const zstd::Sequence& sequence : sequences) {
    const std::uint32_t distance = distance_of(recent, sequence);
    std::uint32_t extra;
    const unsigned symbol = distance_symbol(ring_, distance, extra);
    const unsigned insert = insert_code(sequence.literals), copy = copy_code(sequence.length);
    const unsigned command = command_symbol(insert, copy, symbol == 0);
    commands_.push_back(
        {sequence.literals, sequence.length, static_cast<std::uint16_t>(command),
         command < kImplicitCommands ? kNoDistance : static_cast<std::uint16_t>(symbol), extra});
    at += sequence.literals + sequence.length;
  }
  if (at != content.size()) {  // the copy is not read: the content is complete before it
    const auto rest = static_cast<std::uint32_t>(content.size() - at);
    const unsigned command = command_symbol(insert_code(rest), 0, false);
    commands_.push_back({rest, 0, static_cast<std::uint16_t>(command), kNoDistance, 0});
  }
}

void BrotliEncoder::encode(const Piece& piece, bool last, Sink& out) {
  if (piece.end != piece.start) {
    zstd::RecentOffsets recent = recent_;
    const std::span<const zstd::Sequence> sequences = search_.run(piece, recent);
    const auto ring = ring_;
    make_commands(piece.content(), sequences);
    recent_ = recent;
    const std::size_t start = out.size();
    const BitWriter before = writer_;
    write_meta_block(piece, out);
    if (out.size() - start > piece.content().size() + 5) {
      out.resize(start);
      writer_ = before;
      ring_ = ring;
      writer_.open(out, piece.content().size() + 16);
      write_header(piece.content().size(), true);
      writer_.align();
      std::memcpy(writer_.at, piece.content().data(), piece.content().size());
      writer_.at += piece.content().size();
      writer_.close(out);
    }
  }
  if (!last) return;
  writer_.open(out, 8);
  writer_.write(3, 2);  // the last one, and empty
  writer_.align();
  writer_.close(out);
}

void BrotliEncoder::flush(Sink& out) {
  writer_.open(out, 8);
  writer_.write(3 << 1, 6);  // metadata of no bytes, which ends at a byte
  writer_.align();
  writer_.close(out);
}

// Section 9.2.
void BrotliEncoder::write_header(std::size_t size, bool stored) {
  writer_.write(0, 1);
  const unsigned nibbles = size - 1 < 1U << 16 ? 4 : size - 1 < 1U << 20 ? 5 : 6;
  writer_.write(nibbles - 4, 2);
  writer_.write(size - 1, 4 * nibbles);
  writer_.write(stored ? 1 : 0, 1);
}

void BrotliEncoder::write_meta_block(const Piece& piece, Sink& out) {
  const ByteSpan content = piece.content();
  // Contexts of the literals: the bytes before, as text or as they are.
  const std::byte* const data = content.data();
  const auto before = [&](std::size_t at, std::size_t back) -> std::uint8_t {
    if (at + (piece.start - piece.low) < back) return 0;
    return static_cast<std::uint8_t>(*(data + at - back));
  };
  const auto context_at = [&](std::size_t at) -> unsigned {
    return kContextUtf8Last[before(at, 1)] | kContextUtf8Before[before(at, 2)];
  };
  std::vector<std::array<std::uint32_t, 256>> literal_counts(contexts_ ? 64 : 1);
  std::array<std::uint32_t, kCommands> command_counts{};
  std::array<std::uint32_t, kDistanceCodes> distance_counts{};
  std::size_t at = 0;
  for (const Command& command : commands_) {
    ++command_counts[command.symbol];
    if (command.distance != kNoDistance) ++distance_counts[command.distance];
    if (contexts_) {
      for (const std::size_t end = at + command.insert; at < end; ++at)
        ++literal_counts[context_at(at)][static_cast<std::uint8_t>(data[at])];
    } else {
      for (const std::size_t end = at + command.insert; at < end; ++at)
        ++literal_counts[0][static_cast<std::uint8_t>(data[at])];
    }
    at += command.copy;
  }
  std::array<std::uint8_t, 64> map{};
  if (contexts_) cluster_contexts(literal_counts, map);

  writer_.open(out, content.size() + content.size() / 4 + commands_.size() * 12 + 400 * 1024);
  write_header(content.size(), false);
  writer_.write(0, 3);  // one type of block each
  writer_.write(0, 6);  // no postfix, no direct distances
  writer_.write(2, 2);  // contexts of UTF-8
  const auto trees = static_cast<unsigned>(literal_counts.size());
  write_count(writer_, trees);
  if (trees > 1) write_context_map(writer_, map, trees);
  writer_.write(0, 1);  // one code of distances

  std::vector<EncodedCode> literal_codes(trees);
  for (unsigned t = 0; t < trees; ++t) literal_codes[t].write(writer_, literal_counts[t], 256);
  EncodedCode command_code, distance_code;
  command_code.write(writer_, command_counts, kCommands);
  distance_code.write(writer_, distance_counts, kDistanceCodes);

  BitWriter writer = writer_;
  at = 0;
  for (const Command& command : commands_) {
    writer.put(command_code.codes[command.symbol], command_code.lengths[command.symbol]);
    const unsigned cell = command.symbol >> 6;
    const LengthCode& insert = kInsertCodes[kCellInsert[cell] + (command.symbol >> 3 & 7)];
    const LengthCode& copy = kCopyCodes[kCellCopy[cell] + (command.symbol & 7)];
    writer.put(command.insert - insert.base, insert.extra);
    writer.spill();
    if (command.copy != 0) writer.put(command.copy - copy.base, copy.extra);
    writer.spill();
    const std::size_t end = at + command.insert;
    if (trees == 1) {
      const EncodedCode& code = literal_codes[0];
      for (; at < end; ++at) {
        const auto byte = static_cast<std::uint8_t>(data[at]);
        writer.write(code.codes[byte], code.lengths[byte]);
      }
    } else {
      for (; at < end; ++at) {
        const auto byte = static_cast<std::uint8_t>(data[at]);
        const EncodedCode& code = literal_codes[map[context_at(at)]];
        writer.write(code.codes[byte], code.lengths[byte]);
      }
    }
    if (command.distance != kNoDistance) {
      writer.put(distance_code.codes[command.distance], distance_code.lengths[command.distance]);
      if (command.distance >= 16)
        writer.put(command.distance_extra, 1 + ((command.distance - 16U) >> 1));
      writer.spill();
    }
    at += command.copy;
  }
  writer_ = writer;
  writer_.close(out);
}

}  // namespace avila::compress::detail::brotli

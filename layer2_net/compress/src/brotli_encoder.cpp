#include "brotli_encoder.hpp"

#include <algorithm>

#include "brotli_codes.hpp"
#include "brotli_format.hpp"

namespace avila::compress::detail::brotli {
namespace {

constexpr int kLastSearchLevel = 9;  // the next ones take the cheapest parse

zstd::Effort effort_of(int level) {
  using zstd::Strategy;
  static constexpr zstd::Effort kEfforts[] = {
      {22, 0, 15, 1, 5, 0, Strategy::Fast},        {22, 16, 17, 1, 5, 0, Strategy::DoubleFast},
      {22, 17, 18, 1, 5, 0, Strategy::DoubleFast}, {22, 18, 18, 8, 5, 32, Strategy::Greedy},
      {22, 20, 17, 16, 4, 64, Strategy::Lazy2},    {22, 20, 18, 32, 4, 96, Strategy::Lazy2},
      {22, 0, 19, 32, 4, 128, Strategy::Lazy2},    {22, 22, 19, 64, 4, 128, Strategy::Lazy2},
      {22, 22, 20, 128, 4, 256, Strategy::Lazy2}};
  return kEfforts[std::clamp(level, 1, 9) - 1];
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

BrotliEncoder::BrotliEncoder(int level) : contexts_(level >= 3), thorough_(level >= 5) {
  if (level <= kLastSearchLevel)
    search_.emplace(effort_of(level));
  else
    optimal_.emplace(level == 10 ? Optimal::Effort{64, 192, 1} : Optimal::Effort{256, 384, 2});
}

void BrotliEncoder::prime(const Piece& piece) {
  if (search_) search_->prime(piece);
  if (optimal_) optimal_->prime(piece);
}

void BrotliEncoder::forget() {
  if (search_) search_->forget();
  if (optimal_) optimal_->forget();
}

void BrotliEncoder::begin(Sink& out) {
  writer_.open(out, 8);
  writer_.write(1 | (kWindowBits - 17) << 1, 4);
  writer_.close(out);
}

void BrotliEncoder::add_command(std::uint32_t insert, std::uint32_t copy, std::uint32_t size,
                                unsigned distance, std::uint32_t extra) {
  const unsigned command = command_symbol(insert_code(insert), copy_code(copy), distance == 0);
  commands_.push_back(
      {insert, copy, size, static_cast<std::uint16_t>(command),
       command < kImplicitCommands ? kNoDistance : static_cast<std::uint16_t>(distance), extra});
}

void BrotliEncoder::search(const Piece& piece) {
  commands_.clear();
  std::size_t at = 0;
  std::uint32_t extra;
  if (optimal_) {
    for (const Optimal::Copy& copy : optimal_->run(piece, ring_)) {
      const unsigned distance = copy.word ? far_distance_symbol(copy.distance, extra)
                                          : distance_symbol(ring_, copy.distance, extra);
      add_command(copy.insert, copy.length, copy.size, distance, extra);
      at += copy.insert + copy.size;
    }
  } else {
    zstd::RecentOffsets reader = recent_;  // as it was before the search
    for (const zstd::Sequence& sequence : search_->run(piece, recent_)) {
      const unsigned distance = distance_symbol(ring_, distance_of(reader, sequence), extra);
      add_command(sequence.literals, sequence.length, sequence.length, distance, extra);
      at += sequence.literals + sequence.length;
    }
  }
  const std::size_t size = piece.content().size();
  if (at != size) {  // the copy is not read: the content is complete before it
    const auto rest = static_cast<std::uint32_t>(size - at);
    const unsigned command = command_symbol(insert_code(rest), 0, false);
    commands_.push_back({rest, 0, 0, static_cast<std::uint16_t>(command), kNoDistance, 0});
  }
}

void BrotliEncoder::encode(const Piece& piece, bool last, Sink& out) {
  if (piece.end != piece.start) {
    const Ring ring = ring_;
    search(piece);
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
    at += command.size;
  }
  std::array<std::uint8_t, 64> map{};
  if (contexts_) cluster_contexts(literal_counts, map, thorough_);

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
    at += command.size;
  }
  writer_ = writer;
  writer_.close(out);
}

}  // namespace avila::compress::detail::brotli

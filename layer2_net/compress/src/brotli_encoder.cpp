#include "brotli_encoder.hpp"

#include <algorithm>

#include "brotli_codes.hpp"
#include "brotli_format.hpp"
#include "brotli_split.hpp"

namespace avila::compress::detail::brotli {
namespace {

constexpr std::size_t kManyLiterals = 16384;
constexpr int kLastSearchLevel = 9;  // the next ones take the cheapest parse

zstd::Effort effort_of(int level) {
  using zstd::Strategy;
  static constexpr zstd::Effort kEfforts[] = {
      {22, 0, 15, 1, 5, 0, Strategy::Fast},        {22, 16, 17, 1, 5, 0, Strategy::DoubleFast},
      {22, 17, 18, 1, 5, 0, Strategy::DoubleFast}, {22, 0, 16, 4, 5, 32, Strategy::Greedy},
      {22, 20, 17, 10, 4, 64, Strategy::Lazy2},    {22, 20, 18, 20, 4, 96, Strategy::Lazy2},
      {22, 0, 19, 32, 4, 128, Strategy::Lazy2},    {22, 22, 20, 49, 4, 96, Strategy::Lazy2},
      {22, 22, 20, 80, 4, 192, Strategy::Lazy2}};
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

BrotliEncoder::BrotliEncoder(int level, std::uint64_t size)
    : contexts_(level >= 3),
      thorough_from_(level >= 7   ? 0
                     : level >= 5 ? kManyLiterals
                                  : SIZE_MAX) {
  if (level <= kLastSearchLevel)
    search_.emplace(zstd::fitted(effort_of(level), size));
  else
    optimal_.emplace(
        level == 10 ? Optimal::Effort{64, 192, 1, 4} : Optimal::Effort{256, 384, 3, 16}, size);
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
  commands_[count_++] = {
      insert,
      copy,
      size,
      static_cast<std::uint16_t>(command),
      command < kImplicitCommands ? kNoDistance : static_cast<std::uint16_t>(distance),
      extra};
}

void BrotliEncoder::search(const Piece& piece) {
  count_ = 0;
  const auto reserve = [&](std::size_t n) {
    if (room_ < n) commands_ = std::make_unique_for_overwrite<Command[]>(room_ = n);
  };
  std::size_t at = 0;
  std::uint32_t extra;
  if (optimal_) {
    const std::span<const Optimal::Copy> copies = optimal_->run(piece, ring_);
    reserve(copies.size() + 1);
    for (const Optimal::Copy& copy : copies) {
      const unsigned distance = copy.word ? far_distance_symbol(copy.distance, extra)
                                          : distance_symbol(ring_, copy.distance, extra);
      add_command(copy.insert, copy.length, copy.size, distance, extra);
      at += copy.insert + copy.size;
    }
  } else {
    zstd::RecentOffsets reader = recent_;  // as it was before the search
    const std::span<const zstd::Sequence> sequences = search_->run(piece, recent_);
    reserve(sequences.size() + 1);
    for (const zstd::Sequence& sequence : sequences) {
      const unsigned distance = distance_symbol(ring_, distance_of(reader, sequence), extra);
      add_command(sequence.literals, sequence.length, sequence.length, distance, extra);
      at += sequence.literals + sequence.length;
    }
  }
  const std::size_t size = piece.content().size();
  if (at != size) {  // the copy is not read: the content is complete before it
    const auto rest = static_cast<std::uint32_t>(size - at);
    const unsigned command = command_symbol(insert_code(rest), 0, false);
    commands_[count_++] = {rest, 0, 0, static_cast<std::uint16_t>(command), kNoDistance, 0};
  }
}

void BrotliEncoder::encode(const Piece& piece, bool last, Sink& out) {
  if (piece.end != piece.start) {
    const Ring ring = ring_;
    search(piece);
    const std::size_t start = out.size();
    const BitWriter before = writer_;
    optimal_ ? write_meta_block(piece, out) : write_unsplit(piece, out);
    // A stored piece is read many times as fast: worth 1 in 256 bytes.
    const std::size_t size = piece.content().size();
    if (out.size() - start > size - size / 256 + 5) {
      out.resize(start);
      writer_ = before;
      ring_ = ring;
      writer_.open(out, size + 16);
      write_header(size, true);
      writer_.align();
      std::memcpy(writer_.at, piece.content().data(), size);
      writer_.at += size;
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
  const std::byte* const data = content.data();
  const LiteralMode mode = optimal_->literal_mode();
  const auto context_at = [&](std::size_t at) {
    return literal_context(mode, piece, piece.start + static_cast<std::uint32_t>(at));
  };
  std::vector<std::uint16_t> literals, symbols, distances;
  std::size_t at = 0;
  for (const Command& command : commands()) {
    symbols.push_back(command.symbol);
    if (command.distance != kNoDistance) distances.push_back(command.distance);
    for (const std::size_t end = at + command.insert; at < end; ++at)
      literals.push_back(static_cast<std::uint8_t>(data[at]));
    at += command.size;
  }
  // Each type of literals has a context map.
  const Split literal_split = split_blocks(literals, 256, 256, 4, 64 * 4),
              command_split = split_blocks(symbols, kCommands, 256, 12, 0),
              distance_split = split_blocks(distances, kDistanceCodes, 256, 12, 4 * 4);

  std::vector<std::array<std::uint32_t, 256>> literal_counts(64 * literal_split.types);
  std::vector<std::array<std::uint32_t, kCommands>> command_counts(command_split.types);
  std::vector<DistanceCounts> distance_counts(4 * distance_split.types);
  BlockWalk literal_walk(literal_split), command_walk(command_split), distance_walk(distance_split);
  at = 0;
  for (const Command& command : commands()) {
    (void)command_walk.step();
    ++command_counts[command_walk.type()][command.symbol];
    if (command.distance != kNoDistance) {
      (void)distance_walk.step();
      ++distance_counts[4 * distance_walk.type() + distance_context(command.copy)]
                       [command.distance];
    }
    for (const std::size_t end = at + command.insert; at < end; ++at) {
      (void)literal_walk.step();
      ++literal_counts[64 * literal_walk.type() + context_at(at)]
                      [static_cast<std::uint8_t>(data[at])];
    }
    at += command.size;
  }
  std::vector<std::uint8_t> literal_map, distance_map;
  cluster_contexts(literal_counts, literal_map, {false, 0});
  cluster_distances(distance_counts, distance_map);

  // 15 bits a literal; a command, its distance and what follows them 11 bytes; a block's beginning
  // 7; codes 2 KiB each; the maps less than that.
  const std::size_t codes = literal_counts.size() + command_counts.size() + distance_counts.size();
  const std::size_t block_count =
      literal_split.blocks.size() + command_split.blocks.size() + distance_split.blocks.size();
  writer_.open(out, 2 * literals.size() + 16 * count_ + 8 * block_count + 2048 * (codes + 10));
  write_header(content.size(), false);
  BlockWriter literal_blocks(literal_split), command_blocks(command_split),
      distance_blocks(distance_split);
  for (BlockWriter* const blocks : {&literal_blocks, &command_blocks, &distance_blocks})
    blocks->write_header(writer_);
  writer_.write(0, 6);  // no postfix, no direct distances
  for (unsigned type = 0; type < literal_split.types; ++type)
    writer_.write(static_cast<unsigned>(mode), 2);
  write_context_map(writer_, literal_map, literal_counts.size());
  write_context_map(writer_, distance_map, distance_counts.size());
  std::vector<EncodedCode> literal_codes(literal_counts.size()),
      command_codes(command_counts.size()), distance_codes(distance_counts.size());
  for (std::size_t t = 0; t < literal_codes.size(); ++t)
    literal_codes[t].write(writer_, literal_counts[t], 256);
  for (std::size_t t = 0; t < command_codes.size(); ++t)
    command_codes[t].write(writer_, command_counts[t], kCommands);
  for (std::size_t t = 0; t < distance_codes.size(); ++t)
    distance_codes[t].write(writer_, distance_counts[t], kDistanceCodes);

  BitWriter writer = writer_;
  at = 0;
  for (const Command& command : commands()) {
    const EncodedCode& command_code = command_codes[command_blocks.step(writer)];
    writer.put(command_code.codes[command.symbol], command_code.lengths[command.symbol]);
    const LengthCode insert = insert_of(command.symbol), copy = copy_of(command.symbol);
    writer.put(command.insert - insert.base, insert.extra);
    writer.spill();
    if (command.copy != 0) writer.put(command.copy - copy.base, copy.extra);
    writer.spill();
    for (const std::size_t end = at + command.insert; at < end; ++at) {
      const auto byte = static_cast<std::uint8_t>(data[at]);
      const unsigned type = literal_blocks.step(writer);
      const EncodedCode& code = literal_codes[literal_map[64 * type + context_at(at)]];
      writer.write(code.codes[byte], code.lengths[byte]);
    }
    if (command.distance != kNoDistance) {
      const unsigned context = 4 * distance_blocks.step(writer) + distance_context(command.copy);
      const EncodedCode& code = distance_codes[distance_map[context]];
      writer.put(code.codes[command.distance], code.lengths[command.distance]);
      writer.put(command.distance_extra, distance_extra_bits(command.distance));
      writer.spill();
    }
    at += command.size;
  }
  writer_ = writer;
  writer_.close(out);
}

}  // namespace avila::compress::detail::brotli

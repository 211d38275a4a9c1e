#include "brotli_decoder.hpp"

#include <algorithm>

#include "copy.hpp"

namespace avila::compress::detail::brotli {
namespace {

enum Kind : unsigned { kLiteral, kCommand, kDistance };

// The same where 15 bits are there.
AVILA_ALWAYS_INLINE std::uint32_t symbol_of(BitReader& reader, const std::uint32_t* table) {
  std::uint32_t entry = table[reader.bits & ((1U << PrefixTable::kRootBits) - 1)];
  if ((entry & PrefixTable::kLink) != 0) [[unlikely]] {
    reader.skip(PrefixTable::kRootBits);
    entry = table[(entry >> 16) + reader.peek(entry >> 8 & 0x7F)];
  }
  reader.skip(entry & 0xFF);
  return entry >> 16;
}

}  // namespace

Result<Stop> BrotliDecoder::run(const std::byte*& in, const std::byte* end, Output& out) {
  const std::byte* const start = in;
  BitReader reader{in, end, bit_rest_, bit_count_};
  run_start_ = out.at;
  Step step = Step::Next;
  while (step == Step::Next && state_ != State::Done) {
    const BitReader before = reader;
    step = take(reader, out);
    // Steps of the body keep what they did; the others are taken whole or not at all.
    if (step == Step::NeedInput && state_ < State::Command && state_ != State::Stored &&
        state_ != State::Skip && state_ != State::ContextMap)
      reader = before;
  }
  reader.unread();
  in = reader.in;
  bit_rest_ = static_cast<std::uint8_t>(reader.bits);
  bit_count_ = static_cast<std::uint8_t>(reader.count);
  written_ += static_cast<std::uint64_t>(out.at - run_start_);
  if (step == Step::Damaged)
    return damaged("brotli: " + std::string(why_), static_cast<std::uint64_t>(in - start));
  if (state_ == State::Done) {
    if (bit_rest_ != 0)
      return damaged("brotli: bits are set behind the end", static_cast<std::uint64_t>(in - start));
    bit_rest_ = bit_count_ = 0;
    return Stop::Finished;
  }
  return step == Step::NeedInput ? Stop::NeedInput : Stop::NeedOutput;
}

BrotliDecoder::Step BrotliDecoder::take(BitReader& reader, Output& out) {
  switch (state_) {
    case State::StreamHeader: return stream_header(reader);
    case State::MetaHeader: return meta_header(reader);
    case State::BlockTypes: return block_types(reader);
    case State::Distances: return distances(reader);
    case State::ContextMapHead: return context_map_head(reader);
    case State::ContextMap: return context_map(reader);
    case State::ContextMapEnd: return context_map_end(reader);
    case State::Codes: return codes(reader);
    case State::Command: {
      const Step step = commands_fast(reader, out);
      return step != Step::Next || state_ != State::Command ? step : command(reader);
    }
    case State::Literals: return literals(reader, out);
    case State::Distance: return distance(reader, out);
    case State::Skip:
    case State::Stored: {
      reader.unread();
      std::size_t part =
          std::min<std::size_t>(meta_left_, static_cast<std::size_t>(reader.end - reader.in));
      if (state_ == State::Stored) {
        part = std::min(part, static_cast<std::size_t>(out.end - out.at));
        if (part != 0) std::memcpy(out.at, reader.in, part);
        out.at += part;
        if (part >= 2)
          last_[1] = out.at[-2];
        else if (part == 1)
          last_[1] = last_[0];
        if (part != 0) last_[0] = out.at[-1];
      }
      reader.in += part;
      meta_left_ -= static_cast<std::uint32_t>(part);
      if (meta_left_ == 0) {
        state_ = last_meta_ ? State::Done : State::MetaHeader;
        return Step::Next;
      }
      return reader.in == reader.end ? Step::NeedInput : Step::NeedOutput;
    }
    case State::Copy: {
      const std::size_t part =
          std::min<std::size_t>(copy_length_, static_cast<std::size_t>(out.end - out.at));
      if (static_cast<std::size_t>(out.end - out.at) >= part + kCopySlack && part != 0)
        copy_match_wide(out.at, copy_distance_, part);
      else
        copy_match_exact(out.at, copy_distance_, part);
      out.at += part;
      meta_left_ -= static_cast<std::uint32_t>(part);
      copy_length_ -= static_cast<std::uint32_t>(part);
      if (copy_length_ != 0) return Step::NeedOutput;
      break;
    }
    case State::Word: {
      const std::size_t part =
          std::min(word_size_ - word_at_, static_cast<std::size_t>(out.end - out.at));
      if (part != 0) std::memcpy(out.at, word_ + word_at_, part);
      out.at += part;
      word_at_ += part;
      meta_left_ -= static_cast<std::uint32_t>(part);
      if (word_at_ != word_size_) return Step::NeedOutput;
      break;
    }
    case State::Done: return Step::Next;
  }
  // After a copy or a word.
  const std::uint64_t all = written_ + static_cast<std::uint64_t>(out.at - run_start_);
  last_[0] = all >= 1 ? out.at[-1] : std::byte{0};
  last_[1] = all >= 2 ? out.at[-2] : std::byte{0};
  state_ = meta_left_ != 0 ? State::Command : last_meta_ ? State::Done : State::MetaHeader;
  return Step::Next;
}

void BrotliDecoder::set_literal_context() {
  const unsigned type = blocks_[kLiteral].type;
  static constexpr std::array<std::uint8_t, 256> kNothing{};
  static constexpr auto kLow = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned i = 0; i < 256; ++i) table[i] = static_cast<std::uint8_t>(i & 63);
    return table;
  }();
  static constexpr auto kHigh = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned i = 0; i < 256; ++i) table[i] = static_cast<std::uint8_t>(i >> 2);
    return table;
  }();
  static constexpr auto kSignedLast = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned i = 0; i < 256; ++i) table[i] = static_cast<std::uint8_t>(kContextSigned[i] << 3);
    return table;
  }();
  static constexpr const std::uint8_t* kLast[] = {kLow.data(), kHigh.data(),
                                                  kContextUtf8Last.data(), kSignedLast.data()};
  static constexpr const std::uint8_t* kBefore[] = {
      kNothing.data(), kNothing.data(), kContextUtf8Before.data(), kContextSigned.data()};
  context_last_ = kLast[modes_[type]];
  context_before_ = kBefore[modes_[type]];
  context_map_row_ = maps_[0].data() + 64 * type;
  one_tree_ = std::all_of(context_map_row_, context_map_row_ + 64,
                          [&](std::uint8_t tree) { return tree == context_map_row_[0]; });
}

// Section 9.3: the start of the body.
BrotliDecoder::Step BrotliDecoder::command(BitReader& reader) {
  Blocks& blocks = blocks_[kCommand];
  const BitReader start = reader;
  if (blocks.left == 0) {
    const Step step = switch_block(reader, kCommand);
    if (step != Step::Next) {
      reader = start;
      return step;
    }
  }
  const BitReader before = reader;
  std::uint32_t symbol;
  if (!read_symbol(reader, codes_[kCommand].of(blocks.type), symbol)) {
    reader = before;
    return Step::NeedInput;
  }
  const unsigned cell = symbol >> 6;
  const LengthCode& insert = kInsertCodes[kCellInsert[cell] + (symbol >> 3 & 7)];
  const LengthCode& copy = kCopyCodes[kCellCopy[cell] + (symbol & 7)];
  // At most 48 bits together.
  if (!has(reader, insert.extra + copy.extra + 0U)) {
    reader = before;
    return Step::NeedInput;
  }
  insert_left_ = insert.base + reader.take(insert.extra);
  copy_length_ = copy.base + reader.take(copy.extra);
  implicit_distance_ = symbol < kImplicitCommands;
  --blocks.left;
  if (insert_left_ > meta_left_) return damaged_at("more literals than the meta-block has left");
  state_ = State::Literals;
  return Step::Next;
}

namespace {

// What a command says, with the bits that follow it.
struct CommandEntry {
  std::uint32_t insert, copy;
  std::uint8_t insert_extra, copy_extra;
};
constexpr auto kCommandEntries = [] {
  std::array<CommandEntry, kCommands> entries{};
  for (unsigned i = 0; i < kCommands; ++i) {
    const LengthCode& insert = kInsertCodes[kCellInsert[i >> 6] + (i >> 3 & 7)];
    const LengthCode& copy = kCopyCodes[kCellCopy[i >> 6] + (i & 7)];
    entries[i] = {insert.base, copy.base, insert.extra, copy.extra};
  }
  return entries;
}();

}  // namespace

// Whole commands of usual size, while both ends are far and no block type changes. What it leaves
// to the careful steps, it leaves whole.
BrotliDecoder::Step BrotliDecoder::commands_fast(BitReader& stream, Output& out) {
  constexpr std::uint32_t kMaxInsert = 64, kMaxCopy = 400;
  constexpr std::ptrdiff_t kInMargin = kMaxInsert * 2 + 40;
  constexpr std::ptrdiff_t kOutMargin = kMaxInsert + kMaxCopy + 2 * kCopySlack;
  if (stream.end - stream.in < kInMargin || out.end - out.at < kOutMargin) return Step::Next;
  BitReader reader = stream;
  std::byte* at = out.at;
  const std::uint32_t* const command_table = codes_[kCommand].of(blocks_[kCommand].type);
  const std::uint32_t* literal_tables[64];
  for (unsigned c = 0; c < 64; ++c) literal_tables[c] = codes_[kLiteral].of(context_map_row_[c]);
  const std::uint8_t* const by_last = context_last_;
  const std::uint8_t* const by_before = context_before_;
  const std::uint8_t* const distance_map = maps_[1].data() + 4 * blocks_[kDistance].type;
  Step step = Step::Next;
  auto p1 = static_cast<std::uint8_t>(last_[0]), p2 = static_cast<std::uint8_t>(last_[1]);
  while (reader.end - reader.in >= kInMargin && out.end - at >= kOutMargin &&
         blocks_[kCommand].left != 0) {
    const BitReader before = reader;
    reader.refill_fast();
    const std::uint32_t symbol = symbol_of(reader, command_table);
    const CommandEntry& entry = kCommandEntries[symbol];
    if (entry.insert >= kMaxInsert || entry.copy >= kMaxCopy) {  // their extra bits fit elsewhere
      reader = before;
      break;
    }
    const std::uint32_t insert = entry.insert + reader.take(entry.insert_extra);
    const std::uint32_t copy = entry.copy + reader.take(entry.copy_extra);
    if (insert > kMaxInsert || copy > kMaxCopy || insert >= meta_left_ ||
        insert > blocks_[kLiteral].left) {
      reader = before;
      break;
    }
    --blocks_[kCommand].left;
    blocks_[kLiteral].left -= insert;
    meta_left_ -= insert;
    if (one_tree_) {
      const std::uint32_t* const table = literal_tables[0];
      std::uint32_t left = insert;
      for (; left >= 3; left -= 3, at += 3) {
        reader.refill_fast();
        at[0] = static_cast<std::byte>(symbol_of(reader, table));
        at[1] = static_cast<std::byte>(symbol_of(reader, table));
        at[2] = static_cast<std::byte>(symbol_of(reader, table));
      }
      reader.refill_fast();
      for (; left != 0; --left) *at++ = static_cast<std::byte>(symbol_of(reader, table));
    } else {
      for (std::uint32_t left = insert; left != 0; --left) {
        reader.refill_fast();
        const std::uint32_t* const table = literal_tables[by_last[p1] | by_before[p2]];
        p2 = p1;
        p1 = static_cast<std::uint8_t>(symbol_of(reader, table));
        *at++ = static_cast<std::byte>(p1);
      }
    }
    copy_length_ = copy;
    implicit_distance_ = symbol < kImplicitCommands;
    std::uint32_t distance_code = 0;
    if (!implicit_distance_) {
      if (blocks_[kDistance].left == 0) {  // a block switch comes first
        insert_left_ = 0;
        state_ = State::Distance;
        break;
      }
      --blocks_[kDistance].left;
      reader.refill_fast();
      distance_code = symbol_of(reader, codes_[kDistance].of(distance_map[std::min(copy, 5U) - 2]));
      if (distance_code >= 16) take_distance(reader, distance_code);
    }
    step = finish_distance(distance_code, written_ + static_cast<std::uint64_t>(at - run_start_));
    if (step != Step::Next || state_ != State::Copy) break;
    copy_match_wide(at, copy_distance_, copy);
    at += copy;
    meta_left_ -= copy;
    copy_length_ = 0;
    p1 = static_cast<std::uint8_t>(at[-1]);
    p2 = static_cast<std::uint8_t>(at[-2]);  // a copy has two bytes at least
    if (meta_left_ == 0) {
      state_ = last_meta_ ? State::Done : State::MetaHeader;
      break;
    }
    state_ = State::Command;
  }
  const auto moved = at - out.at;
  if (moved >= 2)
    last_[1] = at[-2];
  else if (moved == 1)
    last_[1] = last_[0];
  if (moved >= 1) last_[0] = at[-1];
  stream = reader;
  out.at = at;
  return step;
}

void BrotliDecoder::literals_fast(BitReader& stream, Output& out) {
  Blocks& blocks = blocks_[kLiteral];
  const auto room = static_cast<std::size_t>(out.end - out.at);
  auto left = static_cast<std::uint32_t>(
      std::min({std::size_t{insert_left_}, std::size_t{blocks.left}, room}));
  if (left == 0) return;
  BitReader reader = stream;
  std::byte* at = out.at;
  const std::uint32_t all = left;
  if (one_tree_) {
    const std::uint32_t* const table = codes_[kLiteral].of(context_map_row_[0]);
    for (; left >= 3 && reader.end - reader.in >= 8; left -= 3, at += 3) {
      reader.refill_fast();
      at[0] = static_cast<std::byte>(symbol_of(reader, table));
      at[1] = static_cast<std::byte>(symbol_of(reader, table));
      at[2] = static_cast<std::byte>(symbol_of(reader, table));
    }
    for (; left != 0 && reader.end - reader.in >= 8; --left) {
      reader.refill_fast();
      *at++ = static_cast<std::byte>(symbol_of(reader, table));
    }
    const auto done = static_cast<std::size_t>(at - out.at);
    if (done >= 2)
      last_[1] = at[-2];
    else if (done == 1)
      last_[1] = last_[0];
    if (done != 0) last_[0] = at[-1];
  } else {
    auto p1 = static_cast<std::uint8_t>(last_[0]), p2 = static_cast<std::uint8_t>(last_[1]);
    const std::uint8_t* const map = context_map_row_;
    const std::uint32_t* const table = codes_[kLiteral].table.data();
    const std::uint32_t* const starts = codes_[kLiteral].start.data();
    const std::uint8_t* const by_last = context_last_;
    const std::uint8_t* const by_before = context_before_;
    for (; left != 0 && reader.end - reader.in >= 8; --left) {
      reader.refill_fast();
      const std::uint32_t tree = map[by_last[p1] | by_before[p2]];
      p2 = p1;
      p1 = static_cast<std::uint8_t>(symbol_of(reader, table + starts[tree]));
      *at++ = static_cast<std::byte>(p1);
    }
    last_[0] = static_cast<std::byte>(p1), last_[1] = static_cast<std::byte>(p2);
  }
  const std::uint32_t done = all - left;
  blocks.left -= done;
  insert_left_ -= done;
  meta_left_ -= done;
  out.at = at;
  stream = reader;
}

BrotliDecoder::Step BrotliDecoder::literals(BitReader& reader, Output& out) {
  Blocks& blocks = blocks_[kLiteral];
  while (insert_left_ != 0) {
    const BitReader before = reader;
    if (blocks.left == 0) {
      const Step step = switch_block(reader, kLiteral);
      if (step != Step::Next) {
        reader = before;
        return step;
      }
    }
    literals_fast(reader, out);
    if (insert_left_ == 0) break;
    if (blocks.left == 0) continue;
    if (out.at == out.end) return Step::NeedOutput;
    const BitReader here = reader;
    const unsigned context = context_last_[static_cast<std::uint8_t>(last_[0])] |
                             context_before_[static_cast<std::uint8_t>(last_[1])];
    std::uint32_t symbol;
    if (!read_symbol(reader, codes_[kLiteral].of(context_map_row_[context]), symbol)) {
      reader = here;
      return Step::NeedInput;
    }
    last_[1] = last_[0];
    last_[0] = static_cast<std::byte>(symbol);
    *out.at++ = last_[0];
    --blocks.left, --insert_left_, --meta_left_;
  }
  if (meta_left_ == 0) {
    state_ = last_meta_ ? State::Done : State::MetaHeader;
  } else {
    state_ = State::Distance;
  }
  return Step::Next;
}

// Section 4.
BrotliDecoder::Step BrotliDecoder::distance(BitReader& reader, const Output& out) {
  const BitReader start = reader;
  std::uint32_t symbol = 0;
  Blocks& blocks = blocks_[kDistance];
  if (!implicit_distance_) {
    if (blocks.left == 0) {
      const Step step = switch_block(reader, kDistance);
      if (step != Step::Next) {
        reader = start;
        return step;
      }
    }
    const BitReader before = reader;
    const unsigned context = std::min(copy_length_, 5U) - 2;
    const std::uint8_t tree = maps_[1][4 * blocks.type + context];
    if (!read_symbol(reader, codes_[kDistance].of(tree), symbol)) {
      reader = before;
      return Step::NeedInput;
    }
    if (symbol >= 16) {
      const unsigned first = 16 + direct_;
      if (symbol >= first && !has(reader, 1 + ((symbol - first) >> (postfix_ + 1)))) {
        reader = before;
        return Step::NeedInput;
      }
      take_distance(reader, symbol);
    }
    --blocks.left;
  }
  return finish_distance(symbol, written_ + static_cast<std::uint64_t>(out.at - run_start_));
}

// Where its extra bits are there; symbol >= 16.
void BrotliDecoder::take_distance(BitReader& reader, std::uint32_t symbol) {
  const unsigned first = 16 + direct_;
  if (symbol < first) {
    copy_distance_ = symbol - 15;
    return;
  }
  const std::uint32_t code = symbol - first;
  const unsigned bits = 1 + (code >> (postfix_ + 1));
  const std::uint64_t offset = ((2 + (code >> postfix_ & 1)) << bits) - 4;
  copy_distance_ = static_cast<std::uint32_t>(((offset + reader.take(bits)) << postfix_) +
                                              (code & ((1U << postfix_) - 1)) + direct_ + 1);
}

// With the distance of symbols from 16 on known: what the copy is from.
BrotliDecoder::Step BrotliDecoder::finish_distance(std::uint32_t symbol, std::uint64_t all) {
  if (symbol < 16) {  // one of the last four, or near it
    static constexpr std::uint8_t kWhich[16] = {0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1};
    static constexpr std::int8_t kPlus[16] = {0, 0, 0, 0, -1, 1, -2, 2, -3, 3, -1, 1, -2, 2, -3, 3};
    const std::int64_t value =
        std::int64_t{ring_[(ring_at_ + 3 - kWhich[symbol]) & 3]} + kPlus[symbol];
    if (value <= 0) return damaged_at("a distance of zero");
    copy_distance_ = static_cast<std::uint32_t>(value);
  }
  const std::uint64_t reach = std::min<std::uint64_t>(all, window_);
  if (copy_distance_ > reach)
    return find_word(static_cast<std::size_t>(copy_distance_ - reach - 1));
  if (symbol != 0) {
    ring_[ring_at_ & 3] = copy_distance_;
    ring_at_ = (ring_at_ + 1) & 3;
  }
  if (copy_length_ > meta_left_) return damaged_at("a copy longer than the meta-block");
  state_ = State::Copy;
  return Step::Next;
}

// Section 8.
BrotliDecoder::Step BrotliDecoder::find_word(std::size_t beyond) {
  if (copy_length_ < kMinWord || copy_length_ > kMaxWord)
    return damaged_at("a distance to before the content");
  const unsigned bits = kWordBits[copy_length_];
  const std::size_t transform = beyond >> bits;
  if (transform >= kTransforms) return damaged_at("a distance to before the content");
  word_size_ = transformed_word(copy_length_, beyond & ((std::size_t{1} << bits) - 1),
                                static_cast<unsigned>(transform), word_);
  word_at_ = 0;
  if (word_size_ > meta_left_) return damaged_at("a word longer than the meta-block");
  state_ = State::Word;
  return Step::Next;
}

// Section 6.
BrotliDecoder::Step BrotliDecoder::switch_block(BitReader& reader, unsigned kind) {
  Blocks& blocks = blocks_[kind];
  std::uint32_t symbol, size;
  if (!read_symbol(reader, blocks.type_code.data(), symbol)) return Step::NeedInput;
  const Step step = block_count(reader, blocks.count_code.data(), size);
  if (step != Step::Next) return step;
  unsigned type = symbol == 0 ? blocks.before : symbol == 1 ? blocks.type + 1 : symbol - 2;
  if (type >= blocks.types) type -= blocks.types;
  blocks.before = blocks.type;
  blocks.type = type;
  blocks.left = size;
  if (kind == kLiteral) set_literal_context();
  return Step::Next;
}

BrotliDecoder::Step BrotliDecoder::block_count(BitReader& reader, const std::uint32_t* table,
                                               std::uint32_t& value) {
  std::uint32_t symbol;
  if (!read_symbol(reader, table, symbol)) return Step::NeedInput;
  const LengthCode& code = kBlockCountCodes[symbol];
  if (!has(reader, code.extra)) return Step::NeedInput;
  value = code.base + reader.take(code.extra);
  return Step::Next;
}

}  // namespace avila::compress::detail::brotli

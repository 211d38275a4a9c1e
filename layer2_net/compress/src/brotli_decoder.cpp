#include "brotli_decoder.hpp"

#include <algorithm>

#include "copy.hpp"

namespace avila::compress::detail::brotli {
namespace {

// The byte of a literal where 15 bits are there.
AVILA_ALWAYS_INLINE std::byte literal_of(BitReader& reader, const std::uint32_t* table) {
  std::uint32_t entry = table[reader.bits & ((1U << PrefixTable::kRootBits) - 1)];
  if ((entry & PrefixTable::kLink) != 0) [[unlikely]] {
    reader.skip(PrefixTable::kRootBits);
    entry = table[(entry >> 16) + reader.peek(entry >> 8 & 0x7F)];
  }
  reader.skip(entry & 0xFF);
  return static_cast<std::byte>(entry >> 16 & 0xFF);
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
      commands_fast(reader, out);
      return command(reader);
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
  context_last_ = kContextLast[modes_[type]].data();
  context_before_ = kContextBefore[modes_[type]].data();
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
  std::uint32_t entry;
  if (!read_entry(reader, codes_[kCommand].of(blocks.type), entry)) {
    reader = before;
    return Step::NeedInput;
  }
  const LengthCode insert = insert_of(entry >> 16 & 0x3FF), copy = copy_of(entry >> 16 & 0x3FF);
  // At most 48 bits together.
  if (!has(reader, insert.extra + copy.extra + 0U)) {
    reader = before;
    return Step::NeedInput;
  }
  insert_left_ = insert.base + reader.take(insert.extra);
  copy_length_ = copy.base + reader.take(copy.extra);
  implicit_distance_ = (entry & kImplicit) != 0;
  --blocks.left;
  if (insert_left_ > meta_left_) return damaged_at("more literals than the meta-block has left");
  state_ = State::Literals;
  return Step::Next;
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
      at[0] = literal_of(reader, table);
      at[1] = literal_of(reader, table);
      at[2] = literal_of(reader, table);
    }
    for (; left != 0 && reader.end - reader.in >= 8; --left) {
      reader.refill_fast();
      *at++ = literal_of(reader, table);
    }
    const auto done = static_cast<std::size_t>(at - out.at);
    if (done >= 2)
      last_[1] = at[-2];
    else if (done == 1)
      last_[1] = last_[0];
    if (done != 0) last_[0] = at[-1];
  } else {
    auto p1 = static_cast<std::uint8_t>(last_[0]), p2 = static_cast<std::uint8_t>(last_[1]);
    const std::uint32_t* const* const tables = literal_tables_.data() + 64 * blocks.type;
    const std::uint8_t* const by_last = context_last_;
    const std::uint8_t* const by_before = context_before_;
    for (; left != 0 && reader.end - reader.in >= 8; --left) {
      reader.refill_fast();
      *at = literal_of(reader, tables[by_last[p1] | by_before[p2]]);
      p2 = p1;
      p1 = static_cast<std::uint8_t>(*at++);
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
    std::uint32_t entry;
    if (!read_entry(reader, codes_[kLiteral].of(context_map_row_[context]), entry)) {
      reader = here;
      return Step::NeedInput;
    }
    last_[1] = last_[0];
    last_[0] = static_cast<std::byte>(entry >> 16 & 0xFF);
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
    std::uint32_t entry;
    if (!read_entry(reader, codes_[kDistance].of(tree), entry)) {
      reader = before;
      return Step::NeedInput;
    }
    symbol = entry >> 16;
    if (symbol >= 16) {
      const DistanceCode& code = distance_codes_[symbol];
      if (!has(reader, code.extra)) {
        reader = before;
        return Step::NeedInput;
      }
      copy_distance_ = code.base + (reader.take(code.extra) << postfix_);
    }
    --blocks.left;
  }
  return finish_distance(symbol, written_ + static_cast<std::uint64_t>(out.at - run_start_));
}

// With the distance of symbols from 16 on known: what the copy is from.
BrotliDecoder::Step BrotliDecoder::finish_distance(std::uint32_t symbol, std::uint64_t all) {
  if (symbol < 16) {  // one of the last four, or near it
    const std::int64_t value =
        std::int64_t{ring_[(ring_at_ + 3 - kRecentWhich[symbol]) & 3]} + kRecentPlus[symbol];
    if (value <= 0) return damaged_at("a distance of zero");
    copy_distance_ = static_cast<std::uint32_t>(value);
  }
  const std::uint64_t reach = std::min<std::uint64_t>(all, window_);
  if (copy_distance_ > reach) {
    const std::optional<std::size_t> size =
        word_at(copy_length_, copy_distance_ - reach - 1, word_);
    if (!size.has_value()) return damaged_at("a distance to before the content");
    word_size_ = *size;
    word_at_ = 0;
    if (word_size_ > meta_left_) return damaged_at("a word longer than the meta-block");
    state_ = State::Word;
    return Step::Next;
  }
  if (symbol != 0) {
    ring_[ring_at_ & 3] = copy_distance_;
    ring_at_ = (ring_at_ + 1) & 3;
  }
  if (copy_length_ > meta_left_) return damaged_at("a copy longer than the meta-block");
  state_ = State::Copy;
  return Step::Next;
}

// Section 6.
BrotliDecoder::Step BrotliDecoder::switch_block(BitReader& reader, unsigned kind) {
  Blocks& blocks = blocks_[kind];
  std::uint32_t entry, size;
  if (!read_entry(reader, blocks.type_code.data(), entry)) return Step::NeedInput;
  const std::uint32_t symbol = entry >> 16;
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
  std::uint32_t entry;
  if (!read_entry(reader, table, entry)) return Step::NeedInput;
  const LengthCode& code = kBlockCountCodes[entry >> 16];
  if (!has(reader, code.extra)) return Step::NeedInput;
  value = code.base + reader.take(code.extra);
  return Step::Next;
}

}  // namespace avila::compress::detail::brotli

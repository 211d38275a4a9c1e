// What comes before a meta-block's commands: RFC 7932, 9.1 and 9.2.
#include <algorithm>

#include "brotli_decoder.hpp"

namespace avila::compress::detail::brotli {
namespace {

using Values = std::array<std::uint32_t, kCommands>;
constexpr Values kPlain = [] {
  Values values{};
  for (std::uint32_t i = 0; i < kCommands; ++i) values[i] = i << 16;
  return values;
}();
constexpr Values kCommandValues = [] {
  Values values{};
  for (std::uint32_t i = 0; i < kCommands; ++i) {
    const LengthCode copy = copy_of(i);
    const std::uint32_t context = copy.base < 5 ? copy.base - 2 : 3;
    const auto extra = static_cast<std::uint32_t>(insert_of(i).extra + copy.extra);
    values[i] = (i < kImplicitCommands ? kImplicit : 0) | context << 26 | i << 16 | extra << 8;
  }
  return values;
}();
constexpr auto kLiteralValues = [] {
  std::array<std::array<std::uint32_t, 256>, 4> values{};
  for (unsigned mode = 0; mode < 4; ++mode)
    for (std::uint32_t i = 0; i < 256; ++i)
      values[mode][i] = std::uint32_t{kContextLast[mode][i]} << 24 | i << 16 |
                        std::uint32_t{kContextBefore[mode][i]} << 8;
  return values;
}();

}  // namespace

BrotliDecoder::Step BrotliDecoder::stream_header(BitReader& reader) {
  unsigned bits = 16;
  if (!has(reader, 1)) return Step::NeedInput;
  if (reader.take(1) != 0) {
    if (!has(reader, 3)) return Step::NeedInput;
    const unsigned n = reader.take(3);
    if (n != 0) {
      bits = 17 + n;
    } else {
      if (!has(reader, 3)) return Step::NeedInput;
      const unsigned m = reader.take(3);
      if (m == 1) return damaged_at("a window size that is reserved");
      bits = m == 0 ? 17 : 8 + m;
    }
  }
  window_ = (std::size_t{1} << bits) - 16;
  state_ = State::MetaHeader;
  return Step::Next;
}

BrotliDecoder::Step BrotliDecoder::meta_header(BitReader& reader) {
  if (!has(reader, 2)) return Step::NeedInput;
  const bool last = reader.take(1) != 0;
  if (last && reader.take(1) != 0) {
    state_ = State::Done;
    return Step::Next;
  }
  if (!has(reader, 2 + 24 + 2)) {  // a short one may be shorter than that
    reader.refill();
    if (reader.count < 2) return Step::NeedInput;
  }
  const unsigned nibbles = reader.take(2);
  if (nibbles == 3) {  // metadata, to be skipped
    if (!has(reader, 3)) return Step::NeedInput;
    if (reader.take(1) != 0) return damaged_at("a reserved bit is set");
    const unsigned bytes = reader.take(2);
    if (!has(reader, 8 * bytes)) return Step::NeedInput;
    const std::uint32_t size = reader.take(8 * bytes);
    if (bytes > 1 && size >> (8 * (bytes - 1)) == 0)
      return damaged_at("a size with zeros before it");
    if (reader.take(reader.count & 7) != 0) return damaged_at("bits are set before metadata");
    meta_left_ = bytes == 0 ? 0 : size + 1;
    last_meta_ = last;
    state_ = meta_left_ != 0 ? State::Skip : last ? State::Done : State::MetaHeader;
    return Step::Next;
  }
  const unsigned size_bits = 4 * (nibbles + 4);
  if (!has(reader, size_bits)) return Step::NeedInput;
  const std::uint32_t size = reader.take(size_bits);
  if (nibbles != 0 && size >> (size_bits - 4) == 0)
    return damaged_at("a size with zeros before it");
  bool stored = false;
  if (!last) {
    if (!has(reader, 1)) return Step::NeedInput;
    stored = reader.take(1) != 0;
  }
  if (stored && reader.take(reader.count & 7) != 0)
    return damaged_at("bits are set before stored bytes");
  meta_left_ = size + 1;
  last_meta_ = last;
  category_ = 0;
  state_ = stored ? State::Stored : State::BlockTypes;
  return Step::Next;
}

// A number of 1 to 256.
BrotliDecoder::Step BrotliDecoder::count(BitReader& reader, unsigned& value) {
  value = 1;
  if (!has(reader, 1)) return Step::NeedInput;
  if (reader.take(1) == 0) return Step::Next;
  if (!has(reader, 3)) return Step::NeedInput;
  const unsigned bits = reader.take(3);
  if (!has(reader, bits)) return Step::NeedInput;
  value = (1U << bits) + 1 + reader.take(bits);
  return Step::Next;
}

BrotliDecoder::Step BrotliDecoder::block_types(BitReader& reader) {
  Blocks& blocks = blocks_[category_];
  unsigned types;
  Step step = count(reader, types);
  if (step != Step::Next) return step;
  blocks.types = types;
  blocks.type = 0;
  blocks.before = 1;
  blocks.left = 1U << 24;
  if (types > 1) {
    if ((step = only_code(reader, types + 2, blocks.type_code)) != Step::Next) return step;
    if ((step = only_code(reader, 26, blocks.count_code)) != Step::Next) return step;
    if ((step = block_count(reader, blocks.count_code.data(), blocks.left)) != Step::Next)
      return step;
  }
  if (++category_ == 3) state_ = State::Distances;
  return Step::Next;
}

// Section 4. Meta-blocks may be of a few bytes: what the one before had is not made again.
void BrotliDecoder::make_distance_codes() {
  const std::pair shape{postfix_, direct_};
  if (shape == distance_shape_) return;
  distance_shape_ = shape;
  for (std::uint32_t i = 0; i < 16; ++i) distance_values_[i] = i << 16;
  for (std::uint32_t i = 16; i < 16 + direct_ + (48U << postfix_); ++i) {
    DistanceCode code{i - 15, 0};
    if (i >= 16 + direct_) {
      const std::uint32_t far = i - 16 - direct_, low = far & ((1U << postfix_) - 1);
      code.extra = static_cast<std::uint8_t>(1 + (far >> (postfix_ + 1)));
      const std::uint32_t offset = ((2 + (far >> postfix_ & 1)) << code.extra) - 4;
      code.base = (offset << postfix_) + low + direct_ + 1;
    }
    distance_codes_[i] = code;
    distance_values_[i] = i << 16 | std::uint32_t{code.extra} << 8;
  }
}

BrotliDecoder::Step BrotliDecoder::distances(BitReader& reader) {
  if (!has(reader, 6)) return Step::NeedInput;
  postfix_ = reader.take(2);
  direct_ = reader.take(4) << postfix_;
  modes_.resize(blocks_[0].types);
  for (std::uint8_t& mode : modes_) {
    if (!has(reader, 2)) return Step::NeedInput;
    mode = static_cast<std::uint8_t>(reader.take(2));
  }
  one_mode_ = std::all_of(modes_.begin(), modes_.end(),
                          [&](std::uint8_t mode) { return mode == modes_[0]; });
  make_distance_codes();
  category_ = 0;
  state_ = State::ContextMapHead;
  return Step::Next;
}

// Section 7.3.
BrotliDecoder::Step BrotliDecoder::context_map_head(BitReader& reader) {
  unsigned trees;
  const Step counted = count(reader, trees);
  if (counted != Step::Next) return counted;
  std::vector<std::uint8_t>& map = maps_[category_];
  map.assign(
      category_ == 0 ? std::size_t{64} * blocks_[0].types : std::size_t{4} * blocks_[2].types, 0);
  trees_[category_] = trees;
  index_ = 0;
  if (trees == 1) {
    if (++category_ == 2) begin_codes();
    return Step::Next;
  }
  if (!has(reader, 1)) return Step::NeedInput;
  run_max_ = 0;
  if (reader.take(1) != 0) {
    if (!has(reader, 4)) return Step::NeedInput;
    run_max_ = reader.take(4) + 1;
  }
  const Step step = only_code(reader, trees + run_max_, map_code_);
  if (step == Step::Next) state_ = State::ContextMap;
  return step;
}

BrotliDecoder::Step BrotliDecoder::context_map(BitReader& reader) {
  std::vector<std::uint8_t>& map = maps_[category_];
  while (index_ < map.size()) {
    const BitReader before = reader;
    const auto wait = [&] {
      reader = before;
      return Step::NeedInput;
    };
    std::uint32_t entry;
    if (!read_entry(reader, map_code_.data(), entry)) return wait();
    const std::uint32_t symbol = entry >> 16;
    if (symbol == 0 || symbol > run_max_) {
      map[index_++] = static_cast<std::uint8_t>(symbol == 0 ? 0 : symbol - run_max_);
      continue;
    }
    if (!has(reader, symbol)) return wait();
    const std::uint32_t zeros = (1U << symbol) + reader.take(symbol);
    if (zeros > map.size() - index_) return damaged_at("a context map longer than it can be");
    index_ += zeros;
  }
  state_ = State::ContextMapEnd;
  return Step::Next;
}

BrotliDecoder::Step BrotliDecoder::context_map_end(BitReader& reader) {
  if (!has(reader, 1)) return Step::NeedInput;
  std::vector<std::uint8_t>& map = maps_[category_];
  if (reader.take(1) != 0) {  // undo the move to front
    std::array<std::uint8_t, 256> order;
    for (unsigned i = 0; i < 256; ++i) order[i] = static_cast<std::uint8_t>(i);
    for (std::uint8_t& entry : map) {
      const std::uint8_t index = entry, value = order[index];
      std::copy_backward(order.begin(), order.begin() + index, order.begin() + index + 1);
      order[0] = entry = value;
    }
  }
  state_ = State::ContextMapHead;
  if (++category_ == 2) begin_codes();
  return Step::Next;
}

// Whether the literal codes are chosen by the last byte alone: each entry then says which one the
// next literal has.
bool BrotliDecoder::choose_by_last() {
  if (blocks_[kLiteral].types != 1 || trees_[0] > kMostRows) return false;
  const std::uint8_t* const map = maps_[0].data();
  const unsigned mode = modes_[0], group = mode < 2 ? 1 : mode == 2 ? 4 : 8;
  for (unsigned c = 0; c < 64; ++c)
    if (map[c] != map[c - c % group]) return false;
  for (unsigned i = 0; i < 256; ++i)
    literal_values_[i] =
        (kLiteralValues[mode][i] & 0xFFFFFF) | std::uint32_t{map[kContextLast[mode][i]]} << 24;
  return true;
}

void BrotliDecoder::begin_codes() {
  for (Codes& codes : codes_) {
    codes.table.clear();
    codes.start.clear();
  }
  by_last_ = choose_by_last();
  if (trees_[0] <= kMostRows) codes_[kLiteral].table.resize(trees_[0] * PrefixTable::kRoot);
  category_ = 0;
  state_ = State::Codes;
}

BrotliDecoder::Step BrotliDecoder::codes(BitReader& reader) {
  const std::size_t counts[3] = {trees_[0], blocks_[1].types, trees_[1]};
  const Alphabet alphabets[3] = {
      {256, by_last_ ? literal_values_.data() : kLiteralValues[modes_[0]].data(), 1},
      {kCommands, kCommandValues.data(), 0x101},
      {16 + direct_ + (48U << postfix_), distance_values_.data(), 0x101}};
  if (category_ < 3) {
    Codes& codes = codes_[category_];
    const bool in_row = category_ == kLiteral && trees_[0] <= kMostRows;
    const std::size_t size = codes.table.size(),
                      start = in_row ? codes.start.size() * PrefixTable::kRoot : size;
    if (!in_row) codes.table.resize(size + PrefixTable::kRoot);
    const Step step = prefix_code(reader, alphabets[category_], codes.table, start);
    if (step != Step::Next) {
      codes.table.resize(size);
      return step;
    }
    codes.start.push_back(static_cast<std::uint32_t>(start));
    if (codes.start.size() == counts[category_]) ++category_;
    if (category_ < 3) return Step::Next;
  }
  literal_tables_.resize(maps_[0].size());
  std::transform(maps_[0].begin(), maps_[0].end(), literal_tables_.begin(),
                 [&](std::uint8_t tree) { return codes_[kLiteral].of(tree); });
  set_literal_context();
  state_ = State::Command;
  return Step::Next;
}

BrotliDecoder::Step BrotliDecoder::only_code(BitReader& reader, unsigned symbols,
                                             std::vector<std::uint32_t>& table) {
  table.clear();
  table.resize(PrefixTable::kRoot);
  return prefix_code(reader, {symbols, kPlain.data(), 1}, table, 0);
}

// Section 3.4.
BrotliDecoder::Step BrotliDecoder::simple_code(BitReader& reader, Alphabet alphabet,
                                               std::vector<std::uint32_t>& tables,
                                               std::size_t start) {
  if (!has(reader, 2)) return Step::NeedInput;
  const unsigned symbols = reader.take(2) + 1;
  const auto bits = static_cast<unsigned>(std::bit_width(alphabet.size - 1));
  if (!has(reader, symbols * bits + 1)) {
    if (reader.count < symbols * bits + (symbols == 4 ? 1 : 0)) return Step::NeedInput;
  }
  std::array<std::uint16_t, 4> of{};
  for (unsigned i = 0; i < symbols; ++i) {
    of[i] = static_cast<std::uint16_t>(reader.take(bits));
    if (of[i] >= alphabet.size) return damaged_at("a symbol beyond its alphabet");
    for (unsigned k = 0; k < i; ++k)
      if (of[k] == of[i]) return damaged_at("a symbol twice in a code");
  }
  if (symbols == 1) {
    std::fill_n(tables.begin() + static_cast<std::ptrdiff_t>(start), PrefixTable::kRoot,
                alphabet.values[of[0]]);
    return Step::Next;
  }
  static constexpr std::uint8_t kLengths[5][4] = {
      {1, 1, 0, 0}, {1, 2, 2, 0}, {2, 2, 2, 2}, {1, 2, 3, 3}, {}};
  const unsigned shape = symbols < 4 ? symbols - 2 : 2 + reader.take(1);
  std::array<unsigned, 4> order{0, 1, 2, 3};
  std::sort(order.begin(), order.begin() + symbols,
            [&](unsigned a, unsigned b) { return of[a] < of[b]; });
  PrefixLengths lengths;
  for (unsigned i = 0; i < symbols; ++i) lengths.add(of[order[i]], kLengths[shape][order[i]]);
  PrefixTable::make(lengths, alphabet.values, alphabet.per_bit, tables, start);
  return Step::Next;
}

// Section 3.5.
BrotliDecoder::Step BrotliDecoder::prefix_code(BitReader& reader, Alphabet alphabet,
                                               std::vector<std::uint32_t>& tables,
                                               std::size_t start) {
  if (!has(reader, 2)) return Step::NeedInput;
  const unsigned skip = reader.take(2);
  if (skip == 1) return simple_code(reader, alphabet, tables, start);
  static constexpr std::uint8_t kBits[16] = {2, 2, 2, 3, 2, 2, 2, 4, 2, 2, 2, 3, 2, 2, 2, 4};
  static constexpr std::uint8_t kValue[16] = {0, 4, 3, 2, 0, 4, 3, 1, 0, 4, 3, 2, 0, 4, 3, 5};
  std::array<std::uint8_t, 18> code_lengths{};
  int space = 32;
  unsigned used = 0, only = 0;
  for (unsigned i = skip; i < 18 && space > 0; ++i) {
    reader.refill();
    const unsigned four = reader.peek(4);
    if (reader.count < kBits[four]) return Step::NeedInput;
    reader.skip(kBits[four]);
    const std::uint8_t length = kValue[four];
    code_lengths[kCodeLengthOrder[i]] = length;
    if (length == 0) continue;
    space -= 32 >> length;
    ++used;
    only = kCodeLengthOrder[i];
  }
  if (used != 1 && space != 0) return damaged_at("a code of code lengths that is not complete");
  // Five bits at most: one step.
  std::array<std::uint8_t, 32> symbol_of{}, bits_of{};
  if (used == 1) {
    symbol_of.fill(static_cast<std::uint8_t>(only));
  } else {
    std::uint32_t code = 0;
    for (unsigned length = 1; length <= 5; ++length)
      for (unsigned s = 0; s < 18; ++s) {
        if (code_lengths[s] != length) continue;
        for (std::uint32_t i = code; i < 32; i += 1U << length) {
          symbol_of[i] = static_cast<std::uint8_t>(s);
          bits_of[i] = static_cast<std::uint8_t>(length);
        }
        code = next_reversed(code, length);
      }
  }
  PrefixLengths lengths;
  unsigned at = 0, repeat = 0, repeated = 0, nonzero = 8;
  int room = 32768;
  BitReader bits = reader;  // one of its own stays in registers
  while (at < alphabet.size && room > 0) {
    if (bits.count < 8) bits.refill();
    const unsigned five = bits.peek(5);
    const unsigned symbol = symbol_of[five], extra = symbol < 16 ? 0 : symbol - 14;
    if (bits.count < bits_of[five] + extra) return Step::NeedInput;
    bits.skip(bits_of[five]);
    if (symbol < 16) {
      repeat = 0;
      lengths.add(at++, symbol);
      if (symbol == 0) continue;
      nonzero = symbol;
      room -= 32768 >> symbol;
      continue;
    }
    const unsigned value = symbol == 16 ? nonzero : 0;
    if (repeated != value) repeat = 0;
    repeated = value;
    const unsigned old = repeat;
    if (repeat > 0) repeat = (repeat - 2) << extra;
    repeat += bits.take(extra) + 3;
    const unsigned more = repeat - old;
    if (more > alphabet.size - at) {
      reader = bits;
      return damaged_at("code lengths beyond their number");
    }
    if (value != 0) {
      for (unsigned i = 0; i < more; ++i) lengths.add(at + i, value);
      room -= static_cast<int>(more) * (32768 >> value);
    }
    at += more;
  }
  reader = bits;
  if (room != 0) return damaged_at("a code that is not complete");
  PrefixTable::make(lengths, alphabet.values, alphabet.per_bit, tables, start);
  return Step::Next;
}

}  // namespace avila::compress::detail::brotli

#include "inflate.hpp"

#include <algorithm>
#include <bit>

#include "prefix_table.hpp"

namespace avila::compress::detail {
namespace {

using Tables = InflateTables;

// What a symbol's entry says, without the length of its code.
constexpr std::uint32_t litlen_entry(unsigned symbol) {
  if (symbol < 256) return Tables::kLiteral | symbol << 8;
  if (symbol == kEndOfBlock) return Tables::kSpecial | Tables::kEnd;
  const unsigned i = symbol - 257;
  if (i >= kLengthBase.size()) return Tables::kSpecial;
  return static_cast<std::uint32_t>(kLengthBase[i]) << 16 | kLengthExtra[i];
}
constexpr std::uint32_t distance_entry(unsigned symbol) {
  if (symbol >= kDistanceBase.size()) return Tables::kSpecial;
  return static_cast<std::uint32_t>(kDistanceBase[symbol]) << 16 | kDistanceExtra[symbol];
}
constexpr auto kLitlenEntries = [] {
  std::array<std::uint32_t, kLitlenSymbols> entries{};
  for (unsigned i = 0; i < kLitlenSymbols; ++i) entries[i] = litlen_entry(i);
  return entries;
}();
constexpr auto kDistanceEntries = [] {
  std::array<std::uint32_t, kDistanceSymbols> entries{};
  for (unsigned i = 0; i < kDistanceSymbols; ++i) entries[i] = distance_entry(i);
  return entries;
}();

// With the length of its code.
constexpr std::uint32_t with_length(std::uint32_t entry, unsigned length) {
  if ((entry & (Tables::kLiteral | Tables::kSpecial)) != 0) return entry | length;
  return entry + (length << 8 | length);
}

// Symbols whose length is not zero, in order; `counts`: how many have each length. Gives how many
// there are.
unsigned used_symbols(const std::uint8_t* lengths, unsigned count, std::uint16_t* symbols,
                      std::array<std::uint16_t, kMaxCodeLength + 1>& counts) noexcept {
  unsigned used = 0;
  const auto add = [&](unsigned i) {
    const unsigned length = lengths[i];
    symbols[used] = static_cast<std::uint16_t>(i);
    used += length != 0 ? 1 : 0;
    ++counts[length];
  };
  unsigned i = 0;
  for (; count - i >= 8; i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, lengths + i, 8);
    if (eight == 0) continue;
    for (unsigned k = 0; k < 8; ++k) add(i + k);
  }
  for (; i < count; ++i) add(i);
  counts[0] = 0;
  return used;
}

// False unless the lengths make a complete code. As zlib does, a single code of one bit and no
// code at all are let through: what they leave open reads as "no such code".
bool build_table(const std::uint8_t* lengths, unsigned count, const std::uint32_t* entries,
                 unsigned bits, std::uint32_t* table, std::size_t table_size) noexcept {
  std::array<std::uint16_t, kMaxCodeLength + 1> counts{};
  std::array<std::uint16_t, kLitlenSymbols + 1> symbols;  // those that have a code
  const unsigned used = used_symbols(lengths, count, symbols.data(), counts);
  std::array<std::uint16_t, kMaxCodeLength + 2> first{};
  std::int32_t left = 1;
  for (unsigned length = 1; length <= kMaxCodeLength; ++length) {
    left = left * 2 - counts[length];
    if (left < 0) return false;
    first[length + 1] = static_cast<std::uint16_t>(first[length] + counts[length]);
  }
  const std::uint32_t size = 1U << bits;
  if (left > 0) {
    if (used > 1 || (used == 1 && counts[1] != 1)) return false;
    std::fill_n(table, size, Tables::kSpecial);
  }
  std::array<std::uint16_t, kLitlenSymbols> sorted;
  for (unsigned i = 0; i < used; ++i) sorted[first[lengths[symbols[i]]]++] = symbols[i];

  // What is there of a table for codes of up to a bit less is what both halves of this one have.
  std::uint32_t code = 0;
  unsigned at = 0;
  for (unsigned length = 1; length <= bits; ++length) {
    const std::size_t half = std::size_t{1} << (length - 1);
    std::memcpy(table + half, table, half * sizeof *table);
    for (unsigned n = counts[length]; n != 0; --n, ++at) {
      table[code] = with_length(entries[sorted[at]], length);
      code = next_reversed(code, length);
    }
  }
  // Longer codes go through a second table, as large as the codes that share the first bits need.
  std::size_t next = size;
  std::uint32_t prefix = ~0U;
  std::size_t sub_start = 0;
  unsigned sub_bits = 0;
  for (unsigned length = bits + 1; length <= kMaxCodeLength; ++length)
    for (; counts[length] != 0; --counts[length], ++at) {
      if ((code & (size - 1)) != prefix) {
        prefix = code & (size - 1);
        sub_bits = length - bits;
        std::int32_t room = 1 << sub_bits;
        for (unsigned l = length;; ++l, ++sub_bits, room *= 2) {
          room -= counts[l];
          if (room <= 0 || l == kMaxCodeLength) break;
        }
        sub_start = next;
        next += std::size_t{1} << sub_bits;
        if (next > table_size) return false;
        table[prefix] = Tables::kSpecial | Tables::kLink |
                        static_cast<std::uint32_t>(sub_start) << 16 | sub_bits << 8 | bits;
      }
      const std::uint32_t entry = with_length(entries[sorted[at]], length - bits);
      for (std::uint32_t i = code >> bits; i < 1U << sub_bits; i += 1U << (length - bits))
        table[sub_start + i] = entry;
      code = next_reversed(code, length);
    }
  return true;
}

inline unsigned bits_of(std::uint32_t entry) { return entry & 0xFF; }

inline std::uint32_t lookup(const std::uint32_t* table, unsigned bits, std::uint64_t buffer) {
  return table[buffer & ((1U << bits) - 1)];
}
inline std::uint32_t follow(const std::uint32_t* table, std::uint32_t link, std::uint64_t buffer) {
  return table[(link >> 16) + (buffer & ((1U << ((link >> 8) & 15)) - 1))];
}

}  // namespace

InflateCore::InflateCore(ByteSpan dictionary) {
  if (dictionary.size() > kDeflateWindow)
    dictionary = dictionary.subspan(dictionary.size() - kDeflateWindow);
  dictionary_.assign(dictionary.begin(), dictionary.end());
}

void InflateCore::restart() noexcept {
  state_ = State::Header;
  last_ = false;
  bit_count_ = bit_rest_ = 0;
  written_ = 0;
  dictionary_.clear();
}

Result<Stop> InflateCore::run(const std::byte*& in, const std::byte* end, Output& out) {
  const std::byte* const start = in;
  BitReader reader{in, end, bit_rest_, bit_count_};
  const std::byte* const first = out.at;
  // What came before the stream is out of reach.
  if (static_cast<std::uint64_t>(out.at - out.low) > written_) out.low = out.at - written_;
  Step step = Step::Next;
  while (step == Step::Next && state_ != State::Done) {
    if (state_ == State::Header) {
      AVILA_TRY(step, read_header(reader, start));
    } else if (state_ == State::Codes) {
      AVILA_TRY(step, copy_codes(reader, out, start));
    } else {
      reader.unread();
      const std::size_t part =
          std::min({std::size_t{stored_left_}, static_cast<std::size_t>(end - reader.in),
                    static_cast<std::size_t>(out.end - out.at)});
      if (part != 0) std::memcpy(out.at, reader.in, part);
      out.at += part, reader.in += part;
      stored_left_ -= static_cast<std::uint32_t>(part);
      if (stored_left_ == 0) {
        state_ = last_ ? State::Done : State::Header;
      } else {
        step = reader.in == end ? Step::NeedInput : Step::NeedOutput;
      }
    }
  }
  reader.unread();
  in = reader.in;
  bit_rest_ = static_cast<std::uint8_t>(reader.bits);
  bit_count_ = static_cast<std::uint8_t>(reader.count);
  written_ += static_cast<std::uint64_t>(out.at - first);
  if (written_ >= kDeflateWindow) dictionary_.clear();
  if (state_ == State::Done) {
    bit_rest_ = bit_count_ = 0;  // the rest of the last byte is padding
    return Stop::Finished;
  }
  return step == Step::NeedInput ? Stop::NeedInput : Stop::NeedOutput;
}

// 3.2.3.
Result<InflateCore::Step> InflateCore::read_header(BitReader& reader, const std::byte* start) {
  const BitReader before = reader;
  reader.refill();
  const auto wait = [&] {
    reader = before;
    return Step::NeedInput;
  };
  if (reader.count < 3) return wait();
  const bool last = reader.take(1) != 0;
  const std::uint32_t type = reader.take(2);
  if (type == 0) {
    reader.skip(reader.count & 7);
    reader.unread();
    if (reader.end - reader.in < 4) return wait();
    const std::uint32_t size = load_le16(reader.in);
    if (size != (load_le16(reader.in + 2) ^ 0xFFFFU))
      return damaged("a stored block's length is not its complement's",
                     static_cast<std::uint64_t>(reader.in - start));
    reader.in += 4;
    stored_left_ = size;
    state_ = State::Stored;
  } else if (type == 1) {
    static constexpr auto kLengths = fixed_litlen_lengths();
    static constexpr auto kDistances = [] {
      std::array<std::uint8_t, kDistanceSymbols> lengths{};
      lengths.fill(5);
      return lengths;
    }();
    if (!fixed_) {  // once: such blocks may be of ten bits each
      (void)build_table(kLengths.data(), kLitlenSymbols, kLitlenEntries.data(), Tables::kLitlenBits,
                        tables_.litlen.data(), tables_.litlen.size());
      (void)build_table(kDistances.data(), kDistanceSymbols, kDistanceEntries.data(),
                        Tables::kDistanceBits, tables_.distance.data(), tables_.distance.size());
      fixed_ = true;
    }
    state_ = State::Codes;
  } else if (type == 2) {
    AVILA_TRY(const Step step, read_dynamic(reader, start));
    if (step != Step::Next) return wait();
    state_ = State::Codes;
  } else {
    return damaged("block type 3 is reserved", static_cast<std::uint64_t>(reader.in - start));
  }
  last_ = last;
  if (state_ == State::Stored && stored_left_ == 0) state_ = last_ ? State::Done : State::Header;
  return Step::Next;
}

// 3.2.7.
Result<InflateCore::Step> InflateCore::read_dynamic(BitReader& reader, const std::byte* start) {
  const auto bad = [&](std::string_view what) {
    return damaged(what, static_cast<std::uint64_t>(reader.in - start) - reader.count / 8);
  };
  reader.refill();
  if (reader.count < 14) return Step::NeedInput;
  const unsigned litlens = reader.take(5) + 257, distances = reader.take(5) + 1;
  const unsigned precodes = reader.take(4) + 4;
  if (litlens > 286) return bad("more than 286 literal and length codes");
  std::array<std::uint8_t, kPrecodeSymbols> precode_lengths{};
  for (unsigned i = 0; i < precodes; ++i) {
    if (reader.count < 3) reader.refill();
    if (reader.count < 3) return Step::NeedInput;
    precode_lengths[kPrecodeOrder[i]] = static_cast<std::uint8_t>(reader.take(3));
  }
  // As for literals, with the number of extra bits above the byte.
  static constexpr auto kEntries = [] {
    std::array<std::uint32_t, kPrecodeSymbols> entries{};
    for (unsigned i = 0; i < kPrecodeSymbols; ++i)
      entries[i] = Tables::kLiteral | i << 8 |
                   (i == 16   ? 2U
                    : i == 17 ? 3U
                    : i == 18 ? 7U
                              : 0U)
                       << 16;
    return entries;
  }();
  std::array<std::uint32_t, 1U << kMaxPrecodeLength> precode;
  if (!build_table(precode_lengths.data(), kPrecodeSymbols, kEntries.data(), kMaxPrecodeLength,
                   precode.data(), precode.size()))
    return bad("the code of the code lengths is not complete");

  constexpr unsigned kSlack = 8;  // that repeats may write beyond the end
  std::array<std::uint8_t, 286 + 32 + kSlack> lengths{};
  const unsigned total = litlens + distances;
  BitReader bits = reader;  // one of its own stays in registers
  for (unsigned i = 0; i < total;) {
    if (bits.count < 2 * kMaxPrecodeLength) bits.refill();
    const std::uint32_t entry = precode[bits.peek(kMaxPrecodeLength)];
    if ((entry & Tables::kLiteral) == 0) {
      if (bits.count < kMaxPrecodeLength) return Step::NeedInput;
      reader = bits;
      return bad("no such code length code");
    }
    const unsigned symbol = entry >> 8 & 0xFF, extra = entry >> 16 & 0xFF;
    if (bits.count < bits_of(entry) + extra) return Step::NeedInput;
    bits.skip(bits_of(entry));
    if (symbol < 16) {
      lengths[i++] = static_cast<std::uint8_t>(symbol);
      continue;
    }
    const unsigned repeats = bits.take(extra) + (symbol == 18 ? 11 : 3);
    reader = bits;
    if (symbol == 16 && i == 0) return bad("a repeat of no code length");
    if (repeats > total - i) return bad("code lengths beyond their number");
    if (symbol == 16)  // six at most; the others are zeros, as all are at first
      store_le64(reinterpret_cast<std::byte*>(&lengths[i]),
                 lengths[i - 1] * (0x0101010101010101U >> (64 - 8 * repeats)));
    i += repeats;
  }
  reader = bits;
  if (lengths[kEndOfBlock] == 0) return bad("the block has no end");
  fixed_ = false;
  if (!build_table(lengths.data(), litlens, kLitlenEntries.data(), Tables::kLitlenBits,
                   tables_.litlen.data(), tables_.litlen.size()))
    return bad("the literal and length code is not complete");
  if (!build_table(lengths.data() + litlens, distances, kDistanceEntries.data(),
                   Tables::kDistanceBits, tables_.distance.data(), tables_.distance.size()))
    return bad("the distance code is not complete");
  return Step::Next;
}

Result<InflateCore::Step> InflateCore::copy_codes(BitReader& reader, Output& out,
                                                  const std::byte* start) {
  while (true) {
    if (inflate_fast(tables_, reader, out)) break;
    const BitReader before = reader;
    reader.refill();
    const auto bad = [&](std::string_view what) {
      return damaged(what, static_cast<std::uint64_t>(before.in - start) - before.count / 8);
    };
    // Takes an entry with its extra bits; false when the input ends within.
    const auto resolve = [&](const std::uint32_t* table, unsigned bits, std::uint32_t& entry) {
      entry = lookup(table, bits, reader.bits);
      if ((entry & Tables::kLink) != 0 && (entry & Tables::kSpecial) != 0 &&
          (entry & Tables::kLiteral) == 0) {
        if (reader.count < bits) return false;
        reader.skip(bits);
        entry = follow(table, entry, reader.bits);
      }
      if ((entry & (Tables::kLiteral | Tables::kSpecial | Tables::kEnd)) == Tables::kSpecial)
        return reader.count >= kMaxCodeLength;
      return reader.count >= bits_of(entry);
    };
    const auto value = [&](std::uint32_t entry) {
      const std::size_t sum =
          (entry >> 16) + (reader.peek(bits_of(entry)) >> ((entry >> 8) & 0x7F));
      reader.skip(bits_of(entry));
      return sum;
    };
    const auto wait = [&](Step step) {
      reader = before;
      return step;
    };
    std::uint32_t entry;
    if (!resolve(tables_.litlen.data(), Tables::kLitlenBits, entry)) return wait(Step::NeedInput);
    if ((entry & Tables::kLiteral) != 0) {
      if (out.at == out.end) return wait(Step::NeedOutput);
      reader.skip(bits_of(entry));
      *out.at++ = static_cast<std::byte>(entry >> 8 & 0xFF);
      continue;
    }
    if ((entry & Tables::kSpecial) != 0) {
      if ((entry & Tables::kEnd) == 0) return bad("no such literal or length code");
      reader.skip(bits_of(entry));
      break;
    }
    std::size_t length = value(entry);
    if (!resolve(tables_.distance.data(), Tables::kDistanceBits, entry))
      return wait(Step::NeedInput);
    if ((entry & Tables::kSpecial) != 0) return bad("no such distance code");
    const std::size_t distance = value(entry);
    if (length > static_cast<std::size_t>(out.end - out.at)) return wait(Step::NeedOutput);
    const auto reach = static_cast<std::size_t>(out.at - out.low);
    if (distance > reach) {  // begins in the dictionary, and may run over into the output
      const std::size_t back = distance - reach;
      if (back > dictionary_.size() || distance > kDeflateWindow)
        return bad("a distance to before the output");
      const std::size_t part = std::min(back, length);
      std::memcpy(out.at, dictionary_.data() + dictionary_.size() - back, part);
      out.at += part, length -= part;
    }
    for (; length != 0; --length, ++out.at) *out.at = *(out.at - distance);
  }
  state_ = last_ ? State::Done : State::Header;
  return Step::Next;
}

}  // namespace avila::compress::detail

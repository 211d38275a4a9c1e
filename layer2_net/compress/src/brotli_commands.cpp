// Whole commands of usual size and, where they fit, larger ones, while both ends are far and no
// block type changes.
#include <algorithm>
#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/simd/target.hpp>

#include "brotli_decoder.hpp"
#include "copy.hpp"

namespace avila::compress::detail::brotli {
namespace {

// What a command says, with the bits that follow it.
struct CommandEntry {
  std::uint16_t insert, copy;
  std::uint8_t insert_extra, copy_extra;
};
constexpr auto kCommandEntries = [] {
  std::array<CommandEntry, kCommands> entries{};
  for (unsigned i = 0; i < kCommands; ++i) {
    const LengthCode insert = insert_of(i), copy = copy_of(i);
    entries[i] = {static_cast<std::uint16_t>(insert.base), static_cast<std::uint16_t>(copy.base),
                  insert.extra, copy.extra};
  }
  return entries;
}();

AVILA_ALWAYS_INLINE std::uint32_t low_bits(std::uint64_t bits, std::uint32_t n) {
  return static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << (n & 63)) - 1));
}

}  // namespace

struct BrotliDecoder::FastCommands {
  static void run(BrotliDecoder& decoder, BitReader& reader, Output& out);
  static void run_portable(BrotliDecoder& decoder, BitReader& reader, Output& out);
#if AVILA_X86_64
  static void run_bmi2(BrotliDecoder& decoder, BitReader& reader, Output& out);
#endif
};

// The low byte of `count` is the number of bits; what is above it is never looked at, so that
// whole entries, whose low byte is what they take, can be subtracted.
AVILA_ALWAYS_INLINE void BrotliDecoder::FastCommands::run(BrotliDecoder& decoder, BitReader& reader,
                                                          Output& out) {
  constexpr std::uint32_t kMaxInsert = 64, kMaxCopy = 400;
  // A command takes at most 64 literals of 15 bits and 9 bytes; reading ahead takes 16 more.
  constexpr std::ptrdiff_t kInMargin = kMaxInsert * 2 + 40;
  constexpr std::ptrdiff_t kOutMargin = kMaxInsert + kMaxCopy + 2 * kCopySlack;
  static_assert(2 * kCopySlack >= kMaxTransformed);
  // Larger ones are looked at whether they fit; up to here their extra bits do, beside the code.
  constexpr std::uint32_t kLargeInsert = 2113, kLargeCopy = 2117;
  if (reader.end - reader.in < kInMargin || out.end - out.at < kOutMargin || out.at - out.low < 2 ||
      decoder.blocks_[kCommand].left == 0)
    return;
  constexpr std::uint64_t kRootMask = (1U << PrefixTable::kRootBits) - 1;
  const std::byte* const in_safe = reader.end - kInMargin;
  std::byte* const out_safe = out.end - kOutMargin;
  const std::byte* in = reader.in;
  std::byte* at = out.at;
  std::uint64_t bits = reader.bits;
  std::uint32_t count = reader.count;

  Blocks* const blocks = decoder.blocks_;
  std::uint32_t commands_left = blocks[kCommand].left, literals_left = blocks[kLiteral].left,
                distances_left = blocks[kDistance].left, meta_left = decoder.meta_left_;
  const std::uint32_t* const command_table = decoder.codes_[kCommand].of(blocks[kCommand].type);
  const std::uint32_t* distance_tables[4];
  for (unsigned c = 0; c < 4; ++c)
    distance_tables[c] =
        decoder.codes_[kDistance].of(decoder.maps_[1][4 * blocks[kDistance].type + c]);
  const DistanceCode* const distance_codes = decoder.distance_codes_.data();
  const unsigned postfix = decoder.postfix_;
  const std::uint32_t* const literal_tables = decoder.codes_[kLiteral].table.data();
  const std::uint32_t* const* const contexts =
      decoder.literal_tables_.data() + std::size_t{64} * blocks[kLiteral].type;
  const std::uint32_t* const literal_table = contexts[0];
  const bool one_tree = decoder.one_tree_, choose_by_last = decoder.by_last_;
  const std::uint32_t* const first_places = decoder.literal_values_.data();
  const std::uint8_t* const by_last = decoder.context_last_;
  const std::uint8_t* const by_before = decoder.context_before_;
  std::uint32_t ring[4];
  std::copy_n(decoder.ring_, 4, ring);
  unsigned ring_at = decoder.ring_at_;
  std::uint32_t last = ring[(ring_at + 3) & 3];
  const std::uint64_t window = decoder.window_;
  // Added to an address: how much was written before it.
  const std::uint64_t origin =
      decoder.written_ - reinterpret_cast<std::uintptr_t>(decoder.run_start_);

#define AVILA_REFILL()                   \
  bits |= load_le64(in) << (count & 63); \
  in += 7 - (count >> 3 & 7);            \
  count |= 56
  // Leaves in `entry` what `table` says of the next bits, and these at the symbol's last part.
#define AVILA_LOOK_UP(entry, table)                                     \
  std::uint32_t entry = (table)[bits & kRootMask];                      \
  if ((entry & PrefixTable::kLink) != 0) [[unlikely]] {                 \
    bits >>= PrefixTable::kRootBits, count -= PrefixTable::kRootBits;   \
    entry = (table)[(entry >> 16) + low_bits(bits, entry >> 8 & 0x7F)]; \
  }
#define AVILA_LITERAL(table, ...)                         \
  {                                                       \
    AVILA_LOOK_UP(literal, table);                        \
    bits >>= literal & 63, count -= literal;              \
    *at++ = static_cast<std::byte>(literal >> 16 & 0xFF); \
    __VA_ARGS__;                                          \
  }
  do {
    const std::byte* const saved_in = in;
    std::byte* const start = at;
    const std::uint64_t saved_bits = bits;
    const std::uint32_t saved_count = count;
    const auto leave = [&]() __attribute__((always_inline)) {
      in = saved_in, at = start, bits = saved_bits, count = saved_count;
    };
    AVILA_REFILL();
    AVILA_LOOK_UP(command, command_table);
    const std::uint64_t lengths = bits >> (command & 63);
    bits >>= command >> 8 & 63, count -= command >> 8;
    const CommandEntry& entry = kCommandEntries[command >> 16 & 0x3FF];
    const std::uint32_t insert = entry.insert + low_bits(lengths, entry.insert_extra);
    const std::uint32_t copy =
        entry.copy + low_bits(lengths >> (entry.insert_extra & 63), entry.copy_extra);
    const bool implicit = (command & kImplicit) != 0;
    if (insert + copy >= meta_left || insert > literals_left || (!implicit && distances_left == 0))
        [[unlikely]] {
      leave();
      break;
    }
    if ((insert > kMaxInsert || copy > kMaxCopy) &&
        (insert > kLargeInsert || copy > kLargeCopy ||
         reader.end - in < static_cast<std::ptrdiff_t>(insert * 2 + 40) ||
         out.end - at < static_cast<std::ptrdiff_t>(insert + copy + 2 * kCopySlack))) [[unlikely]] {
      leave();
      break;
    }
    if (insert != 0) {
      std::byte* const end = at + insert;
      // 56 bits are three literals.
      if (one_tree) {
        while (true) {
          AVILA_REFILL();
          AVILA_LITERAL(literal_table);
          if (at == end) break;
          AVILA_LITERAL(literal_table);
          if (at == end) break;
          AVILA_LITERAL(literal_table);
          if (at == end) break;
        }
      } else if (choose_by_last) {
        std::uint32_t place = first_places[static_cast<std::uint8_t>(at[-1])];
        while (true) {
          AVILA_REFILL();
          AVILA_LITERAL(literal_tables + (place >> 24) * PrefixTable::kRoot, place = literal);
          if (at == end) break;
          AVILA_LITERAL(literal_tables + (place >> 24) * PrefixTable::kRoot, place = literal);
          if (at == end) break;
          AVILA_LITERAL(literal_tables + (place >> 24) * PrefixTable::kRoot, place = literal);
          if (at == end) break;
        }
      } else {
        std::uint32_t before = by_before[static_cast<std::uint8_t>(at[-1])];
        const std::uint32_t* table = contexts[by_last[static_cast<std::uint8_t>(at[-1])] |
                                              by_before[static_cast<std::uint8_t>(at[-2])]];
        do {
          AVILA_REFILL();
          AVILA_LITERAL(table, table = contexts[literal >> 24 | before], before = literal >> 8 & 7);
        } while (at != end);
      }
    }
    std::uint32_t distance = last, symbol = 0;
    if (!implicit) {
      AVILA_REFILL();
      const std::uint32_t* const table = distance_tables[command >> 26 & 3];
      AVILA_LOOK_UP(far, table);
      const std::uint64_t extra = bits >> (far & 63);
      bits >>= far >> 8 & 63, count -= far >> 8;
      symbol = far >> 16;
      if (symbol >= 16) [[likely]] {
        const DistanceCode& code = distance_codes[symbol];
        distance = code.base + (low_bits(extra, code.extra) << postfix);
      } else if (symbol != 0) {
        const std::uint32_t base = ring[(ring_at + 3 - kRecentWhich[symbol]) & 3];
        distance = base + static_cast<std::uint32_t>(kRecentPlus[symbol]);
        if (base <= 3 && static_cast<std::int32_t>(distance) <= 0) [[unlikely]] {
          leave();
          break;
        }
      }
    }
    const std::uint64_t reach =
        std::min<std::uint64_t>(origin + reinterpret_cast<std::uintptr_t>(at), window);
    if (distance > reach) [[unlikely]] {
      const std::optional<std::size_t> size = word_at(copy, distance - reach - 1, at);
      if (!size.has_value() || insert + *size >= meta_left) {
        leave();
        break;
      }
      at += *size;
    } else {
      if (symbol != 0) {
        ring[ring_at & 3] = last = distance;
        ++ring_at;
      }
      copy_match_wide(at, distance, copy);
      at += copy;
    }
    --commands_left;
    literals_left -= insert;
    distances_left -= implicit ? 0 : 1;
    meta_left -= static_cast<std::uint32_t>(at - start);
  } while (in <= in_safe && at <= out_safe && commands_left != 0);
#undef AVILA_LITERAL
#undef AVILA_LOOK_UP
#undef AVILA_REFILL
  blocks[kCommand].left = commands_left;
  blocks[kLiteral].left = literals_left;
  blocks[kDistance].left = distances_left;
  decoder.meta_left_ = meta_left;
  std::copy_n(ring, 4, decoder.ring_);
  decoder.ring_at_ = ring_at & 3;
  decoder.last_[0] = at[-1];
  decoder.last_[1] = at[-2];
  reader.bits = bits;
  reader.count = count & 0xFF;
  reader.in = in;
  out.at = at;
}

void BrotliDecoder::FastCommands::run_portable(BrotliDecoder& decoder, BitReader& reader,
                                               Output& out) {
  run(decoder, reader, out);
}
#if AVILA_X86_64
AVILA_TARGET_BMI2 void BrotliDecoder::FastCommands::run_bmi2(BrotliDecoder& decoder,
                                                             BitReader& reader, Output& out) {
  run(decoder, reader, out);
}
#endif

void BrotliDecoder::commands_fast(BitReader& reader, Output& out) {
  using Run = void (*)(BrotliDecoder&, BitReader&, Output&);
  static constexpr simd::Kernel<Run> kKernels[] = {
#if AVILA_X86_64
      {"bmi2", simd::has_bmi2, FastCommands::run_bmi2},
#endif
      {"portable", simd::always, FastCommands::run_portable},
  };
  static const Run decode = simd::select(kKernels);
  if (one_tree_ || one_mode_) decode(*this, reader, out);
}

}  // namespace avila::compress::detail::brotli

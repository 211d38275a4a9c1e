// Sequences are decoded and carried out in one go, 3.1.1.4 and 3.1.1.5.
#include <algorithm>
#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>

#include "copy.hpp"
#include "zstd_decoder.hpp"

namespace avila::compress::detail::zstd {
namespace {

enum class Outcome : std::uint8_t { Done, Damaged, TooLarge };

struct Work {
  std::span<const SequenceTable, 3> tables;
  std::array<std::uint32_t, 3> offsets;
  ByteSpan literals;
  std::size_t count;
  ByteSpan dictionary;
  std::uint64_t reach;  // bytes of the frame before out.at that are in the window
};

// One sequence near an end of memory, or into the dictionary.
Outcome execute_with_care(std::byte*& at, std::byte* end, const std::byte* literals,
                          std::size_t lit_length, std::size_t match_length, std::size_t offset,
                          const std::byte* low, ByteSpan dictionary) {
  if (lit_length + match_length > static_cast<std::size_t>(end - at)) return Outcome::TooLarge;
  if (lit_length != 0) std::memcpy(at, literals, lit_length);
  at += lit_length;
  const auto reach = static_cast<std::size_t>(at - low);
  if (offset > reach) {
    const std::size_t back = offset - reach;
    if (back > dictionary.size()) return Outcome::Damaged;
    const std::size_t part = std::min(back, match_length);
    std::memcpy(at, dictionary.data() + dictionary.size() - back, part);
    at += part, match_length -= part;
  }
  copy_match_exact(at, offset, match_length);
  at += match_length;
  return Outcome::Done;
}

AVILA_ALWAYS_INLINE Outcome decode(Work& work, ByteSpan stream, Output& out) {
  BackwardBits bits;
  std::byte room[8];
  if (!bits.open(stream, room)) return Outcome::Damaged;
  const SequenceTable* const tables = work.tables.data();  // one address for the three
  std::size_t lit_state = bits.take(tables[0].log);
  std::size_t offset_state = bits.take(tables[1].log);
  std::size_t match_state = bits.take(tables[2].log);
  std::size_t rep0 = work.offsets[0], rep1 = work.offsets[1], rep2 = work.offsets[2];
  const std::byte* literal = work.literals.data();
  const std::byte* const literal_end = literal + work.literals.size();
  std::byte* at = out.at;
  std::byte* const end = out.end;
  const std::byte* low = out.low;
  if (work.reach < static_cast<std::uint64_t>(at - low)) low = at - work.reach;
  for (std::size_t left = work.count; left != 0; --left) {
    const SequenceState& lit = tables[0].states[lit_state];
    const SequenceState& off = tables[1].states[offset_state];
    const SequenceState& match = tables[2].states[match_state];
    bits.refill();
    // An offset takes 31 bits, the lengths 16 each, the next states 9, 9 and 8: of 57.
    const bool many = off.extra + lit.extra + match.extra > 57 - 26;
    const std::uint64_t offset_value = off.base + bits.take(off.extra);
    const std::size_t match_length = match.base + bits.take(match.extra);
    if (many) [[unlikely]]
      bits.refill();
    const std::size_t lit_length = lit.base + bits.take(lit.extra);
    const bool recent = off.extra < 2;
    if (left != 1) [[likely]] {
      lit_state = lit.next + bits.take(lit.bits);
      match_state = match.next + bits.take(match.bits);
      offset_state = off.next + bits.take(off.bits);
    }
    // 3.1.1.5: the last three offsets.
    std::size_t offset;
    if (!recent) [[likely]] {
      offset = offset_value - 3;
      rep2 = rep1, rep1 = rep0, rep0 = offset;
    } else {
      const std::size_t which = offset_value - 1 + (lit_length == 0 ? 1 : 0);
      const std::size_t order[4] = {rep0, rep1, rep2, rep0 - 1};
      offset = order[which];
      rep2 = order[which < 2 ? 2 : 1];
      rep1 = order[which == 0 ? 1 : 0];
      rep0 = offset;
      if (offset == 0) [[unlikely]]
        return Outcome::Damaged;
    }
    if (lit_length > static_cast<std::size_t>(literal_end - literal)) [[unlikely]]
      return Outcome::Damaged;
    std::byte* const match_start = at + lit_length;
    if (lit_length + match_length + kCopySlack <= static_cast<std::size_t>(end - at) &&
        offset <= static_cast<std::size_t>(match_start - low)) [[likely]] {
      copy_wide(at, literal, lit_length);
      copy_match_wide(match_start, offset, match_length);
      at = match_start + match_length;
    } else {
      const Outcome outcome = execute_with_care(at, end, literal, lit_length, match_length, offset,
                                                low, work.dictionary);
      if (outcome != Outcome::Done) return outcome;
    }
    literal += lit_length;
  }
  if (bits.left() != 0) return Outcome::Damaged;
  const auto rest = static_cast<std::size_t>(literal_end - literal);
  if (rest > static_cast<std::size_t>(end - at)) return Outcome::TooLarge;
  if (rest != 0) std::memcpy(at, literal, rest);
  out.at = at + rest;
  work.offsets = {static_cast<std::uint32_t>(rep0), static_cast<std::uint32_t>(rep1),
                  static_cast<std::uint32_t>(rep2)};
  return Outcome::Done;
}

using Decode = Outcome (*)(Work&, ByteSpan, Output&);
Outcome decode_portable(Work& work, ByteSpan stream, Output& out) {
  return decode(work, stream, out);
}
#if AVILA_X86_64
AVILA_TARGET_BMI2 Outcome decode_bmi2(Work& work, ByteSpan stream, Output& out) {
  return decode(work, stream, out);
}
#endif
constexpr simd::Kernel<Decode> kKernels[] = {
#if AVILA_X86_64
    {"bmi2", simd::has_bmi2, decode_bmi2},
#endif
    {"portable", simd::always, decode_portable},
};

}  // namespace

Result<void> ZstdDecoder::run_sequences(ByteSpan stream, std::size_t count, Output& out) {
  static const Decode kernel = simd::select(kKernels);
  Work work{entropy_.tables, entropy_.offsets, literals_, count,
            // As long as the window has not moved on from the frame's start.
            with_dictionary_ && written_ <= window_ ? ByteSpan(dictionary_) : ByteSpan(),
            std::min<std::uint64_t>(written_, window_)};
  Output limited = out;
  const bool cut = static_cast<std::size_t>(out.end - out.at) > max_block_;
  if (cut) limited.end = out.at + max_block_;
  const Outcome outcome = kernel(work, stream, limited);
  if (outcome == Outcome::Done) {
    out.at = limited.at;
    entropy_.offsets = work.offsets;
    return {};
  }
  if (outcome == Outcome::TooLarge && !cut)
    return Error(Errc::LimitExceeded, "zstd: the content is larger than the room for it");
  return Error(StreamError::Damaged, outcome == Outcome::TooLarge
                                         ? "zstd: a block of more than 128 KiB"
                                         : "zstd: the sequences are damaged");
}

}  // namespace avila::compress::detail::zstd

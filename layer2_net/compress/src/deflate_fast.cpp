#include "deflate_fast.hpp"

#include <algorithm>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace avila::compress::detail {
namespace {

constexpr std::uint32_t kLeast = 5;   // shorter matches save next to nothing
constexpr std::uint32_t kTail = 8;    // bytes that are read to hash
constexpr std::uint32_t kSeen = 15;   // bytes of a match that a probe compares
constexpr std::uint32_t kLong = 32;   // after such a match, others like it are tried first
constexpr std::uint32_t kAhead = 16;  // what a row reads beyond itself
constexpr unsigned kPatience = 4;     // rows without a match before some are passed over

// Bit n says whether byte n of 16 is equal (portable: up to the first, from byte 1 on, that isn't).
AVILA_ALWAYS_INLINE std::uint16_t equal_bytes(const std::byte* a, const std::byte* b) noexcept {
#if defined(__SSE2__)
  const auto load = [](const std::byte* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  };
  return static_cast<std::uint16_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(load(a), load(b))));
#else
  const std::uint32_t length = common_length(a + 1, b + 1, a + 1 + kSeen);
  return static_cast<std::uint16_t>(((1U << length) - 1) << 1 | (*a == *b ? 1U : 0U));
#endif
}

AVILA_ALWAYS_INLINE std::uint64_t bits_of(simd::Mask<std::uint16_t, 8> mask) noexcept {
#if defined(__SSE2__)
  const __m128i lanes = std::bit_cast<__m128i>(mask.native);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(lanes, _mm_setzero_si128())));
#else
  return mask.bits();
#endif
}

// The eight lanes from the second one of `a` on.
AVILA_ALWAYS_INLINE simd::Vec<std::uint16_t, 8> one_lane_on(
    simd::Vec<std::uint16_t, 8> a, simd::Vec<std::uint16_t, 8> b) noexcept {
#if defined(__SSE2__)
  const auto joined = _mm_or_si128(_mm_srli_si128(std::bit_cast<__m128i>(a.native), 2),
                                   _mm_slli_si128(std::bit_cast<__m128i>(b.native), 14));
  return {std::bit_cast<simd::Vec<std::uint16_t, 8>::Native>(joined)};
#else
  return {__builtin_shufflevector(a.native, b.native, 1, 2, 3, 4, 5, 6, 7, 8)};
#endif
}

// How many of up to 8 bytes before `at` equal those at the distance, where `room` exist: 1 or more.
AVILA_ALWAYS_INLINE std::uint32_t equal_before(const std::byte* at, std::uint32_t distance,
                                               std::uint32_t room) noexcept {
  if (room < 8) [[unlikely]]
    return at[-1] == (at - distance)[-1] ? 1 : 0;
  const std::uint64_t differing = load_le64(at - 8) ^ load_le64(at - 8 - distance);
  return static_cast<std::uint32_t>(std::countl_zero(differing)) / 8;
}

}  // namespace

void DeflateFast::probe(const Piece& piece, std::uint32_t from, Row& row) noexcept {
  const std::byte* const start = piece.base + from;
  auto place = static_cast<std::uint16_t>(from);
  const Lanes steps = Lanes::iota() + Lanes::iota();
  Lanes at = Lanes::all(place) + steps;
  // The byte before is looked at, too.
  Lanes reach = Lanes::all(static_cast<std::uint16_t>(
                    std::min(from - piece.low - 1, kDeflateWindow - kRow))) +
                steps;
  for (unsigned first = 0; first < kProbes; first += 8) {
    const std::byte* const here = start + 2 * first;
    Lanes places;
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; ++i) {
      std::uint16_t& probed = place_of(here + 2 * i);
      places.set(i, probed);
      probed = static_cast<std::uint16_t>(place + 2 * i);
      place_of(here + 2 * i + 1) = static_cast<std::uint16_t>(place + 2 * i + 1);
    }
    const Lanes distance = at - places;
    const auto in_reach = distance - Lanes::all(1) < reach;
    select(in_reach, distance, Lanes::zero()).store(&row.distances[first]);
    place = static_cast<std::uint16_t>(place + 16);
    at += Lanes::all(16);
    reach += Lanes::all(16);
  }

  // Of eight probes: where matches are, and ones up to the first byte that differs.
  struct Eight {
    simd::Mask<std::uint16_t, 8> matches;
    Lanes run;
  } before{{}, Lanes::zero()};
  std::uint64_t matches = 0;
  // A longer match at the next probe goes before.
  const auto choose = [&](const Eight& eight, Lanes next) {
    const Lanes after = one_lane_on(eight.run, next);
    return bits_of(eight.matches & ~(after > eight.run));
  };
  for (unsigned first = 0; first < kProbes; first += 8) {
    Lanes equal;
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; ++i) {
      const std::byte* const byte_before = start + 2 * (first + i) - 1;
      equal.set(i, equal_bytes(byte_before, byte_before - row.distances[first + i]));
    }
    const Lanes none = Lanes::zero();
    equal = select(Lanes::load(&row.distances[first]) == none, none, equal);
    equal.store(&row.equal[first]);
    const auto has = [&](std::uint16_t bits) {
      return (equal & Lanes::all(bits)) == Lanes::all(bits);
    };
    const Lanes forward = equal >> 1;
    const Eight eight{has(0x3E) | has(0x1F), (forward ^ (forward + Lanes::all(1))) >> 1};
    if (first != 0) matches |= choose(before, eight.run) << (first - 8);
    before = eight;
  }
  row.matches = matches | choose(before, Lanes::zero()) << (kProbes - 8);
}

std::uint32_t DeflateFast::find(const Piece& piece, std::uint32_t target,
                                std::vector<DeflateSequence>& sequences) {
  const std::byte* const base = piece.base;
  std::uint32_t at = piece.start, anchor = at;  // where the literals since the last match begin
  const auto found = [&](std::uint32_t position, std::uint32_t length, std::uint32_t distance) {
    sequences.push_back({position - anchor, static_cast<std::uint16_t>(length),
                         static_cast<std::uint16_t>(distance)});
    at = anchor = position + length;
  };
  const auto longer = [&](std::uint32_t position, std::uint32_t length, std::uint32_t distance) {
    const std::byte* const p = base + position + length;
    return length +
           common_length(p, p - distance, base + std::min(position + kDeflateMaxMatch, piece.end));
  };

  // Looks at one position only. Gives the length of the match taken, or 0 where `at` is a literal.
  const auto single = [&] {
    std::uint16_t& place = place_of(base + at);
    const std::uint32_t distance = static_cast<std::uint16_t>(at - place);
    place = static_cast<std::uint16_t>(at);
    const bool in_reach = distance - 1 < std::min(at - piece.low, kDeflateWindow);
    const std::uint32_t length = in_reach ? longer(at, 0, distance) : 0;
    if (length < kLeast) {
      ++at;
      return 0U;
    }
    found(at, length, distance);
    return length;
  };

  Row row;
  std::uint32_t from = std::max(at, piece.low + 1);  // where the row begins
  unsigned empty = 0;                                // rows without a match
  while (at < target && from + kRow + kAhead <= piece.end) {
    probe(piece, from, row);
    const auto open = [&] { return ~std::uint64_t{0} << ((at - from + 1) / 2); };
    std::uint64_t matches = row.matches & open();
    if (matches == 0) {
      // Where nothing is found, rows lie ever further apart.
      from += kRow;
      if (++empty > kPatience) from += kRow / 2 * (empty - kPatience);
      at = from = std::min(from, piece.end);
      continue;
    }
    empty = 0;
    bool long_match = false;
    do {
      const auto i = static_cast<unsigned>(std::countr_zero(matches));
      const std::uint32_t position = from + 2 * i, distance = row.distances[i];
      auto length = static_cast<std::uint32_t>(std::countr_one(row.equal[i] >> 1 & 0x7FFFU));
      if (length == kSeen) [[unlikely]]
        length = longer(position, length, distance);
      long_match = length >= kLong;
      const std::uint32_t back =
          std::min({equal_before(base + position, distance, position - distance - piece.low),
                    position - anchor, kDeflateMaxMatch - length});
      found(position - back, length + back, distance);
      if (at >= from + kRow - 1) break;
      matches &= open();
    } while (matches != 0);
    from += kRow;
    if (at >= from + kRow - 1 || (at > from && long_match)) {
      enter(base, from, std::min(at, piece.end - kTail));
      for (unsigned tries = long_match ? 2 : 0; tries != 0 && at + kTail <= piece.end; --tries) {
        const std::uint32_t length = single();
        if (length < kLong) continue;
        enter(base, at - std::min(length - 1, 4 * kLong), std::min(at, piece.end - kTail));
        tries = 3;
      }
      from = at;
    }
    at = std::max(at, from);
  }
  // The end of the piece, where rows would reach beyond it.
  while (at < target && at + kTail <= piece.end) (void)single();
  if (at < target) at = target;
  sequences.push_back({at - anchor, 0, 0});
  return at;
}

}  // namespace avila::compress::detail

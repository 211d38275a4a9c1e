#include <avila/regex/detail/literal_kernels.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include <bit>
#if AVILA_X86_64
#include <immintrin.h>
#endif

namespace avila::regex::detail {
namespace {

std::size_t find_pair_portable(const std::uint8_t* text, std::size_t last,
                               const BytePair& pair) noexcept {
  for (std::size_t at = 0; at < last; ++at)
    if (text[at + pair.offset[0]] == pair.byte[0] && text[at + pair.offset[1]] == pair.byte[1])
      return at;
  return last;
}

std::uint8_t groups_at(const std::uint8_t* text, const GroupTables& tables) noexcept {
  unsigned groups = 0xFF;
  for (unsigned k = 0; k < tables.positions; ++k)
    groups &= tables.low[k][text[k] & 15U] & tables.high[k][text[k] >> 4U];
  return static_cast<std::uint8_t>(groups);
}

GroupHit find_group_portable(const std::uint8_t* text, std::size_t last,
                             const GroupTables& tables) noexcept {
  for (std::size_t at = 0; at < last; ++at)
    if (const std::uint8_t groups = groups_at(text + at, tables); groups != 0) return {at, groups};
  return {last, 0};
}

bool in_sets(const std::uint8_t* text, const GroupTables& tables) noexcept {
  for (unsigned k = 0; k < tables.positions; ++k)
    if ((tables.low[k][text[k] & 15U] & tables.high[k][text[k] >> 4U]) == 0) return false;
  return true;
}

std::size_t find_sets_portable(const std::uint8_t* text, std::size_t last,
                               const GroupTables& tables) noexcept {
  for (std::size_t at = 0; at < last; ++at)
    if (in_sets(text + at, tables)) return at;
  return last;
}

#if AVILA_X86_64
AVILA_TARGET_AVX2 inline __m256i load(const std::uint8_t* from) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// Mula, "SIMD-friendly algorithms for substring searching": two bytes of the needle at once.
AVILA_TARGET_AVX2 std::size_t find_pair_avx2(const std::uint8_t* text, std::size_t last,
                                             const BytePair& pair) noexcept {
  const __m256i first = _mm256_set1_epi8(static_cast<char>(pair.byte[0]));
  const __m256i second = _mm256_set1_epi8(static_cast<char>(pair.byte[1]));
  std::size_t at = 0;
  for (; at + 32 <= last; at += 32) {
    const __m256i a = _mm256_cmpeq_epi8(load(text + at + pair.offset[0]), first);
    const __m256i b = _mm256_cmpeq_epi8(load(text + at + pair.offset[1]), second);
    const auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_and_si256(a, b)));
    if (mask != 0) return at + static_cast<unsigned>(std::countr_zero(mask));
  }
  return at + find_pair_portable(text + at, last - at, pair);
}

// Teddy, of Intel's Hyperscan (as G. Langdale described it): half bytes look up their groups by a
// shuffle; groups that agree in all positions are candidates.
template <unsigned kPositions, bool kSets>
AVILA_TARGET_AVX2 GroupHit find_group_n(const std::uint8_t* text, std::size_t last,
                                        const GroupTables& tables) noexcept {
  const __m256i half = _mm256_set1_epi8(15);
  __m256i low[kPositions];
  __m256i high[kPositions];
  for (unsigned k = 0; k < kPositions; ++k) {
    low[k] = _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(tables.low[k])));
    high[k] = _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(tables.high[k])));
  }
  std::size_t at = 0;
  for (; at + 32 <= last; at += 32) {
    __m256i groups = _mm256_set1_epi8(-1);
    __m256i outside = _mm256_setzero_si256();
    for (unsigned k = 0; k < kPositions; ++k) {
      const __m256i bytes = load(text + at + k);
      const __m256i by_low = _mm256_shuffle_epi8(low[k], _mm256_and_si256(bytes, half));
      const __m256i by_high =
          _mm256_shuffle_epi8(high[k], _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
      const __m256i both = _mm256_and_si256(by_low, by_high);
      if (kSets) {
        outside = _mm256_or_si256(outside, _mm256_cmpeq_epi8(both, _mm256_setzero_si256()));
      } else {
        groups = _mm256_and_si256(groups, both);
      }
    }
    if (!kSets) outside = _mm256_cmpeq_epi8(groups, _mm256_setzero_si256());
    const auto none = static_cast<std::uint32_t>(_mm256_movemask_epi8(outside));
    if (none != ~0U) {
      const std::size_t place = at + static_cast<unsigned>(std::countr_one(none));
      return {place, groups_at(text + place, tables)};
    }
  }
  const GroupHit rest = kSets ? GroupHit{find_sets_portable(text + at, last - at, tables), 0}
                              : find_group_portable(text + at, last - at, tables);
  return {at + rest.at, rest.groups};
}

AVILA_TARGET_AVX2 GroupHit find_group_avx2(const std::uint8_t* text, std::size_t last,
                                           const GroupTables& tables) noexcept {
  switch (tables.positions) {
    case 1: return find_group_n<1, false>(text, last, tables);
    case 2: return find_group_n<2, false>(text, last, tables);
    default: return find_group_n<3, false>(text, last, tables);
  }
}

AVILA_TARGET_AVX2 std::size_t find_sets_avx2(const std::uint8_t* text, std::size_t last,
                                             const GroupTables& tables) noexcept {
  switch (tables.positions) {
    case 1: return find_group_n<1, true>(text, last, tables).at;
    case 2: return find_group_n<2, true>(text, last, tables).at;
    default: return find_group_n<3, true>(text, last, tables).at;
  }
}
#endif

constexpr simd::Kernel<FindPairFn> kFindPair[] = {
#if AVILA_X86_64
    {"avx2", simd::has_avx2, find_pair_avx2},
#endif
    {"portable", simd::always, find_pair_portable}};
constexpr simd::Kernel<FindGroupFn> kFindGroup[] = {
#if AVILA_X86_64
    {"avx2", simd::has_avx2, find_group_avx2},
#endif
    {"portable", simd::always, find_group_portable}};

constexpr simd::Kernel<FindSetsFn> kFindSets[] = {
#if AVILA_X86_64
    {"avx2", simd::has_avx2, find_sets_avx2},
#endif
    {"portable", simd::always, find_sets_portable}};

}  // namespace

std::span<const simd::Kernel<FindPairFn>> find_pair_kernels() noexcept { return kFindPair; }
std::span<const simd::Kernel<FindGroupFn>> find_group_kernels() noexcept { return kFindGroup; }

std::span<const simd::Kernel<FindSetsFn>> find_sets_kernels() noexcept { return kFindSets; }

FindSetsFn best_find_sets() noexcept {
  static const auto run = simd::select(kFindSets);
  return run;
}
FindPairFn best_find_pair() noexcept {
  static const auto run = simd::select(kFindPair);
  return run;
}
FindGroupFn best_find_group() noexcept {
  static const auto run = simd::select(kFindGroup);
  return run;
}

}  // namespace avila::regex::detail

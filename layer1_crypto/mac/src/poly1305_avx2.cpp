// Poly1305 by AVX2: four blocks side by side, a limb of 26 bits of all of them in one register.
#include <avila/primitives/wide.hpp>
#include <avila/simd/target.hpp>

#include "poly1305_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>

// At -O2 g++ leaves small loops as they are, and arrays indexed in loops stay in memory.
#if defined(__clang__)
#define AVILA_UNROLL _Pragma("unroll")
#else
#define AVILA_UNROLL _Pragma("GCC unroll 5")
#endif

namespace avila::mac::detail {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kLeast = 16;  // blocks: below, the powers of r cost more than they save
constexpr std::uint64_t k26 = (std::uint64_t{1} << 26) - 1;

struct Lanes {
  __m256i limb[5];
};
// The factor of a product, with 5 times its upper limbs: 2^130 is 5 modulo 2^130 - 5.
struct Factor {
  __m256i r[5], s[5];  // s[0] is not used
};

AVILA_TARGET_AVX2 AVILA_ALWAYS_INLINE __m256i all(std::uint64_t x) noexcept {
  return _mm256_set1_epi64x(static_cast<long long>(x));
}
AVILA_TARGET_AVX2 AVILA_ALWAYS_INLINE Factor factor(const Lanes& x) noexcept {
  Factor f;
  AVILA_UNROLL for (int i = 0; i < 5; ++i) {
    f.r[i] = x.limb[i];
    f.s[i] = _mm256_add_epi32(x.limb[i], _mm256_slli_epi32(x.limb[i], 2));
  }
  return f;
}

// Moves what limb `from` has above 26 bits to limb `to`.
AVILA_TARGET_AVX2 AVILA_ALWAYS_INLINE void carry(Lanes& x, int from, int to) noexcept {
  x.limb[to] = _mm256_add_epi64(x.limb[to], _mm256_srli_epi64(x.limb[from], 26));
  x.limb[from] = _mm256_and_si256(x.limb[from], all(k26));
}

// h times f. Limbs of h below 2^28, of f below 2^27: a limb of the product is below 5 times 2^58
// before the carries, and below 2^26 + 2^11 after them.
AVILA_TARGET_AVX2 AVILA_ALWAYS_INLINE Lanes times(const Lanes& h, const Factor& f) noexcept {
  Lanes d;
  AVILA_UNROLL for (int to = 0; to < 5; ++to) {
    d.limb[to] = _mm256_mul_epu32(h.limb[0], f.r[to]);
    AVILA_UNROLL for (int i = 1; i < 5; ++i) d.limb[to] = _mm256_add_epi64(
        d.limb[to], _mm256_mul_epu32(h.limb[i], i <= to ? f.r[to - i] : f.s[to - i + 5]));
  }
  carry(d, 3, 4), carry(d, 0, 1);
  const __m256i over = _mm256_srli_epi64(d.limb[4], 26);
  d.limb[4] = _mm256_and_si256(d.limb[4], all(k26));
  d.limb[0] = _mm256_add_epi64(d.limb[0], _mm256_add_epi64(over, _mm256_slli_epi64(over, 2)));
  carry(d, 1, 2), carry(d, 2, 3), carry(d, 0, 1), carry(d, 3, 4);
  return d;
}

// acc + 4 blocks; the lanes hold the blocks 0, 2, 1, 3.
AVILA_TARGET_AVX2 AVILA_ALWAYS_INLINE Lanes add_blocks(const Lanes& acc,
                                                       const std::byte* in) noexcept {
  const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
  const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 32));
  const __m256i low = _mm256_unpacklo_epi64(a, b), high = _mm256_unpackhi_epi64(a, b);
  const __m256i middle = _mm256_or_si256(_mm256_srli_epi64(low, 52), _mm256_slli_epi64(high, 12));
  const __m256i mask = all(k26);
  return {{_mm256_add_epi64(acc.limb[0], _mm256_and_si256(low, mask)),
           _mm256_add_epi64(acc.limb[1], _mm256_and_si256(_mm256_srli_epi64(low, 26), mask)),
           _mm256_add_epi64(acc.limb[2], _mm256_and_si256(middle, mask)),
           _mm256_add_epi64(acc.limb[3], _mm256_and_si256(_mm256_srli_epi64(high, 14), mask)),
           _mm256_add_epi64(acc.limb[4], _mm256_or_si256(_mm256_srli_epi64(high, 40),
                                                         all(std::uint64_t{1} << 24)))}};
}

AVILA_TARGET_AVX2 AVILA_ALWAYS_INLINE std::uint64_t sum_of_lanes(__m256i x) noexcept {
  const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  return static_cast<std::uint64_t>(
      _mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two))));
}

AVILA_TARGET_AVX2 void fours(Poly1305State& state, const std::byte* in,
                             std::size_t count) noexcept {
  const auto limbs = [](const std::uint64_t x[2], std::uint64_t top, std::uint64_t to[5]) {
    to[0] = x[0] & k26, to[1] = x[0] >> 26 & k26, to[2] = (x[0] >> 52 | x[1] << 12) & k26;
    to[3] = x[1] >> 14 & k26, to[4] = x[1] >> 40 | top << 24;
  };
  std::uint64_t l[5];
  Lanes r, acc, last;
  limbs(state.r, 0, l);
  AVILA_UNROLL for (int i = 0; i < 5; ++i) r.limb[i] = all(l[i]);
  const Factor first = factor(r);
  const Lanes r2 = times(r, first), r3 = times(r2, first), r4 = times(r2, factor(r2));
  // Blocks 0, 2, 1, 3 of the last four are multiplied by r to the 4, 2, 3, 1.
  AVILA_UNROLL for (int i = 0; i < 5; ++i) {
    const __m256i even = _mm256_blend_epi32(r4.limb[i], r3.limb[i], 0xf0);
    const __m256i odd = _mm256_blend_epi32(r2.limb[i], r.limb[i], 0xf0);
    last.limb[i] = _mm256_blend_epi32(even, odd, 0xcc);
  }
  const Factor fourth = factor(r4);
  limbs(state.h, state.h[2], l);
  AVILA_UNROLL for (int i = 0; i < 5; ++i) acc.limb[i] =
      _mm256_set_epi64x(0, 0, 0, static_cast<long long>(l[i]));
  acc = add_blocks(acc, in);
  while (--count > 0) acc = add_blocks(times(acc, fourth), in += 16 * kLanes);
  acc = times(acc, factor(last));
  AVILA_UNROLL for (int i = 0; i < 5; ++i) l[i] = sum_of_lanes(acc.limb[i]);
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < 4; ++i) l[i + 1] += l[i] >> 26, l[i] &= k26;
    l[0] += 5 * (l[4] >> 26), l[4] &= k26;
  }
  const u128 low = (u128{l[3]} << 78) + (u128{l[2]} << 52) + (u128{l[1]} << 26) + l[0];
  const u128 top = u128{l[4]} << 104, sum = low + top;
  state.h[0] = static_cast<std::uint64_t>(sum);
  state.h[1] = static_cast<std::uint64_t>(sum >> 64);
  state.h[2] = (l[4] >> 24) + (sum < top);
}

}  // namespace

void poly1305_avx2(Poly1305State& state, const std::byte* in, std::size_t blocks,
                   std::uint64_t high) noexcept {
  if (blocks >= kLeast && high == 1) {  // both public: a short last block comes alone
    const std::size_t count = blocks / kLanes;
    fours(state, in, count);
    in += 16 * kLanes * count, blocks -= kLanes * count;
  }
  poly1305_portable(state, in, blocks, high);
}

}  // namespace avila::mac::detail
#endif

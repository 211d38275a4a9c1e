// Poly1305 by AVX-512 IFMA: eight blocks side by side, a limb of all of them in one register.
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include "poly1305_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace avila::mac::detail {
namespace {

#if AVILA_X86_64

constexpr std::size_t kLanes = 8;
constexpr std::size_t kLeast = 16;  // blocks: below, the powers of r cost more than they save

struct Lanes {
  __m512i limb[3];
};

AVILA_TARGET_AVX512IFMA inline __m512i all(std::uint64_t x) noexcept {
  return _mm512_set1_epi64(static_cast<long long>(x));
}

// The factor of a product, with 20 times its upper limbs: 2^132 is 20 modulo 2^130 - 5.
struct Factor {
  __m512i r[3], s[3];  // s[0] is not used
};
AVILA_TARGET_AVX512IFMA inline Factor factor(const Lanes& x) noexcept {
  Factor f;
  for (int i = 0; i < 3; ++i) {
    f.r[i] = x.limb[i];
    f.s[i] = _mm512_add_epi64(_mm512_slli_epi64(x.limb[i], 4), _mm512_slli_epi64(x.limb[i], 2));
  }
  return f;
}

// h times f. Limbs of h below 2^46, of f below 2^44 + 2^16 (and 20 times that is below 2^49), and
// so are those of the product. A product of limbs is cut at bit 52: what is above belongs to the
// next limb, shifted by 52 - 44 bits.
AVILA_TARGET_AVX512IFMA AVILA_ALWAYS_INLINE Lanes times(const Lanes& h, const Factor& f) noexcept {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i *x = h.limb, *r = f.r, *s = f.s;
  const auto low = [&](__m512i a0, __m512i a1, __m512i a2) AVILA_TARGET_AVX512IFMA {
    const __m512i sum = _mm512_madd52lo_epu64(_mm512_madd52lo_epu64(zero, x[0], a0), x[1], a1);
    return _mm512_madd52lo_epu64(sum, x[2], a2);
  };
  const auto high = [&](__m512i a0, __m512i a1, __m512i a2) AVILA_TARGET_AVX512IFMA {
    const __m512i sum = _mm512_madd52hi_epu64(_mm512_madd52hi_epu64(zero, x[0], a0), x[1], a1);
    return _mm512_slli_epi64(_mm512_madd52hi_epu64(sum, x[2], a2), 8);
  };
  __m512i d0 = low(r[0], s[2], s[1]), d1 = low(r[1], r[0], s[2]), d2 = low(r[2], r[1], r[0]);
  d1 = _mm512_add_epi64(d1, high(r[0], s[2], s[1]));
  d2 = _mm512_add_epi64(d2, high(r[1], r[0], s[2]));
  // What limb 2 sends to a limb 3 has weight 2^132, which is 20.
  const __m512i over = high(r[2], r[1], r[0]);
  d0 = _mm512_add_epi64(d0,
                        _mm512_add_epi64(_mm512_slli_epi64(over, 4), _mm512_slli_epi64(over, 2)));
  const __m512i mask44 = all((std::uint64_t{1} << 44) - 1);
  const __m512i mask42 = all((std::uint64_t{1} << 42) - 1);
  // One step of all carries, side by side: below 2^12 each, and the last one comes back five times.
  const __m512i carry0 = _mm512_srli_epi64(d0, 44), carry1 = _mm512_srli_epi64(d1, 44);
  const __m512i carry2 = _mm512_srli_epi64(d2, 42);
  d0 = _mm512_add_epi64(_mm512_and_si512(d0, mask44), carry2);
  d0 = _mm512_add_epi64(d0, _mm512_slli_epi64(carry2, 2));
  d1 = _mm512_add_epi64(_mm512_and_si512(d1, mask44), carry0);
  d2 = _mm512_add_epi64(_mm512_and_si512(d2, mask42), carry1);
  return {{d0, d1, d2}};
}

AVILA_TARGET_AVX512IFMA AVILA_ALWAYS_INLINE Lanes blend(__mmask8 where, const Lanes& other,
                                                        const Lanes& x) noexcept {
  Lanes out;
  for (int i = 0; i < 3; ++i) out.limb[i] = _mm512_mask_mov_epi64(x.limb[i], where, other.limb[i]);
  return out;
}
AVILA_TARGET_AVX512IFMA AVILA_ALWAYS_INLINE Lanes first_lane(const Lanes& x) noexcept {
  Lanes out;
  for (int i = 0; i < 3; ++i)
    out.limb[i] = _mm512_broadcastq_epi64(_mm512_castsi512_si128(x.limb[i]));
  return out;
}

// acc + 8 blocks.
AVILA_TARGET_AVX512IFMA AVILA_ALWAYS_INLINE Lanes add_blocks(const Lanes& acc,
                                                             const std::byte* in) noexcept {
  const __m512i a = _mm512_loadu_si512(in), b = _mm512_loadu_si512(in + 64);
  const __m512i low = _mm512_unpacklo_epi64(a, b), high = _mm512_unpackhi_epi64(a, b);
  const __m512i mask44 = all((std::uint64_t{1} << 44) - 1);
  const __m512i middle = _mm512_or_si512(_mm512_srli_epi64(low, 44), _mm512_slli_epi64(high, 20));
  const __m512i top = _mm512_or_si512(_mm512_srli_epi64(high, 24), all(std::uint64_t{1} << 40));
  return {{_mm512_add_epi64(acc.limb[0], _mm512_and_si512(low, mask44)),
           _mm512_add_epi64(acc.limb[1], _mm512_and_si512(middle, mask44)),
           _mm512_add_epi64(acc.limb[2], top)}};
}

// `count` eights of blocks, two or more, in two chains side by side, for one waits for itself. The
// lanes of a pair of loads hold the blocks 0, 4, 1, 5, 2, 6, 3, 7, which eight blocks' Horner
// multiplies by r to the 8, 4, 7, 3, 6, 2, 5, 1.
AVILA_TARGET_AVX512IFMA void eights(Poly1305State& state, const std::byte* in,
                                    std::size_t count) noexcept {
  constexpr std::uint64_t k44 = (std::uint64_t{1} << 44) - 1, k42 = (std::uint64_t{1} << 42) - 1;
  const auto middle = [](const std::uint64_t x[2]) { return (x[0] >> 44 | x[1] << 20) & k44; };
  const Lanes r = {{all(state.r[0] & k44), all(middle(state.r)), all(state.r[1] >> 24)}};
  const Lanes r2 = times(r, factor(r));
  const Lanes r2211 = blend(0x33, r2, r);         // exponents 2 2 1 1 2 2 1 1
  const Lanes r4433 = times(r2211, factor(r2));   // 4 4 3 3 4 4 3 3
  const Lanes r4321 = blend(0x0f, r4433, r2211);  // 4 4 3 3 2 2 1 1
  const Lanes r8765 = times(r4321, factor(first_lane(r4433)));
  const Factor lanes = factor(blend(0x55, r8765, r4321));
  const Lanes r8 = first_lane(r8765);
  const Factor eighth = factor(r8);
  const __m512i zero = _mm512_setzero_si512();
  Lanes first;
  const std::uint64_t start[3] = {state.h[0] & k44, middle(state.h),
                                  state.h[1] >> 24 | state.h[2] << 40};
  for (int i = 0; i < 3; ++i)
    first.limb[i] = _mm512_zextsi128_si512(_mm_cvtsi64_si128(static_cast<long long>(start[i])));
  first = add_blocks(first, in);
  if (count % 2 != 0) first = add_blocks(times(first, eighth), in += 128);
  Lanes second = add_blocks({{zero, zero, zero}}, in += 128);
  if (count > 3) {
    const Factor sixteenth = factor(times(r8, eighth));
    for (std::size_t left = (count - 2) / 2; left > 0; --left) {
      first = add_blocks(times(first, sixteenth), in += 128);
      second = add_blocks(times(second, sixteenth), in += 128);
    }
  }
  Lanes acc = times(first, eighth);
  for (int i = 0; i < 3; ++i) acc.limb[i] = _mm512_add_epi64(acc.limb[i], second.limb[i]);
  acc = times(acc, lanes);
  std::uint64_t h[3];
  for (int i = 0; i < 3; ++i)
    h[i] = static_cast<std::uint64_t>(_mm512_reduce_add_epi64(acc.limb[i]));
  h[1] += h[0] >> 44, h[0] &= k44;
  h[2] += h[1] >> 44, h[1] &= k44;
  h[0] += 5 * (h[2] >> 42), h[2] &= k42;
  h[1] += h[0] >> 44, h[0] &= k44;
  h[2] += h[1] >> 44, h[1] &= k44;
  state.h[0] = h[0] | h[1] << 44;
  state.h[1] = h[1] >> 20 | h[2] << 24;
  state.h[2] = h[2] >> 40;
}

void blocks_ifma(Poly1305State& state, const std::byte* in, std::size_t blocks,
                 std::uint64_t high) noexcept {
  if (blocks >= kLeast && high == 1) {  // both public: a short last block comes alone
    const std::size_t count = blocks / kLanes;
    eights(state, in, count);
    in += 128 * count, blocks -= kLanes * count;
  }
  poly1305_portable(state, in, blocks, high);
}

constexpr simd::Kernel<Poly1305Fn> kKernels[] = {{"avx512", simd::has_avx512ifma, blocks_ifma},
                                                 {"avx2", simd::has_avx2, poly1305_avx2},
                                                 {"portable", simd::always, poly1305_portable}};
#else
constexpr simd::Kernel<Poly1305Fn> kKernels[] = {{"portable", simd::always, poly1305_portable}};
#endif

}  // namespace

std::span<const simd::Kernel<Poly1305Fn>> poly1305_kernels() noexcept { return kKernels; }

void poly1305_blocks(Poly1305State& state, const std::byte* in, std::size_t blocks,
                     std::uint64_t high) noexcept {
  static const Poly1305Fn run = simd::select(kKernels);
  run(state, in, blocks, high);
}

}  // namespace avila::mac::detail

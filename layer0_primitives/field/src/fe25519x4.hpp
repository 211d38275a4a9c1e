// Four elements of GF(2^255-19) side by side, in five limbs of 51 bits each, for the multiply-add
// of 52 bits (AVX-512 IFMA) on 256-bit registers. Every operation is CT.
#pragma once
#include <avila/field/modulus.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#if AVILA_X86_64 && defined(__GNUC__)
#define AVILA_FIELD_IFMA 1
#include <immintrin.h>
#else
#define AVILA_FIELD_IFMA 0
#endif

namespace avila::field::detail {
#if AVILA_FIELD_IFMA

#define AVILA_FE4 AVILA_TARGET_AVX512IFMA AVILA_ALWAYS_INLINE

/// limb[i] holds the i-th limbs of all four. "Carried" ones are below 2^51 + 2^14; factors of a
/// product must be below 2^52.
struct Fe4 {
  __m256i limb[5];
};

constexpr std::uint64_t kLow51 = (std::uint64_t{1} << 51) - 1;

/// The limbs of one number below 2^256; the top one has up to 52 bits.
inline Limbs<5> split51(const Limbs<4>& a) noexcept {
  return {a[0] & kLow51, (a[0] >> 51 | a[1] << 13) & kLow51, (a[1] >> 38 | a[2] << 26) & kLow51,
          (a[2] >> 25 | a[3] << 39) & kLow51, a[3] >> 12};
}
inline Limbs<4> join51(Limbs<5> a) noexcept {
  for (int pass = 0; pass < 2; ++pass) {
    for (std::size_t i = 0; i < 4; ++i) {
      a[i + 1] += a[i] >> 51;
      a[i] &= kLow51;
    }
    a[0] += 19 * (a[4] >> 51);
    a[4] &= kLow51;
  }
  return {a[0] + (a[1] << 51), a[1] >> 13 | a[2] << 38, a[2] >> 26 | a[3] << 25,
          a[3] >> 39 | a[4] << 12};
}

/// The numbers a, b, c and d as lanes 0 to 3.
AVILA_FE4 Fe4 fe4_pack(const Limbs<4>& a, const Limbs<4>& b, const Limbs<4>& c,
                       const Limbs<4>& d) noexcept {
  const Limbs<5> x = split51(a), y = split51(b), z = split51(c), t = split51(d);
  Fe4 r;
  for (std::size_t i = 0; i < 5; ++i)
    r.limb[i] = _mm256_set_epi64x(static_cast<long long>(t[i]), static_cast<long long>(z[i]),
                                  static_cast<long long>(y[i]), static_cast<long long>(x[i]));
  return r;
}
/// The lanes again, each below 2^256.
AVILA_FE4 void fe4_unpack(const Fe4& a, Limbs<4> (&out)[4]) noexcept {
  std::uint64_t lanes[5][4];
  for (std::size_t i = 0; i < 5; ++i)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes[i]), a.limb[i]);
  for (std::size_t n = 0; n < 4; ++n)
    out[n] = join51({lanes[0][n], lanes[1][n], lanes[2][n], lanes[3][n], lanes[4][n]});
}

/// Of limbs below 2^63.
AVILA_FE4 void fe4_carry(Fe4& a) noexcept {
  const __m256i low = _mm256_set1_epi64x(static_cast<long long>(kLow51));
  __m256i carry[5];
  for (int i = 0; i < 5; ++i) {
    carry[i] = _mm256_srli_epi64(a.limb[i], 51);
    a.limb[i] = _mm256_and_si256(a.limb[i], low);
  }
  for (int i = 1; i < 5; ++i) a.limb[i] = _mm256_add_epi64(a.limb[i], carry[i - 1]);
  a.limb[0] = _mm256_madd52lo_epu64(a.limb[0], carry[4], _mm256_set1_epi64x(19));
}

/// a b + addend, carried. The high halves of products of limbs count for 2^52, not 2^51: twice.
AVILA_FE4 Fe4 fe4_mul_add(const Fe4& a, const Fe4& b, const Fe4& addend) noexcept {
  const __m256i zero = _mm256_setzero_si256();
  __m256i low[10], high[10];
  for (int k = 0; k < 10; ++k) {
    low[k] = k < 5 ? addend.limb[k] : zero;
    high[k] = zero;
  }
#pragma GCC unroll 5
  for (int i = 0; i < 5; ++i) {
#pragma GCC unroll 5
    for (int j = 0; j < 5; ++j) {
      low[i + j] = _mm256_madd52lo_epu64(low[i + j], a.limb[i], b.limb[j]);
      high[i + j + 1] = _mm256_madd52hi_epu64(high[i + j + 1], a.limb[i], b.limb[j]);
    }
  }
  Fe4 r;
#pragma GCC unroll 5
  for (int k = 0; k < 5; ++k) {
    const __m256i top = _mm256_add_epi64(low[k + 5], _mm256_add_epi64(high[k + 5], high[k + 5]));
    const __m256i bottom = _mm256_add_epi64(low[k], _mm256_add_epi64(high[k], high[k]));
    const __m256i thrice = _mm256_add_epi64(top, _mm256_add_epi64(top, top));
    r.limb[k] = _mm256_add_epi64(_mm256_add_epi64(bottom, thrice), _mm256_slli_epi64(top, 4));
  }
  fe4_carry(r);
  return r;
}
AVILA_FE4 Fe4 fe4_mul(const Fe4& a, const Fe4& b) noexcept {
  const __m256i zero = _mm256_setzero_si256();
  return fe4_mul_add(a, b, Fe4{{zero, zero, zero, zero, zero}});
}

/// Lanes 1, 0, 3, 2.
AVILA_FE4 Fe4 fe4_swap_pairs(const Fe4& a) noexcept {
  Fe4 r;
  for (int i = 0; i < 5; ++i) r.limb[i] = _mm256_shuffle_epi32(a.limb[i], 0x4E);
  return r;
}
/// Lanes of b where a bit of kMask is set, else of a.
template <int kMask>
AVILA_FE4 Fe4 fe4_blend(const Fe4& a, const Fe4& b) noexcept {
  Fe4 r;
  for (int i = 0; i < 5; ++i) r.limb[i] = _mm256_mask_mov_epi64(a.limb[i], kMask, b.limb[i]);
  return r;
}
/// kOrder as _MM_SHUFFLE gives it.
template <int kOrder>
AVILA_FE4 Fe4 fe4_permute(const Fe4& a) noexcept {
  Fe4 r;
  for (int i = 0; i < 5; ++i) r.limb[i] = _mm256_permute4x64_epi64(a.limb[i], kOrder);
  return r;
}
/// 2 p - a in the lanes of kMask, not carried. Of carried a.
template <int kMask>
AVILA_FE4 Fe4 fe4_negate(const Fe4& a) noexcept {
  const __m256i p0 = _mm256_set1_epi64x(static_cast<long long>(2 * (kLow51 - 18)));
  const __m256i p = _mm256_set1_epi64x(static_cast<long long>(2 * kLow51));
  Fe4 r;
  for (int i = 0; i < 5; ++i)
    r.limb[i] = _mm256_mask_sub_epi64(a.limb[i], kMask, i == 0 ? p0 : p, a.limb[i]);
  return r;
}
/// a + b, carried.
AVILA_FE4 Fe4 fe4_add(const Fe4& a, const Fe4& b) noexcept {
  Fe4 r;
  for (int i = 0; i < 5; ++i) r.limb[i] = _mm256_add_epi64(a.limb[i], b.limb[i]);
  fe4_carry(r);
  return r;
}

#endif  // AVILA_FIELD_IFMA
}  // namespace avila::field::detail

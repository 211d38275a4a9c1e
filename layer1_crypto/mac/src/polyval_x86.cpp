// POLYVAL by carry-less multiplication: eight blocks to a reduction, or sixteen, four to a
// register.
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <cstring>

#include "polyval_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#if defined(__clang__)
#define AVILA_UNROLL _Pragma("unroll")
#else
#define AVILA_UNROLL _Pragma("GCC unroll 16")
#endif

namespace avila::mac::detail {
namespace {

#if AVILA_X86_64

AVILA_TARGET_PCLMUL inline __m128i load128(const void* p) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
AVILA_TARGET_PCLMUL inline void store128(void* p, __m128i x) noexcept {
  _mm_storeu_si128(static_cast<__m128i*>(p), x);
}
AVILA_TARGET_PCLMUL inline __m128i turned(__m128i x, bool reversed) noexcept {
  const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return reversed ? _mm_shuffle_epi8(x, reverse) : x;
}

// The 256 bits low + middle x^64 + high x^128, by x^-128 modulo the polynomial: the modulus is
// added times what clears the lowest 64 bits, twice.
AVILA_TARGET_PCLMUL inline __m128i reduce(__m128i low, __m128i middle, __m128i high) noexcept {
  const __m128i modulus = _mm_set_epi64x(0, static_cast<long long>(0xc200000000000000));
  low = _mm_xor_si128(low, _mm_slli_si128(middle, 8));
  high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
  for (int i = 0; i < 2; ++i)
    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, modulus, 0x00));
  return _mm_xor_si128(low, high);
}

AVILA_TARGET_PCLMUL inline __m128i dot(__m128i a, __m128i b) noexcept {
  const __m128i middle =
      _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
  return reduce(_mm_clmulepi64_si128(a, b, 0x00), middle, _mm_clmulepi64_si128(a, b, 0x11));
}

AVILA_TARGET_PCLMUL void start(PolyvalKey& key, const std::byte h[16], bool wide) noexcept {
  const __m128i first = load128(h);
  __m128i power = first;
  store128(key.powers[kPolyvalPowers - 1], power);
  key.wide = wide;
  for (int i = kPolyvalPowers - 2; wide && i >= 0; --i) {
    power = dot(power, first);
    store128(key.powers[i], power);
  }
}

AVILA_TARGET_PCLMUL void update(const PolyvalKey& key, std::byte hash[16], const std::byte* in,
                                std::size_t blocks, bool reversed) noexcept {
  __m128i sum = load128(hash);
  if (key.wide) {
    for (; blocks >= 8; blocks -= 8, in += 128) {
      __m128i low{}, middle{}, high{};
      AVILA_UNROLL for (int i = 0; i < 8; ++i) {
        __m128i x = turned(load128(in + 16 * i), reversed);
        if (i == 0) x = _mm_xor_si128(x, sum);
        const __m128i power = load128(key.powers[8 + i]);
        low = _mm_xor_si128(low, _mm_clmulepi64_si128(x, power, 0x00));
        middle = _mm_xor_si128(middle, _mm_xor_si128(_mm_clmulepi64_si128(x, power, 0x01),
                                                     _mm_clmulepi64_si128(x, power, 0x10)));
        high = _mm_xor_si128(high, _mm_clmulepi64_si128(x, power, 0x11));
      }
      sum = reduce(low, middle, high);
    }
  }
  const __m128i h = load128(key.powers[kPolyvalPowers - 1]);
  for (; blocks > 0; --blocks, in += 16)
    sum = dot(_mm_xor_si128(sum, turned(load128(in), reversed)), h);
  store128(hash, sum);
}

constexpr PolyvalCode kPclmul{start, update};

AVILA_TARGET_AVX512VAES inline __m128i fold(__m512i x) noexcept {
  const __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
  return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

AVILA_TARGET_AVX512VAES void update512(const PolyvalKey& key, std::byte hash[16],
                                       const std::byte* in, std::size_t blocks,
                                       bool reversed) noexcept {
  if (key.wide && blocks >= 16) {
    const __m512i reverse = _mm512_broadcast_i32x4(
        reversed ? _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
                 : _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    __m128i sum = load128(hash);
    for (; blocks >= 16; blocks -= 16, in += 256) {
      __m512i low{}, middle{}, high{};
      AVILA_UNROLL for (int i = 0; i < 4; ++i) {
        __m512i x = _mm512_shuffle_epi8(_mm512_loadu_si512(in + 64 * i), reverse);
        if (i == 0) x = _mm512_xor_si512(x, _mm512_zextsi128_si512(sum));
        const __m512i power = _mm512_load_si512(key.powers[4 * i]);
        low = _mm512_xor_si512(low, _mm512_clmulepi64_epi128(x, power, 0x00));
        middle = _mm512_ternarylogic_epi64(middle, _mm512_clmulepi64_epi128(x, power, 0x01),
                                           _mm512_clmulepi64_epi128(x, power, 0x10), 0x96);
        high = _mm512_xor_si512(high, _mm512_clmulepi64_epi128(x, power, 0x11));
      }
      sum = reduce(fold(low), fold(middle), fold(high));
    }
    store128(hash, sum);
  }
  update(key, hash, in, blocks, reversed);
}

constexpr PolyvalCode kVpclmul{start, update512};

constexpr simd::Kernel<const PolyvalCode*> kKernels[] = {
    {"avx512", simd::has_avx512vaes, &kVpclmul},
    {"aes", simd::has_aes, &kPclmul},  // the name of the kernel it goes with in GCM
    {"portable", simd::always, &kPolyvalPortable}};
#else
constexpr simd::Kernel<const PolyvalCode*> kKernels[] = {
    {"portable", simd::always, &kPolyvalPortable}};
#endif

}  // namespace

std::span<const simd::Kernel<const PolyvalCode*>> polyval_kernels() noexcept { return kKernels; }

const PolyvalCode& polyval() noexcept {
  static const PolyvalCode* const code = simd::select(kKernels);
  return *code;
}

}  // namespace avila::mac::detail

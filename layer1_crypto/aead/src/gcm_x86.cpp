// AES-GCM on x86-64: eight blocks, or sixteen in four registers, through both units in one loop.
// The hash of one turn depends on the cipher of the same turn, but the cipher of the next depends
// on neither, so that the processor runs them beside each other.
#include <avila/primitives/endian.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include "gcm_kernels.hpp"
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

namespace avila::aead::detail {
namespace {

using cipher::detail::AesSchedule;
using mac::detail::PolyvalKey;

// The caller's way for what is left over is all there is.
std::size_t none(const AesSchedule&, const PolyvalKey&, std::byte*, std::byte*, const std::byte*,
                 std::byte*, std::size_t, bool) noexcept {
  return 0;
}

#if AVILA_X86_64

AVILA_TARGET_AES inline __m128i load128(const void* p) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
AVILA_TARGET_AES inline void store128(void* p, __m128i x) noexcept {
  _mm_storeu_si128(static_cast<__m128i*>(p), x);
}
AVILA_TARGET_AES inline __m128i reversal() noexcept {
  return _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// RFC 8452 appendix A: the 256-bit product by x^-128, modulo the polynomial.
AVILA_TARGET_AES AVILA_ALWAYS_INLINE __m128i reduce(__m128i low, __m128i middle,
                                                    __m128i high) noexcept {
  const __m128i modulus = _mm_set_epi64x(0, static_cast<long long>(0xc200000000000000));
  low = _mm_xor_si128(low, _mm_slli_si128(middle, 8));
  high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
  low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, modulus, 0x00));
  low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, modulus, 0x00));
  return _mm_xor_si128(low, high);
}

template <bool kEncrypt>
AVILA_TARGET_AES std::size_t run8(const AesSchedule& schedule, const PolyvalKey& key,
                                  std::byte* counter, std::byte* hash, const std::byte* in,
                                  std::byte* out, std::size_t blocks) noexcept {
  const __m128i reverse = reversal();
  __m128i count = _mm_shuffle_epi8(load128(counter), reverse);
  __m128i sum = load128(hash);
  std::size_t done = 0;
  for (; blocks - done >= 8; done += 8, in += 128, out += 128) {
    __m128i x[8], text[8];
    __m128i k = load128(schedule.forward[0]);
    AVILA_UNROLL for (int i = 0; i < 8; ++i) {
      x[i] = _mm_xor_si128(_mm_shuffle_epi8(count, reverse), k);
      count = _mm_add_epi32(count, _mm_set_epi32(0, 0, 0, 1));
    }
    for (int round = 1; round < schedule.rounds; ++round) {
      k = load128(schedule.forward[round]);
      AVILA_UNROLL for (int i = 0; i < 8; ++i) x[i] = _mm_aesenc_si128(x[i], k);
    }
    k = load128(schedule.forward[schedule.rounds]);
    AVILA_UNROLL for (int i = 0; i < 8; ++i) {
      text[i] = load128(in + 16 * i);
      x[i] = _mm_xor_si128(_mm_aesenclast_si128(x[i], k), text[i]);
      store128(out + 16 * i, x[i]);
      if (kEncrypt) text[i] = x[i];
    }
    __m128i low{}, middle{}, high{};
    AVILA_UNROLL for (int i = 0; i < 8; ++i) {
      __m128i block = _mm_shuffle_epi8(text[i], reverse);
      if (i == 0) block = _mm_xor_si128(block, sum);
      const __m128i power = load128(key.powers[8 + i]);
      low = _mm_xor_si128(low, _mm_clmulepi64_si128(block, power, 0x00));
      middle = _mm_xor_si128(middle, _mm_xor_si128(_mm_clmulepi64_si128(block, power, 0x01),
                                                   _mm_clmulepi64_si128(block, power, 0x10)));
      high = _mm_xor_si128(high, _mm_clmulepi64_si128(block, power, 0x11));
    }
    sum = reduce(low, middle, high);
  }
  store128(hash, sum);
  store128(counter, _mm_shuffle_epi8(count, reverse));
  return done;
}

std::size_t gcm_aes(const AesSchedule& schedule, const PolyvalKey& key, std::byte counter[16],
                    std::byte hash[16], const std::byte* in, std::byte* out, std::size_t blocks,
                    bool encrypt) noexcept {
  return (encrypt ? run8<true> : run8<false>)(schedule, key, counter, hash, in, out, blocks);
}

AVILA_TARGET_AVX512VAES inline __m512i four_of(const void* p) noexcept {
  return _mm512_broadcast_i32x4(_mm_loadu_si128(static_cast<const __m128i*>(p)));
}
AVILA_TARGET_AVX512VAES inline __m128i fold(__m512i x) noexcept {
  const __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
  return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

template <bool kEncrypt, int kRounds>
AVILA_TARGET_AVX512VAES std::size_t run16(const AesSchedule& schedule, const PolyvalKey& key,
                                          std::byte* counter, std::byte* hash, const std::byte* in,
                                          std::byte* out, std::size_t blocks) noexcept {
  const __m512i reverse = _mm512_broadcast_i32x4(reversal());
  const __m512i four = _mm512_broadcast_i32x4(_mm_set_epi32(0, 0, 0, 4));
  __m512i count =
      _mm512_add_epi32(_mm512_shuffle_epi8(four_of(counter), reverse),
                       _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0));
  __m512i keys[kRounds + 1], powers[4];
  AVILA_UNROLL for (int i = 0; i <= kRounds; ++i) keys[i] = four_of(schedule.forward[i]);
  AVILA_UNROLL for (int i = 0; i < 4; ++i) powers[i] = _mm512_load_si512(key.powers[4 * i]);
  __m128i sum = load128(hash);
  std::size_t done = 0;
  for (; blocks - done >= 16; done += 16, in += 256, out += 256) {
    __m512i x[4], text[4];
    AVILA_UNROLL for (int i = 0; i < 4; ++i) {
      x[i] = _mm512_xor_si512(_mm512_shuffle_epi8(count, reverse), keys[0]);
      count = _mm512_add_epi32(count, four);
    }
    AVILA_UNROLL for (int round = 1; round < kRounds; ++round)
        AVILA_UNROLL for (int i = 0; i < 4; ++i) x[i] = _mm512_aesenc_epi128(x[i], keys[round]);
    AVILA_UNROLL for (int i = 0; i < 4; ++i) {
      text[i] = _mm512_loadu_si512(in + 64 * i);
      x[i] = _mm512_xor_si512(_mm512_aesenclast_epi128(x[i], keys[kRounds]), text[i]);
      _mm512_storeu_si512(out + 64 * i, x[i]);
      if (kEncrypt) text[i] = x[i];
    }
    __m512i low{}, middle{}, high{};
    AVILA_UNROLL for (int i = 0; i < 4; ++i) {
      __m512i block = _mm512_shuffle_epi8(text[i], reverse);
      if (i == 0) block = _mm512_xor_si512(block, _mm512_zextsi128_si512(sum));
      low = _mm512_xor_si512(low, _mm512_clmulepi64_epi128(block, powers[i], 0x00));
      middle = _mm512_ternarylogic_epi64(middle, _mm512_clmulepi64_epi128(block, powers[i], 0x01),
                                         _mm512_clmulepi64_epi128(block, powers[i], 0x10), 0x96);
      high = _mm512_xor_si512(high, _mm512_clmulepi64_epi128(block, powers[i], 0x11));
    }
    sum = reduce(fold(low), fold(middle), fold(high));
  }
  store128(hash, sum);
  store128(counter, _mm_shuffle_epi8(_mm512_castsi512_si128(count), reversal()));
  return done;
}

std::size_t gcm_avx512(const AesSchedule& schedule, const PolyvalKey& key, std::byte counter[16],
                       std::byte hash[16], const std::byte* in, std::byte* out, std::size_t blocks,
                       bool encrypt) noexcept {
  if (blocks < 16) return 0;
  const auto run = schedule.rounds == 10   ? (encrypt ? run16<true, 10> : run16<false, 10>)
                   : schedule.rounds == 12 ? (encrypt ? run16<true, 12> : run16<false, 12>)
                                           : (encrypt ? run16<true, 14> : run16<false, 14>);
  return run(schedule, key, counter, hash, in, out, blocks);
}

constexpr simd::Kernel<GcmFn> kKernels[] = {{"avx512", simd::has_avx512vaes, gcm_avx512},
                                            {"aes", simd::has_aes, gcm_aes},
                                            {"portable", simd::always, none}};
#else
constexpr simd::Kernel<GcmFn> kKernels[] = {{"portable", simd::always, none}};
#endif

}  // namespace

std::span<const simd::Kernel<GcmFn>> gcm_kernels() noexcept { return kKernels; }

GcmFn gcm_blocks() noexcept {
  static const GcmFn run = simd::select(kKernels);
  return run;
}

}  // namespace avila::aead::detail

// AES by the instructions of x86-64: eight blocks in flight, which hides the latency of a round;
// or sixteen, four to a 512-bit register.
#include <avila/hash/secret.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include "aes_kernels.hpp"
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

namespace avila::cipher::detail {
namespace {

#if AVILA_X86_64

AVILA_TARGET_AES inline __m128i load128(const void* p) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
AVILA_TARGET_AES inline void store128(void* p, __m128i x) noexcept {
  _mm_storeu_si128(static_cast<__m128i*>(p), x);
}

// ---- AES-NI

AVILA_TARGET_AES void expand(AesSchedule& schedule, const std::byte* key,
                             std::size_t size) noexcept {
  expand_forward(schedule, key, size, [](std::uint32_t word) AVILA_TARGET_AES {
    // Word 0 of the answer is SubWord of word 1.
    const __m128i four = _mm_set1_epi32(static_cast<int>(word));
    return static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_aeskeygenassist_si128(four, 0)));
  });
  const int rounds = schedule.rounds;
  for (int round = 0; round <= rounds; ++round) {
    const __m128i k = load128(schedule.forward[rounds - round]);
    store128(schedule.inverse[round], round == 0 || round == rounds ? k : _mm_aesimc_si128(k));
  }
}

template <int kCount>
AVILA_TARGET_AES AVILA_ALWAYS_INLINE void encrypt_in_place(const AesSchedule& schedule,
                                                           __m128i (&x)[kCount]) noexcept {
  __m128i k = load128(schedule.forward[0]);
  AVILA_UNROLL for (int i = 0; i < kCount; ++i) x[i] = _mm_xor_si128(x[i], k);
  for (int round = 1; round < schedule.rounds; ++round) {
    k = load128(schedule.forward[round]);
    AVILA_UNROLL for (int i = 0; i < kCount; ++i) x[i] = _mm_aesenc_si128(x[i], k);
  }
  k = load128(schedule.forward[schedule.rounds]);
  AVILA_UNROLL for (int i = 0; i < kCount; ++i) x[i] = _mm_aesenclast_si128(x[i], k);
}

template <int kCount>
AVILA_TARGET_AES AVILA_ALWAYS_INLINE void decrypt_in_place(const AesSchedule& schedule,
                                                           __m128i (&x)[kCount]) noexcept {
  __m128i k = load128(schedule.inverse[0]);
  AVILA_UNROLL for (int i = 0; i < kCount; ++i) x[i] = _mm_xor_si128(x[i], k);
  for (int round = 1; round < schedule.rounds; ++round) {
    k = load128(schedule.inverse[round]);
    AVILA_UNROLL for (int i = 0; i < kCount; ++i) x[i] = _mm_aesdec_si128(x[i], k);
  }
  k = load128(schedule.inverse[schedule.rounds]);
  AVILA_UNROLL for (int i = 0; i < kCount; ++i) x[i] = _mm_aesdeclast_si128(x[i], k);
}

template <int kCount, bool kEncrypt>
AVILA_TARGET_AES AVILA_ALWAYS_INLINE void step(const AesSchedule& schedule, const std::byte* in,
                                               std::byte* out) noexcept {
  __m128i x[kCount];
  AVILA_UNROLL for (int i = 0; i < kCount; ++i) x[i] = load128(in + 16 * i);
  if constexpr (kEncrypt)
    encrypt_in_place(schedule, x);
  else
    decrypt_in_place(schedule, x);
  AVILA_UNROLL for (int i = 0; i < kCount; ++i) store128(out + 16 * i, x[i]);
}

template <bool kEncrypt>
AVILA_TARGET_AES void blocks_ni(const AesSchedule& schedule, const std::byte* in, std::byte* out,
                                std::size_t blocks) noexcept {
  for (; blocks >= 8; blocks -= 8, in += 128, out += 128) step<8, kEncrypt>(schedule, in, out);
  for (; blocks >= 3; blocks -= 3, in += 48, out += 48) step<3, kEncrypt>(schedule, in, out);
  for (; blocks > 0; --blocks, in += 16, out += 16) step<1, kEncrypt>(schedule, in, out);
}

// `counter` has its bytes reversed, so that its lowest 32 bits count.
template <int kCount>
AVILA_TARGET_AES AVILA_ALWAYS_INLINE void ctr_step(const AesSchedule& schedule, __m128i& counter,
                                                   const std::byte* in, std::byte* out) noexcept {
  const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m128i x[kCount];
  AVILA_UNROLL for (int i = 0; i < kCount; ++i) {
    x[i] = _mm_shuffle_epi8(counter, reverse);
    counter = _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1));
  }
  encrypt_in_place(schedule, x);
  AVILA_UNROLL for (int i = 0; i < kCount; ++i)
      store128(out + 16 * i, _mm_xor_si128(x[i], load128(in + 16 * i)));
}

AVILA_TARGET_AES void ctr32_ni(const AesSchedule& schedule, const std::byte first[16],
                               const std::byte* in, std::byte* out, std::size_t blocks) noexcept {
  const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m128i counter = _mm_shuffle_epi8(load128(first), reverse);
  for (; blocks >= 8; blocks -= 8, in += 128, out += 128) ctr_step<8>(schedule, counter, in, out);
  for (; blocks >= 3; blocks -= 3, in += 48, out += 48) ctr_step<3>(schedule, counter, in, out);
  for (; blocks > 0; --blocks, in += 16, out += 16) ctr_step<1>(schedule, counter, in, out);
}

constexpr AesCode kAesNi{expand, blocks_ni<true>, blocks_ni<false>, ctr32_ni};

// ---- VAES: what is left after sixteens goes through the code above

AVILA_TARGET_AVX512VAES inline __m512i round_key(const std::byte* key) noexcept {
  return _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(key)));
}

template <bool kEncrypt>
AVILA_TARGET_AVX512VAES AVILA_ALWAYS_INLINE void rounds512(const AesSchedule& schedule,
                                                           __m512i (&x)[4]) noexcept {
  const auto& keys = kEncrypt ? schedule.forward : schedule.inverse;
  __m512i k = round_key(keys[0]);
  AVILA_UNROLL for (int i = 0; i < 4; ++i) x[i] = _mm512_xor_si512(x[i], k);
  for (int round = 1; round < schedule.rounds; ++round) {
    k = round_key(keys[round]);
    AVILA_UNROLL for (int i = 0; i < 4; ++i) x[i] =
        kEncrypt ? _mm512_aesenc_epi128(x[i], k) : _mm512_aesdec_epi128(x[i], k);
  }
  k = round_key(keys[schedule.rounds]);
  AVILA_UNROLL for (int i = 0; i < 4; ++i) x[i] =
      kEncrypt ? _mm512_aesenclast_epi128(x[i], k) : _mm512_aesdeclast_epi128(x[i], k);
}

template <bool kEncrypt>
AVILA_TARGET_AVX512VAES void blocks_vaes(const AesSchedule& schedule, const std::byte* in,
                                         std::byte* out, std::size_t blocks) noexcept {
  for (; blocks >= 16; blocks -= 16, in += 256, out += 256) {
    __m512i x[4];
    AVILA_UNROLL for (int i = 0; i < 4; ++i) x[i] = _mm512_loadu_si512(in + 64 * i);
    rounds512<kEncrypt>(schedule, x);
    AVILA_UNROLL for (int i = 0; i < 4; ++i) _mm512_storeu_si512(out + 64 * i, x[i]);
  }
  blocks_ni<kEncrypt>(schedule, in, out, blocks);
}

AVILA_TARGET_AVX512VAES void ctr32_vaes(const AesSchedule& schedule, const std::byte first[16],
                                        const std::byte* in, std::byte* out,
                                        std::size_t blocks) noexcept {
  std::byte next[16];
  std::memcpy(next, first, 16);
  if (blocks >= 16) {
    const __m128i reverse128 = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i reverse = _mm512_broadcast_i32x4(reverse128);
    const __m512i four = _mm512_broadcast_i32x4(_mm_set_epi32(0, 0, 0, 4));
    const __m512i places = _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0);
    __m512i counter = _mm512_add_epi32(_mm512_shuffle_epi8(round_key(first), reverse), places);
    for (; blocks >= 16; blocks -= 16, in += 256, out += 256) {
      __m512i x[4];
      AVILA_UNROLL for (int i = 0; i < 4; ++i) {
        x[i] = _mm512_shuffle_epi8(counter, reverse);
        counter = _mm512_add_epi32(counter, four);
      }
      rounds512<true>(schedule, x);
      AVILA_UNROLL for (int i = 0; i < 4; ++i) _mm512_storeu_si512(
          out + 64 * i, _mm512_xor_si512(x[i], _mm512_loadu_si512(in + 64 * i)));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(next),
                     _mm_shuffle_epi8(_mm512_castsi512_si128(counter), reverse128));
  }
  ctr32_ni(schedule, next, in, out, blocks);
}

constexpr AesCode kVaes{expand, blocks_vaes<true>, blocks_vaes<false>, ctr32_vaes};

constexpr simd::Kernel<const AesCode*> kKernels[] = {{"avx512", simd::has_avx512vaes, &kVaes},
                                                     {"aes", simd::has_aes, &kAesNi},
                                                     {"portable", simd::always, &kAesPortable}};
#else
constexpr simd::Kernel<const AesCode*> kKernels[] = {{"portable", simd::always, &kAesPortable}};
#endif

}  // namespace

std::span<const simd::Kernel<const AesCode*>> aes_kernels() noexcept { return kKernels; }

const AesCode& aes() noexcept {
  static const AesCode* const code = simd::select(kKernels);
  return *code;
}

}  // namespace avila::cipher::detail

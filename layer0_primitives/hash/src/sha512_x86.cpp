// SHA-512 on x86-64: rounds in general registers, or half in vector ones, over a vectorised message
// schedule.
#include <avila/primitives/endian.hpp>
#include <avila/simd/target.hpp>

#include "sha512_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>

#include <bit>

namespace avila::hash::detail {
namespace {

#define AVILA_LOAD128(p) _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))

// Two words of two blocks at a time, one block a half of the register: the schedule of both costs
// as much as one.
struct Avx2 {
  using Vector = __m256i;
  AVILA_TARGET_AVX2_BMI2 static inline Vector load(const std::byte* a,
                                                   const std::byte* b) noexcept {
    const __m256i swap =
        _mm256_broadcastsi128_si256(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
    return _mm256_shuffle_epi8(
        _mm256_inserti128_si256(_mm256_castsi128_si256(AVILA_LOAD128(a)), AVILA_LOAD128(b), 1),
        swap);
  }
  AVILA_TARGET_AVX2_BMI2 static inline void store(std::uint64_t* wk, Vector w,
                                                  const std::uint64_t* k) noexcept {
    const __m256i constants = _mm256_broadcastsi128_si256(AVILA_LOAD128(k));
    _mm256_store_si256(reinterpret_cast<__m256i*>(wk), _mm256_add_epi64(w, constants));
  }
  template <int kBits>
  AVILA_TARGET_AVX2_BMI2 static inline Vector rotate_xor(Vector sum, Vector x) noexcept {
    return _mm256_xor_si256(
        sum, _mm256_xor_si256(_mm256_srli_epi64(x, kBits), _mm256_slli_epi64(x, 64 - kBits)));
  }
  // FIPS 180-4 §6.4.2 step 1; x is the words t - 16 and t - 15, y those after, up to t - 2.
  AVILA_TARGET_AVX2_BMI2 static inline Vector next(Vector x0, Vector x1, Vector x4, Vector x5,
                                                   Vector x7) noexcept {
    const Vector w1 = _mm256_alignr_epi8(x1, x0, 8);
    const Vector sum = _mm256_add_epi64(x0, _mm256_alignr_epi8(x5, x4, 8));
    const Vector sigma0 = rotate_xor<1>(rotate_xor<8>(_mm256_srli_epi64(w1, 7), w1), w1);
    const Vector sigma1 = rotate_xor<19>(rotate_xor<61>(_mm256_srli_epi64(x7, 6), x7), x7);
    return _mm256_add_epi64(_mm256_add_epi64(sum, sigma0), sigma1);
  }
};

// The same with AVX-512VL's rotations and three-way xor, in 256-bit registers.
struct Avx512 : Avx2 {
  AVILA_TARGET_AVX512 static inline Vector next(Vector x0, Vector x1, Vector x4, Vector x5,
                                                Vector x7) noexcept {
    const Vector w1 = _mm256_alignr_epi8(x1, x0, 8);
    const Vector sum = _mm256_add_epi64(x0, _mm256_alignr_epi8(x5, x4, 8));
    const Vector sigma0 = _mm256_ternarylogic_epi64(
        _mm256_ror_epi64(w1, 1), _mm256_ror_epi64(w1, 8), _mm256_srli_epi64(w1, 7), 0x96);
    const Vector sigma1 = _mm256_ternarylogic_epi64(
        _mm256_ror_epi64(x7, 19), _mm256_ror_epi64(x7, 61), _mm256_srli_epi64(x7, 6), 0x96);
    return _mm256_add_epi64(_mm256_add_epi64(sum, sigma0), sigma1);
  }
};

// Keeps the compiler from summing in another order: what is ready last is added last.
#define AVILA_PIN(value) asm("" : "+r"(value))
#define AVILA_PIN_VECTOR(value) asm("" : "+x"(value))

// Rounds in general registers, FIPS 180-4 §6.4.2 step 3. Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)),
// and a ^ b is the next round's b ^ c. Variables are renamed from round to round instead of moved.
// Word t of block b lies at wk[2 (t & ~1) + 2 b + t % 2].
#define AVILA_SCALAR_ROUND(a, b, c, d, e, f, g, h, t)        \
  {                                                          \
    h += k[2 * ((t) & ~1) + (t) % 2];                        \
    std::uint64_t sum = std::rotr(e, 41) ^ std::rotr(e, 18); \
    h += ((f ^ g) & e) ^ g;                                  \
    AVILA_PIN(h);                                            \
    sum ^= std::rotr(e, 14);                                 \
    h += sum;                                                \
    AVILA_PIN(h);                                            \
    d += h;                                                  \
    const std::uint64_t a_xor_b = a ^ b;                     \
    sum = std::rotr(a, 39) ^ std::rotr(a, 34);               \
    b_xor_c &= a_xor_b;                                      \
    sum ^= std::rotr(a, 28);                                 \
    h += b_xor_c ^ b;                                        \
    AVILA_PIN(h);                                            \
    h += sum;                                                \
    b_xor_c = a_xor_b;                                       \
  }
#define AVILA_SCALAR_ROUNDS2(a, b, c, d, e, f, g, h, t) \
  AVILA_SCALAR_ROUND(a, b, c, d, e, f, g, h, (t))       \
  AVILA_SCALAR_ROUND(h, a, b, c, d, e, f, g, (t) + 1)
// Rounds t and t + 1, by t modulo 8.
#define AVILA_SCALAR_ROUNDS_0(t) AVILA_SCALAR_ROUNDS2(a, b, c, d, e, f, g, h, t)
#define AVILA_SCALAR_ROUNDS_2(t) AVILA_SCALAR_ROUNDS2(g, h, a, b, c, d, e, f, t)
#define AVILA_SCALAR_ROUNDS_4(t) AVILA_SCALAR_ROUNDS2(e, f, g, h, a, b, c, d, t)
#define AVILA_SCALAR_ROUNDS_6(t) AVILA_SCALAR_ROUNDS2(c, d, e, f, g, h, a, b, t)
#define AVILA_SCALAR_STATE std::uint64_t a, b, c, d, e, f, g, h, b_xor_c
#define AVILA_SCALAR_LOAD_STATE                                                       \
  a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], \
  g = state[6], h = state[7], b_xor_c = b ^ c
#define AVILA_SCALAR_ADD_STATE                                \
  state[0] += a, state[1] += b, state[2] += c, state[3] += d; \
  state[4] += e, state[5] += f, state[6] += g, state[7] += h

// Rounds whose variables a to d live in vector registers and e to h in general ones. A new e needs
// the a of four rounds before, and a new a is new e - d + Sigma0(a) + Maj(a, b, c): the way from
// one register file to the other has three rounds of time, and each of the two chains, half as long
// as the whole, has units of its own.
#define AVILA_SPLIT_ROUND(a, b, c, d, e, f, g, h, t)                                          \
  {                                                                                           \
    h += k[2 * ((t) & ~1) + (t) % 2];                                                         \
    const std::uint64_t choice = ((f ^ g) & e) ^ g;                                           \
    h += static_cast<std::uint64_t>(_mm_cvtsi128_si64(d));                                    \
    AVILA_PIN(h);                                                                             \
    const std::uint64_t sum = std::rotr(e, 14) ^ std::rotr(e, 18) ^ std::rotr(e, 41);         \
    h += choice;                                                                              \
    AVILA_PIN(h);                                                                             \
    const __m128i majority = _mm_ternarylogic_epi64(a, b, c, 0xE8);                           \
    const __m128i turned = _mm_ternarylogic_epi64(_mm_ror_epi64(a, 28), _mm_ror_epi64(a, 34), \
                                                  _mm_ror_epi64(a, 39), 0x96);                \
    h += sum;                                                                                 \
    AVILA_PIN(h);                                                                             \
    d = _mm_sub_epi64(_mm_cvtsi64_si128(static_cast<long long>(h)), d);                       \
    AVILA_PIN_VECTOR(d);                                                                      \
    d = _mm_add_epi64(d, majority);                                                           \
    AVILA_PIN_VECTOR(d);                                                                      \
    d = _mm_add_epi64(d, turned);                                                             \
    AVILA_PIN_VECTOR(d);                                                                      \
  }
#define AVILA_SPLIT_ROUNDS_0(t)                   \
  AVILA_SPLIT_ROUND(a, b, c, d, e, f, g, h, (t)); \
  AVILA_SPLIT_ROUND(d, a, b, c, h, e, f, g, (t) + 1)
#define AVILA_SPLIT_ROUNDS_2(t)                   \
  AVILA_SPLIT_ROUND(c, d, a, b, g, h, e, f, (t)); \
  AVILA_SPLIT_ROUND(b, c, d, a, f, g, h, e, (t) + 1)
#define AVILA_SPLIT_ROUNDS_4(t) AVILA_SPLIT_ROUNDS_0(t)
#define AVILA_SPLIT_ROUNDS_6(t) AVILA_SPLIT_ROUNDS_2(t)
#define AVILA_SPLIT_STATE \
  __m128i a, b, c, d;     \
  std::uint64_t e, f, g, h
#define AVILA_WORD(i) _mm_loadl_epi64(reinterpret_cast<const __m128i*>(state + (i)))
#define AVILA_ADD_WORD(i, x) \
  _mm_storel_epi64(reinterpret_cast<__m128i*>(state + (i)), _mm_add_epi64(AVILA_WORD(i), x))
#define AVILA_SPLIT_LOAD_STATE                                                \
  a = AVILA_WORD(0), b = AVILA_WORD(1), c = AVILA_WORD(2), d = AVILA_WORD(3); \
  e = state[4], f = state[5], g = state[6], h = state[7]
#define AVILA_SPLIT_ADD_STATE                                                             \
  AVILA_ADD_WORD(0, a), AVILA_ADD_WORD(1, b), AVILA_ADD_WORD(2, c), AVILA_ADD_WORD(3, d); \
  state[4] += e, state[5] += f, state[6] += g, state[7] += h

#define AVILA_ROUNDS16(Rounds)                                                                \
  AVILA_##Rounds##_ROUNDS_0(0) AVILA_##Rounds##_ROUNDS_2(2) AVILA_##Rounds##_ROUNDS_4(4)      \
      AVILA_##Rounds##_ROUNDS_6(6) AVILA_##Rounds##_ROUNDS_0(8) AVILA_##Rounds##_ROUNDS_2(10) \
          AVILA_##Rounds##_ROUNDS_4(12) AVILA_##Rounds##_ROUNDS_6(14)
// The words 16 + i and 17 + i of the stretch, and rounds i and i + 1 beside them.
#define AVILA_STEP(x0, x1, x4, x5, x7, rounds, i) \
  x0 = P::next(x0, x1, x4, x5, x7);               \
  rounds(i) P::store(ahead + 2 * (i), x0, constants + (i));

// The rounds of the first block run beside the schedule of both; those of the second read what was
// stored.
#define AVILA_BODY(Policy, Rounds)                                                    \
  using P = Policy;                                                                   \
  alignas(32) std::uint64_t wk[160];                                                  \
  AVILA_##Rounds##_STATE;                                                             \
  while (blocks != 0) {                                                               \
    const std::byte* const other = blocks > 1 ? in + 128 : in;                        \
    P::Vector x0 = P::load(in, other), x1 = P::load(in + 16, other + 16);             \
    P::Vector x2 = P::load(in + 32, other + 32), x3 = P::load(in + 48, other + 48);   \
    P::Vector x4 = P::load(in + 64, other + 64), x5 = P::load(in + 80, other + 80);   \
    P::Vector x6 = P::load(in + 96, other + 96), x7 = P::load(in + 112, other + 112); \
    P::store(wk, x0, kSha512Constants), P::store(wk + 4, x1, kSha512Constants + 2);   \
    P::store(wk + 8, x2, kSha512Constants + 4);                                       \
    P::store(wk + 12, x3, kSha512Constants + 6);                                      \
    P::store(wk + 16, x4, kSha512Constants + 8);                                      \
    P::store(wk + 20, x5, kSha512Constants + 10);                                     \
    P::store(wk + 24, x6, kSha512Constants + 12);                                     \
    P::store(wk + 28, x7, kSha512Constants + 14);                                     \
    AVILA_##Rounds##_LOAD_STATE;                                                      \
    const std::uint64_t* k = wk;                                                      \
    for (std::size_t t = 16; t < 80; t += 16, k += 32) {                              \
      std::uint64_t* const ahead = wk + 2 * t;                                        \
      const std::uint64_t* const constants = kSha512Constants + t;                    \
      AVILA_STEP(x0, x1, x4, x5, x7, AVILA_##Rounds##_ROUNDS_0, 0)                    \
      AVILA_STEP(x1, x2, x5, x6, x0, AVILA_##Rounds##_ROUNDS_2, 2)                    \
      AVILA_STEP(x2, x3, x6, x7, x1, AVILA_##Rounds##_ROUNDS_4, 4)                    \
      AVILA_STEP(x3, x4, x7, x0, x2, AVILA_##Rounds##_ROUNDS_6, 6)                    \
      AVILA_STEP(x4, x5, x0, x1, x3, AVILA_##Rounds##_ROUNDS_0, 8)                    \
      AVILA_STEP(x5, x6, x1, x2, x4, AVILA_##Rounds##_ROUNDS_2, 10)                   \
      AVILA_STEP(x6, x7, x2, x3, x5, AVILA_##Rounds##_ROUNDS_4, 12)                   \
      AVILA_STEP(x7, x0, x3, x4, x6, AVILA_##Rounds##_ROUNDS_6, 14)                   \
    }                                                                                 \
    AVILA_ROUNDS16(Rounds)                                                            \
    AVILA_##Rounds##_ADD_STATE;                                                       \
    in += 128, --blocks;                                                              \
    if (blocks == 0) break;                                                           \
    AVILA_##Rounds##_LOAD_STATE;                                                      \
    k = wk + 2;                                                                       \
    for (std::size_t t = 0; t < 80; t += 16, k += 32) {                               \
      AVILA_ROUNDS16(Rounds)                                                          \
    }                                                                                 \
    AVILA_##Rounds##_ADD_STATE;                                                       \
    in += 128, --blocks;                                                              \
  }

}  // namespace

AVILA_TARGET_AVX2_BMI2 void sha512_avx2(std::uint64_t state[8], const std::byte* in,
                                        std::size_t blocks) noexcept {
    AVILA_BODY(Avx2, SCALAR)} AVILA_TARGET_AVX512
    void sha512_avx512(std::uint64_t state[8], const std::byte* in, std::size_t blocks) noexcept {
  AVILA_BODY(Avx512, SPLIT)
}

}  // namespace avila::hash::detail
#endif

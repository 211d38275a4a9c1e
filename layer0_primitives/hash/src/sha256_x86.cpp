// SHA-256 on x86-64: the SHA instructions, and scalar rounds over a vectorised message schedule.
#include <avila/primitives/endian.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include "sha256_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>

#include <bit>
#include <cstring>
#endif

namespace avila::hash::detail {
namespace {

#if AVILA_X86_64

// ---- the SHA instructions

struct ShaInstructions {
  AVILA_TARGET_SHA static inline __m128i rounds2(__m128i cdgh, __m128i abef, __m128i wk) noexcept {
    return _mm_sha256rnds2_epu32(cdgh, abef, wk);
  }
  AVILA_TARGET_SHA static inline __m128i message1(__m128i a, __m128i b) noexcept {
    return _mm_sha256msg1_epu32(a, b);
  }
  AVILA_TARGET_SHA static inline __m128i message2(__m128i a, __m128i b) noexcept {
    return _mm_sha256msg2_epu32(a, b);
  }
};

inline std::uint32_t small_sigma0(std::uint32_t x) noexcept {
  return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3);
}
inline std::uint32_t small_sigma1(std::uint32_t x) noexcept {
  return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10);
}

// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: SHA256RNDS2, SHA256MSG1,
// SHA256MSG2, with the names of its pseudo-code.
struct ShaEmulated {
  using Words = std::uint32_t[4];
  static void get(__m128i from, Words to) noexcept { std::memcpy(to, &from, sizeof(Words)); }
  static __m128i put(const Words from) noexcept {
    __m128i to;
    std::memcpy(&to, from, sizeof to);
    return to;
  }
  static __m128i rounds2(__m128i cdgh, __m128i abef, __m128i wk) noexcept {
    Words p, q, k;
    get(cdgh, p), get(abef, q), get(wk, k);
    std::uint32_t a = q[3], b = q[2], c = p[3], d = p[2], e = q[1], f = q[0], g = p[1], h = p[0];
    for (int i = 0; i < 2; ++i) {
      const std::uint32_t t =
          ((e & f) ^ (~e & g)) + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + k[i] + h;
      const std::uint32_t a_next = t + ((a & b) ^ (a & c) ^ (b & c)) +
                                   (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22));
      h = g, g = f, f = e, e = t + d, d = c, c = b, b = a, a = a_next;
    }
    const Words out = {f, e, b, a};
    return put(out);
  }
  static __m128i message1(__m128i x, __m128i y) noexcept {
    Words w, next;
    get(x, w), get(y, next);
    const Words out = {w[0] + small_sigma0(w[1]), w[1] + small_sigma0(w[2]),
                       w[2] + small_sigma0(w[3]), w[3] + small_sigma0(next[0])};
    return put(out);
  }
  static __m128i message2(__m128i x, __m128i y) noexcept {
    Words w, last;
    get(x, w), get(y, last);
    const std::uint32_t w16 = w[0] + small_sigma1(last[2]), w17 = w[1] + small_sigma1(last[3]);
    const Words out = {w16, w17, w[2] + small_sigma1(w16), w[3] + small_sigma1(w17)};
    return put(out);
  }
};

#define AVILA_LOAD128(p) _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))
#define AVILA_STORE128(p, x) _mm_storeu_si128(reinterpret_cast<__m128i*>(p), x)

// The body of a kernel over the policy P. The instructions want the state as the words a, b, e, f
// and c, d, g, h, the first in the highest place.
#define AVILA_SHA_BODY(P)                                                      \
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203); \
  const __m128i badc = _mm_shuffle_epi32(AVILA_LOAD128(state), 0xB1);          \
  const __m128i hgfe = _mm_shuffle_epi32(AVILA_LOAD128(state + 4), 0x1B);      \
  __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);                               \
  __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);                            \
  for (; blocks + last_blocks != 0; --blocks, in += 64) {                      \
    if (blocks == 0) in = last, blocks = last_blocks, last_blocks = 0;         \
    const __m128i abef_before = abef, cdgh_before = cdgh;                      \
    __m128i w0 = _mm_shuffle_epi8(AVILA_LOAD128(in), swap);                    \
    __m128i w1 = _mm_shuffle_epi8(AVILA_LOAD128(in + 16), swap);               \
    __m128i w2 = _mm_shuffle_epi8(AVILA_LOAD128(in + 32), swap);               \
    __m128i w3 = _mm_shuffle_epi8(AVILA_LOAD128(in + 48), swap);               \
    AVILA_SHA_ROUNDS4(P, w0, 0, );                                             \
    AVILA_SHA_ROUNDS4(P, w1, 4, );                                             \
    w0 = P::message1(w0, w1);                                                  \
    AVILA_SHA_ROUNDS4(P, w2, 8, );                                             \
    w1 = P::message1(w1, w2);                                                  \
    for (std::size_t t = 12; t < 60; t += 16) {                                \
      AVILA_SHA_ROUNDS4(P, w3, t, AVILA_SHA_NEXT(P, w0, w2, w3));              \
      w2 = P::message1(w2, w3);                                                \
      AVILA_SHA_ROUNDS4(P, w0, t + 4, AVILA_SHA_NEXT(P, w1, w3, w0));          \
      w3 = P::message1(w3, w0);                                                \
      AVILA_SHA_ROUNDS4(P, w1, t + 8, AVILA_SHA_NEXT(P, w2, w0, w1));          \
      w0 = P::message1(w0, w1);                                                \
      AVILA_SHA_ROUNDS4(P, w2, t + 12, AVILA_SHA_NEXT(P, w3, w1, w2));         \
      w1 = P::message1(w1, w2);                                                \
    }                                                                          \
    AVILA_SHA_ROUNDS4(P, w3, 60, );                                            \
    abef = _mm_add_epi32(abef, abef_before);                                   \
    cdgh = _mm_add_epi32(cdgh, cdgh_before);                                   \
  }                                                                            \
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);                          \
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);                          \
  AVILA_STORE128(state, _mm_blend_epi16(feba, dchg, 0xF0));                    \
  AVILA_STORE128(state + 4, _mm_alignr_epi8(dchg, feba, 8))
// Four rounds, and `beside`, a part of the schedule: the unit does one thing at a time, and the
// rounds, which wait for each other, should find it free.
#define AVILA_SHA_ROUNDS4(P, w, t, beside)                                      \
  {                                                                             \
    const __m128i wk = _mm_add_epi32(w, AVILA_LOAD128(kSha256Constants + (t))); \
    cdgh = P::rounds2(cdgh, abef, wk);                                          \
    beside;                                                                     \
    abef = P::rounds2(abef, cdgh, _mm_shuffle_epi32(wk, 0x0E));                 \
  }
#define AVILA_SHA_NEXT(P, next, before, last) \
  next = P::message2(_mm_add_epi32(next, _mm_alignr_epi8(last, before, 4)), last)

AVILA_TARGET_SHA void sha256_sha_ni(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                                    const std::byte* last, std::size_t last_blocks) noexcept {
  AVILA_SHA_BODY(ShaInstructions);
}
AVILA_TARGET_SSE42 void sha256_sha_ni_emulated(std::uint32_t state[8], const std::byte* in,
                                               std::size_t blocks, const std::byte* last,
                                               std::size_t last_blocks) noexcept {
  AVILA_SHA_BODY(ShaEmulated);
}
#undef AVILA_SHA_BODY
#undef AVILA_SHA_ROUNDS4
#undef AVILA_SHA_NEXT

// ---- scalar rounds, vectorised schedule

// Two blocks at a time, one a half of the register: the schedule of both costs as much as one.
struct Avx2Schedule {
  using Vector = __m256i;
  static constexpr std::size_t kBlocks = 2;
  AVILA_TARGET_AVX2_BMI2 static inline Vector load(const std::byte* a,
                                                   const std::byte* b) noexcept {
    const __m256i swap =
        _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    return _mm256_shuffle_epi8(
        _mm256_inserti128_si256(_mm256_castsi128_si256(AVILA_LOAD128(a)), AVILA_LOAD128(b), 1),
        swap);
  }
  AVILA_TARGET_AVX2_BMI2 static inline void store(std::uint32_t* wk, Vector w,
                                                  std::size_t t) noexcept {
    const __m256i k = _mm256_broadcastsi128_si256(AVILA_LOAD128(kSha256Constants + t));
    _mm256_store_si256(reinterpret_cast<__m256i*>(wk + 2 * t), _mm256_add_epi32(w, k));
  }
  // Where the word t of the schedule of block b lies in wk.
  static constexpr std::size_t place(std::size_t t, std::size_t b) noexcept {
    return t / 4 * 8 + 4 * b + t % 4;
  }
  AVILA_TARGET_AVX2_BMI2 static inline Vector next(Vector x0, Vector x1, Vector x2,
                                                   Vector x3) noexcept {
    const Vector w1 = _mm256_alignr_epi8(x1, x0, 4);
    Vector sum = _mm256_add_epi32(x0, _mm256_alignr_epi8(x3, x2, 4));
    const Vector low = _mm256_xor_si256(_mm256_srli_epi32(w1, 7), _mm256_srli_epi32(w1, 18));
    const Vector high = _mm256_xor_si256(_mm256_slli_epi32(w1, 25), _mm256_slli_epi32(w1, 14));
    sum = _mm256_add_epi32(sum,
                           _mm256_xor_si256(_mm256_xor_si256(low, high), _mm256_srli_epi32(w1, 3)));
    // sigma1 of two words at a time: the second pair needs the first. Words are doubled into
    // 64 bits, so that a shift is a rotation.
    const __m256i first_pair = _mm256_set_epi64x(-1, 0x0b0a090803020100, -1, 0x0b0a090803020100);
    const __m256i second_pair = _mm256_set_epi64x(0x0b0a090803020100, -1, 0x0b0a090803020100, -1);
    const Vector y = _mm256_shuffle_epi32(x3, 0xFA);
    sum = _mm256_add_epi32(
        sum, _mm256_shuffle_epi8(_mm256_xor_si256(_mm256_srli_epi32(y, 10),
                                                  _mm256_xor_si256(_mm256_srli_epi64(y, 17),
                                                                   _mm256_srli_epi64(y, 19))),
                                 first_pair));
    const Vector z = _mm256_shuffle_epi32(sum, 0x50);
    return _mm256_add_epi32(
        sum, _mm256_shuffle_epi8(_mm256_xor_si256(_mm256_srli_epi32(z, 10),
                                                  _mm256_xor_si256(_mm256_srli_epi64(z, 17),
                                                                   _mm256_srli_epi64(z, 19))),
                                 second_pair));
  }
};

// The same with AVX-512VL's rotations and three-way xor, in 256-bit registers.
struct Avx512Schedule : Avx2Schedule {
  AVILA_TARGET_AVX512 static inline Vector xor3(Vector a, Vector b, Vector c) noexcept {
    return _mm256_ternarylogic_epi32(a, b, c, 0x96);
  }
  AVILA_TARGET_AVX512 static inline Vector sigma1(Vector x) noexcept {
    return xor3(_mm256_ror_epi32(x, 17), _mm256_ror_epi32(x, 19), _mm256_srli_epi32(x, 10));
  }
  AVILA_TARGET_AVX512 static inline Vector next(Vector x0, Vector x1, Vector x2,
                                                Vector x3) noexcept {
    const Vector w1 = _mm256_alignr_epi8(x1, x0, 4);
    const Vector sigma0 =
        xor3(_mm256_ror_epi32(w1, 7), _mm256_ror_epi32(w1, 18), _mm256_srli_epi32(w1, 3));
    Vector sum = _mm256_add_epi32(_mm256_add_epi32(x0, _mm256_alignr_epi8(x3, x2, 4)), sigma0);
    const Vector y = _mm256_maskz_shuffle_epi32(0x33, x3, static_cast<_MM_PERM_ENUM>(0x0E));
    sum = _mm256_add_epi32(sum, sigma1(y));
    const Vector z = _mm256_maskz_shuffle_epi32(0xCC, sum, static_cast<_MM_PERM_ENUM>(0x40));
    return _mm256_add_epi32(sum, sigma1(z));
  }
};

// One block, for machines without AVX2.
struct Ssse3Schedule {
  using Vector = __m128i;
  static constexpr std::size_t kBlocks = 1;
  AVILA_TARGET_SSE42 static inline Vector load(const std::byte* a, const std::byte*) noexcept {
    return _mm_shuffle_epi8(AVILA_LOAD128(a),
                            _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  }
  AVILA_TARGET_SSE42 static inline void store(std::uint32_t* wk, Vector w, std::size_t t) noexcept {
    AVILA_STORE128(wk + t, _mm_add_epi32(w, AVILA_LOAD128(kSha256Constants + t)));
  }
  static constexpr std::size_t place(std::size_t t, std::size_t) noexcept { return t; }
  AVILA_TARGET_SSE42 static inline Vector next(Vector x0, Vector x1, Vector x2,
                                               Vector x3) noexcept {
    const Vector w1 = _mm_alignr_epi8(x1, x0, 4);
    Vector sum = _mm_add_epi32(x0, _mm_alignr_epi8(x3, x2, 4));
    const Vector low = _mm_xor_si128(_mm_srli_epi32(w1, 7), _mm_srli_epi32(w1, 18));
    const Vector high = _mm_xor_si128(_mm_slli_epi32(w1, 25), _mm_slli_epi32(w1, 14));
    sum = _mm_add_epi32(sum, _mm_xor_si128(_mm_xor_si128(low, high), _mm_srli_epi32(w1, 3)));
    const Vector y = _mm_shuffle_epi32(x3, 0xFA);
    const Vector s = _mm_xor_si128(_mm_srli_epi32(y, 10),
                                   _mm_xor_si128(_mm_srli_epi64(y, 17), _mm_srli_epi64(y, 19)));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi8(s, _mm_set_epi64x(-1, 0x0b0a090803020100)));
    const Vector z = _mm_shuffle_epi32(sum, 0x50);
    const Vector u = _mm_xor_si128(_mm_srli_epi32(z, 10),
                                   _mm_xor_si128(_mm_srli_epi64(z, 17), _mm_srli_epi64(z, 19)));
    return _mm_add_epi32(sum, _mm_shuffle_epi8(u, _mm_set_epi64x(0x0b0a090803020100, -1)));
  }
};

// FIPS 180-4 §6.2.2 step 3. Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and a ^ b is the next round's
// b ^ c. Variables are renamed from round to round instead of moved.
#define AVILA_ROUND(a, b, c, d, e, f, g, h, t, block)        \
  {                                                          \
    h += k[P::place(t, block)];                              \
    std::uint32_t sum = std::rotr(e, 25) ^ std::rotr(e, 11); \
    h += ~e & g;                                             \
    AVILA_PIN(h);                                            \
    h += e & f;                                              \
    AVILA_PIN(h);                                            \
    sum ^= std::rotr(e, 6);                                  \
    h += sum;                                                \
    AVILA_PIN(h);                                            \
    d += h;                                                  \
    const std::uint32_t a_xor_b = a ^ b;                     \
    sum = std::rotr(a, 22) ^ std::rotr(a, 13);               \
    b_xor_c &= a_xor_b;                                      \
    sum ^= std::rotr(a, 2);                                  \
    h += b_xor_c ^ b;                                        \
    AVILA_PIN(h);                                            \
    h += sum;                                                \
    b_xor_c = a_xor_b;                                       \
  }
// Keeps the compiler from summing in another order: what is ready last is added last.
#define AVILA_PIN(value) asm("" : "+r"(value))
#define AVILA_ROUNDS4(a, b, c, d, e, f, g, h, t, block) \
  AVILA_ROUND(a, b, c, d, e, f, g, h, (t), block);      \
  AVILA_ROUND(h, a, b, c, d, e, f, g, (t) + 1, block);  \
  AVILA_ROUND(g, h, a, b, c, d, e, f, (t) + 2, block);  \
  AVILA_ROUND(f, g, h, a, b, c, d, e, (t) + 3, block)
#define AVILA_ROUNDS8(t, block)                      \
  AVILA_ROUNDS4(a, b, c, d, e, f, g, h, (t), block); \
  AVILA_ROUNDS4(e, f, g, h, a, b, c, d, (t) + 4, block)
#define AVILA_LOAD_STATE                                                              \
  a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], \
  g = state[6], h = state[7], b_xor_c = b ^ c
#define AVILA_ADD_STATE                                       \
  state[0] += a, state[1] += b, state[2] += c, state[3] += d; \
  state[4] += e, state[5] += f, state[6] += g, state[7] += h

// The body of a kernel over the schedule Schedule. The rounds of the first block run beside the
// schedule of both; those of the second read what was stored.
#define AVILA_SCHEDULED_BODY(Schedule)                                                \
  using P = Schedule;                                                                 \
  alignas(32) std::uint32_t wk[64 * P::kBlocks];                                      \
  std::uint32_t a, b, c, d, e, f, g, h, b_xor_c;                                      \
  while (blocks + last_blocks != 0) {                                                 \
    if (blocks == 0) in = last, blocks = last_blocks, last_blocks = 0;                \
    const std::byte* const second = blocks > 1 ? in + 64 : in;                        \
    P::Vector x0 = P::load(in, second), x1 = P::load(in + 16, second + 16);           \
    P::Vector x2 = P::load(in + 32, second + 32), x3 = P::load(in + 48, second + 48); \
    P::store(wk, x0, 0), P::store(wk, x1, 4);                                         \
    P::store(wk, x2, 8), P::store(wk, x3, 12);                                        \
    AVILA_LOAD_STATE;                                                                 \
    const std::uint32_t* k = wk;                                                      \
    for (std::size_t t = 0; t < 48; t += 16, k += 16 * P::kBlocks) {                  \
      x0 = P::next(x0, x1, x2, x3);                                                   \
      AVILA_ROUNDS4(a, b, c, d, e, f, g, h, 0, 0);                                    \
      P::store(wk, x0, t + 16);                                                       \
      x1 = P::next(x1, x2, x3, x0);                                                   \
      AVILA_ROUNDS4(e, f, g, h, a, b, c, d, 4, 0);                                    \
      P::store(wk, x1, t + 20);                                                       \
      x2 = P::next(x2, x3, x0, x1);                                                   \
      AVILA_ROUNDS4(a, b, c, d, e, f, g, h, 8, 0);                                    \
      P::store(wk, x2, t + 24);                                                       \
      x3 = P::next(x3, x0, x1, x2);                                                   \
      AVILA_ROUNDS4(e, f, g, h, a, b, c, d, 12, 0);                                   \
      P::store(wk, x3, t + 28);                                                       \
    }                                                                                 \
    AVILA_ROUNDS8(0, 0);                                                              \
    AVILA_ROUNDS8(8, 0);                                                              \
    AVILA_ADD_STATE;                                                                  \
    in += 64, --blocks;                                                               \
    if (P::kBlocks == 1 || blocks == 0) continue;                                     \
    AVILA_LOAD_STATE;                                                                 \
    k = wk;                                                                           \
    for (std::size_t t = 0; t < 64; t += 16, k += 16 * P::kBlocks) {                  \
      AVILA_ROUNDS8(0, 1);                                                            \
      AVILA_ROUNDS8(8, 1);                                                            \
    }                                                                                 \
    AVILA_ADD_STATE;                                                                  \
    in += 64, --blocks;                                                               \
  }

AVILA_TARGET_AVX512 void sha256_avx512(std::uint32_t state[8], const std::byte* in,
                                       std::size_t blocks, const std::byte* last,
                                       std::size_t last_blocks) noexcept {
    AVILA_SCHEDULED_BODY(Avx512Schedule)} AVILA_TARGET_AVX2_BMI2
    void sha256_avx2(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                     const std::byte* last, std::size_t last_blocks) noexcept {
        AVILA_SCHEDULED_BODY(Avx2Schedule)} AVILA_TARGET_SSE42
    void sha256_ssse3(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                      const std::byte* last, std::size_t last_blocks) noexcept {
  AVILA_SCHEDULED_BODY(Ssse3Schedule)
}

#endif

constexpr simd::Kernel<Sha256Fn> kKernels[] = {
#if AVILA_X86_64
    {"sha", simd::has_sha, sha256_sha_ni},
    {"avx512", simd::has_avx512, sha256_avx512},
    {"avx2", simd::has_avx2_bmi2, sha256_avx2},
    {"ssse3", simd::has_sse42, sha256_ssse3},
#endif
    {"portable", simd::always, sha256_blocks_portable}};

}  // namespace

std::span<const simd::Kernel<Sha256Fn>> sha256_kernels() noexcept { return kKernels; }

void sha256_blocks(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                   const std::byte* last, std::size_t last_blocks) noexcept {
  static const Sha256Fn chosen = simd::select(kKernels);
  chosen(state, in, blocks, last, last_blocks);
}

Sha256Fn sha256_blocks_sha_ni_emulated() noexcept {
#if AVILA_X86_64
  return simd::has_sse42() ? sha256_sha_ni_emulated : nullptr;
#else
  return nullptr;
#endif
}

}  // namespace avila::hash::detail

// SHA-1 blocks: one body for the baseline and for three-operand rotations (BMI2), and the SHA
// instructions.
#include <avila/primitives/endian.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <bit>

#include "sha1_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#endif

namespace avila::hash::detail {
namespace {

// FIPS 180-4 §4.1.1, the function and constant of each 20 rounds.
template <int Part>
AVILA_ALWAYS_INLINE std::uint32_t mix(std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  if constexpr (Part == 0) return (d ^ (b & (c ^ d))) + 0x5a827999;
  if constexpr (Part == 1) return (b ^ c ^ d) + 0x6ed9eba1;
  if constexpr (Part == 2) return (b & c) + (d & (b ^ c)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

// §6.1.2, the schedule as a ring of 16 words.
template <int Part>
AVILA_ALWAYS_INLINE void round(std::uint32_t a, std::uint32_t& b, std::uint32_t c, std::uint32_t d,
                               std::uint32_t& e, std::uint32_t w[16], std::size_t t) noexcept {
  if (t >= 16)
    w[t % 16] = std::rotl(w[(t + 13) % 16] ^ w[(t + 8) % 16] ^ w[(t + 2) % 16] ^ w[t % 16], 1);
  e += w[t % 16] + mix<Part>(b, c, d) + std::rotl(a, 5);
  b = std::rotl(b, 30);
}

template <int Part>
AVILA_ALWAYS_INLINE void part(std::uint32_t v[5], std::uint32_t w[16]) noexcept {
  std::uint32_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4];
  for (std::size_t t = 20 * Part; t < 20 * (Part + 1); t += 5) {
    round<Part>(a, b, c, d, e, w, t);
    round<Part>(e, a, b, c, d, w, t + 1);
    round<Part>(d, e, a, b, c, w, t + 2);
    round<Part>(c, d, e, a, b, w, t + 3);
    round<Part>(b, c, d, e, a, w, t + 4);
  }
  v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e;
}

AVILA_ALWAYS_INLINE void blocks_scalar(std::uint32_t state[5], const std::byte* in,
                                       std::size_t blocks) noexcept {
  for (; blocks != 0; --blocks, in += 64) {
    std::uint32_t w[16];
    for (std::size_t i = 0; i < 16; ++i) w[i] = load_be32(in + 4 * i);
    std::uint32_t v[5] = {state[0], state[1], state[2], state[3], state[4]};
    part<0>(v, w);
    part<1>(v, w);
    part<2>(v, w);
    part<3>(v, w);
    for (std::size_t i = 0; i < 5; ++i) state[i] += v[i];
  }
}

void blocks_portable(std::uint32_t state[5], const std::byte* in, std::size_t blocks) noexcept {
  blocks_scalar(state, in, blocks);
}

#if AVILA_X86_64

AVILA_TARGET_BMI2 void blocks_bmi2(std::uint32_t state[5], const std::byte* in,
                                   std::size_t blocks) noexcept {
  blocks_scalar(state, in, blocks);
}

// Four rounds of kind f (0 … 3) with the words w. sha1nexte turns the a of four rounds before into
// this e.
#define AVILA_ROUNDS4(f, w)                                         \
  {                                                                 \
    const __m128i before = abcd;                                    \
    abcd = _mm_sha1rnds4_epu32(abcd, _mm_sha1nexte_epu32(e, w), f); \
    e = before;                                                     \
  }
// The words a that are next, in the place of those of 16 rounds before.
#define AVILA_NEXT_WORDS(a, b, c, d) \
  a = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(a, b), c), d)
#define AVILA_LOAD128(p) _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))

AVILA_TARGET_SHA void blocks_sha_ni(std::uint32_t state[5], const std::byte* in,
                                    std::size_t blocks) noexcept {
  const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  __m128i abcd = _mm_shuffle_epi32(AVILA_LOAD128(state), 0x1B);  // a in the highest place
  __m128i e_sum = _mm_set_epi32(static_cast<int>(state[4]), 0, 0, 0);
  for (; blocks != 0; --blocks, in += 64) {
    const __m128i abcd_before = abcd;
    __m128i w0 = _mm_shuffle_epi8(AVILA_LOAD128(in), swap);
    __m128i w1 = _mm_shuffle_epi8(AVILA_LOAD128(in + 16), swap);
    __m128i w2 = _mm_shuffle_epi8(AVILA_LOAD128(in + 32), swap);
    __m128i w3 = _mm_shuffle_epi8(AVILA_LOAD128(in + 48), swap);
    __m128i e = abcd;
    abcd = _mm_sha1rnds4_epu32(abcd, _mm_add_epi32(e_sum, w0), 0);
    AVILA_ROUNDS4(0, w1)
    AVILA_ROUNDS4(0, w2)
    AVILA_NEXT_WORDS(w0, w1, w2, w3);
    AVILA_ROUNDS4(0, w3)
    AVILA_NEXT_WORDS(w1, w2, w3, w0);
    AVILA_ROUNDS4(0, w0)
    AVILA_NEXT_WORDS(w2, w3, w0, w1);
    AVILA_ROUNDS4(1, w1)
    AVILA_NEXT_WORDS(w3, w0, w1, w2);
    AVILA_ROUNDS4(1, w2)
    AVILA_NEXT_WORDS(w0, w1, w2, w3);
    AVILA_ROUNDS4(1, w3)
    AVILA_NEXT_WORDS(w1, w2, w3, w0);
    AVILA_ROUNDS4(1, w0)
    AVILA_NEXT_WORDS(w2, w3, w0, w1);
    AVILA_ROUNDS4(1, w1)
    AVILA_NEXT_WORDS(w3, w0, w1, w2);
    AVILA_ROUNDS4(2, w2)
    AVILA_NEXT_WORDS(w0, w1, w2, w3);
    AVILA_ROUNDS4(2, w3)
    AVILA_NEXT_WORDS(w1, w2, w3, w0);
    AVILA_ROUNDS4(2, w0)
    AVILA_NEXT_WORDS(w2, w3, w0, w1);
    AVILA_ROUNDS4(2, w1)
    AVILA_NEXT_WORDS(w3, w0, w1, w2);
    AVILA_ROUNDS4(2, w2)
    AVILA_NEXT_WORDS(w0, w1, w2, w3);
    AVILA_ROUNDS4(3, w3)
    AVILA_NEXT_WORDS(w1, w2, w3, w0);
    AVILA_ROUNDS4(3, w0)
    AVILA_NEXT_WORDS(w2, w3, w0, w1);
    AVILA_ROUNDS4(3, w1)
    AVILA_NEXT_WORDS(w3, w0, w1, w2);
    AVILA_ROUNDS4(3, w2)
    AVILA_ROUNDS4(3, w3)
    e_sum = _mm_sha1nexte_epu32(e, e_sum);
    abcd = _mm_add_epi32(abcd, abcd_before);
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_shuffle_epi32(abcd, 0x1B));
  state[4] = static_cast<std::uint32_t>(_mm_extract_epi32(e_sum, 3));
}
#endif

constexpr simd::Kernel<Sha1Fn> kKernels[] = {
#if AVILA_X86_64
    {"sha", simd::has_sha, blocks_sha_ni},
    {"bmi2", simd::has_bmi2, blocks_bmi2},
#endif
    {"portable", simd::always, blocks_portable}};

}  // namespace

std::span<const simd::Kernel<Sha1Fn>> sha1_kernels() noexcept { return kKernels; }

void sha1_blocks(std::uint32_t state[5], const std::byte* in, std::size_t blocks) noexcept {
  static const Sha1Fn chosen = simd::select(kKernels);
  chosen(state, in, blocks);
}

}  // namespace avila::hash::detail

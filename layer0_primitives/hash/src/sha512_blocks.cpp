// SHA-512 blocks: one body, compiled for the baseline and with three-operand rotations (BMI2).
#include <avila/primitives/endian.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <bit>

#include "sha512_kernels.hpp"

namespace avila::hash::detail {
namespace {

// Keeps the compiler from summing in another order: what is ready last is added last.
#if defined(__GNUC__) && AVILA_X86_64
#define AVILA_PIN(value) asm("" : "+r"(value))
#else
#define AVILA_PIN(value) static_cast<void>(value)
#endif

// §6.4.2 step 3. Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and a ^ b is the next round's b ^ c.
#define AVILA_ROUND(a, b, c, d, e, f, g, h, i)               \
  {                                                          \
    h += kSha512Constants[t + (i)] + w[i];                   \
    std::uint64_t sum = std::rotr(e, 41) ^ std::rotr(e, 18); \
    h += ~e & g;                                             \
    AVILA_PIN(h);                                            \
    h += e & f;                                              \
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
// Step 1 for the word i of the next sixteen.
#define AVILA_EXTEND(i)                                                          \
  {                                                                              \
    const std::uint64_t x = w[((i) + 1) % 16], y = w[((i) + 14) % 16];           \
    w[i] += (std::rotr(x, 1) ^ std::rotr(x, 8) ^ (x >> 7)) + w[((i) + 9) % 16] + \
            (std::rotr(y, 19) ^ std::rotr(y, 61) ^ (y >> 6));                    \
  }
#define AVILA_STEP(a, b, c, d, e, f, g, h, i) \
  if (extend) AVILA_EXTEND(i)                 \
  AVILA_ROUND(a, b, c, d, e, f, g, h, i)
#define AVILA_STEPS8(i)                       \
  AVILA_STEP(a, b, c, d, e, f, g, h, (i))     \
  AVILA_STEP(h, a, b, c, d, e, f, g, (i) + 1) \
  AVILA_STEP(g, h, a, b, c, d, e, f, (i) + 2) \
  AVILA_STEP(f, g, h, a, b, c, d, e, (i) + 3) \
  AVILA_STEP(e, f, g, h, a, b, c, d, (i) + 4) \
  AVILA_STEP(d, e, f, g, h, a, b, c, (i) + 5) \
  AVILA_STEP(c, d, e, f, g, h, a, b, (i) + 6) \
  AVILA_STEP(b, c, d, e, f, g, h, a, (i) + 7)
#define AVILA_BLOCKS                                                      \
  for (; blocks != 0; --blocks, in += 128) {                              \
    std::uint64_t w[16];                                                  \
    for (std::size_t i = 0; i < 16; ++i) w[i] = load_be64(in + 8 * i);    \
    std::uint64_t a = state[0], b = state[1], c = state[2], d = state[3]; \
    std::uint64_t e = state[4], f = state[5], g = state[6], h = state[7]; \
    std::uint64_t b_xor_c = b ^ c;                                        \
    {                                                                     \
      constexpr std::size_t t = 0;                                        \
      constexpr bool extend = false;                                      \
      AVILA_STEPS8(0)                                                     \
      AVILA_STEPS8(8)                                                     \
    }                                                                     \
    for (std::size_t t = 16; t < 80; t += 16) {                           \
      constexpr bool extend = true;                                       \
      AVILA_STEPS8(0)                                                     \
      AVILA_STEPS8(8)                                                     \
    }                                                                     \
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;           \
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;           \
  }

void blocks_portable(std::uint64_t state[8], const std::byte* in,
                     std::size_t blocks) noexcept {AVILA_BLOCKS}
#if AVILA_X86_64
AVILA_TARGET_BMI2
    void blocks_bmi2(std::uint64_t state[8], const std::byte* in, std::size_t blocks) noexcept {
  AVILA_BLOCKS
}
#endif

constexpr simd::Kernel<Sha512Fn> kKernels[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, sha512_avx512},
    {"avx2", simd::has_avx2_bmi2, sha512_avx2},
    {"bmi2", simd::has_bmi2, blocks_bmi2},
#endif
    {"portable", simd::always, blocks_portable}};

}  // namespace

std::span<const simd::Kernel<Sha512Fn>> sha512_kernels() noexcept { return kKernels; }

void sha512_blocks(std::uint64_t state[8], const std::byte* in, std::size_t blocks) noexcept {
  static const Sha512Fn chosen = simd::select(kKernels);
  chosen(state, in, blocks);
}

}  // namespace avila::hash::detail

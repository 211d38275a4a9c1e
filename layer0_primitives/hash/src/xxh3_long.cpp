#include "xxh3_long.hpp"

#include <avila/primitives/endian.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <cstring>
#if AVILA_X86_64
#include <immintrin.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#endif

namespace avila::hash::detail {
namespace {

void accumulate_portable(std::uint64_t acc[8], const std::byte* input,
                         const std::byte* secret) noexcept {
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint64_t data = load_le64(input + 8 * i);
    const std::uint64_t key = data ^ load_le64(secret + 8 * i);
    acc[i ^ 1] += data;
    acc[i] += (key & 0xFFFFFFFFU) * (key >> 32);
  }
}

void scramble_portable(std::uint64_t acc[8], const std::byte* secret) noexcept {
  for (std::size_t i = 0; i < 8; ++i)
    acc[i] = (acc[i] ^ (acc[i] >> 47) ^ load_le64(secret + 8 * i)) * kPrime32_1;
}

void xxh3_long_portable(std::uint64_t acc[8], const Xxh3Run& run) noexcept {
  const std::size_t stripes = run.stripes_per_block();
  const std::byte* in = run.input;
  for (std::size_t b = 0; b < run.blocks; ++b) {
    for (std::size_t i = 0; i < stripes; ++i, in += kStripe)
      accumulate_portable(acc, in, run.secret + i * kSecretStep);
    scramble_portable(acc, run.scramble_secret());
  }
  for (std::size_t i = 0; i < run.tail_stripes; ++i, in += kStripe)
    accumulate_portable(acc, in, run.secret + i * kSecretStep);
  if (run.last != nullptr) accumulate_portable(acc, run.last, run.last_secret());
}

void whole_portable(std::uint64_t acc[8], const std::byte* in, std::size_t size) noexcept {
  std::memcpy(acc, kXxh3Initial, sizeof kXxh3Initial);
  xxh3_long_portable(acc, Xxh3Run::whole({in, size}, {default_secret(), 192}));
}
// The whole functions of a kernel: over(acc, in, size), then the end, for the same target.
#define AVILA_XXH3_WHOLE(target, name, over)                                       \
  target std::uint64_t name##_64(const std::byte* in, std::size_t size) noexcept { \
    alignas(64) std::uint64_t acc[8];                                              \
    over(acc, in, size);                                                           \
    return merge_64(acc, size, {default_secret(), 192});                           \
  }                                                                                \
  target Xxh128 name##_128(const std::byte* in, std::size_t size) noexcept {       \
    alignas(64) std::uint64_t acc[8];                                              \
    over(acc, in, size);                                                           \
    return merge_128(acc, size, {default_secret(), 192});                          \
  }
AVILA_XXH3_WHOLE(, portable, whole_portable)
constexpr Xxh3Kernel kPortable{xxh3_long_portable, portable_64, portable_128};

#if AVILA_X86_64

// The default secret as the stripes of a block, the scramble and the last stripe want it. Loads of
// the secret itself at steps of 8 bytes nearly all cross cache lines.
struct SecretStripes {
  alignas(64) unsigned char at[16][64];
  alignas(64) unsigned char scramble[64];
  alignas(64) unsigned char last[64];
};
constexpr SecretStripes kSecretStripes = [] {
  SecretStripes stripes{};
  for (std::size_t i = 0; i < 64; ++i) {
    for (std::size_t stripe = 0; stripe < 16; ++stripe)
      stripes.at[stripe][i] = kSecretBytes[stripe * kSecretStep + i];
    stripes.scramble[i] = kSecretBytes[192 - kStripe + i];
    stripes.last[i] = kSecretBytes[192 - kStripe - 7 + i];
  }
  return stripes;
}();

AVILA_TARGET_AVX2 inline __m256i load256(const void* p) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
AVILA_TARGET_AVX2 inline __m256i accumulate_avx2(__m256i acc, __m256i data,
                                                 __m256i secret) noexcept {
  asm("" : "+x"(data));  // load it once: it may cross a cache line
  const __m256i key = _mm256_xor_si256(data, secret);
  const __m256i product = _mm256_mul_epu32(key, _mm256_srli_epi64(key, 32));
  return _mm256_add_epi64(_mm256_add_epi64(acc, _mm256_shuffle_epi32(data, 0x4E)), product);
}
AVILA_TARGET_AVX2 inline __m256i scramble_avx2(__m256i acc, __m256i secret) noexcept {
  const __m256i prime = _mm256_set1_epi32(static_cast<int>(kPrime32_1));
  const __m256i mixed = _mm256_xor_si256(_mm256_xor_si256(acc, _mm256_srli_epi64(acc, 47)), secret);
  const __m256i high = _mm256_mul_epu32(_mm256_srli_epi64(mixed, 32), prime);
  return _mm256_add_epi64(_mm256_mul_epu32(mixed, prime), _mm256_slli_epi64(high, 32));
}

AVILA_TARGET_AVX2 void xxh3_long_avx2(std::uint64_t acc[8], const Xxh3Run& run) noexcept {
  const std::size_t stripes = run.stripes_per_block();
  const std::byte* in = run.input;
  __m256i a = load256(acc), b = load256(acc + 4);
  for (std::size_t block = 0; block < run.blocks; ++block) {
    const std::byte* secret = run.secret;
    for (std::size_t i = 0; i < stripes; ++i, in += kStripe, secret += kSecretStep) {
      _mm_prefetch(reinterpret_cast<const char*>(in) + 512, _MM_HINT_T0);
      a = accumulate_avx2(a, load256(in), load256(secret));
      b = accumulate_avx2(b, load256(in + 32), load256(secret + 32));
    }
    a = scramble_avx2(a, load256(run.scramble_secret()));
    b = scramble_avx2(b, load256(run.scramble_secret() + 32));
  }
  const std::byte* secret = run.secret;
  for (std::size_t i = 0; i < run.tail_stripes; ++i, in += kStripe, secret += kSecretStep) {
    a = accumulate_avx2(a, load256(in), load256(secret));
    b = accumulate_avx2(b, load256(in + 32), load256(secret + 32));
  }
  if (run.last != nullptr) {
    a = accumulate_avx2(a, load256(run.last), load256(run.last_secret()));
    b = accumulate_avx2(b, load256(run.last + 32), load256(run.last_secret() + 32));
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(acc), a);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(acc + 4), b);
}

AVILA_TARGET_AVX2 inline void whole_avx2(std::uint64_t acc[8], const std::byte* in,
                                         std::size_t size) noexcept {
  const SecretStripes& secret = kSecretStripes;
  __m256i a = load256(kXxh3Initial), b = load256(kXxh3Initial + 4);
  const std::byte* const last = in + size - kStripe;
  for (std::size_t block = (size - 1) / 1024; block != 0; --block) {
    for (std::size_t i = 0; i < 16; ++i, in += kStripe) {
      _mm_prefetch(reinterpret_cast<const char*>(in) + 512, _MM_HINT_T0);
      a = accumulate_avx2(a, load256(in), load256(secret.at[i]));
      b = accumulate_avx2(b, load256(in + 32), load256(secret.at[i] + 32));
    }
    a = scramble_avx2(a, load256(secret.scramble));
    b = scramble_avx2(b, load256(secret.scramble + 32));
  }
  const std::size_t stripes = (size - 1) % 1024 / kStripe;
  for (std::size_t i = 0; i < stripes; ++i, in += kStripe) {
    a = accumulate_avx2(a, load256(in), load256(secret.at[i]));
    b = accumulate_avx2(b, load256(in + 32), load256(secret.at[i] + 32));
  }
  a = accumulate_avx2(a, load256(last), load256(secret.last));
  b = accumulate_avx2(b, load256(last + 32), load256(secret.last + 32));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(acc), a);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(acc + 4), b);
}
AVILA_XXH3_WHOLE(AVILA_TARGET_AVX2_BMI2, avx2, whole_avx2)
constexpr Xxh3Kernel kAvx2{xxh3_long_avx2, avx2_64, avx2_128};

AVILA_TARGET_AVX512 inline __m512i load512(const void* p) noexcept { return _mm512_loadu_si512(p); }
AVILA_TARGET_AVX512 inline __m512i accumulate_avx512(__m512i acc, __m512i data,
                                                     __m512i secret) noexcept {
  asm("" : "+v"(data));  // load it once: it may cross a cache line
  const __m512i key = _mm512_xor_si512(data, secret);
  const __m512i product = _mm512_mul_epu32(key, _mm512_srli_epi64(key, 32));
  // The sum of data and product is off the chain through acc.
  return _mm512_add_epi64(
      acc, _mm512_add_epi64(_mm512_shuffle_epi32(data, static_cast<_MM_PERM_ENUM>(0x4E)), product));
}
AVILA_TARGET_AVX512 inline __m512i scramble_avx512(__m512i acc, __m512i secret) noexcept {
  const __m512i prime = _mm512_set1_epi32(static_cast<int>(kPrime32_1));
  const __m512i mixed =
      _mm512_ternarylogic_epi64(acc, _mm512_srli_epi64(acc, 47), secret, 0x96);  // xor of three
  const __m512i high = _mm512_mul_epu32(_mm512_srli_epi64(mixed, 32), prime);
  return _mm512_add_epi64(_mm512_mul_epu32(mixed, prime), _mm512_slli_epi64(high, 32));
}

// Blocks of 16 stripes, the secret in registers: its stripes lie `step` bytes apart.
AVILA_NOINLINE AVILA_TARGET_AVX512 __m512i blocks_of_16(__m512i a, const std::byte* in,
                                                        std::size_t blocks, const void* stripes,
                                                        std::size_t step,
                                                        const void* scramble) noexcept {
  __m512i secret[16];
  for (std::size_t i = 0; i < 16; ++i)
    secret[i] = load512(static_cast<const std::byte*>(stripes) + i * step);
  const __m512i last = load512(scramble);
  for (; blocks != 0; --blocks, in += 16 * kStripe) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < 16; ++i) {
      _mm_prefetch(reinterpret_cast<const char*>(in + i * kStripe) + 1024, _MM_HINT_T0);
      a = accumulate_avx512(a, load512(in + i * kStripe), secret[i]);
    }
    a = scramble_avx512(a, last);
  }
  return a;
}

AVILA_TARGET_AVX512 void xxh3_long_avx512(std::uint64_t acc[8], const Xxh3Run& run) noexcept {
  const std::size_t stripes = run.stripes_per_block();
  const std::byte* in = run.input;
  __m512i a = load512(acc);
  const __m512i scramble = load512(run.scramble_secret());
  if (stripes == 16 && run.blocks != 0) {
    a = blocks_of_16(a, in, run.blocks, run.secret, kSecretStep, run.scramble_secret());
    in += run.blocks * 16 * kStripe;
  } else {
    for (std::size_t block = 0; block < run.blocks; ++block) {
      for (std::size_t i = 0; i < stripes; ++i, in += kStripe)
        a = accumulate_avx512(a, load512(in), load512(run.secret + i * kSecretStep));
      a = scramble_avx512(a, scramble);
    }
  }
  for (std::size_t i = 0; i < run.tail_stripes; ++i, in += kStripe)
    a = accumulate_avx512(a, load512(in), load512(run.secret + i * kSecretStep));
  if (run.last != nullptr) a = accumulate_avx512(a, load512(run.last), load512(run.last_secret()));
  _mm512_storeu_si512(acc, a);
}

AVILA_TARGET_AVX512 inline void whole_avx512(std::uint64_t acc[8], const std::byte* in,
                                             std::size_t size) noexcept {
  __m512i a = load512(kXxh3Initial);
  const std::byte* const last = in + size - kStripe;
  if (const std::size_t blocks = (size - 1) / 1024; blocks != 0) {
    a = blocks_of_16(a, in, blocks, kSecretStripes.at, 64, kSecretStripes.scramble);
    in += blocks * 1024;
  }
  const SecretStripes& secret = kSecretStripes;
  const std::size_t stripes = (size - 1) % 1024 / kStripe;
  for (std::size_t i = 0; i < stripes; ++i, in += kStripe)
    a = accumulate_avx512(a, load512(in), load512(secret.at[i]));
  _mm512_storeu_si512(acc, accumulate_avx512(a, load512(last), load512(secret.last)));
}
AVILA_XXH3_WHOLE(AVILA_TARGET_AVX512, avx512, whole_avx512)
constexpr Xxh3Kernel kAvx512{xxh3_long_avx512, avx512_64, avx512_128};

#endif

constexpr simd::Kernel<const Xxh3Kernel*> kKernels[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, &kAvx512},
    {"avx2", simd::has_avx2_bmi2, &kAvx2},
#endif
    {"portable", simd::always, &kPortable}};

}  // namespace

std::span<const simd::Kernel<const Xxh3Kernel*>> xxh3_long_kernels() noexcept { return kKernels; }

void xxh3_long(std::uint64_t acc[8], const Xxh3Run& run) noexcept {
  static const Xxh3Kernel* const chosen = simd::select(kKernels);
  chosen->run(acc, run);
}
std::uint64_t xxh3_whole_64(const std::byte* in, std::size_t size) noexcept {
  static const auto chosen = simd::select(kKernels)->whole_64;
  return chosen(in, size);
}
Xxh128 xxh3_whole_128(const std::byte* in, std::size_t size) noexcept {
  static const auto chosen = simd::select(kKernels)->whole_128;
  return chosen(in, size);
}

}  // namespace avila::hash::detail

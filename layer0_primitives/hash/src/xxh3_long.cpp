#include "xxh3_long.hpp"

#include <avila/primitives/endian.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#if AVILA_X86_64
#include <immintrin.h>
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

#if AVILA_X86_64

AVILA_TARGET_AVX2 inline __m256i load256(const void* p) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
AVILA_TARGET_AVX2 inline __m256i accumulate_avx2(__m256i acc, __m256i data,
                                                 __m256i secret) noexcept {
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

AVILA_TARGET_AVX512 inline __m512i load512(const void* p) noexcept { return _mm512_loadu_si512(p); }
AVILA_TARGET_AVX512 inline __m512i accumulate_avx512(__m512i acc, __m512i data,
                                                     __m512i secret) noexcept {
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

AVILA_TARGET_AVX512 void xxh3_long_avx512(std::uint64_t acc[8], const Xxh3Run& run) noexcept {
  const std::size_t stripes = run.stripes_per_block();
  const std::byte* in = run.input;
  __m512i a = load512(acc);
  const __m512i scramble = load512(run.scramble_secret());
  if (stripes == 16 && run.blocks != 0) {
    // Loads of the secret at steps of 8 bytes all cross cache lines: keep them in registers.
    __m512i secret[16];
    for (std::size_t i = 0; i < 16; ++i) secret[i] = load512(run.secret + i * kSecretStep);
    for (std::size_t block = 0; block < run.blocks; ++block, in += 16 * kStripe) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < 16; ++i) {
        _mm_prefetch(reinterpret_cast<const char*>(in + i * kStripe) + 1024, _MM_HINT_T0);
        a = accumulate_avx512(a, load512(in + i * kStripe), secret[i]);
      }
      a = scramble_avx512(a, scramble);
    }
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

#endif

constexpr simd::Kernel<Xxh3LongFn> kKernels[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, xxh3_long_avx512},
    {"avx2", simd::has_avx2, xxh3_long_avx2},
#endif
    {"portable", simd::always, xxh3_long_portable}};

}  // namespace

std::span<const simd::Kernel<Xxh3LongFn>> xxh3_long_kernels() noexcept { return kKernels; }

void xxh3_long(std::uint64_t acc[8], const Xxh3Run& run) noexcept {
  static const Xxh3LongFn chosen = simd::select(kKernels);
  chosen(acc, run);
}

}  // namespace avila::hash::detail

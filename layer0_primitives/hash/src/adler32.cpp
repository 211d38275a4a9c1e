// Adler-32. Over n bytes, s2 grows by n s1 and by every byte times its distance from the end. The
// kernels add bytes up in lanes, and take remainders once a stretch.
#include <algorithm>
#include <avila/hash/adler32.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/simd/target.hpp>

#include "adler32_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#endif

namespace avila::hash {
namespace detail {
namespace {

constexpr std::uint32_t kBase = 65521;  // RFC 1950 §8.2: the largest prime below 2^16
// The most bytes after which s2 still fits in 32 bits, from sums below kBase.
constexpr std::size_t kBytesMax = 5552;

std::uint32_t adler32_portable(const std::byte* in, std::size_t size,
                               std::uint32_t adler) noexcept {
  std::uint32_t s1 = adler & 0xFFFF, s2 = adler >> 16;
  while (size != 0) {
    const std::size_t take = std::min(size, kBytesMax);
    for (std::size_t i = 0; i < take; ++i) {
      s1 += static_cast<std::uint32_t>(in[i]);
      s2 += s1;
    }
    s1 %= kBase, s2 %= kBase;
    in += take, size -= take;
  }
  return s2 << 16 | s1;
}

#if AVILA_X86_64

// Bytes of a stretch: a lane of products grows by at most 4 · 64 · 255 every 64 bytes, and stays
// below 2^31 for 2 MiB.
constexpr std::size_t kStretchMax = std::size_t{1} << 20;

struct Sums {
  std::uint64_t bytes;     // of all
  std::uint64_t steps;     // the sum of all bytes before, once a step
  std::uint64_t products;  // of bytes and their distances from the end of their step
};

// The end of a stretch: `steps` counts the bytes before each step of kStep.
std::uint32_t combine(std::uint32_t adler, const Sums& sums, std::size_t size,
                      std::size_t step) noexcept {
  const std::uint64_t s1 = adler & 0xFFFF, s2 = adler >> 16;
  const std::uint64_t low = (s1 + sums.bytes) % kBase;
  const std::uint64_t high = (s2 + s1 * size + sums.steps * step + sums.products) % kBase;
  return static_cast<std::uint32_t>(high << 16 | low);
}

AVILA_TARGET_AVX2 std::uint32_t adler32_avx2(const std::byte* in, std::size_t size,
                                             std::uint32_t adler) noexcept {
  const __m256i weights =
      _mm256_set_epi8(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                      23, 24, 25, 26, 27, 28, 29, 30, 31, 32);
  const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi16(1);
  while (size >= 32) {
    const std::size_t stretch = std::min(size, kStretchMax) & ~std::size_t{31};
    __m256i bytes = zero, steps = zero, products = zero;
    for (const std::byte* const end = in + stretch; in != end; in += 32) {
      const __m256i data = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
      steps = _mm256_add_epi64(steps, bytes);
      bytes = _mm256_add_epi64(bytes, _mm256_sad_epu8(data, zero));
      products =
          _mm256_add_epi32(products, _mm256_madd_epi16(_mm256_maddubs_epi16(data, weights), ones));
    }
    alignas(32) std::uint64_t b[4], s[4];
    alignas(32) std::uint32_t p[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(b), bytes);
    _mm256_store_si256(reinterpret_cast<__m256i*>(s), steps);
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), products);
    Sums sums{};
    for (std::size_t i = 0; i < 4; ++i) sums.bytes += b[i], sums.steps += s[i];
    for (std::size_t i = 0; i < 8; ++i) sums.products += p[i];
    adler = combine(adler, sums, stretch, 32);
    size -= stretch;
  }
  return adler32_portable(in, size, adler);
}

AVILA_TARGET_AVX512VNNI std::uint32_t adler32_vnni(const std::byte* in, std::size_t size,
                                                   std::uint32_t adler) noexcept {
  const __m512i weights = _mm512_set_epi8(
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
      27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
      50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64);
  const __m512i zero = _mm512_setzero_si512();
  while (size >= 64) {
    const std::size_t stretch = std::min(size, kStretchMax) & ~std::size_t{63};
    // Two sums of products, for one has to wait for itself.
    __m512i bytes = zero, steps = zero, products = zero, others = zero;
    const auto step = [&](__m512i& sum) AVILA_TARGET_AVX512VNNI {
      const __m512i data = _mm512_loadu_si512(in);
      steps = _mm512_add_epi64(steps, bytes);
      bytes = _mm512_add_epi64(bytes, _mm512_sad_epu8(data, zero));
      sum = _mm512_dpbusd_epi32(sum, data, weights);
      in += 64;
    };
    for (std::size_t left = stretch / 128; left != 0; --left) step(products), step(others);
    if (stretch % 128 != 0) step(products);
    products = _mm512_add_epi32(products, others);
    // Each 32-bit lane is positive, so pairs may be added as 64-bit lanes.
    const __m512i pairs =
        _mm512_add_epi64(_mm512_srli_epi64(products, 32), _mm512_maskz_mov_epi32(0x5555, products));
    const Sums sums{static_cast<std::uint64_t>(_mm512_reduce_add_epi64(bytes)),
                    static_cast<std::uint64_t>(_mm512_reduce_add_epi64(steps)),
                    static_cast<std::uint64_t>(_mm512_reduce_add_epi64(pairs))};
    adler = combine(adler, sums, stretch, 64);
    size -= stretch;
  }
  return adler32_avx2(in, size, adler);
}

#endif

constexpr simd::Kernel<Adler32Fn> kKernels[] = {
#if AVILA_X86_64
    {"avx512vnni", simd::has_avx512vnni, adler32_vnni},
    {"avx2", simd::has_avx2, adler32_avx2},
#endif
    {"portable", simd::always, adler32_portable}};

}  // namespace

std::span<const simd::Kernel<Adler32Fn>> adler32_kernels() noexcept { return kKernels; }

}  // namespace detail

std::uint32_t adler32(ByteSpan bytes, std::uint32_t adler) noexcept {
  static const auto run = simd::select(detail::kKernels);
  return run(bytes.data(), bytes.size(), adler);
}

}  // namespace avila::hash

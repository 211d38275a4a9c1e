// CRCs by carry-less multiplication on x86-64 (Gopal et al., "Fast CRC Computation for Generic
// Polynomials Using PCLMULQDQ Instruction", Intel 2009), in 128-bit and in 512-bit registers.
//
// Products of reflected words: clmul(a, b) of two 64-bit words whose bit 63 is x^0, read as a
// 128-bit word whose bit 127 is x^0, is a b x. All is done modulo a polynomial of degree 64.
#include <avila/simd/target.hpp>

#include "crc_kernels.hpp"
#include "crc_tables.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#endif

namespace avila::hash::detail {
namespace {

// What clmul wants to multiply by x^bits.
constexpr std::uint64_t factor(std::uint64_t bits, std::uint64_t polynomial) noexcept {
  return crc_power(bits - 1, polynomial);
}

// floor(x^128 / P): bit i is the coefficient of x^(64 - i). That of x^0 is left out, for it has no
// part in the quotients that are taken with it.
constexpr std::uint64_t reciprocal(std::uint64_t polynomial) noexcept {
  std::uint64_t quotient = 1;
  std::uint64_t rest = polynomial;
  for (unsigned i = 1; i < 64; ++i) {
    quotient |= (rest & 1) << i;
    rest = crc_times_x(rest, polynomial);
  }
  return quotient;
}

// Moving a 128-bit word on by `bits` takes its first half (the higher powers) to x^(bits + 64),
// its second to x^bits.
struct Pair {
  std::uint64_t first, second;
};
constexpr Pair fold_pair(std::uint64_t bits, std::uint64_t polynomial) noexcept {
  return {factor(bits + 64, polynomial), factor(bits, polynomial)};
}

template <std::uint64_t kPolynomial>
struct alignas(64) Constants {
  // Each lane of a 512-bit word to the last one, which stays.
  Pair lanes[4] = {fold_pair(384, kPolynomial),
                   fold_pair(256, kPolynomial),
                   fold_pair(128, kPolynomial),
                   {0, 0}};
  Pair by128 = fold_pair(128, kPolynomial);
  Pair by256 = fold_pair(256, kPolynomial);
  Pair by384 = fold_pair(384, kPolynomial);
  Pair by512 = fold_pair(512, kPolynomial);
  Pair by1024 = fold_pair(1024, kPolynomial);
  Pair by1536 = fold_pair(1536, kPolynomial);
  Pair by2048 = fold_pair(2048, kPolynomial);
  // P itself, as `reciprocal` lays it out, and that.
  Pair barrett = {reciprocal(kPolynomial), kPolynomial << 1 | 1};
};
template <std::uint64_t kPolynomial>
constexpr Constants<kPolynomial> kConstants{};

// 16 bytes of 0x80 (no byte), the numbers 0 … 15, 16 bytes of 0x80.
alignas(16) constexpr unsigned char kSlide[48] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};

AVILA_TARGET_PCLMUL inline __m128i load(const void* p) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
// acc moved on by the distance of `pair`, and `next` added.
AVILA_TARGET_PCLMUL inline __m128i fold(__m128i acc, const Pair& pair, __m128i next) noexcept {
  const __m128i by = load(&pair);
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(acc, by, 0x00), next),
                       _mm_clmulepi64_si128(acc, by, 0x11));
}

// The register after the 128-bit word x and `size` more bytes at `in`, before which lie at least
// 16 bytes that may be read.
template <std::uint64_t kPolynomial>
AVILA_TARGET_PCLMUL inline std::uint64_t finish(__m128i x, const std::byte* in,
                                                std::size_t size) noexcept {
  const Constants<kPolynomial>& k = kConstants<kPolynomial>;
  for (; size >= 16; in += 16, size -= 16) x = fold(x, k.by128, load(in));
  if (size != 0) {
    // The first bytes of x go one word ahead of the 16 that end with the input.
    const __m128i last = load(in + size - 16);
    const __m128i slide = load(kSlide + 16 + size);
    const __m128i head = _mm_shuffle_epi8(x, load(kSlide + size));
    x = fold(head, k.by128, _mm_blendv_epi8(_mm_shuffle_epi8(x, slide), last, slide));
  }
  // x times x^64 modulo P: the first half to x^128, which leaves 128 bits; then Barrett's quotient.
  const __m128i wide =
      _mm_xor_si128(_mm_clmulepi64_si128(x, load(&k.by128), 0x10), _mm_srli_si128(x, 8));
  const __m128i barrett = load(&k.barrett);
  const __m128i quotient = _mm_clmulepi64_si128(wide, barrett, 0x00);
  const __m128i multiple = _mm_clmulepi64_si128(quotient, barrett, 0x10);
  __m128i rest = _mm_xor_si128(multiple, wide);
  // The x^0 of P has no room beside x^64 … x^1; a widened P has none.
  if constexpr (kPolynomial >> 63 != 0) rest = _mm_xor_si128(rest, _mm_slli_si128(quotient, 8));
  return static_cast<std::uint64_t>(_mm_extract_epi64(rest, 1));
}

AVILA_TARGET_PCLMUL inline __m128i first_word(const std::byte* in, std::uint64_t state) noexcept {
  return _mm_xor_si128(load(in), _mm_cvtsi64_si128(static_cast<long long>(state)));
}

// Four words to the last one.
template <std::uint64_t kPolynomial>
AVILA_TARGET_PCLMUL inline __m128i gather(__m128i a, __m128i b, __m128i c, __m128i d) noexcept {
  const Constants<kPolynomial>& k = kConstants<kPolynomial>;
  return fold(a, k.by384, fold(b, k.by256, fold(c, k.by128, d)));
}

template <std::uint64_t kPolynomial>
AVILA_TARGET_PCLMUL inline std::uint64_t fold_pclmul(const std::byte* in, std::size_t size,
                                                     std::uint64_t state) noexcept {
  const Constants<kPolynomial>& k = kConstants<kPolynomial>;
  __m128i a = first_word(in, state);
  if (size < 64) return finish<kPolynomial>(a, in + 16, size - 16);
  __m128i b = load(in + 16), c = load(in + 32), d = load(in + 48);
  in += 64, size -= 64;
  if (size >= 192) {  // eight words in flight hide the latency of clmul
    __m128i e = load(in), f = load(in + 16), g = load(in + 32), h = load(in + 48);
    in += 64, size -= 64;
    for (; size >= 128; in += 128, size -= 128) {
      a = fold(a, k.by1024, load(in)), b = fold(b, k.by1024, load(in + 16));
      c = fold(c, k.by1024, load(in + 32)), d = fold(d, k.by1024, load(in + 48));
      e = fold(e, k.by1024, load(in + 64)), f = fold(f, k.by1024, load(in + 80));
      g = fold(g, k.by1024, load(in + 96)), h = fold(h, k.by1024, load(in + 112));
    }
    a = fold(a, k.by512, e), b = fold(b, k.by512, f);
    c = fold(c, k.by512, g), d = fold(d, k.by512, h);
  }
  for (; size >= 64; in += 64, size -= 64) {
    a = fold(a, k.by512, load(in)), b = fold(b, k.by512, load(in + 16));
    c = fold(c, k.by512, load(in + 32)), d = fold(d, k.by512, load(in + 48));
  }
  return finish<kPolynomial>(gather<kPolynomial>(a, b, c, d), in, size);
}

AVILA_TARGET_AVX512VAES inline __m512i load512(const void* p) noexcept {
  return _mm512_loadu_si512(p);
}
AVILA_TARGET_AVX512VAES inline __m512i fold512(__m512i acc, __m512i by, __m512i next) noexcept {
  return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(acc, by, 0x00),
                                   _mm512_clmulepi64_epi128(acc, by, 0x11), next, 0x96);
}
AVILA_TARGET_AVX512VAES inline __m512i broadcast(const Pair& pair) noexcept {
  return _mm512_broadcast_i32x4(load(&pair));
}

// The four words of a register to the last one, and the register's end.
template <std::uint64_t kPolynomial>
AVILA_TARGET_AVX512VAES inline std::uint64_t finish512(__m512i d, const std::byte* in,
                                                       std::size_t size) noexcept {
  const Constants<kPolynomial>& k = kConstants<kPolynomial>;
  const __m512i by512 = broadcast(k.by512);
  for (; size >= 64; in += 64, size -= 64) d = fold512(d, by512, load512(in));
  // The factors of the last word are zero: it is added as it is.
  const __m512i moved = fold512(d, _mm512_load_si512(k.lanes), _mm512_maskz_mov_epi64(0xC0, d));
  const __m256i halves =
      _mm256_xor_si256(_mm512_castsi512_si256(moved), _mm512_extracti64x4_epi64(moved, 1));
  const __m128i x =
      _mm_xor_si128(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
  return finish<kPolynomial>(x, in, size);
}

AVILA_TARGET_AVX512VAES inline __m512i first512(const std::byte* in, std::uint64_t state) noexcept {
  const __m128i value = _mm_cvtsi64_si128(static_cast<long long>(state));
  return _mm512_xor_si512(load512(in), _mm512_zextsi128_si512(value));
}

template <std::uint64_t kPolynomial>
AVILA_TARGET_AVX512VAES inline std::uint64_t fold_vpclmul(const std::byte* in, std::size_t size,
                                                          std::uint64_t state) noexcept {
  if (size < 64) return finish<kPolynomial>(first_word(in, state), in + 16, size - 16);
  __m512i a = first512(in, state);
  if (size < 256) return finish512<kPolynomial>(a, in + 64, size - 64);
  const Constants<kPolynomial>& k = kConstants<kPolynomial>;
  __m512i b = load512(in + 64), c = load512(in + 128), d = load512(in + 192);
  in += 256, size -= 256;
  const __m512i by2048 = broadcast(k.by2048);
  for (; size >= 256; in += 256, size -= 256) {
    a = fold512(a, by2048, load512(in)), b = fold512(b, by2048, load512(in + 64));
    c = fold512(c, by2048, load512(in + 128)), d = fold512(d, by2048, load512(in + 192));
  }
  d = fold512(c, broadcast(k.by512), d);
  d = fold512(b, broadcast(k.by1024), d);
  d = fold512(a, broadcast(k.by1536), d);
  return finish512<kPolynomial>(d, in, size);
}

}  // namespace

#define AVILA_CRC_FOLD(target, name, body, polynomial)                                             \
  target std::uint64_t name(const std::byte* in, std::size_t size, std::uint64_t state) noexcept { \
    return body<polynomial>(in, size, state);                                                      \
  }
AVILA_CRC_FOLD(AVILA_TARGET_PCLMUL, crc32_fold_pclmul, fold_pclmul, kCrc32Polynomial)
AVILA_CRC_FOLD(AVILA_TARGET_PCLMUL, crc64nvme_fold_pclmul, fold_pclmul, kCrc64NvmePolynomial)
AVILA_CRC_FOLD(AVILA_TARGET_AVX512VAES, crc32_fold_vpclmul, fold_vpclmul, kCrc32Polynomial)
AVILA_CRC_FOLD(AVILA_TARGET_AVX512VAES, crc32c_fold_vpclmul, fold_vpclmul, kCrc32cPolynomial)
AVILA_CRC_FOLD(AVILA_TARGET_AVX512VAES, crc64nvme_fold_vpclmul, fold_vpclmul, kCrc64NvmePolynomial)

}  // namespace avila::hash::detail
#endif

// G on x86-64. A row of the matrix is four vectors of v0…v3, v4…v7, …, as BLAKE2b has it; columns
// are taken several at once, each register of 16 bytes in a lane of its own, so that a diagonal is
// made by moving words between two vectors.
#include <avila/simd/target.hpp>

#include "argon2_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#endif

namespace avila::kdf::detail {
namespace {

#define AVILA_INLINE2 AVILA_TARGET_AVX2 AVILA_ALWAYS_INLINE
#define AVILA_INLINE512 AVILA_TARGET_AVX512 AVILA_ALWAYS_INLINE

// ---- AVX2

AVILA_INLINE2 __m256i load(const Argon2Block& block, std::size_t i) noexcept {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(block.words) + i);
}
AVILA_INLINE2 __m256i add(__m256i x, __m256i y) noexcept {
  const __m256i product = _mm256_mul_epu32(x, y);
  return _mm256_add_epi64(_mm256_add_epi64(x, y), _mm256_add_epi64(product, product));
}
AVILA_INLINE2 __m256i rotr32(__m256i x) noexcept { return _mm256_shuffle_epi32(x, 0xB1); }
AVILA_INLINE2 __m256i rotr24(__m256i x) noexcept {
  const __m256i from = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10));
  return _mm256_shuffle_epi8(x, from);
}
AVILA_INLINE2 __m256i rotr16(__m256i x) noexcept {
  const __m256i from = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9));
  return _mm256_shuffle_epi8(x, from);
}
AVILA_INLINE2 __m256i rotr63(__m256i x) noexcept {
  return _mm256_xor_si256(_mm256_srli_epi64(x, 63), _mm256_add_epi64(x, x));
}

/// Eight (four and four) BLAKE2 mixings; two independent chains side by side.
struct Half {
  __m256i a, b, c, d;
};
AVILA_INLINE2 void mix(Half& x, Half& y) noexcept {
  x.a = add(x.a, x.b), y.a = add(y.a, y.b);
  x.d = rotr32(_mm256_xor_si256(x.d, x.a)), y.d = rotr32(_mm256_xor_si256(y.d, y.a));
  x.c = add(x.c, x.d), y.c = add(y.c, y.d);
  x.b = rotr24(_mm256_xor_si256(x.b, x.c)), y.b = rotr24(_mm256_xor_si256(y.b, y.c));
  x.a = add(x.a, x.b), y.a = add(y.a, y.b);
  x.d = rotr16(_mm256_xor_si256(x.d, x.a)), y.d = rotr16(_mm256_xor_si256(y.d, y.a));
  x.c = add(x.c, x.d), y.c = add(y.c, y.d);
  x.b = rotr63(_mm256_xor_si256(x.b, x.c)), y.b = rotr63(_mm256_xor_si256(y.b, y.c));
}
AVILA_INLINE2 void to_diagonals(Half& x) noexcept {
  x.b = _mm256_permute4x64_epi64(x.b, 0x39);
  x.c = _mm256_permute4x64_epi64(x.c, 0x4E);
  x.d = _mm256_permute4x64_epi64(x.d, 0x93);
}
AVILA_INLINE2 void from_diagonals(Half& x) noexcept {
  x.b = _mm256_permute4x64_epi64(x.b, 0x93);
  x.c = _mm256_permute4x64_epi64(x.c, 0x4E);
  x.d = _mm256_permute4x64_epi64(x.d, 0x39);
}
/// Two rows, the second at s + 4.
AVILA_INLINE2 void rows(__m256i* s) noexcept {
  Half x{s[0], s[1], s[2], s[3]}, y{s[4], s[5], s[6], s[7]};
  mix(x, y);
  to_diagonals(x), to_diagonals(y);
  mix(x, y);
  from_diagonals(x), from_diagonals(y);
  s[0] = x.a, s[1] = x.b, s[2] = x.c, s[3] = x.d;
  s[4] = y.a, s[5] = y.b, s[6] = y.c, s[7] = y.d;
}
/// Two columns: x holds v0 v1, v4 v5, v8 v9, v12 v13 of both, y the other words.
AVILA_INLINE2 void columns(__m256i* s) noexcept {
  Half x{s[0], s[8], s[16], s[24]}, y{s[4], s[12], s[20], s[28]};
  mix(x, y);
  Half p{x.a, _mm256_alignr_epi8(y.b, x.b, 8), y.c, _mm256_alignr_epi8(x.d, y.d, 8)};
  Half q{y.a, _mm256_alignr_epi8(x.b, y.b, 8), x.c, _mm256_alignr_epi8(y.d, x.d, 8)};
  mix(p, q);
  s[0] = p.a, s[4] = q.a, s[16] = q.c, s[20] = p.c;
  s[8] = _mm256_alignr_epi8(p.b, q.b, 8), s[12] = _mm256_alignr_epi8(q.b, p.b, 8);
  s[24] = _mm256_alignr_epi8(q.d, p.d, 8), s[28] = _mm256_alignr_epi8(p.d, q.d, 8);
}

// ---- AVX-512: the whole matrix stays in 16 registers

AVILA_INLINE512 __m512i load512(const Argon2Block& block, std::size_t i) noexcept {
  return _mm512_load_si512(reinterpret_cast<const __m512i*>(block.words) + i);
}
AVILA_INLINE512 __m512i add(__m512i x, __m512i y) noexcept {
  const __m512i product = _mm512_mul_epu32(x, y);
  return _mm512_add_epi64(_mm512_add_epi64(x, y), _mm512_add_epi64(product, product));
}
struct Whole {
  __m512i a, b, c, d;
};
/// Thirty-two mixings in four chains. Written out: the order is what hides the multiplications.
AVILA_INLINE512 void mix(Whole& w, Whole& x, Whole& y, Whole& z) noexcept {
#define AVILA_STEP(to, from, into, bits)                             \
  w.to = add(w.to, w.from), x.to = add(x.to, x.from);                \
  y.to = add(y.to, y.from), z.to = add(z.to, z.from);                \
  w.into = _mm512_ror_epi64(_mm512_xor_si512(w.into, w.to), (bits)); \
  x.into = _mm512_ror_epi64(_mm512_xor_si512(x.into, x.to), (bits)); \
  y.into = _mm512_ror_epi64(_mm512_xor_si512(y.into, y.to), (bits)); \
  z.into = _mm512_ror_epi64(_mm512_xor_si512(z.into, z.to), (bits))
  AVILA_STEP(a, b, d, 32);
  AVILA_STEP(c, d, b, 24);
  AVILA_STEP(a, b, d, 16);
  AVILA_STEP(c, d, b, 63);
#undef AVILA_STEP
}
/// Two rows of s[0], s[1] and s[2], s[3], and back.
AVILA_INLINE512 Whole gather_rows(const __m512i* s) noexcept {
  return {_mm512_shuffle_i64x2(s[0], s[2], 0x44), _mm512_shuffle_i64x2(s[0], s[2], 0xEE),
          _mm512_shuffle_i64x2(s[1], s[3], 0x44), _mm512_shuffle_i64x2(s[1], s[3], 0xEE)};
}
AVILA_INLINE512 void scatter_rows(const Whole& x, __m512i* s) noexcept {
  s[0] = _mm512_shuffle_i64x2(x.a, x.b, 0x44), s[2] = _mm512_shuffle_i64x2(x.a, x.b, 0xEE);
  s[1] = _mm512_shuffle_i64x2(x.c, x.d, 0x44), s[3] = _mm512_shuffle_i64x2(x.c, x.d, 0xEE);
}
AVILA_INLINE512 void to_diagonals(Whole& x) noexcept {
  x.b = _mm512_permutex_epi64(x.b, 0x39);
  x.c = _mm512_permutex_epi64(x.c, 0x4E);
  x.d = _mm512_permutex_epi64(x.d, 0x93);
}
AVILA_INLINE512 void from_diagonals(Whole& x) noexcept {
  x.b = _mm512_permutex_epi64(x.b, 0x93);
  x.c = _mm512_permutex_epi64(x.c, 0x4E);
  x.d = _mm512_permutex_epi64(x.d, 0x39);
}
/// Of four columns: x holds v0 v1, v4 v5, v8 v9, v12 v13, y the other words.
AVILA_INLINE512 void to_diagonals(Whole& x, Whole& y) noexcept {
  const Whole p = x, q = y;
  x.b = _mm512_alignr_epi8(q.b, p.b, 8), y.b = _mm512_alignr_epi8(p.b, q.b, 8);
  x.c = q.c, y.c = p.c;
  x.d = _mm512_alignr_epi8(p.d, q.d, 8), y.d = _mm512_alignr_epi8(q.d, p.d, 8);
}
AVILA_INLINE512 void from_diagonals(Whole& x, Whole& y) noexcept {
  const Whole p = x, q = y;
  x.b = _mm512_alignr_epi8(p.b, q.b, 8), y.b = _mm512_alignr_epi8(q.b, p.b, 8);
  x.c = q.c, y.c = p.c;
  x.d = _mm512_alignr_epi8(q.d, p.d, 8), y.d = _mm512_alignr_epi8(p.d, q.d, 8);
}
AVILA_INLINE512 void store_column(const Whole& x, __m512i* s) noexcept {
  s[0] = x.a, s[4] = x.b, s[8] = x.c, s[12] = x.d;
}

}  // namespace

AVILA_TARGET_AVX2 void argon2_compress_avx2(const Argon2Block& x, const Argon2Block& y,
                                            Argon2Block& next, bool with_xor) noexcept {
  __m256i s[32];
  for (std::size_t i = 0; i < 32; ++i) s[i] = _mm256_xor_si256(load(x, i), load(y, i));
  for (std::size_t i = 0; i < 32; i += 8) rows(s + i);
  for (std::size_t i = 0; i < 4; ++i) columns(s + i);
  auto* const to = reinterpret_cast<__m256i*>(next.words);
  for (std::size_t i = 0; i < 32; ++i) {
    s[i] = _mm256_xor_si256(s[i], _mm256_xor_si256(load(x, i), load(y, i)));
    if (with_xor) s[i] = _mm256_xor_si256(s[i], load(next, i));
    _mm256_store_si256(to + i, s[i]);
  }
}

AVILA_TARGET_AVX512 void argon2_compress_avx512(const Argon2Block& x, const Argon2Block& y,
                                                Argon2Block& next, bool with_xor) noexcept {
  __m512i s[16];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < 16; ++i) s[i] = _mm512_xor_si512(load512(x, i), load512(y, i));
  Whole p = gather_rows(s), q = gather_rows(s + 4), r = gather_rows(s + 8), t = gather_rows(s + 12);
  mix(p, q, r, t);
  to_diagonals(p), to_diagonals(q), to_diagonals(r), to_diagonals(t);
  mix(p, q, r, t);
  from_diagonals(p), from_diagonals(q), from_diagonals(r), from_diagonals(t);
  scatter_rows(p, s), scatter_rows(q, s + 4), scatter_rows(r, s + 8), scatter_rows(t, s + 12);

  p = {s[0], s[4], s[8], s[12]}, q = {s[2], s[6], s[10], s[14]};  // columns 0 to 3
  r = {s[1], s[5], s[9], s[13]}, t = {s[3], s[7], s[11], s[15]};  // columns 4 to 7
  mix(p, q, r, t);
  to_diagonals(p, q), to_diagonals(r, t);
  mix(p, q, r, t);
  from_diagonals(p, q), from_diagonals(r, t);
  store_column(p, s), store_column(q, s + 2), store_column(r, s + 1), store_column(t, s + 3);

  auto* const to = reinterpret_cast<__m512i*>(next.words);
  constexpr int kXor3 = 0x96;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < 16; ++i) {
    if (with_xor) s[i] = _mm512_xor_si512(s[i], load512(next, i));
    _mm512_store_si512(to + i,
                       _mm512_ternarylogic_epi64(s[i], load512(x, i), load512(y, i), kXor3));
  }
}

}  // namespace avila::kdf::detail
#endif

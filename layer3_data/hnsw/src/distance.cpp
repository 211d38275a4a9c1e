#include "distance.hpp"

#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <cstring>
#if AVILA_X86_64
#include <immintrin.h>
#endif

namespace avila::hnsw::detail {
namespace {

template <bool kDot>
void float_portable(const std::byte* query, const Rows& rows, const std::uint32_t* ids,
                    std::size_t count, float* out) noexcept {
  const auto* q = reinterpret_cast<const float*>(query);
  const std::size_t n = rows.lines * 16;
  for (std::size_t r = 0; r < count; ++r) {
    const auto* v = reinterpret_cast<const float*>(rows.base + ids[r] * rows.stride);
    float sums[8] = {};
    for (std::size_t i = 0; i < n; i += 8)
      for (std::size_t j = 0; j < 8; ++j) {
        const float d = kDot ? 0 : q[i + j] - v[i + j];
        sums[j] += kDot ? q[i + j] * v[i + j] : d * d;
      }
    const float sum =
        ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    out[r] = kDot ? -sum : sum;
  }
}

// What an int8 row and query with their tails make of an integer dot product.
template <bool kDot>
inline float int8_distance(std::int32_t dot, const Int8Tail& a, const Int8Tail& b) noexcept {
  const float product = static_cast<float>(dot) * a.scale * b.scale;
  if (kDot) return -product;
  const float d = a.squared_norm + b.squared_norm - 2 * product;
  return d > 0 ? d : 0;
}
inline Int8Tail tail_of(const std::byte* row, std::size_t lines) noexcept {
  Int8Tail tail;
  std::memcpy(&tail, row + lines * 64, sizeof tail);
  return tail;
}

template <bool kDot>
void int8_portable(const std::byte* query, const Rows& rows, const std::uint32_t* ids,
                   std::size_t count, float* out) noexcept {
  const auto* q = reinterpret_cast<const std::int8_t*>(query);
  const Int8Tail query_tail = tail_of(query, rows.lines);
  for (std::size_t r = 0; r < count; ++r) {
    const std::byte* row = rows.base + ids[r] * rows.stride;
    const auto* v = reinterpret_cast<const std::int8_t*>(row);
    std::int32_t dot = 0;
    for (std::size_t i = 0; i < rows.lines * 64; ++i) dot += q[i] * v[i];
    out[r] = int8_distance<kDot>(dot, query_tail, tail_of(row, rows.lines));
  }
}

#if AVILA_X86_64

// Rows of the next group are asked for while this one is summed: a graph's neighbours lie anywhere
// in memory, and the wait for them is most of a search.
AVILA_ALWAYS_INLINE void prefetch_rows(const Rows& rows, std::size_t lines,
                                       const std::uint32_t* ids, std::size_t count) noexcept {
  for (std::size_t r = 0; r < count; ++r) {
    const char* row = reinterpret_cast<const char*>(rows.base + ids[r] * rows.stride);
    for (std::size_t line = 0; line < lines && line < 16; ++line)
      _mm_prefetch(row + 64 * line, _MM_HINT_T0);
  }
}

AVILA_TARGET_AVX2_FMA inline float sum8(__m256 v) noexcept {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  s = _mm_add_ss(s, _mm_shuffle_ps(s, s, 1));
  return _mm_cvtss_f32(s);
}

template <bool kDot>
AVILA_TARGET_AVX2_FMA inline __m256 step8(__m256 sum, __m256 q, const float* v) noexcept {
  if (kDot) return _mm256_fmadd_ps(q, _mm256_loadu_ps(v), sum);
  const __m256 d = _mm256_sub_ps(q, _mm256_loadu_ps(v));
  return _mm256_fmadd_ps(d, d, sum);
}

template <bool kDot>
AVILA_TARGET_AVX2_FMA void float_avx2(const std::byte* query, const Rows& rows,
                                      const std::uint32_t* ids, std::size_t count,
                                      float* out) noexcept {
  const auto* q = reinterpret_cast<const float*>(query);
  const std::size_t n = rows.lines * 16;
  const auto row = [&](std::size_t r) {
    return reinterpret_cast<const float*>(rows.base + ids[r] * rows.stride);
  };
  std::size_t r = 0;
  for (; r + 4 <= count; r += 4) {
    prefetch_rows(rows, rows.lines, ids + r + 4, count - r - 4 < 4 ? count - r - 4 : 4);
    const float *a = row(r), *b = row(r + 1), *c = row(r + 2), *d = row(r + 3);
    __m256 sa = _mm256_setzero_ps(), sb = sa, sc = sa, sd = sa;
    for (std::size_t i = 0; i < n; i += 8) {
      const __m256 qi = _mm256_loadu_ps(q + i);
      sa = step8<kDot>(sa, qi, a + i);
      sb = step8<kDot>(sb, qi, b + i);
      sc = step8<kDot>(sc, qi, c + i);
      sd = step8<kDot>(sd, qi, d + i);
    }
    const __m256 t = _mm256_hadd_ps(_mm256_hadd_ps(sa, sb), _mm256_hadd_ps(sc, sd));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps(t, 1));
    if (kDot) s = _mm_sub_ps(_mm_setzero_ps(), s);
    _mm_storeu_ps(out + r, s);
  }
  for (; r < count; ++r) {
    const float* a = row(r);
    __m256 s0 = _mm256_setzero_ps(), s1 = s0;
    for (std::size_t i = 0; i < n; i += 16) {
      s0 = step8<kDot>(s0, _mm256_loadu_ps(q + i), a + i);
      s1 = step8<kDot>(s1, _mm256_loadu_ps(q + i + 8), a + i + 8);
    }
    const float s = sum8(_mm256_add_ps(s0, s1));
    out[r] = kDot ? -s : s;
  }
}

template <bool kDot>
AVILA_TARGET_AVX512 inline __m512 step16(__m512 sum, __m512 q, const float* v) noexcept {
  if (kDot) return _mm512_fmadd_ps(q, _mm512_loadu_ps(v), sum);
  const __m512 d = _mm512_sub_ps(q, _mm512_loadu_ps(v));
  return _mm512_fmadd_ps(d, d, sum);
}

AVILA_TARGET_AVX512 inline __m256 halves(__m512 v) noexcept {
  return _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
}

template <bool kDot>
AVILA_TARGET_AVX512 void float_avx512(const std::byte* query, const Rows& rows,
                                      const std::uint32_t* ids, std::size_t count,
                                      float* out) noexcept {
  const auto* q = reinterpret_cast<const float*>(query);
  const std::size_t n = rows.lines * 16;
  const auto row = [&](std::size_t r) {
    return reinterpret_cast<const float*>(rows.base + ids[r] * rows.stride);
  };
  std::size_t r = 0;
  for (; r + 4 <= count; r += 4) {
    prefetch_rows(rows, rows.lines, ids + r + 4, count - r - 4 < 4 ? count - r - 4 : 4);
    const float *a = row(r), *b = row(r + 1), *c = row(r + 2), *d = row(r + 3);
    __m512 sa = _mm512_setzero_ps(), sb = sa, sc = sa, sd = sa;
    for (std::size_t i = 0; i < n; i += 16) {
      const __m512 qi = _mm512_loadu_ps(q + i);
      sa = step16<kDot>(sa, qi, a + i);
      sb = step16<kDot>(sb, qi, b + i);
      sc = step16<kDot>(sc, qi, c + i);
      sd = step16<kDot>(sd, qi, d + i);
    }
    const __m256 t = _mm256_hadd_ps(_mm256_hadd_ps(halves(sa), halves(sb)),
                                    _mm256_hadd_ps(halves(sc), halves(sd)));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps(t, 1));
    if (kDot) s = _mm_sub_ps(_mm_setzero_ps(), s);
    _mm_storeu_ps(out + r, s);
  }
  for (; r < count; ++r) {
    const float* a = row(r);
    __m512 s0 = _mm512_setzero_ps(), s1 = s0;
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      s0 = step16<kDot>(s0, _mm512_loadu_ps(q + i), a + i);
      s1 = step16<kDot>(s1, _mm512_loadu_ps(q + i + 16), a + i + 16);
    }
    if (i < n) s0 = step16<kDot>(s0, _mm512_loadu_ps(q + i), a + i);
    const float s = _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
    out[r] = kDot ? -s : s;
  }
}

template <bool kDot>
AVILA_TARGET_AVX2_FMA void int8_avx2(const std::byte* query, const Rows& rows,
                                     const std::uint32_t* ids, std::size_t count,
                                     float* out) noexcept {
  const Int8Tail query_tail = tail_of(query, rows.lines);
  for (std::size_t r = 0; r < count; ++r) {
    if (r + 4 < count) prefetch_rows(rows, rows.lines + 1, ids + r + 4, 1);
    const std::byte* row = rows.base + ids[r] * rows.stride;
    __m256i s0 = _mm256_setzero_si256(), s1 = s0;
    for (std::size_t i = 0; i < rows.lines * 64; i += 32) {
      const auto load = [](const std::byte* p) AVILA_TARGET_AVX2_FMA {
        return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
      };
      s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(load(query + i), load(row + i)));
      s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(load(query + i + 16), load(row + i + 16)));
    }
    s0 = _mm256_add_epi32(s0, s1);
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(s0), _mm256_extracti128_si256(s0, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1));
    out[r] = int8_distance<kDot>(_mm_cvtsi128_si32(s), query_tail, tail_of(row, rows.lines));
  }
}

template <bool kDot>
AVILA_TARGET_AVX512 void int8_avx512(const std::byte* query, const Rows& rows,
                                     const std::uint32_t* ids, std::size_t count,
                                     float* out) noexcept {
  const Int8Tail query_tail = tail_of(query, rows.lines);
  for (std::size_t r = 0; r < count; ++r) {
    if (r + 4 < count) prefetch_rows(rows, rows.lines + 1, ids + r + 4, 1);
    const std::byte* row = rows.base + ids[r] * rows.stride;
    __m512i s0 = _mm512_setzero_si512(), s1 = s0;
    for (std::size_t i = 0; i < rows.lines * 64; i += 64) {
      const auto load = [](const std::byte* p) AVILA_TARGET_AVX512 {
        return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
      };
      s0 = _mm512_add_epi32(s0, _mm512_madd_epi16(load(query + i), load(row + i)));
      s1 = _mm512_add_epi32(s1, _mm512_madd_epi16(load(query + i + 32), load(row + i + 32)));
    }
    const int dot = _mm512_reduce_add_epi32(_mm512_add_epi32(s0, s1));
    out[r] = int8_distance<kDot>(dot, query_tail, tail_of(row, rows.lines));
  }
}

#define AVILA_HNSW_KERNELS(name, dot)                   \
  {"avx512", simd::has_avx512, name##_avx512<dot>},     \
      {"avx2", simd::has_avx2_fma, name##_avx2<dot>}, { \
    "portable", simd::always, name##_portable<dot>      \
  }
#else
#define AVILA_HNSW_KERNELS(name, dot) {"portable", simd::always, name##_portable<dot>}
#endif

constexpr simd::Kernel<DistanceFn> kFloatL2[] = {AVILA_HNSW_KERNELS(float, false)};
constexpr simd::Kernel<DistanceFn> kFloatDot[] = {AVILA_HNSW_KERNELS(float, true)};
constexpr simd::Kernel<DistanceFn> kInt8L2[] = {AVILA_HNSW_KERNELS(int8, false)};
constexpr simd::Kernel<DistanceFn> kInt8Dot[] = {AVILA_HNSW_KERNELS(int8, true)};

}  // namespace

DistanceFn float_l2() noexcept { return simd::select(kFloatL2); }
DistanceFn float_dot() noexcept { return simd::select(kFloatDot); }
DistanceFn int8_l2() noexcept { return simd::select(kInt8L2); }
DistanceFn int8_dot() noexcept { return simd::select(kInt8Dot); }

std::span<const simd::Kernel<DistanceFn>> float_l2_kernels() noexcept { return kFloatL2; }
std::span<const simd::Kernel<DistanceFn>> float_dot_kernels() noexcept { return kFloatDot; }
std::span<const simd::Kernel<DistanceFn>> int8_l2_kernels() noexcept { return kInt8L2; }
std::span<const simd::Kernel<DistanceFn>> int8_dot_kernels() noexcept { return kInt8Dot; }

}  // namespace avila::hnsw::detail

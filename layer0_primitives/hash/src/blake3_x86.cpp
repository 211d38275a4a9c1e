// BLAKE3 on x86-64: one block in four rows of a 128-bit register each, and 4, 8 or 16 inputs side
// by side with a word of all of them in one register.
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include "blake3_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#endif

// At -O2 g++ leaves small loops as they are, and arrays indexed in loops stay in memory.
#if defined(__clang__)
#define AVILA_UNROLL _Pragma("unroll")
#else
#define AVILA_UNROLL _Pragma("GCC unroll 16")
#endif

namespace avila::hash::detail {
namespace {

void many_portable(const Blake3Many& job, std::uint32_t* out) noexcept {
  blake3_many_serially(blake3_compress_portable, job, out);
}
constexpr Blake3Kernel kPortable{blake3_compress_portable, blake3_chain_portable, many_portable};

#if AVILA_X86_64

// ---- one block

AVILA_TARGET_SSE42 inline __m128i load128(const void* p) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}

struct RotateSse41 {
  template <int kBits>
  AVILA_TARGET_SSE42 static inline __m128i right(__m128i x) noexcept {
    if constexpr (kBits == 16) {
      return _mm_shuffle_epi8(x,
                              _mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2));
    } else if constexpr (kBits == 8) {
      return _mm_shuffle_epi8(x,
                              _mm_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1));
    } else {
      return _mm_or_si128(_mm_srli_epi32(x, kBits), _mm_slli_epi32(x, 32 - kBits));
    }
  }
};

// Four G at once on the rows a, b, c, d; then the rows are turned so that the diagonals line up.
// The row a is the one that stays: it is ready first, and b is on the longest path.
// The sum with a message word is ready before b: the pin keeps g++ from adding b first.
#define AVILA_BLAKE3_HALF(rotate, x, y) \
  a = _mm_add_epi32(a, x);              \
  AVILA_PIN(a);                         \
  a = _mm_add_epi32(a, b);              \
  d = rotate<16>(_mm_xor_si128(d, a));  \
  c = _mm_add_epi32(c, d);              \
  b = rotate<12>(_mm_xor_si128(b, c));  \
  a = _mm_add_epi32(a, y);              \
  AVILA_PIN(a);                         \
  a = _mm_add_epi32(a, b);              \
  d = rotate<8>(_mm_xor_si128(d, a));   \
  c = _mm_add_epi32(c, d);              \
  b = rotate<7>(_mm_xor_si128(b, c))
#define AVILA_PIN(value) asm("" : "+x"(value))
// Rows are turned with b at rest, so that the words of the diagonals sit rotated by one: the
// message words of the second half are asked for in that order.
#define AVILA_BLAKE3_TURN()                          \
  a = _mm_shuffle_epi32(a, _MM_SHUFFLE(2, 1, 0, 3)); \
  d = _mm_shuffle_epi32(d, _MM_SHUFFLE(1, 0, 3, 2)); \
  c = _mm_shuffle_epi32(c, _MM_SHUFFLE(0, 3, 2, 1))
#define AVILA_BLAKE3_TURN_BACK()                     \
  a = _mm_shuffle_epi32(a, _MM_SHUFFLE(0, 3, 2, 1)); \
  d = _mm_shuffle_epi32(d, _MM_SHUFFLE(1, 0, 3, 2)); \
  c = _mm_shuffle_epi32(c, _MM_SHUFFLE(2, 1, 0, 3))

// The places in a round's schedule that the four vectors of message words take: x and y of the
// columns, then of the diagonals, which start at the fourth.
constexpr std::uint8_t kPlaces[16] = {0, 2, 4, 6, 1, 3, 5, 7, 14, 8, 10, 12, 15, 9, 11, 13};

// The functions over the rounds of one instruction set: ROUNDS works on the rows a, b, c, d and the
// block at m.
#define AVILA_BLAKE3_SINGLE(target, suffix, ROUNDS)                                         \
  target void compress_##suffix(const Blake3Block& block, std::uint32_t out[16]) noexcept { \
    const std::byte* const m = block.bytes;                                                 \
    const __m128i first = load128(block.chaining_value);                                    \
    const __m128i second = load128(block.chaining_value + 4);                               \
    __m128i a = first, b = second, c = load128(kBlake3Iv);                                  \
    __m128i d = last_row(block.counter, block.size, block.flags);                           \
    ROUNDS                                                                                  \
    auto* to = reinterpret_cast<__m128i*>(out);                                             \
    _mm_storeu_si128(to, _mm_xor_si128(a, c));                                              \
    _mm_storeu_si128(to + 1, _mm_xor_si128(b, d));                                          \
    _mm_storeu_si128(to + 2, _mm_xor_si128(c, first));                                      \
    _mm_storeu_si128(to + 3, _mm_xor_si128(d, second));                                     \
  }                                                                                         \
  target void chain_##suffix(std::uint32_t value[8], const Blake3Chain& job) noexcept {     \
    __m128i first = load128(value), second = load128(value + 4);                            \
    const __m128i iv = load128(kBlake3Iv);                                                  \
    const __m128i later = last_row(job.counter, 64, job.flags);                             \
    __m128i next = last_row(job.counter, 64, job.flags | job.flags_first);                  \
    const std::byte* m = job.in;                                                            \
    for (std::size_t left = job.blocks; left != 0; --left, m += 64) {                       \
      __m128i a = first, b = second, c = iv, d = next;                                      \
      ROUNDS                                                                                \
      first = _mm_xor_si128(a, c), second = _mm_xor_si128(b, d);                            \
      next = later;                                                                         \
    }                                                                                       \
    _mm_storeu_si128(reinterpret_cast<__m128i*>(value), first);                             \
    _mm_storeu_si128(reinterpret_cast<__m128i*>(value + 4), second);                        \
  }
AVILA_TARGET_SSE42 inline __m128i last_row(std::uint64_t counter, std::uint32_t size,
                                           std::uint32_t flags) noexcept {
  return _mm_set_epi32(static_cast<int>(flags), static_cast<int>(size),
                       static_cast<int>(counter >> 32), static_cast<int>(counter));
}
AVILA_TARGET_SSE42 inline int word_at(const std::byte* m, std::size_t i) noexcept {
  int value;
  __builtin_memcpy(&value, m + 4 * i, 4);
  return value;
}

#define AVILA_WORDS(v)                                                                    \
  _mm_set_epi32(word_at(m, s[kPlaces[4 * (v) + 3]]), word_at(m, s[kPlaces[4 * (v) + 2]]), \
                word_at(m, s[kPlaces[4 * (v) + 1]]), word_at(m, s[kPlaces[4 * (v)]]))
#define AVILA_ROUNDS_SSE41                                                 \
  for (const auto& s : kBlake3Schedule) {                                  \
    AVILA_BLAKE3_HALF(RotateSse41::right, AVILA_WORDS(0), AVILA_WORDS(1)); \
    AVILA_BLAKE3_TURN();                                                   \
    AVILA_BLAKE3_HALF(RotateSse41::right, AVILA_WORDS(2), AVILA_WORDS(3)); \
    AVILA_BLAKE3_TURN_BACK();                                              \
  }
AVILA_BLAKE3_SINGLE(AVILA_TARGET_SSE42, sse41, AVILA_ROUNDS_SSE41)
#undef AVILA_ROUNDS_SSE41
#undef AVILA_WORDS

struct RoundWords {
  alignas(64) std::uint32_t at[7][16];
};
constexpr RoundWords kRoundWords = [] {
  RoundWords words{};
  for (std::size_t round = 0; round < 7; ++round)
    for (std::size_t i = 0; i < 16; ++i) words.at[round][i] = kBlake3Schedule[round][kPlaces[i]];
  return words;
}();

// Two permutations of the 16 message words a round, off the path through the state. 256 bits wide:
// 512-bit operations in flight would close one of the three ports that the state's run on.
template <int kBits>
AVILA_TARGET_AVX512 inline __m128i rotate_vl(__m128i x) noexcept {
  return _mm_ror_epi32(x, kBits);
}
AVILA_TARGET_AVX512 inline __m256i load256(const void* p) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
#define AVILA_ROUNDS_AVX512                                                          \
  const __m256i low = load256(m), high = load256(m + 32);                            \
  AVILA_UNROLL for (std::size_t round = 0; round < 7; ++round) {                     \
    const std::uint32_t* const at = kRoundWords.at[round];                           \
    const __m256i columns = _mm256_permutex2var_epi32(low, load256(at), high);       \
    const __m256i diagonals = _mm256_permutex2var_epi32(low, load256(at + 8), high); \
    AVILA_BLAKE3_HALF(rotate_vl, _mm256_castsi256_si128(columns),                    \
                      _mm256_extracti128_si256(columns, 1));                         \
    AVILA_BLAKE3_TURN();                                                             \
    AVILA_BLAKE3_HALF(rotate_vl, _mm256_castsi256_si128(diagonals),                  \
                      _mm256_extracti128_si256(diagonals, 1));                       \
    AVILA_BLAKE3_TURN_BACK();                                                        \
  }
AVILA_BLAKE3_SINGLE(AVILA_TARGET_AVX512, avx512, AVILA_ROUNDS_AVX512)
#undef AVILA_ROUNDS_AVX512
#undef AVILA_BLAKE3_SINGLE
#undef AVILA_BLAKE3_HALF
#undef AVILA_BLAKE3_TURN
#undef AVILA_BLAKE3_TURN_BACK

// ---- many inputs

// Four G side by side, one step of all of them after the other: the chain of one leaves the ports
// idle most of the time, and the processor sees only so far ahead.
#define AVILA_BLAKE3_ADD(P, a, b) v[a] = P::add(v[a], v[b])
#define AVILA_BLAKE3_ADD_WORD(P, a, x) v[a] = P::add_word(v[a], m[x])
#define AVILA_BLAKE3_TURN_WORD(P, d, a, bits) \
  v[d] = P::template rotate<bits>(P::exclusive(v[d], v[a]))
#define AVILA_BLAKE3_HALF_G(P, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3, s0, s1, s2, s3, \
                            first, second)                                                     \
  AVILA_BLAKE3_ADD_WORD(P, 0, s0), AVILA_BLAKE3_ADD_WORD(P, 1, s1);                            \
  AVILA_BLAKE3_ADD_WORD(P, 2, s2), AVILA_BLAKE3_ADD_WORD(P, 3, s3);                            \
  AVILA_BLAKE3_ADD(P, 0, b0), AVILA_BLAKE3_ADD(P, 1, b1);                                      \
  AVILA_BLAKE3_ADD(P, 2, b2), AVILA_BLAKE3_ADD(P, 3, b3);                                      \
  AVILA_BLAKE3_TURN_WORD(P, d0, 0, first), AVILA_BLAKE3_TURN_WORD(P, d1, 1, first);            \
  AVILA_BLAKE3_TURN_WORD(P, d2, 2, first), AVILA_BLAKE3_TURN_WORD(P, d3, 3, first);            \
  AVILA_BLAKE3_ADD(P, c0, d0), AVILA_BLAKE3_ADD(P, c1, d1);                                    \
  AVILA_BLAKE3_ADD(P, c2, d2), AVILA_BLAKE3_ADD(P, c3, d3);                                    \
  AVILA_BLAKE3_TURN_WORD(P, b0, c0, second), AVILA_BLAKE3_TURN_WORD(P, b1, c1, second);        \
  AVILA_BLAKE3_TURN_WORD(P, b2, c2, second), AVILA_BLAKE3_TURN_WORD(P, b3, c3, second)
#define AVILA_BLAKE3_FOUR_G(P, r, at, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3)            \
  AVILA_BLAKE3_HALF_G(P, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3, kBlake3Schedule[r][at], \
                      kBlake3Schedule[r][(at) + 2], kBlake3Schedule[r][(at) + 4],                \
                      kBlake3Schedule[r][(at) + 6], 16, 12);                                     \
  AVILA_BLAKE3_HALF_G(P, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3,                         \
                      kBlake3Schedule[r][(at) + 1], kBlake3Schedule[r][(at) + 3],                \
                      kBlake3Schedule[r][(at) + 5], kBlake3Schedule[r][(at) + 7], 8, 7)
#define AVILA_BLAKE3_ROUND(P, r)                                          \
  AVILA_BLAKE3_FOUR_G(P, r, 0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); \
  AVILA_BLAKE3_FOUR_G(P, r, 8, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13, 14)
// A quarter of the next block's words is turned about beside each of the first rounds.
#define AVILA_BLAKE3_AHEAD(P, group)                                                  \
  if constexpr (P::kAhead) {                                                          \
    if (more) P::load_group(job.inputs, block * 64 + 64, group, ahead + 4 * (group)); \
  }
#define AVILA_BLAKE3_ROUNDS(P) \
  AVILA_BLAKE3_ROUND(P, 0);    \
  AVILA_BLAKE3_AHEAD(P, 0)     \
  AVILA_BLAKE3_ROUND(P, 1);    \
  AVILA_BLAKE3_AHEAD(P, 1)     \
  AVILA_BLAKE3_ROUND(P, 2);    \
  AVILA_BLAKE3_AHEAD(P, 2)     \
  AVILA_BLAKE3_ROUND(P, 3);    \
  AVILA_BLAKE3_AHEAD(P, 3)     \
  AVILA_BLAKE3_ROUND(P, 4);    \
  AVILA_BLAKE3_ROUND(P, 5);    \
  AVILA_BLAKE3_ROUND(P, 6)

// The body of a function over P::kLanes inputs at `job.inputs`: P names the vector operations.
#define AVILA_BLAKE3_LANES(P)                                                              \
  typename P::Vector h[8];                                                                 \
  AVILA_UNROLL for (std::size_t i = 0; i < 8; ++i) h[i] = P::broadcast(job.key[i]);        \
  std::uint32_t low[P::kLanes], high[P::kLanes];                                           \
  for (std::size_t i = 0; i < P::kLanes; ++i) {                                            \
    const std::uint64_t counter = job.counter + i * job.counter_step;                      \
    low[i] = static_cast<std::uint32_t>(counter);                                          \
    high[i] = static_cast<std::uint32_t>(counter >> 32);                                   \
  }                                                                                        \
  alignas(64) typename P::Vector words[1 + P::kAhead][16];                                 \
  for (std::size_t block = 0; block < job.blocks; ++block) {                               \
    const std::uint32_t flags = static_cast<std::uint32_t>(job.flags) |                    \
                                (block == 0 ? job.flags_first : 0U) |                      \
                                (block + 1 == job.blocks ? job.flags_last : 0U);           \
    [[maybe_unused]] const bool more = block + 1 != job.blocks;                            \
    [[maybe_unused]] typename P::Vector* const ahead = words[(block + 1) % 2 * P::kAhead]; \
    const typename P::Vector* m = words[block % 2 * P::kAhead];                            \
    if (!P::kAhead || block == 0) P::load_words(job.inputs, block * 64, words[0]);         \
    asm("" : "+r"(m) : : "memory");                                                        \
    typename P::Vector v[16] = {h[0],                                                      \
                                h[1],                                                      \
                                h[2],                                                      \
                                h[3],                                                      \
                                h[4],                                                      \
                                h[5],                                                      \
                                h[6],                                                      \
                                h[7],                                                      \
                                P::broadcast(kBlake3Iv[0]),                                \
                                P::broadcast(kBlake3Iv[1]),                                \
                                P::broadcast(kBlake3Iv[2]),                                \
                                P::broadcast(kBlake3Iv[3]),                                \
                                P::load(low),                                              \
                                P::load(high),                                             \
                                P::broadcast(64),                                          \
                                P::broadcast(flags)};                                      \
    AVILA_BLAKE3_ROUNDS(P);                                                                \
    AVILA_UNROLL for (std::size_t i = 0; i < 8; ++i) h[i] = P::exclusive(v[i], v[i + 8]);  \
  }                                                                                        \
  P::store_words(h, out)

// Every operation carries the target of its width; the functions are inlined into one loop. With
// 16 words of state there is no register to spare: sums and rotations are written as instructions
// that work in place, in the order given, and message words stay in memory. Left to intrinsics,
// g++ 12 copies and spills a third of the time away.
struct OneBlock {  // with 16 registers, a block is loaded when it is its turn
  static constexpr bool kAhead = false;
  static void load_group(const std::byte* const*, std::size_t, std::size_t, void*) noexcept {}
};
struct Sse41 : OneBlock {
  using Vector = __m128i;
  static constexpr std::size_t kLanes = 4;
  AVILA_TARGET_SSE42 static inline Vector add(Vector a, Vector b) {
    asm volatile("paddd %1,%0" : "+x"(a) : "x"(b));
    return a;
  }
  AVILA_TARGET_SSE42 static inline Vector add_word(Vector a, const Vector& b) {
    asm volatile("paddd %1,%0" : "+x"(a) : "m"(b));
    return a;
  }
  AVILA_TARGET_SSE42 static inline Vector exclusive(Vector a, Vector b) {
    asm volatile("pxor %1,%0" : "+x"(a) : "x"(b));
    return a;
  }
  template <int kBits>
  AVILA_TARGET_SSE42 static inline Vector rotate(Vector x) {
    return RotateSse41::right<kBits>(x);
  }
  AVILA_TARGET_SSE42 static inline Vector broadcast(std::uint32_t x) {
    return _mm_set1_epi32(static_cast<int>(x));
  }
  AVILA_TARGET_SSE42 static inline Vector load(const void* p) { return load128(p); }
  AVILA_TARGET_SSE42 static inline void transpose(Vector x[4]) {
    const Vector a = _mm_unpacklo_epi32(x[0], x[1]), b = _mm_unpackhi_epi32(x[0], x[1]);
    const Vector c = _mm_unpacklo_epi32(x[2], x[3]), d = _mm_unpackhi_epi32(x[2], x[3]);
    x[0] = _mm_unpacklo_epi64(a, c), x[1] = _mm_unpackhi_epi64(a, c);
    x[2] = _mm_unpacklo_epi64(b, d), x[3] = _mm_unpackhi_epi64(b, d);
  }
  AVILA_TARGET_SSE42 static inline void load_words(const std::byte* const* inputs,
                                                   std::size_t offset, Vector m[16]) {
    AVILA_UNROLL
    for (std::size_t group = 0; group < 4; ++group) {
      AVILA_UNROLL
      for (std::size_t i = 0; i < 4; ++i) m[4 * group + i] = load(inputs[i] + offset + 16 * group);
      transpose(m + 4 * group);
    }
  }
  AVILA_TARGET_SSE42 static inline void store_words(Vector h[8], std::uint32_t* out) {
    transpose(h), transpose(h + 4);
    AVILA_UNROLL
    for (std::size_t i = 0; i < 8; ++i)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 8 * (i % 4) + 4 * (i / 4)), h[i]);
  }
};

AVILA_TARGET_AVX2 inline __m256i pair(__m256i a, __m256i b, int high) noexcept {
  return high != 0 ? _mm256_permute2x128_si256(a, b, 0x31) : _mm256_permute2x128_si256(a, b, 0x20);
}

struct Avx2 : OneBlock {
  using Vector = __m256i;
  static constexpr std::size_t kLanes = 8;
  AVILA_TARGET_AVX2 static inline Vector add(Vector a, Vector b) {
    asm volatile("vpaddd %1,%0,%0" : "+x"(a) : "x"(b));
    return a;
  }
  AVILA_TARGET_AVX2 static inline Vector exclusive(Vector a, Vector b) {
    asm volatile("vpxor %1,%0,%0" : "+x"(a) : "x"(b));
    return a;
  }
  AVILA_TARGET_AVX2 static inline Vector add_word(Vector a, const Vector& b) {
    asm volatile("vpaddd %1,%0,%0" : "+x"(a) : "m"(b));
    return a;
  }
  template <int kBits>
  AVILA_TARGET_AVX2 static inline Vector rotate(Vector x) {
    if constexpr (kBits == 16) {
      return _mm256_shuffle_epi8(
          x, _mm256_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2, 13, 12, 15, 14,
                             9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2));
    } else if constexpr (kBits == 8) {
      return _mm256_shuffle_epi8(
          x, _mm256_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1, 12, 15, 14, 13,
                             8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1));
    } else {
      return _mm256_or_si256(_mm256_srli_epi32(x, kBits), _mm256_slli_epi32(x, 32 - kBits));
    }
  }
  AVILA_TARGET_AVX2 static inline Vector broadcast(std::uint32_t x) {
    return _mm256_set1_epi32(static_cast<int>(x));
  }
  AVILA_TARGET_AVX2 static inline Vector load(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  }
  AVILA_TARGET_AVX2 static AVILA_ALWAYS_INLINE void transpose(Vector x[8]) {
    Vector y[8], z[8];
    AVILA_UNROLL
    for (std::size_t i = 0; i < 8; i += 2) {
      y[i] = _mm256_unpacklo_epi32(x[i], x[i + 1]);
      y[i + 1] = _mm256_unpackhi_epi32(x[i], x[i + 1]);
    }
    AVILA_UNROLL
    for (std::size_t i = 0; i < 8; i += 4) {
      z[i] = _mm256_unpacklo_epi64(y[i], y[i + 2]);
      z[i + 1] = _mm256_unpackhi_epi64(y[i], y[i + 2]);
      z[i + 2] = _mm256_unpacklo_epi64(y[i + 1], y[i + 3]);
      z[i + 3] = _mm256_unpackhi_epi64(y[i + 1], y[i + 3]);
    }
    AVILA_UNROLL
    for (std::size_t i = 0; i < 4; ++i) {
      x[i] = pair(z[i], z[i + 4], 0);
      x[i + 4] = pair(z[i], z[i + 4], 1);
    }
  }
  AVILA_TARGET_AVX2 static inline void load_words(const std::byte* const* inputs,
                                                  std::size_t offset, Vector m[16]) {
    AVILA_UNROLL
    for (std::size_t i = 0; i < 8; ++i) {
      m[i] = load(inputs[i] + offset);
      m[8 + i] = load(inputs[i] + offset + 32);
    }
    transpose(m), transpose(m + 8);
  }
  AVILA_TARGET_AVX2 static inline void store_words(Vector h[8], std::uint32_t* out) {
    transpose(h);
    AVILA_UNROLL
    for (std::size_t i = 0; i < 8; ++i)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8 * i), h[i]);
  }
};

struct Avx512 {
  using Vector = __m512i;
  static constexpr std::size_t kLanes = 16;
  static constexpr bool kAhead = true;
  AVILA_TARGET_AVX512 static inline Vector add(Vector a, Vector b) {
    asm volatile("vpaddd %1,%0,%0" : "+v"(a) : "v"(b));
    return a;
  }
  AVILA_TARGET_AVX512 static inline Vector add_word(Vector a, const Vector& b) {
    asm volatile("vpaddd %1,%0,%0" : "+v"(a) : "m"(b));
    return a;
  }
  AVILA_TARGET_AVX512 static inline Vector exclusive(Vector a, Vector b) {
    asm volatile("vpxord %1,%0,%0" : "+v"(a) : "v"(b));
    return a;
  }
  template <int kBits>
  AVILA_TARGET_AVX512 static inline Vector rotate(Vector x) {
    asm volatile("vprord %1,%0,%0" : "+v"(x) : "i"(kBits));
    return x;
  }
  AVILA_TARGET_AVX512 static inline Vector broadcast(std::uint32_t x) {
    return _mm512_set1_epi32(static_cast<int>(x));
  }
  AVILA_TARGET_AVX512 static inline Vector load(const void* p) { return _mm512_loadu_si512(p); }
  AVILA_TARGET_AVX512 static AVILA_ALWAYS_INLINE void transpose(Vector x[16]) {
    Vector y[16];
    AVILA_UNROLL
    for (std::size_t i = 0; i < 16; i += 2) {
      y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
      y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    AVILA_UNROLL
    for (std::size_t i = 0; i < 16; i += 4) {
      x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
      x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
      x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
      x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
    }
    // Now 4 x 4 blocks of 128 bits are left to transpose.
    AVILA_UNROLL
    for (std::size_t i = 0; i < 4; ++i) {
      y[i] = _mm512_shuffle_i32x4(x[i], x[i + 4], 0x88);
      y[i + 4] = _mm512_shuffle_i32x4(x[i], x[i + 4], 0xDD);
      y[i + 8] = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], 0x88);
      y[i + 12] = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], 0xDD);
    }
    AVILA_UNROLL
    for (std::size_t i = 0; i < 4; ++i) {
      x[i] = _mm512_shuffle_i32x4(y[i], y[i + 8], 0x88);
      x[i + 8] = _mm512_shuffle_i32x4(y[i], y[i + 8], 0xDD);
      x[i + 4] = _mm512_shuffle_i32x4(y[i + 4], y[i + 12], 0x88);
      x[i + 12] = _mm512_shuffle_i32x4(y[i + 4], y[i + 12], 0xDD);
    }
  }
  // Words 4 group to 4 group + 3. Four 128-bit lanes from four inputs: then only words within lanes
  // are left to transpose.
  AVILA_TARGET_AVX512 static AVILA_ALWAYS_INLINE void load_group(const std::byte* const* inputs,
                                                                 std::size_t offset,
                                                                 std::size_t group, Vector m[4]) {
    Vector x[4];
    AVILA_UNROLL
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = offset + 16 * group;
      // The same block of the chunks that are next, of one input in four a group.
      _mm_prefetch(reinterpret_cast<const char*>(inputs[4 * group + i] + offset) + 16 * 1024,
                   _MM_HINT_T1);
      x[i] = _mm512_castsi128_si512(load128(inputs[i] + at));
      x[i] = _mm512_mask_broadcast_i32x4(x[i], 0x00F0, load128(inputs[i + 4] + at));
      x[i] = _mm512_mask_broadcast_i32x4(x[i], 0x0F00, load128(inputs[i + 8] + at));
      x[i] = _mm512_mask_broadcast_i32x4(x[i], 0xF000, load128(inputs[i + 12] + at));
    }
    const Vector a = _mm512_unpacklo_epi32(x[0], x[1]), b = _mm512_unpackhi_epi32(x[0], x[1]);
    const Vector c = _mm512_unpacklo_epi32(x[2], x[3]), d = _mm512_unpackhi_epi32(x[2], x[3]);
    m[0] = _mm512_unpacklo_epi64(a, c), m[1] = _mm512_unpackhi_epi64(a, c);
    m[2] = _mm512_unpacklo_epi64(b, d), m[3] = _mm512_unpackhi_epi64(b, d);
  }
  AVILA_TARGET_AVX512 static inline void load_words(const std::byte* const* inputs,
                                                    std::size_t offset, Vector m[16]) {
    AVILA_UNROLL
    for (std::size_t group = 0; group < 4; ++group)
      load_group(inputs, offset, group, m + 4 * group);
  }
  AVILA_TARGET_AVX512 static inline void store_words(Vector h[8], std::uint32_t* out) {
    Vector x[16];
    AVILA_UNROLL
    for (std::size_t i = 0; i < 8; ++i) x[i] = h[i], x[i + 8] = _mm512_setzero_si512();
    transpose(x);
    AVILA_UNROLL
    for (std::size_t i = 0; i < 16; ++i)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8 * i), _mm512_castsi512_si256(x[i]));
  }
};

AVILA_TARGET_SSE42 void four(const Blake3Many& job, std::uint32_t* out) noexcept {
  AVILA_BLAKE3_LANES(Sse41);
}
AVILA_TARGET_AVX2 void eight(const Blake3Many& job, std::uint32_t* out) noexcept {
  AVILA_BLAKE3_LANES(Avx2);
}
AVILA_TARGET_AVX512 void sixteen(const Blake3Many& job, std::uint32_t* out) noexcept {
  AVILA_BLAKE3_LANES(Avx512);
}
#undef AVILA_BLAKE3_LANES
#undef AVILA_BLAKE3_ROUNDS
#undef AVILA_BLAKE3_ROUND
#undef AVILA_BLAKE3_FOUR_G
#undef AVILA_BLAKE3_HALF_G
#undef AVILA_BLAKE3_TURN_WORD
#undef AVILA_BLAKE3_ADD_WORD
#undef AVILA_BLAKE3_ADD

// Runs groups of kLanes; a last group that fills more than half is filled up with its first input,
// what is less goes to `rest`.
template <std::size_t kLanes>
void in_groups(Blake3Many job, std::uint32_t* out,
               void (*group)(const Blake3Many&, std::uint32_t*) noexcept,
               void (*rest)(const Blake3Many&, std::uint32_t*) noexcept) noexcept {
  while (job.count > kLanes / 2) {
    if (job.count >= kLanes) {
      group(job, out);
    } else {
      const std::byte* inputs[kLanes];
      std::uint32_t values[kLanes * 8];
      for (std::size_t i = 0; i < kLanes; ++i) inputs[i] = job.inputs[i < job.count ? i : 0];
      Blake3Many filled = job;
      filled.inputs = inputs;
      group(filled, values);
      for (std::size_t i = 0; i < job.count * 8; ++i) out[i] = values[i];
      return;
    }
    job.inputs += kLanes;
    job.count -= kLanes;
    job.counter += kLanes * job.counter_step;
    out += kLanes * 8;
  }
  if (job.count != 0) rest(job, out);
}

void one_sse41(const Blake3Many& job, std::uint32_t* out) noexcept {
  blake3_many_serially(compress_sse41, job, out);
}
void one_avx512(const Blake3Many& job, std::uint32_t* out) noexcept {
  blake3_many_serially(compress_avx512, job, out);
}
void many_sse41(const Blake3Many& job, std::uint32_t* out) noexcept {
  in_groups<4>(job, out, four, one_sse41);
}
void many_avx2(const Blake3Many& job, std::uint32_t* out) noexcept {
  in_groups<8>(job, out, eight, many_sse41);
}
void four_avx512(const Blake3Many& job, std::uint32_t* out) noexcept {
  in_groups<4>(job, out, four, one_avx512);
}
void eight_avx512(const Blake3Many& job, std::uint32_t* out) noexcept {
  in_groups<8>(job, out, eight, four_avx512);
}
void many_avx512(const Blake3Many& job, std::uint32_t* out) noexcept {
  in_groups<16>(job, out, sixteen, eight_avx512);
}

constexpr Blake3Kernel kAvx512{compress_avx512, chain_avx512, many_avx512};
constexpr Blake3Kernel kAvx2{compress_sse41, chain_sse41, many_avx2};
constexpr Blake3Kernel kSse41{compress_sse41, chain_sse41, many_sse41};
bool has_avx2_and_sse42() noexcept { return simd::has_avx2() && simd::has_sse42(); }

#endif

constexpr simd::Kernel<const Blake3Kernel*> kKernels[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, &kAvx512},
    {"avx2", has_avx2_and_sse42, &kAvx2},
    {"sse41", simd::has_sse42, &kSse41},
#endif
    {"portable", simd::always, &kPortable}};

}  // namespace

std::span<const simd::Kernel<const Blake3Kernel*>> blake3_kernels() noexcept { return kKernels; }

const Blake3Kernel& blake3_kernel() noexcept {
  static const Blake3Kernel* const chosen = simd::select(kKernels);
  return *chosen;
}

}  // namespace avila::hash::detail

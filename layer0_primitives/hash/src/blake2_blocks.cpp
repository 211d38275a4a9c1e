// BLAKE2 blocks: portable, and on x86-64 with the 4 x 4 state as rows of one register each.
#include <avila/primitives/endian.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <bit>

#include "blake2_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>

#include <cstring>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#endif

namespace avila::hash::detail {
namespace {

// RFC 7693 §2.1: R1 … R4 and the rounds of each width.
template <class Word>
struct Parameters;
template <>
struct Parameters<std::uint64_t> {
  static constexpr int kR1 = 32, kR2 = 24, kR3 = 16, kR4 = 63, kRounds = 12;
};
template <>
struct Parameters<std::uint32_t> {
  static constexpr int kR1 = 16, kR2 = 12, kR3 = 8, kR4 = 7, kRounds = 10;
};

template <class Word>
AVILA_ALWAYS_INLINE void mix(Word v[16], std::size_t a, std::size_t b, std::size_t c, std::size_t d,
                             Word x, Word y) noexcept {
  using P = Parameters<Word>;
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], P::kR1);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], P::kR2);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], P::kR3);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], P::kR4);
}

template <class Word>
void blocks_portable(Word state[8], const std::byte* in, std::size_t blocks, std::uint64_t counter,
                     Word last) noexcept {
  for (; blocks != 0; --blocks, in += 16 * sizeof(Word), counter += 16 * sizeof(Word)) {
    Word m[16], v[16];
    for (std::size_t i = 0; i < 16; ++i) m[i] = load_le<Word>(in + sizeof(Word) * i);
    for (std::size_t i = 0; i < 8; ++i) {
      v[i] = state[i];
      v[i + 8] = kBlake2Iv<Word>[i];
    }
    v[12] ^= static_cast<Word>(counter);
    if constexpr (sizeof(Word) == 4) v[13] ^= static_cast<Word>(counter >> 32);
    v[14] ^= last;
    for (std::size_t round = 0; round < Parameters<Word>::kRounds; ++round) {
      const std::uint8_t* const s = kBlake2Schedule[round % 10];
      mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
      mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
      mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
      mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
      mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
      mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
      mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
      mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (std::size_t i = 0; i < 8; ++i) state[i] ^= v[i] ^ v[i + 8];
  }
}

#if AVILA_X86_64

// The places in a round's schedule that the four rows of message words take: x and y of the
// columns, then of the diagonals, which start at the fourth because row b is the one at rest.
constexpr std::uint8_t kPlaces[16] = {0, 2, 4, 6, 1, 3, 5, 7, 14, 8, 10, 12, 15, 9, 11, 13};

template <class Word>
struct RoundWords {
  alignas(64) Word at[10][16];
};
template <class Word>
constexpr RoundWords<Word> kRoundWords = [] {
  RoundWords<Word> words{};
  for (std::size_t round = 0; round < 10; ++round)
    for (std::size_t i = 0; i < 16; ++i) words.at[round][i] = kBlake2Schedule[round][kPlaces[i]];
  return words;
}();

// Four G at once on the rows a, b, c, d. The sum with a message word is ready before b: the pin
// keeps the compiler from adding b first.
#define AVILA_PIN(value) asm("" : "+x"(value))
#define AVILA_BLAKE2_HALF(x, y)                       \
  a = P::add(a, x);                                   \
  AVILA_PIN(a);                                       \
  a = P::add(a, b);                                   \
  d = P::template rotate<P::kR1>(P::exclusive(d, a)); \
  c = P::add(c, d);                                   \
  b = P::template rotate<P::kR2>(P::exclusive(b, c)); \
  a = P::add(a, y);                                   \
  AVILA_PIN(a);                                       \
  a = P::add(a, b);                                   \
  d = P::template rotate<P::kR3>(P::exclusive(d, a)); \
  c = P::add(c, d);                                   \
  b = P::template rotate<P::kR4>(P::exclusive(b, c))
#define AVILA_BLAKE2_ROUND(round)                           \
  {                                                         \
    P::Row x, y;                                            \
    message.template columns<(round) % 10>(x, y);           \
    AVILA_BLAKE2_HALF(x, y);                                \
    a = P::template turn<3>(a), d = P::template turn<2>(d); \
    c = P::template turn<1>(c);                             \
    message.template diagonals<(round) % 10>(x, y);         \
    AVILA_BLAKE2_HALF(x, y);                                \
    a = P::template turn<1>(a), d = P::template turn<2>(d); \
    c = P::template turn<3>(c);                             \
  }
#define AVILA_BLAKE2_BODY(Policy)                                                        \
  using P = Policy;                                                                      \
  using Word = P::Word;                                                                  \
  P::Row first = P::load(state), second = P::load(state + 4);                            \
  for (; blocks != 0; --blocks, in += 16 * sizeof(Word), counter += 16 * sizeof(Word)) { \
    const P::Message message(in);                                                        \
    P::Row a = first, b = second, c = P::load(kBlake2Iv<Word>);                          \
    P::Row d = P::exclusive(P::load(kBlake2Iv<Word> + 4), P::last_row(counter, last));   \
    AVILA_BLAKE2_ROUND(0)                                                                \
    AVILA_BLAKE2_ROUND(1)                                                                \
    AVILA_BLAKE2_ROUND(2)                                                                \
    AVILA_BLAKE2_ROUND(3)                                                                \
    AVILA_BLAKE2_ROUND(4)                                                                \
    AVILA_BLAKE2_ROUND(5)                                                                \
    AVILA_BLAKE2_ROUND(6)                                                                \
    AVILA_BLAKE2_ROUND(7)                                                                \
    AVILA_BLAKE2_ROUND(8)                                                                \
    AVILA_BLAKE2_ROUND(9)                                                                \
    if constexpr (P::kRounds == 12) {                                                    \
      AVILA_BLAKE2_ROUND(10)                                                             \
      AVILA_BLAKE2_ROUND(11)                                                             \
    }                                                                                    \
    first = P::exclusive(first, P::exclusive(a, c));                                     \
    second = P::exclusive(second, P::exclusive(b, d));                                   \
  }                                                                                      \
  P::store(state, first), P::store(state + 4, second)

// Rows of BLAKE2b. Message words are gathered one by one.
struct Rows64Avx2 : Parameters<std::uint64_t> {
  using Word = std::uint64_t;
  using Row = __m256i;
  AVILA_TARGET_AVX2 static inline Row load(const Word* from) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  AVILA_TARGET_AVX2 static inline void store(Word* to, Row x) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), x);
  }
  AVILA_TARGET_AVX2 static inline Row last_row(std::uint64_t counter, Word last) noexcept {
    return _mm256_set_epi64x(0, static_cast<long long>(last), 0, static_cast<long long>(counter));
  }
  AVILA_TARGET_AVX2 static inline Row add(Row x, Row y) noexcept { return _mm256_add_epi64(x, y); }
  AVILA_TARGET_AVX2 static inline Row exclusive(Row x, Row y) noexcept {
    return _mm256_xor_si256(x, y);
  }
  template <int kBits>
  AVILA_TARGET_AVX2 static inline Row rotate(Row x) noexcept {
    if constexpr (kBits == 32) {
      return _mm256_shuffle_epi32(x, _MM_SHUFFLE(2, 3, 0, 1));
    } else if constexpr (kBits == 24) {
      return _mm256_shuffle_epi8(
          x, _mm256_set_epi8(10, 9, 8, 15, 14, 13, 12, 11, 2, 1, 0, 7, 6, 5, 4, 3, 10, 9, 8, 15, 14,
                             13, 12, 11, 2, 1, 0, 7, 6, 5, 4, 3));
    } else if constexpr (kBits == 16) {
      return _mm256_shuffle_epi8(
          x, _mm256_set_epi8(9, 8, 15, 14, 13, 12, 11, 10, 1, 0, 7, 6, 5, 4, 3, 2, 9, 8, 15, 14, 13,
                             12, 11, 10, 1, 0, 7, 6, 5, 4, 3, 2));
    } else {
      return _mm256_or_si256(_mm256_srli_epi64(x, 63), _mm256_add_epi64(x, x));
    }
  }
  // Word i of the answer is word i + kBy of x, modulo 4.
  template <int kBy>
  AVILA_TARGET_AVX2 static inline Row turn(Row x) noexcept {
    return _mm256_permute4x64_epi64(x,
                                    _MM_SHUFFLE((3 + kBy) % 4, (2 + kBy) % 4, (1 + kBy) % 4, kBy));
  }
  struct Message {
    const std::byte* in;
    AVILA_TARGET_AVX2 explicit Message(const std::byte* from) noexcept : in(from) {}
    AVILA_TARGET_AVX2 inline long long word(std::uint64_t index) const noexcept {
      long long value;
      std::memcpy(&value, in + 8 * index, 8);
      return value;
    }
    AVILA_TARGET_AVX2 inline Row row(const Word* at) const noexcept {
      return _mm256_set_epi64x(word(at[3]), word(at[2]), word(at[1]), word(at[0]));
    }
    template <std::size_t kRound>
    AVILA_TARGET_AVX2 inline void columns(Row& x, Row& y) const noexcept {
      constexpr const Word* at = kRoundWords<Word>.at[kRound];
      x = row(at), y = row(at + 4);
    }
    template <std::size_t kRound>
    AVILA_TARGET_AVX2 inline void diagonals(Row& x, Row& y) const noexcept {
      constexpr const Word* at = kRoundWords<Word>.at[kRound];
      x = row(at + 8), y = row(at + 12);
    }
  };
};

// With rotations, and two permutations of the 16 message words a round.
struct Rows64Avx512 : Parameters<std::uint64_t> {
  using Word = std::uint64_t;
  using Row = __m256i;
  AVILA_TARGET_AVX512 static inline Row load(const Word* from) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  AVILA_TARGET_AVX512 static inline void store(Word* to, Row x) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), x);
  }
  AVILA_TARGET_AVX512 static inline Row last_row(std::uint64_t counter, Word last) noexcept {
    return _mm256_set_epi64x(0, static_cast<long long>(last), 0, static_cast<long long>(counter));
  }
  AVILA_TARGET_AVX512 static inline Row add(Row x, Row y) noexcept {
    return _mm256_add_epi64(x, y);
  }
  AVILA_TARGET_AVX512 static inline Row exclusive(Row x, Row y) noexcept {
    return _mm256_xor_si256(x, y);
  }
  template <int kBits>
  AVILA_TARGET_AVX512 static inline Row rotate(Row x) noexcept {
    return _mm256_ror_epi64(x, kBits);
  }
  template <int kBy>
  AVILA_TARGET_AVX512 static inline Row turn(Row x) noexcept {
    return _mm256_permute4x64_epi64(x,
                                    _MM_SHUFFLE((3 + kBy) % 4, (2 + kBy) % 4, (1 + kBy) % 4, kBy));
  }
  struct Message {
    __m512i low, high;
    AVILA_TARGET_AVX512 explicit Message(const std::byte* in) noexcept
        : low(_mm512_loadu_si512(in)), high(_mm512_loadu_si512(in + 64)) {}
    AVILA_TARGET_AVX512 inline void rows(const Word* at, Row& x, Row& y) const noexcept {
      const __m512i both = _mm512_permutex2var_epi64(low, _mm512_load_si512(at), high);
      x = _mm512_castsi512_si256(both), y = _mm512_extracti64x4_epi64(both, 1);
    }
    template <std::size_t kRound>
    AVILA_TARGET_AVX512 inline void columns(Row& x, Row& y) const noexcept {
      rows(kRoundWords<Word>.at[kRound], x, y);
    }
    template <std::size_t kRound>
    AVILA_TARGET_AVX512 inline void diagonals(Row& x, Row& y) const noexcept {
      rows(kRoundWords<Word>.at[kRound] + 8, x, y);
    }
  };
};

// Rows of BLAKE2s.
struct Rows32Sse41 : Parameters<std::uint32_t> {
  using Word = std::uint32_t;
  using Row = __m128i;
  AVILA_TARGET_SSE42 static inline Row load(const Word* from) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  AVILA_TARGET_SSE42 static inline void store(Word* to, Row x) noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), x);
  }
  AVILA_TARGET_SSE42 static inline Row last_row(std::uint64_t counter, Word last) noexcept {
    return _mm_set_epi32(0, static_cast<int>(last), static_cast<int>(counter >> 32),
                         static_cast<int>(counter));
  }
  AVILA_TARGET_SSE42 static inline Row add(Row x, Row y) noexcept { return _mm_add_epi32(x, y); }
  AVILA_TARGET_SSE42 static inline Row exclusive(Row x, Row y) noexcept {
    return _mm_xor_si128(x, y);
  }
  template <int kBits>
  AVILA_TARGET_SSE42 static inline Row rotate(Row x) noexcept {
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
  template <int kBy>
  AVILA_TARGET_SSE42 static inline Row turn(Row x) noexcept {
    return _mm_shuffle_epi32(x, _MM_SHUFFLE((3 + kBy) % 4, (2 + kBy) % 4, (1 + kBy) % 4, kBy));
  }
  struct Message {
    const std::byte* in;
    AVILA_TARGET_SSE42 explicit Message(const std::byte* from) noexcept : in(from) {}
    AVILA_TARGET_SSE42 inline int word(std::uint32_t index) const noexcept {
      int value;
      std::memcpy(&value, in + 4 * index, 4);
      return value;
    }
    AVILA_TARGET_SSE42 inline Row row(const Word* at) const noexcept {
      return _mm_set_epi32(word(at[3]), word(at[2]), word(at[1]), word(at[0]));
    }
    template <std::size_t kRound>
    AVILA_TARGET_SSE42 inline void columns(Row& x, Row& y) const noexcept {
      constexpr const Word* at = kRoundWords<Word>.at[kRound];
      x = row(at), y = row(at + 4);
    }
    template <std::size_t kRound>
    AVILA_TARGET_SSE42 inline void diagonals(Row& x, Row& y) const noexcept {
      constexpr const Word* at = kRoundWords<Word>.at[kRound];
      x = row(at + 8), y = row(at + 12);
    }
  };
};

struct Rows32Avx512 : Parameters<std::uint32_t> {
  using Word = std::uint32_t;
  using Row = __m128i;
  AVILA_TARGET_AVX512 static inline Row load(const Word* from) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  AVILA_TARGET_AVX512 static inline void store(Word* to, Row x) noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), x);
  }
  AVILA_TARGET_AVX512 static inline Row last_row(std::uint64_t counter, Word last) noexcept {
    return _mm_set_epi32(0, static_cast<int>(last), static_cast<int>(counter >> 32),
                         static_cast<int>(counter));
  }
  AVILA_TARGET_AVX512 static inline Row add(Row x, Row y) noexcept { return _mm_add_epi32(x, y); }
  AVILA_TARGET_AVX512 static inline Row exclusive(Row x, Row y) noexcept {
    return _mm_xor_si128(x, y);
  }
  template <int kBits>
  AVILA_TARGET_AVX512 static inline Row rotate(Row x) noexcept {
    return _mm_ror_epi32(x, kBits);
  }
  template <int kBy>
  AVILA_TARGET_AVX512 static inline Row turn(Row x) noexcept {
    return _mm_shuffle_epi32(x, _MM_SHUFFLE((3 + kBy) % 4, (2 + kBy) % 4, (1 + kBy) % 4, kBy));
  }
  struct Message {
    __m256i low, high;
    AVILA_TARGET_AVX512 explicit Message(const std::byte* in) noexcept
        : low(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in))),
          high(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 32))) {}
    AVILA_TARGET_AVX512 inline void rows(const Word* at, Row& x, Row& y) const noexcept {
      const __m256i places = _mm256_load_si256(reinterpret_cast<const __m256i*>(at));
      const __m256i both = _mm256_permutex2var_epi32(low, places, high);
      x = _mm256_castsi256_si128(both), y = _mm256_extracti128_si256(both, 1);
    }
    template <std::size_t kRound>
    AVILA_TARGET_AVX512 inline void columns(Row& x, Row& y) const noexcept {
      rows(kRoundWords<Word>.at[kRound], x, y);
    }
    template <std::size_t kRound>
    AVILA_TARGET_AVX512 inline void diagonals(Row& x, Row& y) const noexcept {
      rows(kRoundWords<Word>.at[kRound] + 8, x, y);
    }
  };
};

AVILA_TARGET_AVX2 void blocks64_avx2(std::uint64_t state[8], const std::byte* in,
                                     std::size_t blocks, std::uint64_t counter,
                                     std::uint64_t last) noexcept {
  AVILA_BLAKE2_BODY(Rows64Avx2);
}
AVILA_TARGET_AVX512 void blocks64_avx512(std::uint64_t state[8], const std::byte* in,
                                         std::size_t blocks, std::uint64_t counter,
                                         std::uint64_t last) noexcept {
  AVILA_BLAKE2_BODY(Rows64Avx512);
}
AVILA_TARGET_SSE42 void blocks32_sse41(std::uint32_t state[8], const std::byte* in,
                                       std::size_t blocks, std::uint64_t counter,
                                       std::uint32_t last) noexcept {
  AVILA_BLAKE2_BODY(Rows32Sse41);
}
AVILA_TARGET_AVX512 void blocks32_avx512(std::uint32_t state[8], const std::byte* in,
                                         std::size_t blocks, std::uint64_t counter,
                                         std::uint32_t last) noexcept {
  AVILA_BLAKE2_BODY(Rows32Avx512);
}

#endif

constexpr simd::Kernel<Blake2Fn<std::uint64_t>> kKernels64[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, blocks64_avx512},
    {"avx2", simd::has_avx2, blocks64_avx2},
#endif
    {"portable", simd::always, blocks_portable<std::uint64_t>}};
constexpr simd::Kernel<Blake2Fn<std::uint32_t>> kKernels32[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, blocks32_avx512},
    {"sse41", simd::has_sse42, blocks32_sse41},
#endif
    {"portable", simd::always, blocks_portable<std::uint32_t>}};

}  // namespace

std::span<const simd::Kernel<Blake2Fn<std::uint64_t>>> blake2b_kernels() noexcept {
  return kKernels64;
}
std::span<const simd::Kernel<Blake2Fn<std::uint32_t>>> blake2s_kernels() noexcept {
  return kKernels32;
}

void blake2_blocks(std::uint64_t state[8], const std::byte* in, std::size_t blocks,
                   std::uint64_t counter, std::uint64_t last) noexcept {
  static const Blake2Fn<std::uint64_t> chosen = simd::select(kKernels64);
  chosen(state, in, blocks, counter, last);
}
void blake2_blocks(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                   std::uint64_t counter, std::uint32_t last) noexcept {
  static const Blake2Fn<std::uint32_t> chosen = simd::select(kKernels32);
  chosen(state, in, blocks, counter, last);
}

}  // namespace avila::hash::detail

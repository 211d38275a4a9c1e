// ChaCha20 on x86-64: 4, 8 or 16 blocks side by side, a word of all of them in one register.
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include "blocks.hpp"
#include "chacha_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#if defined(__clang__)
#define AVILA_UNROLL _Pragma("unroll")
#else
#define AVILA_UNROLL _Pragma("GCC unroll 16")
#endif

namespace avila::cipher::detail {
namespace {

#if AVILA_X86_64

// What a kernel needs of its registers. store4() XORs words 4 j to 4 j + 3 of all blocks, which are
// the registers a to d, into the text: a 4 x 4 transposition within each 128 bits.

struct Sse2 {
  using V = __m128i;
  static constexpr std::size_t kLanes = 4;
  static inline V all(std::uint32_t x) noexcept { return _mm_set1_epi32(static_cast<int>(x)); }
  static inline V places() noexcept { return _mm_set_epi32(3, 2, 1, 0); }
  static inline V add(V a, V b) noexcept { return _mm_add_epi32(a, b); }
  template <int kBits>
  static inline V turn(V a, V b) noexcept {
    const V x = _mm_xor_si128(a, b);
    if constexpr (kBits == 16)
      return _mm_shufflehi_epi16(_mm_shufflelo_epi16(x, 0xb1), 0xb1);
    else
      return _mm_or_si128(_mm_slli_epi32(x, kBits), _mm_srli_epi32(x, 32 - kBits));
  }
  static inline void put(const std::byte* in, std::byte* out, V x) noexcept {
    const V text = _mm_loadu_si128(reinterpret_cast<const V*>(in));
    _mm_storeu_si128(reinterpret_cast<V*>(out), _mm_xor_si128(text, x));
  }
  static inline void store(const V (&x)[16], const std::byte* in, std::byte* out) noexcept {
    AVILA_UNROLL for (int j = 0; j < 4; ++j) {
      const V a = _mm_unpacklo_epi32(x[4 * j], x[4 * j + 1]);
      const V b = _mm_unpackhi_epi32(x[4 * j], x[4 * j + 1]);
      const V c = _mm_unpacklo_epi32(x[4 * j + 2], x[4 * j + 3]);
      const V d = _mm_unpackhi_epi32(x[4 * j + 2], x[4 * j + 3]);
      put(in + 16 * j, out + 16 * j, _mm_unpacklo_epi64(a, c));
      put(in + 64 + 16 * j, out + 64 + 16 * j, _mm_unpackhi_epi64(a, c));
      put(in + 128 + 16 * j, out + 128 + 16 * j, _mm_unpacklo_epi64(b, d));
      put(in + 192 + 16 * j, out + 192 + 16 * j, _mm_unpackhi_epi64(b, d));
    }
  }
};

struct Avx2 {
  using V = __m256i;
  static constexpr std::size_t kLanes = 8;
  AVILA_TARGET_AVX2 static inline V all(std::uint32_t x) noexcept {
    return _mm256_set1_epi32(static_cast<int>(x));
  }
  AVILA_TARGET_AVX2 static inline V places() noexcept {
    return _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  }
  AVILA_TARGET_AVX2 static inline V add(V a, V b) noexcept { return _mm256_add_epi32(a, b); }
  template <int kBits>
  AVILA_TARGET_AVX2 static inline V turn(V a, V b) noexcept {
    const V x = _mm256_xor_si256(a, b);
    if constexpr (kBits == 16)
      return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(_mm_set_epi8(
                                        13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2)));
    else if constexpr (kBits == 8)
      return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(_mm_set_epi8(
                                        14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3)));
    else
      return _mm256_or_si256(_mm256_slli_epi32(x, kBits), _mm256_srli_epi32(x, 32 - kBits));
  }
  AVILA_TARGET_AVX2 static inline void put(const std::byte* in, std::byte* out, V x) noexcept {
    const V text = _mm256_loadu_si256(reinterpret_cast<const V*>(in));
    _mm256_storeu_si256(reinterpret_cast<V*>(out), _mm256_xor_si256(text, x));
  }
  AVILA_TARGET_AVX2 static inline void store(const V (&x)[16], const std::byte* in,
                                             std::byte* out) noexcept {
    AVILA_UNROLL for (int half = 0; half < 2; ++half) {
      V rows[2][4];  // of blocks 0 to 3, and 4 to 7 in the upper 128 bits
      AVILA_UNROLL for (int j = 0; j < 2; ++j) {
        const V* const w = x + 8 * half + 4 * j;
        const V a = _mm256_unpacklo_epi32(w[0], w[1]), b = _mm256_unpackhi_epi32(w[0], w[1]);
        const V c = _mm256_unpacklo_epi32(w[2], w[3]), d = _mm256_unpackhi_epi32(w[2], w[3]);
        rows[j][0] = _mm256_unpacklo_epi64(a, c), rows[j][1] = _mm256_unpackhi_epi64(a, c);
        rows[j][2] = _mm256_unpacklo_epi64(b, d), rows[j][3] = _mm256_unpackhi_epi64(b, d);
      }
      AVILA_UNROLL for (int i = 0; i < 4; ++i) {
        const int low = 64 * i + 32 * half, high = low + 256;
        put(in + low, out + low, _mm256_permute2x128_si256(rows[0][i], rows[1][i], 0x20));
        put(in + high, out + high, _mm256_permute2x128_si256(rows[0][i], rows[1][i], 0x31));
      }
    }
  }
};

struct Avx512 {
  using V = __m512i;
  static constexpr std::size_t kLanes = 16;
  AVILA_TARGET_AVX512 static inline V all(std::uint32_t x) noexcept {
    return _mm512_set1_epi32(static_cast<int>(x));
  }
  AVILA_TARGET_AVX512 static inline V places() noexcept {
    return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  }
  AVILA_TARGET_AVX512 static inline V add(V a, V b) noexcept { return _mm512_add_epi32(a, b); }
  template <int kBits>
  AVILA_TARGET_AVX512 static inline V turn(V a, V b) noexcept {
    return _mm512_rol_epi32(_mm512_xor_si512(a, b), kBits);
  }
  AVILA_TARGET_AVX512 static inline void put(const std::byte* in, std::byte* out, V x) noexcept {
    _mm512_storeu_si512(out, _mm512_xor_si512(_mm512_loadu_si512(in), x));
  }
  AVILA_TARGET_AVX512 static inline void store(const V (&x)[16], const std::byte* in,
                                               std::byte* out) noexcept {
    V rows[4][4];  // rows[j][i]: words 4 j to 4 j + 3 of blocks i, 4 + i, 8 + i, 12 + i
    AVILA_UNROLL for (int j = 0; j < 4; ++j) {
      const V* const w = x + 4 * j;
      const V a = _mm512_unpacklo_epi32(w[0], w[1]), b = _mm512_unpackhi_epi32(w[0], w[1]);
      const V c = _mm512_unpacklo_epi32(w[2], w[3]), d = _mm512_unpackhi_epi32(w[2], w[3]);
      rows[j][0] = _mm512_unpacklo_epi64(a, c), rows[j][1] = _mm512_unpackhi_epi64(a, c);
      rows[j][2] = _mm512_unpacklo_epi64(b, d), rows[j][3] = _mm512_unpackhi_epi64(b, d);
    }
    AVILA_UNROLL for (int i = 0; i < 4; ++i) {
      const V a = _mm512_shuffle_i32x4(rows[0][i], rows[1][i], 0x44);
      const V b = _mm512_shuffle_i32x4(rows[0][i], rows[1][i], 0xee);
      const V c = _mm512_shuffle_i32x4(rows[2][i], rows[3][i], 0x44);
      const V d = _mm512_shuffle_i32x4(rows[2][i], rows[3][i], 0xee);
      put(in + 64 * i, out + 64 * i, _mm512_shuffle_i32x4(a, c, 0x88));
      put(in + 64 * (i + 4), out + 64 * (i + 4), _mm512_shuffle_i32x4(a, c, 0xdd));
      put(in + 64 * (i + 8), out + 64 * (i + 8), _mm512_shuffle_i32x4(b, d, 0x88));
      put(in + 64 * (i + 12), out + 64 * (i + 12), _mm512_shuffle_i32x4(b, d, 0xdd));
    }
  }
};

// Narrower registers on processors that rotate in one instruction.
struct Avx512x4 : Sse2 {
  template <int kBits>
  AVILA_TARGET_AVX512 static inline V turn(V a, V b) noexcept {
    return _mm_rol_epi32(_mm_xor_si128(a, b), kBits);
  }
};
struct Avx512x8 : Avx2 {
  template <int kBits>
  AVILA_TARGET_AVX512 static inline V turn(V a, V b) noexcept {
    return _mm256_rol_epi32(_mm256_xor_si256(a, b), kBits);
  }
};

// The four quarter rounds of a half round, RFC 8439 §2.1, in step so that they fill the units.
#define AVILA_CHACHA_STEP(R, a, b, d, bits) \
  x[a] = R::add(x[a], x[b]), x[d] = R::template turn<bits>(x[d], x[a])
#define AVILA_CHACHA_HALF(R, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3) \
  AVILA_CHACHA_STEP(R, 0, b0, d0, 16);                                       \
  AVILA_CHACHA_STEP(R, 1, b1, d1, 16);                                       \
  AVILA_CHACHA_STEP(R, 2, b2, d2, 16);                                       \
  AVILA_CHACHA_STEP(R, 3, b3, d3, 16);                                       \
  AVILA_CHACHA_STEP(R, c0, d0, b0, 12);                                      \
  AVILA_CHACHA_STEP(R, c1, d1, b1, 12);                                      \
  AVILA_CHACHA_STEP(R, c2, d2, b2, 12);                                      \
  AVILA_CHACHA_STEP(R, c3, d3, b3, 12);                                      \
  AVILA_CHACHA_STEP(R, 0, b0, d0, 8);                                        \
  AVILA_CHACHA_STEP(R, 1, b1, d1, 8);                                        \
  AVILA_CHACHA_STEP(R, 2, b2, d2, 8);                                        \
  AVILA_CHACHA_STEP(R, 3, b3, d3, 8);                                        \
  AVILA_CHACHA_STEP(R, c0, d0, b0, 7);                                       \
  AVILA_CHACHA_STEP(R, c1, d1, b1, 7);                                       \
  AVILA_CHACHA_STEP(R, c2, d2, b2, 7);                                       \
  AVILA_CHACHA_STEP(R, c3, d3, b3, 7)

// One pass of R::kLanes blocks. A macro, for a template cannot choose its target attribute.
#define AVILA_CHACHA_PASS(name, target, R)                                                  \
  target void name(std::uint32_t state[16], const std::byte* in, std::byte* out) noexcept { \
    R::V x[16];                                                                             \
    AVILA_UNROLL for (int i = 0; i < 16; ++i) x[i] = R::all(state[i]);                      \
    x[12] = R::add(x[12], R::places());                                                     \
    for (int i = 0; i < 10; ++i) {                                                          \
      AVILA_CHACHA_HALF(R, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);                       \
      AVILA_CHACHA_HALF(R, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13, 14);                       \
    }                                                                                       \
    AVILA_UNROLL for (int i = 0; i < 16; ++i) x[i] = R::add(x[i], R::all(state[i]));        \
    x[12] = R::add(x[12], R::places());                                                     \
    R::store(x, in, out);                                                                   \
    state[12] += static_cast<std::uint32_t>(R::kLanes);                                     \
  }
AVILA_CHACHA_PASS(pass4, , Sse2)
AVILA_CHACHA_PASS(pass8, AVILA_TARGET_AVX2, Avx2)
AVILA_CHACHA_PASS(pass16, AVILA_TARGET_AVX512, Avx512)
AVILA_CHACHA_PASS(pass4_rotating, AVILA_TARGET_AVX512, Avx512x4)
AVILA_CHACHA_PASS(pass8_rotating, AVILA_TARGET_AVX512, Avx512x8)

// A block in four rows beside sixteen in lanes: the key of a MAC comes before a text of whole
// passes. Its one chain waits for itself, and so costs little beside them.
AVILA_TARGET_AVX512 inline __m128i row(const std::uint32_t* words) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(words));
}
#define AVILA_CHACHA_ROW_STEP(a, b, d, bits) \
  a = _mm_add_epi32(a, b), d = _mm_rol_epi32(_mm_xor_si128(d, a), bits)
#define AVILA_CHACHA_ROWS(first, second, third) \
  AVILA_CHACHA_ROW_STEP(a, b, d, 16);           \
  AVILA_CHACHA_ROW_STEP(c, d, b, 12);           \
  AVILA_CHACHA_ROW_STEP(a, b, d, 8);            \
  AVILA_CHACHA_ROW_STEP(c, d, b, 7);            \
  b = _mm_shuffle_epi32(b, first), c = _mm_shuffle_epi32(c, second), d = _mm_shuffle_epi32(d, third)

AVILA_TARGET_AVX512 void pass17(std::uint32_t state[16], std::byte first[64], const std::byte* in,
                                std::byte* out) noexcept {
  using R = Avx512;
  R::V x[16];
  AVILA_UNROLL for (int i = 0; i < 16; ++i) x[i] = R::all(state[i]);
  const R::V places = _mm512_add_epi32(R::places(), R::all(1));
  x[12] = R::add(x[12], places);
  __m128i a = row(state), b = row(state + 4), c = row(state + 8), d = row(state + 12);
  for (int i = 0; i < 10; ++i) {
    AVILA_CHACHA_HALF(R, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    AVILA_CHACHA_ROWS(0x39, 0x4e, 0x93);
    AVILA_CHACHA_HALF(R, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13, 14);
    AVILA_CHACHA_ROWS(0x93, 0x4e, 0x39);
  }
  auto* const rows = reinterpret_cast<__m128i*>(first);
  _mm_storeu_si128(rows, _mm_add_epi32(a, row(state)));
  _mm_storeu_si128(rows + 1, _mm_add_epi32(b, row(state + 4)));
  _mm_storeu_si128(rows + 2, _mm_add_epi32(c, row(state + 8)));
  _mm_storeu_si128(rows + 3, _mm_add_epi32(d, row(state + 12)));
  AVILA_UNROLL for (int i = 0; i < 16; ++i) x[i] = R::add(x[i], R::all(state[i]));
  x[12] = R::add(x[12], places);
  R::store(x, in, out);
  state[12] += 17;
}

using PassFn = void (*)(std::uint32_t state[16], const std::byte* in, std::byte* out) noexcept;

template <PassFn kPass, std::size_t kLanes>
void whole(std::uint32_t state[16], const std::byte*& in, std::byte*& out,
           std::size_t& blocks) noexcept {
  for (; blocks >= kLanes; blocks -= kLanes, in += 64 * kLanes, out += 64 * kLanes)
    kPass(state, in, out);
}

// Fewer blocks than a pass makes: through a buffer.
template <PassFn kPass, std::size_t kLanes>
void part(std::uint32_t state[16], const std::byte* in, std::byte* out,
          std::size_t blocks) noexcept {
  if (blocks == 0) return;
  Scratch<64 * kLanes> buffer;
  std::memcpy(buffer.bytes, in, 64 * blocks);
  const std::uint32_t counter = state[12];
  kPass(state, buffer.bytes, buffer.bytes);
  state[12] = counter + static_cast<std::uint32_t>(blocks);
  std::memcpy(out, buffer.bytes, 64 * blocks);
}

void chacha_sse2(std::uint32_t state[16], const std::byte* in, std::byte* out,
                 std::size_t blocks) noexcept {
  whole<pass4, 4>(state, in, out, blocks);
  part<pass4, 4>(state, in, out, blocks);
}
void chacha_avx2(std::uint32_t state[16], const std::byte* in, std::byte* out,
                 std::size_t blocks) noexcept {
  whole<pass8, 8>(state, in, out, blocks);
  if (blocks > 4)
    part<pass8, 8>(state, in, out, blocks);
  else
    chacha_sse2(state, in, out, blocks);
}
void chacha_avx512(std::uint32_t state[16], const std::byte* in, std::byte* out,
                   std::size_t blocks) noexcept {
  whole<pass16, 16>(state, in, out, blocks);
  if (blocks > 8)
    part<pass16, 16>(state, in, out, blocks);
  else if (blocks > 4)
    part<pass8_rotating, 8>(state, in, out, blocks);
  else
    part<pass4_rotating, 4>(state, in, out, blocks);
}

constexpr simd::Kernel<ChaChaFn> kKernels[] = {{"avx512", simd::has_avx512, chacha_avx512},
                                               {"avx2", simd::has_avx2, chacha_avx2},
                                               {"sse2", simd::always, chacha_sse2},
                                               {"portable", simd::always, chacha_portable}};
#else
constexpr simd::Kernel<ChaChaFn> kKernels[] = {{"portable", simd::always, chacha_portable}};
#endif

}  // namespace

std::span<const simd::Kernel<ChaChaFn>> chacha_kernels() noexcept { return kKernels; }

ChaChaFn chacha_blocks() noexcept {
  static const ChaChaFn run = simd::select(kKernels);
  return run;
}

void chacha_keyed(std::uint32_t state[16], std::byte first[64], const std::byte* in, std::byte* out,
                  std::size_t blocks) noexcept {
  const ChaChaFn run = chacha_blocks();
#if AVILA_X86_64
  if (run == chacha_avx512 && blocks >= 16) {
    pass17(state, first, in, out);
    run(state, in + 16 * 64, out + 16 * 64, blocks - 16);
    return;
  }
#endif
  std::memset(first, 0, 64);
  run(state, first, first, 1);
  run(state, in, out, blocks);
}

}  // namespace avila::cipher::detail

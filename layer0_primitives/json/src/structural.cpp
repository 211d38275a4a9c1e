#include "structural.hpp"

#include <array>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <bit>
#include <cstring>

#if AVILA_X86_64
#include <immintrin.h>
#elif AVILA_ARM64
#include <arm_neon.h>
#endif

namespace avila::json::detail {
namespace {

/// One bit a byte of the block.
struct Masks {
  std::uint64_t quote, backslash, op, space, control, high;
};

/// The bytes that a backslash escapes. In a run of backslashes every other one escapes the next.
AVILA_ALWAYS_INLINE std::uint64_t find_escaped(std::uint64_t backslash,
                                               std::uint64_t& carry) noexcept {
  if (backslash == 0) {
    const std::uint64_t escaped = carry;
    carry = 0;
    return escaped;
  }
  constexpr std::uint64_t kEven = 0x5555'5555'5555'5555U;
  backslash &= ~carry;  // an escaped backslash escapes nothing
  const std::uint64_t follows = backslash << 1 | carry;
  // Adding the starts at odd places makes each run there ripple to its end.
  const std::uint64_t odd_starts = backslash & ~kEven & ~follows;
  const std::uint64_t sum = odd_starts + backslash;
  carry = sum < backslash ? 1 : 0;
  return (kEven ^ (sum << 1)) & follows;
}

/// `in_string`: from each opening quote on, without the closing one.
AVILA_ALWAYS_INLINE std::uint64_t structurals(const Masks& m, std::uint64_t quote,
                                              std::uint64_t in_string, std::uint64_t escaped,
                                              IndexState& state) noexcept {
  const std::uint64_t outside = ~(in_string | quote);
  const std::uint64_t scalar = outside & ~(m.op | m.space);
  const std::uint64_t start = scalar & ~(scalar << 1 | state.scalar);
  state.scalar = scalar >> 63;
  state.in_string = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_string) >> 63);
  state.control |= m.control & in_string;
  state.high |= m.high;
  return (m.op & outside) | quote | start | (m.backslash & ~escaped & in_string);
}

AVILA_ALWAYS_INLINE std::uint32_t* flatten(std::uint64_t bits, std::uint32_t base,
                                           std::uint32_t* out) noexcept {
  const int count = std::popcount(bits);
  const auto put8 = [&](int at) {
    for (int i = 0; i < 8; ++i) {  // beyond the count they are overwritten by what follows
      out[at + i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
  };
  put8(0);
  if (count > 8) {
    put8(8);
    if (count > 16) [[unlikely]] {
      for (int at = 16; at < count; at += 8) put8(at);
    }
  }
  return out + count;
}

AVILA_ALWAYS_INLINE std::uint64_t prefix_xor_portable(std::uint64_t x) noexcept {
  for (int i = 1; i < 64; i <<= 1) x ^= x << i;
  return x;
}

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const unsigned folded = c | 0x20;  // as the vector kernels see operators
    if (c == '"') table[c] |= 1;
    if (c == '\\') table[c] |= 2;
    if (folded == ',' || folded == ':' || folded == '{' || folded == '}') table[c] |= 4;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') table[c] |= 8;
    if (c < 0x20) table[c] |= 16;
    if (c >= 0x80) table[c] |= 32;
  }
  return table;
}();

std::uint32_t* index_portable(const char* from, std::size_t blocks, std::uint32_t base,
                              IndexState& state, std::uint32_t* out, char* copy) noexcept {
  for (; blocks != 0; --blocks, from += 64, base += 64, copy += 64) {
    std::memcpy(copy, from, 64);
    Masks m{};
    for (unsigned i = 0; i < 64; ++i) {
      const std::uint64_t c = kClasses[static_cast<unsigned char>(from[i])];
      m.quote |= (c & 1) << i;
      m.backslash |= (c >> 1 & 1) << i;
      m.op |= (c >> 2 & 1) << i;
      m.space |= (c >> 3 & 1) << i;
      m.control |= (c >> 4 & 1) << i;
      m.high |= (c >> 5 & 1) << i;
    }
    const std::uint64_t escaped = find_escaped(m.backslash, state.escaped);
    const std::uint64_t quote = m.quote & ~escaped;
    const std::uint64_t in_string = prefix_xor_portable(quote) ^ state.in_string;
    out = flatten(structurals(m, quote, in_string, escaped, state), base, out);
  }
  return out;
}

#if AVILA_X86_64 || AVILA_ARM64
// Looked up by the low nibble, compared with the byte itself (spaces) or the byte | 0x20
// (operators:
// '[' and '{' differ by that bit only).
alignas(16) constexpr std::uint8_t kSpaces[16] = {' ', 100,  100,  100, 17,  100,  113, 2,
                                                  100, '\t', '\n', 112, 100, '\r', 100, 100};
alignas(16) constexpr std::uint8_t kOperators[16] = {0, 0, 0,   0,   0,   0,   0, 0,
                                                     0, 0, ':', '{', ',', '}', 0, 0};
#endif

#if AVILA_X86_64
AVILA_TARGET("sse4.2,popcnt,pclmul")
AVILA_ALWAYS_INLINE std::uint64_t prefix_xor_clmul(std::uint64_t x) noexcept {
  const __m128i product =
      _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(x)), _mm_set1_epi8(-1), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

AVILA_TARGET("sse4.2,popcnt,pclmul")
std::uint32_t* index_sse42(const char* from, std::size_t blocks, std::uint32_t base,
                           IndexState& state, std::uint32_t* out, char* copy) noexcept {
  const __m128i spaces = _mm_load_si128(reinterpret_cast<const __m128i*>(kSpaces));
  const __m128i operators = _mm_load_si128(reinterpret_cast<const __m128i*>(kOperators));
  for (; blocks != 0; --blocks, from += 64, base += 64, copy += 64) {
    Masks m{};
    for (int i = 0; i < 4; ++i) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from) + i);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(copy) + i, v);
      const int shift = i * 16;
      const auto quote =
          static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"'))));
      const auto slash =
          static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
      const auto space = static_cast<std::uint32_t>(
          _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_shuffle_epi8(spaces, v))));
      const auto op = static_cast<std::uint32_t>(_mm_movemask_epi8(
          _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_shuffle_epi8(operators, v))));
      const auto control = static_cast<std::uint32_t>(
          _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_min_epu8(v, _mm_set1_epi8(0x1F)))));
      m.quote |= std::uint64_t{quote} << shift;
      m.backslash |= std::uint64_t{slash} << shift;
      m.space |= std::uint64_t{space} << shift;
      m.op |= std::uint64_t{op} << shift;
      m.control |= std::uint64_t{control} << shift;
      m.high |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(v))} << shift;
    }
    const std::uint64_t escaped = find_escaped(m.backslash, state.escaped);
    const std::uint64_t quote = m.quote & ~escaped;
    const std::uint64_t in_string = prefix_xor_clmul(quote) ^ state.in_string;
    out = flatten(structurals(m, quote, in_string, escaped, state), base, out);
  }
  return out;
}

#define AVILA_JSON_AVX2 AVILA_TARGET("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")
AVILA_JSON_AVX2 AVILA_ALWAYS_INLINE std::uint64_t mask_avx2(__m256i low, __m256i high) noexcept {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32;
}

AVILA_JSON_AVX2
std::uint32_t* index_avx2(const char* from, std::size_t blocks, std::uint32_t base,
                          IndexState& state, std::uint32_t* out, char* copy) noexcept {
  const __m256i spaces =
      _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(kSpaces)));
  const __m256i operators =
      _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(kOperators)));
  const __m256i quotes = _mm256_set1_epi8('"'), slashes = _mm256_set1_epi8('\\');
  const __m256i fold = _mm256_set1_epi8(0x20), control = _mm256_set1_epi8(0x1F);
  __m256i high = _mm256_setzero_si256();
  IndexState s = state;
  for (; blocks != 0; --blocks, from += 64, base += 64, copy += 64) {
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from) + 1);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(copy), a);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(copy) + 1, b);
    Masks m;
    m.quote = mask_avx2(_mm256_cmpeq_epi8(a, quotes), _mm256_cmpeq_epi8(b, quotes));
    m.backslash = mask_avx2(_mm256_cmpeq_epi8(a, slashes), _mm256_cmpeq_epi8(b, slashes));
    m.space = mask_avx2(_mm256_cmpeq_epi8(a, _mm256_shuffle_epi8(spaces, a)),
                        _mm256_cmpeq_epi8(b, _mm256_shuffle_epi8(spaces, b)));
    m.op =
        mask_avx2(_mm256_cmpeq_epi8(_mm256_or_si256(a, fold), _mm256_shuffle_epi8(operators, a)),
                  _mm256_cmpeq_epi8(_mm256_or_si256(b, fold), _mm256_shuffle_epi8(operators, b)));
    high = _mm256_or_si256(high, _mm256_or_si256(a, b));
    m.high = m.control = 0;
    const __m256i lowest = _mm256_min_epu8(a, b);
    const __m256i below = _mm256_cmpeq_epi8(lowest, _mm256_min_epu8(lowest, control));
    if (_mm256_testz_si256(below, below) == 0)  // rare in compact text
      m.control = mask_avx2(_mm256_cmpeq_epi8(a, _mm256_min_epu8(a, control)),
                            _mm256_cmpeq_epi8(b, _mm256_min_epu8(b, control)));
    const std::uint64_t escaped = find_escaped(m.backslash, s.escaped);
    const std::uint64_t quote = m.quote & ~escaped;
    const __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(quote)),
                                                 _mm_set1_epi8(-1), 0);
    const std::uint64_t in_string =
        static_cast<std::uint64_t>(_mm_cvtsi128_si64(product)) ^ s.in_string;
    out = flatten(structurals(m, quote, in_string, escaped, s), base, out);
  }
  s.high |= static_cast<std::uint32_t>(_mm256_movemask_epi8(high));
  state = s;
  return out;
}

AVILA_TARGET_AVX512 AVILA_ALWAYS_INLINE std::uint64_t structurals_512(const char* from, char* copy,
                                                                      IndexState& s) noexcept {
  const __m512i spaces = _mm512_maskz_broadcast_i32x4(
      0xFFFF, _mm_load_si128(reinterpret_cast<const __m128i*>(kSpaces)));
  const __m512i operators = _mm512_maskz_broadcast_i32x4(
      0xFFFF, _mm_load_si128(reinterpret_cast<const __m128i*>(kOperators)));
  const __m512i fold = _mm512_set1_epi8(0x20);
  const __m512i v = _mm512_loadu_si512(from);
  _mm512_storeu_si512(copy, v);
  Masks m;
  m.quote = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"'));
  m.backslash = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
  m.space = _mm512_cmpeq_epi8_mask(v, _mm512_shuffle_epi8(spaces, v));
  m.op = _mm512_cmpeq_epi8_mask(_mm512_or_si512(v, fold), _mm512_shuffle_epi8(operators, v));
  m.control = _mm512_cmplt_epu8_mask(v, fold);
  m.high = _mm512_movepi8_mask(v);
  const std::uint64_t escaped = find_escaped(m.backslash, s.escaped);
  const std::uint64_t quote = m.quote & ~escaped;
  const __m128i product =
      _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(quote)), _mm_set1_epi8(-1), 0);
  const std::uint64_t in_string =
      static_cast<std::uint64_t>(_mm_cvtsi128_si64(product)) ^ s.in_string;
  return structurals(m, quote, in_string, escaped, s);
}

AVILA_TARGET_AVX512
std::uint32_t* index_avx512(const char* from, std::size_t blocks, std::uint32_t base,
                            IndexState& state, std::uint32_t* out, char* copy) noexcept {
  const __m512i count = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i places = _mm512_add_epi32(count, _mm512_set1_epi32(static_cast<int>(base)));
  const __m512i sixteen = _mm512_set1_epi32(16);
  IndexState s = state;
  for (; blocks != 0; --blocks, from += 64, copy += 64) {
    std::uint64_t bits = structurals_512(from, copy, s);
    for (int i = 0; i < 4; ++i, bits >>= 16) {
      const auto part = static_cast<__mmask16>(bits);
      _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(part, places));
      out += std::popcount(static_cast<std::uint16_t>(part));
      places = _mm512_add_epi32(places, sixteen);
    }
  }
  state = s;
  return out;
}

// The places of all bits are pushed together as bytes, then widened sixteen at a time.
AVILA_TARGET_AVX512VBMI2
std::uint32_t* index_vbmi2(const char* from, std::size_t blocks, std::uint32_t base,
                           IndexState& state, std::uint32_t* out, char* copy) noexcept {
  alignas(64) static constexpr std::array<std::uint8_t, 64> kPlaces = [] {
    std::array<std::uint8_t, 64> table{};
    for (unsigned i = 0; i < 64; ++i) table[i] = static_cast<std::uint8_t>(i);
    return table;
  }();
  const __m512i places = _mm512_load_si512(kPlaces.data());
  IndexState s = state;
  for (; blocks != 0; --blocks, from += 64, base += 64, copy += 64) {
    const std::uint64_t bits = structurals_512(from, copy, s);
    const int count = std::popcount(bits);
    const __m512i first = _mm512_set1_epi32(static_cast<int>(base));
    const __m512i packed = _mm512_maskz_compress_epi8(bits, places);
#define AVILA_JSON_PUT(i)                                                      \
  _mm512_storeu_si512(                                                         \
      out + 16 * i, /* masked: plain forms start from an undefined register */ \
      _mm512_add_epi32(first, _mm512_maskz_cvtepu8_epi32(                      \
                                  0xFFFF, _mm512_maskz_extracti32x4_epi32(0xF, packed, i))))
    AVILA_JSON_PUT(0);
    if (count > 16) {
      AVILA_JSON_PUT(1);
      if (count > 32) [[unlikely]] {
        AVILA_JSON_PUT(2);
        AVILA_JSON_PUT(3);
      }
    }
#undef AVILA_JSON_PUT
    out += count;
  }
  state = s;
  return out;
}
#endif

#if AVILA_ARM64
std::uint64_t mask_neon(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) noexcept {
  const uint8x16_t weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t low = vpaddq_u8(vandq_u8(a, weights), vandq_u8(b, weights));
  const uint8x16_t high = vpaddq_u8(vandq_u8(c, weights), vandq_u8(d, weights));
  uint8x16_t sum = vpaddq_u8(low, high);
  sum = vpaddq_u8(sum, sum);
  return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}

std::uint32_t* index_neon(const char* from, std::size_t blocks, std::uint32_t base,
                          IndexState& state, std::uint32_t* out, char* copy) noexcept {
  const uint8x16_t spaces = vld1q_u8(kSpaces), operators = vld1q_u8(kOperators);
  for (; blocks != 0; --blocks, from += 64, base += 64, copy += 64) {
    std::memcpy(copy, from, 64);
    uint8x16_t v[4];
    for (int i = 0; i < 4; ++i)
      v[i] = vld1q_u8(reinterpret_cast<const std::uint8_t*>(from) + 16 * i);
    const auto each = [&v](auto test) {
      return mask_neon(test(v[0]), test(v[1]), test(v[2]), test(v[3]));
    };
    // A byte above 0x7F must not select a table entry: the mask 0x8F sends it out of range.
    const uint8x16_t nibble = vdupq_n_u8(0x8F);
    Masks m;
    m.quote = each([](uint8x16_t x) { return vceqq_u8(x, vdupq_n_u8('"')); });
    m.backslash = each([](uint8x16_t x) { return vceqq_u8(x, vdupq_n_u8('\\')); });
    m.space =
        each([&](uint8x16_t x) { return vceqq_u8(x, vqtbl1q_u8(spaces, vandq_u8(x, nibble))); });
    m.op = each([&](uint8x16_t x) {
      return vceqq_u8(vorrq_u8(x, vdupq_n_u8(0x20)), vqtbl1q_u8(operators, vandq_u8(x, nibble)));
    });
    m.control = each([](uint8x16_t x) { return vcltq_u8(x, vdupq_n_u8(0x20)); });
    m.high = each([](uint8x16_t x) { return vcgeq_u8(x, vdupq_n_u8(0x80)); });
    const std::uint64_t escaped = find_escaped(m.backslash, state.escaped);
    const std::uint64_t quote = m.quote & ~escaped;
    const std::uint64_t in_string = prefix_xor_portable(quote) ^ state.in_string;
    out = flatten(structurals(m, quote, in_string, escaped, state), base, out);
  }
  return out;
}
#endif

#if AVILA_X86_64
bool has_sse42_clmul() noexcept { return simd::has_sse42() && simd::has_pclmul(); }
bool has_avx2_clmul() noexcept {
  return simd::has_avx2() && simd::has_bmi2() && simd::has_pclmul();
}
#endif

constexpr simd::Kernel<IndexFn> kKernels[] = {
#if AVILA_X86_64
    // On processors before VBMI2, 512-bit vectors lower the clock that stage 2 runs at: ahead on
    // strings, behind on numbers.
    {"avx512vbmi2", simd::has_avx512vbmi2, index_vbmi2}, {"avx2", has_avx2_clmul, index_avx2},
    {"avx512", simd::has_avx512, index_avx512},          {"sse42", has_sse42_clmul, index_sse42},
#elif AVILA_ARM64
    {"neon", simd::has_neon, index_neon},
#endif
    {"portable", simd::always, index_portable},
};

}  // namespace

std::span<const simd::Kernel<IndexFn>> index_kernels() noexcept { return kKernels; }

std::uint32_t* index_blocks(const char* from, std::size_t blocks, std::uint32_t base,
                            IndexState& state, std::uint32_t* out, char* copy) noexcept {
  static const IndexFn run = simd::select(kKernels);
  return run(from, blocks, base, state, out, copy);
}

}  // namespace avila::json::detail

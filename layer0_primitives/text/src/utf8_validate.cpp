// UTF-8 validation. The vector kernels follow Keiser and Lemire, "Validating UTF-8 in less than one
// instruction per byte" (2021): three 16-entry look-ups of the nibbles of two neighbouring bytes,
// whose conjunction is non-zero where the pair is ill-formed. Here each block loads its neighbours
// from memory (p-1, p-2, p-3) instead of shifting them out of the previous vector, so that no state
// but "did the block before end inside a character" goes from block to block.
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <avila/text/detail/kernels.hpp>
#include <avila/text/utf8.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#if AVILA_X86_64
#include <immintrin.h>
#elif AVILA_ARM64
#include <arm_neon.h>
#endif

namespace avila::text {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080U;

std::uint64_t load64(const char* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

/// The well-formed prefix, one character at a time after runs of ASCII.
std::size_t prefix_portable(const char* from, std::size_t size) noexcept {
  const std::string_view text(from, size);
  std::size_t at = 0;
  while (at < size) {
    while (size - at >= 16 && ((load64(from + at) | load64(from + at + 8)) & kHighBits) == 0)
      at += 16;
    if (at == size) break;
    const DecodedUtf8 next = decode_utf8(text, at);
    if (!next.valid) break;
    at += next.length;
  }
  return at;
}

bool validate_portable(const char* from, std::size_t size) noexcept {
  return prefix_portable(from, size) == size;
}

#if AVILA_X86_64 || AVILA_ARM64
// ---- the look-up tables, built from the ill-formed pairs of Unicode 15, table 3-7
struct Pairs {
  std::uint16_t first_high, first_low, second_high;  // sets of nibbles, bit n = nibble n
};
constexpr std::uint16_t nibbles(unsigned from, unsigned to) noexcept {
  return static_cast<std::uint16_t>((1U << (to + 1)) - (1U << from));
}
constexpr std::uint16_t kAny = 0xFFFF, kContinuation = nibbles(0x8, 0xB);
constexpr std::uint16_t kNotContinuation = kAny & ~kContinuation;
/// Entry b is bit b of the tables. The last one is no error by itself: two continuations in a row
/// are right exactly where a lead two or three bytes before asks for them.
constexpr Pairs kIllFormed[8] = {
    {nibbles(0xC, 0xF), kAny, kNotContinuation},                // lead, then no continuation
    {nibbles(0x0, 0x7), kAny, kContinuation},                   // ASCII, then a continuation
    {nibbles(0xC, 0xC), nibbles(0, 1), kContinuation},          // C0, C1: overlong
    {nibbles(0xE, 0xE), nibbles(0, 0), nibbles(0x8, 0x9)},      // E0 80..9F: overlong
    {nibbles(0xE, 0xE), nibbles(0xD, 0xD), nibbles(0xA, 0xB)},  // ED A0..BF: surrogate
    {nibbles(0xF, 0xF), nibbles(0x4, 0xF), nibbles(0x9, 0xB)},  // F4 90.., F5..FF: too large
    {nibbles(0xF, 0xF), nibbles(0x5, 0xF) | 1, nibbles(8, 8)},  // F0 80..: overlong; F5..FF 80..
    {kContinuation, kAny, kContinuation},
};
constexpr std::array<std::uint8_t, 16> table(std::uint16_t Pairs::* which) noexcept {
  std::array<std::uint8_t, 16> out{};
  for (unsigned b = 0; b < 8; ++b)
    for (unsigned n = 0; n < 16; ++n)
      if ((kIllFormed[b].*which >> n & 1) != 0)
        out[n] = static_cast<std::uint8_t>(out[n] | 1U << b);
  return out;
}
alignas(16) constexpr auto kFirstHigh = table(&Pairs::first_high);
alignas(16) constexpr auto kFirstLow = table(&Pairs::first_low);
alignas(16) constexpr auto kSecondHigh = table(&Pairs::second_high);
// With saturating subtraction, bit 7 stays set from E0 on (byte before last) or F0 on.
constexpr char kThreeByteLead = 0xE0 - 0x80, kFourByteLead = 0xF0 - 0x80;

/// Do the three bytes before `p` leave a character open?
AVILA_ALWAYS_INLINE bool ends_open(const char* p) noexcept {
  return static_cast<unsigned char>(p[-1]) >= 0xC0 || static_cast<unsigned char>(p[-2]) >= 0xE0 ||
         static_cast<unsigned char>(p[-3]) >= 0xF0;
}

/// The first or last bytes of a text with zeroes round them, so that blocks may be loaded whole.
struct Padded {
  static constexpr std::size_t kBefore = 16, kSize = 128;
  alignas(64) char bytes[kBefore + kSize + 16] = {};
  char* begin() noexcept { return bytes + kBefore; }
};
#endif

#if AVILA_X86_64
// ---- SSE4.2
AVILA_TARGET_SSE42 AVILA_ALWAYS_INLINE __m128i errors_sse42(const char* p) noexcept {
  const auto load = [](const void* from) __attribute__((target("sse4.2,popcnt"))) {
    return _mm_loadu_si128(static_cast<const __m128i*>(from));
  };
  const __m128i low4 = _mm_set1_epi8(0x0F);
  const __m128i first = load(p - 1);
  const __m128i high = _mm_and_si128(_mm_srli_epi16(first, 4), low4);
  const __m128i second = _mm_and_si128(_mm_srli_epi16(load(p), 4), low4);
  const __m128i pair = _mm_and_si128(
      _mm_and_si128(_mm_shuffle_epi8(load(kFirstHigh.data()), high),
                    _mm_shuffle_epi8(load(kFirstLow.data()), _mm_and_si128(first, low4))),
      _mm_shuffle_epi8(load(kSecondHigh.data()), second));
  const __m128i third = _mm_subs_epu8(load(p - 2), _mm_set1_epi8(kThreeByteLead));
  const __m128i fourth = _mm_subs_epu8(load(p - 3), _mm_set1_epi8(kFourByteLead));
  const __m128i expected = _mm_and_si128(_mm_or_si128(third, fourth), _mm_set1_epi8(-128));
  return _mm_xor_si128(pair, expected);
}

AVILA_TARGET_SSE42 bool blocks_sse42(const char* p, const char* end) noexcept {
  bool open = true;
  for (; p != end; p += 64) {
    const auto* v = reinterpret_cast<const __m128i*>(p);
    const __m128i any = _mm_or_si128(_mm_or_si128(_mm_loadu_si128(v), _mm_loadu_si128(v + 1)),
                                     _mm_or_si128(_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3)));
    if (_mm_movemask_epi8(any) == 0) {
      if (open && ends_open(p)) return false;
      open = false;
      continue;
    }
    const __m128i errors = _mm_or_si128(_mm_or_si128(errors_sse42(p), errors_sse42(p + 16)),
                                        _mm_or_si128(errors_sse42(p + 32), errors_sse42(p + 48)));
    if (_mm_testz_si128(errors, errors) == 0) return false;
    open = true;
  }
  return true;
}

// ---- AVX2
AVILA_TARGET_AVX2 AVILA_ALWAYS_INLINE __m256i errors_avx2(const char* p) noexcept {
  const __m256i low4 = _mm256_set1_epi8(0x0F);
  const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p - 1));
  const __m256i here = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(first, 4), low4);
  const __m256i second = _mm256_and_si256(_mm256_srli_epi16(here, 4), low4);
  const __m256i t1 =
      _mm256_broadcastsi128_si256(*reinterpret_cast<const __m128i*>(kFirstHigh.data()));
  const __m256i t2 =
      _mm256_broadcastsi128_si256(*reinterpret_cast<const __m128i*>(kFirstLow.data()));
  const __m256i t3 =
      _mm256_broadcastsi128_si256(*reinterpret_cast<const __m128i*>(kSecondHigh.data()));
  const __m256i pair =
      _mm256_and_si256(_mm256_and_si256(_mm256_shuffle_epi8(t1, high),
                                        _mm256_shuffle_epi8(t2, _mm256_and_si256(first, low4))),
                       _mm256_shuffle_epi8(t3, second));
  const __m256i third =
      _mm256_subs_epu8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p - 2)),
                       _mm256_set1_epi8(kThreeByteLead));
  const __m256i fourth = _mm256_subs_epu8(
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p - 3)), _mm256_set1_epi8(kFourByteLead));
  const __m256i expected = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(-128));
  return _mm256_xor_si256(pair, expected);
}

AVILA_TARGET_AVX2 bool blocks_avx2(const char* p, const char* end) noexcept {
  bool open = true;
  __m256i errors = _mm256_setzero_si256();
  while (p != end) {
    const auto* v = reinterpret_cast<const __m256i*>(p);
    if (end - p >= 256) {  // long ASCII: four times the block a branch
      const __m256i a = _mm256_or_si256(_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1));
      const __m256i b = _mm256_or_si256(_mm256_loadu_si256(v + 2), _mm256_loadu_si256(v + 3));
      const __m256i c = _mm256_or_si256(_mm256_loadu_si256(v + 4), _mm256_loadu_si256(v + 5));
      const __m256i d = _mm256_or_si256(_mm256_loadu_si256(v + 6), _mm256_loadu_si256(v + 7));
      if (_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d))) ==
          0) {
        if (open && ends_open(p)) return false;
        open = false;
        p += 256;
        continue;
      }
    }
    const char* const stop = end - p >= 256 ? p + 256 : end;
    for (; p != stop; p += 64) {
      const auto* w = reinterpret_cast<const __m256i*>(p);
      const __m256i any = _mm256_or_si256(_mm256_loadu_si256(w), _mm256_loadu_si256(w + 1));
      if (_mm256_movemask_epi8(any) == 0) {
        if (open && ends_open(p)) return false;
        open = false;
        continue;
      }
      errors = _mm256_or_si256(errors, _mm256_or_si256(errors_avx2(p), errors_avx2(p + 32)));
      open = true;
    }
    if (_mm256_testz_si256(errors, errors) == 0) return false;
  }
  return true;
}

// ---- AVX-512
AVILA_TARGET_AVX512 AVILA_ALWAYS_INLINE __mmask64 errors_avx512(const char* p,
                                                                __m512i here) noexcept {
  const __m512i low4 = _mm512_set1_epi8(0x0F);
  const __m512i first = _mm512_loadu_si512(p - 1);
  const __m512i high = _mm512_and_si512(_mm512_srli_epi16(first, 4), low4);
  const __m512i second = _mm512_and_si512(_mm512_srli_epi16(here, 4), low4);
  const __m512i t1 = _mm512_broadcast_i32x4(*reinterpret_cast<const __m128i*>(kFirstHigh.data()));
  const __m512i t2 = _mm512_broadcast_i32x4(*reinterpret_cast<const __m128i*>(kFirstLow.data()));
  const __m512i t3 = _mm512_broadcast_i32x4(*reinterpret_cast<const __m128i*>(kSecondHigh.data()));
  const __m512i pair =
      _mm512_and_si512(_mm512_and_si512(_mm512_shuffle_epi8(t1, high),
                                        _mm512_shuffle_epi8(t2, _mm512_and_si512(first, low4))),
                       _mm512_shuffle_epi8(t3, second));
  const __m512i third =
      _mm512_subs_epu8(_mm512_loadu_si512(p - 2), _mm512_set1_epi8(kThreeByteLead));
  const __m512i fourth =
      _mm512_subs_epu8(_mm512_loadu_si512(p - 3), _mm512_set1_epi8(kFourByteLead));
  const __m512i expected = _mm512_and_si512(_mm512_or_si512(third, fourth), _mm512_set1_epi8(-128));
  const __m512i errors = _mm512_xor_si512(pair, expected);
  return _mm512_test_epi8_mask(errors, errors);
}

AVILA_TARGET_AVX512 bool blocks_avx512(const char* p, const char* end) noexcept {
  bool open = true;
  while (p != end) {
    if (end - p >= 256) {
      const __m512i a = _mm512_loadu_si512(p), b = _mm512_loadu_si512(p + 64);
      const __m512i c = _mm512_loadu_si512(p + 128), d = _mm512_loadu_si512(p + 192);
      const __m512i any = _mm512_or_si512(_mm512_ternarylogic_epi64(a, b, c, 0xFE), d);
      if (_mm512_movepi8_mask(any) == 0) {
        if (open && ends_open(p)) return false;
        open = false;
        p += 256;
        continue;
      }
    }
    const char* const stop = end - p >= 256 ? p + 256 : end;
    __mmask64 errors = 0;
    for (; p != stop; p += 64) {
      const __m512i here = _mm512_loadu_si512(p);
      if (_mm512_movepi8_mask(here) == 0) {
        if (open && ends_open(p)) return false;
        open = false;
        continue;
      }
      errors |= errors_avx512(p, here);
      open = true;
    }
    if (errors != 0) return false;
  }
  return true;
}
#endif

#if AVILA_ARM64
uint8x16_t errors_neon(const char* p) noexcept {
  const auto load = [](const void* from) {
    return vld1q_u8(static_cast<const std::uint8_t*>(from));
  };
  const uint8x16_t first = load(p - 1);
  const uint8x16_t pair =
      vandq_u8(vandq_u8(vqtbl1q_u8(load(kFirstHigh.data()), vshrq_n_u8(first, 4)),
                        vqtbl1q_u8(load(kFirstLow.data()), vandq_u8(first, vdupq_n_u8(0x0F)))),
               vqtbl1q_u8(load(kSecondHigh.data()), vshrq_n_u8(load(p), 4)));
  const uint8x16_t third = vqsubq_u8(load(p - 2), vdupq_n_u8(kThreeByteLead));
  const uint8x16_t fourth = vqsubq_u8(load(p - 3), vdupq_n_u8(kFourByteLead));
  return veorq_u8(pair, vandq_u8(vorrq_u8(third, fourth), vdupq_n_u8(0x80)));
}

bool blocks_neon(const char* p, const char* end) noexcept {
  bool open = true;
  for (; p != end; p += 64) {
    const uint8x16x4_t v = vld1q_u8_x4(reinterpret_cast<const std::uint8_t*>(p));
    const uint8x16_t any = vorrq_u8(vorrq_u8(v.val[0], v.val[1]), vorrq_u8(v.val[2], v.val[3]));
    if (vmaxvq_u8(any) < 0x80) {
      if (open && ends_open(p)) return false;
      open = false;
      continue;
    }
    const uint8x16_t errors = vorrq_u8(vorrq_u8(errors_neon(p), errors_neon(p + 16)),
                                       vorrq_u8(errors_neon(p + 32), errors_neon(p + 48)));
    if (vmaxvq_u8(errors) != 0) return false;
    open = true;
  }
  return true;
}
#endif

#if AVILA_X86_64 || AVILA_ARM64
/// Cuts a text into a padded start, whole blocks in place, and a padded end. `blocks` is called
/// with multiples of 64 bytes that have at least 3 readable bytes before them.
template <bool (*blocks)(const char*, const char*) noexcept>
bool validate_blocks(const char* from, std::size_t size) noexcept {
  if (size < 16) return validate_portable(from, size);
  Padded edge;
  if (size <= 128) {
    std::memcpy(edge.begin(), from, size);
    // The zero behind the text makes an open character an error, unless the text fills the block.
    const std::size_t rounded = (size + 63) / 64 * 64;
    return blocks(edge.begin(), edge.begin() + rounded) && !ends_open(edge.begin() + size);
  }
  std::memcpy(edge.begin(), from, 64);
  if (!blocks(edge.begin(), edge.begin() + 64)) return false;
  const std::size_t middle = (size - 64) / 64 * 64;
  if (!blocks(from + 64, from + 64 + middle)) return false;
  const std::size_t done = 64 + middle, rest = size - done;
  if (rest != 0) {
    std::memset(edge.bytes, 0, sizeof edge.bytes);
    std::memcpy(edge.begin() - 3, from + done - 3, rest + 3);
    if (!blocks(edge.begin(), edge.begin() + 64)) return false;
  }
  return !ends_open(from + size);
}
#endif

constexpr simd::Kernel<detail::ValidateFn> kKernels[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, validate_blocks<blocks_avx512>},
    {"avx2", simd::has_avx2, validate_blocks<blocks_avx2>},
    {"sse42", simd::has_sse42, validate_blocks<blocks_sse42>},
#elif AVILA_ARM64
    {"neon", simd::has_neon, validate_blocks<blocks_neon>},
#endif
    {"portable", simd::always, validate_portable},
};

bool validate_kernel(const char* from, std::size_t size) noexcept {
  static const detail::ValidateFn run = simd::select(kKernels);
  return run(from, size);
}

}  // namespace

namespace detail {
std::span<const simd::Kernel<ValidateFn>> validate_utf8_kernels() noexcept { return kKernels; }
}  // namespace detail

bool validate_utf8(std::string_view text) noexcept {
  if (text.size() < 16) return validate_portable(text.data(), text.size());
  return validate_kernel(text.data(), text.size());
}

std::size_t valid_utf8_prefix(std::string_view text) noexcept {
  // Growing windows, so that a text with an early error costs little.
  std::size_t at = 0;
  for (std::size_t window = 64; at < text.size(); window = window < 4096 ? window * 2 : window) {
    std::size_t size = text.size() - at;
    if (size > window) {  // cut before a lead byte, so that no character is split
      size = window;
      for (int i = 0; i < 3 && (static_cast<unsigned char>(text[at + size]) & 0xC0) == 0x80; ++i)
        --size;
    }
    if (!validate_utf8(text.substr(at, size)))
      return at + prefix_portable(text.data() + at, text.size() - at);
    at += size;
  }
  return at;
}

bool is_ascii(std::string_view text) noexcept {
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t any = 0;
  for (; left >= 64; left -= 64, p += 64) {
    for (int i = 0; i < 64; i += 8) any |= load64(p + i);
    if ((any & kHighBits) != 0) return false;
  }
  for (; left >= 8; left -= 8, p += 8) any |= load64(p);
  for (; left != 0; --left, ++p) any |= static_cast<unsigned char>(*p);
  return (any & kHighBits) == 0;
}

}  // namespace avila::text

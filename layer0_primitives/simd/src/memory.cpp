// The portable kernels work on eight bytes at a time in plain integers; the compiler has SSE2 or
// NEON for the loops of count and popcount. AVX2 follows for what the C library does not have.
#include <avila/simd/cpu.hpp>
#include <avila/simd/detail/memory_kernels.hpp>
#include <avila/simd/memory.hpp>
#include <avila/simd/target.hpp>

#include <bit>
#include <cstring>

#if AVILA_X86_64
#include <immintrin.h>
#endif

namespace avila::simd {
namespace {

using Byte = unsigned char;

std::uint64_t load64(const Byte* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

constexpr std::uint64_t kOnes = 0x0101010101010101U, kHigh = 0x8080808080808080U;
/// Non-zero where some byte of `word` is zero (exact for the question "any?").
constexpr std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return (word - kOnes) & ~word & kHigh;
}

std::size_t find_portable(const Byte* from, std::size_t size, Byte a, Byte b, Byte c) noexcept {
  std::size_t i = 0;
  for (; size - i >= 8; i += 8) {
    const std::uint64_t word = load64(from + i);
    if ((zero_bytes(word ^ kOnes * a) | zero_bytes(word ^ kOnes * b) |
         zero_bytes(word ^ kOnes * c)) != 0)
      break;
  }
  while (i < size && from[i] != a && from[i] != b && from[i] != c) ++i;
  return i;
}

std::size_t count_portable(const Byte* from, std::size_t size, Byte value) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < size; ++i) count += from[i] == value ? 1U : 0U;
  return count;
}

std::size_t mismatch_portable(const Byte* a, const Byte* b, std::size_t size) noexcept {
  std::size_t i = 0;
  while (size - i >= 8 && load64(a + i) == load64(b + i)) i += 8;
  while (i < size && a[i] == b[i]) ++i;
  return i;
}

std::uint64_t popcount_portable(const Byte* from, std::size_t size) noexcept {
  std::uint64_t count = 0;
  for (; size >= 8; size -= 8, from += 8)
    count += static_cast<unsigned>(std::popcount(load64(from)));
  for (; size != 0; --size, ++from) count += static_cast<unsigned>(std::popcount(*from));
  return count;
}

#if AVILA_X86_64
AVILA_TARGET_AVX2 std::size_t find_avx2(const Byte* from, std::size_t size, Byte a, Byte b,
                                        Byte c) noexcept {
  const __m256i va = _mm256_set1_epi8(static_cast<char>(a));
  const __m256i vb = _mm256_set1_epi8(static_cast<char>(b));
  const __m256i vc = _mm256_set1_epi8(static_cast<char>(c));
  std::size_t i = 0;
  for (; size - i >= 32; i += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
    const __m256i hit =
        _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, va), _mm256_cmpeq_epi8(v, vb)),
                        _mm256_cmpeq_epi8(v, vc));
    const auto mask = static_cast<unsigned>(_mm256_movemask_epi8(hit));
    if (mask != 0) return i + static_cast<unsigned>(std::countr_zero(mask));
  }
  return i + find_portable(from + i, size - i, a, b, c);
}

AVILA_TARGET_AVX2 std::size_t count_avx2(const Byte* from, std::size_t size, Byte value) noexcept {
  const __m256i wanted = _mm256_set1_epi8(static_cast<char>(value));
  __m256i total = _mm256_setzero_si256();
  std::size_t i = 0;
  while (size - i >= 32) {
    __m256i bytes = _mm256_setzero_si256();  // of each lane, up to 255 hits
    for (int n = 0; n < 255 && size - i >= 32; ++n, i += 32) {
      const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
      bytes = _mm256_sub_epi8(bytes, _mm256_cmpeq_epi8(v, wanted));
    }
    total = _mm256_add_epi64(total, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
  }
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), total);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + count_portable(from + i, size - i, value);
}

AVILA_TARGET_AVX2 std::size_t mismatch_avx2(const Byte* a, const Byte* b,
                                            std::size_t size) noexcept {
  std::size_t i = 0;
  for (; size - i >= 32; i += 32) {
    const __m256i va = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i));
    const __m256i vb = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i));
    const auto same = static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(va, vb)));
    if (same != 0xFFFFFFFFU) return i + static_cast<unsigned>(std::countr_one(same));
  }
  return i + mismatch_portable(a + i, b + i, size - i);
}

/// Mula's method: the bits of each nibble are looked up.
AVILA_TARGET_AVX2 std::uint64_t popcount_avx2(const Byte* from, std::size_t size) noexcept {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low4 = _mm256_set1_epi8(15);
  __m256i total = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; size - i >= 32; i += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
    const __m256i bits = _mm256_add_epi8(
        _mm256_shuffle_epi8(table, _mm256_and_si256(v, low4)),
        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low4)));
    total = _mm256_add_epi64(total, _mm256_sad_epu8(bits, _mm256_setzero_si256()));
  }
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), total);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + popcount_portable(from + i, size - i);
}
#define AVILA_AVX2_THEN_PORTABLE(function) \
  {"avx2", has_avx2, function##_avx2}, { "portable", always, function##_portable }
#else
#define AVILA_AVX2_THEN_PORTABLE(function) {"portable", always, function##_portable}
#endif

constexpr Kernel<detail::FindFn> kFind[] = {AVILA_AVX2_THEN_PORTABLE(find)};
constexpr Kernel<detail::CountFn> kCount[] = {AVILA_AVX2_THEN_PORTABLE(count)};
constexpr Kernel<detail::MismatchFn> kMismatch[] = {AVILA_AVX2_THEN_PORTABLE(mismatch)};
constexpr Kernel<detail::PopcountFn> kPopcount[] = {AVILA_AVX2_THEN_PORTABLE(popcount)};

const Byte* raw(ByteSpan bytes) noexcept { return reinterpret_cast<const Byte*>(bytes.data()); }

std::size_t find(ByteSpan bytes, std::byte a, std::byte b, std::byte c) noexcept {
  static const detail::FindFn run = select(kFind);
  const std::size_t at = run(raw(bytes), bytes.size(), static_cast<Byte>(a), static_cast<Byte>(b),
                             static_cast<Byte>(c));
  return at == bytes.size() ? kNotFound : at;
}

template <class Pattern>
void fill_pattern(MutableByteSpan to, Pattern pattern) noexcept {
  std::size_t i = 0;
  for (; to.size() - i >= sizeof pattern; i += sizeof pattern)
    std::memcpy(to.data() + i, &pattern, sizeof pattern);
  if (i < to.size()) std::memcpy(to.data() + i, &pattern, to.size() - i);
}

}  // namespace

namespace detail {
std::span<const Kernel<FindFn>> find_kernels() noexcept { return kFind; }
std::span<const Kernel<CountFn>> count_kernels() noexcept { return kCount; }
std::span<const Kernel<MismatchFn>> mismatch_kernels() noexcept { return kMismatch; }
std::span<const Kernel<PopcountFn>> popcount_kernels() noexcept { return kPopcount; }
}  // namespace detail

// The C library has kernels of its own for these four.
std::size_t find_byte(ByteSpan bytes, std::byte value) noexcept {
  if (bytes.empty()) return kNotFound;
  const void* at = std::memchr(bytes.data(), static_cast<int>(value), bytes.size());
  return at == nullptr ? kNotFound
                       : static_cast<std::size_t>(static_cast<const std::byte*>(at) - bytes.data());
}
bool equal(ByteSpan a, ByteSpan b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
int compare(ByteSpan a, ByteSpan b) noexcept {
  const std::size_t common = a.size() < b.size() ? a.size() : b.size();
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (order != 0) return order;
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}
void copy(MutableByteSpan to, ByteSpan from) noexcept {
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}
void move(MutableByteSpan to, ByteSpan from) noexcept {
  if (!from.empty()) std::memmove(to.data(), from.data(), from.size());
}
void fill(MutableByteSpan to, std::byte value) noexcept {
  if (!to.empty()) std::memset(to.data(), static_cast<int>(value), to.size());
}

std::size_t find_either(ByteSpan bytes, std::byte a, std::byte b) noexcept {
  return find(bytes, a, b, b);
}
std::size_t find_either(ByteSpan bytes, std::byte a, std::byte b, std::byte c) noexcept {
  return find(bytes, a, b, c);
}
std::size_t find_not(ByteSpan bytes, std::byte value) noexcept {
  // Bytes that equal their successor from a first `value` on all equal it.
  if (bytes.empty()) return kNotFound;
  if (bytes[0] != value) return 0;
  const std::size_t same = mismatch(bytes.first(bytes.size() - 1), bytes.subspan(1));
  return same == bytes.size() - 1 ? kNotFound : same + 1;
}

std::size_t count_byte(ByteSpan bytes, std::byte value) noexcept {
  static const detail::CountFn run = select(kCount);
  return run(raw(bytes), bytes.size(), static_cast<Byte>(value));
}

std::size_t mismatch(ByteSpan a, ByteSpan b) noexcept {
  static const detail::MismatchFn run = select(kMismatch);
  return run(raw(a), raw(b), a.size() < b.size() ? a.size() : b.size());
}

std::uint64_t popcount(ByteSpan bytes) noexcept {
  static const detail::PopcountFn run = select(kPopcount);
  return run(raw(bytes), bytes.size());
}

void stream_copy(MutableByteSpan to, ByteSpan from) noexcept {
#if AVILA_X86_64
  constexpr std::size_t kWorthwhile = std::size_t{1} << 20;
  if (from.size() >= kWorthwhile) {
    const std::size_t head = (16 - reinterpret_cast<std::uintptr_t>(to.data()) % 16) % 16;
    copy(to, from.first(head));
    std::size_t i = head;
    for (; from.size() - i >= 64; i += 64) {
      for (std::size_t k = 0; k < 64; k += 16)
        _mm_stream_si128(reinterpret_cast<__m128i*>(to.data() + i + k),
                         _mm_loadu_si128(reinterpret_cast<const __m128i*>(from.data() + i + k)));
    }
    _mm_sfence();
    copy(to.subspan(i), from.subspan(i));
    return;
  }
#endif
  copy(to, from);
}

void fill32(MutableByteSpan to, std::uint32_t pattern) noexcept { fill_pattern(to, pattern); }
void fill64(MutableByteSpan to, std::uint64_t pattern) noexcept { fill_pattern(to, pattern); }

}  // namespace avila::simd

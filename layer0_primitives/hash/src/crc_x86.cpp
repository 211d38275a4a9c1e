// CRC-32C by its instruction, and the tables of all CRC kernels of x86-64. Products of reflected
// words: clmul(a, b) of two 64-bit words whose bit 63 is x^0, read as a 128-bit word whose bit 127
// is x^0, is a * b * x.
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include "crc_kernels.hpp"
#include "crc_tables.hpp"
#if AVILA_X86_64
#include <immintrin.h>

#include <cstring>
#endif

namespace avila::hash::detail {
#if AVILA_X86_64
namespace {

// A 32-bit constant c in the low half of a word stands for c * x^32, so clmul(a, c) = a c x^33.
// Moving a 128-bit word on by `bits` takes its first half (the higher powers) to x^(bits + 64),
// its second to x^bits.
constexpr std::uint64_t fold_constant(std::uint64_t bits, std::uint32_t polynomial) {
  return crc_power(bits - 33, polynomial);
}

AVILA_TARGET_PCLMUL inline __m128i load(const std::byte* p) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
AVILA_TARGET_PCLMUL inline __m128i fold(__m128i acc, __m128i constants, __m128i next) noexcept {
  const __m128i first = _mm_clmulepi64_si128(acc, constants, 0x00);
  const __m128i second = _mm_clmulepi64_si128(acc, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), next);
}
template <std::uint32_t kPolynomial, std::uint64_t kBits>
AVILA_TARGET_PCLMUL inline __m128i fold_by() noexcept {
  static constexpr std::uint64_t kFirst = fold_constant(kBits + 64, kPolynomial);
  static constexpr std::uint64_t kSecond = fold_constant(kBits, kPolynomial);
  return _mm_set_epi64x(static_cast<long long>(kSecond), static_cast<long long>(kFirst));
}

inline std::uint64_t word(const std::byte* p) noexcept {
  std::uint64_t value;
  std::memcpy(&value, p, 8);
  return value;
}

// ---- CRC-32C: the crc32 instruction and folding, side by side on different execution ports

AVILA_TARGET_SSE42 inline std::uint32_t crc32c_serial(const std::byte* in, std::size_t size,
                                                      std::uint32_t state) noexcept {
  std::uint64_t crc = state;
  for (; size >= 8; in += 8, size -= 8) crc = _mm_crc32_u64(crc, word(in));
  auto crc32 = static_cast<std::uint32_t>(crc);
  if ((size & 4) != 0) {
    std::uint32_t value;
    std::memcpy(&value, in, 4);
    crc32 = _mm_crc32_u32(crc32, value);
    in += 4;
  }
  if ((size & 2) != 0) {
    std::uint16_t value;
    std::memcpy(&value, in, 2);
    crc32 = _mm_crc32_u16(crc32, value);
    in += 2;
  }
  if ((size & 1) != 0) crc32 = _mm_crc32_u8(crc32, static_cast<unsigned char>(*in));
  return crc32;
}

AVILA_TARGET_SSE42 std::uint32_t crc32c_sse42(const std::byte* in, std::size_t size,
                                              std::uint32_t state) noexcept {
  return crc32c_serial(in, size, state);
}

// crc * x^(8 * kBytes), but for the reduction that crc32 of the sum of such products does: it
// multiplies by x^32 more, and clmul by x.
template <std::uint64_t kBytes>
AVILA_TARGET_PCLMUL inline __m128i shifted(std::uint64_t crc) noexcept {
  static constexpr std::uint32_t kFactor = crc_power(8 * kBytes - 33, kCrc32cPolynomial);
  return _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(crc)),
                              _mm_cvtsi64_si128(static_cast<long long>(kFactor)), 0x00);
}

// Three lanes of 72 bytes: 27 crc32 instructions, three at a time, in place of a chain of 27.
AVILA_TARGET_PCLMUL inline std::uint64_t three_lanes(const std::byte* in,
                                                     std::uint64_t crc) noexcept {
  constexpr std::size_t kLane = 72;
  std::uint64_t b = 0, c = 0;
  for (std::size_t i = 0; i < kLane; i += 8) {
    crc = _mm_crc32_u64(crc, word(in + i));
    b = _mm_crc32_u64(b, word(in + kLane + i));
    if (i + 8 < kLane) c = _mm_crc32_u64(c, word(in + 2 * kLane + i));
  }
  // The last word of the last lane takes the products of the others along.
  const __m128i sum = _mm_xor_si128(shifted<2 * kLane>(crc), shifted<kLane>(b));
  const auto carried = static_cast<std::uint64_t>(_mm_cvtsi128_si64(sum));
  return _mm_crc32_u64(c, word(in + 3 * kLane - 8) ^ carried);
}

// One block: three lanes of kSteps * 24 bytes for crc32, then kSteps * 64 bytes for clmul. A step
// is 9 crc32 and 8 clmul: both ports are busy all the time.
template <std::size_t kSteps>
struct Fused {
  static constexpr std::size_t kLane = kSteps * 24;
  static constexpr std::size_t kFolded = kSteps * 64;
  static constexpr std::size_t kBlock = 3 * kLane + kFolded;

  AVILA_TARGET_PCLMUL static std::uint64_t run(const std::byte* in, std::uint64_t crc) noexcept {
    const __m128i by512 = fold_by<kCrc32cPolynomial, 512>();
    const std::byte* v = in + 3 * kLane;
    __m128i x = load(v), y = load(v + 16), z = load(v + 32), w = load(v + 48);
    std::uint64_t a = crc, b = 0, c = 0;
    const std::byte* p = in;
    for (std::size_t step = 1;; ++step) {
      a = _mm_crc32_u64(a, word(p));
      b = _mm_crc32_u64(b, word(p + kLane));
      c = _mm_crc32_u64(c, word(p + 2 * kLane));
      a = _mm_crc32_u64(a, word(p + 8));
      b = _mm_crc32_u64(b, word(p + kLane + 8));
      c = _mm_crc32_u64(c, word(p + 2 * kLane + 8));
      a = _mm_crc32_u64(a, word(p + 16));
      b = _mm_crc32_u64(b, word(p + kLane + 16));
      c = _mm_crc32_u64(c, word(p + 2 * kLane + 16));
      if (step == kSteps) break;
      p += 24, v += 64;
      x = fold(x, by512, load(v)), y = fold(y, by512, load(v + 16));
      z = fold(z, by512, load(v + 32)), w = fold(w, by512, load(v + 48));
    }
    const __m128i by256 = fold_by<kCrc32cPolynomial, 256>();
    const __m128i by128 = fold_by<kCrc32cPolynomial, 128>();
    x = fold(fold(x, by256, z), by128, fold(y, by256, w));
    const __m128i sum =
        _mm_xor_si128(shifted<2 * kLane + kFolded>(a),
                      _mm_xor_si128(shifted<kLane + kFolded>(b), shifted<kFolded>(c)));
    const std::uint64_t first = _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(x)));
    return _mm_crc32_u64(first, static_cast<std::uint64_t>(_mm_extract_epi64(x, 1)) ^
                                    static_cast<std::uint64_t>(_mm_cvtsi128_si64(sum)));
  }
};

AVILA_NOINLINE AVILA_TARGET_PCLMUL std::uint32_t crc32c_long(const std::byte* in, std::size_t size,
                                                             std::uint64_t crc) noexcept {
  using Large = Fused<60>;  // 8,160 bytes
  using Medium = Fused<7>;  // 952 bytes
  for (; size >= Large::kBlock; in += Large::kBlock, size -= Large::kBlock)
    crc = Large::run(in, crc);
  for (; size >= Medium::kBlock; in += Medium::kBlock, size -= Medium::kBlock)
    crc = Medium::run(in, crc);
  for (; size >= 216; in += 216, size -= 216) crc = three_lanes(in, crc);
  return crc32c_serial(in, size, static_cast<std::uint32_t>(crc));
}

// Short inputs stay out of the function above, which has registers to save.
AVILA_TARGET_PCLMUL std::uint32_t crc32c_pclmul(const std::byte* in, std::size_t size,
                                                std::uint32_t state) noexcept {
  if (size >= 216) return crc32c_long(in, size, state);
  std::uint64_t crc = state;
  for (; size >= 64; in += 64, size -= 64) {
    crc = _mm_crc32_u64(crc, word(in)), crc = _mm_crc32_u64(crc, word(in + 8));
    crc = _mm_crc32_u64(crc, word(in + 16)), crc = _mm_crc32_u64(crc, word(in + 24));
    crc = _mm_crc32_u64(crc, word(in + 32)), crc = _mm_crc32_u64(crc, word(in + 40));
    crc = _mm_crc32_u64(crc, word(in + 48)), crc = _mm_crc32_u64(crc, word(in + 56));
  }
  if (size == 0) return static_cast<std::uint32_t>(crc);
  return crc32c_serial(in, size, static_cast<std::uint32_t>(crc));
}

// ---- the tables

std::uint32_t crc32_pclmul(const std::byte* in, std::size_t size, std::uint32_t state) noexcept {
  if (size < kCrcFoldMin) return crc32_portable(in, size, state);
  return static_cast<std::uint32_t>(crc32_fold_pclmul(in, size, state));
}
std::uint32_t crc32_vpclmul(const std::byte* in, std::size_t size, std::uint32_t state) noexcept {
  if (size < kCrcFoldMin) return crc32_portable(in, size, state);
  return static_cast<std::uint32_t>(crc32_fold_vpclmul(in, size, state));
}
std::uint32_t crc32c_vpclmul(const std::byte* in, std::size_t size, std::uint32_t state) noexcept {
  if (size < 256) return crc32c_pclmul(in, size, state);
  return static_cast<std::uint32_t>(crc32c_fold_vpclmul(in, size, state));
}
std::uint64_t crc64nvme_pclmul(const std::byte* in, std::size_t size,
                               std::uint64_t state) noexcept {
  if (size < kCrcFoldMin) return crc64nvme_portable(in, size, state);
  return crc64nvme_fold_pclmul(in, size, state);
}
std::uint64_t crc64nvme_vpclmul(const std::byte* in, std::size_t size,
                                std::uint64_t state) noexcept {
  if (size < kCrcFoldMin) return crc64nvme_portable(in, size, state);
  return crc64nvme_fold_vpclmul(in, size, state);
}

bool has_crc_and_pclmul() noexcept { return simd::has_pclmul() && simd::has_sse42(); }

constexpr simd::Kernel<CrcFn<std::uint32_t>> kCrc32[] = {
    {"vpclmul", simd::has_avx512vaes, crc32_vpclmul},
    {"pclmul", has_crc_and_pclmul, crc32_pclmul},
    {"portable", simd::always, crc32_portable}};
constexpr simd::Kernel<CrcFn<std::uint32_t>> kCrc32c[] = {
    {"vpclmul", simd::has_avx512vaes, crc32c_vpclmul},
    {"pclmul", has_crc_and_pclmul, crc32c_pclmul},
    {"sse42", simd::has_sse42, crc32c_sse42},
    {"portable", simd::always, crc32c_portable}};
constexpr simd::Kernel<CrcFn<std::uint64_t>> kCrc64Nvme[] = {
    {"vpclmul", simd::has_avx512vaes, crc64nvme_vpclmul},
    {"pclmul", has_crc_and_pclmul, crc64nvme_pclmul},
    {"portable", simd::always, crc64nvme_portable}};
}  // namespace
#else
namespace {
constexpr simd::Kernel<CrcFn<std::uint32_t>> kCrc32[] = {
    {"portable", simd::always, crc32_portable}};
constexpr simd::Kernel<CrcFn<std::uint32_t>> kCrc32c[] = {
    {"portable", simd::always, crc32c_portable}};
constexpr simd::Kernel<CrcFn<std::uint64_t>> kCrc64Nvme[] = {
    {"portable", simd::always, crc64nvme_portable}};
}  // namespace
#endif

std::span<const simd::Kernel<CrcFn<std::uint32_t>>> crc32_kernels() noexcept { return kCrc32; }
std::span<const simd::Kernel<CrcFn<std::uint32_t>>> crc32c_kernels() noexcept { return kCrc32c; }
std::span<const simd::Kernel<CrcFn<std::uint64_t>>> crc64nvme_kernels() noexcept {
  return kCrc64Nvme;
}
CrcFn<std::uint32_t> select_crc32() noexcept { return simd::select(kCrc32); }
CrcFn<std::uint32_t> select_crc32c() noexcept { return simd::select(kCrc32c); }
CrcFn<std::uint64_t> select_crc64nvme() noexcept { return simd::select(kCrc64Nvme); }

}  // namespace avila::hash::detail

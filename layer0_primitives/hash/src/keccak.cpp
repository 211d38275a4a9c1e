// Keccak-f[1600] of FIPS 202 §3: one body over two kinds of lanes. In general registers (with
// and-not and three-operand rotations where the machine has them), and in one 128-bit register a
// lane, of which the lower half counts: AVX-512VL has 32 of them, so the whole state stays in
// registers, and a three-input operation does each step of theta and chi.
#include <avila/primitives/endian.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <bit>

#include "keccak_kernels.hpp"
#if AVILA_X86_64
#include <immintrin.h>
#endif

namespace avila::hash::detail {
namespace {

// §3.2.5.
constexpr std::uint64_t kRoundConstants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

struct Scalar {
  using Lane = std::uint64_t;
  static AVILA_ALWAYS_INLINE Lane load(const std::uint64_t* from) noexcept { return *from; }
  static AVILA_ALWAYS_INLINE void store(std::uint64_t* to, Lane a) noexcept { *to = a; }
  static AVILA_ALWAYS_INLINE Lane xor3(Lane a, Lane b, Lane c) noexcept { return a ^ b ^ c; }
  static AVILA_ALWAYS_INLINE Lane xor2(Lane a, Lane b) noexcept { return a ^ b; }
  static AVILA_ALWAYS_INLINE Lane chi(Lane a, Lane b, Lane c) noexcept { return a ^ (~b & c); }
  template <int kBits>
  static AVILA_ALWAYS_INLINE Lane rotate(Lane a) noexcept {
    return std::rotl(a, kBits);
  }
};

#if AVILA_X86_64
struct Avx512 {
  using Lane = __m128i;
  AVILA_TARGET_AVX512 static inline Lane load(const std::uint64_t* from) noexcept {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  }
  AVILA_TARGET_AVX512 static inline void store(std::uint64_t* to, Lane a) noexcept {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), a);
  }
  AVILA_TARGET_AVX512 static inline Lane xor3(Lane a, Lane b, Lane c) noexcept {
    return _mm_ternarylogic_epi64(a, b, c, 0x96);
  }
  AVILA_TARGET_AVX512 static inline Lane xor2(Lane a, Lane b) noexcept {
    return _mm_xor_si128(a, b);
  }
  AVILA_TARGET_AVX512 static inline Lane chi(Lane a, Lane b, Lane c) noexcept {
    return _mm_ternarylogic_epi64(a, b, c, 0xD2);
  }
  template <int kBits>
  AVILA_TARGET_AVX512 static inline Lane rotate(Lane a) noexcept {
    return _mm_rol_epi64(a, kBits);
  }
};
#endif

// One row of the output: theta's sum and rho on the five lanes that pi brings here, then chi.
// Arguments after the place in the output: source lane, column and rotation of each.
#define AVILA_KECCAK_ROW(A, E, to, l0, r0, l1, r1, l2, r2, l3, r3, l4, r4)    \
  {                                                                           \
    const auto b0 = P::template rotate<r0>(AVILA_KECCAK_THETA(A, l0));        \
    const auto b1 = P::template rotate<r1>(AVILA_KECCAK_THETA(A, l1));        \
    const auto b2 = P::template rotate<r2>(AVILA_KECCAK_THETA(A, l2));        \
    const auto b3 = P::template rotate<r3>(AVILA_KECCAK_THETA(A, l3));        \
    const auto b4 = P::template rotate<r4>(AVILA_KECCAK_THETA(A, l4));        \
    E##_(to) = P::chi(b0, b1, b2), E##_((to) + 1) = P::chi(b1, b2, b3);       \
    E##_((to) + 2) = P::chi(b2, b3, b4), E##_((to) + 3) = P::chi(b3, b4, b0); \
    E##_((to) + 4) = P::chi(b4, b0, b1);                                      \
  }
#define A_(lane) a[lane]
#define E_(lane) e[lane]
#define AVILA_KECCAK_THETA(A, lane) P::xor2(A##_(lane), d[(lane) % 5])
#define AVILA_KECCAK_COLUMN(A, x) \
  P::xor3(P::xor3(A##_(x), A##_((x) + 5), A##_((x) + 10)), A##_((x) + 15), A##_((x) + 20))
#define AVILA_KECCAK_D(x, y) P::xor2(c[x], P::template rotate<1>(c[y]))
#define AVILA_KECCAK_ROUND(A, E, constant)                                               \
  {                                                                                      \
    const Lane c[5] = {AVILA_KECCAK_COLUMN(A, 0), AVILA_KECCAK_COLUMN(A, 1),             \
                       AVILA_KECCAK_COLUMN(A, 2), AVILA_KECCAK_COLUMN(A, 3),             \
                       AVILA_KECCAK_COLUMN(A, 4)};                                       \
    const Lane d[5] = {AVILA_KECCAK_D(4, 1), AVILA_KECCAK_D(0, 2), AVILA_KECCAK_D(1, 3), \
                       AVILA_KECCAK_D(2, 4), AVILA_KECCAK_D(3, 0)};                      \
    AVILA_KECCAK_ROW(A, E, 0, 0, 0, 6, 44, 12, 43, 18, 21, 24, 14)                       \
    E##_(0) = P::xor2(E##_(0), P::load(constant));                                       \
    AVILA_KECCAK_ROW(A, E, 5, 3, 28, 9, 20, 10, 3, 16, 45, 22, 61)                       \
    AVILA_KECCAK_ROW(A, E, 10, 1, 1, 7, 6, 13, 25, 19, 8, 20, 18)                        \
    AVILA_KECCAK_ROW(A, E, 15, 4, 27, 5, 36, 11, 10, 17, 15, 23, 56)                     \
    AVILA_KECCAK_ROW(A, E, 20, 2, 62, 8, 55, 14, 39, 15, 41, 21, 2)                      \
  }
// Add a block to the lanes in memory, permute them in registers.
#define AVILA_KECCAK_BODY(Policy)                                                       \
  using P = Policy;                                                                     \
  using Lane = P::Lane;                                                                 \
  for (; blocks != 0; --blocks, in += rate) {                                           \
    for (std::size_t i = 0; i < rate / 8; ++i) lanes[i] ^= load_le64(in + 8 * i);       \
    Lane a[25], e[25];                                                                  \
    AVILA_KECCAK_UNROLL for (std::size_t i = 0; i < 25; ++i) a[i] = P::load(lanes + i); \
    for (std::size_t round = 0; round < 24; round += 2) {                               \
      AVILA_KECCAK_ROUND(A, E, kRoundConstants + round)                                 \
      AVILA_KECCAK_ROUND(E, A, kRoundConstants + round + 1)                             \
    }                                                                                   \
    AVILA_KECCAK_UNROLL for (std::size_t i = 0; i < 25; ++i) P::store(lanes + i, a[i]); \
  }
#if defined(__clang__)
#define AVILA_KECCAK_UNROLL _Pragma("unroll")
#else
#define AVILA_KECCAK_UNROLL _Pragma("GCC unroll 25")
#endif

void blocks_portable(std::uint64_t lanes[25], const std::byte* in, std::size_t blocks,
                     std::size_t rate) noexcept {AVILA_KECCAK_BODY(Scalar)}
#if AVILA_X86_64
AVILA_TARGET_BMI2
    void blocks_bmi2(std::uint64_t lanes[25], const std::byte* in, std::size_t blocks,
                     std::size_t rate) noexcept {AVILA_KECCAK_BODY(Scalar)} AVILA_TARGET_AVX512
    void blocks_avx512(std::uint64_t lanes[25], const std::byte* in, std::size_t blocks,
                       std::size_t rate) noexcept {
  AVILA_KECCAK_BODY(Avx512)
}
#endif

constexpr simd::Kernel<KeccakFn> kKernels[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, blocks_avx512},
    {"bmi2", simd::has_bmi2, blocks_bmi2},
#endif
    {"portable", simd::always, blocks_portable}};

}  // namespace

std::span<const simd::Kernel<KeccakFn>> keccak_kernels() noexcept { return kKernels; }

void keccak_blocks(std::uint64_t lanes[25], const std::byte* in, std::size_t blocks,
                   std::size_t rate) noexcept {
  static const KeccakFn chosen = simd::select(kKernels);
  chosen(lanes, in, blocks, rate);
}

}  // namespace avila::hash::detail

#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <avila/simd/vec.hpp>

#include "scrypt_kernels.hpp"

namespace avila::kdf::detail {
namespace {

using Words = simd::Vec<std::uint32_t, 4>;
constexpr std::size_t kBlockWords = 16;
constexpr std::size_t kCacheLineWords = 16;

/// One Salsa20 block in diagonal order: each vector is a wrapped diagonal of the 4 x 4 matrix, so
/// that a quarter of a round is one addition, one rotation, one xor.
struct Block {
  Words a, b, c, d;
};

AVILA_ALWAYS_INLINE Block load(const std::uint32_t* p) noexcept {
  return {Words::load(p), Words::load(p + 4), Words::load(p + 8), Words::load(p + 12)};
}
AVILA_ALWAYS_INLINE Block operator^(const Block& x, const Block& y) noexcept {
  return {x.a ^ y.a, x.b ^ y.b, x.c ^ y.c, x.d ^ y.d};
}
template <unsigned kBits>
AVILA_ALWAYS_INLINE Words rotl(Words x) noexcept {
  return (x << kBits) | (x >> (32 - kBits));  // one instruction with AVX-512
}
template <int kBy>
AVILA_ALWAYS_INLINE Words turn(Words x) noexcept {
  return {__builtin_shufflevector(x.native, x.native, kBy, (kBy + 1) % 4, (kBy + 2) % 4,
                                  (kBy + 3) % 4)};
}

/// RFC 7914 section 3: four double rounds, then the input added.
AVILA_ALWAYS_INLINE Block salsa20_8(const Block& in) noexcept {
  Block x = in;
  for (int i = 0; i < 4; ++i) {
    x.b = x.b ^ rotl<7>(x.a + x.d);  // columns
    x.c = x.c ^ rotl<9>(x.b + x.a);
    x.d = x.d ^ rotl<13>(x.c + x.b);
    x.a = x.a ^ rotl<18>(x.d + x.c);
    x.b = turn<3>(x.b), x.c = turn<2>(x.c), x.d = turn<1>(x.d);
    x.d = x.d ^ rotl<7>(x.a + x.b);  // rows
    x.c = x.c ^ rotl<9>(x.d + x.a);
    x.b = x.b ^ rotl<13>(x.c + x.d);
    x.a = x.a ^ rotl<18>(x.b + x.c);
    x.b = turn<1>(x.b), x.c = turn<2>(x.c), x.d = turn<3>(x.d);
  }
  return {x.a + in.a, x.b + in.b, x.c + in.c, x.d + in.d};
}

/// Block i of `in`, or of `in` xor `other`.
template <bool kXor>
AVILA_ALWAYS_INLINE Block block(const std::uint32_t* in,
                                [[maybe_unused]] const std::uint32_t* other,
                                std::size_t i) noexcept {
  const Block x = load(in + i * kBlockWords);
  if constexpr (kXor) return x ^ load(other + i * kBlockWords);
  return x;
}

/// RFC 7914 section 4 of `in`, or of `in` xor `other`: blocks of even index first, then the odd.
template <bool kXor>
AVILA_ALWAYS_INLINE void block_mix(const std::uint32_t* in, const std::uint32_t* other,
                                   std::uint32_t* out, std::size_t r) noexcept {
  Block x = block<kXor>(in, other, 2 * r - 1);
  for (std::size_t i = 0; i < 2 * r; ++i) {
    x = salsa20_8(x ^ block<kXor>(in, other, i));
    std::uint32_t* const to = out + (i / 2 + i % 2 * r) * kBlockWords;
    x.a.store(to), x.b.store(to + 4), x.c.store(to + 8), x.d.store(to + 12);
  }
}

AVILA_ALWAYS_INLINE void romix_body(std::uint32_t* x, std::uint32_t* y, std::uint32_t* v,
                                    std::size_t r, std::uint64_t n) noexcept {
  const std::size_t size = 2 * r * kBlockWords;
  std::memcpy(v, x, size * sizeof *x);
  for (std::uint64_t i = 1; i < n; ++i)  // step 2, without the copy
    block_mix<false>(v + (i - 1) * size, nullptr, v + i * size, r);
  block_mix<false>(v + (n - 1) * size, nullptr, x, r);
  // Step 3. Integerify is the first words of the last block; n is no larger than one of them.
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint32_t* const chosen = v + (x[size - kBlockWords] & (n - 1)) * size;
    for (std::size_t k = 0; k < size; k += kCacheLineWords) __builtin_prefetch(chosen + k);
    block_mix<true>(x, chosen, y, r);
    std::uint32_t* const mixed = y;
    y = x, x = mixed;
  }  // n is even: the result is in the caller's x
}

void romix_portable(std::uint32_t* x, std::uint32_t* y, std::uint32_t* v, std::size_t r,
                    std::uint64_t n) noexcept {
  romix_body(x, y, v, r, n);
}
#if AVILA_X86_64
AVILA_TARGET_AVX512 void romix_avx512(std::uint32_t* x, std::uint32_t* y, std::uint32_t* v,
                                      std::size_t r, std::uint64_t n) noexcept {
  romix_body(x, y, v, r, n);
}
#endif

constexpr simd::Kernel<RomixFn> kKernels[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, romix_avx512},
#endif
    {"portable", simd::always, romix_portable}};  // SSE2 on x86-64; AVX2 gains nothing

}  // namespace

std::span<const simd::Kernel<RomixFn>> romix_kernels() noexcept { return kKernels; }

void romix(std::uint32_t* x, std::uint32_t* y, std::uint32_t* v, std::size_t r,
           std::uint64_t n) noexcept {
  static const RomixFn chosen = simd::select(kKernels);
  chosen(x, y, v, r, n);
}

}  // namespace avila::kdf::detail

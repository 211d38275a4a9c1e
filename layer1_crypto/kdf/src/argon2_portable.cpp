#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include <bit>

#include "argon2_kernels.hpp"

namespace avila::kdf::detail {
namespace {

/// RFC 9106 section 3.6: BLAKE2's addition with the product of the low halves.
inline std::uint64_t add(std::uint64_t x, std::uint64_t y) noexcept {
  return x + y + 2 * (x & 0xffffffffU) * (y & 0xffffffffU);
}

inline void mix(std::uint64_t& a, std::uint64_t& b, std::uint64_t& c, std::uint64_t& d) noexcept {
  a = add(a, b), d = std::rotr(d ^ a, 32);
  c = add(c, d), b = std::rotr(b ^ c, 24);
  a = add(a, b), d = std::rotr(d ^ a, 16);
  c = add(c, d), b = std::rotr(b ^ c, 63);
}

/// The permutation P over the eight registers of 16 bytes at p, p + step, …
void permute(std::uint64_t* p, std::size_t step) noexcept {
  const auto v = [p, step](std::size_t i) -> std::uint64_t& { return p[i / 2 * step + i % 2]; };
  for (std::size_t i = 0; i < 4; ++i) mix(v(i), v(4 + i), v(8 + i), v(12 + i));
  for (std::size_t i = 0; i < 4; ++i)
    mix(v(i), v(4 + (i + 1) % 4), v(8 + (i + 2) % 4), v(12 + (i + 3) % 4));
}

constexpr simd::Kernel<Argon2Fn> kKernels[] = {
#if AVILA_X86_64
    {"avx512", simd::has_avx512, argon2_compress_avx512},
    {"avx2", simd::has_avx2, argon2_compress_avx2},
#endif
    {"portable", simd::always, argon2_compress_portable}};

}  // namespace

void argon2_compress_portable(const Argon2Block& x, const Argon2Block& y, Argon2Block& next,
                              bool with_xor) noexcept {
  Argon2Block r, z;
  for (std::size_t i = 0; i < Argon2Block::kWords; ++i) {
    r.words[i] = x.words[i] ^ y.words[i];
    z.words[i] = with_xor ? r.words[i] ^ next.words[i] : r.words[i];
  }
  for (std::size_t row = 0; row < 8; ++row) permute(r.words + 16 * row, 2);
  for (std::size_t column = 0; column < 8; ++column) permute(r.words + 2 * column, 16);
  for (std::size_t i = 0; i < Argon2Block::kWords; ++i) next.words[i] = z.words[i] ^ r.words[i];
}

std::span<const simd::Kernel<Argon2Fn>> argon2_kernels() noexcept { return kKernels; }

Argon2Fn argon2_compress() noexcept {
  static const Argon2Fn chosen = simd::select(kKernels);
  return chosen;
}

}  // namespace avila::kdf::detail

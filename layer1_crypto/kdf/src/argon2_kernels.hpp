// The compression function G of Argon2 (RFC 9106 section 3.5).
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::kdf::detail {

struct alignas(64) Argon2Block {
  static constexpr std::size_t kWords = 128;
  std::uint64_t words[kWords];
};

/// next = G(x, y), or next ^= G(x, y). `next` may be x or y.
using Argon2Fn = void (*)(const Argon2Block& x, const Argon2Block& y, Argon2Block& next,
                          bool with_xor) noexcept;

void argon2_compress_portable(const Argon2Block& x, const Argon2Block& y, Argon2Block& next,
                              bool with_xor) noexcept;
#if defined(__x86_64__)
void argon2_compress_avx2(const Argon2Block& x, const Argon2Block& y, Argon2Block& next,
                          bool with_xor) noexcept;
void argon2_compress_avx512(const Argon2Block& x, const Argon2Block& y, Argon2Block& next,
                            bool with_xor) noexcept;
#endif

std::span<const simd::Kernel<Argon2Fn>> argon2_kernels() noexcept;
/// The best for this machine.
Argon2Fn argon2_compress() noexcept;

}  // namespace avila::kdf::detail

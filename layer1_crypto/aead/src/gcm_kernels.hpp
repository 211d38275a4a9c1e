#pragma once
#include <avila/cipher/detail/aes_blocks.hpp>
#include <avila/mac/detail/polyval.hpp>
#include <avila/simd/dispatch.hpp>
#include <span>

namespace avila::aead::detail {

/// Counter mode and GHASH in one pass over a multiple of some blocks; returns the blocks done, as
/// many as it can do well. `counter` (its last 32 bits, big-endian) and `hash` move on. The hash is
/// of what is ciphertext: `out` when encrypting, else `in`.
using GcmFn = std::size_t (*)(const cipher::detail::AesSchedule& schedule,
                              const mac::detail::PolyvalKey& key, std::byte counter[16],
                              std::byte hash[16], const std::byte* in, std::byte* out,
                              std::size_t blocks, bool encrypt) noexcept;
std::span<const simd::Kernel<GcmFn>> gcm_kernels() noexcept;
GcmFn gcm_blocks() noexcept;

}  // namespace avila::aead::detail

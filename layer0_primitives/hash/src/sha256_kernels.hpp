// Compression of whole 64-byte blocks into a SHA-256 state.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

/// Compresses the blocks at `in`, then those at `last`: a message and its padding without the state
/// going through memory between them.
using Sha256Fn = void (*)(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                          const std::byte* last, std::size_t last_blocks) noexcept;

extern const std::uint32_t kSha256Constants[64];
void sha256_blocks_portable(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                            const std::byte* last, std::size_t last_blocks) noexcept;

/// The first name is the best for this machine; the last one is portable.
std::span<const simd::Kernel<Sha256Fn>> sha256_kernels() noexcept;
void sha256_blocks(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                   const std::byte* last = nullptr, std::size_t last_blocks = 0) noexcept;

/// The code of the SHA-NI kernel over its three instructions written out in C++, for tests on
/// machines without them (they need SSE4.1). Null where it cannot be built.
Sha256Fn sha256_blocks_sha_ni_emulated() noexcept;

}  // namespace avila::hash::detail

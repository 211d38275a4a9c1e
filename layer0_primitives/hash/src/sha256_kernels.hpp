// Compression of whole 64-byte blocks into a SHA-256 state.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::hash::detail {

using Sha256Fn = void (*)(std::uint32_t state[8], const std::byte* in, std::size_t blocks) noexcept;

extern const std::uint32_t kSha256Constants[64];
void sha256_blocks_portable(std::uint32_t state[8], const std::byte* in,
                            std::size_t blocks) noexcept;

}  // namespace avila::hash::detail

// Compression of whole 64-byte blocks into a SHA-1 state.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

using Sha1Fn = void (*)(std::uint32_t state[5], const std::byte* in, std::size_t blocks) noexcept;

std::span<const simd::Kernel<Sha1Fn>> sha1_kernels() noexcept;
void sha1_blocks(std::uint32_t state[5], const std::byte* in, std::size_t blocks) noexcept;

}  // namespace avila::hash::detail

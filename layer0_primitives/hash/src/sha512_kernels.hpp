// Compression of whole 128-byte blocks into a SHA-512 state.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

using Sha512Fn = void (*)(std::uint64_t state[8], const std::byte* in, std::size_t blocks) noexcept;

std::span<const simd::Kernel<Sha512Fn>> sha512_kernels() noexcept;
void sha512_blocks(std::uint64_t state[8], const std::byte* in, std::size_t blocks) noexcept;

}  // namespace avila::hash::detail

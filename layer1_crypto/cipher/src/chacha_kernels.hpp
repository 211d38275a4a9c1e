#pragma once
#include <avila/cipher/detail/chacha_blocks.hpp>
#include <avila/simd/dispatch.hpp>
#include <span>

namespace avila::cipher::detail {

void chacha_portable(std::uint32_t state[16], const std::byte* in, std::byte* out,
                     std::size_t blocks) noexcept;
std::span<const simd::Kernel<ChaChaFn>> chacha_kernels() noexcept;

}  // namespace avila::cipher::detail

// Keccak-f[1600] over whole blocks.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

/// For each of `blocks` blocks of `rate` bytes (a multiple of 8): adds it to the state, permutes.
/// The state's lanes are words of the machine, lane x + 5 y at [x + 5 y].
using KeccakFn = void (*)(std::uint64_t lanes[25], const std::byte* in, std::size_t blocks,
                          std::size_t rate) noexcept;

std::span<const simd::Kernel<KeccakFn>> keccak_kernels() noexcept;
void keccak_blocks(std::uint64_t lanes[25], const std::byte* in, std::size_t blocks,
                   std::size_t rate) noexcept;

}  // namespace avila::hash::detail

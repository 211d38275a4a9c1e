#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

using Adler32Fn = std::uint32_t (*)(const std::byte* in, std::size_t size,
                                    std::uint32_t adler) noexcept;
std::span<const simd::Kernel<Adler32Fn>> adler32_kernels() noexcept;

}  // namespace avila::hash::detail

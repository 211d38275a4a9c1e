#pragma once
#include <avila/mac/detail/poly1305_blocks.hpp>
#include <avila/simd/dispatch.hpp>
#include <span>

namespace avila::mac::detail {

using Poly1305Fn = void (*)(Poly1305State& state, const std::byte* in, std::size_t blocks,
                            std::uint64_t high) noexcept;
void poly1305_portable(Poly1305State& state, const std::byte* in, std::size_t blocks,
                       std::uint64_t high) noexcept;
// poly1305_avx2.cpp; for machines with AVX2.
void poly1305_avx2(Poly1305State& state, const std::byte* in, std::size_t blocks,
                   std::uint64_t high) noexcept;
std::span<const simd::Kernel<Poly1305Fn>> poly1305_kernels() noexcept;

}  // namespace avila::mac::detail

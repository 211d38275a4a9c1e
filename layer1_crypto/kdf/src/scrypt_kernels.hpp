// scryptROMix (RFC 7914 section 5).
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::kdf::detail {

/// `x` and `y`: 32 r words, `v`: 32 r n words. Blocks of 16 words are in
/// diagonal order: word i of one is word scrypt_diagonal(i) of the RFC's. x becomes the result.
using RomixFn = void (*)(std::uint32_t* x, std::uint32_t* y, std::uint32_t* v, std::size_t r,
                         std::uint64_t n) noexcept;

constexpr std::size_t scrypt_diagonal(std::size_t i) noexcept { return i * 5 % 16; }

std::span<const simd::Kernel<RomixFn>> romix_kernels() noexcept;
void romix(std::uint32_t* x, std::uint32_t* y, std::uint32_t* v, std::size_t r,
           std::uint64_t n) noexcept;

}  // namespace avila::kdf::detail

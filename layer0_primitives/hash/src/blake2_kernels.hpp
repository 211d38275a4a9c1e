// The compression function F of BLAKE2 (RFC 7693 §3.2) over whole blocks.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

/// `counter` is the count of bytes up to the end of the first block; it grows by a block each.
/// `last` is all ones for the last block of the message, else zero.
template <class Word>
using Blake2Fn = void (*)(Word state[8], const std::byte* in, std::size_t blocks,
                          std::uint64_t counter, Word last) noexcept;

/// §2.7.
inline constexpr std::uint8_t kBlake2Schedule[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

/// §2.6: the initial values of SHA-512 and SHA-256.
template <class Word>
inline constexpr Word kBlake2Iv[8] = {};
template <>
inline constexpr std::uint64_t kBlake2Iv<std::uint64_t>[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
template <>
inline constexpr std::uint32_t kBlake2Iv<std::uint32_t>[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

std::span<const simd::Kernel<Blake2Fn<std::uint64_t>>> blake2b_kernels() noexcept;
std::span<const simd::Kernel<Blake2Fn<std::uint32_t>>> blake2s_kernels() noexcept;
void blake2_blocks(std::uint64_t state[8], const std::byte* in, std::size_t blocks,
                   std::uint64_t counter, std::uint64_t last) noexcept;
void blake2_blocks(std::uint32_t state[8], const std::byte* in, std::size_t blocks,
                   std::uint64_t counter, std::uint32_t last) noexcept;

}  // namespace avila::hash::detail

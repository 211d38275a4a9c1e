// The kernels behind memory.hpp, for tests to compare.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::simd::detail {

/// Three bytes searched for (equal ones where fewer are wanted); the size where there is none.
using FindFn = std::size_t (*)(const unsigned char* from, std::size_t size, unsigned char a,
                               unsigned char b, unsigned char c) noexcept;
using CountFn = std::size_t (*)(const unsigned char* from, std::size_t size,
                                unsigned char value) noexcept;
using MismatchFn = std::size_t (*)(const unsigned char* a, const unsigned char* b,
                                   std::size_t size) noexcept;
using PopcountFn = std::uint64_t (*)(const unsigned char* from, std::size_t size) noexcept;

std::span<const Kernel<FindFn>> find_kernels() noexcept;
std::span<const Kernel<CountFn>> count_kernels() noexcept;
std::span<const Kernel<MismatchFn>> mismatch_kernels() noexcept;
std::span<const Kernel<PopcountFn>> popcount_kernels() noexcept;

}  // namespace avila::simd::detail

// Kernels take and give the raw register: the caller inverts before and after.
#pragma once
#include <avila/error/span.hpp>
#include <avila/simd/dispatch.hpp>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

using CrcFn = std::uint32_t (*)(const std::byte* in, std::size_t size,
                                std::uint32_t state) noexcept;

std::uint32_t crc32_portable(const std::byte* in, std::size_t size, std::uint32_t state) noexcept;
std::uint32_t crc32c_portable(const std::byte* in, std::size_t size, std::uint32_t state) noexcept;

std::span<const simd::Kernel<CrcFn>> crc32_kernels() noexcept;
std::span<const simd::Kernel<CrcFn>> crc32c_kernels() noexcept;
CrcFn select_crc32() noexcept;
CrcFn select_crc32c() noexcept;

}  // namespace avila::hash::detail

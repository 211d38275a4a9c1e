// Kernels take and give the raw register: the caller inverts before and after.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash::detail {

using CrcFn = std::uint32_t (*)(const std::byte* in, std::size_t size,
                                std::uint32_t state) noexcept;

std::uint32_t crc32_portable(const std::byte* in, std::size_t size, std::uint32_t state) noexcept;
std::uint32_t crc32c_portable(const std::byte* in, std::size_t size, std::uint32_t state) noexcept;

}  // namespace avila::hash::detail

// Kernels take and give the raw register: the caller inverts before and after.
#pragma once
#include <avila/error/span.hpp>
#include <avila/simd/dispatch.hpp>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

template <class Word>
using CrcFn = Word (*)(const std::byte* in, std::size_t size, Word state) noexcept;

std::uint32_t crc32_portable(const std::byte* in, std::size_t size, std::uint32_t state) noexcept;
std::uint32_t crc32c_portable(const std::byte* in, std::size_t size, std::uint32_t state) noexcept;
std::uint64_t crc64nvme_portable(const std::byte* in, std::size_t size,
                                 std::uint64_t state) noexcept;

std::span<const simd::Kernel<CrcFn<std::uint32_t>>> crc32_kernels() noexcept;
std::span<const simd::Kernel<CrcFn<std::uint32_t>>> crc32c_kernels() noexcept;
std::span<const simd::Kernel<CrcFn<std::uint64_t>>> crc64nvme_kernels() noexcept;
CrcFn<std::uint32_t> select_crc32() noexcept;
CrcFn<std::uint32_t> select_crc32c() noexcept;
CrcFn<std::uint64_t> select_crc64nvme() noexcept;

/// Carry-less folding on x86-64, for at least kCrcFoldMin bytes (crc_fold_x86.cpp). A polynomial of
/// 32 bits is widened: see crc_tables.hpp. _pclmul needs PCLMULQDQ and SSE4.1,
/// _vpclmul VPCLMULQDQ and AVX-512 too.
inline constexpr std::size_t kCrcFoldMin = 16;
std::uint64_t crc32_fold_pclmul(const std::byte* in, std::size_t size,
                                std::uint64_t state) noexcept;
std::uint64_t crc32_fold_vpclmul(const std::byte* in, std::size_t size,
                                 std::uint64_t state) noexcept;
std::uint64_t crc32c_fold_vpclmul(const std::byte* in, std::size_t size,
                                  std::uint64_t state) noexcept;
std::uint64_t crc64nvme_fold_pclmul(const std::byte* in, std::size_t size,
                                    std::uint64_t state) noexcept;
std::uint64_t crc64nvme_fold_vpclmul(const std::byte* in, std::size_t size,
                                     std::uint64_t state) noexcept;

}  // namespace avila::hash::detail

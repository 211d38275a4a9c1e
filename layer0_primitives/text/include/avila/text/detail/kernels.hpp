// The kernels behind <avila/text/utf8.hpp>, for tests and fuzz targets to compare.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <span>

namespace avila::text::detail {

using ValidateFn = bool (*)(const char* from, std::size_t size) noexcept;
/// Best first, portable last.
std::span<const simd::Kernel<ValidateFn>> validate_utf8_kernels() noexcept;

}  // namespace avila::text::detail

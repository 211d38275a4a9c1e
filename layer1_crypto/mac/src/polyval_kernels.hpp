#pragma once
#include <avila/mac/detail/polyval.hpp>
#include <avila/simd/dispatch.hpp>
#include <span>

namespace avila::mac::detail {

extern const PolyvalCode kPolyvalPortable;
std::span<const simd::Kernel<const PolyvalCode*>> polyval_kernels() noexcept;

}  // namespace avila::mac::detail

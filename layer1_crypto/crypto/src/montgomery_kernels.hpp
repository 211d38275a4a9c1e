// Montgomery multiplication in limbs of 64 bits, one function for each kind of processor.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <span>

#include "limbs.hpp"

namespace avila::crypto::detail {

/// r = a b / 2^(64 n) mod m, for a below 2^(64 n), b below m, n0 = -1 / m mod 2^64. `t` has
/// montgomery_scratch(n) limbs; r may be a or b.
using MontgomeryMultiply = void (*)(Limb* r, const Limb* a, const Limb* b, const Limb* m, Limb n0,
                                    std::size_t n, Limb* t) noexcept;
constexpr std::size_t montgomery_scratch(std::size_t n) noexcept { return 2 * n + 2; }

/// Best first; the last one runs everywhere.
std::span<const simd::Kernel<MontgomeryMultiply>> montgomery_kernels() noexcept;
MontgomeryMultiply montgomery_multiply() noexcept;  ///< the one for this machine

}  // namespace avila::crypto::detail

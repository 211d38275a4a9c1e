// Edwards25519 on four lanes of AVX-512 IFMA: what verification needs.
#pragma once
#include "edwards25519_ops.hpp"
#include "fe25519x4.hpp"

namespace avila::field::detail {
#if AVILA_FIELD_IFMA
/// a A + b B; `odd` are the 2^(kWnafBase - 2) odd multiples of B, the same at every call. All
/// public.
AVILA_TARGET_AVX512IFMA void edwards_double_mul_ifma_vartime(ExtendedPoint& r, const Limbs<4>& a,
                                                             const ExtendedPoint& point,
                                                             const Limbs<4>& b,
                                                             const NielsPoint* odd) noexcept;
#endif
}  // namespace avila::field::detail

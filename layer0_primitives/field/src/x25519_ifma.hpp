// The ladder of X25519 on four lanes of AVX-512 IFMA.
#pragma once
#include "fe25519x4.hpp"

namespace avila::field::detail {
#if AVILA_FIELD_IFMA
/// RFC 7748 section 5, but for the inversion: u of the scalar (u, …) is x / z. CT.
AVILA_TARGET_AVX512IFMA void x25519_ladder_ifma(Limbs<4>& x, Limbs<4>& z, const Limbs<4>& scalar,
                                                const Limbs<4>& u) noexcept;
#endif
}  // namespace avila::field::detail

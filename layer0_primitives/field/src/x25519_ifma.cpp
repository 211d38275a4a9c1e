#include "x25519_ifma.hpp"

#include <avila/field/ct.hpp>

namespace avila::field::detail {
#if AVILA_FIELD_IFMA

AVILA_TARGET_AVX512IFMA void x25519_ladder_ifma(Limbs<4>& x, Limbs<4>& z, const Limbs<4>& scalar,
                                                const Limbs<4>& u) noexcept {
  constexpr Limbs<4> kZero = {0}, kOne = {1}, kA24 = {121665};
  // Names are those of the RFC: lanes of `state` are x2, z2, x3, z3.
  Fe4 state = fe4_pack(kOne, kZero, u, kOne);
  const Fe4 last = fe4_pack(kOne, kZero, kOne, u);
  const Fe4 a24 = fe4_pack(kZero, kA24, kZero, kZero);
  const Fe4 zero = fe4_pack(kZero, kZero, kZero, kZero);
  const ct::Wiper wiper(state);
  const __m256i order = _mm256_set_epi64x(3, 2, 1, 0);
  std::uint64_t before = 0;
  const auto swap_if = [&](std::uint64_t bit) AVILA_TARGET_AVX512IFMA {
    // Lanes 2, 3, 0, 1 where the bit is set.
    const __m256i places =
        _mm256_xor_si256(order, _mm256_set1_epi64x(static_cast<long long>(2 * bit)));
    for (__m256i& limb : state.limb) limb = _mm256_permutexvar_epi64(places, limb);
  };
  for (std::size_t t = 255; t-- > 0;) {
    const std::uint64_t bit = ct::value_barrier(scalar[t / 64] >> (t % 64) & 1);
    swap_if(bit ^ before);
    before = bit;
    // A, B, C, D
    const Fe4 sums = fe4_add(fe4_negate<0b1010>(state), fe4_swap_pairs(state));
    // AA, BB, CB, DA
    const Fe4 products = fe4_mul(sums, fe4_permute<_MM_SHUFFLE(0, 1, 1, 0)>(sums));
    const Fe4 swapped = fe4_swap_pairs(products);
    // AA + BB, E, DA + CB, CB - DA
    const Fe4 mixed = fe4_add(fe4_negate<0b1010>(products), swapped);
    // AA BB, AA + a24 E, (DA + CB)^2, (DA - CB)^2
    const Fe4 left = fe4_blend<0b0001>(mixed, products);
    const Fe4 right = fe4_blend<0b0010>(fe4_blend<0b0001>(mixed, swapped), a24);
    const Fe4 next = fe4_mul_add(left, right, fe4_blend<0b0010>(zero, swapped));
    // x2, z2 = E (AA + a24 E), x3, z3 = u (DA - CB)^2
    state = fe4_mul(next, fe4_blend<0b0010>(last, mixed));
  }
  swap_if(before);
  Limbs<4> lanes[4];
  const ct::Wiper wipe_lanes(lanes);
  fe4_unpack(state, lanes);
  x = lanes[0];
  z = lanes[1];
}

#endif
}  // namespace avila::field::detail

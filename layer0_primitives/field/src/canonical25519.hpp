// The number below 2^255 - 19 that four loose limbs stand for.
#pragma once
#include <avila/field/ct.hpp>
#include <avila/field/modulus.hpp>

#include "kernel_portable.hpp"

namespace avila::field::detail {

constexpr std::uint64_t kLow63 = ~std::uint64_t{0} >> 1;
constexpr Modulus<4> kModulus25519 =
    make_modulus<4>({0xFFFFFFFFFFFFFFED, ~std::uint64_t{0}, ~std::uint64_t{0}, kLow63});

/// a + add in four limbs.
inline Limbs<4> plus(const Limbs<4>& a, std::uint64_t add) noexcept {
  Limbs<4> r;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; ++i) r[i] = add_carry(a[i], i == 0 ? add : 0, carry);
  return r;
}

/// The number below p.
inline Limbs<4> canonical(const Limbs<4>& a) noexcept {
  Limbs<4> r = a;
  r[3] &= kLow63;
  r = plus(r, 19 * (a[3] >> 63));  // below 2^255 + 19
  Limbs<4> less = plus(r, 19);
  const ct::Mask is_above = ct::mask_if(less[3] >> 63);  // p or more: 2^255 goes, 19 stays
  less[3] &= kLow63;
  ct::assign_if(is_above, r.data(), less.data(), 4);
  return r;
}

}  // namespace avila::field::detail

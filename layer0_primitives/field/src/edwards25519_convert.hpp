#pragma once
#include <avila/field/edwards25519.hpp>

#include "edwards25519_ops.hpp"

namespace avila::field::detail {

inline ExtendedPoint to_ops(const EdwardsPoint& point) noexcept {
  const EdwardsPoint::Extended e = point.extended();
  return {e.x.limbs(), e.y.limbs(), e.z.limbs(), e.t.limbs()};
}
inline EdwardsPoint from_ops(const ExtendedPoint& p) noexcept {
  return EdwardsPoint::from_extended_unchecked(
      {Fe25519(p.x), Fe25519(p.y), Fe25519(p.z), Fe25519(p.t)});
}

}  // namespace avila::field::detail

#include <algorithm>
#include <avila/field/edwards25519.hpp>
#include <avila/field/x25519.hpp>

#include "edwards25519_ops.hpp"

namespace avila::field {

X25519Bytes clamp25519(X25519View key) noexcept {
  X25519Bytes clamped;
  std::copy(key.begin(), key.end(), clamped.begin());
  clamped[0] &= std::byte{0xF8};
  clamped[31] = (clamped[31] & std::byte{0x7F}) | std::byte{0x40};
  return clamped;
}

bool x25519(std::span<std::byte, 32> out, X25519View scalar, X25519View u) noexcept {
  X25519Bytes clamped = clamp25519(scalar);
  Limbs<4> limbs, result;
  const ct::Wiper wipe_key(clamped);
  const ct::Wiper wipe_limbs(limbs), wipe_result(result);
  detail::load_limbs(limbs, clamped, false);
  detail::ops25519().ladder(result, limbs, Fe25519::from_bytes(u).limbs());
  Fe25519 shared(result);
  Fe25519::Bytes bytes = shared.to_bytes();
  const ct::Wiper wipe_shared(shared);
  const ct::Wiper wipe_bytes(bytes);
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return !ct::reveal(shared.is_zero());
}

X25519Bytes x25519_base(X25519View scalar) noexcept {
  X25519Bytes clamped = clamp25519(scalar);
  const ct::Wiper wiper(clamped);
  return EdwardsPoint::mul_base_bytes(clamped).montgomery_u().to_bytes();
}

}  // namespace avila::field

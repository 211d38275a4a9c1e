// Elligator 2 on Curve25519 (RFC 9380 section 6.7.1), carried over to Edwards25519 (section 6.8.2).
#include <avila/field/expand_message.hpp>
#include <avila/field/hash_to_curve.hpp>

#include "constants25519.hpp"

namespace avila::field {

namespace {

constexpr Fe25519 kJ = Fe25519::from_u64(486662);
/// The even root of -486664, which scales Curve25519 to Edwards25519 (RFC 7748 section 4.1).
constexpr Fe25519 kScale({0xCC6E04AAFF457E06, 0xC5A1D3D14B7D1A82, 0xD27B08DC03FC4F7E,
                          0x0F26EDF460A006BB});
constexpr std::size_t kExpandBytes = 48;  // ceil((255 + 128) / 8)

/// With d = 1 + 2 u^2 (never zero: -1/2 is no square) the candidates are x1 = -J / d and
/// x2 = -J 2 u^2 / d, and g(x2) = 2 u^2 g(x1). Where g(x1) has no root, sqrt_ratio() gives that of
/// sqrt(-1) g(x1) = i g(x1); u (1 - i) times it is the root of g(x2), since (1 - i)^2 = 2 / i.
EdwardsPoint map(const Fe25519& u) noexcept {
  const Fe25519 one = Fe25519::one();
  const Fe25519 u2 = u.square();
  const Fe25519 two_u2 = u2 + u2;
  const Fe25519 d = one + two_u2;
  const Fe25519 d2 = d.square();
  const Fe25519 g_numerator = -kJ * (d2 - two_u2 * kJ.square());
  const SquareRoot25519 root = sqrt_ratio(g_numerator, d2 * d);
  const Fe25519 y2 = (u * root.root * (one - Fe25519(detail::kSqrtM1))).absolute();
  const Fe25519 x = Fe25519::select(root.was_square, -kJ, -kJ * two_u2);
  const Fe25519 y = Fe25519::select(root.was_square, -root.root, y2);
  // (s, t) = (x / d, y) goes to (scale s / t, (s - 1) / (s + 1)), and where that divides by zero
  // to the identity.
  const Fe25519 plus = x + d, minus = x - d, dy = d * y;
  const Fe25519 z = dy * plus;
  const ct::Mask exceptional = z.is_zero();
  const Fe25519 scaled_x = kScale * x;
  return EdwardsPoint::from_extended_unchecked(
      {Fe25519::select(exceptional, Fe25519(), scaled_x * plus),
       Fe25519::select(exceptional, one, minus * dy), Fe25519::select(exceptional, one, z),
       Fe25519::select(exceptional, Fe25519(), scaled_x * minus)});
}

template <std::size_t kCount>
Result<EdwardsPoint> hash(ByteSpan message, ByteSpan tag) {
  std::array<std::byte, kCount * kExpandBytes> uniform;
  const ct::Wiper wiper(uniform);
  AVILA_TRY_VOID(expand_message_xmd_sha512(uniform, message, tag));
  EdwardsPoint sum;
  for (std::size_t i = 0; i < kCount; ++i)
    sum = sum + map(Fe25519::reduce_be(ByteSpan(uniform).subspan(i * kExpandBytes, kExpandBytes)));
  return sum.times_cofactor();
}

MontgomeryPoint to_montgomery(const EdwardsPoint& point) noexcept {
  const Fe25519 u = point.montgomery_u();
  return {u, kScale * u * point.x().inverse()};
}

}  // namespace

Result<EdwardsPoint> hash_to_edwards25519(ByteSpan message, ByteSpan tag) {
  return hash<2>(message, tag);
}
Result<EdwardsPoint> encode_to_edwards25519(ByteSpan message, ByteSpan tag) {
  return hash<1>(message, tag);
}
Result<MontgomeryPoint> hash_to_curve25519(ByteSpan message, ByteSpan tag) {
  return hash<2>(message, tag).map(to_montgomery);
}
Result<MontgomeryPoint> encode_to_curve25519(ByteSpan message, ByteSpan tag) {
  return hash<1>(message, tag).map(to_montgomery);
}

Result<RistrettoPoint> hash_to_ristretto255(ByteSpan message, ByteSpan tag) {
  std::array<std::byte, 64> uniform;
  const ct::Wiper wiper(uniform);
  AVILA_TRY_VOID(expand_message_xmd_sha512(uniform, message, tag));
  return RistrettoPoint::from_uniform_bytes(uniform);
}

}  // namespace avila::field

#include <avila/field/ristretto255.hpp>

#include "constants25519.hpp"

namespace avila::field {

namespace {

// RFC 9496 section 4.1, for a = -1.
constexpr Fe25519 kSqrtAdMinusOne({0x7E97F6A0497B2E1B, 0xAF9D8E0C1B7854BD, 0x0F3CFCC931F5D1FD,
                                   0x376931BF2B8348AC});
constexpr Fe25519 kInvSqrtAMinusD({0x99C8FDAA805D40EA, 0x9D2F16175A4172BE, 0x16C27B91FE01D840,
                                   0x786C8905CFAFFCA2});
constexpr Fe25519 kOneMinusDSquared({0xE27C09C1945FC176, 0x2C81A138CD5E350F, 0x9994ABDDBE70DFE4,
                                     0x029072A8B2B3E0D7});
constexpr Fe25519 kDMinusOneSquared({0x31AD5AAA44ED4D20, 0xD29E4A2CB01E1999, 0x4CDCD32F529B4EEB,
                                     0x5968B37AF66C2241});
constexpr Fe25519 kCurveD(detail::kD), kRootOfMinusOne(detail::kSqrtM1);

/// Section 4.3.4, MAP.
EdwardsPoint map(const Fe25519& t) noexcept {
  const Fe25519 one = Fe25519::one();
  const Fe25519 r = kRootOfMinusOne * t.square();
  const Fe25519 u = (r + one) * kOneMinusDSquared;
  const Fe25519 v = (-one - r * kCurveD) * (r + kCurveD);
  const SquareRoot25519 ratio = sqrt_ratio(u, v);
  const Fe25519 s_prime = -(ratio.root * t).absolute();
  const Fe25519 s = Fe25519::select(ratio.was_square, ratio.root, s_prime);
  const Fe25519 c = Fe25519::select(ratio.was_square, -one, r);
  const Fe25519 n = c * (r - one) * kDMinusOneSquared - v;
  const Fe25519 s2 = s.square();
  const Fe25519 w0 = (s + s) * v, w1 = n * kSqrtAdMinusOne, w2 = one - s2, w3 = one + s2;
  return EdwardsPoint::from_extended_unchecked({w0 * w3, w2 * w1, w1 * w3, w0 * w2});
}

}  // namespace

Result<RistrettoPoint> RistrettoPoint::decode(ByteView bytes) {
  AVILA_TRY(const Fe25519 s, Fe25519::from_canonical_bytes(bytes).context("ristretto255"));
  const Fe25519 one = Fe25519::one();
  const Fe25519 s2 = s.square();
  const Fe25519 u1 = one - s2, u2 = one + s2;
  const Fe25519 u2_squared = u2.square();
  const Fe25519 v = -(kCurveD * u1.square()) - u2_squared;
  const SquareRoot25519 inverse_root = sqrt_ratio(one, v * u2_squared);
  const Fe25519 den_x = inverse_root.root * u2;
  const Fe25519 den_y = inverse_root.root * den_x * v;
  const Fe25519 x = ((s + s) * den_x).absolute();
  const Fe25519 y = u1 * den_y;
  const Fe25519 t = x * y;
  const ct::Mask bad = s.is_negative() | ~inverse_root.was_square | t.is_negative() | y.is_zero();
  if (ct::reveal(bad))
    return Error(Errc::Malformed, "the bytes are no encoding of an element of ristretto255");
  return RistrettoPoint(EdwardsPoint::from_extended_unchecked({x, y, one, t}));
}

RistrettoPoint::Bytes RistrettoPoint::encode() const noexcept {
  const auto [x0, y0, z0, t0] = point_.extended();
  const Fe25519 u1 = (z0 + y0) * (z0 - y0);
  const Fe25519 u2 = x0 * y0;
  const Fe25519 inverse_root = sqrt_ratio(Fe25519::one(), u1 * u2.square()).root;
  const Fe25519 den1 = inverse_root * u1, den2 = inverse_root * u2;
  const Fe25519 z_inverse = den1 * den2 * t0;
  const ct::Mask rotate = (t0 * z_inverse).is_negative();
  const Fe25519 x = Fe25519::select(rotate, y0 * kRootOfMinusOne, x0);
  const Fe25519 y = Fe25519::select(rotate, x0 * kRootOfMinusOne, y0);
  const Fe25519 den_inverse = Fe25519::select(rotate, den1 * kInvSqrtAMinusD, den2);
  const Fe25519 signed_y = y.negate_if((x * z_inverse).is_negative());
  return (den_inverse * (z0 - signed_y)).absolute().to_bytes();
}

RistrettoPoint RistrettoPoint::from_uniform_bytes(std::span<const std::byte, 64> bytes) noexcept {
  return RistrettoPoint(map(Fe25519::from_bytes(bytes.first<32>())) +
                        map(Fe25519::from_bytes(bytes.last<32>())));
}

ct::Mask RistrettoPoint::equals(const RistrettoPoint& b) const noexcept {
  const auto [x1, y1, z1, t1] = point_.extended();
  const auto [x2, y2, z2, t2] = b.point_.extended();
  return (x1 * y2).equals(y1 * x2) | (y1 * y2).equals(x1 * x2);  // section 4.3.3
}

}  // namespace avila::field

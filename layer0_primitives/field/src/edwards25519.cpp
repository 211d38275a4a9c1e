#include <avila/field/edwards25519.hpp>

#include "constants25519.hpp"
#include "edwards25519_convert.hpp"

namespace avila::field {

using detail::ExtendedPoint;
using detail::from_ops;
using detail::ops25519;
using detail::to_ops;

namespace {

Limbs<4> load(std::span<const std::byte, 32> bytes) noexcept {
  Limbs<4> limbs;
  detail::load_limbs(limbs, bytes, false);
  return limbs;
}

}  // namespace

EdwardsPoint::EdwardsPoint() noexcept : y_(Fe25519::one()), z_(Fe25519::one()) {}

EdwardsPoint EdwardsPoint::from_extended_unchecked(const Extended& e) noexcept {
  EdwardsPoint point;
  point.x_ = e.x;
  point.y_ = e.y;
  point.z_ = e.z;
  point.t_ = e.t;
  return point;
}
EdwardsPoint EdwardsPoint::from_affine_unchecked(const Fe25519& x, const Fe25519& y) noexcept {
  return from_extended_unchecked({x, y, Fe25519::one(), x * y});
}
EdwardsPoint EdwardsPoint::base() noexcept {
  return from_affine_unchecked(Fe25519(detail::kBaseX), Fe25519(detail::kBaseY));
}

Result<EdwardsPoint> EdwardsPoint::decompress(ByteView bytes, PointEncoding encoding) {
  const bool strict = encoding == PointEncoding::Rfc8032;
  const ct::Mask sign = ct::mask_if(static_cast<std::uint64_t>(bytes[31]) >> 7);
  Bytes y_bytes;
  std::copy(bytes.begin(), bytes.end(), y_bytes.begin());
  y_bytes[31] &= std::byte{0x7F};
  if (strict)
    AVILA_TRY_VOID(Fe25519::from_canonical_bytes(y_bytes).context("y of an Ed25519 point"));
  const Fe25519 y = Fe25519::from_bytes(y_bytes);
  // x^2 = (y^2 - 1) / (d y^2 + 1)
  const Fe25519 y2 = y.square();
  const SquareRoot25519 x =
      sqrt_ratio(y2 - Fe25519::one(), y2 * Fe25519(detail::kD) + Fe25519::one());
  if (!ct::reveal(x.was_square)) return Error(Errc::Malformed, "no point of Ed25519 has this y");
  if (strict && ct::reveal(x.root.is_zero() & sign))
    return Error(Errc::Malformed, "an Ed25519 point says that zero is negative");
  return from_affine_unchecked(x.root.negate_if(sign), y);
}

EdwardsPoint::Bytes EdwardsPoint::compress() const noexcept {
  const Fe25519 z_inverse = z_.inverse();
  Bytes bytes = (y_ * z_inverse).to_bytes();
  const ct::Mask sign = (x_ * z_inverse).is_negative();
  bytes[31] |= static_cast<std::byte>(sign & 0x80);
  return bytes;
}

Fe25519 EdwardsPoint::montgomery_u() const noexcept { return (z_ + y_) * (z_ - y_).inverse(); }

EdwardsPoint operator+(const EdwardsPoint& a, const EdwardsPoint& b) noexcept {
  ExtendedPoint r;
  ops25519().add(r, to_ops(a), to_ops(b));
  return from_ops(r);
}
EdwardsPoint EdwardsPoint::operator-() const noexcept {
  return from_extended_unchecked({-x_, y_, z_, -t_});
}
EdwardsPoint EdwardsPoint::twice() const noexcept {
  ExtendedPoint r;
  ops25519().twice(r, to_ops(*this));
  return from_ops(r);
}

EdwardsPoint operator*(const Scalar25519& scalar, const EdwardsPoint& point) noexcept {
  Limbs<4> limbs = scalar.to_limbs();
  const ct::Wiper wiper(limbs);
  ExtendedPoint r;
  ops25519().mul(r, limbs, to_ops(point));
  return from_ops(r);
}
EdwardsPoint EdwardsPoint::mul_base(const Scalar25519& scalar) noexcept {
  Limbs<4> limbs = scalar.to_limbs();
  const ct::Wiper wiper(limbs);
  ExtendedPoint r;
  ops25519().mul_base(r, limbs);
  return from_ops(r);
}
EdwardsPoint EdwardsPoint::mul_base_bytes(std::span<const std::byte, 32> scalar) noexcept {
  Limbs<4> limbs = load(scalar);
  const ct::Wiper wiper(limbs);
  ExtendedPoint r;
  ops25519().mul_base(r, limbs);
  return from_ops(r);
}
EdwardsPoint EdwardsPoint::mul_bytes(std::span<const std::byte, 32> scalar) const noexcept {
  Limbs<4> limbs = load(scalar);
  const ct::Wiper wiper(limbs);
  ExtendedPoint r;
  ops25519().mul(r, limbs, to_ops(*this));
  return from_ops(r);
}
EdwardsPoint EdwardsPoint::double_mul_vartime(const Scalar25519& a, const EdwardsPoint& point,
                                              const Scalar25519& b) noexcept {
  ExtendedPoint r;
  ops25519().double_mul_vartime(r, a.to_limbs(), to_ops(point), b.to_limbs());
  return from_ops(r);
}

ct::Mask EdwardsPoint::equals(const EdwardsPoint& b) const noexcept {
  return (x_ * b.z_).equals(b.x_ * z_) & (y_ * b.z_).equals(b.y_ * z_);
}

bool EdwardsPoint::is_torsion_free_vartime() const noexcept {
  ExtendedPoint r;
  ops25519().double_mul_vartime(r, Order25519::kModulus.p, to_ops(*this), {});
  return from_ops(r).is_identity();
}

}  // namespace avila::field

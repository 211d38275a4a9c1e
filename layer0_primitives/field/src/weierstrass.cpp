#include <algorithm>
#include <avila/field/weierstrass.hpp>

#include "weierstrass_ops.hpp"

namespace avila::field {

namespace {

// SEC 1 section 2.3.3: the first byte.
constexpr std::byte kIdentityTag{0x00}, kEvenTag{0x02}, kOddTag{0x03}, kUncompressedTag{0x04};

template <class C>
const detail::OpsOf<C>& ops() noexcept {
  return detail::weierstrass_ops<C>();
}
template <class C>
detail::JacobianPoint<C::Field::kLimbs> to_ops(const CurvePoint<C>& point) noexcept {
  const auto j = point.jacobian();
  return {j.x.montgomery(), j.y.montgomery(), j.z.montgomery()};
}
template <class C>
CurvePoint<C> from_ops(const detail::JacobianPoint<C::Field::kLimbs>& p) noexcept {
  using F = typename C::Field;
  return CurvePoint<C>::from_jacobian_unchecked(
      {F::from_montgomery(p.x), F::from_montgomery(p.y), F::from_montgomery(p.z)});
}

}  // namespace

template <class C>
CurvePoint<C> CurvePoint<C>::base() noexcept {
  return from_jacobian_unchecked(
      {Field::from_limbs(C::kBaseX), Field::from_limbs(C::kBaseY), Field::one()});
}

template <class C>
typename C::Field CurvePoint<C>::equation(const Field& x) noexcept {
  Field y2 = x.square() * x + Field::from_limbs(C::kB);
  if constexpr (C::kA == -3) y2 -= x + x + x;
  return y2;
}

template <class C>
Result<CurvePoint<C>> CurvePoint<C>::from_affine(const Field& x, const Field& y) {
  if (!ct::reveal(y.square().equals(equation(x))))
    return Error(Errc::Malformed, "the point is not on its curve");
  return from_jacobian_unchecked({x, y, Field::one()});
}

template <class C>
Result<CurvePoint<C>> CurvePoint<C>::decode(ByteSpan bytes) {
  if (bytes.empty()) return Error(Errc::Malformed, "an encoded point has no bytes");
  const std::byte tag = bytes[0];
  if (tag == kUncompressedTag && bytes.size() == 1 + 2 * kFieldBytes) {
    AVILA_TRY(const Field x, Field::from_bytes_be(bytes.subspan(1, kFieldBytes)).context("x"));
    AVILA_TRY(const Field y, Field::from_bytes_be(bytes.last(kFieldBytes)).context("y"));
    return from_affine(x, y);
  }
  if ((tag == kEvenTag || tag == kOddTag) && bytes.size() == 1 + kFieldBytes) {
    AVILA_TRY(const Field x, Field::from_bytes_be(bytes.last(kFieldBytes)).context("x"));
    const Field y2 = equation(x);
    const Field y = y2.sqrt_candidate();
    if (!ct::reveal(y.square().equals(y2)))
      return Error(Errc::Malformed, "no point of the curve has this x", {.offset = 1});
    const ct::Mask odd = ct::mask_if(tag == kOddTag ? 1 : 0);
    return from_jacobian_unchecked({x, Field::select(y.is_odd() ^ odd, -y, y), Field::one()});
  }
  if (tag == kIdentityTag && bytes.size() == 1)
    return Error(Errc::Malformed, "the point is the identity");
  return Error(Errc::Malformed, "the tag and the length fit no form of SEC 1");
}

template <class C>
typename CurvePoint<C>::Affine CurvePoint<C>::to_affine() const noexcept {
  const Field z_inverse = z_.inverse();
  const Field z2 = z_inverse.square();
  return {x_ * z2, y_ * z2 * z_inverse};
}

template <class C>
typename CurvePoint<C>::Encoding CurvePoint<C>::encode(PointForm form) const noexcept {
  Encoding out{};
  if (is_identity()) {
    out.bytes[0] = kIdentityTag;
    out.size = 1;
    return out;
  }
  const Affine affine = to_affine();
  const auto x = affine.x.to_bytes_be();
  std::copy(x.begin(), x.end(), out.bytes.begin() + 1);
  if (form == PointForm::Compressed) {
    out.bytes[0] = kEvenTag | static_cast<std::byte>(affine.y.is_odd() & 1);
    out.size = 1 + kFieldBytes;
    return out;
  }
  const auto y = affine.y.to_bytes_be();
  out.bytes[0] = kUncompressedTag;
  std::copy(y.begin(), y.end(), out.bytes.begin() + 1 + kFieldBytes);
  out.size = 1 + 2 * kFieldBytes;
  return out;
}

template <class C>
CurvePoint<C> CurvePoint<C>::add(const CurvePoint& a, const CurvePoint& b) noexcept {
  detail::JacobianPoint<Field::kLimbs> r;
  ops<C>().add(r, to_ops(a), to_ops(b));
  return from_ops<C>(r);
}
template <class C>
CurvePoint<C> CurvePoint<C>::twice() const noexcept {
  detail::JacobianPoint<Field::kLimbs> r;
  ops<C>().twice(r, to_ops(*this));
  return from_ops<C>(r);
}
template <class C>
CurvePoint<C> CurvePoint<C>::multiply(const Scalar& scalar, const CurvePoint& point) noexcept {
  auto limbs = scalar.to_limbs();
  const ct::Wiper wiper(limbs);
  detail::JacobianPoint<Field::kLimbs> r;
  ops<C>().mul(r, limbs, to_ops(point));
  return from_ops<C>(r);
}
template <class C>
CurvePoint<C> CurvePoint<C>::mul_base(const Scalar& scalar) noexcept {
  auto limbs = scalar.to_limbs();
  const ct::Wiper wiper(limbs);
  detail::JacobianPoint<Field::kLimbs> r;
  ops<C>().mul_base(r, limbs);
  return from_ops<C>(r);
}
template <class C>
CurvePoint<C> CurvePoint<C>::double_mul_vartime(const Scalar& a, const CurvePoint& point,
                                                const Scalar& b) noexcept {
  detail::JacobianPoint<Field::kLimbs> r;
  ops<C>().double_mul_vartime(r, a.to_limbs(), to_ops(point), b.to_limbs());
  return from_ops<C>(r);
}

template <class C>
ct::Mask CurvePoint<C>::equals(const CurvePoint& b) const noexcept {
  const Field z1 = z_.square(), z2 = b.z_.square();
  const ct::Mask same_x = (x_ * z2).equals(b.x_ * z1);
  const ct::Mask same_y = (y_ * z2 * b.z_).equals(b.y_ * z1 * z_);
  const ct::Mask none = is_identity_mask(), b_none = b.is_identity_mask();
  return (none & b_none) | (~none & ~b_none & same_x & same_y);
}

template class CurvePoint<CurveP256>;
template class CurvePoint<CurveP384>;
template class CurvePoint<CurveP521>;
template class CurvePoint<CurveSecp256k1>;

}  // namespace avila::field

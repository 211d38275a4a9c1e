// What a curve of weierstrass.hpp needs of a kernel; one table of functions a curve and kernel.
#pragma once
#include <avila/field/weierstrass.hpp>

namespace avila::field::detail {

template <std::size_t N>
struct JacobianPoint {
  Limbs<N> x, y, z;
};

template <std::size_t N>
struct WeierstrassOps {
  using Point = JacobianPoint<N>;
  void (*add)(Point&, const Point&, const Point&) noexcept;
  void (*twice)(Point&, const Point&) noexcept;
  /// Scalars are below the order; CT.
  void (*mul)(Point&, const Limbs<N>& scalar, const Point&) noexcept;
  void (*mul_base)(Point&, const Limbs<N>& scalar) noexcept;
  /// a A + b G
  void (*double_mul_vartime)(Point&, const Limbs<N>& a, const Point& point,
                             const Limbs<N>& b) noexcept;
  void (*add_vartime)(Point&, const Point&, const Point&) noexcept;
  void (*straus_vartime)(Point&, const Limbs<N>* scalars, const Point* points,
                         std::size_t count) noexcept;
};

template <class C>
using OpsOf = WeierstrassOps<C::Field::kLimbs>;

/// Defined with each curve (p256.cpp, …).
template <class C>
const OpsOf<C>& weierstrass_ops() noexcept;
/// All that this machine can run, for tests: the portable one is the last.
template <class C>
std::size_t all_weierstrass_ops(const OpsOf<C>* out[2]) noexcept;
template <>
const OpsOf<CurveP256>& weierstrass_ops<CurveP256>() noexcept;
template <>
const OpsOf<CurveP384>& weierstrass_ops<CurveP384>() noexcept;
template <>
const OpsOf<CurveP521>& weierstrass_ops<CurveP521>() noexcept;
template <>
const OpsOf<CurveSecp256k1>& weierstrass_ops<CurveSecp256k1>() noexcept;
template <>
std::size_t all_weierstrass_ops<CurveP256>(const OpsOf<CurveP256>* out[2]) noexcept;
template <>
std::size_t all_weierstrass_ops<CurveP384>(const OpsOf<CurveP384>* out[2]) noexcept;
template <>
std::size_t all_weierstrass_ops<CurveP521>(const OpsOf<CurveP521>* out[2]) noexcept;
template <>
std::size_t all_weierstrass_ops<CurveSecp256k1>(const OpsOf<CurveSecp256k1>* out[2]) noexcept;

}  // namespace avila::field::detail

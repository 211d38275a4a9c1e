#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/field/msm.hpp>
#include <vector>

#include "edwards25519_convert.hpp"
#include "weierstrass_ops.hpp"

namespace avila::field {

namespace {

/// The group operations that both methods need, for one kind of point.
template <class Point, std::size_t N>
struct Group {
  void (*add)(Point&, const Point&, const Point&) noexcept;
  void (*twice)(Point&, const Point&) noexcept;
  void (*straus)(Point&, const Limbs<N>*, const Point*, std::size_t) noexcept;
  void (*negate)(Point&);
  Point identity;
};

/// Digit `window` of a public scalar in signed digits of `width` bits.
template <std::size_t N>
int signed_digit(const Limbs<N>& scalar, std::size_t window, unsigned width) noexcept {
  std::uint64_t bits = 0;  // `width` bits, and the one below them
  for (unsigned b = 0; b <= width; ++b) {
    const std::size_t at = window * width + b;  // one too high
    if (at == 0 || (at - 1) / 64 >= N) continue;
    bits |= (scalar[(at - 1) / 64] >> ((at - 1) % 64) & 1) << b;
  }
  return static_cast<int>((bits + 1) >> 1) - ((bits >> width) != 0 ? 1 << width : 0);
}

/// Pippenger's method: for each window, points with the same digit meet in a bucket first.
template <class Point, std::size_t N>
Point pippenger(const Group<Point, N>& group, std::span<const Limbs<N>> scalars,
                std::span<const Point> points) {
  const auto cost = [&](unsigned width) {
    return (64 * N / width + 1) * (points.size() + (std::size_t{1} << width));
  };
  unsigned width = 4;
  while (width < 16 && cost(width + 1) < cost(width)) ++width;
  std::vector<Point> buckets(std::size_t{1} << (width - 1));
  std::vector<bool> used(buckets.size());
  Point total = group.identity;
  for (std::size_t window = (64 * N + width) / width; window-- > 0;) {
    for (unsigned i = 0; i < width; ++i) group.twice(total, total);
    std::fill(used.begin(), used.end(), false);
    for (std::size_t n = 0; n < points.size(); ++n) {
      const int digit = signed_digit(scalars[n], window, width);
      if (digit == 0) continue;
      Point point = points[n];
      if (digit < 0) group.negate(point);
      const auto bucket = static_cast<std::size_t>(digit < 0 ? -digit : digit) - 1;
      if (used[bucket]) {
        group.add(buckets[bucket], buckets[bucket], point);
      } else {
        buckets[bucket] = point;
        used[bucket] = true;
      }
    }
    Point running = group.identity, sum = group.identity;  // sum of (b + 1) buckets[b]
    bool any = false;
    for (std::size_t b = buckets.size(); b-- > 0;) {
      if (used[b]) group.add(running, running, buckets[b]);
      any = any || used[b];
      if (any) group.add(sum, sum, running);
    }
    if (any) group.add(total, total, sum);
  }
  return total;
}

template <class Point, std::size_t N>
Point multi_scalar_mul(const Group<Point, N>& group, std::span<const Limbs<N>> scalars,
                       std::span<const Point> points) {
  if (points.empty()) return group.identity;
  if (points.size() > kStrausMaxTerms) return pippenger(group, scalars, points);
  Point r;
  group.straus(r, scalars.data(), points.data(), points.size());
  return r;
}

template <class Scalar>
std::vector<typename Scalar::LimbArray> limbs_of(std::span<const Scalar> scalars) {
  std::vector<typename Scalar::LimbArray> limbs(scalars.size());
  std::transform(scalars.begin(), scalars.end(), limbs.begin(),
                 [](const Scalar& s) { return s.to_limbs(); });
  return limbs;
}

EdwardsPoint edwards(std::span<const Scalar25519> scalars,
                     std::span<const detail::ExtendedPoint> points) {
  const auto& ops = detail::ops25519();
  const Group<detail::ExtendedPoint, 4> group = {ops.add,
                                                 ops.twice,
                                                 ops.straus_vartime,
                                                 [](detail::ExtendedPoint& p) {
                                                   detail::ops25519().fe_sub(p.x, {}, p.x);
                                                   detail::ops25519().fe_sub(p.t, {}, p.t);
                                                 },
                                                 {{0}, {1}, {1}, {0}}};
  const auto limbs = limbs_of(scalars);
  return detail::from_ops(multi_scalar_mul<detail::ExtendedPoint, 4>(group, limbs, points));
}

template <class C>
CurvePoint<C> weierstrass(std::span<const typename C::Scalar> scalars,
                          std::span<const CurvePoint<C>> points) {
  AVILA_ASSERT(scalars.size() == points.size());
  using F = typename C::Field;
  constexpr std::size_t kN = F::kLimbs;
  using Point = detail::JacobianPoint<kN>;
  const auto& ops = detail::weierstrass_ops<C>();
  const Limbs<kN> one = F::one().montgomery();
  const Group<Point, kN> group = {ops.add_vartime,
                                  ops.twice,
                                  ops.straus_vartime,
                                  [](Point& p) { p.y = (-F::from_montgomery(p.y)).montgomery(); },
                                  {one, one, {}}};
  std::vector<Point> internal(points.size());
  std::transform(points.begin(), points.end(), internal.begin(), [](const CurvePoint<C>& p) {
    const auto j = p.jacobian();
    return Point{j.x.montgomery(), j.y.montgomery(), j.z.montgomery()};
  });
  const auto limbs = limbs_of(scalars);
  const Point r = multi_scalar_mul<Point, kN>(group, limbs, internal);
  return CurvePoint<C>::from_jacobian_unchecked(
      {F::from_montgomery(r.x), F::from_montgomery(r.y), F::from_montgomery(r.z)});
}

}  // namespace

EdwardsPoint multi_scalar_mul_vartime(std::span<const Scalar25519> scalars,
                                      std::span<const EdwardsPoint> points) {
  AVILA_ASSERT(scalars.size() == points.size());
  std::vector<detail::ExtendedPoint> internal(points.size());
  std::transform(points.begin(), points.end(), internal.begin(), detail::to_ops);
  return edwards(scalars, internal);
}
RistrettoPoint multi_scalar_mul_vartime(std::span<const Scalar25519> scalars,
                                        std::span<const RistrettoPoint> points) {
  AVILA_ASSERT(scalars.size() == points.size());
  std::vector<detail::ExtendedPoint> internal(points.size());
  std::transform(points.begin(), points.end(), internal.begin(),
                 [](const RistrettoPoint& p) { return detail::to_ops(p.representative()); });
  return RistrettoPoint::from_representative_unchecked(edwards(scalars, internal));
}
P256Point multi_scalar_mul_vartime(std::span<const ScalarP256> scalars,
                                   std::span<const P256Point> points) {
  return weierstrass<CurveP256>(scalars, points);
}
P384Point multi_scalar_mul_vartime(std::span<const ScalarP384> scalars,
                                   std::span<const P384Point> points) {
  return weierstrass<CurveP384>(scalars, points);
}
P521Point multi_scalar_mul_vartime(std::span<const ScalarP521> scalars,
                                   std::span<const P521Point> points) {
  return weierstrass<CurveP521>(scalars, points);
}
Secp256k1Point multi_scalar_mul_vartime(std::span<const ScalarSecp256k1> scalars,
                                        std::span<const Secp256k1Point> points) {
  return weierstrass<CurveSecp256k1>(scalars, points);
}

}  // namespace avila::field

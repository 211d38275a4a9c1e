// What the curve needs of a kernel; one table of functions a kernel.
#pragma once
#include <avila/field/fe25519.hpp>
#include <cstddef>

namespace avila::field::detail {

/// (x : y : z : t) with x y = z t.
struct ExtendedPoint {
  Limbs<4> x, y, z, t;
};

/// (y+x, y-x, 2dxy) of an affine point.
struct NielsPoint {
  Limbs<4> sum, difference, product;
};

constexpr unsigned kWnafPoint = 5;  // of public scalars: 8 odd multiples
constexpr unsigned kWnafBase = 8;   // 64 odd multiples of the base point

struct Ops25519 {
  void (*fe_add)(Limbs<4>&, const Limbs<4>&, const Limbs<4>&) noexcept;
  void (*fe_sub)(Limbs<4>&, const Limbs<4>&, const Limbs<4>&) noexcept;
  void (*fe_mul)(Limbs<4>&, const Limbs<4>&, const Limbs<4>&) noexcept;
  void (*fe_sqr)(Limbs<4>&, const Limbs<4>&) noexcept;
  void (*fe_inverse)(Limbs<4>&, const Limbs<4>&) noexcept;
  /// a^((p-5)/8)
  void (*fe_pow_p58)(Limbs<4>&, const Limbs<4>&) noexcept;
  void (*add)(ExtendedPoint&, const ExtendedPoint&, const ExtendedPoint&) noexcept;
  void (*twice)(ExtendedPoint&, const ExtendedPoint&) noexcept;
  /// Scalars are any 256 bits; CT.
  void (*mul)(ExtendedPoint&, const Limbs<4>& scalar, const ExtendedPoint&) noexcept;
  void (*mul_base)(ExtendedPoint&, const Limbs<4>& scalar) noexcept;
  /// a A + b B for the base point B.
  void (*double_mul_vartime)(ExtendedPoint&, const Limbs<4>& a, const ExtendedPoint& point,
                             const Limbs<4>& b) noexcept;
  /// sum of scalars[i] points[i].
  void (*straus_vartime)(ExtendedPoint&, const Limbs<4>* scalars, const ExtendedPoint* points,
                         std::size_t count) noexcept;
  /// u of scalar (u, …) on Curve25519, bits 254…0 of the scalar; CT.
  void (*ladder)(Limbs<4>& out, const Limbs<4>& scalar, const Limbs<4>& u) noexcept;
};

const Ops25519& ops25519() noexcept;
/// All that this machine can run, for tests: the portable one is the last.
std::size_t all_ops25519(const Ops25519* out[3]) noexcept;

}  // namespace avila::field::detail

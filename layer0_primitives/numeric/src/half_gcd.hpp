// The recursive half of the greatest common divisor: Schönhage (1971), in the shape of Möller, "On
// Schönhage's algorithm and subquadratic integer gcd computation" (2008).
#pragma once
#include <avila/numeric/big_uint.hpp>

namespace avila::numeric::detail {

/// Takes about a third of the bits off both numbers, a >= b, keeping their gcd; false where nothing
/// came off (then a division step is due).
bool half_gcd_step(BigUint& a, BigUint& b);

/// What quotients the first 128 bits of two numbers settle, as a matrix: the next a is
/// |u0 a - v0 b|, the next b |u1 a - v1 b|; signs alternate with the step's parity.
struct Matrix {
  Limb u0 = 1, v0 = 0, u1 = 0, v1 = 1;
  bool odd = false;
};
/// x >= y: the first 128 bits of the larger number, and those of the smaller in the same place.
Matrix common_quotients(u128 x, u128 y) noexcept;

}  // namespace avila::numeric::detail

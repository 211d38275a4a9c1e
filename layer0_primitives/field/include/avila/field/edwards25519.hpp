// The group of Ed25519 (RFC 8032 section 5.1): -x^2 + y^2 = 1 + d x^2 y^2 over GF(2^255-19), of
// order 8 L. Additions are complete. CT in scalars and points but for what is called _vartime.
#pragma once
#include <avila/error/result.hpp>
#include <avila/field/fe25519.hpp>
#include <avila/field/scalar.hpp>

namespace avila::field {

/// Which encodings decompress() takes.
enum class PointEncoding : std::uint8_t {
  Rfc8032,  ///< section 5.1.3: y below p, and no sign on x = 0
  Zip215,   ///< y modulo p, a sign on x = 0 ignored, for verifiers that must agree (ZIP 215)
};

class EdwardsPoint {
 public:
  static constexpr std::size_t kBytes = 32;
  using Bytes = std::array<std::byte, kBytes>;
  using ByteView = std::span<const std::byte, kBytes>;

  EdwardsPoint() noexcept;  ///< the identity
  static EdwardsPoint identity() noexcept { return {}; }
  static EdwardsPoint base() noexcept;
  /// Errc::Malformed: no point, or not encoded as asked. Points outside of the subgroup of order L
  /// are points too.
  static Result<EdwardsPoint> decompress(ByteView bytes,
                                         PointEncoding encoding = PointEncoding::Rfc8032);
  /// y with the sign of x in bit 255.
  Bytes compress() const noexcept;
  /// The caller knows that x, y satisfy the equation of the curve.
  static EdwardsPoint from_affine_unchecked(const Fe25519& x, const Fe25519& y) noexcept;
  /// The Montgomery u = (1 + y) / (1 - y), and zero for the identity.
  Fe25519 montgomery_u() const noexcept;

  friend EdwardsPoint operator+(const EdwardsPoint& a, const EdwardsPoint& b) noexcept;
  friend EdwardsPoint operator-(const EdwardsPoint& a, const EdwardsPoint& b) noexcept {
    return a + -b;
  }
  EdwardsPoint operator-() const noexcept;
  EdwardsPoint twice() const noexcept;
  EdwardsPoint times_cofactor() const noexcept { return twice().twice().twice(); }
  friend EdwardsPoint operator*(const Scalar25519& scalar, const EdwardsPoint& point) noexcept;
  /// From tables that are made at first use (80 KiB, about a millisecond).
  static EdwardsPoint mul_base(const Scalar25519& scalar) noexcept;
  /// Any 256-bit number, little endian, not reduced: clamped keys of RFC 7748 and RFC 8032.
  static EdwardsPoint mul_base_bytes(std::span<const std::byte, 32> scalar) noexcept;
  EdwardsPoint mul_bytes(std::span<const std::byte, 32> scalar) const noexcept;
  /// a A + b B, B the base point. All public: for verification.
  static EdwardsPoint double_mul_vartime(const Scalar25519& a, const EdwardsPoint& point,
                                         const Scalar25519& b) noexcept;

  ct::Mask equals(const EdwardsPoint& b) const noexcept;
  friend bool operator==(const EdwardsPoint& a, const EdwardsPoint& b) noexcept {
    return ct::reveal(a.equals(b));
  }
  bool is_identity() const noexcept { return *this == identity(); }
  /// One of the 8 points whose order divides the cofactor.
  bool is_small_order() const noexcept { return times_cofactor().is_identity(); }
  /// Of the subgroup of order L.
  bool is_torsion_free_vartime() const noexcept;

  Fe25519 x() const noexcept { return x_ * z_.inverse(); }  ///< affine
  Fe25519 y() const noexcept { return y_ * z_.inverse(); }

  /// Extended coordinates: x = X/Z, y = Y/Z, x y = T/Z.
  struct Extended {
    Fe25519 x, y, z, t;
  };
  Extended extended() const noexcept { return {x_, y_, z_, t_}; }
  static EdwardsPoint from_extended_unchecked(const Extended& e) noexcept;

 private:
  Fe25519 x_, y_, z_, t_;
};

}  // namespace avila::field

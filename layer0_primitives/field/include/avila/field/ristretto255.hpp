// ristretto255 (RFC 9496): a group of prime order L out of Edwards25519, with one encoding a point.
#pragma once
#include <avila/field/edwards25519.hpp>

namespace avila::field {

/// CT but for what is called _vartime. Each element is a coset of points; == compares elements.
class RistrettoPoint {
 public:
  static constexpr std::size_t kBytes = 32;
  using Bytes = std::array<std::byte, kBytes>;
  using ByteView = std::span<const std::byte, kBytes>;

  RistrettoPoint() noexcept = default;  ///< the identity
  static RistrettoPoint identity() noexcept { return {}; }
  static RistrettoPoint base() noexcept { return RistrettoPoint(EdwardsPoint::base()); }
  /// Section 4.3.1. Errc::Malformed for all but the one encoding of an element; that verdict shows.
  static Result<RistrettoPoint> decode(ByteView bytes);
  /// Section 4.3.2.
  Bytes encode() const noexcept;
  /// Section 4.3.4: 64 uniform bytes, for instance of a hash, to an element that nobody knows the
  /// logarithm of.
  static RistrettoPoint from_uniform_bytes(std::span<const std::byte, 64> bytes) noexcept;

  friend RistrettoPoint operator+(const RistrettoPoint& a, const RistrettoPoint& b) noexcept {
    return RistrettoPoint(a.point_ + b.point_);
  }
  friend RistrettoPoint operator-(const RistrettoPoint& a, const RistrettoPoint& b) noexcept {
    return RistrettoPoint(a.point_ - b.point_);
  }
  RistrettoPoint operator-() const noexcept { return RistrettoPoint(-point_); }
  RistrettoPoint twice() const noexcept { return RistrettoPoint(point_.twice()); }
  friend RistrettoPoint operator*(const Scalar25519& scalar, const RistrettoPoint& point) noexcept {
    return RistrettoPoint(scalar * point.point_);
  }
  static RistrettoPoint mul_base(const Scalar25519& scalar) noexcept {
    return RistrettoPoint(EdwardsPoint::mul_base(scalar));
  }
  /// a A + b B, B the base point.
  static RistrettoPoint double_mul_vartime(const Scalar25519& a, const RistrettoPoint& point,
                                           const Scalar25519& b) noexcept {
    return RistrettoPoint(EdwardsPoint::double_mul_vartime(a, point.point_, b));
  }

  ct::Mask equals(const RistrettoPoint& b) const noexcept;
  friend bool operator==(const RistrettoPoint& a, const RistrettoPoint& b) noexcept {
    return ct::reveal(a.equals(b));
  }
  bool is_identity() const noexcept { return *this == identity(); }

  /// One point of the coset.
  const EdwardsPoint& representative() const noexcept { return point_; }
  /// The point is twice some point, or its coset is not one of ristretto255.
  static RistrettoPoint from_representative_unchecked(const EdwardsPoint& point) noexcept {
    return RistrettoPoint(point);
  }

 private:
  explicit RistrettoPoint(const EdwardsPoint& point) noexcept : point_(point) {}
  EdwardsPoint point_;
};

}  // namespace avila::field

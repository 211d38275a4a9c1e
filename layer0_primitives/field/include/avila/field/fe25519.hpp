// GF(2^255-19), the field of Curve25519, Ed25519 and ristretto255. Every operation is CT.
#pragma once
#include <avila/error/result.hpp>
#include <avila/field/ct.hpp>
#include <avila/field/modulus.hpp>

namespace avila::field {

/// Four limbs that stand for themselves modulo p: any value below 2^256, not only those below p.
class Fe25519 {
 public:
  static constexpr std::size_t kBytes = 32;
  using Bytes = std::array<std::byte, kBytes>;
  using ByteView = std::span<const std::byte, kBytes>;

  constexpr Fe25519() noexcept : limbs_{} {}
  explicit constexpr Fe25519(const Limbs<4>& limbs) noexcept : limbs_(limbs) {}
  static constexpr Fe25519 zero() noexcept { return {}; }
  static constexpr Fe25519 one() noexcept { return Fe25519({1, 0, 0, 0}); }
  static constexpr Fe25519 from_u64(std::uint64_t value) noexcept {
    return Fe25519({value, 0, 0, 0});
  }
  /// Little endian; bit 255 is ignored and 2^255-19…2^255-1 are taken modulo p, as RFC 7748
  /// section 5 asks.
  static Fe25519 from_bytes(ByteView bytes) noexcept;
  /// Errc::Malformed where the bytes are not those of a number below p. The verdict shows.
  static Result<Fe25519> from_canonical_bytes(ByteView bytes);
  /// Big endian numbers of up to 64 bytes (an assertion), modulo p.
  static Fe25519 reduce_be(ByteSpan bytes) noexcept;
  /// Little endian, of the number below p.
  Bytes to_bytes() const noexcept;

  friend Fe25519 operator+(const Fe25519& a, const Fe25519& b) noexcept;
  friend Fe25519 operator-(const Fe25519& a, const Fe25519& b) noexcept;
  friend Fe25519 operator*(const Fe25519& a, const Fe25519& b) noexcept;
  Fe25519 operator-() const noexcept { return zero() - *this; }
  Fe25519 square() const noexcept;
  /// 1 / a, and zero for zero.
  Fe25519 inverse() const noexcept;

  ct::Mask is_zero() const noexcept;
  /// RFC 9496 section 3.1: whether the number below p is odd.
  ct::Mask is_negative() const noexcept;
  ct::Mask equals(const Fe25519& b) const noexcept { return (*this - b).is_zero(); }
  friend bool operator==(const Fe25519& a, const Fe25519& b) noexcept { return a.equals(b) != 0; }
  /// mask ? a : b
  static Fe25519 select(ct::Mask mask, const Fe25519& a, const Fe25519& b) noexcept;
  Fe25519 negate_if(ct::Mask mask) const noexcept { return select(mask, -*this, *this); }
  Fe25519 absolute() const noexcept { return negate_if(is_negative()); }

  constexpr const Limbs<4>& limbs() const noexcept { return limbs_; }

 private:
  Limbs<4> limbs_;
};

struct SquareRoot25519 {
  ct::Mask was_square;
  Fe25519 root;  ///< not negative
};
/// RFC 9496 section 4.2, SQRT_RATIO_M1: the root of u/v, or of sqrt(-1) u/v where u/v has none;
/// zero where v is zero.
SquareRoot25519 sqrt_ratio(const Fe25519& u, const Fe25519& v) noexcept;

}  // namespace avila::field

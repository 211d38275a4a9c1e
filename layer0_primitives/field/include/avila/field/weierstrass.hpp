// Curves y^2 = x^3 + a x + b of prime order: NIST P-256, P-384 and P-521 (SP 800-186), secp256k1
// (SEC 2). CT in scalars and points but for what is called _vartime. Every sum is right, whichever
// points meet: the doubling and the identity are chosen by masks where they can happen.
#pragma once
#include <avila/error/result.hpp>
#include <avila/field/prime_field.hpp>
#include <avila/field/scalar.hpp>

namespace avila::field {

struct FieldP256 {
  static constexpr std::size_t kLimbs = 4;
  static constexpr Modulus<4> kModulus = make_modulus<4>(
      {0xFFFFFFFFFFFFFFFF, 0x00000000FFFFFFFF, 0x0000000000000000, 0xFFFFFFFF00000001});
  static constexpr bool kSecret = false;
};
struct FieldP384 {
  static constexpr std::size_t kLimbs = 6;
  static constexpr Modulus<6> kModulus =
      make_modulus<6>({0x00000000FFFFFFFF, 0xFFFFFFFF00000000, 0xFFFFFFFFFFFFFFFE,
                       0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF});
  static constexpr bool kSecret = false;
};
struct FieldP521 {  // 2^521 - 1
  static constexpr std::size_t kLimbs = 9;
  static constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  static constexpr Modulus<9> kModulus =
      make_modulus<9>({kOnes, kOnes, kOnes, kOnes, kOnes, kOnes, kOnes, kOnes, 0x1FF});
  static constexpr bool kSecret = false;
};
struct FieldSecp256k1 {
  static constexpr std::size_t kLimbs = 4;
  static constexpr Modulus<4> kModulus = make_modulus<4>(
      {0xFFFFFFFEFFFFFC2F, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF});
  static constexpr bool kSecret = false;
};
using FeP256 = PrimeField<FieldP256>;
using FeP384 = PrimeField<FieldP384>;
using FeP521 = PrimeField<FieldP521>;
using FeSecp256k1 = PrimeField<FieldSecp256k1>;

/// A curve: its fields, a (as a small number), b and the base point.
struct CurveP256 {
  using Field = FeP256;
  using Scalar = ScalarP256;
  static constexpr int kA = -3;
  static constexpr Limbs<4> kB = {0x3BCE3C3E27D2604B, 0x651D06B0CC53B0F6, 0xB3EBBD55769886BC,
                                  0x5AC635D8AA3A93E7};
  static constexpr Limbs<4> kBaseX = {0xF4A13945D898C296, 0x77037D812DEB33A0, 0xF8BCE6E563A440F2,
                                      0x6B17D1F2E12C4247};
  static constexpr Limbs<4> kBaseY = {0xCBB6406837BF51F5, 0x2BCE33576B315ECE, 0x8EE7EB4A7C0F9E16,
                                      0x4FE342E2FE1A7F9B};
};
struct CurveP384 {
  using Field = FeP384;
  using Scalar = ScalarP384;
  static constexpr int kA = -3;
  static constexpr Limbs<6> kB = {0x2A85C8EDD3EC2AEF, 0xC656398D8A2ED19D, 0x0314088F5013875A,
                                  0x181D9C6EFE814112, 0x988E056BE3F82D19, 0xB3312FA7E23EE7E4};
  static constexpr Limbs<6> kBaseX = {0x3A545E3872760AB7, 0x5502F25DBF55296C, 0x59F741E082542A38,
                                      0x6E1D3B628BA79B98, 0x8EB1C71EF320AD74, 0xAA87CA22BE8B0537};
  static constexpr Limbs<6> kBaseY = {0x7A431D7C90EA0E5F, 0x0A60B1CE1D7E819D, 0xE9DA3113B5F0B8C0,
                                      0xF8F41DBD289A147C, 0x5D9E98BF9292DC29, 0x3617DE4A96262C6F};
};
struct CurveP521 {
  using Field = FeP521;
  using Scalar = ScalarP521;
  static constexpr int kA = -3;
  static constexpr Limbs<9> kB = {0xEF451FD46B503F00, 0x3573DF883D2C34F1, 0x1652C0BD3BB1BF07,
                                  0x56193951EC7E937B, 0xB8B489918EF109E1, 0xA2DA725B99B315F3,
                                  0x929A21A0B68540EE, 0x953EB9618E1C9A1F, 0x51};
  static constexpr Limbs<9> kBaseX = {0xF97E7E31C2E5BD66, 0x3348B3C1856A429B, 0xFE1DC127A2FFA8DE,
                                      0xA14B5E77EFE75928, 0xF828AF606B4D3DBA, 0x9C648139053FB521,
                                      0x9E3ECB662395B442, 0x858E06B70404E9CD, 0xC6};
  static constexpr Limbs<9> kBaseY = {0x88BE94769FD16650, 0x353C7086A272C240, 0xC550B9013FAD0761,
                                      0x97EE72995EF42640, 0x17AFBD17273E662C, 0x98F54449579B4468,
                                      0x5C8A5FB42C7D1BD9, 0x39296A789A3BC004, 0x118};
};
struct CurveSecp256k1 {
  using Field = FeSecp256k1;
  using Scalar = ScalarSecp256k1;
  static constexpr int kA = 0;
  static constexpr Limbs<4> kB = {7, 0, 0, 0};
  static constexpr Limbs<4> kBaseX = {0x59F2815B16F81798, 0x029BFCDB2DCE28D9, 0x55A06295CE870B07,
                                      0x79BE667EF9DCBBAC};
  static constexpr Limbs<4> kBaseY = {0x9C47D08FFB10D4B8, 0xFD17B448A6855419, 0x5DA4FBFC0E1108A8,
                                      0x483ADA7726A3C465};
};

/// The forms of SEC 1 section 2.3.3.
enum class PointForm : std::uint8_t { Compressed, Uncompressed };

template <class C>
class CurvePoint {
 public:
  using Curve = C;
  using Field = typename C::Field;
  using Scalar = typename C::Scalar;
  static constexpr std::size_t kFieldBytes = Field::kBytes;

  /// Bytes of SEC 1: 1 (the identity), 1 + kFieldBytes, or 1 + 2 kFieldBytes of them.
  struct Encoding {
    std::array<std::byte, 1 + 2 * kFieldBytes> bytes;
    std::size_t size;
    operator ByteSpan() const noexcept { return {bytes.data(), size}; }
  };
  struct Affine {
    Field x, y;  ///< both zero for the identity, and that is no point
  };

  CurvePoint() noexcept : x_(Field::one()), y_(Field::one()) {}  ///< the identity
  static CurvePoint identity() noexcept { return {}; }
  static CurvePoint base() noexcept;
  /// Errc::Malformed where they are not on the curve.
  static Result<CurvePoint> from_affine(const Field& x, const Field& y);
  /// SEC 1 section 2.3.4, compressed and uncompressed. Errc::Malformed: other lengths and forms,
  /// coordinates not below p, points not on the curve, and the identity, which is no public key.
  static Result<CurvePoint> decode(ByteSpan bytes);
  Encoding encode(PointForm form) const noexcept;
  Affine to_affine() const noexcept;

  friend CurvePoint operator+(const CurvePoint& a, const CurvePoint& b) noexcept {
    return add(a, b);
  }
  friend CurvePoint operator-(const CurvePoint& a, const CurvePoint& b) noexcept {
    return add(a, -b);
  }
  CurvePoint operator-() const noexcept { return from_jacobian_unchecked({x_, -y_, z_}); }
  CurvePoint twice() const noexcept;
  friend CurvePoint operator*(const Scalar& scalar, const CurvePoint& point) noexcept {
    return multiply(scalar, point);
  }
  /// From tables that are made at first use (up to 240 KiB, a millisecond or two).
  static CurvePoint mul_base(const Scalar& scalar) noexcept;
  /// a A + b G, G the base point. All public: for verification.
  static CurvePoint double_mul_vartime(const Scalar& a, const CurvePoint& point,
                                       const Scalar& b) noexcept;

  ct::Mask equals(const CurvePoint& b) const noexcept;
  friend bool operator==(const CurvePoint& a, const CurvePoint& b) noexcept {
    return ct::reveal(a.equals(b));
  }
  ct::Mask is_identity_mask() const noexcept { return z_.is_zero(); }
  bool is_identity() const noexcept { return ct::reveal(is_identity_mask()); }

  /// x = X/Z^2, y = Y/Z^3; Z is zero for the identity.
  struct Jacobian {
    Field x, y, z;
  };
  Jacobian jacobian() const noexcept { return {x_, y_, z_}; }
  static CurvePoint from_jacobian_unchecked(const Jacobian& j) noexcept {
    CurvePoint point;
    point.x_ = j.x;
    point.y_ = j.y;
    point.z_ = j.z;
    return point;
  }
  /// x^3 + a x + b
  static Field equation(const Field& x) noexcept;

 private:
  static CurvePoint add(const CurvePoint& a, const CurvePoint& b) noexcept;
  static CurvePoint multiply(const Scalar& scalar, const CurvePoint& point) noexcept;
  Field x_, y_, z_;
};

using P256Point = CurvePoint<CurveP256>;
using P384Point = CurvePoint<CurveP384>;
using P521Point = CurvePoint<CurveP521>;
using Secp256k1Point = CurvePoint<CurveSecp256k1>;
extern template class CurvePoint<CurveP256>;
extern template class CurvePoint<CurveP384>;
extern template class CurvePoint<CurveP521>;
extern template class CurvePoint<CurveSecp256k1>;

}  // namespace avila::field

// Keys on P-256, P-384, P-521 and secp256k1: ECDSA (FIPS 186-5 section 6, RFC 6979) and ECDH (SP
// 800-56A section 5.7.1.2).
#pragma once
#include <avila/crypto/digest.hpp>
#include <avila/error/result.hpp>
#include <avila/field/weierstrass.hpp>
#include <avila/primitives/secret.hpp>
#include <vector>

namespace avila::os {
class Entropy;
}

namespace avila::crypto {

/// r and s, each of the curve's length, highest byte first: the form of JOSE and of IEEE P1363.
template <class C>
struct EcdsaSignature {
  static constexpr std::size_t kBytes = 2 * C::Scalar::kBytes;
  std::array<std::byte, kBytes> bytes{};

  /// Errors: Malformed (length).
  static Result<EcdsaSignature> decode(ByteSpan bytes);
  /// Ecdsa-Sig-Value of RFC 3279 section 2.2.3, strict DER. Errors: Malformed.
  static Result<EcdsaSignature> decode_der(ByteSpan der);
  std::vector<std::byte> to_der() const;
  /// The same signature with the lower of s and order - s, for those who take no other
  /// (secp256k1 in Bitcoin). Both verify; sign() gives either.
  EcdsaSignature with_low_s() const noexcept;
};

template <class C>
class EcPublicKey {
 public:
  using Point = field::CurvePoint<C>;

  /// SEC 1 section 2.3.4, compressed or not. Errors: Malformed (also for the identity).
  static Result<EcPublicKey> decode(ByteSpan bytes);
  static EcPublicKey from_point_unchecked(const Point& point) noexcept {
    return EcPublicKey(point);
  }
  typename Point::Encoding encode(
      field::PointForm form = field::PointForm::Uncompressed) const noexcept {
    return point_.encode(form);
  }
  const Point& point() const noexcept { return point_; }

  /// FIPS 186-5 section 6.4.2. r and s of 0 or not below the order are refused. High s is taken.
  /// Errors: Unauthenticated.
  Result<void> verify(DigestAlgorithm algorithm, ByteSpan message,
                      const EcdsaSignature<C>& signature) const;
  /// Of a digest that the caller made: 20 to 64 bytes, cut to the order's length. Errors:
  /// Unauthenticated, InvalidArgument (length of the digest).
  Result<void> verify_digest(ByteSpan digest, const EcdsaSignature<C>& signature) const;

  friend bool operator==(const EcPublicKey& a, const EcPublicKey& b) noexcept {
    return a.point_ == b.point_;
  }

 private:
  template <class>
  friend class EcPrivateKey;
  explicit EcPublicKey(const Point& point) noexcept : point_(point) {}
  Point point_;
};

/// Move-only, wiped by its destructor, not printable. Threads may share a const one.
template <class C>
class EcPrivateKey {
 public:
  static constexpr std::size_t kBytes = C::Scalar::kBytes;
  static constexpr std::size_t kSharedBytes = C::Field::kBytes;
  using PublicKey = EcPublicKey<C>;

  /// Drawn until it is from 1 to order - 1. Errors: those of the entropy.
  static Result<EcPrivateKey> generate(os::Entropy& entropy);
  /// The scalar, kBytes of it, highest byte first. Errors: Malformed (length, 0, not below the
  /// order).
  static Result<EcPrivateKey> decode(ByteSpan scalar);
  SecretArray<kBytes> bytes() const;  ///< the scalar again
  const PublicKey& public_key() const noexcept { return public_; }

  /// The nonce is that of RFC 6979; where `added` is given, 32 bytes of it go in as additional data
  /// (section 3.6), so that faults and side channels of repeated signatures show less. Errors:
  /// those of the entropy, InvalidArgument (Sha1). CT but for the length of the message.
  Result<EcdsaSignature<C>> sign(DigestAlgorithm algorithm, ByteSpan message,
                                 os::Entropy* added = nullptr) const;
  /// Of a digest that the caller made by `algorithm`, which the nonce depends on too. Errors:
  /// InvalidArgument (length), as above.
  Result<EcdsaSignature<C>> sign_digest(DigestAlgorithm algorithm, ByteSpan digest,
                                        os::Entropy* added = nullptr) const;
  /// The x-coordinate of the shared point: give it to a KDF, it is no key by itself. CT.
  SecretArray<kSharedBytes> agree(const PublicKey& peer) const;

  EcPrivateKey(EcPrivateKey&& other) noexcept : scalar_(other.scalar_), public_(other.public_) {
    other.scalar_ = {};
  }
  EcPrivateKey& operator=(EcPrivateKey&& other) noexcept {
    if (this == &other) return *this;
    scalar_ = other.scalar_;
    public_ = other.public_;
    other.scalar_ = {};
    return *this;
  }
  template <class Stream>
  friend Stream& operator<<(Stream&, const EcPrivateKey&) = delete;

 private:
  explicit EcPrivateKey(const typename C::Scalar& scalar);
  typename C::Scalar scalar_;  // wipes itself
  PublicKey public_;
};

using P256PublicKey = EcPublicKey<field::CurveP256>;
using P256PrivateKey = EcPrivateKey<field::CurveP256>;
using P384PublicKey = EcPublicKey<field::CurveP384>;
using P384PrivateKey = EcPrivateKey<field::CurveP384>;
using P521PublicKey = EcPublicKey<field::CurveP521>;
using P521PrivateKey = EcPrivateKey<field::CurveP521>;
using Secp256k1PublicKey = EcPublicKey<field::CurveSecp256k1>;
using Secp256k1PrivateKey = EcPrivateKey<field::CurveSecp256k1>;

#define AVILA_CRYPTO_EC(C)                  \
  extern template struct EcdsaSignature<C>; \
  extern template class EcPublicKey<C>;     \
  extern template class EcPrivateKey<C>
AVILA_CRYPTO_EC(field::CurveP256);
AVILA_CRYPTO_EC(field::CurveP384);
AVILA_CRYPTO_EC(field::CurveP521);
AVILA_CRYPTO_EC(field::CurveSecp256k1);
#undef AVILA_CRYPTO_EC

}  // namespace avila::crypto

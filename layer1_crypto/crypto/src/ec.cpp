#include <algorithm>
#include <avila/asn1/reader.hpp>
#include <avila/asn1/writer.hpp>
#include <avila/crypto/ec.hpp>
#include <avila/os/entropy.hpp>

#include "ecdsa_nonce.hpp"

namespace avila::crypto {

namespace {

namespace ct = field::ct;

/// A digest as a number modulo the order (FIPS 186-5 section 6.4.1): the leftmost bits of it. The
/// orders here are whole bytes long, or longer than every digest.
template <class Scalar>
Scalar reduce_digest(ByteSpan digest) noexcept {
  static_assert(Scalar::kBits % 8 == 0 || Scalar::kBits > 8 * kDigestBytesMax);
  return Scalar::reduce_be(digest.first(std::min(digest.size(), Scalar::kBytes)));
}

/// 1 to order - 1. Errors: Malformed.
template <class Scalar>
Result<Scalar> decode_scalar(ByteSpan bytes) {
  AVILA_TRY(const Scalar scalar, Scalar::from_bytes_be(bytes));
  if (ct::reveal(scalar.is_zero())) return Error(Errc::Malformed, "the scalar is zero");
  return scalar;
}

/// The leftmost bits of random bytes: as many as the order has (bits2int of RFC 6979
/// section 2.3.2).
template <class Scalar>
void keep_order_bits(std::array<std::byte, Scalar::kBytes>& bytes) noexcept {
  constexpr unsigned kShift = 8 * Scalar::kBytes - Scalar::kBits;
  if constexpr (kShift != 0) {
    for (std::size_t i = bytes.size(); i-- > 1;)
      bytes[i] = bytes[i] >> kShift | bytes[i - 1] << (8 - kShift);
    bytes[0] >>= kShift;
  }
}

/// The same point with Z = 1: another Z would tell something of the scalar that made it.
template <class Point>
Point normalized(const Point& point) noexcept {
  const auto affine = point.to_affine();
  return Point::from_jacobian_unchecked({affine.x, affine.y, Point::Field::one()});
}

/// x of `point` modulo the order.
template <class Point>
typename Point::Scalar x_modulo_order(const Point& point) noexcept {
  return Point::Scalar::reduce_be(point.to_affine().x.to_bytes_be());
}

/// Whether x of `point`, which is not the identity, is `r` modulo the order, without an inversion:
/// x = X / Z^2, and x is r or r + order, where that is below p.
template <class Point>
bool has_x_vartime(const Point& point, const typename Point::Scalar& r) noexcept {
  using Field = typename Point::Field;
  const auto jacobian = point.jacobian();
  const Field z2 = jacobian.z.square();
  const auto limbs = r.to_limbs();
  if (Field::from_limbs(limbs) * z2 == jacobian.x) return true;
  typename Field::LimbArray sum;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const std::uint64_t order = Point::Scalar::Params::kModulus.p[i];
    const std::uint64_t partial = limbs[i] + order;
    sum[i] = partial + carry;
    carry =
        static_cast<std::uint64_t>(partial < order) | static_cast<std::uint64_t>(sum[i] < partial);
  }
  const bool is_below =
      std::lexicographical_compare(sum.rbegin(), sum.rend(), Field::Params::kModulus.p.rbegin(),
                                   Field::Params::kModulus.p.rend());
  return carry == 0 && is_below && Field::from_limbs(sum) * z2 == jacobian.x;
}

Error wrong_signature() { return Error(Errc::Unauthenticated, "the ECDSA signature is wrong"); }

}  // namespace

template <class C>
Result<EcdsaSignature<C>> EcdsaSignature<C>::decode(ByteSpan bytes) {
  if (bytes.size() != kBytes)
    return Error(Errc::Malformed, "an ECDSA signature has twice the bytes of its curve's order");
  EcdsaSignature signature;
  std::copy(bytes.begin(), bytes.end(), signature.bytes.begin());
  return signature;
}

template <class C>
Result<EcdsaSignature<C>> EcdsaSignature<C>::decode_der(ByteSpan der) {
  asn1::Reader reader(der);
  AVILA_TRY(asn1::Reader sequence, reader.sequence().context("ECDSA signature"));
  AVILA_TRY_VOID(reader.finish().context("ECDSA signature"));
  EcdsaSignature signature;
  for (const std::size_t end : {kBytes / 2, kBytes}) {
    AVILA_TRY(const ByteSpan number, sequence.unsigned_integer().context("ECDSA signature"));
    if (number.size() > kBytes / 2)
      return Error(Errc::Malformed, "a number of the ECDSA signature is longer than the order");
    std::copy_backward(number.begin(), number.end(),
                       signature.bytes.begin() + static_cast<std::ptrdiff_t>(end));
  }
  AVILA_TRY_VOID(sequence.finish().context("ECDSA signature"));
  return signature;
}

template <class C>
std::vector<std::byte> EcdsaSignature<C>::to_der() const {
  asn1::Writer writer;
  writer.sequence([&](asn1::Writer& inside) {
    inside.unsigned_integer(ByteSpan(bytes).first(kBytes / 2));
    inside.unsigned_integer(ByteSpan(bytes).last(kBytes / 2));
  });
  return writer.take();
}

template <class C>
EcdsaSignature<C> EcdsaSignature<C>::with_low_s() const noexcept {
  using Scalar = typename C::Scalar;
  EcdsaSignature low = *this;
  const auto s = Scalar::from_bytes_be(ByteSpan(bytes).last(kBytes / 2));
  if (!s.has_value()) return low;
  const auto negated = (-*s).to_bytes_be();
  if (std::lexicographical_compare(negated.begin(), negated.end(), bytes.begin() + kBytes / 2,
                                   bytes.end()))
    std::copy(negated.begin(), negated.end(), low.bytes.begin() + kBytes / 2);
  return low;
}

template <class C>
Result<EcPublicKey<C>> EcPublicKey<C>::decode(ByteSpan bytes) {
  AVILA_TRY(const Point point, Point::decode(bytes));
  return EcPublicKey(point);
}

template <class C>
Result<void> EcPublicKey<C>::verify(DigestAlgorithm algorithm, ByteSpan message,
                                    const EcdsaSignature<C>& signature) const {
  return verify_digest(digest(algorithm, message), signature);
}

template <class C>
Result<void> EcPublicKey<C>::verify_digest(ByteSpan digest,
                                           const EcdsaSignature<C>& signature) const {
  using Scalar = typename C::Scalar;
  if (digest.size() < 20 || digest.size() > kDigestBytesMax)
    return Error(Errc::InvalidArgument, "ECDSA verifies digests of 20 to 64 bytes");
  const auto r = decode_scalar<Scalar>(ByteSpan(signature.bytes).first(Scalar::kBytes));
  const auto s = decode_scalar<Scalar>(ByteSpan(signature.bytes).last(Scalar::kBytes));
  if (!r.has_value() || !s.has_value()) return wrong_signature();
  const Scalar inverse = s->inverse();
  const Point point =
      Point::double_mul_vartime(*r * inverse, point_, reduce_digest<Scalar>(digest) * inverse);
  if (point.is_identity() || !has_x_vartime(point, *r)) return wrong_signature();
  return {};
}

template <class C>
EcPrivateKey<C>::EcPrivateKey(const typename C::Scalar& scalar)
    : scalar_(scalar), public_(normalized(PublicKey::Point::mul_base(scalar))) {
  ct::declassify(&public_, sizeof public_);
}

template <class C>
Result<EcPrivateKey<C>> EcPrivateKey<C>::generate(os::Entropy& entropy) {
  // Of random bytes, less than one in 2^31 is refused: so many in a row are a broken source.
  constexpr int kAttempts = 16;
  SecretArray<kBytes> bytes;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    AVILA_TRY_VOID(entropy.fill(*bytes));
    keep_order_bits<typename C::Scalar>(*bytes);
    const auto scalar = decode_scalar<typename C::Scalar>(*bytes);
    if (scalar.has_value()) return EcPrivateKey(*scalar);
  }
  return Error(Errc::Unavailable, "the entropy gives no scalar below the order of the curve");
}

template <class C>
Result<EcPrivateKey<C>> EcPrivateKey<C>::decode(ByteSpan scalar) {
  AVILA_TRY(const auto decoded, decode_scalar<typename C::Scalar>(scalar).context("private key"));
  return EcPrivateKey(decoded);
}

template <class C>
SecretArray<EcPrivateKey<C>::kBytes> EcPrivateKey<C>::bytes() const {
  SecretArray<kBytes> out;
  *out = scalar_.to_bytes_be();
  return out;
}

template <class C>
Result<EcdsaSignature<C>> EcPrivateKey<C>::sign(DigestAlgorithm algorithm, ByteSpan message,
                                                os::Entropy* added) const {
  return sign_digest(algorithm, digest(algorithm, message), added);
}

template <class C>
Result<EcdsaSignature<C>> EcPrivateKey<C>::sign_digest(DigestAlgorithm algorithm, ByteSpan digest,
                                                       os::Entropy* added) const {
  using Scalar = typename C::Scalar;
  if (algorithm == DigestAlgorithm::Sha1)
    return Error(Errc::InvalidArgument, "nothing is signed with SHA-1 any more");
  if (digest.size() != digest_size(algorithm))
    return Error(Errc::InvalidArgument, "the digest has another length than its algorithm's");
  SecretArray<32> hedge;
  if (added != nullptr) AVILA_TRY_VOID(added->fill(*hedge));
  const Scalar z = reduce_digest<Scalar>(digest);
  const auto key_bytes = bytes();
  detail::EcdsaNonces nonces(algorithm, *key_bytes, z.to_bytes_be(),
                             added != nullptr ? ByteSpan(*hedge) : ByteSpan());
  SecretArray<kBytes> candidate;
  while (true) {
    nonces.next(*candidate);
    keep_order_bits<Scalar>(*candidate);
    const auto k = decode_scalar<Scalar>(*candidate);
    if (!k.has_value()) continue;
    const Scalar r = x_modulo_order(PublicKey::Point::mul_base(*k));
    const Scalar s = k->inverse() * (z + r * scalar_);
    if (ct::reveal(r.is_zero() | s.is_zero())) continue;
    EcdsaSignature<C> signature;
    const auto r_bytes = r.to_bytes_be(), s_bytes = s.to_bytes_be();
    std::copy(r_bytes.begin(), r_bytes.end(), signature.bytes.begin());
    std::copy(s_bytes.begin(), s_bytes.end(), signature.bytes.begin() + kBytes);
    ct::declassify(&signature, sizeof signature);
    return signature;
  }
}

template <class C>
SecretArray<EcPrivateKey<C>::kSharedBytes> EcPrivateKey<C>::agree(const PublicKey& peer) const {
  SecretArray<kSharedBytes> shared;
  auto point = scalar_ * peer.point();
  const ct::Wiper wipe_point(point);
  auto affine = point.to_affine();
  const ct::Wiper wipe_affine(affine);
  *shared = affine.x.to_bytes_be();
  return shared;
}

#define AVILA_CRYPTO_EC(C)           \
  template struct EcdsaSignature<C>; \
  template class EcPublicKey<C>;     \
  template class EcPrivateKey<C>;
AVILA_CRYPTO_EC(field::CurveP256)
AVILA_CRYPTO_EC(field::CurveP384)
AVILA_CRYPTO_EC(field::CurveP521)
AVILA_CRYPTO_EC(field::CurveSecp256k1)
#undef AVILA_CRYPTO_EC

}  // namespace avila::crypto

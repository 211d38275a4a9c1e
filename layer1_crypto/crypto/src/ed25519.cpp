#include <algorithm>
#include <avila/crypto/ed25519.hpp>
#include <avila/field/edwards25519.hpp>
#include <avila/field/x25519.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/os/entropy.hpp>
#include <initializer_list>
#include <string_view>

namespace avila::crypto {

namespace {

namespace ct = field::ct;
using field::EdwardsPoint;
using field::Scalar25519;

/// SHA-512 of all parts, modulo the order.
Scalar25519 hash_to_scalar(std::initializer_list<ByteSpan> parts) noexcept {
  hash::Sha512 sha;
  const ct::Wiper wipe_sha(sha);
  for (const ByteSpan part : parts) sha.update(part);
  auto digest = sha.finish();
  const ct::Wiper wipe_digest(digest);
  return Scalar25519::reduce_le(digest);
}

/// dom2 of section 2; empty for the plain variant.
class Prefix {
 public:
  explicit Prefix(const Ed25519Options& options) noexcept {
    if (!options.prehash && options.context.empty()) return;
    constexpr std::string_view kText = "SigEd25519 no Ed25519 collisions";
    const auto text = as_bytes(kText);
    auto at = std::copy(text.begin(), text.end(), bytes_.begin());
    *at++ = std::byte{options.prehash};
    *at++ = static_cast<std::byte>(options.context.size());
    at = std::copy(options.context.begin(), options.context.end(), at);
    size_ = static_cast<std::size_t>(at - bytes_.begin());
  }
  operator ByteSpan() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<std::byte, 34 + Ed25519Options::kMaxContext> bytes_;
  std::size_t size_ = 0;
};

Result<void> check(const Ed25519Options& options) {
  if (options.context.size() > Ed25519Options::kMaxContext)
    return Error(Errc::InvalidArgument, "a context of Ed25519 has at most 255 bytes");
  return {};
}

Error wrong_signature() { return Error(Errc::Unauthenticated, "the Ed25519 signature is wrong"); }

}  // namespace

Result<Ed25519PublicKey> Ed25519PublicKey::decode(ByteSpan bytes) {
  if (bytes.size() != kBytes) return Error(Errc::Malformed, "a public key of Ed25519 has 32 bytes");
  AVILA_TRY(const EdwardsPoint point, EdwardsPoint::decompress(bytes.first<kBytes>()));
  if (point.is_small_order())
    return Error(Errc::Malformed, "the point of the Ed25519 key is of small order");
  Ed25519PublicKey key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

Result<void> Ed25519PublicKey::verify(ByteSpan message, ByteSpan signature,
                                      const Ed25519Options& options) const {
  AVILA_TRY_VOID(check(options));
  hash::Sha512::Digest digest;
  if (options.prehash) {
    digest = hash::sha512(message);
    message = digest;
  }
  if (signature.size() != kSignatureBytes) return wrong_signature();
  const ByteSpan r = signature.first(32);
  const auto s = Scalar25519::from_bytes_le(signature.last(32));
  const auto point = EdwardsPoint::decompress(bytes_);
  if (!s.has_value() || !point.has_value()) return wrong_signature();
  const Scalar25519 k = hash_to_scalar({Prefix(options), r, bytes_, message});
  // R = S B - k A, compared as bytes: an R that is encoded in another way is refused by that.
  const auto expected = EdwardsPoint::double_mul_vartime(k, -*point, *s).compress();
  if (!std::equal(r.begin(), r.end(), expected.begin())) return wrong_signature();
  return {};
}

Result<Ed25519PrivateKey> Ed25519PrivateKey::generate(os::Entropy& entropy) {
  SecretArray<kSeedBytes> seed;
  AVILA_TRY_VOID(entropy.fill(*seed));
  return from_seed(*seed);
}

Ed25519PrivateKey Ed25519PrivateKey::from_seed(std::span<const std::byte, kSeedBytes> seed) {
  Ed25519PrivateKey key;
  std::copy(seed.begin(), seed.end(), key.seed_->begin());
  hash::Sha512 sha;
  const ct::Wiper wipe_sha(sha);
  sha.update(seed);
  *key.expanded_ = sha.finish();
  const std::span<std::byte, 32> scalar = std::span(*key.expanded_).first<32>();
  auto clamped = field::clamp25519(scalar);
  const ct::Wiper wipe_clamped(clamped);
  std::copy(clamped.begin(), clamped.end(), scalar.begin());
  key.public_.bytes_ = EdwardsPoint::mul_base_bytes(scalar).compress();
  ct::declassify(key.public_.bytes_.data(), key.public_.bytes_.size());
  return key;
}

Ed25519PrivateKey::Signature Ed25519PrivateKey::sign(ByteSpan message) const {
  return sign_parts({}, message);
}

Result<Ed25519PrivateKey::Signature> Ed25519PrivateKey::sign(ByteSpan message,
                                                             const Ed25519Options& options) const {
  AVILA_TRY_VOID(check(options));
  if (!options.prehash) return sign_parts(Prefix(options), message);
  return sign_parts(Prefix(options), hash::sha512(message));
}

Ed25519PrivateKey::Signature Ed25519PrivateKey::sign_parts(ByteSpan prefix,
                                                           ByteSpan message) const {
  const ByteSpan expanded(*expanded_);
  const Scalar25519 nonce = hash_to_scalar({prefix, expanded.last(32), message});
  const auto r = EdwardsPoint::mul_base(nonce).compress();
  const Scalar25519 k = hash_to_scalar({prefix, r, public_.bytes(), message});
  const auto s = (nonce + k * Scalar25519::reduce_le(expanded.first(32))).to_bytes_le();
  Signature signature;
  std::copy(r.begin(), r.end(), signature.begin());
  std::copy(s.begin(), s.end(), signature.begin() + 32);
  ct::declassify(signature.data(), signature.size());
  return signature;
}

}  // namespace avila::crypto

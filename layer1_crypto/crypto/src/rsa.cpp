#include <avila/crypto/rsa.hpp>
#include <avila/numeric/number_theory.hpp>
#include <avila/os/entropy.hpp>
#include <cstring>

#include "rsa_padding.hpp"
#include "rsa_state.hpp"

namespace avila::crypto {

using detail::Limb;
using detail::Limbs;

namespace {

Error refused() { return Error(Errc::Unauthenticated, "RSA: the signature is not valid"); }

bool public_below(detail::LimbSpan a, detail::LimbSpan b) noexcept {
  return detail::ct::reveal(detail::less(a, b));
}

}  // namespace

bool RsaPublicKey::State::raise(MutableByteSpan out, ByteSpan in) const {
  Limbs number(n.size());
  detail::load_bytes(number, in);
  if (!public_below(number, n.value())) return false;
  n.pow_public(number, number, e);
  detail::store_bytes(out, number);
  return true;
}

// u = r t is inverted where time may tell what it is: without t, which is forgotten, it says
// nothing about r.
Result<RsaPrivateKey::State::Blinding> RsaPrivateKey::State::draw_blinding(
    os::Entropy& entropy) const {
  const detail::Modulus& n = public_key.state_->n;
  const std::size_t size = n.size();
  Limbs scratch = n.scratch();
  for (;;) {
    Limbs drawn(size + 1), r(size), t(size), u(size);
    for (Limbs* number : {&r, &t}) {  // 64 bits more than n: the bias is below 2^-64
      AVILA_TRY_VOID(entropy.fill(std::as_writable_bytes(detail::MutableLimbSpan(drawn))));
      n.reduce(*number, drawn);
    }
    n.multiply(u, r, t, scratch);
    n.from_montgomery(u, u, scratch);
    detail::ct::declassify(u.data(), size * sizeof(Limb));
    const auto inverse = numeric::mod_inverse(numeric::BigUint::from_limbs(detail::LimbSpan(u)),
                                              numeric::BigUint::from_limbs(n.value()));
    if (!inverse.has_value()) continue;  // a factor of n: never in practice
    Blinding made{Limbs(size), Limbs(size)};
    const auto limbs = inverse->limbs();
    for (std::size_t i = 0; i < limbs.size(); ++i) made.inverse[i] = limbs[i];
    n.to_montgomery(made.inverse, made.inverse, scratch);
    n.multiply(made.inverse, made.inverse, t, scratch);
    n.from_montgomery(r, r, scratch);
    n.pow_public(r, r, public_key.state_->e);
    n.to_montgomery(made.factor, r, scratch);
    return made;
  }
}

Result<RsaPrivateKey::State::Blinding> RsaPrivateKey::State::next_blinding(
    os::Entropy& entropy) const {
  const detail::Modulus& n = public_key.state_->n;
  const std::lock_guard lock(mutex_);
  if (uses_ == 0) {
    AVILA_TRY(blinding_, draw_blinding(entropy));
  } else {
    Limbs t = n.scratch();
    n.multiply(blinding_.factor, blinding_.factor, blinding_.factor, t);
    n.multiply(blinding_.inverse, blinding_.inverse, blinding_.inverse, t);
  }
  uses_ = (uses_ + 1) % kBlindingUses;
  return Blinding{blinding_.factor.clone(), blinding_.inverse.clone()};
}

// RFC 8017 section 5.1.2, step 2 b: by the Chinese remainder theorem (Garner).
void RsaPrivateKey::State::raise_blinded(Limbs& r, const Limbs& c) const {
  Limbs c_p(p.size()), c_q(q.size()), s_p(p.size()), s_q(q.size());
  Limbs t_p = p.scratch(), t_q = q.scratch();
  p.reduce(c_p, c);
  p.from_montgomery(c_p, c_p, t_p);
  q.reduce(c_q, c);
  q.from_montgomery(c_q, c_q, t_q);
  detail::pow_pair({p, s_p, c_p, dp}, {q, s_q, c_q, dq});

  Limbs h(p.size());
  p.reduce(h, s_q);
  p.from_montgomery(h, h, t_p);
  p.subtract(h, s_p, h, t_p);
  p.multiply(h, h, q_inverse, t_p);  // out of Montgomery form: only q_inverse was in it

  Limbs product(p.size() + q.size()), low(product.size());
  detail::multiply(product, h, q.value());
  for (std::size_t i = 0; i < q.size(); ++i) low[i] = s_q[i];
  (void)detail::add(product, product, low);
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = product[i];
}

Result<void> RsaPrivateKey::State::raise(MutableByteSpan out, ByteSpan in,
                                         os::Entropy& entropy) const {
  const detail::Modulus& n = public_key.state_->n;
  Limbs c(n.size()), s(n.size()), check(n.size()), t = n.scratch();
  detail::load_bytes(c, in);
  if (!public_below(c, n.value()))
    return Error(Errc::Unauthenticated, "RSA: the number is not below the modulus");
  AVILA_TRY(Blinding blinding, next_blinding(entropy));
  n.multiply(c, c, blinding.factor, t);
  raise_blinded(s, c);
  // A fault in one of the two halves would tell the factors (Boneh, DeMillo, Lipton 1997).
  n.pow_public(check, s, public_key.state_->e);
  if (!detail::ct::reveal(detail::equal(check, c)))
    return Error(Errc::Corrupted, "RSA: the private operation went wrong; check the machine");
  n.multiply(s, s, blinding.inverse, t);
  detail::store_bytes(out, s);
  return {};
}

Result<void> RsaPublicKey::verify_pkcs1(DigestAlgorithm algorithm, ByteSpan message,
                                        ByteSpan signature) const {
  return verify_pkcs1_digest(algorithm, digest(algorithm, message), signature);
}

Result<void> RsaPublicKey::verify_pkcs1_digest(DigestAlgorithm algorithm, ByteSpan digest,
                                               ByteSpan signature) const {
  std::vector<std::byte> decoded(size()), wanted(size());
  if (signature.size() != size() || !state_->raise(decoded, signature)) return refused();
  if (!detail::encode_pkcs1(algorithm, digest, wanted).has_value()) return refused();
  if (decoded != wanted) return refused();
  return {};
}

Result<void> RsaPublicKey::verify_pss(const PssOptions& options, ByteSpan message,
                                      ByteSpan signature) const {
  return verify_pss_digest(options, digest(options.digest, message), signature);
}

Result<void> RsaPublicKey::verify_pss_digest(const PssOptions& options, ByteSpan digest,
                                             ByteSpan signature) const {
  std::vector<std::byte> decoded(size());
  if (signature.size() != size() || !state_->raise(decoded, signature)) return refused();
  const std::size_t encoded = (bits() - 1 + 7) / 8;
  if (encoded < size() && decoded[0] != std::byte{0}) return refused();
  if (!detail::verify_pss(options, digest, bits() - 1, ByteSpan(decoded).last(encoded)))
    return refused();
  return {};
}

Result<std::vector<std::byte>> RsaPublicKey::encrypt_oaep(const OaepOptions& options,
                                                          ByteSpan message,
                                                          os::Entropy& entropy) const {
  const std::size_t h = digest_size(options.digest);
  if (size() < 2 * h + 2 || message.size() > size() - 2 * h - 2)
    return Error(Errc::LimitExceeded, "OAEP: the message is longer than this key takes");
  SecretBytes encoded(size());
  SecretArray<kDigestBytesMax> seed;
  const MutableByteSpan drawn = MutableByteSpan(*seed).first(h);
  AVILA_TRY_VOID(entropy.fill(drawn));
  detail::encode_oaep(options, message, drawn, encoded.span());
  std::vector<std::byte> ciphertext(size());
  (void)state_->raise(ciphertext, encoded.span());  // its first byte is 0: below the modulus
  return ciphertext;
}

Result<std::vector<std::byte>> RsaPrivateKey::sign_pkcs1(DigestAlgorithm algorithm,
                                                         ByteSpan message,
                                                         os::Entropy& entropy) const {
  return sign_pkcs1_digest(algorithm, digest(algorithm, message), entropy);
}

Result<std::vector<std::byte>> RsaPrivateKey::sign_pkcs1_digest(DigestAlgorithm algorithm,
                                                                ByteSpan digest,
                                                                os::Entropy& entropy) const {
  if (algorithm == DigestAlgorithm::Sha1)
    return Error(Errc::InvalidArgument, "RSA: SHA-1 is for verifying only");
  std::vector<std::byte> signature(public_key().size());
  AVILA_TRY_VOID(detail::encode_pkcs1(algorithm, digest, signature));
  AVILA_TRY_VOID(state_->raise(signature, signature, entropy));
  detail::ct::declassify(signature.data(), signature.size());
  return signature;
}

Result<std::vector<std::byte>> RsaPrivateKey::sign_pss(const PssOptions& options, ByteSpan message,
                                                       os::Entropy& entropy) const {
  return sign_pss_digest(options, digest(options.digest, message), entropy);
}

Result<std::vector<std::byte>> RsaPrivateKey::sign_pss_digest(const PssOptions& options,
                                                              ByteSpan digest,
                                                              os::Entropy& entropy) const {
  if (options.digest == DigestAlgorithm::Sha1)
    return Error(Errc::InvalidArgument, "RSA: SHA-1 is for verifying only");
  const std::size_t bits = public_key().bits() - 1, encoded = (bits + 7) / 8;
  if (options.salt_bytes > encoded)
    return Error(Errc::InvalidArgument, "PSS: the salt is longer than this key takes");
  std::vector<std::byte> salt(options.salt_bytes), signature(public_key().size());
  AVILA_TRY_VOID(entropy.fill(salt));
  AVILA_TRY_VOID(
      detail::encode_pss(options, digest, salt, bits, MutableByteSpan(signature).last(encoded)));
  AVILA_TRY_VOID(state_->raise(signature, signature, entropy));
  detail::ct::declassify(signature.data(), signature.size());
  return signature;
}

Result<SecretBytes> RsaPrivateKey::decrypt_oaep(const OaepOptions& options, ByteSpan ciphertext,
                                                os::Entropy& entropy) const {
  const std::size_t size = public_key().size(), h = digest_size(options.digest);
  const auto bad = [] { return Error(Errc::Unauthenticated, "the ciphertext does not decrypt"); };
  if (ciphertext.size() != size || size < 2 * h + 2) return bad();
  SecretBytes encoded(size);
  auto raised = state_->raise(encoded.span(), ciphertext, entropy);
  if (!raised.has_value()) {
    if (raised.error().is(Errc::Unauthenticated)) return bad();
    return std::move(raised).error();
  }
  return detail::decode_oaep(options, encoded.span());
}

}  // namespace avila::crypto

// What the tests of the curves share.
#pragma once
#include <avila/crypto/ec.hpp>
#include <avila_test/crypto_cases.hpp>
#include <optional>

namespace avila_test {

/// By the names of Wycheproof, ACVP and RFC 6979; nothing where this library does not have it.
inline std::optional<avila::crypto::DigestAlgorithm> digest_named(std::string_view name) {
  using avila::crypto::DigestAlgorithm;
  if (name == "SHA2-224" || name == "SHA-224") return DigestAlgorithm::Sha224;
  if (name == "SHA2-256" || name == "SHA-256") return DigestAlgorithm::Sha256;
  if (name == "SHA2-384" || name == "SHA-384") return DigestAlgorithm::Sha384;
  if (name == "SHA2-512" || name == "SHA-512") return DigestAlgorithm::Sha512;
  if (name == "SHA2-512/224") return DigestAlgorithm::Sha512_224;
  if (name == "SHA2-512/256") return DigestAlgorithm::Sha512_256;
  if (name == "SHA3-256") return DigestAlgorithm::Sha3_256;
  if (name == "SHA3-384") return DigestAlgorithm::Sha3_384;
  if (name == "SHA3-512") return DigestAlgorithm::Sha3_512;
  return std::nullopt;
}

/// use.operator()<C>() for the curve of that name; false where this library does not have it.
template <class Use>
bool with_curve(std::string_view name, Use&& use) {
  if (name == "P-256" || name == "NIST P-256" || name == "secp256r1") {
    use.template operator()<avila::field::CurveP256>();
  } else if (name == "P-384" || name == "NIST P-384" || name == "secp384r1") {
    use.template operator()<avila::field::CurveP384>();
  } else if (name == "P-521" || name == "NIST P-521" || name == "secp521r1") {
    use.template operator()<avila::field::CurveP521>();
  } else if (name == "secp256k1") {
    use.template operator()<avila::field::CurveSecp256k1>();
  } else {
    return false;
  }
  return true;
}

/// A number of any length as exactly `size` bytes; nothing where it does not fit.
inline std::optional<CryptoBytes> number_of(CryptoBytes bytes, std::size_t size) {
  while (bytes.size() > size && bytes.front() == std::byte{0}) bytes.erase(bytes.begin());
  if (bytes.size() > size) return std::nullopt;
  bytes.insert(bytes.begin(), size - bytes.size(), std::byte{0});
  return bytes;
}

/// The uncompressed encoding of a point, or nothing that decodes.
inline CryptoBytes uncompressed(const CryptoBytes& x, const CryptoBytes& y, std::size_t size) {
  const auto fixed_x = number_of(x, size), fixed_y = number_of(y, size);
  if (!fixed_x || !fixed_y) return {};
  CryptoBytes bytes = {std::byte{4}};
  bytes.insert(bytes.end(), fixed_x->begin(), fixed_x->end());
  bytes.insert(bytes.end(), fixed_y->begin(), fixed_y->end());
  return bytes;
}

/// r and s as the P1363 form has them.
template <class C>
avila::Result<avila::crypto::EcdsaSignature<C>> signature_of(const CryptoBytes& r,
                                                             const CryptoBytes& s) {
  const auto fixed_r = number_of(r, C::Scalar::kBytes), fixed_s = number_of(s, C::Scalar::kBytes);
  if (!fixed_r || !fixed_s) return avila::Error(avila::Errc::Malformed, "r or s is too long");
  CryptoBytes both = *fixed_r;
  both.insert(both.end(), fixed_s->begin(), fixed_s->end());
  return avila::crypto::EcdsaSignature<C>::decode(both);
}

}  // namespace avila_test

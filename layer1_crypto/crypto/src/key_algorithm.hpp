// AlgorithmIdentifier of keys (RFC 5280 section 4.1.1.2): the type, read and written.
#pragma once
#include <avila/asn1/reader.hpp>
#include <avila/asn1/writer.hpp>
#include <avila/crypto/key.hpp>

namespace avila::crypto::detail {

inline constexpr std::size_t kFirstPostQuantum = static_cast<std::size_t>(KeyType::MlKem512);
inline constexpr std::size_t kFirstSlhDsa = static_cast<std::size_t>(KeyType::SlhDsaSha2_128s);
inline bool is_slh_dsa(KeyType type) noexcept {
  return static_cast<std::size_t>(type) >= kFirstSlhDsa;
}
/// Of a type that is_slh_dsa().
inline SlhDsaSet slh_dsa_set(KeyType type) noexcept {
  return static_cast<SlhDsaSet>(static_cast<std::size_t>(type) - kFirstSlhDsa);
}

/// use.operator()<S>() for the scheme of MlKem512 … MlDsa87; `otherwise` for other types.
template <class Use>
auto with_lattice(KeyType type, Use&& use,
                  decltype(use.template operator()<post_quantum::MlKem512>()) otherwise)
    -> decltype(otherwise) {
  switch (type) {
    case KeyType::MlKem512: return use.template operator()<post_quantum::MlKem512>();
    case KeyType::MlKem768: return use.template operator()<post_quantum::MlKem768>();
    case KeyType::MlKem1024: return use.template operator()<post_quantum::MlKem1024>();
    case KeyType::MlDsa44: return use.template operator()<post_quantum::MlDsa44>();
    case KeyType::MlDsa65: return use.template operator()<post_quantum::MlDsa65>();
    case KeyType::MlDsa87: return use.template operator()<post_quantum::MlDsa87>();
    default: return otherwise;
  }
}

/// Errors: Malformed, Unsupported.
Result<KeyType> read_key_algorithm(asn1::Reader& from);
void write_key_algorithm(asn1::Writer& to, KeyType type);
/// The curve's name alone, for ECPrivateKey.
Result<KeyType> read_named_curve(asn1::Reader& from);
const asn1::Oid& curve_oid(KeyType type) noexcept;

/// The key of that type from the content of its BIT STRING.
Result<PublicKey> read_public_key(KeyType type, ByteSpan bytes);
/// RSAPublicKey (RFC 8017 appendix A.1.1).
Result<PublicKey> read_rsa_public_key(ByteSpan der);

}  // namespace avila::crypto::detail

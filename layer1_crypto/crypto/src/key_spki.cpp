#include <algorithm>
#include <avila/asn1/pem.hpp>

#include "key_algorithm.hpp"
#include "oids.hpp"
#include "overload.hpp"

namespace avila::crypto {

namespace detail {

Result<KeyType> read_named_curve(asn1::Reader& from) {
  if (!from.at(asn1::tags::kOid))
    return Error(Errc::Unsupported, "only curves with a name are taken",
                 {.hint = "convert with: openssl ec -param_enc named_curve"});
  AVILA_TRY(const asn1::Oid curve, from.oid());
  if (curve == oids::kP256) return KeyType::P256;
  if (curve == oids::kP384) return KeyType::P384;
  if (curve == oids::kP521) return KeyType::P521;
  if (curve == oids::kSecp256k1) return KeyType::Secp256k1;
  return Error(Errc::Unsupported, "unknown curve " + curve.to_string());
}

const asn1::Oid& curve_oid(KeyType type) noexcept {
  if (type == KeyType::P256) return oids::kP256;
  if (type == KeyType::P384) return oids::kP384;
  if (type == KeyType::P521) return oids::kP521;
  return oids::kSecp256k1;
}

Result<KeyType> read_key_algorithm(asn1::Reader& from) {
  AVILA_TRY(asn1::Reader in, from.sequence());
  AVILA_TRY(const asn1::Oid algorithm, in.oid());
  KeyType type{};
  if (algorithm == oids::kRsaEncryption) {
    AVILA_TRY_VOID(in.null());
    type = KeyType::Rsa;
  } else if (algorithm == oids::kEcPublicKey) {
    AVILA_TRY(type, read_named_curve(in));
  } else if (algorithm == oids::kEd25519) {
    type = KeyType::Ed25519;
  } else if (algorithm == oids::kX25519) {
    type = KeyType::X25519;
  } else if (algorithm == oids::kRsassaPss) {
    return Error(Errc::Unsupported, "RSA keys bound to PSS are not taken");
  } else {
    const auto found = std::ranges::find(oids::kPostQuantum, algorithm);
    if (found == std::end(oids::kPostQuantum))
      return Error(Errc::Unsupported, "unknown key algorithm " + algorithm.to_string());
    type = static_cast<KeyType>(kFirstPostQuantum +
                                static_cast<std::size_t>(found - oids::kPostQuantum));
  }
  AVILA_TRY_VOID(in.finish());
  return type;
}

void write_key_algorithm(asn1::Writer& to, KeyType type) {
  to.sequence([&](asn1::Writer& w) {
    switch (type) {
      case KeyType::Rsa: w.oid(oids::kRsaEncryption).null(); break;
      case KeyType::P256:
      case KeyType::P384:
      case KeyType::P521:
      case KeyType::Secp256k1: w.oid(oids::kEcPublicKey).oid(curve_oid(type)); break;
      case KeyType::Ed25519: w.oid(oids::kEd25519); break;
      case KeyType::X25519: w.oid(oids::kX25519); break;
      default: w.oid(oids::kPostQuantum[static_cast<std::size_t>(type) - kFirstPostQuantum]);
    }
  });
}

Result<PublicKey> read_rsa_public_key(ByteSpan der) {
  asn1::Reader outer(der);
  AVILA_TRY(asn1::Reader in, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(const ByteSpan modulus, in.unsigned_integer());
  AVILA_TRY(const ByteSpan exponent, in.unsigned_integer());
  AVILA_TRY_VOID(in.finish());
  AVILA_TRY(RsaPublicKey key, RsaPublicKey::create(modulus, exponent));
  return PublicKey(std::move(key));
}

Result<PublicKey> read_public_key(KeyType type, ByteSpan bytes) {
  const auto made = [](auto key) -> Result<PublicKey> {
    if (!key.has_value()) return std::move(key).error();
    return PublicKey(std::move(key).value());
  };
  switch (type) {
    case KeyType::Rsa: return read_rsa_public_key(bytes);
    case KeyType::P256: return made(P256PublicKey::decode(bytes));
    case KeyType::P384: return made(P384PublicKey::decode(bytes));
    case KeyType::P521: return made(P521PublicKey::decode(bytes));
    case KeyType::Secp256k1: return made(Secp256k1PublicKey::decode(bytes));
    case KeyType::Ed25519: return made(Ed25519PublicKey::decode(bytes));
    case KeyType::X25519: return made(X25519PublicKey::decode(bytes));
    default: break;
  }
  if (is_slh_dsa(type)) return made(SlhDsaPublicKey::decode(slh_dsa_set(type), bytes));
  return with_lattice(
      type, [&]<class S>() { return made(LatticePublicKey<S>::decode(bytes)); },
      Error(Errc::Unsupported, "no such type of key"));
}

}  // namespace detail

Result<PublicKey> PublicKey::from_spki(ByteSpan der) {
  asn1::Reader outer(der);
  AVILA_TRY(asn1::Reader in, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(const KeyType type, detail::read_key_algorithm(in));
  AVILA_TRY(const ByteSpan bytes, in.bit_string_bytes());
  AVILA_TRY_VOID(in.finish());
  return detail::read_public_key(type, bytes);
}

std::vector<std::byte> PublicKey::to_spki() const {
  asn1::Writer out;
  out.sequence([&](asn1::Writer& w) {
    detail::write_key_algorithm(w, type());
    std::visit(detail::Overload{
                   [&](const RsaPublicKey& key) {
                     w.bit_string_around([&](asn1::Writer& inner) {
                       inner.sequence([&](asn1::Writer& numbers) {
                         numbers.unsigned_integer(key.modulus()).unsigned_integer(key.exponent());
                       });
                     });
                   },
                   [&]<class C>(const EcPublicKey<C>& key) { w.bit_string(key.encode()); },
                   [&](const auto& key) { w.bit_string(key.bytes()); },
               },
               key_);
  });
  return out.take();
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  AVILA_TRY(const auto blocks, asn1::parse_pem(pem));
  for (const asn1::PemBlock& block : blocks) {
    if (block.label == "PUBLIC KEY") return from_spki(block.bytes);
    if (block.label == "RSA PUBLIC KEY") return detail::read_rsa_public_key(block.bytes);
  }
  return Error(Errc::NotFound, "the PEM text holds no public key");
}

std::string PublicKey::to_pem() const { return asn1::to_pem("PUBLIC KEY", to_spki()); }

}  // namespace avila::crypto

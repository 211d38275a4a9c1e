#include <algorithm>
#include <avila/crypto/jwk.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/primitives/wipe.hpp>
#include <avila/text/encoding.hpp>

#include "key_algorithm.hpp"
#include "overload.hpp"

namespace avila::crypto {

namespace {

using json::Value;

Error malformed(std::string_view member, std::string_view what) {
  return Error(Errc::Malformed, "JWK: \"" + std::string(member) + "\" " + std::string(what));
}

Result<std::string_view> text_member(const Value& object, std::string_view member) {
  const Value* value = object.find(member);
  if (value == nullptr) return malformed(member, "is missing");
  if (!value->is_string()) return malformed(member, "is no string");
  return value->as_string();
}

/// base64url without padding (RFC 7515 section 2), wiped in the end.
Result<SecretBytes> bytes_member(const Value& object, std::string_view member) {
  AVILA_TRY(const std::string_view text, text_member(object, member));
  auto decoded = text::base64url_decode(text, text::Padding::Forbidden);
  if (!decoded.has_value()) return malformed(member, "is no base64url");
  SecretBytes bytes = SecretBytes::copy_of(as_bytes(*decoded));
  wipe_memory(decoded->data(), decoded->size());
  return bytes;
}

/// Of a fixed length.
Result<SecretBytes> bytes_member(const Value& object, std::string_view member, std::size_t size) {
  AVILA_TRY(SecretBytes bytes, bytes_member(object, member));
  if (bytes.size() != size) return malformed(member, "has not " + std::to_string(size) + " bytes");
  return bytes;
}

/// Base64urlUInt (RFC 7518 section 2): shortest.
Result<SecretBytes> number_member(const Value& object, std::string_view member) {
  AVILA_TRY(SecretBytes bytes, bytes_member(object, member));
  if (bytes.empty()) return malformed(member, "is empty");
  if (bytes.size() > 1 && bytes.span()[0] == std::byte{0})
    return malformed(member, "begins with a zero byte");
  return bytes;
}

Error parts_differ() {
  return Error(Errc::Malformed, "JWK: the public members are not those of the private key");
}

using AnyKey = decltype(Jwk::key);

/// RFC 7518 section 6.3.
Result<AnyKey> read_rsa(const Value& object) {
  AVILA_TRY(const SecretBytes n, number_member(object, "n"));
  AVILA_TRY(const SecretBytes e, number_member(object, "e"));
  if (object.find("d") == nullptr) {
    AVILA_TRY(RsaPublicKey key, RsaPublicKey::create(n.span(), e.span()));
    return AnyKey(PublicKey(std::move(key)));
  }
  if (object.find("oth") != nullptr)
    return Error(Errc::Unsupported, "RSA keys of more than two primes");
  if (object.find("p") == nullptr)
    return Error(Errc::Unsupported, "JWK: an RSA private key without its primes");
  AVILA_TRY(const SecretBytes d, number_member(object, "d"));
  AVILA_TRY(const SecretBytes p, number_member(object, "p"));
  AVILA_TRY(const SecretBytes q, number_member(object, "q"));
  AVILA_TRY(const SecretBytes dp, number_member(object, "dp"));
  AVILA_TRY(const SecretBytes dq, number_member(object, "dq"));
  AVILA_TRY(const SecretBytes qi, number_member(object, "qi"));
  AVILA_TRY(RsaPrivateKey key, RsaPrivateKey::create({n.span(), e.span(), d.span(), p.span(),
                                                      q.span(), dp.span(), dq.span(), qi.span()}));
  return AnyKey(PrivateKey(std::move(key)));
}

/// RFC 7518 section 6.2.
template <class C>
Result<AnyKey> read_ec(const Value& object) {
  constexpr std::size_t kSize = C::Field::kBytes;
  AVILA_TRY(const SecretBytes x, bytes_member(object, "x", kSize));
  AVILA_TRY(const SecretBytes y, bytes_member(object, "y", kSize));
  std::array<std::byte, 1 + 2 * kSize> point{std::byte{4}};
  std::copy(x.span().begin(), x.span().end(), point.begin() + 1);
  std::copy(y.span().begin(), y.span().end(), point.begin() + 1 + kSize);
  AVILA_TRY(const auto public_key, EcPublicKey<C>::decode(point));
  if (object.find("d") == nullptr) return AnyKey(PublicKey(public_key));
  AVILA_TRY(const SecretBytes d, bytes_member(object, "d", EcPrivateKey<C>::kBytes));
  AVILA_TRY(auto key, EcPrivateKey<C>::decode(d.span()));
  if (!(key.public_key() == public_key)) return parts_differ();
  return AnyKey(PrivateKey(std::move(key)));
}

/// RFC 8037 section 2.
template <class Public, class Private>
Result<AnyKey> read_okp(const Value& object,
                        Private (*make)(std::span<const std::byte, Public::kBytes>)) {
  AVILA_TRY(const SecretBytes x, bytes_member(object, "x", Public::kBytes));
  AVILA_TRY(Public public_key, Public::decode(x.span()));
  if (object.find("d") == nullptr) return AnyKey(PublicKey(std::move(public_key)));
  AVILA_TRY(const SecretBytes d, bytes_member(object, "d", Public::kBytes));
  Private key = make(d.span().template first<Public::kBytes>());
  if (!(key.public_key() == public_key)) return parts_differ();
  return AnyKey(PrivateKey(std::move(key)));
}

/// The "alg" of kty "AKP" in the order of KeyType from MlKem512 on.
constexpr std::string_view kAkpNames[] = {
    "ML-KEM-512",         "ML-KEM-768",         "ML-KEM-1024",        "ML-DSA-44",
    "ML-DSA-65",          "ML-DSA-87",          "SLH-DSA-SHA2-128s",  "SLH-DSA-SHA2-128f",
    "SLH-DSA-SHA2-192s",  "SLH-DSA-SHA2-192f",  "SLH-DSA-SHA2-256s",  "SLH-DSA-SHA2-256f",
    "SLH-DSA-SHAKE-128s", "SLH-DSA-SHAKE-128f", "SLH-DSA-SHAKE-192s", "SLH-DSA-SHAKE-192f",
    "SLH-DSA-SHAKE-256s", "SLH-DSA-SHAKE-256f",
};

/// draft-ietf-cose-dilithium-11 and draft-ietf-cose-sphincs-plus: "priv" is the seed, or the whole
/// key of SLH-DSA.
Result<AnyKey> read_akp(const Value& object) {
  AVILA_TRY(const std::string_view algorithm, text_member(object, "alg"));
  const auto found = std::ranges::find(kAkpNames, algorithm);
  if (found == std::end(kAkpNames))
    return Error(Errc::Unsupported, "JWK: unknown algorithm \"" + std::string(algorithm) + "\"");
  const auto type =
      static_cast<KeyType>(detail::kFirstPostQuantum + static_cast<std::size_t>(found - kAkpNames));
  AVILA_TRY(const SecretBytes pub, bytes_member(object, "pub"));
  AVILA_TRY(PublicKey public_key, detail::read_public_key(type, pub.span()));
  if (object.find("priv") == nullptr) return AnyKey(std::move(public_key));
  AVILA_TRY(const SecretBytes priv, bytes_member(object, "priv"));
  const auto read = [&]() -> Result<PrivateKey> {
    if (detail::is_slh_dsa(type)) {
      AVILA_TRY(auto key, SlhDsaPrivateKey::decode(detail::slh_dsa_set(type), priv.span()));
      return PrivateKey(std::move(key));
    }
    return detail::with_lattice(
        type,
        [&]<class S>() -> Result<PrivateKey> {
          constexpr std::size_t kSize = LatticePrivateKey<S>::kSeedBytes;
          if (priv.size() != kSize) return malformed("priv", "is no seed of this algorithm");
          return PrivateKey(LatticePrivateKey<S>::from_seed(priv.span().first<kSize>()));
        },
        Error(Errc::Unsupported, "JWK: no such type of key"));
  };
  AVILA_TRY(PrivateKey key, read());
  if (key.public_key() != public_key) return parts_differ();
  return AnyKey(std::move(key));
}

Result<AnyKey> read_key(const Value& object) {
  AVILA_TRY(const std::string_view type, text_member(object, "kty"));
  if (type == "RSA") return read_rsa(object);
  if (type == "AKP") return read_akp(object);
  if (type == "oct") {
    AVILA_TRY(SecretBytes key, bytes_member(object, "k"));
    return AnyKey(std::move(key));
  }
  if (type == "EC" || type == "OKP") {
    AVILA_TRY(const std::string_view curve, text_member(object, "crv"));
    if (type == "EC") {
      if (curve == "P-256") return read_ec<field::CurveP256>(object);
      if (curve == "P-384") return read_ec<field::CurveP384>(object);
      if (curve == "P-521") return read_ec<field::CurveP521>(object);
      if (curve == "secp256k1") return read_ec<field::CurveSecp256k1>(object);
    } else {
      if (curve == "Ed25519")
        return read_okp<Ed25519PublicKey>(object, &Ed25519PrivateKey::from_seed);
      if (curve == "X25519")
        return read_okp<X25519PublicKey>(object, &X25519PrivateKey::from_bytes);
    }
    return Error(Errc::Unsupported, "JWK: unknown curve \"" + std::string(curve) + "\"");
  }
  return Error(Errc::Unsupported, "JWK: unknown key type \"" + std::string(type) + "\"");
}

Result<JwkMetadata> read_metadata(const Value& object) {
  JwkMetadata out;
  const std::pair<std::string_view, std::string*> texts[] = {
      {"kid", &out.key_id}, {"alg", &out.algorithm}, {"use", &out.use}};
  for (const auto& [member, to] : texts) {
    if (object.find(member) == nullptr) continue;
    AVILA_TRY(*to, text_member(object, member));
  }
  if (const Value* operations = object.find("key_ops")) {
    const json::Array* all = operations->get_array();
    if (all == nullptr) return malformed("key_ops", "is no array");
    for (const Value& one : *all) {
      if (!one.is_string()) return malformed("key_ops", "holds something that is no string");
      for (const std::string& before : out.operations)
        if (before == one.as_string()) return malformed("key_ops", "names an operation twice");
      out.operations.emplace_back(one.as_string());
    }
  }
  return out;
}

void set_bytes(Value& object, std::string_view member, ByteSpan bytes) {
  std::string text = text::base64url_encode(bytes);
  object.set(member, Value(std::string_view(text)));
  wipe_memory(text.data(), text.size());
}

template <class C>
constexpr std::string_view kCurveName = {};
template <>
constexpr std::string_view kCurveName<field::CurveP256> = "P-256";
template <>
constexpr std::string_view kCurveName<field::CurveP384> = "P-384";
template <>
constexpr std::string_view kCurveName<field::CurveP521> = "P-521";
template <>
constexpr std::string_view kCurveName<field::CurveSecp256k1> = "secp256k1";

std::string_view akp_name(KeyType type) noexcept {
  return kAkpNames[static_cast<std::size_t>(type) - detail::kFirstPostQuantum];
}

/// The members that RFC 7638 section 3.2 and RFC 8037 section 2 require, by their names' order.
Value required_members(const PublicKey& key) {
  Value object = Value::make_object();
  const auto okp = [&](std::string_view curve, ByteSpan x) {
    object.set("crv", curve);
    object.set("kty", "OKP");
    set_bytes(object, "x", x);
  };
  std::visit(detail::Overload{
                 [&](const RsaPublicKey& rsa) {
                   set_bytes(object, "e", rsa.exponent());
                   object.set("kty", "RSA");
                   set_bytes(object, "n", rsa.modulus());
                 },
                 [&]<class C>(const EcPublicKey<C>& ec) {
                   const auto point = ec.encode();
                   const ByteSpan bytes(point);
                   object.set("crv", kCurveName<C>);
                   object.set("kty", "EC");
                   set_bytes(object, "x", bytes.subspan(1, C::Field::kBytes));
                   set_bytes(object, "y", bytes.last(C::Field::kBytes));
                 },
                 [&](const Ed25519PublicKey& ed) { okp("Ed25519", ed.bytes()); },
                 [&](const X25519PublicKey& x) { okp("X25519", x.bytes()); },
                 [&](const auto& post_quantum) {
                   object.set("alg", akp_name(key.type()));
                   object.set("kty", "AKP");
                   set_bytes(object, "pub", post_quantum.bytes());
                 },
             },
             key.key());
  return object;
}

}  // namespace

Result<Jwk> Jwk::parse(const Value& object) {
  if (!object.is_object()) return Error(Errc::Malformed, "JWK: no JSON object");
  AVILA_TRY(JwkMetadata metadata, read_metadata(object));
  AVILA_TRY(AnyKey key, read_key(object));
  return Jwk{std::move(key), std::move(metadata)};
}

Result<Jwk> Jwk::parse(std::string_view text) {
  AVILA_TRY(const Value object, json::parse(text));
  return parse(object);
}

Value to_jwk(const PublicKey& key, const JwkMetadata& metadata) {
  Value object = required_members(key);
  if (!metadata.key_id.empty()) object.set("kid", metadata.key_id);
  if (!metadata.algorithm.empty() && object.find("alg") == nullptr)
    object.set("alg", metadata.algorithm);
  if (!metadata.use.empty()) object.set("use", metadata.use);
  if (!metadata.operations.empty()) {
    Value operations = Value::make_array();
    for (const std::string& one : metadata.operations) operations.push_back(one);
    object.set("key_ops", std::move(operations));
  }
  return object;
}

Value to_jwk(const PrivateKey& key, const JwkMetadata& metadata) {
  Value object = to_jwk(key.public_key(), metadata);
  std::visit(detail::Overload{
                 [&](const RsaPrivateKey& rsa) {
                   const RsaPrivateKey::Components c = rsa.components();
                   set_bytes(object, "d", c.private_exponent);
                   set_bytes(object, "p", c.prime1);
                   set_bytes(object, "q", c.prime2);
                   set_bytes(object, "dp", c.exponent1);
                   set_bytes(object, "dq", c.exponent2);
                   set_bytes(object, "qi", c.coefficient);
                 },
                 [&]<class C>(const EcPrivateKey<C>& ec) { set_bytes(object, "d", *ec.bytes()); },
                 [&](const Ed25519PrivateKey& ed) { set_bytes(object, "d", *ed.seed()); },
                 [&](const X25519PrivateKey& x) { set_bytes(object, "d", *x.bytes()); },
                 [&]<class S>(const LatticePrivateKey<S>& lattice) {
                   if (lattice.seed().empty())
                     object = Value();
                   else
                     set_bytes(object, "priv", lattice.seed());
                 },
                 [&](const SlhDsaPrivateKey& slh) { set_bytes(object, "priv", slh.bytes()); },
             },
             key.key());
  return object;
}

std::string thumbprint(const PublicKey& key) {
  const std::string text = json::to_string(required_members(key));
  return text::base64url_encode(hash::sha256(as_bytes(text)));
}

}  // namespace avila::crypto

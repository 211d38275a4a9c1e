#include <avila/asn1/pem.hpp>
#include <avila/primitives/wipe.hpp>

#include "key_algorithm.hpp"
#include "oids.hpp"
#include "overload.hpp"
#include "pbes2.hpp"
#include "secret_der.hpp"

namespace avila::crypto {

using asn1::Reader;
using detail::SecretDer;

namespace {

constexpr unsigned kIntegerTag = 0x02, kBitStringTag = 0x03, kOctetStringTag = 0x04, kOidTag = 0x06,
                   kSequenceTag = 0x30, kContext0 = 0xA0, kContext1 = 0xA1, kSeedTag = 0x80;

Error mismatch() {
  return Error(Errc::Malformed, "the public key in the file is not that of the private one");
}

/// ECPrivateKey (RFC 5915 section 3); `expected`: of the algorithm around it.
Result<PrivateKey> read_sec1(ByteSpan der, const KeyType* expected) {
  Reader outer(der);
  AVILA_TRY(Reader in, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(const std::uint64_t version, in.uint64());
  if (version != 1) return Error(Errc::Malformed, "ECPrivateKey: the version is not 1");
  AVILA_TRY(const ByteSpan scalar, in.octet_string());
  AVILA_TRY(std::optional<Reader> curve, in.optional_enter(asn1::context(0)));
  AVILA_TRY(std::optional<Reader> point, in.optional_enter(asn1::context(1)));
  AVILA_TRY_VOID(in.finish());
  if (!curve.has_value() && expected == nullptr)
    return Error(Errc::Malformed, "ECPrivateKey: its curve is not named");
  KeyType type = expected != nullptr ? *expected : KeyType::P256;
  if (curve.has_value()) {
    AVILA_TRY(type, detail::read_named_curve(*curve));
    AVILA_TRY_VOID(curve->finish());
    if (expected != nullptr && type != *expected)
      return Error(Errc::Malformed, "ECPrivateKey: another curve than that of the algorithm");
  }
  const auto made = [](auto key) -> Result<PrivateKey> {
    if (!key.has_value()) return std::move(key).error();
    return PrivateKey(std::move(key).value());
  };
  Result<PrivateKey> key = type == KeyType::P256   ? made(P256PrivateKey::decode(scalar))
                           : type == KeyType::P384 ? made(P384PrivateKey::decode(scalar))
                           : type == KeyType::P521 ? made(P521PrivateKey::decode(scalar))
                                                   : made(Secp256k1PrivateKey::decode(scalar));
  if (key.has_value() && point.has_value()) {
    AVILA_TRY(const ByteSpan encoded, point->bit_string_bytes());
    AVILA_TRY_VOID(point->finish());
    AVILA_TRY(const PublicKey told, detail::read_public_key(type, encoded));
    if (told != key->public_key()) return mismatch();
  }
  return key;
}

/// CurvePrivateKey (RFC 8410 section 7).
Result<PrivateKey> read_curve25519(KeyType type, ByteSpan der) {
  Reader in(der);
  AVILA_TRY(const ByteSpan bytes, in.octet_string());
  AVILA_TRY_VOID(in.finish());
  if (bytes.size() != 32) return Error(Errc::Malformed, "the private key has not 32 bytes");
  if (type == KeyType::Ed25519) return PrivateKey(Ed25519PrivateKey::from_seed(bytes.first<32>()));
  return PrivateKey(X25519PrivateKey::from_bytes(bytes.first<32>()));
}

/// ML-KEM-…-PrivateKey, ML-DSA-…-PrivateKey (RFC 9935 section 6, RFC 9881 section 6).
template <class S>
Result<PrivateKey> read_lattice(ByteSpan der) {
  const auto made = [](auto key) -> Result<PrivateKey> {
    if (!key.has_value()) return std::move(key).error();
    return PrivateKey(std::move(key).value());
  };
  Reader in(der);
  if (in.at(asn1::context_primitive(0))) {
    AVILA_TRY(const ByteSpan seed, in.octet_string(asn1::context_primitive(0)));
    AVILA_TRY_VOID(in.finish());
    constexpr std::size_t kSize = LatticePrivateKey<S>::kSeedBytes;
    if (seed.size() != kSize)
      return Error(Errc::Malformed, "the seed of the private key has another length");
    return PrivateKey(LatticePrivateKey<S>::from_seed(seed.first<kSize>()));
  }
  if (in.at(asn1::tags::kOctetString)) {
    AVILA_TRY(const ByteSpan expanded, in.octet_string());
    AVILA_TRY_VOID(in.finish());
    return made(LatticePrivateKey<S>::decode(expanded));
  }
  AVILA_TRY(Reader both, in.sequence());
  AVILA_TRY_VOID(in.finish());
  AVILA_TRY(const ByteSpan seed, both.octet_string());
  AVILA_TRY(const ByteSpan expanded, both.octet_string());
  AVILA_TRY_VOID(both.finish());
  return made(LatticePrivateKey<S>::decode(seed, expanded));
}

/// The content of PrivateKeyInfo's OCTET STRING.
Result<PrivateKey> read_private_key(KeyType type, ByteSpan bytes) {
  switch (type) {
    case KeyType::Rsa: return PrivateKey::from_pkcs1(bytes);
    case KeyType::Ed25519:
    case KeyType::X25519: return read_curve25519(type, bytes);
    case KeyType::P256:
    case KeyType::P384:
    case KeyType::P521:
    case KeyType::Secp256k1: return read_sec1(bytes, &type);
    default: break;
  }
  if (detail::is_slh_dsa(type)) {  // RFC 9909 section 6
    AVILA_TRY(SlhDsaPrivateKey key, SlhDsaPrivateKey::decode(detail::slh_dsa_set(type), bytes));
    return PrivateKey(std::move(key));
  }
  return detail::with_lattice(
      type, [&]<class S>() { return read_lattice<S>(bytes); },
      Error(Errc::Unsupported, "no such type of key"));
}

void write_pkcs1(SecretDer& out, const RsaPrivateKey& key) {
  const std::size_t before = out.size();
  const RsaPrivateKey::Components c = key.components();
  for (const ByteSpan number : {c.coefficient, c.exponent2, c.exponent1, c.prime2, c.prime1,
                                c.private_exponent, c.exponent, c.modulus})
    out.integer(number);
  out.integer({});  // version 0: two primes
  out.wrap(kSequenceTag, before);
}

/// `named`: with the curve.
template <class C>
void write_sec1(SecretDer& out, const EcPrivateKey<C>& key, const asn1::Oid* named) {
  const std::size_t before = out.size();
  out.put(key.public_key().encode());
  constexpr std::byte kNoUnusedBits[1] = {};
  out.put(kNoUnusedBits);
  out.wrap(kBitStringTag, before);
  out.wrap(kContext1, before);
  if (named != nullptr) {
    const std::size_t curve = out.size();
    out.element(kOidTag, named->content());
    out.wrap(kContext0, curve);
  }
  out.element(kOctetStringTag, *key.bytes());
  constexpr std::byte kVersion[1] = {std::byte{1}};
  out.element(kIntegerTag, kVersion);
  out.wrap(kSequenceTag, before);
}

/// Enough for any encoding of the key.
std::size_t capacity(const PrivateKey& key) {
  const RsaPrivateKey* rsa = key.as<RsaPrivateKey>();
  constexpr std::size_t kLattice = 5000;  // the expanded key of ML-DSA-87 has 4896
  return 512 + (rsa != nullptr ? 8 * rsa->public_key().size() : kLattice);
}

SecretBytes pem_of(std::string_view label, ByteSpan der) {
  std::string text = asn1::to_pem(label, der);
  SecretBytes secret = SecretBytes::copy_of(as_bytes(text));
  wipe_memory(text.data(), text.size());
  return secret;
}

}  // namespace

Result<PrivateKey> PrivateKey::from_pkcs1(ByteSpan der) {
  Reader outer(der);
  AVILA_TRY(Reader in, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(const std::uint64_t version, in.uint64());
  if (version == 1) return Error(Errc::Unsupported, "RSA keys of more than two primes");
  if (version != 0) return Error(Errc::Malformed, "RSAPrivateKey: the version is not 0");
  RsaPrivateKey::Components c;
  for (ByteSpan* number : {&c.modulus, &c.exponent, &c.private_exponent, &c.prime1, &c.prime2,
                           &c.exponent1, &c.exponent2, &c.coefficient}) {
    AVILA_TRY(*number, in.unsigned_integer());
  }
  AVILA_TRY_VOID(in.finish());
  AVILA_TRY(RsaPrivateKey key, RsaPrivateKey::create(c));
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::from_sec1(ByteSpan der) { return read_sec1(der, nullptr); }

Result<PrivateKey> PrivateKey::from_pkcs8(ByteSpan der) {
  Reader outer(der);
  AVILA_TRY(Reader in, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(const std::uint64_t version, in.uint64());
  if (version > 1) return Error(Errc::Malformed, "PrivateKeyInfo: the version is above 1");
  AVILA_TRY(const KeyType type, detail::read_key_algorithm(in));
  AVILA_TRY(const ByteSpan bytes, in.octet_string());
  AVILA_TRY(const auto attributes, in.optional(asn1::context(0)));
  static_cast<void>(attributes);  // nothing of ours is in them
  std::optional<ByteSpan> told;
  if (in.at(asn1::context_primitive(1))) {
    if (version != 1) return Error(Errc::Malformed, "PrivateKeyInfo: a public key needs version 1");
    AVILA_TRY(told, in.bit_string_bytes(asn1::context_primitive(1)));
  }
  AVILA_TRY_VOID(in.finish());

  Result<PrivateKey> key = read_private_key(type, bytes);
  if (key.has_value() && told.has_value()) {
    AVILA_TRY(const PublicKey public_key, detail::read_public_key(type, *told));
    if (public_key != key->public_key()) return mismatch();
  }
  return key;
}

Result<PrivateKey> PrivateKey::from_encrypted_pkcs8(ByteSpan der, ByteSpan password,
                                                    const KdfLimits& limits) {
  AVILA_TRY(const SecretBytes text, detail::pbes2_open(der, password, limits));
  return from_pkcs8(text.span());
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, ByteSpan password) {
  AVILA_TRY(auto blocks, asn1::parse_pem(pem));
  Result<PrivateKey> found = Error(Errc::NotFound, "the PEM text holds no private key");
  for (asn1::PemBlock& block : blocks) {
    const bool ours = block.label == "PRIVATE KEY" || block.label == "ENCRYPTED PRIVATE KEY" ||
                      block.label == "RSA PRIVATE KEY" || block.label == "EC PRIVATE KEY";
    if (ours && !found.has_value() && found.error().is(Errc::NotFound)) {
      if (!block.headers.empty())
        found = Error(Errc::Unsupported, "a private key encrypted as in RFC 1421",
                      {.hint = "convert with: openssl pkcs8 -topk8 -v2 aes-256-cbc"});
      else if (block.label == "PRIVATE KEY")
        found = from_pkcs8(block.bytes);
      else if (block.label == "RSA PRIVATE KEY")
        found = from_pkcs1(block.bytes);
      else if (block.label == "EC PRIVATE KEY")
        found = from_sec1(block.bytes);
      else if (password.empty())
        found = Error(Errc::InvalidArgument, "the private key is encrypted: a password is needed");
      else
        found = from_encrypted_pkcs8(block.bytes, password);
    }
    wipe_memory(block.bytes.data(), block.bytes.size());
  }
  return found;
}

SecretBytes PrivateKey::to_pkcs8() const {
  SecretDer out(capacity(*this));
  std::visit(detail::Overload{
                 [&](const RsaPrivateKey& key) { write_pkcs1(out, key); },
                 [&]<class C>(const EcPrivateKey<C>& key) { write_sec1(out, key, nullptr); },
                 [&](const Ed25519PrivateKey& key) { out.element(kOctetStringTag, *key.seed()); },
                 [&](const X25519PrivateKey& key) { out.element(kOctetStringTag, *key.bytes()); },
                 [&]<class S>(const LatticePrivateKey<S>& key) {
                   if (!key.seed().empty())
                     out.element(kSeedTag, key.seed());
                   else
                     out.element(kOctetStringTag, key.expanded().span());
                 },
                 [&](const SlhDsaPrivateKey& key) { out.put(key.bytes()); },
             },
             key_);
  out.wrap(kOctetStringTag);
  asn1::Writer algorithm;
  detail::write_key_algorithm(algorithm, type());
  out.put(algorithm.bytes());
  out.integer({});  // version 0
  out.wrap(kSequenceTag);
  return out.take();
}

Result<std::vector<std::byte>> PrivateKey::to_encrypted_pkcs8(ByteSpan password,
                                                              os::Entropy& entropy,
                                                              std::uint32_t iterations) const {
  return detail::pbes2_seal(to_pkcs8().span(), password, entropy, iterations);
}

Result<SecretBytes> PrivateKey::to_pkcs1() const {
  const RsaPrivateKey* key = as<RsaPrivateKey>();
  if (key == nullptr) return Error(Errc::InvalidArgument, "PKCS#1 holds RSA keys only");
  SecretDer out(capacity(*this));
  write_pkcs1(out, *key);
  return out.take();
}

Result<SecretBytes> PrivateKey::to_sec1() const {
  SecretDer out(capacity(*this));
  std::visit(detail::Overload{
                 [&]<class C>(const EcPrivateKey<C>& key) {
                   write_sec1(out, key, &detail::curve_oid(type()));
                 },
                 [](const auto&) {},
             },
             key_);
  if (out.size() == 0) return Error(Errc::InvalidArgument, "SEC 1 holds keys on its curves only");
  return out.take();
}

SecretBytes PrivateKey::to_pem() const { return pem_of("PRIVATE KEY", to_pkcs8().span()); }

Result<std::string> PrivateKey::to_encrypted_pem(ByteSpan password, os::Entropy& entropy,
                                                 std::uint32_t iterations) const {
  AVILA_TRY(const auto der, to_encrypted_pkcs8(password, entropy, iterations));
  return asn1::to_pem("ENCRYPTED PRIVATE KEY", der);
}

}  // namespace avila::crypto

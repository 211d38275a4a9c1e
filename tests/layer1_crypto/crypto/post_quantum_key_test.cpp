#include <gtest/gtest.h>

#include <avila/asn1/writer.hpp>
#include <avila/crypto/jwk.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>

namespace {

using namespace avila;
using namespace avila::crypto;
using Bytes = std::vector<std::byte>;

std::string sha256_hex(ByteSpan bytes) { return text::hex_encode(hash::sha256(bytes)); }

/// PrivateKeyInfo with the algorithm of `like` around `inside`.
Bytes pkcs8(ByteSpan like, ByteSpan inside) {
  // SEQUENCE, length of two bytes or one, version; then the AlgorithmIdentifier of 13 bytes.
  const std::size_t header = like[1] < std::byte{0x80} ? 2 : like[1] == std::byte{0x81} ? 3 : 4;
  asn1::Writer out;
  out.sequence(
      [&](asn1::Writer& w) { w.int64(0).raw(like.subspan(header + 3, 13)).octet_string(inside); });
  return out.take();
}

/// The examples of RFC 9881 and RFC 9935, appendix C: keys of the seed 00 01 02 …, by the SHA-256
/// of their files (github.com/lamps-wg/dilithium-certificates, kyber-certificates).
struct Example {
  KeyType type;
  std::size_t seed_bytes;
  const char *public_key, *seed, *expanded, *both;
};
const Example kExamples[] = {
    {KeyType::MlKem512, 64, "0e3c8b89b54202d2545f7aba2e2aaa3cffa7b6191919ad738fab35b4f313cf71",
     "0fc934e3fb800359c219f4ede9fe4a1ae14018a20db779dcbaf2c8aba4fd6156",
     "38be7feecbbe6e6e466a0d7b5bb53e09040c3678e22fb2c0772c701c2372c858",
     "8426d7497a2ff1a4854b7d1ece4e8f976c721f314c3f653189f8e4b2a2bc5b0d"},
    {KeyType::MlKem768, 64, "c23e23dd3d485a9256cda09358a4a286e00b373db10761eadf99f710649ca31c",
     "67d4dc57d8f9e28816f4a3495abc48dd416b0da9bd1e1de4716ad0883b9ad6b8",
     "994f7473b34fad03c2b36a500af9002dad15afa50473cef5ea217325c7156f9e",
     "95738d2a0b7252a16b1474b9fb4e0c8ddaa6fe70db7903ade4a385909ee0d165"},
    {KeyType::MlKem1024, 64, "d2b7480ae006a14b37c1e8a8e45ea39022e32a9b1a7b90d594c84d869c6ac420",
     "2c19d9d89d8c36ffb9eab0f3bb18dd90a47aaca3653bede67953173514d61234",
     "9cded660a340a6e7fdb93a4984e1e67764ade8e59be4db48b6921aeee5e6c795",
     "91004b1817d798dd3972439b8332a3a1b862f89c4e98b4ca2accd4f21afb9abb"},
    {KeyType::MlDsa44, 32, "837832708c5236d951581f1fddf2b79991b3424a0486d16da1ddad0fd69701be",
     "c823cb6a31172daa8af670a22c0f049af972bf1cb39a4a95971aa8c0c659dff4",
     "35cb529103b3a9ed502fecb438a671ff11bb05fb4afa99301d06240883a74106",
     "e355e29f28e537fcf3aff28354016415146d7f801a57136c241bb6e9addfaa30"},
    {KeyType::MlDsa65, 32, "b8b62131bfbe84433efb2273d7f5b87f7a22854a2cfd366fc2aead86d837c52d",
     "af965903772933b6acc59764f335fcad9b5c61cdab2b368eabf224e7c29e31ac",
     "fae10810e47ed4b41851065b40bb60547e816ebf31b0738b4ed4af57337706ec",
     "5259463f8ec68e21b8c179a7e49dba184fd24280080bd5bb78af94d7a2a0ac81"},
    {KeyType::MlDsa87, 32, "07e57c4f14dbad1267f621ec3777b4e2e6c4fbc4c22fbb87510ff8e0b3c6a642",
     "72cc4260a8d3d7622801ea98636123866d00e236d5f77221039c862325e02754",
     "8e2e40f141d1d6788d074de4124a744ee3106697ae6c01faccf855510079ecb3",
     "c71913419ea426e99da06330e3b06b2ab47448f1aff520479358e3cb71f5c1d6"},
};

Bytes seed_of(const Example& example) {
  Bytes seed(example.seed_bytes);
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(i);
  return seed;
}

template <class Run>
void with_key(const PrivateKey& key, Run&& run) {
  std::visit(
      [&]<class K>(const K& one) {
        if constexpr (requires { one.expanded(); }) run(one);
      },
      key.key());
}

/// A key of the example's seed, made by way of the seed form.
PrivateKey key_of(const Example& example) {
  const auto like = PrivateKey::generate(example.type, os::system_entropy())->to_pkcs8();
  asn1::Writer seed;
  seed.octet_string(seed_of(example), asn1::context_primitive(0));
  return PrivateKey::from_pkcs8(pkcs8(like.span(), seed.bytes())).value();
}

TEST(PostQuantumKey, WritesAndReadsTheExamplesOfTheRfcs) {
  for (const Example& example : kExamples) {
    SCOPED_TRACE(name(example.type));
    const PrivateKey key = key_of(example);
    const SecretBytes der = key.to_pkcs8();
    EXPECT_EQ(sha256_hex(der.span()), example.seed);
    EXPECT_EQ(sha256_hex(key.public_key().to_spki()), example.public_key);
    with_key(key, [&](const auto& lattice) {
      const SecretBytes expanded = lattice.expanded();
      asn1::Writer alone, both;
      alone.octet_string(expanded.span());
      const Bytes expanded_der = pkcs8(der.span(), alone.bytes());
      EXPECT_EQ(sha256_hex(expanded_der), example.expanded);
      const auto from_expanded = PrivateKey::from_pkcs8(expanded_der);
      ASSERT_TRUE(from_expanded.has_value());
      EXPECT_EQ(from_expanded->public_key(), key.public_key());
      EXPECT_EQ(sha256_hex(from_expanded->to_pkcs8().span()), example.expanded);
      EXPECT_TRUE(to_jwk(*from_expanded).is_null());
      both.sequence(
          [&](asn1::Writer& w) { w.octet_string(seed_of(example)).octet_string(expanded.span()); });
      const Bytes both_der = pkcs8(der.span(), both.bytes());
      EXPECT_EQ(sha256_hex(both_der), example.both);
      const auto from_both = PrivateKey::from_pkcs8(both_der);
      ASSERT_TRUE(from_both.has_value());
      EXPECT_EQ(sha256_hex(from_both->to_pkcs8().span()), example.seed);
    });
  }
}

// The same that RFC 9881 and RFC 9935 have as inconsistent examples: parts of different keys, and
// expanded keys with a changed byte.
TEST(PostQuantumKey, RefusesKeysThatDoNotAgreeWithThemselves) {
  for (const Example& example : {kExamples[0], kExamples[3]}) {
    SCOPED_TRACE(name(example.type));
    const PrivateKey key = key_of(example);
    const SecretBytes der = key.to_pkcs8();
    const auto refused = [&](const asn1::Writer& inside) {
      const auto read = PrivateKey::from_pkcs8(pkcs8(der.span(), inside.bytes()));
      EXPECT_TRUE(!read.has_value() && read.error().is(Errc::Malformed));
    };
    with_key(key, [&](const auto& lattice) {
      const SecretBytes expanded = lattice.expanded();
      Bytes seed = seed_of(example);
      seed[0] ^= std::byte{1};
      asn1::Writer both;
      both.sequence([&](asn1::Writer& w) { w.octet_string(seed).octet_string(expanded.span()); });
      refused(both);
      for (const std::size_t at : {std::size_t{100}, std::size_t{700}, expanded.size() - 70}) {
        Bytes damaged(expanded.span().begin(), expanded.span().end());
        damaged[at] ^= std::byte{1};
        asn1::Writer alone;
        alone.octet_string(damaged);
        refused(alone);
      }
      asn1::Writer short_seed, nothing;
      short_seed.octet_string(ByteSpan(seed).subspan(1), asn1::context_primitive(0));
      refused(short_seed);
      refused(nothing);
    });
  }
}

// RFC 9909 appendix B.
TEST(PostQuantumKey, ReadsTheExampleOfRfc9909) {
  const std::string_view pem =
      "-----BEGIN PRIVATE KEY-----\n"
      "MFICAQAwCwYJYIZIAWUDBAMUBECiJjvKRYYINlIxYASVI9YhZ3+tkNUetgZ6Mn4N\n"
      "HmSlASuBCex3fKpOHwJMz8+Ul9mRgFCSgPQlavKwevgCibSU\n"
      "-----END PRIVATE KEY-----\n";
  const std::string_view public_pem =
      "-----BEGIN PUBLIC KEY-----\n"
      "MDAwCwYJYIZIAWUDBAMUAyEAK4EJ7Hd8qk4fAkzPz5SX2ZGAUJKA9CVq8rB6+AKJ\n"
      "tJQ=\n"
      "-----END PUBLIC KEY-----\n";
  const auto key = PrivateKey::from_pem(pem);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->type(), KeyType::SlhDsaSha2_128s);
  EXPECT_EQ(as_text(key->to_pem().span()), pem);
  EXPECT_EQ(key->public_key().to_pem(), public_pem);
  EXPECT_EQ(PublicKey::from_pem(public_pem).value(), key->public_key());
}

TEST(PostQuantumKey, SignsAndGoesThroughEveryFormat) {
  const ByteSpan message = as_bytes("message");
  for (const KeyType type :
       {KeyType::MlKem768, KeyType::MlDsa44, KeyType::MlDsa65, KeyType::MlDsa87,
        KeyType::SlhDsaSha2_128f, KeyType::SlhDsaShake_128f}) {
    SCOPED_TRACE(name(type));
    const PrivateKey key = PrivateKey::generate(type, os::system_entropy()).value();
    EXPECT_EQ(key.type(), type);
    const PublicKey public_key = key.public_key();
    EXPECT_EQ(public_key.type(), type);
    EXPECT_EQ(PublicKey::from_spki(public_key.to_spki()).value(), public_key);
    EXPECT_EQ(PrivateKey::from_pkcs8(key.to_pkcs8().span())->public_key(), public_key);
    const auto sealed = key.to_encrypted_pkcs8(as_bytes("p"), os::system_entropy(), 10);
    EXPECT_EQ(PrivateKey::from_encrypted_pkcs8(*sealed, as_bytes("p"))->public_key(), public_key);
    const auto jwk = Jwk::parse(to_jwk(key, {"id", "", "", {}}));
    ASSERT_TRUE(jwk.has_value());
    EXPECT_EQ(std::get<PrivateKey>(jwk->key).public_key(), public_key);
    const auto public_jwk = Jwk::parse(to_jwk(public_key));
    EXPECT_EQ(std::get<PublicKey>(public_jwk->key), public_key);
    EXPECT_FALSE(key.to_pkcs1().has_value() || key.to_sec1().has_value());
    if (!can_sign(type)) continue;
    const SignatureAlgorithm algorithm = default_algorithm(type);
    EXPECT_EQ(name(algorithm), name(type));
    auto signature = key.sign(algorithm, message, os::system_entropy()).value();
    EXPECT_TRUE(public_key.verify(algorithm, message, signature).has_value());
    signature[20] ^= std::byte{1};
    EXPECT_TRUE(public_key.verify(algorithm, message, signature).error().is(Errc::Unauthenticated));
    signature.pop_back();
    EXPECT_TRUE(public_key.verify(algorithm, message, signature).error().is(Errc::Unauthenticated));
  }
}

TEST(PostQuantumKey, NamesEveryTypeAndAlgorithm) {
  for (std::size_t i = 0; i < kKeyTypes; ++i) {
    const auto type = static_cast<KeyType>(i);
    if (can_sign(type)) {
      EXPECT_TRUE(fits(default_algorithm(type), type)) << name(type);
    }
  }
  EXPECT_EQ(name(KeyType::SlhDsaShake_256f), "slh-dsa-shake-256f");
  EXPECT_EQ(name(SignatureAlgorithm::SlhDsaShake_256f), "slh-dsa-shake-256f");
  EXPECT_EQ(name(SignatureAlgorithm::Ed25519), "ed25519");
}

}  // namespace

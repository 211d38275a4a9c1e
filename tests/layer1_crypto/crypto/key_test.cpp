#include <gtest/gtest.h>

#include <avila/crypto/key.hpp>
#include <avila/os/entropy.hpp>

#include "curve_support.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using Bytes = std::vector<std::byte>;

constexpr KeyType kTypes[] = {KeyType::Rsa,       KeyType::P256,    KeyType::P384,  KeyType::P521,
                              KeyType::Secp256k1, KeyType::Ed25519, KeyType::X25519};

const PrivateKey& key(KeyType type) {
  static const auto all = [] {
    std::vector<PrivateKey> made;
    for (const KeyType one : kTypes)
      made.push_back(PrivateKey::generate(one, os::system_entropy()).value());
    return made;
  }();
  return all[static_cast<std::size_t>(type)];
}

static_assert(!crypto_test::Printable<PrivateKey> && !crypto_test::Comparable<PrivateKey>);
static_assert(!std::is_copy_constructible_v<PrivateKey>);

TEST(Key, GoesThroughEveryFormat) {
  for (const KeyType type : kTypes) {
    SCOPED_TRACE(name(type));
    const PrivateKey& original = key(type);
    EXPECT_EQ(original.type(), type);
    const PublicKey public_key = original.public_key();
    EXPECT_EQ(public_key.type(), type);
    EXPECT_EQ(PublicKey::from_spki(public_key.to_spki()).value(), public_key);
    EXPECT_EQ(PublicKey::from_pem(public_key.to_pem()).value(), public_key);
    EXPECT_EQ(PrivateKey::from_pkcs8(original.to_pkcs8().span())->public_key(), public_key);
    const SecretBytes pem = original.to_pem();
    EXPECT_EQ(PrivateKey::from_pem(as_text(pem.span()))->public_key(), public_key);
    const auto sealed = original.to_encrypted_pkcs8(as_bytes("secret"), os::system_entropy(), 10);
    ASSERT_TRUE(sealed.has_value());
    EXPECT_EQ(PrivateKey::from_encrypted_pkcs8(*sealed, as_bytes("secret"))->public_key(),
              public_key);
    const auto wrong = PrivateKey::from_encrypted_pkcs8(*sealed, as_bytes("secreT"));
    EXPECT_TRUE(wrong.error().is(Errc::Unauthenticated));
    const auto text = original.to_encrypted_pem(as_bytes("secret"), os::system_entropy(), 10);
    EXPECT_EQ(PrivateKey::from_pem(text.value(), as_bytes("secret"))->public_key(), public_key);
    EXPECT_TRUE(PrivateKey::from_pem(text.value()).error().is(Errc::InvalidArgument));
    EXPECT_EQ(original.to_pkcs1().has_value(), type == KeyType::Rsa);
    EXPECT_EQ(original.to_sec1().has_value(), is_ec(type));
    if (const auto der = original.to_pkcs1(); der.has_value()) {
      EXPECT_EQ(PrivateKey::from_pkcs1(der->span())->public_key(), public_key);
    }
    if (const auto der = original.to_sec1(); der.has_value()) {
      EXPECT_EQ(PrivateKey::from_sec1(der->span())->public_key(), public_key);
    }
  }
}

TEST(Key, SignsByEveryAlgorithmThatFits) {
  const ByteSpan message = as_bytes("message");
  for (int i = 0; i <= static_cast<int>(SignatureAlgorithm::Ed25519); ++i) {
    const auto algorithm = static_cast<SignatureAlgorithm>(i);
    SCOPED_TRACE(name(algorithm));
    for (const KeyType type : kTypes) {
      const auto signature = key(type).sign(algorithm, message, os::system_entropy());
      const bool sha1 = algorithm == SignatureAlgorithm::RsaPkcs1Sha1 ||
                        algorithm == SignatureAlgorithm::EcdsaSha1;
      ASSERT_EQ(signature.has_value(), fits(algorithm, type) && !sha1) << name(type);
      if (!signature.has_value()) {
        EXPECT_TRUE(signature.error().is(Errc::InvalidArgument));
        continue;
      }
      const PublicKey public_key = key(type).public_key();
      EXPECT_TRUE(public_key.verify(algorithm, message, *signature).has_value());
      EXPECT_TRUE(public_key.verify(algorithm, as_bytes("massage"), *signature)
                      .error()
                      .is(Errc::Unauthenticated));
      EXPECT_TRUE(public_key.verify(algorithm, message, ByteSpan(*signature).subspan(1))
                      .error()
                      .is(Errc::Unauthenticated));
    }
  }
  for (const KeyType type : kTypes)
    if (type != KeyType::X25519) {
      EXPECT_TRUE(fits(default_algorithm(type), type));
    }
}

TEST(Key, RefusesEveryCutAndNothingElseCrashes) {
  for (const KeyType type : {KeyType::P256, KeyType::Ed25519}) {
    const SecretBytes der = key(type).to_pkcs8();
    for (std::size_t size = 0; size < der.size(); ++size)
      EXPECT_FALSE(PrivateKey::from_pkcs8(der.span().first(size)).has_value());
    const auto spki = key(type).public_key().to_spki();
    for (std::size_t size = 0; size < spki.size(); ++size)
      EXPECT_FALSE(PublicKey::from_spki(ByteSpan(spki).first(size)).has_value());
    auto longer = spki;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(PublicKey::from_spki(longer).has_value());
  }
}

// RFC 8410 section 10.3: the same Ed25519 key without and with attributes and a public key.
TEST(Key, ReadsTheKeysOfRfc8410) {
  const auto one = PrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "-----END PRIVATE KEY-----\n");
  const auto two = PrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n"
      "Z9w7lshQhqowtrbLDFw4rXAxZuE=\n"
      "-----END PRIVATE KEY-----\n");
  const auto public_key = PublicKey::from_pem(
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
      "-----END PUBLIC KEY-----\n");
  ASSERT_TRUE(one.has_value() && two.has_value() && public_key.has_value());
  EXPECT_EQ(one->public_key(), *public_key);
  EXPECT_EQ(two->public_key(), *public_key);
}

TEST(Key, LimitsTheCostOfPasswords) {
  const auto sealed =
      key(KeyType::P256).to_encrypted_pkcs8(as_bytes("p"), os::system_entropy(), 1000);
  EXPECT_TRUE(PrivateKey::from_encrypted_pkcs8(*sealed, as_bytes("p"), {.iterations = 999})
                  .error()
                  .is(Errc::LimitExceeded));
}

TEST(Key, SaysWhatToDoAboutOldEncryption) {
  const auto refused = PrivateKey::from_pem(
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
      "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n"
      "-----END RSA PRIVATE KEY-----\n");
  EXPECT_TRUE(refused.error().is(Errc::Unsupported));
  EXPECT_NE(refused.error().hint().find("openssl pkcs8"), std::string_view::npos);
}

}  // namespace

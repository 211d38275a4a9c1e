#include <gtest/gtest.h>

#include <avila/crypto/key.hpp>
#include <avila/numeric/number_theory.hpp>
#include <avila/os/entropy.hpp>
#include <thread>

#include "curve_support.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using Bytes = std::vector<std::byte>;

/// One key for all tests: making one takes a while.
const RsaPrivateKey& key() {
  static const RsaPrivateKey made = RsaPrivateKey::generate(2048, os::system_entropy()).value();
  return made;
}

static_assert(!crypto_test::Printable<RsaPrivateKey> && !crypto_test::Comparable<RsaPrivateKey>);
static_assert(!std::is_copy_constructible_v<RsaPrivateKey>);

TEST(Rsa, SignsAndVerifiesByPkcs1) {
  for (const auto digest :
       {DigestAlgorithm::Sha224, DigestAlgorithm::Sha256, DigestAlgorithm::Sha384,
        DigestAlgorithm::Sha512, DigestAlgorithm::Sha512_256, DigestAlgorithm::Sha3_256}) {
    auto signature = key().sign_pkcs1(digest, as_bytes("message"), os::system_entropy()).value();
    EXPECT_EQ(signature.size(), 256U);
    EXPECT_TRUE(
        key().public_key().verify_pkcs1(digest, as_bytes("message"), signature).has_value());
    EXPECT_FALSE(
        key().public_key().verify_pkcs1(digest, as_bytes("massage"), signature).has_value());
    signature[17] ^= std::byte{4};
    const auto refused = key().public_key().verify_pkcs1(digest, as_bytes("message"), signature);
    ASSERT_FALSE(refused.has_value());
    EXPECT_TRUE(refused.error().is(Errc::Unauthenticated));
  }
}

TEST(Rsa, SignsAndVerifiesByPss) {
  for (const std::size_t salt : {0, 20, 32, 222}) {
    const PssOptions options{.salt_bytes = salt};
    const auto signature =
        key().sign_pss(options, as_bytes("message"), os::system_entropy()).value();
    EXPECT_TRUE(key().public_key().verify_pss(options, as_bytes("message"), signature).has_value());
    EXPECT_FALSE(
        key().public_key().verify_pss(options, as_bytes("massage"), signature).has_value());
    EXPECT_FALSE(key()
                     .public_key()
                     .verify_pss({.salt_bytes = salt + 1}, as_bytes("message"), signature)
                     .has_value());
    EXPECT_TRUE(
        key()
            .public_key()
            .verify_pss({.salt_bytes = PssOptions::kAnySalt}, as_bytes("message"), signature)
            .has_value());
  }
  EXPECT_TRUE(key()
                  .sign_pss({.salt_bytes = 223}, as_bytes("m"), os::system_entropy())
                  .error()
                  .is(Errc::InvalidArgument));
  EXPECT_TRUE(
      key()
          .sign_pss({.salt_bytes = PssOptions::kAnySalt}, as_bytes("m"), os::system_entropy())
          .error()
          .is(Errc::InvalidArgument));
}

TEST(Rsa, EncryptsAndDecryptsByOaep) {
  const OaepOptions options{.label = as_bytes("label")};
  for (const std::size_t size : {0, 1, 100, 190}) {
    const Bytes message(size, std::byte{0x5A});
    auto sealed = key().public_key().encrypt_oaep(options, message, os::system_entropy()).value();
    const auto opened = key().decrypt_oaep(options, sealed, os::system_entropy());
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(Bytes(opened->span().begin(), opened->span().end()), message);
    EXPECT_TRUE(
        key().decrypt_oaep({}, sealed, os::system_entropy()).error().is(Errc::Unauthenticated));
    sealed[100] ^= std::byte{1};
    EXPECT_TRUE(key()
                    .decrypt_oaep(options, sealed, os::system_entropy())
                    .error()
                    .is(Errc::Unauthenticated));
  }
  EXPECT_TRUE(key()
                  .public_key()
                  .encrypt_oaep(options, Bytes(191), os::system_entropy())
                  .error()
                  .is(Errc::LimitExceeded));
}

TEST(Rsa, RefusesToSignBySha1) {
  EXPECT_TRUE(key()
                  .sign_pkcs1(DigestAlgorithm::Sha1, {}, os::system_entropy())
                  .error()
                  .is(Errc::InvalidArgument));
  EXPECT_TRUE(key()
                  .sign_pss({.digest = DigestAlgorithm::Sha1}, {}, os::system_entropy())
                  .error()
                  .is(Errc::InvalidArgument));
}

TEST(Rsa, GeneratesKeysOfEverySizeThatBelongTogether) {
  for (const std::size_t bits : {2048, 2304, 3072}) {
    const auto made = RsaPrivateKey::generate(bits, os::system_entropy());
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->public_key().bits(), bits);
    const auto signature = made->sign_pkcs1(DigestAlgorithm::Sha256, {}, os::system_entropy());
    EXPECT_TRUE(made->public_key()
                    .verify_pkcs1(DigestAlgorithm::Sha256, {}, signature.value())
                    .has_value());
  }
  for (const std::size_t bits : {1024, 2049, 2112, 8448})
    EXPECT_TRUE(
        RsaPrivateKey::generate(bits, os::system_entropy()).error().is(Errc::InvalidArgument));
}

TEST(Rsa, RefusesNumbersThatDoNotBelongTogether) {
  const RsaPrivateKey::Components right = key().components();
  ASSERT_TRUE(RsaPrivateKey::create(right).has_value());
  using C = RsaPrivateKey::Components;
  for (ByteSpan C::* const member : {&C::modulus, &C::exponent, &C::private_exponent, &C::prime1,
                                     &C::prime2, &C::exponent1, &C::exponent2, &C::coefficient}) {
    for (const std::size_t from_end : {1, 2}) {
      C wrong = right;
      Bytes bytes((right.*member).begin(), (right.*member).end());
      bytes[bytes.size() - from_end] ^= std::byte{2};
      wrong.*member = bytes;
      EXPECT_FALSE(RsaPrivateKey::create(wrong).has_value());
    }
    C empty = right;
    empty.*member = {};
    EXPECT_FALSE(RsaPrivateKey::create(empty).has_value());
  }
  C swapped = right;
  std::swap(swapped.prime1, swapped.prime2);
  EXPECT_FALSE(RsaPrivateKey::create(swapped).has_value());
}

TEST(Rsa, TakesPrimesInEitherOrder) {
  const RsaPrivateKey::Components c = key().components();
  RsaPrivateKey::Components swapped = c;
  std::swap(swapped.prime1, swapped.prime2);
  std::swap(swapped.exponent1, swapped.exponent2);
  const auto p = numeric::BigUint::from_bytes_be(c.prime1).value();
  const auto q = numeric::BigUint::from_bytes_be(c.prime2).value();
  const auto coefficient = numeric::mod_inverse(p, q).value();
  Bytes bytes(coefficient.byte_length());
  coefficient.write_bytes_be(bytes);
  swapped.coefficient = bytes;
  const auto made = RsaPrivateKey::create(swapped);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->sign_pkcs1(DigestAlgorithm::Sha256, {}, os::system_entropy()).value(),
            key().sign_pkcs1(DigestAlgorithm::Sha256, {}, os::system_entropy()).value());
}

TEST(Rsa, SharesAKeyAmongThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int k = 0; k < 20; ++k) {
        const auto signature =
            key().sign_pkcs1(DigestAlgorithm::Sha256, as_bytes("m"), os::system_entropy());
        EXPECT_TRUE(key()
                        .public_key()
                        .verify_pkcs1(DigestAlgorithm::Sha256, as_bytes("m"), signature.value())
                        .has_value());
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(Rsa, LimitsPublicKeys) {
  const Bytes e = {std::byte{1}, std::byte{0}, std::byte{1}};
  Bytes n(128, std::byte{0xFF});
  EXPECT_TRUE(RsaPublicKey::create(n, e).has_value());
  n[127] = std::byte{0xFE};
  EXPECT_TRUE(RsaPublicKey::create(n, e).error().is(Errc::Malformed));
  EXPECT_TRUE(RsaPublicKey::create(Bytes(127, std::byte{0xFF}), e).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(RsaPublicKey::create(Bytes(2048, std::byte{0xFF}), e).has_value());
  EXPECT_TRUE(
      RsaPublicKey::create(Bytes(2049, std::byte{0xFF}), e).error().is(Errc::LimitExceeded));
  n[127] = std::byte{0xFF};
  EXPECT_TRUE(RsaPublicKey::create(n, Bytes(1, std::byte{1})).error().is(Errc::Malformed));
  EXPECT_TRUE(RsaPublicKey::create(n, Bytes(1, std::byte{4})).error().is(Errc::Malformed));
  EXPECT_TRUE(RsaPublicKey::create(n, Bytes(9, std::byte{1})).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(RsaPublicKey::create({}, e).error().is(Errc::LimitExceeded));
}

}  // namespace

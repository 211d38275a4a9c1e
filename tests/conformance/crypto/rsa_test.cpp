// RSA: the files of wycheproof and ACVP.
#include <avila/crypto/key.hpp>
#include <avila/json/document.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>

#include "ec_files.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using avila_test::CryptoBytes;
using avila_test::CryptoFields;

std::optional<DigestAlgorithm> digest_of(const std::string& name) {
  if (name == "SHA-1") return DigestAlgorithm::Sha1;
  if (name == "SHA-512/224") return DigestAlgorithm::Sha512_224;
  if (name == "SHA-512/256") return DigestAlgorithm::Sha512_256;
  return avila_test::digest_named(name);
}

/// Every case of the files whose groups have this type.
template <class Each>
void for_each_case(const std::string& type, Each&& each) {
  avila_test::for_each_crypto_case(
      "wycheproof", [](const std::string& algorithm) { return algorithm.starts_with("RSA"); },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        if (group.text("type") == type) each(group, test, where);
      });
}

PublicKey public_key(const CryptoFields& group) {
  return PublicKey::from_spki(group.bytes(group.has("publicKeyDer") ? "publicKeyDer" : "keyDer"))
      .value();
}

TEST(RsaConformance, WycheproofPkcs1Verify) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/RsassaPkcs1Verify");
  for_each_case("RsassaPkcs1Verify", [&](const auto& group, const auto& test, const auto& where) {
    const auto digest = digest_of(group.text("sha"));
    if (!digest) return report.exclude();  // a hash function that this library does not have
    const PublicKey key = public_key(group);
    // "acceptable" is MissingNull: refused, RFC 8017 appendix A.2.4 has NULL there.
    report.check(key.as<RsaPublicKey>()
                         ->verify_pkcs1(*digest, test.bytes("msg"), test.bytes("sig"))
                         .has_value() == (test.text("result") == "valid"),
                 where);
  });
  report.finish();
}

TEST(RsaConformance, WycheproofPkcs1Generate) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/RsassaPkcs1Generate");
  for_each_case("RsassaPkcs1Generate", [&](const auto& group, const auto& test, const auto& where) {
    const auto digest = digest_of(group.text("sha"));
    if (!digest) return report.exclude();
    const PrivateKey key = PrivateKey::from_pkcs8(group.bytes("privateKeyPkcs8")).value();
    const RsaPrivateKey& rsa = *key.as<RsaPrivateKey>();
    const CryptoBytes message = test.bytes("msg"), wanted = test.bytes("sig");
    bool good = rsa.public_key().verify_pkcs1(*digest, message, wanted).has_value();
    const auto made = rsa.sign_pkcs1(*digest, message, os::system_entropy());
    // "acceptable" is SmallPublicKey (e = 3), taken, and WeakHash: SHA-1 verifies, but never signs.
    if (*digest == DigestAlgorithm::Sha1)
      good &= !made.has_value();
    else
      good &= made.has_value() && *made == wanted;
    report.check(good, where);
  });
  report.finish();
}

TEST(RsaConformance, WycheproofPss) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/RsassaPssVerify");
  for_each_case("RsassaPssVerify", [&](const auto& group, const auto& test, const auto& where) {
    const auto digest = digest_of(group.text("sha")), mgf = digest_of(group.text("mgfSha"));
    if (!digest || !mgf || group.text("mgf") != "MGF1") return report.exclude();
    const PublicKey key = public_key(group);
    const PssOptions options{
        .digest = *digest, .mgf_digest = *mgf, .salt_bytes = group.number("sLen")};
    report.check(key.as<RsaPublicKey>()
                         ->verify_pss(options, test.bytes("msg"), test.bytes("sig"))
                         .has_value() == (test.text("result") == "valid"),
                 where);
  });
  report.finish();
}

TEST(RsaConformance, WycheproofOaep) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/RsaesOaepDecrypt");
  for_each_case("RsaesOaepDecrypt", [&](const auto& group, const auto& test, const auto& where) {
    const auto digest = digest_of(group.text("sha")), mgf = digest_of(group.text("mgfSha"));
    if (!digest || !mgf || group.text("mgf") != "MGF1") return report.exclude();
    const PrivateKey key = PrivateKey::from_pkcs8(group.bytes("privateKeyPkcs8")).value();
    const RsaPrivateKey& rsa = *key.as<RsaPrivateKey>();
    const CryptoBytes label = test.bytes("label"), message = test.bytes("msg");
    const OaepOptions options{.digest = *digest, .mgf_digest = *mgf, .label = label};
    const auto opened = rsa.decrypt_oaep(options, test.bytes("ct"), os::system_entropy());
    if (test.text("result") == "invalid")
      return report.check(!opened.has_value() && opened.error().is(Errc::Unauthenticated), where);
    bool good =
        opened.has_value() && CryptoBytes(opened->span().begin(), opened->span().end()) == message;
    const auto sealed = rsa.public_key().encrypt_oaep(options, message, os::system_entropy());
    good &=
        sealed.has_value() && rsa.decrypt_oaep(options, *sealed, os::system_entropy()).has_value();
    report.check(good, where);
  });
  report.finish();
}

TEST(RsaConformance, WycheproofPkcs1Decrypt) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/RsaesPkcs1Decrypt");
  // Left out: encryption by PKCS#1 v1.5 is not of this library, because its padding is an oracle
  // (Bleichenbacher 1998). The keys of these files must be read nevertheless.
  for_each_case("RsaesPkcs1Decrypt", [&](const auto& group, const auto&, const auto& where) {
    EXPECT_TRUE(PrivateKey::from_pkcs8(group.bytes("privateKeyPkcs8")).has_value()) << where;
    report.exclude();
  });
  report.finish();
}

// ACVP's groups hold public keys only: both files are for verifying.
void run_acvp(const std::string& file, avila_test::SuiteReport& report) {
  const auto text = avila_test::read_file(avila_test::suite_path("acvp") / file);
  json::Parser parser;
  const auto root = parser.parse(text);
  ASSERT_TRUE(root.has_value());
  const auto groups = root->find("testGroups");
  for (const json::Element group_element : groups->elements()) {
    const CryptoFields group{group_element};
    const auto tests = group_element.find("tests");
    for (const json::Element element : tests->elements()) {
      const CryptoFields test{element};
      const std::string where = file + " tcId " + std::to_string(test.number("tcId"));
      const auto digest = digest_of(group.text("hashAlg"));
      const std::string mask = group.text("maskFunction");
      // Left out: SHAKE as a digest or as a mask (RFC 8702), and messages that are randomized
      // before they are signed (SP 800-106).
      if (!digest || mask.starts_with("shake") || group.text("conformance") == "SP800-106") {
        report.exclude();
        continue;
      }
      const auto key = RsaPublicKey::create(group.bytes("n"), group.bytes("e"));
      ASSERT_TRUE(key.has_value()) << where;
      const CryptoBytes message = test.bytes("message"), signature = test.bytes("signature");
      const bool good = group.text("sigType") == "pss"
                            ? key->verify_pss({.digest = *digest,
                                               .mgf_digest = *digest,
                                               .salt_bytes = group.number("saltLen")},
                                              message, signature)
                                  .has_value()
                            : key->verify_pkcs1(*digest, message, signature).has_value();
      const bool wanted = !test.has("testPassed") || test.flag("testPassed");
      report.check(good == wanted, where);
    }
  }
}

TEST(RsaConformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  for (const std::string file : {"RSA-SigGen-FIPS186-5.json", "RSA-SigVer-FIPS186-5.json"}) {
    if (!std::filesystem::exists(avila_test::suite_path("acvp") / file)) continue;
    avila_test::SuiteReport report("acvp/" + file);
    run_acvp(file, report);
    report.finish();
  }
}

}  // namespace

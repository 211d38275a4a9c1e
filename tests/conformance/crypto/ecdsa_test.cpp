// ECDSA: the ecdsa files of wycheproof (DER and P1363), ACVP's SigVer, KeyVer and DetECDSA, and the
// tables of RFC 6979 appendix A.2.
#include <avila/json/document.hpp>
#include <avila/text/encoding.hpp>

#include "ec_files.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using avila_test::CryptoBytes;
using avila_test::CryptoFields;
using avila_test::digest_named;
using avila_test::with_curve;

template <class C>
bool holds(const Result<EcPublicKey<C>>& key, DigestAlgorithm digest, ByteSpan message,
           const Result<EcdsaSignature<C>>& signature) {
  return key.has_value() && signature.has_value() &&
         key->verify(digest, message, *signature).has_value();
}

TEST(EcdsaConformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/ecdsa");
  avila_test::for_each_crypto_case(
      "wycheproof", [](const std::string& algorithm) { return algorithm == "ECDSA"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        const bool der = group.text("type") == "EcdsaVerify";
        if (!der && group.text("type") != "EcdsaP1363Verify") return;
        const CryptoFields key{*group.element.find("publicKey")};
        const auto digest = digest_named(group.text("sha"));
        const bool known =
            digest.has_value() && with_curve(key.text("curve"), [&]<class C>() {
              using Signature = EcdsaSignature<C>;
              const CryptoBytes sig = test.bytes("sig");
              // "acceptable" stands nowhere in these files; if it did, it would have to be refused.
              report.check(holds<C>(EcPublicKey<C>::decode(key.bytes("uncompressed")), *digest,
                                    test.bytes("msg"),
                                    der ? Signature::decode_der(sig) : Signature::decode(sig)) ==
                               (test.text("result") == "valid"),
                           group.text("type") + " " + key.text("curve") + " " + where);
            });
        if (!known) report.exclude();  // other curves; digests that nobody asks for
      });
  report.finish();
}

TEST(EcdsaConformance, AcvpVerifies) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/ECDSA-SigVer, ECDSA-KeyVer");
  avila_test::for_each_crypto_case(
      "acvp", [](const std::string& algorithm) { return algorithm == "ECDSA"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        if (!test.has("testPassed")) return;
        const auto digest = digest_named(group.text("hashAlg"));
        const bool is_key = !test.has("message");
        const bool known =
            (is_key || digest.has_value()) && with_curve(group.text("curve"), [&]<class C>() {
              const auto key = EcPublicKey<C>::decode(
                  avila_test::uncompressed(test.bytes("qx"), test.bytes("qy"), C::Field::kBytes));
              const bool passes =
                  is_key ? key.has_value()
                         : holds<C>(key, *digest, test.bytes("message"),
                                    avila_test::signature_of<C>(test.bytes("r"), test.bytes("s")));
              report.check(passes == test.flag("testPassed"), where);
            });
        if (!known) report.exclude();  // other curves; SHAKE and SHA3-224 as digests
      });
  report.finish();
}

/// A number in hex, whose first zero may be left out.
CryptoBytes hex_number(const CryptoFields& fields, std::string_view name) {
  std::string text = fields.text(name);
  if (text.size() % 2 != 0) text.insert(0, "0");
  return avila_test::from_hex(text);
}

/// Signs, compares, and verifies what it signed.
template <class C>
bool signs(const CryptoBytes& private_key, DigestAlgorithm digest, ByteSpan message,
           const CryptoBytes& r, const CryptoBytes& s) {
  const auto number = avila_test::number_of(private_key, C::Scalar::kBytes);
  const auto key = EcPrivateKey<C>::decode(number.value());
  const auto expected = avila_test::signature_of<C>(r, s);
  const auto made = key->sign(digest, message);
  return made.has_value() && expected.has_value() && made->bytes == expected->bytes &&
         key->public_key().verify(digest, message, *made).has_value();
}

TEST(EcdsaConformance, AcvpDeterministic) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/DetECDSA-SigGen");
  avila_test::for_each_crypto_case(
      "acvp", [](const std::string& algorithm) { return algorithm == "DetECDSA"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        // SP 800-106 makes messages that are not whole bytes.
        if (group.text("conformance") == "SP800-106") return report.exclude();
        const auto digest = digest_named(group.text("hashAlg"));
        const bool known = digest.has_value() && with_curve(group.text("curve"), [&]<class C>() {
                             report.check(signs<C>(group.bytes("d"), *digest, test.bytes("message"),
                                                   test.bytes("r"), test.bytes("s")),
                                          where);
                           });
        if (!known) report.exclude();  // other curves; SHA3-224 as a digest
      });
  report.finish();
}

TEST(EcdsaConformance, Rfc6979) {
  constexpr const char* kSuite = "acvp/rfc6979-deterministic-ecdsa";
  AVILA_REQUIRE_SUITE(kSuite);
  avila_test::SuiteReport report(kSuite);
  json::Parser parser;
  for (const auto& path : avila_test::files_below(avila_test::suite_path(kSuite), ".json")) {
    const std::string text = avila_test::read_file(path);
    const auto root = parser.parse(text);
    ASSERT_TRUE(root.has_value()) << path;
    for (const json::Element element : root->elements()) {
      const CryptoFields curve{element};
      const auto cases = element.find("cases");
      ASSERT_TRUE(cases.has_value());
      for (const json::Element one : cases->elements()) {
        const CryptoFields test{one};
        const auto digest = digest_named(test.text("hash"));
        const std::string message = test.text("message");
        const bool known =
            digest.has_value() && with_curve(curve.text("curve"), [&]<class C>() {
              report.check(signs<C>(hex_number(curve, "private"), *digest, as_bytes(message),
                                    hex_number(test, "r"), hex_number(test, "s")),
                           curve.text("curve") + " " + test.text("hash") + " " + message);
            });
        if (!known) report.exclude();  // other curves; nothing is signed with SHA-1
      }
    }
  }
  report.finish();
}

}  // namespace

// Ed25519 and X25519: wycheproof, ACVP, and the values that RFC 8032 prints.
#include <avila/crypto/ed25519.hpp>
#include <avila/crypto/x25519.hpp>
#include <avila/json/document.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/crypto_cases.hpp>

namespace {

using namespace avila;
using namespace avila::crypto;
using avila_test::CryptoBytes;
using avila_test::CryptoFields;
using avila_test::fixed;

bool holds(ByteSpan key, ByteSpan message, ByteSpan signature, const Ed25519Options& options = {}) {
  const auto decoded = Ed25519PublicKey::decode(key);
  return decoded.has_value() && decoded->verify(message, signature, options).has_value();
}
bool signs(ByteSpan seed, ByteSpan public_key, ByteSpan message, const CryptoBytes& signature,
           const Ed25519Options& options = {}) {
  const auto key = Ed25519PrivateKey::from_seed(fixed<32>(seed));
  const auto made = key.sign(message, options);
  return std::equal(public_key.begin(), public_key.end(), key.public_key().bytes().begin()) &&
         made.has_value() && CryptoBytes(made->begin(), made->end()) == signature &&
         holds(public_key, message, signature, options);
}

TEST(Ed25519Conformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/ed25519");
  avila_test::for_each_crypto_case(
      "wycheproof", [](const std::string& algorithm) { return algorithm == "EDDSA"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        const CryptoFields key{*group.element.find("publicKey")};
        if (key.text("curve") != "edwards25519") return report.exclude();  // Ed448
        report.check(holds(key.bytes("pk"), test.bytes("msg"), test.bytes("sig")) ==
                         (test.text("result") == "valid"),
                     where);
      });
  report.finish();
}

TEST(Ed25519Conformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/EDDSA");
  avila_test::for_each_crypto_case(
      "acvp", [](const std::string& algorithm) { return algorithm == "EDDSA"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        if (group.text("curve") != "ED-25519") return report.exclude();  // Ed448
        const CryptoBytes context = test.bytes("context"), q = test.bytes("q");
        const Ed25519Options options{.prehash = group.flag("preHash"), .context = context};
        if (group.has("q")) {  // SigGen
          report.check(signs(group.bytes("d"), group.bytes("q"), test.bytes("message"),
                             test.bytes("signature"), options),
                       where);
        } else if (test.has("signature")) {  // SigVer
          report.check(holds(q, test.bytes("message"), test.bytes("signature"), options) ==
                           test.flag("testPassed"),
                       where);
        } else if (test.has("testPassed")) {  // KeyVer
          report.check(Ed25519PublicKey::decode(q).has_value() == test.flag("testPassed"), where);
        } else {  // KeyGen
          const auto seed = test.bytes("d");
          const auto key = Ed25519PrivateKey::from_seed(fixed<32>(seed));
          report.check(std::equal(q.begin(), q.end(), key.public_key().bytes().begin()), where);
        }
      });
  report.finish();
}

TEST(Ed25519Conformance, Rfc8032) {
  constexpr const char* kSuite = "acvp/rfc8032-eddsa";
  AVILA_REQUIRE_SUITE(kSuite);
  avila_test::SuiteReport report(kSuite);
  json::Parser parser;
  for (const auto& path : avila_test::files_below(avila_test::suite_path(kSuite), ".json")) {
    const std::string name = path.filename().string(), text = avila_test::read_file(path);
    const auto root = parser.parse(text);
    ASSERT_TRUE(root.has_value()) << path;
    for (const json::Element element : root->elements()) {
      const CryptoFields test{element};
      if (!name.starts_with("ed25519")) {
        report.exclude();  // Ed448
        continue;
      }
      const CryptoBytes context = test.bytes("context");
      report.check(signs(test.bytes("secretKey"), test.bytes("publicKey"), test.bytes("message"),
                         test.bytes("signature"),
                         {.prehash = name.starts_with("ed25519ph"), .context = context}),
                   name + " " + test.text("name"));
    }
  }
  report.finish();
}

/// The shared secret; nothing where the peer is refused.
CryptoBytes agree(ByteSpan private_key, ByteSpan peer) {
  const auto key = X25519PrivateKey::from_bytes(fixed<32>(private_key));
  const auto decoded = X25519PublicKey::decode(peer);
  if (!decoded.has_value()) return {};
  const auto shared = key.agree(*decoded);
  return shared.has_value() ? CryptoBytes((*shared)->begin(), (*shared)->end()) : CryptoBytes();
}

TEST(X25519Conformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/x25519");
  avila_test::for_each_crypto_case(
      "wycheproof", [](const std::string& algorithm) { return algorithm == "XDH"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        // The forms in ASN.1, PEM and JWK belong to the tests of key.hpp and jwk.hpp.
        if (group.text("type") != "XdhComp") return;
        if (group.text("curve") != "curve25519") return report.exclude();  // X448
        // "acceptable" are low orders, twists and other ways to write a number modulo p: what is
        // not zero comes out as RFC 7748 says, and zero is refused.
        const CryptoBytes expected = test.bytes("shared");
        const bool is_zero = expected == CryptoBytes(32);
        EXPECT_FALSE(is_zero && test.text("result") == "valid") << where;
        report.check(agree(test.bytes("private"), test.bytes("public")) ==
                         (is_zero ? CryptoBytes() : expected),
                     where);
      });
  report.finish();
}

TEST(X25519Conformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/XECDH-SSC");
  avila_test::for_each_crypto_case(
      "acvp", [](const std::string& algorithm) { return algorithm == "XECDH"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        if (group.text("curve") != "Curve25519") return report.exclude();  // X448
        report.check((agree(test.bytes("privateIut"), test.bytes("publicServer")) ==
                      test.bytes("z")) == test.flag("testPassed"),
                     where);
      });
  report.finish();
}

}  // namespace

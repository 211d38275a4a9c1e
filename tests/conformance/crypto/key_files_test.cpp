// Keys as others wrote them: x509's key material, the keys inside wycheproof's RSA files, and JWKs.
#include <avila/crypto/jwk.hpp>
#include <avila/json/document.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/crypto_cases.hpp>
#include <avila_test/tools.hpp>

namespace {

using namespace avila;
using namespace avila::crypto;
using avila_test::CryptoFields;

/// Read with any of the passwords that the files have.
Result<PrivateKey> read_private(const std::string& text) {
  const bool pem = text.find("-----BEGIN") != std::string::npos;
  Result<PrivateKey> last = Error(Errc::NotFound, "no password");
  for (const std::string_view password : {"123456", "baz"}) {
    last = pem ? PrivateKey::from_pem(text, as_bytes(password))
               : PrivateKey::from_pkcs8(as_bytes(text));
    if (!pem && !last.has_value() && !last.error().is(Errc::Unsupported))
      last = PrivateKey::from_encrypted_pkcs8(as_bytes(text), as_bytes(password));
    if (last.has_value()) return last;
  }
  return last;
}

bool says_bad(const std::string& name) {
  for (const std::string_view word : {"bad", "garbage", "invalid"})
    if (name.find(word) != std::string::npos) return true;
  return false;
}

TEST(KeyFiles, PrivateKeysOfX509) {
  AVILA_REQUIRE_SUITE("x509/private_keys.tar.gz");
  const avila_test::TempDir folder;
  const auto archive =
      std::filesystem::absolute(avila_test::suite_path("x509/private_keys.tar.gz"));
  ASSERT_EQ(
      avila_test::run_command("cd '" + folder.path() + "' && tar xzf '" + archive.string() + "'")
          .status,
      0);
  avila_test::SuiteReport report("x509/private_keys");
  for (const auto& path : avila_test::files_below(folder.path())) {
    const auto key = read_private(avila_test::read_file(path));
    if (key.has_value()) {
      const auto again = PrivateKey::from_pkcs8(key->to_pkcs8().span());
      report.check(again.has_value() && again->public_key() == key->public_key() &&
                       !says_bad(path.filename().string()),
                   path.string());
    } else if (key.error().is(Errc::Unsupported) || key.error().is(Errc::NotFound)) {
      // Left out: DSA, OpenSSH's own format (NotFound: no such label), keys bound to PSS, curves
      // without a name or of others, PBES1 and PKCS#12 encryption, RFC 1421 encryption.
      report.exclude();
    } else {
      report.check(says_bad(path.filename().string()), path.string() + key.error().to_string());
    }
  }
  report.finish();
}

TEST(KeyFiles, KeysOfPyca) {
  AVILA_REQUIRE_SUITE("x509/pyca_keys");
  avila_test::SuiteReport report("x509/pyca_keys");
  for (const std::string folder : {"DER_Serialization", "PEM_Serialization", "PKCS8"}) {
    for (const auto& path :
         avila_test::files_below(avila_test::suite_path("x509/pyca_keys") / folder)) {
      const std::string text = avila_test::read_file(path), name = path.filename().string();
      if (!name.ends_with(".der") && !name.ends_with(".pem")) continue;
      // Left out: DSA.
      if (name.find("dsa") != std::string::npos) {
        EXPECT_FALSE(PublicKey::from_spki(as_bytes(text)).has_value());
        EXPECT_FALSE(read_private(text).has_value());
        report.exclude();
        continue;
      }
      const bool pem = name.ends_with(".pem");
      const auto spki = pem ? PublicKey::from_pem(text) : PublicKey::from_spki(as_bytes(text));
      if (name.find("pss") != std::string::npos) {  // left out: keys bound to PSS
        EXPECT_TRUE(!spki.has_value() && spki.error().is(Errc::Unsupported));
        report.exclude();
        continue;
      }
      const bool good = name.find("public") != std::string::npos
                            ? spki.has_value()
                            : read_private(text).has_value() ||
                                  PrivateKey::from_pkcs1(as_bytes(text)).has_value();
      // testrsa is a key of 512 bits.
      if (!good && name.find("testrsa") != std::string::npos) {
        EXPECT_TRUE(PrivateKey::from_pkcs1(as_bytes(text)).error().is(Errc::LimitExceeded));
        report.exclude();
        continue;
      }
      report.check(good, path.string());
    }
  }
  report.finish();
}

TEST(KeyFiles, KeysOfWycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/keys");
  std::string last;
  avila_test::for_each_crypto_case(
      "wycheproof", [](const std::string& name) { return name.starts_with("RSA"); },
      [&](const std::string&, const CryptoFields& group, const CryptoFields&,
          const std::string& where) {
        const std::string der = group.text("privateKeyPkcs8");
        if (der.empty() || der == last) return;
        last = der;
        const auto key = PrivateKey::from_pkcs8(group.bytes("privateKeyPkcs8"));
        bool good = key.has_value();
        if (const auto jwk = group.element.find("privateKeyJwk"); jwk && good) {
          const auto parsed = Jwk::parse(json::to_string(*jwk));
          good = parsed.has_value() &&
                 std::get<PrivateKey>(parsed->key).public_key() == key->public_key();
        }
        report.check(good, where);
      });
  report.finish();
}

TEST(KeyFiles, WycheproofX25519Jwk) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/XdhJwkComp");
  avila_test::for_each_crypto_case(
      "wycheproof", [](const std::string& name) { return name == "XDH"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        if (group.text("type") != "XdhJwkComp") return;
        const auto mine = Jwk::parse(json::to_string(*test.element.find("private")));
        const auto theirs = Jwk::parse(json::to_string(*test.element.find("public")));
        std::vector<std::byte> shared;
        if (mine.has_value() && theirs.has_value()) {
          const auto* key = std::get<PrivateKey>(mine->key).as<X25519PrivateKey>();
          const auto* peer = std::get<PublicKey>(theirs->key).as<X25519PublicKey>();
          if (key != nullptr && peer != nullptr)
            if (const auto agreed = key->agree(*peer); agreed.has_value())
              shared.assign((*agreed)->begin(), (*agreed)->end());
        }
        // "acceptable": points of small order, whose result is zero, are refused; those of the
        // twist and encodings that are not canonical are taken, as RFC 7748 section 5 has it.
        const bool zero = test.bytes("shared") == std::vector<std::byte>(32);
        if (test.text("result") == "invalid" || zero)
          report.check(shared.empty(), where);
        else
          report.check(shared == test.bytes("shared"), where);
      });
  report.finish();
}

TEST(KeyFiles, JoseCookbook) {
  AVILA_REQUIRE_SUITE("jose/jwk");
  avila_test::SuiteReport report("jose/jwk");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("jose/jwk"), ".json")) {
    const std::string text = avila_test::read_file(path);
    report.check(Jwk::parse(text).has_value(), path.string());
  }
  report.finish();
}

}  // namespace

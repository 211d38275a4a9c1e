// CMAC, GMAC and HMAC by the files of wycheproof and of NIST's acvp.
#include <avila/cipher/aes.hpp>
#include <avila/json/document.hpp>
#include <avila/mac/cmac.hpp>
#include <avila/mac/gmac.hpp>
#include <avila/mac/hmac.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>
#include <avila_test/crypto_cases.hpp>

namespace {

using namespace avila;
using avila_test::CryptoFields;
using Bytes = avila_test::CryptoBytes;

template <class Hash>
Bytes hmac(const Bytes& key, const Bytes& text) {
  mac::Hmac<Hash> made(key);
  made.update(text);
  const auto tag = made.finish();
  return {tag.begin(), tag.end()};
}

// The whole tag, or nothing where the key or the nonce is refused.
Bytes tag_of(const std::string& algorithm, const Bytes& key, const Bytes& nonce,
             const Bytes& text) {
  if (algorithm == "HMACSHA256") return hmac<hash::Sha256>(key, text);
  if (algorithm == "HMACSHA384") return hmac<hash::Sha384>(key, text);
  if (algorithm == "HMACSHA512") return hmac<hash::Sha512>(key, text);
  if (algorithm == "HMACSHA3-256") return hmac<hash::Sha3_256>(key, text);
  auto aes = cipher::Aes::create(key);
  if (!aes.has_value()) return {};
  if (algorithm.find("CMAC") != std::string::npos) {
    const auto tag = mac::cmac(*aes, text);
    return {tag.begin(), tag.end()};
  }
  if (nonce.empty()) return {};
  mac::Gmac made(*aes, nonce);
  made.update(text);
  const auto tag = made.finish();
  return {tag.begin(), tag.end()};
}

// Whether `tag`, which may be cut as these suites have it, is right.
bool good(Bytes made, const Bytes& tag) {
  if (tag.empty() || made.size() < tag.size()) return false;
  made.resize(tag.size());
  return mac::equal_tags(made, tag);
}

TEST(MacConformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/mac");
  const auto wanted = [](const std::string& a) {
    return a == "AES-CMAC" || a == "AES-GMAC" || a == "HMACSHA256" || a == "HMACSHA384" ||
           a == "HMACSHA512" || a == "HMACSHA3-256";
  };
  avila_test::for_each_crypto_case(
      "wycheproof", wanted,
      [&](const std::string& algorithm, const CryptoFields&, const CryptoFields& c,
          const std::string& where) {
        const Bytes made = tag_of(algorithm, c.bytes("key"), c.bytes("iv"), c.bytes("msg"));
        report.check(good(made, c.bytes("tag")) == (c.text("result") == "valid"), where);
      });
  report.finish();
}

TEST(MacConformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/mac");
  const auto wanted = [](const std::string& a) { return a == "CMAC-AES" || a == "ACVP-AES-GMAC"; };
  avila_test::for_each_crypto_case(
      "acvp", wanted,
      [&](const std::string& algorithm, const CryptoFields&, const CryptoFields& c,
          const std::string& where) {
        const bool gmac = algorithm == "ACVP-AES-GMAC";
        const bool expected = !c.has("testPassed") || c.flag("testPassed");
        const Bytes made =
            tag_of(algorithm, c.bytes("key"), c.bytes("iv"), c.bytes(gmac ? "aad" : "message"));
        report.check(good(made, c.bytes(gmac ? "tag" : "mac")) == expected, where);
      });
  report.finish();
}

}  // namespace

// ECDH on the NIST curves: the ecdh files of wycheproof. Those with the form "asn" hold a
// SubjectPublicKeyInfo.
#include <avila/crypto/key.hpp>
#include <avila/json/document.hpp>

#include "ec_files.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using avila_test::CryptoBytes;
using avila_test::CryptoFields;

template <class C>
Result<EcPublicKey<C>> of_spki(ByteSpan der) {
  AVILA_TRY(const PublicKey key, PublicKey::from_spki(der));
  if (const auto* curve = key.as<EcPublicKey<C>>()) return *curve;
  return Error(Errc::Malformed, "a key of another kind");
}

TEST(EcdhConformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/ecdh");
  avila_test::for_each_crypto_case(
      "wycheproof", [](const std::string& algorithm) { return algorithm == "ECDH"; },
      [&](const std::string&, const CryptoFields& group, const CryptoFields& test,
          const std::string& where) {
        if (group.text("type") != "EcdhTest" && group.text("type") != "EcdhEcpointTest") return;
        const bool asn = group.text("encoding") == "asn";
        const bool known = avila_test::with_curve(group.text("curve"), [&]<class C>() {
          const std::string result = test.text("result");
          const auto number = avila_test::number_of(test.bytes("private"), C::Scalar::kBytes);
          const auto key = EcPrivateKey<C>::decode(number.value_or(CryptoBytes{}));
          const auto peer =
              asn ? of_spki<C>(test.bytes("public")) : EcPublicKey<C>::decode(test.bytes("public"));
          // "acceptable": bytes after the sequence are refused, compressed points are taken.
          if (!key.has_value() || !peer.has_value())
            return report.check(result == "invalid" || (asn && result == "acceptable"), where);
          const auto shared = key->agree(*peer);
          report.check(result != "invalid" &&
                           CryptoBytes(shared->begin(), shared->end()) == test.bytes("shared"),
                       where);
        });
        if (!known) report.exclude();  // other curves
      });
  report.finish();
}

}  // namespace

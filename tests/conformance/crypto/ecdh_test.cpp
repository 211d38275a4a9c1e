// ECDH on the NIST curves: the ecdh files of wycheproof. Those with the form "asn" hold a
// SubjectPublicKeyInfo; its usual form, a named curve and an uncompressed point, is cut off here,
// and the rest of its forms belongs to the tests of key.hpp.
#include <avila/json/document.hpp>
#include <avila/text/encoding.hpp>

#include "ec_files.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using avila_test::CryptoBytes;
using avila_test::CryptoFields;

/// RFC 5480: the algorithm, the named curve, and the head of the BIT STRING.
template <class C>
constexpr std::string_view kSpkiHead = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
template <>
constexpr std::string_view kSpkiHead<field::CurveP384> =
    "3076301006072a8648ce3d020106052b81040022036200";

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
          std::string peer_hex = test.text("public");
          const std::string result = test.text("result");
          if (asn) {
            if (!peer_hex.starts_with(kSpkiHead<C>)) {
              EXPECT_NE(result, "valid") << where;
              return report.exclude();
            }
            peer_hex.erase(0, kSpkiHead<C>.size());
          }
          const auto number = avila_test::number_of(test.bytes("private"), C::Scalar::kBytes);
          const auto key = EcPrivateKey<C>::decode(number.value_or(CryptoBytes{}));
          const auto peer = EcPublicKey<C>::decode(avila_test::from_hex(peer_hex));
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

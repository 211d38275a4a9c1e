// What the parsers refuse, one rule at a time.
#include <avila/asn1/writer.hpp>
#include <avila/os/entropy.hpp>
#include <avila/pki/algorithm.hpp>
#include <avila/text/encoding.hpp>

#include "make.hpp"

namespace {

using namespace pki_test;
using asn1::Writer;

/// One extension around a value, as a list of one.
Result<Extensions> with(const asn1::Oid& oid, std::string_view hex) {
  const std::string value = text::hex_decode(hex).value();
  Writer writer;
  writer.sequence([&](Writer& one) { one.oid(oid).octet_string(as_bytes(value)); });
  return parse_extensions(asn1::Reader(writer.bytes()));
}

TEST(Extensions, ReadValues) {
  const auto constraints = with(oids::kBasicConstraints, "30060101ff020103");
  ASSERT_TRUE(constraints.has_value());
  EXPECT_TRUE(constraints->basic_constraints->ca);
  EXPECT_EQ(constraints->basic_constraints->path_length, 3U);
  EXPECT_EQ(with(oids::kKeyUsage, "03020106")->key_usage,
            KeyUsage::KeyCertSign | KeyUsage::CrlSign);
  EXPECT_EQ(with(oids::kInhibitAnyPolicy, "020105")->inhibit_any_policy, 5U);
  const auto policies = with(oids::kPolicyConstraints, "3006800101810102");
  EXPECT_EQ(policies->policy_constraints->require_explicit_policy, 1U);
  EXPECT_EQ(policies->policy_constraints->inhibit_policy_mapping, 2U);
  EXPECT_EQ(with(oids::kTlsFeature, "3003020105")->tls_features->at(0), 5);
  const auto points = with(oids::kCrlDistributionPoints, "300c300aa008a0068604687474703a");
  EXPECT_FALSE(points.has_value());
  // A counter above all paths is cut, not refused.
  EXPECT_TRUE(with(oids::kInhibitAnyPolicy, "020900ffffffffffffffff").has_value());
}

TEST(Extensions, RefuseDamage) {
  struct Case {
    asn1::Oid oid;
    const char* hex;
  };
  const Case cases[] = {
      {oids::kBasicConstraints, "0101ff"},              // no SEQUENCE
      {oids::kBasicConstraints, "30030101ff00"},        // behind it
      {oids::kBasicConstraints, "30060101ff0201ff"},    // negative
      {oids::kBasicConstraints, "30070101ff02020100"},  // 256
      {oids::kKeyUsage, "030100"},                      // no bit
      {oids::kKeyUsage, "03020700"},                    // none set
      {oids::kExtendedKeyUsage, "3000"},
      {oids::kSubjectAltName, "3000"},
      {oids::kSubjectAltName,
       "300382017f"
       "00"},
      {oids::kSubjectAltName, "30038201ff"},
      {oids::kSubjectAltName, "30058703010203"},
      {oids::kSubjectKeyIdentifier, "020101"},
      {oids::kAuthorityKeyIdentifier, "020101"},
      {oids::kNameConstraints, "3000"},
      {oids::kNameConstraints, "3002a000"},
      {oids::kNameConstraints, "300ca00a300887060a000000ff00"},      // 6 bytes of network
      {oids::kNameConstraints, "300ea00c300a87080a000000ff00ff00"},  // a mask with a hole
      {oids::kNameConstraints,
       "300aa00830068201618001"
       "01"},  // minimum
      {oids::kCertificatePolicies, "3000"},
      {oids::kCertificatePolicies,
       "300a30030601"
       "29"
       "30030601"
       "29"},  // twice
      {oids::kPolicyMappings, "3000"},
      {oids::kPolicyConstraints, "3000"},
      {oids::kInhibitAnyPolicy, "0201ff"},
      {oids::kCrlDistributionPoints, "3000"},
      {oids::kCrlDistributionPoints, "30023000"},
      {oids::kAuthorityInfoAccess, "3000"},
      {oids::kTlsFeature,
       "3005020300ffff"
       "00"},
      {oids::kTlsFeature, "30050203010000"},
  };
  for (const Case& c : cases)
    EXPECT_FALSE(with(c.oid, c.hex).has_value()) << c.oid.to_string() << " " << c.hex;
  EXPECT_FALSE(parse_extensions(asn1::Reader(ByteSpan())).has_value());  // an empty list
  const std::string twice = text::hex_decode(
                                "300906035504"
                                "00"
                                "0402"
                                "0500"
                                "300906035504"
                                "00"
                                "0402"
                                "0500")
                                .value();
  EXPECT_FALSE(parse_extensions(asn1::Reader(as_bytes(twice))).has_value());
}

TEST(Algorithm, NamesSignatures) {
  using crypto::SignatureAlgorithm;
  for (const SignatureAlgorithm algorithm :
       {SignatureAlgorithm::RsaPkcs1Sha256, SignatureAlgorithm::RsaPkcs1Sha384,
        SignatureAlgorithm::RsaPkcs1Sha512, SignatureAlgorithm::RsaPssSha256,
        SignatureAlgorithm::RsaPssSha384, SignatureAlgorithm::RsaPssSha512,
        SignatureAlgorithm::EcdsaSha256, SignatureAlgorithm::EcdsaSha384,
        SignatureAlgorithm::EcdsaSha512, SignatureAlgorithm::Ed25519}) {
    Writer writer;
    write_algorithm(writer, algorithm);
    asn1::Reader reader(writer.bytes());
    const auto parsed = parse_algorithm(reader);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(*signature_algorithm_of(*parsed), algorithm);
    EXPECT_FALSE(is_weak(algorithm));
  }
  EXPECT_TRUE(is_weak(SignatureAlgorithm::RsaPkcs1Sha1));
  const auto error_of = [](const char* hex) {
    const std::string bytes = text::hex_decode(hex).value();
    asn1::Reader reader(as_bytes(bytes));
    const auto parsed = parse_algorithm(reader);
    if (!parsed.has_value()) return parsed.error().code();
    const auto algorithm = signature_algorithm_of(*parsed);
    return algorithm.has_value() ? Errc::Unknown : algorithm.error().code();
  };
  EXPECT_EQ(error_of("300706032b65700500"), Errc::Malformed);          // Ed25519 with NULL
  EXPECT_EQ(error_of("300506032b6571"), Errc::Unsupported);            // Ed448
  EXPECT_EQ(error_of("300b06092a864886f70d01010a"), Errc::Malformed);  // PSS without parameters
  EXPECT_EQ(error_of("300d06092a864886f70d01010a3000"), Errc::Unsupported);  // PSS with SHA-1
  EXPECT_EQ(error_of("300d06092a864886f70d010104"
                     "0500"),
            Errc::Unsupported);  // MD5
  EXPECT_EQ(error_of("3000"), Errc::Malformed);
}

/// A certificate of parts, to be damaged one at a time.
struct Parts {
  std::int64_t version = 2;
  std::string subject = "CN=x";
  bool extensions = true, unique_identifier = false, empty_tail = false;
  bool critical_names = true;

  Result<Certificate> build() const {
    Writer writer;
    writer.sequence([&](Writer& outer) {
      outer.sequence([&](Writer& tbs) {
        tbs.constructed(asn1::context(0), [&](Writer& w) { w.int64(version); });
        tbs.int64(5);
        write_algorithm(tbs, crypto::SignatureAlgorithm::Ed25519);
        tbs.raw(Name::from_string("CN=issuer")->der());
        tbs.sequence([](Writer& w) { w.time(kNow).time(kNow); });
        tbs.raw(Name::from_string(subject)->der());
        tbs.raw(new_key().public_key().to_spki());
        if (unique_identifier) tbs.bit_string({}, 0, asn1::context_primitive(1));
        if (extensions)
          tbs.constructed(asn1::context(3), [&](Writer& field) {
            field.sequence([&](Writer& list) {
              list.sequence([&](Writer& one) {
                one.oid(oids::kSubjectAltName);
                if (critical_names) one.boolean(true);
                one.octet_string_around([](Writer& w) {
                  w.sequence([](Writer& s) { write_general_name(s, GeneralName::dns("a.b")); });
                });
              });
            });
          });
        if (empty_tail) tbs.null();
      });
      write_algorithm(outer, crypto::SignatureAlgorithm::Ed25519);
      outer.bit_string({});
    });
    return Certificate::parse(writer.bytes());
  }
};

TEST(Certificate, RefusesWrongParts) {
  EXPECT_TRUE(Parts{}.build().has_value());
  EXPECT_TRUE(Parts{.subject = ""}.build().has_value());
  EXPECT_FALSE((Parts{.subject = "", .critical_names = false}).build().has_value());
  EXPECT_FALSE(Parts{.version = 0}.build().has_value());
  EXPECT_FALSE(Parts{.version = 3}.build().has_value());
  EXPECT_FALSE(Parts{.version = 1}.build().has_value());  // extensions in version 2
  EXPECT_TRUE(
      (Parts{.version = 1, .extensions = false, .unique_identifier = true}).build().has_value());
  EXPECT_FALSE(Parts{.empty_tail = true}.build().has_value());
  EXPECT_TRUE(Certificate::parse(std::vector<std::byte>(kMaxCertificateBytes + 1))
                  .error()
                  .is(Errc::LimitExceeded));
  EXPECT_TRUE(Certificate::from_pem("nothing").error().is(Errc::NotFound));
  EXPECT_TRUE(parse_certificates("nothing").error().is(Errc::NotFound));
}

TEST(TrustStoreTest, TakesBundlesAndCountsWhatItRefuses) {
  const Certificate a = Ca("A").root(), b = Ca("B").root();
  TrustStore store;
  std::size_t refused = 0;
  const std::string bad = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(*store.add_pem(a.to_pem() + bad + b.to_pem() + a.to_pem(), &refused), 3U);
  EXPECT_EQ(refused, 1U);
  EXPECT_EQ(store.size(), 2U);  // the second A is the first one
  EXPECT_EQ(store.find(a.subject()).size(), 1U);
  EXPECT_NE(store.find(b), nullptr);
  EXPECT_EQ(store.find(Ca("A").root()), nullptr);
  EXPECT_TRUE(store.add_pem("").error().is(Errc::NotFound));
}

}  // namespace

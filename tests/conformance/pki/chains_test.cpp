// Chains on disk: the NIST path suite of 2004, x509test, and the chains of Botan.
#include <avila/json/value.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/civil.hpp>

#include "files.hpp"

namespace {

using namespace x509_files;

struct Folder {
  std::optional<pki::Certificate> leaf;
  std::vector<pki::Certificate> intermediates;
  std::vector<pki::Crl> crls;
  pki::TrustStore store;
  std::string why;  ///< what did not parse

  void read(const std::filesystem::path& folder) {
    for (const auto& path : avila_test::files_below(folder)) {
      const std::string name = path.filename().string();
      if (name.ends_with(".crl")) {
        auto crl = crl_of(avila_test::read_file(path));
        if (crl.has_value()) {
          crls.push_back(*std::move(crl));
        } else {
          why = name + ": " + crl.error().to_string();
        }
        continue;
      }
      auto certificate = read_certificate(path);
      if (!certificate.has_value()) {
        why = name + ": " + certificate.error().to_string();
      } else if (name.starts_with("end.")) {
        leaf = *std::move(certificate);
      } else if (name.starts_with("root.")) {
        store.add(*std::move(certificate));
      } else {
        intermediates.push_back(*std::move(certificate));
      }
    }
  }

  void check(avila_test::SuiteReport& report, const pki::VerifyOptions& options, bool expected,
             const std::string& where) {
    if (leaf.has_value()) {
      const auto verified = pki::verify_chain(*leaf, intermediates, store, options);
      // These verdicts are of a validator that does not look at policies. RFC 5280 §6.1.5 (a), (g)
      // refuse test45: requireExplicitPolicy 4, four certificates, the last one without a policy.
      if (!verified.has_value() && expected &&
          verified.error().is(pki::ChainError::PolicyNotAccepted))
        return report.exclude();
      if (!verified.has_value()) why = verified.error().to_string();
      report.check(verified.has_value() == expected, where + ": " + why);
    } else {
      report.check(!expected, where + ": " + why);
    }
  }
};

TEST(ChainConformance, NistPath) {
  AVILA_REQUIRE_SUITE("x509/nist_path");
  avila_test::SuiteReport report("x509/nist_path");
  for (const auto& [name, expected] : read_expected(suite("nist_path") / "expected.txt")) {
    Folder folder;
    folder.read(suite("nist_path") / name);
    folder.store.add(*read_certificate(suite("nist_path") / "root.crt"));
    folder.crls.push_back(*crl_of(avila_test::read_file(suite("nist_path") / "root.crl")));
    pki::VerifyOptions options{.time = at(2018, 4, 1), .purpose = pki::Purpose::Any};
    options.revocation = pki::RevocationMode::Hard;
    options.crls = folder.crls;
    options.allow_sha1 = true;
    options.rsa_bits_min = 1024;  // the suite is of 2004
    folder.check(report, options, expected, name);
  }
  report.finish();
}

TEST(ChainConformance, X509test) {
  AVILA_REQUIRE_SUITE("x509/x509test");
  avila_test::SuiteReport report("x509/x509test");
  pki::TrustStore store;
  store.add(*read_certificate(suite("x509test") / "root.pem"));
  for (const auto& [name, expected] : read_expected(suite("x509test") / "expected.txt")) {
    auto chain = pki::parse_certificates(avila_test::read_file(suite("x509test") / name));
    if (!chain.has_value()) {
      report.check(!expected, name + ": " + chain.error().to_string());
      continue;
    }
    pki::VerifyOptions options{.time = at(2016, 10, 21)};
    options.host = "www.tls.test";
    options.allow_sha1 = true;
    options.rsa_bits_min = 1024;  // the suite is of 2013
    options.key_usage = pki::KeyUsage::DigitalSignature | pki::KeyUsage::KeyEncipherment |
                        pki::KeyUsage::KeyAgreement;
    const auto verified =
        pki::verify_chain((*chain)[0], std::span(*chain).subspan(1), store, options);
    // These verdicts take the common name where there is no alternative one. RFC 9525 §1.2 ended
    // that.
    if (expected && !verified.has_value() &&
        verified.error().is(pki::ChainError::HostNameMismatch) &&
        !(*chain)[0].extensions().subject_alt_name.has_value()) {
      report.exclude();
      continue;
    }
    report.check(verified.has_value() == expected,
                 name + ": " + (verified.has_value() ? "" : verified.error().to_string()));
  }
  report.finish();
}

TEST(ChainConformance, BotanExtended) {
  AVILA_REQUIRE_SUITE("x509/botan_extended");
  avila_test::SuiteReport report("x509/botan_extended");
  for (const auto& [name, expected] : read_expected(suite("botan_extended") / "expected.txt")) {
    Folder folder;
    folder.read(suite("botan_extended") / name);
    folder.check(report, {.time = at(2017, 9, 1), .purpose = pki::Purpose::Any}, expected, name);
  }
  report.finish();
}

TEST(ChainConformance, BotanPathBuilding) {
  AVILA_REQUIRE_SUITE("x509/botan_path_building");
  avila_test::SuiteReport report("x509/botan_path_building");
  pki::TrustStore store;
  store.add(*read_certificate(suite("botan_path_building") / "root.pem"));
  std::vector<pki::Certificate> intermediates;
  for (const auto& path : avila_test::files_below(suite("botan_path_building"), ".pem"))
    if (path.filename().string().starts_with("level"))
      intermediates.push_back(*read_certificate(path));
  for (const auto& [name, expected] :
       read_expected(suite("botan_path_building") / "expected.txt")) {
    const auto leaf = read_certificate(suite("botan_path_building") / name);
    ASSERT_TRUE(leaf.has_value()) << name;
    const auto verified =
        pki::verify_chain(*leaf, intermediates, store,
                          {.time = leaf->not_before() + hours(1), .purpose = pki::Purpose::Any});
    report.check(verified.has_value() == expected,
                 name + ": " + (verified.has_value() ? "" : verified.error().to_string()));
  }
  report.finish();
}

// The name of a file says whether its chain is valid; the first certificate is the leaf, the last
// the anchor.
TEST(ChainConformance, BotanNameConstraints) {
  AVILA_REQUIRE_SUITE("x509/botan_name_constraints");
  avila_test::SuiteReport report("x509/botan_name_constraints");
  for (const auto& path : avila_test::files_below(suite("botan_name_constraints"), ".pem")) {
    const std::string name = path.filename().string();
    const bool expected = name.find("-invalid") == name.npos;
    const auto chain = pki::parse_certificates(avila_test::read_file(path));
    // Its nameConstraints is no DER: the lengths reach two bytes beyond the extension's end
    // (300AA0083006A4043000), X.690 §8.1.3.
    if (!chain.has_value() && name == "dn-empty-permitted-subtree-valid.pem") {
      report.exclude();
      continue;
    }
    if (!chain.has_value()) {
      report.check(!expected, name + ": " + chain.error().to_string());
      continue;
    }
    pki::TrustStore store;
    store.add(chain->back());
    const auto verified = pki::verify_chain(
        (*chain)[0], std::span(*chain).subspan(1), store,
        {.time = (*chain)[0].not_before() + days(1), .purpose = pki::Purpose::Any});
    report.check(verified.has_value() == expected,
                 name + ": " + (verified.has_value() ? "" : verified.error().to_string()));
  }
  report.finish();
}

}  // namespace

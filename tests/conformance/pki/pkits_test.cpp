// NIST's PKITS: every case through verify_chain, with its revocation lists, hard.
#include <avila/json/value.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/civil.hpp>

#include "files.hpp"

namespace {

using namespace x509_files;

asn1::Oid policy_of(std::string_view name) {
  constexpr std::string_view kPrefix = "NIST-test-policy-";
  if (!name.starts_with(kPrefix)) return pki::oids::kAnyPolicy;
  return *asn1::Oid::parse("2.16.840.1.101.3.2.1.48." + std::string(name.substr(kPrefix.size())));
}

std::vector<asn1::Oid> policies_of(const json::Value& test, std::string_view key) {
  std::vector<asn1::Oid> policies;
  for (const std::string& list : texts_of(test, key))
    for (std::size_t from = 0; from < list.size();) {
      const std::size_t end = std::min(list.find(',', from), list.size());
      policies.push_back(policy_of(list.substr(from, end - from)));
      from = end + 1;
    }
  return policies;
}

bool flag(const json::Value& test, std::string_view key) {
  const auto* const value = test.find(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

TEST(PkitsConformance, EveryCase) {
  AVILA_REQUIRE_SUITE("x509/PKITS");
  avila_test::SuiteReport report("x509/PKITS");
  const auto file = read_json(suite("PKITS") / "pkits_cases.json");
  for (const auto& test : file.find("cases")->array()) {
    const std::string where = text_of(test, "number") + " " + text_of(test, "title");
    std::vector<pki::Certificate> chain;
    std::vector<pki::Crl> crls;
    std::string why;
    bool dsa = false;
    for (const std::string& name : texts_of(test, "certs")) {
      auto certificate = read_certificate(suite("PKITS/certs") / (name + ".crt"));
      if (!certificate.has_value()) {
        why = name + ": " + certificate.error().to_string();
        continue;
      }
      dsa = dsa || !unsupported(*certificate).empty();
      chain.push_back(*std::move(certificate));
    }
    for (const std::string& name : texts_of(test, "crls")) {
      auto crl = crl_of(avila_test::read_file(suite("PKITS/crls") / (name + ".crl")));
      if (crl.has_value()) {
        crls.push_back(*std::move(crl));
      } else {
        why = name + ": " + crl.error().to_string();
      }
    }
    const bool expected = flag(test, "should_validate");
    if (dsa && expected) {  // 4.1.4, 4.1.5: DSA is not of this stack (FIPS 186-5 removed it)
      report.exclude();
      continue;
    }
    if (!why.empty() || chain.size() < 2) {
      report.check(!expected, where + ": " + why);
      continue;
    }
    pki::TrustStore store;
    store.add(chain[0]);
    const std::vector<pki::Certificate> middle(chain.begin() + 1, chain.end() - 1);
    pki::VerifyOptions options{.time = at(2020, 1, 1), .purpose = pki::Purpose::Any};
    options.revocation = pki::RevocationMode::Hard;
    options.crls = crls;
    options.policies = policies_of(test, "InitialPolicySet");
    options.require_explicit_policy = flag(test, "InitialExplicitPolicy");
    options.inhibit_policy_mapping = flag(test, "InitialPolicyMappingInhibit");
    options.inhibit_any_policy = flag(test, "InitialInhibitAnyPolicy");
    const auto verified = pki::verify_chain(chain.back(), middle, store, options);
    if (!verified.has_value()) why = verified.error().to_string();
    report.check(verified.has_value() == expected, where + ": " + why);
  }
  report.finish();
}

}  // namespace

// x509-limbo. Its namespaces say which rules a case is about: "webpki" those of public servers, the
// others RFC 5280, which asks less (an extended key usage may be absent there, and must not here).
#include <avila/json/value.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/format.hpp>

#include <set>

#include "files.hpp"

namespace {

using namespace x509_files;

pki::VerifyOptions options_of(const json::Value& test) {
  pki::VerifyOptions options{.time = at(2024, 1, 1)};
  const std::string time = text_of(test, "validation_time");
  if (!time.empty()) options.time = *time::parse_rfc3339(time);
  options.purpose = text_of(test, "validation_kind") == "CLIENT" ? pki::Purpose::ClientAuth
                                                                 : pki::Purpose::ServerAuth;
  const std::string id = text_of(test, "id");
  options.profile = id.starts_with("webpki::") ? pki::Profile::WebPki : pki::Profile::Rfc5280;
  const auto* const depth = test.find("max_chain_depth");
  if (depth != nullptr && !depth->is_null())
    options.max_depth = static_cast<std::size_t>(depth->get_uint64().value_or(0));
  if (!texts_of(test, "key_usage").empty()) options.key_usage = pki::KeyUsage::DigitalSignature;
  return options;
}

TEST(LimboConformance, EveryCase) {
  AVILA_REQUIRE_SUITE("x509/limbo");
  avila_test::SuiteReport report("x509/limbo");
  const auto file = read_json(suite("limbo") / "limbo.json");
  for (const auto& test : file.find("testcases")->array()) {
    const std::string id = text_of(test, "id");
    pki::TrustStore store;
    std::vector<pki::Certificate> intermediates;
    std::string why;
    for (const std::string& pem : texts_of(test, "trusted_certs")) {
      auto certificate = pki::Certificate::from_pem(pem);
      if (certificate.has_value()) {
        store.add(*std::move(certificate));
      } else {
        why = certificate.error().to_string();
      }
    }
    for (const std::string& pem : texts_of(test, "untrusted_intermediates")) {
      auto certificate = pki::Certificate::from_pem(pem);
      if (certificate.has_value()) intermediates.push_back(*std::move(certificate));
    }
    std::vector<pki::Crl> crls;
    for (const std::string& pem : texts_of(test, "crls")) {
      auto crl = pki::Crl::from_pem(pem);
      if (crl.has_value()) crls.push_back(*std::move(crl));
    }
    const bool expected = text_of(test, "expected_result") == "SUCCESS";
    const auto leaf = pki::Certificate::from_pem(text_of(test, "peer_certificate"));
    if (!leaf.has_value()) {
      report.check(!expected, id + ": " + leaf.error().to_string());
      continue;
    }
    pki::VerifyOptions options = options_of(test);
    const auto* const name = test.find("expected_peer_name");
    const std::string host = name != nullptr ? text_of(*name, "value") : "";
    options.host = host;
    options.crls = crls;
    if (!crls.empty()) options.revocation = pki::RevocationMode::Hard;
    const auto verified = pki::verify_chain(*leaf, intermediates, store, options);
    if (!verified.has_value()) why = verified.error().to_string();
    report.check(verified.has_value() == expected, id + ": " + why);
  }
  report.finish();
}

}  // namespace

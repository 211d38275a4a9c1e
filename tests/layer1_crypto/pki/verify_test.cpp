#include <avila/os/entropy.hpp>
#include <avila/pki/host_name.hpp>

#include "make.hpp"

namespace {

using namespace pki_test;

TEST(Verify, TakesAChainAndSaysWhyNot) {
  const Ca root("Root"), middle("Middle");
  const Certificate root_certificate = root.root();
  const Certificate middle_certificate = middle.by(root, root_certificate);
  const Certificate leaf = middle.leaf(middle_certificate);
  const std::vector<Certificate> between = {middle_certificate};
  const TrustStore store = trusting(root_certificate);
  const auto good = verify_chain(leaf, between, store, now_for());
  ASSERT_TRUE(good.has_value()) << good.error().to_string();
  EXPECT_EQ(good->certificates.size(), 3U);
  EXPECT_TRUE(good->certificates[1] == middle_certificate);

  const auto run = [&](auto change) {
    VerifyOptions options = now_for();
    change(options);
    return verify_chain(leaf, between, store, options);
  };
  fails_with(run([](auto& o) { o.host = "www.example.org"; }), ChainError::HostNameMismatch);
  fails_with(run([](auto& o) { o.time = kNow + days(200); }), ChainError::Expired);
  fails_with(run([](auto& o) { o.time = kNow - days(2); }), ChainError::NotYetValid);
  fails_with(run([](auto& o) { o.purpose = Purpose::ClientAuth; }), ChainError::PurposeForbids);
  fails_with(run([](auto& o) { o.max_depth = 0; }), ChainError::PathTooLong);
  fails_with(run([](auto& o) { o.max_signature_checks = 1; }), ChainError::TooMuchWork);
  fails_with(run([](auto& o) { o.policies = {"1.2.3"}, o.require_explicit_policy = true; }),
             ChainError::PolicyNotAccepted);
  fails_with(run([](auto& o) { o.revocation = RevocationMode::Hard; }),
             ChainError::RevocationUnknown);
  EXPECT_TRUE(run([](auto& o) { o.revocation = RevocationMode::Soft; }).has_value());
  fails_with(verify_chain(leaf, {}, store, now_for()), ChainError::NoIssuer);
  fails_with(verify_chain(leaf, between, TrustStore(), now_for()), ChainError::NoIssuer);
  fails_with(verify_chain(Ca("Other").root(), {}, store, now_for()), ChainError::NotTrusted);
  const auto error = verify_chain(leaf, between, store, now_for("x.example")).error().to_string();
  EXPECT_NE(error.find("certificate 0 of the path (CN=www.example.com)"), error.npos) << error;
}

// Every byte of a signed certificate matters.
TEST(Verify, RefusesEveryFlippedBit) {
  const Ca root("Root");
  const Certificate root_certificate = root.root();
  const Certificate leaf = root.leaf(root_certificate);
  const TrustStore store = trusting(root_certificate);
  ASSERT_TRUE(verify_chain(leaf, {}, store, now_for()).has_value());
  for (std::size_t i = 0; i < leaf.der().size(); ++i) {
    std::vector<std::byte> bytes(leaf.der().begin(), leaf.der().end());
    bytes[i] ^= std::byte{1} << (i % 8);
    const auto changed = Certificate::parse(bytes);
    EXPECT_FALSE(changed.has_value() && verify_chain(*changed, {}, store, now_for()).has_value())
        << i;
    EXPECT_FALSE(Certificate::parse(leaf.der().first(i)).has_value()) << i;
  }
}

TEST(Verify, SurvivesLoopsAndCrossSigns) {
  const Ca root("Root"), a("A"), b("B");
  const Certificate root_certificate = root.root(), a_root = a.root(), b_root = b.root();
  const Certificate a_by_b = a.by(b, b_root), b_by_a = b.by(a, a_root);
  const Certificate leaf = a.leaf(a_root);
  const TrustStore store = trusting(root_certificate);
  std::vector<Certificate> loop = {a_by_b, b_by_a, a_root, b_root, a_by_b};
  EXPECT_FALSE(verify_chain(leaf, loop, store, now_for()).has_value());
  loop.push_back(b.by(root, root_certificate));  // the way out
  const auto found = verify_chain(leaf, loop, store, now_for());
  ASSERT_TRUE(found.has_value()) << found.error().to_string();
  EXPECT_EQ(found->certificates.size(), 4U);
}

// Thousands of certificates with the issuer's name and other keys: the work is bounded, and where
// key identifiers tell the right one it is found.
TEST(Verify, BoundsItsWork) {
  const Ca root("Root");
  const Certificate root_certificate = root.root();
  const Ca middle("Middle");
  const Certificate middle_certificate = middle.by(root, root_certificate);
  const Certificate leaf = middle.leaf(middle_certificate);
  std::vector<Certificate> crowd;
  const Ca stranger("Middle");
  for (int i = 0; i < 3'000; ++i) crowd.push_back(stranger.root());
  crowd.push_back(middle_certificate);
  const auto found = verify_chain(leaf, crowd, trusting(root_certificate), now_for());
  EXPECT_TRUE(found.has_value()) << found.error().to_string();
  crowd.pop_back();
  EXPECT_FALSE(verify_chain(leaf, crowd, trusting(root_certificate), now_for()).has_value());
  // A full mesh of CAs that all certify each other, and none is trusted.
  std::vector<Ca> mesh;
  for (int i = 0; i < 12; ++i) mesh.emplace_back("Mesh " + std::to_string(i));
  std::vector<Certificate> own, all;
  for (const Ca& ca : mesh) own.push_back(ca.root());
  for (std::size_t i = 0; i < mesh.size(); ++i)
    for (std::size_t k = 0; k < mesh.size(); ++k)
      if (i != k) all.push_back(mesh[i].by(mesh[k], own[k]));
  fails_with(verify_chain(mesh[0].leaf(own[0]), all, trusting(root_certificate), now_for()),
             ChainError::TooMuchWork);
}

TEST(Verify, ObeysConstraintsOfCas) {
  const Ca root("Root"), middle("Middle"), low("Low");
  const Certificate root_certificate = root.root();
  const TrustStore store = trusting(root_certificate);
  const auto through = [&](CertificateBuilder builder, bool deep) {
    const Certificate own = root.issue(builder, root_certificate, middle.key.public_key());
    std::vector<Certificate> between = {own};
    if (!deep) return verify_chain(middle.leaf(own), between, store, now_for());
    const Certificate below = low.by(middle, own);
    between.push_back(below);
    return verify_chain(low.leaf(below), between, store, now_for());
  };
  EXPECT_TRUE(through(middle.ca_base(), true).has_value());
  CertificateBuilder builder = middle.ca_base();
  builder.basic_constraints = BasicConstraints{.ca = true, .path_length = 0};
  EXPECT_TRUE(through(builder, false).has_value());
  fails_with(through(builder, true), ChainError::PathTooLong);
  builder.basic_constraints = BasicConstraints{};
  fails_with(through(builder, false), ChainError::NotACa);
  builder = middle.ca_base();
  builder.key_usage = KeyUsage::DigitalSignature;
  fails_with(through(builder, false), ChainError::NotACa);
  builder = middle.ca_base();
  builder.extended_key_usage = {oids::kClientAuth};
  fails_with(through(builder, false), ChainError::PurposeForbids);
  builder = middle.ca_base();
  builder.name_constraints =
      NameConstraints{.permitted = {GeneralName::dns("example.com")}, .excluded = {}};
  EXPECT_TRUE(through(builder, false).has_value());
  builder.name_constraints->excluded = {GeneralName::dns("www.example.com")};
  fails_with(through(builder, false), ChainError::NameNotPermitted);
  builder.name_constraints =
      NameConstraints{.permitted = {GeneralName::dns("example.org")}, .excluded = {}};
  fails_with(through(builder, false), ChainError::NameNotPermitted);
  builder = middle.ca_base();
  builder.more = {{"1.2.3.4", true, {std::byte{5}, std::byte{0}}}};
  fails_with(through(builder, false), ChainError::UnknownCriticalExtension);
  builder.more[0].critical = false;
  EXPECT_TRUE(through(builder, false).has_value());
}

TEST(Verify, AppliesRevocationLists) {
  const Ca root("Root");
  const Certificate root_certificate = root.root();
  const Certificate leaf = root.leaf(root_certificate), other = root.leaf(root_certificate);
  CrlBuilder builder;
  builder.this_update = kNow - hours(1);
  builder.next_update = kNow + days(7);
  builder.number = "\x01";
  builder.entries = {{std::string(as_text(leaf.serial())), kNow, CrlReason::KeyCompromise}};
  const Crl crl = builder.sign(root_certificate, root.key, entropy()).value();
  EXPECT_EQ(crl.size(), 1U);
  EXPECT_TRUE(crl.check_signature(root.key.public_key()).has_value());
  VerifyOptions options = now_for();
  options.crls = std::span(&crl, 1);
  const TrustStore store = trusting(root_certificate);
  for (const RevocationMode mode : {RevocationMode::Soft, RevocationMode::Hard}) {
    options.revocation = mode;
    fails_with(verify_chain(leaf, {}, store, options), ChainError::Revoked);
    EXPECT_TRUE(verify_chain(other, {}, store, options).has_value());
  }
  options.time = kNow + days(8);  // the list is too old to say anything
  fails_with(verify_chain(other, {}, store, options), ChainError::RevocationUnknown);
  options.revocation = RevocationMode::Soft;
  EXPECT_TRUE(verify_chain(leaf, {}, store, options).has_value());
  for (std::size_t cut = 0; cut < crl.der().size(); ++cut)
    EXPECT_FALSE(Crl::parse(crl.der().first(cut)).has_value()) << cut;
}

TEST(Verify, RefusesWeakKeys) {
  const Ca root("Root");
  const Certificate root_certificate = root.root();
  CertificateBuilder builder = Ca::base(Name::common("rsa").value());
  builder.subject_alt_names = {GeneralName::dns("www.example.com")};
  const auto key = new_key(crypto::KeyType::Rsa);
  const Certificate leaf = root.issue(builder, root_certificate, key.public_key());
  VerifyOptions options = now_for();
  EXPECT_TRUE(verify_chain(leaf, {}, trusting(root_certificate), options).has_value());
  options.rsa_bits_min = 3072;
  fails_with(verify_chain(leaf, {}, trusting(root_certificate), options), ChainError::WeakKey);
}

// RFC 9525 §6.
TEST(HostName, MatchesAsRfc9525Says) {
  struct Case {
    const char *presented, *reference;
    bool matches;
  };
  constexpr Case kCases[] = {
      {"www.example.com", "WWW.Example.com", true},
      {"www.example.com", "www.example.com.", true},
      {"*.example.com", "www.example.com", true},
      {"*.example.com", "a.www.example.com", false},
      {"*.example.com", "example.com", false},
      {"w*.example.com", "www.example.com", false},
      {"*w.example.com", "www.example.com", false},
      {"www.*.com", "www.example.com", false},
      {"*.com", "example.com", false},
      {"*", "com", false},
      {"*.*.com", "a.b.com", false},
      {"www.example.com", "", false},
      {"", "", false},
      {"xn--caf-dma.example", "xn--caf-dma.example", true},
      {"*.example.com", ".example.com", false},
      {"www.example.com.", "www.example.com", false},
      {"*.example.com", "xn--caf-dma.example.com", true},
      {"a_b.example.com", "a_b.example.com", true},
      {"www.example.com", "www.example.com/", false},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(dns_name_matches(c.presented, c.reference), c.matches)
        << c.presented << " " << c.reference;
}

TEST(HostName, KeepsAddressesAndNamesApart) {
  const Ca root("Root");
  const Certificate own = root.root();
  CertificateBuilder builder = Ca::base(Name::common("192.0.2.7").value());
  builder.subject_alt_names = {
      GeneralName::ip("192.0.2.1").value(), GeneralName::ip("2001:db8::1").value(),
      GeneralName::dns("192.0.2.9"), GeneralName::email("Ana@Example.com")};
  const Certificate leaf = root.issue(builder, own, new_key().public_key());
  EXPECT_TRUE(matches_host(leaf, "192.0.2.1"));
  EXPECT_TRUE(matches_host(leaf, "2001:db8:0:0::1"));
  EXPECT_FALSE(matches_host(leaf, "192.0.2.7"));
  EXPECT_FALSE(matches_host(leaf, "192.0.2.9"));
  EXPECT_TRUE(matches_email(leaf, "Ana@EXAMPLE.com"));
  EXPECT_FALSE(matches_email(leaf, "ana@example.com"));
}

}  // namespace

#include <avila/os/clock.hpp>
#include <avila/os/file_system.hpp>
#include <avila/os/memory_file_system.hpp>
#include <avila/pki/authority.hpp>

#include "make.hpp"

namespace {

using namespace pki_test;

class AuthorityTest : public ::testing::Test {
 protected:
  AuthorityWorld world() { return {files_, clock_, entropy()}; }
  Authority create() { return Authority::create(world(), "/ca", "Test root", {}).value(); }
  std::string index() { return files_.read_text("/ca/index").value(); }
  void write_index(const std::string& text) {
    ASSERT_TRUE(files_.write_atomically("/ca/index", as_bytes(text)).has_value());
  }

  os::MemoryFileSystem files_;
  os::ManualClock clock_{kNow};
};

TEST_F(AuthorityTest, IssuesForServersAndClients) {
  Authority authority = create();
  const auto key = new_key(crypto::KeyType::P256);
  const std::string hosts[] = {"www.example.com", "*.Example.org", "192.0.2.1"};
  const auto server = authority.issue_server(key.public_key(), hosts, {});
  ASSERT_TRUE(server.has_value()) << server.error().to_string();
  const TrustStore store = trusting(authority.certificate());
  for (const char* host : {"www.example.com", "a.example.org", "192.0.2.1"}) {
    VerifyOptions options = now_for(host);
    options.profile = Profile::WebPki;
    const auto chain = verify_chain(*server, {}, store, options);
    EXPECT_TRUE(chain.has_value()) << chain.error().to_string();
  }
  const auto client = authority.issue_client(key.public_key(), "ana@example.com", {});
  ASSERT_TRUE(client.has_value());
  VerifyOptions options{.time = kNow, .purpose = Purpose::ClientAuth};
  options.email = "ana@example.com";
  EXPECT_TRUE(verify_chain(*client, {}, store, options).has_value());
  options.purpose = Purpose::ServerAuth;
  fails_with(verify_chain(*client, {}, store, options), ChainError::PurposeForbids);
  for (const char* bad : {"", "a b", "-a.example", "*", "a..b", "caf\xC3\xA9.example"}) {
    const std::string names[] = {bad};
    EXPECT_TRUE(
        authority.issue_server(key.public_key(), names, {}).error().is(Errc::InvalidArgument))
        << bad;
  }
  EXPECT_EQ(authority.records().size(), 2U);
}

TEST_F(AuthorityTest, SignsRequestsForWhatItMay) {
  Authority authority = create();
  const auto key = new_key();
  CsrBuilder builder;
  builder.subject = Name::common("host").value();
  builder.subject_alt_names = {GeneralName::dns("host.example")};
  const auto certificate = authority.sign(builder.sign(key, entropy()).value(), {});
  ASSERT_TRUE(certificate.has_value()) << certificate.error().to_string();
  EXPECT_TRUE(
      verify_chain(*certificate, {}, trusting(authority.certificate()), now_for("host.example"))
          .has_value());
  builder.subject_alt_names = {GeneralName::directory_name(builder.subject)};
  EXPECT_TRUE(
      authority.sign(builder.sign(key, entropy()).value(), {}).error().is(Errc::InvalidArgument));
  const auto x25519 = new_key(crypto::KeyType::X25519);
  EXPECT_TRUE(
      authority.issue_client(x25519.public_key(), "x", {}).error().is(Errc::InvalidArgument));
}

TEST_F(AuthorityTest, RevokesAndRemembers) {
  std::string serial;
  {
    Authority authority = create();
    const auto issued = authority.issue_client(new_key().public_key(), "Ana", {}).value();
    serial = as_text(issued.serial());
    EXPECT_TRUE(Authority::open(world(), "/ca").error().is(Errc::Busy));
    EXPECT_TRUE(authority.revoke(as_bytes(serial), CrlReason::Superseded).has_value());
    EXPECT_TRUE(
        authority.revoke(as_bytes(serial), CrlReason::Superseded).error().is(Errc::AlreadyExists));
    EXPECT_TRUE(authority.revoke(as_bytes("x"), CrlReason::Superseded).error().is(Errc::NotFound));
    EXPECT_EQ(as_text(*authority.make_crl()->number()), "\x01");
  }
  Authority authority = Authority::open(world(), "/ca").value();
  EXPECT_EQ(authority.status(as_bytes(serial)).status, CertificateStatus::Revoked);
  const Crl crl = authority.make_crl().value();
  EXPECT_EQ(as_text(*crl.number()), "\x02");
  ASSERT_EQ(crl.size(), 1U);
  EXPECT_EQ(crl.entries()[0].reason, CrlReason::Superseded);
  EXPECT_TRUE(crl.check_signature(authority.certificate().public_key().value()).has_value());
  EXPECT_TRUE(Authority::create(world(), "/other/ca", "x", {}).has_value());
  EXPECT_TRUE(Authority::open(world(), "/nowhere").error().is(Errc::NotFound));
  const auto certificate = Certificate::parse(authority.records().at(serial).certificate).value();
  OcspRequest request;
  request.certificates = {OcspCertId::of(certificate, authority.certificate())};
  const auto answer = OcspResponse::parse(authority.respond_ocsp(request.to_der()).value());
  EXPECT_EQ(answer->status_of(certificate, authority.certificate(), {.time = kNow})->status,
            CertificateStatus::Revoked);
}

TEST_F(AuthorityTest, CutsOffATornLineAndReportsDamage) {
  {
    Authority authority = create();
    for (int i = 0; i < 3; ++i)
      ASSERT_TRUE(authority.issue_client(new_key().public_key(), "Ana", {}).has_value());
  }
  const std::string whole = index();
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (const std::size_t cut : {whole.size() - 1, whole.size() - 5, last + 1, last}) {
    write_index(whole.substr(0, cut));
    EXPECT_EQ(Authority::open(world(), "/ca")->records().size(), 2U) << cut;
    EXPECT_EQ(index(), whole.substr(0, last)) << cut;
  }
  std::string damaged = whole;
  damaged[last / 2] ^= 1;
  write_index(damaged);
  EXPECT_TRUE(Authority::open(world(), "/ca").error().is(Errc::Corrupted));
  EXPECT_EQ(index(), damaged);
}

// A power cut at any moment: what was issued is in the index, and the authority opens.
TEST_F(AuthorityTest, SurvivesCrashes) {
  for (int seed = 0; seed < 20; ++seed) {
    os::MemoryFileSystem files(static_cast<std::uint64_t>(seed) + 1);
    const AuthorityWorld world{files, clock_, entropy()};
    std::vector<std::string> issued;
    {
      Authority authority = Authority::create(world, "/ca", "Test root", {}).value();
      for (int i = 0; i < seed % 5 + 1; ++i)
        issued.emplace_back(
            as_text(authority.issue_client(new_key().public_key(), "Ana", {})->serial()));
    }
    files.crash();
    const auto again = Authority::open(world, "/ca");
    ASSERT_TRUE(again.has_value()) << again.error().to_string();
    for (const std::string& serial : issued)
      EXPECT_EQ(again->status(as_bytes(serial)).status, CertificateStatus::Good);
  }
}

}  // namespace

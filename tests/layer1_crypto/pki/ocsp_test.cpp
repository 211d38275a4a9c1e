#include <avila/os/entropy.hpp>
#include <avila/pki/csr.hpp>
#include <avila/pki/fetch.hpp>

#include "make.hpp"

namespace {

using namespace pki_test;

struct World {
  Ca root{"Root"};
  Certificate root_certificate = root.root();
  Certificate leaf = root.leaf(root_certificate);

  std::vector<std::byte> answer(const OcspResponder& responder, const OcspRequest& request,
                                CertificateStatus status) const {
    const auto look_up = [&](ByteSpan serial) {
      RevocationStatus answer;
      if (std::ranges::equal(serial, leaf.serial())) answer.status = status;
      answer.reason = CrlReason::Superseded;
      answer.revoked_at = kNow - hours(1);
      return answer;
    };
    return responder.respond(request.to_der(), kNow, look_up, entropy()).value();
  }
};

TEST(Ocsp, AnswersAndIsBelieved) {
  const World world;
  OcspRequest request;
  request.certificates = {OcspCertId::of(world.leaf, world.root_certificate)};
  ASSERT_TRUE(request.make_nonce(entropy()).has_value());
  const auto again = OcspRequest::parse(request.to_der());
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(again->nonce, request.nonce);
  EXPECT_TRUE(again->certificates == request.certificates);
  const OcspResponder responder(world.root_certificate, world.root_certificate, world.root.key);
  for (const CertificateStatus status :
       {CertificateStatus::Good, CertificateStatus::Revoked, CertificateStatus::Unknown}) {
    const auto der = world.answer(responder, request, status);
    const auto response = OcspResponse::parse(der);
    ASSERT_TRUE(response.has_value()) << response.error().to_string();
    const OcspCheck check{.time = kNow + hours(1), .nonce = request.nonce};
    const auto told = response->status_of(world.leaf, world.root_certificate, check);
    ASSERT_TRUE(told.has_value()) << told.error().to_string();
    EXPECT_EQ(told->status, status);
    const auto failing = [&](OcspCheck other) {
      return response->status_of(world.leaf, world.root_certificate, other).error().code();
    };
    EXPECT_EQ(failing({.time = kNow + days(2)}), Errc::TimedOut);
    EXPECT_EQ(failing({.time = kNow - days(1)}), Errc::TimedOut);
    EXPECT_EQ(failing({.time = kNow, .nonce = "other"}), Errc::Unauthenticated);
    const Certificate stranger = world.root.leaf(world.root_certificate);
    EXPECT_TRUE(
        response->status_of(stranger, world.root_certificate, check).error().is(Errc::NotFound));
    // In a chain, stapled.
    VerifyOptions options = now_for();
    options.revocation = RevocationMode::Hard;
    options.ocsp = std::span(&*response, 1);
    const auto chain = verify_chain(world.leaf, {}, trusting(world.root_certificate), options);
    EXPECT_EQ(chain.has_value(), status == CertificateStatus::Good);
    for (std::size_t i = 0; i < der.size(); i += 3) {
      EXPECT_FALSE(OcspResponse::parse(std::span(der).first(i)).has_value());
      std::vector<std::byte> changed = der;
      changed[i] ^= std::byte{0x10};
      const auto bad = OcspResponse::parse(changed);
      if (!bad.has_value()) continue;
      const auto verdict = bad->status_of(world.leaf, world.root_certificate, check);
      EXPECT_TRUE(!verdict.has_value() || verdict->status == status) << i;
    }
  }
}

TEST(Ocsp, BelievesDelegatesOnlyWithTheirPurpose) {
  const World world;
  OcspRequest request;
  request.certificates = {
      OcspCertId::of(world.leaf, world.root_certificate, crypto::DigestAlgorithm::Sha256)};
  const auto signer_key = new_key(crypto::KeyType::P256);
  for (const bool with_purpose : {true, false}) {
    CertificateBuilder builder = Ca::base(Name::common("Responder").value());
    if (with_purpose) builder.extended_key_usage = {oids::kOcspSigning};
    const Certificate signer =
        world.root.issue(builder, world.root_certificate, signer_key.public_key());
    const OcspResponder responder(world.root_certificate, signer, signer_key);
    const auto response =
        OcspResponse::parse(world.answer(responder, request, CertificateStatus::Good));
    ASSERT_TRUE(response.has_value());
    const auto told = response->status_of(world.leaf, world.root_certificate, {.time = kNow});
    EXPECT_EQ(told.has_value(), with_purpose);
  }
}

TEST(Ocsp, AnswersRubbishWithAnError) {
  const World world;
  const OcspResponder responder(world.root_certificate, world.root_certificate, world.root.key);
  const auto der =
      responder
          .respond(
              as_bytes("rubbish"), kNow, [](ByteSpan) { return RevocationStatus(); }, entropy())
          .value();
  const auto response = OcspResponse::parse(der);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status(), OcspResponseStatus::MalformedRequest);
  EXPECT_TRUE(response->status_of(world.leaf, world.root_certificate, {.time = kNow})
                  .error()
                  .is(Errc::Unavailable));
}

/// A transport that hands requests to a responder.
class Loopback final : public HttpTransport {
 public:
  explicit Loopback(const World& world) : world_(world) {}
  Result<HttpReply> send(const HttpRequest& request) override {
    HttpReply reply;
    reply.status = status;
    if (request.method == "POST") {
      EXPECT_EQ(request.header("content-type"), "application/ocsp-request");
      const OcspResponder responder(world_.root_certificate, world_.root_certificate,
                                    world_.root.key);
      const auto question = OcspRequest::parse(as_bytes(request.body)).value();
      reply.body = as_text(world_.answer(responder, question, CertificateStatus::Good));
    } else {
      reply.body = world_.root_certificate.to_pem();
    }
    return reply;
  }
  int status = 200;

 private:
  const World& world_;
};

TEST(Fetch, AsksOverATransport) {
  const World world;
  Loopback transport(world);
  const auto response =
      fetch_ocsp(transport, "http://o/", world.leaf, world.root_certificate, entropy());
  ASSERT_TRUE(response.has_value()) << response.error().to_string();
  EXPECT_TRUE(response->status_of(world.leaf, world.root_certificate, {.time = kNow}).has_value());
  EXPECT_TRUE(*fetch_issuer(transport, "http://i/") == world.root_certificate);
  EXPECT_FALSE(fetch_crl(transport, "http://c/").has_value());
  transport.status = 404;
  EXPECT_TRUE(fetch_issuer(transport, "http://i/").error().is(Errc::Unavailable));
}

TEST(Csr, RoundTrips) {
  for (const crypto::KeyType type : {crypto::KeyType::Ed25519, crypto::KeyType::P256,
                                     crypto::KeyType::P384, crypto::KeyType::P521}) {
    CsrBuilder builder;
    builder.subject = Name::from_string("CN=Ana,O=Avila").value();
    builder.subject_alt_names = {GeneralName::dns("a.example")};
    builder.extended_key_usage = {oids::kServerAuth};
    builder.key_usage = KeyUsage::DigitalSignature;
    builder.must_staple = true;
    const auto key = new_key(type);
    const auto made = builder.sign(key, entropy());
    ASSERT_TRUE(made.has_value()) << made.error().to_string();
    const auto csr = Csr::from_pem(made->to_pem());
    ASSERT_TRUE(csr.has_value()) << csr.error().to_string();
    EXPECT_TRUE(csr->check_signature().has_value());
    EXPECT_TRUE(csr->subject() == builder.subject);
    EXPECT_TRUE(*csr->extensions().subject_alt_name == builder.subject_alt_names);
    EXPECT_TRUE(*csr->public_key() == key.public_key());
    for (std::size_t i = 0; i < csr->der().size(); ++i) {
      EXPECT_FALSE(Csr::parse(csr->der().first(i)).has_value()) << i;
      std::vector<std::byte> bytes(csr->der().begin(), csr->der().end());
      bytes[i] ^= std::byte{4};
      const auto changed = Csr::parse(bytes);
      EXPECT_FALSE(changed.has_value() && changed->check_signature().has_value()) << i;
    }
  }
}

TEST(Issue, RefusesWhatIsNoCertificate) {
  const Ca root("Root");
  const Certificate own = root.root();
  const auto key = new_key();
  const auto sign = [&](auto change) {
    CertificateBuilder builder = Ca::base(Name::common("x").value());
    change(builder);
    return builder.sign(key.public_key(), own, root.key, entropy());
  };
  EXPECT_TRUE(sign([](auto&) {}).has_value());
  EXPECT_FALSE(sign([](auto& b) { b.serial.clear(); }).has_value());
  EXPECT_FALSE(sign([](auto& b) { b.serial = "\x80"; }).has_value());
  EXPECT_FALSE(sign([](auto& b) { b.serial = std::string(21, '\x01'); }).has_value());
  EXPECT_FALSE(sign([](auto& b) { b.not_after = b.not_before - seconds(1); }).has_value());
  EXPECT_FALSE(sign([](auto& b) { b.subject = Name(); }).has_value());
  CertificateBuilder builder = Ca::base(Name::common("x").value());
  EXPECT_TRUE(builder.sign(key.public_key(), own, new_key(), entropy())
                  .error()
                  .is(Errc::InvalidArgument));  // another's key
  for (int i = 0; i < 100; ++i) {
    const std::string serial = random_serial(entropy()).value();
    EXPECT_EQ(serial.size(), 20U);
    EXPECT_TRUE(serial[0] >= 0x40);
  }
}

}  // namespace

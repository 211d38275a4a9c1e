// Certificates, requests and lists signed by ML-DSA and SLH-DSA (RFC 9881, RFC 9909), and those of
// P-521 beside them.
#include <avila/asn1/writer.hpp>
#include <avila/pki/crl.hpp>
#include <avila/pki/csr.hpp>
#include <avila/pki/ocsp.hpp>

#include "make.hpp"

namespace {

using namespace pki_test;
using crypto::KeyType;

constexpr KeyType kTypes[] = {KeyType::P521, KeyType::MlDsa44, KeyType::MlDsa65, KeyType::MlDsa87,
                              KeyType::SlhDsaShake_128f};

struct KeyedCa : Ca {
  explicit KeyedCa(KeyType type) : Ca("Root of another kind") { key = new_key(type); }
};

TEST(PostQuantumPki, ChainsOfEveryKind) {
  for (const KeyType type : kTypes) {
    SCOPED_TRACE(crypto::name(type));
    const KeyedCa ca(type), middle(type);
    const Certificate root = ca.root();
    EXPECT_EQ(root.signature_algorithm().value(), crypto::default_algorithm(type));
    const Certificate leaf = ca.leaf(root);
    VerifyOptions options = now_for();
    options.profile = Profile::Rfc5280;
    const auto chain = verify_chain(leaf, {}, trusting(root), options);
    EXPECT_TRUE(chain.has_value()) << chain.error().to_string();
    EXPECT_TRUE(Certificate::from_pem(leaf.to_pem())->check_signature(root).has_value());

    std::vector<std::byte> damaged(leaf.der().begin(), leaf.der().end());
    damaged[damaged.size() - 40] ^= std::byte{1};
    const Certificate wrong = Certificate::parse(damaged).value();
    fails_with(verify_chain(wrong, {}, trusting(root), now_for()), ChainError::BadSignature);
    fails_with(verify_chain(leaf, {}, trusting(middle.root()), now_for()),
               ChainError::BadSignature);
  }
}

TEST(PostQuantumPki, RequestsListsAndAnswers) {
  for (const KeyType type : kTypes) {
    SCOPED_TRACE(crypto::name(type));
    const KeyedCa ca(type);
    const Certificate root = ca.root(), leaf = ca.leaf(root);
    CsrBuilder request;
    request.subject = Name::common("host").value();
    const Csr csr = request.sign(ca.key, entropy()).value();
    EXPECT_TRUE(Csr::parse(csr.der())->check_signature().has_value());
    EXPECT_EQ(csr.public_key()->type(), type);

    CrlBuilder list;
    list.this_update = kNow - hours(1);
    list.next_update = kNow + days(1);
    list.entries = {
        {std::string(as_text(leaf.serial())), kNow - hours(2), CrlReason::KeyCompromise}};
    const Crl crl = list.sign(root, ca.key, entropy()).value();
    const Certificate chain[] = {leaf, root};
    EXPECT_EQ(crl_status(chain, 0, std::span(&crl, 1), {.time = kNow}).status,
              CertificateStatus::Revoked);
  }
}

// RFC 9881 §2: the parameters are absent. A NULL that another implementation adds is refused.
TEST(PostQuantumPki, AlgorithmsHaveNoParameters) {
  for (int last = 17; last <= 31; ++last) {
    const auto oid = asn1::Oid::parse("2.16.840.1.101.3.4.3." + std::to_string(last)).value();
    for (const bool null : {false, true}) {
      asn1::Writer writer;
      writer.sequence([&](asn1::Writer& w) {
        w.oid(oid);
        if (null) w.null();
      });
      asn1::Reader reader(writer.bytes());
      const auto algorithm = signature_algorithm_of(parse_algorithm(reader).value());
      EXPECT_EQ(algorithm.has_value(), !null);
      if (null) {
        EXPECT_TRUE(algorithm.error().is(Errc::Malformed));
        continue;
      }
      asn1::Writer again;
      write_algorithm(again, *algorithm);
      EXPECT_TRUE(std::ranges::equal(again.bytes(), writer.bytes()));
    }
  }
}

// RFC 9881 §5, RFC 9935 §5: in the profile of RFC 5280, a key is used for what its kind can do.
TEST(PostQuantumPki, KeyUsageFitsTheKey) {
  const Ca ca("Root");
  const Certificate root = ca.root();
  const auto verdict = [&](KeyType type, KeyUsage usage) {
    CertificateBuilder builder = Ca::base(Name::common("host").value());
    builder.subject_alt_names = {GeneralName::dns("www.example.com")};
    builder.key_usage = usage;
    const Certificate leaf = ca.issue(builder, root, new_key(type).public_key());
    VerifyOptions options{.time = kNow, .purpose = Purpose::Any};
    options.profile = Profile::Rfc5280;
    return verify_chain(leaf, {}, trusting(root), options);
  };
  using enum KeyUsage;
  EXPECT_TRUE(verdict(KeyType::MlDsa44, DigitalSignature | NonRepudiation).has_value());
  EXPECT_TRUE(verdict(KeyType::MlKem512, KeyEncipherment).has_value());
  EXPECT_TRUE(verdict(KeyType::P521, DigitalSignature | KeyAgreement).has_value());
  fails_with(verdict(KeyType::MlDsa44, DigitalSignature | KeyEncipherment),
             ChainError::ProfileViolated);
  fails_with(verdict(KeyType::MlDsa44, KeyAgreement), ChainError::ProfileViolated);
  fails_with(verdict(KeyType::MlKem512, DigitalSignature), ChainError::ProfileViolated);
  fails_with(verdict(KeyType::MlKem512, KeyEncipherment | KeyAgreement),
             ChainError::ProfileViolated);
}

}  // namespace

// Certificates, requests, revocation lists and OCSP, both ways with openssl.
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/pki/fetch.hpp>
#include <avila/pki/issue.hpp>
#include <avila/pki/verify.hpp>
#include <avila_test/tools.hpp>
#include <fstream>
#include <iterator>

#include "sockets.hpp"

namespace {

using namespace avila;
using namespace avila::pki;
using avila_test::CommandResult;

constexpr const char* kKinds[] = {"rsa", "p256", "p384", "p521", "ed25519"};
constexpr const char* kGenerate[] = {"-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
                                     "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
                                     "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
                                     "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
                                     "-algorithm ED25519"};
constexpr crypto::KeyType kTypes[] = {crypto::KeyType::Rsa, crypto::KeyType::P256,
                                      crypto::KeyType::P384, crypto::KeyType::P521,
                                      crypto::KeyType::Ed25519};

class Openssl : public ::testing::Test {
 public:
  void SetUp() override { AVILA_REQUIRE_PROGRAM("openssl"); }

  void write(const std::string& name, std::string_view content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  std::string read(const std::string& name) {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  CommandResult openssl(const std::string& arguments) {
    return avila_test::run_command("cd '" + folder_.path() + "' && openssl " + arguments + " 2>&1");
  }
  void expect_ok(const std::string& arguments) {
    const CommandResult result = openssl(arguments);
    EXPECT_EQ(result.status, 0) << "openssl " << arguments << "\n" << result.out;
  }

  static WallTime now() { return os::real_clock().wall(); }
  os::Entropy& entropy_ = os::system_entropy();
  avila_test::TempDir folder_;
};

/// A root and a leaf of ours.
struct Ours {
  crypto::PrivateKey root_key, key;
  Certificate root, leaf;

  static Ours make(crypto::KeyType type, os::Entropy& entropy) {
    auto root_key = crypto::PrivateKey::generate(type, entropy).value();
    auto key = crypto::PrivateKey::generate(type, entropy).value();
    const WallTime now = os::real_clock().wall();
    CertificateBuilder builder;
    builder.serial = random_serial(entropy).value();
    builder.subject = Name::from_string("CN=Root \xC3\xA9,O=Avila,C=BR").value();
    builder.not_before = now - hours(1);
    builder.not_after = now + days(20'000);  // GeneralizedTime
    builder.basic_constraints = BasicConstraints{.ca = true, .path_length = 1};
    builder.key_usage = KeyUsage::KeyCertSign | KeyUsage::CrlSign | KeyUsage::DigitalSignature;
    Certificate root = builder.self_sign(root_key, entropy).value();
    builder = {};
    builder.serial = random_serial(entropy).value();
    builder.subject = Name::common("www.example.com").value();
    builder.not_before = now - hours(1);
    builder.not_after = now + days(90);
    builder.basic_constraints = BasicConstraints{};
    builder.key_usage = KeyUsage::DigitalSignature;
    builder.extended_key_usage = {oids::kServerAuth};
    builder.subject_alt_names = {GeneralName::dns("www.example.com"),
                                 GeneralName::ip("192.0.2.1").value()};
    builder.policies = {"1.2.3.4"};
    builder.crl_urls = {"http://crl.example.com/ca.crl"};
    builder.ocsp_urls = {"http://ocsp.example.com/"};
    builder.issuer_urls = {"http://www.example.com/ca.crt"};
    Certificate leaf = builder.sign(key.public_key(), root, root_key, entropy).value();
    return {std::move(root_key), std::move(key), std::move(root), std::move(leaf)};
  }
};

TEST_F(Openssl, TakesOurCertificatesAndLists) {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    SCOPED_TRACE(kKinds[i]);
    const Ours ours = Ours::make(kTypes[i], entropy_);
    write("root.pem", ours.root.to_pem());
    write("leaf.pem", ours.leaf.to_pem());
    expect_ok(
        "verify -x509_strict -CAfile root.pem -purpose sslserver -verify_hostname "
        "www.example.com leaf.pem");
    expect_ok("verify -CAfile root.pem -verify_ip 192.0.2.1 leaf.pem");
    EXPECT_NE(openssl("verify -CAfile root.pem -verify_hostname x.example.com leaf.pem").status, 0);
    const std::string text = openssl("x509 -in leaf.pem -noout -text").out;
    for (const char* part : {"DNS:www.example.com, IP Address:192.0.2.1", "Policy: 1.2.3.4",
                             "URI:http://crl.example.com/ca.crl", "OCSP - URI:http://ocsp",
                             "CA Issuers - URI:http://www", "TLS Web Server Authentication"})
      EXPECT_NE(text.find(part), text.npos) << part << "\n" << text;
    // Printed again, byte by byte.
    expect_ok("x509 -in leaf.pem -outform DER -out leaf.der");
    EXPECT_EQ(read("leaf.der"), as_text(ours.leaf.der()));

    CrlBuilder builder;
    builder.this_update = now() - minutes(1);
    builder.next_update = now() + days(7);
    builder.number = "\x01\x02";
    write("empty.crl", builder.sign(ours.root, ours.root_key, entropy_)->to_pem());
    builder.entries = {{std::string(as_text(ours.leaf.serial())), now(), CrlReason::Superseded}};
    write("full.crl", builder.sign(ours.root, ours.root_key, entropy_)->to_pem());
    expect_ok("crl -in full.crl -noout -CAfile root.pem");
    expect_ok("verify -CAfile root.pem -crl_check -CRLfile empty.crl leaf.pem");
    const auto revoked = openssl("verify -CAfile root.pem -crl_check -CRLfile full.crl leaf.pem");
    EXPECT_NE(revoked.out.find("certificate revoked"), revoked.out.npos) << revoked.out;
  }
}

TEST_F(Openssl, TakesOurRequests) {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    SCOPED_TRACE(kKinds[i]);
    const auto key = crypto::PrivateKey::generate(kTypes[i], entropy_).value();
    CsrBuilder builder;
    builder.subject = Name::from_string("CN=Ana,O=Avila").value();
    builder.subject_alt_names = {GeneralName::dns("ana.example")};
    write("ours.csr", builder.sign(key, entropy_)->to_pem());
    expect_ok("req -in ours.csr -noout -verify");
    EXPECT_NE(openssl("req -in ours.csr -noout -text").out.find("DNS:ana.example"),
              std::string::npos);
  }
}

class FromOpenssl : public Openssl {
 protected:
  /// A CA and a leaf of openssl's: root.pem, leaf.pem, ca.crl (empty), full.crl (the leaf in it).
  void make(const char* generate) {
    write("ca.cnf", R"([ca]
default_ca = d
[d]
database = index.txt
serial = serial
crlnumber = number
new_certs_dir = .
default_md = sha256
default_days = 30
default_crl_days = 7
policy = p
unique_subject = no
copy_extensions = copy
[p]
commonName = supplied
[req]
distinguished_name = n
[n]
[v3_ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign,digitalSignature
subjectKeyIdentifier = hash
[v3_leaf]
basicConstraints = CA:FALSE
authorityKeyIdentifier = keyid
subjectAltName = DNS:www.example.com,IP:2001:db8::1
extendedKeyUsage = serverAuth
certificatePolicies = 1.2.3.4
)");
    write("index.txt", "");
    write("serial", "1000\n");
    write("number", "01\n");
    const std::string quiet = std::string("genpkey ") + generate;
    expect_ok(quiet + " -out root.key");
    expect_ok(quiet + " -out leaf.key");
    expect_ok(
        "req -x509 -new -key root.key -subj '/C=BR/O=Avila/CN=Their root' -days 30 -config "
        "ca.cnf -extensions v3_ca -out root.pem");
    expect_ok("req -new -key leaf.key -subj /CN=leaf -config ca.cnf -out leaf.csr");
    expect_ok(
        "ca -batch -config ca.cnf -cert root.pem -keyfile root.key -in leaf.csr -extensions "
        "v3_leaf -notext -out leaf.pem");
    expect_ok("ca -config ca.cnf -cert root.pem -keyfile root.key -gencrl -out ca.crl");
    expect_ok(
        "ca -config ca.cnf -cert root.pem -keyfile root.key -revoke leaf.pem -crl_reason "
        "keyCompromise");
    expect_ok("ca -config ca.cnf -cert root.pem -keyfile root.key -gencrl -out full.crl");
  }
};

TEST_F(FromOpenssl, WeTakeCertificatesRequestsAndLists) {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    SCOPED_TRACE(kKinds[i]);
    make(kGenerate[i]);
    const auto csr = Csr::from_pem(read("leaf.csr"));
    ASSERT_TRUE(csr.has_value()) << csr.error().to_string();
    EXPECT_TRUE(csr->check_signature().has_value());
    const auto root = Certificate::from_pem(read("root.pem"));
    const auto leaf = Certificate::from_pem(read("leaf.pem"));
    ASSERT_TRUE(root.has_value() && leaf.has_value());
    EXPECT_EQ(leaf->subject().to_string(), "CN=leaf");
    EXPECT_EQ(root->subject().to_string(), "CN=Their root,O=Avila,C=BR");
    TrustStore store;
    store.add(*root);
    for (const char* host : {"www.example.com", "2001:db8::1"}) {
      VerifyOptions options{.time = now()};
      options.host = host;
      for (const char* list : {"ca.crl", "full.crl"}) {
        const auto crl = Crl::from_pem(read(list));
        ASSERT_TRUE(crl.has_value()) << crl.error().to_string();
        options.time = now() + seconds(1);
        options.crls = std::span(&*crl, 1);
        options.revocation = RevocationMode::Hard;
        const auto chain = verify_chain(*leaf, {}, store, options);
        const bool empty = std::string_view(list) == "ca.crl";
        EXPECT_EQ(chain.has_value(), empty) << chain.error().to_string();
        EXPECT_TRUE(empty || chain.error().is(ChainError::Revoked));
      }
    }
  }
}

TEST_F(FromOpenssl, OurClientAsksTheirResponder) {
  make(kGenerate[1]);
  const auto root = Certificate::from_pem(read("root.pem")).value();
  const auto leaf = Certificate::from_pem(read("leaf.pem")).value();
  // Their responder without its server, which would listen on every interface.
  class Responder final : public HttpTransport {
   public:
    explicit Responder(FromOpenssl& test) : test_(test) {}
    Result<HttpReply> send(const HttpRequest& request) override {
      test_.write("request.der", request.body);
      test_.expect_ok(
          "ocsp -index index.txt -CA root.pem -rsigner root.pem -rkey root.key -nmin 5 "
          "-reqin request.der -respout response.der");
      HttpReply reply;
      reply.status = 200;
      reply.body = test_.read("response.der");
      return reply;
    }

   private:
    FromOpenssl& test_;
  };
  Responder transport(*this);
  const auto response = fetch_ocsp(transport, "http://localhost/", leaf, root, entropy_);
  ASSERT_TRUE(response.has_value()) << response.error().to_string();
  EXPECT_FALSE(response->nonce().empty());
  const auto status = response->status_of(leaf, root, {.time = now()});
  ASSERT_TRUE(status.has_value()) << status.error().to_string();
  EXPECT_EQ(status->status, CertificateStatus::Revoked);
  EXPECT_EQ(status->reason, CrlReason::KeyCompromise);
}

TEST_F(Openssl, AsksOurResponder) {
  const Ours ours = Ours::make(crypto::KeyType::P256, entropy_);
  write("root.pem", ours.root.to_pem());
  write("leaf.pem", ours.leaf.to_pem());
  CertificateStatus status = CertificateStatus::Good;
  const OcspResponder responder(ours.root, ours.root, ours.root_key);
  pki_interop::SmallServer server([&](const std::string& body) {
    const auto look_up = [&](ByteSpan) {
      RevocationStatus answer;
      answer.status = status;
      answer.revoked_at = now() - hours(1);
      return answer;
    };
    return std::string(
        as_text(responder.respond(as_bytes(body), now(), look_up, entropy_).value()));
  });
  const std::string ask =
      "ocsp -issuer root.pem -cert leaf.pem -CAfile root.pem -url "
      "http://127.0.0.1:" +
      std::to_string(server.port()) + "/";
  struct Case {
    CertificateStatus status;
    const char* word;
  };
  for (const Case& c : {Case{CertificateStatus::Good, "leaf.pem: good"},
                        Case{CertificateStatus::Revoked, "leaf.pem: revoked"},
                        Case{CertificateStatus::Unknown, "leaf.pem: unknown"}}) {
    status = c.status;
    const CommandResult result = openssl(ask);
    EXPECT_EQ(result.status, 0) << result.out;
    EXPECT_NE(result.out.find("Response verify OK"), result.out.npos) << result.out;
    EXPECT_NE(result.out.find(c.word), result.out.npos) << result.out;
  }
}

}  // namespace

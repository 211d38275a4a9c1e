// Our ACME client against pebble, over curl: pebble checks http-01 and dns-01 against
// pebble-challtestsrv, and tls-alpn-01 against openssl s_server with a certificate of ours.
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/process.hpp>
#include <avila/pki/acme_client.hpp>
#include <avila/pki/issue.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/ports.hpp>
#include <avila_test/tools.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#ifndef _WIN32
namespace {

using namespace avila;
using namespace avila::pki;

#define EXPECT_OK(...)                                                             \
  do {                                                                             \
    const auto expect_ok_ = (__VA_ARGS__);                                         \
    EXPECT_TRUE(expect_ok_.has_value())                                            \
        << (expect_ok_.has_value() ? "" : expect_ok_.error().to_string_verbose()); \
  } while (false)
#define EXPECT_CODE(kind, ...) EXPECT_EQ(code_of(__VA_ARGS__), to_string(Errc::kind))

template <class R>
std::string_view code_of(const R& result) {
  return result.has_value() ? "ok" : to_string(result.error().code());
}
template <class T>
T take(Result<T> result) {
  EXPECT_TRUE(result.has_value()) << (result.has_value() ? "" : result.error().to_string());
  if (!result.has_value()) throw std::runtime_error("see above");
  return std::move(result).value();
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Each request is a run of curl.
class CurlTransport final : public HttpTransport {
 public:
  CurlTransport(const std::string& folder, std::string ca) : folder_(folder), ca_(std::move(ca)) {}

  Result<HttpReply> send(const HttpRequest& request) override {
    const std::string head = folder_ + "/reply.head", body = folder_ + "/reply.body";
    std::ofstream(folder_ + "/request.body", std::ios::binary) << request.body;
    std::ofstream(body).close();
    os::SpawnOptions options;
    options.arguments = {"-s", "--cacert", ca_, "-D", head, "-o", body, "--max-time", "20"};
    for (const auto& [name, value] : request.headers) {
      options.arguments.push_back("-H");
      options.arguments.push_back(name + ": " + value);
    }
    if (request.method == "HEAD") {
      options.arguments.push_back("-I");
    } else if (request.method != "GET") {
      for (const std::string& word :
           {std::string("-X"), request.method, std::string("--data-binary"),
            "@" + folder_ + "/request.body"})
        options.arguments.push_back(word);
    }
    options.arguments.push_back(request.url);
    AVILA_TRY(os::Process curl, os::Process::spawn("curl", options));
    AVILA_TRY(const os::ExitStatus status, curl.wait());
    if (!status.success())
      return Error(Errc::ConnectionRefused, "curl ended with " + std::to_string(status.code));
    HttpReply reply;
    std::ifstream lines(head);
    std::string line;
    std::getline(lines, line);
    reply.status = std::stoi(line.substr(line.find(' ') + 1));
    while (std::getline(lines, line)) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      const std::size_t colon = line.find(": ");
      if (colon != std::string::npos)
        reply.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    if (request.method != "HEAD") reply.body = contents(body);
    return reply;
  }

 private:
  std::string folder_, ca_;
};

os::Process start(const std::string& program, std::vector<std::string> arguments,
                  const std::string& folder,
                  std::vector<std::pair<std::string, std::string>> environment = {}) {
  os::SpawnOptions options;
  options.arguments = std::move(arguments);
  options.environment = std::move(environment);
  options.folder = folder;
  options.out = options.error = os::Stream::Null;
  return take(os::Process::spawn(program, options));
}

struct Pair {
  Certificate certificate;
  crypto::PrivateKey key;
};

/// A root, or a server's certificate for 127.0.0.1 by it.
Pair certificate_for(const Pair* issuer) {
  os::Entropy& entropy = os::system_entropy();
  auto key = take(crypto::PrivateKey::generate(crypto::KeyType::P256, entropy));
  CertificateBuilder builder;
  builder.serial = take(random_serial(entropy));
  builder.subject = take(Name::common(issuer == nullptr ? "test root" : "127.0.0.1"));
  builder.not_before = os::real_clock().wall() - hours(1);
  builder.not_after = builder.not_before + days(2);
  if (issuer == nullptr) {
    builder.basic_constraints = BasicConstraints{.ca = true};
    builder.key_usage = KeyUsage::KeyCertSign;
    auto certificate = take(builder.self_sign(key, entropy));
    return {std::move(certificate), std::move(key)};
  }
  builder.subject_alt_names = {take(GeneralName::ip("127.0.0.1"))};
  builder.extended_key_usage = {oids::kServerAuth};
  auto certificate =
      take(builder.sign(key.public_key(), issuer->certificate, issuer->key, entropy));
  return {std::move(certificate), std::move(key)};
}

void write_pem(const std::string& path, const Certificate& certificate) {
  std::ofstream(path) << certificate.to_pem();
}
void write_pem(const std::string& path, const crypto::PrivateKey& key) {
  const SecretBytes pem = key.to_pem();
  std::ofstream(path) << as_text(pem.span());
}

/// Puts challenges up at pebble-challtestsrv, or by openssl s_server.
class Solver final : public AcmeSolver {
 public:
  Solver(std::string type, std::string folder, int management, int tls_port)
      : type_(std::move(type)),
        folder_(std::move(folder)),
        management_("http://127.0.0.1:" + std::to_string(management)),
        tls_port_(tls_port) {}

  bool takes(const AcmeAuthorization& authorization, std::string_view type) const override {
    return type == (authorization.wildcard ? "dns-01" : type_);
  }
  Result<void> present(const AcmeAuthorization& authorization, const AcmeChallenge& challenge,
                       std::string_view key_authorization) override {
    ++presented;
    if (challenge.type == "http-01")
      return tell("/add-http01", "{\"token\":\"" + challenge.token + "\",\"content\":\"" +
                                     std::string(key_authorization) + "\"}");
    if (challenge.type == "dns-01")
      return tell("/set-txt", "{\"host\":\"" + acme_dns_name(authorization.identifier.value) +
                                  ".\",\"value\":\"" + acme_dns_value(key_authorization) + "\"}");
    auto key = take(crypto::PrivateKey::generate(crypto::KeyType::P256, os::system_entropy()));
    const Certificate certificate =
        take(acme_tls_alpn_certificate(authorization.identifier, key_authorization, key,
                                       os::real_clock().wall(), os::system_entropy()));
    EXPECT_OK(
        check_acme_tls_alpn_certificate(certificate, authorization.identifier, key_authorization));
    EXPECT_CODE(Unauthenticated,
                check_acme_tls_alpn_certificate(certificate, authorization.identifier, "other"));
    write_pem(folder_ + "/alpn.pem", certificate);
    write_pem(folder_ + "/alpn.key", key);
    server_.emplace(start("openssl",
                          {"s_server", "-accept", "127.0.0.1:" + std::to_string(tls_port_), "-cert",
                           "alpn.pem", "-key", "alpn.key", "-alpn", "acme-tls/1", "-quiet"},
                          folder_));
    if (!avila_test::wait_for_port(tls_port_)) return Error(Errc::Io, "openssl does not listen");
    return {};
  }
  void clean_up(const AcmeAuthorization&, const AcmeChallenge&) override {
    ++cleaned;
    server_.reset();
  }
  int presented = 0, cleaned = 0;

 private:
  Result<void> tell(const std::string& path, const std::string& body) {
    const auto done = avila_test::run_command("curl -sS -f -o /dev/null -d '" + body + "' " +
                                              management_ + path + " 2>&1");
    if (done.status != 0) return Error(Errc::Io, done.out);
    return {};
  }
  std::string type_, folder_, management_;
  int tls_port_;
  std::optional<os::Process> server_;
};

class Pebble : public ::testing::Test {
 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("pebble");
    AVILA_REQUIRE_PROGRAM("pebble-challtestsrv");
    AVILA_REQUIRE_PROGRAM("curl");
  }

  void start_pebble(bool external_account = false) {
    const Pair root = certificate_for(nullptr), server = certificate_for(&root);
    write_pem(folder_ / "root.pem", root.certificate);
    write_pem(folder_ / "server.pem", server.certificate);
    write_pem(folder_ / "server.key", server.key);
    const auto [port, own_management, management, tls, http, dns] = avila_test::free_ports<6>();
    port_ = port;
    management_ = management;
    tls_port_ = tls;
    const std::string listen = "127.0.0.1:" + std::to_string(port);
    challenges_.emplace(start("pebble-challtestsrv",
                              {"-http01", "127.0.0.1:" + std::to_string(http), "-dns01",
                               "127.0.0.1:" + std::to_string(dns), "-management",
                               "127.0.0.1:" + std::to_string(management_), "-https01", "",
                               "-tlsalpn01", "", "-defaultIPv6", "", "-defaultIPv4", "127.0.0.1"},
                              folder_.path()));
    std::ofstream(folder_ / "config.json")
        << R"({"pebble":{"listenAddress":")" << listen
        << R"(","managementListenAddress":"127.0.0.1:)" << own_management
        << R"(","certificate":"server.pem","privateKey":"server.key","httpPort":)" << http
        << R"(,"tlsPort":)" << tls_port_ << R"(,"ocspResponderURL":"")"
        << R"(,"externalAccountBindingRequired":)" << (external_account ? "true" : "false")
        << R"(,"externalAccountMACKeys":{"kid-1":")" << kMac << R"("}}})";
    pebble_.emplace(start(
        "pebble",
        {"-config", "config.json", "-strict", "-dnsserver", "127.0.0.1:" + std::to_string(dns)},
        folder_.path(),
        {{"PEBBLE_VA_NOSLEEP", "1"},
         {"PEBBLE_WFE_NONCEREJECT", "20"},
         {"PEBBLE_AUTHZREUSE", "0"},
         {"PEBBLE_ALTERNATE_ROOTS", "1"},
         {"PEBBLE_CHAIN_LENGTH", "2"}}));
    for (const int needed : {management, http, dns})
      ASSERT_TRUE(avila_test::wait_for_port(needed)) << "pebble-challtestsrv did not start";
    transport_.emplace(folder_.path(), folder_ / "root.pem");
    HttpRequest hello;
    hello.url = directory();
    for (int i = 0; i < 100; ++i) {
      const auto reply = transport_->send(hello);
      if (reply.has_value() && reply->status == 200) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    FAIL() << "pebble did not start";
  }
  std::string directory() const { return "https://127.0.0.1:" + std::to_string(port_) + "/dir"; }

  AcmeClientOptions options() {
    return {.transport = *transport_,
            .clock = os::real_clock(),
            .entropy = os::system_entropy(),
            .directory_url = directory(),
            .poll_for = seconds(30),
            .poll_every = milliseconds(100),
            .wait = [](Duration) -> Result<void> {  // pebble says 3 seconds
              std::this_thread::sleep_for(std::chrono::milliseconds(100));
              return {};
            }};
  }
  static crypto::PrivateKey new_key(crypto::KeyType type = crypto::KeyType::P256) {
    return take(crypto::PrivateKey::generate(type, os::system_entropy()));
  }
  AcmeClient client(crypto::KeyType type = crypto::KeyType::P256) {
    AcmeClient made = take(AcmeClient::connect(options(), new_key(type)));
    EXPECT_OK(
        made.register_account({.contacts = {"mailto:ops@example.com"}, .terms_agreed = true}));
    return made;
  }
  static Csr csr_for(const std::vector<std::string>& names, const crypto::PrivateKey& key) {
    CsrBuilder builder;
    for (const std::string& name : names)
      builder.subject_alt_names.push_back(GeneralName::dns(name));
    return take(builder.sign(key, os::system_entropy()));
  }

  static constexpr const char* kMac =
      "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
  avila_test::TempDir folder_;
  std::optional<os::Process> challenges_, pebble_;
  std::optional<CurlTransport> transport_;
  int port_ = 0, management_ = 0, tls_port_ = 0;
};

TEST_F(Pebble, GivesCertificatesForEveryKindOfChallenge) {
  start_pebble();
  AcmeClient acme = client();
  for (const char* type : {"http-01", "dns-01", "tls-alpn-01"}) {
    SCOPED_TRACE(type);
    const auto key = new_key();
    const std::string host = std::string(type) + ".example.com";
    const Csr csr = csr_for({host}, key);
    Solver solver(type, folder_.path(), management_, tls_port_);
    const auto chain = take(acme.obtain({AcmeIdentifier::dns(host)}, csr, solver));
    ASSERT_GE(chain.size(), 2U);
    EXPECT_EQ(chain[0].extensions().subject_alt_name->front().value, host);
    EXPECT_OK(chain[0].check_signature(chain[1]));
    EXPECT_EQ(solver.presented, 1);
    EXPECT_EQ(solver.cleaned, 1);
  }
}

TEST_F(Pebble, GivesOneForSeveralNamesAndAWildcard) {
  start_pebble();
  AcmeClient acme = client(crypto::KeyType::P384);
  const auto key = new_key(crypto::KeyType::Rsa);
  const Csr csr = csr_for({"a.example.com", "b.example.com", "*.example.net"}, key);
  Solver solver("http-01", folder_.path(), management_, tls_port_);
  const auto chain =
      take(acme.obtain({AcmeIdentifier::dns("a.example.com"), AcmeIdentifier::dns("b.example.com"),
                        AcmeIdentifier::dns("*.example.net")},
                       csr, solver));
  EXPECT_EQ(chain[0].extensions().subject_alt_name->size(), 3U);
  EXPECT_EQ(solver.cleaned, 3);
}

TEST_F(Pebble, SaysWhyAChallengeFailed) {
  start_pebble();
  AcmeClient acme = client();
  class Nothing final : public AcmeSolver {
   public:
    bool takes(const AcmeAuthorization&, std::string_view type) const override {
      return type == "http-01";
    }
    Result<void> present(const AcmeAuthorization&, const AcmeChallenge&,
                         std::string_view) override {
      return {};
    }
    void clean_up(const AcmeAuthorization&, const AcmeChallenge&) override {}
  } nothing;
  const auto key = new_key();
  const auto failed =
      acme.obtain({AcmeIdentifier::dns("x.example.com")}, csr_for({"x.example.com"}, key), nothing);
  ASSERT_FALSE(failed.has_value());
  EXPECT_TRUE(failed.error().is(Errc::Unauthenticated)) << failed.error().to_string();
  EXPECT_NE(failed.error().message().find("x.example.com is invalid: unauthorized"),
            std::string_view::npos)
      << failed.error().to_string();
  EXPECT_CODE(InvalidArgument, acme.new_order({AcmeIdentifier::dns("no dots")}));
  EXPECT_TRUE(acme.last_problem().has_value());
}

TEST_F(Pebble, KeepsAnAccountThroughAKeyRollover) {
  start_pebble();
  AcmeClient acme = take(AcmeClient::connect(options(), new_key()));
  EXPECT_CODE(PreconditionFailed, acme.new_order({AcmeIdentifier::dns("a.example.com")}));
  EXPECT_CODE(NotFound, acme.register_account({.only_existing = true}));
  EXPECT_FALSE(acme.register_account({}).has_value());  // the terms
  const auto made =
      take(acme.register_account({.contacts = {"mailto:a@example.com"}, .terms_agreed = true}));
  EXPECT_EQ(made.status, AcmeStatus::Valid);
  EXPECT_EQ(take(acme.register_account({.only_existing = true})).url, made.url);
  EXPECT_EQ(take(acme.update_contacts({"mailto:b@example.com"})).contacts,
            std::vector<std::string>{"mailto:b@example.com"});
  EXPECT_OK(acme.change_key(new_key(crypto::KeyType::P384)));
  EXPECT_EQ(take(acme.register_account({.only_existing = true})).url, made.url);
  EXPECT_OK(acme.deactivate_account());
  EXPECT_FALSE(acme.new_order({AcmeIdentifier::dns("a.example.com")}).has_value());
}

TEST_F(Pebble, BindsExternalAccounts) {
  start_pebble(true);
  AcmeClient acme = take(AcmeClient::connect(options(), new_key()));
  EXPECT_TRUE(acme.directory().external_account_required);
  EXPECT_CODE(PermissionDenied, acme.register_account({.terms_agreed = true}));
  const std::string mac = text::base64url_decode(kMac).value();
  AcmeAccountOptions account{.terms_agreed = true, .external_key_id = "kid-1"};
  account.external_mac_key = as_bytes("another key");
  EXPECT_FALSE(acme.register_account(account).has_value());
  account.external_mac_key = as_bytes(mac);
  EXPECT_OK(acme.register_account(account));
}

TEST_F(Pebble, RevokesByAccountAndByKey) {
  start_pebble();
  AcmeClient acme = client();
  for (const bool by_key : {false, true}) {
    const auto key = new_key();
    const Csr csr = csr_for({"r.example.com"}, key);
    Solver solver("http-01", folder_.path(), management_, tls_port_);
    const auto chain = take(acme.obtain({AcmeIdentifier::dns("r.example.com")}, csr, solver));
    EXPECT_OK(acme.revoke(chain[0], AcmeRevocationReason::KeyCompromise, by_key ? &key : nullptr));
    EXPECT_CODE(Conflict, acme.revoke(chain[0], AcmeRevocationReason::KeyCompromise));
  }
}

TEST_F(Pebble, OffersOtherChains) {
  start_pebble();
  AcmeClient acme = client();
  const auto key = new_key();
  const Csr csr = csr_for({"o.example.com"}, key);
  Solver solver("http-01", folder_.path(), management_, tls_port_);
  AcmeOrder order = take(acme.new_order({AcmeIdentifier::dns("o.example.com")}));
  const auto authorization = take(acme.authorization(order.authorizations.at(0)));
  const AcmeChallenge* challenge = authorization.find("http-01");
  ASSERT_NE(challenge, nullptr);
  EXPECT_CODE(PreconditionFailed, acme.finalize(order, csr));  // not ready
  EXPECT_OK(solver.present(authorization, *challenge, acme.key_authorization(*challenge)));
  EXPECT_OK(acme.respond(*challenge));
  EXPECT_EQ(take(acme.wait_for_authorization(authorization.url)).status, AcmeStatus::Valid);
  order = take(acme.finalize(order, csr));
  const auto first = take(acme.download(order, csr)), second = take(acme.download(order, csr, 1));
  EXPECT_EQ(first[0], second[0]);
  EXPECT_FALSE(first.back() == second.back());
  EXPECT_CODE(NotFound, acme.download(order, csr, 2));
  const Csr other = csr_for({"o.example.com"}, new_key());
  EXPECT_CODE(Malformed, acme.download(order, other));  // not the key that was asked for
}

}  // namespace
#endif

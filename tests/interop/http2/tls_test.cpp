// HTTPS as it is used: both versions on one port by ALPN, real clients on one end, our client on
// the other, certificates judged by a trust store.
#include <gtest/gtest.h>

#include <avila/asn1/pem.hpp>
#include <avila/async/runtime.hpp>
#include <avila/http/client.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/tls/security.hpp>
#include <avila/tls/store_verifier.hpp>
#include <avila_test/tls.hpp>
#include <avila_test/tools.hpp>
#include <fstream>
#include <memory>

namespace {

using namespace avila;
using avila_test::run_command;
using future::Task;

class Versions final : public http::Handler {
 public:
  bool handle_now(http::Request& request, http::Response& response) override {
    if (request.path == "/big") {
      response = http::Response::text(200, std::string(1 << 20, 'b'));
    } else {
      response = http::Response::text(200, std::string(request.scheme) + " " +
                                               std::to_string(request.major_version) + " " +
                                               std::string(request.body));
    }
    return true;
  }
  Task<http::Response> handle(http::Request&) override { co_return http::Response(500); }
};

class Https : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value());
    base_ = "https://localhost:" + std::to_string(server_.port());
    std::ofstream(folder_ / "ca.pem") << asn1::to_pem("CERTIFICATE", credential_->chain.front());
  }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(200))); }
  static std::shared_ptr<const tls::ServerConfig> config(
      std::shared_ptr<const tls::Credential> credential) {
    tls::ServerConfig config;
    config.credentials.push_back(std::move(credential));
    config.alpn = {"h2", "http/1.1"};
    return std::make_shared<const tls::ServerConfig>(std::move(config));
  }
  std::string run(const std::string& command) {
    const auto result = run_command("timeout 20 " + command + " 2>&1");
    EXPECT_EQ(result.status, 0) << command << "\n" << result.out.substr(0, 2000);
    return result.out;
  }
  std::string curl(const std::string& arguments) {
    return run("curl -sS --max-time 10 --cacert " + (folder_ / "ca.pem") + " " + arguments);
  }
  Result<http::ClientResponse> fetch(pki::TrustStore store, const std::string& url) {
    auto client_config = std::make_shared<tls::ClientConfig>();
    client_config->verifier = std::make_shared<tls::StoreVerifier>(std::move(store));
    tls::Security security(nullptr, std::move(client_config));
    http::Client client(runtime_, {.security = &security});
    return runtime_.block_on(client.get(url));
  }
  pki::TrustStore trusting(const tls::Credential& credential) {
    pki::TrustStore store;
    store.add(pki::Certificate::parse(credential.chain.front()).value());
    return store;
  }

  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 2}};
  Versions handler_;
  std::shared_ptr<const tls::Credential> credential_ = avila_test::make_credential();
  tls::ServerConfigSlot slot_{config(credential_)};
  tls::Security security_{&slot_};
  http2::Server http2_;
  http::Server server_{runtime_, handler_, {.security = &security_, .http2 = &http2_}};
  std::string base_;
};

TEST_F(Https, CurlChoosesTheVersionByAlpn) {
  AVILA_REQUIRE_PROGRAM("curl");
  EXPECT_EQ(curl("--http2 -d two " + base_), "https 2 two");
  EXPECT_EQ(curl("--http1.1 -d one " + base_), "https 1 one");
  EXPECT_EQ(curl("--http2 " + base_ + "/big | tail -c 3"), "bbb");
  EXPECT_EQ(curl("--tlsv1.2 --tls-max 1.2 --http2 -d old " + base_), "https 2 old");
}

TEST_F(Https, H2loadSeesNoFailure) {
  AVILA_REQUIRE_PROGRAM("h2load");
  for (const char* path : {"/", "/big"}) {
    const std::string out = run("h2load -n 200 -c 4 -m 8 " + base_ + path);
    EXPECT_NE(out.find("200 succeeded, 0 failed, 0 errored, 0 timeout"), std::string::npos) << out;
  }
}

TEST_F(Https, OurClientTrustsTheStoreAndTheNameOnly) {
  const auto trusted = fetch(trusting(*credential_), base_ + "/");
  ASSERT_TRUE(trusted.has_value()) << trusted.error().to_string();
  EXPECT_EQ(trusted->body, "https 1 ");
  const auto stranger =
      fetch(trusting(*avila_test::make_credential(crypto::KeyType::P256, "example.test", 99)),
            base_ + "/");
  EXPECT_FALSE(stranger.has_value());
  const auto other_name =
      fetch(trusting(*credential_), "https://127.0.0.1:" + std::to_string(server_.port()) + "/");
  EXPECT_FALSE(other_name.has_value());
  for (int i = 0; i < 200 && server_.metrics().handshakes_failed < 2; ++i)
    runtime_.block_on(runtime_.sleep(milliseconds(10)));  // the server hears of it later
  EXPECT_EQ(server_.metrics().handshakes_failed, 2U);
}

TEST_F(Https, ANewCertificateCountsFromTheNextConnectionOn) {
  const auto renewed = avila_test::make_credential(crypto::KeyType::P384, "example.test", 7);
  ASSERT_TRUE(slot_.set(config(renewed)).has_value());
  EXPECT_FALSE(fetch(trusting(*credential_), base_ + "/").has_value());
  EXPECT_TRUE(fetch(trusting(*renewed), base_ + "/").has_value());
}

}  // namespace

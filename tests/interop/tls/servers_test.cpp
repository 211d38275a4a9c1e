// Our client against openssl s_server and gnutls-serv.
#include <avila/asn1/pem.hpp>
#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/os/process.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tls/stream.hpp>

#include "fixture.hpp"

namespace {

using namespace tls_interop;
using tls::ProtocolVersion;

constexpr const char* kRequest = "GET / HTTP/1.0\r\n\r\n";

class Servers : public testing::Test {
 protected:
  void use(KeyType type) {
    credential_ = avila_test::make_credential(type, "example.test", 5);
    files_.emplace(folder_, "server", *credential_);
    config_ = tls::ClientConfig();
    config_.verifier = avila_test::pin(*credential_);
    options_ = tls::ClientOptions();
    options_.server_name = "example.test";
    port_ = free_port(runtime_);
  }
  std::unique_ptr<OtherServer> openssl(std::vector<std::string> more) {
    std::vector<std::string> arguments = {
        "s_server", "-accept",  "127.0.0.1:" + std::to_string(port_), "-cert", files_->certificate,
        "-key",     files_->key};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto server = std::make_unique<OtherServer>("openssl", arguments, port_);
    EXPECT_TRUE(server->up());
    return server;
  }
  std::unique_ptr<OtherServer> gnutls(const std::string& priority) {
    const std::vector<std::string> arguments = {
        "--http",        "-p",        std::to_string(port_), "--x509certfile", files_->certificate,
        "--x509keyfile", files_->key, "--priority",          priority};
    auto server = std::make_unique<OtherServer>("gnutls-serv", arguments, port_);
    EXPECT_TRUE(server->up());
    return server;
  }
  Result<Fetched> get(std::string until = "</html>", std::string request = kRequest) {
    auto shared = std::make_shared<const tls::ClientConfig>(config_);
    return runtime_.block_on(
        fetch(&runtime_, port_, shared, options_, std::move(request), std::move(until)));
  }
  void expect_page(std::string_view what) {
    auto fetched = get("</");
    ASSERT_TRUE(fetched.has_value()) << what << ": " << fetched.error().to_string();
    EXPECT_NE(fetched->text.find("200"), std::string::npos) << what << fetched->text;
    info_ = fetched->info;
  }

  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 1}};
  std::shared_ptr<const tls::Credential> credential_;
  std::optional<Files> files_;
  tls::ClientConfig config_;
  tls::ClientOptions options_;
  tls::ConnectionInfo info_;
  std::uint16_t port_ = 0;
};

TEST_F(Servers, OpensslEverySuiteAndGroup) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const KeyType type :
       {KeyType::P256, KeyType::Rsa, KeyType::Ed25519, KeyType::P384, KeyType::P521}) {
    use(type);
    const auto server = openssl({"-www"});
    const tls::CommonConfig all;
    for (const tls::CipherSuite suite : all.suites) {
      const auto& info = tls::info_of(suite);
      if (info.version == ProtocolVersion::Tls12 && info.rsa != (type == KeyType::Rsa)) continue;
      config_.suites = {suite};
      config_.version_min = config_.version_max = info.version;
      config_.groups = all.groups;
      expect_page(tls::name(suite));
      EXPECT_EQ(info_.suite, suite);
    }
    config_.suites = all.suites;
    for (const ProtocolVersion version : {ProtocolVersion::Tls12, ProtocolVersion::Tls13})
      for (const tls::NamedGroup group : {tls::NamedGroup::X25519, tls::NamedGroup::P256,
                                          tls::NamedGroup::P384, tls::NamedGroup::P521}) {
        config_.version_min = config_.version_max = version;
        config_.groups = {group};
        // In TLS 1.2 the list also says which certificates are fine.
        if (version == ProtocolVersion::Tls12)
          config_.groups.insert(config_.groups.end(), {tls::NamedGroup::P256, tls::NamedGroup::P384,
                                                       tls::NamedGroup::P521});
        expect_page(tls::name(group));
        EXPECT_EQ(info_.group, group);
      }
  }
}

TEST_F(Servers, OpensslAsksForAnotherGroup) {
  AVILA_REQUIRE_PROGRAM("openssl");
  use(KeyType::P256);
  const auto server = openssl({"-www", "-groups", "P-384"});
  expect_page("retry");
  EXPECT_TRUE(info_.hello_retried);
  EXPECT_EQ(info_.group, tls::NamedGroup::P384);
}

TEST_F(Servers, OpensslResumes) {
  AVILA_REQUIRE_PROGRAM("openssl");
  use(KeyType::P256);
  const auto server = openssl({"-www"});
  for (const ProtocolVersion version : {ProtocolVersion::Tls12, ProtocolVersion::Tls13}) {
    config_.version_min = config_.version_max = version;
    config_.sessions = std::make_shared<tls::SessionCache>();
    expect_page("first");
    EXPECT_FALSE(info_.resumed);
    expect_page("second");
    EXPECT_TRUE(info_.resumed) << tls::name(version);
  }
}

TEST_F(Servers, OpensslTakesEarlyData) {
  AVILA_REQUIRE_PROGRAM("openssl");
  use(KeyType::P256);
  const auto server = openssl({"-early_data", "-max_early_data", "1000"});
  config_.version_min = ProtocolVersion::Tls13;
  config_.sessions = std::make_shared<tls::SessionCache>();
  auto shared = std::make_shared<const tls::ClientConfig>(config_);
  for (const bool early : {false, true}) {
    const ByteSpan words = as_bytes("early words");
    if (early) options_.early_data.assign(words.begin(), words.end());
    auto fetching = runtime_.spawn(fetch(&runtime_, port_, shared, options_, "hello\n", "goodbye"));
    (void)run_command("sleep 0.5");
    server->type("goodbye\n");
    auto fetched = fetching.wait();
    ASSERT_TRUE(fetched.has_value()) << fetched.error().to_string();
    EXPECT_NE(fetched->text.find("goodbye"), std::string::npos);
    EXPECT_EQ(fetched->info.resumed, early);
    EXPECT_EQ(fetched->early_accepted, early);
  }
}

TEST_F(Servers, OpensslWantsACertificate) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const KeyType type : {KeyType::P256, KeyType::Rsa, KeyType::Ed25519}) {
    use(KeyType::P256);
    const auto mine = avila_test::make_credential(type, "client.test", 6);
    const Files files(folder_, "client", *mine);
    const auto server =
        openssl({"-www", "-Verify", "1", "-CAfile", files.certificate, "-verify_return_error"});
    for (const ProtocolVersion version : {ProtocolVersion::Tls12, ProtocolVersion::Tls13}) {
      config_.version_min = config_.version_max = version;
      config_.credential = mine;
      expect_page(crypto::name(type));
      config_.credential = nullptr;
      EXPECT_FALSE(get().has_value());
    }
  }
}

TEST_F(Servers, OpensslSpeaksItsProtocolAndStaple) {
  AVILA_REQUIRE_PROGRAM("openssl");
  use(KeyType::P256);
  const auto server = openssl({"-rev", "-alpn", "h2,http/1.1"});
  config_.alpn = {"http/1.1"};
  auto fetched = get("olleh", "hello\n");
  ASSERT_TRUE(fetched.has_value()) << fetched.error().to_string();
  EXPECT_EQ(fetched->info.alpn, "http/1.1");
}

TEST_F(Servers, OpensslChangesItsKeysAndAsksForARenegotiation) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const ProtocolVersion version : {ProtocolVersion::Tls12, ProtocolVersion::Tls13}) {
    use(KeyType::P256);
    const auto server = openssl({});
    config_.version_min = config_.version_max = version;
    auto shared = std::make_shared<const tls::ClientConfig>(config_);
    auto fetching = runtime_.spawn(fetch(&runtime_, port_, shared, options_, "hello\n", "goodbye"));
    (void)run_command("sleep 0.5");
    server->type(version == ProtocolVersion::Tls13 ? "K\n" : "r\n");
    (void)run_command("sleep 0.3");
    server->type("well, goodbye\n");
    auto fetched = fetching.wait();
    if (version == ProtocolVersion::Tls12) {  // it gives up when we say no_renegotiation
      EXPECT_EQ(tls::alert_from_peer(fetched.error()), tls::Alert::HandshakeFailure);
      continue;
    }
    ASSERT_TRUE(fetched.has_value()) << fetched.error().to_string();
    EXPECT_NE(fetched->text.find("goodbye"), std::string::npos);
  }
}

TEST_F(Servers, OpensslOfOldVersionsIsRefused) {
  AVILA_REQUIRE_PROGRAM("openssl");
  use(KeyType::P256);
  const auto server = openssl({"-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
  EXPECT_FALSE(get().has_value());
}

TEST_F(Servers, GnutlsEverything) {
  AVILA_REQUIRE_PROGRAM("gnutls-serv");
  for (const KeyType type : {KeyType::P256, KeyType::Rsa, KeyType::Ed25519}) {
    for (const std::string version : {"1.2", "1.3"}) {
      for (const std::string more : {"", ":-CIPHER-ALL:+CHACHA20-POLY1305",
                                     ":-CIPHER-ALL:+AES-256-GCM", ":-GROUP-ALL:+GROUP-SECP384R1"}) {
        use(type);
        const auto server = gnutls("NORMAL:-VERS-ALL:+VERS-TLS" + version + more);
        config_.sessions = std::make_shared<tls::SessionCache>();
        expect_page(version + more);
        expect_page("resumed " + version + more);
        EXPECT_TRUE(info_.resumed) << version << more;
      }
    }
  }
}

}  // namespace

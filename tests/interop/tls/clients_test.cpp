// openssl s_client, gnutls-cli and curl against our server.
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

class Clients : public testing::Test {
 protected:
  tls::ServerConfig config(KeyType type = KeyType::P256) {
    tls::ServerConfig made;
    credential_ = avila_test::make_credential(type, "example.test", 5);
    made.credentials = {credential_};
    made.alpn = {"http/1.1"};
    auto keys = tls::TicketKeys::create();
    made.tickets = *keys;
    files_.emplace(folder_, "server", *credential_);
    return made;
  }
  std::string s_client(const TestServer& server, const std::string& arguments,
                       const std::string& path = "/x") {
    return run_command("printf 'GET " + path +
                       " HTTP/1.0\\r\\n\\r\\n' | timeout 10 openssl s_client -connect 127.0.0.1:" +
                       server.port() + " -servername example.test -CAfile " + files_->certificate +
                       " -verify_return_error -ign_eof " + arguments + " 2>&1")
        .out;
  }
  std::string gnutls(const TestServer& server, const std::string& arguments) {
    return run_command("printf 'GET /x HTTP/1.0\\r\\n\\r\\n' | timeout 10 gnutls-cli -p " +
                       server.port() +
                       " 127.0.0.1 --sni-hostname example.test --verify-hostname example.test "
                       "--x509cafile " +
                       files_->certificate + " " + arguments + " 2>&1")
        .out;
  }
  std::string curl(const TestServer& server, const std::string& arguments,
                   const std::string& path = "/x") {
    const auto result =
        run_command("curl -sS --max-time 10 --http1.1 --cacert " + files_->certificate +
                    " --connect-to example.test:443:127.0.0.1:" + server.port() + " " + arguments +
                    " https://example.test" + path + " 2>&1");
    EXPECT_EQ(result.status, 0) << result.out;
    return result.out;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  avila_test::TempDir folder_;
  std::shared_ptr<const tls::Credential> credential_;
  std::optional<Files> files_;
};

TEST_F(Clients, OpensslEverySuiteOfTls13) {
  AVILA_REQUIRE_PROGRAM("openssl");
  const TestServer server(config());
  for (const std::string suite :
       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
    const std::string out = s_client(server, "-tls1_3 -ciphersuites " + suite);
    EXPECT_TRUE(has(out, "answer to /x")) << out;
    EXPECT_TRUE(has(out, "New, TLSv1.3, Cipher is " + suite)) << out;
    EXPECT_TRUE(has(out, "Verify return code: 0 (ok)")) << out;
  }
}

TEST_F(Clients, OpensslEverySuiteOfTls12) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const KeyType type : {KeyType::P256, KeyType::Rsa}) {
    const TestServer server(config(type));
    const std::string kind = type == KeyType::Rsa ? "RSA" : "ECDSA";
    for (const std::string cipher :
         {"AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"}) {
      const std::string suite = "ECDHE-" + kind + "-" + cipher;
      const std::string out = s_client(server, "-tls1_2 -cipher " + suite);
      EXPECT_TRUE(has(out, "answer to /x")) << out;
      EXPECT_TRUE(has(out, "Cipher    : " + suite)) << out;
      EXPECT_TRUE(has(out, "Secure Renegotiation IS supported")) << out;
      EXPECT_TRUE(has(out, "Extended master secret: yes")) << out;
    }
  }
}

TEST_F(Clients, OpensslGroupsKeysAndRetries) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const KeyType type :
       {KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Ed25519, KeyType::Rsa}) {
    auto made = config(type);
    const TestServer server(made);
    for (const std::string version : {"-tls1_2", "-tls1_3"})
      for (const std::string group : {"X25519", "P-256", "P-384", "P-521"}) {
        // In TLS 1.2 the list also says which certificates are fine.
        std::string groups = group;
        for (const std::string curve : {"P-256", "P-384", "P-521"})
          if (version == "-tls1_2" && group != curve) groups += ":" + curve;
        const std::string out = s_client(server, version + " -groups " + groups);
        EXPECT_TRUE(has(out, "answer to /x")) << crypto::name(type) << group << out;
      }
    if (type == KeyType::P256) {
      const std::string none = s_client(server, "-tls1_2 -groups X25519");
      EXPECT_TRUE(has(none, "alert handshake failure")) << none;
    }
    // The client guesses X448, and is asked for P-256.
    const std::string out = s_client(server, "-tls1_3 -groups X448:P-256");
    EXPECT_TRUE(has(out, "answer to /x")) << out;
  }
}

TEST_F(Clients, OpensslResumes) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    const TestServer server(config());
    const std::string file = folder_ / ("session" + version);
    (void)s_client(server, version + " -sess_out " + file);
    const std::string out = s_client(server, version + " -sess_in " + file);
    EXPECT_TRUE(has(out, "Reused, TLSv1")) << out;
    EXPECT_TRUE(has(out, "answer to /x")) << out;
    EXPECT_TRUE(server.last().info.resumed) << version;
  }
}

TEST_F(Clients, OpensslSendsEarlyData) {
  AVILA_REQUIRE_PROGRAM("openssl");
  auto made = config();
  made.early_data_bytes = 4000;
  made.replay_guard = std::make_shared<tls::ReplayGuard>();
  const TestServer server(made);
  const std::string file = folder_ / "session", early = folder_ / "early";
  std::ofstream(early) << "early words";
  (void)s_client(server, "-tls1_3 -sess_out " + file);
  std::string out = s_client(server, "-tls1_3 -sess_in " + file + " -early_data " + early);
  EXPECT_TRUE(has(out, "Early data was accepted")) << out;
  EXPECT_TRUE(has(out, "answer to /x")) << out;
  EXPECT_EQ(server.last().early, "early words");
  auto refusing = config();
  refusing.tickets = made.tickets;  // the ticket is taken, the early data is not
  const TestServer other(refusing);
  out = s_client(other, "-tls1_3 -sess_in " + file + " -early_data " + early);
  EXPECT_TRUE(has(out, "Early data was rejected")) << out;
  EXPECT_TRUE(has(out, "answer to /x")) << out;
  EXPECT_EQ(other.last().early, "");
}

TEST_F(Clients, OpensslUpdatesKeysAndIsRefusedARenegotiation) {
  AVILA_REQUIRE_PROGRAM("openssl");
  const TestServer server(config());
  // "K" asks for new keys both ways, "R" for a renegotiation.
  const auto say = [&](const std::string& command, const std::string& version) {
    return run_command(
               "(sleep 0.3; printf '" + command +
               "\\n'; sleep 0.3; printf 'GET /x HTTP/1.0\\r\\n\\r\\n'; sleep 0.5) | timeout 10 "
               "openssl s_client -connect 127.0.0.1:" +
               server.port() + " " + version + " 2>&1")
        .out;
  };
  std::string out = say("K", "-tls1_3");
  EXPECT_TRUE(has(out, "KEYUPDATE")) << out;
  EXPECT_TRUE(has(out, "answer to /x")) << out;
  out = say("R", "-tls1_2");
  EXPECT_TRUE(has(out, "RENEGOTIATING")) << out;
  EXPECT_TRUE(has(out, "no renegotiation") || has(out, "no_renegotiation")) << out;
}

TEST_F(Clients, OpensslShowsACertificate) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    for (const KeyType type : {KeyType::P256, KeyType::Ed25519, KeyType::Rsa}) {
      auto made = config();
      const auto mine = avila_test::make_credential(type, "client.test", 6);
      const Files files(folder_, "client", *mine);
      made.client_auth = tls::ClientAuth::Require;
      made.verifier = avila_test::pin(*mine);
      const TestServer server(made);
      std::string out =
          s_client(server, version + " -cert " + files.certificate + " -key " + files.key);
      EXPECT_TRUE(has(out, "answer to /x")) << out;
      ASSERT_EQ(server.last().info.peer_chain.size(), 1u);
      out = s_client(server, version);
      EXPECT_FALSE(has(out, "answer to /x")) << out;
      EXPECT_TRUE(has(out, "alert")) << out;
    }
  }
}

TEST_F(Clients, OpensslSeesProtocolStapleAndExporter) {
  AVILA_REQUIRE_PROGRAM("openssl");
  auto made = config();
  const TestServer server(made);
  std::string out = s_client(server, "-alpn h2,http/1.1");
  EXPECT_TRUE(has(out, "ALPN protocol: http/1.1")) << out;
  out = s_client(server, "-alpn h2");
  EXPECT_TRUE(has(out, "no application protocol")) << out;
}

TEST_F(Clients, OpensslIsRefusedWhatIsOld) {
  AVILA_REQUIRE_PROGRAM("openssl");
  const TestServer server(config());
  std::string out = s_client(server, "-tls1_1 -cipher DEFAULT:@SECLEVEL=0");
  EXPECT_TRUE(has(out, "alert protocol version")) << out;
  EXPECT_EQ(server.last().alert, tls::Alert::ProtocolVersion);
  out = s_client(server, "-tls1_2 -fallback_scsv");
  EXPECT_TRUE(has(out, "alert inappropriate fallback")) << out;
  out = s_client(server, "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256");
  EXPECT_TRUE(has(out, "alert handshake failure")) << out;
}

TEST_F(Clients, GnutlsEverything) {
  AVILA_REQUIRE_PROGRAM("gnutls-cli");
  for (const KeyType type : {KeyType::P256, KeyType::Rsa, KeyType::Ed25519}) {
    const TestServer server(config(type));
    for (const std::string priority :
         {"NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2",
          "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305",
          "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM",
          "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305",
          "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE2048:+GROUP-SECP384R1",
          "NORMAL:-VERS-ALL:+VERS-TLS1.2:-GROUP-ALL:+GROUP-SECP256R1"}) {
      const std::string out = gnutls(server, "--priority " + priority);
      EXPECT_TRUE(has(out, "answer to /x")) << priority << "\n" << out;
      EXPECT_TRUE(has(out, "Handshake was completed")) << out;
    }
  }
}

TEST_F(Clients, GnutlsResumes) {
  AVILA_REQUIRE_PROGRAM("gnutls-cli");
  for (const std::string version : {"1.2", "1.3"}) {
    const TestServer server(config());
    const std::string out =
        gnutls(server, "--resume --priority NORMAL:-VERS-ALL:+VERS-TLS" + version);
    EXPECT_TRUE(has(out, "This is a resumed session")) << out;
  }
}

TEST_F(Clients, CurlReadsWritesAndKeepsConnections) {
  AVILA_REQUIRE_PROGRAM("curl");
  for (const KeyType type : {KeyType::P256, KeyType::Rsa}) {
    const TestServer server(config(type));
    EXPECT_EQ(curl(server, "--tlsv1.3"), "answer to /x\n");
    EXPECT_EQ(curl(server, "--tls-max 1.2"), "answer to /x\n");
    EXPECT_EQ(curl(server, "", "/big"), std::string(1 << 20, 'b'));
    const std::string body = folder_ / "body";
    std::ofstream(body) << std::string(700'000, 'q');
    EXPECT_EQ(curl(server, "--data-binary @" + body).size(), 700'000u);
    const std::size_t before = server.served().size();
    EXPECT_EQ(curl(server, "", "/x https://example.test/y"), "answer to /x\nanswer to /y\n");
    EXPECT_EQ(server.served().size(), before + 1);
  }
}

}  // namespace

// Chromium against our server: the peer that has X25519MLKEM768.
#include "fixture.hpp"

namespace {

using namespace tls_interop;

TEST(Browser, ChromiumAgreesOnThePostQuantumGroup) {
  AVILA_REQUIRE_PROGRAM("chromium");
  tls::ServerConfig config;
  config.credentials = {avila_test::make_credential(KeyType::P256, "localhost", 5)};
  config.alpn = {"http/1.1"};
  const TestServer server(std::move(config));
  const std::string page = avila_test::dump_dom("https://localhost:" + server.port() + "/x");
  EXPECT_NE(page.find("answer to /x"), std::string::npos) << page;
  bool agreed = false;  // it may have connected more than once
  for (const Served& each : server.served()) {
    agreed |= each.info.group == tls::NamedGroup::X25519MlKem768 &&
              each.info.version == tls::ProtocolVersion::Tls13;
  }
  EXPECT_TRUE(agreed);
}

}  // namespace

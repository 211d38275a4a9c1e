#include <gtest/gtest.h>

#include <avila/os/clock.hpp>
#include <avila/tls/store_verifier.hpp>
#include <avila_test/tls.hpp>

namespace {

using namespace avila;
using namespace avila::tls;
using avila_test::pump;
using avila_test::TlsPair;

class StoreVerified : public testing::Test {
 protected:
  StoreVerified() {
    pki::TrustStore store;
    store.add(pki::Certificate::parse(pair_.credential->chain.front()).value());
    pair_.client.verifier = std::make_shared<StoreVerifier>(std::move(store));
  }
  Alert says() {
    auto client = pair_.make_client().value();
    auto server = pair_.make_server().value();
    const auto verdicts = pump(client, server);
    return verdicts.client.has_value() ? Alert::CloseNotify : alert_for(verdicts.client.error());
  }
  TlsPair pair_;
};

TEST_F(StoreVerified, TakesWhatIsInTheStoreAndOfThatName) {
  EXPECT_EQ(says(), Alert::CloseNotify);
  pair_.options.server_name = "localhost";
  EXPECT_EQ(says(), Alert::CloseNotify);
}

TEST_F(StoreVerified, RefusesOtherNamesAndNone) {
  pair_.options.server_name = "other.test";
  EXPECT_EQ(says(), Alert::BadCertificate);
  pair_.options.server_name = "";
  EXPECT_EQ(says(), Alert::BadCertificate);
}

TEST_F(StoreVerified, RefusesWhatNobodyVouchesFor) {
  pair_.client.verifier = std::make_shared<StoreVerifier>(pki::TrustStore());
  EXPECT_EQ(says(), Alert::UnknownCa);
}

TEST_F(StoreVerified, RefusesWhatIsPastItsDate) {
  os::ManualClock late(WallTime{5'000'000'000'000'000'000});
  pair_.client.clock = &late;
  EXPECT_EQ(says(), Alert::CertificateExpired);
}

TEST_F(StoreVerified, RefusesAStapleThatCannotBeRead) {
  auto key = crypto::PrivateKey::from_pkcs8(pair_.credential->key.to_pkcs8().span()).value();
  pair_.server.credentials = {std::make_shared<const Credential>(
      Credential{pair_.credential->chain, std::move(key), std::vector<std::byte>(20), {}})};
  EXPECT_EQ(says(), Alert::BadCertificateStatusResponse);
}

TEST_F(StoreVerified, ClientsToo) {
  pair_.client.credential = pair_.credential;
  pair_.server.client_auth = ClientAuth::Require;
  pair_.server.verifier = pair_.client.verifier;
  EXPECT_EQ(says(), Alert::CloseNotify);
  pair_.client.credential = avila_test::make_credential(crypto::KeyType::P256, "stranger.test", 77);
  auto client = pair_.make_client().value();
  auto server = pair_.make_server().value();
  EXPECT_TRUE(pump(client, server).server.error().is(Alert::UnknownCa));
}

}  // namespace

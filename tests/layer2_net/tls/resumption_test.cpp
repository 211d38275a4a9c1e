// Tickets, early data, and what must not be resumed.
#include <gtest/gtest.h>

#include <avila/os/clock.hpp>
#include <avila/tls/engine.hpp>
#include <avila_test/tls.hpp>

namespace {

using namespace avila;
using namespace avila::tls;
using avila_test::pump;
using avila_test::read_all;
using avila_test::TlsPair;
using crypto::KeyType;

class Resumption : public testing::TestWithParam<ProtocolVersion> {
 protected:
  Resumption() {
    pair_.server.version_min = pair_.server.version_max = GetParam();
    pair_.client.sessions = store_;
    pair_.server.tickets = TicketKeys::create({}, os::system_entropy(), clock_).value();
    pair_.client.clock = pair_.server.clock = &clock_;
  }
  bool resumes() {
    auto client = pair_.make_client().value();
    auto server = pair_.make_server().value();
    const auto verdicts = pump(client, server);
    EXPECT_TRUE(verdicts.client.has_value()) << verdicts.client.error().to_string();
    EXPECT_TRUE(verdicts.server.has_value()) << verdicts.server.error().to_string();
    EXPECT_TRUE(client.is_connected() && server.is_connected());
    EXPECT_EQ(client.info().resumed, server.info().resumed);
    EXPECT_EQ(client.info().peer_chain, pair_.credential->chain);
    client_chain_ = server.info().peer_chain;
    EXPECT_TRUE(client.write(as_bytes("x")).has_value());
    EXPECT_TRUE(server.write(as_bytes("y")).has_value());
    (void)pump(client, server);
    EXPECT_EQ(read_all(server) + read_all(client), "xy");
    return client.info().resumed;
  }
  os::ManualClock clock_;
  std::shared_ptr<SessionCache> store_ = std::make_shared<SessionCache>();
  TlsPair pair_;
  CertificateChain client_chain_;
};
INSTANTIATE_TEST_SUITE_P(Tls, Resumption,
                         testing::Values(ProtocolVersion::Tls12, ProtocolVersion::Tls13));

TEST_P(Resumption, WorksAgainAndAgain) {
  EXPECT_FALSE(resumes());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(resumes());
}

TEST_P(Resumption, WithARetry) {
  pair_.server.groups = {NamedGroup::P384};
  EXPECT_FALSE(resumes());
  EXPECT_TRUE(resumes());
}

TEST_P(Resumption, WithEveryHash) {
  for (const CipherSuite suite :
       {CipherSuite::Aes256GcmSha384, CipherSuite::ChaCha20Poly1305Sha256,
        CipherSuite::EcdheEcdsaAes256GcmSha384, CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256}) {
    if (info_of(suite).version != GetParam()) continue;
    store_ = std::make_shared<SessionCache>();
    pair_.client.sessions = store_;
    pair_.server.suites = {suite};
    EXPECT_FALSE(resumes());
    EXPECT_TRUE(resumes());
  }
}

TEST_P(Resumption, EndsWithTheTicketsLife) {
  EXPECT_FALSE(resumes());
  clock_.advance(seconds(24 * 3600 + 1));
  EXPECT_FALSE(resumes());
}

TEST_P(Resumption, SurvivesOneRotationNotTwo) {
  EXPECT_FALSE(resumes());
  ASSERT_TRUE(pair_.server.tickets->rotate().has_value());
  EXPECT_TRUE(resumes());
  ASSERT_TRUE(pair_.server.tickets->rotate().has_value());
  ASSERT_TRUE(pair_.server.tickets->rotate().has_value());
  EXPECT_FALSE(resumes());
}

TEST_P(Resumption, KeysRotateByTheClock) {
  EXPECT_FALSE(resumes());
  clock_.advance(hours(13));
  EXPECT_TRUE(resumes());  // opened by the key before; sealed again by a new one
  clock_.advance(hours(30));
  EXPECT_FALSE(resumes());
}

TEST_P(Resumption, NotUnderAnotherName) {
  EXPECT_FALSE(resumes());
  pair_.options.session_key = "example.test";
  pair_.options.server_name = "other.test";
  EXPECT_FALSE(resumes());
}

TEST_P(Resumption, NotWithAnotherServersKeys) {
  EXPECT_FALSE(resumes());
  pair_.server.tickets = TicketKeys::create({}, os::system_entropy(), clock_).value();
  EXPECT_FALSE(resumes());
}

TEST_P(Resumption, NotWhenTheServerIsNoLongerTrusted) {
  EXPECT_FALSE(resumes());
  pair_.client.verifier = std::make_shared<PinnedVerifier>();
  auto client = pair_.make_client().value();
  auto server = pair_.make_server().value();
  EXPECT_TRUE(pump(client, server).client.error().is(Alert::UnknownCa));
}

TEST_P(Resumption, KeepsTheClientsCertificate) {
  const auto mine = avila_test::make_credential(KeyType::P256, "client.test", 3);
  pair_.client.credential = mine;
  pair_.server.client_auth = ClientAuth::Require;
  pair_.server.verifier = avila_test::pin(*mine);
  EXPECT_FALSE(resumes());
  EXPECT_TRUE(resumes());
  EXPECT_EQ(client_chain_, mine->chain);
  // Who is not trusted any more is asked again, and then refused.
  pair_.server.verifier = std::make_shared<PinnedVerifier>();
  auto client = pair_.make_client().value();
  auto server = pair_.make_server().value();
  EXPECT_TRUE(pump(client, server).server.error().is(Alert::UnknownCa));
}

TEST_P(Resumption, NotWithoutTheCertificateThatIsRequiredNow) {
  EXPECT_FALSE(resumes());
  pair_.client.credential = avila_test::make_credential(KeyType::P256, "client.test", 3);
  pair_.server.client_auth = ClientAuth::Require;
  pair_.server.verifier = avila_test::pin(*pair_.client.credential);
  EXPECT_FALSE(resumes());
}

TEST_P(Resumption, DamagedTicketsAreNoHarm) {
  EXPECT_FALSE(resumes());
  const auto session = store_->take("example.test");
  ASSERT_NE(session, nullptr);
  for (std::size_t i = 0; i < session->ticket.size(); i += 13) {
    auto copy = std::make_shared<Session>();
    copy->version = session->version;
    copy->suite = session->suite;
    copy->secret = SecretBytes::copy_of(session->secret.span());
    copy->lifetime_s = session->lifetime_s;
    copy->issued = session->issued;
    copy->server_name = session->server_name;
    copy->peer_chain = session->peer_chain;
    copy->ticket = session->ticket;
    copy->ticket[i] ^= std::byte{1};
    store_ = std::make_shared<SessionCache>();
    store_->put("example.test", copy);
    pair_.client.sessions = store_;
    EXPECT_FALSE(resumes()) << i;
  }
}

TEST(SessionCache, KeepsTheNewestOfEachAndOfAll) {
  SessionCache cache(3, 2);
  const auto session = [](std::uint32_t id) {
    auto made = std::make_shared<Session>();
    made->age_add = id;
    return made;
  };
  for (std::uint32_t i = 0; i < 3; ++i) cache.put("a", session(i));
  EXPECT_EQ(cache.size(), 2u);
  cache.put("b", session(10));
  cache.put("c", session(11));
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_EQ(cache.take("a")->age_add, 2u);
  EXPECT_EQ(cache.take("a"), nullptr);
  EXPECT_EQ(cache.take("b")->age_add, 10u);
}

// ---- early data

class EarlyData : public testing::Test {
 protected:
  EarlyData() {
    pair_.client.sessions = store_;
    pair_.client.clock = pair_.server.clock = &clock_;
    pair_.server.tickets = TicketKeys::create({}, os::system_entropy(), clock_).value();
    pair_.server.early_data_bytes = 1000;
    pair_.server.replay_guard = std::make_shared<ReplayGuard>();
    auto client = pair_.make_client().value();
    auto server = pair_.make_server().value();
    (void)pump(client, server);
    EXPECT_TRUE(client.is_connected());
    set("early words");
  }
  void set(std::string_view words) {
    pair_.options.early_data.assign(as_bytes(words).begin(), as_bytes(words).end());
  }
  /// What came early, and whether it was taken.
  std::pair<std::string, bool> run() {
    auto client = pair_.make_client().value();
    auto server = pair_.make_server().value();
    const auto verdicts = pump(client, server);
    EXPECT_TRUE(verdicts.client.has_value()) << verdicts.client.error().to_string();
    EXPECT_TRUE(verdicts.server.has_value()) << verdicts.server.error().to_string();
    EXPECT_TRUE(client.is_connected() && server.is_connected());
    EXPECT_EQ(client.early_data_accepted(), server.early_data_accepted());
    EXPECT_TRUE(client.write(as_bytes("late")).has_value());
    (void)pump(client, server);
    EXPECT_EQ(read_all(server), "late");
    return {std::string(as_text(server.early_data())), client.early_data_accepted()};
  }
  using Outcome = std::pair<std::string, bool>;
  const Outcome kRefused{"", false};
  os::ManualClock clock_;
  std::shared_ptr<SessionCache> store_ = std::make_shared<SessionCache>();
  TlsPair pair_;
};

TEST_F(EarlyData, IsTakenApart) { EXPECT_EQ(run(), Outcome("early words", true)); }

TEST_F(EarlyData, IsRefusedWhereItIsOff) {
  pair_.server.early_data_bytes = 0;
  EXPECT_EQ(run(), kRefused);
}

TEST_F(EarlyData, IsRefusedAfterARetry) {
  pair_.server.groups = {NamedGroup::P384};
  EXPECT_EQ(run(), kRefused);
}

TEST_F(EarlyData, IsRefusedWhenItIsOld) {
  // The client's clock and ours went apart by more than the window.
  os::ManualClock late(clock_.wall() + seconds(11));
  pair_.server.clock = &late;
  EXPECT_EQ(run(), kRefused);
}

TEST_F(EarlyData, IsRefusedUnderAnotherProtocol) {
  pair_.client.alpn = pair_.server.alpn = {"h2"};
  EXPECT_EQ(run(), kRefused);
}

TEST_F(EarlyData, IsRefusedByAFullGuard) {
  pair_.server.replay_guard = std::make_shared<ReplayGuard>(0);
  EXPECT_EQ(run(), kRefused);
}

TEST_F(EarlyData, IsNotSentBeyondWhatTheTicketAllows) {
  set(std::string(1001, 'x'));
  EXPECT_EQ(run(), kRefused);
}

TEST_F(EarlyData, ARecordedFlightIsTakenOnce) {
  auto client = pair_.make_client().value();
  const std::vector<std::byte> flight(client.output().begin(), client.output().end());
  auto first = pair_.make_server().value();
  ASSERT_TRUE(first.receive(flight).has_value());
  EXPECT_EQ(as_text(first.early_data()), "early words");
  for (int i = 0; i < 3; ++i) {
    clock_.advance(seconds(7));
    auto again = pair_.make_server().value();
    ASSERT_TRUE(again.receive(flight).has_value());
    EXPECT_EQ(as_text(again.early_data()), "") << i;
  }
}

TEST(ReplayGuard, RemembersForTwoWindows) {
  ReplayGuard guard(100, seconds(10));
  const WallTime start{1'700'000'000'000'000'000};
  EXPECT_TRUE(guard.accept(as_bytes("a"), start));
  for (int at = 0; at <= 20; at += 4)
    EXPECT_FALSE(guard.accept(as_bytes("a"), start + seconds(at)));
  EXPECT_FALSE(guard.accept(as_bytes("a"), start - seconds(5)));  // a clock that went back
  EXPECT_TRUE(guard.accept(as_bytes("a"), start + seconds(100)));
}

}  // namespace

// Whole handshakes between our two sides, of every kind.
#include <gtest/gtest.h>

#include <avila/tls/engine.hpp>
#include <avila_test/tls.hpp>

namespace {

using namespace avila;
using namespace avila::tls;
using avila_test::pump;
using avila_test::read_all;
using avila_test::TlsPair;
using crypto::KeyType;

/// Shakes hands, then sends text both ways.
void expect_works(Engine& client, Engine& server, std::size_t chunk = 1 << 20) {
  const auto verdicts = pump(client, server, chunk);
  ASSERT_TRUE(verdicts.client.has_value()) << verdicts.client.error().to_string();
  ASSERT_TRUE(verdicts.server.has_value()) << verdicts.server.error().to_string();
  ASSERT_TRUE(client.is_connected());
  ASSERT_TRUE(server.is_connected());
  ASSERT_TRUE(client.write(as_bytes("question")).has_value());
  ASSERT_TRUE(server.write(as_bytes("answer")).has_value());
  (void)pump(client, server, chunk);
  EXPECT_EQ(read_all(server), "question");
  EXPECT_EQ(read_all(client), "answer");
}

void expect_works(const TlsPair& pair, std::size_t chunk = 1 << 20) {
  auto client = pair.make_client();
  auto server = pair.make_server();
  ASSERT_TRUE(client.has_value()) << client.error().to_string();
  ASSERT_TRUE(server.has_value()) << server.error().to_string();
  expect_works(*client, *server, chunk);
}

class Versions : public testing::TestWithParam<ProtocolVersion> {
 protected:
  void limit(TlsPair& pair) const {
    pair.server.version_min = pair.server.version_max = GetParam();
  }
};
INSTANTIATE_TEST_SUITE_P(Tls, Versions,
                         testing::Values(ProtocolVersion::Tls12, ProtocolVersion::Tls13));

TEST(Handshake, AgreesOnTheBest) {
  const TlsPair pair;
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  expect_works(client, server);
  for (const Engine* engine : {&client, &server}) {
    EXPECT_EQ(engine->info().version, ProtocolVersion::Tls13);
    EXPECT_EQ(engine->info().group, NamedGroup::X25519MlKem768);
    EXPECT_EQ(engine->info().suite, CipherSuite::Aes128GcmSha256);
    EXPECT_EQ(engine->info().signature, SignatureScheme::EcdsaP256Sha256);
    EXPECT_EQ(engine->info().server_name, "example.test");
    EXPECT_FALSE(engine->info().resumed);
    EXPECT_FALSE(engine->info().hello_retried);
  }
}

TEST(Handshake, EverySuite) {
  for (const CipherSuite suite : CommonConfig().suites) {
    SCOPED_TRACE(std::string(name(suite)));
    const SuiteInfo& info = info_of(suite);
    TlsPair pair(info.version == ProtocolVersion::Tls12 && info.rsa ? KeyType::Rsa : KeyType::P256);
    pair.server.version_min = pair.server.version_max = info.version;
    pair.server.suites = {suite};
    auto client = pair.make_client().value();
    auto server = pair.make_server().value();
    expect_works(client, server);
    EXPECT_EQ(client.info().suite, suite);
  }
}

TEST_P(Versions, EveryGroup) {
  for (const NamedGroup group : CommonConfig().groups) {
    if (group == NamedGroup::X25519MlKem768 && GetParam() == ProtocolVersion::Tls12) continue;
    SCOPED_TRACE(std::string(name(group)));
    TlsPair pair;
    limit(pair);
    pair.server.groups = {group};
    auto client = pair.make_client().value();
    auto server = pair.make_server().value();
    expect_works(client, server);
    EXPECT_EQ(client.info().group, group);
    EXPECT_EQ(server.info().group, group);
    const bool offered = group == NamedGroup::X25519MlKem768 || group == NamedGroup::X25519;
    EXPECT_EQ(client.info().hello_retried, GetParam() == ProtocolVersion::Tls13 && !offered);
  }
}

TEST_P(Versions, EveryKindOfKey) {
  for (const KeyType type :
       {KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Ed25519, KeyType::Rsa}) {
    SCOPED_TRACE(std::string(crypto::name(type)));
    TlsPair pair(type);
    limit(pair);
    expect_works(pair);
  }
}

TEST_P(Versions, RecordsOfOneByteAtATime) {
  TlsPair pair;
  limit(pair);
  pair.server.client_auth = ClientAuth::Request;
  pair.server.verifier = pair.client.verifier;
  pair.client.credential = pair.credential;
  expect_works(pair, 1);
}

TEST(Handshake, RetriesWithACookie) {
  TlsPair pair;
  pair.server.groups = {NamedGroup::P256};
  pair.server.send_cookie = true;
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  expect_works(client, server);
  EXPECT_TRUE(client.info().hello_retried);
  EXPECT_TRUE(server.info().hello_retried);
}

TEST(Handshake, WithoutMiddleboxCompatibility) {
  TlsPair pair;
  pair.client.middlebox_compat = false;
  expect_works(pair);
  pair.server.groups = {NamedGroup::P384};
  expect_works(pair);
}

TEST_P(Versions, ChoosesTheServersProtocol) {
  TlsPair pair;
  limit(pair);
  pair.client.alpn = {"http/1.1", "h2"};
  pair.server.alpn = {"h2", "http/1.1"};
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  expect_works(client, server);
  EXPECT_EQ(client.info().alpn, "h2");
  EXPECT_EQ(server.info().alpn, "h2");
}

TEST_P(Versions, RefusesAProtocolNobodyHas) {
  TlsPair pair;
  limit(pair);
  pair.client.alpn = {"h2"};
  pair.server.alpn = {"spdy/1"};
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  const auto verdicts = pump(client, server);
  EXPECT_TRUE(verdicts.server.error().is(Alert::NoApplicationProtocol));
  EXPECT_EQ(alert_from_peer(verdicts.client.error()), Alert::NoApplicationProtocol);
}

TEST_P(Versions, ChoosesTheCertificateByName) {
  const auto other = avila_test::make_credential(KeyType::P256, "other.test", 7);
  const auto wild = avila_test::make_credential(KeyType::P256, "*.wild.test", 8);
  const auto named = [](const Credential& of, std::string name) {
    auto key = crypto::PrivateKey::from_pkcs8(of.key.to_pkcs8().span()).value();
    return std::make_shared<const Credential>(
        Credential{of.chain, std::move(key), {}, {std::move(name)}});
  };
  TlsPair pair;
  limit(pair);
  pair.server.credentials = {named(*other, "other.test"), named(*wild, "*.wild.test"),
                             pair.credential};
  auto verifier = std::make_shared<PinnedVerifier>();
  for (const auto& credential : pair.server.credentials) verifier->add(credential->chain.front());
  pair.client.verifier = verifier;
  const auto shown = [&](std::string name) {
    pair.options.server_name = std::move(name);
    auto client = pair.make_client().value();
    auto server = pair.make_server().value();
    expect_works(client, server);
    return client.info().peer_chain.front();
  };
  EXPECT_EQ(shown("OTHER.test"), other->chain.front());
  EXPECT_EQ(shown("a.wild.test"), wild->chain.front());
  EXPECT_EQ(shown("a.b.wild.test"), pair.credential->chain.front());
  EXPECT_EQ(shown("unknown.test"), pair.credential->chain.front());
  EXPECT_EQ(shown("127.0.0.1"), pair.credential->chain.front());
  EXPECT_EQ(shown("other.test."),
            other->chain.front());  // RFC 6066 section 3: sent without the dot
}

TEST_P(Versions, AnRsaAndAnEcCertificateByWhatTheClientChecks) {
  TlsPair pair;
  limit(pair);
  const auto rsa = avila_test::make_credential(KeyType::Rsa, "rsa.test", 9);
  pair.server.credentials = {pair.credential, rsa};
  pair.client.verifier = avila_test::pin(*rsa);
  pair.client.signatures = {SignatureScheme::RsaPssSha256};
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  expect_works(client, server);
  EXPECT_EQ(server.info().signature, SignatureScheme::RsaPssSha256);
}

TEST_P(Versions, RefusesACertificateThatIsNotTrusted) {
  TlsPair pair;
  limit(pair);
  pair.client.verifier = std::make_shared<PinnedVerifier>();
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  const auto verdicts = pump(client, server);
  EXPECT_TRUE(verdicts.client.error().is(Alert::UnknownCa));
  EXPECT_EQ(alert_from_peer(verdicts.server.error()), Alert::UnknownCa);
  EXPECT_FALSE(server.is_connected());
}

TEST_P(Versions, ClientCertificates) {
  TlsPair pair;
  limit(pair);
  for (const KeyType type : {KeyType::P256, KeyType::Ed25519, KeyType::Rsa}) {
    const auto mine = avila_test::make_credential(type, "client.test", 3);
    pair.client.credential = mine;
    pair.server.client_auth = ClientAuth::Require;
    pair.server.verifier = avila_test::pin(*mine);
    auto client = pair.make_client().value();
    auto server = pair.make_server().value();
    expect_works(client, server);
    ASSERT_EQ(server.info().peer_chain.size(), 1u);
    EXPECT_EQ(server.info().peer_chain.front(), mine->chain.front());
  }
}

TEST_P(Versions, ClientsWithoutACertificate) {
  TlsPair pair;
  limit(pair);
  pair.server.verifier = pair.client.verifier;
  pair.server.client_auth = ClientAuth::Request;
  expect_works(pair);
  pair.server.client_auth = ClientAuth::Require;
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  const auto verdicts = pump(client, server);
  const Alert alert =
      GetParam() == ProtocolVersion::Tls13 ? Alert::CertificateRequired : Alert::HandshakeFailure;
  EXPECT_TRUE(verdicts.server.error().is(alert));
  EXPECT_EQ(alert_from_peer(verdicts.client.error()), alert);
}

TEST_P(Versions, ClientCertificatesThatAreNotTrusted) {
  TlsPair pair;
  limit(pair);
  pair.client.credential = avila_test::make_credential(KeyType::P256, "client.test", 3);
  pair.server.client_auth = ClientAuth::Request;
  pair.server.verifier = std::make_shared<PinnedVerifier>();
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  const auto verdicts = pump(client, server);
  EXPECT_TRUE(verdicts.server.error().is(Alert::UnknownCa));
  EXPECT_EQ(alert_from_peer(verdicts.client.error()), Alert::UnknownCa);
}

/// Keeps what it was shown.
class Recorder final : public CertificateVerifier {
 public:
  Result<void> verify(const PeerIdentity& peer) const override {
    ocsp.assign(peer.ocsp_response.begin(), peer.ocsp_response.end());
    server_name = peer.server_name;
    return {};
  }
  mutable std::vector<std::byte> ocsp;
  mutable std::string server_name;
};

TEST_P(Versions, StaplesAnOcspResponse) {
  TlsPair pair;
  limit(pair);
  auto key = crypto::PrivateKey::from_pkcs8(pair.credential->key.to_pkcs8().span()).value();
  const std::vector<std::byte> staple(300, std::byte{42});
  pair.server.credentials = {std::make_shared<const Credential>(
      Credential{pair.credential->chain, std::move(key), staple, {}})};
  const auto recorder = std::make_shared<Recorder>();
  pair.client.verifier = recorder;
  expect_works(pair);
  EXPECT_EQ(recorder->ocsp, staple);
  EXPECT_EQ(recorder->server_name, "example.test");
  pair.client.request_ocsp = false;
  expect_works(pair);
  EXPECT_TRUE(recorder->ocsp.empty());
}

TEST_P(Versions, LogsKeys) {
  TlsPair pair;
  limit(pair);
  std::vector<std::string> ours, theirs;
  pair.client.key_log = [&](std::string_view line) { ours.emplace_back(line); };
  pair.server.key_log = [&](std::string_view line) { theirs.emplace_back(line); };
  expect_works(pair);
  std::sort(ours.begin(), ours.end());
  std::sort(theirs.begin(), theirs.end());
  EXPECT_EQ(ours, theirs);
  ASSERT_EQ(ours.size(), GetParam() == ProtocolVersion::Tls13 ? 5u : 1u);
  if (GetParam() == ProtocolVersion::Tls12) {
    EXPECT_EQ(ours[0].substr(0, 14), "CLIENT_RANDOM ");
    EXPECT_EQ(ours[0].size(), 14u + 64 + 1 + 96);
  }
}

TEST_P(Versions, ExportsTheSameKeys) {
  TlsPair pair;
  limit(pair);
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  std::array<std::byte, 40> a{}, b{}, c{};
  EXPECT_TRUE(client.export_keying_material("x", {}, a).error().is(Errc::PreconditionFailed));
  expect_works(client, server);
  ASSERT_TRUE(client.export_keying_material("label", as_bytes("context"), a).has_value());
  ASSERT_TRUE(server.export_keying_material("label", as_bytes("context"), b).has_value());
  ASSERT_TRUE(server.export_keying_material("label", as_bytes("other"), c).has_value());
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

TEST_P(Versions, BigWritesAndManyOfThem) {
  TlsPair pair;
  limit(pair);
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  expect_works(client, server);
  std::string sent;
  for (std::size_t i = 0; i < 300'000; ++i) sent += static_cast<char>(i * 31 % 251);
  ASSERT_TRUE(client.write(as_bytes(sent)).has_value());
  for (std::size_t i = 0; i < 100; ++i)
    ASSERT_TRUE(client.write(as_bytes(std::string_view(sent).substr(i, 1))).has_value());
  std::string got;
  Result<void> verdict;
  while (!client.output().empty()) {
    const auto part = client.output().first(std::min<std::size_t>(client.output().size(), 7777));
    ASSERT_TRUE(server.receive(part).has_value());
    client.sent(part.size());
    got += read_all(server);
  }
  EXPECT_EQ(got, sent + sent.substr(0, 100));
}

TEST_P(Versions, ClosesInOrder) {
  TlsPair pair;
  limit(pair);
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  expect_works(client, server);
  ASSERT_TRUE(client.write(as_bytes("last words")).has_value());
  ASSERT_TRUE(client.close().has_value());
  EXPECT_TRUE(client.write(as_bytes("more")).error().is(Errc::Closed));
  (void)pump(client, server);
  EXPECT_EQ(read_all(server), "last words");
  EXPECT_TRUE(server.is_read_closed());
  EXPECT_TRUE(server.receive_end().has_value());
  ASSERT_TRUE(server.write(as_bytes("I heard")).has_value());  // half-closed
  (void)pump(client, server);
  EXPECT_EQ(read_all(client), "I heard");
  EXPECT_TRUE(client.receive_end().error().is(TransportFault::Truncated));
}

// RFC 8446 section 6.1: the one says no more, whatever the other asks.
TEST(Handshake, SaysNothingBehindItsCloseNotify) {
  TlsPair pair;
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  expect_works(client, server);
  ASSERT_TRUE(client.close().has_value());
  (void)pump(client, server);
  ASSERT_TRUE(server.update_keys(true).has_value());
  ASSERT_TRUE(server.write(as_bytes("still here")).has_value());
  const std::vector<std::byte> bytes(server.output().begin(), server.output().end());
  ASSERT_TRUE(client.receive(bytes).has_value());
  EXPECT_EQ(read_all(client), "still here");
  EXPECT_TRUE(client.output().empty());
}

TEST_P(Versions, AnEndWithoutCloseNotifyIsATruncation) {
  TlsPair pair;
  limit(pair);
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  EXPECT_TRUE(pair.make_client().value().receive_end().error().is(TransportFault::Truncated));
  expect_works(client, server);
  EXPECT_TRUE(server.receive_end().error().is(TransportFault::Truncated));
  EXPECT_TRUE(server.output().empty());
}

TEST(Handshake, VersionsWithoutOverlap) {
  TlsPair pair;
  pair.client.version_max = ProtocolVersion::Tls12;
  pair.server.version_min = ProtocolVersion::Tls13;
  auto client = pair.make_client().value();
  auto server = pair.make_server().value();
  const auto verdicts = pump(client, server);
  EXPECT_TRUE(verdicts.server.error().is(Alert::ProtocolVersion));
  EXPECT_EQ(alert_from_peer(verdicts.client.error()), Alert::ProtocolVersion);
}

TEST(Handshake, NoSuiteOrGroupInCommon) {
  TlsPair pair;
  pair.client.suites = {CipherSuite::Aes128GcmSha256, CipherSuite::EcdheEcdsaAes128GcmSha256};
  pair.server.suites = {CipherSuite::Aes256GcmSha384, CipherSuite::EcdheEcdsaAes256GcmSha384};
  for (const ProtocolVersion version : {ProtocolVersion::Tls12, ProtocolVersion::Tls13}) {
    pair.server.version_min = pair.server.version_max = version;
    auto client = pair.make_client().value();
    auto server = pair.make_server().value();
    EXPECT_TRUE(pump(client, server).server.error().is(Alert::HandshakeFailure));
  }
  pair = TlsPair();
  pair.client.groups = {NamedGroup::P256};
  pair.server.groups = {NamedGroup::X25519};
  for (const ProtocolVersion version : {ProtocolVersion::Tls12, ProtocolVersion::Tls13}) {
    pair.server.version_min = pair.server.version_max = version;
    auto client = pair.make_client().value();
    auto server = pair.make_server().value();
    EXPECT_TRUE(pump(client, server).server.error().is(Alert::HandshakeFailure));
  }
}

TEST(Handshake, ConfigsThatCannotWork) {
  const auto refused = [](const auto& config) {
    return check(config).error().is(Errc::InvalidArgument);
  };
  TlsPair pair;
  EXPECT_TRUE(check(pair.client).has_value());
  EXPECT_TRUE(check(pair.server).has_value());
  ClientConfig client = pair.client;
  client.verifier = nullptr;
  EXPECT_TRUE(refused(client));
  client = pair.client;
  client.alpn = {""};
  EXPECT_TRUE(refused(client));
  client = pair.client;
  client.suites = {CipherSuite::Aes128GcmSha256};  // none of TLS 1.2
  EXPECT_TRUE(refused(client));
  ServerConfig server = pair.server;
  server.credentials.clear();
  EXPECT_TRUE(refused(server));
  server = pair.server;
  server.client_auth = ClientAuth::Request;
  EXPECT_TRUE(refused(server));
  server = pair.server;
  server.early_data_bytes = 1000;
  EXPECT_TRUE(refused(server));
  server = pair.server;
  server.version_min = ProtocolVersion::Tls13;
  server.version_max = ProtocolVersion::Tls12;
  EXPECT_TRUE(refused(server));
}

TEST(Handshake, ReloadsCertificates) {
  TlsPair pair;
  ServerConfigSlot slot(std::make_shared<const ServerConfig>(pair.server));
  auto before = Engine::server(slot.get()).value();
  ServerConfig next = pair.server;
  const auto renewed = avila_test::make_credential(KeyType::P256, "example.test", 99);
  next.credentials = {renewed};
  ASSERT_TRUE(slot.set(std::make_shared<const ServerConfig>(next)).has_value());
  next.credentials.clear();
  EXPECT_FALSE(slot.set(std::make_shared<const ServerConfig>(next)).has_value());
  auto client = pair.make_client().value();
  expect_works(client, before);  // began with the old one, and ends with it
  pair.client.verifier = avila_test::pin(*renewed);
  auto after = Engine::server(slot.get()).value();
  auto second = pair.make_client().value();
  expect_works(second, after);
}

}  // namespace

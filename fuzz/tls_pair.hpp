// A client and a server that always do the same, for fuzz targets.
#pragma once
#include <avila/asn1/writer.hpp>
#include <avila/crypto/key.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/tls/engine.hpp>

namespace tls_fuzz {

using namespace avila;

/// Takes any chain.
class AnyChain final : public tls::CertificateVerifier {
 public:
  Result<void> verify(const tls::PeerIdentity&) const override { return {}; }
};

/// As much of a certificate as TLS reads: the public key.
inline std::shared_ptr<const tls::Credential> credential() {
  static const auto made = [] {
    os::SeededEntropy entropy(1);
    auto key = crypto::PrivateKey::generate(crypto::KeyType::P256, entropy).value();
    asn1::Writer writer;
    writer.sequence([&](asn1::Writer& certificate) {
      certificate.sequence([&](asn1::Writer& body) {
        body.int64(1);
        for (int i = 0; i < 4; ++i) body.sequence([](asn1::Writer&) {});
        body.raw(key.public_key().to_spki());
      });
    });
    tls::CertificateChain chain;
    chain.push_back(writer.take());
    return std::make_shared<const tls::Credential>(
        tls::Credential{std::move(chain), std::move(key), {}, {}});
  }();
  return made;
}

struct Pair {
  explicit Pair(std::uint8_t mode) {
    client.verifier = server.verifier = std::make_shared<AnyChain>();
    client.entropy = server.entropy = &entropy;
    client.clock = server.clock = &clock;
    client.groups = {tls::NamedGroup::X25519, tls::NamedGroup::P256};  // the quick ones
    client.key_shares = 1;
    server.groups = {(mode & 1) != 0 ? tls::NamedGroup::P256 : tls::NamedGroup::X25519};
    if ((mode & 2) != 0) server.version_max = tls::ProtocolVersion::Tls12;
    if ((mode & 4) != 0) {
      server.client_auth = tls::ClientAuth::Request;
      client.credential = credential();
    }
    server.credentials = {credential()};
    client.alpn = server.alpn = {"h2"};
    options.server_name = "fuzz.test";
  }
  tls::Engine make_client() {
    return tls::Engine::client(std::make_shared<const tls::ClientConfig>(client), options).value();
  }
  tls::Engine make_server() {
    return tls::Engine::server(std::make_shared<const tls::ServerConfig>(server)).value();
  }
  os::SeededEntropy entropy{7};
  os::ManualClock clock;
  tls::ClientConfig client;
  tls::ServerConfig server;
  tls::ClientOptions options;
};

/// Everything that one has to say goes to the other. False: nothing was said.
inline bool move_bytes(tls::Engine& from, tls::Engine& to) {
  if (from.output().empty()) return false;
  const std::vector<std::byte> bytes(from.output().begin(), from.output().end());
  from.sent(bytes.size());
  (void)to.receive(bytes);
  return true;
}

}  // namespace tls_fuzz

// tls.*: handshakes in memory, each side's CPU time by itself, and application data, sealed by one
// side and opened by the other. P-256 certificate. For handshakes over sockets: bench_serve --cert
// with `openssl s_time` (http.tls13-handshake).
#include <avila/asn1/writer.hpp>
#include <avila/crypto/key.hpp>
#include <avila/os/entropy.hpp>
#include <avila/tls/engine.hpp>

#include "bench.hpp"

using namespace avila;

namespace {

class AnyChain final : public tls::CertificateVerifier {
 public:
  Result<void> verify(const tls::PeerIdentity&) const override { return {}; }
};

/// As much of a certificate as TLS reads, and as large as one is.
std::shared_ptr<const tls::Credential> credential() {
  auto key = crypto::PrivateKey::generate(crypto::KeyType::P256, os::system_entropy());
  asn1::Writer writer;
  writer.sequence([&](asn1::Writer& certificate) {
    certificate.sequence([&](asn1::Writer& body) {
      body.int64(1);
      for (int i = 0; i < 4; ++i) body.sequence([](asn1::Writer&) {});
      body.raw(key.value().public_key().to_spki());
      body.octet_string(std::vector<std::byte>(300));
    });
  });
  tls::CertificateChain chain;
  chain.push_back(writer.take());
  return std::make_shared<const tls::Credential>(
      tls::Credential{std::move(chain), std::move(key).value(), {}, {}});
}

void move_bytes(tls::Engine& from, tls::Engine& to) {
  if (from.output().empty()) return;
  bench::need(to.receive(from.output()).has_value(), "receive");
  from.sent(from.output().size());
}

struct Kind {
  const char* name;
  tls::ProtocolVersion version;
  tls::NamedGroup group;
  bool resumed;
};

void handshakes() {
  constexpr auto k12 = tls::ProtocolVersion::Tls12, k13 = tls::ProtocolVersion::Tls13;
  for (const Kind& kind :
       {Kind{"tls13.x25519", k13, tls::NamedGroup::X25519, false},
        Kind{"tls13.x25519mlkem768", k13, tls::NamedGroup::X25519MlKem768, false},
        Kind{"tls13.resumed", k13, tls::NamedGroup::X25519, true},
        Kind{"tls12.x25519", k12, tls::NamedGroup::X25519, false},
        Kind{"tls12.resumed", k12, tls::NamedGroup::X25519, true}}) {
    tls::ServerConfig server_config;
    server_config.credentials = {credential()};
    server_config.version_min = server_config.version_max = kind.version;
    if (kind.resumed) server_config.tickets = tls::TicketKeys::create().value();
    tls::ClientConfig client_config;
    client_config.verifier = std::make_shared<AnyChain>();
    client_config.groups = {kind.group};
    if (kind.version == k12) client_config.groups.push_back(tls::NamedGroup::P256);
    if (kind.resumed) client_config.sessions = std::make_shared<tls::SessionCache>();
    const auto server_shared = std::make_shared<const tls::ServerConfig>(server_config);
    const auto client_shared = std::make_shared<const tls::ClientConfig>(client_config);
    double server_time = 0, client_time = 0;
    const auto run = [&](bool timed) {
      tls::ClientOptions options;
      options.server_name = "bench.test";
      double at = bench::cpu_now();
      auto client = tls::Engine::client(client_shared, options).value();
      const auto lap = [&](double& sum) {
        const double now = bench::cpu_now();
        if (timed) sum += now - at;
        at = now;
      };
      lap(client_time);
      auto server = tls::Engine::server(server_shared).value();
      for (int i = 0; i < 3; ++i) {
        move_bytes(client, server);
        lap(server_time);
        move_bytes(server, client);
        lap(client_time);
      }
      bench::need(client.is_connected() && server.is_connected(), "handshake");
    };
    run(false);
    constexpr int kRuns = 1000;
    for (int i = 0; i < kRuns; ++i) run(true);
    const std::string name = std::string("tls.handshake.") + kind.name;
    bench::emit(name + ".server", server_time / kRuns * 1e6, "us");
    bench::emit(name + ".client", client_time / kRuns * 1e6, "us");
  }
}

void bulk() {
  const auto bytes = bench::random_bytes(1 << 20, 2);
  const ByteSpan input = std::as_bytes(std::span(bytes));
  const std::pair<const char*, tls::CipherSuite> suites[] = {
      {"aes-128-gcm", tls::CipherSuite::Aes128GcmSha256},
      {"aes-256-gcm", tls::CipherSuite::Aes256GcmSha384},
      {"chacha20-poly1305", tls::CipherSuite::ChaCha20Poly1305Sha256}};
  for (const auto& [name, suite] : suites) {
    tls::ServerConfig server_config;
    server_config.credentials = {credential()};
    server_config.version_min = tls::ProtocolVersion::Tls13;
    server_config.suites = {suite};
    server_config.limits.unread_bytes = 4 << 20;
    tls::ClientConfig client_config;
    client_config.verifier = std::make_shared<AnyChain>();
    auto client =
        tls::Engine::client(std::make_shared<const tls::ClientConfig>(client_config), {}).value();
    auto server =
        tls::Engine::server(std::make_shared<const tls::ServerConfig>(server_config)).value();
    for (int i = 0; i < 3; ++i) {
      move_bytes(client, server);
      move_bytes(server, client);
    }
    bench::gbs(std::string("tls.seal.") + name + ".1MiB", 1 << 20, [&] {
      bench::need(client.write(input).has_value(), "write");
      client.sent(client.output().size());
    });
    // The server lost those records: a new pair opens what is sealed in each round.
    auto client2 =
        tls::Engine::client(std::make_shared<const tls::ClientConfig>(client_config), {}).value();
    auto server2 =
        tls::Engine::server(std::make_shared<const tls::ServerConfig>(server_config)).value();
    for (int i = 0; i < 3; ++i) {
      move_bytes(client2, server2);
      move_bytes(server2, client2);
    }
    bench::gbs(std::string("tls.seal-and-open.") + name + ".1MiB", 1 << 20, [&] {
      ByteSpan rest = input;
      while (!rest.empty()) {
        const ByteSpan part = rest.first(std::min<std::size_t>(rest.size(), 64 << 10));
        rest = rest.subspan(part.size());
        bench::need(client2.write(part).has_value(), "write");
        move_bytes(client2, server2);
        while (!server2.readable().empty()) {
          bench::keep(server2.readable()[0]);
          bench::need(server2.consume(server2.readable().size()).has_value(), "consume");
        }
      }
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  handshakes();
  bulk();
}

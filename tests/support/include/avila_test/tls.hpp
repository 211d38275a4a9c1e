// What tests of TLS need: certificates made on the spot, two engines face to face.
#pragma once
#include <avila/asn1/writer.hpp>
#include <avila/crypto/key.hpp>
#include <avila/error/assert.hpp>
#include <avila/os/entropy.hpp>
#include <avila/tls/engine.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace avila_test {

/// A self-signed X.509 certificate for localhost and the given name, valid until 2126.
inline std::vector<std::byte> self_signed(const avila::crypto::PrivateKey& key,
                                          std::string_view name, avila::os::Entropy& entropy) {
  using avila::asn1::Writer;
  const auto algorithm = avila::crypto::default_algorithm(key.type());
  const auto write_algorithm = [&](Writer& w) {
    w.sequence([&](Writer& id) {
      switch (key.type()) {
        case avila::crypto::KeyType::Rsa: id.oid("1.2.840.113549.1.1.11").null(); break;
        case avila::crypto::KeyType::P256: id.oid("1.2.840.10045.4.3.2"); break;
        case avila::crypto::KeyType::P384: id.oid("1.2.840.10045.4.3.3"); break;
        case avila::crypto::KeyType::P521: id.oid("1.2.840.10045.4.3.4"); break;
        default: id.oid("1.3.101.112"); break;
      }
    });
  };
  const auto write_name = [&](Writer& w) {
    w.sequence([&](Writer& rdns) {
      rdns.set_of([&](Writer& rdn) {
        rdn.sequence([&](Writer& pair) { pair.oid("2.5.4.3").text(name); });
      });
    });
  };
  Writer body;
  body.sequence([&](Writer& w) {
    w.constructed(avila::asn1::context(0), [](Writer& v) { v.int64(2); });
    w.int64(static_cast<std::int64_t>(key.type()) + 1);
    write_algorithm(w);
    write_name(w);
    w.sequence([](Writer& v) {
      v.time(avila::WallTime{1'600'000'000'000'000'000});
      v.time(avila::WallTime{4'900'000'000'000'000'000});
    });
    write_name(w);
    w.raw(key.public_key().to_spki());
    w.constructed(avila::asn1::context(3), [&](Writer& outer) {
      outer.sequence([&](Writer& extensions) {
        extensions.sequence([&](Writer& extension) {
          extension.oid("2.5.29.17").octet_string_around([&](Writer& value) {
            value.sequence([&](Writer& names) {
              names.text("localhost", avila::asn1::context_primitive(2));
              names.text(name, avila::asn1::context_primitive(2));
            });
          });
        });
        extensions.sequence([&](Writer& extension) {
          extension.oid("2.5.29.19").boolean(true).octet_string_around([&](Writer& value) {
            value.sequence([&](Writer& constraints) { constraints.boolean(true); });
          });
        });
      });
    });
  });
  const std::vector<std::byte> signed_part = body.take();
  const auto signature = key.sign(algorithm, signed_part, entropy).value();
  Writer certificate;
  certificate.sequence([&](Writer& w) {
    w.raw(signed_part);
    write_algorithm(w);
    w.bit_string(signature);
  });
  return certificate.take();
}

/// Always the same for the same arguments: from a seed.
inline std::shared_ptr<const avila::tls::Credential> make_credential(
    avila::crypto::KeyType type = avila::crypto::KeyType::P256,
    std::string_view name = "example.test", std::uint64_t seed = 1) {
  avila::os::SeededEntropy entropy(seed);
  auto key = avila::crypto::PrivateKey::generate(type, entropy).value();
  auto der = self_signed(key, name, entropy);
  avila::tls::CertificateChain chain;
  chain.push_back(std::move(der));
  return std::make_shared<const avila::tls::Credential>(
      avila::tls::Credential{std::move(chain), std::move(key), {}, {}});
}

inline std::shared_ptr<avila::tls::PinnedVerifier> pin(const avila::tls::Credential& credential) {
  auto verifier = std::make_shared<avila::tls::PinnedVerifier>();
  verifier->add(credential.chain.front());
  return verifier;
}

/// Configs that fit each other: the client trusts the server's certificate. Deterministic where
/// `entropy` is.
struct TlsPair {
  explicit TlsPair(avila::crypto::KeyType type = avila::crypto::KeyType::P256,
                   avila::os::Entropy* entropy = nullptr) {
    credential = make_credential(type);
    server.credentials = {credential};
    client.verifier = pin(*credential);
    client.entropy = server.entropy = entropy;
    options.server_name = "example.test";
  }
  avila::Result<avila::tls::Engine> make_client() const {
    return avila::tls::Engine::client(std::make_shared<const avila::tls::ClientConfig>(client),
                                      options);
  }
  avila::Result<avila::tls::Engine> make_server() const {
    return avila::tls::Engine::server(std::make_shared<const avila::tls::ServerConfig>(server));
  }

  std::shared_ptr<const avila::tls::Credential> credential;
  avila::tls::ClientConfig client;
  avila::tls::ServerConfig server;
  avila::tls::ClientOptions options;
};

/// Moves all output of one to the other, at most `chunk` bytes at a time. False: nothing moved.
inline bool move_bytes(avila::tls::Engine& from, avila::tls::Engine& to,
                       avila::Result<void>& verdict, std::size_t chunk = 1 << 20) {
  bool moved = false;
  while (!from.output().empty()) {
    const auto bytes = from.output().first(std::min(chunk, from.output().size()));
    const std::vector<std::byte> copy(bytes.begin(), bytes.end());
    from.sent(copy.size());
    moved = true;
    if (!to.is_failed()) verdict = to.receive(copy);
  }
  return moved;
}

struct Verdicts {
  avila::Result<void> client, server;
};
/// Until both have nothing to say any more.
inline Verdicts pump(avila::tls::Engine& client, avila::tls::Engine& server,
                     std::size_t chunk = 1 << 20) {
  Verdicts verdicts;
  while (true) {
    const bool a = move_bytes(client, server, verdicts.server, chunk);
    const bool b = move_bytes(server, client, verdicts.client, chunk);
    if (!a && !b) return verdicts;
  }
}

/// All that can be read now.
inline std::string read_all(avila::tls::Engine& engine) {
  std::string text;
  while (!engine.readable().empty()) {
    text += avila::as_text(engine.readable());
    if (!engine.consume(engine.readable().size()).has_value()) break;
  }
  return text;
}

}  // namespace avila_test

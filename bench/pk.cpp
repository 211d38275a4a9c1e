// pk.*: signatures and key agreements. 32-byte messages and digests, keys made before.
#include <avila/crypto/ec.hpp>
#include <avila/crypto/ed25519.hpp>
#include <avila/crypto/rsa.hpp>
#include <avila/crypto/x25519.hpp>
#include <avila/os/entropy.hpp>

#include "bench.hpp"

using namespace avila;
using namespace avila::crypto;

namespace {

std::array<std::byte, 32> random32(std::uint64_t seed) {
  const auto bytes = bench::random_bytes(32, seed);
  std::array<std::byte, 32> out;
  std::memcpy(out.data(), bytes.data(), 32);
  return out;
}

void need(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

void ed25519(ByteSpan message) {
  const auto seed = random32(142);
  const auto key = Ed25519PrivateKey::from_seed(seed);
  const auto signature = key.sign(message);
  bench::ops("pk.ed25519.keygen", 1, [&] { bench::keep(Ed25519PrivateKey::from_seed(seed)); });
  bench::ops("pk.ed25519.sign", 1, [&] { bench::keep(key.sign(message)); });
  bench::ops("pk.ed25519.verify", 1,
             [&] { need(key.public_key().verify(message, signature).has_value(), "ed25519"); });
}

void x25519() {
  const auto a = random32(143), b = random32(144);
  const auto key = X25519PrivateKey::from_bytes(a);
  const auto peer = X25519PrivateKey::from_bytes(b).public_key();
  bench::ops("pk.x25519.keygen", 1, [&] { bench::keep(X25519PrivateKey::from_bytes(a)); });
  bench::ops("pk.x25519.derive", 1, [&] { bench::keep(key.agree(peer).value()); });
}

/// Signatures in DER, as OpenSSL's are.
template <class C>
void curve(const std::string& name, ByteSpan digest) {
  using Key = EcPrivateKey<C>;
  const auto key = Key::generate(os::system_entropy()).value();
  const auto peer = Key::generate(os::system_entropy())->public_key();
  const auto der = key.sign_digest(DigestAlgorithm::Sha256, digest)->to_der();
  bench::ops("pk.ecdsa-" + name + ".sign", 1,
             [&] { bench::keep(key.sign_digest(DigestAlgorithm::Sha256, digest)->to_der()); });
  bench::ops("pk.ecdsa-" + name + ".verify", 1, [&] {
    const auto signature = EcdsaSignature<C>::decode_der(der);
    need(key.public_key().verify_digest(digest, *signature).has_value(), "ecdsa");
  });
  bench::ops("pk.ecdh-" + name + ".derive", 1, [&] { bench::keep(key.agree(peer)); });
  bench::ops("pk.ecdh-" + name + ".keygen", 1,
             [&] { bench::keep(Key::generate(os::system_entropy()).value()); });
}

void rsa(std::size_t bits, ByteSpan digest) {
  const std::string name = "pk.rsa" + std::to_string(bits);
  auto& entropy = os::system_entropy();
  const auto key = RsaPrivateKey::generate(bits, entropy).value();
  const auto& peer = key.public_key();
  const PssOptions pss;
  const auto pkcs1 = key.sign_pkcs1_digest(DigestAlgorithm::Sha256, digest, entropy).value();
  const auto salted = key.sign_pss_digest(pss, digest, entropy).value();
  bench::ops(name + "-pkcs1.sign", 1, [&] {
    bench::keep(key.sign_pkcs1_digest(DigestAlgorithm::Sha256, digest, entropy).value());
  });
  bench::ops(name + "-pkcs1.verify", 1, [&] {
    need(peer.verify_pkcs1_digest(DigestAlgorithm::Sha256, digest, pkcs1).has_value(), "pkcs1");
  });
  bench::ops(name + "-pss.sign", 1,
             [&] { bench::keep(key.sign_pss_digest(pss, digest, entropy).value()); });
  bench::ops(name + "-pss.verify", 1,
             [&] { need(peer.verify_pss_digest(pss, digest, salted).has_value(), "pss"); });
  bench::ops(name + ".keygen", 1,
             [&] { bench::keep(RsaPrivateKey::generate(bits, entropy).value()); });
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  const auto message = random32(141);
  ed25519(message);
  x25519();
  rsa(2048, message);
  rsa(4096, message);
  curve<field::CurveP256>("p256", message);
  curve<field::CurveP384>("p384", message);
  curve<field::CurveP521>("p521", message);
  curve<field::CurveSecp256k1>("secp256k1", message);
}

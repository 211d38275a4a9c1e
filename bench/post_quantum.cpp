// pq.*: key generation, encapsulation, decapsulation, signing (hedged, 32 bytes) and verifying with
// keys in memory; decode+… begins with the other side's bytes.
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/ml_dsa.hpp>
#include <avila/post_quantum/ml_kem.hpp>
#include <avila/post_quantum/slh_dsa.hpp>

#include "bench.hpp"

using namespace avila;
using namespace avila::post_quantum;

namespace {

template <class Kem>
void kem(const std::string& name) {
  const std::string prefix = "pq." + name;
  os::SeededEntropy entropy(1);
  const auto key = Kem::DecapsulationKey::generate(entropy).value();
  const auto sent = key.encapsulation_key().encapsulate(entropy).value();
  bench::ops(prefix + ".keygen", 1,
             [&] { bench::keep(Kem::DecapsulationKey::generate(entropy).value()); });
  bench::ops(prefix + ".encaps", 1,
             [&] { bench::keep(key.encapsulation_key().encapsulate(entropy).value()); });
  bench::ops(prefix + ".decode+encaps", 1, [&] {
    const auto peer = Kem::EncapsulationKey::decode(key.encapsulation_key().bytes()).value();
    bench::keep(peer.encapsulate(entropy).value());
  });
  bench::ops(prefix + ".decaps", 1, [&] { bench::keep(key.decapsulate(sent.ciphertext).value()); });
}

template <class Dsa>
void dsa(const std::string& name) {
  const std::string prefix = "pq." + name;
  os::SeededEntropy entropy(1);
  const auto key = Dsa::PrivateKey::generate(entropy).value();
  const auto& pk = key.public_key();
  const std::array<std::byte, 32> message{};
  const auto signature = key.sign(message, entropy).value();
  bench::ops(prefix + ".keygen", 1,
             [&] { bench::keep(Dsa::PrivateKey::generate(entropy).value()); });
  bench::ops(prefix + ".sign", 1, [&] { bench::keep(key.sign(message, entropy).value()); });
  bench::ops(prefix + ".verify", 1,
             [&] { bench::keep(pk.verify(message, signature).has_value()); });
  bench::ops(prefix + ".decode+verify", 1, [&] {
    const auto decoded = Dsa::PublicKey::decode(pk.bytes()).value();
    bench::keep(decoded.verify(message, signature).has_value());
  });
}

void slh(const std::string& name, SlhDsaSet set) {
  const std::string prefix = "pq.slh-dsa-" + name;
  os::SeededEntropy entropy(1);
  const auto key = SlhDsaPrivateKey::generate(set, entropy).value();
  const std::array<std::byte, 32> message{};
  const auto signature = key.sign(message, entropy).value();
  bench::ops(prefix + ".keygen", 1,
             [&] { bench::keep(SlhDsaPrivateKey::generate(set, entropy).value()); });
  bench::ops(prefix + ".sign", 1, [&] { bench::keep(key.sign(message, entropy).value()); });
  bench::ops(prefix + ".verify", 1,
             [&] { bench::keep(key.public_key().verify(message, signature).has_value()); });
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  kem<MlKem512>("ml-kem-512");
  kem<MlKem768>("ml-kem-768");
  kem<MlKem1024>("ml-kem-1024");
  dsa<MlDsa44>("ml-dsa-44");
  dsa<MlDsa65>("ml-dsa-65");
  dsa<MlDsa87>("ml-dsa-87");
  slh("sha2-128s", SlhDsaSet::Sha2_128s);
  slh("sha2-128f", SlhDsaSet::Sha2_128f);
  slh("shake-128f", SlhDsaSet::Shake_128f);
  slh("sha2-256f", SlhDsaSet::Sha2_256f);
}

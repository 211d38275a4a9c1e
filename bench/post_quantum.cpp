// pq.*: key generation, encapsulation and decapsulation with keys in memory; one a call.
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/ml_kem.hpp>

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

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  kem<MlKem512>("ml-kem-512");
  kem<MlKem768>("ml-kem-768");
  kem<MlKem1024>("ml-kem-1024");
}

// Keys of ML-KEM that decode are encoded the same, and work; ciphertexts of the right length always
// give a secret, and the same one twice.
#include <avila/post_quantum/ml_kem.hpp>

#include <algorithm>
#include <cstdlib>

using namespace avila;
using namespace avila::post_quantum;

namespace {

void need(bool ok) {
  if (!ok) std::abort();
}

template <class Kem>
void run(ByteSpan bytes) {
  static constexpr std::array<std::byte, 64> kSeed{};
  static const auto key = Kem::DecapsulationKey::from_seed(kSeed);
  const auto secret = key.decapsulate(bytes);
  need(secret.has_value() == (bytes.size() == Kem::kCiphertextBytes));
  if (secret.has_value()) need(**secret == *key.decapsulate(bytes).value());

  const auto message = std::span(kSeed).template first<32>();
  if (const auto ek = Kem::EncapsulationKey::decode(bytes); ek.has_value()) {
    need(std::ranges::equal(ek->bytes(), bytes));
    need(ek->encapsulate_derandomized(message).ciphertext !=
         key.encapsulation_key().encapsulate_derandomized(message).ciphertext);
  }
  if (const auto dk = Kem::DecapsulationKey::decode(bytes); dk.has_value()) {
    // Numbers of the secret half need not be reduced: they are, when written again.
    const auto again = Kem::DecapsulationKey::decode(*dk->encode());
    need(again.has_value() && *again->encode() == *dk->encode());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  run<MlKem512>(bytes);
  run<MlKem768>(bytes);
  run<MlKem1024>(bytes);
  return 0;
}

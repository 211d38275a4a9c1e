// EncryptedPrivateKeyInfo under small limits of cost: what opens is a key that can be sealed again.
#include <avila/crypto/key.hpp>
#include <avila/os/entropy.hpp>

#include <cstdlib>

using namespace avila;
using namespace avila::crypto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const PrivateKey::KdfLimits limits{.iterations = 100, .memory = 1 << 20, .scrypt_work = 1 << 10};
  const auto key = PrivateKey::from_encrypted_pkcs8(bytes, as_bytes("secret"), limits);
  if (!key.has_value()) return 0;
  os::SeededEntropy entropy(1);
  const auto sealed = key->to_encrypted_pkcs8(as_bytes("secret"), entropy, 2);
  const auto again = PrivateKey::from_encrypted_pkcs8(*sealed, as_bytes("secret"), limits);
  if (!again.has_value() || again->public_key() != key->public_key()) std::abort();
  return 0;
}

// Public keys that decode are written as they were read, but for compressed points, and read again.
#include <avila/crypto/key.hpp>

#include <algorithm>
#include <cstdlib>

using namespace avila;
using namespace avila::crypto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto key = PublicKey::from_spki(bytes); key.has_value()) {
    const auto der = key->to_spki();
    if (!is_ec(key->type()) && !std::ranges::equal(der, bytes)) std::abort();
    const auto again = PublicKey::from_spki(der);
    if (!again.has_value() || *again != *key) std::abort();
    (void)key->verify(SignatureAlgorithm::RsaPssSha256, bytes, bytes);
    (void)key->verify(SignatureAlgorithm::EcdsaSha256, bytes, bytes);
  }
  if (const auto key = PublicKey::from_pem(as_text(bytes)); key.has_value()) {
    const auto again = PublicKey::from_pem(key->to_pem());
    if (!again.has_value() || *again != *key) std::abort();
  }
  return 0;
}

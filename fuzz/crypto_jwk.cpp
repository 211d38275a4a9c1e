// JWKs that are taken say the same after being written and read.
#include <avila/crypto/jwk.hpp>

#include <cstdlib>

using namespace avila;
using namespace avila::crypto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto jwk = Jwk::parse(as_text(std::as_bytes(std::span(data, size))));
  if (!jwk.has_value()) return 0;
  if (const auto* key = std::get_if<PublicKey>(&jwk->key)) {
    const auto again = Jwk::parse(to_jwk(*key, jwk->metadata));
    if (!again.has_value() || std::get<PublicKey>(again->key) != *key ||
        again->metadata.key_id != jwk->metadata.key_id)
      std::abort();
    (void)thumbprint(*key);
  } else if (const auto* secret = std::get_if<PrivateKey>(&jwk->key)) {
    const auto again = Jwk::parse(to_jwk(*secret, jwk->metadata));
    if (!again.has_value() || std::get<PrivateKey>(again->key).public_key() != secret->public_key())
      std::abort();
  }
  return 0;
}

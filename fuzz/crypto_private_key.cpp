// Private keys that decode (PKCS#8, PKCS#1, SEC 1, PEM) are the same after being written and read.
#include <avila/crypto/key.hpp>

#include <cstdlib>

using namespace avila;
using namespace avila::crypto;

namespace {

void check(const Result<PrivateKey>& key) {
  if (!key.has_value()) return;
  const auto again = PrivateKey::from_pkcs8(key->to_pkcs8().span());
  if (!again.has_value() || again->public_key() != key->public_key()) std::abort();
  if (const auto der = key->to_pkcs1(); der.has_value())
    if (!PrivateKey::from_pkcs1(der->span()).has_value()) std::abort();
  if (const auto der = key->to_sec1(); der.has_value())
    if (!PrivateKey::from_sec1(der->span()).has_value()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  check(PrivateKey::from_pkcs8(bytes));
  check(PrivateKey::from_pkcs1(bytes));
  check(PrivateKey::from_sec1(bytes));
  check(PrivateKey::from_pem(as_text(bytes)));
  return 0;
}

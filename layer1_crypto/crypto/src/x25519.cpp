#include <algorithm>
#include <avila/crypto/x25519.hpp>
#include <avila/field/ct.hpp>
#include <avila/field/x25519.hpp>
#include <avila/os/entropy.hpp>

namespace avila::crypto {

Result<X25519PublicKey> X25519PublicKey::decode(ByteSpan bytes) {
  if (bytes.size() != kBytes) return Error(Errc::Malformed, "a public key of X25519 has 32 bytes");
  X25519PublicKey key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

Result<X25519PrivateKey> X25519PrivateKey::generate(os::Entropy& entropy) {
  SecretArray<kBytes> bytes;
  AVILA_TRY_VOID(entropy.fill(*bytes));
  return from_bytes(*bytes);
}

X25519PrivateKey X25519PrivateKey::from_bytes(std::span<const std::byte, kBytes> bytes) {
  X25519PrivateKey key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_->begin());
  key.public_.bytes_ = field::x25519_base(bytes);
  field::ct::declassify(key.public_.bytes_.data(), key.public_.bytes_.size());
  return key;
}

Result<SecretArray<X25519PrivateKey::kSharedBytes>> X25519PrivateKey::agree(
    const X25519PublicKey& peer) const {
  SecretArray<kSharedBytes> shared;
  if (!field::x25519(*shared, *bytes_, peer.bytes()))
    return Error(Errc::Malformed, "the peer's X25519 key is of small order");
  return shared;
}

}  // namespace avila::crypto

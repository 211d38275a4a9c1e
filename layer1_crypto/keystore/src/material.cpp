#include "material.hpp"

#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>

namespace avila::keystore {
namespace {

crypto::KeyType type_of(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::Ed25519: return crypto::KeyType::Ed25519;
    case KeyKind::P256: return crypto::KeyType::P256;
    case KeyKind::P384: return crypto::KeyType::P384;
    case KeyKind::P521: return crypto::KeyType::P521;
    case KeyKind::X25519: return crypto::KeyType::X25519;
    default: return crypto::KeyType::Rsa;
  }
}

std::size_t rsa_bits(KeyKind kind) noexcept {
  return kind == KeyKind::Rsa2048 ? 2048 : kind == KeyKind::Rsa3072 ? 3072 : 4096;
}

}  // namespace

Result<LockedBytes> generate_material(KeyKind kind, os::Entropy& entropy, LockedArena& arena) {
  if (!is_asymmetric(kind)) {
    AVILA_TRY(LockedBytes made, arena.allocate(kind == KeyKind::HmacSha512 ? 64 : 32));
    AVILA_TRY_VOID(entropy.fill(made.span()));
    return made;
  }
  AVILA_TRY(const auto key,
            crypto::PrivateKey::generate(type_of(kind), entropy,
                                         {.rsa_bits = is_rsa(kind) ? rsa_bits(kind) : 2048}));
  const SecretBytes der = key.to_pkcs8();
  AVILA_ASSERT(der.size() <= kMaxMaterial);
  return arena.copy_of(der.span());
}

Result<void> check_material(KeyKind kind, ByteSpan material) {
  if (is_aead(kind)) {
    if (material.size() != 32) return Error(Errc::Malformed, "keys of this kind have 32 bytes");
    return {};
  }
  if (is_mac(kind)) {
    if (material.size() < 32 || material.size() > 128)
      return Error(Errc::Malformed, "keys of HMAC have 32 to 128 bytes here");
    return {};
  }
  if (material.size() > kMaxMaterial) return Error(Errc::Malformed, "a key is shorter");
  AVILA_TRY(const auto key, crypto::PrivateKey::from_pkcs8(material));
  if (key.type() != type_of(kind)) return Error(Errc::Malformed, "a key of another kind");
  if (is_rsa(kind) && key.as<crypto::RsaPrivateKey>()->public_key().bits() != rsa_bits(kind))
    return Error(Errc::Malformed, "an RSA key of another size");
  return {};
}

std::optional<ProviderKeyKind> provider_kind(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::Aes256Gcm: return ProviderKeyKind::Aes256;
    case KeyKind::P256: return ProviderKeyKind::P256;
    case KeyKind::P384: return ProviderKeyKind::P384;
    case KeyKind::P521: return ProviderKeyKind::P521;
    case KeyKind::Rsa2048: return ProviderKeyKind::Rsa2048;
    case KeyKind::Rsa3072: return ProviderKeyKind::Rsa3072;
    case KeyKind::Rsa4096: return ProviderKeyKind::Rsa4096;
    default: return std::nullopt;
  }
}

crypto::SignatureAlgorithm default_signature(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::Ed25519: return crypto::SignatureAlgorithm::Ed25519;
    case KeyKind::P256: return crypto::SignatureAlgorithm::EcdsaSha256;
    case KeyKind::P384: return crypto::SignatureAlgorithm::EcdsaSha384;
    case KeyKind::P521: return crypto::SignatureAlgorithm::EcdsaSha512;
    default: return crypto::SignatureAlgorithm::RsaPssSha256;
  }
}

Result<crypto::PrivateKey> private_key(const Version& version) {
  AVILA_ASSERT(version.material != nullptr);
  return crypto::PrivateKey::from_pkcs8(version.material->span());
}

std::string hex_of(const KeyHandle& handle) { return text::hex_encode(handle.bytes()); }

}  // namespace avila::keystore

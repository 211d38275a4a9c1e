// PBES2 (RFC 8018 section 6.2) of EncryptedPrivateKeyInfo (RFC 5958 section 3).
#pragma once
#include <avila/crypto/key.hpp>

namespace avila::crypto::detail {

Result<SecretBytes> pbes2_open(ByteSpan der, ByteSpan password,
                               const PrivateKey::KdfLimits& limits);
/// PBKDF2-HMAC-SHA-256, AES-256-CBC.
Result<std::vector<std::byte>> pbes2_seal(ByteSpan text, ByteSpan password, os::Entropy& entropy,
                                          std::uint32_t iterations);

}  // namespace avila::crypto::detail

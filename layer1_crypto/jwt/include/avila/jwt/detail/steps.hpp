// The single steps of JWE, which published vectors name one by one. For the tests; use jwe.hpp.
#pragma once
#include <avila/jwt/jwe.hpp>

namespace avila::jwt::detail {

std::size_t cek_bytes(ContentEncryption content) noexcept;
std::size_t iv_bytes(ContentEncryption content) noexcept;
std::size_t kek_bytes(KeyManagement algorithm) noexcept;  ///< of the AES in it; 0 without
bool is_ecdh(KeyManagement algorithm) noexcept;

/// RFC 7518 section 5. Errors: Unauthenticated for all that can be wrong.
struct Sealed {
  std::vector<std::byte> ciphertext, tag;
};
Result<Sealed> seal_content(ContentEncryption content, ByteSpan cek, ByteSpan iv, ByteSpan aad,
                            ByteSpan plaintext);
Result<SecretBytes> open_content(ContentEncryption content, ByteSpan cek, ByteSpan iv, ByteSpan aad,
                                 ByteSpan ciphertext, ByteSpan tag);

/// RFC 7518 section 4.6.2: Concat KDF with SHA-256.
SecretBytes concat_kdf(ByteSpan shared, std::string_view algorithm_id, ByteSpan party_u,
                       ByteSpan party_v, std::size_t size);
/// Z of RFC 7518 section 4.6, for keys of one type. Errors: Malformed.
Result<SecretBytes> agree(const crypto::PrivateKey& own, const crypto::PublicKey& peer);

/// The key of the content under that of a recipient, and header members that go along. `cek` is
/// drawn before, or made here where the algorithm agrees on it.
struct WrappedKey {
  std::vector<std::byte> encrypted_key;
  json::Object parameters;
};
Result<WrappedKey> wrap_key(const EncryptionKey& recipient, ContentEncryption content,
                            SecretBytes& cek, os::Entropy& entropy, const EncryptOptions& options);
Result<SecretBytes> unwrap_key(KeyManagement algorithm, ContentEncryption content,
                               const DecryptionKey& key, const json::Value& header,
                               ByteSpan encrypted_key, os::Entropy& entropy,
                               std::uint64_t& pbes2_left);

}  // namespace avila::jwt::detail

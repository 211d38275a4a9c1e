// Private: what both serialisations of JWE share.
#pragma once
#include <avila/jwt/jwe.hpp>

namespace avila::jwt::detail {

/// A JWE for one recipient, as it came; texts are base64url.
struct JweParts {
  Header header;                  // all of it
  json::Value protected_members;  // an object
  std::string_view encrypted_key;
  std::string aad;  // what is authenticated: protected header, and "." and aad in JSON
  std::string_view iv, ciphertext, tag;
};

Result<Jwe> decrypt(const JweParts& parts, std::span<const DecryptionKey> keys,
                    const JweAllowed& allowed, os::Entropy& entropy, const DecryptOptions& options,
                    std::uint64_t& pbes2_left);

/// A key for the content where the algorithm takes a chosen one. Errors: those of the entropy.
Result<SecretBytes> draw_cek(KeyManagement algorithm, ContentEncryption content,
                             os::Entropy& entropy);
/// Adds what the caller gave. Errors: InvalidArgument.
Result<void> add_members(json::Value& header, const json::Object& more);
/// Everything but the header; base64url.
struct SealedText {
  std::string iv, ciphertext, tag;
};
Result<SealedText> seal(ContentEncryption content, const SecretBytes& cek, std::string_view aad,
                        ByteSpan plaintext, os::Entropy& entropy);

}  // namespace avila::jwt::detail

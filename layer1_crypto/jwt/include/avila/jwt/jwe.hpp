// JSON Web Encryption (RFC 7516): compact and JSON serialisation. "zip" is refused: what is
// compressed before it is encrypted leaks by its size, and a small token may hold a huge text.
#pragma once
#include <avila/jwt/header.hpp>
#include <avila/jwt/jwe_key.hpp>
#include <avila/jwt/limits.hpp>
#include <span>
#include <vector>

namespace avila::jwt {

/// What a caller accepts: both lists are needed.
struct JweAllowed {
  KeyManagements algorithms;
  ContentEncryptions contents;
};

struct EncryptOptions {
  /// Members for the protected header beside those that the algorithms need.
  json::Object header = {};
  ByteSpan party_u = {}, party_v = {};  ///< "apu", "apv" of ECDH-ES (RFC 7518 section 4.6.1)
  std::uint32_t pbes2_count = 600'000;  ///< kPbes2CountMin at least
};

struct DecryptOptions {
  /// PBKDF2 iterations that one call may do, all recipients and keys together.
  std::uint64_t pbes2_count_max = kPbes2CountMax;
  std::vector<std::string> understood = {};  ///< names in "crit" that the caller handles
};

struct Jwe {
  Header header;
  SecretBytes plaintext;
  KeyManagement algorithm{};
  ContentEncryption content{};
};

/// Errors: InvalidArgument (a header member that this library sets; a dir key of another size than
/// the content's; pbes2_count), LimitExceeded, those of the entropy.
Result<std::string> encrypt_compact(ByteSpan plaintext, const EncryptionKey& recipient,
                                    ContentEncryption content, os::Entropy& entropy,
                                    const EncryptOptions& options = {});

/// Keys are chosen as verify_compact() does. `entropy` blinds RSA. Errors: TokenError (Invalid for
/// all that can be wrong with key, ciphertext and tag), Malformed, Unsupported ("zip"),
/// LimitExceeded.
Result<Jwe> decrypt_compact(std::string_view token, std::span<const DecryptionKey> keys,
                            const JweAllowed& allowed, os::Entropy& entropy,
                            const DecryptOptions& options = {});
inline Result<Jwe> decrypt_compact(std::string_view token, const DecryptionKey& key,
                                   const JweAllowed& allowed, os::Entropy& entropy,
                                   const DecryptOptions& options = {}) {
  return decrypt_compact(token, std::span(&key, 1), allowed, entropy, options);
}

/// A JWE in JSON; `aad` is authenticated and goes along in the clear. Flattened with one recipient,
/// general with more (not by dir or ECDH-ES then, whose key is not chosen). Errors: as
/// encrypt_compact().
Result<std::string> encrypt_json(ByteSpan plaintext,
                                 std::span<const EncryptionKey* const> recipients,
                                 ContentEncryption content, os::Entropy& entropy,
                                 std::optional<ByteSpan> aad = std::nullopt,
                                 const EncryptOptions& options = {});

/// The first recipient whose key is here, and who can decrypt it. `aad` is what came with it.
struct JweJson {
  Jwe jwe;
  std::size_t recipient = 0;  ///< its index
  std::string aad;
};
Result<JweJson> decrypt_json(std::string_view text, std::span<const DecryptionKey> keys,
                             const JweAllowed& allowed, os::Entropy& entropy,
                             const DecryptOptions& options = {});

}  // namespace avila::jwt

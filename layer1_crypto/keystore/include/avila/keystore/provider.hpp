// What a hardware module does for a keystore: keys that never leave it, reached by their labels.
#pragma once
#include <avila/crypto/key.hpp>
#include <avila/error/result.hpp>
#include <avila/primitives/secret.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

namespace avila::keystore {

/// What a provider makes.
enum class ProviderKeyKind : std::uint8_t { Aes256, P256, P384, Rsa2048, Rsa3072, Rsa4096, P521 };

/// A hardware module, or another keystore. Threads may share one. Errors beyond those named: Io,
/// Unavailable (the module is gone), PermissionDenied (it refuses), Unsupported.
class KeyProvider {
 public:
  static constexpr std::size_t kMaxWrapped = 4096;  ///< bytes that wrap() takes

  virtual ~KeyProvider() = default;

  /// Which one it is, for people and for the audit log: "pkcs11:token=payments".
  virtual std::string name() const = 0;

  /// Makes a key that does not leave the provider. Errors: AlreadyExists (the label is taken).
  virtual Result<void> generate(std::string_view label, ProviderKeyKind kind) = 0;
  /// Errors: NotFound.
  virtual Result<void> destroy(std::string_view label) = 0;

  /// Authenticated encryption of a few bytes under the key of that label. Errors: NotFound,
  /// LimitExceeded (kMaxWrapped).
  virtual Result<std::vector<std::byte>> wrap(std::string_view label, ByteSpan secret,
                                              ByteSpan aad) = 0;
  /// Errors: NotFound, Malformed, Unauthenticated (changed, or of another key or AAD).
  virtual Result<SecretBytes> unwrap(std::string_view label, ByteSpan wrapped, ByteSpan aad) = 0;

  /// Errors: NotFound, InvalidArgument (an algorithm that does not fit the key).
  virtual Result<std::vector<std::byte>> sign(std::string_view label,
                                              crypto::SignatureAlgorithm algorithm,
                                              ByteSpan message) = 0;
  virtual Result<crypto::PublicKey> public_key(std::string_view label) = 0;
};

}  // namespace avila::keystore

// A KeyProvider over a hardware module's own library: PKCS #11 (Cryptoki) v2.40.
#pragma once
#include <avila/keystore/provider.hpp>
#include <memory>
#include <string>

namespace avila::keystore {

struct Pkcs11Options {
  std::string module;            ///< path of the shared library: "/usr/lib/softhsm/libsofthsm2.so"
  std::string token_label;       ///< which token; the slot's number may change
  std::string_view pin;          ///< of the user; copied to memory that is wiped
  std::size_t sessions_max = 8;  ///< open at once; more callers wait for one
};

struct Pkcs11TokenInfo {
  std::string label, manufacturer, model, serial;
};

struct Pkcs11KeyOptions {
  bool extractable = false;  ///< wrap_key() may take it out, encrypted; cannot be given later
};

/// One token of one module. Threads may share it: each call has a session of its own from a pool.
/// Errors carry the name of what the module said (CKR_…): CKR_PIN_INCORRECT is Unauthenticated,
/// CKR_DEVICE_REMOVED Unavailable, … Keys are made so that they cannot leave (CKA_SENSITIVE, not
/// CKA_EXTRACTABLE). A session that the module closed, or a login that it forgot, is renewed once.
/// wrap() is AES-GCM with a nonce of the module's generator: 2^32 messages a key at most.
class Pkcs11Provider final : public KeyProvider {
 public:
  static constexpr std::size_t kMaxLabel = 256;  ///< bytes

  /// Loads, initialises, finds the token, logs in. Errors: NotFound (module or token), Unsupported
  /// (not a Cryptoki library of version 2), Unauthenticated (PIN).
  static Result<std::unique_ptr<Pkcs11Provider>> open(const Pkcs11Options& options);
  /// The tokens of a module. Errors: as open().
  static Result<std::vector<Pkcs11TokenInfo>> list_tokens(const std::string& module);
  ~Pkcs11Provider() override;

  std::string name() const override;  ///< "pkcs11:token=" and the token's label
  Result<void> generate(std::string_view label, ProviderKeyKind kind) override {
    return generate(label, kind, Pkcs11KeyOptions{});
  }
  Result<void> generate(std::string_view label, ProviderKeyKind kind,
                        const Pkcs11KeyOptions& options);
  Result<void> destroy(std::string_view label) override;
  Result<std::vector<std::byte>> wrap(std::string_view label, ByteSpan secret,
                                      ByteSpan aad) override;
  Result<SecretBytes> unwrap(std::string_view label, ByteSpan wrapped, ByteSpan aad) override;
  /// PKCS#1 v1.5, PSS and ECDSA; the digest is made here.
  Result<std::vector<std::byte>> sign(std::string_view label, crypto::SignatureAlgorithm algorithm,
                                      ByteSpan message) override;
  Result<crypto::PublicKey> public_key(std::string_view label) override;

  /// An AES-256 key for wrap_key() and unwrap_key() alone. Errors: as generate().
  Result<void> generate_wrapping_key(std::string_view label);
  /// C_WrapKey: a key of the token as AES key wrap with padding (RFC 5649) under a wrapping key of
  /// the token, for a backup or another module: the bytes of an AES key, PKCS #8 of a private one.
  /// Errors: NotFound, PermissionDenied (the key is not extractable).
  Result<std::vector<std::byte>> wrap_key(std::string_view wrapping_label, std::string_view label);
  /// C_UnwrapKey: makes a key of what wrap_key(), or somebody else with that wrapping key, made.
  /// A private key comes with its public key; that they belong together is proved by a signature.
  /// Errors: NotFound, AlreadyExists, Unauthenticated (changed, or of another wrapping key),
  /// InvalidArgument (another kind, another public key).
  Result<void> unwrap_key(std::string_view wrapping_label, ByteSpan wrapped, std::string_view label,
                          ProviderKeyKind kind, const crypto::PublicKey* public_key = nullptr,
                          const Pkcs11KeyOptions& options = {});

  /// From the module's generator. Errors: those of the module.
  Result<void> random(MutableByteSpan into);

 private:
  struct Impl;
  explicit Pkcs11Provider(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace avila::keystore

// A key of any kind, as files hold them, and signatures by the algorithm's name: what X.509, JOSE,
// TLS and key stores speak.
#pragma once
#include <avila/crypto/ec.hpp>
#include <avila/crypto/ed25519.hpp>
#include <avila/crypto/post_quantum_key.hpp>
#include <avila/crypto/rsa.hpp>
#include <avila/crypto/x25519.hpp>
#include <string>
#include <variant>

namespace avila::crypto {

enum class KeyType : std::uint8_t {
  Rsa,
  P256,
  P384,
  P521,
  Secp256k1,
  Ed25519,
  X25519,
  MlKem512,
  MlKem768,
  MlKem1024,
  MlDsa44,
  MlDsa65,
  MlDsa87,
  SlhDsaSha2_128s,  // the sets of SLH-DSA in the order of SlhDsaSet
  SlhDsaSha2_128f,
  SlhDsaSha2_192s,
  SlhDsaSha2_192f,
  SlhDsaSha2_256s,
  SlhDsaSha2_256f,
  SlhDsaShake_128s,
  SlhDsaShake_128f,
  SlhDsaShake_192s,
  SlhDsaShake_192f,
  SlhDsaShake_256s,
  SlhDsaShake_256f,
};
inline constexpr std::size_t kKeyTypes = 25;
std::string_view name(KeyType type) noexcept;  ///< "rsa", "p256", "ml-dsa-65", …
bool is_ec(KeyType type) noexcept;             ///< a curve of SEC 1: ECDSA and ECDH
bool can_sign(KeyType type) noexcept;          ///< all but X25519 and ML-KEM

/// PSS ones take a salt as long as the digest and MGF1 with the same digest. Sha1 verifies only.
enum class SignatureAlgorithm : std::uint8_t {
  RsaPkcs1Sha1,
  RsaPkcs1Sha256,
  RsaPkcs1Sha384,
  RsaPkcs1Sha512,
  RsaPssSha256,
  RsaPssSha384,
  RsaPssSha512,
  EcdsaSha1,
  EcdsaSha256,
  EcdsaSha384,
  EcdsaSha512,
  Ed25519,
  MlDsa44,  // pure, with an empty context, as RFC 9881 and RFC 9909 have it
  MlDsa65,
  MlDsa87,
  SlhDsaSha2_128s,
  SlhDsaSha2_128f,
  SlhDsaSha2_192s,
  SlhDsaSha2_192f,
  SlhDsaSha2_256s,
  SlhDsaSha2_256f,
  SlhDsaShake_128s,
  SlhDsaShake_128f,
  SlhDsaShake_192s,
  SlhDsaShake_192f,
  SlhDsaShake_256s,
  SlhDsaShake_256f,
};
inline constexpr std::size_t kSignatureAlgorithms = 27;
std::string_view name(SignatureAlgorithm algorithm) noexcept;  ///< "rsa-pss-sha256", …
/// Whether keys of this type sign so.
bool fits(SignatureAlgorithm algorithm, KeyType type) noexcept;
/// What a key of this type signs by when nobody says: PKCS#1 v1.5 with SHA-256, ECDSA with the
/// curve's own digest, the only one that the others have. can_sign() is asserted.
SignatureAlgorithm default_algorithm(KeyType type) noexcept;

// The special members stand in key.cpp: what moves and ends a variant of fourteen types is much to
// compile, and every source that sees a certificate sees this.
class PublicKey {
 public:
  using Variant =
      std::variant<RsaPublicKey, P256PublicKey, P384PublicKey, P521PublicKey, Secp256k1PublicKey,
                   Ed25519PublicKey, X25519PublicKey, LatticePublicKey<post_quantum::MlKem512>,
                   LatticePublicKey<post_quantum::MlKem768>,
                   LatticePublicKey<post_quantum::MlKem1024>,
                   LatticePublicKey<post_quantum::MlDsa44>, LatticePublicKey<post_quantum::MlDsa65>,
                   LatticePublicKey<post_quantum::MlDsa87>, SlhDsaPublicKey>;
  PublicKey(Variant key);  // NOLINT: any of them is one
  PublicKey(const PublicKey& other);
  PublicKey& operator=(const PublicKey& other);
  PublicKey(PublicKey&& other) noexcept;
  PublicKey& operator=(PublicKey&& other) noexcept;
  ~PublicKey();

  /// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7, RFC 5480, RFC 8410, RFC 9881, RFC 9909,
  /// RFC 9935), whole and strict. Errors: Malformed, Unsupported (another algorithm or curve).
  static Result<PublicKey> from_spki(ByteSpan der);
  /// "PUBLIC KEY" or "RSA PUBLIC KEY". Errors: as above, NotFound.
  static Result<PublicKey> from_pem(std::string_view pem);
  std::vector<std::byte> to_spki() const;
  std::string to_pem() const;  ///< "PUBLIC KEY"

  KeyType type() const noexcept;
  const Variant& key() const noexcept { return key_; }
  template <class K>
  const K* as() const noexcept {
    return std::get_if<K>(&key_);
  }

  /// ECDSA signatures are DER. Errors: Unauthenticated, InvalidArgument (an algorithm that does not
  /// fit the key).
  Result<void> verify(SignatureAlgorithm algorithm, ByteSpan message, ByteSpan signature) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) noexcept;

 private:
  Variant key_;
};

/// Move-only, wiped by its destructor, not printable. Threads may share a const one.
class PrivateKey {
 public:
  using Variant = std::variant<
      RsaPrivateKey, P256PrivateKey, P384PrivateKey, P521PrivateKey, Secp256k1PrivateKey,
      Ed25519PrivateKey, X25519PrivateKey, LatticePrivateKey<post_quantum::MlKem512>,
      LatticePrivateKey<post_quantum::MlKem768>, LatticePrivateKey<post_quantum::MlKem1024>,
      LatticePrivateKey<post_quantum::MlDsa44>, LatticePrivateKey<post_quantum::MlDsa65>,
      LatticePrivateKey<post_quantum::MlDsa87>, SlhDsaPrivateKey>;
  PrivateKey(Variant key);  // NOLINT: any of them is one
  PrivateKey(PrivateKey&& other) noexcept;
  PrivateKey& operator=(PrivateKey&& other) noexcept;
  ~PrivateKey();

  struct GenerateOptions {
    std::size_t rsa_bits = 2048;
  };
  static Result<PrivateKey> generate(KeyType type, os::Entropy& entropy,
                                     const GenerateOptions& options);
  static Result<PrivateKey> generate(KeyType type, os::Entropy& entropy) {
    return generate(type, entropy, GenerateOptions{});
  }

  /// PrivateKeyInfo (RFC 5208, RFC 5958, RFC 8410). Of ML-KEM and ML-DSA the seed, the expanded
  /// key or both are read; the seed is written where it is known. Errors: Malformed, Unsupported.
  static Result<PrivateKey> from_pkcs8(ByteSpan der);
  /// EncryptedPrivateKeyInfo: PBES2 (RFC 8018) with PBKDF2 or scrypt, and AES-CBC or AES-GCM.
  /// Errors: Unauthenticated (most likely the wrong password), Malformed, Unsupported,
  /// LimitExceeded (a cost above kMaxKdfIterations, kMaxKdfMemory or kMaxScryptWork).
  static constexpr std::uint64_t kMaxKdfIterations = 10'000'000;
  static constexpr std::uint64_t kMaxKdfMemory = std::uint64_t{1} << 28;   ///< bytes, scrypt
  static constexpr std::uint64_t kMaxScryptWork = std::uint64_t{1} << 24;  ///< n r p
  /// For those who read what strangers sent.
  struct KdfLimits {
    std::uint64_t iterations = kMaxKdfIterations;
    std::uint64_t memory = kMaxKdfMemory;
    std::uint64_t scrypt_work = kMaxScryptWork;
  };
  static Result<PrivateKey> from_encrypted_pkcs8(ByteSpan der, ByteSpan password,
                                                 const KdfLimits& limits);
  static Result<PrivateKey> from_encrypted_pkcs8(ByteSpan der, ByteSpan password) {
    return from_encrypted_pkcs8(der, password, KdfLimits{});
  }
  /// RSAPrivateKey (RFC 8017 appendix A.1.2).
  static Result<PrivateKey> from_pkcs1(ByteSpan der);
  /// ECPrivateKey (RFC 5915), which names its curve.
  static Result<PrivateKey> from_sec1(ByteSpan der);
  /// The first of "PRIVATE KEY", "ENCRYPTED PRIVATE KEY" (asks for the password), "RSA PRIVATE
  /// KEY", "EC PRIVATE KEY". Errors: as above, NotFound, InvalidArgument (encrypted, and no
  /// password).
  static Result<PrivateKey> from_pem(std::string_view pem, ByteSpan password = {});

  SecretBytes to_pkcs8() const;
  /// PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC, which every tool reads.
  static constexpr std::uint32_t kKdfIterations = 600'000;
  Result<std::vector<std::byte>> to_encrypted_pkcs8(
      ByteSpan password, os::Entropy& entropy, std::uint32_t iterations = kKdfIterations) const;
  Result<SecretBytes> to_pkcs1() const;  ///< Errors: InvalidArgument (no RSA key)
  Result<SecretBytes> to_sec1() const;   ///< Errors: InvalidArgument (no curve of SEC 1)
  SecretBytes to_pem() const;            ///< text, "PRIVATE KEY"
  Result<std::string> to_encrypted_pem(ByteSpan password, os::Entropy& entropy,
                                       std::uint32_t iterations = kKdfIterations) const;

  KeyType type() const noexcept;
  const Variant& key() const noexcept { return key_; }
  template <class K>
  const K* as() const noexcept {
    return std::get_if<K>(&key_);
  }
  PublicKey public_key() const;

  /// ECDSA signatures are DER, their nonces hedged by the entropy. Errors: InvalidArgument (an
  /// algorithm that does not fit the key, or that does not sign), those of the entropy.
  Result<std::vector<std::byte>> sign(SignatureAlgorithm algorithm, ByteSpan message,
                                      os::Entropy& entropy) const;

  template <class Stream>
  friend Stream& operator<<(Stream&, const PrivateKey&) = delete;

 private:
  Variant key_;
};

}  // namespace avila::crypto

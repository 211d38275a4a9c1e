// RSA (RFC 8017): PKCS#1 v1.5 and PSS signatures, OAEP encryption. There is no raw RSA here.
#pragma once
#include <avila/crypto/digest.hpp>
#include <avila/error/result.hpp>
#include <avila/primitives/secret.hpp>
#include <memory>
#include <vector>

namespace avila::os {
class Entropy;
}

namespace avila::crypto {

/// Options of PSS (RFC 8017 section 8.1, 9.1). MGF1 takes mgf_digest.
struct PssOptions {
  static constexpr std::size_t kAnySalt = ~std::size_t{0};  ///< verify only: whatever is there
  DigestAlgorithm digest = DigestAlgorithm::Sha256;
  DigestAlgorithm mgf_digest = DigestAlgorithm::Sha256;
  std::size_t salt_bytes = 32;
};

/// Options of OAEP (RFC 8017 section 7.1).
struct OaepOptions {
  DigestAlgorithm digest = DigestAlgorithm::Sha256;
  DigestAlgorithm mgf_digest = DigestAlgorithm::Sha256;
  ByteSpan label = {};
};

/// Threads may share a const one. Copies share one immutable state.
class RsaPublicKey {
 public:
  static constexpr std::size_t kBitsMin =
      1024;  ///< to verify what is old; keys made here have 2048
  static constexpr std::size_t kBitsMax = 16384;
  static constexpr std::size_t kExponentBitsMax = 64;

  /// Modulus and exponent, highest byte first. Errors: Malformed (even, exponent below 3 or even),
  /// LimitExceeded (kBitsMin, kBitsMax, kExponentBitsMax).
  static Result<RsaPublicKey> create(ByteSpan modulus, ByteSpan exponent);
  std::size_t bits() const noexcept;
  std::size_t size() const noexcept { return (bits() + 7) / 8; }  ///< bytes of a signature
  ByteSpan modulus() const noexcept;                              ///< without zeros before
  ByteSpan exponent() const noexcept;                             ///< without zeros before

  /// RFC 8017 section 8.2.2: the encoding is made and compared, never parsed. Errors:
  /// Unauthenticated.
  Result<void> verify_pkcs1(DigestAlgorithm algorithm, ByteSpan message, ByteSpan signature) const;
  Result<void> verify_pkcs1_digest(DigestAlgorithm algorithm, ByteSpan digest,
                                   ByteSpan signature) const;
  /// RFC 8017 section 8.1.2. Errors: Unauthenticated.
  Result<void> verify_pss(const PssOptions& options, ByteSpan message, ByteSpan signature) const;
  Result<void> verify_pss_digest(const PssOptions& options, ByteSpan digest,
                                 ByteSpan signature) const;
  /// RFC 8017 section 7.1.1. Errors: LimitExceeded (message longer than size() - 2 hash - 2), those
  /// of the entropy.
  Result<std::vector<std::byte>> encrypt_oaep(const OaepOptions& options, ByteSpan message,
                                              os::Entropy& entropy) const;

  friend bool operator==(const RsaPublicKey& a, const RsaPublicKey& b) noexcept;

 private:
  friend class RsaPrivateKey;
  struct State;
  std::shared_ptr<const State> state_;
};

/// Two primes. Move-only, wiped by its destructor, not printable. Threads may share a const one.
/// Private operations are blinded, constant in time, and checked against faults before they leave.
class RsaPrivateKey {
 public:
  static constexpr std::size_t kGenerateBitsMin = 2048;
  static constexpr std::size_t kGenerateBitsMax = 8192;

  /// FIPS 186-5 appendix A.1.3 (probable primes), e = 65537; `bits` is a multiple of 256. Errors:
  /// InvalidArgument (bits), those of the entropy.
  static Result<RsaPrivateKey> generate(std::size_t bits, os::Entropy& entropy);

  /// The numbers of RSAPrivateKey (RFC 8017 appendix A.1.2), highest byte first.
  struct Components {
    ByteSpan modulus, exponent, private_exponent, prime1, prime2, exponent1, exponent2, coefficient;
  };
  /// Errors: Malformed (they do not belong to each other), LimitExceeded.
  static Result<RsaPrivateKey> create(const Components& components);
  /// Views into the key.
  Components components() const noexcept;
  const RsaPublicKey& public_key() const noexcept;

  /// RFC 8017 section 8.2.1. `entropy` blinds. Errors: InvalidArgument (Sha1; a key too short for
  /// the digest), those of the entropy, Corrupted (a fault: nothing leaves). CT but for lengths.
  Result<std::vector<std::byte>> sign_pkcs1(DigestAlgorithm algorithm, ByteSpan message,
                                            os::Entropy& entropy) const;
  Result<std::vector<std::byte>> sign_pkcs1_digest(DigestAlgorithm algorithm, ByteSpan digest,
                                                   os::Entropy& entropy) const;
  /// RFC 8017 section 8.1.1. As above.
  Result<std::vector<std::byte>> sign_pss(const PssOptions& options, ByteSpan message,
                                          os::Entropy& entropy) const;
  Result<std::vector<std::byte>> sign_pss_digest(const PssOptions& options, ByteSpan digest,
                                                 os::Entropy& entropy) const;
  /// RFC 8017 section 7.1.2. One error for every failure: Unauthenticated; which one it was shows
  /// neither in words nor in time. CT but for lengths and the verdict.
  Result<SecretBytes> decrypt_oaep(const OaepOptions& options, ByteSpan ciphertext,
                                   os::Entropy& entropy) const;

  RsaPrivateKey(RsaPrivateKey&&) noexcept;
  RsaPrivateKey& operator=(RsaPrivateKey&&) noexcept;
  ~RsaPrivateKey();
  template <class Stream>
  friend Stream& operator<<(Stream&, const RsaPrivateKey&) = delete;

 private:
  struct State;
  explicit RsaPrivateKey(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace avila::crypto

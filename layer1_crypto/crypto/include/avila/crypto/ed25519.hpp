// Ed25519 signatures (RFC 8032 section 5.1).
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/primitives/secret.hpp>

namespace avila::os {
class Entropy;
}

namespace avila::crypto {

/// The variants of RFC 8032 section 5.1 beside the plain one. One key should know one of them.
struct Ed25519Options {
  static constexpr std::size_t kMaxContext = 255;  ///< bytes
  bool prehash = false;   ///< Ed25519ph: what is signed is the SHA-512 of the message
  ByteSpan context = {};  ///< Ed25519ctx where there is one and no prehash
};

class Ed25519PublicKey {
 public:
  static constexpr std::size_t kBytes = 32;
  static constexpr std::size_t kSignatureBytes = 64;

  /// The 32 bytes of RFC 8032 section 5.1.5. Errors: Malformed (length, no point of the curve, a
  /// point of small order).
  static Result<Ed25519PublicKey> decode(ByteSpan bytes);
  const std::array<std::byte, kBytes>& bytes() const noexcept { return bytes_; }

  /// RFC 8032 section 5.1.7, strict: S below L, R and the key encoded in the one way, the equation
  /// without the cofactor. Errors: Unauthenticated (also of another length).
  Result<void> verify(ByteSpan message, ByteSpan signature) const {
    return verify(message, signature, {});
  }
  /// Ed25519ctx or Ed25519ph. Errors: Unauthenticated, InvalidArgument (a context above the limit).
  Result<void> verify(ByteSpan message, ByteSpan signature, const Ed25519Options& options) const;

  friend bool operator==(const Ed25519PublicKey&, const Ed25519PublicKey&) noexcept = default;

 private:
  friend class Ed25519PrivateKey;
  Ed25519PublicKey() = default;
  std::array<std::byte, kBytes> bytes_{};
};

/// Move-only, wiped by its destructor, not printable. Threads may share a const one.
class Ed25519PrivateKey {
 public:
  static constexpr std::size_t kSeedBytes = 32;
  using Signature = std::array<std::byte, Ed25519PublicKey::kSignatureBytes>;

  /// Errors: those of the entropy.
  static Result<Ed25519PrivateKey> generate(os::Entropy& entropy);
  /// Of the 32 bytes that RFC 8032 calls the private key. CT.
  static Ed25519PrivateKey from_seed(std::span<const std::byte, kSeedBytes> seed);
  const SecretArray<kSeedBytes>& seed() const noexcept { return seed_; }
  const Ed25519PublicKey& public_key() const noexcept { return public_; }

  /// RFC 8032 section 5.1.6. CT but for the length of the message.
  Signature sign(ByteSpan message) const;
  /// Ed25519ctx or Ed25519ph. Errors: InvalidArgument (a context above the limit).
  Result<Signature> sign(ByteSpan message, const Ed25519Options& options) const;

  template <class Stream>
  friend Stream& operator<<(Stream&, const Ed25519PrivateKey&) = delete;

 private:
  Ed25519PrivateKey() = default;
  Signature sign_parts(ByteSpan prefix, ByteSpan message) const;
  SecretArray<kSeedBytes> seed_;
  SecretArray<64> expanded_;  // SHA-512 of the seed, the first half clamped
  Ed25519PublicKey public_;
};

}  // namespace avila::crypto

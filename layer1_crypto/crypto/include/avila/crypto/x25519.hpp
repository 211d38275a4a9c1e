// The key agreement X25519 (RFC 7748 section 6.1).
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/primitives/secret.hpp>

namespace avila::os {
class Entropy;
}

namespace avila::crypto {

class X25519PublicKey {
 public:
  static constexpr std::size_t kBytes = 32;

  /// Any 32 bytes. Errors: Malformed (length).
  static Result<X25519PublicKey> decode(ByteSpan bytes);
  const std::array<std::byte, kBytes>& bytes() const noexcept { return bytes_; }
  friend bool operator==(const X25519PublicKey&, const X25519PublicKey&) noexcept = default;

 private:
  friend class X25519PrivateKey;
  X25519PublicKey() = default;
  std::array<std::byte, kBytes> bytes_{};
};

/// Move-only, wiped by its destructor, not printable. Threads may share a const one.
class X25519PrivateKey {
 public:
  static constexpr std::size_t kBytes = 32;
  static constexpr std::size_t kSharedBytes = 32;

  /// Errors: those of the entropy.
  static Result<X25519PrivateKey> generate(os::Entropy& entropy);
  /// The 32 bytes as they are stored; clamped where they are used. CT.
  static X25519PrivateKey from_bytes(std::span<const std::byte, kBytes> bytes);
  const SecretArray<kBytes>& bytes() const noexcept { return bytes_; }
  const X25519PublicKey& public_key() const noexcept { return public_; }

  /// The shared secret: give it to a KDF, it is no key by itself. CT but for the verdict. Errors:
  /// Malformed (the peer's key is of small order, so that the result would be zero).
  Result<SecretArray<kSharedBytes>> agree(const X25519PublicKey& peer) const;

  template <class Stream>
  friend Stream& operator<<(Stream&, const X25519PrivateKey&) = delete;

 private:
  X25519PrivateKey() = default;
  SecretArray<kBytes> bytes_;
  X25519PublicKey public_;
};

}  // namespace avila::crypto

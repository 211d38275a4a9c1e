// ChaCha20-Poly1305 (RFC 8439 §2.8) and XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03).
#pragma once
#include <avila/aead/nonce.hpp>
#include <avila/cipher/chacha20.hpp>

namespace avila::aead {

/// A key of ChaCha20-Poly1305. Move-only, wiped by its destructor. One may be used by many threads.
/// Never seal two messages under one nonce. CT: but for lengths and the verdict.
class ChaCha20Poly1305 {
 public:
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kNonceSize = 12;
  using NonceType = Nonce<kNonceSize>;
  /// RFC 8439 §2.8: 2^32 - 1 blocks.
  static constexpr std::uint64_t kMaxText = ((std::uint64_t{1} << 32) - 1) * 64;
  static constexpr std::uint64_t kMaxAad = ~std::uint64_t{0};
  /// So that nonces drawn at random do not repeat; a counter would allow for more.
  static constexpr std::uint64_t kMaxSealed = std::uint64_t{1} << 32;
  /// RFC 9001 §6.6.
  static constexpr std::uint64_t kMaxRefused = std::uint64_t{1} << 36;

  explicit ChaCha20Poly1305(std::span<const std::byte, kKeySize> key) noexcept : key_(key) {}

  /// As those of AesGcm; open_detached() deciphers only after the tag was right.
  Result<void> seal_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                             MutableByteSpan out, Tag& tag) const;
  Result<void> open_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text, const Tag& tag,
                             MutableByteSpan out) const;
  const Usage& usage() const noexcept { return usage_; }

 private:
  cipher::ChaChaKey key_;
  Usage usage_{kMaxSealed, kMaxRefused};
};

/// The same with nonces of 24 bytes, which may be drawn at random without counting messages.
class XChaCha20Poly1305 {
 public:
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kNonceSize = 24;
  using NonceType = Nonce<kNonceSize>;
  static constexpr std::uint64_t kMaxText = ChaCha20Poly1305::kMaxText;
  static constexpr std::uint64_t kMaxAad = ChaCha20Poly1305::kMaxAad;
  static constexpr std::uint64_t kMaxSealed = ~std::uint64_t{0};
  static constexpr std::uint64_t kMaxRefused = ChaCha20Poly1305::kMaxRefused;

  explicit XChaCha20Poly1305(std::span<const std::byte, kKeySize> key) noexcept : key_(key) {}

  Result<void> seal_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                             MutableByteSpan out, Tag& tag) const;
  Result<void> open_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text, const Tag& tag,
                             MutableByteSpan out) const;
  const Usage& usage() const noexcept { return usage_; }

 private:
  cipher::ChaChaKey key_;
  Usage usage_{kMaxSealed, kMaxRefused};
};

}  // namespace avila::aead

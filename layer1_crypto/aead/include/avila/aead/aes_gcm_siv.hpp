// AES-GCM-SIV (RFC 8452).
#pragma once
#include <avila/aead/nonce.hpp>
#include <avila/cipher/aes.hpp>
#include <utility>

namespace avila::aead {

/// A key of AES-GCM-SIV. Move-only; wiped by its destructor. One may be used by many threads. A
/// nonce used twice tells only whether the two messages (with their AAD) were equal. Two passes:
/// slower than AES-GCM. CT: but for lengths and the verdict.
class AesGcmSiv {
 public:
  static constexpr std::size_t kNonceSize = 12;
  using NonceType = Nonce<kNonceSize>;
  /// RFC 8452 §6: 2^36 bytes each of text and AAD.
  static constexpr std::uint64_t kMaxText = std::uint64_t{1} << 36;
  static constexpr std::uint64_t kMaxAad = std::uint64_t{1} << 36;
  /// Well inside the bounds of RFC 8452 §9 for random nonces.
  static constexpr std::uint64_t kMaxSealed = std::uint64_t{1} << 48;
  static constexpr std::uint64_t kMaxRefused = std::uint64_t{1} << 52;

  /// 16 or 32 bytes, told at run time. Errors: InvalidArgument.
  static Result<AesGcmSiv> create(ByteSpan key);

  /// As those of AesGcm.
  Result<void> seal_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                             MutableByteSpan out, Tag& tag) const;
  Result<void> open_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text, const Tag& tag,
                             MutableByteSpan out) const;
  const Usage& usage() const noexcept { return usage_; }

 protected:
  AesGcmSiv(cipher::Aes aes, std::size_t key_size) noexcept
      : aes_(std::move(aes)), key_size_(key_size) {}

 private:
  cipher::Aes aes_;
  std::size_t key_size_;
  Usage usage_{kMaxSealed, kMaxRefused};
};

template <std::size_t kBits>
  requires(kBits == 128 || kBits == 256)
class AesGcmSivKey : public AesGcmSiv {
 public:
  static constexpr std::size_t kKeySize = kBits / 8;
  explicit AesGcmSivKey(std::span<const std::byte, kKeySize> key) noexcept
      : AesGcmSiv(cipher::AesKey<kBits>(key), kKeySize) {}
};
using Aes128GcmSiv = AesGcmSivKey<128>;
using Aes256GcmSiv = AesGcmSivKey<256>;

}  // namespace avila::aead

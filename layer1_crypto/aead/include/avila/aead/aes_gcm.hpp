// AES-GCM (SP 800-38D).
#pragma once
#include <avila/aead/nonce.hpp>
#include <avila/cipher/aes.hpp>
#include <avila/mac/detail/polyval.hpp>

namespace avila::aead {

/// A key of AES-GCM. Move-only; wiped by its destructor. One may be used by many threads. Never
/// seal two messages under one nonce: that gives away the XOR of both and lets anyone forge more.
/// CT: but for lengths and the verdict.
class AesGcm {
 public:
  static constexpr std::size_t kNonceSize = 12;
  using NonceType = Nonce<kNonceSize>;
  /// SP 800-38D §5.2.1.1: 2^39 - 256 bits.
  static constexpr std::uint64_t kMaxText = (std::uint64_t{1} << 36) - 32;
  static constexpr std::uint64_t kMaxAad = (std::uint64_t{1} << 61) - 1;
  /// SP 800-38D §8.3, needed for nonces drawn at random.
  static constexpr std::uint64_t kMaxSealed = std::uint64_t{1} << 32;
  /// Forgeries borne before the key is refused: RFC 9001 §6.6 has 2^52 for packets.
  static constexpr std::uint64_t kMaxRefused = std::uint64_t{1} << 52;

  /// 16, 24 or 32 bytes, told at run time. Errors: InvalidArgument.
  static Result<AesGcm> create(ByteSpan key);
  AesGcm(AesGcm&& other) noexcept;
  AesGcm& operator=(AesGcm&& other) noexcept;
  ~AesGcm();

  /// `out` has the size of `text` (asserted) and is `text` or apart from it. Errors: LimitExceeded.
  Result<void> seal_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                             MutableByteSpan out, Tag& tag) const;
  /// Errors: Unauthenticated (`out` is wiped then: nothing unauthenticated is left), LimitExceeded.
  Result<void> open_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text, const Tag& tag,
                             MutableByteSpan out) const;
  /// For formats that have nonces of other sizes (SP 800-38D §7.1 hashes them): 1 byte or more.
  /// Errors: InvalidArgument, and as above.
  Result<void> seal_with_iv(ByteSpan iv, ByteSpan aad, ByteSpan text, MutableByteSpan out,
                            Tag& tag) const;
  Result<void> open_with_iv(ByteSpan iv, ByteSpan aad, ByteSpan text, const Tag& tag,
                            MutableByteSpan out) const;
  const Usage& usage() const noexcept { return usage_; }

 protected:
  explicit AesGcm(cipher::Aes aes) noexcept;

 private:
  void crypt(ByteSpan iv, ByteSpan aad, ByteSpan text, MutableByteSpan out, Tag& tag,
             bool encrypt) const noexcept;

  cipher::Aes aes_;
  mac::detail::PolyvalKey hash_;
  Usage usage_{kMaxSealed, kMaxRefused};
};

template <std::size_t kBits>
  requires(kBits == 128 || kBits == 256)
class AesGcmKey : public AesGcm {
 public:
  static constexpr std::size_t kKeySize = kBits / 8;
  explicit AesGcmKey(std::span<const std::byte, kKeySize> key) noexcept
      : AesGcm(cipher::AesKey<kBits>(key)) {}
};
using Aes128Gcm = AesGcmKey<128>;
using Aes256Gcm = AesGcmKey<256>;

}  // namespace avila::aead

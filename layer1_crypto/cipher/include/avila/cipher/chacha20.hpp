// ChaCha20 (RFC 8439 §2.4) and XChaCha20 (draft-irtf-cfrg-xchacha-03): key streams of additions,
// rotations and XORs, in constant time on every machine. Nothing tells a receiver that bytes were
// changed; the library `aead` does.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::cipher {

/// 256 bits. Move-only, wiped by its destructor and when moved from.
class ChaChaKey {
 public:
  static constexpr std::size_t kSize = 32;
  explicit ChaChaKey(std::span<const std::byte, kSize> key) noexcept;
  ChaChaKey(ChaChaKey&& other) noexcept;
  ChaChaKey& operator=(ChaChaKey&& other) noexcept;
  ~ChaChaKey();

  const std::array<std::uint32_t, 8>& words() const noexcept { return words_; }

 private:
  std::array<std::uint32_t, 8> words_;
};

/// Encrypts or decrypts (the same thing) a stream in pieces of any size. A nonce used twice under
/// one key gives both texts away.
class ChaCha20 {
 public:
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kNonce = 12;

  ChaCha20(const ChaChaKey& key, std::span<const std::byte, kNonce> nonce,
           std::uint32_t counter = 0) noexcept;
  ChaCha20(const ChaCha20&) = delete;
  ChaCha20& operator=(const ChaCha20&) = delete;
  ~ChaCha20();

  /// `out` has the size of `in` (asserted) and is `in` or apart from it. Errors: LimitExceeded (the
  /// 32-bit block counter would start again, after 256 GiB from counter 0); nothing is written.
  Result<void> apply(ByteSpan in, MutableByteSpan out);

 private:
  std::uint32_t state_[16];
  std::uint64_t blocks_left_;
  std::byte stream_[kBlock];
  std::size_t used_ = kBlock;  // bytes of stream_ that are spent
};

/// The same with a nonce of 192 bits, long enough to be drawn at random for every message.
class XChaCha20 {
 public:
  static constexpr std::size_t kNonce = 24;
  XChaCha20(const ChaChaKey& key, std::span<const std::byte, kNonce> nonce,
            std::uint32_t counter = 0) noexcept;
  Result<void> apply(ByteSpan in, MutableByteSpan out) { return stream_.apply(in, out); }

 private:
  ChaCha20 stream_;
};

/// HChaCha20 (draft §2.2): the key of a message from a key and the first 16 bytes of its nonce.
ChaChaKey hchacha20(const ChaChaKey& key, std::span<const std::byte, 16> nonce) noexcept;

}  // namespace avila::cipher

// AES in counter mode (SP 800-38A §6.5): a key stream. Nothing tells a receiver that bytes were
// changed; the library `aead` does.
#pragma once
#include <avila/cipher/aes.hpp>

namespace avila::cipher {

/// Encrypts or decrypts (the same thing) a stream in pieces of any size. The key outlives it.
/// A counter block used twice under one key gives both texts away: count blocks across messages.
class AesCtr {
 public:
  /// The first counter block, all 128 bits of which count, big-endian, modulo 2^128.
  AesCtr(const Aes& key, std::span<const std::byte, kAesBlock> counter) noexcept;
  AesCtr(const AesCtr&) = delete;
  AesCtr& operator=(const AesCtr&) = delete;
  ~AesCtr();

  /// `out` has the size of `in` (asserted) and is `in` or apart from it.
  void apply(ByteSpan in, MutableByteSpan out) noexcept;

 private:
  void advance(std::uint64_t blocks) noexcept;

  const Aes& key_;
  std::byte counter_[kAesBlock];
  std::byte stream_[kAesBlock];
  std::size_t used_ = kAesBlock;  // bytes of stream_ that are spent
};

}  // namespace avila::cipher

// The nonces of deterministic ECDSA (RFC 6979 section 3.2).
#pragma once
#include <array>
#include <avila/crypto/digest.hpp>

namespace avila::crypto::detail {

/// One after the other, from a key and a digest. CT: time depends on the lengths and on how many
/// are asked for. Wiped at its end.
class EcdsaNonces {
 public:
  /// `scalar` is int2octets(x), `digest` is h1 in the order's length (bits2octets), `added` is the
  /// additional data of section 3.6.
  EcdsaNonces(DigestAlgorithm algorithm, ByteSpan scalar, ByteSpan digest, ByteSpan added) noexcept;
  ~EcdsaNonces();
  EcdsaNonces(const EcdsaNonces&) = delete;
  EcdsaNonces& operator=(const EcdsaNonces&) = delete;

  /// Section 3.2 h, step 2: the bytes whose leftmost bits, as many as the order has, are the nonce
  /// or too large for one.
  void next(MutableByteSpan candidate) noexcept;

 private:
  MutableByteSpan key() noexcept { return MutableByteSpan(key_).first(size_); }
  MutableByteSpan value() noexcept { return MutableByteSpan(value_).first(size_); }

  DigestAlgorithm algorithm_;
  std::size_t size_;
  bool first_ = true;
  std::array<std::byte, kDigestBytesMax> key_, value_;
};

}  // namespace avila::crypto::detail

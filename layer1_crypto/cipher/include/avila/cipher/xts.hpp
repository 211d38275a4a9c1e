// XTS-AES (IEEE 1619, SP 800-38E): sectors of a disk, each of the size of its plaintext. Hides
// contents; changes go unnoticed, and a sector written twice alike looks alike.
#pragma once
#include <array>
#include <avila/cipher/aes.hpp>
#include <cstdint>
#include <utility>

namespace avila::cipher {

/// The two keys: of the data and of the tweak.
class XtsKey {
 public:
  /// 32 bytes (XTS-AES-128), 64 (XTS-AES-256), or 48, which no standard has but programs use: the
  /// key of the data first. Errors: InvalidArgument (another size, or two equal halves, which
  /// FIPS 140-3 IG C.I forbids).
  static Result<XtsKey> create(ByteSpan key);

  const Aes& data() const noexcept { return data_; }
  const Aes& tweak() const noexcept { return tweak_; }

 private:
  XtsKey(Aes data, Aes tweak) noexcept : data_(std::move(data)), tweak_(std::move(tweak)) {}
  Aes data_, tweak_;
};

/// SP 800-38E: 2^20 blocks a data unit.
inline constexpr std::size_t kXtsMaxBytes = std::size_t{1} << 24;

/// One data unit of 16 bytes or more, stealing ciphertext where it does not end with a block.
/// `tweak` is the unit's number, little-endian. `out` has the size of `in` (asserted) and is `in`
/// or apart from it. Errors: InvalidArgument (fewer than 16 bytes), LimitExceeded (kXtsMaxBytes).
Result<void> xts_encrypt(const XtsKey& key, std::span<const std::byte, kAesBlock> tweak,
                         ByteSpan in, MutableByteSpan out);
Result<void> xts_decrypt(const XtsKey& key, std::span<const std::byte, kAesBlock> tweak,
                         ByteSpan in, MutableByteSpan out);

/// The tweak of data unit `number`.
std::array<std::byte, kAesBlock> xts_tweak(std::uint64_t number) noexcept;

}  // namespace avila::cipher

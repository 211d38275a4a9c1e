// XXH3 of xxHash 0.8, 64 and 128 bits: for tables, caches and checksums against accidents. Not
// for adversaries: use SipHash for tables keyed by strangers, BLAKE3 or SHA-2 for integrity.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <avila/hash/detail/xxh3_short.hpp>
#include <cstdint>

namespace avila::hash {

namespace detail::xxh3 {
std::uint64_t hash_64_long(ByteSpan bytes, std::uint64_t seed) noexcept;  // above 128 bytes
Xxh128 hash_128_long(ByteSpan bytes, std::uint64_t seed) noexcept;
}  // namespace detail::xxh3

/// Always inlined: up to 128 bytes take no call, and of the 128 bits only what is used is made.
AVILA_HASH_INLINE std::uint64_t xxh3_64(ByteSpan bytes, std::uint64_t seed = 0) noexcept {
  using namespace detail::xxh3;
  const std::size_t size = bytes.size();
  if (size <= 16) return small_64(bytes.data(), size, default_secret(), seed);
  if (size <= 128) return medium_64(bytes.data(), size, default_secret(), seed);
  return hash_64_long(bytes, seed);
}
AVILA_HASH_INLINE Xxh128 xxh3_128(ByteSpan bytes, std::uint64_t seed = 0) noexcept {
  using namespace detail::xxh3;
  const std::size_t size = bytes.size();
  if (size <= 16) return small_128(bytes.data(), size, default_secret(), seed);
  if (size <= 128) return medium_128(bytes.data(), size, default_secret(), seed);
  return hash_128_long(bytes, seed);
}
/// `secret` holds at least kXxh3SecretSizeMin bytes of high entropy (asserted).
std::uint64_t xxh3_64_with_secret(ByteSpan bytes, ByteSpan secret) noexcept;
Xxh128 xxh3_128_with_secret(ByteSpan bytes, ByteSpan secret) noexcept;

/// XXH3 over pieces: the same value as over their concatenation. Either width may be asked for at
/// any time, and more bytes may follow. About 1.4 KiB; copyable.
class Xxh3 {
 public:
  explicit Xxh3(std::uint64_t seed = 0) noexcept { reset(seed); }
  void reset(std::uint64_t seed = 0) noexcept;
  void update(ByteSpan bytes) noexcept;
  std::uint64_t digest64() const noexcept;
  Xxh128 digest128() const noexcept;

 private:
  static constexpr std::size_t kBlock = 1024;  // 16 stripes of 64 bytes: one walk of the secret
  void finish(std::uint64_t accumulators[8]) const noexcept;

  alignas(64) std::array<std::uint64_t, 8> accumulators_;
  std::array<std::byte, 192> secret_;
  std::array<std::byte, 64> tail_;        // the last 64 bytes before buffer_
  std::array<std::byte, kBlock> buffer_;  // never left empty once something came
  std::size_t buffered_;
  std::uint64_t total_;
  std::uint64_t seed_;
};

}  // namespace avila::hash

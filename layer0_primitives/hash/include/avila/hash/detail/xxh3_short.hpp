// XXH3 of up to 128 bytes, where the caller's compiler can see it: a call costs as much as hashing
// 20 bytes, and whoever uses half of the 128 bits pays for that half. As the xxHash specification
// (0.2.0, "XXH3 algorithm") defines it; section names are its own.
#pragma once
#include <avila/error/span.hpp>
#include <avila/hash/detail/xxh128.hpp>
#include <avila/primitives/endian.hpp>
#include <cstddef>
#include <cstdint>

#if defined(__GNUC__)
#define AVILA_HASH_INLINE inline __attribute__((always_inline))
#else
#define AVILA_HASH_INLINE inline
#endif

namespace avila::hash::detail::xxh3 {

inline constexpr std::uint64_t kPrime32_1 = 0x9E3779B1U;
inline constexpr std::uint64_t kPrime32_2 = 0x85EBCA77U;
inline constexpr std::uint64_t kPrime32_3 = 0xC2B2AE3DU;
inline constexpr std::uint64_t kPrime32_4 = 0x27D4EB2FU;
inline constexpr std::uint64_t kPrime32_5 = 0x165667B1U;
inline constexpr std::uint64_t kPrime64_1 = 0x9E3779B185EBCA87U;
inline constexpr std::uint64_t kPrime64_2 = 0xC2B2AE3D27D4EB4FU;
inline constexpr std::uint64_t kPrime64_3 = 0x165667B19E3779F9U;
inline constexpr std::uint64_t kPrime64_4 = 0x85EBCA77C2B2AE63U;
inline constexpr std::uint64_t kPrime64_5 = 0x27D4EB2F165667C5U;

inline constexpr std::uint64_t kMix1 = 0x165667919E3779F9U;
inline constexpr std::uint64_t kMix2 = 0x9FB21C651E98DF25U;
inline constexpr std::size_t kMidSizeMax = 240;

alignas(64) inline constexpr unsigned char kSecretBytes[192] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

inline const std::byte* default_secret() noexcept {
  return reinterpret_cast<const std::byte*>(kSecretBytes);
}

AVILA_HASH_INLINE std::uint32_t rotate_left(std::uint32_t x, int n) {
  return (x << n) | (x >> (32 - n));
}
AVILA_HASH_INLINE std::uint64_t rotate_left(std::uint64_t x, int n) {
  return (x << n) | (x >> (64 - n));
}

AVILA_HASH_INLINE Xxh128 multiply(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__SIZEOF_INT128__)
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
#else
  const std::uint64_t al = a & 0xFFFFFFFFU, ah = a >> 32, bl = b & 0xFFFFFFFFU, bh = b >> 32;
  const std::uint64_t ll = al * bl, hl = ah * bl, lh = al * bh, hh = ah * bh;
  const std::uint64_t middle = (ll >> 32) + (hl & 0xFFFFFFFFU) + lh;
  return {(middle << 32) | (ll & 0xFFFFFFFFU), hh + (hl >> 32) + (middle >> 32)};
#endif
}
AVILA_HASH_INLINE std::uint64_t multiply_fold(std::uint64_t a, std::uint64_t b) noexcept {
  const Xxh128 product = multiply(a, b);
  return product.low ^ product.high;
}

AVILA_HASH_INLINE std::uint64_t avalanche(std::uint64_t h) noexcept {
  h = (h ^ (h >> 37)) * kMix1;
  return h ^ (h >> 32);
}
AVILA_HASH_INLINE std::uint64_t avalanche_xxh64(std::uint64_t h) noexcept {
  h = (h ^ (h >> 33)) * kPrime64_2;
  h = (h ^ (h >> 29)) * kPrime64_3;
  return h ^ (h >> 32);
}

// "XXH3_mixStep": 16 bytes of input with 16 of the secret.
AVILA_HASH_INLINE std::uint64_t mix16(const std::byte* in, const std::byte* secret,
                                      std::uint64_t seed) noexcept {
  return multiply_fold(load_le64(in) ^ (load_le64(secret) + seed),
                       load_le64(in + 8) ^ (load_le64(secret + 8) - seed));
}

// ---- 64 bits, up to 128 bytes

AVILA_HASH_INLINE std::uint64_t small_64(const std::byte* in, std::size_t size,
                                         const std::byte* secret, std::uint64_t seed) noexcept {
  if (size > 8) {
    const std::uint64_t flip1 = (load_le64(secret + 24) ^ load_le64(secret + 32)) + seed;
    const std::uint64_t flip2 = (load_le64(secret + 40) ^ load_le64(secret + 48)) - seed;
    const std::uint64_t low = load_le64(in) ^ flip1;
    const std::uint64_t high = load_le64(in + size - 8) ^ flip2;
    return avalanche(size + byteswap(low) + high + multiply_fold(low, high));
  }
  if (size >= 4) {
    seed ^= static_cast<std::uint64_t>(byteswap(static_cast<std::uint32_t>(seed))) << 32;
    const std::uint64_t first = load_le32(in);
    const std::uint64_t last = load_le32(in + size - 4);
    const std::uint64_t flip = (load_le64(secret + 8) ^ load_le64(secret + 16)) - seed;
    std::uint64_t h = (last + (first << 32)) ^ flip;
    h ^= rotate_left(h, 49) ^ rotate_left(h, 24);
    h *= kMix2;
    h ^= (h >> 35) + size;
    h *= kMix2;
    return h ^ (h >> 28);
  }
  if (size > 0) {
    const auto first = static_cast<std::uint32_t>(in[0]);
    const auto middle = static_cast<std::uint32_t>(in[size >> 1]);
    const auto last = static_cast<std::uint32_t>(in[size - 1]);
    const std::uint32_t combined =
        (first << 16) | (middle << 24) | last | (static_cast<std::uint32_t>(size) << 8);
    const std::uint64_t flip = (load_le32(secret) ^ load_le32(secret + 4)) + seed;
    return avalanche_xxh64(combined ^ flip);
  }
  return avalanche_xxh64(seed ^ load_le64(secret + 56) ^ load_le64(secret + 64));
}

AVILA_HASH_INLINE std::uint64_t medium_64(const std::byte* in, std::size_t size,
                                          const std::byte* secret, std::uint64_t seed) noexcept {
  std::uint64_t acc = size * kPrime64_1;
  const std::byte* end = in + size;
  if (size > 32) {
    if (size > 64) {
      if (size > 96) acc += mix16(in + 48, secret + 96, seed) + mix16(end - 64, secret + 112, seed);
      acc += mix16(in + 32, secret + 64, seed) + mix16(end - 48, secret + 80, seed);
    }
    acc += mix16(in + 16, secret + 32, seed) + mix16(end - 32, secret + 48, seed);
  }
  acc += mix16(in, secret, seed) + mix16(end - 16, secret + 16, seed);
  return avalanche(acc);
}

// ---- 128 bits, up to 128 bytes

AVILA_HASH_INLINE Xxh128 small_128(const std::byte* in, std::size_t size, const std::byte* secret,
                                   std::uint64_t seed) noexcept {
  if (size > 8) {
    const std::uint64_t flip_low = (load_le64(secret + 32) ^ load_le64(secret + 40)) - seed;
    const std::uint64_t flip_high = (load_le64(secret + 48) ^ load_le64(secret + 56)) + seed;
    const std::uint64_t low = load_le64(in);
    std::uint64_t high = load_le64(in + size - 8);
    Xxh128 m = multiply(low ^ high ^ flip_low, kPrime64_1);
    m.low += static_cast<std::uint64_t>(size - 1) << 54;
    high ^= flip_high;
    m.high += high + (high & 0xFFFFFFFFU) * (kPrime32_2 - 1);
    m.low ^= byteswap(m.high);
    Xxh128 h = multiply(m.low, kPrime64_2);
    h.high += m.high * kPrime64_2;
    return {avalanche(h.low), avalanche(h.high)};
  }
  if (size >= 4) {
    seed ^= static_cast<std::uint64_t>(byteswap(static_cast<std::uint32_t>(seed))) << 32;
    const std::uint64_t first = load_le32(in);
    const std::uint64_t last = load_le32(in + size - 4);
    const std::uint64_t flip = (load_le64(secret + 16) ^ load_le64(secret + 24)) + seed;
    Xxh128 m = multiply((first + (last << 32)) ^ flip, kPrime64_1 + (size << 2));
    m.high += m.low << 1;
    m.low ^= m.high >> 3;
    m.low = (m.low ^ (m.low >> 35)) * kMix2;
    m.low ^= m.low >> 28;
    m.high = avalanche(m.high);
    return m;
  }
  if (size > 0) {
    const auto first = static_cast<std::uint32_t>(in[0]);
    const auto middle = static_cast<std::uint32_t>(in[size >> 1]);
    const auto last = static_cast<std::uint32_t>(in[size - 1]);
    const std::uint32_t low =
        (first << 16) | (middle << 24) | last | (static_cast<std::uint32_t>(size) << 8);
    const std::uint32_t high = rotate_left(byteswap(low), 13);
    const std::uint64_t flip_low = (load_le32(secret) ^ load_le32(secret + 4)) + seed;
    const std::uint64_t flip_high = (load_le32(secret + 8) ^ load_le32(secret + 12)) - seed;
    return {avalanche_xxh64(low ^ flip_low), avalanche_xxh64(high ^ flip_high)};
  }
  return {avalanche_xxh64(seed ^ load_le64(secret + 64) ^ load_le64(secret + 72)),
          avalanche_xxh64(seed ^ load_le64(secret + 80) ^ load_le64(secret + 88))};
}

AVILA_HASH_INLINE void mix32(Xxh128& acc, const std::byte* a, const std::byte* b,
                             const std::byte* secret, std::uint64_t seed) noexcept {
  acc.low += mix16(a, secret, seed);
  acc.low ^= load_le64(b) + load_le64(b + 8);
  acc.high += mix16(b, secret + 16, seed);
  acc.high ^= load_le64(a) + load_le64(a + 8);
}

AVILA_HASH_INLINE Xxh128 finish_medium_128(const Xxh128& acc, std::size_t size,
                                           std::uint64_t seed) noexcept {
  const std::uint64_t low = acc.low + acc.high;
  const std::uint64_t high =
      acc.low * kPrime64_1 + acc.high * kPrime64_4 + (size - seed) * kPrime64_2;
  return {avalanche(low), 0 - avalanche(high)};
}

AVILA_HASH_INLINE Xxh128 medium_128(const std::byte* in, std::size_t size, const std::byte* secret,
                                    std::uint64_t seed) noexcept {
  Xxh128 acc{size * kPrime64_1, 0};
  const std::byte* end = in + size;
  if (size > 32) {
    if (size > 64) {
      if (size > 96) mix32(acc, in + 48, end - 64, secret + 96, seed);
      mix32(acc, in + 32, end - 48, secret + 64, seed);
    }
    mix32(acc, in + 16, end - 32, secret + 32, seed);
  }
  mix32(acc, in, end - 16, secret, seed);
  return finish_medium_128(acc, size, seed);
}

}  // namespace avila::hash::detail::xxh3

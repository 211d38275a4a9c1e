// Small steps that the encoders' searches for matches share.
#pragma once
#include <avila/primitives/endian.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace avila::compress::detail {

/// How many bytes at `a` equal those at `b` (before a), looking at none at or after `limit`.
inline std::uint32_t common_length(const std::byte* a, const std::byte* b,
                                   const std::byte* limit) noexcept {
  const std::byte* const start = a;
  while (limit - a >= 8) {
    const std::uint64_t differing = load_le64(a) ^ load_le64(b);
    if (differing != 0)
      return static_cast<std::uint32_t>(a - start) +
             static_cast<std::uint32_t>(std::countr_zero(differing)) / 8;
    a += 8, b += 8;
  }
  while (a < limit && *a == *b) ++a, ++b;
  return static_cast<std::uint32_t>(a - start);
}

/// Multiplicative hashes of the low 3 to 8 bytes of what is at a position, `bits` wide.
inline std::uint32_t hash32(std::uint32_t value, unsigned bits) noexcept {
  return (value * 0x9E3779B1U) >> (32 - bits);
}
inline std::uint32_t hash3(std::uint32_t value, unsigned bits) noexcept {
  return hash32(value << 8, bits);
}
template <unsigned kBytes>
std::uint32_t hash_bytes(std::uint64_t value, unsigned bits) noexcept {
  if constexpr (kBytes == 4) {
    return hash32(static_cast<std::uint32_t>(value), bits);
  } else {
    return static_cast<std::uint32_t>(((value << (64 - 8 * kBytes)) * 0x9E3779B185EBCA87U) >>
                                      (64 - bits));
  }
}

inline void prefetch(const void* p) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(p);
#else
  (void)p;
#endif
}

}  // namespace avila::compress::detail

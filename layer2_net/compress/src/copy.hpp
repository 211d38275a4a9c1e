// Copies of the decoders that may write beyond the end, in exchange for whole words.
#pragma once
#include <avila/primitives/endian.hpp>
#include <avila/simd/target.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace avila::compress::detail {

/// Room that copies may use beyond their end, and literals' bytes beyond theirs.
inline constexpr std::size_t kCopySlack = 32;

/// Copies the match of `length` bytes that begins `distance` before `at`.
AVILA_ALWAYS_INLINE void copy_match_wide(std::byte* at, std::size_t distance, std::size_t length) {
  const std::byte* from = at - distance;
  std::byte* const end = at + length;
  if (distance >= 16) [[likely]] {
    do {
      std::memcpy(at, from, 16);
      at += 16, from += 16;
    } while (at < end);
  } else if (distance >= 8) {
    do {
      std::memcpy(at, from, 8);
      at += 8, from += 8;
    } while (at < end);
  } else {  // the pattern, as often as it fits 8 bytes
    static constexpr std::uint64_t kRepeat[8] = {0,
                                                 0x0101010101010101U,
                                                 0x0001000100010001U,
                                                 0x0001000001000001U,
                                                 0x0000000100000001U,
                                                 0x0000010000000001U,
                                                 0x0001000000000001U,
                                                 0x0100000000000001U};
    static constexpr std::uint8_t kStep[8] = {8, 8, 8, 6, 8, 5, 6, 7};
    std::uint64_t pattern = 0;
    std::memcpy(&pattern, from, 8);
    if constexpr (std::endian::native == std::endian::big) pattern = byteswap(pattern);
    pattern = (pattern & ((std::uint64_t{1} << (8 * distance)) - 1)) * kRepeat[distance];
    const std::size_t step = kStep[distance];
    do {
      store_le64(at, pattern);
      at += step;
    } while (at < end);
  }
}

/// Copies `length` bytes; what lies up to kCopySlack behind both ends may be touched.
AVILA_ALWAYS_INLINE void copy_wide(std::byte* to, const std::byte* from, std::size_t length) {
  std::memcpy(to, from, 16);
  std::memcpy(to + 16, from + 16, 16);
  if (length > 32) [[unlikely]] {
    std::byte* const end = to + length;
    do {
      to += 32, from += 32;
      std::memcpy(to, from, 16);
      std::memcpy(to + 16, from + 16, 16);
    } while (to + 32 < end);
  }
}

/// Byte by byte, for matches near the end of memory.
inline void copy_match_exact(std::byte* at, std::size_t distance, std::size_t length) {
  for (const std::byte* from = at - distance; length != 0; --length) *at++ = *from++;
}

}  // namespace avila::compress::detail

// Constants and small steps of the LZ4 block format that encoders and the decoder share.
#pragma once
#include <algorithm>
#include <avila/primitives/endian.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace avila::compress::lz4::detail {

inline constexpr std::size_t kMinMatch = 4;
inline constexpr std::size_t kLastLiterals = 5;  // the last 5 bytes of a block are literals,
inline constexpr std::size_t kMatchMargin = 12;  // and no match begins in its last 12 bytes
inline constexpr std::size_t kMaxDistance = 65535;
inline constexpr unsigned kRunMask = 15;  // a nibble of 15 is followed by bytes to be added

inline void copy8(std::byte* to, const std::byte* from) noexcept { std::memcpy(to, from, 8); }
inline void copy16(std::byte* to, const std::byte* from) noexcept { std::memcpy(to, from, 16); }

/// How many bytes at `a` equal those at `b` (before a), looking at none at or after `limit`.
inline std::size_t common_length(const std::byte* a, const std::byte* b,
                                 const std::byte* limit) noexcept {
  const std::byte* const start = a;
  while (a + 8 <= limit) {
    const std::uint64_t differing = load_le64(a) ^ load_le64(b);
    if (differing != 0)
      return static_cast<std::size_t>(a - start) +
             static_cast<std::size_t>(std::countr_zero(differing)) / 8;
    a += 8, b += 8;
  }
  while (a < limit && *a == *b) ++a, ++b;
  return static_cast<std::size_t>(a - start);
}

/// How many bytes before `a` equal those before `b` (before a), at most `limit`. Where `wide`, 8
/// bytes before `b` may be read: without a branch whose outcome nobody could predict.
inline std::size_t common_length_before(const std::byte* a, const std::byte* b, std::size_t limit,
                                        bool wide) noexcept {
  if (limit == 0) return 0;
  std::size_t length = 0;
  if (wide) {
    const std::uint64_t differing = load_le64(a - 8) ^ load_le64(b - 8);
    length = std::min(limit, static_cast<std::size_t>(std::countl_zero(differing)) / 8);
    if (length < 8) return length;
  }
  while (length < limit &&
         a[-1 - static_cast<std::ptrdiff_t>(length)] == b[-1 - static_cast<std::ptrdiff_t>(length)])
    ++length;
  return length;
}

/// Bytes that follow a nibble for `length` (of literals, or of a match without its first four).
inline constexpr std::size_t length_bytes(std::size_t length) noexcept {
  return length < kRunMask ? 0 : 1 + (length - kRunMask) / 255;
}

/// Writes what a nibble of 15 leaves over: bytes of 255, then one below.
inline std::byte* put_length(std::byte* out, std::size_t length) noexcept {
  for (; length >= 255; length -= 255) *out++ = std::byte{255};
  *out++ = static_cast<std::byte>(length);
  return out;
}

/// The last sequence of a block: literals alone. Null when they do not fit.
inline std::byte* put_last_literals(std::byte* out, const std::byte* out_end, const std::byte* from,
                                    std::size_t size) noexcept {
  if (1 + length_bytes(size) + size > static_cast<std::size_t>(out_end - out)) return nullptr;
  if (size >= kRunMask) {
    *out++ = static_cast<std::byte>(kRunMask << 4);
    out = put_length(out, size - kRunMask);
  } else {
    *out++ = static_cast<std::byte>(size << 4);
  }
  if (size != 0) std::memcpy(out, from, size);
  return out + size;
}

}  // namespace avila::compress::lz4::detail

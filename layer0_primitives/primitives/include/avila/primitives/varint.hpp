// LEB128 varints (7 bits a byte, low group first, as in Protocol Buffers) and zigzag.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace avila {

constexpr std::size_t kMaxVarint32Bytes = 5;
constexpr std::size_t kMaxVarint64Bytes = 10;

constexpr std::uint64_t zigzag_encode(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t zigzag_decode(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

/// Writes at most kMaxVarint64Bytes at `to`; returns the end.
inline char* encode_varint(char* to, std::uint64_t value) noexcept {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}
inline void append_varint(std::string& to, std::uint64_t value) {
  char buffer[kMaxVarint64Bytes];
  to.append(buffer, static_cast<std::size_t>(encode_varint(buffer, value) - buffer));
}

/// Reads a varint of [from, end): the position behind it, or null when it is cut off, longer than
/// 10 bytes, or over 64 bits.
inline const char* decode_varint(const char* from, const char* end, std::uint64_t& value) noexcept {
  std::uint64_t result = 0;
  for (unsigned shift = 0; shift < 64 && from < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*from++);
    if (shift == 63 && byte > 1) return nullptr;
    result |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      value = result;
      return from;
    }
  }
  return nullptr;
}

}  // namespace avila

// Unaligned little- and big-endian loads and stores.
#pragma once
#include <avila/error/span.hpp>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace avila {

template <std::unsigned_integral T>
constexpr T byteswap(T value) noexcept {
  if constexpr (sizeof(T) == 1)
    return value;
  else if constexpr (sizeof(T) == 2)
    return __builtin_bswap16(value);
  else if constexpr (sizeof(T) == 4)
    return __builtin_bswap32(value);
  else
    return __builtin_bswap64(value);
}

template <std::unsigned_integral T>
T load_le(const void* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = byteswap(value);
  return value;
}
template <std::unsigned_integral T>
T load_be(const void* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::little) value = byteswap(value);
  return value;
}
template <std::unsigned_integral T>
void store_le(void* to, T value) noexcept {
  if constexpr (std::endian::native == std::endian::big) value = byteswap(value);
  std::memcpy(to, &value, sizeof value);
}
template <std::unsigned_integral T>
void store_be(void* to, T value) noexcept {
  if constexpr (std::endian::native == std::endian::little) value = byteswap(value);
  std::memcpy(to, &value, sizeof value);
}

inline std::uint16_t load_le16(const void* p) noexcept { return load_le<std::uint16_t>(p); }
inline std::uint32_t load_le32(const void* p) noexcept { return load_le<std::uint32_t>(p); }
inline std::uint64_t load_le64(const void* p) noexcept { return load_le<std::uint64_t>(p); }
inline std::uint16_t load_be16(const void* p) noexcept { return load_be<std::uint16_t>(p); }
inline std::uint32_t load_be32(const void* p) noexcept { return load_be<std::uint32_t>(p); }
inline std::uint64_t load_be64(const void* p) noexcept { return load_be<std::uint64_t>(p); }
inline void store_le16(void* p, std::uint16_t v) noexcept { store_le(p, v); }
inline void store_le32(void* p, std::uint32_t v) noexcept { store_le(p, v); }
inline void store_le64(void* p, std::uint64_t v) noexcept { store_le(p, v); }
inline void store_be16(void* p, std::uint16_t v) noexcept { store_be(p, v); }
inline void store_be32(void* p, std::uint32_t v) noexcept { store_be(p, v); }
inline void store_be64(void* p, std::uint64_t v) noexcept { store_be(p, v); }

}  // namespace avila

// What the modes share.
#pragma once
#include <avila/hash/secret.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace avila::cipher::detail {

/// out = a ^ b, of one block.
inline void xor_block(std::byte* out, const std::byte* a, const std::byte* b) noexcept {
  std::uint64_t x[2], y[2];
  std::memcpy(x, a, 16);
  std::memcpy(y, b, 16);
  x[0] ^= y[0], x[1] ^= y[1];
  std::memcpy(out, x, 16);
}

/// Bytes of a scope that are wiped at its end.
template <std::size_t kSize>
struct Scratch {
  alignas(16) std::byte bytes[kSize];
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { hash::wipe(bytes, kSize); }
};

}  // namespace avila::cipher::detail

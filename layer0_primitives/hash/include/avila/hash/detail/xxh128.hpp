#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace avila::hash {

struct Xxh128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Xxh128&, const Xxh128&) = default;
  /// The 16 bytes in the order the format calls canonical: high first, big endian.
  std::array<std::byte, 16> canonical() const noexcept;
};

/// The smallest secret the *_with_secret functions take.
inline constexpr std::size_t kXxh3SecretSizeMin = 136;

}  // namespace avila::hash

// XXH64 and XXH32, the first xxHash functions: kept for the formats that use them (LZ4, Zstandard).
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

std::uint64_t xxh64(ByteSpan bytes, std::uint64_t seed = 0) noexcept;
std::uint32_t xxh32(ByteSpan bytes, std::uint32_t seed = 0) noexcept;

/// Over pieces: the value of their concatenation. digest() may be asked at any time.
class Xxh64 {
 public:
  explicit Xxh64(std::uint64_t seed = 0) noexcept { reset(seed); }
  void reset(std::uint64_t seed = 0) noexcept;
  void update(ByteSpan bytes) noexcept;
  std::uint64_t digest() const noexcept;

 private:
  std::array<std::uint64_t, 4> lanes_;
  std::array<std::byte, 32> buffer_;
  std::uint64_t total_;
  std::uint64_t seed_;
};

class Xxh32 {
 public:
  explicit Xxh32(std::uint32_t seed = 0) noexcept { reset(seed); }
  void reset(std::uint32_t seed = 0) noexcept;
  void update(ByteSpan bytes) noexcept;
  std::uint32_t digest() const noexcept;

 private:
  std::array<std::uint32_t, 4> lanes_;
  std::array<std::byte, 16> buffer_;
  std::uint64_t total_;
  std::uint32_t seed_;
};

}  // namespace avila::hash

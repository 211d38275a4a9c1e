// SHA-256 and SHA-224 of FIPS 180-4.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

namespace detail {
/// What SHA-224 and SHA-256 share: state, block buffer, length.
class Sha256Core {
 public:
  static constexpr std::size_t kBlockSize = 64;
  explicit Sha256Core(const std::array<std::uint32_t, 8>& initial) noexcept : state_(initial) {}
  void update(ByteSpan bytes) noexcept;
  /// Pads and compresses; the eight words of the result.
  std::array<std::uint32_t, 8> finish() noexcept;

 private:
  std::array<std::uint32_t, 8> state_;
  std::array<std::byte, 64> buffer_;
  std::uint64_t total_ = 0;
};
}  // namespace detail

/// Incremental SHA-256. After finish() the object is as new. Up to 2^61 - 1 bytes.
/// Not wiped on destruction: layer 1 wraps it where the input is secret.
class Sha256 {
 public:
  static constexpr std::size_t kSize = 32;
  static constexpr std::size_t kBlockSize = 64;
  using Digest = std::array<std::byte, kSize>;
  Sha256() noexcept;
  void reset() noexcept { *this = Sha256(); }
  void update(ByteSpan bytes) noexcept { core_.update(bytes); }
  Digest finish() noexcept;

 private:
  detail::Sha256Core core_;
};

class Sha224 {
 public:
  static constexpr std::size_t kSize = 28;
  static constexpr std::size_t kBlockSize = 64;
  using Digest = std::array<std::byte, kSize>;
  Sha224() noexcept;
  void reset() noexcept { *this = Sha224(); }
  void update(ByteSpan bytes) noexcept { core_.update(bytes); }
  Digest finish() noexcept;

 private:
  detail::Sha256Core core_;
};

Sha256::Digest sha256(ByteSpan bytes) noexcept;
Sha224::Digest sha224(ByteSpan bytes) noexcept;

}  // namespace avila::hash

// Nonces as types, tags, and what is counted under a key.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::aead {

inline constexpr std::size_t kTagSize = 16;
using Tag = std::array<std::byte, kTagSize>;

/// A number used once under its key.
template <std::size_t N>
class Nonce {
 public:
  static constexpr std::size_t kSize = N;
  explicit Nonce(std::span<const std::byte, N> bytes) noexcept {
    for (std::size_t i = 0; i < N; ++i) bytes_[i] = bytes[i];
  }
  const std::array<std::byte, N>& bytes() const noexcept { return bytes_; }
  bool operator==(const Nonce&) const noexcept = default;

 private:
  std::array<std::byte, N> bytes_;
};

/// Nonces that cannot repeat: a fixed field of 4 bytes, one for each sender under a key, and a
/// counter of 8 bytes, big-endian (SP 800-38D §8.2.1). What restarts with an old key must go on
/// where it was. Not synchronised.
class NonceCounter {
 public:
  explicit NonceCounter(std::span<const std::byte, 4> sender, std::uint64_t first = 0) noexcept;
  /// Errors: LimitExceeded, after 2^64 - 1 nonces.
  Result<Nonce<12>> next();
  /// The number of the nonce that next() returns, to be stored.
  std::uint64_t position() const noexcept { return next_; }

 private:
  std::array<std::byte, 12> bytes_;
  std::uint64_t next_;
};

/// How often a key was used. Threads may share it.
class Usage {
 public:
  Usage(std::uint64_t max_sealed, std::uint64_t max_refused) noexcept
      : max_sealed_(max_sealed), max_refused_(max_refused) {}

  /// Messages sealed, and messages that did not open.
  std::uint64_t sealed() const noexcept;
  std::uint64_t refused() const noexcept;

  // For the algorithms: counts one message. Errors: LimitExceeded (a new key is due).
  Result<void> count_seal() const;
  Result<void> check_open() const;
  void count_refused() const noexcept;

 private:
  mutable std::uint64_t sealed_ = 0, refused_ = 0;  // by atomic operations only
  std::uint64_t max_sealed_, max_refused_;
};

}  // namespace avila::aead

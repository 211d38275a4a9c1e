// Random numbers fit for keys: the ChaCha20 block function (RFC 8439), a deterministic generator
// over it, and SecureRandom, seeded by the operating system.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/random/distribution.hpp>
#include <cstdint>
#include <span>

namespace avila::os {
class Entropy;
}

namespace avila::random {

constexpr std::size_t kChaChaKeyBytes = 32;
constexpr std::size_t kChaChaBlockBytes = 64;
using ChaChaKey = std::span<const std::byte, kChaChaKeyBytes>;

/// RFC 8439 section 2.3: the key stream block of (key, counter, nonce). CT.
void chacha20_block(ChaChaKey key, std::uint32_t counter, std::span<const std::byte, 12> nonce,
                    std::span<std::byte, kChaChaBlockBytes> out) noexcept;

/// The ChaCha20 key stream of a seed as numbers, the same everywhere: counter 0 upwards, 64-bit
/// counter and zero nonce (the layout of the original paper). Not thread-safe.
class ChaChaRandom : public Numbers<ChaChaRandom> {
 public:
  explicit ChaChaRandom(ChaChaKey seed) noexcept;
  ~ChaChaRandom();
  ChaChaRandom(const ChaChaRandom&) = delete;
  ChaChaRandom& operator=(const ChaChaRandom&) = delete;

  void fill(MutableByteSpan into) noexcept;
  std::uint64_t next() noexcept;

 private:
  static constexpr std::size_t kBuffer = 512;
  void refill() noexcept;
  std::uint32_t key_[8];
  std::uint64_t counter_ = 0;
  std::size_t used_ = kBuffer;
  alignas(64) std::byte buffer_[kBuffer];
};

/// Unpredictable numbers: ChaCha20 with fast key erasure (each refill replaces the key, so that
/// memory seen later tells nothing of earlier output), seeded by an Entropy at first use and again
/// every kReseedBytes. Thread-safe. A forked child starts with a seed of its own.
///
/// Where the entropy source fails, there is no safe number to give: the program stops with an
/// assertion. Call reseed() at start to hear of it as an error.
class SecureRandom : public Numbers<SecureRandom> {
 public:
  static constexpr std::size_t kReseedBytes = std::size_t{1} << 20;

  /// Over the system's entropy, or another (which must outlive it). `shards` are independent
  /// generators behind one face, so that threads seldom wait for each other.
  SecureRandom() : SecureRandom(1) {}
  explicit SecureRandom(unsigned shards);
  explicit SecureRandom(os::Entropy& entropy, unsigned shards = 1);
  ~SecureRandom();
  SecureRandom(const SecureRandom&) = delete;
  SecureRandom& operator=(const SecureRandom&) = delete;

  void fill(MutableByteSpan into) noexcept;
  std::uint64_t next() noexcept;
  std::uint64_t uint64() noexcept { return next(); }
  /// Mixes fresh entropy in now.
  Result<void> reseed();

 private:
  struct Shard;
  Shard& shard() noexcept;
  os::Entropy* entropy_;
  Shard* shards_;
  unsigned count_;
};

/// The process's own.
SecureRandom& secure_random();

/// Overwrites secrets in a way that the compiler keeps.
void wipe(MutableByteSpan bytes) noexcept;

}  // namespace avila::random

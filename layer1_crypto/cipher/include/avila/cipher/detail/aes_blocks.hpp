// The AES permutation over many blocks at once, for modes. Not a way to encrypt messages.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::cipher::detail {

/// Round keys in FIPS 197's order of bytes; `inverse` are those of the equivalent inverse cipher
/// (§5.3.5), last first, in the order in which they are used.
struct AesSchedule {
  alignas(16) std::byte forward[15][16];
  alignas(16) std::byte inverse[15][16];
  int rounds;  ///< 10, 12 or 14
};

struct AesCode {
  /// `size` is 16, 24 or 32.
  void (*expand)(AesSchedule& schedule, const std::byte* key, std::size_t size) noexcept;
  /// `out` is `in` or apart from it.
  void (*encrypt)(const AesSchedule& schedule, const std::byte* in, std::byte* out,
                  std::size_t blocks) noexcept;
  void (*decrypt)(const AesSchedule& schedule, const std::byte* in, std::byte* out,
                  std::size_t blocks) noexcept;
  /// out = in ^ E(counter), E(counter + 1), …: the last 32 bits count, big-endian, modulo 2^32
  /// (inc32 of SP 800-38D). The caller adds `blocks` to its counter.
  void (*ctr32)(const AesSchedule& schedule, const std::byte counter[16], const std::byte* in,
                std::byte* out, std::size_t blocks) noexcept;
};

/// The best code of this machine.
const AesCode& aes() noexcept;

}  // namespace avila::cipher::detail

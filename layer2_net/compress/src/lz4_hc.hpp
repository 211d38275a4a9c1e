// The encoder that looks for better matches: hash chains, and of all parses the cheapest.
#pragma once
#include <array>

#include "lz4_fast.hpp"

namespace avila::compress::lz4::detail {

/// All positions of the last 64 KiB, chained by the hash of their first four bytes.
class HashChains {
 public:
  struct Match {
    std::uint32_t length = 0;  // 0: none
    std::uint32_t distance = 0;
  };

  /// Forgets everything; positions from `start` on will be entered. start > kMaxDistance.
  void reset(std::uint32_t start) noexcept;
  /// Enters the positions from `low` (or where it is) up to `end`, four readable bytes each.
  void enter(const std::byte* base, std::uint32_t low, std::uint32_t end) noexcept;
  /// The longest match of more than `least` bytes at `position`, looking at `attempts` candidates.
  Match find(const Window& window, std::uint32_t position, const std::byte* limit,
             std::uint32_t least, unsigned attempts) noexcept;

 private:
  static constexpr int kLog = 15;
  static std::size_t hash(const std::byte* p) noexcept {
    return (load_le32(p) * 2654435761U) >> (32 - kLog);
  }
  std::array<std::uint32_t, 1U << kLog> head_;
  std::array<std::uint16_t, 1U << 16> step_;  // back to the one before; 0: too far
  std::uint32_t next_ = 0;
};

/// Encodes a block at a level of kMinHcLevel to kMaxHcLevel. 0 when it does not fit.
std::size_t encode_hc(HashChains& chains, const Window& window, std::byte* out,
                      std::size_t out_size, int level) noexcept;

}  // namespace avila::compress::lz4::detail

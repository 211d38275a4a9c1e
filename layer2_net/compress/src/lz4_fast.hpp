// The fast encoder: one probe a position into a small table of hashed positions.
#pragma once
#include <array>

#include "lz4_format.hpp"

namespace avila::compress::lz4::detail {

/// The last position of each hash, modulo 2^16: exactly as far back as a match may reach, so an
/// entry needs no check of its age. 8 KiB stay in the first-level cache beside the input.
inline constexpr int kTableLog = 12;
using PositionTable = std::array<std::uint16_t, 1U << kTableLog>;

/// A block with what came before it in memory. Positions are counted from `base`.
struct Window {
  const std::byte* base;  // address of position 0; need not be readable
  std::uint32_t low;      // first position a match may reach
  std::uint32_t start;    // first position of the block
  std::uint32_t end;
};

/// Encodes a block whose matches may reach back to window.low. What the table holds changes the
/// size of the result at most: every match is compared. 0 when it does not fit.
std::size_t encode_fast(PositionTable& table, const Window& window, std::byte* out,
                        std::size_t out_size, unsigned acceleration) noexcept;

/// Enters every third position from window.low to window.start, as a dictionary is loaded.
void enter_history(PositionTable& table, const Window& window) noexcept;

}  // namespace avila::compress::lz4::detail

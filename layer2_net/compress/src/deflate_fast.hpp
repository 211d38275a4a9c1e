// How DEFLATE's first level finds its matches: all at once for a row of positions.
#pragma once
#include <array>
#include <avila/simd/vec.hpp>
#include <vector>

#include "core.hpp"
#include "deflate_block.hpp"
#include "match.hpp"

namespace avila::compress::detail {

/// Remembers the last position of each hash of five bytes, modulo 64 KiB, and probes every other
/// position. A search that goes on where a match ends waits for branches guessed wrongly most of
/// the time; so rows of positions are hashed, then compared, without any, and the matches are
/// picked from a mask. They grow backwards, so that those that begin between probes are whole.
class DeflateFast {
 public:
  void reset() noexcept { places_.fill(0); }
  /// 8 bytes must be readable at each of [from, to).
  void enter(const std::byte* base, std::uint32_t from, std::uint32_t to) noexcept {
    for (; from < to; ++from) place_of(base + from) = static_cast<std::uint16_t>(from);
  }
  /// Appends the sequences of [piece.start, end) and gives the end: `target`, which is that of the
  /// piece or some KiB before it, or a little beyond.
  std::uint32_t find(const Piece& piece, std::uint32_t target,
                     std::vector<DeflateSequence>& sequences);

 private:
  static constexpr unsigned kLog = 15;
  static constexpr unsigned kProbes = 32, kRow = 2 * kProbes;
  using Lanes = simd::Vec<std::uint16_t, 8>;
  struct Row {
    alignas(16) std::array<std::uint16_t, kProbes> distances;
    // Bit n of a probe: byte n - 1 from it on equals the one at the distance.
    alignas(16) std::array<std::uint16_t, kProbes> equal;
    std::uint64_t matches;  // bit n: one begins at, or just before, probe n
  };

  std::uint16_t& place_of(const std::byte* at) noexcept {
    return places_[hash_bytes<5>(load_le64(at), kLog)];
  }
  void probe(const Piece& piece, std::uint32_t from, Row& row) noexcept;

  std::array<std::uint16_t, 1U << kLog> places_;
};

}  // namespace avila::compress::detail

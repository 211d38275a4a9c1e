// All matches of a piece, from binary trees, and the prices of symbols: what the cheapest parses
// choose from, and by.
#pragma once
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "core.hpp"
#include "match.hpp"

namespace avila::compress::detail {

/// What symbols cost in 1/256 bits by their counts, each of which is `more` higher than it says, so
/// that none is impossible.
template <std::size_t n>
void set_prices(const std::array<std::uint32_t, n>& counts, double more,
                std::array<std::uint32_t, n>& prices) {
  double total = 0;
  for (const std::uint32_t count : counts) total += count + more;
  for (std::size_t i = 0; i < n; ++i)
    prices[i] = static_cast<std::uint32_t>(256 * std::log2(total / (counts[i] + more)));
}

/// Positions by their hash of four bytes; those of one hash are a binary tree, ordered by what
/// follows them, the last one its root.
class MatchTree {
 public:
  struct Effort {
    unsigned tree_log, hash_log;  ///< positions and hashes that are kept
    unsigned attempts;            ///< positions compared with each
    unsigned min_match;           ///< 3: also the last position of each three bytes; or 4
    std::uint32_t nice;           ///< a match so long is taken whole, and none sought within it
    /// Behind so many positions without a match of five bytes only every fourth is entered.
    std::uint32_t patience = ~std::uint32_t{0};
  };
  struct Match {
    std::uint32_t length, distance;
  };

  explicit MatchTree(const Effort& effort);
  void forget();
  /// Enters positions and leaves their matches alone; kTail bytes are readable after each.
  void enter(const Piece& piece, std::uint32_t from, std::uint32_t end);
  /// Finds those of all positions of the piece, which are entered.
  void find_all(const Piece& piece) { find_part(piece, 0, piece.end - piece.start); }
  /// Of [from, to), counted from the start of the piece: part after part.
  void find_part(const Piece& piece, std::uint32_t from, std::uint32_t to);
  /// Those that begin at the i-th byte of the piece, which was in the part found last: ever longer,
  /// ever farther.
  std::span<const Match> at(std::uint32_t i) const noexcept {
    return {matches_.data() + first_[i - from_], matches_.data() + first_[i - from_ + 1]};
  }

  static constexpr std::uint32_t kTail = 8;  // no match begins where fewer bytes follow

 private:
  void find(const Piece& piece, std::uint32_t at, std::uint32_t& root);
  std::uint32_t& root_of(const std::byte* at) noexcept {
    return roots_[hash_bytes<4>(load_le32(at), effort_.hash_log)];
  }

  Effort effort_;
  std::uint32_t mask_;
  std::vector<std::uint32_t> roots_;
  // The next smaller and the next larger of each position: written before they are reached.
  std::unique_ptr<std::uint32_t[]> tree_;
  std::vector<std::uint32_t> near_;   // the last position of each three bytes
  std::vector<Match> matches_;        // of all positions of the part
  std::vector<std::uint32_t> first_;  // of each
  std::uint32_t from_ = 0;            // the part's first position
  std::uint32_t lively_ = 0;          // the last position with a match of five bytes
  std::uint32_t skip_to_ = 0;         // behind the match that was taken whole
};

}  // namespace avila::compress::detail

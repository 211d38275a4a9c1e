// How sequences are found, from one probe a position to chains and lazy choice.
#pragma once
#include "match.hpp"
#include "zstd_block.hpp"

namespace avila::compress::detail::zstd {

enum class Strategy : std::uint8_t { Fast, DoubleFast, Greedy, Lazy, Lazy2, Optimal };

struct Effort {
  unsigned window_log;
  unsigned chain_log;
  unsigned hash_log;
  unsigned attempts;  // candidates a position
  unsigned min_match;
  std::uint32_t nice;  // a match so long is taken at once
  Strategy strategy;
};
/// Levels 1 to 19, for contents of `size` bytes (~0: unknown).
Effort effort_of(int level, std::uint64_t size);

/// Gathers the sequences of one block.
struct Found {
  std::vector<Sequence>& sequences;
  RecentOffsets& recent;
  std::uint32_t anchor;  // where the literals since the last match begin

  void match(std::uint32_t position, std::uint32_t length, std::uint32_t distance) {
    const std::uint32_t literals = position - anchor;
    sequences.push_back({literals, length, recent.take(distance, literals)});
    anchor = position + length;
  }
};

class Search {
 public:
  explicit Search(const Effort& effort);
  void forget();
  /// Enters what lies before the first piece.
  void prime(const Piece& piece);
  void run(const Piece& piece, Found& found);

 private:
  template <unsigned kMin>
  void fast(const Piece& piece, Found& found);
  template <unsigned kMin>
  void double_fast(const Piece& piece, Found& found);
  template <unsigned kMin>
  void lazy(const Piece& piece, Found& found);
  template <unsigned kMin>
  void enter_until(const std::byte* base, std::uint32_t end);

  Effort effort_;
  std::vector<std::uint32_t> hashes_;  // positions; of 8 bytes for DoubleFast
  std::vector<std::uint32_t> chain_;   // the one before, or short hashes for DoubleFast
  std::uint32_t next_ = 0;             // the first position not in the chains
};

}  // namespace avila::compress::detail::zstd

// How sequences are found, from one probe a position to chains and lazy choice.
#pragma once
#include <avila/simd/target.hpp>

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

/// Gathers the sequences of one piece.
class Found {
 public:
  Found(std::vector<Sequence>& sequences, RecentOffsets& recent, const Piece& piece)
      : anchor(piece.start), offsets(recent.of), sequences_(sequences), recent_(recent) {
    // Matches have four bytes and more.
    if (sequences.size() < (piece.end - piece.start) / 4 + 1)
      sequences.resize((piece.end - piece.start) / 4 + 1);
    next_ = sequences.data();
  }
  /// All that were found; those before are gone.
  void finish() {
    sequences_.resize(static_cast<std::size_t>(next_ - sequences_.data()));
    recent_.of = offsets;
  }

  std::uint32_t anchor;                  // where the literals since the last match begin
  std::array<std::uint32_t, 3> offsets;  // the last three

  /// What a copy of this one found since.
  void take(const Found& copy) {
    anchor = copy.anchor;
    offsets = copy.offsets;
    next_ = copy.next_;
  }
  AVILA_ALWAYS_INLINE void match(std::uint32_t position, std::uint32_t length,
                                 std::uint32_t distance) {
    const std::uint32_t literals = position - anchor;
    RecentOffsets recent{offsets};
    const std::uint32_t value = recent.take(distance, literals);
    offsets = recent.of;
    *next_++ = {literals, length, value};
    anchor = position + length;
  }

 private:
  Sequence* next_;
  std::vector<Sequence>& sequences_;
  RecentOffsets& recent_;
};

class Search {
 public:
  explicit Search(const Effort& effort);
  void forget();
  /// Enters what lies before the first piece.
  void prime(const Piece& piece);
  /// The sequences of the piece, and the recent offsets after it.
  void run(const Piece& piece, std::vector<Sequence>& sequences, RecentOffsets& recent);

 private:
  template <unsigned kMin>
  void fast(const Piece& piece, Found& found);
  template <unsigned kMin>
  void double_fast(const Piece& piece, Found& found);
  template <unsigned kMin>
  void lazy(const Piece& piece, Found& found);
  template <unsigned kMin>
  void lazy_rows(const Piece& piece, Found& found);
  template <unsigned kMin>
  class Rows;
  template <class Finder>
  void choose(const Piece& piece, Found& found, Finder& finder);
  template <unsigned kMin>
  void enter_until(const std::byte* base, std::uint32_t end);
  bool rows() const noexcept {
    return effort_.strategy >= Strategy::Greedy && effort_.attempts <= kMaxRowAttempts;
  }

  static constexpr unsigned kMaxRowAttempts = 48;

  Effort effort_;
  std::vector<std::byte> tags_;        // of rows
  std::vector<std::uint32_t> hashes_;  // positions; of 8 bytes for DoubleFast
  std::vector<std::uint32_t> chain_;   // the one before, or short hashes for DoubleFast
  std::uint32_t next_ = 0;             // the first position not in the chains
};

}  // namespace avila::compress::detail::zstd

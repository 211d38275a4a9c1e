// How sequences are found, from one probe a position to chains and lazy choice.
#pragma once
#include <avila/simd/target.hpp>

#include "match.hpp"
#include "zstd_block.hpp"

namespace avila::compress::detail {
class MatchTree;
}
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
/// With no more table than so much content has positions.
Effort fitted(Effort effort, std::uint64_t size);

/// Gathers the sequences of one piece.
class Found {
 public:
  /// `sequences` has room for all.
  Found(Sequence* sequences, const RecentOffsets& recent, const Piece& piece)
      : anchor(piece.start), offsets(recent.of), next_(sequences) {}

  std::uint32_t anchor;                  // where the literals since the last match begin
  std::array<std::uint32_t, 3> offsets;  // the last three

  /// Without a look at whether the distance is a recent one.
  AVILA_ALWAYS_INLINE void fresh_match(std::uint32_t position, std::uint32_t length,
                                       std::uint32_t distance) {
    offsets = {distance, offsets[0], offsets[1]};
    put(position, length, distance + 3);
  }
  /// By the last distance; some literals lie before it.
  AVILA_ALWAYS_INLINE void repeat_match(std::uint32_t position, std::uint32_t length) {
    put(position, length, 1);
  }
  /// By the last but one, no literals before it.
  AVILA_ALWAYS_INLINE void second_match(std::uint32_t length) {
    std::swap(offsets[0], offsets[1]);
    put(anchor, length, 1);
  }
  Sequence* end() const noexcept { return next_; }
  AVILA_ALWAYS_INLINE void match(std::uint32_t position, std::uint32_t length,
                                 std::uint32_t distance) {
    RecentOffsets recent{offsets};
    const std::uint32_t value = recent.take(distance, position - anchor);
    offsets = recent.of;
    put(position, length, value);
  }

 private:
  AVILA_ALWAYS_INLINE void put(std::uint32_t position, std::uint32_t length,
                               std::uint32_t offset_value) {
    *next_++ = {position - anchor, length, offset_value};
    anchor = position + length;
  }

  Sequence* next_;
};

class Search {
 public:
  explicit Search(const Effort& effort);
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;
  ~Search();
  void forget();
  /// Enters what lies before the first piece.
  void prime(const Piece& piece);
  /// The sequences of the piece, valid until the next run, and the recent offsets after it.
  std::span<const Sequence> run(const Piece& piece, RecentOffsets& recent);

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
  void optimal(const Piece& piece, Found& found);
  MatchTree& tree();
  class Optimal;
  bool rows() const noexcept {
    return effort_.strategy >= Strategy::Greedy && effort_.strategy < Strategy::Optimal &&
           effort_.attempts <= kMaxRowAttempts;
  }

  static constexpr unsigned kMaxRowAttempts = 48;

  Effort effort_;
  std::vector<std::byte> tags_;        // of rows
  std::vector<std::uint32_t> hashes_;  // positions; of 8 bytes for DoubleFast
  std::vector<std::uint32_t> chain_;   // the one before, or short hashes for DoubleFast
  std::uint32_t next_ = 0;             // the first position not in the chains
  std::unique_ptr<Sequence[]> sequences_;
  std::size_t room_ = 0;  // of sequences_
  std::unique_ptr<Optimal> optimal_;
};

}  // namespace avila::compress::detail::zstd

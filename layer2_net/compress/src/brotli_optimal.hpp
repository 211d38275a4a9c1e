// The cheapest parse of a piece: Brotli's levels 10 and 11.
#pragma once
#include <memory>
#include <span>

#include "brotli_symbols.hpp"
#include "core.hpp"

namespace avila::compress::detail::brotli {

class Optimal {
 public:
  /// A parse, and what it tells of the prices, `passes` times; 1 more for the first piece.
  struct Effort {
    unsigned attempts, nice, passes;
  };
  struct Copy {
    std::uint32_t insert;    // literals before it
    std::uint32_t size;      // bytes of content that it gives
    std::uint32_t length;    // of the copy or of the word
    std::uint32_t distance;  // a word's is beyond all others
    bool word;
  };
  explicit Optimal(const Effort& effort);
  ~Optimal();
  void forget();
  void prime(const Piece& piece);
  /// The copies of the piece, each after so many literals; valid until the next run.
  std::span<const Copy> run(const Piece& piece, const Ring& ring);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace avila::compress::detail::brotli

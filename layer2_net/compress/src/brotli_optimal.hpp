// The cheapest parse of a piece: Brotli's levels 10 and 11.
#pragma once
#include <memory>
#include <span>

#include "brotli_format.hpp"
#include "brotli_symbols.hpp"
#include "core.hpp"

namespace avila::compress::detail::brotli {

// How the contexts of literals are told from the two bytes before (section 7.1).
enum class LiteralMode : std::uint8_t { Utf8 = 2, Signed = 3 };
inline unsigned literal_context(LiteralMode mode, const Piece& piece, std::uint32_t at) {
  const auto before = [&](std::uint32_t back) -> std::uint8_t {
    return at - piece.low < back ? 0 : static_cast<std::uint8_t>(piece.base[at - back]);
  };
  const auto which = static_cast<unsigned>(mode);
  return kContextLast[which][before(1)] | kContextBefore[which][before(2)];
}

class Optimal {
 public:
  /// A parse, and what it tells of the prices, `passes` times; 1 more for the first piece.
  struct Effort {
    unsigned attempts, nice, passes;
    unsigned near;  // distances by the last ones that are tried
  };
  struct Copy {
    std::uint32_t insert;    // literals before it
    std::uint32_t size;      // bytes of content that it gives
    std::uint32_t length;    // of the copy or of the word
    std::uint32_t distance;  // a word's is beyond all others
    bool word;
  };
  Optimal(const Effort& effort, std::uint64_t size);
  ~Optimal();
  void forget();
  void prime(const Piece& piece);
  /// The copies of the piece, each after so many literals; valid until the next run.
  std::span<const Copy> run(const Piece& piece, const Ring& ring);
  /// The mode by which the literals of that piece take less.
  LiteralMode literal_mode() const noexcept;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace avila::compress::detail::brotli

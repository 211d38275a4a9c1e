// Block types (RFC 7932, section 6): parts of a meta-block whose symbols are distributed alike have
// codes of their own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace avila::compress::detail::brotli {

inline constexpr unsigned kMostBlockTypes = 12;  // that split_blocks() makes

struct Split {
  struct Block {
    std::uint8_t type;
    std::uint32_t length;
  };
  std::vector<Block> blocks;  // empty: one, of all
  unsigned types = 1;
};

/// Gives each `part` symbols the type they fit best; another type costs `type_bits` beside its
/// code.
Split split_blocks(std::span<const std::uint16_t> symbols, unsigned alphabet, std::size_t part,
                   unsigned most_types, unsigned type_bits);

/// Goes through the blocks, symbol by symbol.
class BlockWalk {
 public:
  explicit BlockWalk(const Split& split)
      : split_(&split), left_(split.blocks.empty() ? ~0U : split.blocks[0].length) {}
  /// Before each symbol: whether another block begins with it.
  bool step() {
    if (left_-- != 0) [[likely]]
      return false;
    left_ = split_->blocks[++at_].length - 1;
    return true;
  }
  unsigned type() const noexcept { return split_->blocks.empty() ? 0 : block().type; }
  const Split::Block& block() const noexcept { return split_->blocks[at_]; }

 private:
  const Split* split_;
  std::size_t at_ = 0;
  std::uint32_t left_;
};

}  // namespace avila::compress::detail::brotli

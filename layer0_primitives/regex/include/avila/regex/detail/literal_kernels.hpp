// The kernels behind the literal search, for tests to compare.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::regex::detail {

/// The first place below `last` of `text` where byte[i] lies offset[i] further, or `last`. All of
/// text[0…last + the larger offset) can be read.
struct BytePair {
  std::uint8_t byte[2];
  std::size_t offset[2];
};
using FindPairFn = std::size_t (*)(const std::uint8_t* text, std::size_t last,
                                   const BytePair& pair) noexcept;

/// Which of eight groups of literals may begin at a place: bit g of table[k][b] says that group g
/// has a literal whose byte k is b; low and high are the same by half bytes (for shuffles), so that
/// they may say yes more often.
struct GroupTables {
  std::uint8_t low[3][16] = {}, high[3][16] = {};
  unsigned positions = 1;  // 1…3
};
/// The first place below `last` where some group may begin, and which; or `last` and 0. All of
/// text[0…last + positions - 1) can be read.
struct GroupHit {
  std::size_t at;
  std::uint8_t groups;
};
using FindGroupFn = GroupHit (*)(const std::uint8_t* text, std::size_t last,
                                 const GroupTables& tables) noexcept;

/// The first place below `last` where the byte of each position is of that position's set, or
/// `last`. Here the bits of the tables are no groups: a byte is inside where its halves share one.
using FindSetsFn = std::size_t (*)(const std::uint8_t* text, std::size_t last,
                                   const GroupTables& tables) noexcept;

std::span<const simd::Kernel<FindPairFn>> find_pair_kernels() noexcept;
std::span<const simd::Kernel<FindGroupFn>> find_group_kernels() noexcept;
std::span<const simd::Kernel<FindSetsFn>> find_sets_kernels() noexcept;

}  // namespace avila::regex::detail

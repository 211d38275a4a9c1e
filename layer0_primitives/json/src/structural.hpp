// Stage 1: the offsets of everything the grammar is made of, found 64 bytes at a time with bit
// masks (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019).
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::json::detail {

/// What one block leaves to the next, and what was seen on the way.
struct IndexState {
  std::uint64_t escaped = 0;    ///< 1: the first byte is escaped by the block before
  std::uint64_t in_string = 0;  ///< all ones: the block begins inside a string
  std::uint64_t scalar = 0;     ///< 1: the byte before belongs to a number or literal
  std::uint64_t quotes = 0;     ///< not 0: there was a quote
  std::uint64_t control = 0;    ///< not 0: there was a control character inside a string
  std::uint64_t high = 0;       ///< not 0: there was a byte above 0x7F
};

/// Appends to `out` the offsets (`base` + position) of the brackets, colons and commas outside of
/// strings, of both quotes of each string and the backslash of each escape in it, and of the first
/// byte of every other token, for `blocks` blocks of 64 bytes. Returns the end; room for
/// 64 × blocks + kIndexSlack is needed. The blocks are also copied to `copy`. 0x0C and 0x1A may
/// pass for a comma and a colon: the reader looks at the bytes.
using IndexFn = std::uint32_t* (*)(const char* from, std::size_t blocks, std::uint32_t base,
                                   IndexState& state, std::uint32_t* out, char* copy) noexcept;
inline constexpr std::size_t kIndexSlack = 64;

std::uint32_t* index_blocks(const char* from, std::size_t blocks, std::uint32_t base,
                            IndexState& state, std::uint32_t* out, char* copy) noexcept;
/// Best first, portable last; for tests.
std::span<const simd::Kernel<IndexFn>> index_kernels() noexcept;

}  // namespace avila::json::detail

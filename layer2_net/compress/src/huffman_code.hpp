// Huffman codes with a longest length, for the encoders.
#pragma once
#include <cstdint>
#include <span>

namespace avila::compress::detail {

/// Lengths (0 where the frequency is 0) of an optimal or, where `longest` binds, near-optimal
/// prefix code: complete when two or more symbols occur. A single one gets length 1.
/// At most 1024 symbols; longest <= 15; 2^longest >= the number of symbols that occur.
void huffman_lengths(std::span<const std::uint32_t> frequencies, unsigned longest,
                     std::uint8_t* lengths) noexcept;

/// The canonical codes of RFC 1951, 3.2.2, first bit of the code lowest.
void canonical_codes(std::span<const std::uint8_t> lengths, std::uint16_t* codes) noexcept;

}  // namespace avila::compress::detail

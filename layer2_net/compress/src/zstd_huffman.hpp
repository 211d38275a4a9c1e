// The literals' Huffman codes of Zstandard, 4.2: their description and decoding.
#pragma once
#include <array>
#include <optional>

#include "fse.hpp"
#include "zstd_format.hpp"

namespace avila::compress::detail::zstd {

class HuffmanDecoder {
 public:
  bool ready() const noexcept { return log_ != 0; }
  void clear() noexcept { log_ = 0; }
  /// Reads 4.2.1 from the start of `in`; the bytes it took, absent when damaged.
  std::optional<std::size_t> read(ByteSpan in);
  /// Decodes one stream, or four with their jump table, to exactly out.size() bytes. 16 bytes
  /// behind `out` may be overwritten.
  bool decode(ByteSpan in, bool four_streams, MutableByteSpan out);

 private:
  void build(const std::uint8_t* weights, unsigned count);
  bool worth_pairs(std::size_t literals) const noexcept;
  void pair();
  unsigned index_log() const noexcept { return log_ > kHuffmanLog ? log_ : kHuffmanLog; }

  // One or two symbols: bits of all | how many << 8 | first << 16 | second << 24.
  std::array<std::uint32_t, 1U << kHuffmanLog> pairs_;
  // Bits | symbol << 8, by kHuffmanLog bits, or by kLongHuffmanLog where a code is so long.
  std::array<std::uint16_t, 1U << kLongHuffmanLog> single_;
  unsigned log_ = 0;
  unsigned doubles_ = 0;  // how many of the 2^kHuffmanLog look-ups give two symbols
  bool paired_ = false;
};

}  // namespace avila::compress::detail::zstd

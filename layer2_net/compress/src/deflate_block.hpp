// Writes DEFLATE blocks: chooses between stored, fixed and dynamic codes.
#pragma once
#include <span>

#include "bit_writer.hpp"
#include "core.hpp"
#include "deflate_format.hpp"

namespace avila::compress::detail {

struct DeflateSequence {
  std::uint32_t literals;
  std::uint16_t length;  // 0: literals alone, at the end of the block
  std::uint16_t distance;
};

/// `content` is what the sequences spell.
void write_deflate_block(BitWriter& writer, Sink& out, ByteSpan content,
                         std::span<const DeflateSequence> sequences, bool last);
/// An empty stored block: ends at a byte boundary.
void write_deflate_sync(BitWriter& writer, Sink& out);
void write_stored_blocks(BitWriter& writer, Sink& out, ByteSpan content, bool last);

}  // namespace avila::compress::detail

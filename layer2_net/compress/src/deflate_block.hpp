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

/// How often each symbol occurs.
struct DeflateCounts {
  std::array<std::uint32_t, 286> litlen{};
  std::array<std::uint32_t, 30> distance{};
};
/// A block that may yet become one with the next.
class DeflateBlock {
 public:
  /// `content` is what the sequences spell. Those without a match need not be the last.
  DeflateBlock(ByteSpan content, std::span<const DeflateSequence> sequences) noexcept;
  /// Of what one has and then the other.
  DeflateBlock(const DeflateBlock& first, const DeflateBlock& second) noexcept;

  /// About what it takes, its codes included.
  std::uint64_t bits() const noexcept { return bits_; }
  void write(BitWriter& writer, Sink& out, ByteSpan content,
             std::span<const DeflateSequence> sequences, bool last) const;

 private:
  std::uint64_t stored_bits() const noexcept { return 8 * (size_ + 5 * (1 + size_ / 65535)); }
  std::uint64_t coded_bits() const noexcept;

  DeflateCounts counts_;
  std::uint64_t size_, bits_;
};

inline void write_deflate_block(BitWriter& writer, Sink& out, ByteSpan content,
                                std::span<const DeflateSequence> sequences, bool last) {
  DeflateBlock(content, sequences).write(writer, out, content, sequences, last);
}
/// An empty stored block: ends at a byte boundary.
void write_deflate_sync(BitWriter& writer, Sink& out);
void write_stored_blocks(BitWriter& writer, Sink& out, ByteSpan content, bool last);

}  // namespace avila::compress::detail

// LZ4 blocks: the raw format of lz4_Block_format.md, without header, size or checksum.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>

namespace avila::compress::lz4 {

/// The largest block the format's own tools make (0x7E000000 bytes): compress() refuses more.
inline constexpr std::size_t kMaxInputSize = 0x7E000000;

/// Room that always suffices for compressing `size` bytes; 0 above kMaxInputSize.
constexpr std::size_t compress_bound(std::size_t size) noexcept {
  return size > kMaxInputSize ? 0 : size + size / 255 + 16;
}

/// Compresses `in` into `out`; the bytes written, 0 when they do not fit (or `in` is above
/// kMaxInputSize). With compress_bound(in.size()) bytes it always fits, and runs a little faster.
/// @param acceleration  1 (best ratio) to 65,537 (fastest): how quickly it gives up looking.
/// The spans may not overlap. Uses 16 KiB of stack.
std::size_t compress(ByteSpan in, MutableByteSpan out, int acceleration = 1) noexcept;

/// Decompresses a whole block; the bytes written. Safe on hostile input.
/// Errors: Malformed (the input ends inside a sequence, an offset points before the output),
/// LimitExceeded (`out` is too small for what the block holds).
Result<std::size_t> decompress(ByteSpan in, MutableByteSpan out);

}  // namespace avila::compress::lz4

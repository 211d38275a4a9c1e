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

/// Levels of compress_hc(): the same format, chosen as the cheapest of all sequences that
/// a search down hash chains finds; the level is how far down it looks.
inline constexpr int kMinHcLevel = 3;
inline constexpr int kMaxHcLevel = 12;

/// As compress(), smaller and slower. Allocates 256 KiB (0 too when that fails).
std::size_t compress_hc(ByteSpan in, MutableByteSpan out, int level = 9) noexcept;

/// As compress() (level below 3) or compress_hc(); matches may reach back into the last 64 KiB of
/// `dictionary`, which decompression then needs too. Allocates a copy of both.
std::size_t compress_with_dictionary(ByteSpan in, MutableByteSpan out, ByteSpan dictionary,
                                     int level = 1);

/// Decompresses a whole block; the bytes written. Safe on hostile input.
/// Errors: Malformed (the input ends inside a sequence, an offset points before the output),
/// LimitExceeded (`out` is too small for what the block holds).
Result<std::size_t> decompress(ByteSpan in, MutableByteSpan out);
Result<std::size_t> decompress_with_dictionary(ByteSpan in, MutableByteSpan out,
                                               ByteSpan dictionary);

}  // namespace avila::compress::lz4

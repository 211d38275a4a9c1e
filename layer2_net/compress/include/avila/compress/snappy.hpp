// Snappy blocks: the raw format of format_description.txt, without checksum. Streams: codec.hpp.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>

namespace avila::compress::snappy {

/// Room that always suffices for compressing `size` bytes; 0 above 4 GiB - 1, the format's limit.
constexpr std::size_t compress_bound(std::size_t size) noexcept {
  return size > 0xFFFFFFFFU ? 0 : 32 + size + size / 6;
}
/// Compresses `in`; the bytes written, 0 when out.size() < compress_bound(in.size()) or `in` is too
/// large. The spans may not overlap. Uses 32 KiB of stack.
std::size_t compress(ByteSpan in, MutableByteSpan out) noexcept;

/// What a block says that its content's size is.
Result<std::size_t> uncompressed_size(ByteSpan in);
/// Decompresses a whole block; the bytes written. Safe on hostile input.
/// Errors: StreamError (codec.hpp), LimitExceeded (`out` is too small).
Result<std::size_t> decompress(ByteSpan in, MutableByteSpan out);

}  // namespace avila::compress::snappy

// expand_message of RFC 9380 section 5.3: bytes that look uniform from a message and a tag.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>

namespace avila::field {

constexpr std::size_t kMaxExpandBytes = 65535;  ///< XOF; with XMD also 255 digests at most
constexpr std::size_t kMaxTagBytes = 255;       ///< longer tags are hashed, section 5.3.3

/// Section 5.3.1: fills `out`. Errc::InvalidArgument: an empty tag, or too much output.
Result<void> expand_message_xmd_sha256(MutableByteSpan out, ByteSpan message, ByteSpan tag);
Result<void> expand_message_xmd_sha384(MutableByteSpan out, ByteSpan message, ByteSpan tag);
Result<void> expand_message_xmd_sha512(MutableByteSpan out, ByteSpan message, ByteSpan tag);
/// Section 5.3.2, with k = 128 and 256 bits. The same errors.
Result<void> expand_message_xof_shake128(MutableByteSpan out, ByteSpan message, ByteSpan tag);
Result<void> expand_message_xof_shake256(MutableByteSpan out, ByteSpan message, ByteSpan tag);

}  // namespace avila::field

// AES key wrap: keys under a key-encryption key, authenticated, without a nonce. Deterministic: the
// same key wrapped twice gives the same bytes.
#pragma once
#include <avila/cipher/aes.hpp>

namespace avila::cipher {

/// What a wrapped key is at most, in bytes; a bound against misuse on bulk data (six passes).
inline constexpr std::size_t kKeyWrapMax = std::size_t{1} << 16;

/// RFC 3394 (KW): a key of a multiple of 8 bytes, 16 at least; `out` is 8 bytes longer (asserted)
/// and apart from `key`. Errors: InvalidArgument, LimitExceeded.
Result<void> key_wrap(const Aes& kek, ByteSpan key, MutableByteSpan out);
/// `out` is 8 bytes shorter than `wrapped` (asserted where that has a valid size), and apart from
/// it. Errors: Malformed (a size that no wrapped key has), LimitExceeded, Unauthenticated (another
/// kek, or changed bytes; `out` is wiped).
Result<void> key_unwrap(const Aes& kek, ByteSpan wrapped, MutableByteSpan out);

/// Bytes that key_wrap_padded() makes of `size`.
constexpr std::size_t key_wrap_padded_size(std::size_t size) noexcept {
  return (size + 7) / 8 * 8 + 8;
}
/// RFC 5649 (KWP): a key of any size from 1 byte; `out` holds key_wrap_padded_size() (asserted),
/// apart from `key`. Errors: InvalidArgument, LimitExceeded.
Result<void> key_wrap_padded(const Aes& kek, ByteSpan key, MutableByteSpan out);
/// `out` holds wrapped.size() - 8 bytes (asserted where that has a valid size), apart from
/// `wrapped`; returns the key at its start. Errors as key_unwrap().
Result<MutableByteSpan> key_unwrap_padded(const Aes& kek, ByteSpan wrapped, MutableByteSpan out);

}  // namespace avila::cipher

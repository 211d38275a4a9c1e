// PBKDF2 with HMAC (RFC 8018 section 5.2). For formats and rules that ask for it: it costs an
// attacker no memory, so Argon2id (argon2.hpp) is the better choice for passwords.
#pragma once
#include <avila/error/result.hpp>
#include <avila/hash/sha1.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/sha512.hpp>
#include <cstdint>

namespace avila::kdf {

/// Fills `out`. The time is proportional to `iterations` and to the digests that `out` spans.
/// Hash: one of SHA-1, SHA-2, SHA-3.
/// Errors: InvalidArgument (0 iterations, an empty `out`); LimitExceeded (more than 2^32 - 1
/// digests of output).
template <class Hash>
Result<void> pbkdf2(ByteSpan password, ByteSpan salt, std::uint32_t iterations,
                    MutableByteSpan out);

#define AVILA_PBKDF2_OVER(Hash) \
  extern template Result<void> pbkdf2<Hash>(ByteSpan, ByteSpan, std::uint32_t, MutableByteSpan)
AVILA_PBKDF2_OVER(hash::Sha1);
AVILA_PBKDF2_OVER(hash::Sha224);
AVILA_PBKDF2_OVER(hash::Sha256);
AVILA_PBKDF2_OVER(hash::Sha384);
AVILA_PBKDF2_OVER(hash::Sha512);
AVILA_PBKDF2_OVER(hash::Sha512_224);
AVILA_PBKDF2_OVER(hash::Sha512_256);
AVILA_PBKDF2_OVER(hash::Sha3_224);
AVILA_PBKDF2_OVER(hash::Sha3_256);
AVILA_PBKDF2_OVER(hash::Sha3_384);
AVILA_PBKDF2_OVER(hash::Sha3_512);
#undef AVILA_PBKDF2_OVER

}  // namespace avila::kdf

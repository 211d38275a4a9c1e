// The encodings of RFC 8017 section 9 and 7.1: bytes only, no numbers.
#pragma once
#include <avila/crypto/rsa.hpp>

namespace avila::crypto::detail {

/// section 9.2 into all of `out`. Errors: InvalidArgument (too short for the digest).
Result<void> encode_pkcs1(DigestAlgorithm algorithm, ByteSpan digest, MutableByteSpan out);

/// section 9.1.1; `out` has ceil(bits / 8) bytes, `bits` is one less than the modulus has. Errors:
/// InvalidArgument.
Result<void> encode_pss(const PssOptions& options, ByteSpan digest, ByteSpan salt, std::size_t bits,
                        MutableByteSpan out);
/// section 9.1.2.
bool verify_pss(const PssOptions& options, ByteSpan digest, std::size_t bits, ByteSpan encoded);

/// section 7.1.1 step 2; `seed` has the digest's size. The caller has checked the length.
void encode_oaep(const OaepOptions& options, ByteSpan message, ByteSpan seed, MutableByteSpan out);
/// section 7.1.2 step 3, constant time; `encoded` is taken apart. Errors: Unauthenticated.
Result<SecretBytes> decode_oaep(const OaepOptions& options, MutableByteSpan encoded);

}  // namespace avila::crypto::detail

// The hash functions that HashML-DSA and HashSLH-DSA may have hashed a message with.
#pragma once
#include <cstdint>

namespace avila::post_quantum {

/// FIPS 204 §5.4 and FIPS 205 §10.2, by the last number of the object identifiers
/// 2.16.840.1.101.3.4.2.n. SHAKE128 gives 32 bytes, SHAKE256 64.
enum class PreHash : std::uint8_t {
  Sha256 = 1,
  Sha384,
  Sha512,
  Sha224,
  Sha512_224,
  Sha512_256,
  Sha3_224,
  Sha3_256,
  Sha3_384,
  Sha3_512,
  Shake128,
  Shake256,
};

}  // namespace avila::post_quantum

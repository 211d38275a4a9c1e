// From the name of a digest to its type.
#pragma once
#include <avila/crypto/digest.hpp>
#include <avila/error/assert.hpp>
#include <avila/hash/sha1.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/sha512.hpp>

namespace avila::crypto::detail {

/// use.operator()<Hash>(), Hash the one that `algorithm` names.
template <class Use>
decltype(auto) with_hash(DigestAlgorithm algorithm, Use&& use) {
  switch (algorithm) {
    case DigestAlgorithm::Sha1: return use.template operator()<hash::Sha1>();
    case DigestAlgorithm::Sha224: return use.template operator()<hash::Sha224>();
    case DigestAlgorithm::Sha256: return use.template operator()<hash::Sha256>();
    case DigestAlgorithm::Sha384: return use.template operator()<hash::Sha384>();
    case DigestAlgorithm::Sha512: return use.template operator()<hash::Sha512>();
    case DigestAlgorithm::Sha512_224: return use.template operator()<hash::Sha512_224>();
    case DigestAlgorithm::Sha512_256: return use.template operator()<hash::Sha512_256>();
    case DigestAlgorithm::Sha3_256: return use.template operator()<hash::Sha3_256>();
    case DigestAlgorithm::Sha3_384: return use.template operator()<hash::Sha3_384>();
    case DigestAlgorithm::Sha3_512: return use.template operator()<hash::Sha3_512>();
  }
  AVILA_ASSERT(false);
  return use.template operator()<hash::Sha256>();
}

}  // namespace avila::crypto::detail

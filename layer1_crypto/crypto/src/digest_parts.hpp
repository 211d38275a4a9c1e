// One digest of pieces that lie apart.
#pragma once
#include <avila/crypto/digest.hpp>
#include <initializer_list>

namespace avila::crypto::detail {
DigestValue digest_parts(DigestAlgorithm algorithm, std::initializer_list<ByteSpan> parts);
}

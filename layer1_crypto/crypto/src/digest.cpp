#include <algorithm>
#include <avila/crypto/digest.hpp>

#include "digest_parts.hpp"
#include "with_hash.hpp"

namespace avila::crypto {

std::size_t digest_size(DigestAlgorithm algorithm) noexcept {
  return detail::with_hash(algorithm, []<class Hash>() { return Hash::kSize; });
}

std::string_view name(DigestAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case DigestAlgorithm::Sha1: return "sha1";
    case DigestAlgorithm::Sha224: return "sha224";
    case DigestAlgorithm::Sha256: return "sha256";
    case DigestAlgorithm::Sha384: return "sha384";
    case DigestAlgorithm::Sha512: return "sha512";
    case DigestAlgorithm::Sha512_224: return "sha512-224";
    case DigestAlgorithm::Sha512_256: return "sha512-256";
    case DigestAlgorithm::Sha3_256: return "sha3-256";
    case DigestAlgorithm::Sha3_384: return "sha3-384";
    case DigestAlgorithm::Sha3_512: return "sha3-512";
  }
  return "";
}

DigestValue digest(DigestAlgorithm algorithm, ByteSpan message) {
  return detail::digest_parts(algorithm, {message});
}

DigestValue detail::digest_parts(DigestAlgorithm algorithm, std::initializer_list<ByteSpan> parts) {
  return with_hash(algorithm, [&]<class Hash>() {
    Hash hash;
    for (const ByteSpan part : parts) hash.update(part);
    const auto bytes = hash.finish();
    DigestValue value;
    value.size = bytes.size();
    std::copy(bytes.begin(), bytes.end(), value.bytes.begin());
    return value;
  });
}

}  // namespace avila::crypto

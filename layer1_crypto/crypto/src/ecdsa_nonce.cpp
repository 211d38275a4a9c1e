#include "ecdsa_nonce.hpp"

#include <algorithm>
#include <avila/hash/hmac.hpp>
#include <avila/primitives/wipe.hpp>
#include <cstring>
#include <initializer_list>

#include "with_hash.hpp"

namespace avila::crypto::detail {

namespace {

/// out = HMAC(key, parts…), of the digest's size; `out` may be one of the parts or the key.
void hmac(DigestAlgorithm algorithm, MutableByteSpan out, ByteSpan key,
          std::initializer_list<ByteSpan> parts) noexcept {
  with_hash(algorithm, [&]<class Hash>() {
    hash::Hmac<Hash> mac(key);
    for (const ByteSpan part : parts) mac.update(part);
    auto tag = mac.finish();
    std::copy(tag.begin(), tag.end(), out.begin());
    wipe_memory(tag.data(), tag.size());
  });
}

}  // namespace

EcdsaNonces::EcdsaNonces(DigestAlgorithm algorithm, ByteSpan scalar, ByteSpan digest,
                         ByteSpan added) noexcept
    : algorithm_(algorithm), size_(digest_size(algorithm)) {
  value_.fill(std::byte{0x01});                                           // step b
  key_.fill(std::byte{0x00});                                             // step c
  for (const std::byte separator : {std::byte{0x00}, std::byte{0x01}}) {  // steps d to g
    const std::array<std::byte, 1> one = {separator};
    hmac(algorithm_, key(), key(), {value(), one, scalar, digest, added});
    hmac(algorithm_, value(), key(), {value()});
  }
}

EcdsaNonces::~EcdsaNonces() {
  wipe_memory(key_.data(), key_.size());
  wipe_memory(value_.data(), value_.size());
}

void EcdsaNonces::next(MutableByteSpan candidate) noexcept {
  if (!first_) {  // step h, 3: the one before was too large
    const std::array<std::byte, 1> zero = {};
    hmac(algorithm_, key(), key(), {value(), zero});
    hmac(algorithm_, value(), key(), {value()});
  }
  first_ = false;
  while (!candidate.empty()) {
    hmac(algorithm_, value(), key(), {value()});
    const std::size_t count = std::min(candidate.size(), size_);
    std::memcpy(candidate.data(), value_.data(), count);
    candidate = candidate.subspan(count);
  }
}

}  // namespace avila::crypto::detail

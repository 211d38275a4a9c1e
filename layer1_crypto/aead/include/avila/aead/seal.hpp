// Messages with their tag behind them, by any algorithm of this library.
#pragma once
#include <avila/aead/nonce.hpp>
#include <avila/error/assert.hpp>

namespace avila::aead {

/// `out` is `text` enciphered and the tag: kTagSize bytes longer (asserted); its start may be
/// `text` itself. Errors: as Key::seal_detached().
template <class Key>
Result<void> seal(const Key& key, const typename Key::NonceType& nonce, ByteSpan aad, ByteSpan text,
                  MutableByteSpan out) {
  AVILA_ASSERT(out.size() == text.size() + kTagSize);
  Tag tag;
  AVILA_TRY_VOID(key.seal_detached(nonce, aad, text, out.first(text.size()), tag));
  for (std::size_t i = 0; i < kTagSize; ++i) out[text.size() + i] = tag[i];
  return {};
}

/// `out` is kTagSize bytes shorter than `sealed` (asserted where that holds a tag); it may be the
/// start of `sealed`. Errors: Malformed (shorter than a tag), Unauthenticated (`out` holds nothing
/// of the text), LimitExceeded.
template <class Key>
Result<void> open(const Key& key, const typename Key::NonceType& nonce, ByteSpan aad,
                  ByteSpan sealed, MutableByteSpan out) {
  if (sealed.size() < kTagSize) return Error(Errc::Malformed, "a sealed message ends with a tag");
  const std::size_t size = sealed.size() - kTagSize;
  AVILA_ASSERT(out.size() == size);
  Tag tag;
  for (std::size_t i = 0; i < kTagSize; ++i) tag[i] = sealed[size + i];
  return key.open_detached(nonce, aad, sealed.first(size), tag, out);
}

}  // namespace avila::aead

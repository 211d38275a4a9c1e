// What the algorithms share.
#pragma once
#include <avila/aead/nonce.hpp>
#include <avila/error/assert.hpp>
#include <avila/hash/secret.hpp>
#include <cstddef>

namespace avila::aead::detail {

/// Bytes of a scope that are wiped at its end.
template <std::size_t kSize>
struct Scratch {
  alignas(64) std::byte bytes[kSize];
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { hash::wipe(bytes, kSize); }
};

/// Sizes before any work.
inline Result<void> check_sizes(ByteSpan aad, ByteSpan text, MutableByteSpan out,
                                std::uint64_t max_aad, std::uint64_t max_text) {
  AVILA_ASSERT(text.size() == out.size());
  if (text.size() > max_text || aad.size() > max_aad)
    return Error(Errc::LimitExceeded, "the message is longer than this algorithm takes");
  return {};
}

/// The end of opening: nothing of the text stays where the tag was wrong.
inline Result<void> verdict(const Usage& usage, const Tag& made, const Tag& given,
                            MutableByteSpan out) {
  if (hash::equal_tags(made, given)) return {};
  hash::wipe(out.data(), out.size());
  usage.count_refused();
  return Error(Errc::Unauthenticated,
               "the message was made under another key or nonce, or changed");
}

}  // namespace avila::aead::detail

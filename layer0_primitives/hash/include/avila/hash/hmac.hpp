// HMAC (RFC 2104, FIPS 198-1) over any hash of this library that has kSize, kBlockSize, Digest,
// update() and finish(): Hmac<Sha256>, Hmac<Sha3_256>, Hmac<Blake2b>, …
#pragma once
#include <array>
#include <avila/hash/secret.hpp>
#include <cstring>

namespace avila::hash {

/// Incremental HMAC under one key. After finish() and verify() the object is as new, under the
/// same key: the two key blocks are hashed once, so a short message costs two or three blocks.
/// Copies are prepared keys; the destructor wipes.
template <class Hash>
class Hmac {
 public:
  static constexpr std::size_t kSize = Hash::kSize;
  static constexpr std::size_t kBlockSize = Hash::kBlockSize;
  using Digest = typename Hash::Digest;

  /// A key of any length; those above kBlockSize are hashed first.
  explicit Hmac(ByteSpan key) noexcept {
    std::array<std::byte, kBlockSize> block{};
    if (key.size() > kBlockSize) {
      Hash shorter;
      shorter.update(key);
      const Digest digest = shorter.finish();
      std::memcpy(block.data(), digest.data(), digest.size());
    } else if (!key.empty()) {
      std::memcpy(block.data(), key.data(), key.size());
    }
    for (std::byte& b : block) b ^= std::byte{0x36};
    inner_start_.update(block);
    for (std::byte& b : block) b ^= std::byte{0x36 ^ 0x5c};
    outer_start_.update(block);
    wipe(block.data(), block.size());
    inner_ = inner_start_;
  }
  Hmac(const Hmac&) noexcept = default;
  Hmac& operator=(const Hmac&) noexcept = default;
  ~Hmac() { wipe(this, sizeof *this); }

  void reset() noexcept { inner_ = inner_start_; }
  void update(ByteSpan bytes) noexcept { inner_.update(bytes); }
  Digest finish() noexcept {
    const Digest inside = inner_.finish();
    inner_ = outer_start_;
    inner_.update(inside);
    const Digest tag = inner_.finish();
    inner_ = inner_start_;
    return tag;
  }
  /// Whether `tag` is the whole tag of what was given. CT in the tag's bytes. For tags that a
  /// protocol cuts, compare the first bytes of finish() by equal_tags().
  bool verify(ByteSpan tag) noexcept { return equal_tags(finish(), tag); }

 private:
  Hash inner_start_, outer_start_, inner_;
};

template <class Hash>
typename Hash::Digest hmac(ByteSpan key, ByteSpan message) noexcept {
  Hmac<Hash> mac(key);
  mac.update(message);
  return mac.finish();
}

}  // namespace avila::hash

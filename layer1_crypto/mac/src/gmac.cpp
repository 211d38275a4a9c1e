#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/secret.hpp>
#include <avila/mac/gmac.hpp>
#include <cstring>

namespace avila::mac {

Gmac::Gmac(const cipher::Aes& key, ByteSpan nonce) noexcept {
  AVILA_ASSERT(!nonce.empty());
  std::byte h[16] = {}, counter[16];
  cipher::detail::aes().encrypt(key.schedule(), h, h, 1);
  detail::ghash_start(key_, h, true);
  detail::gcm_counter(key_, nonce.data(), nonce.size(), counter);
  cipher::detail::aes().encrypt(key.schedule(), counter, mask_, 1);
  hash::wipe(h, sizeof h);
}

Gmac::~Gmac() {
  hash::wipe(&key_, sizeof key_);
  hash::wipe(hash_, sizeof hash_);
  hash::wipe(mask_, sizeof mask_);
  hash::wipe(last_, sizeof last_);
}

void Gmac::update(ByteSpan bytes) noexcept {
  const std::size_t held = total_ % 16;
  total_ += bytes.size();
  if (held > 0) {
    const std::size_t fill = std::min(bytes.size(), 16 - held);
    std::copy_n(bytes.data(), fill, last_ + held);
    bytes = bytes.subspan(fill);
    if (held + fill < 16) return;
    detail::polyval().update(key_, hash_, last_, 1, true);
  }
  const std::size_t whole = bytes.size() / 16 * 16;
  if (whole > 0) detail::polyval().update(key_, hash_, bytes.data(), whole / 16, true);
  std::copy_n(bytes.data() + whole, bytes.size() - whole, last_);
}

Gmac::Tag Gmac::finish() noexcept {
  detail::ghash_padded(key_, hash_, last_, total_ % 16);
  detail::ghash_finish(key_, hash_, total_, 0);
  Tag tag;
  for (std::size_t i = 0; i < kSize; ++i) tag[i] = hash_[i] ^ mask_[i];
  return tag;
}

bool Gmac::verify(ByteSpan tag) noexcept { return hash::equal_tags(finish(), tag); }

}  // namespace avila::mac

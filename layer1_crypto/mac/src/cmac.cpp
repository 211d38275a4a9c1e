#include <avila/error/assert.hpp>
#include <avila/hash/secret.hpp>
#include <avila/mac/cmac.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>

namespace avila::mac {
namespace {

// SP 800-38B §6.1: times x in GF(2^128), big-endian.
void times_x(std::byte* to, const std::byte* from) noexcept {
  const std::uint64_t high = load_be64(from), low = load_be64(from + 8);
  store_be64(to, high << 1 | low >> 63);
  store_be64(to + 8, low << 1 ^ ((0 - (high >> 63)) & 0x87));
}

}  // namespace

Cmac::Cmac(const cipher::Aes& key) noexcept : key_(key) {
  cipher::detail::aes().encrypt(key.schedule(), chain_, whole_, 1);
  times_x(whole_, whole_);
  times_x(padded_, whole_);
}

Cmac::~Cmac() {
  hash::wipe(whole_, sizeof whole_);
  hash::wipe(padded_, sizeof padded_);
  hash::wipe(chain_, sizeof chain_);
  hash::wipe(last_, sizeof last_);
}

void Cmac::update(ByteSpan bytes) noexcept {
  const auto absorb = [this](const std::byte* block) {
    for (std::size_t i = 0; i < 16; ++i) chain_[i] ^= block[i];
    cipher::detail::aes().encrypt(key_.schedule(), chain_, chain_, 1);
  };
  if (bytes.empty()) return;
  const std::size_t fill = bytes.size() < 16 - held_ ? bytes.size() : 16 - held_;
  std::memcpy(last_ + held_, bytes.data(), fill);
  held_ += fill;
  bytes = bytes.subspan(fill);
  if (bytes.empty()) return;
  absorb(last_);
  for (; bytes.size() > 16; bytes = bytes.subspan(16)) absorb(bytes.data());
  std::memcpy(last_, bytes.data(), bytes.size());
  held_ = bytes.size();
}

Cmac::Tag Cmac::finish() noexcept {
  const bool whole = held_ == 16;
  if (!whole) {
    last_[held_] = std::byte{0x80};
    std::memset(last_ + held_ + 1, 0, 15 - held_);
  }
  const std::byte* const subkey = whole ? whole_ : padded_;  // by the length, which is public
  for (std::size_t i = 0; i < 16; ++i) chain_[i] ^= last_[i] ^ subkey[i];
  Tag tag;
  cipher::detail::aes().encrypt(key_.schedule(), chain_, tag.data(), 1);
  std::memset(chain_, 0, 16);
  held_ = 0;
  return tag;
}

bool Cmac::verify(ByteSpan tag) noexcept { return hash::equal_tags(finish(), tag); }

Cmac::Tag cmac(const cipher::Aes& key, ByteSpan message) noexcept {
  Cmac mac(key);
  mac.update(message);
  return mac.finish();
}

}  // namespace avila::mac

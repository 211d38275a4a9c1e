#include <algorithm>
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/cipher/detail/chacha_blocks.hpp>
#include <avila/mac/poly1305.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>

#include "common.hpp"

namespace avila::aead {
namespace {

constexpr std::size_t kHead = 16 * 64;     // one pass of the widest kernel
constexpr std::size_t kChunk = 16 * 1024;  // enciphered and then authenticated while in the cache

void update_lengths(mac::Poly1305& mac, ByteSpan aad, ByteSpan text) noexcept {
  std::byte lengths[16];
  store_le64(lengths, aad.size());
  store_le64(lengths + 8, text.size());
  mac.update(lengths);
}

// One message: block 0 of the stream is the key of the MAC (RFC 8439 §2.6), the rest is for the
// text.
class Message {
 public:
  /// `out`: where the head of the text may go at once; null where it would take the place of a text
  /// that is still to be authenticated.
  Message(const cipher::ChaChaKey& key, const std::byte nonce[12], ByteSpan text,
          std::byte* out) noexcept
      : head_(std::min(text.size(), kHead)) {
    cipher::detail::chacha_state(state_, key.words().data(), 0, nonce);
    if (head_ == kHead) {
      if (out != nullptr) head_at_ = out;
      cipher::detail::chacha_keyed(state_, stream_, text.data(), head_at_, kHead / 64);
      return;
    }
    std::memset(stream_, 0, 64);
    if (head_ > 0) std::memcpy(stream_ + 64, text.data(), head_);
    cipher::detail::chacha_blocks()(state_, stream_, stream_, 1 + (head_ + 63) / 64);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    hash::wipe(state_, sizeof state_);
    hash::wipe(stream_, head_at_ == stream_ + 64 ? 64 * (1 + (head_ + 63) / 64) : 64);
  }

  std::span<const std::byte, 32> mac_key() const noexcept {
    return std::span<const std::byte, 64 + kHead>(stream_).first<32>();
  }
  /// The first bytes of the text, crypted.
  ByteSpan head() const noexcept { return {head_at_, head_}; }
  /// What comes after the head, in pieces that are whole blocks but for the last one.
  void crypt(ByteSpan in, MutableByteSpan out) noexcept {
    const std::size_t whole = in.size() / 64, rest = in.size() % 64;
    if (whole > 0) cipher::detail::chacha_blocks()(state_, in.data(), out.data(), whole);
    if (rest == 0) return;
    detail::Scratch<64> last;
    std::memcpy(last.bytes, in.data() + 64 * whole, rest);
    std::memset(last.bytes + rest, 0, 64 - rest);
    cipher::detail::chacha_blocks()(state_, last.bytes, last.bytes, 1);
    std::memcpy(out.data() + 64 * whole, last.bytes, rest);
  }

 private:
  std::uint32_t state_[16];
  alignas(64) std::byte stream_[64 + kHead];
  std::size_t head_;
  std::byte* head_at_ = stream_ + 64;
};

void seal(const cipher::ChaChaKey& key, const std::byte nonce[12], ByteSpan aad, ByteSpan text,
          MutableByteSpan out, Tag& tag) noexcept {
  Message message(key, nonce, text, out.data());
  mac::Poly1305 mac(message.mac_key());
  mac.update(aad);
  mac.pad16();
  const std::size_t head = message.head().size();
  if (message.head().data() != out.data()) std::copy_n(message.head().data(), head, out.data());
  for (std::size_t at = 0, crypted = head; at < text.size(); at = crypted) {
    const std::size_t size = std::min(text.size() - crypted, kChunk);
    message.crypt(text.subspan(crypted, size), out.subspan(crypted, size));
    crypted += size;
    mac.update(out.subspan(at, crypted - at));
  }
  mac.pad16();
  update_lengths(mac, aad, text);
  tag = mac.finish();
}

bool are_apart(ByteSpan a, ByteSpan b) noexcept {
  const auto from = reinterpret_cast<std::uintptr_t>(a.data());
  const auto to = reinterpret_cast<std::uintptr_t>(b.data());
  return from + a.size() <= to || to + b.size() <= from;
}

Result<void> open(const cipher::ChaChaKey& key, const std::byte nonce[12], ByteSpan aad,
                  ByteSpan text, const Tag& tag, MutableByteSpan out, const Usage& usage) {
  // What goes to `out` before the tag is known is wiped where the tag is wrong.
  Message message(key, nonce, text, are_apart(text, out) ? out.data() : nullptr);
  mac::Poly1305 mac(message.mac_key());
  mac.update(aad);
  mac.pad16();
  mac.update(text);
  mac.pad16();
  update_lengths(mac, aad, text);
  AVILA_TRY_VOID(detail::verdict(usage, mac.finish(), tag, out));
  const std::size_t at = message.head().size();
  if (message.head().data() != out.data()) std::copy_n(message.head().data(), at, out.data());
  message.crypt(text.subspan(at), out.subspan(at));
  return {};
}

// draft-irtf-cfrg-xchacha-03 §2.3.
struct Extended {
  explicit Extended(const cipher::ChaChaKey& key, const Nonce<24>& long_nonce) noexcept
      : subkey(cipher::hchacha20(key,
                                 std::span<const std::byte, 24>(long_nonce.bytes()).first<16>())) {
    std::memcpy(nonce + 4, long_nonce.bytes().data() + 16, 8);
  }
  cipher::ChaChaKey subkey;
  std::byte nonce[12] = {};
};

}  // namespace

Result<void> ChaCha20Poly1305::seal_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                                             MutableByteSpan out, Tag& tag) const {
  AVILA_TRY_VOID(detail::check_sizes(aad, text, out, kMaxAad, kMaxText));
  AVILA_TRY_VOID(usage_.count_seal());
  seal(key_, nonce.bytes().data(), aad, text, out, tag);
  return {};
}

Result<void> ChaCha20Poly1305::open_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                                             const Tag& tag, MutableByteSpan out) const {
  AVILA_TRY_VOID(detail::check_sizes(aad, text, out, kMaxAad, kMaxText));
  AVILA_TRY_VOID(usage_.check_open());
  return open(key_, nonce.bytes().data(), aad, text, tag, out, usage_);
}

Result<void> XChaCha20Poly1305::seal_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                                              MutableByteSpan out, Tag& tag) const {
  AVILA_TRY_VOID(detail::check_sizes(aad, text, out, kMaxAad, kMaxText));
  AVILA_TRY_VOID(usage_.count_seal());
  const Extended extended(key_, nonce);
  seal(extended.subkey, extended.nonce, aad, text, out, tag);
  return {};
}

Result<void> XChaCha20Poly1305::open_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                                              const Tag& tag, MutableByteSpan out) const {
  AVILA_TRY_VOID(detail::check_sizes(aad, text, out, kMaxAad, kMaxText));
  AVILA_TRY_VOID(usage_.check_open());
  const Extended extended(key_, nonce);
  return open(extended.subkey, extended.nonce, aad, text, tag, out, usage_);
}

}  // namespace avila::aead

#include <avila/cipher/key_wrap.hpp>
#include <avila/primitives/constant_time.hpp>
#include <avila/primitives/endian.hpp>

#include "blocks.hpp"

namespace avila::cipher {
namespace {

constexpr std::uint64_t kIv = 0xa6a6a6a6a6a6a6a6;        // RFC 3394 §2.2.3.1
constexpr std::uint64_t kPaddedIv = 0xa65959a600000000;  // RFC 5649 §3; the length in the low half

// RFC 3394 §2.2.1 in place: `out` is room for a check value, then the key of 2 words or more.
void wrap(const Aes& kek, std::uint64_t iv, MutableByteSpan out) noexcept {
  detail::Scratch<kAesBlock> block;
  store_be64(block.bytes, iv);
  std::uint64_t step = 0;
  for (int pass = 0; pass < 6; ++pass) {
    for (std::size_t at = 8; at < out.size(); at += 8) {
      std::memcpy(block.bytes + 8, out.data() + at, 8);
      detail::aes().encrypt(kek.schedule(), block.bytes, block.bytes, 1);
      store_be64(block.bytes, load_be64(block.bytes) ^ ++step);
      std::memcpy(out.data() + at, block.bytes + 8, 8);
    }
  }
  std::memcpy(out.data(), block.bytes, 8);
}

// §2.2.2: the key to `out`, and the integrity value.
std::uint64_t unwrap(const Aes& kek, ByteSpan wrapped, MutableByteSpan out) noexcept {
  detail::Scratch<kAesBlock> block;
  std::memcpy(block.bytes, wrapped.data(), 8);
  std::memcpy(out.data(), wrapped.data() + 8, out.size());
  for (std::uint64_t step = 6 * (out.size() / 8); step > 0;) {
    for (std::size_t at = out.size(); at > 0; at -= 8, --step) {
      store_be64(block.bytes, load_be64(block.bytes) ^ step);
      std::memcpy(block.bytes + 8, out.data() + at - 8, 8);
      detail::aes().decrypt(kek.schedule(), block.bytes, block.bytes, 1);
      std::memcpy(out.data() + at - 8, block.bytes + 8, 8);
    }
  }
  return load_be64(block.bytes);
}

// The verdict is public, what it comes from is not.
bool is_public_zero(std::uint64_t x) noexcept {
  const std::uint64_t bit = (x | (0 - x)) >> 63;
  declassify_memory(&bit, sizeof bit);
  return bit == 0;
}

Error too_long() { return Error(Errc::LimitExceeded, "keys above 64 KiB are not wrapped"); }
Error refused(MutableByteSpan out) {
  hash::wipe(out.data(), out.size());
  return Error(Errc::Unauthenticated, "the wrapped key was made under another key, or changed");
}

}  // namespace

Result<void> key_wrap(const Aes& kek, ByteSpan key, MutableByteSpan out) {
  AVILA_ASSERT(out.size() == key.size() + 8);
  if (key.size() < 16 || key.size() % 8 != 0)
    return Error(Errc::InvalidArgument, "RFC 3394 wraps a multiple of 8 bytes, 16 or more");
  if (key.size() > kKeyWrapMax) return too_long();
  std::memcpy(out.data() + 8, key.data(), key.size());
  wrap(kek, kIv, out);
  return {};
}

Result<void> key_unwrap(const Aes& kek, ByteSpan wrapped, MutableByteSpan out) {
  if (wrapped.size() < 24 || wrapped.size() % 8 != 0)
    return Error(Errc::Malformed, "RFC 3394 makes a multiple of 8 bytes, 24 or more");
  if (wrapped.size() > kKeyWrapMax + 8) return too_long();
  AVILA_ASSERT(out.size() == wrapped.size() - 8);
  if (!is_public_zero(unwrap(kek, wrapped, out) ^ kIv)) return refused(out);
  return {};
}

Result<void> key_wrap_padded(const Aes& kek, ByteSpan key, MutableByteSpan out) {
  AVILA_ASSERT(out.size() == key_wrap_padded_size(key.size()));
  if (key.empty()) return Error(Errc::InvalidArgument, "there is no key to wrap");
  if (key.size() > kKeyWrapMax) return too_long();
  std::memset(out.data() + out.size() - 8, 0, 8);
  std::memcpy(out.data() + 8, key.data(), key.size());
  if (out.size() > kAesBlock) {
    wrap(kek, kPaddedIv | key.size(), out);
  } else {  // §4.1: one block is encrypted as it is
    store_be64(out.data(), kPaddedIv | key.size());
    detail::aes().encrypt(kek.schedule(), out.data(), out.data(), 1);
  }
  return {};
}

Result<MutableByteSpan> key_unwrap_padded(const Aes& kek, ByteSpan wrapped, MutableByteSpan out) {
  if (wrapped.size() < 16 || wrapped.size() % 8 != 0)
    return Error(Errc::Malformed, "RFC 5649 makes a multiple of 8 bytes, 16 or more");
  if (wrapped.size() > kKeyWrapMax + 8) return too_long();
  AVILA_ASSERT(out.size() == wrapped.size() - 8);
  std::uint64_t iv;
  if (wrapped.size() > kAesBlock) {
    iv = unwrap(kek, wrapped, out);
  } else {
    detail::Scratch<kAesBlock> block;
    detail::aes().decrypt(kek.schedule(), wrapped.data(), block.bytes, 1);
    iv = load_be64(block.bytes);
    std::memcpy(out.data(), block.bytes + 8, 8);
  }
  // §3: the constant, a length that needs all of the words, and zeros behind it. Looked at without
  // branches; only the verdict is told.
  const std::uint64_t size = iv & 0xffffffff, padding = out.size() - size;
  std::uint64_t bad = (iv ^ kPaddedIv) >> 32 | (padding & ~std::uint64_t{7});
  for (std::uint64_t i = 0; i < 8; ++i) {
    const std::uint64_t inside = (i - (padding & 15)) >> 63;
    bad |= (0 - inside) & std::to_integer<std::uint64_t>(out[out.size() - 1 - i]);
  }
  if (!is_public_zero(bad)) return refused(out);
  declassify_memory(&size, sizeof size);
  return out.first(static_cast<std::size_t>(size));
}

}  // namespace avila::cipher

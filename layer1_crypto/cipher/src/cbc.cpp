#include <algorithm>
#include <avila/cipher/cbc.hpp>
#include <avila/primitives/constant_time.hpp>

#include "blocks.hpp"

namespace avila::cipher {
namespace {

constexpr std::size_t kBatch = 32;  // blocks decrypted at once

void encrypt_blocks(const Aes& key, std::byte (&chain)[kAesBlock], const std::byte* in,
                    std::byte* out, std::size_t blocks) noexcept {
  for (; blocks > 0; --blocks, in += kAesBlock, out += kAesBlock) {
    detail::xor_block(chain, chain, in);
    detail::aes().encrypt(key.schedule(), chain, chain, 1);
    std::memcpy(out, chain, kAesBlock);
  }
}

void decrypt_blocks(const Aes& key, AesBlockView iv, const std::byte* in, std::byte* out,
                    std::size_t blocks) noexcept {
  std::byte chain[kAesBlock], next[kAesBlock];
  std::memcpy(chain, iv.data(), kAesBlock);
  detail::Scratch<kBatch * kAesBlock> plain;
  while (blocks > 0) {
    const std::size_t count = std::min(blocks, kBatch);
    detail::aes().decrypt(key.schedule(), in, plain.bytes, count);
    std::memcpy(next, in + (count - 1) * kAesBlock, kAesBlock);
    // From the end: in place, `out` overwrites the block that the one after it needs.
    for (std::size_t i = count * kAesBlock - kAesBlock; i > 0; i -= kAesBlock)
      detail::xor_block(out + i, plain.bytes + i, in + i - kAesBlock);
    detail::xor_block(out, plain.bytes, chain);
    std::memcpy(chain, next, kAesBlock);
    in += count * kAesBlock, out += count * kAesBlock, blocks -= count;
  }
}

Error partial_block() {
  return Error(Errc::InvalidArgument, "CBC takes a multiple of 16 bytes; pad, or use CTR");
}

}  // namespace

Result<void> cbc_encrypt(const Aes& key, AesBlockView iv, ByteSpan in, MutableByteSpan out) {
  AVILA_ASSERT(in.size() == out.size());
  if (in.size() % kAesBlock != 0) return partial_block();
  std::byte chain[kAesBlock];
  std::memcpy(chain, iv.data(), kAesBlock);
  encrypt_blocks(key, chain, in.data(), out.data(), in.size() / kAesBlock);
  return {};
}

Result<void> cbc_decrypt(const Aes& key, AesBlockView iv, ByteSpan in, MutableByteSpan out) {
  AVILA_ASSERT(in.size() == out.size());
  if (in.size() % kAesBlock != 0) return partial_block();
  decrypt_blocks(key, iv, in.data(), out.data(), in.size() / kAesBlock);
  return {};
}

void cbc_encrypt_padded(const Aes& key, AesBlockView iv, ByteSpan in,
                        MutableByteSpan out) noexcept {
  AVILA_ASSERT(out.size() == cbc_padded_size(in.size()));
  const std::size_t whole = in.size() / kAesBlock * kAesBlock, rest = in.size() - whole;
  std::byte chain[kAesBlock];
  std::memcpy(chain, iv.data(), kAesBlock);
  encrypt_blocks(key, chain, in.data(), out.data(), whole / kAesBlock);
  detail::Scratch<kAesBlock> last;
  std::memset(last.bytes, static_cast<int>(kAesBlock - rest), kAesBlock);
  if (rest > 0) std::memcpy(last.bytes, in.data() + whole, rest);
  encrypt_blocks(key, chain, last.bytes, out.data() + whole, 1);
}

Result<MutableByteSpan> cbc_decrypt_padded(const Aes& key, AesBlockView iv, ByteSpan in,
                                           MutableByteSpan out) {
  AVILA_ASSERT(in.size() == out.size());
  if (in.empty() || in.size() % kAesBlock != 0)
    return Error(Errc::Malformed, "padded CBC text is a positive multiple of 16 bytes");
  decrypt_blocks(key, iv, in.data(), out.data(), in.size() / kAesBlock);
  // All sixteen bytes are looked at, whatever the last one says.
  const std::byte* const last = out.data() + out.size() - kAesBlock;
  const auto padding = std::to_integer<std::uint32_t>(last[kAesBlock - 1]);
  std::uint32_t bad = (padding - 1) >> 31 | (std::uint32_t{kAesBlock} - padding) >> 31;
  for (std::uint32_t i = 0; i < kAesBlock; ++i) {
    const std::uint32_t inside = (i - padding) >> 31;  // the i-th byte from the end is padding
    const auto byte = std::to_integer<std::uint32_t>(last[kAesBlock - 1 - i]);
    bad |= (0 - inside) & (byte ^ padding);
  }
  const bool refused = bad != 0;
  declassify_memory(&refused, sizeof refused);  // public from here on, and the length if not
  if (refused) {
    hash::wipe(out.data(), out.size());
    return Error(Errc::Malformed, "CBC padding is wrong: another key, or changed bytes");
  }
  declassify_memory(&padding, sizeof padding);
  return out.first(out.size() - padding);
}

}  // namespace avila::cipher

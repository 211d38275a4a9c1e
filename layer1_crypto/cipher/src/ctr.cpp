#include <algorithm>
#include <avila/cipher/ctr.hpp>
#include <avila/hash/secret.hpp>
#include <avila/primitives/endian.hpp>

namespace avila::cipher {

AesCtr::AesCtr(const Aes& key, std::span<const std::byte, kAesBlock> counter) noexcept : key_(key) {
  std::memcpy(counter_, counter.data(), kAesBlock);
}

AesCtr::~AesCtr() { hash::wipe(stream_, sizeof stream_); }

void AesCtr::advance(std::uint64_t blocks) noexcept {
  const std::uint64_t low = load_be64(counter_ + 8) + blocks;
  store_be64(counter_ + 8, low);
  if (low < blocks) store_be64(counter_, load_be64(counter_) + 1);
}

void AesCtr::apply(ByteSpan in, MutableByteSpan out) noexcept {
  AVILA_ASSERT(in.size() == out.size());
  std::size_t at = 0;
  const auto spend = [&] {
    for (; at < in.size() && used_ < kAesBlock; ++at) out[at] = in[at] ^ stream_[used_++];
  };
  spend();
  while (in.size() - at >= kAesBlock) {
    // The kernels count in 32 bits: stop where those start again.
    const std::uint64_t until_carry = (std::uint64_t{1} << 32) - load_be32(counter_ + 12);
    const auto blocks = static_cast<std::size_t>(
        std::min<std::uint64_t>((in.size() - at) / kAesBlock, until_carry));
    detail::aes().ctr32(key_.schedule(), counter_, in.data() + at, out.data() + at, blocks);
    advance(blocks);
    at += blocks * kAesBlock;
  }
  if (at == in.size()) return;
  detail::aes().encrypt(key_.schedule(), counter_, stream_, 1);
  advance(1);
  used_ = 0;
  spend();
}

}  // namespace avila::cipher

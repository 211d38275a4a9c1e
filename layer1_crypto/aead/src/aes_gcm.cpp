#include <avila/aead/aes_gcm.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>
#include <utility>

#include "common.hpp"
#include "gcm_kernels.hpp"

namespace avila::aead {
namespace {

constexpr std::size_t kSmall = 14 * 16;  // with AAD of a block and the lengths, one pass of GHASH

void add_to_counter(std::byte counter[16], std::size_t blocks) noexcept {
  store_be32(counter + 12, load_be32(counter + 12) + static_cast<std::uint32_t>(blocks));
}

}  // namespace

Result<AesGcm> AesGcm::create(ByteSpan key) {
  AVILA_TRY(cipher::Aes aes, cipher::Aes::create(key));
  return AesGcm(std::move(aes));
}

AesGcm::AesGcm(cipher::Aes aes) noexcept : aes_(std::move(aes)) {
  detail::Scratch<16> h;
  std::memset(h.bytes, 0, 16);
  cipher::detail::aes().encrypt(aes_.schedule(), h.bytes, h.bytes, 1);
  mac::detail::ghash_start(hash_, h.bytes, true);
}
AesGcm::AesGcm(AesGcm&& other) noexcept
    : aes_(std::move(other.aes_)), hash_(other.hash_), usage_(other.usage_) {
  hash::wipe(&other.hash_, sizeof other.hash_);
}
AesGcm& AesGcm::operator=(AesGcm&& other) noexcept {
  if (this != &other) {
    aes_ = std::move(other.aes_);
    hash_ = other.hash_;
    usage_ = other.usage_;
    hash::wipe(&other.hash_, sizeof other.hash_);
  }
  return *this;
}
AesGcm::~AesGcm() { hash::wipe(&hash_, sizeof hash_); }

void AesGcm::crypt(ByteSpan iv, ByteSpan aad, ByteSpan text, MutableByteSpan out, Tag& tag,
                   bool encrypt) const noexcept {
  const cipher::detail::AesCode& aes = cipher::detail::aes();
  std::byte counter[16], sum[16] = {};
  mac::detail::gcm_counter(hash_, iv.data(), iv.size(), counter);
  if (text.size() <= kSmall && aad.size() <= 16) {
    // One pass of the cipher for the tag's mask and the text, one of the hash for all there is.
    const std::size_t blocks = (text.size() + 15) / 16;
    detail::Scratch<16 + kSmall> work;
    std::byte hashed[16 + kSmall + 16];
    std::memset(work.bytes, 0, 16 + 16 * blocks);
    std::byte* to = hashed;
    if (!aad.empty()) {
      std::memset(to, 0, 16);
      std::memcpy(to, aad.data(), aad.size());
      to += 16;
    }
    std::memset(to, 0, 16 * blocks);
    if (!text.empty()) {
      std::memcpy(work.bytes + 16, text.data(), text.size());
      if (!encrypt) std::memcpy(to, text.data(), text.size());
    }
    aes.ctr32(aes_.schedule(), counter, work.bytes, work.bytes, 1 + blocks);
    if (!text.empty()) {
      std::memcpy(out.data(), work.bytes + 16, text.size());
      if (encrypt) std::memcpy(to, out.data(), text.size());
    }
    to += 16 * blocks;
    store_be64(to, 8 * aad.size());
    store_be64(to + 8, 8 * text.size());
    mac::detail::polyval().update(hash_, sum, hashed,
                                  static_cast<std::size_t>(to - hashed) / 16 + 1, true);
    for (std::size_t i = 0; i < kTagSize; ++i) tag[i] = sum[15 - i] ^ work.bytes[i];
    return;
  }
  detail::Scratch<16> mask;
  aes.encrypt(aes_.schedule(), counter, mask.bytes, 1);
  add_to_counter(counter, 1);
  mac::detail::ghash_padded(hash_, sum, aad.data(), aad.size());
  const std::size_t done =
      16 * detail::gcm_blocks()(aes_.schedule(), hash_, counter, sum, text.data(), out.data(),
                                text.size() / 16, encrypt);
  const ByteSpan rest = text.subspan(done);
  const MutableByteSpan to = out.subspan(done);
  if (!encrypt) mac::detail::ghash_padded(hash_, sum, rest.data(), rest.size());
  const std::size_t whole = rest.size() / 16 * 16, last = rest.size() - whole;
  aes.ctr32(aes_.schedule(), counter, rest.data(), to.data(), whole / 16);
  if (last > 0) {
    add_to_counter(counter, whole / 16);
    detail::Scratch<16> block;
    std::memset(block.bytes, 0, 16);
    std::memcpy(block.bytes, rest.data() + whole, last);
    aes.ctr32(aes_.schedule(), counter, block.bytes, block.bytes, 1);
    std::memcpy(to.data() + whole, block.bytes, last);
  }
  if (encrypt) mac::detail::ghash_padded(hash_, sum, to.data(), to.size());
  mac::detail::ghash_finish(hash_, sum, aad.size(), text.size());
  for (std::size_t i = 0; i < kTagSize; ++i) tag[i] = sum[i] ^ mask.bytes[i];
}

Result<void> AesGcm::seal_with_iv(ByteSpan iv, ByteSpan aad, ByteSpan text, MutableByteSpan out,
                                  Tag& tag) const {
  if (iv.empty()) return Error(Errc::InvalidArgument, "a nonce of AES-GCM has 1 byte or more");
  AVILA_TRY_VOID(detail::check_sizes(aad, text, out, kMaxAad, kMaxText));
  AVILA_TRY_VOID(usage_.count_seal());
  crypt(iv, aad, text, out, tag, true);
  return {};
}

Result<void> AesGcm::open_with_iv(ByteSpan iv, ByteSpan aad, ByteSpan text, const Tag& tag,
                                  MutableByteSpan out) const {
  if (iv.empty()) return Error(Errc::InvalidArgument, "a nonce of AES-GCM has 1 byte or more");
  AVILA_TRY_VOID(detail::check_sizes(aad, text, out, kMaxAad, kMaxText));
  AVILA_TRY_VOID(usage_.check_open());
  Tag made;
  crypt(iv, aad, text, out, made, false);
  return detail::verdict(usage_, made, tag, out);
}

Result<void> AesGcm::seal_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                                   MutableByteSpan out, Tag& tag) const {
  return seal_with_iv(nonce.bytes(), aad, text, out, tag);
}

Result<void> AesGcm::open_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                                   const Tag& tag, MutableByteSpan out) const {
  return open_with_iv(nonce.bytes(), aad, text, tag, out);
}

}  // namespace avila::aead

#include <algorithm>
#include <avila/field/ct.hpp>
#include <avila/field/expand_message.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/sha512.hpp>
#include <string_view>

namespace avila::field {

namespace {

constexpr std::string_view kOversizePrefix = "H2C-OVERSIZE-DST-";

template <class Hash>
void update_byte(Hash& hash, std::size_t value) noexcept {
  const auto byte = static_cast<std::byte>(value);
  hash.update({&byte, 1});
}

template <class Hash>
Result<void> expand_xmd(MutableByteSpan out, ByteSpan message, ByteSpan tag) {
  if (tag.empty())
    return Error(Errc::InvalidArgument, "expand_message: the domain separation tag is empty");
  const std::size_t blocks = (out.size() + Hash::kSize - 1) / Hash::kSize;
  if (blocks > 255 || out.size() > kMaxExpandBytes)
    return Error(Errc::InvalidArgument, "expand_message: more than 255 digests of output");
  typename Hash::Digest short_tag;
  if (tag.size() > kMaxTagBytes) {
    Hash hash;
    hash.update(as_bytes(kOversizePrefix));
    hash.update(tag);
    short_tag = hash.finish();
    tag = short_tag;
  }
  constexpr std::array<std::byte, Hash::kBlockSize> kZeroPad{};
  Hash hash;
  hash.update(kZeroPad);
  hash.update(message);
  update_byte(hash, out.size() >> 8);
  update_byte(hash, out.size());
  update_byte(hash, 0);
  hash.update(tag);
  update_byte(hash, tag.size());
  typename Hash::Digest first = hash.finish(), block{};
  for (std::size_t i = 1; i <= blocks; ++i) {
    for (std::size_t j = 0; j < Hash::kSize; ++j) block[j] ^= first[j];
    hash.update(block);
    update_byte(hash, i);
    hash.update(tag);
    update_byte(hash, tag.size());
    block = hash.finish();
    const std::size_t at = (i - 1) * Hash::kSize;
    std::copy_n(block.begin(), std::min(Hash::kSize, out.size() - at), out.begin() + at);
  }
  ct::wipe(&hash, sizeof hash);
  ct::wipe(&first, sizeof first);
  ct::wipe(&block, sizeof block);
  return {};
}

template <class Shake, std::size_t kStrengthBits>
Result<void> expand_xof(MutableByteSpan out, ByteSpan message, ByteSpan tag) {
  if (tag.empty())
    return Error(Errc::InvalidArgument, "expand_message: the domain separation tag is empty");
  if (out.size() > kMaxExpandBytes)
    return Error(Errc::InvalidArgument, "expand_message: more than 65535 bytes of output");
  std::array<std::byte, kStrengthBits / 4> short_tag;
  if (tag.size() > kMaxTagBytes) {
    Shake shake;
    shake.update(as_bytes(kOversizePrefix));
    shake.update(tag);
    shake.squeeze(short_tag);
    tag = short_tag;
  }
  Shake shake;
  shake.update(message);
  update_byte(shake, out.size() >> 8);
  update_byte(shake, out.size());
  shake.update(tag);
  update_byte(shake, tag.size());
  shake.squeeze(out);
  ct::wipe(&shake, sizeof shake);
  return {};
}

}  // namespace

Result<void> expand_message_xmd_sha256(MutableByteSpan out, ByteSpan message, ByteSpan tag) {
  return expand_xmd<hash::Sha256>(out, message, tag);
}
Result<void> expand_message_xmd_sha384(MutableByteSpan out, ByteSpan message, ByteSpan tag) {
  return expand_xmd<hash::Sha384>(out, message, tag);
}
Result<void> expand_message_xmd_sha512(MutableByteSpan out, ByteSpan message, ByteSpan tag) {
  return expand_xmd<hash::Sha512>(out, message, tag);
}
Result<void> expand_message_xof_shake128(MutableByteSpan out, ByteSpan message, ByteSpan tag) {
  return expand_xof<hash::Shake128, 128>(out, message, tag);
}
Result<void> expand_message_xof_shake256(MutableByteSpan out, ByteSpan message, ByteSpan tag) {
  return expand_xof<hash::Shake256, 256>(out, message, tag);
}

}  // namespace avila::field

#include <algorithm>
#include <avila/aead/aes_gcm_siv.hpp>
#include <avila/mac/detail/polyval.hpp>
#include <avila/primitives/constant_time.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>

#include "common.hpp"

namespace avila::aead {
namespace {

using Schedule = cipher::detail::AesSchedule;
constexpr std::size_t kLong = 256;  // from here on the powers of the hash's key pay
constexpr std::size_t kBatch = 32;  // counter blocks enciphered at once

// The two keys of one message (RFC 8452 §4).
class MessageKeys {
 public:
  MessageKeys(const Schedule& generator, std::size_t key_size, const Nonce<12>& nonce,
              bool wide) noexcept {
    const std::size_t blocks = 2 + key_size / 8;
    detail::Scratch<6 * 16> work;
    for (std::size_t i = 0; i < blocks; ++i) {
      store_le32(work.bytes + 16 * i, static_cast<std::uint32_t>(i));
      std::memcpy(work.bytes + 16 * i + 4, nonce.bytes().data(), 12);
    }
    cipher::detail::aes().encrypt(generator, work.bytes, work.bytes, blocks);
    for (std::size_t i = 1; i < blocks; ++i)  // the first half of each
      std::memmove(work.bytes + 8 * i, work.bytes + 16 * i, 8);
    mac::detail::polyval().start(hash, work.bytes, wide);
    cipher::detail::aes().expand(schedule, work.bytes + 16, key_size);
  }
  MessageKeys(const MessageKeys&) = delete;
  MessageKeys& operator=(const MessageKeys&) = delete;
  ~MessageKeys() {
    hash::wipe(&hash, sizeof hash);
    hash::wipe(&schedule, sizeof schedule);
  }

  mac::detail::PolyvalKey hash;
  Schedule schedule;
};

void absorb(const mac::detail::PolyvalKey& key, std::byte sum[16], ByteSpan bytes) noexcept {
  const std::size_t whole = bytes.size() / 16 * 16, rest = bytes.size() - whole;
  if (whole > 0) mac::detail::polyval().update(key, sum, bytes.data(), whole / 16, false);
  if (rest == 0) return;
  detail::Scratch<16> last;
  std::memset(last.bytes, 0, 16);
  std::memcpy(last.bytes, bytes.data() + whole, rest);
  mac::detail::polyval().update(key, sum, last.bytes, 1, false);
}

Tag tag_of(const MessageKeys& keys, const Nonce<12>& nonce, ByteSpan aad, ByteSpan text) noexcept {
  std::byte sum[16] = {}, lengths[16];
  absorb(keys.hash, sum, aad);
  absorb(keys.hash, sum, text);
  store_le64(lengths, 8 * std::uint64_t{aad.size()});
  store_le64(lengths + 8, 8 * std::uint64_t{text.size()});
  mac::detail::polyval().update(keys.hash, sum, lengths, 1, false);
  for (std::size_t i = 0; i < 12; ++i) sum[i] ^= nonce.bytes()[i];
  sum[15] &= std::byte{0x7f};
  Tag tag;
  cipher::detail::aes().encrypt(keys.schedule, sum, tag.data(), 1);
  return tag;
}

// §4's AES_CTR: the first 32 bits count, little-endian.
void crypt(const MessageKeys& keys, const Tag& tag, ByteSpan in, MutableByteSpan out) noexcept {
  std::uint32_t count = load_le32(tag.data());
  declassify_memory(&count, sizeof count);  // the tag is sent
  detail::Scratch<kBatch * 16> stream;
  for (std::size_t at = 0; at < in.size();) {
    const std::size_t size = std::min(in.size() - at, kBatch * 16), blocks = (size + 15) / 16;
    for (std::size_t i = 0; i < blocks; ++i) {
      std::memcpy(stream.bytes + 16 * i, tag.data(), 16);
      store_le32(stream.bytes + 16 * i, count++);
      stream.bytes[16 * i + 15] |= std::byte{0x80};
    }
    cipher::detail::aes().encrypt(keys.schedule, stream.bytes, stream.bytes, blocks);
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8)
      store_le64(&out[at + i], load_le64(&in[at + i]) ^ load_le64(stream.bytes + i));
    for (; i < size; ++i) out[at + i] = in[at + i] ^ stream.bytes[i];
    at += size;
  }
}

}  // namespace

Result<AesGcmSiv> AesGcmSiv::create(ByteSpan key) {
  if (key.size() != 16 && key.size() != 32)
    return Error(Errc::InvalidArgument, "an AES-GCM-SIV key has 16 or 32 bytes");
  AVILA_TRY(cipher::Aes aes, cipher::Aes::create(key));
  return AesGcmSiv(std::move(aes), key.size());
}

Result<void> AesGcmSiv::seal_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                                      MutableByteSpan out, Tag& tag) const {
  AVILA_TRY_VOID(detail::check_sizes(aad, text, out, kMaxAad, kMaxText));
  AVILA_TRY_VOID(usage_.count_seal());
  const MessageKeys keys(aes_.schedule(), key_size_, nonce, aad.size() + text.size() >= kLong);
  tag = tag_of(keys, nonce, aad, text);
  crypt(keys, tag, text, out);
  return {};
}

Result<void> AesGcmSiv::open_detached(const NonceType& nonce, ByteSpan aad, ByteSpan text,
                                      const Tag& tag, MutableByteSpan out) const {
  AVILA_TRY_VOID(detail::check_sizes(aad, text, out, kMaxAad, kMaxText));
  AVILA_TRY_VOID(usage_.check_open());
  const MessageKeys keys(aes_.schedule(), key_size_, nonce, aad.size() + text.size() >= kLong);
  crypt(keys, tag, text, out);
  return detail::verdict(usage_, tag_of(keys, nonce, aad, out), tag, out);
}

}  // namespace avila::aead

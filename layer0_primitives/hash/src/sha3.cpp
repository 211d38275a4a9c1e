#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/kmac.hpp>
#include <avila/hash/secret.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/primitives/endian.hpp>

#include "keccak_kernels.hpp"

namespace avila::hash {
namespace detail {
namespace {

// Adds bytes to the block from byte `at` on; lanes are little endian (FIPS 202 §B.1).
void add_bytes(std::uint64_t* lanes, std::size_t at, ByteSpan bytes) noexcept {
  std::size_t i = 0;
  const auto one = [&] {
    lanes[(at + i) / 8] ^= static_cast<std::uint64_t>(bytes[i]) << (at + i) % 8 * 8;
    ++i;
  };
  while (i < bytes.size() && (at + i) % 8 != 0) one();
  for (; i + 8 <= bytes.size(); i += 8) lanes[(at + i) / 8] ^= load_le64(&bytes[i]);
  while (i < bytes.size()) one();
}

void get_bytes(const std::uint64_t* lanes, std::size_t at, MutableByteSpan out) noexcept {
  std::size_t i = 0;
  const auto one = [&] {
    out[i] = static_cast<std::byte>(lanes[(at + i) / 8] >> (at + i) % 8 * 8);
    ++i;
  };
  while (i < out.size() && (at + i) % 8 != 0) one();
  for (; i + 8 <= out.size(); i += 8) store_le64(&out[i], lanes[(at + i) / 8]);
  while (i < out.size()) one();
}

}  // namespace

void Keccak::permute() noexcept {
  keccak_blocks(lanes_.data(), nullptr, 1, 0);
  at_ = 0;
}

void Keccak::absorb(ByteSpan bytes) noexcept {
  AVILA_ASSERT(!squeezing_);
  if (at_ != 0) {
    const std::size_t take = std::min<std::size_t>(rate_ - at_, bytes.size());
    add_bytes(lanes_.data(), at_, bytes.first(take));
    at_ = static_cast<std::uint8_t>(at_ + take);
    bytes = bytes.subspan(take);
    if (at_ < rate_) return;
    permute();
  }
  const std::size_t blocks = bytes.size() / rate_;
  if (blocks != 0) keccak_blocks(lanes_.data(), bytes.data(), blocks, rate_);
  bytes = bytes.subspan(blocks * rate_);
  add_bytes(lanes_.data(), 0, bytes);
  at_ = static_cast<std::uint8_t>(bytes.size());
}

void Keccak::fill_block() noexcept {
  if (at_ != 0) permute();
}

void Keccak::squeeze(MutableByteSpan out) noexcept {
  if (!squeezing_) {
    // FIPS 202 §5.1, pad10*1, with the suffix of §6 before it.
    lanes_[at_ / 8U] ^= static_cast<std::uint64_t>(suffix_) << at_ % 8 * 8;
    lanes_[(rate_ - 1U) / 8] ^= std::uint64_t{0x80} << (rate_ - 1) % 8 * 8;
    permute();
    squeezing_ = true;
  }
  while (!out.empty()) {
    if (at_ == rate_) permute();
    const std::size_t take = std::min<std::size_t>(rate_ - at_, out.size());
    get_bytes(lanes_.data(), at_, out.first(take));
    at_ = static_cast<std::uint8_t>(at_ + take);
    out = out.subspan(take);
  }
}

}  // namespace detail

namespace {

using detail::Keccak;

// SP 800-185 §2.3.1: the number in the fewest bytes (at least one), with their count before or
// after.
struct Encoded {
  std::array<std::byte, 9> bytes;
  std::size_t size;
  ByteSpan span() const noexcept { return ByteSpan(bytes).first(size); }
};
Encoded encode(std::uint64_t value, bool count_first) noexcept {
  std::size_t count = 1;
  while (count < 8 && value >> 8 * count != 0) ++count;
  Encoded out{};
  out.size = count + 1;
  for (std::size_t i = 0; i < count; ++i)
    out.bytes[(count_first ? 1 : 0) + i] = static_cast<std::byte>(value >> 8 * (count - 1 - i));
  out.bytes[count_first ? 0 : count] = static_cast<std::byte>(count);
  return out;
}
Encoded left_encode(std::uint64_t value) noexcept { return encode(value, true); }
Encoded right_encode(std::uint64_t value) noexcept { return encode(value, false); }

void absorb_string(Keccak& sponge, ByteSpan text) noexcept {
  sponge.absorb(left_encode(std::uint64_t{text.size()} * 8).span());
  sponge.absorb(text);
}

// §3.3: cSHAKE before its message.
Keccak start_cshake(std::size_t rate, std::string_view function,
                    std::string_view customization) noexcept {
  Keccak sponge(rate, 0x04);
  sponge.absorb(left_encode(rate).span());
  absorb_string(sponge, as_bytes(function));
  absorb_string(sponge, as_bytes(customization));
  sponge.fill_block();
  return sponge;
}

template <class Hash>
auto digest(ByteSpan bytes) noexcept {
  Hash state;
  state.update(bytes);
  return state.finish();
}

}  // namespace

template <std::size_t Bits>
BasicShake<Bits>::BasicShake(std::string_view function, std::string_view customization) noexcept
    : sponge_(function.empty() && customization.empty()
                  ? Keccak(kBlockSize, 0x1F)
                  : start_cshake(kBlockSize, function, customization)) {}
template class BasicShake<128>;
template class BasicShake<256>;

Sha3_256::Digest sha3_256(ByteSpan bytes) noexcept { return digest<Sha3_256>(bytes); }
Sha3_512::Digest sha3_512(ByteSpan bytes) noexcept { return digest<Sha3_512>(bytes); }
void shake128(ByteSpan bytes, MutableByteSpan out) noexcept {
  Shake128 state;
  state.update(bytes);
  state.squeeze(out);
}
void shake256(ByteSpan bytes, MutableByteSpan out) noexcept {
  Shake256 state;
  state.update(bytes);
  state.squeeze(out);
}

// ---- KMAC, SP 800-185 §4.3

template <std::size_t Bits>
BasicKmac<Bits>::BasicKmac(ByteSpan key, std::string_view customization) noexcept
    : sponge_(start_cshake(200 - Bits / 4, "KMAC", customization)) {
  sponge_.absorb(left_encode(sponge_.rate()).span());
  absorb_string(sponge_, key);
  sponge_.fill_block();
}
template <std::size_t Bits>
BasicKmac<Bits>::~BasicKmac() {
  wipe(this, sizeof *this);
}
template <std::size_t Bits>
void BasicKmac<Bits>::finish(MutableByteSpan out) const noexcept {
  BasicKmac copy = *this;
  copy.sponge_.absorb(right_encode(std::uint64_t{out.size()} * 8).span());
  copy.sponge_.squeeze(out);
}
template <std::size_t Bits>
void BasicKmac<Bits>::finish_xof(MutableByteSpan out) const noexcept {
  BasicKmac copy = *this;
  copy.sponge_.absorb(right_encode(0).span());
  copy.sponge_.squeeze(out);
}
template <std::size_t Bits>
bool BasicKmac<Bits>::verify(ByteSpan tag) const noexcept {
  BasicKmac copy = *this;
  copy.sponge_.absorb(right_encode(std::uint64_t{tag.size()} * 8).span());
  // In pieces: a tag may be of any length.
  bool same = true;
  while (!tag.empty()) {
    std::array<std::byte, 64> expected;
    const std::size_t take = std::min(tag.size(), expected.size());
    copy.sponge_.squeeze(MutableByteSpan(expected).first(take));
    same = equal_tags(ByteSpan(expected).first(take), tag.first(take)) & same;
    tag = tag.subspan(take);
  }
  return same;
}
template class BasicKmac<128>;
template class BasicKmac<256>;

}  // namespace avila::hash

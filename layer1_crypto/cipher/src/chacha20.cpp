#include <avila/cipher/chacha20.hpp>
#include <avila/primitives/endian.hpp>
#include <bit>

#include "blocks.hpp"
#include "chacha_kernels.hpp"

namespace avila::cipher {
namespace detail {
namespace {

// RFC 8439 §2.1.
inline void quarter_round(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c,
                          std::uint32_t& d) noexcept {
  a += b, d = std::rotl(d ^ a, 16);
  c += d, b = std::rotl(b ^ c, 12);
  a += b, d = std::rotl(d ^ a, 8);
  c += d, b = std::rotl(b ^ c, 7);
}

void twenty_rounds(std::uint32_t x[16]) noexcept {
  for (int i = 0; i < 10; ++i) {
    quarter_round(x[0], x[4], x[8], x[12]);
    quarter_round(x[1], x[5], x[9], x[13]);
    quarter_round(x[2], x[6], x[10], x[14]);
    quarter_round(x[3], x[7], x[11], x[15]);
    quarter_round(x[0], x[5], x[10], x[15]);
    quarter_round(x[1], x[6], x[11], x[12]);
    quarter_round(x[2], x[7], x[8], x[13]);
    quarter_round(x[3], x[4], x[9], x[14]);
  }
}

}  // namespace

void chacha_portable(std::uint32_t state[16], const std::byte* in, std::byte* out,
                     std::size_t blocks) noexcept {
  std::uint32_t x[16];
  for (; blocks > 0; --blocks, in += 64, out += 64) {
    std::memcpy(x, state, sizeof x);
    twenty_rounds(x);
    for (int i = 0; i < 16; ++i) store_le32(out + 4 * i, load_le32(in + 4 * i) ^ (x[i] + state[i]));
    ++state[12];
  }
  hash::wipe(x, sizeof x);
}

void chacha_state(std::uint32_t state[16], const std::uint32_t key[8], std::uint32_t counter,
                  const std::byte nonce[12]) noexcept {
  constexpr char kConstants[] = "expand 32-byte k";
  for (int i = 0; i < 4; ++i) state[i] = load_le32(kConstants + 4 * i);
  std::memcpy(state + 4, key, 32);
  state[12] = counter;
  for (int i = 0; i < 3; ++i) state[13 + i] = load_le32(nonce + 4 * i);
}

}  // namespace detail

// ---- keys

ChaChaKey::ChaChaKey(std::span<const std::byte, kSize> key) noexcept {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = load_le32(key.data() + 4 * i);
}
ChaChaKey::ChaChaKey(ChaChaKey&& other) noexcept : words_(other.words_) {
  hash::wipe(other.words_.data(), kSize);
}
ChaChaKey& ChaChaKey::operator=(ChaChaKey&& other) noexcept {
  if (this != &other) {
    words_ = other.words_;
    hash::wipe(other.words_.data(), kSize);
  }
  return *this;
}
ChaChaKey::~ChaChaKey() { hash::wipe(words_.data(), kSize); }

ChaChaKey hchacha20(const ChaChaKey& key, std::span<const std::byte, 16> nonce) noexcept {
  std::uint32_t x[16];
  detail::chacha_state(x, key.words().data(), load_le32(nonce.data()), nonce.data() + 4);
  detail::twenty_rounds(x);
  detail::Scratch<ChaChaKey::kSize> derived;  // the first and the last row
  for (int i = 0; i < 4; ++i) {
    store_le32(derived.bytes + 4 * i, x[i]);
    store_le32(derived.bytes + 16 + 4 * i, x[12 + i]);
  }
  hash::wipe(x, sizeof x);
  return ChaChaKey(std::span<const std::byte, ChaChaKey::kSize>(derived.bytes));
}

// ---- streams

ChaCha20::ChaCha20(const ChaChaKey& key, std::span<const std::byte, kNonce> nonce,
                   std::uint32_t counter) noexcept
    : blocks_left_((std::uint64_t{1} << 32) - counter) {
  detail::chacha_state(state_, key.words().data(), counter, nonce.data());
}

ChaCha20::~ChaCha20() {
  hash::wipe(state_, sizeof state_);
  hash::wipe(stream_, sizeof stream_);
}

Result<void> ChaCha20::apply(ByteSpan in, MutableByteSpan out) {
  AVILA_ASSERT(in.size() == out.size());
  const std::size_t spare = kBlock - used_;
  if (in.size() > spare && (in.size() - spare - 1) / kBlock >= blocks_left_)
    return Error(Errc::LimitExceeded, "ChaCha20's 32-bit block counter is spent; take a new nonce");
  std::size_t at = 0;
  const auto spend = [&] {
    for (; at < in.size() && used_ < kBlock; ++at) out[at] = in[at] ^ stream_[used_++];
  };
  spend();
  const std::size_t blocks = (in.size() - at) / kBlock;
  if (blocks > 0) {
    detail::chacha_blocks()(state_, in.data() + at, out.data() + at, blocks);
    at += blocks * kBlock;
    blocks_left_ -= blocks;
  }
  if (at == in.size()) return {};
  std::memset(stream_, 0, kBlock);
  detail::chacha_blocks()(state_, stream_, stream_, 1);
  --blocks_left_;
  used_ = 0;
  spend();
  return {};
}

namespace {
// draft-irtf-cfrg-xchacha-03 §2.3: four zero bytes, then the last 8 of the nonce.
std::array<std::byte, ChaCha20::kNonce> short_nonce(std::span<const std::byte, 24> nonce) noexcept {
  std::array<std::byte, ChaCha20::kNonce> rest{};
  std::memcpy(rest.data() + 4, nonce.data() + 16, 8);
  return rest;
}
}  // namespace

XChaCha20::XChaCha20(const ChaChaKey& key, std::span<const std::byte, kNonce> nonce,
                     std::uint32_t counter) noexcept
    : stream_(hchacha20(key, nonce.first<16>()), short_nonce(nonce), counter) {}

}  // namespace avila::cipher

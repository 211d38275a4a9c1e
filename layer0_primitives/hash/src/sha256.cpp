#include <algorithm>
#include <avila/hash/sha256.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>

#include "block_buffer.hpp"
#include "sha256_kernels.hpp"

namespace avila::hash {
namespace detail {

void Sha256Core::update(ByteSpan bytes) noexcept {
  feed_blocks(buffer_, total_, bytes, [this](const std::byte* in, std::size_t blocks) {
    sha256_blocks(state_.data(), in, blocks);
  });
}

std::array<std::uint32_t, 8> Sha256Core::finish() noexcept {
  // FIPS 180-4 §5.1.1.
  pad_blocks<8>(
      buffer_, total_,
      [this](const std::byte* in, std::size_t blocks) { sha256_blocks(state_.data(), in, blocks); },
      [](std::byte* to, std::uint64_t bits) { store_be64(to, bits); });
  return state_;
}

}  // namespace detail

namespace {

// FIPS 180-4 §5.3.2 and §5.3.3.
constexpr std::array<std::uint32_t, 8> kInitial224 = {
    0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4};
constexpr std::array<std::uint32_t, 8> kInitial256 = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

template <std::size_t Size>
std::array<std::byte, Size> digest_of(const std::array<std::uint32_t, 8>& words) noexcept {
  std::array<std::byte, Size> digest;
  for (std::size_t i = 0; i < Size / 4; ++i) store_be32(digest.data() + 4 * i, words[i]);
  return digest;
}

}  // namespace

Sha256::Sha256() noexcept : core_(kInitial256) {}
Sha224::Sha224() noexcept : core_(kInitial224) {}

Sha256::Digest Sha256::finish() noexcept {
  const Digest digest = digest_of<kSize>(core_.finish());
  reset();
  return digest;
}
Sha224::Digest Sha224::finish() noexcept {
  const Digest digest = digest_of<kSize>(core_.finish());
  reset();
  return digest;
}

namespace {

template <std::size_t Size>
std::array<std::byte, Size> one_shot(const std::array<std::uint32_t, 8>& initial,
                                     ByteSpan bytes) noexcept {
  std::array<std::uint32_t, 8> state = initial;
  detail::run_whole<64, 8>(
      bytes,
      [&state](const std::byte* in, std::size_t blocks, const std::byte* last,
               std::size_t last_blocks) {
        detail::sha256_blocks(state.data(), in, blocks, last, last_blocks);
      },
      [](std::byte* to, std::uint64_t bits) { store_be64(to, bits); });
  return digest_of<Size>(state);
}

}  // namespace

Sha256::Digest sha256(ByteSpan bytes) noexcept {
  return one_shot<Sha256::kSize>(kInitial256, bytes);
}
Sha224::Digest sha224(ByteSpan bytes) noexcept {
  return one_shot<Sha224::kSize>(kInitial224, bytes);
}

}  // namespace avila::hash

#include <avila/hash/sha1.hpp>
#include <avila/primitives/endian.hpp>

#include "block_buffer.hpp"
#include "sha1_kernels.hpp"

namespace avila::hash {
namespace {
constexpr std::array<std::uint32_t, 5> kInitial = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                                   0xc3d2e1f0};
}  // namespace

Sha1::Sha1() noexcept : state_(kInitial) {}

void Sha1::update(ByteSpan bytes) noexcept {
  detail::feed_blocks(buffer_, total_, bytes, [this](const std::byte* in, std::size_t blocks) {
    detail::sha1_blocks(state_.data(), in, blocks);
  });
}

Sha1::Digest Sha1::finish() noexcept {
  detail::pad_blocks<8>(
      buffer_, total_,
      [this](const std::byte* in, std::size_t blocks) {
        detail::sha1_blocks(state_.data(), in, blocks);
      },
      [](std::byte* to, std::uint64_t bits) { store_be64(to, bits); });
  Digest digest;
  for (std::size_t i = 0; i < 5; ++i) store_be32(digest.data() + 4 * i, state_[i]);
  reset();
  return digest;
}

Sha1::Digest sha1(ByteSpan bytes) noexcept {
  std::array<std::uint32_t, 5> state = kInitial;
  detail::run_whole<64, 8>(
      bytes,
      [&state](const std::byte* in, std::size_t blocks) {
        detail::sha1_blocks(state.data(), in, blocks);
      },
      [](std::byte* to, std::uint64_t bits) { store_be64(to, bits); });
  Sha1::Digest digest;
  for (std::size_t i = 0; i < 5; ++i) store_be32(digest.data() + 4 * i, state[i]);
  return digest;
}

}  // namespace avila::hash

#include <avila/hash/sha1.hpp>
#include <avila/primitives/endian.hpp>
#include <bit>

#include "block_buffer.hpp"

namespace avila::hash {
namespace {

// FIPS 180-4 §4.1.1, the function and constant of each 20 rounds.
template <int Part>
inline std::uint32_t mix(std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  if constexpr (Part == 0) return (d ^ (b & (c ^ d))) + 0x5a827999;
  if constexpr (Part == 1) return (b ^ c ^ d) + 0x6ed9eba1;
  if constexpr (Part == 2) return (b & c) + (d & (b ^ c)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

// §6.1.2, the schedule as a ring of 16 words.
template <int Part>
inline void round(std::uint32_t a, std::uint32_t& b, std::uint32_t c, std::uint32_t d,
                  std::uint32_t& e, std::uint32_t w[16], std::size_t t) noexcept {
  if (t >= 16)
    w[t % 16] = std::rotl(w[(t + 13) % 16] ^ w[(t + 8) % 16] ^ w[(t + 2) % 16] ^ w[t % 16], 1);
  e += w[t % 16] + mix<Part>(b, c, d) + std::rotl(a, 5);
  b = std::rotl(b, 30);
}

template <int Part>
inline void part(std::uint32_t v[5], std::uint32_t w[16]) noexcept {
  std::uint32_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4];
  for (std::size_t t = 20 * Part; t < 20 * (Part + 1); t += 5) {
    round<Part>(a, b, c, d, e, w, t);
    round<Part>(e, a, b, c, d, w, t + 1);
    round<Part>(d, e, a, b, c, w, t + 2);
    round<Part>(c, d, e, a, b, w, t + 3);
    round<Part>(b, c, d, e, a, w, t + 4);
  }
  v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e;
}

void sha1_blocks(std::uint32_t state[5], const std::byte* in, std::size_t blocks) noexcept {
  for (; blocks != 0; --blocks, in += 64) {
    std::uint32_t w[16];
    for (std::size_t i = 0; i < 16; ++i) w[i] = load_be32(in + 4 * i);
    std::uint32_t v[5] = {state[0], state[1], state[2], state[3], state[4]};
    part<0>(v, w);
    part<1>(v, w);
    part<2>(v, w);
    part<3>(v, w);
    for (std::size_t i = 0; i < 5; ++i) state[i] += v[i];
  }
}

}  // namespace

Sha1::Sha1() noexcept : state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0} {}

void Sha1::update(ByteSpan bytes) noexcept {
  detail::feed_blocks(buffer_, total_, bytes, [this](const std::byte* in, std::size_t blocks) {
    sha1_blocks(state_.data(), in, blocks);
  });
}

Sha1::Digest Sha1::finish() noexcept {
  detail::pad_blocks<8>(
      buffer_, total_,
      [this](const std::byte* in, std::size_t blocks) { sha1_blocks(state_.data(), in, blocks); },
      [](std::byte* to, std::uint64_t bits) { store_be64(to, bits); });
  Digest digest;
  for (std::size_t i = 0; i < 5; ++i) store_be32(digest.data() + 4 * i, state_[i]);
  reset();
  return digest;
}

Sha1::Digest sha1(ByteSpan bytes) noexcept {
  Sha1 state;
  state.update(bytes);
  return state.finish();
}

}  // namespace avila::hash

#include <avila/hash/md5.hpp>
#include <avila/primitives/endian.hpp>
#include <bit>

#include "block_buffer.hpp"

namespace avila::hash {
namespace {

// RFC 1321 §3.4: floor(2^32 * abs(sin(i + 1))).
constexpr std::uint32_t kTable[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

// Keeps the compiler from taking what is ready last any earlier.
inline void pin([[maybe_unused]] std::uint32_t& value) noexcept {
#if defined(__GNUC__)
  asm("" : "+r"(value));
#endif
}

template <int Round, std::size_t Step>
inline void step(std::uint32_t& a, std::uint32_t b, std::uint32_t c, std::uint32_t d,
                 const std::uint32_t m[16]) noexcept {
  constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  constexpr std::size_t kFactor[4] = {1, 5, 3, 7}, kStart[4] = {0, 1, 5, 0};
  a += m[(kStart[Round] + kFactor[Round] * Step) % 16] + kTable[16 * Round + Step];
  // b is ready last. RFC 1321 §3.4: F, G, H, I.
  if constexpr (Round == 0) {
    a += d ^ (b & (c ^ d));
  } else if constexpr (Round == 1) {
    a += c & ~d;  // G is the or of disjoint bits: a sum of two, of which one is early
    pin(a);
    a += b & d;
  } else if constexpr (Round == 2) {
    std::uint32_t early = c ^ d;
    pin(early);
    a += b ^ early;
  } else {
    a += c ^ (b | ~d);
  }
  a = b + std::rotl(a, kShifts[Round][Step % 4]);
}

template <int Round>
inline void round(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d,
                  const std::uint32_t m[16]) noexcept {
  step<Round, 0>(a, b, c, d, m), step<Round, 1>(d, a, b, c, m);
  step<Round, 2>(c, d, a, b, m), step<Round, 3>(b, c, d, a, m);
  step<Round, 4>(a, b, c, d, m), step<Round, 5>(d, a, b, c, m);
  step<Round, 6>(c, d, a, b, m), step<Round, 7>(b, c, d, a, m);
  step<Round, 8>(a, b, c, d, m), step<Round, 9>(d, a, b, c, m);
  step<Round, 10>(c, d, a, b, m), step<Round, 11>(b, c, d, a, m);
  step<Round, 12>(a, b, c, d, m), step<Round, 13>(d, a, b, c, m);
  step<Round, 14>(c, d, a, b, m), step<Round, 15>(b, c, d, a, m);
}

void md5_blocks(std::uint32_t state[4], const std::byte* in, std::size_t blocks) noexcept {
  for (; blocks != 0; --blocks, in += 64) {
    std::uint32_t m[16];
    for (std::size_t i = 0; i < 16; ++i) m[i] = load_le32(in + 4 * i);
    std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    round<0>(a, b, c, d, m);
    round<1>(a, b, c, d, m);
    round<2>(a, b, c, d, m);
    round<3>(a, b, c, d, m);
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  }
}

}  // namespace

Md5::Md5() noexcept : state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476} {}

void Md5::update(ByteSpan bytes) noexcept {
  detail::feed_blocks(buffer_, total_, bytes, [this](const std::byte* in, std::size_t blocks) {
    md5_blocks(state_.data(), in, blocks);
  });
}

Md5::Digest Md5::finish() noexcept {
  detail::pad_blocks<8>(
      buffer_, total_,
      [this](const std::byte* in, std::size_t blocks) { md5_blocks(state_.data(), in, blocks); },
      [](std::byte* to, std::uint64_t bits) { store_le64(to, bits); });
  Digest digest;
  for (std::size_t i = 0; i < 4; ++i) store_le32(digest.data() + 4 * i, state_[i]);
  reset();
  return digest;
}

Md5::Digest md5(ByteSpan bytes) noexcept {
  std::uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  detail::run_whole<64, 8>(
      bytes, [&state](const std::byte* in, std::size_t blocks) { md5_blocks(state, in, blocks); },
      [](std::byte* to, std::uint64_t bits) { store_le64(to, bits); });
  Md5::Digest digest;
  for (std::size_t i = 0; i < 4; ++i) store_le32(digest.data() + 4 * i, state[i]);
  return digest;
}

}  // namespace avila::hash

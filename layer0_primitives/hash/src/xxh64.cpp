// XXH64 and XXH32 as the xxHash specification defines them; steps are numbered as there.
#include <avila/hash/xxh64.hpp>
#include <avila/primitives/endian.hpp>
#include <bit>

#include "block_buffer.hpp"
#include "xxh3_long.hpp"

namespace avila::hash {
namespace {

using namespace detail;

inline std::uint64_t round64(std::uint64_t acc, std::uint64_t lane) noexcept {
  return std::rotl(acc + lane * kPrime64_2, 31) * kPrime64_1;
}
inline std::uint64_t merge64(std::uint64_t acc, std::uint64_t lane) noexcept {
  return (acc ^ round64(0, lane)) * kPrime64_1 + kPrime64_4;
}
inline std::array<std::uint64_t, 4> start64(std::uint64_t seed) noexcept {
  return {seed + kPrime64_1 + kPrime64_2, seed + kPrime64_2, seed, seed - kPrime64_1};
}
// Step 2: `blocks` stripes of 32 bytes.
inline void stripes64(std::array<std::uint64_t, 4>& lanes, const std::byte* in,
                      std::size_t blocks) noexcept {
  std::uint64_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
  for (; blocks != 0; --blocks, in += 32) {
    a = round64(a, load_le64(in));
    b = round64(b, load_le64(in + 8));
    c = round64(c, load_le64(in + 16));
    d = round64(d, load_le64(in + 24));
  }
  lanes = {a, b, c, d};
}
// Step 3.
inline std::uint64_t converge64(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                std::uint64_t d) noexcept {
  const std::uint64_t h = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
  return merge64(merge64(merge64(merge64(h, a), b), c), d);
}
// Steps 4 to 6. `tail` is what is left after the stripes, below 32 bytes.
inline std::uint64_t finish64(std::uint64_t h, std::uint64_t total,
                              const std::byte* tail) noexcept {
  h += total;
  if (std::size_t left = total % 32; left != 0) {
    for (; left >= 8; left -= 8, tail += 8)
      h = std::rotl(h ^ round64(0, load_le64(tail)), 27) * kPrime64_1 + kPrime64_4;
    if (left >= 4) {
      h = std::rotl(h ^ (load_le32(tail) * kPrime64_1), 23) * kPrime64_2 + kPrime64_3;
      left -= 4;
      tail += 4;
    }
    for (; left != 0; --left, ++tail)
      h = std::rotl(h ^ (static_cast<std::uint64_t>(*tail) * kPrime64_5), 11) * kPrime64_1;
  }
  h = (h ^ (h >> 33)) * kPrime64_2;
  h = (h ^ (h >> 29)) * kPrime64_3;
  return h ^ (h >> 32);
}

constexpr auto kP1 = static_cast<std::uint32_t>(kPrime32_1);
constexpr auto kP2 = static_cast<std::uint32_t>(kPrime32_2);
constexpr auto kP3 = static_cast<std::uint32_t>(kPrime32_3);
constexpr auto kP4 = static_cast<std::uint32_t>(kPrime32_4);
constexpr auto kP5 = static_cast<std::uint32_t>(kPrime32_5);

inline std::uint32_t round32(std::uint32_t acc, std::uint32_t lane) noexcept {
  return std::rotl(acc + lane * kP2, 13) * kP1;
}
inline std::array<std::uint32_t, 4> start32(std::uint32_t seed) noexcept {
  return {seed + kP1 + kP2, seed + kP2, seed, seed - kP1};
}
inline void stripes32(std::array<std::uint32_t, 4>& lanes, const std::byte* in,
                      std::size_t blocks) noexcept {
  std::uint32_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
  for (; blocks != 0; --blocks, in += 16) {
    a = round32(a, load_le32(in));
    b = round32(b, load_le32(in + 4));
    c = round32(c, load_le32(in + 8));
    d = round32(d, load_le32(in + 12));
  }
  lanes = {a, b, c, d};
}
inline std::uint32_t finish32(const std::array<std::uint32_t, 4>& lanes, std::uint32_t seed,
                              std::uint64_t total, const std::byte* tail) noexcept {
  std::uint32_t h = total >= 16 ? std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) +
                                      std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18)
                                : seed + kP5;
  h += static_cast<std::uint32_t>(total);
  std::size_t left = total % 16;
  for (; left >= 4; left -= 4, tail += 4) h = std::rotl(h + load_le32(tail) * kP3, 17) * kP4;
  for (; left != 0; --left, ++tail)
    h = std::rotl(h + static_cast<std::uint32_t>(*tail) * kP5, 11) * kP1;
  h = (h ^ (h >> 15)) * kP2;
  h = (h ^ (h >> 13)) * kP3;
  return h ^ (h >> 16);
}

}  // namespace

std::uint64_t xxh64(ByteSpan bytes, std::uint64_t seed) noexcept {
  // The lanes stay in registers: an array would go through memory before the end.
  const std::byte* in = bytes.data();
  if (bytes.size() < 32) return finish64(seed + kPrime64_5, bytes.size(), in);
  std::uint64_t a = seed + kPrime64_1 + kPrime64_2, b = seed + kPrime64_2, c = seed,
                d = seed - kPrime64_1;
  for (std::size_t stripes = bytes.size() / 32; stripes != 0; --stripes, in += 32) {
    a = round64(a, load_le64(in)), b = round64(b, load_le64(in + 8));
    c = round64(c, load_le64(in + 16)), d = round64(d, load_le64(in + 24));
    // g++ would make two vectors of them, and products of 64 bits out of six of 32.
    asm("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
  }
  return finish64(converge64(a, b, c, d), bytes.size(), in);
}
std::uint32_t xxh32(ByteSpan bytes, std::uint32_t seed) noexcept {
  auto lanes = start32(seed);
  stripes32(lanes, bytes.data(), bytes.size() / 16);
  return finish32(lanes, seed, bytes.size(), bytes.data() + bytes.size() / 16 * 16);
}

void Xxh64::reset(std::uint64_t seed) noexcept {
  lanes_ = start64(seed);
  total_ = 0;
  seed_ = seed;
}
void Xxh64::update(ByteSpan bytes) noexcept {
  feed_blocks(buffer_, total_, bytes,
              [this](const std::byte* in, std::size_t blocks) { stripes64(lanes_, in, blocks); });
}
std::uint64_t Xxh64::digest() const noexcept {
  const std::uint64_t h =
      total_ >= 32 ? converge64(lanes_[0], lanes_[1], lanes_[2], lanes_[3]) : seed_ + kPrime64_5;
  return finish64(h, total_, buffer_.data());
}

void Xxh32::reset(std::uint32_t seed) noexcept {
  lanes_ = start32(seed);
  total_ = 0;
  seed_ = seed;
}
void Xxh32::update(ByteSpan bytes) noexcept {
  feed_blocks(buffer_, total_, bytes,
              [this](const std::byte* in, std::size_t blocks) { stripes32(lanes_, in, blocks); });
}
std::uint32_t Xxh32::digest() const noexcept {
  return finish32(lanes_, seed_, total_, buffer_.data());
}

}  // namespace avila::hash

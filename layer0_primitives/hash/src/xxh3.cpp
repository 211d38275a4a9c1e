// XXH3 of longer inputs and in pieces; the short ones are in detail/xxh3_short.hpp.
#include <avila/error/assert.hpp>
#include <avila/hash/xxh3.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/simd/target.hpp>
#include <cstring>

#include "xxh3_long.hpp"

namespace avila::hash {
namespace {

using namespace detail;

// 129 to 240 bytes.
inline std::uint64_t longer_64(const std::byte* in, std::size_t size, const std::byte* secret,
                               std::uint64_t seed) noexcept {
  std::uint64_t acc = size * kPrime64_1;
  for (std::size_t i = 0; i < 8; ++i) acc += mix16(in + 16 * i, secret + 16 * i, seed);
  acc = avalanche(acc);
  for (std::size_t i = 8; i < size / 16; ++i)
    acc += mix16(in + 16 * i, secret + 16 * (i - 8) + 3, seed);
  return avalanche(acc + mix16(in + size - 16, secret + kXxh3SecretSizeMin - 17, seed));
}

// 129 to 240 bytes.
inline Xxh128 longer_128(const std::byte* in, std::size_t size, const std::byte* secret,
                         std::uint64_t seed) noexcept {
  Xxh128 acc{size * kPrime64_1, 0};
  const std::byte* end = in + size;
  for (std::size_t i = 32; i < 160; i += 32)
    mix32(acc, in + i - 32, in + i - 16, secret + i - 32, seed);
  acc = {avalanche(acc.low), avalanche(acc.high)};
  for (std::size_t i = 160; i <= size; i += 32)
    mix32(acc, in + i - 32, in + i - 16, secret + 3 + i - 160, seed);
  mix32(acc, end - 16, end - 32, secret + kXxh3SecretSizeMin - 33, 0 - seed);
  return finish_medium_128(acc, size, seed);
}

// ---- above 240 bytes: xxh3_long.cpp

void large(std::uint64_t acc[8], ByteSpan bytes, ByteSpan secret) noexcept {
  std::memcpy(acc, kXxh3Initial, sizeof kXxh3Initial);
  xxh3_long(acc, Xxh3Run::whole(bytes, secret));
}

void derive_secret(std::byte to[192], std::uint64_t seed) noexcept {
  const std::byte* from = default_secret();
  for (std::size_t i = 0; i < 192; i += 16) {
    store_le64(to + i, load_le64(from + i) + seed);
    store_le64(to + i + 8, load_le64(from + i + 8) - seed);
  }
}

// Calls finish(accumulators, size, secret) over `bytes` under the secret of a seed.
template <class Finish>
auto large_seeded(ByteSpan bytes, std::uint64_t seed, Finish finish) noexcept {
  alignas(64) std::uint64_t acc[8];
  std::byte derived[192];
  derive_secret(derived, seed);
  const ByteSpan secret(derived);
  large(acc, bytes, secret);
  return finish(acc, bytes.size(), secret);
}

}  // namespace

namespace detail::xxh3 {

std::uint64_t hash_64_long(ByteSpan bytes, std::uint64_t seed) noexcept {
  if (bytes.size() <= kMidSizeMax)
    return longer_64(bytes.data(), bytes.size(), default_secret(), seed);
  if (seed == 0) return xxh3_whole_64(bytes.data(), bytes.size());
  return large_seeded(bytes, seed, [](const auto&... all) { return merge_64(all...); });
}
Xxh128 hash_128_long(ByteSpan bytes, std::uint64_t seed) noexcept {
  if (bytes.size() <= kMidSizeMax)
    return longer_128(bytes.data(), bytes.size(), default_secret(), seed);
  if (seed == 0) return xxh3_whole_128(bytes.data(), bytes.size());
  return large_seeded(bytes, seed, [](const auto&... all) { return merge_128(all...); });
}

}  // namespace detail::xxh3

std::array<std::byte, 16> Xxh128::canonical() const noexcept {
  std::array<std::byte, 16> bytes;
  store_be64(bytes.data(), high);
  store_be64(bytes.data() + 8, low);
  return bytes;
}

std::uint64_t xxh3_64_with_secret(ByteSpan bytes, ByteSpan secret) noexcept {
  AVILA_ASSERT(secret.size() >= kXxh3SecretSizeMin);
  if (bytes.size() <= 16) return small_64(bytes.data(), bytes.size(), secret.data(), 0);
  if (bytes.size() <= 128) return medium_64(bytes.data(), bytes.size(), secret.data(), 0);
  if (bytes.size() <= kMidSizeMax) return longer_64(bytes.data(), bytes.size(), secret.data(), 0);
  alignas(64) std::uint64_t acc[8];
  large(acc, bytes, secret);
  return merge_64(acc, bytes.size(), secret);
}

Xxh128 xxh3_128_with_secret(ByteSpan bytes, ByteSpan secret) noexcept {
  AVILA_ASSERT(secret.size() >= kXxh3SecretSizeMin);
  if (bytes.size() <= 16) return small_128(bytes.data(), bytes.size(), secret.data(), 0);
  if (bytes.size() <= 128) return medium_128(bytes.data(), bytes.size(), secret.data(), 0);
  if (bytes.size() <= kMidSizeMax) return longer_128(bytes.data(), bytes.size(), secret.data(), 0);
  alignas(64) std::uint64_t acc[8];
  large(acc, bytes, secret);
  return merge_128(acc, bytes.size(), secret);
}

// ---- pieces

void Xxh3::reset(std::uint64_t seed) noexcept {
  std::memcpy(accumulators_.data(), kXxh3Initial, sizeof kXxh3Initial);
  derive_secret(secret_.data(), seed);
  buffered_ = 0;
  total_ = 0;
  seed_ = seed;
}

void Xxh3::update(ByteSpan bytes) noexcept {
  if (bytes.empty()) return;
  total_ += bytes.size();
  // A full buffer is hashed only when more follows: the last stripe must stay at hand.
  if (buffered_ + bytes.size() <= kBlock) {
    std::memcpy(buffer_.data() + buffered_, bytes.data(), bytes.size());
    buffered_ += bytes.size();
    return;
  }
  Xxh3Run run{buffer_.data(), 1, 0, nullptr, secret_.data(), secret_.size()};
  if (buffered_ != 0) {
    const std::size_t take = kBlock - buffered_;
    std::memcpy(buffer_.data() + buffered_, bytes.data(), take);
    bytes = bytes.subspan(take);
    xxh3_long(accumulators_.data(), run);
    std::memcpy(tail_.data(), buffer_.data() + kBlock - kStripe, kStripe);
  }
  const std::size_t blocks = (bytes.size() - 1) / kBlock;
  if (blocks != 0) {
    run.input = bytes.data();
    run.blocks = blocks;
    xxh3_long(accumulators_.data(), run);
    bytes = bytes.subspan(blocks * kBlock);
    std::memcpy(tail_.data(), bytes.data() - kStripe, kStripe);
  }
  std::memcpy(buffer_.data(), bytes.data(), bytes.size());
  buffered_ = bytes.size();
}

void Xxh3::finish(std::uint64_t acc[8]) const noexcept {
  std::memcpy(acc, accumulators_.data(), sizeof accumulators_);
  std::byte last[kStripe];
  Xxh3Run run{buffer_.data(), 0, (buffered_ - 1) / kStripe, nullptr, secret_.data(),
              secret_.size()};
  if (buffered_ >= kStripe) {
    run.last = buffer_.data() + buffered_ - kStripe;
  } else {
    std::memcpy(last, tail_.data() + buffered_, kStripe - buffered_);
    std::memcpy(last + kStripe - buffered_, buffer_.data(), buffered_);
    run.last = last;
  }
  xxh3_long(acc, run);
}

std::uint64_t Xxh3::digest64() const noexcept {
  if (total_ <= kMidSizeMax) return xxh3_64({buffer_.data(), buffered_}, seed_);
  alignas(64) std::uint64_t acc[8];
  finish(acc);
  return merge_64(acc, total_, secret_);
}

Xxh128 Xxh3::digest128() const noexcept {
  if (total_ <= kMidSizeMax) return xxh3_128({buffer_.data(), buffered_}, seed_);
  alignas(64) std::uint64_t acc[8];
  finish(acc);
  return merge_128(acc, total_, secret_);
}

}  // namespace avila::hash

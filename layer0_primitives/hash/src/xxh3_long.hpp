// The part of XXH3 that runs over 64-byte stripes, for inputs above 240 bytes.
#pragma once
#include <avila/hash/detail/xxh3_short.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/simd/target.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

using namespace xxh3;

inline constexpr std::size_t kStripe = 64;
inline constexpr std::size_t kSecretStep = 8;  // the secret moves on by this much a stripe

/// One run over an input: `blocks` whole walks of the secret, each ended by a scramble, then
/// `tail_stripes` stripes, then the stripe at `last` (null: there are more bytes to come).
struct Xxh3Run {
  const std::byte* input;
  std::size_t blocks;
  std::size_t tail_stripes;
  const std::byte* last;
  const std::byte* secret;
  std::size_t secret_size;

  static Xxh3Run whole(ByteSpan bytes, ByteSpan secret) noexcept {
    Xxh3Run run{bytes.data(), 0, 0, nullptr, secret.data(), secret.size()};
    const std::size_t block = run.stripes_per_block() * kStripe;
    // The last stripe is the last 64 bytes, so one byte at least is kept from the blocks.
    run.blocks = (bytes.size() - 1) / block;
    run.tail_stripes = (bytes.size() - 1 - run.blocks * block) / kStripe;
    run.last = bytes.data() + bytes.size() - kStripe;
    return run;
  }
  std::size_t stripes_per_block() const { return (secret_size - kStripe) / kSecretStep; }
  const std::byte* scramble_secret() const { return secret + secret_size - kStripe; }
  const std::byte* last_secret() const { return secret + secret_size - kStripe - 7; }
};

using Xxh3LongFn = void (*)(std::uint64_t accumulators[8], const Xxh3Run& run) noexcept;
/// A whole input of more than 240 bytes, under the default secret.
struct Xxh3Kernel {
  Xxh3LongFn run;
  std::uint64_t (*whole_64)(const std::byte* in, std::size_t size) noexcept;
  Xxh128 (*whole_128)(const std::byte* in, std::size_t size) noexcept;
};

std::span<const simd::Kernel<const Xxh3Kernel*>> xxh3_long_kernels() noexcept;
void xxh3_long(std::uint64_t accumulators[8], const Xxh3Run& run) noexcept;
std::uint64_t xxh3_whole_64(const std::byte* in, std::size_t size) noexcept;
Xxh128 xxh3_whole_128(const std::byte* in, std::size_t size) noexcept;

inline constexpr std::uint64_t kXxh3Initial[8] = {kPrime32_3, kPrime64_1, kPrime64_2, kPrime64_3,
                                                  kPrime64_4, kPrime32_2, kPrime64_5, kPrime32_1};

// ---- from the accumulators to the hash

AVILA_ALWAYS_INLINE std::uint64_t merge(const std::uint64_t acc[8], const std::byte* secret,
                                        std::uint64_t start) noexcept {
  start += multiply_fold(acc[0] ^ load_le64(secret), acc[1] ^ load_le64(secret + 8));
  start += multiply_fold(acc[2] ^ load_le64(secret + 16), acc[3] ^ load_le64(secret + 24));
  start += multiply_fold(acc[4] ^ load_le64(secret + 32), acc[5] ^ load_le64(secret + 40));
  start += multiply_fold(acc[6] ^ load_le64(secret + 48), acc[7] ^ load_le64(secret + 56));
  return avalanche(start);
}
AVILA_ALWAYS_INLINE std::uint64_t merge_64(const std::uint64_t acc[8], std::uint64_t size,
                                           ByteSpan secret) noexcept {
  return merge(acc, secret.data() + 11, size * kPrime64_1);
}
AVILA_ALWAYS_INLINE Xxh128 merge_128(const std::uint64_t acc[8], std::uint64_t size,
                                     ByteSpan secret) noexcept {
  return {merge_64(acc, size, secret),
          merge(acc, secret.data() + secret.size() - kStripe - 11, ~(size * kPrime64_2))};
}

}  // namespace avila::hash::detail
